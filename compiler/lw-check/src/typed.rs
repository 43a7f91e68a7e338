//! The checked program: every name resolved, every coercion explicit, types erased.
//!
//! The one idea: what is left is what evaluation needs. An operator knows its function, an argument its lifting, a property its
//! wire name. Values are told apart at run time by their own tags, so `+` needs no instance and a field access no layout.
//! A definition whose checking failed has a body of [`ExprKind::Error`]; only programs without errors are evaluated.
//!
//! A definition is present here only if the program's roots reach it: the library is large and mostly unused.

use std::sync::Arc;

use lw_diagnostics::{FileId, Span};
use lw_syntax::Name;

pub use crate::constraint::{Constraints, Violation};
pub use crate::presence::Presence;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConstructorId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceTypeId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefinementId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WireRecordId(pub u32);
/// An expression of one [`Body`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);
/// A local of one [`Body`], lambdas and arms within it included; unique in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

#[derive(Clone, Debug, Default)]
pub struct Program {
    pub globals: Vec<Global>,
    pub constructors: Vec<Constructor>,
    pub resource_types: Vec<ResourceType>,
    pub refinements: Vec<Refinement>,
    pub wire_records: Vec<WireRecord>,
    /// What the files given on the command line declare, in the order given.
    pub roots: Vec<Root>,
}

/// A file that is evaluated whole.
#[derive(Clone, Debug)]
pub struct Root {
    pub file: FileId,
    /// False for a library: its bindings allocate nothing that exists.
    pub composition: bool,
    /// Top-level bindings without parameters, inputs included, in source order.
    pub bindings: Vec<GlobalId>,
    pub defaults: Option<Defaults>,
    pub outputs: Vec<Output>,
    /// What `@id` says that parameters are called elsewhere.
    pub parameter_ids: Vec<(Name, String)>,
    pub tests: Vec<Test>,
    /// Policies in force: its own and those of the modules whose import activates them.
    pub policies: Vec<Policy>,
}

/// `defaults {provider, lifecycle, tags}`: each a nullary global.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    pub provider: Option<GlobalId>,
    pub lifecycle: Option<GlobalId>,
    pub tags: Option<GlobalId>,
}

