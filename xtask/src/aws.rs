//! `generate aws`: the resource types of AWS, from the CloudFormation schemas that cfn-lint carries.
//!
//! The one idea: schemas become a small model of resource types, and everything that is written is a view of that model: `.lw`
//! for people and the compiler, the catalogue for the runtime, minimal programs for the tests. The output depends on the
//! package's version alone.
//!
//! Deliberately absent: descriptions and handlers, which cfn-lint strips.

mod catalogue;
mod facts;
mod links;
mod lower;
mod marks;
mod minimal;
mod model;
mod names;
mod package;
mod patterns;
mod print;
mod rules;
mod sample;
mod scalars;
mod schema;
mod tags;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use links::Links;
use model::Resource;
use package::Package;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path} is not JSON: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("`{line}` failed: {reason}")]
    Command { line: String, reason: String },
    #[error("this is not the package that the generator reads: {0}")]
    Package(String),
}

/// What was written.
pub struct Summary {
    resources: usize,
    modules: usize,
    bytes: usize,
    catalogue_bytes: usize,
    unsure: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { resources, modules, bytes, catalogue_bytes, unsure } = self;
        write!(out, "{resources} resource types in {modules} modules: {} KB of .lw, ", bytes / 1000)?;
        write!(out, "{} KB of catalogue; {unsure} texts without a sample", catalogue_bytes / 1000)
    }
}

/// Reads the package in `folder` (or a downloaded one) and writes everything that is generated from it below `repository`.
pub fn generate(folder: Option<&Path>, repository: &Path) -> Result<Summary, Error> {
    let package = Package::open(folder)?;
    let mut schemas = package.schemas()?;
    complete(&mut schemas);
    let resources = resources(&schemas, &package.stateful()?);

    let mut modules: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in &resources {
        modules.entry(&resource.module).or_default().push(resource);
    }
    let stdlib = repository.join("stdlib");
    let mut bytes = 0;
    let mut written = Vec::new();
    for (name, resources) in &modules {
        let path = stdlib.join(format!("{}.lw", name.replace('.', "/")));
        let text = print::module(name, resources);
        bytes += text.len();
        write(&path, &text)?;
        written.push(path);
    }
    remove_stale(&stdlib, &written)?;
    let catalogue = catalogue::print(&resources, &schemas);
    write(&repository.join("runtime/adapter/catalogue/aws.json"), &catalogue)?;
    let minimal = minimal::print(&resources);
    write(&repository.join("tests/data/aws-minimal.json"), &minimal.text)?;
    Ok(Summary {
        resources: resources.len(),
        modules: modules.len(),
        bytes,
        catalogue_bytes: catalogue.len(),
        unsure: minimal.unsure,
    })
}

fn resources(schemas: &BTreeMap<String, Value>, stateful: &[String]) -> Vec<Resource> {
    let links = Links::index(schemas);
    let resource = |(wire_type, schema): (&String, &Value)| {
        let (module, name) = names::resource(wire_type);
        let (mut record, mut types) = lower::resource(wire_type, schema, &links);
        marks::apply(schema, &mut record, &mut types);
        let facts = facts::of(wire_type, schema, &record, stateful);
        assert!(!record.fields.is_empty(), "{wire_type} has no property");
        Resource { wire_type: wire_type.clone(), module, name, record, types, facts }
    };
    schemas.iter().map(resource).collect()
}

/// Adds what the package lacks.
fn complete(schemas: &mut BTreeMap<String, Value>) {
    // Written by the CDK into every template; the registry has no schema for it.
    schemas.insert(
        "AWS::CDK::Metadata".to_owned(),
        json!({"typeName": "AWS::CDK::Metadata", "properties": {"Analytics": {"type": "string"}}}),
    );
    // A list of nothing in the schema; the service's reference says what it holds.
    let filter = json!({
        "type": "object",
        "properties": {
            "ExcludeMatchedPattern": {"type": "boolean"}, "Pattern": {"type": "string"}, "Type": {"type": "string"},
        },
        "required": ["Pattern", "Type"],
    });
    let definitions = schemas.get_mut("AWS::CodeBuild::Project").and_then(|schema| schema.get_mut("definitions"));
    let definitions = definitions.and_then(Value::as_object_mut).expect("the project has definitions");
    definitions
        .insert("FilterGroup".to_owned(), json!({"type": "array", "items": {"$ref": "#/definitions/WebhookFilter"}}));
    definitions.insert("WebhookFilter".to_owned(), filter);
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

/// Removes generated modules whose service is gone. Files that people wrote beside them stay.
fn remove_stale(stdlib: &Path, written: &[PathBuf]) -> Result<(), Error> {
    let folders: std::collections::BTreeSet<&Path> = written.iter().filter_map(|path| path.parent()).collect();
    for folder in folders {
        let failed = |source| Error::Read { path: folder.to_owned(), source };
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let is_generated = path.extension().is_some_and(|extension| extension == "lw")
                && std::fs::read_to_string(&path)
                    .is_ok_and(|text| text.contains("\n## Generated by `cargo xtask generate aws`"));
            if is_generated && !written.contains(&path) {
                std::fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
            }
        }
    }
    debug_assert!(stdlib.is_dir());
    Ok(())
}
