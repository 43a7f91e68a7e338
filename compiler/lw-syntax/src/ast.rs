//! The syntax tree: what was written, unresolved and untyped.
//!
//! The one idea: a top-level statement is a world of its own. It owns its arena ([`Tree`]), and every span in it is
//! relative to the statement's first byte, so that a statement whose text did not change *is* the same statement,
//! wherever it moved. Nodes are addressed by id, nothing is boxed, and dropping a tree never recurses.
//!
//! Deliberately absent: comments (the printer takes them from the source), fixities ([`ExprKind::Operators`] is the flat list as
//! written), any knowledge of which name is a module, type or constructor.

use std::ops::Index;

use lw_diagnostics::{FileId, Span};

pub use crate::name::Name;

/// Bytes relative to the start of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Range {
    pub start: u32,
    pub end: u32,
}

impl Range {
    pub fn new(start: u32, end: u32) -> Range {
        Range { start, end }
    }

    pub fn to(self, other: Range) -> Range {
        Range { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatternId(pub u32);

/// The nodes of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    pub exprs: Vec<Expr>,
    pub types: Vec<Type>,
    pub patterns: Vec<Pattern>,
}

impl Index<ExprId> for Tree {
    type Output = Expr;
    fn index(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }
}

impl Index<TypeId> for Tree {
    type Output = Type;
    fn index(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }
}

impl Index<PatternId> for Tree {
    type Output = Pattern;
    fn index(&self, id: PatternId) -> &Pattern {
        &self.patterns[id.0 as usize]
    }
}

/// A whole file: its statements in source order, also those that could not be parsed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    pub statements: Vec<Statement>,
    /// The Markdown of the file's first comment block, when no declaration claims it.
    pub doc: Option<String>,
    /// `@language("…")` annotations.
    pub languages: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Byte offset in the file at which the statement's first annotation or word starts; ranges count from here.
    pub start: u32,
    pub range: Range,
    pub tree: Tree,
    pub kind: StatementKind,
    pub annotations: Vec<Annotation>,
    pub doc: Option<String>,
}

impl Statement {
    /// Where a range of this statement lies in its file.
    pub fn span(&self, file: FileId, range: Range) -> Span {
        Span::new(file, self.start + range.start, self.start + range.end)
    }
}

/// A name where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident {
    pub name: Name,
    pub range: Range,
}

/// `A.B.C`: never empty; upper-case segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModulePath {
    pub segments: Vec<Ident>,
    pub range: Range,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// Could not be parsed; its diagnostic has been reported. `name` is what it would have defined, where that is clear,
    /// so that its uses are not reported as unknown.
    Error {
        name: Option<Name>,
    },
    Composition {
        title: Option<String>,
    },
    Import(Vec<Import>),
    Export(Vec<Export>),
    Type(TypeDeclaration),
    Operator(OperatorDeclaration),
    Function(Function),
    Binding(Binding),
    Validate(ExprId),
    Parameter {
        annotation: TypeId,
        name: Ident,
        default: Option<ExprId>,
    },
    Lookup {
        annotation: TypeId,
        name: Ident,
        value: ExprId,
    },
    /// The record's entries.
    Defaults(Vec<Entry>),
    Output {
        name: Ident,
        value: ExprId,
    },
    Test {
        name: String,
        name_range: Range,
        value: ExprId,
    },
    Resource(ResourceDeclaration),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub range: Range,
    pub kind: ImportKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ImportKind {
    /// `import A.B`
    Plain(ModulePath),
    /// `import A.B as C`
    As(ModulePath, Ident),
    /// `import A.B as .`
    Open(ModulePath),
    /// `import A.B {x, y as z, T, T as U, operator ++}`
    Names(ModulePath, Vec<ImportName>),
    /// `import deployment network@prod as Network`
    Deployment { name: Ident, environment: Option<Ident>, alias: Ident },
}

