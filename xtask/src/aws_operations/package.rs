//! The botocore package: where the models come from.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::Error;

pub const VERSION: &str = "1.43.11";

/// An unpacked botocore of exactly [`VERSION`].
pub struct Package {
    root: PathBuf,
    /// Keeps a downloaded package until the generator is done with it.
    _download: Option<TempDir>,
}

impl Package {
    /// Opens the package unpacked in `folder`, or downloads it.
    pub fn open(folder: Option<&Path>) -> Result<Package, Error> {
        let package = match folder {
            Some(folder) => Package { root: folder.to_owned(), _download: None },
            None => download()?,
        };
        package.verify()?;
        Ok(package)
    }

    /// A service's newest `service-2`, `paginators-1` or `waiters-2`; `None` where it has none.
    pub fn model(&self, service: &str, kind: &str) -> Result<Option<Value>, Error> {
        let folder = self.root.join("botocore/data").join(service);
        let failed = |source| Error::Read { path: folder.clone(), source };
        let mut versions = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            versions.push(entry.map_err(failed)?.path());
        }
        versions.sort();
        let Some(newest) = versions.pop() else { return Ok(None) };
        self.json(&newest.join(format!("{kind}.json")))
    }

    pub fn endpoints(&self) -> Result<Value, Error> {
        let found = self.json(&self.root.join("botocore/data/endpoints.json"))?;
        found.ok_or_else(|| Error::Package("endpoints.json is missing".to_owned()))
    }

    fn verify(&self) -> Result<(), Error> {
        let path = self.root.join(format!("botocore-{VERSION}.dist-info/METADATA"));
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
        match text.lines().find_map(|line| line.strip_prefix("Version: ")) {
            Some(VERSION) => Ok(()),
            found => {
                Err(Error::Package(format!("expected botocore {VERSION}, found {}", found.unwrap_or("no version"))))
            }
        }
    }

    /// A JSON file, plain or packed.
    fn json(&self, path: &Path) -> Result<Option<Value>, Error> {
        let packed = path.with_extension("json.gz");
        let text = if path.is_file() {
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?
        } else if packed.is_file() {
            let program = "import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())";
            run(Command::new("python3").args(["-c", program]).arg(&packed))?
        } else {
            return Ok(None);
        };
        let parsed = serde_json::from_str(&text).map_err(|source| Error::Json { path: path.to_owned(), source })?;
        Ok(Some(parsed))
    }
}

fn download() -> Result<Package, Error> {
    let folder = TempDir::new().map_err(|source| Error::Write { path: std::env::temp_dir(), source })?;
    let root = folder.path().to_owned();
    let requirement = format!("botocore=={VERSION}");
    run(Command::new("pip")
        .args(["download", "--quiet", "--no-deps", "--only-binary=:all:", &requirement, "--dest"])
        .arg(&root))?;
    let wheel = root.join(format!("botocore-{VERSION}-py3-none-any.whl"));
    run(Command::new("python3").args(["-m", "zipfile", "--extract"]).arg(&wheel).arg(&root))?;
    Ok(Package { root, _download: Some(folder) })
}

fn run(command: &mut Command) -> Result<String, Error> {
    let line = format!("{command:?}");
    let output =
        command.output().map_err(|source| Error::Command { line: line.clone(), reason: source.to_string() })?;
    if !output.status.success() {
        return Err(Error::Command { line, reason: String::from_utf8_lossy(&output.stderr).trim().to_owned() });
    }
    String::from_utf8(output.stdout).map_err(|error| Error::Command { line, reason: error.to_string() })
}
