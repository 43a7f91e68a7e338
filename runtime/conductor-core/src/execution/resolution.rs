//! Outcomes that nobody knows: a lost response, a timeout, a crash.
//!
//! Flow: look (by tag, by name, by id) until the type's consistency window is over; found and as it was asked for: that is the outcome.
//! Found half made: the same operation completes it. Found, and another's: refused. Not found: send the same again while its token is
//! remembered; where there is none, the look has shown that there is nothing, and a new operation is decided. Nobody answers: it stays open, and the next start goes on. Nothing to look by and no token: quarantine. Never a blind
//! resend.

use std::sync::Arc;

use lw_plan::Json;

use super::outcome::is_ours;
use super::{Effect, Execution, Failure, FailureClass, Lookup, LookupBy, Outcome, StepResult, Waker};
use crate::compare::Comparison;
use crate::{
    Observation, Operation, OperationId, OperationState, ResourceStatus, TAG_DEPLOYMENT, TAG_UID, TypeFacts, Verb,
};

/// How far the search for an outcome has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolution {
    since_ms: u64,
    resends: u32,
    failures: u32,
    /// The cloud says that such an object is there, and no look has shown it yet.
    exists: bool,
}

/// How long an object that is said to be there may stay unseen.
const UNSEEN_MS_MAX: u64 = 10_000;

/// A token that runs out while the call is under way is no token.
const TOKEN_MARGIN_MS: u64 = 60_000;

impl Execution {
    pub(super) fn resolve_all(&mut self, now_ms: u64) {
        let mut open: Vec<OperationId> = self.operations.keys().copied().collect();
        open.sort_unstable();
        for id in open {
            self.resolve_outcome(now_ms, id);
        }
    }

    pub(super) fn resolve_outcome(&mut self, now_ms: u64, id: OperationId) {
        let Some(flight) = self.operations.get_mut(&id) else { return };
        flight.resolution.get_or_insert_default().since_ms = now_ms;
        let (operation, last) = (flight.operation.clone(), flight.last_failure.clone());
        let facts = self.facts(&operation.wire_type);
        match look_by(&operation, &facts) {
            Some(_) => self.look(id),
            None if token_is_valid(&operation, &facts, now_ms) => self.resend(id),
            None => {
                let last = last.map(|last| format!(": {last}")).unwrap_or_default();
                self.quarantine(id, format!("nothing can tell whether it took effect{last}"));
            }
        }
    }

    pub(super) fn look(&mut self, id: OperationId) {
        let Some(flight) = self.operations.get(&id) else { return };
        let operation = flight.operation.clone();
        if let Some(by) = look_by(&operation, &self.facts(&operation.wire_type)) {
            self.operations.entry(id).and_modify(|flight| flight.is_looking = true);
            self.effects.push(Effect::Lookup(Lookup { operation, by }));
        }
    }

    fn resend(&mut self, id: OperationId) {
        let resends_max = self.settings.resends_max;
        let Some(flight) = self.operations.get_mut(&id) else { return };
        let resolution = flight.resolution.get_or_insert_default();
        resolution.resends += 1;
        if resolution.resends > resends_max {
            let last = flight.last_failure.clone().unwrap_or_else(|| "no response".to_string());
            self.leave_open(id, format!("after {resends_max} further attempts: {last}"));
        } else {
            self.call(id);
        }
    }

    pub(super) fn looked_up(&mut self, now_ms: u64, id: OperationId, found: Option<Outcome>) {
        let Some(flight) = self.operations.get_mut(&id) else { return };
        flight.is_looking = false;
        let operation = flight.operation.clone();
        let resolution =
            flight.resolution.clone().unwrap_or_else(|| Resolution { since_ms: now_ms, ..Resolution::default() });
        let (since_ms, exists, last) = (resolution.since_ms, resolution.exists, flight.last_failure.clone());
        let facts = self.facts(&operation.wire_type);
        let window_ms =
            if exists { facts.consistency_window_ms.max(UNSEEN_MS_MAX) } else { facts.consistency_window_ms };
        let left_ms = (since_ms + window_ms).saturating_sub(now_ms);
        match (operation.verb, found) {
            (Verb::Create, Some(found)) => match is_of(&operation, &facts, &found) {
                Ok(()) if shows_all(&operation, &facts, &found) => self.succeeded(id, found),
                Ok(()) => self.complete(id, found),
                Err(problem) => self.fail(id, problem),
            },
            (Verb::Create, None) if left_ms > 0 => self.look_later(id, left_ms),
            (Verb::Create, None) if exists => self.fail(id, last.unwrap_or_default()),
            (Verb::Create, None) if token_is_valid(&operation, &facts, now_ms) => self.resend(id),
            (Verb::Create, None) => self.decide_anew(now_ms, id),
            (Verb::Update, Some(found)) if shows(&operation, &facts, &found) => self.succeeded(id, found),
            (Verb::Update, Some(_)) if left_ms > 0 => self.look_later(id, left_ms),
            // An update says how things shall be: the same again changes nothing that is so already.
            (Verb::Update, Some(_)) => self.resend(id),
            (Verb::Update, None) if left_ms > 0 => self.look_later(id, left_ms),
            (Verb::Update, None) => self.gone(id),
            (Verb::Delete, None) => self.succeeded(id, Outcome::default()),
            (Verb::Delete, Some(_)) if left_ms > 0 => self.look_later(id, left_ms),
            (Verb::Delete, Some(found)) => {
                let record = self.records.get(&operation.uid);
                match record.map_or(Ok(()), |record| is_ours(&facts, record, &found.observed)) {
                    Ok(()) => self.resend(id),
                    Err(problem) => self.quarantine(id, problem),
                }
            }
        }
    }

