//! One service's model, stripped to what is used.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::named::Operations;
use super::package::Package;
use super::{Error, endpoints};

/// Of an operation, what matters on the wire.
const OPERATION_KEYS: &[&str] =
    &["name", "http", "input", "output", "endpoint", "httpChecksumRequired", "httpChecksum"];

const METADATA_KEYS: &[&str] = &[
    "apiVersion",
    "awsQueryCompatible",
    "endpointPrefix",
    "jsonVersion",
    "protocol",
    "serviceId",
    "signingName",
    "targetPrefix",
    "xmlNamespace",
];

/// The protocols of the client, the first of which a service is spoken to in where its own is none of them.
const SPOKEN: &[&str] = &["query", "json", "rest-json", "rest-xml", "ec2"];

/// What only describes or validates.
const DROPPED: &[&str] = &[
    "box",
    "deprecated",
    "deprecatedMessage",
    "deprecatedSince",
    "documentation",
    "enum",
    "max",
    "min",
    "pattern",
    "required",
    "sensitive",
    "contextParam",
    "streaming",
    "staticContextParams",
    "operationContextParams",
    "requestAlgorithmMember",
    "responseAlgorithms",
    "requestValidationModeMember",
];

pub fn service(package: &Package, name: &str, operations: &Operations, endpoints: &Value) -> Result<String, Error> {
    let missing = || Error::Package(format!("it has no service `{name}`"));
    let model = package.model(name, "service-2")?.ok_or_else(missing)?;
    let mut kept_operations = BTreeMap::new();
    let mut shapes = BTreeMap::new();
    for operation in operations {
        let found = model["operations"].get(operation).and_then(Value::as_object);
        let found =
            found.ok_or_else(|| Error::NoSuchOperation { service: name.to_owned(), operation: operation.clone() })?;
        let kept: Map<String, Value> =
            OPERATION_KEYS.iter().filter_map(|key| Some(((*key).to_owned(), stripped(found.get(*key)?)))).collect();
        for side in ["input", "output"] {
            if let Some(shape) = kept.get(side).and_then(|reference| reference["shape"].as_str()) {
                reach(&model["shapes"], shape, &mut shapes);
            }
        }
        kept_operations.insert(operation.clone(), Value::Object(kept));
    }
    let metadata: Map<String, Value> = METADATA_KEYS
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), model["metadata"].get(*key)?.clone())))
        .collect();
    let hosts = endpoints::of(endpoints, metadata["endpointPrefix"].as_str().unwrap_or_default());
    let mut metadata = Value::Object(metadata);
    if !SPOKEN.contains(&metadata["protocol"].as_str().unwrap_or_default()) {
        let others = model["metadata"]["protocols"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut others: Vec<&str> = others.filter(|name| SPOKEN.contains(name)).collect();
        others.sort_by_key(|name| SPOKEN.iter().position(|spoken| spoken == name));
        let missing = || Error::Package(format!("`{name}` speaks no protocol that the client speaks"));
        metadata["protocol"] = Value::from(*others.first().ok_or_else(missing)?);
    }
    if hosts.as_object().is_some_and(|hosts| !hosts.is_empty()) {
        metadata["hosts"] = hosts;
    }
    let paginators = paginators(package, name, operations)?;
    let waiters = waiters(package, name, operations)?;

    let mut text = format!("{{\n\"metadata\": {metadata},\n");
    section(&mut text, "operations", &kept_operations, true);
    section(&mut text, "paginators", &paginators, true);
    section(&mut text, "waiters", &waiters, true);
    section(&mut text, "shapes", &shapes, false);
    text.push_str("}\n");
    Ok(text)
}

fn section(text: &mut String, name: &str, entries: &BTreeMap<String, Value>, more: bool) {
    let lines: Vec<String> =
        entries.iter().map(|(name, entry)| format!("{}: {entry}", Value::from(name.as_str()))).collect();
    let comma = if more { "," } else { "" };
    let _ = writeln!(text, "\"{name}\": {{\n{}\n}}{comma}", lines.join(",\n"));
}

/// Takes over a shape and everything that it reaches.
fn reach(shapes: &Value, name: &str, kept: &mut BTreeMap<String, Value>) {
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if kept.contains_key(&name) {
            continue;
        }
        let Some(shape) = shapes.get(&name) else { continue };
        let shape = stripped(shape);
        let references = ["member", "key", "value"].into_iter().filter_map(|key| shape.get(key));
        let members = shape.get("members").and_then(Value::as_object).into_iter().flat_map(Map::values);
        open.extend(references.chain(members).filter_map(|reference| Some(reference["shape"].as_str()?.to_owned())));
        kept.insert(name, shape);
    }
}

/// Without what only describes or validates. The names of members stay, whatever they are.
fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| !DROPPED.contains(&key.as_str())).map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("members", Value::Object(members)) => {
                        members.iter().map(|(name, member)| (name.clone(), stripped(member))).collect()
                    }
                    (_, value) => stripped(value),
                };
                (key.clone(), value)
            });
            Value::Object(kept.collect())
        }
        other => other.clone(),
    }
}

fn paginators(package: &Package, name: &str, operations: &Operations) -> Result<BTreeMap<String, Value>, Error> {
    let Some(model) = package.model(name, "paginators-1")? else { return Ok(BTreeMap::new()) };
    let all = model["pagination"].as_object().cloned().unwrap_or_default();
    let kept = all.into_iter().filter(|(operation, _)| operations.contains(operation)).map(|(operation, entry)| {
        let keys = ["input_token", "output_token", "result_key", "more_results"];
        let entry: Map<String, Value> =
            keys.iter().filter_map(|key| Some(((*key).to_owned(), entry.get(*key)?.clone()))).collect();
        (operation, Value::Object(entry))
    });
    Ok(kept.collect())
}

/// The waiters that look with an operation that is used.
fn waiters(package: &Package, name: &str, operations: &Operations) -> Result<BTreeMap<String, Value>, Error> {
    let Some(model) = package.model(name, "waiters-2")? else { return Ok(BTreeMap::new()) };
    let all = model["waiters"].as_object().cloned().unwrap_or_default();
    let is_used = |waiter: &Value| waiter["operation"].as_str().is_some_and(|name| operations.contains(name));
    let kept = all.into_iter().filter(|(_, waiter)| is_used(waiter)).map(|(name, waiter)| {
        let kept = json!({
            "operation": waiter["operation"], "delay": waiter["delay"], "maxAttempts": waiter["maxAttempts"],
            "acceptors": waiter["acceptors"],
        });
        (name, kept)
    });
    Ok(kept.collect())
}