#[derive(Clone, Debug)]
pub struct Output {
    pub name: Name,
    /// What `@id` says that it is called elsewhere.
    pub id: Option<String>,
    pub value: GlobalId,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Test {
    pub name: String,
    /// A `Bool` or a `Validation`.
    pub value: GlobalId,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Policy {
    /// `@policy {id}`, else the function's name.
    pub id: String,
    pub severity: Option<String>,
    pub title: Option<String>,
    pub remediation: Option<String>,
    pub controls: Vec<String>,
    /// The page that says what the policy means.
    pub source: Option<String>,
    /// A nullary global whose value is the function; `None` for a policy of the library about types that the program does not have.
    pub function: Option<GlobalId>,
    /// `validate f {limit: 3}`: two of one function are two policies.
    pub applied: bool,
    /// In force because the program uses a service, not because anyone asked for it.
    pub cloud: bool,
    pub selector: Selector,
    /// The `validate` statement.
    pub span: Span,
    /// The function's declaration.
    pub declared: Span,
}

/// Which values a policy is asked about.
#[derive(Clone, Debug)]
pub enum Selector {
    Resource(ResourceTypeId),
    /// Every declared site of a nested record.
    Record(WireRecordId),
    /// Every resource whose type declares properties of these names (lw names).
    ResourcesWith(Vec<Name>),
    /// Every declared site of a refined or enumerated type of this name.
    Site(Name),
    /// All of them at once, as a list.
    All(Box<Selector>),
    /// The whole graph.
    Graph,
    /// A type that no resource holds: nothing is selected.
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Global {
    pub name: Name,
    /// `AWS.EC2`, or the file's module name; for messages.
    pub module: Name,
    /// The name where it is declared.
    pub span: Span,
    /// The whole statement.
    pub statement: Span,
    pub kind: GlobalKind,
}

#[derive(Clone, Debug)]
pub enum GlobalKind {
    /// Evaluated at most once, when first needed.
    Value(Body),
    Function(Function, Body),
    /// A recorded input: `--set`, environment, or the default.
    Parameter {
        input: InputType,
        refinement: Option<RefinementId>,
        default: Option<Body>,
    },
    /// A recorded input read from the lock.
    Lookup {
        input: InputType,
        refinement: Option<RefinementId>,
        query: Body,
    },
    /// Its check failed, or it is being checked.
    Error,
}

/// The header of a function or lambda.
#[derive(Clone, Debug)]
pub enum Function {
    Positional(Vec<Pattern>),
    /// One record argument, whose fields are bound; a missing field is None.
    Record(Vec<(Name, LocalId)>),
}

/// How text (`--set k=v`, `LW_PARAM_k`) or TOML becomes a value.
#[derive(Clone, Debug, PartialEq)]
pub enum InputType {
    Int,
    Float,
    Bool,
    String,
    Duration,
    Size,
    Union(Vec<String>),
    Optional(Box<InputType>),
    List(Box<InputType>),
    Dictionary(Box<InputType>),
    Record(Vec<(Name, InputType)>),
    /// Not something that can be given from outside.
    Unsupported,
}

#[derive(Clone, Debug)]
pub struct Body {
    pub exprs: Vec<Expr>,
    pub root: ExprId,
    /// Names of the locals, for messages.
    pub locals: Vec<Name>,
}

impl std::ops::Index<ExprId> for Body {
    type Output = Expr;
    fn index(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Error,
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Milliseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    String(Arc<str>),
    /// `"a\(b)c"`: strings, numbers, ids and later values, printed and joined.
    Interpolate(Vec<ExprId>),
    Local(LocalId),
    Global(GlobalId),
    /// A primitive by its name in the library, `__listMap`; its arity is the interpreter's knowledge.
    Primitive(Name),
    None,
    /// Written by Optional lifting and by the constructor `Optional`.
    Some(ExprId),
    /// The constructor `Optional` as a function.
    SomeFunction,
    /// A constructor without payload, or one with payload as a function.
    Constructor(ConstructorId),
    Construct(ConstructorId, ExprId),
    /// `()` is empty.
    Tuple(Vec<ExprId>),
    List(Vec<ExprId>),
    /// Fields in source order. A field that the type has and the literal has not is None.
    Record(Vec<(Name, ExprId)>),
    /// Keys are expressions.
    Dictionary(Vec<(ExprId, ExprId)>),
    ListComprehension {
        element: ExprId,
        clauses: Vec<Clause>,
    },
    DictionaryComprehension {
        key: ExprId,
        value: ExprId,
        clauses: Vec<Clause>,
    },
    /// `r.a`: a field of a record (missing: None), of the payload record of a one-constructor sum, or a property or attribute of
    /// a resource; an optional property reads as Optional, a read-only one as a later value.
    Field(ExprId, Name),
    /// `r.(T).a`: an error if the value was made by another constructor.
    ConstructorField(ExprId, ConstructorId, Name),
    /// Reference lifting: the attribute (lw name) of a resource, always as a later value, also where it is a written property.
    Attribute(ExprId, Name),
    /// `r with {a: 2, b.c: 3}`; on a resource it allocates a new one; through a one-constructor sum.
    With(ExprId, Vec<Update>),
    /// Positional arguments, or one record.
    Call(ExprId, Vec<ExprId>),
    Binary(BinaryOperator, ExprId, ExprId),
    Not(ExprId),
    Negate(ExprId),
    If {
        condition: ExprId,
        then: ExprId,
        otherwise: ExprId,
    },
    /// First arm that matches; the checker has shown that one does, except under `@language("ludwig")`.
    Case {
        scrutinee: ExprId,
        arms: Vec<(Pattern, ExprId)>,
    },
    Lambda(Function, ExprId),
    /// Lazily bound, in scope of one another.
    Let {
        bindings: Vec<(LocalId, ExprId)>,
        body: ExprId,
    },
    /// `e;`: the first for its errors, the second for its value.
    Sequence(ExprId, ExprId),
    Resource {
        mode: ResourceMode,
        resource_type: ResourceTypeId,
        argument: ExprId,
    },
    /// Refinement check of a value that the checker could not decide.
    Refine(RefinementId, ExprId),
    /// `@lifecycle {…} e` and the like, outermost first; an annotation's arguments are one record or one value.
    Annotated(Vec<Annotation>, ExprId),
}

#[derive(Clone, Debug)]
pub struct Annotation {
    pub name: Name,
    pub argument: Option<ExprId>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceMode {
    /// `T {…}`: allocates.
    Managed,
    /// `T.existing {…}`: not ours.
    Existing,
    /// Where a `Blueprint<T>` is wanted: a description, nothing is allocated.
    Blueprint,
}

#[derive(Clone, Debug)]
pub struct Update {
    /// Never empty.
    pub path: Vec<Name>,
    pub value: ExprId,
}

#[derive(Clone, Debug)]
pub enum Clause {
    /// A list, a dictionary (as key and value tuples are written: its values), or an Optional's element.
    For(Pattern, ExprId),
    If(ExprId),
}

#[derive(Clone, Debug)]
pub enum Pattern {
    Wildcard,
    Bind(LocalId),
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Arc<str>),
    None,
    Some(Box<Pattern>),
    Constructor(ConstructorId, Option<Box<Pattern>>),
    Tuple(Vec<Pattern>),
    List(Vec<Pattern>),
    Record(Vec<(Name, Pattern)>),
}

/// What the language gives without a library; `&&`, `||` and `?|` evaluate their right side only when needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
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
    And,
    Or,
    /// `++` of strings (later values too) and of lists.
    Append,
    /// `?|`
    Default,
}

#[derive(Clone, Debug)]
pub struct Constructor {
    pub name: Name,
    /// The sum's name.
    pub type_name: Name,
    pub payload: bool,
}

/// A type that narrows another: a predicate over `self`, or a set of strings.
#[derive(Clone, Debug)]
pub struct Refinement {
    pub name: Name,
    pub span: Span,
    pub rule: RefinementRule,
}

#[derive(Clone, Debug)]
pub enum RefinementRule {
    /// A function of one argument that gives a Bool; its text is for the message.
    Predicate {
        function: GlobalId,
        text: Arc<str>,
    },
    Union(Vec<Arc<str>>),
    /// The same in any mixture of capitals and small letters.
    UnionIgnoringCase(Vec<Arc<str>>),
}

/// What evaluation and lowering know of a resource type.
#[derive(Clone, Debug)]
pub struct ResourceType {
    /// `EC2.VPC` as people write it.
    pub name: Name,
    /// `AWS::EC2::VPC`
    pub wire: Name,
    /// `configuration`, `compute`, `data`.
    pub class: Name,
    /// lw names.
    pub identifier: Vec<Name>,
    /// Sorted by name.
    pub properties: Vec<Property>,
    /// Which properties go together.
    pub presence: Arc<[Presence]>,
    /// The property that holds the tags (`tags`), if it is taggable.
    pub tags: Option<Name>,
    pub span: Span,
}

impl ResourceType {
    pub fn property(&self, name: Name) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

#[derive(Clone, Debug)]
pub struct Property {
    pub name: Name,
    /// `CidrBlock`
    pub wire: Name,
    pub access: Access,
    pub create_only: bool,
    pub write_only: bool,
    pub shape: WireShape,
    pub constraints: Option<Arc<Constraints>>,
    /// What narrows its scalars.
    pub refinement: Option<RefinementId>,
    /// A secret may stand here.
    pub takes_secrets: bool,
    /// The declared type's name where it has one (`Region`, `Bucket.StorageClass`): what a policy may select.
    pub site: Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Required,
    Optional,
    ReadOnly,
}

/// How a value of a property is written on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum WireShape {
    /// A scalar; a Duration in seconds, a Size in bytes.
    Value,
    List(Box<WireShape>),
    Dictionary(Box<WireShape>),
    Record(WireRecordId),
    /// Verbatim.
    Json,
    /// A JSON document that is text or an object on the wire: verbatim, too.
    PolicyDocument,
}

/// A nested record of a resource type.
#[derive(Clone, Debug)]
pub struct WireRecord {
    /// `EC2.SecurityGroup.Ingress`
    pub name: Name,
    pub fields: Vec<WireField>,
    /// Which of them go together.
    pub presence: Arc<[Presence]>,
}

#[derive(Clone, Debug)]
pub struct WireField {
    pub name: Name,
    pub wire: Name,
    pub shape: WireShape,
    pub optional: bool,
    pub constraints: Option<Arc<Constraints>>,
    pub refinement: Option<RefinementId>,
    pub takes_secrets: bool,
    pub site: Option<Name>,
}
