//! Lengths, ranges and patterns of what a template writes literally.
//!
//! Only that: what a parameter or a function gives is somebody's choice at another time, and a placeholder as often as not.

use lw_check::typed::{Constraints, Violation};
use lw_core::Value;
use lw_diagnostics::{Edit, Span};

use crate::errors;
use crate::reading::Reading;
use crate::tree::{Node, NodeKind};

impl Reading<'_, '_> {
    /// Holds the value that a node literally gives against the limits of its field.
    pub fn check_limits(&mut self, constraints: &Constraints, value: &Value, node: &Node, field: &str, owner: &str) {
        if is_function(node) {
            return;
        }
        let mut found: Vec<(Violation, Span, Option<Edit>)> = Vec::new();
        limits(constraints, value, node, true, &mut found);
        for (violation, span, edit) in found {
            self.diagnostics.push(errors::outside_limits(field, owner, &violation, span, edit));
        }
    }
}

fn is_function(node: &Node) -> bool {
    node.only_entry().is_some_and(|entry| &*entry.key == "Ref" || entry.key.starts_with("Fn::"))
}

fn limits(
    constraints: &Constraints,
    value: &Value,
    node: &Node,
    outermost: bool,
    found: &mut Vec<(Violation, Span, Option<Edit>)>,
) {
    let count = |count: usize, found: &mut Vec<_>| {
        if outermost {
            found.extend(constraints.count(count).map(|violation| (violation, node.span, None)));
        }
    };
    match value {
        Value::Some(inner) => limits(constraints, inner, node, outermost, found),
        Value::List(items) => {
            let nodes = node.items();
            // Functions and `AWS::NoValue` among them leave how many there are to somebody else.
            if nodes.len() == items.len() && !nodes.iter().any(is_function) {
                count(items.len(), found);
                for (item, node) in items.iter().zip(nodes) {
                    limits(constraints, item, node, false, found);
                }
            }
        }
        Value::Dictionary(entries) if node.entries().len() == entries.len() => {
            count(entries.len(), found);
            for entry in node.entries() {
                found.extend(constraints.key(&entry.key).map(|violation| (violation, entry.key_span, None)));
                if let Some(value) = entries.get(&entry.key).filter(|_| !is_function(&entry.value)) {
                    limits(constraints, value, &entry.value, false, found);
                }
            }
        }
        Value::String(text) if !text.contains("{{resolve:") && !text.contains("${") => {
            let edit = |text: String| Edit { span: node.span, text };
            found.extend(
                constraints.text(text).map(|violation| (violation, node.span, constraints.repaired(text).map(edit))),
            );
        }
        Value::Int(number) => found.extend(outside(constraints, *number as f64, node)),
        Value::Float(number) => found.extend(outside(constraints, *number, node)),
        _ => {}
    }
}

fn outside(constraints: &Constraints, number: f64, node: &Node) -> Option<(Violation, Span, Option<Edit>)> {
    let violation = constraints.number(number)?;
    let is_plain = matches!(node.kind, NodeKind::Number(_));
    let edit =
        violation.nearest.filter(|_| is_plain).map(|nearest| Edit { span: node.span, text: nearest.to_string() });
    Some((violation, node.span, edit))
}
