//! A cloud, a store and a shell in memory: what the tests of matching, change sets and execution run against.

mod bugs;
mod changing;
mod day;
mod enforcing;
mod executing;
mod fleets;
mod matching;
mod ordering;
mod protecting;
mod recovering;
mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lw_plan::{
    Class, DeferredProperty, Json, Map, Meaning, Node, NodeKind, Origin, Plan, Provenance, Provider, ResourcePath,
};
use serde_json::json;

use crate::*;

/// How long the small cloud remembers a token.
const TOKEN_MS: u64 = 86_400_000;

/// Types of a small cloud: `Net`, `Subnet`, `Group`, `Server` (compute), `Disk` and `Bucket` (data), `Template` (counts its versions).
pub(crate) struct SmallCatalogue;

impl Catalogue for SmallCatalogue {
    fn facts(&self, wire_type: &str) -> Option<Arc<TypeFacts>> {
        let paths = |texts: &[&str]| texts.iter().map(|text| PropertyPath::parse(text)).collect::<Vec<_>>();
        let claim = |texts: &[&str]| vec![Claim { properties: paths(texts) }];
        let name = |property: &str| Some(NameFacts { property: property.to_string(), ..NameFacts::default() });
        let common = TypeFacts {
            read_only: paths(&["Id", "Version"]),
            identifier: paths(&["Id"]),
            tags: Some(TagFacts { property: "Tags".to_string(), shape: TagShape::Map }),
            consistency_window_ms: 2_000,
            dedupe: Dedupe { natural_name: false, token_lifetime_ms: Some(TOKEN_MS), tag_on_create: true },
            ..TypeFacts::default()
        };
        let facts = match wire_type {
            "Net" => TypeFacts { create_only: paths(&["Cidr"]), ..common },
            "Subnet" => {
                TypeFacts { create_only: paths(&["NetId", "Cidr"]), claims: claim(&["NetId", "Cidr"]), ..common }
            }
            "Group" => TypeFacts {
                create_only: paths(&["NetId", "Name"]),
                claims: claim(&["Name"]),
                name: name("Name"),
                sets: paths(&["Rules"]),
                defaults: [(PropertyPath::parse("Size"), json!(1))].into(),
                unresettable: paths(&["Sticky"]),
                write_only: paths(&["Password"]),
                ..common
            },
            "Server" => TypeFacts { class: Class::Compute, create_only: paths(&["SubnetId", "Image"]), ..common },
            "Disk" => TypeFacts { class: Class::Data, create_only: paths(&["SubnetId"]), ..common },
            "Bucket" => TypeFacts {
                class: Class::Data,
                create_only: paths(&["Name"]),
                claims: claim(&["Name"]),
                name: name("Name"),
                ..common
            },
            "Template" => TypeFacts {
                volatile: vec![Volatile { attribute: PropertyPath::parse("Version"), by: vec!["Data".to_string()] }],
                ..common
            },
            // No tags and no token: its name finds it.
            "Entry" => TypeFacts {
                tags: None,
                name: name("Name"),
                consistency_window_ms: 0,
                dedupe: Dedupe { natural_name: true, ..Dedupe::default() },
                ..common
            },
            // Tagged once it is there.
            "Store" => TypeFacts {
                name: name("Name"),
                consistency_window_ms: 0,
                dedupe: Dedupe { natural_name: true, ..Dedupe::default() },
                ..common
            },
            // No tags, no token, no name: nothing finds it again.
            "Blind" => TypeFacts { tags: None, dedupe: Dedupe::default(), ..common },
            _ => return None,
        };
        Some(Arc::new(facts))
    }
}

pub(crate) fn sim() -> Provider {
    Provider { cloud: "sim".to_string(), ..Provider::default() }
}

pub(crate) fn node(path: &str, wire_type: &str, properties: Json) -> Node {
    Node {
        path: ResourcePath::from_text(path),
        wire_type: wire_type.to_string(),
        kind: NodeKind::Managed,
        provider: String::new(),
        class: SmallCatalogue.facts(wire_type).map(|facts| facts.class).unwrap_or_default(),
        properties: serde_json::from_value(properties).expect("an object"),
        deferred: Vec::new(),
        lifecycle: Default::default(),
        depends_on: Vec::new(),
        fingerprint: String::new(),
        former_path: None,
        physical_id: None,
    }
}

