//! A simulated day from a seed: programs come and go, calls get lost or land late, processes die, somebody meddles; and at every
//! step what must hold is looked at.
//!
//! Held at every step: S1 no orphan, S2 nothing twice, S3 nothing of others touched, S4 nothing before what it refers to, S8 what was
//! acknowledged is there after a crash (the store is what survives), S9 one event for each intent and each end. Held at the end: L1
//! what is wanted is there within a few rounds once faults stop, L2 whatever was left and meddled with before, L3 every operation has
//! ended, L4 what was good before is there again after one apply of it, L6 another apply calls nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::bugs::{ALL, Bug};
use super::schedule::{Happening, Schedule};
use super::*;

/// A lost call may land so much later.
pub(crate) const LATE_MS_MAX: u64 = 90_000;
/// A look by tag does not see what is younger; less than the types' consistency window.
pub(crate) const LAG_MS: u64 = 1_500;

/// What a simulated day keeps an eye on.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    pub is_on: bool,
    pub late: Vec<(u64, Operation)>,
    pub unwritten: Vec<Batch>,
    /// Objects of others, as they were made.
    foreign: BTreeMap<String, Map<String, Json>>,
    log: Vec<Event>,
    intended: usize,
    closed: usize,
}

impl Watch {
    /// The log of events, as a store keeps it.
    pub fn saw(&mut self, batch: &Batch, events: &[EventBody], now_ms: u64) {
        if !self.is_on {
            return;
        }
        self.intended += batch.intents.len();
        self.closed += batch.closed.len();
        for body in events {
            let head = self.log.last().map(|event| (event.sequence, event.hash.clone()));
            let event = Event::after(head.as_ref().map(|(sequence, hash)| (*sequence, hash.as_str())), now_ms, body);
            self.log.push(event);
        }
    }

    fn check_log(&self) {
        let mut head: Option<&Event> = None;
        let (mut intended, mut closed) = (0, 0);
        for event in &self.log {
            assert!(event.follows(head.map(|head| (head.sequence, head.hash.as_str()))), "S9: the chain is broken");
            match event.body().expect("an event") {
                EventBody::Intended { .. } => intended += 1,
                EventBody::Closed { .. } => closed += 1,
                _ => {}
            }
            head = Some(event);
        }
        assert_eq!((intended, closed), (self.intended, self.closed), "S9: one event for each");
    }
}

impl World {
    /// Lets late calls land, and looks at what must hold at every step.
    pub(super) fn look_on(&mut self) {
        if !self.watch.is_on {
            return;
        }
        let now_ms = self.now_ms;
        let (mut due, late): (Vec<(u64, Operation)>, Vec<_>) =
            std::mem::take(&mut self.watch.late).into_iter().partition(|(at_ms, _)| *at_ms <= now_ms);
        self.watch.late = late;
        // Each at its own time, however long nobody has looked.
        due.sort_by_key(|(at_ms, _)| *at_ms);
        for (at_ms, operation) in due {
            self.now_ms = at_ms;
            let _ = self.effect(&operation);
        }
        self.now_ms = now_ms;
        let mut uids = BTreeSet::new();
        let open = |uid: Uid| {
            self.store.operations.values().any(|operation| operation.state.is_open() && operation.uid == uid)
        };
        for (id, object) in &self.cloud.objects {
            let Some(uid) = object.properties.get("Tags").and_then(|tags| tags.get(TAG_UID)).and_then(Json::as_str)
            else {
                assert!(self.watch.foreign.contains_key(id), "S1: {id} carries no tag, and is not somebody else's");
                continue;
            };
            let uid: Uid = uid.parse().expect("our tag holds a uid");
            assert!(uids.insert(uid), "S2: two objects of {uid}");
            let record = self.store.records.get(&uid);
            let is_known =
                record.is_some_and(|record| record.physical_id.is_none() || record.physical_id.as_ref() == Some(id));
            assert!(is_known || open(uid), "S1: {id} is an orphan");
        }
        for (id, made) in &self.watch.foreign {
            let object = self.cloud.objects.get(id).unwrap_or_else(|| panic!("S3: {id} is gone, and was not ours"));
            assert_eq!(object.properties, *made, "S3: {id} was changed, and is not ours");
        }
    }
}

