//! What is given for a template's parameters from outside.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// The value that is given for a parameter of that name, if any is.
pub type Given<'g> = &'g dyn Fn(&str) -> Option<String>;

/// Values of parameters and pseudo parameters, by name.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: FxHashMap<Arc<str>, Arc<str>>,
}

impl Settings {
    /// The last of a name counts.
    pub fn new(given: impl IntoIterator<Item = (String, String)>) -> Settings {
        Settings { values: given.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }

    pub fn get(&self, name: &str) -> Option<&Arc<str>> {
        self.values.get(name)
    }
}
