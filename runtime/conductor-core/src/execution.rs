//! Execution: a change set as a state machine from events to effects.
//!
//! The one idea: `step` is total and pure. Whatever happens comes in as an [`ExecutionEvent`]; whatever is to be done goes out as
//! [`Effect`]s; in between there is only this state. Everything durable of one moment is one [`Batch`]: what has just ended and the
//! intents that it makes possible share a transaction, and one batch at a time is under way, so that what gathers meanwhile shares the next.
//!
//! Guarantees:
//! - no call before its intent is durable; no step before all that it depends on is done;
//! - a resend has the same token and the same parameters; a new decision has a new token;
//! - a step that fails stops only what depends on it;
//! - every operation ends as done, abandoned or unknown, and the execution ends, if every effect is answered.
//!
//! Deliberately absent: rate limits and deadlines (the shell's), and what to do about an outcome that nobody knows (`resolution`).

mod effect;
mod guarding;
mod outcome;
mod recovery;
mod resolution;
mod start;

use std::collections::VecDeque;
use std::sync::Arc;

use lw_plan::{Json, resolve};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::attributes::recorded_attribute;
use crate::{
    Catalogue, ChangeSet, Deployment, EventBody, Guards, Intention, Operation, OperationId, ResourceRecord,
    ResourceStatus, Step, StepIndex, Tombstone, TombstoneCause, TypeFacts, Uid, Work,
};

pub use effect::{
    Batch, ClosedOperation, Effect, ExecutionEvent, Failure, FailureClass, FinishState, Lookup, LookupBy, Outcome,
    Progress, ReadId, ReadRequest, RecordChange, StepResult, TimerId,
};
pub use recovery::RecoveryInput;
use resolution::Resolution;

/// How patient an execution is.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionSettings {
    /// The epoch of this Conductor, stamped on operations.
    pub epoch: u64,
    /// How often one operation is sent when the cloud is busy.
    pub attempts_max: u32,
    /// Full jitter between 0 and `retry_base_ms · 2^attempt`, at most `retry_cap_ms`.
    pub retry_base_ms: u64,
    pub retry_cap_ms: u64,
    /// How long "not visible yet" is believed where no type says how long it may take.
    pub dependency_window_ms: u64,
    /// How often an operation with an unknown outcome is sent again.
    pub resends_max: u32,
    /// Between two looks for what a lost call left.
    pub lookup_interval_ms: u64,
}

impl Default for ExecutionSettings {
    fn default() -> ExecutionSettings {
        ExecutionSettings {
            epoch: 0,
            attempts_max: 20,
            retry_base_ms: 250,
            retry_cap_ms: 20_000,
            dependency_window_ms: 120_000,
            resends_max: 5,
            lookup_interval_ms: 1_000,
        }
    }
}

/// A change set under way.
#[derive(Clone, Debug)]
pub struct Execution {
    changes: Arc<ChangeSet>,
    deployment: Deployment,
    /// The deployment's state when it began.
    state_before: ResourceStatus,
    settings: ExecutionSettings,
    facts: FxHashMap<String, Arc<TypeFacts>>,
    seed: u128,
    numbers: Numbers,
    phase: Phase,
    /// Why nothing new is started.
    stop: Option<String>,
    steps: Vec<StepState>,
    /// By step: the steps that wait for it.
    dependents: Vec<Vec<u32>>,
    steps_left: usize,
    /// Set where open operations are resolved, and nothing else is done.
    is_recovery: bool,
    /// Policies that are still open.
    guards: Option<Guards>,
    /// Where there are guards: the steps that make each path what it should be.
    steps_by_path: FxHashMap<String, Vec<u32>>,
    records: FxHashMap<Uid, ResourceRecord>,
    by_path: FxHashMap<String, Uid>,
    /// Uids that were meant for replacements that turned out not to be needed.
    aliases: FxHashMap<Uid, Uid>,
    operations: FxHashMap<OperationId, Flight>,
    reads: FxHashMap<ReadId, PendingRead>,
    timers: FxHashMap<TimerId, Waker>,
    batch: Batch,
    in_flight: Option<InFlight>,
    /// Progress to be told once the batch that is being gathered is durable.
    told_with_batch: Vec<Progress>,
    ready: VecDeque<u32>,
    effects: Vec<Effect>,
}