/// `{"$get": [path, "Id"]}`.
pub(crate) fn id(path: &str) -> Json {
    json!({ "$get": [path, "Id"] })
}

pub(crate) fn output(name: &str, value: Json) -> Node {
    Node { kind: NodeKind::Output, ..node(name, lw_plan::OUTPUT_TYPE, json!({ "value": value })) }
}

pub(crate) fn deferred(mut node: Node, property: &str, value: Json) -> Node {
    node.deferred.push(DeferredProperty { property: property.to_string(), value });
    node
}

/// A Plan of nodes in any order.
pub(crate) fn plan(nodes: Vec<Node>) -> Plan {
    let order = lw_plan::dependency_order(&nodes).expect("an order");
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    let nodes: Vec<Node> = order.into_iter().filter_map(|node| nodes[node as usize].take()).collect();
    let mut meaning = Meaning { composition: "shop".to_string(), nodes, ..Meaning::default() };
    lw_plan::set_fingerprints(&mut meaning);
    let origin = |line| Origin { file: "main.lw".to_string(), line, properties: BTreeMap::new() };
    let origins = (1..=meaning.nodes.len() as u32).map(origin).collect();
    let plan = Plan::new(meaning, Provenance { origins, ..Provenance::default() });
    plan.check().expect("a Plan");
    plan
}

/// State in memory: what is durable survives a crash.
#[derive(Clone)]
pub(crate) struct Store {
    pub deployment: Deployment,
    pub records: BTreeMap<Uid, ResourceRecord>,
    pub operations: BTreeMap<OperationId, Operation>,
    pub batches: u64,
}

impl Store {
    fn new() -> Store {
        Store {
            deployment: Deployment::new(DeploymentName::parse("shop@prod").unwrap()),
            records: BTreeMap::new(),
            operations: BTreeMap::new(),
            batches: 0,
        }
    }

    fn persist(&mut self, batch: &Batch) {
        self.batches += 1;
        assert_eq!(batch.number, batch.number.max(1));
        if let Some(deployment) = &batch.deployment {
            self.deployment = deployment.clone();
        }
        for intent in &batch.intents {
            assert!(self.operations.insert(intent.id, (**intent).clone()).is_none(), "a token is used once");
        }
        for closed in &batch.closed {
            let operation = self.operations.get_mut(&closed.id).expect("what is closed was intended");
            assert!(operation.state.is_open(), "closed once");
            operation.state = closed.state;
        }
        let rows: BTreeSet<Uid> = batch.records.iter().map(RecordChange::uid).collect();
        assert_eq!(rows.len(), batch.records.len(), "a row is written once");
        for change in &batch.records {
            match change {
                RecordChange::Put(record) => {
                    let last = self.records.get(&record.uid).map_or(0, |last| last.revision);
                    assert!(record.revision > last, "revisions grow");
                    self.records.insert(record.uid, (**record).clone());
                }
                RecordChange::Remove(uid) => {
                    self.records.remove(uid);
                }
            }
        }
        let mut live = BTreeSet::new();
        for record in self.records.values().filter(|record| record.is_live()) {
            assert!(live.insert(record.path.clone()), "two live records of `{}`", record.path);
        }
    }

    pub fn rows(&self) -> Vec<ResourceRecord> {
        self.records.values().cloned().collect()
    }
}

/// An object as the cloud keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub wire_type: String,
    pub properties: Map<String, Json>,
}

/// A cloud that refuses what real ones refuse: held claims, ends of what is in use, references to nothing.
#[derive(Clone, Default)]
pub(crate) struct Cloud {
    pub objects: BTreeMap<String, Object>,
    tokens: BTreeMap<OperationId, (String, String)>,
    /// Updates and deletes that were done, by their tokens: a late second one does nothing.
    seen: BTreeSet<OperationId>,
    /// When each object came: a look that lags does not see the newest.
    born_ms: BTreeMap<String, u64>,
    made: u32,
    /// Every effect, in order.
    pub log: Vec<String>,
}