/// What happened in a day.
#[derive(Clone, Debug, Default)]
struct Counts {
    applies: u64,
    crashes: u64,
    meddlings: u64,
    effects: u64,
    /// Of all events.
    digest: String,
}

/// One day. Panics with what does not hold.
fn day(seed: u64, bug: Option<Bug>) -> Counts {
    live(&Schedule::of(seed), bug)
}

fn live(schedule: &Schedule, bug: Option<Bug>) -> Counts {
    let mut chance = Chance::mixed(schedule.seed);
    let mut world = World::new();
    world.bug = bug;
    world.watch.is_on = true;
    world.seed = u128::from(schedule.seed) << 32;
    let mut counts = Counts::default();
    let mut wanted = program(&mut chance);
    for turn in &schedule.turns {
        let mut chance = Chance::mixed(turn.seed);
        (chance.lost, chance.throttled, chance.crash_after) = (turn.lost, turn.throttled, turn.crash_after);
        match turn.happening {
            Happening::Program => wanted = program(&mut chance),
            Happening::Meddling => counts.meddlings += u64::from(meddle(&mut world, &mut chance)),
            Happening::Nothing => {}
        }
        if turn.is_refused {
            let unlucky = &wanted[chance.below(wanted.len() as u64) as usize];
            chance.failing.insert(unlucky.path.to_string());
        }
        world.now_ms += turn.wait_ms;
        world.look_on();
        counts.applies += 1;
        let ended = round(&mut world, &plan(wanted.clone()), &mut chance);
        counts.crashes += u64::from(ended == Round::Crashed);
    }
    // The faults stop; what is late lands.
    world.now_ms += LATE_MS_MAX;
    world.look_on();
    let plan = plan(wanted);
    let settled = (1..=8).find(|_| {
        assert_eq!(round(&mut world, &plan, &mut chance), Round::Done);
        world.observe();
        let is_quiet = world.changes(&plan).is_empty();
        is_quiet && !world.store.operations.values().any(|operation| operation.state.is_open())
    });
    assert!(settled.is_some(), "L1: what is wanted is not there: {:?}", shown(&world.changes(&plan)));
    check_there(&world, &plan, "L1");
    let effects = world.cloud.log.len();
    for _ in 0..3 {
        assert_eq!(round(&mut world, &plan, &mut chance), Round::Done);
    }
    assert_eq!(world.cloud.log.len(), effects, "L6: another apply calls nothing");
    // Without faults, one apply is enough for whatever comes next, and for the way back.
    let next = super::plan(program(&mut chance));
    for (plan, property) in [(&next, "L1: one apply is enough"), (&plan, "L4: what was good before is there again")] {
        assert_eq!(round(&mut world, plan, &mut chance), Round::Done, "{property}");
        world.observe();
        assert_eq!(shown(&world.changes(plan)), [""; 0], "{property}");
        check_there(&world, plan, property);
    }
    let ended = |operation: &&Operation| matches!(operation.state, OperationState::Done | OperationState::Abandoned);
    let unended = world.store.operations.values().filter(|operation| !ended(operation)).count();
    assert_eq!(unended, 0, "L3: every operation has ended");
    world.watch.check_log();
    counts.effects = effects as u64;
    counts.digest = world.watch.log.last().map(|event| event.hash.clone()).unwrap_or_default();
    counts
}

/// Whether what a Plan wants is there, as it wants it, and nothing else.
fn check_there(world: &World, plan: &Plan, property: &str) {
    let managed = plan.meaning.nodes.iter().filter(|node| node.kind == NodeKind::Managed).count();
    let own = world.cloud.objects.len() - world.watch.foreign.len();
    assert_eq!((own, world.store.records.len()), (managed, managed), "{property}: as many as are wanted");
    for node in &plan.meaning.nodes {
        let record = world.record(node.path.as_str());
        assert_eq!(record.status, ResourceStatus::Ready, "{property}: {}", node.path);
        let object = &world.cloud.objects[record.physical_id.as_ref().expect("an object")];
        for (name, value) in &record.properties {
            let there = object.properties.get(name);
            let is_there = match (name.as_str(), value) {
                ("Tags", Json::Object(tags)) => {
                    tags.iter().all(|(key, tag)| there.and_then(|own| own.get(key)) == Some(tag))
                }
                _ => there == Some(value),
            };
            assert!(is_there, "{property}: `{name}` of {} is {there:?}, not {value}", node.path);
        }
    }
}

