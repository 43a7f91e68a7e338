//! The resources that rules look at, and how they refer to each other.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::machine::Machine;
use crate::program::SiteMode;
use crate::value::{ResourceId, Term, Value};

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

/// The resources that a value holds or takes an attribute of, in order, repeats included; of what a large value shares, once.
pub fn mentioned(value: &Value, found: &mut Vec<ResourceId>) {
    // Most values are texts and numbers.
    if let Value::Resource(id) | Value::Blueprint(id) = value {
        found.push(*id);
    } else if value.is_composite() {
        Mentions { found, left: Extent::SMALL, walked: FxHashSet::default() }.walk(value);
    }
}

struct Mentions<'f> {
    found: &'f mut Vec<ResourceId>,
    /// Parts that are looked at before anybody minds what is shared.
    left: u32,
    walked: FxHashSet<usize>,
}

impl Mentions<'_> {
    fn walk(&mut self, value: &Value) {
        if let Value::Resource(id) | Value::Blueprint(id) = value {
            self.found.push(*id);
        }
        if !value.is_composite() {
            return;
        }
        if self.left > 0 {
            self.left -= 1;
        } else if let Some(address) = value.shared()
            && !self.walked.insert(address)
        {
            return;
        }
        crate::eval::with_stack(|| match value {
            Value::Later(later) if let Term::Get { resource, .. } = &later.term => self.found.push(*resource),
            other => other.parts().iter().for_each(|part| self.walk(part)),
        });
    }
}

/// How many parts values have when they are written out, where what is shared is written each time. Small values are not counted.
#[derive(Debug, Default)]
pub struct Extent {
    parts: u64,
}

impl Extent {
    /// Values of up to so many parts are small.
    const SMALL: u32 = 4_096;

    /// What values may come to, all of them together, beside so many resources.
    pub fn max(resources: usize) -> u64 {
        1_000_000 + 1_000 * resources as u64
    }

    pub fn parts(&self) -> u64 {
        self.parts
    }

    /// Adds a value's parts.
    pub fn add(&mut self, value: &Value) {
        let mut left = Extent::SMALL;
        if !value.is_composite() || is_small(value, &mut left) {
            return;
        }
        self.parts = self.parts.saturating_add(extent(value, &mut FxHashMap::default()));
    }
}

fn is_small(value: &Value, left: &mut u32) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    crate::eval::with_stack(|| value.parts().iter().all(|part| is_small(part, left)))
}

fn extent(value: &Value, known: &mut FxHashMap<usize, u64>) -> u64 {
    if !value.is_composite() {
        return 1;
    }
    let shared = value.shared();
    if let Some(known) = shared.and_then(|address| known.get(&address)) {
        return *known;
    }
    let parts = crate::eval::with_stack(|| {
        value.parts().iter().fold(1_u64, |sum, part| sum.saturating_add(extent(part, known)))
    });
    if let Some(address) = shared {
        known.insert(address, parts);
    }
    parts
}
