//! Values with the marks of what is not known yet and of what nobody may see.

use std::sync::Arc;

use crate::tree::{Entry, Node, NodeKind};

/// A planned value: what is marked as unknown is [`NodeKind::Later`], what is marked as sensitive [`NodeKind::Secret`], at any depth.
///
/// The three trees have the same shape; what is unknown is missing from the first, or null in it.
pub fn merged(value: Option<&Node>, unknown: Option<&Node>, sensitive: Option<&Node>, what: &Arc<str>) -> Option<Node> {
    if let Some(mark) = sensitive.filter(|mark| is_true(mark)) {
        let is_there =
            value.is_some_and(|value| !matches!(value.kind, NodeKind::Null)) || unknown.is_some_and(has_mark);
        let span = value.or(unknown).map_or(mark.span, |node| node.span);
        let secret = NodeKind::Secret { source: None, name: what.clone() };
        return is_there.then_some(Node { kind: secret, span });
    }
    if let Some(mark) = unknown.filter(|mark| is_true(mark)) {
        let span = value.map_or(mark.span, |value| value.span);
        return Some(Node { kind: NodeKind::Later(what.clone()), span });
    }
    let unknown = unknown.filter(|marks| has_mark(marks));
    let sensitive = sensitive.filter(|marks| has_mark(marks));
    let (Some(value), true) = (value, unknown.is_some() || sensitive.is_some()) else {
        return match (value, unknown) {
            (Some(value), _) => Some(value.clone()),
            // Parts of what is not there at all are unknown.
            (None, Some(marks)) => Some(Node { kind: NodeKind::Later(what.clone()), span: marks.span }),
            (None, None) => None,
        };
    };
    let kind = match &value.kind {
        NodeKind::List(items) => {
            let at = |marks: Option<&Node>, number: usize| marks.and_then(|marks| marks.items().get(number)).cloned();
            let items = items.iter().enumerate().map(|(number, item)| {
                let (unknown, sensitive) = (at(unknown, number), at(sensitive, number));
                merged(Some(item), unknown.as_ref(), sensitive.as_ref(), what).unwrap_or_else(|| item.clone())
            });
            NodeKind::List(items.collect())
        }
        NodeKind::Mapping(entries) => {
            let marks = |marks: Option<&Node>| marks.map_or(&[][..], Node::entries).to_vec();
            let mut found: Vec<Entry> = Vec::with_capacity(entries.len());
            for entry in entries {
                let mark = |marks: Option<&Node>| marks.and_then(|marks| marks.get(&entry.key)).cloned();
                let (unknown, sensitive) = (mark(unknown), mark(sensitive));
                let value = merged(Some(&entry.value), unknown.as_ref(), sensitive.as_ref(), what);
                found.push(Entry { value: value.unwrap_or_else(|| entry.value.clone()), ..entry.clone() });
            }
            for entry in marks(unknown) {
                let is_new = value.get(&entry.key).is_none() && has_mark(&entry.value);
                let mark = sensitive.and_then(|marks| marks.get(&entry.key));
                if let (true, Some(value)) = (is_new, merged(None, Some(&entry.value), mark, what)) {
                    found.push(Entry { key: entry.key, key_span: entry.key_span, value });
                }
            }
            NodeKind::Mapping(found)
        }
        // Marks for parts of what has none: the whole is as good as unknown.
        _ if unknown.is_some() => NodeKind::Later(what.clone()),
        _ => NodeKind::Secret { source: None, name: what.clone() },
    };
    Some(Node { kind, span: value.span })
}

fn is_true(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Bool(true))
}

/// Whether anything within is marked.
fn has_mark(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Bool(mark) => *mark,
        NodeKind::List(items) => items.iter().any(has_mark),
        NodeKind::Mapping(entries) => entries.iter().any(|entry| has_mark(&entry.value)),
        _ => false,
    }
}
