//! The resources that rules look at, and how they refer to each other.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::machine::Machine;
use crate::program::SiteMode;
use crate::value::{Cause, ResourceId, Term, Value};

/// A set of resources in the order of their paths.
#[derive(Debug, Default)]
pub struct Graph {
    resources: Vec<ResourceId>,
    /// What each refers to, in the order of paths; made when a rule first asks.
    references: OnceCell<FxHashMap<ResourceId, Vec<ResourceId>>>,
    referrers: OnceCell<FxHashMap<ResourceId, Vec<ResourceId>>>,
    /// Observed resources by what their cloud calls them.
    names: FxHashMap<Arc<str>, ResourceId>,
}

impl Graph {
    pub fn new(resources: Vec<ResourceId>) -> Graph {
        Graph { resources, ..Graph::default() }
    }

    pub(crate) fn with_names(resources: Vec<ResourceId>, names: FxHashMap<Arc<str>, ResourceId>) -> Graph {
        Graph { resources, names, ..Graph::default() }
    }

    pub fn resources(&self) -> &[ResourceId] {
        &self.resources
    }

    pub(crate) fn known_as(&self, name: &str) -> Option<ResourceId> {
        self.names.get(name).copied()
    }

    pub(crate) fn is_related(&self) -> bool {
        self.references.get().is_some()
    }

    pub(crate) fn set_references(&self, references: FxHashMap<ResourceId, Vec<ResourceId>>) {
        let _ = self.references.set(references);
    }

    pub(crate) fn references(&self, id: ResourceId) -> Vec<ResourceId> {
        self.references.get().and_then(|all| all.get(&id)).cloned().unwrap_or_default()
    }

    pub(crate) fn referrers(&self, id: ResourceId) -> Vec<ResourceId> {
        let all = self.referrers.get_or_init(|| {
            let mut all: FxHashMap<ResourceId, Vec<ResourceId>> = FxHashMap::default();
            let Some(references) = self.references.get() else { return all };
            for from in &self.resources {
                for to in references.get(from).map_or(&[][..], Vec::as_slice) {
                    all.entry(*to).or_default().push(*from);
                }
            }
            all
        });
        all.get(&id).cloned().unwrap_or_default()
    }

    pub(crate) fn reachable(&self, id: ResourceId) -> Vec<ResourceId> {
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        let mut queue = VecDeque::from([id]);
        while let Some(from) = queue.pop_front() {
            for to in self.references(from) {
                if seen.insert(to) {
                    found.push(to);
                    queue.push_back(to);
                }
            }
        }
        found
    }
}

impl Machine<'_> {
    /// Names the resources that rules may look at.
    pub fn set_graph(&mut self, graph: Graph) {
        self.graph = Some(Rc::new(graph));
    }

    /// Finds out what refers to what, once.
    pub(crate) fn relate(&mut self, graph: &Graph) {
        if graph.is_related() {
            return;
        }
        let mut references = FxHashMap::default();
        let mut found = Vec::new();
        for id in &graph.resources {
            for (_, value) in self.properties(*id) {
                mentioned(value, &mut found);
            }
            if found.len() > 1 {
                found.sort_by(|left, right| (self.path(*left), left).cmp(&(self.path(*right), right)));
                found.dedup();
            }
            if !found.is_empty() {
                references.insert(*id, found.clone());
                found.clear();
            }
        }
        graph.set_references(references);
    }

    pub(crate) fn resource_value(&self, id: ResourceId) -> Value {
        match self.resource(id).mode {
            SiteMode::Blueprint => Value::Blueprint(id),
            SiteMode::Managed | SiteMode::Existing => Value::Resource(id),
        }
    }

    pub(crate) fn wire_type_of(&self, id: ResourceId) -> &Arc<str> {
        &self.program.resource_type(self.resource(id).resource_type).wire
    }
}

/// The resources that a value holds or takes an attribute of, in order, repeats included.
pub fn mentioned(value: &Value, found: &mut Vec<ResourceId>) {
    if let Value::Resource(id) | Value::Blueprint(id) = value {
        found.push(*id);
    }
    // Most values are texts and numbers.
    if !value.is_composite() {
        return;
    }
    crate::eval::with_stack(|| match value {
        Value::Tuple(items) | Value::List(items) => items.iter().for_each(|item| mentioned(item, found)),
        Value::Record(record) => record.values.iter().for_each(|item| mentioned(item, found)),
        Value::Dictionary(dictionary) => dictionary.values.iter().for_each(|item| mentioned(item, found)),
        Value::Some(inner) | Value::Constructor(_, Some(inner)) => mentioned(inner, found),
        Value::Undecided(cause) => {
            if let Cause::Choice(choice) = &**cause {
                mentioned(&choice.then, found);
                mentioned(&choice.otherwise, found);
            }
        }
        Value::Later(later) => match &later.term {
            Term::Get { resource, .. } => found.push(*resource),
            Term::Concat(items) | Term::Cidr(items) => items.iter().for_each(|item| mentioned(item, found)),
            Term::Join { parts: inner, .. }
            | Term::Json(inner)
            | Term::Base64(inner)
            | Term::Select { list: inner, .. }
            | Term::Split { text: inner, .. }
            | Term::Secret { argument: inner, .. }
            | Term::Lookup { argument: inner, .. } => mentioned(inner, found),
        },
        _ => {}
    });
}
