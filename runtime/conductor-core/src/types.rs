//! The facts of the types that one computation meets, each asked for once.

use std::cell::RefCell;
use std::sync::Arc;

use lw_plan::Class;
use rustc_hash::FxHashMap;

use crate::{Catalogue, TypeFacts};

pub(crate) struct Types<'a> {
    catalogue: &'a dyn Catalogue,
    known: RefCell<FxHashMap<String, Arc<TypeFacts>>>,
}

impl<'a> Types<'a> {
    pub(crate) fn new(catalogue: &'a dyn Catalogue) -> Types<'a> {
        Types { catalogue, known: RefCell::default() }
    }

    pub(crate) fn facts(&self, wire_type: &str) -> Arc<TypeFacts> {
        if let Some(facts) = self.known.borrow().get(wire_type) {
            return facts.clone();
        }
        let facts = self.catalogue.facts(wire_type).unwrap_or_default();
        self.known.borrow_mut().insert(wire_type.to_string(), facts.clone());
        facts
    }

    /// The stricter of what the Plan and what the catalogue say.
    pub(crate) fn class(&self, wire_type: &str, stated: Class) -> Class {
        match (stated, self.facts(wire_type).class) {
            (Class::Data, _) | (_, Class::Data) => Class::Data,
            (Class::Compute, _) | (_, Class::Compute) => Class::Compute,
            (Class::Configuration, Class::Configuration) => Class::Configuration,
        }
    }
}
