//! What the runtime knows of each type, without a compiler: `runtime/adapter/catalogue/aws.json`, described in the README beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::model::{Field, Mark, Record, Resource, Tags, Type, TypeBody};
use super::schema::list;
use super::walk;

/// Defaults that the schemas do not state and every program meets.
const DEFAULTS: &[(&str, &str, bool)] = &[
    ("AWS::EC2::Subnet", "MapPublicIpOnLaunch", false),
    ("AWS::EC2::VPC", "EnableDnsHostnames", false),
    ("AWS::EC2::VPC", "EnableDnsSupport", true),
];

/// Everything about one type; empty parts are left out. Paths are wire names with `/` between and `*` for any element.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    class: &'static str,
    identifier: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims: Vec<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    create_only: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    conditional_create_only: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    read_only: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    write_only: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    sensitive: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    sets: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    documents: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    defaults: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<TagEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<NameEntry>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    links: BTreeMap<String, BTreeSet<String>>,
    properties: BTreeMap<String, Property>,
    /// Read-only properties below the top level.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, Property>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TagEntry {
    property: String,
    shape: &'static str,
    /// Further keys of each list element; the adapter sets them to true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_create: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updatable: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NameEntry {
    property: String,
    length_max: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    lower_case: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    separator: Option<char>,
}

