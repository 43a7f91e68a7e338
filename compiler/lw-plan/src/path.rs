use std::fmt;

use serde::{Deserialize, Serialize};

/// A resource's present name: `vpc`, `shop.subnets["us-west-2a"]`, `members[3]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourcePath(String);

impl ResourcePath {
    /// The path of a top-level binding.
    pub fn root(name: &str) -> ResourcePath {
        ResourcePath(name.to_string())
    }

    /// Takes a path as it is written in a Plan.
    pub fn from_text(text: impl Into<String>) -> ResourcePath {
        ResourcePath(text.into())
    }

    pub fn field(&self, name: &str) -> ResourcePath {
        ResourcePath(format!("{}.{name}", self.0))
    }

    pub fn key(&self, key: &str) -> ResourcePath {
        ResourcePath(format!("{}[{}]", self.0, serde_json::Value::from(key)))
    }

    pub fn index(&self, index: usize) -> ResourcePath {
        ResourcePath(format!("{}[{index}]", self.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last readable part: what a minted physical name is built from.
    pub fn leaf(&self) -> &str {
        let trimmed = self.0.trim_end_matches(']');
        let start = trimmed.rfind(['.', '[', '"']).map_or(0, |at| at + 1);
        let leaf = trimmed[start..].trim_matches('"');
        if leaf.is_empty() { trimmed.trim_end_matches('"').rsplit('"').next().unwrap_or(trimmed) } else { leaf }
    }
}

impl fmt::Display for ResourcePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
