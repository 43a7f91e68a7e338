//! The resources of a plan: what each will be once it is applied.

use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Span};

use super::{after_apply, known};
use crate::errors;
use crate::tree::{Entry, Node, NodeKind};

/// One instance of a resource or data source.
#[derive(Debug)]
pub struct Change<'p> {
    pub address: Arc<str>,
    pub address_span: Span,
    /// The address of its module; empty at the top.
    pub module: &'p str,
    pub is_data: bool,
    /// `aws_s3_bucket`
    pub resource_type: &'p str,
    pub type_span: Span,
    pub name: &'p str,
    /// Its index as it stands in addresses: `0` or `"a"`.
    pub index: Option<String>,
    /// Attributes, with the marks of what is unknown or sensitive.
    pub values: Vec<Entry>,
    /// Whether the plan says what is unknown, or only has what is known.
    pub has_marks: bool,
    pub span: Span,
}

impl Change<'_> {
    pub fn value(&self, attribute: &str) -> Option<&Node> {
        self.values.iter().find(|entry| &*entry.key == attribute).map(|entry| &entry.value)
    }

    /// The address of the resource within its module, without an index: `aws_s3_bucket.logs`.
    pub fn local(&self) -> String {
        let mode = if self.is_data { "data." } else { "" };
        format!("{mode}{}.{}", self.resource_type, self.name)
    }
}

/// The instances that there will be, each once; nothing where the plan has another shape.
pub fn read<'p>(root: &'p Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Change<'p>>> {
    let mut found = Vec::new();
    let before = diagnostics.len();
    match root.get("resource_changes").filter(|node| !matches!(node.kind, NodeKind::Null)) {
        Some(list) => {
            for change in items(list, "resource_changes", diagnostics) {
                found.extend(changed(change, diagnostics));
            }
        }
        // A plan without changes has the key nevertheless; what has none says only what is known.
        None => {
            if let Some(module) = root.get("planned_values").and_then(|values| values.get("root_module")) {
                planned(module, "", 0, &mut found, diagnostics);
            }
        }
    }
    if let Some(list) = root.get("deferred_changes") {
        for deferred in items(list, "deferred_changes", diagnostics) {
            found.extend(deferred.get("resource_change").and_then(|change| changed(change, diagnostics)));
        }
    }
    (diagnostics.len() == before).then_some(found)
}

/// Warns of a plan that says of itself that it is not the whole.
pub fn check_complete(root: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let says = |key: &str, value: bool| {
        root.entry(key).filter(|entry| matches!(entry.value.kind, NodeKind::Bool(found) if found == value))
    };
    if let Some(entry) = says("errored", true) {
        diagnostics.push(errors::plan_incomplete("an error ended planning", entry.key_span));
    } else if let Some(entry) = says("complete", false) {
        diagnostics.push(errors::plan_incomplete("some changes are put off until others are applied", entry.key_span));
    }
}

fn items<'p>(node: &'p Node, name: &str, diagnostics: &mut Vec<Diagnostic>) -> &'p [Node] {
    match &node.kind {
        NodeKind::List(items) => items,
        NodeKind::Null => &[],
        _ => {
            diagnostics.push(errors::plan_shape(name, "a list", node.kind_name(), node.span));
            &[]
        }
    }
}

/// A text that has to be there.
fn text<'p>(node: &'p Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<(&'p Arc<str>, Span)> {
    match node.get(key) {
        Some(value) => match value.text() {
            Some(text) => Some((text, value.span)),
            None => {
                diagnostics.push(errors::plan_shape(key, "a String", value.kind_name(), value.span));
                None
            }
        },
        None => {
            diagnostics.push(errors::plan_lacks(key, node.entries().first().map_or(node.span, |entry| entry.key_span)));
            None
        }
    }
}