    /// An earlier attempt has made an object and not everything about it: the same operation, told which one.
    fn complete(&mut self, id: OperationId, found: Outcome) {
        let Some(flight) = self.operations.get_mut(&id) else { return };
        flight.operation = Arc::new(Operation { physical_id: found.physical_id, ..(*flight.operation).clone() });
        self.resend(id);
    }

    /// Such an object is there. After an attempt that nobody answered it may be our own, which a look has not shown yet.
    pub(super) fn exists_already(&mut self, now_ms: u64, id: OperationId, message: String) {
        let Some(flight) = self.operations.get_mut(&id) else { return };
        let facts = self.facts.get(&flight.operation.wire_type).cloned().unwrap_or_default();
        match &mut flight.resolution {
            Some(resolution) if !resolution.exists && look_by(&flight.operation, &facts).is_some() => {
                resolution.exists = true;
                flight.last_failure = Some(message);
                self.resolve_outcome(now_ms, id);
            }
            _ => self.fail(id, message),
        }
    }

    /// Nobody answers: it stays open in the journal, and the next start looks again. No question for a person yet.
    fn leave_open(&mut self, id: OperationId, problem: String) {
        if let Some(flight) = self.operations.remove(&id) {
            self.end_step(flight.step, StepResult::Unknown, Some(problem));
        }
    }

    fn look_later(&mut self, id: OperationId, left_ms: u64) {
        let after_ms = self.settings.lookup_interval_ms.clamp(1, left_ms);
        self.set_timer(after_ms, Waker::LookAgain(id));
    }

    pub(super) fn lookup_failed(&mut self, id: OperationId, failure: Failure, jitter: u32) {
        let attempts_max = self.settings.attempts_max;
        let Some(flight) = self.operations.get_mut(&id) else { return };
        flight.is_looking = false;
        let resolution = flight.resolution.get_or_insert_default();
        resolution.failures += 1;
        let failures = resolution.failures;
        match failure.class {
            FailureClass::Credentials | FailureClass::NotSent => {
                self.leave_open(id, failure.message.clone());
                self.stop_now(failure.message);
            }
            FailureClass::Permanent | FailureClass::AlreadyExists => self.quarantine(id, failure.message),
            _ if failures >= attempts_max => self.leave_open(id, failure.message),
            _ => {
                let after_ms = self.backoff_ms(failures, jitter, failure.retry_after_ms);
                self.set_timer(after_ms, Waker::LookAgain(id));
            }
        }
    }

    /// The old operation left nothing, and its token is forgotten: a new one for the same step.
    fn decide_anew(&mut self, now_ms: u64, id: OperationId) {
        let Some(flight) = self.operations.remove(&id) else { return };
        let problem = "it left nothing, and no token makes it safe to send again".to_string();
        self.close(&flight, OperationState::Abandoned, Some(problem.clone()));
        let resends = flight.resolution.as_ref().map_or(0, |resolution| resolution.resends);
        let last_failure = flight.last_failure.clone();
        if let Some(reason) = self.stop.clone() {
            self.remove(flight.operation.uid);
            return self.end_step(flight.step, StepResult::Skipped, Some(reason));
        }
        if resends >= self.settings.resends_max {
            self.remove(flight.operation.uid);
            let last = flight.last_failure.as_deref().unwrap_or("no response");
            let problem = format!("nothing was created, after {resends} further attempts: {last}");
            return self.end_step(flight.step, StepResult::Failed, Some(problem));
        }
        let fresh = Operation {
            id: self.fresh_operation_id(),
            created_at_ms: now_ms,
            epoch: self.settings.epoch,
            ..(*flight.operation).clone()
        };
        let fresh_id = fresh.id;
        self.intend(flight.step, fresh, flight.prior.map(|prior| *prior));
        if let Some(flight) = self.operations.get_mut(&fresh_id) {
            flight.resolution = Some(Resolution { since_ms: now_ms, resends: resends + 1, ..Resolution::default() });
            flight.last_failure = last_failure;
        }
    }

