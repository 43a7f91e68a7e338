//! The beginning of steps: terms get their values, and work becomes an operation.

use std::sync::Arc;

use lw_plan::{DeferredProperty, FLEET_TYPE, Json, Map, ResolveError, ResourcePath, resolve};

use super::{
    Effect, Execution, Flight, PendingRead, ReadId, ReadPurpose, ReadRequest, RecordChange, StepResult, Waker,
};
use crate::compare::Comparison;
use crate::{
    Action, DeferredRecord, EventBody, Failure, FailureClass, NodeFacts, Observation, Operation, OperationId,
    OperationState, Parameters, ResourceRecord, ResourceStatus, STATE_ATTRIBUTE, Step, TAG_DEPLOYMENT, TAG_UID,
    Tombstone, TombstoneCause, TypeFacts, Uid, Verb, Work,
};

impl Execution {
    pub(super) fn begin_step(&mut self, now_ms: u64, index: u32) {
        let changes = self.changes.clone();
        let step = &changes.steps[index as usize];
        let whole = step.part_of.map_or(index, |whole| whole.0);
        let is_void = whole != index && self.steps[whole as usize].void;
        let result = match &step.work {
            Work::Create { node, properties, minted, replaces } => {
                let target = (node, properties);
                self.begin_create(now_ms, index, step, target, minted, *replaces)
            }
            Work::Update { node, properties, changed, reset } => {
                self.begin_update(now_ms, index, step, node, properties, (changed, reset))
            }
            Work::SetDeferred { node, deferred } => self.begin_deferred(now_ms, index, step, node, deferred),
            Work::ClearDeferred { .. } | Work::Delete {} if is_void => {
                self.end_step(index, StepResult::Done, None);
                Ok(())
            }
            Work::ClearDeferred { deferred } => self.begin_clear(now_ms, index, step, deferred),
            Work::Delete {} => self.begin_delete(index, step),
            Work::Move { node, from } => self.begin_move(index, step, node, from),
            Work::Adopt { physical_id, .. } => {
                self.read(request(step, physical_id.clone()), ReadPurpose::Adopt(index));
                Ok(())
            }
        };
        if let Err(error) = result {
            self.end_step(index, StepResult::Failed, Some(error.to_string()));
        }
    }

    pub(super) fn resolved(&self, properties: &Map<String, Json>) -> Result<Map<String, Json>, ResolveError> {
        let mut values = Map::new();
        for (name, value) in properties {
            values.insert(name.clone(), self.resolved_value(value)?);
        }
        Ok(values)
    }

    pub(super) fn resolved_value(&self, value: &Json) -> Result<Json, ResolveError> {
        resolve(value, &mut |path, attribute| self.attribute(path, attribute))
    }

    fn begin_create(
        &mut self,
        now_ms: u64,
        index: u32,
        step: &Step,
        (node, properties): (&NodeFacts, &Map<String, Json>),
        minted: &std::collections::BTreeMap<String, String>,
        replaces: Option<Uid>,
    ) -> Result<(), ResolveError> {
        let properties = self.resolved(properties)?;
        let facts = self.facts(&step.wire_type);
        if step.tentative
            && let Some(old) = replaces.and_then(|old| self.records.get(&old))
            && differing(&facts, &properties, old, minted.keys()).is_empty()
        {
            self.keep_old(index, step, node, old.uid);
            return Ok(());
        }
        let mut record = ResourceRecord {
            uid: step.uid,
            path: step.path.clone(),
            wire_type: step.wire_type.clone(),
            kind: node.kind,
            provider: step.provider.clone(),
            physical_id: None,
            properties,
            observed: Observation::Never,
            fingerprint: String::new(),
            uid_fingerprint: String::new(),
            class: step.class,
            lifecycle: Default::default(),
            minted: minted.clone(),
            depends_on: Vec::new(),
            deferred: Vec::new(),
            status: ResourceStatus::Changing,
            problem: None,
            tombstone: None,
            origin: None,
            membership: None,
            generation: self.deployment.generation,
            revision: 0,
        };
        self.describe(&mut record, &self.settled(node));
        if record.wire_type == FLEET_TYPE {
            self.keep_fleet(index, step, record);
            return Ok(());
        }
        let mut sent = record.properties.clone();
        self.own(&facts, record.uid, &mut sent);
        let parameters = Parameters { properties: sent, ..Parameters::default() };
        let operation = self.operation(now_ms, step, Verb::Create, None, &parameters);
        self.put(record);
        self.intend(index, Operation { replaces, ..operation }, None);
        Ok(())
    }

