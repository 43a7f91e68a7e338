//! `data.aws_iam_policy_document`: a policy that is put together while the plan is applied, as far as the plan tells.

use std::sync::Arc;

use lw_diagnostics::Span;

use super::changes::Change;
use super::conversions::is_nothing;
use crate::tree::{Entry, Node, NodeKind};

pub const POLICY_DOCUMENT: &str = "aws_iam_policy_document";

/// The document that such a data source gives; `what` is said of what cannot be told.
pub fn policy(change: &Change<'_>, what: &Arc<str>) -> Node {
    let span = change.span;
    let open = |kind_of: &str| Node { kind: NodeKind::Later(Arc::from(format!("{what} ({kind_of})"))), span };
    for others in ["source_policy_documents", "override_policy_documents"] {
        if change.value(others).is_some_and(|value| !is_nothing(value)) {
            return open("it is joined with other documents");
        }
    }
    let statements = match change.value("statement") {
        None => Vec::new(),
        Some(Node { kind: NodeKind::List(items), .. }) => items.iter().map(statement).collect(),
        Some(other) => return Node { kind: other.kind.clone(), span },
    };
    let mut entries = Vec::new();
    let version = change.value("version").filter(|node| !is_nothing(node)).cloned();
    let version = version.unwrap_or(Node { kind: NodeKind::String(Arc::from("2012-10-17")), span });
    push(&mut entries, "Version", span, version);
    if let Some(id) = change.value("policy_id").filter(|node| !is_nothing(node)) {
        push(&mut entries, "Id", span, id.clone());
    }
    push(&mut entries, "Statement", span, Node { kind: NodeKind::List(statements), span });
    Node { kind: NodeKind::Mapping(entries), span }
}

fn push(entries: &mut Vec<Entry>, key: &str, key_span: Span, value: Node) {
    entries.push(Entry { key: Arc::from(key), key_span, value });
}

fn statement(block: &Node) -> Node {
    let span = block.span;
    if matches!(block.kind, NodeKind::Later(_)) {
        return block.clone();
    }
    let given = |key: &str| block.entry(key).filter(|entry| !is_nothing(&entry.value));
    let mut entries = Vec::new();
    if let Some(sid) = given("sid") {
        push(&mut entries, "Sid", sid.key_span, sid.value.clone());
    }
    let effect = given("effect").map(|entry| entry.value.clone());
    let allow = Node { kind: NodeKind::String(Arc::from("Allow")), span };
    push(&mut entries, "Effect", span, effect.unwrap_or(allow));
    for (attribute, key) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        if let Some(entry) = given(attribute) {
            push(&mut entries, key, entry.key_span, entry.value.clone());
        }
    }
    for (attribute, key) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(entry) = given(attribute) {
            push(&mut entries, key, entry.key_span, principals(&entry.value));
        }
    }
    if let Some(entry) = given("condition") {
        push(&mut entries, "Condition", entry.key_span, conditions(&entry.value));
    }
    Node { kind: NodeKind::Mapping(entries), span }
}

fn principals(blocks: &Node) -> Node {
    let span = blocks.span;
    let mut entries: Vec<Entry> = Vec::new();
    for block in blocks.items() {
        let (Some(kind), Some(identifiers)) = (block.get("type"), block.get("identifiers")) else { continue };
        match kind.text() {
            Some(kind) if **kind == *"*" => return Node { kind: NodeKind::String(Arc::from("*")), span },
            Some(kind) => match entries.iter_mut().find(|entry| entry.key == *kind) {
                Some(Entry { value: Node { kind: NodeKind::List(known), .. }, .. }) => {
                    known.extend(identifiers.items().to_vec())
                }
                _ => push(&mut entries, kind, block.span, identifiers.clone()),
            },
            None => return kind.clone(),
        }
    }
    match &blocks.kind {
        NodeKind::List(_) => Node { kind: NodeKind::Mapping(entries), span },
        _ => blocks.clone(),
    }
}

/// `{test: {variable: values}}`
fn conditions(blocks: &Node) -> Node {
    let span = blocks.span;
    let mut entries: Vec<Entry> = Vec::new();
    for block in blocks.items() {
        let (Some(test), Some(variable)) =
            (block.get("test").and_then(Node::text), block.get("variable").and_then(Node::text))
        else {
            return Node { kind: NodeKind::Later(Arc::from("a condition that is not known")), span };
        };
        let values = block.get("values").cloned().unwrap_or(Node { kind: NodeKind::List(Vec::new()), span });
        let one = Entry { key: variable.clone(), key_span: block.span, value: values };
        match entries.iter_mut().find(|entry| entry.key == *test) {
            Some(Entry { value: Node { kind: NodeKind::Mapping(known), .. }, .. }) => known.push(one),
            _ => push(&mut entries, test, block.span, Node { kind: NodeKind::Mapping(vec![one]), span: block.span }),
        }
    }
    match &blocks.kind {
        NodeKind::List(_) => Node { kind: NodeKind::Mapping(entries), span },
        _ => blocks.clone(),
    }
}