/// The next numbers to give out.
#[derive(Clone, Debug, Default)]
struct Numbers {
    operation: u64,
    read: u64,
    timer: u64,
    batch: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not started.
    New,
    /// Waiting for `existing` nodes.
    Reading,
    Running,
    /// The last batch is gathered.
    Closing,
    Finished,
}

#[derive(Clone, Debug)]
struct StepState {
    /// Dependencies that are not done.
    waiting: u32,
    begun: bool,
    /// A replacement that turned out not to be needed; its parts have nothing to do.
    void: bool,
    result: Option<(StepResult, Option<String>)>,
}

/// An operation that is not closed.
#[derive(Clone, Debug)]
struct Flight {
    operation: Arc<Operation>,
    step: u32,
    /// Calls that are not answered.
    calls: u32,
    is_looking: bool,
    attempts: u32,
    /// When "not visible yet" was first heard.
    not_ready_since_ms: Option<u64>,
    /// The row as it was before, to put back if the operation is never sent.
    prior: Option<Box<ResourceRecord>>,
    resolution: Option<Resolution>,
    /// What the cloud said last, where that left the outcome open.
    last_failure: Option<String>,
}

#[derive(Clone, Debug)]
struct PendingRead {
    request: ReadRequest,
    purpose: ReadPurpose,
    attempts: u32,
}

#[derive(Clone, Copy, Debug)]
enum ReadPurpose {
    /// Index into [`ChangeSet::reads`].
    Existing(u32),
    /// To see that it is still ours, before the step deletes it.
    Delete(u32),
    /// To see what the step adopts.
    Adopt(u32),
}

#[derive(Clone, Copy, Debug)]
enum Waker {
    Resend(OperationId),
    LookAgain(OperationId),
    ReadAgain(ReadId),
}

#[derive(Clone, Debug)]
struct InFlight {
    number: u64,
    intents: Vec<OperationId>,
    progress: Vec<Progress>,
}

/// What an execution begins with.
pub struct ExecutionInput<'a> {
    pub changes: Arc<ChangeSet>,
    pub deployment: Deployment,
    /// The records that the change set was computed from.
    pub records: &'a [ResourceRecord],
    pub catalogue: &'a dyn Catalogue,
    pub settings: ExecutionSettings,
    /// Policies to be asked before what they are about; `None` where all are satisfied.
    pub guards: Option<Guards>,
}

