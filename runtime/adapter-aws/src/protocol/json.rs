//! `json` 1.0 and 1.1: the operation in a header, everything else in a JSON body. Also the bodies of `rest-json`.

use lw_plan::{Json, Map};

use super::{Request, SerializeError, values};
use crate::model::{Kind, Operation, Service, Used};

pub fn serialize(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Json>,
) -> Result<Request, SerializeError> {
    let metadata = &service.metadata;
    let mut request = Request { method: "POST".to_string(), path: "/".to_string(), ..Request::default() };
    let version = metadata.json_version.as_deref().unwrap_or("1.0");
    request.set_header("Content-Type", format!("application/x-amz-json-{version}"));
    let prefix = metadata.target_prefix.as_deref().unwrap_or_default();
    request.set_header("X-Amz-Target", format!("{prefix}.{}", operation.name));
    if metadata.aws_query_compatible.is_some() {
        request.set_header("x-amzn-query-mode", "true");
    }
    let body = match &operation.input {
        Some(input) => structure(service.used(input), parameters),
        None => Map::new(),
    };
    request.body = Json::Object(body).to_string().into_bytes();
    Ok(request)
}

/// A structure by the names of the wire; members that go elsewhere are left out.
pub fn structure(shape: Used<'_>, value: &Map<String, Json>) -> Map<String, Json> {
    let members = value.iter().filter_map(|(name, value)| {
        let member = shape.member(name).filter(Used::is_in_body)?;
        let name = member.location_name().unwrap_or(name);
        Some((name.to_string(), self::value(member, value)))
    });
    members.collect()
}

pub fn value(shape: Used<'_>, value: &Json) -> Json {
    if shape.shape.document {
        return value.clone();
    }
    match (shape.shape.kind, value) {
        (_, Json::Null) => Json::Null,
        (Kind::Structure, Json::Object(object)) => Json::Object(structure(shape, object)),
        (Kind::List, Json::Array(items)) => {
            Json::Array(items.iter().map(|item| self::value(shape.element(), item)).collect())
        }
        (Kind::Map, Json::Object(entries)) => {
            let entry = |(name, item): (&String, &Json)| (name.clone(), self::value(shape.value(), item));
            Json::Object(entries.iter().map(entry).collect())
        }
        (Kind::Blob, value) => Json::from(values::base64_of(value)),
        (Kind::Timestamp, value) => match shape.timestamp_format() {
            None | Some("unixTimestamp" | "unixtimestamp") => value.clone(),
            Some(format) => Json::from(super::time::written(value, format)),
        },
        (_, value) if shape.reference.jsonvalue && !value.is_string() => Json::from(value.to_string()),
        (_, value) => value.clone(),
    }
}
