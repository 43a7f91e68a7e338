//! Which fields the registry lists as read-only, create-only and so on, down into the types below a resource.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{Mark, NamedType, Record, Type, TypeBody};
use super::schema::list;

const LISTS: &[(&str, Mark)] = &[
    ("readOnlyProperties", Mark::ReadOnly),
    ("createOnlyProperties", Mark::CreateOnly),
    ("conditionalCreateOnlyProperties", Mark::ConditionalCreateOnly),
    ("writeOnlyProperties", Mark::WriteOnly),
    ("deprecatedProperties", Mark::Deprecated),
];

/// A field: the type below the resource that holds it (empty: the resource itself) and its wire name.
type Place = (String, String);

/// Marks every field that the schema's lists reach.
///
/// A type may stand in several places while a list names only one of them. Its field is marked when all places are named.
pub fn apply(schema: &Value, record: &mut Record, types: &mut [NamedType]) {
    let sites = sites(record, types);
    // By field and mark: the places through which a listed path came.
    let mut reached: BTreeMap<(Place, Mark), BTreeSet<Place>> = BTreeMap::new();
    for (name, mark) in LISTS {
        for path in list(schema.get(*name)).iter().filter_map(Value::as_str) {
            if let Some((field, parent)) = resolve(path, record, types, &sites) {
                reached.entry((field, *mark)).or_default().extend(parent);
            }
        }
    }
    for ((field, mark), parents) in reached {
        let (holder, wire) = &field;
        if !holder.is_empty() && parents != sites[holder] {
            continue;
        }
        let record = if holder.is_empty() { Some(&mut *record) } else { record_of(types, holder) };
        if let Some(field) = record.and_then(|record| record.fields.iter_mut().find(|field| field.wire == *wire)) {
            field.marks.insert(mark);
        }
    }
    for record in records(record, types) {
        for field in &mut record.fields {
            // What only the cloud sets is neither created, nor kept, nor hidden by us.
            if field.marks.contains(&Mark::ReadOnly) {
                field.marks.retain(|mark| matches!(mark, Mark::ReadOnly | Mark::Deprecated));
            }
            if field.marks.contains(&Mark::CreateOnly) {
                field.marks.remove(&Mark::ConditionalCreateOnly);
            }
        }
    }
}

/// For every type below the resource: the fields that hold a value of it.
fn sites(record: &Record, types: &[NamedType]) -> BTreeMap<String, BTreeSet<Place>> {
    let mut sites: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
    let below = types.iter().filter_map(|named| match &named.body {
        TypeBody::Record(record) => Some((named.name.as_str(), record)),
        TypeBody::Union(_) => None,
    });
    for (holder, record) in std::iter::once(("", record)).chain(below) {
        for field in &record.fields {
            if let Type::Named(name) = field.shape.innermost() {
                sites.entry(name.clone()).or_default().insert((holder.to_owned(), field.wire.clone()));
            }
        }
    }
    sites
}

/// Follows `/properties/A/*/B`. None where the way passes through a type that stands in several places, or leads nowhere.
fn resolve(
    path: &str,
    record: &Record,
    types: &[NamedType],
    sites: &BTreeMap<String, BTreeSet<Place>>,
) -> Option<(Place, Option<Place>)> {
    let is_step = |step: &&str| !matches!(*step, "*" | "items" | "properties");
    let steps: Vec<&str> = path.strip_prefix("/properties/")?.split('/').filter(is_step).collect();
    let mut holder = String::new();
    let mut parent: Option<Place> = None;
    for (index, step) in steps.iter().enumerate() {
        let record = if holder.is_empty() { record } else { find(types, &holder)? };
        let field = record.field(step)?;
        let place = (holder.clone(), field.wire.clone());
        if index + 1 == steps.len() {
            return Some((place, parent));
        }
        let Type::Named(name) = field.shape.innermost() else { return None };
        if !holder.is_empty() && sites[&holder].len() > 1 {
            return None;
        }
        parent = Some(place);
        holder = name.clone();
    }
    None
}

fn find<'t>(types: &'t [NamedType], name: &str) -> Option<&'t Record> {
    types.iter().find(|named| named.name == name).and_then(|named| match &named.body {
        TypeBody::Record(record) => Some(record),
        TypeBody::Union(_) => None,
    })
}

fn record_of<'t>(types: &'t mut [NamedType], name: &str) -> Option<&'t mut Record> {
    types.iter_mut().find(|named| named.name == name).and_then(|named| match &mut named.body {
        TypeBody::Record(record) => Some(record),
        TypeBody::Union(_) => None,
    })
}

fn records<'t>(record: &'t mut Record, types: &'t mut [NamedType]) -> impl Iterator<Item = &'t mut Record> {
    let below = types.iter_mut().filter_map(|named| match &mut named.body {
        TypeBody::Record(record) => Some(record),
        TypeBody::Union(_) => None,
    });
    std::iter::once(record).chain(below)
}
