//! What calls and reads come to, in State.

use lw_plan::{Json, Map};

use super::{
    ClosedOperation, Execution, Failure, FailureClass, Flight, Outcome, PendingRead, Progress, ReadPurpose, StepResult,
    Waker,
};
use crate::compare::Comparison;
use crate::{
    Deployment, EventBody, NodeFacts, Observation, OperationId, OperationState, ResourceRecord, ResourceStatus, Step,
    StepIndex, TAG_DEPLOYMENT, TAG_UID, Tombstone, TombstoneCause, TypeFacts, Uid, Verb, Work,
};

impl Execution {
    /// The operation took effect, and this is what there is now.
    pub(super) fn succeeded(&mut self, id: OperationId, outcome: Outcome) {
        let flight = &self.operations[&id];
        if flight.operation.verb == Verb::Create && outcome.physical_id.is_none() {
            self.quarantine(id, "the cloud gave no identifier".to_string());
            return;
        }
        let flight = self.operations.remove(&id).expect("seen above");
        let operation = flight.operation.clone();
        match operation.verb {
            Verb::Create => {
                if let Some(mut record) = self.records.get(&operation.uid).cloned() {
                    record.physical_id = outcome.physical_id;
                    self.make_ready(record, outcome.observed);
                }
                if let Some(old) = operation.replaces.and_then(|old| self.records.get(&old).cloned()) {
                    self.bury(old, operation.uid);
                }
            }
            Verb::Update => {
                let now = self.records.get(&operation.uid);
                if let Some(mut record) = operation.target.as_deref().or(now).cloned() {
                    if let Some(now) = now {
                        // Meanwhile it may have got another name, or a successor.
                        record.path = now.path.clone();
                        record.tombstone = now.tombstone.clone();
                    }
                    record.physical_id = outcome.physical_id.or(record.physical_id);
                    self.make_ready(record, outcome.observed);
                }
            }
            Verb::Delete => self.remove(operation.uid),
        }
        self.close(&flight, OperationState::Done, None);
        self.end_step(flight.step, StepResult::Done, None);
    }

    fn make_ready(&mut self, mut record: ResourceRecord, observed: Map<String, Json>) {
        record.observed = Observation::Present { properties: observed };
        record.status = ResourceStatus::Ready;
        record.problem = None;
        // What is on its way out has a successor under its path.
        if record.tombstone.is_none() {
            self.by_path.insert(record.path.as_str().to_string(), record.uid);
        }
        self.put(record);
    }

    /// The row of what was replaced: on its way out, or gone with its object.
    pub(super) fn bury(&mut self, mut old: ResourceRecord, by: Uid) {
        if old.physical_id.is_none() || old.observed == Observation::Absent {
            self.remove(old.uid);
        } else if old.tombstone.is_none() {
            old.tombstone = Some(Tombstone { cause: TombstoneCause::ReplacedBy(by), operation: None });
            self.put(old);
        }
    }

    pub(super) fn close(&mut self, flight: &Flight, state: OperationState, problem: Option<String>) {
        let operation = &flight.operation;
        self.batch.events.push(EventBody::Closed {
            operation: operation.id,
            uid: operation.uid,
            path: operation.path.as_str().to_string(),
            state,
            problem: problem.clone(),
        });
        self.batch.closed.push(ClosedOperation { id: operation.id, state, problem });
    }

