//! Resources read from JSON: the Plan's term form, or what a cloud says.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value as Json};

use crate::machine::Machine;
use crate::program::{Access, NameId, OriginId, Program, ResourceType, WireShape};
use crate::value::{Boxed, Cause, Items, Later, Record, ResourceId, Term, Value};

pub(crate) struct Reader<'r, 'p> {
    pub program: &'p Program,
    pub by_path: &'r FxHashMap<&'r str, ResourceId>,
    /// What was read, by path: for attributes that no code names.
    pub raw: &'r FxHashMap<&'r str, &'r Map<String, Json>>,
    pub machine: &'r Machine<'p>,
}

impl Reader<'_, '_> {
    /// Properties by the program's names, as a constructor would have them.
    pub fn properties(&self, declared: &ResourceType, properties: &Map<String, Json>) -> Record {
        let mut fields = Vec::with_capacity(properties.len());
        for property in &declared.properties {
            let Some(json) = properties.get(&*property.wire) else { continue };
            let Some(value) = self.value(json, &property.shape) else { continue };
            let value = if property.access == Access::Optional { lifted(value) } else { value };
            fields.push((property.name, value));
        }
        Record::new(fields)
    }

    /// A value by its shape; `None` where the shape says nothing about what is there.
    fn value(&self, json: &Json, shape: &WireShape) -> Option<Value> {
        if let Json::Object(object) = json
            && let Some((key, argument)) = single_dollar_key(object)
        {
            return Some(self.term(key, argument, shape));
        }
        Some(match (shape, json) {
            (WireShape::List(inner), Json::Array(items)) => {
                Value::list(items.iter().filter_map(|item| self.value(item, inner)).collect())
            }
            (WireShape::Dictionary(inner), Json::Object(entries)) => Value::dictionary(
                entries.iter().filter_map(|(key, item)| Some((Arc::from(&**key), self.value(item, inner)?))),
            ),
            (WireShape::Record(id), Json::Object(entries)) => {
                let mut fields = Vec::with_capacity(entries.len());
                for field in &self.program.wire_record(*id).fields {
                    let Some(json) = entries.get(&*field.wire) else { continue };
                    let Some(value) = self.value(json, &field.shape) else { continue };
                    fields.push((field.name, if field.optional { lifted(value) } else { value }));
                }
                Value::Record(Rc::new(Record::new(fields)))
            }
            (WireShape::Json | WireShape::PolicyDocument, json) => self.document(json),
            (_, Json::Array(_) | Json::Object(_)) => return None,
            (_, json) => self.machine.value_of_json(json),
        })
    }

    fn document(&self, json: &Json) -> Value {
        match json {
            Json::Array(items) => Value::list(items.iter().map(|item| self.document(item)).collect()),
            Json::Object(object) => match single_dollar_key(object) {
                Some((key, argument)) => self.term(key, argument, &WireShape::Json),
                None => Value::dictionary(object.iter().map(|(key, value)| (Arc::from(&**key), self.document(value)))),
            },
            plain => self.machine.value_of_json(plain),
        }
    }

    /// A term of the closed language; undecided where it leads outside of what is known.
    fn term(&self, key: &str, argument: &Json, shape: &WireShape) -> Value {
        let unknown = || Value::Undecided(Rc::new(Cause::Unknown(Arc::from(argument.to_string()))));
        let part = |json: &Json| Boxed(self.document(json));
        let list = argument.as_array().map_or(&[][..], Vec::as_slice);
        let term = match (key, list) {
            ("$literal", _) => return self.literal(argument, shape),
            ("$get", [Json::String(path), Json::String(attribute)]) => match self.get(path, attribute) {
                Some(term) => term,
                None => {
                    let unknown =
                        || Value::Undecided(Rc::new(Cause::Unknown(Arc::from(format!("{path}.{attribute}")))));
                    return self.plain(path, attribute).map_or_else(unknown, |json| self.machine.value_of_json(json));
                }
            },
            ("$concat", parts) => Term::Concat(Items(parts.iter().map(|part| self.document(part)).collect())),
            ("$join", [Json::String(separator), parts]) => {
                Term::Join { separator: Arc::from(&**separator), parts: part(parts) }
            }
            ("$json", _) => Term::Json(part(argument)),
            ("$base64", _) => Term::Base64(part(argument)),
            ("$select", [index, list]) => match index.as_u64().and_then(|index| usize::try_from(index).ok()) {
                Some(index) => Term::Select { index, list: part(list) },
                None => return unknown(),
            },
            ("$split", [Json::String(separator), text]) => {
                Term::Split { separator: Arc::from(&**separator), text: part(text) }
            }
            ("$cidr", parts @ [_, _, _]) => Term::Cidr(Items(parts.iter().map(|part| self.document(part)).collect())),
            _ => return unknown(),
        };
        Value::Later(Rc::new(Later { term, origin: OriginId::NONE }))
    }