#[derive(Default, Serialize)]
struct Property {
    /// The JSON type; none where several are allowed.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    values: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

/// One type a line, so that a change is a readable difference.
pub fn print(resources: &[Resource], schemas: &BTreeMap<String, Value>) -> String {
    let line = |resource: &Resource| {
        let entry = entry(resource, &schemas[&resource.wire_type]);
        let text = serde_json::to_string(&entry).expect("a catalogue entry is JSON");
        format!("{}:{text}", Value::from(resource.wire_type.as_str()))
    };
    let lines: Vec<String> = resources.iter().map(line).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn entry(resource: &Resource, schema: &Value) -> Entry {
    let record = &resource.record;
    let is_read_only = |field: &&Field| field.marks.contains(&Mark::ReadOnly);
    let read_only = paths(resource, schema, "readOnlyProperties");
    let listed = |name: &str| -> BTreeSet<String> { &paths(resource, schema, name) - &read_only };
    let create_only = listed("createOnlyProperties");
    let mut found = Entry {
        class: resource.facts.class.word(),
        identifier: resource.facts.identifier.iter().map(|path| path.replace('.', "/")).collect(),
        claims: resource.facts.claims.clone(),
        replacement: resource.facts.delete_first.then_some("deleteFirst"),
        required: record
            .fields
            .iter()
            .filter(|field| field.required && !is_read_only(field))
            .map(|field| field.wire.clone())
            .collect(),
        conditional_create_only: &listed("conditionalCreateOnlyProperties") - &create_only,
        create_only,
        write_only: listed("writeOnlyProperties"),
        sensitive: BTreeSet::new(),
        sets: BTreeSet::new(),
        documents: BTreeSet::new(),
        defaults: BTreeMap::new(),
        tags: tags(record, schema),
        name: super::facts::name(resource).map(|name| NameEntry {
            property: name.property,
            length_max: name.length_max,
            lower_case: name.lower_case,
            separator: (name.separator != '-').then_some(name.separator),
        }),
        links: BTreeMap::new(),
        properties: record.fields.iter().map(|field| (field.wire.clone(), property(resource, field))).collect(),
        attributes: BTreeMap::new(),
        read_only,
    };
    let exclusive: BTreeSet<&String> = record.rules.iter().flat_map(super::model::Rule::fields).collect();
    let mut read_only_prefix: Option<String> = None;
    walk::fields(resource, &mut |path, field| {
        let is_below = read_only_prefix.as_ref().is_some_and(|prefix| path.starts_with(prefix.as_str()));
        if is_below || is_read_only(&field) {
            if path.contains('/') {
                found.attributes.insert(path.to_owned(), property(resource, field));
            }
            if !is_below {
                read_only_prefix = Some(format!("{path}/"));
            }
            // A list that the cloud fills may be empty; a record has all its parts.
            return !matches!(field.shape, Type::List(_) | Type::Dictionary(_));
        }
        if field.tags.is_some() {
            return false;
        }
        if field.limits.unordered && matches!(field.shape, Type::List(_)) {
            found.sets.insert(path.to_owned());
        }
        if matches!(field.shape, Type::Json | Type::PolicyDocument) {
            found.documents.insert(path.to_owned());
        }
        if field.marks.contains(&Mark::Sensitive) {
            found.sensitive.insert(path.to_owned());
        }
        if !field.targets.is_empty() {
            found.links.insert(path.to_owned(), field.targets.clone());
        }
        // What has an alternative is not there by default.
        let is_exclusive = !path.contains('/') && exclusive.contains(&field.wire);
        if let Some(default) = field.default.as_deref().filter(|_| !is_exclusive) {
            found.defaults.insert(path.to_owned(), default_value(default));
        }
        true
    });
    for (_, property, value) in DEFAULTS.iter().filter(|(wire_type, ..)| *wire_type == resource.wire_type) {
        found.defaults.insert((*property).to_owned(), json!(value));
    }
    found
}

/// One of the schema's lists of paths, in one spelling: `*` for every step into a list or map.
fn paths(resource: &Resource, schema: &Value, name: &str) -> BTreeSet<String> {
    list(schema.get(name)).iter().filter_map(Value::as_str).filter_map(|path| spelled(resource, path)).collect()
}

/// None for a path that leads nowhere, or into tags, which are one map here.
fn spelled(resource: &Resource, path: &str) -> Option<String> {
    let steps: Vec<&str> = path
        .strip_prefix("/properties/")?
        .split('/')
        .filter(|step| !matches!(*step, "*" | "items" | "properties"))
        .collect();
    let mut record = Some(&resource.record);
    let mut spelled: Vec<String> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let field = record?.field(step)?;
        spelled.push(field.wire.clone());
        if index + 1 < steps.len() {
            if field.tags.is_some() {
                return None;
            }
            spelled.extend(walk::stars(&field.shape));
            record = match field.shape.innermost() {
                Type::Named(name) => resource.record_below(name),
                _ => None,
            };
        }
    }
    Some(spelled.join("/"))
}

fn tags(record: &Record, schema: &Value) -> Option<TagEntry> {
    let field = record.fields.iter().find(|field| field.tags.is_some() && field.name == "tags")?;
    let (shape, flags) = match field.tags.as_ref()? {
        Tags::Map => ("map", Vec::new()),
        Tags::List(keys) => ("keyValueList", keys[2..].to_vec()),
    };
    let said = |name: &str| schema.pointer(&format!("/tagging/{name}")).and_then(Value::as_bool);
    Some(TagEntry {
        property: field.wire.clone(),
        shape,
        flags,
        on_create: said("tagOnCreate").filter(|yes| !yes),
        updatable: said("tagUpdatable").filter(|yes| !yes),
    })
}

fn property(resource: &Resource, field: &Field) -> Property {
    let strings = |values: &[String]| values.iter().map(|value| Value::from(value.as_str())).collect();
    let union = |values: &[String]| Property {
        kind: Some("string"),
        // Any capitals will do where case does not count; only the compiler checks those.
        values: if field.limits.ignore_case { Vec::new() } else { strings(values) },
        ..Property::default()
    };
    let of_type = |kind: &'static str| Property { kind: Some(kind), ..Property::default() };
    match &field.shape {
        _ if field.tags == Some(Tags::Map) => of_type("object"),
        _ if field.tags.is_some() => of_type("array"),
        Type::Bool => of_type("boolean"),
        Type::Float => of_type("number"),
        Type::Int => {
            Property { values: field.limits.one_of.iter().map(|value| json!(value)).collect(), ..of_type("integer") }
        }
        Type::String | Type::Link(..) | Type::Cidr | Type::Cidr6 => {
            let is_read_only = field.marks.contains(&Mark::ReadOnly);
            Property {
                format: field.format.clone(),
                pattern: field.limits.pattern.clone().filter(|_| is_read_only),
                ..of_type("string")
            }
        }
        Type::Union(values) => union(values),
        Type::List(_) => of_type("array"),
        Type::Dictionary(_) => of_type("object"),
        Type::Json | Type::PolicyDocument => Property::default(),
        Type::Named(name) => match resource.types.iter().find(|named| named.name == *name).map(|named| &named.body) {
            Some(TypeBody::Union(values)) => union(values),
            _ => of_type("object"),
        },
    }
}

/// A literal of Linework as JSON.
fn default_value(literal: &str) -> Value {
    match literal {
        "True" => json!(true),
        "False" => json!(false),
        other => serde_json::from_str(other).expect("the other literals are JSON"),
    }
}
