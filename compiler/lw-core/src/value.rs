use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::primitives::Primitive;
use crate::program::{CodeId, ConstructorId, FunctionId, NameId, OriginId};

/// A resource of one [`crate::Machine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u32);

impl ResourceId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What evaluation gives. Cloning is cheap.
#[derive(Clone, Debug)]
pub enum Value {
    Int(i64),
    Float(f64),
    Bool(bool),
    /// Milliseconds.
    Duration(i64),
    /// Bytes.
    Size(i64),
    String(Arc<str>),
    /// A string that also says where it applies: what a failed validation carries.
    Message(Rc<Message>),
    Bytes(Arc<[u8]>),
    /// Empty is unit.
    Tuple(Rc<Items>),
    List(Rc<Items>),
    Record(Rc<Record>),
    Dictionary(Rc<Dictionary>),
    None,
    Some(Rc<Boxed>),
    Constructor(ConstructorId, Option<Rc<Boxed>>),
    Function(FunctionId, Option<Rc<Items>>),
    Primitive(Primitive),
    SomeFunction,
    ConstructorFunction(ConstructorId),
    Resource(ResourceId),
    Blueprint(ResourceId),
    Later(Rc<Later>),
    /// In policies: depends on what is not known.
    Undecided(Rc<Cause>),
    /// Lazily bound; met only in frames and captures.
    Thunk(Rc<Thunk>),
}

impl Value {
    pub fn string(text: impl Into<Arc<str>>) -> Value {
        Value::String(text.into())
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(Items(items)))
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Rc::new(Items(items)))
    }

    pub fn unit() -> Value {
        Value::tuple(Vec::new())
    }

    pub fn some(value: Value) -> Value {
        Value::Some(Rc::new(Boxed(value)))
    }

    /// `None`, or `Some` of what is there.
    pub fn optional(value: Option<Value>) -> Value {
        value.map_or(Value::None, Value::some)
    }

    pub fn dictionary(entries: impl IntoIterator<Item = (Arc<str>, Value)>) -> Value {
        Value::Dictionary(Rc::new(Dictionary::from_entries(entries.into_iter().collect())))
    }

    /// The text of a string or message.
    pub fn text(&self) -> Option<&Arc<str>> {
        match self {
            Value::String(text) => Some(text),
            Value::Message(message) => Some(&message.text),
            _ => None,
        }
    }

    /// True if other values hang below.
    pub(crate) fn is_composite(&self) -> bool {
        matches!(
            self,
            Value::Tuple(_)
                | Value::List(_)
                | Value::Record(_)
                | Value::Dictionary(_)
                | Value::Some(_)
                | Value::Constructor(_, Some(_))
                | Value::Function(_, Some(_))
                | Value::Later(_)
                | Value::Thunk(_)
        )
    }

    /// The values that hang below, as far as they are written with it: what a function holds is not.
    pub(crate) fn parts(&self) -> &[Value] {
        match self {
            Value::Tuple(items) | Value::List(items) => items,
            Value::Record(record) => &record.values,
            Value::Dictionary(dictionary) => &dictionary.values,
            Value::Some(inner) | Value::Constructor(_, Some(inner)) => std::slice::from_ref(&inner.0),
            Value::Later(later) => match &later.term {
                Term::Concat(items) | Term::Cidr(items) => items,
                Term::Join { parts: inner, .. }
                | Term::Json(inner)
                | Term::Base64(inner)
                | Term::Select { list: inner, .. }
                | Term::Split { text: inner, .. }
                | Term::Secret { argument: inner, .. }
                | Term::Lookup { argument: inner, .. } => std::slice::from_ref(&inner.0),
                Term::Get { .. } => &[],
            },
            _ => &[],
        }
    }

    /// Where it is, if something else holds it, too.
    pub(crate) fn shared(&self) -> Option<usize> {
        fn address<T>(value: &Rc<T>) -> Option<usize> {
            (Rc::strong_count(value) > 1).then_some(Rc::as_ptr(value) as usize)
        }
        match self {
            Value::Tuple(items) | Value::List(items) => address(items),
            Value::Record(record) => address(record),
            Value::Dictionary(dictionary) => address(dictionary),
            Value::Some(inner) | Value::Constructor(_, Some(inner)) => address(inner),
            Value::Later(later) => address(later),
            Value::Undecided(cause) => address(cause),
            _ => None,
        }
    }

    /// What kind of thing it is, with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Int(_) => "an Int",
            Value::Float(_) => "a Float",
            Value::Bool(_) => "a Bool",
            Value::Duration(_) => "a Duration",
            Value::Size(_) => "a Size",
            Value::String(_) | Value::Message(_) => "a String",
            Value::Bytes(_) => "Bytes",
            Value::Tuple(_) => "a tuple",
            Value::List(_) => "a List",
            Value::Record(_) => "a record",
            Value::Dictionary(_) => "a Dictionary",
            Value::None | Value::Some(_) => "an Optional",
            Value::Constructor(..) => "a constructor's value",
            Value::Function(..) | Value::Primitive(_) | Value::SomeFunction | Value::ConstructorFunction(_) => {
                "a function"
            }
            Value::Resource(_) => "a resource",
            Value::Blueprint(_) => "a blueprint",
            Value::Later(_) => "a later value",
            Value::Undecided(_) => "an undecided value",
            Value::Thunk(_) => "a value not yet evaluated",
        }
    }
}

