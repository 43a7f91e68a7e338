//! The event log of a deployment: each event carries the hash of the one before.

use lw_plan::{Json, canonical_json, digest};
use serde::{Deserialize, Serialize};

use crate::{Action, Generation, OperationId, OperationState, Uid, Verb};

/// The `previous` of the first event.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// From 1, without gaps.
    pub sequence: u64,
    pub at_ms: u64,
    /// The `hash` of the event before, or [`GENESIS`].
    pub previous: String,
    /// The canonical JSON of an [`EventBody`].
    pub body: String,
    /// SHA-256 over sequence, time, previous and body.
    pub hash: String,
}

impl Event {
    /// The event after `head`, the last `(sequence, hash)`, or the first.
    pub fn after(head: Option<(u64, &str)>, at_ms: u64, body: &EventBody) -> Event {
        let (sequence, previous) = head.map_or((1, GENESIS), |(sequence, hash)| (sequence + 1, hash));
        let body = canonical_json(&serde_json::to_value(body).expect("an event is plain data"));
        let hash = Event::hash_of(sequence, at_ms, previous, &body);
        Event { sequence, at_ms, previous: previous.to_string(), body, hash }
    }

    fn hash_of(sequence: u64, at_ms: u64, previous: &str, body: &str) -> String {
        digest(format!("{sequence}\n{at_ms}\n{previous}\n{body}").as_bytes())
    }

    /// Whether this event is whole and follows `head`.
    pub fn follows(&self, head: Option<(u64, &str)>) -> bool {
        let (sequence, previous) = head.map_or((1, GENESIS), |(sequence, hash)| (sequence + 1, hash));
        self.sequence == sequence
            && self.previous == previous
            && self.hash == Event::hash_of(self.sequence, self.at_ms, &self.previous, &self.body)
    }

    pub fn body(&self) -> Result<EventBody, serde_json::Error> {
        serde_json::from_str(&self.body)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "event")]
pub enum EventBody {
    /// A change set begins.
    Began {
        generation: Generation,
        plan: Option<String>,
        changes: String,
    },
    Intended {
        operation: OperationId,
        uid: Uid,
        path: String,
        verb: Verb,
    },
    Closed {
        operation: OperationId,
        uid: Uid,
        path: String,
        state: OperationState,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
    /// State changed and no cloud was called: a move, an adoption, bookkeeping, a release.
    Recorded {
        uid: Uid,
        path: String,
        action: Option<Action>,
        text: String,
    },
    /// A change set ended.
    Ended {
        generation: Generation,
        done: u32,
        failed: u32,
        skipped: u32,
        unknown: u32,
    },
    /// What the shell wants to keep (a pause, a backup, a person's note).
    Noted {
        kind: String,
        detail: Json,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(kind: &str) -> EventBody {
        EventBody::Noted { kind: kind.to_string(), detail: Json::Null }
    }

    #[test]
    fn a_changed_event_breaks_the_chain() {
        let first = Event::after(None, 10, &note("a"));
        let second = Event::after(Some((first.sequence, &first.hash)), 11, &note("b"));
        assert!(first.follows(None));
        assert!(second.follows(Some((1, &first.hash))));
        assert!(!second.follows(None));
        let mut forged = first.clone();
        forged.body = second.body.clone();
        assert!(!forged.follows(None));
        assert_eq!(second.body().unwrap(), note("b"));
    }
}
