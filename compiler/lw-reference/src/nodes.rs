//! The Plan's nodes, from values: which resources exist, what they are called, and what their properties hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value as Json, json};

use crate::evaluate::{Evaluated, Outcome, number};
use crate::value::{Failure, Later, Piece, Text, Value};

/// Path, wire type and properties, by path.
pub type Nodes = BTreeMap<String, (String, Json)>;

/// The nodes of a program whose bindings and outputs did not fail; otherwise what failed.
pub fn nodes(evaluated: &mut Evaluated<'_>) -> Result<Nodes, BTreeSet<Failure>> {
    let mut failures = std::mem::take(&mut evaluated.failures);
    let roots: Vec<(String, Value)> = evaluated.values.clone();
    let outputs: Vec<(String, Value)> =
        evaluated.outputs.iter().map(|(name, value)| (format!("output.{name}.value"), value.clone())).collect();
    // What is reached, over properties too, each with the properties' values.
    let mut properties: BTreeMap<usize, Vec<(String, Value)>> = BTreeMap::new();
    let mut waiting: VecDeque<usize> = VecDeque::new();
    for (name, value) in roots.iter().chain(&outputs) {
        waiting.extend(walk(name, value, true).into_iter().map(|(resource, _)| resource));
    }
    while let Some(resource) = waiting.pop_front() {
        if properties.contains_key(&resource) {
            continue;
        }
        let mut values = Vec::new();
        let mut names: Vec<String> =
            evaluated.evaluator.made[resource].properties.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        for name in names {
            match evaluated.evaluator.property(resource, &name) {
                Ok(Some(value)) => {
                    waiting.extend(walk("", &value, true).into_iter().map(|(resource, _)| resource));
                    values.push((name, value));
                }
                Ok(None) => {}
                Err(failure) => _ = failures.insert(failure),
            }
        }
        properties.insert(resource, values);
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let paths = named(evaluated, &roots, &outputs, &properties);
    let written = written(evaluated, &paths, &properties);
    written.map_err(|failure| BTreeSet::from([failure]))
}

fn written(
    evaluated: &Evaluated<'_>,
    paths: &BTreeMap<usize, String>,
    properties: &BTreeMap<usize, Vec<(String, Value)>>,
) -> Outcome<Nodes> {
    let mut nodes = Nodes::new();
    for (resource, values) in properties {
        let made = &evaluated.evaluator.made[*resource];
        let known = made.kind.properties();
        let mut written = serde_json::Map::new();
        for (name, value) in values {
            let Some(property) = known.iter().find(|property| property.name == name) else { continue };
            if !matches!(value, Value::None) {
                written.insert(property.wire.to_string(), plan_json(value, evaluated, paths)?);
            }
        }
        nodes.insert(paths[resource].clone(), (made.kind.wire().to_string(), Json::Object(written)));
    }
    for (name, value) in &evaluated.outputs {
        let value = json!({ "value": plan_json(value, evaluated, paths)? });
        nodes.insert(format!("output.{name}"), ("Linework::Output".to_string(), value));
    }
    Ok(nodes)
}

/// A path under the binding that made the resource wins over any other, a path through plain values over one through properties.
fn named(
    evaluated: &Evaluated<'_>,
    roots: &[(String, Value)],
    outputs: &[(String, Value)],
    properties: &BTreeMap<usize, Vec<(String, Value)>>,
) -> BTreeMap<usize, String> {
    let owner = |resource: usize| evaluated.evaluator.made[resource].owner.as_deref();
    // Path and the binding that it starts with.
    let mut names: BTreeMap<usize, (String, Option<String>)> = BTreeMap::new();
    for own in [true, false] {
        for (root, value) in roots {
            for (resource, path) in walk(root, value, false) {
                if (owner(resource) == Some(root)) == own {
                    names.entry(resource).or_insert((path, Some(root.clone())));
                }
            }
        }
    }
    let mut candidates: Vec<(usize, String, Option<String>)> = Vec::new();
    for (root, value) in roots {
        candidates
            .extend(walk(root, value, true).into_iter().map(|(resource, path)| (resource, path, Some(root.clone()))));
    }
    let mut frontier: Vec<usize> = names.keys().copied().collect();
    let mut with_outputs = false;
    loop {
        frontier.sort_by_key(|resource| names[resource].0.clone());
        for holder in frontier.drain(..) {
            let (path, root) = names[&holder].clone();
            for (property, value) in &properties[&holder] {
                for (resource, path) in walk(&format!("{path}.{property}"), value, true) {
                    candidates.push((resource, path, root.clone()));
                }
            }
        }
        candidates.retain(|(resource, ..)| !names.contains_key(resource));
        let is_own = |(resource, _, root): &(usize, String, Option<String>)| {
            root.is_some() && root.as_deref() == owner(*resource)
        };
        let only_own = candidates.iter().any(is_own);
        if candidates.is_empty() {
            if with_outputs {
                break;
            }
            with_outputs = true;
            for (name, value) in outputs {
                candidates.extend(walk(name, value, true).into_iter().map(|(resource, path)| (resource, path, None)));
            }
            if candidates.iter().all(|(resource, ..)| names.contains_key(resource)) {
                break;
            }
            continue;
        }
        for candidate in candidates.clone() {
            if only_own && !is_own(&candidate) {
                continue;
            }
            let (resource, path, root) = candidate;
            if let std::collections::btree_map::Entry::Vacant(entry) = names.entry(resource) {
                entry.insert((path, root));
                frontier.push(resource);
            }
        }
    }
    names.into_iter().map(|(resource, (path, _))| (resource, path)).collect()
}

/// Resources in a value in order, each with its first path. With `attributes`, text made from a resource leads to it, too.
fn walk(path: &str, value: &Value, attributes: bool) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    into(path, value, attributes, &mut found);
    let mut seen = BTreeSet::new();
    found.retain(|(resource, _)| seen.insert(*resource));
    found
}

