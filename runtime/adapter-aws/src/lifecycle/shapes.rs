//! Between the form of a type and the form of an operation, by the operation's shapes.
//!
//! Names meet without regard to case (`cidrBlock`, `CidrBlock`), lists meet `{Quantity, Items}`, maps meet lists of key and value, times
//! meet text. The rest is left as it is: what does not fit is then refused with its place, and not silently dropped.

use lw_plan::{Json, Map};

use super::table::Entry;
use crate::model::{Kind, Used};
use crate::protocol::iso8601;

/// A value of a type as an operation takes it.
pub fn to_api(shape: Used<'_>, value: &Json, entry: &Entry) -> Json {
    if shape.shape.document {
        return value.clone();
    }
    match (shape.shape.kind, value) {
        (Kind::Structure, Json::Array(items)) if is_counted(shape) => {
            let inner = shape.member("Items").map(|inner| to_api(inner, value, entry));
            let mut counted = Map::new();
            counted.insert("Quantity".to_string(), Json::from(items.len()));
            if let Some(inner) = inner.filter(|_| !items.is_empty()) {
                counted.insert("Items".to_string(), inner);
            }
            Json::Object(counted)
        }
        (Kind::Structure, Json::Object(object)) => {
            let members = object.iter().map(|(name, value)| {
                let found = shape.member_like(name).or_else(|| shape.member_like(entry.api_name(name)));
                match found {
                    Some((own, member)) => (own.to_string(), to_api(member, value, entry)),
                    None => (name.clone(), value.clone()),
                }
            });
            Json::Object(members.collect())
        }
        // `{Value: true}`, as EC2 writes what is to change.
        (Kind::Structure, Json::Bool(_) | Json::String(_) | Json::Number(_)) if is_wrapped(shape) => {
            serde_json::json!({"Value": value})
        }
        (Kind::List, Json::Object(map)) => match key_and_value(shape.element()) {
            Some((key, own)) => pairs(shape.element(), key, own, map),
            None => value.clone(),
        },
        (Kind::List, Json::Array(items)) => {
            Json::Array(items.iter().map(|item| to_api(shape.element(), item, entry)).collect())
        }
        (Kind::Map, Json::Object(entries)) => {
            let inner = shape.value();
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), to_api(inner, value, entry))).collect())
        }
        (Kind::Map, Json::Array(items)) => unpaired(items).map_or_else(|| value.clone(), Json::Object),
        _ => value.clone(),
    }
}

/// `{Quantity, Items}`, as CloudFront writes lists.
fn is_counted(shape: Used<'_>) -> bool {
    shape.member("Quantity").is_some() && shape.member("Items").is_some()
}

/// `{Value}` around a scalar.
fn is_wrapped(shape: Used<'_>) -> bool {
    shape.shape.members.len() == 1 && shape.member("Value").is_some()
}

/// The names of the members that hold the key and the value of a pair.
fn key_and_value<'a>(shape: Used<'a>) -> Option<(&'a str, &'a str)> {
    let find = |names: [&str; 3]| names.iter().find_map(|name| shape.member_like(name).map(|(own, _)| own));
    Some((find(["Key", "TagKey", "Name"])?, find(["Value", "TagValue", "Value"])?))
}

/// A map as a list of pairs. Further flags of a pair are true: `PropagateAtLaunch`.
fn pairs(element: Used<'_>, key: &str, own: &str, map: &Map<String, Json>) -> Json {
    let flags: Vec<&str> =
        element.members().filter(|(_, member)| member.shape.kind == Kind::Boolean).map(|(name, _)| name).collect();
    let pair = |(name, value): (&String, &Json)| {
        let mut pair = Map::new();
        pair.insert(key.to_string(), Json::from(name.as_str()));
        pair.insert(own.to_string(), value.clone());
        pair.extend(flags.iter().map(|flag| (flag.to_string(), Json::Bool(true))));
        Json::Object(pair)
    };
    Json::Array(map.iter().map(pair).collect())
}

/// A list of pairs as a map; `None` where it is something else.
pub fn unpaired(items: &[Json]) -> Option<Map<String, Json>> {
    let pair = |item: &Json| {
        let object = item.as_object()?;
        let find = |wanted: &[&str]| {
            object
                .iter()
                .find(|(name, _)| wanted.iter().any(|own| own.eq_ignore_ascii_case(name)))
                .map(|(_, value)| value)
        };
        let key = find(&["Key", "TagKey", "Name"])?.as_str()?.to_string();
        Some((key, find(&["Value", "TagValue"]).cloned().unwrap_or_else(|| Json::from(""))))
    };
    items.iter().map(pair).collect()
}

/// What an operation shows, as the type has it: names with a capital, times as text, counted lists as lists.
pub fn from_api(shape: Option<Used<'_>>, value: &Json, entry: &Entry) -> Json {
    match (shape.map(|shape| shape.shape.kind), value) {
        (Some(Kind::Timestamp), Json::Number(seconds)) => {
            seconds.as_f64().map_or_else(|| value.clone(), |seconds| Json::from(iso8601(seconds)))
        }
        (Some(Kind::Map), Json::Object(entries)) => {
            let inner = shape.map(|shape| shape.value());
            Json::Object(entries.iter().map(|(key, value)| (key.clone(), from_api(inner, value, entry))).collect())
        }
        (Some(Kind::Structure), Json::Object(object)) if shape.is_some_and(|shape| is_wrapped(shape)) => {
            object.get("Value").cloned().unwrap_or(Json::Null)
        }
        (Some(Kind::Structure), Json::Object(object)) if shape.is_some_and(|shape| is_counted(shape)) => {
            let items = shape.and_then(|shape| shape.member("Items"));
            // Some counted lists say more than what is in them.
            match (object.get("Items"), object.keys().any(|name| name != "Items" && name != "Quantity")) {
                (_, true) => structure(shape, object, entry),
                (Some(list), false) => from_api(items, list, entry),
                (None, false) => Json::Array(Vec::new()),
            }
        }
        (_, Json::Object(object)) if shape.is_none_or(|shape| !shape.shape.document) => structure(shape, object, entry),
        (_, Json::Array(items)) => {
            let inner = shape.map(|shape| shape.element());
            Json::Array(items.iter().map(|item| from_api(inner, item, entry)).collect())
        }
        (_, other) => other.clone(),
    }
}

fn structure(shape: Option<Used<'_>>, object: &Map<String, Json>, entry: &Entry) -> Json {
    let members = object.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let inner = shape.and_then(|shape| shape.member(name));
        let own = entry.inner_wire_name(name).map_or_else(|| capitalised(name), str::to_string);
        (own, from_api(inner, value, entry))
    });
    Json::Object(members.collect())
}

pub fn capitalised(name: &str) -> String {
    let mut signs = name.chars();
    signs.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + signs.as_str())
}
