//! Answers of a service.

use lw_plan::{Json, Map};

use super::xml_out::scalar;
use super::{Response, ServiceFailure, failure, time, values, xml, xml_out};
use crate::model::{Kind, Location, Operation, Protocol, Service, Used};

/// What came back instead of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseError {
    /// The service says no, or that it failed.
    Failure(ServiceFailure),
    /// Nobody can read it: it broke off, or somebody else answered. Whether the call took effect is not known.
    Unreadable { status: u16, reason: String },
}

/// The members of an operation's output.
pub fn parse(service: &Service, operation: &Operation, response: &Response) -> Result<Map<String, Json>, ParseError> {
    if !(200..300).contains(&response.status) {
        return Err(ParseError::Failure(failure::of(service, response)));
    }
    let unreadable = |reason: String| ParseError::Unreadable { status: response.status, reason };
    let Some(output) = &operation.output else {
        return Ok(Map::new());
    };
    let shape = service.used(output);
    match service.metadata.protocol {
        Protocol::Ec2 | Protocol::Query => {
            if response.body.is_empty() {
                return Ok(Map::new());
            }
            let root = xml::parse(&text(response).map_err(unreadable)?).map_err(unreadable)?;
            if root.name == "html" {
                return Err(unreadable("an HTML page instead of an answer".to_string()));
            }
            if service.metadata.protocol == Protocol::Ec2 {
                return Ok(xml_out::structure(shape, &root));
            }
            let usual = format!("{}Result", operation.name);
            let wrapper = output.result_wrapper.as_deref().unwrap_or(&usual);
            Ok(root.child(wrapper).map(|inner| xml_out::structure(shape, inner)).unwrap_or_default())
        }
        Protocol::Json => {
            let body = json_body(response).map_err(unreadable)?;
            Ok(json_structure(shape, &body))
        }
        Protocol::RestJson | Protocol::RestXml => {
            let mut result = outside_body(service, shape, response);
            rest_body(service, shape, response, &mut result).map_err(unreadable)?;
            Ok(result)
        }
    }
}

/// The members of an error's shape, beside its code and message.
pub fn parse_failure_members(service: &Service, code: &str, response: &Response) -> Map<String, Json> {
    let reference = crate::model::Reference { shape: code.to_string(), ..crate::model::Reference::default() };
    if !service.shapes.contains_key(code) {
        return Map::new();
    }
    let shape = service.used(&reference);
    match service.metadata.protocol {
        Protocol::Json => json_structure(shape, &json_body(response).unwrap_or_default()),
        Protocol::RestJson => {
            let mut result = outside_body(service, shape, response);
            result.extend(json_structure(shape, &json_body(response).unwrap_or_default()));
            result
        }
        Protocol::Ec2 | Protocol::Query | Protocol::RestXml => {
            let mut result = outside_body(service, shape, response);
            let root = text(response).and_then(|text| xml::parse(&text));
            if let Some(error) = root.as_ref().ok().and_then(failure::error_element) {
                result.extend(xml_out::structure(shape, error));
            }
            result
        }
    }
}

fn rest_body(
    service: &Service,
    shape: Used<'_>,
    response: &Response,
    result: &mut Map<String, Json>,
) -> Result<(), String> {
    let is_json = service.metadata.protocol == Protocol::RestJson;
    if let Some((name, member)) = shape.shape.payload.as_ref().and_then(|name| Some((name, shape.member(name)?))) {
        if response.body.is_empty() {
            return Ok(());
        }
        let value = match member.shape.kind {
            Kind::Blob => values::of_bytes(response.body.clone()),
            Kind::String | Kind::Character if !member.shape.document => Json::from(text(response)?),
            _ if is_json => json_value(member, &Json::from_body(&response.body)?),
            _ => xml_out::value(member, &xml::parse(&text(response)?)?),
        };
        result.insert(name.clone(), value);
        return Ok(());
    }
    if !shape.members().any(|(_, member)| member.is_from_body()) || response.body.is_empty() {
        return Ok(());
    }
    if is_json {
        result.extend(json_structure(shape, &json_body(response)?));
    } else {
        let root = xml::parse(&text(response)?)?;
        if root.name == "html" {
            return Err("an HTML page instead of an answer".to_string());
        }
        result.extend(xml_out::structure(shape, &root));
    }
    Ok(())
}

trait FromBody: Sized {
    fn from_body(body: &[u8]) -> Result<Self, String>;
}

impl FromBody for Json {
    fn from_body(body: &[u8]) -> Result<Json, String> {
        serde_json::from_slice(body).map_err(|error| error.to_string())
    }
}

