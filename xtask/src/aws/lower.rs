//! Schemas to resource types.
//!
//! The one idea: a definition becomes a type below its resource when it is a record or an enum and something reaches it;
//! every other definition is spelled out where it is used, with its limits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::links::{Links, Target};
use super::model::{Bounds, Field, Limits, Mark, NamedType, Record, Tags, Type, TypeBody};
use super::rules;
use super::schema::{RecordShape, Shape, Site};
use super::{names, patterns, scalars, tags};

/// A union that takes more room than this is a type of its own.
const INLINE_UNION_LENGTH_MAX: usize = 80;

/// The record of a resource's properties and the types below it.
pub fn resource(wire_type: &str, schema: &Value, links: &Links) -> (Record, Vec<NamedType>) {
    let mut lowering = Lowering {
        wire_type,
        root: schema,
        links,
        types: BTreeMap::new(),
        taken: reserved(schema),
        anonymous: HashMap::new(),
    };
    let mut site = Site::new(schema, schema);
    site.definition = None;
    let record = match site.shape(schema) {
        Shape::Record(shape) => lowering.record(&site, shape, ""),
        _ => Record::default(),
    };
    let types = lowering.types.into_iter().filter_map(|(name, body)| Some(NamedType { name, body: body? })).collect();
    (record, types)
}

struct Lowering<'s> {
    wire_type: &'s str,
    root: &'s Value,
    links: &'s Links,
    /// By name below the resource; None while the type is being lowered, so that recursion ends.
    types: BTreeMap<String, Option<TypeBody>>,
    /// Names of definitions, and names given to anonymous types.
    taken: BTreeSet<String>,
    /// Names given to anonymous types, by the address of their schema.
    anonymous: HashMap<*const Value, String>,
}

/// Definitions that become types keep their names; anonymous types take others.
fn reserved(schema: &Value) -> BTreeSet<String> {
    let definitions = schema.get("definitions").and_then(Value::as_object);
    let is_type = |definition: &Value| {
        matches!(Site::new(schema, definition).shape(schema), Shape::Record(_) | Shape::Enum { .. })
    };
    let types = definitions.into_iter().flatten().filter(|(_, definition)| is_type(definition));
    types.map(|(name, _)| names::capitalised(name)).collect()
}

/// A value's type and limits; the field around it adds the rest.
struct Lowered {
    shape: Type,
    limits: Limits,
    targets: BTreeSet<String>,
    comment: Option<String>,
}

impl From<Type> for Lowered {
    fn from(shape: Type) -> Lowered {
        Lowered { shape, limits: Limits::default(), targets: BTreeSet::new(), comment: None }
    }
}

impl<'s> Lowering<'s> {
    /// `owner` is the record's name below the resource, empty for the resource itself.
    fn record(&mut self, site: &Site<'s>, shape: RecordShape<'s>, owner: &str) -> Record {
        let required: BTreeMap<&str, bool> = shape.fields.iter().map(|(name, field)| (*name, field.required)).collect();
        let presence = rules::presence(site, &shape.alternatives, &required);
        let mut fields = Vec::new();
        for (wire, field) in &shape.fields {
            let required = field.required || presence.required.contains(*wire);
            fields.push(self.field(wire, &field.sites, required, owner));
        }
        name_apart(&mut fields);
        Record { fields, rules: presence.rules.into_iter().collect() }
    }

