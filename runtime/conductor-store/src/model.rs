//! Rows that are the store's own; the rest are values of conductor-core.

use conductor_core::{DeploymentName, Generation, ResourceStatus, Uid};
use lw_plan::{Json, NodeKind, Provider, ResourcePath};
use serde::{Deserialize, Serialize};

/// What a store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The version of the tables.
    pub schema: u32,
    /// 128 random bits, made with the store.
    pub install_id: u128,
    /// Which kind of cloud its resources are in; `None` before the first apply.
    pub cloud: Option<CloudKind>,
    /// Grows by one with every owner that writes.
    pub epoch: u64,
}

/// A store is of one kind, for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CloudKind {
    /// Everything is in the simulated cloud.
    Sim,
    Real,
}

impl CloudKind {
    pub fn as_str(self) -> &'static str {
        match self {
            CloudKind::Sim => "sim",
            CloudKind::Real => "real",
        }
    }
}

/// Which Plan a generation of a deployment was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationRow {
    pub generation: Generation,
    /// `None` for a destroy.
    pub plan: Option<String>,
    pub at_ms: u64,
}

/// What a Plan is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanHeading {
    pub composition: String,
    pub environment: Option<String>,
}

/// A resource's row without what it is made of: enough to list it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSummary {
    pub uid: Uid,
    pub path: ResourcePath,
    #[serde(rename = "type")]
    pub wire_type: String,
    #[serde(default)]
    pub kind: NodeKind,
    pub provider: Provider,
    pub physical_id: Option<String>,
    pub status: ResourceStatus,
}

/// Something that the Conductor saw and did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// Given by the store; 0 for a new one.
    #[serde(default)]
    pub id: u64,
    pub deployment: DeploymentName,
    /// What it is about: of those that are open, at most one has it. Writing an open one again changes it. Empty for a mere note.
    #[serde(default)]
    pub key: String,
    pub at_ms: u64,
    /// `drift`, `quarantine`, `rollback`, …
    pub kind: String,
    pub uid: Option<Uid>,
    pub path: Option<ResourcePath>,
    pub detail: Json,
    pub resolved_at_ms: Option<u64>,
}

/// Something that somebody is still to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Given by the store.
    pub id: u64,
    pub incident: u64,
    /// Whom, by the name that the settings give them.
    pub target: String,
    /// The incident as it was when it happened.
    pub body: Json,
    pub attempts: u32,
    pub due_at_ms: u64,
    /// Why the last attempt failed.
    pub problem: Option<String>,
}

/// Enforcement is off for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pause {
    pub deployment: DeploymentName,
    pub at_ms: u64,
    pub until_ms: u64,
    pub reason: String,
}

/// A resource's row as far as looking at its object needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchRow {
    pub uid: Uid,
    pub wire_type: String,
    pub physical_id: String,
    pub revision: u64,
    pub provider: Provider,
}

/// One version of a variable's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub deployment: DeploymentName,
    pub name: String,
    /// From 1.
    pub version: u64,
    pub value: Json,
    pub at_ms: u64,
}

/// Who does something that only one may do, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    pub name: String,
    pub holder: String,
    pub epoch: u64,
    pub expires_at_ms: u64,
}

/// The head of an event log at a time: what was before it has not changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    pub sequence: u64,
    pub hash: String,
    pub at_ms: u64,
}
