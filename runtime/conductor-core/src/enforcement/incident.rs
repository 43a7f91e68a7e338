//! What is told of a deviation, as rows that outlive the process.

use lw_plan::{Enforcement, Json, ResourcePath};
use serde::{Deserialize, Serialize};

use super::deviation::Deviation;
use crate::Uid;

/// What an incident is about: at most one about each is open at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The resource; empty for what is about the whole deployment.
    pub path: ResourcePath,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
}

impl Subject {
    /// The whole deployment.
    pub fn deployment() -> Subject {
        Subject { path: ResourcePath::from_text(""), property: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IncidentKind {
    /// A property is not as it was written.
    Drift,
    /// A resource is not there.
    Gone,
    /// Too much at once: nothing is corrected until somebody has looked.
    Brake,
    /// Something carries our tag and no record knows it.
    Orphan,
    /// Nobody can say what an operation left.
    Quarantine,
    /// A policy in force fails on what is there.
    Policy,
    /// An apply that was cut off cannot be finished.
    Unfinished,
}

impl IncidentKind {
    pub fn as_str(self) -> &'static str {
        match self {
            IncidentKind::Drift => "drift",
            IncidentKind::Gone => "gone",
            IncidentKind::Brake => "brake",
            IncidentKind::Orphan => "orphan",
            IncidentKind::Quarantine => "quarantine",
            IncidentKind::Policy => "policy",
            IncidentKind::Unfinished => "unfinished",
        }
    }
}

/// What was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handling {
    /// It is being put right.
    Correcting,
    /// It was put right.
    Corrected,
    /// It was tried, and failed; it is tried again.
    Failed,
    /// It is left, and waits for a person.
    Held,
    /// It is left, as `Alert` says.
    Alerted,
    /// It is left, and waits to be written into the source, as `Absorb` says.
    Absorbed,
    /// It came right without us.
    Vanished,
}

/// The `detail` of an incident's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentDetail {
    pub subject: Subject,
    pub handling: Handling,
    /// One sentence without a full stop: what happened, and why it was handled so.
    pub reason: String,
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub wire_type: Option<String>,
    /// As it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Json>,
    /// As it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// When a look last showed it as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_at_ms: Option<u64>,
    /// Who changed it, where the cloud says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What else belongs to it: the paths under a brake, an orphan's physical id, a policy's id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<String>,
    /// What tells this deviation from another at the same place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

impl IncidentDetail {
    pub fn of(deviation: &Deviation, handling: Handling, reason: String) -> IncidentDetail {
        IncidentDetail {
            wire_type: Some(deviation.wire_type.clone()),
            planned: deviation.planned.clone(),
            observed: deviation.observed.clone(),
            enforcement: Some(deviation.enforcement),
            file: deviation.place.as_ref().map(|place| place.file.clone()),
            line: deviation.place.as_ref().map(|place| place.line),
            digest: deviation.digest(),
            ..IncidentDetail::about(deviation.subject(), handling, reason)
        }
    }

    /// A detail that holds a sentence alone.
    pub fn about(subject: Subject, handling: Handling, reason: String) -> IncidentDetail {
        IncidentDetail {
            subject,
            handling,
            reason,
            wire_type: None,
            planned: None,
            observed: None,
            enforcement: None,
            file: None,
            line: None,
            right_at_ms: None,
            by: None,
            about: Vec::new(),
            digest: String::new(),
        }
    }
}

/// A row to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Tell {
    pub kind: IncidentKind,
    pub uid: Option<Uid>,
    pub detail: IncidentDetail,
    pub change: IncidentChange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncidentChange {
    /// Opens one, or changes the open one about the same subject.
    Open,
    /// Closes the open one about the subject; opens and closes one where there is none.
    Resolve,
}
