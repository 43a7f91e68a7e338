//! Resource types as Linework sees them: between the schemas and everything that is written from them.

use std::collections::BTreeSet;

/// A resource type of one service.
pub struct Resource {
    /// `AWS::EC2::VPC`
    pub wire_type: String,
    /// `AWS.EC2`
    pub module: String,
    /// `VPC`
    pub name: String,
    pub record: Record,
    /// Types below the resource, by name.
    pub types: Vec<NamedType>,
    pub facts: Facts,
}

/// What the runtime needs to know of a resource type beyond its shape. Paths are wire names.
pub struct Facts {
    pub class: Class,
    /// Wire paths, such as `["Schedule.ScheduleId"]`.
    pub identifier: Vec<String>,
    /// Sets of properties that only one object may hold at a time.
    pub claims: Vec<Vec<String>>,
    /// The schema asks for the old object to go before the new one comes.
    pub delete_first: bool,
    /// Why the type should not be used any more.
    pub deprecated: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Compute,
    Configuration,
    Data,
}

impl Class {
    pub fn word(self) -> &'static str {
        match self {
            Class::Compute => "compute",
            Class::Configuration => "configuration",
            Class::Data => "data",
        }
    }
}

#[derive(Default)]
pub struct Record {
    /// In the order of their wire names.
    pub fields: Vec<Field>,
    pub rules: Vec<Rule>,
}

impl Record {
    pub fn field(&self, wire: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.wire == wire)
    }
}

/// A type below a resource: `SecurityGroup.Ingress` is `Ingress` below `SecurityGroup`.
pub struct NamedType {
    pub name: String,
    pub body: TypeBody,
}

pub enum TypeBody {
    Record(Record),
    Union(Vec<String>),
}

pub struct Field {
    /// `kmsMasterKeyId`
    pub name: String,
    /// `KMSMasterKeyId`
    pub wire: String,
    pub shape: Type,
    pub required: bool,
    pub limits: Limits,
    pub marks: BTreeSet<Mark>,
    pub tags: Option<Tags>,
    /// A literal in Linework's syntax.
    pub default: Option<String>,
    /// The wire types of the objects that may be named here.
    pub targets: BTreeSet<String>,
    /// The schema's own word for a text's form, such as `date-time`.
    pub format: Option<String>,
    /// What a reader should know and the type does not say.
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    Int,
    Float,
    String,
    Cidr,
    Cidr6,
    Json,
    PolicyDocument,
    /// An attribute of an object of the wire type.
    Link(Attribute, String),
    Union(Vec<String>),
    List(Box<Type>),
    Dictionary(Box<Type>),
    /// A type below the resource.
    Named(String),
}

impl Type {
    /// What remains when lists and dictionaries are taken off.
    pub fn innermost(&self) -> &Type {
        match self {
            Type::List(element) | Type::Dictionary(element) => element.innermost(),
            other => other,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    Arn,
    Id,
    Name,
}

impl Attribute {
    pub fn word(self) -> &'static str {
        match self {
            Attribute::Arn => "Arn",
            Attribute::Id => "Id",
            Attribute::Name => "Name",
        }
    }
}

/// In the order in which they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    ReadOnly,
    CreateOnly,
    ConditionalCreateOnly,
    WriteOnly,
    /// Holds a secret, though the schema lets it be read back.
    Sensitive,
    Deprecated,
}

impl Mark {
    pub fn word(self) -> &'static str {
        match self {
            Mark::ReadOnly => "readOnly",
            Mark::CreateOnly => "createOnly",
            Mark::ConditionalCreateOnly => "conditionalCreateOnly",
            Mark::WriteOnly => "writeOnly",
            Mark::Sensitive => "sensitive",
            Mark::Deprecated => "deprecated",
        }
    }
}

/// What a value of the type must satisfy. `items`, `unique`, `unordered` and `keys` speak of the outermost list or dictionary,
/// the rest of the scalar within.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    pub length: Bounds,
    /// As they are printed: integers for Int, with a decimal point for Float.
    pub range: (Option<String>, Option<String>),
    pub one_of: Vec<i64>,
    pub pattern: Option<String>,
    pub ignore_case: bool,
    pub items: Bounds,
    pub unique: bool,
    pub unordered: bool,
    /// The pattern of a dictionary's keys.
    pub keys: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    pub min: Option<u64>,
    pub max: Option<u64>,
}

/// The wire shape of a tag property; in Linework it is a dictionary of strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// A list of records with these keys.
    List(Vec<&'static str>),
    Map,
}

/// A rule over the presence of fields. Fields are wire names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    ExactlyOne(Vec<String>),
    AtLeastOne(Vec<String>),
    Requires(String, Vec<String>),
    Excludes(String, Vec<String>),
}

impl Resource {
    /// A record type below the resource.
    pub fn record_below(&self, name: &str) -> Option<&Record> {
        self.types.iter().find(|named| named.name == name).and_then(|named| match &named.body {
            TypeBody::Record(record) => Some(record),
            TypeBody::Union(_) => None,
        })
    }
}

impl Rule {
    /// The fields that the rule speaks of.
    pub fn fields(&self) -> Vec<&String> {
        match self {
            Rule::ExactlyOne(fields) | Rule::AtLeastOne(fields) => fields.iter().collect(),
            Rule::Requires(field, others) | Rule::Excludes(field, others) => {
                std::iter::once(field).chain(others).collect()
            }
        }
    }
}