fn into(path: &str, value: &Value, attributes: bool, found: &mut Vec<(usize, String)>) {
    match value {
        Value::Resource(resource) => found.push((*resource, path.to_string())),
        Value::List(items) | Value::Tuple(items) => {
            for (at, item) in items.iter().enumerate() {
                into(&format!("{path}[{at}]"), item, attributes, found);
            }
        }
        Value::Record(fields) => {
            for (name, item) in fields.iter() {
                into(&format!("{path}.{name}"), item, attributes, found);
            }
        }
        Value::Dictionary(entries) => {
            for (key, item) in entries.iter() {
                into(&format!("{path}[{}]", Json::from(key.as_str())), item, attributes, found);
            }
        }
        Value::Some(inner) | Value::Constructor(_, Some(inner)) => into(path, inner, attributes, found),
        Value::Text(text) if attributes => {
            let mut all = Vec::new();
            mentioned(text, &mut all);
            let mut seen = BTreeSet::new();
            all.retain(|resource| seen.insert(*resource));
            match all[..] {
                [one] => found.push((one, path.to_string())),
                _ => found.extend(all.iter().enumerate().map(|(at, one)| (*one, format!("{path}[{at}]")))),
            }
        }
        _ => {}
    }
}

fn mentioned(text: &Text, found: &mut Vec<usize>) {
    for piece in &text.0 {
        match piece {
            Piece::Known(_) => {}
            Piece::Later(later) => match &**later {
                Later::Get(resource, _) => found.push(*resource),
                Later::Base64(inner) => mentioned(inner, found),
            },
        }
    }
}

/// A value as the Plan has it.
fn plan_json(value: &Value, evaluated: &Evaluated<'_>, paths: &BTreeMap<usize, String>) -> Outcome<Json> {
    let inner = |value: &Value| plan_json(value, evaluated, paths);
    Ok(match value {
        Value::Text(text) => text_json(text, paths),
        Value::Resource(resource) => {
            let attribute = evaluated.evaluator.made[*resource].kind.attributes()[0].1;
            json!({ "$get": [paths[resource], attribute] })
        }
        Value::Some(value) => inner(value)?,
        Value::List(items) | Value::Tuple(items) => Json::Array(items.iter().map(inner).collect::<Outcome<_>>()?),
        Value::Record(fields) => Json::Object(
            fields
                .iter()
                .filter(|(_, value)| !matches!(value, Value::None))
                .map(|(name, value)| Ok((name.clone(), inner(value)?)))
                .collect::<Outcome<_>>()?,
        ),
        Value::Dictionary(entries) => {
            Json::Object(entries.iter().map(|(key, value)| Ok((key.clone(), inner(value)?))).collect::<Outcome<_>>()?)
        }
        Value::Constructor(name, Some(payload)) => json!({ *name: inner(payload)? }),
        Value::Duration(value) => number(*value as f64 / 1000.0)?,
        other => crate::evaluate::json(other)?,
    })
}

fn text_json(text: &Text, paths: &BTreeMap<usize, String>) -> Json {
    let pieces: Vec<Json> = text
        .0
        .iter()
        .map(|piece| match piece {
            Piece::Known(known) => json!(known),
            Piece::Later(later) => match &**later {
                Later::Get(resource, attribute) => json!({ "$get": [paths[resource], attribute] }),
                Later::Base64(inner) => json!({ "$base64": text_json(inner, paths) }),
            },
        })
        .collect();
    match &pieces[..] {
        [] => json!(""),
        [one] => one.clone(),
        _ => json!({ "$concat": pieces }),
    }
}
