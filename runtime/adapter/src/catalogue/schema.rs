use std::collections::BTreeMap;

use lw_plan::Json;

/// What the cloud accepts for a type, as far as the simulated cloud enforces it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeSchema {
    pub wire_type: String,
    /// Top-level properties by wire name.
    pub properties: BTreeMap<String, PropertySchema>,
    /// What is known of attributes below the top.
    pub attributes: BTreeMap<Steps, PropertySchema>,
    /// Top-level properties that must be written.
    pub required: Vec<String>,
    /// Nothing in these may change after create.
    pub create_only: Vec<Steps>,
    /// The cloud writes these.
    pub read_only: Vec<Steps>,
    /// The cloud never shows these.
    pub write_only: Vec<Steps>,
    /// The properties that make up the physical id, joined by `|`.
    pub identifier: Vec<Steps>,
    /// The property that holds the tags; `None` for a type without tags.
    pub tag_property: Option<String>,
    /// Properties that only one live object may hold at a time, together, inside an account and region.
    pub claims: Vec<Vec<Steps>>,
    /// Where other objects are named.
    pub links: Vec<Link>,
}

/// Names from the top; `*` for every element of a list or map: `["Ingress", "*", "SourceSecurityGroupId"]`.
pub type Steps = Vec<String>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PropertySchema {
    /// JSON Schema's word for what it holds: `string`, `integer`, `number`, `boolean`, `array`, `object`; empty for anything.
    pub kind: String,
    /// The only values allowed; empty for any.
    pub values: Vec<Json>,
    pub default: Option<Json>,
    /// JSON Schema's word for what a string is: `date-time`, `ipv4-network`, `uri`.
    pub format: Option<String>,
    /// What a read-only string looks like.
    pub pattern: Option<String>,
}

/// A place whose strings name objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub path: Steps,
    /// The wire types that may be named here.
    pub targets: Vec<String>,
}

impl TypeSchema {
    /// Whether the cloud alone writes a top-level property.
    pub fn is_read_only(&self, property: &str) -> bool {
        self.read_only.iter().any(|path| path.len() == 1 && path[0] == property)
    }

    /// Whether a top-level property, or something in it, is fixed at create.
    pub fn create_only_paths<'a>(&'a self, property: &'a str) -> impl Iterator<Item = &'a Steps> {
        self.create_only.iter().filter(move |path| path[0] == property)
    }
}

/// Every value at a path, in order.
pub fn values_at<'a>(value: &'a Json, path: &[String], found: &mut dyn FnMut(&'a Json)) {
    let Some((first, rest)) = path.split_first() else {
        match value {
            Json::Array(items) => items.iter().for_each(found),
            other => found(other),
        }
        return;
    };
    match value {
        Json::Array(items) if first == "*" => items.iter().for_each(|item| values_at(item, rest, found)),
        Json::Array(items) => items.iter().for_each(|item| values_at(item, path, found)),
        Json::Object(object) if first == "*" => object.values().for_each(|item| values_at(item, rest, found)),
        Json::Object(object) => {
            if let Some(item) = object.get(first) {
                values_at(item, rest, found);
            }
        }
        _ => {}
    }
}
