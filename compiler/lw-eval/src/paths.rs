//! Names for resources: where each is reached from the top-level bindings.
//!
//! A path under the binding that made the resource wins over any other, a path through plain values over one through another
//! resource's properties, and of several the first in the order of names, positions and keys. The order of statements and of
//! evaluation plays no part.

use std::fmt::Write;
use std::sync::Arc;

use lw_core::{GlobalId, ResourceId, Term, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::evaluate::Evaluation;

struct Named {
    path: Arc<str>,
    /// The binding that the path starts with; none for an output.
    root: Option<GlobalId>,
}

/// Gives every reached resource and blueprint its path.
pub(crate) fn name_resources(evaluation: &mut Evaluation<'_>) {
    let mut names = Names { evaluation, named: FxHashMap::default() };
    names.name_by_values();
    if names.named.len() < names.evaluation.reached.len() {
        names.name_by_properties();
    }
    let named = names.named;
    let mut paths = vec![None; evaluation.machine.resource_ids().count()];
    for (id, name) in named {
        paths[id.index()] = Some(name.path);
    }
    evaluation.machine.set_paths(paths);
}

struct Names<'n, 'e> {
    evaluation: &'n Evaluation<'e>,
    named: FxHashMap<ResourceId, Named>,
}

impl Names<'_, '_> {
    fn owner(&self, id: ResourceId) -> Option<GlobalId> {
        self.evaluation.machine.resource(id).owner
    }

    fn name_by_values(&mut self) {
        let evaluation = self.evaluation;
        for (name, root, value) in &evaluation.values {
            // Most bindings are resources; they need no walk.
            if let Value::Resource(id) = value {
                self.name(*id, *root, || Arc::from(name.as_str()));
                continue;
            }
            let mut walk = Walk::new(evaluation, name.as_str());
            walk.value(value, false);
            for (id, path) in walk.found {
                self.name(id, *root, || Arc::from(path));
            }
        }
    }

    /// Gives a resource its path unless it has a better one.
    fn name(&mut self, id: ResourceId, root: GlobalId, path: impl FnOnce() -> Arc<str>) {
        let own = self.owner(id) == Some(root);
        match self.named.get(&id) {
            Some(before) if !own || before.root == Some(root) => {}
            _ => _ = self.named.insert(id, Named { path: path(), root: Some(root) }),
        }
    }

    /// Names what is reached only through properties and outputs, wave by wave.
    fn name_by_properties(&mut self) {
        let evaluation = self.evaluation;
        let mut waiting: FxHashMap<ResourceId, Named> = FxHashMap::default();
        // A binding that is an attribute leads to its resource, too.
        for (name, root, value) in &evaluation.values {
            let mut walk = Walk::new(evaluation, name.as_str());
            walk.value(value, true);
            self.wait(&mut waiting, walk.found, Some(*root));
        }
        let mut frontier: Vec<ResourceId> = self.named.keys().copied().collect();
        let mut others = Some(others(evaluation));
        loop {
            frontier.sort_by(|left, right| self.named[left].path.cmp(&self.named[right].path));
            for holder in frontier.drain(..) {
                let (path, root) = (self.named[&holder].path.clone(), self.named[&holder].root);
                let mut properties: Vec<_> = evaluation.machine.properties(holder).collect();
                properties.sort_by_key(|(name, _)| evaluation.lowered.core.name(*name));
                for (name, value) in properties {
                    let mut walk = Walk::new(evaluation, &format!("{path}.{}", evaluation.lowered.core.name(name)));
                    walk.value(value, true);
                    self.wait(&mut waiting, walk.found, root);
                }
                let depends_on = evaluation.kept.get(&holder).map_or(&[][..], |kept| &kept.depends_on[..]);
                let found = depends_on.iter().enumerate().map(|(at, id)| (*id, format!("{path}.dependsOn[{at}]")));
                self.wait(&mut waiting, found.collect(), root);
                if let Some(provider) = evaluation.kept.get(&holder).and_then(|kept| kept.provider.as_ref()) {
                    let mut walk = Walk::new(evaluation, &format!("{path}.provider"));
                    walk.value(provider, true);
                    self.wait(&mut waiting, walk.found, root);
                }
            }
            // First those that the binding which made them leads to; the others when there are none of these left.
            let is_own = |id: &ResourceId, name: &Named| name.root.is_some() && name.root == self.owner(*id);
            let mut accepted: Vec<ResourceId> =
                waiting.iter().filter(|(id, name)| is_own(id, name)).map(|(id, _)| *id).collect();
            if accepted.is_empty() {
                accepted = waiting.keys().copied().collect();
            }
            if accepted.is_empty() {
                let Some(others) = others.take() else { return };
                for (path, value) in others {
                    let mut walk = Walk::new(evaluation, &path);
                    walk.value(value, true);
                    self.wait(&mut waiting, walk.found, None);
                }
                continue;
            }
            for id in accepted {
                if let Some(name) = waiting.remove(&id) {
                    self.named.insert(id, name);
                    frontier.push(id);
                }
            }
        }
    }

    fn wait(
        &self,
        waiting: &mut FxHashMap<ResourceId, Named>,
        found: Vec<(ResourceId, String)>,
        root: Option<GlobalId>,
    ) {
        for (id, path) in found {
            if self.named.contains_key(&id) {
                continue;
            }
            let own = root.is_some() && root == self.owner(id);
            match waiting.get(&id) {
                Some(before) if !own || before.root == root => {}
                _ => _ = waiting.insert(id, Named { path: path.into(), root }),
            }
        }
    }
}

/// What else can lead to a resource, when no binding does: outputs and `defaults`.
fn others<'v>(evaluation: &'v Evaluation<'_>) -> Vec<(String, &'v Value)> {
    let outputs = evaluation.outputs.iter().map(|(name, _, value)| (format!("output.{name}.value"), value));
    let tags = evaluation.defaults.tags.iter().map(|value| ("defaults.tags".to_string(), value));
    let provider = evaluation.defaults.provider.iter().map(|value| ("defaults.provider".to_string(), value));
    outputs.chain(tags).chain(provider).collect()
}

