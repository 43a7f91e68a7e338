use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::program::OriginId;

/// The source of an open parameter's value, in [`Term::Lookup`](crate::Term::Lookup); its argument is the parameter's name.
pub const OPEN_PARAMETER: &str = "parameter";

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
    fn lookup(&self, name: &str, query: &Query) -> Option<Recorded> {
        let _ = (name, query);
        None
    }

    /// Whether inputs without a value may be left open: somebody gives them later.
    fn is_open(&self) -> bool {
        false
    }

    /// Whether a lookup of a source that is not recorded is left open.
    fn leaves_lookup_open(&self, source: &str) -> bool {
        let _ = source;
        self.is_open()
    }

    /// Whether a question stays one, although the lock may answer it.
    fn prefers_question(&self, query: &Query) -> bool {
        let _ = query;
        false
    }

    /// Whether what identifies another resource is read as a reference to it where its value is written.
    fn keeps_references(&self) -> bool {
        false
    }

    /// Whether a parameter that nobody gives is left open, although it may have a default.
    fn leaves_open(&self, name: &str, has_default: bool) -> bool {
        let _ = name;
        self.is_open() && !has_default
    }
}

/// The source of what another deployment gives out.
pub const OUTPUT_SOURCE: &str = "deployment.output";

/// What a `lookup` asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `aws.image`
    pub source: String,
    /// What was written; fields that are None are left out.
    pub argument: Map<String, Json>,
}

/// An answer that was given before.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub answer: Json,
    /// It came from the simulated cloud, and no real one would know it.
    pub simulated: bool,
}

impl Query {
    /// The question of a source, with its argument as plain data.
    pub fn new(source: &str, argument: Json) -> Query {
        let mut fields = match argument {
            Json::Object(fields) => fields,
            other => Map::from_iter([("value".to_string(), other)]),
        };
        fields.retain(|_, value| !value.is_null());
        Query { source: source.to_string(), argument: fields }
    }

    /// What a Plan lists the answer under: `lookup image`, `output network@prod.vpcId`.
    pub fn key(&self, name: &str) -> String {
        match (self.source.as_str(), self.text("deployment"), self.text("output")) {
            (OUTPUT_SOURCE, Some(deployment), Some(output)) => format!("output {deployment}.{output}"),
            _ => format!("lookup {name}"),
        }
    }

    /// A field of the argument.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.argument.get(field).and_then(Json::as_str)
    }
}

impl std::fmt::Display for Query {
    /// `aws.image {"name":"al2023-*"}`
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let argument = serde_json::to_string(&self.argument).unwrap_or_default();
        write!(formatter, "{} {argument}", self.source)
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
    pub query: Query,
    /// Where it is asked.
    pub origin: OriginId,
}