impl Execution {
    /// A change set about to be executed: without refusals, and nothing has moved on.
    pub fn new(input: ExecutionInput<'_>) -> Execution {
        let ExecutionInput { changes, deployment, records, catalogue, settings, guards } = input;
        let mut needed: FxHashSet<Uid> = changes.touched.iter().map(|touched| touched.uid).collect();
        needed.extend(changes.reads.iter().map(|read| read.uid));
        needed.extend(changes.bookkeeping.iter().map(|row| row.uid));
        let records = records.iter().filter(|record| needed.contains(&record.uid));
        let records: FxHashMap<Uid, ResourceRecord> = records.map(|record| (record.uid, record.clone())).collect();
        let types =
            changes.steps.iter().map(|step| &step.wire_type).chain(changes.reads.iter().map(|read| &read.wire_type));
        let mut facts: FxHashMap<String, Arc<TypeFacts>> = FxHashMap::default();
        for wire_type in types {
            if !facts.contains_key(wire_type) {
                facts.insert(wire_type.clone(), catalogue.facts(wire_type).unwrap_or_default());
            }
        }
        let mut dependents = vec![Vec::new(); changes.steps.len()];
        for (index, step) in changes.steps.iter().enumerate() {
            for before in &step.depends_on {
                dependents[before.index()].push(index as u32);
            }
        }
        let mut steps_by_path: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        if guards.is_some() {
            for (index, step) in changes.steps.iter().enumerate() {
                if !matches!(step.work, Work::Delete {} | Work::ClearDeferred { .. }) {
                    steps_by_path.entry(step.path.as_str().to_string()).or_default().push(index as u32);
                }
            }
        }
        let waiting = changes.steps.iter().map(|step| step.depends_on.len() as u32);
        let steps: Vec<StepState> =
            waiting.map(|waiting| StepState { waiting, begun: false, void: false, result: None }).collect();
        Execution {
            steps_left: steps.len(),
            changes,
            state_before: deployment.state,
            deployment,
            settings,
            facts,
            seed: 0,
            numbers: Numbers::default(),
            phase: Phase::New,
            stop: None,
            steps,
            dependents,
            is_recovery: false,
            guards,
            steps_by_path,
            records,
            by_path: FxHashMap::default(),
            aliases: FxHashMap::default(),
            operations: FxHashMap::default(),
            reads: FxHashMap::default(),
            timers: FxHashMap::default(),
            batch: Batch::default(),
            in_flight: None,
            told_with_batch: Vec::new(),
            ready: VecDeque::new(),
            effects: Vec::new(),
        }
    }

    /// Whether [`Effect::Finish`] was given out.
    pub fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    /// Operations that are not closed.
    pub fn open_operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values().map(|flight| &*flight.operation)
    }
}

/// Takes one event, gives the effects that it calls for. Events about what is no longer awaited have none.
pub fn step(execution: &mut Execution, now_ms: u64, event: ExecutionEvent) -> Vec<Effect> {
    steps(execution, now_ms, [event])
}

/// Takes events that are there at the same moment: what they make durable shares one batch.
pub fn steps(execution: &mut Execution, now_ms: u64, events: impl IntoIterator<Item = ExecutionEvent>) -> Vec<Effect> {
    for event in events {
        execution.take(now_ms, event);
    }
    execution.begin_ready(now_ms);
    execution.close_if_done();
    execution.flush();
    std::mem::take(&mut execution.effects)
}

impl Execution {
    fn take(&mut self, now_ms: u64, event: ExecutionEvent) {
        match event {
            ExecutionEvent::Started { seed } => self.start(now_ms, seed),
            ExecutionEvent::Durable { batch } => self.durable(batch),
            ExecutionEvent::CallSucceeded { operation, outcome } => {
                if self.operations.contains_key(&operation) {
                    self.succeeded(operation, outcome);
                }
            }
            ExecutionEvent::CallFailed { operation, failure, jitter } => {
                if self.operations.get(&operation).is_some_and(|flight| flight.calls > 0) {
                    self.call_failed(now_ms, operation, failure, jitter);
                }
            }
            ExecutionEvent::ReadSucceeded { read, observation } => {
                if let Some(pending) = self.reads.remove(&read) {
                    self.read_succeeded(now_ms, pending, observation);
                }
            }
            ExecutionEvent::ReadFailed { read, failure, jitter } => {
                if let Some(pending) = self.reads.remove(&read) {
                    self.read_failed(read, pending, failure, jitter);
                }
            }
            ExecutionEvent::LookupSucceeded { operation, found } => {
                if self.operations.get(&operation).is_some_and(|flight| flight.is_looking) {
                    self.looked_up(now_ms, operation, found);
                }
            }
            ExecutionEvent::LookupFailed { operation, failure, jitter } => {
                if self.operations.get(&operation).is_some_and(|flight| flight.is_looking) {
                    self.lookup_failed(operation, failure, jitter);
                }
            }
            ExecutionEvent::TimerFired { timer } => self.timer_fired(timer),
            ExecutionEvent::Stop { reason } => self.stop_now(reason),
        }
    }

