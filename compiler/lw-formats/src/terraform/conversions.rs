//! Values of the provider as values of the wire: one node at a time, whatever is open within left open.

use std::sync::Arc;

use lw_diagnostics::Span;

use super::table::Conversion;
use crate::json;
use crate::tree::{Entry, Node, NodeKind};

/// Whether a value says nothing: the provider writes null, an empty text and an empty list for what is not given.
pub fn is_nothing(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Null => true,
        NodeKind::String(text) => text.is_empty(),
        NodeKind::List(items) => items.is_empty(),
        NodeKind::Mapping(entries) => entries.is_empty(),
        _ => false,
    }
}

/// A value that stands in no block and names no resource; nothing where it says nothing.
///
/// `beside` are the attributes that stand beside it.
pub fn convert(node: &Node, conversion: &Conversion, beside: &[Entry]) -> Option<Node> {
    let node = node.clone();
    if matches!(node.kind, NodeKind::Later(_) | NodeKind::Secret { .. } | NodeKind::Link(_)) {
        return Some(match conversion {
            Conversion::List | Conversion::Spread => listed(node),
            Conversion::Key(name) => setting(name, node),
            _ => node,
        });
    }
    let span = node.span;
    let of = |kind: NodeKind| Some(Node { kind, span });
    match conversion {
        Conversion::Plain | Conversion::Each | Conversion::Link | Conversion::Links | Conversion::Itself => Some(node),
        Conversion::Json => match node.text() {
            Some(text) => document(text, span),
            None => Some(node),
        },
        Conversion::Pairs(key, value) => match node.kind {
            NodeKind::Mapping(entries) => {
                of(NodeKind::List(entries.into_iter().map(|entry| pair(entry, key, value)).collect()))
            }
            kind => of(kind),
        },
        Conversion::One => match node.kind {
            NodeKind::List(mut items) if items.len() == 1 => items.pop(),
            NodeKind::List(items) if items.is_empty() => None,
            NodeKind::List(_) => of(NodeKind::Later(Arc::from("several blocks where one is expected"))),
            kind => of(kind),
        },
        Conversion::List | Conversion::Spread => Some(listed(node)),
        Conversion::Times(factor) => match &node.kind {
            NodeKind::Number(text) => match text.parse::<i64>().ok().and_then(|number| number.checked_mul(*factor)) {
                Some(number) => of(NodeKind::Number(Arc::from(number.to_string()))),
                None => Some(node),
            },
            _ => Some(node),
        },
        Conversion::Not => match node.kind {
            NodeKind::Bool(value) => of(NodeKind::Bool(!value)),
            kind => of(kind),
        },
        Conversion::Upper => match node.text() {
            Some(text) => of(NodeKind::String(Arc::from(text.to_uppercase()))),
            None => Some(node),
        },
        Conversion::Words(words) => {
            let Some(text) = node.scalar_text() else { return Some(node) };
            match words.iter().find(|(from, _)| **from == *text || from == "*") {
                Some((_, to)) if to.is_empty() => None,
                Some((_, to)) => of(NodeKind::String(Arc::from(to.as_str()))),
                None => Some(node),
            }
        }
        Conversion::Key(name) => Some(setting(name, node)),
        Conversion::Objects(key) => match node.kind {
            NodeKind::List(items) => {
                let object = |item: Node| {
                    let span = item.span;
                    let entry = Entry { key: Arc::from(key.as_str()), key_span: span, value: item };
                    Node { kind: NodeKind::Mapping(vec![entry]), span }
                };
                of(NodeKind::List(items.into_iter().map(object).collect()))
            }
            kind => of(kind),
        },
        Conversion::Join(separator) => {
            let texts: Option<Vec<Arc<str>>> = node.items().iter().map(Node::scalar_text).collect();
            match (texts, &node.kind) {
                (Some(texts), NodeKind::List(_)) => of(NodeKind::String(Arc::from(texts.join(separator)))),
                (None, NodeKind::List(_)) => of(NodeKind::Later(Arc::from("a list with parts that are not known"))),
                _ => Some(node),
            }
        }
        Conversion::Port => {
            let is_all = |entry: &&Entry| {
                matches!(&*entry.key, "protocol" | "ip_protocol")
                    && entry.value.scalar_text().is_some_and(|text| matches!(&*text, "-1" | "all"))
            };
            if beside.iter().find(is_all).is_some() { None } else { Some(node) }
        }
        Conversion::Unread => of(NodeKind::Later(Arc::from("an attribute that is not read"))),
    }
}

/// `[{Key: name, Value: value}]`
fn setting(name: &str, value: Node) -> Node {
    let span = value.span;
    let key = Node { kind: NodeKind::String(Arc::from(name)), span };
    let part = |key: &str, value: Node| Entry { key: Arc::from(key), key_span: span, value };
    listed(Node { kind: NodeKind::Mapping(vec![part("Key", key), part("Value", value)]), span })
}

fn listed(node: Node) -> Node {
    let span = node.span;
    match node.kind {
        NodeKind::List(_) => node,
        _ => Node { kind: NodeKind::List(vec![node]), span },
    }
}

/// `{Key: name, Value: text}`
fn pair(entry: Entry, key: &str, value: &str) -> Node {
    let Entry { key: name, key_span, value: content } = entry;
    let span = content.span;
    let name = Node { kind: NodeKind::String(name), span: key_span };
    let part = |key: &str, value: Node| Entry { key: Arc::from(key), key_span, value };
    Node { kind: NodeKind::Mapping(vec![part(key, name), part(value, content)]), span }
}

/// The document in a text; every place in it is the text's. Nothing of an empty text; a text that is no document stays one.
fn document(text: &Arc<str>, span: Span) -> Option<Node> {
    if text.trim().is_empty() {
        return None;
    }
    let mut ignored = Vec::new();
    match json::read(span.file, text, &mut ignored) {
        Some(found) => Some(moved(found.root, span)),
        None => Some(Node { kind: NodeKind::String(text.clone()), span }),
    }
}

/// A tree with one place for all of it.
fn moved(node: Node, span: Span) -> Node {
    let kind = match node.kind {
        NodeKind::List(items) => NodeKind::List(items.into_iter().map(|item| moved(item, span)).collect()),
        NodeKind::Mapping(entries) => {
            let entry = |entry: Entry| Entry { key: entry.key, key_span: span, value: moved(entry.value, span) };
            NodeKind::Mapping(entries.into_iter().map(entry).collect())
        }
        kind => kind,
    };
    Node { kind, span }
}
