//! Intent, lease, fence and takeover, checked in every order in which things may happen.
//!
//! The one idea: the states that are searched are made by the same `step` that production runs. Two Conductors share a store and a
//! cloud; either may take over at any moment while the other one sleeps, ends or goes on; a call may land whenever it likes, or never.
//!
//! What makes that safe are two rules, and each can be switched off to see that its absence is found:
//! - *fence*: the store refuses what an owner writes after another one has taken over;
//! - *wait*: a call is begun only while the lease is held, and who takes over waits until every call that was begun has ended.
//!
//! Deliberately absent: time. What takes long is what happens late.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use conductor_core::{
    ApplyInput, Batch, Catalogue, Dedupe, Deployment, DeploymentName, Effect, Execution, ExecutionEvent,
    ExecutionInput, ExecutionSettings, Failure, FailureClass, Observation, Operation, OperationId, Outcome,
    PropertyPath, RecordChange, RecoveryInput, ResourceRecord, ResourceStatus, TagFacts, TagShape, TypeFacts, Uid,
    Verb, apply_changes, step,
};
use lw_plan::{Json, Map, Meaning, Node, NodeKind, Plan, Provenance, Provider, ResourcePath};
use serde_json::json;
use stateright::{Model, Property};

/// One object for each resource, whatever happens.
pub const SINGLE: &str = "no resource has two objects";
/// S1 of what must hold at every step.
pub const KNOWN: &str = "every object is on record or has an open intent";
/// A path means one thing.
pub const UNIQUE: &str = "no path has two live records";
/// That the search is about something.
pub const REACHED: &str = "everything is there, and nobody is at work";

/// What is searched.
#[derive(Clone, Debug)]
pub struct Handover {
    pub fences: bool,
    pub waits: bool,
    /// How often a Conductor starts, how often one ends at a bad moment, how many calls never arrive.
    pub starts: u8,
    pub ends: u8,
    pub losses: u8,
    plan: Plan,
}

impl Handover {
    /// Two resources, of which one refers to the other; of a type that only its tag finds again, so that no token forgives.
    pub fn new(fences: bool, waits: bool) -> Handover {
        let node = |path: &str, properties: Json| Node {
            path: ResourcePath::from_text(path),
            wire_type: "Thing".to_string(),
            kind: NodeKind::Managed,
            provider: String::new(),
            class: Default::default(),
            properties: serde_json::from_value(properties).expect("an object"),
            deferred: Vec::new(),
            lifecycle: Default::default(),
            depends_on: Vec::new(),
            fingerprint: String::new(),
            former_path: None,
            physical_id: None,
        };
        let nodes = vec![node("a", json!({})), node("b", json!({"On": {"$get": ["a", "Id"]}}))];
        let mut meaning = Meaning { composition: "shop".to_string(), nodes, ..Meaning::default() };
        lw_plan::set_fingerprints(&mut meaning);
        let plan = Plan::new(meaning, Provenance::default());
        Handover { fences, waits, starts: 3, ends: 2, losses: 1, plan }
    }
}

struct Things;

impl Catalogue for Things {
    fn facts(&self, _: &str) -> Option<Arc<TypeFacts>> {
        Some(Arc::new(TypeFacts {
            read_only: vec![PropertyPath::parse("Id")],
            identifier: vec![PropertyPath::parse("Id")],
            tags: Some(TagFacts { property: "Tags".to_string(), shape: TagShape::Map }),
            dedupe: Dedupe { natural_name: false, token_lifetime_ms: None, tag_on_create: true },
            ..TypeFacts::default()
        }))
    }
}

/// An object in the cloud.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Object {
    uid: Uid,
    path: String,
    physical_id: String,
    /// As JSON.
    properties: String,
}

/// A call that is on its way.
#[derive(Clone, Debug)]
struct Sent {
    by: u8,
    operation: Arc<Operation>,
}

/// A Conductor at work.
#[derive(Clone, Debug)]
struct Process {
    execution: Execution,
    waiting: Vec<Effect>,
    epoch: u64,
    /// Which start it was.
    number: u8,
    is_recovering: bool,
    /// Of all that it has heard, in order: what it is follows from that.
    trail: u64,
}

/// Everything there is.
#[derive(Clone, Debug)]
pub struct State {
    epoch: u64,
    deployment: Deployment,
    records: BTreeMap<Uid, ResourceRecord>,
    operations: BTreeMap<OperationId, Operation>,
    /// Of all that was written, in order.
    written: u64,
    objects: Vec<Object>,
    calls: Vec<Sent>,
    conductors: [Option<Process>; 2],
    starts: u8,
    ends: u8,
    losses: u8,
}

