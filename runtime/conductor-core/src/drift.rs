//! Drift: where reality moved away from what was applied.

use lw_plan::{Enforcement, Json, NodeKind, ResourcePath, mentions_secret};
use serde::{Deserialize, Serialize};

use crate::compare::Comparison;
use crate::types::Types;
use crate::{Catalogue, Observation, ResourceRecord};

/// One property that is not as it was applied, or a whole resource that is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    pub path: ResourcePath,
    /// The top-level wire property; absent where the whole resource is gone.
    pub property: Option<String>,
    pub planned: Option<Json>,
    pub observed: Option<Json>,
    /// What is done about it.
    pub enforcement: Enforcement,
}

/// `lw drift --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftReport {
    pub drift: Vec<Drift>,
    pub unrecorded: Vec<Unrecorded>,
}

/// What carries our tag and no record knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unrecorded {
    #[serde(rename = "type")]
    pub wire_type: String,
    pub physical_id: String,
}

/// What of live records reads differently than it was applied, by path. What was never read, what nobody wrote and what `ignores`
/// names is no drift.
pub fn drift(records: &[ResourceRecord], catalogue: &dyn Catalogue) -> Vec<Drift> {
    let types = Types::new(catalogue);
    let mut found = Vec::new();
    let is_held =
        |record: &&ResourceRecord| record.is_live() && record.kind == NodeKind::Managed && record.is_watched();
    for record in records.iter().filter(is_held) {
        let enforcement = enforcement(record);
        let entry = |property: Option<String>, planned: Option<Json>, observed: Option<Json>| Drift {
            path: record.path.clone(),
            property,
            planned,
            observed,
            enforcement,
        };
        let observed = match &record.observed {
            Observation::Never => continue,
            Observation::Absent => {
                found.push(entry(None, None, None));
                continue;
            }
            Observation::Present { properties } => properties,
        };
        let facts = types.facts(&record.wire_type);
        for (name, applied) in &record.properties {
            let ignored = record.lifecycle.ignores.contains(name) || facts.hides(name) || mentions_secret(applied);
            let observed = observed.get(name);
            if !ignored && !Comparison::of(&facts, name).covers(observed, Some(applied), Some(applied)) {
                found.push(entry(Some(name.clone()), Some(applied.clone()), observed.cloned()));
            }
        }
    }
    found.sort_by(|left, right| (&left.path, &left.property).cmp(&(&right.path, &right.property)));
    found
}

/// What is written, or else `Correct`, which is the default of every class (for data, with an alert).
pub fn enforcement(record: &ResourceRecord) -> Enforcement {
    record.lifecycle.enforcement.unwrap_or(Enforcement::Correct)
}
