//! A Plan as boxes and lines: what the page draws.

use std::collections::{BTreeSet, HashMap};

use lw_plan::{Json, NodeKind, Plan, references};
use serde_json::json;

/// Nodes in dependency order, and which refers to which (by their numbers). Each node says which group it is drawn in: its module, or
/// the list that it is of.
pub fn graph(plan: &Plan) -> Json {
    let drawn: Vec<(usize, &lw_plan::Node)> =
        plan.meaning.nodes.iter().enumerate().filter(|(_, node)| node.kind != NodeKind::Output).collect();
    let numbers: HashMap<&str, usize> =
        drawn.iter().enumerate().map(|(at, (_, node))| (node.path.as_str(), at)).collect();
    let mut edges = BTreeSet::new();
    for (from, (_, node)) in drawn.iter().enumerate() {
        let mut add = |path: &str| {
            edges.extend(numbers.get(path).filter(|to| **to != from).map(|to| (from, *to)));
        };
        node.properties.values().for_each(|value| references(value, &mut |path, _| add(path)));
        node.depends_on.iter().for_each(|path| add(path.as_str()));
        node.deferred.iter().for_each(|deferred| references(&deferred.value, &mut |path, _| add(path)));
    }
    let nodes = drawn.iter().map(|(index, node)| {
        let origin = plan.origin(*index);
        json!({
            "path": node.path,
            "type": node.wire_type,
            "class": node.class,
            "existing": node.kind == NodeKind::Existing,
            "group": group(node.path.as_str()),
            "file": origin.map(|origin| origin.file.as_str()),
            "line": origin.map(|origin| origin.line),
        })
    });
    let edges = edges.iter().map(|(from, to)| json!([from, to]));
    json!({"nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>()})
}

/// `network` of `network.vpc`, `subnets` of `subnets[2]`, nothing of `vpc`.
fn group(path: &str) -> &str {
    let end = path.find(['.', '[']);
    end.map_or("", |end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_module_or_a_list() {
        for (path, expected) in [("vpc", ""), ("network.vpc", "network"), ("subnets[2]", "subnets"), ("a.b[1].c", "a")]
        {
            assert_eq!(group(path), expected, "{path}");
        }
    }
}
