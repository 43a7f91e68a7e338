//! The table of the provider's types: which wire type each is, and which attribute feeds which property.
//!
//! It is data, `types.json`: an entry a type. A rule is a path and, possibly, a conversion: `QueueName`, `RedrivePolicy json`,
//! `SSESpecification.SSEEnabled`. A block is an object with the rule of the whole under the empty key. docs/coming-from/terraform.md
//! says what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use super::properties::Path;

#[derive(Debug, Default)]
pub struct Table {
    /// By the provider's name: `aws_sqs_queue`.
    pub types: BTreeMap<String, TypeRule>,
}

#[derive(Clone, Debug)]
pub struct TypeRule {
    pub target: Target,
    pub attributes: Block,
    /// Attributes of which the wire type says nothing.
    pub nothing: BTreeSet<String>,
    /// Attributes that the provider fills in with what the service does by itself: not written, they are as good as not there.
    pub absent: BTreeSet<String>,
    /// What an attribute is called where another resource reads it; those not here have the name of the property that they feed.
    pub reads: BTreeMap<String, String>,
    /// Resources that an attribute is besides.
    pub also: Vec<Also>,
}

#[derive(Clone, Debug)]
pub enum Target {
    /// A resource of that type.
    Resource(String),
    /// One of several entries of the table, which an attribute chooses.
    Chosen { by: String, entries: BTreeMap<String, String> },
    /// Part of resources of other types of the provider, which an attribute names.
    Part { of: Vec<String>, by: String },
}

#[derive(Clone, Debug)]
pub struct Also {
    pub attribute: String,
    pub wire_type: String,
    pub rules: Vec<Rule>,
    /// Where it names the resource that it was written in.
    pub itself: Path,
}

/// Attributes and what becomes of them.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub rules: BTreeMap<String, Vec<Rule>>,
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub path: Path,
    pub conversion: Conversion,
    /// Of a block: what becomes of its attributes.
    pub block: Option<Block>,
}

/// What is done with a value on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// As it is.
    Plain,
    /// A text that is a JSON document, as that document.
    Json,
    /// A map, as a list of mappings with these keys.
    Pairs(String, String),
    /// A list with at most one element, as that element.
    One,
    /// A list of blocks, as a list of mappings.
    Each,
    /// Each element of a list, as an element of its own with everything that stands beside it.
    Spread,
    /// One value, as a list of it.
    List,
    /// What names another resource, as a reference to it.
    Link,
    /// The same for a list of names.
    Links,
    /// Where it is true: a reference to the resource itself.
    Itself,
    /// A number of larger units.
    Times(i64),
    /// The other Bool.
    Not,
    Upper,
    /// Words in place of others; one that is empty in place of what says nothing.
    Words(Vec<(String, String)>),
    /// One of the settings that stand in a list, by its name: `{Key: name, Value: text}`.
    Key(String),
    /// A list of texts, as a list of mappings with that key.
    Objects(String),
    /// A list of texts, as one text.
    Join(String),
    /// A port, which means nothing where every protocol is meant.
    Port,
    /// There is such a property, but what the attribute says of it is not read.
    Unread,
}

/// The table, read once.
pub fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let json: Json = serde_json::from_str(include_str!("types.json")).expect("the table is JSON, as its test says");
        parse(&json).expect("the table says what it may, as its test says")
    })
}

impl TypeRule {
    /// The wire types that it becomes.
    pub fn wire_types(&self) -> Vec<&str> {
        let own: Vec<&str> = match &self.target {
            Target::Resource(wire) => vec![wire],
            Target::Chosen { entries, .. } => {
                entries.values().filter_map(|entry| table().types.get(entry)).flat_map(TypeRule::wire_types).collect()
            }
            Target::Part { .. } => Vec::new(),
        };
        own.into_iter().chain(self.also.iter().map(|also| also.wire_type.as_str())).collect()
    }
}

/// The error is what is wrong with it, and where.
fn parse(json: &Json) -> Result<Table, String> {
    let mut types = BTreeMap::new();
    let entries = json.as_object().ok_or("it is no object")?;
    for (name, entry) in entries {
        if let Some(of) = entry.get("same-as").and_then(Json::as_str) {
            let rule = entries.get(of).ok_or_else(|| format!("{name}: there is no {of}"))?;
            types.insert(name.clone(), type_rule(rule).map_err(|error| format!("{name}: {error}"))?);
            continue;
        }
        types.insert(name.clone(), type_rule(entry).map_err(|error| format!("{name}: {error}"))?);
    }
    Ok(Table { types })
}

