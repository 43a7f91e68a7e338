//! What one Plan says otherwise than another: by path, without State.

use rustc_hash::FxHashMap;

use crate::{Meaning, Node, NodeKind, ResourcePath};

/// One node that two Plans do not agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeDifference<'a> {
    pub path: &'a ResourcePath,
    pub wire_type: &'a str,
    pub change: NodeChange<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeChange<'a> {
    Added,
    Removed,
    /// Another type, provider, kind or lifecycle, or properties of these names.
    Changed {
        properties: Vec<&'a str>,
    },
}

/// The nodes that differ: in the order of the new Plan, then those that only the old one has, in its order. A node that differs
/// only in what it refers to by name is the same.
pub fn differences<'a>(old: &'a Meaning, new: &'a Meaning) -> Vec<NodeDifference<'a>> {
    let mut before: FxHashMap<&str, &Node> = FxHashMap::with_capacity_and_hasher(old.nodes.len(), Default::default());
    before.extend(old.nodes.iter().map(|node| (node.path.as_str(), node)));
    let mut found = Vec::new();
    for node in &new.nodes {
        let change = match before.remove(node.path.as_str()) {
            None => NodeChange::Added,
            Some(other) => match change(old, other, new, node) {
                Some(change) => change,
                None => continue,
            },
        };
        found.push(NodeDifference { path: &node.path, wire_type: &node.wire_type, change });
    }
    let removed = old.nodes.iter().filter(|node| before.contains_key(node.path.as_str()));
    found.extend(removed.map(|node| NodeDifference {
        path: &node.path,
        wire_type: &node.wire_type,
        change: NodeChange::Removed,
    }));
    found
}

fn change<'a>(old: &Meaning, before: &'a Node, new: &Meaning, after: &'a Node) -> Option<NodeChange<'a>> {
    let framed_alike = before.wire_type == after.wire_type
        && before.kind == after.kind
        && before.class == after.class
        && before.lifecycle == after.lifecycle
        && before.depends_on == after.depends_on
        && (before.kind != NodeKind::Existing || before.physical_id == after.physical_id)
        && old.providers.get(&before.provider) == new.providers.get(&after.provider);
    // A fingerprint is over everything that is written, and over what lies upstream.
    if framed_alike && !before.fingerprint.is_empty() && before.fingerprint == after.fingerprint {
        return None;
    }
    let mut properties: Vec<&str> = Vec::new();
    for (name, value) in &after.properties {
        if before.properties.get(name) != Some(value) {
            properties.push(name);
        }
    }
    properties
        .extend(before.properties.keys().filter(|name| !after.properties.contains_key(*name)).map(String::as_str));
    if before.deferred != after.deferred {
        let deferred = before.deferred.iter().chain(&after.deferred).map(|deferred| deferred.property.as_str());
        properties.extend(deferred);
    }
    properties.sort_unstable();
    properties.dedup();
    (!framed_alike || !properties.is_empty()).then_some(NodeChange::Changed { properties })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::set_fingerprints;

    fn meaning(nodes: &[(&str, serde_json::Value)]) -> Meaning {
        let node = |(path, properties): &(&str, serde_json::Value)| json!({"path": path, "type": "T", "class": "configuration", "properties": properties, "fingerprint": ""});
        let nodes: Vec<_> = nodes.iter().map(node).collect();
        let mut meaning = serde_json::from_value(json!({"composition": "shop", "nodes": nodes})).expect("a meaning");
        set_fingerprints(&mut meaning);
        meaning
    }

    #[test]
    fn only_what_is_written_differently_differs() {
        let refers = json!({"R": {"$get": ["a", "Id"]}});
        let old = meaning(&[("a", json!({"K": 1, "L": 1})), ("b", refers.clone()), ("old", json!({}))]);
        let new = meaning(&[("a", json!({"K": 2, "M": 1})), ("b", refers), ("new", json!({}))]);
        let found: Vec<String> =
            differences(&old, &new).iter().map(|one| format!("{} {:?}", one.path, one.change)).collect();
        assert_eq!(found, ["a Changed { properties: [\"K\", \"L\", \"M\"] }", "new Added", "old Removed"]);
        assert_eq!(differences(&old, &old), []);
    }

    #[test]
    fn a_lifecycle_is_a_difference_without_a_property() {
        let old = meaning(&[("a", json!({}))]);
        let mut new = old.clone();
        new.nodes[0].lifecycle.protect = true;
        assert_eq!(differences(&old, &new)[0].change, NodeChange::Changed { properties: vec![] });
    }
}
