//! The lifecycle table: lifecycle/*.toml, one file a service.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use adapter::{Catalogue, ErrorKind};
use lw_plan::{Json, Map};
use serde::Deserialize;

/// File name and text, sorted.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/lifecycle.rs"));

/// One file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    /// The name of the model that calls without a service's name mean.
    service: String,
    /// How tags are written, for all types of the file that do not say it themselves.
    #[serde(default)]
    tags: Option<TagCalls>,
    types: BTreeMap<String, Entry>,
}

/// What the life of a type is. Property names are wire names, `Down/The/Tree`; places in answers are those of the operations.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    #[serde(default)]
    pub service: String,
    /// The first call that applies makes the object; those after it complete it.
    pub create: Vec<Call>,
    /// What the physical id is made of, once the first call has answered; joined by `|`. The catalogue's identifier where it is left out.
    #[serde(default)]
    pub id: Vec<Json>,
    /// The first call that applies finds the object; those after it show more of it.
    pub read: Vec<Look>,
    /// In this order, each where one of its properties is to change.
    #[serde(default)]
    pub update: Vec<Call>,
    #[serde(default)]
    pub delete: Vec<Call>,
    #[serde(default)]
    pub list: Option<List>,
    /// Finds what a create may have left, where neither the id is written nor tags go along with it.
    #[serde(default)]
    pub lookup: Option<Lookup>,
    /// Lists whose elements are added and removed one by one.
    #[serde(default)]
    pub elements: Vec<Elements>,
    #[serde(default)]
    pub tags: Option<TagCalls>,
    /// The word for the type where tags are given along with it.
    #[serde(default)]
    pub tag_word: Option<String>,
    /// Properties that operations call otherwise, at the top or below it.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// Properties that stand in operations in another form; the word is a function of forms.rs.
    #[serde(default)]
    pub forms: BTreeMap<String, String>,
    /// Attributes made of others.
    #[serde(default)]
    pub attributes: BTreeMap<String, Json>,
    /// Objects that are shown though they have ended.
    #[serde(default)]
    pub ended: Option<Ended>,
    /// What codes mean here, where they mean something else elsewhere: `Code`, or `Code: words of the message`.
    #[serde(default)]
    pub kinds: BTreeMap<String, Kind>,
    /// The name of the filter by which many are read at once.
    #[serde(default)]
    pub filter: Option<String>,
    /// Properties that may be written and that this version does not bring about, each with the reason.
    #[serde(default)]
    pub without: BTreeMap<String, String>,
    /// Of the names, those below the top: a name at the top says nothing about what is called so further down.
    #[serde(skip)]
    pub inner_names: BTreeMap<String, String>,
    /// Whether a value of the file stands for the account.
    #[serde(skip)]
    pub needs_account: bool,
}

/// One call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Call {
    /// `CreateVpc`, or `kms:DescribeKey`.
    pub call: String,
    /// Parameters: values, with `$…` where something stands in for it (scope.rs).
    #[serde(default)]
    pub input: Map<String, Json>,
    /// Whether properties go where a parameter has their name.
    #[serde(default = "yes")]
    pub auto: bool,
    /// Of those that go by themselves, only these.
    #[serde(default)]
    pub only: Vec<String>,
    /// Of those that go by themselves, not these.
    #[serde(default)]
    pub not: Vec<String>,
    /// Made where one of these is written (create) or is to change (update). Always, where there are none.
    #[serde(default)]
    pub properties: Vec<String>,
    /// Only where these properties have these values.
    #[serde(default)]
    pub equals: Map<String, Json>,
    /// Instead of this call where none of the properties is written any more.
    #[serde(default)]
    pub unset: Option<Box<Call>>,
    #[serde(default)]
    pub wait: Option<Waiting>,
    /// The physical id, where this is the call that makes the object; else the entry's.
    #[serde(default)]
    pub id: Vec<Json>,
    /// Only for objects whose id begins so.
    #[serde(default)]
    pub when_id: String,
    /// Codes of errors that mean that it is done already.
    #[serde(default)]
    pub done: Vec<String>,
}

fn yes() -> bool {
    true
}

/// A call that shows something.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Look {
    #[serde(flatten)]
    pub call: LookCall,
    /// Where the object is in the answer: `Vpcs[0]`, `Routes[DestinationCidrBlock=${id.1}]`. The whole answer where it is left out.
    #[serde(default)]
    pub at: String,
    /// Properties and their places in the object; an empty place is the whole object.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Whether what has the name of a property is one.
    #[serde(default = "yes")]
    pub auto: bool,
    /// Codes that mean that there is nothing to show.
    #[serde(default)]
    pub none: Vec<String>,
    /// Only for objects whose id begins so.
    #[serde(default)]
    pub when_id: String,
    /// A member of the answer that is JSON as text, and is read as such before anything else.
    #[serde(default)]
    pub parse: Option<String>,
    /// A further look at each of some elements of the answer.
    #[serde(default)]
    pub each: Option<Each>,
    /// Looks only where what was seen so far has this property.
    #[serde(default)]
    pub when: Option<String>,
}

/// A look at each element of an answer; what they show is a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Each {
    /// Of the answer before; each is `$item`.
    pub items: String,
    pub call: String,
    #[serde(default)]
    pub input: Map<String, Json>,
    /// Members of an element of the list, and their places in the answer.
    pub set: BTreeMap<String, String>,
    /// The property that is the list.
    pub into: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LookCall {
    pub call: String,
    #[serde(default)]
    pub input: Map<String, Json>,
}

