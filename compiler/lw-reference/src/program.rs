//! A random program as a tree, nearly as it is written. What the checker adds is marked here, so that the evaluator need not infer it.

use crate::types::{Kind, Type};

#[derive(Clone, Debug, Default)]
pub struct Program {
    pub functions: Vec<Function>,
    pub bindings: Vec<Binding>,
    pub outputs: Vec<(String, Expr)>,
}

/// `fun name(x: T, …) -> R: body`, or of a record.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub parameters: Vec<(String, Type)>,
    /// `fun name {x: T, …}`.
    pub takes_record: bool,
    /// The first parameter is written `{field: T | r}`: any record that has the field.
    pub open_field: Option<String>,
    pub result: Type,
    pub body: Expr,
}

#[derive(Clone, Debug)]
pub struct Binding {
    pub name: String,
    /// Written before the name.
    pub annotation: Option<Type>,
    pub value: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    And,
    Or,
    Append,
    Default,
    /// `+++`, which the program declares.
    Own,
}

impl Operator {
    pub fn written(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
            Operator::Power => "^",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::And => "&&",
            Operator::Or => "||",
            Operator::Append => "++",
            Operator::Default => "?|",
            Operator::Own => "+++",
        }
    }
}

#[derive(Clone, Debug)]
pub enum Part {
    Text(String),
    Value(Expr),
}

#[derive(Clone, Debug)]
pub enum Clause {
    For(Pattern, Expr),
    If(Expr),
}

#[derive(Clone, Debug)]
pub enum Pattern {
    Wildcard,
    Bind(String),
    Bool(bool),
    Int(i64),
    String(String),
    None,
    Some(Box<Pattern>),
    Constructor(&'static str, Option<Box<Pattern>>),
    Tuple(Vec<Pattern>),
    List(Vec<Pattern>),
    Record(Vec<(String, Pattern)>),
}

#[derive(Clone, Debug)]
pub enum Local {
    Value { name: String, annotation: Option<Type>, value: Expr },
    Function { name: String, parameters: Vec<(String, Type)>, result: Type, body: Expr },
}

#[derive(Clone, Debug)]
pub enum Expr {
    Int(i64),
    Float(f64),
    /// A whole number where a Float is wanted.
    WholeFloat(i64),
    Bool(bool),
    String(String),
    /// A number and its unit.
    Duration(i64, &'static str),
    Size(i64, &'static str),
    Interpolate(Vec<Part>),
    /// A local or a top-level binding or function.
    Name(String),
    None,
    /// `Optional(e)`
    Some(Box<Expr>),
    /// Optional lifting: written as what is in it.
    Lifted(Box<Expr>),
    /// Reference lifting: a resource, written where its attribute of that wire name is wanted.
    Reference(Box<Expr>, &'static str),
    /// A refinement check at an annotated boundary.
    Refined(Box<Expr>),
    Tuple(Vec<Expr>),
    List(Vec<Expr>),
    Record(Vec<(String, Expr)>),
    /// A key that is computed stands in parentheses.
    Dictionary(Vec<(Expr, Expr)>),
    ListOf(Box<Expr>, Vec<Clause>),
    DictionaryOf(Box<Expr>, Box<Expr>, Vec<Clause>),
    Field(Box<Expr>, String),
    ConstructorField(Box<Expr>, &'static str, String),
    With(Box<Expr>, Vec<(Vec<String>, Expr)>),
    Call(Box<Expr>, Vec<Expr>),
    CallRecord(String, Vec<(String, Expr)>),
    /// A function of the library by its number there.
    Library(usize, Vec<Expr>),
    /// A function of the library as a value.
    LibraryValue(usize),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    If(Vec<(Expr, Expr)>, Box<Expr>),
    Case(Box<Expr>, Vec<(Pattern, Expr)>),
    Lambda(Vec<(String, Option<Type>)>, Box<Expr>),
    Let(Vec<Local>, Box<Expr>),
    Construct(&'static str, Option<Box<Expr>>),
    Resource(Kind, Vec<(String, Expr)>),
    Existing(Kind, String),
    /// `error("…")`
    Error(String),
    /// `@lifecycle {protect: True} e`
    Annotated(Box<Expr>),
}