    /// A fleet is what State has of it: no cloud is called. Its members are made by whoever tends it.
    fn keep_fleet(&mut self, index: u32, step: &Step, mut record: ResourceRecord) {
        let state = record.observed.properties().and_then(|observed| observed.get(STATE_ATTRIBUTE)).cloned();
        let id = record.physical_id.take().unwrap_or_else(|| format!("fleet-{}", &record.uid.to_string()[..12]));
        let mut observed = record.properties.clone();
        observed.insert("FleetId".to_string(), Json::from(id.as_str()));
        observed.extend(state.map(|state| (STATE_ATTRIBUTE.to_string(), state)));
        record.physical_id = Some(id);
        record.observed = Observation::Present { properties: observed };
        (record.status, record.problem) = (ResourceStatus::Ready, None);
        self.by_path.insert(step.path.as_str().to_string(), record.uid);
        self.recorded(&record, Some(step.action), "it is kept from now on");
        self.put(record);
        self.end_step(index, StepResult::Done, None);
    }

    /// A replacement that is not needed after all: every value turned out to be the old one.
    fn keep_old(&mut self, index: u32, step: &Step, node: &NodeFacts, old: Uid) {
        self.steps[index as usize].void = true;
        self.aliases.insert(step.uid, old);
        self.by_path.insert(step.path.as_str().to_string(), old);
        let mut record = self.records[&old].clone();
        self.describe(&mut record, &self.settled(node));
        record.path = step.path.clone();
        record.status = ResourceStatus::Ready;
        record.problem = None;
        self.recorded(&record, Some(step.action), "nothing had to be replaced");
        self.put(record);
        self.end_step(index, StepResult::Done, Some("nothing had to be replaced".to_string()));
    }

    fn begin_update(
        &mut self,
        now_ms: u64,
        index: u32,
        step: &Step,
        node: &NodeFacts,
        properties: &Map<String, Json>,
        (changed, reset): (&[String], &[String]),
    ) -> Result<(), ResolveError> {
        let properties = self.resolved(properties)?;
        let facts = self.facts(&step.wire_type);
        let record = self.record(step.uid)?;
        let mut changed = changed.to_vec();
        if step.tentative {
            let differing = differing(&facts, &properties, record, [].into_iter());
            changed.retain(|name| differing.contains(name));
        }
        let mut target = record.clone();
        target.status = ResourceStatus::Ready;
        target.problem = None;
        target.path = step.path.clone();
        target.provider = step.provider.clone();
        target.class = step.class;
        target.minted.retain(|name, minted| properties.get(name).and_then(Json::as_str) == Some(minted));
        target.properties = properties;
        self.describe(&mut target, &self.settled(node));
        if target.wire_type == FLEET_TYPE {
            self.keep_fleet(index, step, target);
            return Ok(());
        }
        if changed.is_empty() && reset.is_empty() {
            self.by_path.insert(step.path.as_str().to_string(), step.uid);
            self.recorded(&target, Some(step.action), "nothing had to be changed");
            self.put(target);
            self.end_step(index, StepResult::Done, Some("nothing had to be changed".to_string()));
            return Ok(());
        }
        self.intend_update(now_ms, index, step, target, changed, reset.to_vec());
        Ok(())
    }

    /// An update of a record to `target`.
    pub(super) fn intend_update(
        &mut self,
        now_ms: u64,
        index: u32,
        step: &Step,
        target: ResourceRecord,
        changed: Vec<String>,
        reset: Vec<String>,
    ) {
        let facts = self.facts(&target.wire_type);
        let mut sent = target.properties.clone();
        if facts.tags.as_ref().is_some_and(|tags| changed.contains(&tags.property) || reset.contains(&tags.property)) {
            self.own(&facts, target.uid, &mut sent);
        }
        let prior = self.records.get(&target.uid).cloned();
        let before = prior.as_ref().map(|prior| prior.properties.clone()).unwrap_or_default();
        // Resetting tags is setting ours alone.
        let (reset, changed) = {
            let (again, reset): (Vec<String>, Vec<String>) =
                reset.into_iter().partition(|name| sent.contains_key(name));
            (reset, changed.into_iter().chain(again).collect())
        };
        let parameters = Parameters { properties: sent, changed, reset, before };
        let operation = self.operation(now_ms, step, Verb::Update, target.physical_id.clone(), &parameters);
        // Until it is done, what it refers to is the old and the new.
        let mut changing = prior.clone().unwrap_or_else(|| target.clone());
        for uid in &target.depends_on {
            if !changing.depends_on.contains(uid) {
                changing.depends_on.push(*uid);
            }
        }
        changing.status = ResourceStatus::Changing;
        self.put(changing);
        let operation = Operation { uid: target.uid, target: Some(Box::new(target)), ..operation };
        self.intend(index, operation, prior);
    }