/// What may happen next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// A Conductor starts: it takes over.
    Starts(usize),
    /// It performs one of the effects that wait; the text says which.
    Performs(usize, usize, &'static str),
    /// It is gone, with all that was not durable.
    Ends(usize),
    /// A call lands, and is answered.
    Lands(usize),
    /// A call never arrives.
    IsLost(usize),
}

impl State {
    /// What tells states apart. The same trail makes the same execution, so that it stands for it.
    fn identity(&self) -> impl Hash + PartialEq {
        let process = |process: &Option<Process>| {
            process.as_ref().map(|process| (process.number, process.trail, process.epoch, process.waiting.len()))
        };
        let calls: Vec<(u8, OperationId)> = self.calls.iter().map(|call| (call.by, call.operation.id)).collect();
        let counts = (self.starts, self.ends, self.losses);
        let conductors: Vec<_> = self.conductors.iter().map(process).collect();
        (self.epoch, self.written, self.objects.clone(), calls, conductors, counts)
    }

    fn is_settled(&self) -> bool {
        let is_open = |operation: &Operation| operation.state.is_open();
        self.objects.len() == 2
            && self.records.len() == 2
            && self.records.values().all(|record| record.status == ResourceStatus::Ready)
            && !self.operations.values().any(is_open)
            && self.conductors.iter().all(Option::is_none)
    }

    fn outcome(&self, object: &Object) -> Outcome {
        let mut observed: Map<String, Json> = serde_json::from_str(&object.properties).expect("written as JSON");
        observed.insert("Id".to_string(), Json::from(object.physical_id.as_str()));
        Outcome { physical_id: Some(object.physical_id.clone()), observed }
    }

    fn persist(&mut self, batch: &Batch, number: u8) {
        self.written = mixed(self.written, &(number, batch.number));
        if let Some(deployment) = &batch.deployment {
            self.deployment = deployment.clone();
        }
        for intent in &batch.intents {
            self.operations.insert(intent.id, (**intent).clone());
        }
        for closed in &batch.closed {
            if let Some(operation) = self.operations.get_mut(&closed.id) {
                operation.state = closed.state;
            }
        }
        for change in &batch.records {
            match change {
                RecordChange::Put(record) => drop(self.records.insert(record.uid, (**record).clone())),
                RecordChange::Remove(uid) => drop(self.records.remove(uid)),
            }
        }
    }

    /// An execution over what the store holds now: of what was left open, or else of the Plan.
    fn begin(&self, plan: &Plan, number: u8, epoch: u64, may_recover: bool) -> Process {
        let records: Vec<ResourceRecord> = self.records.values().cloned().collect();
        let open = self.operations.values().filter(|operation| operation.state.is_open());
        let open: Vec<Operation> = open.cloned().collect();
        let is_recovering = may_recover && !open.is_empty();
        let settings = ExecutionSettings { epoch, resends_max: 2, ..ExecutionSettings::default() };
        let seed = u128::from(number) * 2 + u128::from(is_recovering);
        let deployment = self.deployment.clone();
        let mut execution = match is_recovering {
            true => Execution::recover(RecoveryInput {
                deployment,
                operations: open,
                records: &records,
                catalogue: &Things,
                settings,
            }),
            false => {
                let provider = Provider { cloud: "sim".to_string(), ..Provider::default() };
                let input = ApplyInput {
                    deployment: &self.deployment,
                    plan,
                    records: &records,
                    default_provider: Some(&provider),
                    seed,
                };
                let changes = Arc::new(apply_changes(&input, &Things));
                let records = &records;
                let catalogue = &Things;
                Execution::new(ExecutionInput { changes, deployment, records, catalogue, settings, guards: None })
            }
        };
        let effects = step(&mut execution, 0, ExecutionEvent::Started { seed });
        let trail = mixed(self.written, &(number, is_recovering));
        let mut process = Process { execution, waiting: Vec::new(), epoch, number, is_recovering, trail };
        process.gather(effects);
        process
    }

    /// An event for a Conductor, and what follows from it at once.
    fn tell(&mut self, conductor: usize, event: ExecutionEvent, mark: &impl Hash) {
        if let Some(process) = &mut self.conductors[conductor] {
            process.trail = mixed(process.trail, mark);
            let effects = step(&mut process.execution, 0, event);
            process.gather(effects);
        }
    }

