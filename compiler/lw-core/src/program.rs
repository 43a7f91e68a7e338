//! The core language: what a program is once names, types and syntax are gone.
//!
//! The one idea: an arena of small nodes addressed by id. Locals are slots of a frame, what a closure needs from outside is
//! listed as captures, and a lazily bound expression is a [`Code`] with a frame of its own. A program is plain data: it can be
//! written into a Plan and run again years later.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::primitives::Primitive;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    NodeId,
    /// A piece of code with a frame of its own: a lazily bound expression, a resource's property, a function's body.
    CodeId,
    FunctionId,
    GlobalId,
    ConstructorId,
    /// A field or property name, interned per program.
    NameId,
    StringId,
    ShapeId,
    PatternId,
    CaseId,
    LetId,
    ComprehensionId,
    UpdatesId,
    /// A place where a resource is made.
    SiteId,
    AnnotatedId,
    RefinementId,
    ResourceTypeId,
    WireRecordId,
    /// Where something was written: the number of its node, which the caller maps to a span.
    OriginId,
}

impl OriginId {
    /// Not written anywhere, or not recorded.
    pub const NONE: OriginId = OriginId(u32::MAX);
}

/// A run of entries in one of the program's arenas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slice {
    pub start: u32,
    pub length: u32,
}

impl Slice {
    pub const EMPTY: Slice = Slice { start: 0, length: 0 };

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.length) as usize
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Program {
    pub nodes: Vec<Node>,
    /// What [`Slice`]s of nodes point into.
    pub lists: Vec<NodeId>,
    /// What slices of captures point into.
    pub captures: Vec<Place>,
    pub patterns: Vec<Pattern>,
    pub strings: Vec<Arc<str>>,
    pub names: Vec<Arc<str>>,
    /// Field names of records, sorted by id.
    pub shapes: Vec<Arc<[NameId]>>,
    pub codes: Vec<Code>,
    pub functions: Vec<Function>,
    pub globals: Vec<Global>,
    pub cases: Vec<Case>,
    pub lets: Vec<Let>,
    pub comprehensions: Vec<Comprehension>,
    pub updates: Vec<Updates>,
    pub sites: Vec<Site>,
    pub annotated: Vec<Annotated>,
    pub constructors: Vec<Constructor>,
    pub refinements: Vec<Refinement>,
    pub resource_types: Vec<ResourceType>,
    pub wire_records: Vec<WireRecord>,
}

/// One operation. Sixteen bytes; operands come before what uses them nowhere in particular.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// Never evaluated in a program without errors.
    Error,
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Milliseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    String(StringId),
    None,
    Some(NodeId),
    /// The constructor `Optional` as a function.
    SomeFunction,
    /// A slot of the frame.
    Local(u32),
    Capture(u32),
    /// A function of the group of closures that the running one belongs to: the same captures.
    Member(FunctionId),
    Global(GlobalId),
    Function(FunctionId),
    Primitive(Primitive),
    /// Without payload.
    Constructor(ConstructorId),
    ConstructorFunction(ConstructorId),
    Construct(ConstructorId, NodeId),
    Tuple(Slice),
    List(Slice),
    /// Values in the order of the shape; the second is where they start in `lists`.
    Record(ShapeId, u32),
    /// Keys and values by turns.
    Dictionary(Slice),
    Interpolate(Slice),
    ListComprehension(ComprehensionId),
    DictionaryComprehension(ComprehensionId),
    Field(NodeId, NameId),
    ConstructorField(NodeId, ConstructorId, NameId),
    /// A resource's attribute as a later value, also where it is written.
    Attribute(NodeId, NameId),
    With(NodeId, UpdatesId),
    Call(NodeId, Slice),
    /// Arguments as the function's frame wants them.
    CallFunction(FunctionId, Slice),
    CallPrimitive(Primitive, Slice),
    Binary(Operator, NodeId, NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    /// `?|`
    Default(NodeId, NodeId),
    Not(NodeId),
    Negate(NodeId),
    If(NodeId, NodeId, NodeId),
    Case(CaseId),
    /// Makes a function of the code and what it captures.
    Closure(FunctionId, Slice),
    Let(LetId),
    /// The first for its errors, the second for its value.
    Sequence(NodeId, NodeId),
    Resource(SiteId),
    /// The resource that a Plan has at a path: where code of a composition has left it.
    Planned(StringId),
    Refine(RefinementId, NodeId),
    Annotated(AnnotatedId),
}

