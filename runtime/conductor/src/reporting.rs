//! What the Conductor saw and did, as `lw incidents` and the API show it.

use conductor_core::{DeploymentName, IncidentDetail};
use conductor_store::Incident;
use lw_plan::{Json, ResourcePath};
use serde::{Deserialize, Serialize};

/// `lw incidents --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentReport {
    /// Newest first.
    pub incidents: Vec<IncidentRow>,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentRow {
    pub id: u64,
    pub deployment: DeploymentName,
    /// drift, gone, brake, orphan, quarantine, policy, unfinished.
    pub kind: String,
    /// correcting, corrected, failed, held, alerted, absorbed, vanished.
    pub handling: String,
    pub at_ms: u64,
    pub resolved_at_ms: Option<u64>,
    pub path: Option<ResourcePath>,
    #[serde(rename = "type")]
    pub wire_type: Option<String>,
    /// The wire property; for an orphan its type and id, for a policy its id.
    pub property: Option<String>,
    /// As it was written.
    pub planned: Option<Json>,
    /// As it was found.
    pub observed: Option<Json>,
    pub enforcement: Option<String>,
    pub reason: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    /// When a look last showed it as it should be.
    pub right_at_ms: Option<u64>,
    /// Who changed it, where the cloud says.
    pub by: Option<String>,
    /// What else belongs to it: the paths under a brake, an orphan's physical id.
    pub about: Vec<String>,
}

impl IncidentRow {
    pub fn of(row: Incident) -> IncidentRow {
        let word = |value: Json| value.as_str().unwrap_or_default().to_string();
        let detail: Option<IncidentDetail> = serde_json::from_value(row.detail).ok();
        let handling = detail.as_ref().map(|detail| word(serde_json::to_value(detail.handling).unwrap_or_default()));
        let enforcement = detail.as_ref().and_then(|detail| detail.enforcement);
        let enforcement = enforcement.map(|mode| word(serde_json::to_value(mode).unwrap_or_default()));
        let detail = detail.as_ref();
        IncidentRow {
            id: row.id,
            deployment: row.deployment,
            kind: row.kind,
            handling: handling.unwrap_or_default(),
            at_ms: row.at_ms,
            resolved_at_ms: row.resolved_at_ms,
            path: row.path,
            wire_type: detail.and_then(|detail| detail.wire_type.clone()),
            property: detail.and_then(|detail| detail.subject.property.clone()),
            planned: detail.and_then(|detail| detail.planned.clone()),
            observed: detail.and_then(|detail| detail.observed.clone()),
            enforcement,
            reason: detail.map(|detail| detail.reason.clone()).unwrap_or_default(),
            file: detail.and_then(|detail| detail.file.clone()),
            line: detail.and_then(|detail| detail.line),
            right_at_ms: detail.and_then(|detail| detail.right_at_ms),
            by: detail.and_then(|detail| detail.by.clone()),
            about: detail.map(|detail| detail.about.clone()).unwrap_or_default(),
        }
    }
}
