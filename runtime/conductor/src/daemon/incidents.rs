//! Between what the core tells and the rows that the store keeps.

use conductor_core::{DeploymentName, IncidentChange, IncidentDetail, IncidentKind, Memory, Remembered, Subject, Tell};
use conductor_store::{Incident, StoreError, WatchStore};
use lw_plan::Json;

/// What was corrected so long ago plays no part in what is a contest.
const REMEMBERED: u64 = 2_000;

/// The memory that an earlier process left of a deployment.
pub fn recall(store: &dyn WatchStore, name: &DeploymentName) -> Result<Memory, StoreError> {
    let mut rows = store.incidents_before(Some(name), None, REMEMBERED)?;
    // What is open is remembered however old it is.
    rows.extend(store.open_incidents(name)?);
    rows.sort_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    Ok(Memory::recall(rows.into_iter().filter_map(remembered)))
}

fn remembered(row: Incident) -> Option<Remembered> {
    Some(Remembered {
        kind: kind(&row.kind)?,
        detail: serde_json::from_value(row.detail).ok()?,
        at_ms: row.at_ms,
        resolved_at_ms: row.resolved_at_ms,
    })
}

fn kind(text: &str) -> Option<IncidentKind> {
    serde_json::from_value(Json::from(text)).ok()
}

fn key(kind: IncidentKind, subject: &Subject) -> String {
    let property = subject.property.as_deref().unwrap_or_default();
    format!("{} {} {property}", kind.as_str(), subject.path)
}

/// The row that says what is told.
pub fn row(name: &DeploymentName, tell: &Tell, now_ms: u64) -> Incident {
    let IncidentDetail { subject, .. } = &tell.detail;
    Incident {
        id: 0,
        deployment: name.clone(),
        key: key(tell.kind, subject),
        at_ms: now_ms,
        kind: tell.kind.as_str().to_string(),
        uid: tell.uid,
        path: (!subject.path.as_str().is_empty()).then(|| subject.path.clone()),
        detail: serde_json::to_value(&tell.detail).unwrap_or_default(),
        resolved_at_ms: (tell.change == IncidentChange::Resolve).then_some(now_ms),
    }
}