fn type_rule(entry: &Json) -> Result<TypeRule, String> {
    let text = |key: &str| entry.get(key).and_then(Json::as_str).map(str::to_string);
    let names = |key: &str| -> BTreeSet<String> {
        let items = entry.get(key).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(Json::as_str).map(str::to_string).collect()
    };
    let target = match (text("type"), entry.get("choose"), entry.get("part-of")) {
        (Some(wire), None, None) => Target::Resource(wire),
        (None, Some(choose), None) => {
            let mut entries = texts(choose.as_object().ok_or("`choose` is no object")?);
            let by = entries.remove("by").ok_or("`choose` lacks `by`")?;
            Target::Chosen { by, entries }
        }
        (None, None, Some(part)) => {
            let by = part.get("by").and_then(Json::as_str).ok_or("`part-of` lacks `by`")?.to_string();
            let of = part.get("types").and_then(Json::as_array).ok_or("`part-of` lacks `types`")?;
            Target::Part { of: of.iter().filter_map(Json::as_str).map(str::to_string).collect(), by }
        }
        _ => return Err("one of `type`, `choose` and `part-of` is needed".to_string()),
    };
    let attributes = entry.get("attributes").and_then(Json::as_object).ok_or("`attributes` is needed")?;
    let mut also = Vec::new();
    for (attribute, more) in entry.get("also").and_then(Json::as_object).into_iter().flatten() {
        let wire_type = more.get("type").and_then(Json::as_str).ok_or("`also` lacks `type`")?.to_string();
        let itself = Path::parse(more.get("self").and_then(Json::as_str).ok_or("`also` lacks `self`")?);
        let rules = rules(more.get("rule").ok_or("`also` lacks `rule`")?)?;
        also.push(Also { attribute: attribute.clone(), wire_type, rules, itself });
    }
    Ok(TypeRule {
        target,
        attributes: block(attributes)?,
        nothing: names("nothing"),
        absent: names("absent"),
        reads: entry.get("reads").and_then(Json::as_object).map(texts).unwrap_or_default(),
        also,
    })
}

fn texts(object: &Map<String, Json>) -> BTreeMap<String, String> {
    object.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_string()))).collect()
}

fn block(object: &Map<String, Json>) -> Result<Block, String> {
    let mut found = BTreeMap::new();
    for (attribute, value) in object.iter().filter(|(attribute, _)| !attribute.is_empty()) {
        found.insert(attribute.clone(), rules(value).map_err(|error| format!("{attribute}: {error}"))?);
    }
    Ok(Block { rules: found })
}

fn rules(value: &Json) -> Result<Vec<Rule>, String> {
    match value {
        Json::String(text) => Ok(vec![rule(text, None)?]),
        Json::Object(object) => {
            let whole = object.get("").and_then(Json::as_str).unwrap_or("one");
            Ok(vec![rule(whole, Some(block(object)?))?])
        }
        Json::Array(items) => Ok(items.iter().map(rules).collect::<Result<Vec<_>, _>>()?.concat()),
        // Nothing of the wire type says this.
        Json::Null => Ok(Vec::new()),
        _ => Err("a rule is a text, an object or a list".to_string()),
    }
}

fn rule(text: &str, block: Option<Block>) -> Result<Rule, String> {
    let mut words = text.split_whitespace().peekable();
    let path = match words.peek() {
        // A path begins with a capital, or is missing.
        Some(word) if word.starts_with(|first: char| first.is_ascii_uppercase()) || word.starts_with('.') => {
            words.next().unwrap_or_default()
        }
        _ => "",
    };
    let name = words.next();
    let rest: Vec<&str> = words.collect();
    let conversion = match (name, rest.as_slice()) {
        (None, []) => Conversion::Plain,
        (Some("json"), []) => Conversion::Json,
        (Some("tags"), []) => Conversion::Pairs("Key".to_string(), "Value".to_string()),
        (Some("pairs"), [key, value]) => Conversion::Pairs((*key).to_string(), (*value).to_string()),
        (Some("one"), []) => Conversion::One,
        (Some("each"), []) => Conversion::Each,
        (Some("spread"), []) => Conversion::Spread,
        (Some("list"), []) => Conversion::List,
        (Some("link"), []) => Conversion::Link,
        (Some("links"), []) => Conversion::Links,
        (Some("self"), []) => Conversion::Itself,
        (Some("times"), [number]) => Conversion::Times(number.parse().map_err(|_| format!("{number} is no number"))?),
        (Some("not"), []) => Conversion::Not,
        (Some("upper"), []) => Conversion::Upper,
        (Some("words"), words) if !words.is_empty() => {
            let pairs =
                words.iter().map(|word| word.split_once('=').map(|(from, to)| (from.to_string(), to.to_string())));
            Conversion::Words(pairs.collect::<Option<_>>().ok_or("words are `from=to`")?)
        }
        (Some("key"), [name]) => Conversion::Key((*name).to_string()),
        (Some("objects"), [key]) => Conversion::Objects((*key).to_string()),
        (Some("join"), [separator]) => Conversion::Join((*separator).to_string()),
        (Some("port"), []) => Conversion::Port,
        (Some("unread"), []) => Conversion::Unread,
        _ => return Err(format!("`{text}` is no rule")),
    };
    Ok(Rule { path: Path::parse(path), conversion, block })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let json: Json = serde_json::from_str(include_str!("types.json")).unwrap();
        let table = parse(&json).unwrap();
        for (name, rule) in &table.types {
            match &rule.target {
                Target::Part { of, .. } => {
                    assert!(of.iter().all(|of| table.types.contains_key(of)), "{name} is part of what is there");
                }
                Target::Chosen { entries, .. } => {
                    assert!(entries.values().all(|one| table.types.contains_key(one)), "{name} chooses what is there");
                }
                Target::Resource(wire) => assert!(wire.starts_with("AWS::"), "{name} is {wire}"),
            }
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for bad in ["Path conversion", "Path pairs Key", "Path times x", "words a"] {
            assert!(rule(bad, None).is_err(), "{bad}");
        }
        assert!(parse(&serde_json::json!({"aws_x": {"attributes": {}}})).is_err());
    }
}