    fn begin_deferred(
        &mut self,
        now_ms: u64,
        index: u32,
        step: &Step,
        node: &NodeFacts,
        deferred: &[DeferredProperty],
    ) -> Result<(), ResolveError> {
        let uid = self.aliases.get(&step.uid).copied().unwrap_or(step.uid);
        let facts = self.facts(&step.wire_type);
        let mut values = Map::new();
        for property in deferred {
            values.insert(property.property.clone(), self.resolved_value(&property.value)?);
        }
        let record = self.record(uid)?;
        let mut target = record.clone();
        self.describe(&mut target, &self.settled(node));
        target.path = step.path.clone();
        let differs = |(name, value): (&String, &Json)| {
            let same = Comparison::of(&facts, name).same(Some(value), record.properties.get(name));
            (!same || !step.tentative).then(|| name.clone())
        };
        let changed: Vec<String> = values.iter().filter_map(differs).collect();
        target.properties.extend(values);
        if changed.is_empty() {
            self.put(target);
            self.end_step(index, StepResult::Done, None);
            return Ok(());
        }
        self.intend_update(now_ms, index, step, target, changed, Vec::new());
        Ok(())
    }

    fn begin_clear(
        &mut self,
        now_ms: u64,
        index: u32,
        step: &Step,
        deferred: &[DeferredRecord],
    ) -> Result<(), ResolveError> {
        let mut target = self.record(step.uid)?.clone();
        let (mut changed, mut reset) = (Vec::new(), Vec::new());
        for property in deferred {
            let name = property.property.clone();
            match &property.before {
                Some(before) => {
                    target.properties.insert(name.clone(), before.clone());
                    changed.push(name);
                }
                None => {
                    target.properties.remove(&name);
                    reset.push(name);
                }
            }
        }
        target.deferred.retain(|own| !deferred.iter().any(|cleared| cleared.property == own.property));
        self.intend_update(now_ms, index, step, target, changed, reset);
        Ok(())
    }

    fn begin_delete(&mut self, index: u32, step: &Step) -> Result<(), ResolveError> {
        let physical_id = self.record(step.uid)?.physical_id.clone();
        match physical_id {
            Some(_) if step.wire_type == FLEET_TYPE => {
                let record = self.record(step.uid)?.clone();
                self.recorded(&record, Some(step.action), "it is kept no longer");
                self.remove(step.uid);
                self.end_step(index, StepResult::Done, None);
            }
            Some(physical_id) => self.read(request(step, physical_id), ReadPurpose::Delete(index)),
            // It never came to be.
            None => {
                self.remove(step.uid);
                self.end_step(index, StepResult::Done, None);
            }
        }
        Ok(())
    }

    /// A delete whose object was just seen to be ours.
    pub(super) fn intend_delete(&mut self, now_ms: u64, index: u32) {
        let changes = self.changes.clone();
        let step = &changes.steps[index as usize];
        let Some(record) = self.records.get(&step.uid).cloned() else { return };
        let operation = self.operation(now_ms, step, Verb::Delete, record.physical_id.clone(), &Parameters::default());
        let mut doomed = record.clone();
        doomed.status = ResourceStatus::Changing;
        let cause = record.tombstone.as_ref().map_or(TombstoneCause::Deleted, |tombstone| tombstone.cause.clone());
        doomed.tombstone = Some(Tombstone { cause, operation: Some(operation.id) });
        self.put(doomed);
        self.intend(index, operation, Some(record));
    }

