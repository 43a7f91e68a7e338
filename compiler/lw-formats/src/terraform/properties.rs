//! Properties of a resource as they are put together, one path after the other.

use std::sync::Arc;

use lw_diagnostics::Span;

use crate::tree::{Entry, Node, NodeKind};

/// One step to a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a mapping.
    Name(Arc<str>),
    /// The only element of a list, which is made where there is none.
    Only,
}

/// `Destination.Rules[].Name`, `Policies[+].PolicyName`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    pub steps: Vec<Step>,
    /// Whether what part of a resource says is one element more of its first property: `[+]`.
    pub appends: bool,
}

impl Path {
    /// Reads a path as the table writes it; an empty text is the place itself.
    pub fn parse(text: &str) -> Path {
        let (mut steps, mut appends) = (Vec::new(), false);
        for part in text.split('.').filter(|part| !part.is_empty()) {
            let (name, step) = match (part.strip_suffix("[]"), part.strip_suffix("[+]")) {
                (Some(name), _) => (name, Some(Step::Only)),
                (_, Some(name)) => {
                    appends = true;
                    (name, Some(Step::Only))
                }
                _ => (part, None),
            };
            if !name.is_empty() {
                steps.push(Step::Name(Arc::from(name)));
            }
            steps.extend(step);
        }
        Path { steps, appends }
    }

    /// The property at its beginning.
    pub fn first(&self) -> Option<&Arc<str>> {
        match self.steps.first() {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The only property that it names, if it leads no deeper.
    pub fn only(&self) -> Option<&Arc<str>> {
        self.first().filter(|_| self.steps.len() == 1)
    }
}

/// Properties by their wire names, in the order in which they were put.
#[derive(Clone, Debug, Default)]
pub struct Properties {
    entries: Vec<Entry>,
}

impl Properties {
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Puts a value at a path. What stands there already stays: several attributes may say the same.
    pub fn put(&mut self, path: &Path, key_span: Span, value: Node) {
        if path.steps.is_empty() {
            // The value is the whole: its entries are properties.
            if let NodeKind::Mapping(entries) = value.kind {
                for entry in entries {
                    merge(&mut self.entries, entry, Precedence::First);
                }
            }
            return;
        }
        let built = built(&path.steps, key_span, value);
        let NodeKind::Mapping(entries) = built.kind else { return };
        for entry in entries {
            merge(&mut self.entries, entry, Precedence::First);
        }
    }

    /// Puts the elements of a list behind those that are there.
    pub fn append(&mut self, path: &Path, key_span: Span, value: Node) {
        let known = path.only().and_then(|name| self.entries.iter_mut().find(|entry| entry.key == *name));
        match (known.map(|entry| &mut entry.value.kind), value.kind) {
            (Some(NodeKind::List(known)), NodeKind::List(more)) => known.extend(more),
            (_, kind) => self.put(path, key_span, Node { kind, span: value.span }),
        }
    }

    /// Takes over what another resource says about this one: it is right where both say something, or says one thing more.
    pub fn absorb(&mut self, part: Properties, appended: &[Arc<str>]) {
        for entry in part.entries {
            let known = self.entries.iter_mut().find(|known| known.key == entry.key);
            match known.map(|known| &mut known.value) {
                Some(known) if appended.contains(&entry.key) => {
                    if let (NodeKind::List(known), NodeKind::List(more)) = (&mut known.kind, entry.value.kind) {
                        known.extend(more);
                    }
                }
                Some(known) => merge_nodes(known, entry.value, Precedence::Second),
                None => self.entries.push(entry),
            }
        }
    }

    /// Makes a property open, whatever has been said of it.
    pub fn open(&mut self, name: &Arc<str>, span: Span, what: &Arc<str>) {
        let value = Node { kind: NodeKind::Later(what.clone()), span };
        match self.entries.iter_mut().find(|entry| entry.key == *name) {
            Some(entry) => entry.value = value,
            None => self.entries.push(Entry { key: name.clone(), key_span: span, value }),
        }
    }
}

/// A value with everything around it that a path names.
fn built(steps: &[Step], key_span: Span, value: Node) -> Node {
    let span = value.span;
    steps.iter().rev().fold(value, |inner, step| match step {
        Step::Name(name) => {
            let entry = Entry { key: name.clone(), key_span, value: inner };
            Node { kind: NodeKind::Mapping(vec![entry]), span }
        }
        Step::Only => Node { kind: NodeKind::List(vec![inner]), span },
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Precedence {
    /// What is there stays.
    First,
    /// What comes is right.
    Second,
}

fn merge(entries: &mut Vec<Entry>, entry: Entry, precedence: Precedence) {
    match entries.iter_mut().find(|known| known.key == entry.key) {
        Some(known) => merge_nodes(&mut known.value, entry.value, precedence),
        None => entries.push(entry),
    }
}

fn merge_nodes(known: &mut Node, new: Node, precedence: Precedence) {
    match (&mut known.kind, new.kind) {
        (NodeKind::Mapping(known), NodeKind::Mapping(new)) => {
            for entry in new {
                merge(known, entry, precedence);
            }
        }
        (NodeKind::List(items), NodeKind::List(mut new)) if items.len() == 1 && new.len() == 1 => {
            if let (NodeKind::Mapping(_), Some(item)) = (&items[0].kind, new.pop()) {
                merge_nodes(&mut items[0], item, precedence);
            }
        }
        (_, kind) if precedence == Precedence::Second => *known = Node { kind, span: new.span },
        _ => {}
    }
}