    fn field(&mut self, wire: &str, sites: &[&'s Value], required: bool, owner: &str) -> Field {
        let site = Site::new(self.root, sites[0]);
        let is_top = owner.is_empty();
        let mut field = Field {
            name: names::field(wire),
            wire: wire.to_owned(),
            shape: Type::Json,
            required,
            limits: Limits::default(),
            marks: BTreeSet::new(),
            tags: tags::of(self.root, wire, &site, is_top),
            default: None,
            targets: BTreeSet::new(),
            format: site.text("format").filter(|format| !format.contains("::")).map(str::to_owned),
            comment: None,
        };
        if let Some(shape) = &field.tags {
            field.limits = scalars::collection_limits(&site);
            if *shape == Tags::Map {
                field.limits.unordered = false;
            }
            field.shape = Type::Dictionary(Box::new(Type::String));
            if is_top {
                field.name = "tags".to_owned();
            }
            return field;
        }
        let mut lowered = self.merged(sites, wire, owner);
        if lowered.shape == Type::String && scalars::is_sensitive(wire) {
            field.marks.insert(Mark::Sensitive);
        }
        if let (true, Type::String | Type::Link(..), Some(own)) =
            (is_top, &lowered.shape, self.links.own(self.wire_type, wire))
        {
            lowered.shape = Target { attribute: own, wire_type: self.wire_type.to_owned() }.shape();
            lowered.comment = None;
            lowered.targets.clear();
        } else if is_top
            && matches!(&lowered.shape, Type::Link(_, wire_type) if wire_type == self.wire_type)
            && scalars::is_identifying(self.root, wire)
        {
            // One attribute of each kind identifies an object; this is a second spelling of it.
            lowered.shape = Type::String;
            lowered.targets.clear();
        }
        field.default = scalars::default(&site, &lowered.shape);
        field.shape = lowered.shape;
        field.limits = lowered.limits;
        field.targets = lowered.targets;
        field.comment = lowered.comment;
        field
    }

    /// The type of a property that several alternatives may describe.
    fn merged(&mut self, sites: &[&'s Value], wire: &str, owner: &str) -> Lowered {
        let mut distinct: Vec<&'s Value> = Vec::new();
        for site in sites {
            if !distinct.contains(site) {
                distinct.push(site);
            }
        }
        if let [only] = distinct[..] {
            return self.value(only, wire, owner);
        }
        let enums: Option<Vec<Vec<String>>> = distinct
            .iter()
            .map(|site| match Site::new(self.root, site).shape(self.root) {
                Shape::Enum { values, .. } => Some(values),
                _ => None,
            })
            .collect();
        if let Some(enums) = enums {
            let values: BTreeSet<String> = enums.into_iter().flatten().collect();
            return self.union(values.into_iter().collect(), distinct[0], None, wire, owner).into();
        }
        let mut lowered = distinct.iter().map(|site| self.value(site, wire, owner));
        let first = lowered.next().expect("a property has a site");
        let agree = lowered.all(|other| other.shape == first.shape);
        if agree { first } else { Type::Json.into() }
    }

    fn value(&mut self, schema: &'s Value, wire: &str, owner: &str) -> Lowered {
        let site = Site::new(self.root, schema);
        match site.shape(self.root) {
            Shape::Bool => Type::Bool.into(),
            Shape::Int => Lowered { limits: scalars::number_limits(&site, false), ..Type::Int.into() },
            Shape::Float => Lowered { limits: scalars::number_limits(&site, true), ..Type::Float.into() },
            Shape::Text => self.text(&site, wire),
            Shape::Enum { values, ignore_case } => {
                let limits = Limits { ignore_case, ..Limits::default() };
                Lowered { limits, ..self.union(values, schema, site.definition, wire, owner).into() }
            }
            Shape::Open if scalars::is_policy_document(self.wire_type, wire) => Type::PolicyDocument.into(),
            Shape::Open => Type::Json.into(),
            Shape::List { items } => self.list(&site, items, wire, owner),
            Shape::Map { value, keys } => self.map(&site, value, keys, wire, owner),
            Shape::Record(shape) => {
                let name = self.type_name(schema, site.definition, wire, owner);
                if !self.types.contains_key(&name) {
                    self.types.insert(name.clone(), None);
                    let record = self.record(&site, shape, &name);
                    self.types.insert(name.clone(), Some(TypeBody::Record(record)));
                }
                Type::Named(name).into()
            }
        }
    }

    fn text(&self, site: &Site<'s>, wire: &str) -> Lowered {
        let limits = scalars::text_limits(site);
        let targets = self.links.of(self.wire_type, wire, site);
        let types: BTreeSet<String> = targets.iter().map(|target| target.wire_type.clone()).collect();
        let (shape, comment) = match (&targets[..], site.text("format")) {
            ([], Some("ipv4-network")) => (Type::Cidr, None),
            ([], Some("ipv6-network")) => (Type::Cidr6, None),
            ([], _) => (Type::String, None),
            // A KMS key may also be named by an alias; what users hold is the key.
            ([first, ..], _) if types.len() == 1 || first.wire_type == "AWS::KMS::Key" => (first.shape(), None),
            (several, _) => {
                let words: Vec<String> = several
                    .iter()
                    .map(|target| format!("{} of {}", target.attribute.word(), target.wire_type))
                    .collect();
                (Type::String, Some(words.join(", or ")))
            }
        };
        Lowered { shape, limits, targets: types, comment }
    }

    fn list(&mut self, site: &Site<'s>, items: Option<&'s Value>, wire: &str, owner: &str) -> Lowered {
        self.name_elements(site.definition, items);
        let mut element = match items {
            Some(items) => self.value(items, wire, owner),
            None => Type::Json.into(),
        };
        if let (Type::String, [first, ..]) = (&element.shape, &self.links.of_elements(self.wire_type, wire, site)[..]) {
            // The list's own format says what its elements are.
            element.shape = first.shape();
            element.targets.insert(first.wire_type.clone());
        }
        let limits = scalars::collection_limits(site).around(element.limits);
        Lowered { shape: Type::List(Box::new(element.shape)), limits, ..element }
    }

    fn map(
        &mut self,
        site: &Site<'s>,
        value: Option<&'s Value>,
        keys: Option<&'s str>,
        wire: &str,
        owner: &str,
    ) -> Lowered {
        self.name_elements(site.definition, value);
        let mut element = match value {
            Some(value) => self.value(value, wire, owner),
            None => Type::Json.into(),
        };
        let accepts_text = value.is_some_and(|value| scalars::accepts_text(&Site::new(self.root, value)));
        if element.shape == Type::Json && accepts_text {
            // Environment variables and the like: the wire is text whatever is written.
            element.shape = Type::String;
        }
        let outer = Limits {
            items: Bounds { min: site.count("minProperties").filter(|min| *min > 0), max: site.count("maxProperties") },
            keys: keys.and_then(patterns::translated),
            ..Limits::default()
        };
        Lowered { shape: Type::Dictionary(Box::new(element.shape)), limits: outer.around(element.limits), ..element }
    }

    /// An enum: in place when it is short and nameless, otherwise a type below the resource.
    fn union(
        &mut self,
        values: Vec<String>,
        schema: &'s Value,
        definition: Option<&str>,
        wire: &str,
        owner: &str,
    ) -> Type {
        let length: usize = values.iter().map(|value| value.len() + " | \"\"".len()).sum();
        if definition.is_none() && length <= INLINE_UNION_LENGTH_MAX {
            return Type::Union(values);
        }
        let name = self.type_name(schema, definition, wire, owner);
        self.types.entry(name.clone()).or_insert(Some(TypeBody::Union(values)));
        Type::Named(name)
    }

    fn type_name(&mut self, schema: &'s Value, definition: Option<&str>, wire: &str, owner: &str) -> String {
        if let Some(definition) = definition {
            return names::capitalised(definition);
        }
        if let Some(name) = self.anonymous.get(&std::ptr::from_ref(schema)) {
            return name.clone();
        }
        let name = self.free_name(wire, owner);
        self.anonymous.insert(std::ptr::from_ref(schema), name.clone());
        name
    }

    /// The elements of a list or map that has a name of its own are called by it.
    fn name_elements(&mut self, definition: Option<&str>, elements: Option<&'s Value>) {
        let (Some(definition), Some(elements)) = (definition, elements) else { return };
        let element = Site::new(self.root, elements);
        let is_record = matches!(element.shape(self.root), Shape::Record(_));
        if is_record && element.definition.is_none() && !self.anonymous.contains_key(&std::ptr::from_ref(elements)) {
            let name = self.free_name(definition, "");
            self.anonymous.insert(std::ptr::from_ref(elements), name);
        }
    }

    fn free_name(&mut self, wire: &str, owner: &str) -> String {
        let wanted = format!("{owner}{}", names::capitalised(wire));
        let mut name = wanted.clone();
        let mut count = 1;
        while !self.taken.insert(name.clone()) {
            count += 1;
            name = format!("{wanted}{count}");
        }
        name
    }
}

/// Two wire names that give one name are told apart: the one that is spelled regularly keeps it.
fn name_apart(fields: &mut [Field]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for field in fields.iter() {
        *seen.entry(field.name.clone()).or_default() += 1;
    }
    for field in fields.iter_mut() {
        if seen[&field.name] > 1 && !names::is_regular(&field.name, &field.wire) {
            field.name = names::field_alone(&field.wire);
        }
    }
    let distinct: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(distinct.len(), fields.len(), "two properties have one name: {distinct:?}");
}
