//! `Fn::ForEach`: loops are written out before anything else is read, as CloudFormation's language extensions do.
//!
//! Places stay those of the text: every copy of a resource is declared where the loop's body stands.

use std::sync::Arc;

use lw_diagnostics::Diagnostic;

use crate::errors;
use crate::settings::Given;
use crate::template::Repetition;
use crate::tree::{Entry, Node, NodeKind};
use crate::yaml::NODES_MAX;

const KEY: &str = "Fn::ForEach";

/// Writes out every loop of a document.
pub fn expand(root: &mut Node, given: Given<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !mentions_loop(root) {
        return;
    }
    let parameters = root.get("Parameters").cloned();
    let mut loops = Loops { given, parameters: parameters.as_ref(), nodes: 0, diagnostics };
    loops.expand(root, &mut Vec::new());
}

/// Takes loops over resources out of a document, where each of what they repeat can be said once: the variable is the only thing that
/// differs, and stands in their names and in texts alone.
pub fn keep(root: &mut Node) -> Vec<(Repetition, Vec<Entry>)> {
    let parameters = root.get("Parameters").cloned();
    let NodeKind::Mapping(sections) = &mut root.kind else { return Vec::new() };
    let Some(resources) = sections.iter_mut().find(|section| &*section.key == "Resources") else { return Vec::new() };
    let NodeKind::Mapping(entries) = &mut resources.value.kind else { return Vec::new() };
    let mut kept = Vec::new();
    entries.retain(|entry| match repetition(entry, parameters.as_ref()) {
        Some(found) => {
            kept.push(found);
            false
        }
        None => true,
    });
    kept
}

fn repetition(entry: &Entry, parameters: Option<&Node>) -> Option<(Repetition, Vec<Entry>)> {
    let name = entry.key.strip_prefix(KEY)?.trim_start_matches(':');
    let [variable, collection, body] = entry.value.items() else { return None };
    let (variable, NodeKind::Mapping(bodies)) = (variable.text()?, &body.kind) else { return None };
    let values: Vec<Arc<str>> = match (&collection.kind, reference(collection)) {
        (NodeKind::List(items), _) => items.iter().map(|item| item.text().cloned()).collect::<Option<_>>()?,
        (_, Some(name)) => {
            let parameter = parameters?.get(name)?;
            let default = parameter.get("Default").and_then(Node::scalar_text).unwrap_or_default();
            default.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Arc::from).collect()
        }
        _ => return None,
    };
    let mut distinct = values.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let place = format!("${{{variable}}}");
    let is_simple = |body: &Entry| {
        let is_serverless = body.value.get("Type").and_then(Node::text).is_none_or(|text| text.contains("Serverless"));
        body.key.contains(&place) && !body.key.contains("&{") && !is_serverless && says_once(&body.value, &place)
    };
    if distinct.len() != values.len() || bodies.is_empty() || !bodies.iter().all(is_simple) {
        return None;
    }
    let repetition = Repetition {
        name: Arc::from(name),
        variable: variable.clone(),
        collection: collection.clone(),
        values,
        is_alone: bodies.len() == 1,
    };
    Some((repetition, bodies.clone()))
}

/// Whether nothing within a node depends on the variable but texts.
fn says_once(node: &Node, place: &str) -> bool {
    match &node.kind {
        // `${Bucket${Name}.Arn}`: a reference whose name is put together.
        NodeKind::String(text) => {
            let mut rest = &**text;
            while let Some((_, behind)) = rest.split_once("${") {
                let inside = behind.split('}').next().unwrap_or_default();
                if inside.contains("${") {
                    return false;
                }
                rest = behind;
            }
            !text.contains("&{")
        }
        NodeKind::List(items) => items.iter().all(|item| says_once(item, place)),
        NodeKind::Mapping(entries) => entries
            .iter()
            .all(|entry| !entry.key.starts_with(KEY) && !entry.key.contains(place) && says_once(&entry.value, place)),
        _ => true,
    }
}

fn mentions_loop(root: &Node) -> bool {
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        for entry in node.entries() {
            if entry.key.starts_with(KEY) {
                return true;
            }
            waiting.push(&entry.value);
        }
        waiting.extend(node.items());
    }
    false
}

struct Loops<'l> {
    given: Given<'l>,
    parameters: Option<&'l Node>,
    nodes: usize,
    diagnostics: &'l mut Vec<Diagnostic>,
}

/// Loop variables with what they stand for, outermost first.
type Variables = Vec<(Arc<str>, Arc<str>)>;

