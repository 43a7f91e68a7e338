//! What a `type` or `resource` statement declares, elaborated when first needed.

use std::rc::Rc;
use std::sync::Arc;

use lw_diagnostics::Span;
use lw_syntax::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::constraint::Constraints;
use crate::presence::Presence;
use crate::schema::TagShape;
use crate::typed::{ConstructorId, RefinementId, ResourceTypeId, WireRecordId};
use crate::types::{DeclaredId, Ty};

/// A declared type.
#[derive(Clone, Debug)]
pub struct Declared {
    /// As declared, dotted: `VPC`, `SecurityGroup.Ingress`.
    pub name: Name,
    /// As people write it: `EC2.VPC`.
    pub display: Name,
    pub span: Span,
    pub parameters: u32,
    pub kind: DeclaredKind,
}

#[derive(Clone, Debug)]
pub enum DeclaredKind {
    /// Being elaborated; met again only in a cycle of aliases.
    Pending,
    Error,
    Opaque,
    /// Another type's name; its parameters are generics.
    Alias(Ty),
    Record(Rc<RecordType>),
    Sum(Rc<SumType>),
    Refinement(Rc<RefinementType>),
    Resource(Rc<ResourceType>),
}

/// Fields in declaration order; types mention the parameters as generics.
#[derive(Debug)]
pub struct RecordType {
    pub fields: Vec<Field>,
    pub by_name: FxHashMap<Name, u32>,
    /// Which of them go together.
    pub presence: Arc<[Presence]>,
    /// One of its fields has limits.
    pub constrained: bool,
    /// Its wire form, for a record below a resource; made on first use.
    pub wire: std::cell::Cell<Option<WireRecordId>>,
}

impl RecordType {
    pub fn new(fields: Vec<Field>, presence: Vec<Presence>) -> RecordType {
        let by_name = fields.iter().enumerate().map(|(at, field)| (field.name, at as u32)).collect();
        let constrained = fields.iter().any(|field| field.constraints.is_some());
        RecordType { fields, by_name, presence: presence.into(), constrained, wire: std::cell::Cell::new(None) }
    }

    pub fn field(&self, name: Name) -> Option<&Field> {
        self.by_name.get(&name).map(|at| &self.fields[*at as usize])
    }
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: Name,
    pub span: Span,
    /// The declared type, Optional included: what reading it gives.
    pub ty: Ty,
    /// What may be written: a resource's own name is any text.
    pub written: Ty,
    pub optional: bool,
    pub read_only: bool,
    pub create_only: bool,
    pub write_only: bool,
    /// `@sensitive`: what stands here should be a secret.
    pub sensitive: bool,
    /// The name on the wire.
    pub wire: Name,
    /// `@ignoreCase`
    pub ignore_case: bool,
    /// What `@deprecated` advises; empty if it says nothing.
    pub deprecated: Option<Name>,
    /// Its limits, where it has any.
    pub constraints: Option<Arc<Constraints>>,
    /// `@tags(…)`
    pub tags: Option<TagShape>,
}

impl Field {
    /// Whether a secret may stand here: the cloud does not show it again, or it is kept from sight.
    pub fn takes_secrets(&self) -> bool {
        self.write_only || self.sensitive
    }
}

#[derive(Debug)]
pub struct SumType {
    pub constructors: Vec<SumConstructor>,
}

#[derive(Debug)]
pub struct SumConstructor {
    pub id: ConstructorId,
    pub name: Name,
    pub payload: Option<Ty>,
}

#[derive(Debug)]
pub struct RefinementType {
    pub id: RefinementId,
    /// What it is erased to.
    pub base: Ty,
    /// The strings, for a union.
    pub strings: Option<Vec<Arc<str>>>,
    /// The same, for looking one up; an instance type is one of a thousand.
    pub members: FxHashSet<Arc<str>>,
    pub ignore_case: bool,
}

#[derive(Debug)]
pub struct ResourceType {
    pub id: ResourceTypeId,
    pub wire: Name,
    pub record: RecordType,
    /// Attributes that can stand for the resource, by builtin: `Id`, `Arn`, `Name`.
    pub id_attribute: Option<Name>,
    pub arn_attribute: Option<Name>,
    pub name_attribute: Option<Name>,
}

/// A constructor of a sum, for lookups by name.
#[derive(Clone, Copy, Debug)]
pub struct ConstructorInfo {
    pub declared: DeclaredId,
    /// Position in the sum.
    pub position: u32,
}
