//! A Plan as a drawing: resources and what they refer to.

mod dot;
mod html;
mod layout;
mod mermaid;
mod svg;

pub use dot::dot;
pub use html::html;
pub use mermaid::mermaid;
pub use svg::svg;

use std::collections::HashMap;

use lw_plan::{Class, NodeKind, Plan, references};

/// What is drawn. Outputs are not: they are about resources, not of them.
#[derive(Debug, Default)]
pub struct Graph {
    pub title: String,
    /// In dependency order.
    pub nodes: Vec<GraphNode>,
    pub edges: Vec<Edge>,
}

#[derive(Debug)]
pub struct GraphNode {
    pub path: String,
    pub wire_type: String,
    pub class: Class,
    /// Not ours.
    pub existing: bool,
}

/// One node refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Index of the node that refers.
    pub from: usize,
    /// Index of the node that is referred to.
    pub to: usize,
    /// Set once both exist: it closes a cycle.
    pub deferred: bool,
}

impl Graph {
    pub fn of(plan: &Plan) -> Graph {
        let drawn: Vec<_> = plan.meaning.nodes.iter().filter(|node| node.kind != NodeKind::Output).collect();
        let numbers: HashMap<&str, usize> =
            drawn.iter().enumerate().map(|(at, node)| (node.path.as_str(), at)).collect();
        let mut edges = Vec::new();
        for (from, node) in drawn.iter().enumerate() {
            let mut add = |path: &str, deferred| {
                if let Some(&to) = numbers.get(path) {
                    edges.push(Edge { from, to, deferred });
                }
            };
            node.properties.values().for_each(|value| references(value, &mut |path, _| add(path, false)));
            node.depends_on.iter().for_each(|path| add(path.as_str(), false));
            node.deferred.iter().for_each(|deferred| references(&deferred.value, &mut |path, _| add(path, true)));
        }
        edges.sort_unstable();
        // A deferred property holds its other references too; an edge that is there in full is not drawn twice.
        edges.dedup_by(|later, earlier| (later.from, later.to) == (earlier.from, earlier.to));
        let nodes = drawn
            .iter()
            .map(|node| GraphNode {
                path: node.path.to_string(),
                wire_type: node.wire_type.clone(),
                class: node.class,
                existing: node.kind == NodeKind::Existing,
            })
            .collect();
        let environment = plan.meaning.environment.as_ref().map(|name| format!("@{name}")).unwrap_or_default();
        Graph { title: format!("{}{environment}", plan.meaning.composition), nodes, edges }
    }
}

/// Text inside XML.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
