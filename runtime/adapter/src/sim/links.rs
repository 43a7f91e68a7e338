//! Which objects an object names, and by what it is named itself.

use lw_plan::{Json, Map};

use super::identity::id_prefix;
use crate::catalogue::{Link, TypeSchema, values_at};

/// A string that names another object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    pub handle: String,
    /// The wire types that may be meant; empty for any.
    pub targets: Vec<String>,
    /// The property it stands in.
    pub property: String,
}

/// Everything that an object's properties name, in order, without repeats.
pub fn mentions(schema: Option<&TypeSchema>, properties: &Map<String, Json>) -> Vec<Mention> {
    let mut found = Vec::new();
    for link in schema.map_or(&[][..], |schema| &schema.links) {
        // Its own name, and not that of another of its type.
        if link.path.len() == 1 && schema.is_some_and(|schema| is_own_name(schema, link)) {
            continue;
        }
        let Some(value) = properties.get(&link.path[0]) else { continue };
        values_at(value, &link.path[1..], &mut |value| {
            if let Some(text) = value.as_str() {
                found.push(Mention {
                    handle: text.to_string(),
                    targets: link.targets.clone(),
                    property: link.path[0].clone(),
                });
            }
        });
    }
    for (name, value) in properties {
        let is_plain = schema.is_none_or(|schema| {
            !schema.is_read_only(name) && schema.tag_property.as_ref() != Some(name) && !is_identifier(schema, name)
        });
        if is_plain && !name.ends_with("Document") {
            strings(value, &mut |text| {
                if is_id(text) || text.starts_with("arn:") {
                    let mention = Mention { handle: text.to_string(), targets: Vec::new(), property: name.clone() };
                    if !found.iter().any(|other: &Mention| other.handle == mention.handle) {
                        found.push(mention);
                    }
                }
            });
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a string that names no live object is an error: an id or an ARN that only this cloud could have given.
pub fn must_exist(mention: &Mention, account: &str) -> bool {
    if mention.targets.is_empty() {
        return false;
    }
    if let Some(rest) = mention.handle.strip_prefix("arn:") {
        let mut parts = rest.split(':').skip(1);
        let named = parts.nth(2).unwrap_or_default();
        return named == account;
    }
    mention.targets.iter().filter_map(|target| id_prefix(target)).any(|prefix| {
        mention.handle.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')).is_some_and(is_hexadecimal)
    })
}

/// What an object can be called by: its id, the parts of it, its ARN and other ids that the cloud gave it.
pub fn handles(schema: Option<&TypeSchema>, physical_id: &str, properties: &Map<String, Json>) -> Vec<String> {
    let mut handles = vec![physical_id.to_string()];
    if let Some(schema) = schema {
        let given = schema.read_only.iter().filter(|path| path.len() == 1).map(|path| &path[0]);
        let own_name = format!("{}Name", super::identity::leaf(&schema.wire_type));
        let names = properties.keys().filter(|name| **name == own_name || *name == "Name");
        for name in given.chain(names) {
            let is_handle = name.ends_with("Arn")
                || name.ends_with("ARN")
                || name.ends_with("Name")
                || name.ends_with("Id")
                || name.ends_with("ID")
                || name == "QueueUrl";
            // The VPC that an instance stands in is an attribute of it, and not what it is called.
            let is_own = is_handle && (!name.ends_with("Id") || own_id_name(schema, name));
            if let Some(value) = properties.get(name).and_then(Json::as_str)
                && is_own
                && !handles.iter().any(|handle| handle == value)
            {
                handles.push(value.to_string());
            }
        }
    }
    handles
}

fn is_own_name(schema: &TypeSchema, link: &Link) -> bool {
    link.targets.contains(&schema.wire_type)
        && (schema.identifier.contains(&link.path) || schema.claims.iter().any(|claim| claim.contains(&link.path)))
}

fn own_id_name(schema: &TypeSchema, name: &str) -> bool {
    name == "Id"
        || is_identifier(schema, name)
        || super::identity::leaf(&schema.wire_type).to_lowercase().ends_with(&name[..name.len() - 2].to_lowercase())
        || name == "GroupId"
        || name == "AllocationId"
}

fn is_identifier(schema: &TypeSchema, name: &str) -> bool {
    schema.identifier.len() == 1 && schema.identifier[0].len() == 1 && schema.identifier[0][0] == name
}

/// `vpc-0a1b2c3d4e5f60718`.
fn is_id(text: &str) -> bool {
    text.len() <= 40
        && text
            .rsplit_once('-')
            .is_some_and(|(prefix, rest)| !prefix.is_empty() && rest.len() == 17 && is_hexadecimal(rest))
}

fn is_hexadecimal(text: &str) -> bool {
    (8..=17).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn strings<'a>(value: &'a Json, found: &mut dyn FnMut(&'a str)) {
    match value {
        Json::String(text) => found(text),
        Json::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Json::Object(object) => object.values().for_each(|item| strings(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_recognised_by_their_form() {
        assert!(is_id("vpc-0a1b2c3d4e5f60718"));
        assert!(is_id("tgw-attach-0a1b2c3d4e5f60718"));
        assert!(!is_id("shop-web-a1b2c3"));
        assert!(!is_id("vpc-main"));
    }

    #[test]
    fn a_foreign_arn_is_not_ours_to_know() {
        let mention = |handle: &str| Mention {
            handle: handle.to_string(),
            targets: vec!["AWS::IAM::Role".to_string()],
            property: "Role".to_string(),
        };
        assert!(must_exist(&mention("arn:aws:iam::000000000000:role/web"), "000000000000"));
        assert!(!must_exist(&mention("arn:aws:iam::123456789012:role/web"), "000000000000"));
        assert!(!must_exist(&mention("arn:aws:iam::aws:policy/ReadOnlyAccess"), "000000000000"));
    }
}
