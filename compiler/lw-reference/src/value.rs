//! Values of the naive evaluator.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::program::Expr;

/// A failure, by the code that the compiler gives it.
pub type Failure = &'static str;

pub const STOPPED: Failure = "LW0601";
pub const NEEDS_ITSELF: Failure = "LW0602";
pub const NEEDS_LATER: Failure = "LW0603";
pub const TOO_LARGE: Failure = "LW0604";
pub const BY_ZERO: Failure = "LW0605";
pub const OUTSIDE: Failure = "LW0607";
pub const OTHER_CONSTRUCTOR: Failure = "LW0609";
pub const KEY_TWICE: Failure = "LW0610";
pub const NOT_TAKEN: Failure = "LW0611";
pub const NOT_OURS: Failure = "LW0631";

/// A piece of text that is known only later.
#[derive(Clone, Debug, PartialEq)]
pub enum Later {
    /// A resource by its number, and the wire name of its attribute.
    Get(usize, &'static str),
    Base64(Text),
}

/// Text: pieces that are known or not, no two known ones side by side, none of them empty.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Text(pub Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Known(String),
    Later(Box<Later>),
}

impl Text {
    pub fn known(text: impl Into<String>) -> Text {
        let mut made = Text::default();
        made.push(Piece::Known(text.into()));
        made
    }

    pub fn later(later: Later) -> Text {
        Text(vec![Piece::Later(Box::new(later))])
    }

    fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (_, Piece::Known(text)) if text.is_empty() => {}
            (Some(Piece::Known(before)), Piece::Known(text)) => before.push_str(&text),
            (_, piece) => self.0.push(piece),
        }
    }

    pub fn append(&mut self, other: &Text) {
        for piece in &other.0 {
            self.push(piece.clone());
        }
    }

    /// The text, if all of it is known.
    pub fn as_known(&self) -> Result<String, Failure> {
        match &self.0[..] {
            [] => Ok(String::new()),
            [Piece::Known(text)] => Ok(text.clone()),
            _ => Err(NEEDS_LATER),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Value {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(Text),
    /// Milliseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    None,
    Some(Rc<Value>),
    List(Rc<Vec<Value>>),
    Tuple(Rc<Vec<Value>>),
    /// Fields that are None may be missing.
    Record(Rc<BTreeMap<String, Value>>),
    Dictionary(Rc<BTreeMap<String, Value>>),
    Constructor(&'static str, Option<Rc<Value>>),
    Function(Rc<Callable>),
    Resource(usize),
}

#[derive(Debug)]
pub enum Callable {
    Closure { parameters: Vec<String>, body: Expr, scope: Scope },
    Library(usize),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(Text::known(text))
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(items))
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Rc::new(items))
    }

    pub fn optional(value: Option<Value>) -> Value {
        value.map_or(Value::None, |value| Value::Some(Rc::new(value)))
    }
}

/// Names in force, the innermost first.
#[derive(Clone, Debug, Default)]
pub struct Scope(Option<Rc<Link>>);

#[derive(Debug)]
struct Link {
    name: String,
    slot: Slot,
    outer: Scope,
}

/// Something that is evaluated when it is first needed.
pub type Slot = Rc<RefCell<State>>;

#[derive(Clone, Debug)]
pub enum State {
    Waiting(Expr, Scope),
    Running,
    Done(Value),
    Failed(Failure),
}

pub fn done(value: Value) -> Slot {
    Rc::new(RefCell::new(State::Done(value)))
}

impl Scope {
    pub fn with(&self, name: &str, slot: Slot) -> Scope {
        Scope(Some(Rc::new(Link { name: name.to_string(), slot, outer: self.clone() })))
    }

    pub fn find(&self, name: &str) -> Option<Slot> {
        let mut scope = self;
        while let Some(link) = &scope.0 {
            if link.name == name {
                return Some(link.slot.clone());
            }
            scope = &link.outer;
        }
        None
    }
}

/// A resource that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub kind: crate::types::Kind,
    /// By lw name.
    pub properties: Vec<(String, Slot)>,
    /// The top-level binding whose evaluation made it.
    pub owner: Option<String>,
    /// Its id, if it is not ours.
    pub existing: Option<String>,
}
