//! XML that is sent.

use std::fmt::Write as _;

use lw_plan::{Json, Map};

use super::values;
use crate::model::{Kind, Used, XmlNamespace};

/// One element with everything in it.
pub fn document(shape: Used<'_>, value: &Json, name: &str, namespace: Option<&XmlNamespace>) -> Vec<u8> {
    let mut text = String::new();
    element(&mut text, shape, value, name, shape.xml_namespace().or(namespace));
    text.into_bytes()
}

fn element(text: &mut String, shape: Used<'_>, value: &Json, name: &str, namespace: Option<&XmlNamespace>) {
    let mut opening = format!("<{name}");
    match namespace {
        Some(XmlNamespace::Uri(uri)) => attribute(&mut opening, "xmlns", uri),
        Some(XmlNamespace::Full { prefix: Some(prefix), uri }) => {
            attribute(&mut opening, &format!("xmlns:{prefix}"), uri)
        }
        Some(XmlNamespace::Full { prefix: None, uri }) => attribute(&mut opening, "xmlns", uri),
        None => {}
    }
    match (shape.shape.kind, value) {
        (Kind::Structure, Json::Object(object)) => {
            let is_attribute = |name: &str| shape.member(name).is_some_and(|member| member.reference.xml_attribute);
            for (name, value) in object.iter().filter(|(name, _)| is_attribute(name)) {
                let member = shape.member(name).expect("it was found just now");
                attribute(
                    &mut opening,
                    member.location_name().unwrap_or(name),
                    &values::text(member, value, "iso8601"),
                );
            }
            text.push_str(&opening);
            text.push('>');
            members(text, shape, object);
        }
        (Kind::List, Json::Array(items)) => {
            text.push_str(&opening);
            text.push('>');
            let element_name = shape.element().location_name().unwrap_or("member");
            items.iter().for_each(|item| child(text, shape.element(), item, element_name));
        }
        (Kind::Map, Json::Object(entries)) => {
            text.push_str(&opening);
            text.push('>');
            entries.iter().for_each(|(key, value)| entry(text, shape, key, value, "entry", None));
        }
        (_, value) => {
            text.push_str(&opening);
            text.push('>');
            escape(text, &values::text(shape, value, "iso8601"));
        }
    }
    let _ = write!(text, "</{name}>");
}

fn members(text: &mut String, shape: Used<'_>, object: &Map<String, Json>) {
    for (name, value) in object {
        let Some(member) = shape.member(name).filter(Used::is_in_body) else { continue };
        if !member.reference.xml_attribute {
            child(text, member, value, member.location_name().unwrap_or(name));
        }
    }
}

/// A value where it is a member or an element; flattened lists and maps have no element of their own.
fn child(text: &mut String, shape: Used<'_>, value: &Json, name: &str) {
    match (shape.shape.kind, value) {
        (_, Json::Null) => {}
        (Kind::List, Json::Array(items)) if shape.is_flattened() => {
            let inner = shape.element();
            for item in items {
                match inner.shape.kind {
                    Kind::List | Kind::Map => child(text, inner, item, name),
                    _ => element(text, inner, item, name, shape.xml_namespace().or(inner.xml_namespace())),
                }
            }
        }
        (Kind::Map, Json::Object(entries)) if shape.is_flattened() => {
            entries.iter().for_each(|(key, value)| entry(text, shape, key, value, name, shape.xml_namespace()));
        }
        (_, value) => element(text, shape, value, name, shape.xml_namespace()),
    }
}

fn entry(text: &mut String, shape: Used<'_>, key: &str, value: &Json, name: &str, namespace: Option<&XmlNamespace>) {
    let mut opening = format!("<{name}");
    if let Some(XmlNamespace::Uri(uri) | XmlNamespace::Full { prefix: None, uri }) = namespace {
        attribute(&mut opening, "xmlns", uri);
    }
    text.push_str(&opening);
    text.push('>');
    let (own, inner) = (shape.key(), shape.value());
    child(text, own, &Json::from(key), own.location_name().unwrap_or("key"));
    child(text, inner, value, inner.location_name().unwrap_or("value"));
    let _ = write!(text, "</{name}>");
}

fn attribute(opening: &mut String, name: &str, value: &str) {
    let _ = write!(opening, " {name}=\"");
    escape(opening, value);
    opening.push('"');
}

fn escape(text: &mut String, value: &str) {
    for sign in value.chars() {
        match sign {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\r' => text.push_str("&#xD;"),
            '\n' => text.push_str("&#xA;"),
            '\u{85}' => text.push_str("&#x85;"),
            '\u{2028}' => text.push_str("&#x2028;"),
            sign => text.push(sign),
        }
    }
}