    /// An answer for whoever sent a call, if that process still is.
    fn answer(&mut self, by: u8, event: ExecutionEvent, mark: &impl Hash) {
        let is_it = |process: &Option<Process>| process.as_ref().is_some_and(|process| process.number == by);
        if let Some(conductor) = self.conductors.iter().position(is_it) {
            self.tell(conductor, event, mark);
        }
    }

    fn perform(&mut self, model: &Handover, conductor: usize, effect: usize) -> Option<()> {
        let process = self.conductors[conductor].as_mut()?;
        let effect = process.waiting.remove(effect);
        let (number, epoch) = (process.number, process.epoch);
        match effect {
            Effect::Persist(batch) if model.fences && epoch != self.epoch => {
                drop(batch);
                self.conductors[conductor] = None;
            }
            Effect::Persist(batch) => {
                self.persist(&batch, number);
                self.tell(conductor, ExecutionEvent::Durable { batch: batch.number }, &("durable", batch.number));
            }
            Effect::Call(operation) => {
                process.trail = mixed(process.trail, &("call", operation.id));
                self.calls.push(Sent { by: number, operation });
            }
            Effect::Read(request) => {
                let object = self.objects.iter().find(|object| object.physical_id == request.physical_id);
                let observation = match object {
                    Some(object) => Observation::Present { properties: self.outcome(object).observed },
                    None => Observation::Absent,
                };
                let mark = ("read", request.read, object.is_some());
                self.tell(conductor, ExecutionEvent::ReadSucceeded { read: request.read, observation }, &mark);
            }
            Effect::Lookup(lookup) => {
                let operation = lookup.operation.id;
                let found = self.objects.iter().find(|object| object.uid == lookup.operation.uid);
                let mark = ("look", operation, found.map(|object| object.physical_id.clone()));
                let found = found.map(|object| self.outcome(object));
                self.tell(conductor, ExecutionEvent::LookupSucceeded { operation, found }, &mark);
            }
            Effect::Timer { timer, .. } => {
                self.tell(conductor, ExecutionEvent::TimerFired { timer }, &("timer", timer))
            }
            Effect::Finish(_) => {
                // What was left open is settled: now the Plan.
                let goes_on = process.is_recovering && process.epoch == self.epoch;
                self.conductors[conductor] = goes_on.then(|| self.begin(&model.plan, number, epoch, false));
            }
            Effect::Progress(_) => {}
        }
        Some(())
    }

    fn land(&mut self, call: usize) {
        let Sent { by, operation } = self.calls.remove(call);
        assert_eq!(operation.verb, Verb::Create, "nothing else is asked for here");
        let physical_id = format!("{}-{}", operation.path, self.objects.len());
        let sent = operation.parameters().expect("what we sent").properties;
        let properties = Json::Object(sent).to_string();
        let object = Object { uid: operation.uid, path: operation.path.to_string(), physical_id, properties };
        let outcome = self.outcome(&object);
        self.objects.push(object);
        let (operation, mark) = (operation.id, ("landed", operation.id, self.objects.len()));
        self.answer(by, ExecutionEvent::CallSucceeded { operation, outcome }, &mark);
    }

    fn lose(&mut self, call: usize) {
        let Sent { by, operation } = self.calls.remove(call);
        let failure = Failure { class: FailureClass::Unknown, message: "no answer".to_string(), retry_after_ms: None };
        let (operation, mark) = (operation.id, ("lost", operation.id));
        self.answer(by, ExecutionEvent::CallFailed { operation, failure, jitter: 0 }, &mark);
    }
}

impl Process {
    fn gather(&mut self, effects: Vec<Effect>) {
        self.waiting.extend(effects.into_iter().filter(|effect| !matches!(effect, Effect::Progress(_))));
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.identity().hash(hasher);
    }
}

impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        self.identity() == other.identity()
    }
}

fn mixed(trail: u64, mark: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    trail.hash(&mut hasher);
    mark.hash(&mut hasher);
    hasher.finish()
}

fn name_of(effect: &Effect) -> &'static str {
    match effect {
        Effect::Persist(_) => "writes",
        Effect::Call(_) => "calls",
        Effect::Read(_) => "reads",
        Effect::Lookup(_) => "looks",
        Effect::Timer { .. } => "waits",
        Effect::Finish(_) => "finishes",
        Effect::Progress(_) => "tells",
    }
}

impl Model for Handover {
    type State = State;
    type Action = Moment;

    fn init_states(&self) -> Vec<State> {
        let name = DeploymentName::parse("shop@prod").expect("a name");
        vec![State {
            epoch: 0,
            deployment: Deployment::new(name),
            records: BTreeMap::new(),
            operations: BTreeMap::new(),
            written: 0,
            objects: Vec::new(),
            calls: Vec::new(),
            conductors: [None, None],
            starts: 0,
            ends: 0,
            losses: 0,
        }]
    }