impl Cloud {
    fn perform(&mut self, operation: &Operation) -> Result<Outcome, Failure> {
        let parameters = operation.parameters().expect("parameters");
        let name = format!("{} {}", operation.wire_type, operation.path);
        match operation.verb {
            // Half made by an earlier attempt; here a create is one call, and there is nothing to complete.
            Verb::Create if operation.physical_id.is_some() => {
                let physical_id = operation.physical_id.as_deref().unwrap_or_default();
                let gone =
                    || Failure { class: FailureClass::Unknown, message: "not found".to_string(), retry_after_ms: None };
                self.objects.contains_key(physical_id).then(|| self.outcome(physical_id)).ok_or_else(gone)
            }
            Verb::Create => {
                if let Some((physical_id, sent)) = self.tokens.get(&operation.id) {
                    assert_eq!(*sent, operation.parameters, "a resend is byte-equal");
                    let physical_id = physical_id.clone();
                    // The token is remembered longer than the object lives.
                    return match self.objects.contains_key(&physical_id) {
                        true => Ok(self.outcome(&physical_id)),
                        false => Err(Failure::permanent("what this token made has been deleted since")),
                    };
                }
                self.check(&operation.wire_type, &parameters.properties)?;
                self.made += 1;
                let physical_id = format!("{}-{}", operation.wire_type.to_lowercase(), self.made);
                let mut properties = parameters.properties;
                properties.insert("Id".to_string(), Json::from(physical_id.as_str()));
                properties.insert("Version".to_string(), json!(1));
                self.objects.insert(physical_id.clone(), Object { wire_type: operation.wire_type.clone(), properties });
                self.tokens.insert(operation.id, (physical_id.clone(), operation.parameters.clone()));
                self.log.push(format!("create {name}"));
                Ok(self.outcome(&physical_id))
            }
            Verb::Update => {
                let physical_id = operation.physical_id.as_deref().expect("an id");
                if !self.seen.insert(operation.id) && self.objects.contains_key(physical_id) {
                    return Ok(self.outcome(physical_id));
                }
                for fixed in &SmallCatalogue.facts(&operation.wire_type).unwrap_or_default().create_only {
                    let fixed = fixed.top().to_string();
                    assert!(!parameters.changed.contains(&fixed) && !parameters.reset.contains(&fixed), "{fixed}");
                }
                let object = self.objects.get_mut(physical_id).ok_or_else(|| Failure::permanent("not found"))?;
                for property in &parameters.changed {
                    object.properties.insert(property.clone(), parameters.properties[property].clone());
                }
                for property in &parameters.reset {
                    object.properties.remove(property);
                }
                if parameters.changed.iter().any(|property| property == "Data") {
                    let version = object.properties["Version"].as_u64().unwrap();
                    object.properties.insert("Version".to_string(), json!(version + 1));
                }
                self.log.push(format!("update {name} {}", [parameters.changed, parameters.reset].concat().join(",")));
                Ok(self.outcome(physical_id))
            }
            Verb::Delete => {
                let physical_id = operation.physical_id.clone().expect("an id");
                let user = self.objects.iter().find(|(other, object)| {
                    **other != physical_id && mentions(&Json::Object(object.properties.clone()), &physical_id)
                });
                if let Some((user, _)) = user {
                    return Err(Failure::permanent(format!("{physical_id} is used by {user}")));
                }
                self.objects.remove(&physical_id);
                self.log.push(format!("delete {name}"));
                Ok(Outcome::default())
            }
        }
    }

    fn check(&self, wire_type: &str, properties: &Map<String, Json>) -> Result<(), Failure> {
        for claim in &SmallCatalogue.facts(wire_type).unwrap_or_default().claims {
            let values = |properties: &Map<String, Json>| {
                claim.properties.iter().map(|path| path.get(properties).cloned()).collect::<Option<Vec<_>>>()
            };
            let held = self.objects.values().filter(|object| object.wire_type == wire_type);
            if values(properties).is_some()
                && held.clone().any(|object| values(&object.properties) == values(properties))
            {
                return Err(Failure::permanent(format!("{wire_type} exists already")));
            }
        }
        Ok(())
    }

    pub fn outcome(&self, physical_id: &str) -> Outcome {
        Outcome { physical_id: Some(physical_id.to_string()), observed: self.objects[physical_id].properties.clone() }
    }

    fn read(&self, physical_id: &str) -> Observation {
        match self.objects.get(physical_id) {
            Some(object) => {
                let mut properties = object.properties.clone();
                properties.remove("Password");
                Observation::Present { properties }
            }
            None => Observation::Absent,
        }
    }