/// A run of values: elements, captures.
#[derive(Clone, Debug, Default)]
pub struct Items(pub(crate) Vec<Value>);

impl Items {
    pub fn new(items: Vec<Value>) -> Items {
        Items(items)
    }
}

impl std::ops::Deref for Items {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        if self.0.iter().any(Value::is_composite) {
            release(std::mem::take(&mut self.0));
        }
    }
}

/// A value on its own in memory.
#[derive(Clone, Debug)]
pub struct Boxed(pub(crate) Value);

impl Boxed {
    pub fn new(value: Value) -> Boxed {
        Boxed(value)
    }
}

impl std::ops::Deref for Boxed {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.0
    }
}

impl Drop for Boxed {
    fn drop(&mut self) {
        if self.0.is_composite() {
            release(vec![std::mem::replace(&mut self.0, Value::None)]);
        }
    }
}

thread_local! {
    static RELEASING: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Vec<Value>>> = const { RefCell::new(Vec::new()) };
}

/// How deep values are dropped by recursion before the rest waits its turn.
const RELEASE_DEPTH_MAX: u32 = 64;

/// Drops values without recursing deeper than [`RELEASE_DEPTH_MAX`], however deep they nest.
fn release(values: Vec<Value>) {
    // While a thread ends its locals are gone; then plain dropping has to do.
    let Ok(depth) = RELEASING.try_with(Cell::get) else { return };
    if depth >= RELEASE_DEPTH_MAX {
        let _ = WAITING.try_with(|waiting| waiting.borrow_mut().push(values));
        return;
    }
    RELEASING.set(depth + 1);
    drop(values);
    if depth == 0 {
        while let Ok(Some(next)) = WAITING.try_with(|waiting| waiting.borrow_mut().pop()) {
            drop(next);
        }
    }
    RELEASING.set(depth);
}

/// Fields by a shape that programs share.
#[derive(Clone, Debug)]
pub struct Record {
    /// Sorted by id.
    pub(crate) shape: Arc<[NameId]>,
    pub(crate) values: Items,
}

impl Record {
    /// Fields in any order, each name once.
    pub fn new(mut fields: Vec<(NameId, Value)>) -> Record {
        fields.sort_by_key(|(name, _)| *name);
        let shape = fields.iter().map(|(name, _)| *name).collect();
        Record { shape, values: Items(fields.into_iter().map(|(_, value)| value).collect()) }
    }

    /// A missing field is the same as one that is None; this tells them apart for nobody but the caller.
    pub fn get(&self, name: NameId) -> Option<&Value> {
        let at = match self.shape.len() {
            0..8 => self.shape.iter().position(|field| *field == name)?,
            _ => self.shape.binary_search(&name).ok()?,
        };
        Some(&self.values[at])
    }

    pub fn fields(&self) -> impl ExactSizeIterator<Item = (NameId, &Value)> {
        self.shape.iter().copied().zip(self.values.iter())
    }