    fn actions(&self, state: &State, moments: &mut Vec<Moment>) {
        for (at, conductor) in state.conductors.iter().enumerate() {
            match conductor {
                None => {
                    // Who waits does so until every call has ended, one way or the other.
                    if state.starts < self.starts && (!self.waits || state.calls.is_empty()) && !state.is_settled() {
                        moments.push(Moment::Starts(at));
                    }
                }
                Some(process) => {
                    for (effect, waiting) in process.waiting.iter().enumerate() {
                        let holds_lease = process.epoch == state.epoch;
                        if !(self.waits && matches!(waiting, Effect::Call(_)) && !holds_lease) {
                            moments.push(Moment::Performs(at, effect, name_of(waiting)));
                        }
                    }
                    if state.ends < self.ends {
                        moments.push(Moment::Ends(at));
                    }
                }
            }
        }
        for call in 0..state.calls.len() {
            moments.push(Moment::Lands(call));
            if state.losses < self.losses {
                moments.push(Moment::IsLost(call));
            }
        }
    }

    fn next_state(&self, last: &State, moment: Moment) -> Option<State> {
        let mut state = last.clone();
        match moment {
            Moment::Starts(conductor) => {
                state.starts += 1;
                state.epoch += 1;
                state.conductors[conductor] = Some(state.begin(&self.plan, state.starts, state.epoch, true));
            }
            Moment::Performs(conductor, effect, _) => state.perform(self, conductor, effect)?,
            Moment::Ends(conductor) => {
                state.ends += 1;
                state.conductors[conductor] = None;
            }
            Moment::Lands(call) => state.land(call),
            Moment::IsLost(call) => {
                state.losses += 1;
                state.lose(call);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Handover>> {
        vec![
            Property::always(SINGLE, |_, state: &State| {
                let paths: std::collections::BTreeSet<&str> =
                    state.objects.iter().map(|object| object.path.as_str()).collect();
                paths.len() == state.objects.len()
            }),
            Property::always(KNOWN, |_, state: &State| {
                state.objects.iter().all(|object| {
                    let open = |operation: &Operation| operation.state.is_open() && operation.uid == object.uid;
                    let record = state.records.get(&object.uid);
                    record.is_some_and(|record| record.physical_id.as_ref() == Some(&object.physical_id))
                        || state.operations.values().any(open)
                })
            }),
            Property::always(UNIQUE, |_, state: &State| {
                let live = state.records.values().filter(|record| record.is_live());
                let paths: std::collections::BTreeSet<&str> = live.clone().map(|record| record.path.as_str()).collect();
                paths.len() == live.count()
            }),
            Property::sometimes(REACHED, |_, state: &State| state.is_settled()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use stateright::{Checker, HasDiscoveries};

    use super::*;

    #[test]
    #[expect(clippy::print_stdout, reason = "how much was searched is worth knowing")]
    fn with_both_rules_every_order_is_safe() {
        let checker = Handover::new(true, true).checker().spawn_bfs().join();
        println!("{} states, the longest after {} moments", checker.unique_state_count(), checker.max_depth());
        checker.assert_properties();
        assert!(checker.unique_state_count() > 1_000);
    }

    /// The shortest way to something that must not be.
    fn way_to_a_bug(model: Handover) -> Vec<Moment> {
        let checker = model.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        let found = [SINGLE, KNOWN, UNIQUE].iter().find_map(|name| checker.discovery(name));
        found.expect("a bug, since nothing holds it back").into_actions()
    }

    #[test]
    fn without_the_fence_the_search_finds_what_an_owner_that_slept_writes() {
        // Nobody has to die for it.
        let path = way_to_a_bug(Handover { ends: 0, ..Handover::new(false, true) });
        let starts = path.iter().filter(|moment| matches!(moment, Moment::Starts(_))).count();
        assert!(starts >= 2, "it takes a second owner: {path:?}");
    }

    #[test]
    fn without_the_wait_the_search_finds_a_call_that_lands_late() {
        let path = way_to_a_bug(Handover::new(true, false));
        let place = |wanted: fn(&Moment) -> bool| path.iter().rposition(wanted);
        let (landed, started) =
            (place(|moment| matches!(moment, Moment::Lands(_))), place(|moment| matches!(moment, Moment::Starts(_))));
        assert!(landed > started && started > Some(0), "it lands after another has begun: {path:?}");
    }
}