    fn start(&mut self, now_ms: u64, seed: u128) {
        if self.phase != Phase::New {
            return;
        }
        self.seed = seed;
        if self.is_recovery {
            self.phase = if self.operations.is_empty() { Phase::Closing } else { Phase::Running };
            self.resolve_all(now_ms);
            return;
        }
        let changes = self.changes.clone();
        self.phase = Phase::Reading;
        for (index, read) in changes.reads.iter().enumerate() {
            let request = ReadRequest {
                read: ReadId(0),
                uid: read.uid,
                path: read.path.clone(),
                wire_type: read.wire_type.clone(),
                provider: read.provider.clone(),
                physical_id: read.physical_id.clone(),
            };
            self.read(request, ReadPurpose::Existing(index as u32));
        }
        self.run_once_read();
    }

    /// Whether there is nothing at all to write.
    fn is_nothing(&self) -> bool {
        let changes = &self.changes;
        changes.steps.is_empty()
            && changes.bookkeeping.is_empty()
            && changes.forget.is_empty()
            && self.batch.records.is_empty()
            && self.deployment.state == ResourceStatus::Ready
            && match changes.intention {
                Intention::Apply => self.deployment.plan == changes.plan && self.deployment.outputs == changes.outputs,
                Intention::Destroy => self.deployment.plan.is_none(),
                Intention::Enforce { whole } => whole,
            }
    }

    /// Once every `existing` node is read, the steps begin. Until then nothing is written.
    fn run_once_read(&mut self) {
        if self.phase != Phase::Reading || !self.reads.is_empty() {
            return;
        }
        if self.stop.is_some() {
            self.batch = Batch::default();
            self.phase = Phase::Closing;
            return;
        }
        if self.is_nothing() {
            self.phase = Phase::Closing;
            return;
        }
        let changes = self.changes.clone();
        if !matches!(changes.intention, Intention::Enforce { .. }) {
            self.deployment.generation = self.deployment.generation.next();
        }
        self.deployment.state = ResourceStatus::Changing;
        if changes.intention == Intention::Apply {
            self.deployment.plan = changes.plan.clone();
        }
        self.batch.deployment = Some(self.deployment.clone());
        self.batch.events.push(EventBody::Began {
            generation: self.deployment.generation,
            plan: changes.plan.clone(),
            changes: changes.hash.clone(),
        });
        for uid in &changes.forget {
            self.batch.records.push(RecordChange::Remove(*uid));
        }
        self.rename_all();
        self.phase = Phase::Running;
        let free = (0..self.steps.len() as u32).filter(|&step| self.steps[step as usize].waiting == 0);
        self.ready = free.collect();
    }

    /// All that changes its name does so at once, what is taken back and what gives way to it change places, and what is to be deleted
    /// gives up a name that another gets: whatever happens later, at most one live record has a path, and it is the right one.
    fn rename_all(&mut self) {
        let changes = self.changes.clone();
        for step in &changes.steps {
            let Some(taken_back) = step.taken_back else { continue };
            if let Some(old) = taken_back.from.and_then(|from| self.records.get(&from).cloned()) {
                self.bury(ResourceRecord { path: step.path.clone(), ..old }, step.uid);
            }
            if let Some(record) = self.records.get(&step.uid).cloned() {
                self.put(ResourceRecord { path: step.path.clone(), tombstone: None, ..record });
            }
        }
        let is_delete = |step: &&Step| matches!(step.work, Work::Delete {}) && step.part_of.is_none();
        let mut paths: FxHashSet<&str> = FxHashSet::default();
        for step in changes.steps.iter().filter(|step| !is_delete(step)) {
            paths.insert(step.path.as_str());
            let uid = match &step.work {
                Work::Create { replaces, .. } => *replaces,
                Work::Update { .. } | Work::SetDeferred { .. } | Work::Move { .. } | Work::Adopt { .. } => {
                    Some(step.uid)
                }
                Work::Delete {} | Work::ClearDeferred { .. } => None,
            };
            if let Some(record) = uid.and_then(|uid| self.records.get(&uid)).filter(|record| record.path != step.path) {
                let record = ResourceRecord { path: step.path.clone(), ..record.clone() };
                self.put(record);
            }
        }
        for step in changes.steps.iter().filter(is_delete).filter(|step| paths.contains(step.path.as_str())) {
            if let Some(record) = self.records.get(&step.uid).filter(|record| record.tombstone.is_none()) {
                let tombstone = Some(Tombstone { cause: TombstoneCause::Deleted, operation: None });
                let record = ResourceRecord { tombstone, ..record.clone() };
                self.put(record);
            }
        }
    }

