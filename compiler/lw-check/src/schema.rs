//! Resource types as their schemas declare them, for readers of what other tools write: templates and plans.
//!
//! The one idea: the library's declarations are the schemas. A reader holds a document against them, by wire names, and finds
//! in them what it needs to make the values that a program would have made.

use lw_syntax::Name;
use rustc_hash::FxHashMap;

use crate::checker::Checker;
use crate::constraint::Constraints;
use crate::declared::{DeclaredKind, Field, RecordType};
pub use crate::presence::Presence;
use crate::typed::{RefinementId, ResourceTypeId};
use crate::types::{Builtin, DeclaredId, Ty, Type};

/// The declarations of some resource types.
#[derive(Debug, Default)]
pub struct Schema {
    /// By wire type.
    pub resources: FxHashMap<Name, ResourceSchema>,
    /// What [`ValueSchema::Record`] numbers.
    pub records: Vec<RecordSchema>,
}

#[derive(Debug)]
pub struct ResourceSchema {
    pub id: ResourceTypeId,
    /// `EC2.VPC`
    pub name: Name,
    pub record: RecordSchema,
    /// Names of the properties that identify one.
    pub identifier: Vec<Name>,
}

impl ResourceSchema {
    /// The property that `Ref` gives in a template: of several parts that identify one, the one that is its own; else an `Id` that the
    /// service makes of them.
    pub fn referred(&self) -> Option<&FieldSchema> {
        let parts = || self.identifier.iter().rev().filter_map(|part| self.record.by_name(part.as_str()));
        let id = || self.record.by_wire("Id").filter(|field| field.read_only && self.identifier.len() > 1);
        parts().find(|field| field.read_only).or_else(id).or_else(|| parts().next())
    }
}

#[derive(Clone, Debug, Default)]
pub struct RecordSchema {
    /// `EC2.SecurityGroup.Ingress`
    pub name: Name,
    pub fields: Vec<FieldSchema>,
    /// Which of them go together.
    pub presence: std::sync::Arc<[Presence]>,
    by_wire: FxHashMap<Name, u32>,
    by_name: FxHashMap<Name, u32>,
}

#[derive(Clone, Debug)]
pub struct FieldSchema {
    /// As programs write it: `cidrBlock`.
    pub name: Name,
    /// `CidrBlock`
    pub wire: Name,
    pub optional: bool,
    pub read_only: bool,
    /// Whether a secret may stand there.
    pub takes_secrets: bool,
    pub value: ValueSchema,
    /// How tags stand on the wire, where these are tags.
    pub tags: Option<TagShape>,
    /// What it refers to, where it does: the kind of reference, and the wire type.
    pub reference: Option<(ReferenceKind, Name)>,
    /// Its limits, where it has any.
    pub constraints: Option<std::sync::Arc<Constraints>>,
}

/// By what a resource is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    Id,
    Arn,
    Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagShape {
    Map,
    /// A list of mappings, with their keys for a tag's key and value, and for what is true of every tag.
    List(Name, Name, Vec<Name>),
}

#[derive(Clone, Debug)]
pub enum ValueSchema {
    Int,
    Float,
    String,
    Bool,
    /// The name of what refers to a resource: its id, ARN or name.
    Reference,
    /// One of some strings; the name is empty where they are written in place.
    OneOf {
        name: Name,
        strings: std::sync::Arc<[std::sync::Arc<str>]>,
        ignore_case: bool,
    },
    Refined {
        base: Box<ValueSchema>,
        refinement: RefinementId,
    },
    List(Box<ValueSchema>),
    Dictionary(Box<ValueSchema>),
    /// A number in [`Schema::records`].
    Record(u32),
    Json,
    PolicyDocument,
    /// Nothing that a document could hold wrongly.
    Any,
}

impl RecordSchema {
    fn new(name: Name, fields: Vec<FieldSchema>, presence: std::sync::Arc<[Presence]>) -> RecordSchema {
        let number = |of: fn(&FieldSchema) -> Name| {
            fields.iter().enumerate().map(|(at, field)| (of(field), at as u32)).collect()
        };
        let (by_wire, by_name) = (number(|field| field.wire), number(|field| field.name));
        RecordSchema { name, fields, presence, by_wire, by_name }
    }

    pub fn by_wire(&self, wire: &str) -> Option<&FieldSchema> {
        // A name that was never interned is no field.
        let name = Name::existing(wire)?;
        self.by_wire.get(&name).map(|at| &self.fields[*at as usize])
    }

    pub fn by_name(&self, name: &str) -> Option<&FieldSchema> {
        let name = Name::existing(name)?;
        self.by_name.get(&name).map(|at| &self.fields[*at as usize])
    }
}

