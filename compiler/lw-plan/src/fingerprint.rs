//! Fingerprints: equal for a resource that was only renamed or moved.

use rustc_hash::FxHashMap;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use serde_json::Value as Json;

use crate::{Meaning, Node, NodeKind, Provider, Term, digest, to_canonical};

/// Fills in the fingerprint of each node. Nodes must be in dependency order.
pub fn set_fingerprints(meaning: &mut Meaning) {
    let mut done: FxHashMap<String, String> =
        FxHashMap::with_capacity_and_hasher(meaning.nodes.len(), Default::default());
    for node in &mut meaning.nodes {
        let name = |path: &str| done.get(path).cloned().unwrap_or_default();
        node.fingerprint = fingerprint(node, meaning.providers.get(&node.provider), &name);
        done.insert(node.path.as_str().to_string(), node.fingerprint.clone());
    }
}

/// SHA-256 over what a node is: type, provider, written properties, and references, each as `name(path)` of what it points at.
///
/// Left out: the node's own path and former path, its lifecycle, and the physical id of what we make or adopt. In deferred
/// properties it counts that there is a reference, not to what: they run in a circle.
pub fn fingerprint(node: &Node, provider: Option<&Provider>, name: &dyn Fn(&str) -> String) -> String {
    digest(to_canonical(&Content { node, provider, name }).as_bytes())
}

struct Content<'a> {
    node: &'a Node,
    provider: Option<&'a Provider>,
    name: &'a dyn Fn(&str) -> String,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Content { node, provider, name } = *self;
        let mut depends_on: Vec<String> = node.depends_on.iter().map(|path| name(path.as_str())).collect();
        depends_on.sort_unstable();
        depends_on.dedup();
        let nameless = |_: &str| String::new();
        let properties = Fields(node.properties.iter().map(|(key, value)| (key.as_str(), Named { value, name })));
        let deferred = node.deferred.iter();
        let deferred =
            Fields(deferred.map(|part| (part.property.as_str(), Named { value: &part.value, name: &nameless })));
        let mut content = serializer.serialize_struct("Content", 7)?;
        content.serialize_field("deferred", &deferred)?;
        content.serialize_field("dependsOn", &depends_on)?;
        content.serialize_field("kind", &node.kind)?;
        let foreign = (node.kind == NodeKind::Existing).then_some(&node.physical_id);
        content.serialize_field("physicalId", &foreign)?;
        content.serialize_field("properties", &properties)?;
        content.serialize_field("provider", &provider)?;
        content.serialize_field("type", &node.wire_type)?;
        content.end()
    }
}

/// An iterator of entries as a map.
struct Fields<I>(I);

impl<'a, I: Iterator<Item = (&'a str, Named<'a>)> + Clone> Serialize for Fields<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

/// A value with other names for what it refers to.
#[derive(Clone, Copy)]
struct Named<'a> {
    value: &'a Json,
    name: &'a dyn Fn(&str) -> String,
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.name;
        match self.value {
            Json::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for value in items {
                    list.serialize_element(&Named { value, name })?;
                }
                list.end()
            }
            Json::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                match Term::of_object(object) {
                    Some(Term::Get { path, attribute }) => map.serialize_entry("$get", &(name(path), attribute))?,
                    Some(Term::Literal(_) | Term::Secret(_)) => {
                        for (key, value) in object {
                            map.serialize_entry(key, value)?;
                        }
                    }
                    _ => {
                        for (key, value) in object {
                            map.serialize_entry(key, &Named { value, name })?;
                        }
                    }
                }
                map.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{DeferredProperty, ResourcePath};

    fn meaning(nodes: Json) -> Meaning {
        let mut meaning: Meaning =
            serde_json::from_value(json!({"composition": "shop", "nodes": nodes})).expect("a meaning");
        set_fingerprints(&mut meaning);
        meaning
    }

    fn node(path: &str, properties: Json) -> Json {
        json!({"path": path, "type": "T", "class": "configuration", "properties": properties, "fingerprint": ""})
    }

    fn fingerprints(nodes: Json) -> Vec<String> {
        meaning(nodes).nodes.into_iter().map(|node| node.fingerprint).collect()
    }

    #[test]
    fn a_rename_keeps_all_fingerprints() {
        let before = fingerprints(json!([node("a", json!({"K": 1})), node("b", json!({"R": {"$get": ["a", "Id"]}}))]));
        let after = fingerprints(json!([node("x", json!({"K": 1})), node("y", json!({"R": {"$get": ["x", "Id"]}}))]));
        assert_eq!(before, after);
        assert_ne!(before[0], before[1]);
    }

    #[test]
    fn what_a_reference_points_at_counts() {
        let one = fingerprints(json!([node("a", json!({"K": 1})), node("b", json!({"R": {"$get": ["a", "Id"]}}))]));
        let two = fingerprints(json!([node("a", json!({"K": 2})), node("b", json!({"R": {"$get": ["a", "Id"]}}))]));
        let three = fingerprints(json!([node("a", json!({"K": 1})), node("b", json!({"R": {"$get": ["a", "Arn"]}}))]));
        assert_ne!(one[1], two[1]);
        assert_ne!(one[1], three[1]);
    }

    #[test]
    fn names_lifecycle_and_adoption_do_not_count_and_literals_are_not_references() {
        let plain = meaning(json!([node("a", json!({"D": {"$literal": {"$get": ["a", "Id"]}}}))]));
        let mut other = plain.clone();
        other.nodes[0].path = ResourcePath::root("b");
        other.nodes[0].former_path = Some(ResourcePath::root("a"));
        other.nodes[0].physical_id = Some("x-1".to_string());
        other.nodes[0].lifecycle.protect = true;
        set_fingerprints(&mut other);
        assert_eq!(plain.nodes[0].fingerprint, other.nodes[0].fingerprint);
        other.nodes[0].kind = NodeKind::Existing;
        set_fingerprints(&mut other);
        let first = other.nodes[0].fingerprint.clone();
        other.nodes[0].physical_id = Some("x-2".to_string());
        set_fingerprints(&mut other);
        assert_ne!(first, other.nodes[0].fingerprint);
    }

    #[test]
    fn a_deferred_property_counts_without_the_target() {
        let mut plan = meaning(json!([node("a", json!({})), node("b", json!({}))]));
        let defer =
            |path: &str| vec![DeferredProperty { property: "P".to_string(), value: json!([{"$get": [path, "Id"]}]) }];
        let without = plan.nodes[0].fingerprint.clone();
        plan.nodes[0].deferred = defer("b");
        set_fingerprints(&mut plan);
        let with = plan.nodes[0].fingerprint.clone();
        plan.nodes[0].deferred = defer("c");
        set_fingerprints(&mut plan);
        assert_ne!(without, with);
        assert_eq!(with, plan.nodes[0].fingerprint);
    }
}