    fn begin_ready(&mut self, now_ms: u64) {
        while self.phase == Phase::Running && !self.ready.is_empty() {
            let wave: Vec<u32> = self.ready.drain(..).collect();
            let mut refused = FxHashMap::default();
            if self.guards.is_some() && self.stop.is_none() {
                let is_new = |step: &u32| {
                    let state = &self.steps[*step as usize];
                    !state.begun && state.result.is_none()
                };
                let new: Vec<u32> = wave.iter().copied().filter(is_new).collect();
                refused = self.refused_by_policy(&new);
            }
            self.begin_wave(now_ms, wave, refused);
        }
    }

    fn begin_wave(&mut self, now_ms: u64, wave: Vec<u32>, mut refused: FxHashMap<u32, String>) {
        for step in wave {
            let state = &mut self.steps[step as usize];
            if state.begun || state.result.is_some() {
                continue;
            }
            state.begun = true;
            if let Some(reason) = &self.stop {
                let reason = reason.clone();
                self.end_step(step, StepResult::Skipped, Some(reason));
                continue;
            }
            self.tell(Progress::Started { step: StepIndex(step) });
            match refused.remove(&step) {
                Some(reason) => self.end_step(step, StepResult::Failed, Some(reason)),
                None => self.begin_step(now_ms, step),
            }
        }
    }

