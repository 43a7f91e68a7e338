//! Reading JSON Schema as the CloudFormation registry writes it: references followed, alternatives folded, one shape a site.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

type Keys = Map<String, Value>;

/// One place in a schema where a value is described, with its references followed.
pub struct Site<'s> {
    /// The site's own keys first, then what it refers to.
    layers: Vec<&'s Keys>,
    /// The last definition that it refers to.
    pub definition: Option<&'s str>,
}

/// What a value looks like.
pub enum Shape<'s> {
    Record(RecordShape<'s>),
    Map {
        value: Option<&'s Value>,
        keys: Option<&'s str>,
    },
    List {
        items: Option<&'s Value>,
    },
    Enum {
        values: Vec<String>,
        ignore_case: bool,
    },
    Bool,
    Int,
    Float,
    Text,
    /// An object or its JSON as a string; also an object without a declared property.
    Open,
}

/// The properties of a record, those of all alternatives together.
pub struct RecordShape<'s> {
    pub fields: BTreeMap<&'s str, FieldShape<'s>>,
    /// Alternatives that only ask for properties to be present.
    pub alternatives: Vec<Alternatives>,
}

#[derive(Default)]
pub struct FieldShape<'s> {
    /// One site, or one of each alternative that has the property.
    pub sites: Vec<&'s Value>,
    pub required: bool,
}

/// Sets of properties of which at least one (or exactly one) must be present as a whole.
pub struct Alternatives {
    pub sets: Vec<BTreeSet<String>>,
    pub exactly_one: bool,
}