    fn begin_move(
        &mut self,
        index: u32,
        step: &Step,
        node: &NodeFacts,
        from: &ResourcePath,
    ) -> Result<(), ResolveError> {
        let mut record = self.record(step.uid)?.clone();
        self.describe(&mut record, &self.settled(node));
        record.path = step.path.clone();
        record.provider = step.provider.clone();
        record.class = step.class;
        record.status = ResourceStatus::Ready;
        record.problem = None;
        self.by_path.insert(step.path.as_str().to_string(), step.uid);
        let text = match step.taken_back {
            Some(_) => "what was left over is taken back".to_string(),
            None => format!("it was `{from}`"),
        };
        self.recorded(&record, Some(step.action), &text);
        self.put(record);
        self.end_step(index, StepResult::Done, None);
        Ok(())
    }

    fn record(&self, uid: Uid) -> Result<&ResourceRecord, ResolveError> {
        self.records.get(&uid).ok_or_else(|| ResolveError::Shape(format!("State has no record {uid}")))
    }

    /// What a record keeps of its node.
    pub(super) fn describe(&self, record: &mut ResourceRecord, node: &NodeFacts) {
        record.kind = node.kind;
        record.fingerprint = node.fingerprint.clone();
        record.uid_fingerprint = node.uid_fingerprint.clone();
        record.lifecycle = node.lifecycle.clone();
        record.depends_on = node.depends_on.clone();
        record.deferred = node.deferred.clone();
        record.origin = node.place.clone();
        record.membership = node.membership.clone();
        record.generation = self.deployment.generation;
    }

    /// Node facts as they turned out: replacements that were not needed have their old uids, values are resolved.
    pub(super) fn settled(&self, node: &NodeFacts) -> NodeFacts {
        let mut node = node.clone();
        let mut renamed = false;
        let deferred = node.deferred.iter_mut().flat_map(|deferred| &mut deferred.refers_to);
        for uid in node.depends_on.iter_mut().chain(deferred) {
            if let Some(old) = self.aliases.get(uid) {
                *uid = *old;
                renamed = true;
            }
        }
        if renamed {
            // It was computed with the other uid; the next change set computes it again.
            node.uid_fingerprint.clear();
        }
        for deferred in &mut node.deferred {
            deferred.before = deferred.before.take().and_then(|before| self.resolved_value(&before).ok());
        }
        node
    }

    /// Puts our tags among the written ones.
    pub(super) fn own(&self, facts: &TypeFacts, uid: Uid, properties: &mut Map<String, Json>) {
        let Some(tags) = &facts.tags else { return };
        let written = properties.entry(tags.property.clone()).or_insert_with(|| Json::Object(Map::new()));
        if let Some(written) = written.as_object_mut() {
            written.insert(TAG_UID.to_string(), Json::from(uid.to_string()));
            written.insert(TAG_DEPLOYMENT.to_string(), Json::from(self.deployment.name.as_str()));
        }
    }

    fn operation(
        &mut self,
        now_ms: u64,
        step: &Step,
        verb: Verb,
        physical_id: Option<String>,
        parameters: &Parameters,
    ) -> Operation {
        Operation {
            id: self.fresh_operation_id(),
            deployment: self.deployment.name.clone(),
            generation: self.deployment.generation,
            uid: step.uid,
            path: step.path.clone(),
            wire_type: step.wire_type.clone(),
            provider: step.provider.clone(),
            verb,
            physical_id,
            parameters: parameters.to_canonical(),
            target: None,
            replaces: None,
            state: OperationState::Intended,
            epoch: self.settings.epoch,
            created_at_ms: now_ms,
            deadline_ms: self.deadline_ms(step, verb),
        }
    }

    /// What `@lifecycle` says of how long it may take.
    fn deadline_ms(&self, step: &Step, verb: Verb) -> Option<u64> {
        let lifecycle = match &step.work {
            Work::Create { node, .. }
            | Work::Update { node, .. }
            | Work::SetDeferred { node, .. }
            | Work::Move { node, .. }
            | Work::Adopt { node, .. } => &node.lifecycle,
            Work::ClearDeferred { .. } | Work::Delete {} => &self.records.get(&step.uid)?.lifecycle,
        };
        lifecycle.timeouts.get(verb.word()).copied()
    }

    pub(super) fn fresh_operation_id(&mut self) -> OperationId {
        self.numbers.operation += 1;
        OperationId::derive(self.seed, self.numbers.operation)
    }