impl Checker<'_> {
    /// The schemas of the resource types of those modules and names; unknown ones are left out.
    pub fn schema(&mut self, wanted: &[(&str, &str)]) -> Schema {
        let mut schema = Schema::default();
        let mut records = FxHashMap::default();
        for (module, name) in wanted {
            let Some(module) = self.load(Name::from(module)) else { continue };
            let Some(declared) = self.exported_type(module, Name::from(name)) else { continue };
            let DeclaredKind::Resource(resource) = self.kind(declared) else { continue };
            // All of it is needed, although no program writes any.
            self.written.insert(resource.id, None);
            let display = self.declared[declared.0 as usize].display;
            let identifier = self.program.resource_types[resource.id.0 as usize].identifier.clone();
            let record = self.record_schema(display, &resource.record, &mut schema.records, &mut records);
            schema
                .resources
                .insert(resource.wire, ResourceSchema { id: resource.id, name: display, record, identifier });
        }
        schema
    }

    fn record_schema(
        &mut self,
        name: Name,
        record: &RecordType,
        found: &mut Vec<RecordSchema>,
        known: &mut FxHashMap<DeclaredId, u32>,
    ) -> RecordSchema {
        let mut fields = Vec::with_capacity(record.fields.len());
        for field in &record.fields {
            let value = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.value_schema(field.written, found, known));
            let Field { name, wire, optional, read_only, .. } = *field;
            let (tags, constraints) = (field.tags.clone(), field.constraints.clone());
            let reference = self.reference_of(field.ty);
            let takes_secrets = field.takes_secrets();
            fields.push(FieldSchema {
                name,
                wire,
                optional,
                read_only,
                takes_secrets,
                value,
                tags,
                reference,
                constraints,
            });
        }
        RecordSchema::new(name, fields, record.presence.clone())
    }

    /// What a property of that type, or of a list of it, refers to.
    fn reference_of(&mut self, mut ty: Ty) -> Option<(ReferenceKind, Name)> {
        loop {
            let Type::Builtin(builtin, arguments) = self.types.get(ty).clone() else { return None };
            let kind = match builtin {
                Builtin::Optional | Builtin::List => {
                    ty = arguments[0];
                    continue;
                }
                Builtin::Id => ReferenceKind::Id,
                Builtin::Arn => ReferenceKind::Arn,
                Builtin::Name => ReferenceKind::Name,
                _ => return None,
            };
            let wire = match self.types.get(*arguments.first()?) {
                Type::Literal(wire) => *wire,
                Type::Declared(declared, _) => {
                    let declared = *declared;
                    match self.kind(declared) {
                        DeclaredKind::Resource(resource) => resource.wire,
                        _ => return None,
                    }
                }
                _ => return None,
            };
            return Some((kind, wire));
        }
    }

    fn value_schema(
        &mut self,
        ty: Ty,
        found: &mut Vec<RecordSchema>,
        known: &mut FxHashMap<DeclaredId, u32>,
    ) -> ValueSchema {
        match self.types.get(ty).clone() {
            Type::Builtin(builtin, arguments) => match builtin {
                Builtin::Int | Builtin::Duration | Builtin::Size => ValueSchema::Int,
                Builtin::Float => ValueSchema::Float,
                Builtin::String | Builtin::Bytes => ValueSchema::String,
                Builtin::Bool => ValueSchema::Bool,
                Builtin::Id | Builtin::Arn | Builtin::Name => ValueSchema::Reference,
                Builtin::Optional | Builtin::Secret => self.value_schema(arguments[0], found, known),
                Builtin::List => ValueSchema::List(Box::new(self.value_schema(arguments[0], found, known))),
                Builtin::Dictionary => ValueSchema::Dictionary(Box::new(self.value_schema(arguments[0], found, known))),
                Builtin::Json | Builtin::Anything => ValueSchema::Json,
                Builtin::PolicyDocument => ValueSchema::PolicyDocument,
                Builtin::Blueprint | Builtin::Graph => ValueSchema::Any,
            },
            Type::Declared(declared, _) => {
                let display = self.declared[declared.0 as usize].display;
                match self.kind(declared) {
                    DeclaredKind::Record(record) => {
                        if let Some(number) = known.get(&declared) {
                            return ValueSchema::Record(*number);
                        }
                        // Known before its fields are: a record may contain itself.
                        let number = found.len() as u32;
                        known.insert(declared, number);
                        found.push(RecordSchema::default());
                        found[number as usize] = self.record_schema(display, &record, found, known);
                        ValueSchema::Record(number)
                    }
                    DeclaredKind::Refinement(refinement) => match &refinement.strings {
                        Some(strings) => {
                            let named = !display.as_str().starts_with('"');
                            let name = if named { display } else { Name::default() };
                            let ignore_case = refinement.ignore_case;
                            ValueSchema::OneOf { name, strings: strings.as_slice().into(), ignore_case }
                        }
                        None => ValueSchema::Refined {
                            base: Box::new(self.value_schema(refinement.base, found, known)),
                            refinement: refinement.id,
                        },
                    },
                    DeclaredKind::Alias(target) => self.value_schema(target, found, known),
                    _ => ValueSchema::Any,
                }
            }
            _ => ValueSchema::Any,
        }
    }
}