impl<'s> Site<'s> {
    pub fn new(root: &'s Value, site: &'s Value) -> Site<'s> {
        let mut resolved = Site { layers: Vec::new(), definition: None };
        resolved.add(root, site);
        resolved
    }

    fn add(&mut self, root: &'s Value, site: &'s Value) {
        let Some(keys) = site.as_object() else { return };
        if self.layers.iter().any(|layer| std::ptr::eq(*layer, keys)) {
            // A definition that only refers to itself.
            return;
        }
        self.layers.push(keys);
        if let Some(pointer) = keys.get("$ref").and_then(Value::as_str) {
            if let Some(name) = pointer.strip_prefix("#/definitions/") {
                self.definition = Some(name);
            }
            let target = root.pointer(pointer.trim_start_matches('#'));
            self.add(root, target.unwrap_or_else(|| panic!("`{pointer}` leads nowhere")));
        }
        for part in list(keys.get("allOf")) {
            if !is_presence(part) && part.get("if").is_none() {
                self.add(root, part);
            }
        }
        for word in ["oneOf", "anyOf"] {
            match list(keys.get(word)) {
                // A choice of one is no choice.
                [only] if !is_presence(only) && only.get("properties").is_none() => self.add(root, only),
                _ => {}
            }
        }
    }

    pub fn get(&self, key: &str) -> Option<&'s Value> {
        self.layers.iter().find_map(|layer| layer.get(key))
    }

    pub fn text(&self, key: &str) -> Option<&'s str> {
        self.get(key).and_then(Value::as_str)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Value::as_bool)
    }

    pub fn count(&self, key: &str) -> Option<u64> {
        self.get(key).and_then(Value::as_u64)
    }

    /// The alternatives of `oneOf` and `anyOf`.
    pub fn choices(&self) -> impl Iterator<Item = &'s Value> {
        ["oneOf", "anyOf"].into_iter().flat_map(|word| list(self.get(word)))
    }

    fn types(&self) -> Vec<&'s str> {
        match self.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => {
                several.iter().filter_map(Value::as_str).filter(|word| *word != "null").collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn shape(&self, root: &'s Value) -> Shape<'s> {
        if let Some(shape) = self.enumeration(root) {
            return shape;
        }
        match self.types()[..] {
            ["string"] => Shape::Text,
            ["boolean"] => Shape::Bool,
            ["integer"] => Shape::Int,
            ["number"] => Shape::Float,
            ["array"] => Shape::List { items: self.get("items") },
            ["object"] => self.object(root),
            [] => self.untyped(root),
            ref several => self.several(several),
        }
    }

    fn enumeration(&self, root: &'s Value) -> Option<Shape<'s>> {
        if let Some(constant) = self.text("const") {
            return Some(Shape::Enum { values: vec![constant.to_owned()], ignore_case: false });
        }
        if let Some(values) = strings(self.get("enumCaseInsensitive")) {
            // Alternatives of the same enum carry the documented spelling.
            let documented = self.choices().find_map(|choice| strings(choice.get("enum")));
            return Some(Shape::Enum { values: documented.unwrap_or(values), ignore_case: true });
        }
        if let Some(values) = strings(self.get("enum")) {
            return Some(Shape::Enum { values, ignore_case: false });
        }
        let choices: Vec<&Value> = self.choices().collect();
        let of_choice = |choice: &&'s Value| match Site::new(root, choice).enumeration(root) {
            Some(Shape::Enum { values, .. }) => Some(values),
            _ => None,
        };
        let values: Option<Vec<Vec<String>>> = choices.iter().map(of_choice).collect();
        match values {
            Some(values) if !values.is_empty() => {
                let values: BTreeSet<String> = values.into_iter().flatten().collect();
                Some(Shape::Enum { values: values.into_iter().collect(), ignore_case: false })
            }
            _ => None,
        }
    }

    /// A scalar that the schema lets be written as several types becomes the one that its users need.
    fn several(&self, types: &[&str]) -> Shape<'s> {
        let scalars: Vec<&str> =
            types.iter().copied().filter(|word| !matches!(*word, "string" | "object" | "array")).collect();
        match (&scalars[..], types.contains(&"object"), types.contains(&"array")) {
            (["boolean"], false, false) => Shape::Bool,
            (["integer"], false, false) => Shape::Int,
            (["number"], false, false) => Shape::Float,
            ([], false, true) => Shape::List { items: self.get("items") },
            _ => Shape::Open,
        }
    }

    fn untyped(&self, root: &'s Value) -> Shape<'s> {
        if self.get("items").is_some() {
            return Shape::List { items: self.get("items") };
        }
        if ["properties", "patternProperties"].iter().any(|key| self.get(key).is_some())
            || self.record_choices(root).is_some()
        {
            return self.object(root);
        }
        let choices: Vec<Site<'s>> = self.choices().map(|choice| Site::new(root, choice)).collect();
        let kinds: BTreeSet<&str> = choices.iter().flat_map(Site::types).collect();
        if !kinds.is_empty() && kinds.iter().all(|kind| *kind == "string") {
            return Shape::Text;
        }
        // A record or a list of such records: the record. A list or its JSON: the list.
        let structured = |shape: &Shape<'s>| matches!(shape, Shape::Record(_) | Shape::List { .. });
        choices
            .iter()
            .map(|choice| choice.shape(root))
            .find(structured)
            .filter(|_| !kinds.contains("number"))
            .unwrap_or(Shape::Open)
    }

    fn object(&self, root: &'s Value) -> Shape<'s> {
        if let Some(record) = self.record(root) {
            return Shape::Record(record);
        }
        if let Some(patterns) = self.get("patternProperties").and_then(Value::as_object) {
            let (pattern, value) = patterns.iter().next().expect("patternProperties has an entry");
            let keys =
                (patterns.len() == 1 && self.flag("additionalProperties") == Some(false)).then_some(pattern.as_str());
            return Shape::Map { value: Some(value), keys };
        }
        match self.get("additionalProperties") {
            Some(value @ Value::Object(_)) => Shape::Map { value: Some(value), keys: None },
            Some(Value::Bool(false)) => {
                Shape::Record(RecordShape { fields: BTreeMap::new(), alternatives: Vec::new() })
            }
            _ => Shape::Open,
        }
    }

    fn record(&self, root: &'s Value) -> Option<RecordShape<'s>> {
        let required = self.required();
        let mut fields: BTreeMap<&str, FieldShape<'s>> = BTreeMap::new();
        for (name, site) in self.get("properties").and_then(Value::as_object).into_iter().flatten() {
            fields.insert(name, FieldShape { sites: vec![site], required: required.contains(name) });
        }
        if !fields.is_empty() {
            return Some(RecordShape { fields, alternatives: self.presence() });
        }
        let choices = self.record_choices(root)?;
        let mut sets = Vec::new();
        for choice in &choices {
            let choice = Site::new(root, choice);
            let properties = choice.get("properties").and_then(Value::as_object);
            let mut needed = choice.required();
            if let (true, Some(only)) = (needed.is_empty(), properties.filter(|properties| properties.len() == 1)) {
                needed.extend(only.keys().cloned());
            }
            sets.push(needed);
            for (name, site) in properties.into_iter().flatten() {
                fields.entry(name).or_default().sites.push(site);
            }
        }
        let alternatives = vec![Alternatives { sets, exactly_one: self.get("oneOf").is_some() }];
        Some(RecordShape { fields, alternatives })
    }

    /// The alternatives, if the first is a record.
    fn record_choices(&self, root: &'s Value) -> Option<Vec<&'s Value>> {
        let has_properties = |choice: &&'s Value| Site::new(root, choice).get("properties").is_some();
        let choices: Vec<&'s Value> = self.choices().filter(has_properties).collect();
        let is_list = |choice: &'s Value| Site::new(root, choice).types() == ["array"];
        if choices.is_empty() || self.choices().any(is_list) { None } else { Some(choices) }
    }

    pub fn required(&self) -> BTreeSet<String> {
        let parts =
            |layer: &&'s Keys| list(layer.get("allOf")).iter().filter(|part| is_presence(part)).flat_map(presence_set);
        let own = |layer: &&'s Keys| list(layer.get("required")).iter().filter_map(Value::as_str).map(str::to_owned);
        self.layers.iter().flat_map(own).chain(self.layers.iter().flat_map(parts)).collect()
    }

    /// Alternatives that only ask for properties, wherever they stand.
    fn presence(&self) -> Vec<Alternatives> {
        let mut found = Vec::new();
        for layer in &self.layers {
            collect_presence(layer, &mut found);
        }
        found
    }
}

fn collect_presence(keys: &Keys, found: &mut Vec<Alternatives>) {
    for (word, exactly_one) in [("oneOf", true), ("anyOf", false)] {
        let choices = list(keys.get(word));
        if !choices.is_empty()
            && choices.iter().all(|choice| is_presence(choice) || choice == &Value::Object(Map::new()))
        {
            found.push(Alternatives { sets: choices.iter().map(presence_set).collect(), exactly_one });
        }
    }
    for part in list(keys.get("allOf")).iter().filter(|part| is_presence(part)).filter_map(Value::as_object) {
        collect_presence(part, found);
    }
}

/// Whether a schema speaks of nothing but which properties are present.
fn is_presence(schema: &Value) -> bool {
    let words = ["required", "oneOf", "anyOf", "allOf"];
    schema.as_object().is_some_and(|keys| {
        !keys.is_empty()
            && keys.keys().all(|key| words.contains(&key.as_str()))
            && words[1..]
                .iter()
                .flat_map(|word| list(keys.get(*word)))
                .all(|part| is_presence(part) || part == &Value::Object(Map::new()))
    })
}

/// The properties that an alternative asks for; of alternatives within it, those that all ask for.
fn presence_set(schema: &Value) -> BTreeSet<String> {
    let mut set: BTreeSet<String> =
        list(schema.get("required")).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    for part in list(schema.get("allOf")) {
        set.extend(presence_set(part));
    }
    for word in ["oneOf", "anyOf"] {
        let common = list(schema.get(word)).iter().map(presence_set).reduce(|left, right| &left & &right);
        set.extend(common.into_iter().flatten());
    }
    set
}

pub fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    let values: Vec<String> =
        value?.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    let distinct: BTreeSet<String> = values.into_iter().collect();
    Some(distinct.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_choice_of_single_properties_is_a_record() {
        let root = json!({"definitions": {"A": {"oneOf": [
            {"type": "object", "properties": {"X": {"type": "string"}}, "required": ["X"]},
            {"type": "object", "properties": {"Y": {"type": "string"}}, "required": ["Y"]},
        ]}}});
        let site = json!({"$ref": "#/definitions/A"});
        let site = Site::new(&root, &site);
        assert_eq!(site.definition, Some("A"));
        let Shape::Record(record) = site.shape(&root) else { panic!("expected a record") };
        assert_eq!(record.fields.keys().copied().collect::<Vec<_>>(), ["X", "Y"]);
        assert!(record.alternatives[0].exactly_one);
    }

    #[test]
    fn a_site_adds_to_what_it_refers_to() {
        let root = json!({"definitions": {"Arn": {"type": "string", "pattern": "^arn:"}}});
        let site = json!({"$ref": "#/definitions/Arn", "default": "arn:x"});
        let site = Site::new(&root, &site);
        assert_eq!((site.text("pattern"), site.text("default")), (Some("^arn:"), Some("arn:x")));
        assert!(matches!(site.shape(&root), Shape::Text));
    }

    #[test]
    fn a_scalar_of_several_types_is_the_one_that_is_not_text() {
        let root = json!({});
        let shape = |site: Value| match Site::new(&root, &site).shape(&root) {
            Shape::Bool => "bool",
            Shape::Open => "open",
            Shape::List { .. } => "list",
            _ => "other",
        };
        assert_eq!(shape(json!({"type": ["boolean", "string"]})), "bool");
        assert_eq!(shape(json!({"type": ["object", "string"]})), "open");
        assert_eq!(shape(json!({"type": ["string", "array"], "items": {"type": "string"}})), "list");
    }
}