/// How one command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Done,
    Crashed,
}

/// What one command does: looks up what was left open, observes, applies.
fn round(world: &mut World, plan: &Plan, chance: &mut Chance) -> Round {
    if world.store.operations.values().any(|operation| operation.state.is_open()) {
        let recovered = world.recover(chance);
        if recovered.is_none() {
            crash(world);
            return Round::Crashed;
        }
    }
    world.observe();
    let changes = world.changes(plan);
    // An operation that nobody answered for is looked up by the next command.
    if !changes.refusals.is_empty() {
        let is_open = |refusal: &Refusal| {
            refusal.kind == RefusalKind::Quarantined
                && refusal.help.as_ref().is_some_and(|help| help.contains("resume"))
        };
        assert!(changes.refusals.iter().all(is_open), "nobody is asked: {:?}", changes.refusals);
        return Round::Done;
    }
    if world.execute(changes, chance).is_none() {
        crash(world);
        return Round::Crashed;
    }
    Round::Done
}

/// What was not on disk is gone.
fn crash(world: &mut World) {
    world.watch.unwritten.clear();
}

/// Somebody else edits, deletes or makes something.
fn meddle(world: &mut World, chance: &mut Chance) -> bool {
    let ours: Vec<String> =
        world.cloud.objects.keys().filter(|id| !world.watch.foreign.contains_key(*id)).cloned().collect();
    match chance.below(3) {
        0 => {
            let id = format!("net-foreign-{}", world.watch.foreign.len());
            let properties = json!({"Id": id, "Cidr": "10.99.0.0/16", "Tags": {"owner": "somebody"}, "Version": 1});
            let properties: Map<String, Json> = serde_json::from_value(properties).expect("an object");
            world.watch.foreign.insert(id.clone(), properties.clone());
            world.cloud.objects.insert(id, Object { wire_type: "Net".to_string(), properties });
            true
        }
        _ if ours.is_empty() => false,
        1 => {
            let id = &ours[chance.below(ours.len() as u64) as usize];
            let object = world.cloud.objects.get_mut(id).expect("just listed");
            object.properties.insert("Size".to_string(), json!(99));
            true
        }
        _ => {
            // What nothing stands on.
            let is_used = |id: &String| {
                world
                    .cloud
                    .objects
                    .iter()
                    .any(|(other, object)| other != id && mentions(&Json::Object(object.properties.clone()), id))
            };
            let Some(free) = ours.iter().find(|id| !is_used(id)).cloned() else { return false };
            world.cloud.objects.remove(&free);
            true
        }
    }
}

/// A program over networks, subnets, groups that may name each other, servers and templates.
fn program(chance: &mut Chance) -> Vec<Node> {
    let module = ["a", "b"][chance.below(2) as usize];
    let path = |leaf: String| format!("{module}.{leaf}");
    let mut nodes = Vec::new();
    let nets = 1 + chance.below(3);
    for net in 0..nets {
        let cidr = format!("10.{}.0.0/16", net * 10 + chance.below(2));
        nodes.push(node(&path(format!("nets[{net}]")), "Net", json!({"Cidr": cidr, "Size": chance.below(3)})));
    }
    let net = |at: u64| id(&path(format!("nets[{}]", at % nets)));
    let subnets = 1 + chance.below(4);
    for subnet in 0..subnets {
        let third = subnet * 10 + chance.below(2);
        let properties = json!({"NetId": net(subnet), "Cidr": format!("10.0.{third}.0/24"), "Size": chance.below(2)});
        nodes.push(node(&path(format!("subnets[{subnet}]")), "Subnet", properties));
    }
    let groups = 1 + chance.below(3);
    for group in 0..groups {
        let own = path(format!("groups[\"{group}\"]"));
        let mut node =
            node(&own, "Group", json!({"NetId": net(0), "Size": 1 + group, "Rules": [{"Port": chance.below(3)}]}));
        if group > 0 && chance.below(2) == 0 {
            let before = path(format!("groups[\"{}\"]", group - 1));
            node.properties.insert("Rules".to_string(), json!([{"From": id(&before)}]));
        }
        nodes.push(node);
    }
    if groups > 1 && chance.below(2) == 0 {
        let (first, last) = (path("groups[\"0\"]".to_string()), path(format!("groups[\"{}\"]", groups - 1)));
        let first = nodes.iter_mut().find(|node| node.path.as_str() == first).expect("there is one");
        first.deferred.push(DeferredProperty { property: "Rules".to_string(), value: json!([{"From": id(&last)}]) });
    }
    nodes.push(node(&path("template".to_string()), "Template", json!({"Data": chance.below(4)})));
    for server in 0..chance.below(4) {
        let properties = json!({
            "SubnetId": id(&path(format!("subnets[{}]", server % subnets))),
            "Groups": [id(&path("groups[\"0\"]".to_string()))],
            "Image": chance.below(3) + 10 * server,
            "V": {"$get": [path("template".to_string()), "Version"]},
        });
        nodes.push(node(&path(format!("servers[{server}]")), "Server", properties));
    }
    nodes
}