    pub(super) fn call_failed(&mut self, now_ms: u64, id: OperationId, failure: Failure, jitter: u32) {
        let Failure { class, message, retry_after_ms } = failure;
        let flight = self.operations.get_mut(&id).expect("the caller has seen it");
        let step = flight.step;
        flight.calls -= 1;
        flight.attempts += 1;
        let attempts = flight.attempts;
        // Whatever goes wrong while an object is completed, there is one.
        let is_half_made = flight.operation.verb == Verb::Create && flight.operation.physical_id.is_some();
        match if is_half_made { FailureClass::Unknown } else { class } {
            FailureClass::Unknown => {
                flight.last_failure = Some(message);
                self.resolve_outcome(now_ms, id);
            }
            FailureClass::AlreadyExists => self.exists_already(now_ms, id, message),
            FailureClass::Permanent => self.fail(id, message),
            FailureClass::NotSent => self.abandon_unsent(id, &message),
            FailureClass::Credentials => {
                self.abandon_unsent(id, &message);
                self.stop_now(message);
            }
            FailureClass::Retryable | FailureClass::DependencyNotReady if self.stop.is_some() => {
                self.abandon_unsent(id, &message);
            }
            FailureClass::Retryable if attempts >= self.settings.attempts_max => {
                self.fail(id, format!("after {attempts} attempts: {message}"));
            }
            FailureClass::DependencyNotReady => {
                let since = *flight.not_ready_since_ms.get_or_insert(now_ms);
                let window_ms = self.window_ms(step);
                if now_ms.saturating_sub(since) >= window_ms {
                    self.fail(id, format!("for {} s: {message}", window_ms / 1000));
                } else {
                    self.retry(id, step, attempts, jitter, retry_after_ms, message);
                }
            }
            FailureClass::Retryable => self.retry(id, step, attempts, jitter, retry_after_ms, message),
        }
    }

    fn retry(
        &mut self,
        id: OperationId,
        step: u32,
        attempts: u32,
        jitter: u32,
        retry_after_ms: Option<u64>,
        message: String,
    ) {
        let after_ms = self.backoff_ms(attempts, jitter, retry_after_ms);
        self.tell(Progress::Waiting { step: StepIndex(step), after_ms, message });
        self.set_timer(after_ms, Waker::Resend(id));
    }

    /// How long after a step's dependencies it may still not see them.
    fn window_ms(&self, step: u32) -> u64 {
        let default_ms = self.settings.dependency_window_ms;
        let Some(step) = self.changes.steps.get(step as usize) else { return default_ms };
        if matches!(step.work, Work::Delete {}) {
            return default_ms;
        }
        let before = step.depends_on.iter().filter_map(|before| self.changes.steps.get(before.index()));
        let windows = before.filter_map(|before| {
            let facts = self.facts(&before.wire_type);
            facts.usable_after_ms.get(&step.wire_type).or_else(|| facts.usable_after_ms.get("*")).copied()
        });
        windows.max().unwrap_or(default_ms)
    }

    /// The operation took no effect, and will not.
    pub(super) fn fail(&mut self, id: OperationId, message: String) {
        let Some(flight) = self.operations.remove(&id) else { return };
        if let Some(mut record) = self.records.get(&flight.operation.uid).cloned() {
            record.status = ResourceStatus::Failed;
            record.problem = Some(message.clone());
            if let Some(prior) = &flight.prior {
                // A delete that took no effect leaves it as free to stay as it was.
                record.tombstone = prior.tombstone.clone();
            }
            self.put(record);
        }
        self.close(&flight, OperationState::Abandoned, Some(message.clone()));
        self.end_step(flight.step, StepResult::Failed, Some(message));
    }

    /// The operation was never sent, or took no effect, and we stop.
    pub(super) fn abandon_unsent(&mut self, id: OperationId, reason: &str) {
        let Some(flight) = self.operations.remove(&id) else { return };
        let uid = flight.operation.uid;
        match (&flight.prior, flight.operation.verb) {
            (Some(prior), _) => self.put((**prior).clone()),
            (None, Verb::Create) => self.remove(uid),
            (None, Verb::Update | Verb::Delete) => {
                if let Some(mut record) = self.records.get(&uid).cloned() {
                    record.status = ResourceStatus::Failed;
                    record.problem = Some(reason.to_string());
                    self.put(record);
                }
            }
        }
        self.close(&flight, OperationState::Abandoned, Some(reason.to_string()));
        self.end_step(flight.step, StepResult::Skipped, Some(reason.to_string()));
    }

    /// Nobody can say what the operation left.
    pub(super) fn quarantine(&mut self, id: OperationId, problem: String) {
        let Some(flight) = self.operations.remove(&id) else { return };
        if let Some(record) = self.records.get(&flight.operation.uid).cloned() {
            self.quarantine_record(record, &problem);
        }
        self.close(&flight, OperationState::Unknown, Some(problem.clone()));
        self.end_step(flight.step, StepResult::Unknown, Some(problem));
    }

