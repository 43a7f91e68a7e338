//! Values as JSON and back, where no schema says how: text that a program encodes, queries, inputs.

use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use crate::eval::with_stack;
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::operators::INT_MAX;
use crate::program::OriginId;
use crate::value::Value;

/// What is inside of a value as far as JSON is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knowledge {
    Known,
    HoldsLater,
}

impl Machine<'_> {
    /// JSON of a value without later values, or nothing.
    pub fn json_plain(&mut self, value: &Value) -> Option<Json> {
        self.json_known(value, "JSON").ok()
    }

    /// JSON of a value that has to be known.
    pub(crate) fn json_known(&mut self, value: &Value, operation: &'static str) -> Eval<Json> {
        self.charge_steps(1)?;
        with_stack(|| self.json_grown(value, operation))
    }

    fn json_grown(&mut self, value: &Value, operation: &'static str) -> Eval<Json> {
        Ok(match value {
            Value::Int(value) | Value::Size(value) => Json::from(*value),
            Value::Duration(value) if value % 1000 == 0 => Json::from(value / 1000),
            Value::Duration(value) => float_json(*value as f64 / 1000.0),
            Value::Float(value) => float_json(*value),
            Value::Bool(value) => Json::from(*value),
            Value::String(text) => Json::from(&**text),
            Value::Message(message) => Json::from(&*message.text),
            Value::Bytes(bytes) => Json::from(crate::primitives::encoding::base64_text(bytes)),
            Value::None => Json::Null,
            Value::Some(inner) => self.json_known(inner, operation)?,
            Value::Tuple(items) | Value::List(items) => {
                let mut array = Vec::with_capacity(items.len());
                for item in items.iter() {
                    array.push(self.json_known(item, operation)?);
                }
                Json::Array(array)
            }
            Value::Record(record) => {
                let mut map = Map::new();
                for (name, value) in record.fields() {
                    if !matches!(value, Value::None) {
                        map.insert(self.program.name(name).to_string(), self.json_known(value, operation)?);
                    }
                }
                Json::Object(map)
            }
            Value::Dictionary(dictionary) => {
                let mut map = Map::new();
                for (key, value) in dictionary.entries() {
                    map.insert(key.to_string(), self.json_known(value, operation)?);
                }
                Json::Object(map)
            }
            Value::Constructor(constructor, payload) => {
                let name = self.program.constructor(*constructor).name.to_string();
                match payload {
                    None => Json::from(name),
                    Some(payload) => {
                        let payload = self.json_known(payload, operation)?;
                        Json::Object(Map::from_iter([(name, payload)]))
                    }
                }
            }
            Value::Later(later) => match self.known(later)? {
                Some(known) => self.json_known(&known, operation)?,
                None => return Err(self.needs(later, operation)),
            },
            Value::Resource(id) => {
                let reference = self.reference(*id, OriginId::NONE)?;
                self.json_known(&reference, operation)?
            }
            Value::Undecided(cause) => return Err(Stop::Undecided(cause.clone())),
            Value::Function(..)
            | Value::Primitive(_)
            | Value::SomeFunction
            | Value::ConstructorFunction(_)
            | Value::Blueprint(_)
            | Value::Thunk(_) => {
                let reason = format!("{} has no JSON form", value.kind());
                return Err(Stop::new(FailureKind::Argument(reason)));
            }
        })
    }

    /// Does a value hold anything that is known only later, resources included?
    pub(crate) fn knowledge(&mut self, value: &Value) -> Eval<Knowledge> {
        self.charge_steps(1)?;
        with_stack(|| {
            let items = match value {
                Value::Later(_) | Value::Resource(_) => return Ok(Knowledge::HoldsLater),
                Value::Undecided(cause) => return Err(Stop::Undecided(cause.clone())),
                Value::Some(inner) | Value::Constructor(_, Some(inner)) => return self.knowledge(inner),
                Value::Tuple(items) | Value::List(items) => items,
                Value::Record(record) => &record.values,
                Value::Dictionary(dictionary) => &dictionary.values,
                _ => return Ok(Knowledge::Known),
            };
            for item in items.iter() {
                if self.knowledge(item)? == Knowledge::HoldsLater {
                    return Ok(Knowledge::HoldsLater);
                }
            }
            Ok(Knowledge::Known)
        })
    }

    /// JSON as a value: objects are dictionaries, null is None.
    pub(crate) fn value_of_json(&self, json: &Json) -> Value {
        match json {
            Json::Null => Value::None,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => number_value(number),
            Json::String(text) => Value::string(&**text),
            Json::Array(items) => Value::list(items.iter().map(|item| self.value_of_json(item)).collect()),
            Json::Object(entries) => {
                Value::dictionary(entries.iter().map(|(key, value)| (Arc::from(&**key), self.value_of_json(value))))
            }
        }
    }
}

pub(crate) fn number_value(number: &Number) -> Value {
    match number.as_i64() {
        Some(whole) if (-INT_MAX..=INT_MAX).contains(&whole) => Value::Int(whole),
        _ => Value::Float(number.as_f64().unwrap_or_default()),
    }
}

/// A float as JSON; a whole one is a whole number, as RFC 8785 writes it.
pub fn float_json(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() <= INT_MAX as f64 {
        return Json::from(value as i64);
    }
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}
