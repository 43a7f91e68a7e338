//! What State holds: a row for each resource, a row for each deployment.

use std::collections::BTreeMap;

use lw_plan::{Class, FLEET_TYPE, Json, Lifecycle, Map, NodeKind, Provider, ResourcePath};
use serde::{Deserialize, Serialize};

use crate::{DeploymentName, Generation, Membership, OperationId, Uid};

/// One object in a cloud, and what we know of it.
///
/// Guarantees: of the records of a deployment, at most one of each path is live ([`ResourceRecord::is_live`]); a record that is replaced
/// keeps its path beside the new one, with a tombstone, until its object is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRecord {
    pub uid: Uid,
    pub path: ResourcePath,
    #[serde(rename = "type")]
    pub wire_type: String,
    /// `Managed` or `Existing` (read, never written, never deleted).
    #[serde(default)]
    pub kind: NodeKind,
    /// The whole binding: a delete must reach what a newer Plan no longer names.
    pub provider: Provider,
    pub physical_id: Option<String>,
    /// Last applied: wire JSON with every term resolved and minted names put in; without our ownership tags.
    pub properties: Map<String, Json>,
    pub observed: Observation,
    /// [`lw_plan::Node::fingerprint`] of the node that was last applied.
    pub fingerprint: String,
    /// The same with uids in place of referenced fingerprints: what matching compares.
    pub uid_fingerprint: String,
    pub class: Class,
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// Names minted for what was left out, by wire property; also in `properties`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub minted: BTreeMap<String, String>,
    /// What it refers to, deferred properties aside: acyclic. Deletion runs against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Uid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<DeferredRecord>,
    pub status: ResourceStatus,
    /// Why it is failed or quarantined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tombstone: Option<Tombstone>,
    /// Where it was written when it was last applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Place>,
    /// Set where no Plan names it, but a fleet made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// The generation that last wrote it.
    pub generation: Generation,
    /// Grows with every write of this row by one.
    pub revision: u64,
}

impl ResourceRecord {
    /// Whether matching may give it to a node: it is not on its way out, and it is, or may be, an object.
    pub fn is_live(&self) -> bool {
        self.tombstone.is_none() && (self.physical_id.is_some() || self.status == ResourceStatus::Quarantined)
    }

    /// Whether a cloud can be asked about it, and what it shows held against what was written: a fleet is what State has of it, and its
    /// members are looked at by whoever tends it.
    pub fn is_watched(&self) -> bool {
        self.membership.is_none() && self.wire_type != FLEET_TYPE
    }

    /// Whether its end was decided and begun: it has a successor, or an operation that deletes it.
    pub fn is_condemned(&self) -> bool {
        let begun = |tombstone: &Tombstone| {
            matches!(tombstone.cause, TombstoneCause::ReplacedBy(_)) || tombstone.operation.is_some()
        };
        self.tombstone.as_ref().is_some_and(begun)
    }
}

/// What the last read showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum Observation {
    #[default]
    Never,
    /// Written properties and attributes, tags as one map (ownership tags included).
    Present { properties: Map<String, Json> },
    /// It was looked for and is not there.
    Absent,
}

impl Observation {
    pub fn properties(&self) -> Option<&Map<String, Json>> {
        match self {
            Observation::Present { properties } => Some(properties),
            Observation::Never | Observation::Absent => None,
        }
    }
}

/// A property that closed a cycle when it was set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeferredRecord {
    pub property: String,
    /// Its value without the back references; `None` where it was left out. Set again before a delete.
    pub before: Option<Json>,
    pub refers_to: Vec<Uid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResourceStatus {
    Ready,
    /// An operation on it is open.
    Changing,
    /// The last operation on it failed, and it is known what that left.
    Failed,
    /// It is not known what an operation left; no operation touches it until it is released.
    Quarantined,
}

/// On its way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tombstone {
    pub cause: TombstoneCause,
    /// The operation that deletes it, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TombstoneCause {
    Deleted,
    ReplacedBy(Uid),
}

/// A line of source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    pub file: String,
    /// From 1.
    pub line: u32,
}

/// A composition in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    pub name: DeploymentName,
    pub generation: Generation,
    /// Hash of the Plan in force; `None` before the first and after `destroy`.
    pub plan: Option<String>,
    pub state: ResourceStatus,
    /// The resolved outputs of the last apply, by name.
    #[serde(default)]
    pub outputs: BTreeMap<String, Json>,
}

impl Deployment {
    /// A deployment that nothing was applied to yet.
    pub fn new(name: DeploymentName) -> Deployment {
        Deployment {
            name,
            generation: Generation(0),
            plan: None,
            state: ResourceStatus::Ready,
            outputs: BTreeMap::new(),
        }
    }
}