    /// The end of a step, and what that means for those that wait for it.
    fn end_step(&mut self, step: u32, result: StepResult, message: Option<String>) {
        if !self.set_result(step, result, message) {
            return;
        }
        if result == StepResult::Done {
            for dependent in self.dependents[step as usize].clone() {
                let state = &mut self.steps[dependent as usize];
                state.waiting -= 1;
                if state.waiting == 0 {
                    self.ready.push_back(dependent);
                }
            }
            return;
        }
        // No recursion: chains of dependents may be long.
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            for dependent in self.dependents[step as usize].clone() {
                let cause = format!("`{}` comes first, and did not succeed", self.path_of(step));
                if self.set_result(dependent, StepResult::Skipped, Some(cause)) {
                    open.push(dependent);
                }
            }
        }
    }

    /// Whether the step had no result before.
    fn set_result(&mut self, step: u32, result: StepResult, message: Option<String>) -> bool {
        let state = &mut self.steps[step as usize];
        if state.result.is_some() {
            return false;
        }
        state.result = Some((result, message.clone()));
        self.steps_left -= 1;
        self.told_with_batch.push(Progress::Ended { step: StepIndex(step), result, message });
        true
    }

    fn path_of(&self, step: u32) -> String {
        self.changes.steps.get(step as usize).map(|step| step.path.to_string()).unwrap_or_default()
    }

    fn tell(&mut self, progress: Progress) {
        self.effects.push(Effect::Progress(progress));
    }

    fn facts(&self, wire_type: &str) -> Arc<TypeFacts> {
        self.facts.get(wire_type).cloned().unwrap_or_default()
    }

    /// An attribute of what this execution has touched or read.
    fn attribute(&self, path: &str, attribute: &str) -> Option<Json> {
        let record = self.records.get(self.by_path.get(path)?)?;
        recorded_attribute(record, &self.facts(&record.wire_type), attribute).map(|value| value.into_owned())
    }

    fn set_timer(&mut self, after_ms: u64, waker: Waker) {
        self.numbers.timer += 1;
        let timer = TimerId(self.numbers.timer);
        self.timers.insert(timer, waker);
        self.effects.push(Effect::Timer { timer, after_ms });
    }

    /// Full jitter: anything up to the present ceiling, but not before the cloud wants.
    fn backoff_ms(&self, attempts: u32, jitter: u32, retry_after_ms: Option<u64>) -> u64 {
        let base = self.settings.retry_base_ms.max(1);
        let ceiling = base.saturating_mul(1 << attempts.saturating_sub(1).min(30)).min(self.settings.retry_cap_ms);
        let jittered = (u128::from(ceiling) * (u128::from(jitter) + 1)) >> 32;
        (jittered as u64).max(retry_after_ms.unwrap_or(0))
    }

    fn timer_fired(&mut self, timer: TimerId) {
        match self.timers.remove(&timer) {
            Some(Waker::Resend(id)) => self.call(id),
            Some(Waker::LookAgain(id)) => self.look(id),
            Some(Waker::ReadAgain(id)) => {
                if let Some(pending) = self.reads.get(&id) {
                    self.effects.push(Effect::Read(pending.request.clone()));
                }
            }
            None => {}
        }
    }

    fn stop_now(&mut self, reason: String) {
        if self.stop.is_some() || self.phase == Phase::Finished {
            return;
        }
        self.stop = Some(reason.clone());
        // What only waits for its next attempt is known to have had no effect.
        let waiting: Vec<(TimerId, OperationId)> = self
            .timers
            .iter()
            .filter_map(|(timer, waker)| match waker {
                Waker::Resend(id) => Some((*timer, *id)),
                Waker::LookAgain(_) | Waker::ReadAgain(_) => None,
            })
            .collect();
        for (timer, id) in waiting {
            if self.operations.get(&id).is_some_and(|flight| flight.resolution.is_none()) {
                self.timers.remove(&timer);
                self.abandon_unsent(id, &reason);
            }
        }
        for step in 0..self.steps.len() as u32 {
            if !self.steps[step as usize].begun {
                self.set_result(step, StepResult::Skipped, Some(reason.clone()));
            }
        }
        if self.phase == Phase::Reading {
            self.reads.clear();
            self.run_once_read();
        }
    }

    /// Gathers the last batch once nothing is under way.
    fn close_if_done(&mut self) {
        let busy = self.steps_left > 0 || !self.operations.is_empty() || !self.reads.is_empty();
        if self.phase != Phase::Running || busy {
            return;
        }
        self.phase = Phase::Closing;
        let count = |wanted: StepResult| {
            let results = self.steps.iter().filter_map(|state| state.result.as_ref());
            results.filter(|(result, _)| *result == wanted).count() as u32
        };
        let (done, failed) = (count(StepResult::Done), count(StepResult::Failed));
        let (skipped, unknown) = (count(StepResult::Skipped), count(StepResult::Unknown));
        self.deployment.state = match () {
            () if unknown > 0 => ResourceStatus::Quarantined,
            // What was cut off is not finished by cleaning up after it.
            () if self.changes.intention == (Intention::Enforce { whole: false }) => match self.state_before {
                ResourceStatus::Quarantined => ResourceStatus::Quarantined,
                _ => ResourceStatus::Failed,
            },
            () if failed > 0 || skipped > 0 || self.stop.is_some() || self.is_recovery => ResourceStatus::Failed,
            () => ResourceStatus::Ready,
        };
        self.close_books();
        self.batch.events.push(EventBody::Ended {
            generation: self.deployment.generation,
            done,
            failed,
            skipped,
            unknown,
        });
        self.batch.deployment = Some(self.deployment.clone());
    }

    /// Sends the gathered batch, if none is under way; the end, if nothing is left.
    fn flush(&mut self) {
        if self.in_flight.is_some() || self.phase == Phase::Reading {
            return;
        }
        let is_empty = self.batch.deployment.is_none()
            && self.batch.intents.is_empty()
            && self.batch.closed.is_empty()
            && self.batch.records.is_empty()
            && self.batch.events.is_empty();
        if is_empty {
            let progress = std::mem::take(&mut self.told_with_batch);
            self.effects.extend(progress.into_iter().map(Effect::Progress));
            if self.phase == Phase::Closing {
                self.phase = Phase::Finished;
                let results = self.steps.iter().filter_map(|state| state.result.clone()).collect();
                let outputs = self.deployment.outputs.clone();
                self.effects.push(Effect::Finish(FinishState { results, outputs, problem: self.stop.clone() }));
            }
            return;
        }
        self.numbers.batch += 1;
        let mut batch = std::mem::take(&mut self.batch);
        batch.number = self.numbers.batch;
        keep_last(&mut batch.records);
        self.in_flight = Some(InFlight {
            number: batch.number,
            intents: batch.intents.iter().map(|operation| operation.id).collect(),
            progress: std::mem::take(&mut self.told_with_batch),
        });
        self.effects.push(Effect::Persist(batch));
    }

    fn durable(&mut self, batch: u64) {
        let Some(in_flight) = self.in_flight.take_if(|in_flight| in_flight.number == batch) else { return };
        self.effects.extend(in_flight.progress.into_iter().map(Effect::Progress));
        for id in in_flight.intents {
            match &self.stop {
                Some(reason) => {
                    let reason = reason.clone();
                    self.abandon_unsent(id, &reason);
                }
                None => self.call(id),
            }
        }
    }

    fn call(&mut self, id: OperationId) {
        if let Some(flight) = self.operations.get_mut(&id) {
            flight.calls += 1;
            self.effects.push(Effect::Call(flight.operation.clone()));
        }
    }

    /// Rows without a step of their own, outputs, and what Plan is in force.
    fn close_books(&mut self) {
        let changes = self.changes.clone();
        for row in &changes.bookkeeping {
            let Some(record) = self.records.get(&row.uid) else { continue };
            let node = self.settled(&row.node);
            let known = |uid: &Uid| !self.is_missing(*uid);
            if !node.depends_on.iter().all(known) {
                continue;
            }
            let mut record = record.clone();
            self.describe(&mut record, &node);
            record.status = ResourceStatus::Ready;
            record.problem = None;
            record.class = row.class;
            record.provider = row.provider.clone();
            if let Some(properties) = &row.properties {
                record.properties = properties.clone();
            }
            self.put(record);
        }
        let all_done = self.steps.iter().all(|state| matches!(state.result, Some((StepResult::Done, _))));
        if changes.intention == Intention::Destroy {
            if all_done && changes.kept.is_empty() && changes.refusals.is_empty() {
                self.deployment.plan = None;
                self.deployment.outputs.clear();
            }
            return;
        }
        let outputs = changes.outputs.iter().filter_map(|(name, value)| {
            let value = resolve(value, &mut |path, attribute| self.attribute(path, attribute)).ok()?;
            Some((name.clone(), value))
        });
        match changes.intention {
            // What was left out of it may be what an output needs; that output is as it was.
            Intention::Enforce { .. } => self.deployment.outputs.extend(outputs.collect::<Vec<_>>()),
            Intention::Apply | Intention::Destroy => self.deployment.outputs = outputs.collect(),
        }
    }

    /// Whether a uid was meant for something that has not come to be.
    fn is_missing(&self, uid: Uid) -> bool {
        let planned = self.changes.steps.iter().enumerate();
        let mut creates = planned
            .filter(|(_, step)| step.uid == uid && matches!(step.work, Work::Create { .. } | Work::Adopt { .. }));
        creates.any(|(index, _)| !matches!(self.steps[index].result, Some((StepResult::Done, _))))
    }
}

/// Of several changes of one row, the last is what is written.
fn keep_last(records: &mut Vec<RecordChange>) {
    let mut seen: FxHashSet<Uid> = FxHashSet::default();
    let mut kept: Vec<RecordChange> = Vec::with_capacity(records.len());
    kept.extend(records.drain(..).rev().filter(|change| seen.insert(change.uid())));
    kept.reverse();
    *records = kept;
}