    fn quarantine_record(&mut self, mut record: ResourceRecord, problem: &str) {
        record.status = ResourceStatus::Quarantined;
        record.problem = Some(problem.to_string());
        self.put(record);
    }

    pub(super) fn read_succeeded(&mut self, now_ms: u64, pending: PendingRead, observation: Observation) {
        match pending.purpose {
            ReadPurpose::Existing(index) => {
                self.existing_read(index, observation);
                self.run_once_read();
            }
            ReadPurpose::Delete(step) => self.read_before_delete(now_ms, step, observation),
            ReadPurpose::Adopt(step) => self.read_before_adoption(now_ms, step, observation),
        }
    }

    fn existing_read(&mut self, index: u32, observation: Observation) {
        let changes = self.changes.clone();
        let read = &changes.reads[index as usize];
        if observation.properties().is_none() {
            self.stop_now(format!(
                "`{}` does not exist: there is no {} `{}`",
                read.path, read.wire_type, read.physical_id
            ));
            return;
        }
        self.by_path.insert(read.path.as_str().to_string(), read.uid);
        let old = self.records.get(&read.uid);
        let record = ResourceRecord {
            uid: read.uid,
            path: read.path.clone(),
            wire_type: read.wire_type.clone(),
            kind: lw_plan::NodeKind::Existing,
            provider: read.provider.clone(),
            physical_id: Some(read.physical_id.clone()),
            properties: Map::new(),
            observed: observation,
            fingerprint: read.fingerprint.clone(),
            uid_fingerprint: read.fingerprint.clone(),
            class: read.class,
            lifecycle: Default::default(),
            minted: Default::default(),
            depends_on: Vec::new(),
            deferred: Vec::new(),
            status: ResourceStatus::Ready,
            problem: None,
            tombstone: None,
            origin: read.place.clone(),
            membership: None,
            generation: old.map_or(self.deployment.generation, |old| old.generation),
            revision: old.map_or(0, |old| old.revision),
        };
        if old != Some(&record) {
            self.put(record);
        }
    }

    fn read_before_delete(&mut self, now_ms: u64, index: u32, observation: Observation) {
        let changes = self.changes.clone();
        let step = &changes.steps[index as usize];
        if let Some(reason) = self.stop.clone() {
            return self.end_step(index, StepResult::Skipped, Some(reason));
        }
        let Some(record) = self.records.get(&step.uid).cloned() else {
            return self.end_step(index, StepResult::Done, None);
        };
        let Some(observed) = observation.properties() else {
            self.recorded(&record, Some(step.action), "it was gone already");
            self.remove(step.uid);
            return self.end_step(index, StepResult::Done, Some("it was gone already".to_string()));
        };
        match is_ours(&self.facts(&record.wire_type), &record, observed) {
            Ok(()) => self.intend_delete(now_ms, index),
            Err(problem) => {
                self.recorded(&record, Some(step.action), &problem);
                self.quarantine_record(record, &problem);
                self.end_step(index, StepResult::Unknown, Some(problem));
            }
        }
    }

    fn read_before_adoption(&mut self, now_ms: u64, index: u32, observation: Observation) {
        let changes = self.changes.clone();
        let step = &changes.steps[index as usize];
        if let Some(reason) = self.stop.clone() {
            return self.end_step(index, StepResult::Skipped, Some(reason));
        }
        let Work::Adopt { node, physical_id, properties } = &step.work else { return };
        if let Err(message) = self.adopt(now_ms, index, step, (node, physical_id, properties), observation) {
            self.end_step(index, StepResult::Failed, Some(message));
        }
    }

