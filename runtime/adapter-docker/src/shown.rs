//! Objects as adapters show them: wire properties, absent where the engine says nothing.

use adapter::{Object, Owner};
use lw_plan::{Json, Map};

/// Properties that are put together one after the other; what is nothing is left out.
#[derive(Default)]
pub(crate) struct Shown(Map<String, Json>);

impl Shown {
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Shown {
        let value = value.into();
        let is_nothing = match &value {
            Json::Null => true,
            Json::String(text) => text.is_empty(),
            Json::Array(items) => items.is_empty(),
            Json::Object(object) => object.is_empty(),
            Json::Bool(_) | Json::Number(_) => false,
        };
        if !is_nothing {
            self.0.insert(name.to_string(), value);
        }
        self
    }

    /// A number that means nothing when it is 0.
    pub fn with_number(self, name: &str, value: Option<f64>) -> Shown {
        match value {
            Some(value) if value > 0.0 => self.with(name, number(value)),
            _ => self,
        }
    }

    pub fn json(self) -> Json {
        Json::Object(self.0)
    }

    pub fn object(self, wire_type: &str, physical_id: String, owner: Option<Owner>) -> Object {
        Object { wire_type: wire_type.to_string(), physical_id, properties: self.0, owner }
    }
}

/// Whole numbers without a fraction.
pub(crate) fn number(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() < 9e15 { Json::from(value as i64) } else { Json::from(value) }
}

/// Nanoseconds, as the engine counts, in seconds, as Plans do.
pub(crate) fn seconds(nanoseconds: Option<i64>) -> Option<f64> {
    nanoseconds.map(|nanoseconds| nanoseconds as f64 / 1e9)
}

/// Seconds in nanoseconds.
pub(crate) fn nanoseconds(seconds: Option<&Json>) -> Option<i64> {
    seconds.and_then(Json::as_f64).map(|seconds| (seconds * 1e9) as i64)
}

pub(crate) fn text(properties: &Map<String, Json>, name: &str) -> Option<String> {
    properties.get(name).and_then(Json::as_str).map(str::to_string)
}

pub(crate) fn texts(value: Option<&Json>) -> Option<Vec<String>> {
    let items = value?.as_array()?;
    Some(items.iter().filter_map(|item| item.as_str().map(str::to_string)).collect())
}

/// The entries of an object whose values are text.
pub(crate) fn entries(value: Option<&Json>) -> impl Iterator<Item = (String, String)> {
    let object = value.and_then(Json::as_object).into_iter().flatten();
    object.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_string())))
}

/// The elements of a list that are objects.
pub(crate) fn objects<'p>(
    properties: &'p Map<String, Json>,
    name: &str,
) -> impl Iterator<Item = &'p Map<String, Json>> {
    properties.get(name).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object)
}

pub(crate) fn flag(properties: &Map<String, Json>, name: &str) -> Option<bool> {
    properties.get(name).and_then(Json::as_bool)
}

pub(crate) fn count(properties: &Map<String, Json>, name: &str) -> Option<i64> {
    properties.get(name).and_then(Json::as_f64).map(|value| value as i64)
}
