//! `rest-json` and `rest-xml`: parameters in the path, the query, headers and the body.

use base64::Engine as _;
use lw_plan::{Json, Map};

use super::{Request, SerializeError, json, percent_encode, values, xml_in};
use crate::model::{Kind, Location, Operation, Protocol, Service, Used};

pub fn serialize(
    service: &Service,
    operation: &Operation,
    parameters: &Map<String, Json>,
) -> Result<Request, SerializeError> {
    let mut request = Request { method: operation.http.method.clone(), ..Request::default() };
    let (path, fixed) = operation.http.request_uri.split_once('?').unwrap_or((&operation.http.request_uri, ""));
    let Some(input) = &operation.input else {
        request.path = path.to_string();
        request.query = fixed.to_string();
        return Ok(request);
    };
    let shape = service.used(input);
    let mut labels = Map::new();
    let mut query: Vec<(String, Option<String>)> = Vec::new();
    let mut in_body = Map::new();
    let mut late = Vec::new();
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_null()) {
        let Some(member) = shape.member(name) else { continue };
        let own = member.location_name().unwrap_or(name);
        match member.reference.location {
            Some(Location::Uri) => {
                labels.insert(own.to_string(), Json::from(values::text(member, value, "iso8601")));
            }
            Some(Location::Querystring) => match value {
                // Named parameters go before those of maps.
                Json::Object(entries) => late.push((member, entries)),
                Json::Array(items) => {
                    let texts = items.iter().map(|item| values::text(member.element(), item, "iso8601"));
                    query.extend(texts.map(|text| (own.to_string(), Some(text))));
                }
                value => query.push((own.to_string(), Some(values::text(member, value, "iso8601")))),
            },
            Some(Location::Header) => {
                let text = header(member, value);
                request.set_header(own, text);
            }
            Some(Location::Headers) => {
                let prefix = member.location_name().unwrap_or_default();
                for (key, value) in value.as_object().into_iter().flatten() {
                    let own = format!("{prefix}{key}");
                    if request.header(&own).is_none() {
                        request.set_header(&own, values::text(member.value(), value, "rfc822"));
                    }
                }
            }
            Some(Location::StatusCode) => {}
            None => {
                in_body.insert(name.clone(), value.clone());
            }
        }
    }
    for (member, entries) in late {
        for (key, value) in entries {
            if query.iter().any(|(name, _)| name == key) {
                continue;
            }
            match value {
                Json::Array(items) => {
                    let texts = items.iter().map(|item| values::text(member.value().element(), item, "iso8601"));
                    query.extend(texts.map(|text| (key.clone(), Some(text))));
                }
                value => query.push((key.clone(), Some(values::text(member.value(), value, "iso8601")))),
            }
        }
    }
    request.path = render(operation, path, &labels)?;
    let mut parts: Vec<String> = if fixed.is_empty() { Vec::new() } else { vec![fixed.to_string()] };
    parts.extend(query.iter().map(|(name, value)| {
        let name = percent_encode(name, false);
        value.as_ref().map_or(name.clone(), |value| format!("{name}={}", percent_encode(value, false)))
    }));
    request.query = parts.join("&");
    body(&mut request, service, operation, shape, parameters, &in_body);
    Ok(request)
}

/// `/{Bucket}/{Key+}` with its labels.
fn render(operation: &Operation, template: &str, labels: &Map<String, Json>) -> Result<String, SerializeError> {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        let (label, greedy) = label.strip_suffix('+').map_or((label, false), |label| (label, true));
        let value = labels.get(label).and_then(Json::as_str).filter(|value| !value.is_empty());
        let missing = || SerializeError::Missing { operation: operation.name.clone(), path: label.to_string() };
        path.push_str(&percent_encode(value.ok_or_else(missing)?, greedy));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn header(member: Used<'_>, value: &Json) -> String {
    if member.reference.jsonvalue {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        return base64::engine::general_purpose::STANDARD.encode(text);
    }
    let Json::Array(items) = value else { return values::text(member, value, "rfc822") };
    let element = member.element();
    let is_text = matches!(element.shape.kind, Kind::String | Kind::Character);
    let texts: Vec<String> = items
        .iter()
        .filter(|item| !item.is_null())
        .map(|item| values::text(element, item, "rfc822"))
        .map(|text| match is_text && text.contains(['"', ',']) {
            true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            false => text,
        })
        .collect();
    texts.join(", ")
}

fn body(
    request: &mut Request,
    service: &Service,
    operation: &Operation,
    shape: Used<'_>,
    parameters: &Map<String, Json>,
    in_body: &Map<String, Json>,
) {
    let is_json = service.metadata.protocol == Protocol::RestJson;
    let content_type = if is_json { "application/json" } else { "application/xml" };
    let default_type = |request: &mut Request, content_type: &str| {
        if request.header("content-type").is_none() {
            request.set_header("Content-Type", content_type);
        }
    };
    if let Some((name, member)) = shape.shape.payload.as_ref().and_then(|name| Some((name, shape.member(name)?))) {
        let value = parameters.get(name);
        match (member.shape.kind, value) {
            (Kind::Blob, Some(value)) => {
                request.body = values::bytes(value);
                default_type(request, "application/octet-stream");
            }
            (Kind::String | Kind::Character, Some(value)) if !member.shape.document => {
                request.body = values::bytes(value);
                default_type(request, "text/plain");
            }
            (_, Some(value)) if is_json => {
                request.body = json::value(member, value).to_string().into_bytes();
                default_type(request, content_type);
            }
            (_, Some(value)) => {
                let name = member.location_name().unwrap_or(&member.reference.shape);
                request.body = xml_in::document(member, value, name, service.metadata.xml_namespace.as_ref());
                default_type(request, content_type);
            }
            (Kind::Structure, None) if is_json && !member.shape.union => {
                request.body = b"{}".to_vec();
                default_type(request, content_type);
            }
            (_, None) => {}
        }
        return;
    }
    let takes_body = shape.members().any(|(_, member)| member.is_in_body());
    if !takes_body || (!is_json && in_body.is_empty()) {
        return;
    }
    if is_json {
        request.body = Json::Object(json::structure(shape, in_body)).to_string().into_bytes();
    } else {
        let name = shape.shape.traits.location_name.as_deref();
        let name = name.or(shape.location_name()).unwrap_or(&operation.name);
        let value = Json::Object(in_body.clone());
        request.body = xml_in::document(shape, &value, name, service.metadata.xml_namespace.as_ref());
    }
    default_type(request, content_type);
}
