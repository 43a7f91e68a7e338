//! A Plan as a drawing: resources and what they refer to.

mod dot;
mod html;
mod layout;
mod mermaid;
mod packing;
mod svg;

pub use dot::dot;
pub use html::html;
pub use mermaid::mermaid;
pub use svg::svg;

use std::collections::HashMap;

use lw_lsp::Decoration;
use lw_plan::{Class, NodeKind, Plan, references};

/// What is drawn. Outputs are not: they are about resources, not of them.
#[derive(Debug, Default)]
pub struct Graph {
    pub title: String,
    /// In dependency order.
    pub nodes: Vec<GraphNode>,
    pub edges: Vec<Edge>,
    /// The modules whose sources make resources, by name.
    pub groups: Vec<String>,
    /// Paths that applying would delete: they are no longer there to be drawn.
    pub deleted: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct GraphNode {
    pub path: String,
    pub wire_type: String,
    pub class: Class,
    /// Not ours.
    pub existing: bool,
    /// Index of its module.
    pub group: usize,
    /// What applying would do: `create`, `update`, …; nothing where that is not known or nothing would be done.
    pub change: Option<String>,
    /// The worst that any policy says of it.
    pub verdict: Option<&'static str>,
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
    pub fn of(plan: &Plan, decoration: &Decoration) -> Graph {
        let (groups, group_of) = groups(plan);
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
                group: group_of.get(node.path.as_str()).copied().unwrap_or(0),
                change: decoration
                    .changes
                    .iter()
                    .find(|step| step.path == node.path.as_str())
                    .map(|step| step.action.clone()),
                verdict: decoration
                    .verdicts
                    .iter()
                    .find(|(path, _)| path == node.path.as_str())
                    .map(|(_, verdict)| *verdict),
            })
            .collect();
        let environment = plan.meaning.environment.as_ref().map(|name| format!("@{name}")).unwrap_or_default();
        let deleted = decoration.changes.iter().filter(|step| step.action == "delete");
        let deleted = deleted.map(|step| step.path.clone()).collect();
        Graph { title: format!("{}{environment}", plan.meaning.composition), nodes, edges, groups, deleted }
    }
}

/// The modules that resources are written in, and which resource is of which.
fn groups(plan: &Plan) -> (Vec<String>, HashMap<&str, usize>) {
    let origins = plan.meaning.nodes.iter().zip(&plan.provenance.origins);
    let drawn = || origins.clone().filter(|(node, _)| node.kind != NodeKind::Output);
    let mut files: Vec<&str> = drawn().map(|(_, origin)| origin.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    // Without the folders that all of them share.
    let folders = files.iter().map(|file| file.rfind('/').map_or("", |at| &file[..=at]));
    let shared = folders.reduce(|one, other| {
        let same = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
        &one[..one[..same].rfind('/').map_or(0, |at| at + 1)]
    });
    let shared = shared.unwrap_or_default().len();
    let name = |file: &&str| file[shared..].trim_end_matches(".lw").replace('/', ".");
    let of = drawn()
        .filter_map(|(node, origin)| Some((node.path.as_str(), files.iter().position(|file| *file == origin.file)?)));
    (files.iter().map(name).collect(), of.collect())
}

/// Text inside XML.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
