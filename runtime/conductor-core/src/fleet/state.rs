use std::collections::{BTreeMap, BTreeSet};

use lw_plan::{Json, Map};
use serde::{Deserialize, Serialize};

use crate::{ResourceRecord, Uid};

/// The attribute of a fleet's record that holds its state.
pub const STATE_ATTRIBUTE: &str = "State";

/// How many finished rollouts are remembered.
const HISTORY_MAX: usize = 10;

/// What has to outlive a process: kept in the record of the fleet, written before anything is done on its account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FleetState {
    /// Where scaling has brought the number of members; 0 before the first round.
    pub desired: u32,
    /// The declared number that `desired` began from.
    pub declared: u32,
    /// The last template that stood the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutState>,
    /// The template that failed, and is not tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Members that were healthy for as long as is asked, once.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub proven: BTreeSet<Uid>,
    /// Members on their way out, since when.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub draining: BTreeMap<Uid, u64>,
    /// Members that are replaced although their template is the right one: too old, or in the wrong place.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub renewing: BTreeSet<Uid>,
    /// When renewals began, as far back as their rate asks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renewed_ms: Vec<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaled_out_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaled_in_ms: Option<u64>,
    /// Zones that are lost, by position: when they were last seen to be.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub zones_lost: BTreeMap<usize, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone_returned_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub braked_since_ms: Option<u64>,
    /// Finished rollouts, the last one last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Past>,
}

/// A template, kept whole so that it can be gone back to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    pub template: String,
    #[serde(rename = "type")]
    pub wire_type: String,
    pub properties: Map<String, Json>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutState {
    pub to: String,
    /// It goes back to what was there before.
    #[serde(default)]
    pub is_rollback: bool,
    pub began_ms: u64,
    /// When something last moved, or waited for what is not its own fault.
    pub progressed_ms: u64,
    /// The most new members that counted at a time, and the fewest old ones.
    pub reached: u32,
    pub left: u32,
    /// How many new members ended before they counted.
    #[serde(default)]
    pub losses: u32,
    /// Canary: the step that it is at.
    #[serde(default)]
    pub step: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baking_since_ms: Option<u64>,
    /// Blue/green: when the new ones took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    pub template: String,
    pub reason: String,
    pub at_ms: u64,
    /// Whether the one before it takes its place; otherwise all stays as it is.
    pub goes_back: bool,
}

/// A rollout that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    pub template: String,
    pub began_ms: u64,
    pub ended_ms: u64,
    /// Why it was left; absent where it stood the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl FleetState {
    /// Reads the state out of the record of a fleet.
    pub fn of(record: &ResourceRecord) -> FleetState {
        let state = record.observed.properties().and_then(|observed| observed.get(STATE_ATTRIBUTE));
        state.and_then(|state| serde_json::from_value(state.clone()).ok()).unwrap_or_default()
    }

    pub(super) fn remember(&mut self, past: Past) {
        self.history.push(past);
        let excess = self.history.len().saturating_sub(HISTORY_MAX);
        self.history.drain(..excess);
    }

    /// Drops what is known of members that are no more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&Uid) -> bool) {
        self.proven.retain(&is_there);
        self.renewing.retain(&is_there);
        self.draining.retain(|uid, _| is_there(uid));
    }
}
