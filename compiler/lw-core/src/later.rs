//! Later values: what they become when everything in them is known after all, and how terms are put together.

use std::rc::Rc;
use std::sync::Arc;

use crate::eval::with_stack;
use crate::failure::Eval;
use crate::machine::Machine;
use crate::primitives::{encoding, network};
use crate::program::{Access, NameId, OriginId, ResourceTypeId, SiteMode, WireShape};
use crate::value::{Boxed, Items, Later, ResourceId, Term, Value};

impl Machine<'_> {
    /// The value of a term whose attributes are written or observed; `None` if any is not known.
    pub(crate) fn known(&mut self, later: &Rc<Later>) -> Eval<Option<Value>> {
        self.charge_steps(1)?;
        with_stack(|| self.known_grown(later))
    }

    fn known_grown(&mut self, later: &Rc<Later>) -> Eval<Option<Value>> {
        match &later.term {
            Term::Get { resource, attribute, rest } => {
                let Some(mut value) = self.written(*resource, *attribute, later.origin)? else { return Ok(None) };
                loop {
                    value = match value {
                        Value::Some(inner) => inner.0.clone(),
                        Value::Later(inner) => match self.known(&inner)? {
                            Some(value) => value,
                            None => return Ok(None),
                        },
                        _ => break,
                    };
                }
                for name in rest {
                    value = match self.field(&value, *name)? {
                        Value::Some(inner) => inner.0.clone(),
                        Value::None => return Ok(None),
                        value => value,
                    };
                }
                Ok(if matches!(value, Value::Undecided(_)) { None } else { Some(value) })
            }
            Term::Concat(parts) => {
                let mut text = String::new();
                for part in parts.iter() {
                    match self.known_part(part)? {
                        Some(Value::String(part)) => text.push_str(&part),
                        _ => return Ok(None),
                    }
                }
                self.charge_bytes(text.len())?;
                Ok(Some(Value::string(text)))
            }
            Term::Join { separator, parts } => match self.known_part(parts)? {
                Some(Value::List(items)) => {
                    let mut texts: Vec<Arc<str>> = Vec::with_capacity(items.len());
                    for item in items.iter() {
                        match self.known_part(item)? {
                            Some(Value::String(text)) => texts.push(text),
                            _ => return Ok(None),
                        }
                    }
                    let text = texts.join(&**separator);
                    self.charge_bytes(text.len())?;
                    Ok(Some(Value::string(text)))
                }
                _ => Ok(None),
            },
            Term::Base64(text) => match self.known_part(text)? {
                Some(Value::String(text)) => {
                    self.charge_bytes(text.len() * 4 / 3 + 4)?;
                    Ok(Some(Value::string(encoding::base64_text(text.as_bytes()))))
                }
                _ => Ok(None),
            },
            Term::Select { index, list } => match self.known_part(list)? {
                Some(Value::List(items)) => match items.get(*index) {
                    Some(item) => self.known_part(item),
                    None => Ok(None),
                },
                _ => Ok(None),
            },
            Term::Split { separator, text } => match self.known_part(text)? {
                Some(Value::String(text)) => Ok(Some(self.split(separator, &text)?)),
                _ => Ok(None),
            },
            Term::Cidr(parts) => {
                let (Some(Value::String(network)), Some(Value::Int(bits)), Some(Value::Int(number))) =
                    (self.known_part(&parts[0])?, self.known_part(&parts[1])?, self.known_part(&parts[2])?)
                else {
                    return Ok(None);
                };
                Ok(Some(Value::string(network::subnet(&network, bits, number)?)))
            }
            Term::Json(_) | Term::Secret { .. } | Term::Lookup { .. } => Ok(None),
        }
    }

    fn known_part(&mut self, part: &Value) -> Eval<Option<Value>> {
        match part {
            Value::Later(later) => self.known(later),
            Value::Undecided(_) => Ok(None),
            value => Ok(Some(value.clone())),
        }
    }

    /// A field of an attribute that is a record: `db.endpoint.address`.
    pub(crate) fn later_field(&mut self, later: &Rc<Later>, name: NameId, origin: OriginId) -> Eval<Value> {
        let Term::Get { resource, attribute, rest } = &later.term else {
            return Err(self.needs(later, "a field access"));
        };
        let program = self.program;
        let resource_type = program.resource_type(self.resource(*resource).resource_type);
        let mut shape = resource_type.property(*attribute).map(|property| &property.shape);
        for step in rest.iter().chain([&name]) {
            let Some(WireShape::Record(record)) = shape else { return Err(self.needs(later, "a field access")) };
            let field = program.wire_record(*record).field(*step);
            let Some(field) = field else { return Err(self.needs(later, "a field access")) };
            if step == &name && field.optional {
                let inner = self.later_step(*resource, *attribute, rest, name, origin);
                return if self.policy {
                    Err(self.needs(&inner, "a field access"))
                } else {
                    Ok(Value::some(Value::Later(inner)))
                };
            }
            shape = Some(&field.shape);
        }
        Ok(Value::Later(self.later_step(*resource, *attribute, rest, name, origin)))
    }

    fn later_step(
        &self,
        resource: ResourceId,
        attribute: NameId,
        rest: &[NameId],
        name: NameId,
        origin: OriginId,
    ) -> Rc<Later> {
        let rest = rest.iter().copied().chain([name]).collect();
        Rc::new(Later { term: Term::Get { resource, attribute, rest }, origin })
    }

    pub(crate) fn later(&self, term: Term) -> Value {
        Value::Later(Rc::new(Later { term, origin: self.here() }))
    }

    /// What stands for a resource in text and JSON: its ARN if it has one, else what identifies it.
    pub(crate) fn reference(&mut self, id: ResourceId, origin: OriginId) -> Eval<Value> {
        let resource_type = self.resource(id).resource_type;
        let names = self.reference_names(resource_type);
        match &names[..] {
            [name] => Ok(self.get(id, *name, origin)),
            names => {
                let mut parts = Vec::with_capacity(names.len() * 2);
                for (at, name) in names.iter().enumerate() {
                    if at > 0 {
                        parts.push(Value::string("|"));
                    }
                    parts.push(self.get(id, *name, origin));
                }
                Ok(Value::Later(Rc::new(Later { term: Term::Concat(Items(parts)), origin })))
            }
        }
    }

    /// What stands for a resource in a document.
    pub fn reference_to(&mut self, id: ResourceId) -> Value {
        self.reference(id, OriginId::NONE).unwrap_or(Value::None)
    }

    fn reference_names(&self, id: ResourceTypeId) -> Vec<NameId> {
        let resource_type = self.program.resource_type(id);
        let leaf = resource_type.name.rsplit('.').next().unwrap_or_default();
        let own = format!("{leaf}arn").to_ascii_lowercase();
        let is_arn = |name: NameId, wanted: &str| self.program.name(name).eq_ignore_ascii_case(wanted);
        let read_only = || resource_type.properties.iter().filter(|property| property.access == Access::ReadOnly);
        let arn = read_only()
            .find(|property| is_arn(property.name, "arn"))
            .or_else(|| read_only().find(|property| is_arn(property.name, &own)));
        match arn {
            Some(property) => vec![property.name],
            None => resource_type.identifier.clone(),
        }
    }

    /// What an existing object is known by to its cloud: the identifier as it is written, parts joined by `|`.
    pub fn physical_id(&mut self, id: ResourceId) -> Option<String> {
        let resource = self.resource(id);
        if resource.mode != SiteMode::Existing {
            return None;
        }
        let names = self.program.resource_type(resource.resource_type).identifier.clone();
        let mut parts = Vec::with_capacity(names.len());
        for name in names {
            let mut value = self.written(id, name, OriginId::NONE).ok()??;
            if let Value::Some(inner) = &value {
                value = inner.0.clone();
            }
            if let Value::Later(later) = &value {
                value = self.known(later).ok()??;
            }
            parts.push(match value {
                Value::String(text) => text.to_string(),
                Value::Int(number) => number.to_string(),
                _ => return None,
            });
        }
        Some(parts.join("|"))
    }

    pub(crate) fn boxed(value: &Value) -> Boxed {
        Boxed(value.clone())
    }
}
