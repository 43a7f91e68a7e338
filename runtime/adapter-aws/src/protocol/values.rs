//! Parameters made to fit their shapes before a protocol writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lw_plan::{Json, Map};

use super::SerializeError;
use crate::model::{Kind, Operation, Service, Used};

/// Deeper than any shape that is used.
const DEPTH_MAX: usize = 128;

/// The parameters without blanks, each of the kind that its shape says (`"80"` as a number where one is wanted, a document as text
/// where text is wanted), and the idempotency token where there is a place for one.
pub fn prepared(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Json>,
    token: &str,
) -> Result<Map<String, Json>, SerializeError> {
    let Some(input) = &operation.input else { return Ok(Map::new()) };
    let shape = service.used(input);
    let mut prepared = match fit(operation, shape, &Json::Object(parameters.clone()), &mut Vec::new())? {
        Json::Object(prepared) => prepared,
        _ => Map::new(),
    };
    for (name, member) in shape.members() {
        if member.reference.idempotency_token && !token.is_empty() && !prepared.contains_key(name) {
            prepared.insert(name.to_string(), Json::from(token));
        }
    }
    Ok(prepared)
}

fn fit<'a>(
    operation: &Operation,
    shape: Used<'a>,
    value: &Json,
    path: &mut Vec<String>,
) -> Result<Json, SerializeError> {
    if shape.shape.document || shape.reference.jsonvalue {
        return Ok(value.clone());
    }
    let wrong = |path: &[String]| {
        let found = match value {
            Json::Null => "nothing".to_string(),
            Json::Object(_) => "an object".to_string(),
            Json::Array(_) => "a list".to_string(),
            Json::String(_) => "this text".to_string(),
            other => format!("`{other}`"),
        };
        Err(SerializeError::WrongKind { operation: operation.name.clone(), path: path.join("."), found })
    };
    if path.len() > DEPTH_MAX {
        return wrong(path);
    }
    match (shape.shape.kind, value) {
        (Kind::Structure, Json::Object(object)) => {
            let mut fitted = Map::new();
            for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                path.push(name.clone());
                let Some(member) = shape.member(name) else {
                    let path = path.join(".");
                    return Err(SerializeError::NoSuchMember { operation: operation.name.clone(), path });
                };
                fitted.insert(name.clone(), fit(operation, member, value, path)?);
                path.pop();
            }
            Ok(Json::Object(fitted))
        }
        (Kind::List, Json::Array(items)) => {
            let mut fitted = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                fitted.push(if item.is_null() { Json::Null } else { fit(operation, shape.element(), item, path)? });
                path.pop();
            }
            Ok(Json::Array(fitted))
        }
        (Kind::Map, Json::Object(object)) => {
            let mut fitted = Map::new();
            for (name, value) in object {
                path.push(name.clone());
                let value = if value.is_null() { Json::Null } else { fit(operation, shape.value(), value, path)? };
                fitted.insert(name.clone(), value);
                path.pop();
            }
            Ok(Json::Object(fitted))
        }
        (Kind::Structure | Kind::List | Kind::Map, _) => wrong(path),
        (Kind::String | Kind::Character, Json::String(_)) => Ok(value.clone()),
        // A document, or a number that the service wants as text.
        (Kind::String | Kind::Character, other) => Ok(Json::from(lw_plan::canonical_json(other))),
        (Kind::Boolean, Json::Bool(_)) => Ok(value.clone()),
        (Kind::Boolean, Json::String(text)) => match text.as_str() {
            "true" | "True" => Ok(Json::Bool(true)),
            "false" | "False" => Ok(Json::Bool(false)),
            _ => wrong(path),
        },
        (Kind::Byte | Kind::Short | Kind::Integer | Kind::Long, Json::Number(number)) => {
            let whole = || number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9e15);
            match number.as_i64() {
                Some(_) => Ok(value.clone()),
                None => whole().map_or_else(|| wrong(path), |value| Ok(Json::from(value as i64))),
            }
        }
        (Kind::Byte | Kind::Short | Kind::Integer | Kind::Long, Json::String(text)) => match text.parse::<i64>() {
            Ok(number) => Ok(Json::from(number)),
            Err(_) => wrong(path),
        },
        (Kind::Float | Kind::Double, Json::Number(_)) => Ok(value.clone()),
        (Kind::Float | Kind::Double, Json::String(text)) => match text.as_str() {
            "NaN" | "Infinity" | "-Infinity" => Ok(value.clone()),
            text => match text.parse::<f64>() {
                Ok(number) => Ok(Json::from(number)),
                Err(_) => wrong(path),
            },
        },
        (Kind::Timestamp, Json::Number(_) | Json::String(_)) => match super::time::seconds(value) {
            Some(seconds) => Ok(super::time::number(seconds)),
            None => wrong(path),
        },
        (Kind::Blob, Json::String(_) | Json::Object(_)) => Ok(value.clone()),
        _ => wrong(path),
    }
}

/// The bytes that a value stands for.
pub fn bytes(value: &Json) -> Vec<u8> {
    match value {
        Json::String(text) => text.clone().into_bytes(),
        Json::Object(object) => {
            let text = object.get("$base64").and_then(Json::as_str).unwrap_or_default();
            STANDARD.decode(text).unwrap_or_default()
        }
        other => other.to_string().into_bytes(),
    }
}

pub fn base64_of(value: &Json) -> String {
    STANDARD.encode(bytes(value))
}

/// The value that stands for some bytes.
pub fn of_bytes(bytes: Vec<u8>) -> Json {
    match String::from_utf8(bytes) {
        Ok(text) => Json::from(text),
        Err(error) => serde_json::json!({"$base64": STANDARD.encode(error.as_bytes())}),
    }
}

/// A scalar as text in a path, a query or a header, or in XML.
pub fn text(shape: Used<'_>, value: &Json, time_format: &str) -> String {
    match (shape.shape.kind, value) {
        (Kind::Timestamp, value) => super::time::written(value, shape.timestamp_format().unwrap_or(time_format)),
        (Kind::Blob, value) => base64_of(value),
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}
