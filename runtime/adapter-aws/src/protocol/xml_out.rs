//! Values out of XML, by their shapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lw_plan::{Json, Map};

use super::xml::Element;
use super::{time, values};
use crate::model::{Kind, Used};

/// The members of a structure that are in the body.
pub fn structure(shape: Used<'_>, element: &Element) -> Map<String, Json> {
    let mut object = Map::new();
    for (name, member) in shape.members().filter(|(_, member)| member.is_from_body()) {
        let own = member.location_name().unwrap_or(name);
        if member.reference.xml_attribute {
            let found = element.attributes.iter().find(|(name, _)| name == own);
            if let Some((_, value)) = found {
                object.insert(name.to_string(), Json::from(value.as_str()));
            }
            continue;
        }
        let value = match member.shape.kind {
            Kind::List if member.is_flattened() => {
                let named = |own| element.children_named(own).map(|child| value(member.element(), child)).collect();
                let mut items: Vec<Json> = named(own);
                if let Some(own) = member.element().location_name().filter(|_| items.is_empty()) {
                    // Older services name the elements and not the list.
                    items = named(own);
                }
                (!items.is_empty()).then_some(Json::Array(items))
            }
            Kind::Map if member.is_flattened() => {
                let entries: Map<String, Json> =
                    element.children_named(own).filter_map(|child| entry(member, child)).collect();
                (!entries.is_empty()).then_some(Json::Object(entries))
            }
            _ => element.child(own).map(|child| value(member, child)),
        };
        if let Some(value) = value {
            object.insert(name.to_string(), value);
        }
    }
    object
}

pub fn value(shape: Used<'_>, element: &Element) -> Json {
    match shape.shape.kind {
        Kind::Structure => Json::Object(structure(shape, element)),
        Kind::List => {
            // Whatever the elements are called: `member`, `item`, or a name of their own.
            Json::Array(element.children.iter().map(|child| value(shape.element(), child)).collect())
        }
        Kind::Map => Json::Object(element.children.iter().filter_map(|child| entry(shape, child)).collect()),
        kind => scalar(kind, &element.text),
    }
}

fn entry(shape: Used<'_>, element: &Element) -> Option<(String, Json)> {
    let key = element.child(shape.key().location_name().unwrap_or("key"))?;
    let item = element.child(shape.value().location_name().unwrap_or("value"));
    Some((key.text.clone(), item.map_or(Json::Null, |item| value(shape.value(), item))))
}

/// A scalar from text. What does not read as its kind stays text: the caller sees what the service said.
pub fn scalar(kind: Kind, text: &str) -> Json {
    let plain = || Json::from(text);
    match kind {
        Kind::Boolean => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Json::Bool(true),
            "false" | "0" => Json::Bool(false),
            _ => plain(),
        },
        Kind::Byte | Kind::Short | Kind::Integer | Kind::Long => {
            text.trim().parse::<i64>().map_or_else(|_| plain(), Json::from)
        }
        Kind::Float | Kind::Double => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Json::from(number),
            _ => plain(),
        },
        Kind::Timestamp => time::parse_time(text).map_or_else(plain, time::number),
        Kind::Blob => STANDARD.decode(text.trim()).map_or_else(|_| plain(), values::of_bytes),
        _ => plain(),
    }
}