impl LookCall {
    pub fn as_call(&self) -> Call {
        Call {
            call: self.call.clone(),
            input: self.input.clone(),
            auto: false,
            only: Vec::new(),
            not: Vec::new(),
            properties: Vec::new(),
            equals: Map::new(),
            unset: None,
            wait: None,
            id: Vec::new(),
            when_id: String::new(),
            done: Vec::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct List {
    pub call: String,
    #[serde(default)]
    pub input: Map<String, Json>,
    /// `Vpcs[]`.
    pub items: String,
    /// The physical id: places in an element, joined by `|`; the element itself where it is left out.
    #[serde(default)]
    pub id: Vec<String>,
    /// The id is what follows the last of these: `/`.
    #[serde(default)]
    pub after: String,
    /// Whether an element shows all that the first look of a read shows.
    #[serde(default)]
    pub whole: bool,
}

/// A look for one object, by what no two share.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lookup {
    pub call: String,
    #[serde(default)]
    pub input: Map<String, Json>,
    /// `Listeners[]`; the answer itself where it is left out.
    #[serde(default)]
    pub items: String,
    /// Places in an item, and what is there in the one that is meant; what is not written counts for nothing.
    #[serde(default)]
    pub same: BTreeMap<String, Json>,
    /// The physical id, joined by `|`.
    pub id: Vec<Json>,
}

/// Elements of a list property, each with a call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Elements {
    pub property: String,
    /// Once for each, as `$item`; or for all together, as `$items`.
    pub add: Call,
    pub remove: Call,
    /// Whether the create call takes them.
    #[serde(default)]
    pub in_create: bool,
    /// Whether a new object has some of its own.
    #[serde(default)]
    pub initial: bool,
    /// Whether they have to go before the object does.
    #[serde(default)]
    pub emptied: bool,
    /// What tells elements apart; the same with other values is added again and not removed.
    #[serde(default)]
    pub key: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagCalls {
    /// Whether setting tags takes away all others: those of others are set along.
    #[serde(default)]
    pub whole: bool,
    /// `$tags` is the map to set.
    pub add: CallText,
    /// `$keys` are the keys to remove.
    pub remove: CallText,
    /// Shows them, where the object itself does not.
    #[serde(default)]
    pub read: Option<TagLook>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallText {
    pub call: String,
    #[serde(default)]
    pub input: Map<String, Json>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagLook {
    pub call: String,
    #[serde(default)]
    pub input: Map<String, Json>,
    pub at: String,
    #[serde(default)]
    pub none: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", untagged, deny_unknown_fields)]
pub enum Waiting {
    Waiter {
        waiter: String,
        #[serde(default)]
        input: Map<String, Json>,
    },
    /// Until a property of what a read shows has one of these values.
    Until {
        property: String,
        until: Vec<Json>,
        #[serde(default)]
        fails: Option<Vec<Json>>,
        #[serde(default = "ten_minutes")]
        seconds: u64,
    },
    Gone {
        gone: bool,
        #[serde(default = "ten_minutes")]
        seconds: u64,
    },
}

fn ten_minutes() -> u64 {
    600
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ended {
    /// In what the first look of a read shows.
    pub at: String,
    /// `*` for any.
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    AlreadyExists,
    Conflict,
    DependencyNotReady,
    NotFound,
    Permanent,
    Retryable,
    Throttled,
}

impl Kind {
    pub fn kind(self) -> ErrorKind {
        match self {
            Kind::AlreadyExists => ErrorKind::AlreadyExists,
            Kind::Conflict => ErrorKind::Conflict,
            Kind::DependencyNotReady => ErrorKind::DependencyNotReady,
            Kind::NotFound => ErrorKind::NotFound,
            Kind::Permanent => ErrorKind::Permanent,
            Kind::Retryable => ErrorKind::Retryable,
            Kind::Throttled => ErrorKind::Throttled,
        }
    }
}

impl Entry {
    /// What operations call a property.
    pub fn api_name<'a>(&'a self, property: &'a str) -> &'a str {
        self.names.get(property).map_or(property, String::as_str)
    }

    /// What the type calls what operations call so.
    pub fn wire_name<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        named(&self.names, name)
    }

    /// The same, for what is not at the top.
    pub fn inner_wire_name<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        named(&self.inner_names, name)
    }
}

fn named<'a>(names: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    names.iter().find(|(_, api)| api.eq_ignore_ascii_case(name)).map(|(wire, _)| wire.as_str())
}

impl CallText {
    pub fn as_call(&self) -> Call {
        LookCall { call: self.call.clone(), input: self.input.clone() }.as_call()
    }
}

fn table() -> &'static HashMap<String, Entry> {
    static TABLE: OnceLock<HashMap<String, Entry>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for (name, text) in FILES {
            // A table that does not parse is our own mistake; a test reads them all.
            let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("lifecycle/{name}: {error}"));
            for (wire_type, mut entry) in file.types {
                if entry.service.is_empty() {
                    entry.service.clone_from(&file.service);
                }
                entry.tags = entry.tags.or_else(|| file.tags.clone());
                let schema = Catalogue::embedded().schema(&wire_type);
                let is_inner =
                    |name: &String| schema.as_ref().is_none_or(|schema| !schema.properties.contains_key(name));
                let inner = entry.names.iter().filter(|(name, _)| is_inner(name));
                entry.inner_names = inner.map(|(name, api)| (name.clone(), api.clone())).collect();
                entry.needs_account = text.contains("${account}") || text.contains("$account\"");
                table.insert(wire_type, entry);
            }
        }
        table
    })
}

/// The entry of a type, if it has one; every other type goes through Cloud Control.
pub fn entry(wire_type: &str) -> Option<&'static Entry> {
    table().get(wire_type)
}

/// All entries by type, sorted.
pub fn entries() -> BTreeMap<&'static str, &'static Entry> {
    table().iter().map(|(wire_type, entry)| (wire_type.as_str(), entry)).collect()
}