    pub(super) fn intend(&mut self, step: u32, operation: Operation, prior: Option<ResourceRecord>) {
        let operation = Arc::new(operation);
        self.batch.events.push(EventBody::Intended {
            operation: operation.id,
            uid: operation.uid,
            path: operation.path.as_str().to_string(),
            verb: operation.verb,
        });
        self.batch.intents.push(operation.clone());
        let flight = Flight {
            operation,
            step,
            calls: 0,
            is_looking: false,
            attempts: 0,
            not_ready_since_ms: None,
            prior: prior.map(Box::new),
            resolution: None,
            last_failure: None,
        };
        self.operations.insert(flight.operation.id, flight);
    }

    /// Writes a row: here, and with the next batch.
    pub(super) fn put(&mut self, mut record: ResourceRecord) {
        let last = self.records.get(&record.uid).map_or(0, |last| last.revision);
        record.revision = record.revision.max(last) + 1;
        self.batch.records.push(RecordChange::Put(Box::new(record.clone())));
        self.records.insert(record.uid, record);
    }

    pub(super) fn remove(&mut self, uid: Uid) {
        self.batch.records.push(RecordChange::Remove(uid));
        self.records.remove(&uid);
    }

    pub(super) fn recorded(&mut self, record: &ResourceRecord, action: Option<Action>, text: &str) {
        let path = record.path.as_str().to_string();
        self.batch.events.push(EventBody::Recorded { uid: record.uid, path, action, text: text.to_string() });
    }

    pub(super) fn read(&mut self, mut request: ReadRequest, purpose: ReadPurpose) {
        self.numbers.read += 1;
        request.read = ReadId(self.numbers.read);
        self.effects.push(Effect::Read(request.clone()));
        self.reads.insert(request.read, PendingRead { request, purpose, attempts: 0 });
    }

    pub(super) fn read_failed(&mut self, read: ReadId, mut pending: PendingRead, failure: Failure, jitter: u32) {
        pending.attempts += 1;
        let again = match failure.class {
            FailureClass::Retryable | FailureClass::Unknown | FailureClass::DependencyNotReady => {
                pending.attempts < self.settings.attempts_max && self.stop.is_none()
            }
            FailureClass::Permanent
            | FailureClass::AlreadyExists
            | FailureClass::NotSent
            | FailureClass::Credentials => false,
        };
        if again {
            let after_ms = self.backoff_ms(pending.attempts, jitter, failure.retry_after_ms);
            self.reads.insert(read, pending);
            self.set_timer(after_ms, Waker::ReadAgain(read));
            return;
        }
        let credentials = failure.class == FailureClass::Credentials;
        match pending.purpose {
            ReadPurpose::Existing(_) => {
                let path = &pending.request.path;
                self.stop_now(format!("`{path}` cannot be read: {}", failure.message));
            }
            ReadPurpose::Delete(step) | ReadPurpose::Adopt(step) => {
                let result = match failure.class {
                    FailureClass::NotSent | FailureClass::Credentials => StepResult::Skipped,
                    _ => StepResult::Failed,
                };
                self.end_step(step, result, Some(failure.message.clone()));
                if credentials {
                    self.stop_now(failure.message);
                }
            }
        }
    }
}

fn request(step: &Step, physical_id: String) -> ReadRequest {
    ReadRequest {
        read: ReadId(0),
        uid: step.uid,
        path: step.path.clone(),
        wire_type: step.wire_type.clone(),
        provider: step.provider.clone(),
        physical_id,
    }
}

/// Properties that are not what a record was written with, the removed ones included; names in `aside` do not count.
fn differing<'a>(
    facts: &TypeFacts,
    properties: &Map<String, Json>,
    record: &ResourceRecord,
    aside: impl Iterator<Item = &'a String>,
) -> Vec<String> {
    let aside: Vec<&String> = aside.collect();
    let names = properties.keys().chain(record.properties.keys().filter(|name| !properties.contains_key(*name)));
    let deferred = |name: &String| record.deferred.iter().any(|deferred| deferred.property == *name);
    names
        .filter(|name| !aside.contains(name) && !deferred(name))
        .filter(|name| !Comparison::of(facts, name).same(properties.get(*name), record.properties.get(*name)))
        .cloned()
        .collect()
}
