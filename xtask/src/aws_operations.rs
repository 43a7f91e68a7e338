//! `generate aws-operations`: the models of the operations that the AWS adapter uses, from the `botocore` package.
//!
//! The one idea: the lifecycle table names the operations; of each service's model, those and the shapes they reach are kept, without
//! documentation and without what only validates. One line an operation or shape, sorted, so that a change is a readable difference.
//! The output depends on the package's version and the table alone.

mod endpoints;
mod named;
mod package;
mod strip;

use std::fmt;
use std::path::{Path, PathBuf};

use package::Package;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not JSON: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{path} is not a lifecycle table: {reason}")]
    Table { path: PathBuf, reason: String },
    #[error("`{line}` failed: {reason}")]
    Command { line: String, reason: String },
    #[error("this is not the package that the generator reads: {0}")]
    Package(String),
    #[error("botocore knows no operation `{service}:{operation}`")]
    NoSuchOperation { service: String, operation: String },
}

/// What was written.
pub struct Summary {
    services: usize,
    operations: usize,
    bytes: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { services, operations, bytes } = self;
        write!(out, "{operations} operations of {services} services: {} KB of models", bytes / 1000)
    }
}

/// Reads the package in `folder` (or a downloaded one) and writes runtime/adapter-aws/models/*.json below `repository`.
pub fn generate(folder: Option<&Path>, repository: &Path) -> Result<Summary, Error> {
    let adapter = repository.join("runtime/adapter-aws");
    let named = named::operations(&adapter.join("lifecycle"))?;
    let package = Package::open(folder)?;
    let endpoints = package.endpoints()?;
    let models = adapter.join("models");
    let mut summary = Summary { services: 0, operations: 0, bytes: 0 };
    let mut written = Vec::new();
    for (service, operations) in &named {
        let text = strip::service(&package, service, operations, &endpoints)?;
        summary.services += 1;
        summary.operations += operations.len();
        summary.bytes += text.len();
        let path = models.join(format!("{service}.json"));
        write(&path, &text)?;
        written.push(path);
    }
    remove_stale(&models, &written)?;
    Ok(summary)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

/// Removes the models of services that nobody names any more.
fn remove_stale(folder: &Path, written: &[PathBuf]) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "json") && !written.contains(&path) {
            std::fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
        }
    }
    Ok(())
}