/// Where a captured value is found when a closure is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    Local(u32),
    Capture(u32),
    Member(FunctionId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Append,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pattern {
    Wildcard,
    /// Puts the value into a slot.
    Bind(u32),
    Bool(bool),
    Int(i64),
    Float(f64),
    String(StringId),
    None,
    Some(PatternId),
    Constructor(ConstructorId, Option<PatternId>),
    Tuple(Vec<PatternId>),
    List(Vec<PatternId>),
    Record(Vec<(NameId, PatternId)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Slots that its frame holds.
    pub frame: u32,
    pub body: NodeId,
    /// What is bound to it, for messages.
    pub name: NameId,
}

impl Code {
    /// The place of its body.
    pub fn origin(self) -> OriginId {
        OriginId(self.body.0)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    pub parameters: Parameters,
    /// Parameters are its first slots.
    pub code: Code,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Parameters {
    /// That many arguments, in slots from 0. The patterns take them apart: slot and pattern.
    Positional(u32, Vec<(u32, PatternId)>),
    /// One record, whose fields fill the slots; a missing field is None.
    Record(Vec<NameId>),
}

impl Parameters {
    /// Slots that are filled before the body runs.
    pub fn slots(&self) -> usize {
        match self {
            Parameters::Positional(count, _) => *count as usize,
            Parameters::Record(names) => names.len(),
        }
    }

    /// Arguments that a call by value has.
    pub fn arity(&self) -> usize {
        match self {
            Parameters::Positional(count, _) => *count as usize,
            Parameters::Record(_) => 1,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Global {
    /// Evaluated at most once, when first needed.
    Value(Code),
    Function(FunctionId),
    Primitive(Primitive),
    /// A recorded input.
    Parameter {
        name: Arc<str>,
        input: InputType,
        refinement: Option<RefinementId>,
        default: Option<Code>,
        code: Code,
    },
    /// A recorded input that the lock holds; the code gives the query.
    Lookup {
        name: Arc<str>,
        input: InputType,
        refinement: Option<RefinementId>,
        code: Code,
    },
    Error,
}

/// How text or TOML becomes a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InputType {
    Int,
    Float,
    Bool,
    String,
    Duration,
    Size,
    Union(Vec<Arc<str>>),
    Optional(Box<InputType>),
    List(Box<InputType>),
    Dictionary(Box<InputType>),
    Record(Vec<(NameId, InputType)>),
    Unsupported,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub scrutinee: NodeId,
    pub arms: Vec<(PatternId, NodeId)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Let {
    pub bindings: Vec<(u32, Binding)>,
    /// What the functions among the bindings capture, all of them together.
    pub functions: Slice,
    /// Bindings refer to each other in a way that would keep them alive for ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recursive: bool,
    pub body: NodeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Binding {
    /// A constant or a name: bound at once.
    Now(NodeId),
    /// A function of the let's group.
    Function(FunctionId),
    Lazy(CodeId, Slice),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comprehension {
    /// Of a dictionary.
    pub key: Option<NodeId>,
    pub element: NodeId,
    pub clauses: Vec<Clause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Clause {
    For(PatternId, NodeId),
    If(NodeId),
}

/// `with`: each value is code, so that a resource can evaluate it late.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Updates {
    pub captures: Slice,
    /// Paths are never empty.
    pub updates: Vec<(Vec<NameId>, CodeId)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    pub mode: SiteMode,
    pub resource_type: ResourceTypeId,
    pub captures: Slice,
    pub argument: Argument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SiteMode {
    Managed,
    Existing,
    Blueprint,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Argument {
    /// A literal: properties sorted by name, each evaluated when first read.
    Fields(Vec<SiteField>),
    /// Any other expression, evaluated when a property is first read.
    Whole(CodeId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteField {
    pub name: NameId,
    pub code: CodeId,
    /// What the code gives is read in an Optional. It is kept without, since few properties are read.
    pub lifted: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annotated {
    pub captures: Slice,
    /// Outermost first.
    pub annotations: Vec<(NameId, Option<CodeId>)>,
    pub value: NodeId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constructor {
    pub name: Arc<str>,
    pub type_name: Arc<str>,
    pub payload: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refinement {
    pub name: Arc<str>,
    pub rule: RefinementRule,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RefinementRule {
    Predicate { function: GlobalId, text: Arc<str> },
    Union(Vec<Arc<str>>),
    UnionIgnoringCase(Vec<Arc<str>>),
}

/// What evaluation, selection and reading from the wire know of a resource type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceType {
    /// `EC2.VPC`
    pub name: Arc<str>,
    /// `AWS::EC2::VPC`
    pub wire: Arc<str>,
    pub identifier: Vec<NameId>,
    /// Sorted by id.
    pub properties: Vec<Property>,
    pub tags: Option<NameId>,
}

impl ResourceType {
    pub fn property(&self, name: NameId) -> Option<&Property> {
        self.properties.binary_search_by_key(&name, |property| property.name).ok().map(|at| &self.properties[at])
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    pub name: NameId,
    pub wire: Arc<str>,
    pub access: Access,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub create_only: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub write_only: bool,
    pub shape: WireShape,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    Required,
    Optional,
    ReadOnly,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WireShape {
    Value,
    List(Box<WireShape>),
    Dictionary(Box<WireShape>),
    Record(WireRecordId),
    Json,
    PolicyDocument,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireRecord {
    pub name: Arc<str>,
    /// Sorted by id.
    pub fields: Vec<WireField>,
}

impl WireRecord {
    pub fn field(&self, name: NameId) -> Option<&WireField> {
        self.fields.binary_search_by_key(&name, |field| field.name).ok().map(|at| &self.fields[at])
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireField {
    pub name: NameId,
    pub wire: Arc<str>,
    pub shape: WireShape,
    pub optional: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Arc<str>>,
}

impl Program {
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes[id.index()]
    }

    /// The place of a node: whoever lowered the program knows where that is.
    pub fn origin(&self, id: NodeId) -> OriginId {
        OriginId(id.0)
    }

    pub fn list(&self, slice: Slice) -> &[NodeId] {
        &self.lists[slice.range()]
    }

    pub fn captures(&self, slice: Slice) -> &[Place] {
        &self.captures[slice.range()]
    }

    pub fn name(&self, id: NameId) -> &Arc<str> {
        &self.names[id.index()]
    }

    pub fn string(&self, id: StringId) -> &Arc<str> {
        &self.strings[id.index()]
    }

    pub fn pattern(&self, id: PatternId) -> &Pattern {
        &self.patterns[id.index()]
    }

    pub fn code(&self, id: CodeId) -> Code {
        self.codes[id.index()]
    }

    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    pub fn resource_type(&self, id: ResourceTypeId) -> &ResourceType {
        &self.resource_types[id.index()]
    }

    pub fn wire_record(&self, id: WireRecordId) -> &WireRecord {
        &self.wire_records[id.index()]
    }

    pub fn constructor(&self, id: ConstructorId) -> &Constructor {
        &self.constructors[id.index()]
    }
}