fn text(response: &Response) -> Result<String, String> {
    String::from_utf8(response.body.clone()).map_err(|_| "it is not UTF-8".to_string())
}

/// The JSON object of a body; an empty body is an empty object.
pub(super) fn json_body(response: &Response) -> Result<Map<String, Json>, String> {
    if response.body.is_empty() {
        return Ok(Map::new());
    }
    match Json::from_body(&response.body)? {
        Json::Object(object) => Ok(object),
        _ => Err("it is no JSON object".to_string()),
    }
}

/// What is in headers and in the status.
fn outside_body(service: &Service, shape: Used<'_>, response: &Response) -> Map<String, Json> {
    let mut result = Map::new();
    for (name, member) in shape.members() {
        let own = member.location_name().unwrap_or(name);
        let value = match member.reference.location {
            Some(Location::StatusCode) => Some(Json::from(response.status)),
            Some(Location::Header) => response.header(own).map(|text| header(member, text)),
            Some(Location::Headers) => {
                let prefix = member.location_name().unwrap_or_default().to_ascii_lowercase();
                let fits = |name: &str| name.to_ascii_lowercase().starts_with(&prefix);
                let found = response.headers.iter().filter(|(name, _)| fits(name));
                let entries: Map<String, Json> =
                    found.map(|(name, value)| (name[prefix.len()..].to_string(), Json::from(value.as_str()))).collect();
                (!entries.is_empty() || service.metadata.protocol == Protocol::RestXml).then_some(Json::Object(entries))
            }
            _ => None,
        };
        if let Some(value) = value {
            result.insert(name.to_string(), value);
        }
    }
    result
}

fn header(member: Used<'_>, text: &str) -> Json {
    use base64::Engine as _;
    if member.reference.jsonvalue {
        let decoded = base64::engine::general_purpose::STANDARD.decode(text).ok();
        return decoded.and_then(|bytes| String::from_utf8(bytes).ok()).map_or_else(|| Json::from(text), Json::from);
    }
    if member.shape.kind != Kind::List {
        return scalar(member.shape.kind, text);
    }
    let kind = member.element().shape.kind;
    let is_http_date =
        kind == Kind::Timestamp && member.element().timestamp_format().is_none_or(|format| format == "rfc822");
    Json::Array(header_items(text, is_http_date).iter().map(|item| scalar(kind, item)).collect())
}

/// The elements of a header: separated by commas, in quotes where they hold some. Dates have a comma of their own.
fn header_items(text: &str, dates: bool) -> Vec<String> {
    let mut items = vec![String::new()];
    let (mut quoted, mut commas) = (false, 0);
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted => {
                if let (Some(item), Some(next)) = (items.last_mut(), signs.next()) {
                    item.push(next);
                }
            }
            '"' => quoted = !quoted,
            ',' if !quoted => {
                commas += 1;
                match (dates && commas % 2 == 1, items.last_mut()) {
                    (true, Some(item)) => item.push(','),
                    _ => items.push(String::new()),
                }
            }
            sign => {
                if let Some(item) = items.last_mut() {
                    item.push(sign);
                }
            }
        }
    }
    items.into_iter().map(|item| item.trim().to_string()).collect()
}

fn json_structure(shape: Used<'_>, object: &Map<String, Json>) -> Map<String, Json> {
    let members = shape.members().filter(|(_, member)| member.is_from_body()).filter_map(|(name, member)| {
        let value = object.get(member.location_name().unwrap_or(name))?;
        (!value.is_null() || member.shape.document).then(|| (name.to_string(), json_value(member, value)))
    });
    members.collect()
}

/// A value by its shape; whatever is of another kind than it should be stays what it is.
fn json_value(shape: Used<'_>, value: &Json) -> Json {
    if shape.shape.document {
        return value.clone();
    }
    match (shape.shape.kind, value) {
        (_, Json::Null) => Json::Null,
        (Kind::Structure, Json::Object(object)) => Json::Object(json_structure(shape, object)),
        (Kind::List, Json::Array(items)) => {
            Json::Array(items.iter().map(|item| json_value(shape.element(), item)).collect())
        }
        (Kind::Map, Json::Object(entries)) => {
            let entry = |(name, item): (&String, &Json)| (name.clone(), json_value(shape.value(), item));
            Json::Object(entries.iter().map(entry).collect())
        }
        (Kind::Timestamp, value) => time::seconds(value).map_or_else(|| value.clone(), time::number),
        (Kind::Blob, Json::String(text)) => scalar(Kind::Blob, text),
        (_, value) => value.clone(),
    }
}