/// A walk through one value, in order: the resources in it, each with its first path.
struct Walk<'w, 'e> {
    evaluation: &'w Evaluation<'e>,
    path: String,
    found: Vec<(ResourceId, String)>,
    seen: FxHashSet<ResourceId>,
    /// Shared parts that were walked: a second time they lead to nothing new.
    walked: FxHashSet<usize>,
}

impl<'w, 'e> Walk<'w, 'e> {
    fn new(evaluation: &'w Evaluation<'e>, start: &str) -> Walk<'w, 'e> {
        Walk {
            evaluation,
            path: start.to_string(),
            found: Vec::new(),
            seen: FxHashSet::default(),
            walked: FxHashSet::default(),
        }
    }

    fn add(&mut self, id: ResourceId) {
        if self.seen.insert(id) {
            self.found.push((id, self.path.clone()));
        }
    }

    fn step(&mut self, value: &Value, attributes: bool, write: impl FnOnce(&mut String)) {
        let length = self.path.len();
        write(&mut self.path);
        self.value(value, attributes);
        self.path.truncate(length);
    }

    /// `attributes`: an attribute of a resource leads to it, too.
    fn value(&mut self, value: &Value, attributes: bool) {
        let shared = match value {
            Value::Tuple(items) | Value::List(items) => shared(items),
            Value::Record(record) => shared(record),
            Value::Dictionary(dictionary) => shared(dictionary),
            _ => None,
        };
        if let Some(address) = shared
            && !self.walked.insert(address)
        {
            return;
        }
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || match value {
            Value::Resource(id) | Value::Blueprint(id) => self.add(*id),
            Value::Tuple(items) | Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.step(item, attributes, |path| _ = write!(path, "[{at}]"));
                }
            }
            Value::Record(record) => {
                let names = &self.evaluation.lowered.core.names;
                let mut fields: Vec<(&str, &Value)> =
                    record.fields().map(|(name, value)| (&*names[name.index()], value)).collect();
                fields.sort_unstable_by_key(|(name, _)| *name);
                for (name, item) in fields {
                    self.step(item, attributes, |path| _ = write!(path, ".{name}"));
                }
            }
            Value::Dictionary(dictionary) => {
                for (key, item) in dictionary.entries() {
                    self.step(item, attributes, |path| _ = write!(path, "[{}]", json_key(key)));
                }
            }
            Value::Some(inner) | Value::Constructor(_, Some(inner)) => self.value(inner, attributes),
            Value::Later(later) => match &later.term {
                Term::Get { resource, .. } if attributes => self.add(*resource),
                Term::Get { .. } => {}
                _ if attributes => self.term(value),
                _ => {}
            },
            _ => {}
        });
    }

    /// A term over one resource leads to it; over several, to each by its place in the term.
    fn term(&mut self, value: &Value) {
        let mut found = Vec::new();
        lw_core::mentioned(value, &mut found);
        let mut distinct = FxHashSet::default();
        found.retain(|id| distinct.insert(*id));
        if let [one] = found[..] {
            return self.add(one);
        }
        for (at, id) in found.into_iter().enumerate() {
            let length = self.path.len();
            _ = write!(self.path, "[{at}]");
            self.add(id);
            self.path.truncate(length);
        }
    }
}

/// A key as a path writes it.
fn json_key(key: &str) -> String {
    lw_plan::Json::from(key).to_string()
}

fn shared<T>(value: &std::rc::Rc<T>) -> Option<usize> {
    (std::rc::Rc::strong_count(value) > 1).then_some(std::rc::Rc::as_ptr(value) as usize)
}
