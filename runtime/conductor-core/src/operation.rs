//! An operation: one effectful call, journalled before it is sent.

use lw_plan::{Json, Map, Provider, ResourcePath, canonical_json};
use serde::{Deserialize, Serialize};

use crate::{DeploymentName, Generation, OperationId, ResourceRecord, Uid};

/// One decision to act.
///
/// Guarantees: `id` is the idempotency token; `parameters` never change, so that a resend is byte-equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    pub id: OperationId,
    pub deployment: DeploymentName,
    pub generation: Generation,
    pub uid: Uid,
    pub path: ResourcePath,
    #[serde(rename = "type")]
    pub wire_type: String,
    pub provider: Provider,
    pub verb: Verb,
    /// Of what is updated or deleted; of what an earlier attempt of a create has made, in memory alone.
    pub physical_id: Option<String>,
    /// The canonical JSON of [`Parameters`].
    pub parameters: String,
    /// Update: the row as it shall be once the update is done. (For a create, the row that is written with the intent is it.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Box<ResourceRecord>>,
    /// Create: the record whose place this one takes; it gets a tombstone with the outcome, or is dropped where it has no object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Uid>,
    pub state: OperationState,
    /// The epoch of the Conductor that decided; a store refuses an older one.
    pub epoch: u64,
    pub created_at_ms: u64,
    /// After so long without an answer its outcome is unknown: `timeouts` of `@lifecycle`. The shell's own deadline where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
}

impl Operation {
    /// The idempotency token.
    pub fn token(&self) -> String {
        self.id.to_string()
    }

    /// Reads the parameters back.
    pub fn parameters(&self) -> Result<Parameters, serde_json::Error> {
        serde_json::from_str(&self.parameters)
    }
}

/// The tag that carries the uid.
pub const TAG_UID: &str = "linework:uid";

/// The tag that carries the deployment's name.
pub const TAG_DEPLOYMENT: &str = "linework:deployment";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verb {
    Create,
    Update,
    Delete,
}

impl Verb {
    /// The word that `timeouts` has for it.
    pub fn word(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Delete => "delete",
        }
    }
}

/// What a call is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// Create: every property. Update: every property as it shall be. Delete: empty. Our ownership tags are in the tag map
    /// of a create, and of an update that touches tags.
    #[serde(default)]
    pub properties: Map<String, Json>,
    /// Update: the top-level properties that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Update: the top-level properties that go back to their defaults; those with a known default are in `properties` and
    /// `changed` instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reset: Vec<String>,
    /// Update: what `properties` was when last applied.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub before: Map<String, Json>,
}

impl Parameters {
    pub fn to_canonical(&self) -> String {
        canonical_json(&serde_json::to_value(self).expect("parameters are plain data"))
    }
}

/// How far an operation has come.
///
/// `Intended` is durable before the first byte is sent. `Sent` and `Observed` may be kept in memory alone: after a crash,
/// an operation that is on disk as intended may have been sent, and is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationState {
    Intended,
    Sent,
    /// The answer is here, not yet on disk.
    Observed,
    /// The outcome is on disk.
    Recorded,
    Done,
    /// Nobody can say whether it took effect: quarantine.
    Unknown,
    /// It took no effect, and never will.
    Abandoned,
}

impl OperationState {
    /// Whether recovery has to look at it.
    pub fn is_open(self) -> bool {
        matches!(self, OperationState::Intended | OperationState::Sent | OperationState::Observed)
    }
}
