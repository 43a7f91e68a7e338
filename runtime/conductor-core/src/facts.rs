//! What the core needs to know of a resource type. An adapter's catalogue provides it; the core only reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use lw_plan::{Class, Json};
use serde::{Deserialize, Serialize};

use crate::PropertyPath;

/// Facts by wire type.
///
/// Guarantees wanted: the same answer for the same type as long as a change set lives. A type that is not known gets
/// [`TypeFacts::default`]: everything may change in place, nothing is claimed, nothing can be found again.
pub trait Catalogue {
    fn facts(&self, wire_type: &str) -> Option<Arc<TypeFacts>>;
}

/// One resource type. All property names are wire names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TypeFacts {
    pub class: Class,
    /// The properties that make up the physical id, in order.
    pub identifier: Vec<PropertyPath>,
    /// What only one object may hold at a time.
    pub claims: Vec<Claim>,
    /// A change of these needs another object.
    pub create_only: Vec<PropertyPath>,
    /// Set by the cloud: attributes.
    pub read_only: Vec<PropertyPath>,
    /// Never read back; their values are not shown.
    pub write_only: Vec<PropertyPath>,
    /// Lists whose order means nothing.
    pub sets: Vec<PropertyPath>,
    /// JSON documents, as text or as objects: compared as JSON.
    pub documents: Vec<PropertyPath>,
    /// An object by its ARN or by the name at the end of it: the service takes either, and shows one.
    pub arn_or_name: Vec<PropertyPath>,
    /// Read-only attributes that an update in place may change, such as a version number. All others keep their values.
    pub volatile: Vec<Volatile>,
    /// Optional properties that the cloud keeps when an update leaves them out: removing them is an error.
    pub unresettable: Vec<PropertyPath>,
    /// What an unwritten property is.
    pub defaults: BTreeMap<PropertyPath, Json>,
    /// Whether any property may change in place.
    pub updatable: bool,
    pub dedupe: Dedupe,
    /// Absent where the type takes no tags.
    pub tags: Option<TagFacts>,
    /// The name that is minted when it is left out.
    pub name: Option<NameFacts>,
    /// What an object that is as it should be always shows, though nobody writes it: a container runs. Written along with each create.
    pub expected: BTreeMap<String, String>,
    /// How long after a write a read may still not show it.
    pub consistency_window_ms: u64,
    /// How long after its creation another type may still not see one of these, by that type's wire name; `*` for any.
    pub usable_after_ms: BTreeMap<String, u64>,
    /// Whether all objects of this type can be listed.
    pub listable: bool,
}

impl Default for TypeFacts {
    fn default() -> TypeFacts {
        TypeFacts {
            class: Class::Configuration,
            identifier: Vec::new(),
            claims: Vec::new(),
            create_only: Vec::new(),
            read_only: Vec::new(),
            write_only: Vec::new(),
            sets: Vec::new(),
            documents: Vec::new(),
            arn_or_name: Vec::new(),
            volatile: Vec::new(),
            unresettable: Vec::new(),
            defaults: BTreeMap::new(),
            updatable: true,
            dedupe: Dedupe::default(),
            tags: None,
            name: None,
            expected: BTreeMap::new(),
            consistency_window_ms: 0,
            usable_after_ms: BTreeMap::new(),
            listable: false,
        }
    }
}

impl TypeFacts {
    /// Whether no read ever shows a top-level property.
    pub fn hides(&self, property: &str) -> bool {
        self.write_only.iter().any(|path| path.is_top_level() && path.top() == property)
    }

    /// Whether a value of a top-level property is, or holds, something that no read ever shows.
    pub fn holds_hidden(&self, property: &str, value: Option<&Json>) -> bool {
        self.hidden_parts(property, value).any(|values| !values.is_empty())
    }

    /// What of a value of a top-level property no read ever shows, by the paths that say so.
    pub fn hidden_parts<'a>(
        &'a self,
        property: &'a str,
        value: Option<&'a Json>,
    ) -> impl Iterator<Item = Vec<&'a Json>> + 'a {
        let paths = self.write_only.iter().filter(move |path| path.top() == property);
        paths.map(move |path| path.values_inside(value))
    }

    /// Whether an update of these top-level properties may change an attribute. New tags change nothing but the tags.
    pub fn may_change<'a>(&self, attribute: &str, mut changed: impl Iterator<Item = &'a str>) -> bool {
        let tags = self.tags.as_ref().map(|tags| tags.property.as_str());
        let concerned: Vec<&Volatile> =
            self.volatile.iter().filter(|volatile| meet(&volatile.attribute, attribute)).collect();
        !concerned.is_empty()
            && changed.any(|property| {
                Some(property) != tags
                    && concerned
                        .iter()
                        .any(|volatile| volatile.by.is_empty() || volatile.by.iter().any(|by| by == property))
            })
    }
}

/// Whether one of two places is the other, or inside it.
fn meet(path: &PropertyPath, attribute: &str) -> bool {
    path.steps().zip(attribute.split(['.', '/'])).all(|(own, other)| own == "*" || own == other)
}

/// An attribute that an update in place may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volatile {
    pub attribute: PropertyPath,
    /// The top-level properties whose change may change it; empty where any may, tags aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// Properties that together only one object may hold: `[BucketName]`, `[VpcId, CidrBlock]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    pub properties: Vec<PropertyPath>,
}

/// The ways to find out whether a create took effect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dedupe {
    /// What is written finds the object: a name, or what else no two objects share.
    pub natural_name: bool,
    /// The create call takes an idempotency token, remembered for so long.
    pub token_lifetime_ms: Option<u64>,
    /// The ownership tag is inside the create call, and objects are found by tag.
    pub tag_on_create: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagFacts {
    /// The top-level wire property. In Plans, records and parameters it is one map, whatever the wire's shape.
    pub property: String,
    /// What the adapter turns that map into, and back.
    pub shape: TagShape,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TagShape {
    /// `[{"Key": …, "Value": …}]`.
    #[default]
    KeyValueList,
    /// `{key: value}`.
    Map,
}

/// The property that takes a minted `deployment-leaf-6 characters`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NameFacts {
    /// The top-level wire property.
    pub property: String,
    pub length_max: usize,
    /// Letters are lowered (S3 buckets).
    pub lower_case: bool,
    /// What stands between the parts; also in place of signs that are not letters or digits.
    pub separator: char,
}

impl Default for NameFacts {
    fn default() -> NameFacts {
        NameFacts { property: String::new(), length_max: 63, lower_case: false, separator: '-' }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_changes_what_follows_from_it_and_nothing_else() {
        let volatile = |attribute: &str, by: &[&str]| Volatile {
            attribute: PropertyPath::parse(attribute),
            by: by.iter().map(|by| by.to_string()).collect(),
        };
        let facts = TypeFacts {
            volatile: vec![volatile("Version", &[]), volatile("Endpoint/Port", &["Port"])],
            tags: Some(TagFacts { property: "Labels".to_string(), shape: TagShape::Map }),
            ..TypeFacts::default()
        };
        let may_change = |attribute: &str, changed: &[&str]| facts.may_change(attribute, changed.iter().copied());
        assert!(may_change("Version", &["Size"]) && may_change("Version", &["Labels", "Size"]));
        assert!(!may_change("Version", &["Labels"]) && !may_change("Version", &[]));
        assert!(may_change("Endpoint.Port", &["Port"]) && may_change("Endpoint", &["Port"]));
        assert!(!may_change("Endpoint.Port", &["Size"]) && !may_change("Endpoint.Address", &["Port"]));
        assert!(!may_change("Arn", &["Size", "Port"]));
    }
}