    /// Sets one field, adding it if it is new.
    pub(crate) fn set(&mut self, name: NameId, value: Value) {
        match self.shape.binary_search(&name) {
            Ok(at) => self.values.0[at] = value,
            Err(at) => {
                let mut shape = self.shape.to_vec();
                shape.insert(at, name);
                self.shape = shape.into();
                self.values.0.insert(at, value);
            }
        }
    }
}

/// Entries in key order.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    pub(crate) keys: Vec<Arc<str>>,
    pub(crate) values: Items,
}

impl Dictionary {
    /// The last of equal keys wins.
    pub fn from_entries(mut entries: Vec<(Arc<str>, Value)>) -> Dictionary {
        if !entries.is_sorted_by(|left, right| left.0 < right.0) {
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            entries.reverse();
            entries.dedup_by(|left, right| left.0 == right.0);
            entries.reverse();
        }
        let (keys, values): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        Dictionary { keys, values: Items(values) }
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.keys.binary_search_by(|found| (**found).cmp(key)).ok().map(|at| &self.values[at])
    }

    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Value)> {
        self.keys.iter().zip(self.values.iter())
    }

    pub(crate) fn insert(&mut self, key: Arc<str>, value: Value) {
        match self.keys.binary_search(&key) {
            Ok(at) => self.values.0[at] = value,
            Err(at) => {
                self.keys.insert(at, key);
                self.values.0.insert(at, value);
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Ok(at) = self.keys.binary_search_by(|found| (**found).cmp(key)) {
            self.keys.remove(at);
            self.values.0.remove(at);
        }
    }
}

/// The reason of a failed validation.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub text: Arc<str>,
    /// One for each failure that was joined into it.
    pub findings: Vec<Finding>,
}

/// One failure of a validation, as `Validation.failureAt` places it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub message: Arc<str>,
    /// The property at fault, as the program writes it.
    pub property: Option<Arc<str>>,
    /// What to write instead.
    pub edit: Option<Arc<str>>,
}

/// A value that is known only once resources exist: a term of a small closed language.
#[derive(Clone, Debug)]
pub struct Later {
    pub term: Term,
    /// Where it was read or put together.
    pub origin: OriginId,
}

#[derive(Clone, Debug)]
pub enum Term {
    /// An attribute of a resource; `rest` leads into it: `endpoint.address`.
    Get {
        resource: ResourceId,
        attribute: NameId,
        rest: Vec<NameId>,
    },
    /// Strings and terms one after the other, never nested.
    Concat(Items),
    /// Of a list that holds terms, or a term that is a list.
    Join {
        separator: Arc<str>,
        parts: Boxed,
    },
    /// The JSON text of a value that holds terms.
    Json(Boxed),
    Base64(Boxed),
    Select {
        index: usize,
        list: Boxed,
    },
    Split {
        separator: Arc<str>,
        text: Boxed,
    },
    /// Prefix, new bits, number.
    Cidr(Items),
    /// A secret's source; resolved per operation by whoever executes the Plan.
    Secret {
        source: Arc<str>,
        argument: Boxed,
    },
    /// A query for the lock; only a `lookup` may hold it.
    Lookup {
        source: Arc<str>,
        argument: Boxed,
    },
}

/// Why something is undecided.
#[derive(Clone, Debug)]
pub enum Cause {
    /// It depends on this.
    Later(Rc<Later>),
    /// It depends on this, which is not there to be looked at.
    Unknown(Arc<str>),
    /// It is one of two values, by a condition that is open.
    Choice(Box<Choice>),
    /// More cases than the budget of forks allows.
    Forks,
}

/// What a value is where a condition holds, and where it does not. None is what is not there.
#[derive(Clone, Debug)]
pub struct Choice {
    pub condition: crate::worlds::ConditionId,
    pub then: Boxed,
    pub otherwise: Boxed,
}

/// A lazily bound expression.
#[derive(Debug)]
pub struct Thunk {
    pub(crate) code: CodeId,
    /// The annotated expression within which it was bound.
    pub(crate) era: u32,
    pub(crate) state: RefCell<ThunkState>,
}

#[derive(Debug)]
pub(crate) enum ThunkState {
    /// Its group is being bound.
    Empty,
    Pending(Option<Rc<Items>>),
    Forcing,
    Done(Boxed),
    Failed,
}