    /// What was to be updated is not there.
    fn gone(&mut self, id: OperationId) {
        let Some(flight) = self.operations.remove(&id) else { return };
        let problem = "it no longer exists in the cloud".to_string();
        if let Some(mut record) = self.records.get(&flight.operation.uid).cloned() {
            record.observed = Observation::Absent;
            record.status = ResourceStatus::Failed;
            record.problem = Some(problem.clone());
            self.put(record);
        }
        self.close(&flight, OperationState::Abandoned, Some(problem.clone()));
        self.end_step(flight.step, StepResult::Failed, Some(problem));
    }
}

/// What finds the object of an operation.
fn look_by(operation: &Arc<Operation>, facts: &TypeFacts) -> Option<LookupBy> {
    match operation.verb {
        Verb::Update | Verb::Delete => Some(LookupBy::PhysicalId),
        Verb::Create if facts.tags.is_some() && facts.dedupe.tag_on_create => Some(LookupBy::Tag),
        Verb::Create if facts.dedupe.natural_name => Some(LookupBy::NaturalName),
        Verb::Create => None,
    }
}

fn token_is_valid(operation: &Operation, facts: &TypeFacts, now_ms: u64) -> bool {
    facts.dedupe.token_lifetime_ms.is_some_and(|lifetime| now_ms + TOKEN_MARGIN_MS < operation.created_at_ms + lifetime)
}

/// Whether what a look for a create has found is what that create has made, and not another's.
///
/// Tags say whose it is. Without any, an object of a type with tags is one that was not tagged yet, since an adapter looks before it
/// makes what takes its tags afterwards; an object of a type without tags has to be what was asked for, or what it shows so far has to be
/// a part of that.
fn is_of(operation: &Operation, facts: &TypeFacts, found: &Outcome) -> Result<(), String> {
    let id = found.physical_id.as_deref().unwrap_or_default();
    if let Some(tags) = &facts.tags {
        let tag = |name: &str| found.observed.get(&tags.property)?.get(name)?.as_str();
        return match (tag(TAG_UID), tag(TAG_DEPLOYMENT)) {
            (Some(uid), _) if uid == operation.uid.to_string() => Ok(()),
            (Some(_), Some(owner)) => Err(format!("`{id}` is there already, and belongs to {owner}")),
            (Some(_), None) => Err(format!("`{id}` is there already, and belongs to another deployment")),
            (None, _) => Ok(()),
        };
    }
    let parameters = operation.parameters().unwrap_or_default();
    let is_another = |(name, wanted): &(&String, &Json)| {
        !facts.hides(name) && !is_part(facts, name, found.observed.get(*name), wanted)
    };
    match parameters.properties.iter().find(is_another) {
        None => Ok(()),
        Some((name, _)) => Err(format!("`{id}` is there already, with another `{name}`")),
    }
}

/// Whether a property is as it was asked for, or not there yet, or a list to which only some elements have been added.
fn is_part(facts: &TypeFacts, name: &str, observed: Option<&Json>, wanted: &Json) -> bool {
    let covers =
        |observed: &Json, wanted: &Json| Comparison::of(facts, name).covers(Some(observed), Some(wanted), None);
    match (observed, wanted) {
        (None | Some(Json::Null), _) => true,
        (Some(Json::Array(shown)), Json::Array(wanted)) => shown.iter().all(|shown| {
            let shown = Json::Array(vec![shown.clone()]);
            wanted.iter().any(|wanted| covers(&shown, &Json::Array(vec![wanted.clone()])))
        }),
        (Some(observed), wanted) => covers(observed, wanted),
    }
}

/// Whether an object is all that a create asked for.
fn shows_all(operation: &Operation, facts: &TypeFacts, found: &Outcome) -> bool {
    let parameters = operation.parameters().unwrap_or_default();
    let differs = |(name, value): &(&String, &Json)| {
        !facts.hides(name) && !Comparison::of(facts, name).covers(found.observed.get(*name), Some(*value), None)
    };
    !parameters.properties.iter().any(|entry| differs(&entry))
}

/// Whether an object is as an update wanted it.
fn shows(operation: &Operation, facts: &TypeFacts, found: &Outcome) -> bool {
    let Ok(parameters) = operation.parameters() else { return false };
    let is_set = |name: &String| {
        let (desired, before) = (parameters.properties.get(name), parameters.before.get(name));
        // What cannot be read cannot be seen to be done.
        let hidden = facts.holds_hidden(name, desired) || facts.holds_hidden(name, before);
        !hidden && Comparison::of(facts, name).covers(found.observed.get(name), desired, before)
    };
    parameters.changed.iter().chain(&parameters.reset).all(is_set)
}
