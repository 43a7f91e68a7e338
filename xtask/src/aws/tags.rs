//! Tags of every wire shape are one dictionary.

use serde_json::Value;

use super::model::Tags;
use super::schema::{Shape, Site};

/// The wire shape of a property, if it holds tags: the property that the schema names, or one called `Tags` that looks like them.
pub fn of(root: &Value, wire: &str, site: &Site<'_>, is_top: bool) -> Option<Tags> {
    let named =
        root.pointer("/tagging/tagProperty").and_then(Value::as_str).and_then(|path| path.strip_prefix("/properties/"));
    let is_named = is_top && named == Some(wire);
    if !is_named && wire != "Tags" {
        return None;
    }
    match site.shape(root) {
        Shape::List { items: Some(items) } => {
            let Shape::Record(record) = Site::new(root, items).shape(root) else { return None };
            let keys: Vec<&str> =
                record.fields.keys().copied().filter(|key| !matches!(*key, "TagKey" | "TagValue")).collect();
            let is_text = |key: &str| {
                record
                    .fields
                    .get(key)
                    .is_some_and(|field| matches!(Site::new(root, field.sites[0]).shape(root), Shape::Text))
            };
            match keys[..] {
                ["Key", "Value"] if is_text("Value") => Some(Tags::List(vec!["Key", "Value"])),
                ["Key", "PropagateAtLaunch", "Value"] => Some(Tags::List(vec!["Key", "Value", "PropagateAtLaunch"])),
                _ => None,
            }
        }
        Shape::Map { value: Some(value), .. } => {
            matches!(Site::new(root, value).shape(root), Shape::Text).then_some(Tags::Map)
        }
        Shape::Open if is_top => Some(Tags::Map),
        _ => None,
    }
}