    fn literal(&self, json: &Json, shape: &WireShape) -> Value {
        match (shape, json) {
            (WireShape::Dictionary(_) | WireShape::Json | WireShape::PolicyDocument, json) => {
                self.machine.value_of_json(json)
            }
            (_, json) => self.value(json, shape).unwrap_or_else(|| self.machine.value_of_json(json)),
        }
    }

    /// An attribute as it was read, if it is plain data.
    fn plain(&self, path: &str, attribute: &str) -> Option<&Json> {
        let mut steps = attribute.split('.');
        let mut json = self.raw.get(path)?.get(steps.next()?)?;
        for step in steps {
            json = json.get(step)?;
        }
        (!matches!(json, Json::Object(_) | Json::Array(_))).then_some(json)
    }

    /// `Endpoint.Address` of the resource at a path.
    fn get(&self, path: &str, attribute: &str) -> Option<Term> {
        let resource = *self.by_path.get(path)?;
        let declared = self.program.resource_type(self.machine.resource(resource).resource_type);
        let mut steps = attribute.split('.');
        let first = steps.next()?;
        let property = declared.properties.iter().find(|property| *property.wire == *first)?;
        let mut shape = &property.shape;
        let mut rest: Vec<NameId> = Vec::new();
        for step in steps {
            let WireShape::Record(id) = shape else { return None };
            let field = self.program.wire_record(*id).fields.iter().find(|field| *field.wire == *step)?;
            rest.push(field.name);
            shape = &field.shape;
        }
        Some(Term::Get { resource, attribute: property.name, rest })
    }
}

/// In an Optional, unless nobody can tell.
fn lifted(value: Value) -> Value {
    if matches!(value, Value::Undecided(_) | Value::None) { value } else { Value::some(value) }
}

fn single_dollar_key(object: &Map<String, Json>) -> Option<(&str, &Json)> {
    let mut entries = object.iter();
    let (key, value) = entries.next()?;
    (entries.next().is_none() && key.starts_with('$')).then_some((key.as_str(), value))
}

/// The resources that properties refer to, by term or by what their cloud calls them.
pub(crate) fn references(
    properties: &Map<String, Json>,
    by_path: &FxHashMap<&str, ResourceId>,
    names: &FxHashMap<Arc<str>, ResourceId>,
    own: ResourceId,
) -> Vec<ResourceId> {
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    let mut work: Vec<&Json> = properties.values().rev().collect();
    while let Some(json) = work.pop() {
        let target = match json {
            Json::String(text) => names.get(&**text).copied().filter(|id| *id != own),
            Json::Array(items) => {
                work.extend(items.iter().rev());
                None
            }
            Json::Object(object) => match single_dollar_key(object) {
                Some(("$get", Json::Array(parts))) => {
                    parts.first().and_then(Json::as_str).and_then(|path| by_path.get(path)).copied()
                }
                Some(("$literal" | "$secret", _)) => None,
                _ => {
                    work.extend(object.values().rev());
                    None
                }
            },
            _ => None,
        };
        found.extend(target.filter(|id| seen.insert(*id)));
    }
    // Resources are numbered in the order of their paths.
    found.sort_unstable();
    found
}
