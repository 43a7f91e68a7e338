//! What the library is built on: functions written here, by the names that the library's `.lw` files call them.
//!
//! The one idea: a table per family, from name and arity to a plain function over the machine. A primitive takes its arguments
//! evaluated; one that cannot work with a later or undecided argument stops, and the operation around it says what that means.

mod bits;
mod bytes;
mod debug;
mod dictionary;
pub(crate) mod encoding;
mod generated;
mod graph;
mod list;
pub(crate) mod network;
mod number;
mod optional;
mod order;
pub mod regex;
mod string;
mod template;
mod verdict;
mod zip;

use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::OriginId;
use crate::value::{Dictionary, Items, Value};

/// The most arguments that a primitive takes.
pub const ARITY_MAX: usize = 6;

type Run = fn(&mut Machine<'_>, &mut [Value]) -> Eval<Value>;

/// One entry of a family's table.
pub(crate) struct Entry {
    name: &'static str,
    arity: u8,
    run: Run,
}

pub(crate) const fn entry(name: &'static str, arity: u8, run: Run) -> Entry {
    Entry { name, arity, run }
}

const FAMILIES: &[&[Entry]] = &[
    list::TABLE,
    order::TABLE,
    string::TABLE,
    optional::TABLE,
    dictionary::TABLE,
    number::TABLE,
    bits::TABLE,
    encoding::TABLE,
    bytes::TABLE,
    regex::TABLE,
    template::TABLE,
    network::TABLE,
    graph::TABLE,
    verdict::TABLE,
    debug::TABLE,
    generated::TABLE,
    zip::TABLE,
];

/// A primitive function; written by its name, so that a stored program survives new primitives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Primitive(u16);

fn table() -> &'static (Vec<&'static Entry>, FxHashMap<&'static str, u16>) {
    static TABLE: OnceLock<(Vec<&'static Entry>, FxHashMap<&'static str, u16>)> = OnceLock::new();
    TABLE.get_or_init(|| {
        let entries: Vec<&'static Entry> = FAMILIES.iter().flat_map(|family| family.iter()).collect();
        let names = entries.iter().enumerate().map(|(at, entry)| (entry.name, at as u16)).collect();
        (entries, names)
    })
}

/// The primitive of that name: `__listMap`.
pub fn primitive(name: &str) -> Option<Primitive> {
    table().1.get(name).copied().map(Primitive)
}

/// The names of all primitives.
pub fn primitives() -> impl Iterator<Item = &'static str> {
    table().0.iter().map(|entry| entry.name)
}

impl Primitive {
    pub fn name(self) -> &'static str {
        table().0[usize::from(self.0)].name
    }

    pub fn arity(self) -> usize {
        usize::from(table().0[usize::from(self.0)].arity)
    }
}

impl Serialize for Primitive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Primitive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Primitive, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        primitive(&name).ok_or_else(|| serde::de::Error::custom(format!("there is no primitive `{name}`")))
    }
}

impl Machine<'_> {
    /// Runs a primitive whose arguments are on the stack from `start` on, and takes them off.
    pub(crate) fn enter_primitive(&mut self, primitive: Primitive, start: usize, at: OriginId) -> Eval<Value> {
        let entry = table().0[usize::from(primitive.0)];
        let count = self.stack.len() - start;
        if count != usize::from(entry.arity) {
            self.stack.truncate(start);
            return Err(Stop::new(FailureKind::Mismatch {
                operation: entry.name,
                found: "another number of arguments",
            }));
        }
        let mut arguments = [const { Value::None }; ARITY_MAX];
        for slot in (0..count).rev() {
            if let Some(argument) = self.stack.pop() {
                arguments[slot] = argument;
            }
        }
        let before = std::mem::replace(&mut self.at, at);
        let result = (entry.run)(self, &mut arguments[..count]);
        self.at = before;
        result.map_err(|stop| self.place(stop, at))
    }

    // Arguments as what they have to be.

    /// Replaces a later value that is known after all; any other stays.
    pub(crate) fn settle_later(&mut self, value: &mut Value) -> Eval<()> {
        if let Value::Later(later) = value
            && let Some(known) = self.known(&later.clone())?
        {
            *value = known;
        }
        Ok(())
    }

    pub(crate) fn take_list(&mut self, value: &mut Value, operation: &'static str) -> Eval<Rc<Items>> {
        self.settle_later(value)?;
        match value {
            Value::List(items) => Ok(items.clone()),
            other => Err(self.unfit(other, operation)),
        }
    }

    pub(crate) fn take_dictionary(&mut self, value: &mut Value, operation: &'static str) -> Eval<Rc<Dictionary>> {
        self.settle_later(value)?;
        match value {
            Value::Dictionary(entries) => Ok(entries.clone()),
            other => Err(self.unfit(other, operation)),
        }
    }

    pub(crate) fn take_int(&mut self, value: &mut Value, operation: &'static str) -> Eval<i64> {
        self.settle_later(value)?;
        match value {
            Value::Int(value) => Ok(*value),
            other => Err(self.unfit(other, operation)),
        }
    }

    pub(crate) fn take_float(&mut self, value: &mut Value, operation: &'static str) -> Eval<f64> {
        self.settle_later(value)?;
        match value {
            Value::Float(value) => Ok(*value),
            other => Err(self.unfit(other, operation)),
        }
    }

    pub(crate) fn take_text(&mut self, value: &mut Value, operation: &'static str) -> Eval<Arc<str>> {
        let value = std::mem::replace(value, Value::None);
        self.text(&value, operation)
    }

    /// An Optional that is known; what it holds may not be.
    pub(crate) fn take_optional(&mut self, value: &mut Value, operation: &'static str) -> Eval<Option<Value>> {
        match value {
            Value::None => Ok(None),
            Value::Some(inner) => Ok(Some(inner.0.clone())),
            other => Err(self.unfit(other, operation)),
        }
    }

    /// An argument that a program got wrong.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> Stop {
        Stop::new(FailureKind::Argument(reason.into()))
    }

    pub(crate) fn new_text(&mut self, text: String) -> Eval<Value> {
        self.charge_bytes(text.len())?;
        Ok(Value::string(text))
    }

    pub(crate) fn new_list(&mut self, items: Vec<Value>) -> Eval<Value> {
        self.charge_nodes(items.len())?;
        Ok(Value::list(items))
    }
}
