//! Where a property stands inside a resource's wire JSON.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

/// `BucketName`, `Listeners/*/Port`: wire names from the top, `*` for any element of a list or any key of a map.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PropertyPath(Vec<Box<str>>);

impl PropertyPath {
    /// Takes the wire names with `/` between; a leading `/properties/`, as the registry's schemas write it, is left out.
    pub fn parse(text: &str) -> PropertyPath {
        let text = text.strip_prefix("/properties/").unwrap_or(text);
        PropertyPath(text.split('/').filter(|part| !part.is_empty()).map(Box::from).collect())
    }

    /// The top-level property.
    pub fn top(&self) -> &str {
        self.0.first().map_or("", |name| name)
    }

    /// All values at this place, given the value of its top-level property.
    pub fn values_inside<'a>(&self, value: Option<&'a Json>) -> Vec<&'a Json> {
        let steps: Vec<&str> = self.steps().skip(1).collect();
        values_at(value, &steps)
    }

    pub fn is_top_level(&self) -> bool {
        self.0.len() == 1
    }

    pub fn steps(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|step| &**step)
    }

    /// Whether this is the path of a place reached by `steps`, where `*` here fits any step there.
    pub fn fits(&self, steps: &[&str]) -> bool {
        self.0.len() == steps.len() && self.0.iter().zip(steps).all(|(own, step)| &**own == "*" || &**own == *step)
    }

    /// The value here, without looking into lists.
    pub fn get<'a>(&self, properties: &'a Map<String, Json>) -> Option<&'a Json> {
        let mut steps = self.0.iter();
        let mut value = properties.get(&**steps.next()?)?;
        for step in steps {
            value = value.as_object()?.get(&**step)?;
        }
        Some(value)
    }
}

impl From<&str> for PropertyPath {
    fn from(text: &str) -> PropertyPath {
        PropertyPath::parse(text)
    }
}

impl fmt::Display for PropertyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("/"))
    }
}

impl fmt::Debug for PropertyPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PropertyPath({self})")
    }
}

impl Serialize for PropertyPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PropertyPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PropertyPath, D::Error> {
        Ok(PropertyPath::parse(&String::deserialize(deserializer)?))
    }
}

/// All values at a place inside a value, `*` for any element.
fn values_at<'a>(value: Option<&'a Json>, steps: &[&str]) -> Vec<&'a Json> {
    let Some(value) = value else { return Vec::new() };
    let Some((step, rest)) = steps.split_first() else { return vec![value] };
    match (value, *step) {
        (Json::Array(items), _) => {
            let rest = if *step == "*" { rest } else { steps };
            items.iter().flat_map(|item| values_at(Some(item), rest)).collect()
        }
        (Json::Object(object), "*") => object.values().flat_map(|item| values_at(Some(item), rest)).collect(),
        (Json::Object(object), step) => values_at(object.get(step), rest),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_registrys_form_and_ours() {
        assert_eq!(PropertyPath::parse("/properties/A/*/B"), PropertyPath::parse("A/*/B"));
        assert!(PropertyPath::parse("A/*/B").fits(&["A", "3", "B"]));
        assert!(!PropertyPath::parse("A/*/B").fits(&["A", "3"]));
        assert_eq!(PropertyPath::parse("A/*/B").to_string(), "A/*/B");
    }
}
