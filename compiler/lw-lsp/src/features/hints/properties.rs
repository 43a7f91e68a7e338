//! What properties of resources come to: the range that was computed, the name that was put together.

use lw_plan::{Json, Node, NodeKind, Plan};
use lw_syntax::ast::{Arguments, Entry, ExprId, ExprKind, Statement};

use super::{VALUE_CHARACTERS_MAX, is_plain};
use crate::features::hover::below;

/// Of a comprehension: more values than these are left out.
const VALUES_SHOWN: usize = 2;

/// Where computed properties of a binding's resources end, in the statement, and what they come to.
pub fn of_binding(plan: &Plan, statement: &Statement, name: &str, value: ExprId) -> Vec<(u32, String)> {
    let nodes: Vec<&Node> = plan
        .meaning
        .nodes
        .iter()
        .filter(|node| node.kind == NodeKind::Managed && below(node.path.as_str(), name))
        .collect();
    let mut found = Found { statement, hints: Vec::new() };
    if !nodes.is_empty() {
        found.walk(value, name, &nodes);
    }
    found.hints
}

struct Found<'s> {
    statement: &'s Statement,
    hints: Vec<(u32, String)>,
}

impl Found<'_> {
    /// `nodes` are those that an expression may have made, the paths of which begin with `path`.
    fn walk(&mut self, expr: ExprId, path: &str, nodes: &[&Node]) {
        let tree = &self.statement.tree;
        match &tree[expr].kind {
            ExprKind::Group(inner) | ExprKind::Annotated { operand: inner, .. } => self.walk(*inner, path, nodes),
            ExprKind::Block { result, .. } => self.walk(*result, path, nodes),
            ExprKind::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.walk_part(*item, format!("{path}[{at}]"), nodes);
                }
            }
            ExprKind::Record(entries) => {
                for Entry { key, value } in entries {
                    match &tree[*key].kind {
                        ExprKind::Name(name) => self.walk_part(*value, format!("{path}.{name}"), nodes),
                        ExprKind::String(parts) => {
                            if let [lw_syntax::ast::StringPart::Text(text)] = parts.as_slice() {
                                self.walk_part(*value, format!("{path}[{}]", Json::from(text.as_str())), nodes);
                            }
                        }
                        _ => {}
                    }
                }
            }
            // What a comprehension makes are its elements, and nothing below them.
            ExprKind::ListComprehension { element: made, .. }
            | ExprKind::DictionaryComprehension { value: made, .. } => {
                if let ExprKind::Call { arguments: Arguments::Literal(literal), .. } = &tree[*made].kind {
                    let is_element = |node: &&&Node| {
                        let rest = node.path.as_str().strip_prefix(path).unwrap_or_default();
                        rest.starts_with('[') && rest.ends_with(']') && !rest.contains("].") && !rest.contains("][")
                    };
                    let nodes: Vec<&Node> = nodes.iter().filter(is_element).copied().collect();
                    self.properties(*literal, &nodes);
                }
            }
            ExprKind::Call { arguments: Arguments::Literal(literal), .. } => {
                let nodes: Vec<&Node> = nodes.iter().filter(|node| node.path.as_str() == path).copied().collect();
                self.properties(*literal, &nodes);
            }
            _ => {}
        }
    }

    fn walk_part(&mut self, expr: ExprId, path: String, nodes: &[&Node]) {
        let nodes: Vec<&Node> = nodes.iter().filter(|node| below(node.path.as_str(), &path)).copied().collect();
        if !nodes.is_empty() {
            self.walk(expr, &path, &nodes);
        }
    }

    fn properties(&mut self, literal: ExprId, nodes: &[&Node]) {
        let tree = &self.statement.tree;
        let ExprKind::Record(entries) = &tree[literal].kind else { return };
        for Entry { key, value } in entries {
            let ExprKind::Name(name) = &tree[*key].kind else { continue };
            if is_plain(&tree[*value].kind) || matches!(tree[*value].kind, ExprKind::Record(_) | ExprKind::List(_)) {
                continue;
            }
            let mut shown: Vec<String> = Vec::new();
            for node in nodes {
                // The wire's name differs in its first letters' case.
                let property = node.properties.iter().find(|(wire, _)| wire.eq_ignore_ascii_case(name));
                let Some(text) = property.and_then(|(_, value)| scalar(value)) else { continue };
                if !shown.contains(&text) {
                    shown.push(text);
                }
            }
            let more = shown.len() > VALUES_SHOWN;
            shown.truncate(VALUES_SHOWN);
            let mut text = shown.join(", ");
            if more {
                text.push_str(", …");
            }
            if !text.is_empty() && text.chars().count() <= VALUE_CHARACTERS_MAX {
                self.hints.push((self.statement.start + tree[*value].range.end, text));
            }
        }
    }
}

/// Text and numbers; a value that is known only later is none.
fn scalar(value: &Json) -> Option<String> {
    (value.is_string() || value.is_number()).then(|| value.to_string())
}