/// The change of one instance; nothing of what will not be there.
fn changed<'p>(node: &'p Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Change<'p>> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        diagnostics.push(errors::plan_shape("resource_changes", "a list of mappings", node.kind_name(), node.span));
        return None;
    }
    let Some(change) = node.get("change") else {
        diagnostics
            .push(errors::plan_lacks("change", node.entries().first().map_or(node.span, |entry| entry.key_span)));
        return None;
    };
    let actions = change.get("actions").map_or(&[][..], |actions| items(actions, "actions", diagnostics));
    let will_be =
        !actions.iter().all(|action| action.text().is_some_and(|text| matches!(&**text, "delete" | "forget")));
    // What was replaced, and is still to be deleted, is there under the same address.
    if !actions.is_empty() && (!will_be || node.get("deposed").is_some()) {
        return None;
    }
    let module = node.get("module_address").and_then(Node::text).map_or("", |text| text);
    let marks = (change.get("after_unknown"), change.get("after_sensitive"));
    instance(node, module, change.get("after"), marks, true, diagnostics)
}

/// What a module is planned to have, when nothing says what changes.
fn planned<'p>(
    module: &'p Node,
    address: &'p str,
    depth: usize,
    found: &mut Vec<Change<'p>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    /// The reader of JSON allows no more.
    const DEPTH_MAX: usize = 200;
    if let Some(resources) = module.get("resources") {
        for resource in items(resources, "resources", diagnostics) {
            let marks = (None, resource.get("sensitive_values"));
            found.extend(instance(resource, address, resource.get("values"), marks, false, diagnostics));
        }
    }
    let children = module.get("child_modules").filter(|_| depth < DEPTH_MAX);
    for child in children.map_or(&[][..], |children| items(children, "child_modules", diagnostics)) {
        let address = child.get("address").and_then(Node::text).map_or("", |text| text);
        planned(child, address, depth + 1, found, diagnostics);
    }
}

fn instance<'p>(
    node: &'p Node,
    module: &'p str,
    after: Option<&'p Node>,
    (unknown, sensitive): (Option<&Node>, Option<&Node>),
    has_marks: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Change<'p>> {
    let (address, address_span) = text(node, "address", diagnostics)?;
    let (resource_type, type_span) = text(node, "type", diagnostics)?;
    let (name, _) = text(node, "name", diagnostics)?;
    let index = node.get("index").and_then(|index| match &index.kind {
        NodeKind::String(text) => Some(format!("{:?}", &**text)),
        NodeKind::Number(text) => Some(text.to_string()),
        _ => None,
    });
    let mut values = Vec::new();
    match after.map(|after| (&after.kind, after)) {
        None | Some((NodeKind::Null | NodeKind::Mapping(_), _)) => {}
        Some((_, after)) => {
            diagnostics.push(errors::plan_shape("after", "a mapping", after.kind_name(), after.span));
            return None;
        }
    }
    let written = after.map_or(&[][..], Node::entries);
    let marked = |key: &str| {
        let is_whole = |marks: Option<&Node>| marks.filter(|marks| matches!(marks.kind, NodeKind::Bool(true))).cloned();
        let part = |marks: Option<&Node>| marks.and_then(|marks| marks.get(key)).cloned();
        (part(unknown).or(is_whole(unknown)), part(sensitive).or(is_whole(sensitive)))
    };
    for entry in written {
        let (unknown, sensitive) = marked(&entry.key);
        let what = after_apply(address, &entry.key);
        if let Some(value) = known::merged(Some(&entry.value), unknown.as_ref(), sensitive.as_ref(), &what) {
            values.push(Entry { value, ..entry.clone() });
        }
    }
    for mark in unknown.map_or(&[][..], Node::entries) {
        if written.iter().any(|entry| entry.key == mark.key) {
            continue;
        }
        let (unknown, sensitive) = marked(&mark.key);
        let what = after_apply(address, &mark.key);
        if let Some(value) = known::merged(None, unknown.as_ref(), sensitive.as_ref(), &what) {
            values.push(Entry { key: mark.key.clone(), key_span: mark.key_span, value });
        }
    }
    Some(Change {
        address: address.clone(),
        address_span,
        module,
        is_data: node.get("mode").and_then(Node::text).is_some_and(|mode| **mode == *"data"),
        resource_type,
        type_span,
        name,
        index,
        values,
        has_marks,
        span: node.span,
    })
}