    fn adopt(
        &mut self,
        now_ms: u64,
        index: u32,
        step: &Step,
        (node, physical_id, properties): (&NodeFacts, &String, &Map<String, Json>),
        observation: Observation,
    ) -> Result<(), String> {
        let Some(observed) = observation.properties() else {
            return Err(format!("there is no {} `{physical_id}`", step.wire_type));
        };
        let facts = self.facts(&step.wire_type);
        check_adoptable(&facts, &self.deployment, step.uid, observed)?;
        let mut desired = Map::new();
        for (name, value) in properties {
            let value = lw_plan::resolve(value, &mut |path, attribute| self.attribute(path, attribute));
            desired.insert(name.clone(), value.map_err(|error| error.to_string())?);
        }
        let differs = |(name, value): (&String, &Json)| {
            let covered = Comparison::of(&facts, name).covers(observed.get(name), Some(value), None);
            (!covered).then(|| name.clone())
        };
        let mut changed: Vec<String> = desired.iter().filter_map(differs).collect();
        let fixed = |name: &&String| facts.create_only.iter().any(|path| path.is_top_level() && path.top() == **name);
        if let Some(name) = changed.iter().find(fixed) {
            return Err(format!("`{name}` of `{physical_id}` is another, and cannot change in place"));
        }
        changed.retain(|name| !facts.read_only.iter().any(|path| path.is_top_level() && path.top() == name));
        if let Some(tags) = &facts.tags
            && !changed.contains(&tags.property)
        {
            changed.push(tags.property.clone());
        }
        let mut record = ResourceRecord {
            uid: step.uid,
            path: step.path.clone(),
            wire_type: step.wire_type.clone(),
            kind: node.kind,
            provider: step.provider.clone(),
            physical_id: Some(physical_id.clone()),
            properties: desired,
            observed: observation.clone(),
            fingerprint: String::new(),
            uid_fingerprint: String::new(),
            class: step.class,
            lifecycle: Default::default(),
            minted: Default::default(),
            depends_on: Vec::new(),
            deferred: Vec::new(),
            status: ResourceStatus::Ready,
            problem: None,
            tombstone: None,
            origin: None,
            membership: None,
            generation: self.deployment.generation,
            revision: self.records.get(&step.uid).map_or(0, |old| old.revision),
        };
        self.describe(&mut record, &self.settled(node));
        if changed.is_empty() {
            self.by_path.insert(step.path.as_str().to_string(), step.uid);
            self.recorded(&record, Some(step.action), &format!("`{physical_id}` was taken over"));
            self.put(record);
            self.end_step(index, StepResult::Done, None);
        } else {
            self.intend_update(now_ms, index, step, record, changed, Vec::new());
        }
        Ok(())
    }
}

/// Whether a fresh read shows an object to be ours, so that it may be deleted.
pub(super) fn is_ours(facts: &TypeFacts, record: &ResourceRecord, observed: &Map<String, Json>) -> Result<(), String> {
    let physical_id = record.physical_id.as_deref().unwrap_or_default();
    if let Some(tags) = &facts.tags {
        let tagged = observed.get(&tags.property).and_then(|tags| tags.get(TAG_UID)).and_then(Json::as_str);
        return match tagged {
            Some(uid) if uid == record.uid.to_string() => Ok(()),
            Some(_) => Err(format!("`{physical_id}` carries the uid of something else")),
            None => Err(format!("`{physical_id}` does not carry our tag")),
        };
    }
    let last = record.observed.properties().unwrap_or(&record.properties);
    let comparable = |name: &String| record.properties.contains_key(name) && !facts.hides(name);
    let differing = last
        .iter()
        .filter(|(name, _)| comparable(name))
        .find(|(name, value)| !Comparison::of(facts, name).covers(observed.get(*name), Some(value), None));
    match differing {
        None => Ok(()),
        Some((name, _)) => Err(format!("`{physical_id}` has another `{name}` than when it was last seen")),
    }
}

/// Whether an object is free to be taken over.
fn check_adoptable(
    facts: &TypeFacts,
    deployment: &Deployment,
    uid: Uid,
    observed: &Map<String, Json>,
) -> Result<(), String> {
    let Some(tags) = facts.tags.as_ref().and_then(|tags| observed.get(&tags.property)) else { return Ok(()) };
    let tag = |name: &str| tags.get(name).and_then(Json::as_str);
    match (tag(TAG_DEPLOYMENT), tag(TAG_UID)) {
        (Some(owner), Some(other)) if other != uid.to_string() => {
            let whose = if owner == deployment.name.as_str() { "another resource of this deployment" } else { owner };
            Err(format!("it belongs to {whose}"))
        }
        _ => Ok(()),
    }
}

impl Failure {
    /// What is known to have had no effect and will have none.
    pub fn permanent(message: impl Into<String>) -> Failure {
        Failure { class: FailureClass::Permanent, message: message.into(), retry_after_ms: None }
    }
}
