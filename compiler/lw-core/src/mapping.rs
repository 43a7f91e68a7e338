//! Entries of dictionaries by keys that are open inputs: whoever makes something of the Plan finds them.
//!
//! The one idea: as long as a dictionary is plain data, finding an entry is a question that a template can ask by itself. How the
//! dictionary is called goes with it, so that it keeps its name.

use std::rc::Rc;
use std::sync::Arc;

use crate::inputs::OPEN_PARAMETER;
use crate::machine::Machine;
use crate::value::{Boxed, Dictionary, Later, Term, Value};

/// The source of an entry that is found later, in [`Term::Lookup`]; its argument has `keys`, outermost first, the `entries`, and the
/// `name` of the binding, which is empty where there is none.
pub const MAPPING: &str = "mapping";

/// Keys that lead to a value.
const KEYS_MAX: usize = 2;

/// A dictionary whose entry is found by keys that are known only later.
struct Found {
    name: Arc<str>,
    keys: Vec<Value>,
    entries: Rc<Dictionary>,
}

impl Machine<'_> {
    /// The entry of a key, where the key is an open parameter, or the dictionary such an entry itself; None where it has to be found now.
    pub(crate) fn find_later(&self, key: &Value, dictionary: &Value) -> Option<Value> {
        if self.policy || !self.has_open_inputs() || !is_key(key) {
            return None;
        }
        let mut found = match dictionary {
            Value::Later(later) => Found::of(later)?,
            Value::Dictionary(entries) if matches!(key, Value::Later(_)) && is_mapping(entries) => {
                let name = self.name_of(entries).unwrap_or_else(|| Arc::from(""));
                Found { name, keys: Vec::new(), entries: entries.clone() }
            }
            _ => return None,
        };
        found.keys.push(key.clone());
        let depth =
            if found.entries.values.iter().all(|value| matches!(value, Value::Dictionary(_))) { KEYS_MAX } else { 1 };
        (found.keys.len() <= depth).then(|| self.later(found.term()))
    }

    /// The binding whose value a dictionary is.
    fn name_of(&self, dictionary: &Rc<Dictionary>) -> Option<Arc<str>> {
        let is_own =
            |value: Option<&Value>| matches!(value, Some(Value::Dictionary(own)) if Rc::ptr_eq(own, dictionary));
        let at = (0..self.global_names.len()).find(|at| is_own(self.evaluated(*at)))?;
        Some(self.global_names[at].clone())
    }
}

impl Found {
    fn of(later: &Later) -> Option<Found> {
        let Term::Lookup { source, argument } = &later.term else { return None };
        let Value::Dictionary(argument) = &**argument else { return None };
        match (argument.get("name"), argument.get("keys"), argument.get("entries")) {
            (Some(Value::String(name)), Some(Value::List(keys)), Some(Value::Dictionary(entries)))
                if **source == *MAPPING =>
            {
                Some(Found { name: name.clone(), keys: keys.to_vec(), entries: entries.clone() })
            }
            _ => None,
        }
    }

    fn term(self) -> Term {
        let Found { name, keys, entries } = self;
        let argument = [
            (Arc::from("name"), Value::String(name)),
            (Arc::from("keys"), Value::list(keys)),
            (Arc::from("entries"), Value::Dictionary(entries)),
        ];
        Term::Lookup { source: Arc::from(MAPPING), argument: Boxed::new(Value::dictionary(argument)) }
    }
}

/// Text that is known, or an open parameter.
fn is_key(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Later(later) => matches!(&later.term, Term::Lookup { source, .. } if **source == *OPEN_PARAMETER),
        _ => false,
    }
}

/// Plain values by names of letters, digits, dots and hyphens; or dictionaries of them.
fn is_mapping(entries: &Dictionary) -> bool {
    let is_name = |key: &Arc<str>| {
        !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.')
    };
    let are_plain = |entries: &Dictionary| {
        let mut all = entries.entries();
        all.all(|(key, value)| is_name(key) && is_plain(value))
    };
    let mut all = entries.entries();
    !entries.is_empty()
        && (are_plain(entries)
            || all.all(|(key, value)| matches!(value, Value::Dictionary(inner) if is_name(key) && are_plain(inner))))
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => true,
        Value::List(items) => items.iter().all(|item| matches!(item, Value::String(_))),
        _ => false,
    }
}
