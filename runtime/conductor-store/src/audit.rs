//! Whether a log is as it was written.

use std::collections::BTreeMap;

use conductor_core::{DeploymentName, Event};

use crate::{Store, StoreError};

/// As many events as are read at a time.
const EVENTS_PAGE: u64 = 10_000;

/// What an audit of one log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    pub events: u64,
    /// The sequence number of the first event that is not as it was written, or not there.
    pub broken_at: Option<u64>,
}

/// Reads a log from its beginning and hands out each event.
///
/// Guarantees: a flipped bit, a removed, an inserted and a moved event are found, an end that was cut off among them. Somebody who
/// can write the whole store can write another log with other marks; a copy of one mark kept elsewhere shows that.
pub fn audit_log(store: &dyn Store, name: &DeploymentName, each: &mut dyn FnMut(Event)) -> Result<Audit, StoreError> {
    let mut marks: BTreeMap<u64, String> =
        store.checkpoints(name)?.into_iter().map(|mark| (mark.sequence, mark.hash)).collect();
    let mut audit = Audit { events: 0, broken_at: None };
    let mut head: Option<(u64, String)> = None;
    loop {
        let after = head.as_ref().map_or(0, |(sequence, _)| *sequence);
        let page = store.events(name, after, EVENTS_PAGE)?;
        if page.is_empty() {
            break;
        }
        for event in page {
            let follows = event.follows(head.as_ref().map(|(sequence, hash)| (*sequence, hash.as_str())));
            let marked = marks.remove(&event.sequence).is_none_or(|hash| hash == event.hash);
            if !(follows && marked) && audit.broken_at.is_none() {
                audit.broken_at = Some(event.sequence);
            }
            audit.events += 1;
            head = Some((event.sequence, event.hash.clone()));
            each(event);
        }
    }
    // What a mark saw must still be there.
    if let Some(missing) = marks.keys().next() {
        audit.broken_at = audit.broken_at.into_iter().chain([*missing]).min();
    }
    Ok(audit)
}