    fn by_tag(&self, uid: Uid) -> Option<Outcome> {
        let tagged = |object: &Object| object.properties.get("Tags")?.get(TAG_UID)?.as_str().map(str::to_string);
        let mut found = self.objects.iter().filter(|(_, object)| tagged(object) == Some(uid.to_string()));
        found.next().map(|(physical_id, _)| self.outcome(physical_id))
    }
}

fn mentions(value: &Json, text: &str) -> bool {
    match value {
        Json::String(own) => own == text,
        Json::Array(items) => items.iter().any(|item| mentions(item, text)),
        Json::Object(object) => object.values().any(|item| mentions(item, text)),
        _ => false,
    }
}

/// What goes wrong, and in what order things happen.
pub(crate) struct Chance {
    state: u64,
    /// Of a thousand calls, how many lose their response (half of them after the effect) or are throttled.
    pub lost: u64,
    pub throttled: u64,
    /// Paths whose calls fail for good.
    pub failing: BTreeSet<String>,
    /// Crash after so many effects.
    pub crash_after: Option<u64>,
    pub stop_after: Option<u64>,
}

impl Chance {
    pub fn seeded(seed: u64) -> Chance {
        Chance { state: seed, lost: 0, throttled: 0, failing: BTreeSet::new(), crash_after: None, stop_after: None }
    }

    /// From a number that may be close to others: the first dice of a small state are alike.
    pub fn mixed(seed: u64) -> Chance {
        let mut chance = Chance::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x51);
        for _ in 0..4 {
            chance.below(2);
        }
        chance
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit.max(1)
    }
}

/// All of it.
#[derive(Clone)]
pub(crate) struct World {
    pub store: Store,
    pub cloud: Cloud,
    pub now_ms: u64,
    pub seed: u128,
    /// A mistake of the shell, to see whether it is caught.
    pub bug: Option<bugs::Bug>,
    pub watch: day::Watch,
}

impl World {
    pub fn new() -> World {
        World {
            store: Store::new(),
            cloud: Cloud::default(),
            now_ms: 1_000_000,
            seed: 1,
            bug: None,
            watch: day::Watch::default(),
        }
    }

    /// A world in which a Plan is in force.
    pub fn with(plan: &Plan) -> World {
        let mut world = World::new();
        world.apply(plan);
        world.cloud.log.clear();
        world
    }

    /// Reads everything that State knows.
    pub fn observe(&mut self) {
        for record in self.store.records.values_mut() {
            if let Some(physical_id) = &record.physical_id {
                if self.bug == Some(bugs::Bug::NeverObserves) {
                    continue;
                }
                let observation = self.cloud.read(physical_id);
                if observation != record.observed {
                    record.observed = observation;
                    record.revision += 1;
                }
            }
        }
    }

    pub fn changes(&self, plan: &Plan) -> ChangeSet {
        let input = ApplyInput {
            deployment: &self.store.deployment,
            plan,
            records: &self.store.rows(),
            default_provider: Some(&sim()),
            seed: self.seed,
        };
        apply_changes(&input, &SmallCatalogue)
    }

    pub fn execute(&mut self, changes: ChangeSet, chance: &mut Chance) -> Option<FinishState> {
        assert_eq!(changes.refusals, [], "refused");
        let input = ExecutionInput {
            changes: Arc::new(self.mistaken_changes(changes)),
            deployment: self.store.deployment.clone(),
            records: &self.store.rows(),
            catalogue: &SmallCatalogue,
            settings: ExecutionSettings::default(),
            guards: None,
        };
        self.run(Execution::new(input), chance)
    }

    /// Resolves what a crash left open.
    pub fn recover(&mut self, chance: &mut Chance) -> Option<FinishState> {
        self.mistaken_start();
        let open = self.store.operations.values().filter(|operation| operation.state.is_open());
        let input = RecoveryInput {
            deployment: self.store.deployment.clone(),
            operations: open.cloned().collect(),
            records: &self.store.rows(),
            catalogue: &SmallCatalogue,
            settings: ExecutionSettings::default(),
        };
        self.run(Execution::recover(input), chance)
    }