impl Loops<'_> {
    /// Writes out the loops within a node, and puts in what variables stand for.
    fn expand(&mut self, node: &mut Node, variables: &mut Variables) {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            if self.nodes == NODES_MAX + 1 {
                self.diagnostics.push(errors::too_many_nodes(NODES_MAX, node.span));
            }
            node.kind = NodeKind::Refused;
            return;
        }
        if let Some(value) = reference(node).and_then(|name| lookup(variables, name)) {
            node.kind = NodeKind::String(value);
            return;
        }
        match &mut node.kind {
            NodeKind::String(text) => {
                if let Some(replaced) = replaced(text, variables) {
                    *text = replaced;
                }
            }
            NodeKind::List(items) => items.iter_mut().for_each(|item| self.expand(item, variables)),
            NodeKind::Mapping(entries) => {
                let mut expanded: Vec<Entry> = Vec::with_capacity(entries.len());
                for mut entry in std::mem::take(entries) {
                    if entry.key.starts_with(KEY) {
                        self.write_out(&entry, variables, &mut expanded);
                        continue;
                    }
                    if let Some(key) = replaced(&entry.key, variables) {
                        entry.key = key;
                    }
                    self.expand(&mut entry.value, variables);
                    expanded.push(entry);
                }
                *entries = expanded;
            }
            _ => {}
        }
    }

    fn write_out(&mut self, entry: &Entry, variables: &mut Variables, expanded: &mut Vec<Entry>) {
        let wanted = "a name, a list, and what is repeated";
        let [variable, collection, body] = entry.value.items() else {
            self.diagnostics.push(errors::bad_argument(KEY, wanted, entry.value.span));
            return;
        };
        let (Some(variable), NodeKind::Mapping(body)) = (variable.text(), &body.kind) else {
            self.diagnostics.push(errors::bad_argument(KEY, wanted, entry.value.span));
            return;
        };
        for value in self.collection(collection, variables) {
            variables.push((variable.clone(), value));
            for repeated in body {
                let mut copy = repeated.clone();
                if copy.key.starts_with(KEY) {
                    self.write_out(&copy, variables, expanded);
                    continue;
                }
                if let Some(key) = replaced(&copy.key, variables) {
                    copy.key = key;
                }
                self.expand(&mut copy.value, variables);
                match expanded.iter().find(|known| known.key == copy.key) {
                    Some(known) => {
                        self.diagnostics.push(errors::key_twice(&copy.key, copy.key_span, known.key_span));
                    }
                    None => expanded.push(copy),
                }
            }
            variables.pop();
            if self.nodes > NODES_MAX {
                return;
            }
        }
    }

    /// What a loop goes through.
    fn collection(&mut self, node: &Node, variables: &Variables) -> Vec<Arc<str>> {
        if let NodeKind::List(items) = &node.kind {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                match (reference(item), item.scalar_text()) {
                    (Some(name), _) => match lookup(variables, name) {
                        Some(value) => values.push(value),
                        None => values.extend(self.parameter(name, item)),
                    },
                    (None, Some(text)) => values.push(replaced(&text, variables).unwrap_or(text)),
                    (None, None) => {
                        self.diagnostics.push(errors::bad_argument(KEY, "a list of texts", item.span));
                    }
                }
            }
            return values;
        }
        match reference(node) {
            Some(name) => self.parameter(name, node),
            None => {
                self.diagnostics.push(errors::unknown_collection("what this gives", node.span));
                Vec::new()
            }
        }
    }

    /// The parts of a list that a parameter gives.
    fn parameter(&mut self, name: &str, node: &Node) -> Vec<Arc<str>> {
        let default = || {
            let default = self.parameters?.get(name)?.get("Default")?;
            let items: Vec<Arc<str>> = default.items().iter().filter_map(Node::scalar_text).collect();
            default.scalar_text().map(|text| text.to_string()).or_else(|| (!items.is_empty()).then(|| items.join(",")))
        };
        match (self.given)(name).or_else(default) {
            Some(text) => text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Arc::from).collect(),
            None => {
                self.diagnostics.push(errors::unknown_collection(&format!("the parameter `{name}`"), node.span));
                Vec::new()
            }
        }
    }
}

/// The name in `{Ref: name}`.
fn reference(node: &Node) -> Option<&str> {
    let entry = node.only_entry().filter(|entry| &*entry.key == "Ref")?;
    entry.value.text().map(|text| &**text)
}

fn lookup(variables: &Variables, name: &str) -> Option<Arc<str>> {
    variables.iter().rev().find(|(known, _)| **known == *name).map(|(_, value)| value.clone())
}

/// A text with `${variable}` and `&{variable}` put in; the latter without what is no letter or digit.
fn replaced(text: &str, variables: &Variables) -> Option<Arc<str>> {
    if variables.is_empty() || !text.contains('{') {
        return None;
    }
    let mut out = text.to_string();
    for (name, value) in variables.iter().rev() {
        out = out.replace(&format!("${{{name}}}"), value);
        let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        out = out.replace(&format!("&{{{name}}}"), &plain);
    }
    (out != text).then(|| Arc::from(out))
}