#[derive(Clone, Debug, PartialEq)]
pub enum ImportName {
    Value {
        name: Ident,
        alias: Option<Ident>,
    },
    /// A type, constructor or module.
    Upper {
        name: Ident,
        alias: Option<Ident>,
    },
    Operator(Ident),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    pub range: Range,
    pub kind: ExportKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExportKind {
    Value {
        module: Option<ModulePath>,
        name: Ident,
    },
    Type(ModulePath),
    Operator {
        module: Option<ModulePath>,
        operator: Ident,
    },
    /// `module A.B as C`; without an alias, `as .`
    Module {
        module: ModulePath,
        alias: Option<Ident>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct TypeDeclaration {
    /// `Listener.Action`: a type below `Listener`.
    pub name: ModulePath,
    pub parameters: Vec<Ident>,
    pub definition: TypeDefinition,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypeDefinition {
    /// `type opaque T`
    Opaque,
    Alias(TypeId),
    /// `type Port: Int where 0 <= self`
    Refinement(TypeId, ExprId),
    Record(Vec<FieldDeclaration>),
    Sum(Vec<ConstructorDeclaration>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct FieldDeclaration {
    pub name: Ident,
    pub annotation: TypeId,
    pub annotations: Vec<Annotation>,
    pub doc: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConstructorDeclaration {
    pub name: Ident,
    pub payload: Payload,
    pub annotations: Vec<Annotation>,
    pub doc: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    None,
    Type(TypeId),
    /// Indented fields.
    Fields(Vec<FieldDeclaration>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OperatorDeclaration {
    pub operator: Ident,
    pub fixity: Fixity,
    pub body: ExprId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixity {
    Left(u8),
    Right(u8),
    Prefix,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: Ident,
    pub parameters: Parameters,
    pub result: Option<TypeId>,
    pub body: ExprId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    pub range: Range,
    pub kind: ParametersKind,
    pub parameters: Vec<Parameter>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParametersKind {
    /// `fun f(x: Int)`
    Positional,
    /// `fun f {x: Int}`
    Record,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    pub name: Ident,
    pub annotation: TypeId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub annotation: Option<TypeId>,
    pub name: Ident,
    /// The old header `Type f(Type x): e`: `annotation` is then the result. Deprecated, with a fix.
    pub old_parameters: Option<Parameters>,
    pub value: ExprId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResourceDeclaration {
    pub name: ModulePath,
    pub parameters: Vec<Ident>,
    /// `"AWS::EC2::VPC"`
    pub wire_type: String,
    pub wire_range: Range,
    pub fields: Vec<FieldDeclaration>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    pub range: Range,
    pub name: Ident,
    pub arguments: AnnotationArguments,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AnnotationArguments {
    None,
    Positional(Vec<ExprId>),
    Record(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub range: Range,
    pub kind: ExprKind,
    /// How many levels of expression lie below; at most [`crate::DEPTH_MAX`].
    pub depth: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// What could not be read, or was nested too deeply; reported already.
    Error,
    /// A lower-case name.
    Name(Name),
    /// An upper-case name: a module's first segment, a type or a constructor.
    Upper(Name),
    Int(i64),
    Float(f64),
    /// Milliseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    /// Decoded text; interpolated strings have expressions between. Without expressions it is exactly one text, perhaps empty;
    /// with them, no text is empty and no two stand side by side.
    String(Vec<StringPart>),
    /// `()` is the empty tuple; `(e)` is [`ExprKind::Group`].
    Tuple(Vec<ExprId>),
    Group(ExprId),
    List(Vec<ExprId>),
    ListComprehension {
        element: ExprId,
        generators: Vec<Generator>,
    },
    /// Everything in braces: record, dictionary, and the empty one, told apart by the keys.
    Record(Vec<Entry>),
    /// `{(key): value for …}`; the key without its parentheses.
    DictionaryComprehension {
        key: ExprId,
        value: ExprId,
        generators: Vec<Generator>,
    },
    /// `r.a`
    Field {
        target: ExprId,
        name: Ident,
    },
    /// `M.Con`, or `x.Con` before `.f`
    UpperField {
        target: ExprId,
        name: Ident,
    },
    /// `x.(M.Con)`, before `.f`
    ConstructorField {
        target: ExprId,
        constructor: ModulePath,
    },
    Call {
        callee: ExprId,
        arguments: Arguments,
    },
    With {
        target: ExprId,
        entries: Vec<Entry>,
    },
    /// `a + b * c` as written; at least one operator.
    Operators {
        first: ExprId,
        rest: Vec<(Ident, ExprId)>,
    },
    /// `!e`, `-e`
    Prefix {
        operator: Ident,
        operand: ExprId,
    },
    /// Conditions with their results; never empty.
    If {
        branches: Vec<(ExprId, ExprId)>,
        otherwise: ExprId,
    },
    Case {
        scrutinee: ExprId,
        arms: Vec<Arm>,
    },
    Lambda {
        parameters: Vec<LambdaParameter>,
        result: Option<TypeId>,
        body: ExprId,
    },
    /// Items, then the result.
    Block {
        items: Vec<BlockItem>,
        result: ExprId,
    },
    Annotated {
        annotation: Annotation,
        operand: ExprId,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum StringPart {
    Text(String),
    Expr(ExprId),
}

/// `key: value`. A key that is a bare lower name is a field; a string is a dictionary key; a [`ExprKind::Group`] is a computed key;
/// `a.b` is a path, only after `with`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    pub key: ExprId,
    pub value: ExprId,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Generator {
    For { pattern: PatternId, source: ExprId },
    If(ExprId),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Arguments {
    /// `f(x, y)`
    Positional(Vec<ExprId>),
    /// `f(x: 1)`: the old spelling of `f {x: 1}`.
    Named(Vec<Entry>),
    /// `f {x: 1}`, `f [1]`, `f "x"`: the literal is an expression of its own.
    Literal(ExprId),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    pub pattern: PatternId,
    pub body: ExprId,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LambdaParameter {
    Pattern(PatternId),
    Typed(Parameter),
}

#[derive(Clone, Debug, PartialEq)]
pub enum BlockItem {
    Let(Binding),
    LetFunction(Function),
    /// `e;`: evaluated for its errors. Deprecated, with a fix.
    Statement(ExprId),
    /// Belongs to the item or result that follows.
    Annotation(Annotation),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    pub range: Range,
    pub kind: PatternKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PatternKind {
    Error,
    Wildcard,
    Name(Name),
    Int(i64),
    Float(f64),
    String(String),
    Constructor {
        path: ModulePath,
        argument: Option<PatternId>,
    },
    /// `()` is the empty tuple; a tuple of one is a group.
    Tuple(Vec<PatternId>),
    List(Vec<PatternId>),
    /// A name alone binds the field of that name.
    Record(Vec<(Ident, Option<PatternId>)>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    pub range: Range,
    pub kind: TypeKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    Error,
    /// `A.B<T>`
    Constructor {
        path: ModulePath,
        arguments: Vec<TypeId>,
    },
    /// `a`
    Variable(Name),
    Function {
        parameters: Vec<TypeId>,
        result: TypeId,
    },
    /// `()` is unit; a tuple of one is a group.
    Tuple(Vec<TypeId>),
    /// `{a: T, b: U | r}`; the old spellings `{a: T, r}` and `{r}` arrive as the same, with a diagnostic.
    Record {
        fields: Vec<(Ident, TypeId)>,
        rest: Option<Ident>,
    },
    /// `"default" | "dedicated"`; also a lone string.
    Union(Vec<String>),
}
