use std::sync::Arc;

use serde_json::Value as Json;

/// Where recorded inputs come from. What was read is listed in the machine, so that a Plan can say what it depends on.
pub trait Inputs {
    /// An environment variable.
    fn env(&self, name: &str) -> Option<String>;

    /// A file's bytes, or why there are none.
    fn read_file(&self, path: &str) -> Result<Vec<u8>, String>;

    /// The files below a folder, relative to it and sorted; for archives.
    fn list_files(&self, folder: &str) -> Result<Vec<String>, String> {
        Err(format!("`{folder}` cannot be listed here"))
    }

    /// What was given for a `parameter`, if anything was.
    fn parameter(&self, name: &str) -> Option<InputText>;

    /// What the lock holds for a `lookup` of that name and query.
    fn lookup(&self, name: &str, query: &Json) -> Option<Json> {
        let _ = (name, query);
        None
    }
}

/// A parameter's value as it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct InputText {
    pub value: InputValue,
    /// Where it comes from, for messages: `--set zones`, `LW_PARAM_zones`, `lw.toml`.
    pub source: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InputValue {
    /// From a command line or a variable: read as the parameter's type wants it.
    Text(String),
    /// From a file that has types of its own.
    Json(Json),
}

/// A world in which nothing can be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoInputs;

impl Inputs for NoInputs {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        Err(format!("`{path}` cannot be read here"))
    }

    fn parameter(&self, _: &str) -> Option<InputText> {
        None
    }
}

/// A lookup whose answer the lock does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingLookup {
    pub name: Arc<str>,
    pub query: Json,
}