    /// Observes, applies, and expects success; the effects are in the cloud's log.
    pub fn apply(&mut self, plan: &Plan) -> ChangeSet {
        self.observe();
        let changes = self.changes(plan);
        let end = self.execute(changes.clone(), &mut Chance::seeded(7)).expect("no crash");
        assert!(end.is_success(), "{end:?}");
        changes
    }

    pub fn destroy(&mut self, allowance: Allowance) -> ChangeSet {
        let changes = destroy_changes(&self.store.deployment, &self.store.rows(), allowance);
        let end = self.execute(changes.clone(), &mut Chance::seeded(7)).expect("no crash");
        assert!(end.is_success(), "{end:?}");
        changes
    }

    pub fn record(&self, path: &str) -> &ResourceRecord {
        let mut live = self.store.records.values().filter(|record| record.path.as_str() == path && record.is_live());
        live.next().unwrap_or_else(|| panic!("no record of {path}"))
    }

    /// Performs effects in random order until the end; `None` after a crash.
    pub fn run(&mut self, mut execution: Execution, chance: &mut Chance) -> Option<FinishState> {
        self.seed += 1;
        let seed = self.seed;
        let mut performed = 0;
        let mut waiting = step(&mut execution, self.now_ms, ExecutionEvent::Started { seed });
        loop {
            assert!(performed < 200_000, "it does not end");
            if let Some(place) = waiting.iter().position(|effect| matches!(effect, Effect::Finish(_))) {
                let Effect::Finish(end) = waiting.swap_remove(place) else { unreachable!() };
                waiting.retain(|effect| !matches!(effect, Effect::Progress(_) | Effect::Timer { .. }));
                assert_eq!(waiting, [], "nothing is under way at the end");
                assert!(execution.is_finished());
                return Some(end);
            }
            if chance.crash_after == Some(performed) {
                return None;
            }
            if chance.stop_after == Some(performed) {
                chance.stop_after = None;
                waiting.extend(step(
                    &mut execution,
                    self.now_ms,
                    ExecutionEvent::Stop { reason: "stopped".to_string() },
                ));
            }
            performed += 1;
            assert!(!waiting.is_empty(), "it waits for nothing");
            let effect = waiting.swap_remove(chance.below(waiting.len() as u64) as usize);
            if let Some(event) = self.perform(effect, chance) {
                waiting.extend(step(&mut execution, self.now_ms, event));
            }
            self.look_on();
        }
    }

    /// A call that arrives: the cloud does it, and remembers when.
    fn effect(&mut self, operation: &Operation) -> Result<Outcome, Failure> {
        // A token is remembered for a day.
        let born_ms = self.cloud.tokens.get(&operation.id).and_then(|(id, _)| self.cloud.born_ms.get(id));
        if born_ms.is_some_and(|born_ms| born_ms + TOKEN_MS <= self.now_ms) {
            self.cloud.tokens.remove(&operation.id);
        }
        let done = self.cloud.perform(operation);
        if let (Verb::Create, Ok(Outcome { physical_id: Some(physical_id), .. })) = (operation.verb, &done) {
            self.cloud.born_ms.entry(physical_id.clone()).or_insert(self.now_ms);
        }
        done
    }

    /// What a look that lags shows.
    fn visible(&self, found: Option<Outcome>) -> Option<Outcome> {
        let born_ms = |outcome: &Outcome| self.cloud.born_ms.get(outcome.physical_id.as_ref()?).copied();
        found.filter(|outcome| {
            !self.watch.is_on || born_ms(outcome).is_none_or(|born_ms| born_ms + day::LAG_MS <= self.now_ms)
        })
    }

