//! Reads one record of a catalogue file.

use std::collections::BTreeMap;

use conductor_core::{Claim, Dedupe, NameFacts, PropertyPath, TagFacts, TagShape, TypeFacts};
use lw_plan::{Class, Json};
use serde::Deserialize;

use super::schema::{Link, PropertySchema, Steps, TypeSchema};
use super::volatile::volatile;

#[derive(Debug, thiserror::Error)]
#[error("the catalogue's record does not parse: {0}")]
pub struct RecordError(#[from] serde_json::Error);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Record {
    class: Class,
    identifier: Vec<PropertyPath>,
    claims: Vec<Vec<PropertyPath>>,
    create_only: Vec<PropertyPath>,
    read_only: Vec<PropertyPath>,
    write_only: Vec<PropertyPath>,
    required: Vec<String>,
    sets: Vec<PropertyPath>,
    documents: Vec<PropertyPath>,
    arn_or_name: Vec<PropertyPath>,
    dedupe: Option<DedupeRecord>,
    defaults: BTreeMap<PropertyPath, Json>,
    tags: Option<Tags>,
    name: Option<NameFacts>,
    expected: BTreeMap<String, String>,
    links: BTreeMap<PropertyPath, Vec<String>>,
    properties: BTreeMap<String, Property>,
    /// What is known of attributes below the top.
    attributes: BTreeMap<PropertyPath, Property>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tags {
    property: String,
    #[serde(default)]
    shape: TagShape,
    /// Whether the create call takes them.
    #[serde(default = "yes")]
    on_create: bool,
}

/// How a create is kept from happening twice. Where a record does not say, Cloud Control makes the object, which takes a token.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DedupeRecord {
    /// The create call takes an idempotency token.
    #[serde(default)]
    token: bool,
    /// The create call takes tags, and objects are found by them.
    #[serde(default)]
    tags_on_create: bool,
    /// What is written finds the object.
    #[serde(default)]
    key: bool,
}

/// As long as services remember tokens.
const TOKEN_LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;

/// How long a listing may not show what was just made, where a look that finds nothing is followed by another create.
const UNSEEN_MS: u64 = 10_000;

fn yes() -> bool {
    true
}

impl Default for Record {
    fn default() -> Record {
        Record {
            class: Class::Configuration,
            identifier: Vec::new(),
            claims: Vec::new(),
            create_only: Vec::new(),
            read_only: Vec::new(),
            write_only: Vec::new(),
            required: Vec::new(),
            sets: Vec::new(),
            documents: Vec::new(),
            arn_or_name: Vec::new(),
            dedupe: None,
            defaults: BTreeMap::new(),
            tags: None,
            name: None,
            expected: BTreeMap::new(),
            links: BTreeMap::new(),
            properties: BTreeMap::new(),
            attributes: BTreeMap::new(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Property {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "enum")]
    values: Vec<Json>,
    format: Option<String>,
    pattern: Option<String>,
}

/// The facts and the schema that a record's JSON text holds.
pub fn parse(wire_type: &str, text: &str) -> Result<(TypeFacts, TypeSchema), RecordError> {
    let record: Record = serde_json::from_str(text)?;
    let paths = |paths: &[PropertyPath]| paths.iter().map(steps).collect::<Vec<Steps>>();
    let schema_of = |property: Property, default: Option<Json>| PropertySchema {
        kind: property.kind,
        values: property.values,
        default,
        format: property.format,
        pattern: property.pattern,
    };
    let properties = record.properties.into_iter().map(|(name, property)| {
        let default = record.defaults.get(&PropertyPath::parse(&name)).cloned();
        (name, schema_of(property, default))
    });
    let attributes = record.attributes.into_iter().map(|(path, property)| (steps(&path), schema_of(property, None)));
    let schema = TypeSchema {
        wire_type: wire_type.to_string(),
        properties: properties.collect(),
        attributes: attributes.collect(),
        required: record.required,
        create_only: paths(&record.create_only),
        read_only: paths(&record.read_only),
        write_only: paths(&record.write_only),
        identifier: paths(&record.identifier),
        tag_property: record.tags.as_ref().map(|tags| tags.property.clone()),
        claims: record.claims.iter().map(|claim| paths(claim)).collect(),
        links: record.links.into_iter().map(|(path, targets)| Link { path: steps(&path), targets }).collect(),
    };
    let facts = TypeFacts {
        volatile: volatile(&schema),
        class: record.class,
        consistency_window_ms: match &record.dedupe {
            Some(dedupe) if !dedupe.token && !dedupe.key => UNSEEN_MS,
            _ => 0,
        },
        dedupe: match &record.dedupe {
            Some(dedupe) => Dedupe {
                natural_name: dedupe.key,
                token_lifetime_ms: dedupe.token.then_some(TOKEN_LIFETIME_MS),
                tag_on_create: dedupe.tags_on_create,
            },
            None => Dedupe {
                natural_name: record.name.is_some(),
                token_lifetime_ms: Some(TOKEN_LIFETIME_MS),
                tag_on_create: record.tags.as_ref().is_some_and(|tags| tags.on_create),
            },
        },
        identifier: record.identifier,
        claims: record.claims.into_iter().map(|properties| Claim { properties }).collect(),
        create_only: record.create_only,
        read_only: record.read_only,
        write_only: record.write_only,
        sets: record.sets,
        documents: record.documents,
        arn_or_name: record.arn_or_name,
        defaults: record.defaults,
        tags: record.tags.map(|tags| TagFacts { property: tags.property, shape: tags.shape }),
        name: record.name,
        expected: record.expected,
        listable: true,
        ..TypeFacts::default()
    };
    Ok((facts, schema))
}

fn steps(path: &PropertyPath) -> Steps {
    path.steps().map(str::to_string).collect()
}