/// What is said where a day does not end as it should.
fn failure(schedule: &Schedule, bug: Option<Bug>) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| live(schedule, bug))).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default())
}

/// The property that a failure is about: `S1`, or its first words.
fn property(failure: &str) -> &str {
    &failure[..failure.find([':', '`', '[', '{']).unwrap_or(failure.len())]
}

/// `LINEWORK_SEEDS` days from `LINEWORK_FIRST_SEED` on; a day that fails is lived again with its number alone, and again without
/// all that does not matter to its failure.
#[test]
#[expect(clippy::print_stdout, reason = "a long run says what it did")]
fn days_end_as_they_should() {
    let (first, count) = seeds(1, 500);
    let mut total = Counts::default();
    for seed in first..first + count {
        let Ok(counts) = catch_unwind(AssertUnwindSafe(|| day(seed, None))) else {
            let schedule = Schedule::of(seed);
            let text = failure(&schedule, None).unwrap_or_default();
            let is_same = |other: &Schedule| failure(other, None).is_some_and(|it| property(&it) == property(&text));
            let least = schedule.shrunk(&is_same);
            panic!(
                "seed {seed}: {text}\nthe least of its {} turns that fails so:\n{least}again: LINEWORK_FIRST_SEED={seed} LINEWORK_SEEDS=1 cargo test -p conductor-core days_end",
                schedule.turns.len()
            )
        };
        total.applies += counts.applies;
        total.crashes += counts.crashes;
        total.meddlings += counts.meddlings;
        total.effects += counts.effects;
    }
    println!(
        "{count} days from seed {first}: {} applies, {} crashes, {} meddlings, {} effects",
        total.applies, total.crashes, total.meddlings, total.effects
    );
    assert!(total.crashes > 0 && total.meddlings > 0 && total.effects > count);
}

#[test]
fn a_day_is_the_same_whenever_it_is_lived() {
    for seed in [3, 4, 5] {
        let (first, second) = (day(seed, None), day(seed, None));
        assert_eq!(format!("{first:?}"), format!("{second:?}"));
        assert_eq!(first.digest.len(), 64, "all that happened is in it");
    }
}

#[test]
fn a_failure_is_the_same_whenever_it_is_lived_and_shrinks_to_what_matters() {
    for bug in [Bug::StateInMemory, Bug::NeverObserves] {
        let fails = |seed: &u64| failure(&Schedule::of(*seed), Some(bug)).is_some();
        let seed = (1..60).find(fails).expect("a day that shows it");
        let schedule = Schedule::of(seed);
        let text = failure(&schedule, Some(bug));
        assert_eq!(text, failure(&schedule, Some(bug)), "{bug:?}");
        let is_same =
            |other: &Schedule| failure(other, Some(bug)).as_deref().map(property) == text.as_deref().map(property);
        let least = schedule.shrunk(&is_same);
        assert!(is_same(&least), "{bug:?}");
        assert!(least.turns.len() <= 6 && least.turns.len() < schedule.turns.len(), "{bug:?}: {least}");
        assert_eq!(least.to_string().lines().count(), least.turns.len());
    }
}

#[test]
fn every_seeded_bug_is_caught() {
    assert!(ALL.len() >= 30);
    let missed: Vec<Bug> = ALL
        .iter()
        .copied()
        .filter(|bug| (1..=60).all(|seed| catch_unwind(AssertUnwindSafe(|| day(seed, Some(*bug)))).is_ok()))
        .collect();
    assert_eq!(missed, []);
}