    fn perform(&mut self, effect: Effect, chance: &mut Chance) -> Option<ExecutionEvent> {
        self.now_ms += chance.below(20);
        let jitter = chance.below(1 << 32) as u32;
        let failure = |class| Failure { class, message: "the dice".to_string(), retry_after_ms: None };
        match effect {
            Effect::Persist(batch) => {
                let events = self.mistaken_events(&batch);
                self.watch.saw(&batch, &events, self.now_ms);
                let number = batch.number;
                match self.mistaken_batch(batch) {
                    Some(batch) => self.store.persist(&batch),
                    None => {
                        return self
                            .bug
                            .is_some_and(|bug| bug != bugs::Bug::DurableNeverComes)
                            .then_some(ExecutionEvent::Durable { batch: number });
                    }
                }
                Some(ExecutionEvent::Durable { batch: number })
            }
            Effect::Call(operation) => {
                let durable = self.store.operations.get(&operation.id).expect("no call before its intent is durable");
                assert!(durable.state.is_open(), "no call after the end");
                // Which object an earlier attempt has left is found again, and not on disk.
                let half_made = if operation.verb == Verb::Create { durable } else { &*operation };
                assert_eq!(durable, &Operation { physical_id: half_made.physical_id.clone(), ..(*operation).clone() });
                let id = operation.id;
                let operation = self.mistaken_call(&operation, chance);
                if chance.below(1000) < chance.throttled {
                    return Some(ExecutionEvent::CallFailed {
                        operation: id,
                        failure: failure(FailureClass::Retryable),
                        jitter,
                    });
                }
                if chance.failing.contains(operation.path.as_str()) {
                    return Some(ExecutionEvent::CallFailed {
                        operation: id,
                        failure: failure(FailureClass::Permanent),
                        jitter,
                    });
                }
                if chance.below(1000) < chance.lost {
                    match chance.below(if self.watch.is_on { 3 } else { 2 }) {
                        0 => drop(self.effect(&operation)),
                        // It lands when everybody has forgotten it.
                        2 => self.watch.late.push((self.now_ms + chance.below(day::LATE_MS_MAX), (*operation).clone())),
                        _ => {}
                    }
                    return Some(self.mistaken_loss(id, jitter));
                }
                let outcome = self.effect(&operation);
                self.mistaken_answer(&operation, id, outcome, jitter)
            }
            Effect::Read(request) => {
                let observation = self.cloud.read(&request.physical_id);
                Some(ExecutionEvent::ReadSucceeded { read: request.read, observation })
            }
            Effect::Lookup(Lookup { operation, by }) => {
                if self.bug == Some(bugs::Bug::AsksAPerson) {
                    let failure = failure(FailureClass::Permanent);
                    return Some(ExecutionEvent::LookupFailed { operation: operation.id, failure, jitter });
                }
                if let Some(found) = self.mistaken_look(&operation) {
                    return Some(ExecutionEvent::LookupSucceeded { operation: operation.id, found });
                }
                let found = match by {
                    LookupBy::Tag => self.visible(self.cloud.by_tag(operation.uid)),
                    LookupBy::PhysicalId => {
                        let physical_id = operation.physical_id.as_deref().expect("an id");
                        self.cloud.objects.contains_key(physical_id).then(|| self.cloud.outcome(physical_id))
                    }
                    LookupBy::NaturalName => unreachable!("no type here"),
                };
                Some(ExecutionEvent::LookupSucceeded { operation: operation.id, found })
            }
            Effect::Timer { timer, after_ms } => {
                if self.bug == Some(bugs::Bug::TimersNeverFire) {
                    return None;
                }
                self.now_ms += after_ms;
                Some(ExecutionEvent::TimerFired { timer })
            }
            Effect::Progress(_) => None,
            Effect::Finish(_) => unreachable!("seen by the loop"),
        }
    }
}

/// The first seed and how many, as the build was given them by `LINEWORK_FIRST_SEED` and `LINEWORK_SEEDS`: the tests read no environment
/// either.
pub(crate) fn seeds(first: u64, count: u64) -> (u64, u64) {
    let number = |given: Option<&str>, default| given.and_then(|text| text.parse().ok()).unwrap_or(default);
    (number(option_env!("LINEWORK_FIRST_SEED"), first), number(option_env!("LINEWORK_SEEDS"), count))
}

/// A property's test with so many cases; the seed is printed, and nothing is written beside the source.
pub(crate) fn cases(cases: u32) -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases, failure_persistence: None, ..Default::default() }
}

/// `action path`, for each shown step.
pub(crate) fn shown(changes: &ChangeSet) -> Vec<String> {
    let action = |action: Action| serde_json::to_value(action).unwrap().as_str().unwrap().to_string();
    changes.shown().map(|(_, step)| format!("{} {}", action(step.action), step.path)).collect()
}

/// Whether `first` stands before `second` in a log.
pub(crate) fn before(log: &[String], first: &str, second: &str) -> bool {
    let place = |wanted: &str| {
        log.iter().position(|line| line == wanted).unwrap_or_else(|| panic!("no `{wanted}` in {log:#?}"))
    };
    place(first) < place(second)
}
