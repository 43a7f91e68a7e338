//! Crashes and lost responses.

use proptest::prelude::*;

use super::*;

fn stack(image: &str, port: u32) -> Plan {
    let a = node("a", "Group", json!({"NetId": id("net"), "Rules": [{"Port": port}]}));
    plan(vec![
        node("net", "Net", json!({"Cidr": "10.0.0.0/16"})),
        deferred(a, "Rules", json!([{"Port": port}, {"From": id("b")}])),
        node("b", "Group", json!({"NetId": id("net"), "Rules": [{"From": id("a")}]})),
        node("subnet", "Subnet", json!({"NetId": id("net"), "Cidr": "10.0.1.0/24"})),
        node("server", "Server", json!({"SubnetId": id("subnet"), "Groups": [id("a"), id("b")], "Image": image})),
    ])
}

/// Recovers and applies until nothing is left to do.
fn settle(world: &mut World, plan: &Plan, chance: &mut Chance) {
    for round in 0.. {
        assert!(round < 30, "it does not converge");
        if world.store.operations.values().any(|operation| operation.state.is_open()) {
            world.recover(chance);
            continue;
        }
        world.observe();
        let changes = world.changes(plan);
        if changes.is_empty() && world.store.deployment.state == ResourceStatus::Ready {
            return;
        }
        world.execute(changes, chance);
    }
}

fn check_settled(world: &World, count: usize) {
    assert_eq!(world.cloud.objects.len(), count, "no orphan, nothing twice: {:#?}", world.cloud.log);
    assert_eq!(world.store.records.len(), count);
    for record in world.store.records.values() {
        assert_eq!(record.status, ResourceStatus::Ready);
        assert!(world.cloud.objects.contains_key(record.physical_id.as_ref().unwrap()));
    }
    assert!(world.store.operations.values().all(|operation| operation.state != OperationState::Unknown));
}

#[test]
fn a_crash_at_any_moment_leaves_no_orphan_and_nothing_twice() {
    for crash in 0..120 {
        let mut world = World::new();
        let mut chance = Chance::seeded(crash);
        chance.crash_after = Some(crash);
        let changes = world.changes(&stack("one", 1));
        world.execute(changes, &mut chance);
        chance.crash_after = Some(crash / 2);
        settle_with_crashes(&mut world, &stack("one", 1), &mut chance);
        check_settled(&world, 5);
        chance.crash_after = Some(crash);
        world.observe();
        let changes = world.changes(&stack("two", 2));
        world.execute(changes, &mut chance);
        settle_with_crashes(&mut world, &stack("two", 2), &mut chance);
        check_settled(&world, 5);
        chance.crash_after = Some(crash);
        let changes = destroy_changes(&world.store.deployment, &world.store.rows(), Allowance::None);
        world.execute(changes, &mut chance);
        chance.crash_after = None;
        for _ in 0..10 {
            if world.store.operations.values().any(|operation| operation.state.is_open()) {
                world.recover(&mut chance);
            }
            let changes = destroy_changes(&world.store.deployment, &world.store.rows(), Allowance::None);
            world.execute(changes, &mut chance);
        }
        check_settled(&world, 0);
        assert_eq!(world.store.deployment.plan, None);
    }
}

/// A network, a range in it and a server there, whose content is all that a number says.
fn street(module: &str, number: u32) -> Plan {
    let path = |leaf: &str| format!("{module}.{leaf}");
    let subnet = json!({"NetId": id(&path("net")), "Cidr": format!("10.0.{number}.0/24"), "Size": number});
    plan(vec![
        node(&path("net"), "Net", json!({"Cidr": "10.0.0.0/16"})),
        node(&path("subnets[0]"), "Subnet", subnet),
        node(&path("servers[0]"), "Server", json!({"SubnetId": id(&path("subnets[0]")), "Image": number})),
        node(&path("group"), "Group", json!({"NetId": id(&path("net")), "Size": 1 + number})),
    ])
}

/// Applies a Plan whose execution ends after so many effects.
fn cut_off(world: &mut World, plan: &Plan, chance: &mut Chance, crash: u64) {
    world.observe();
    let changes = world.changes(plan);
    chance.crash_after = Some(crash);
    world.execute(changes, chance);
    chance.crash_after = None;
    if world.store.operations.values().any(|operation| operation.state.is_open()) {
        world.recover(chance);
    }
    world.observe();
}

/// The objects of a type that nobody has decided to end, or whose end has not begun.
fn objects_of(world: &World, wire_type: &str) -> BTreeSet<String> {
    let of_type = world.cloud.objects.iter().filter(|(_, object)| object.wire_type == wire_type);
    of_type.map(|(id, _)| id.clone()).collect()
}

#[test]
fn what_an_interrupted_replacement_left_over_is_taken_back() {
    let mut taken_back = 0;
    for (there, crash) in ["a", "b"].into_iter().flat_map(|module| (0..70).map(move |crash| (module, crash))) {
        let (one, two) = (street("a", 1), street(there, 2));
        let mut world = World::with(&one);
        let (subnets, servers) = (objects_of(&world, "Subnet"), objects_of(&world, "Server"));
        let mut chance = Chance::seeded(crash);
        cut_off(&mut world, &two, &mut chance, crash);
        let (subnets_left, servers_left) = (objects_of(&world, "Subnet"), objects_of(&world, "Server"));
        let changes = world.changes(&one);
        assert_eq!(changes.refusals, [], "module {there}, after {crash}");
        taken_back += changes.steps.iter().filter(|step| step.taken_back.is_some()).count();
        settle(&mut world, &one, &mut chance);
        check_settled(&world, 4);
        if subnets.is_subset(&subnets_left) {
            assert_eq!(objects_of(&world, "Subnet"), subnets, "module {there}, after {crash}: it was still there");
        }
        if there == "a" && servers.is_subset(&servers_left) {
            assert_eq!(objects_of(&world, "Server"), servers, "after {crash}: it was still there");
        }
        for record in world.store.records.values() {
            assert_eq!((record.tombstone.as_ref(), record.path.as_str().starts_with("a.")), (None, true));
        }
        assert_eq!(shown(&world.apply(&one)), [""; 0]);
    }
    assert!(taken_back > 20, "{taken_back}");
}

#[test]
fn taking_back_may_be_interrupted_and_gone_back_on() {
    for there in ["a", "b"] {
        for (crash, again) in (4..60).step_by(7).flat_map(|crash| (0..40).step_by(7).map(move |again| (crash, again))) {
            let (one, two, three) = (street("a", 1), street(there, 2), street(there, 3));
            let mut world = World::with(&one);
            let mut chance = Chance::seeded(crash * 64 + again);
            for plan in [&two, &three, &one, &three] {
                assert_eq!(world.changes(plan).refusals, [], "module {there}, after {crash} and {again}");
                cut_off(&mut world, plan, &mut chance, if plan == &one { again } else { crash });
            }
            let end = [&one, &two, &three][(crash + again) as usize % 3];
            assert_eq!(world.changes(end).refusals, [], "module {there}, after {crash} and {again}");
            settle(&mut world, end, &mut chance);
            check_settled(&world, 4);
            assert_eq!(shown(&world.apply(end)), [""; 0]);
        }
    }
}

#[test]
fn a_preview_says_what_is_taken_back() {
    let cut = |crash: u64| {
        let mut world = World::with(&street("a", 1));
        cut_off(&mut world, &street("a", 2), &mut Chance::seeded(crash), crash);
        let changes = world.changes(&street("a", 1));
        let is_subnet = |step: &&Step| step.wire_type == "Subnet" && step.taken_back.is_some();
        let step = changes.steps.iter().find(is_subnet).cloned();
        step.map(|step| (world, changes, step))
    };
    let (world, changes, step) = (0..60).find_map(cut).expect("a replacement that is cut off between its two steps");
    assert_eq!((step.action, step.path.as_str()), (Action::Replace, "a.subnets[0]"));
    let texts: Vec<&str> = step.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            r#"`cidr` changes from "10.0.2.0/24" to "10.0.1.0/24", and cannot change in place"#,
            "`size` changes from 2 to 1",
            "the old object is left over, and is taken back"
        ]
    );
    let report = serde_json::to_value(PreviewReport::of(&changes)).unwrap();
    let own = |step: &&Json| step["path"] == "a.subnets[0]";
    assert_eq!(report["steps"].as_array().unwrap().iter().find(own).unwrap()["takenBack"], true);
    // What gives way is what the change set was made for.
    let from = step.taken_back.and_then(|taken_back| taken_back.from).expect("there is one");
    assert!(changes.touched.iter().any(|touched| touched.uid == from));
    assert!(world.store.records[&from].is_live());
}

/// The first time it crashes once more, then no longer.
fn settle_with_crashes(world: &mut World, plan: &Plan, chance: &mut Chance) {
    if world.store.operations.values().any(|operation| operation.state.is_open()) {
        world.recover(chance);
    }
    chance.crash_after = None;
    settle(world, plan, chance);
}

#[test]
fn what_cannot_be_found_again_is_quarantined() {
    let plan = plan(vec![node("x", "Blind", json!({}))]);
    let mut world = World::new();
    let mut chance = Chance::seeded(1);
    chance.lost = 1000;
    let changes = world.changes(&plan);
    let end = world.execute(changes, &mut chance).unwrap();
    assert_eq!(end.results[0].0, StepResult::Unknown);
    assert_eq!(world.store.deployment.state, ResourceStatus::Quarantined);
    let operation = world.store.operations.values().next().unwrap();
    assert_eq!(operation.state, OperationState::Unknown);
    let refusals = world.changes(&plan).refusals;
    assert_eq!(
        (refusals[0].kind, refusals[0].help.as_deref()),
        (RefusalKind::Quarantined, Some("look at it in the cloud, then `lw release shop@prod 'x'`"))
    );
}

#[test]
fn a_token_that_is_remembered_is_used_again() {
    let plan = plan(vec![node("g", "Group", json!({}))]);
    for seed in 0..20 {
        let (mut world, mut chance) = (World::new(), Chance::seeded(seed));
        chance.lost = 700;
        let changes = world.changes(&plan);
        world.execute(changes, &mut chance).unwrap();
        assert_eq!(world.store.operations.len(), 1, "the same decision is the same operation");
        assert!(world.cloud.objects.len() < 2);
    }
}

#[test]
fn a_token_that_has_run_out_is_not_used_again() {
    // A crash, and a day later: the look shows that nothing is there, and a new token is used.
    let plan = plan(vec![node("g", "Group", json!({}))]);
    let crashed_between = |crash: u64| {
        let (mut world, mut chance) = (World::new(), Chance::seeded(1));
        chance.crash_after = Some(crash);
        let changes = world.changes(&plan);
        world.execute(changes, &mut chance);
        (!world.store.operations.is_empty() && world.cloud.log.is_empty()).then_some((world, chance))
    };
    let (mut world, mut chance) = (0..9).find_map(crashed_between).expect("intended, and not sent");
    world.now_ms += 40 * 3_600_000;
    chance.crash_after = None;
    world.recover(&mut chance).unwrap();
    assert_eq!(world.store.operations.len(), 2, "a new decision is a new operation");
    check_settled(&world, 1);
}

/// A create of one resource under way: the machine, and the operation.
fn creating(wire_type: &str) -> (Execution, Arc<Operation>) {
    let world = World::new();
    let plan = plan(vec![node("it", wire_type, json!({"Name": "it", "Size": 2}))]);
    let mut execution = Execution::new(ExecutionInput {
        changes: Arc::new(world.changes(&plan)),
        deployment: world.store.deployment.clone(),
        records: &[],
        catalogue: &SmallCatalogue,
        settings: ExecutionSettings::default(),
        guards: None,
    });
    step(&mut execution, 0, ExecutionEvent::Started { seed: 1 });
    let effects = step(&mut execution, 0, ExecutionEvent::Durable { batch: 1 });
    let Some(Effect::Call(call)) = effects.last().cloned() else { panic!("{effects:?}") };
    (execution, call)
}

fn failed(execution: &mut Execution, now_ms: u64, operation: OperationId, class: FailureClass) -> Vec<Effect> {
    let failure = Failure { class, message: "InternalError: it broke (request r1)".to_string(), retry_after_ms: None };
    step(execution, now_ms, ExecutionEvent::CallFailed { operation, failure, jitter: 0 })
}

fn found(execution: &mut Execution, operation: OperationId, observed: Json) -> Vec<Effect> {
    let observed = serde_json::from_value(observed).expect("an object");
    let outcome = Outcome { physical_id: Some("p-1".to_string()), observed };
    step(execution, 0, ExecutionEvent::LookupSucceeded { operation, found: Some(outcome) })
}

fn closed(effects: &[Effect]) -> (OperationState, Option<String>) {
    let Some(Effect::Persist(batch)) = effects.iter().find(|effect| matches!(effect, Effect::Persist(_))) else {
        panic!("{effects:?}")
    };
    (batch.closed[0].state, batch.closed[0].problem.clone())
}

#[test]
fn what_has_no_token_is_looked_for_before_it_is_sent_again() {
    let (mut execution, call) = creating("Entry");
    let effects = failed(&mut execution, 0, call.id, FailureClass::Unknown);
    assert!(matches!(&effects[..], [Effect::Lookup(lookup)] if lookup.by == LookupBy::NaturalName), "{effects:?}");
    let effects = step(&mut execution, 0, ExecutionEvent::LookupSucceeded { operation: call.id, found: None });
    let Effect::Persist(batch) = &effects[0] else { panic!("{effects:?}") };
    assert_ne!(batch.intents[0].id, call.id, "another decision is another operation");

    let (mut execution, call) = creating("Entry");
    failed(&mut execution, 0, call.id, FailureClass::Unknown);
    let effects = found(&mut execution, call.id, json!({"Name": "it", "Size": 2}));
    assert_eq!(closed(&effects), (OperationState::Done, None));

    let (mut execution, call) = creating("Entry");
    failed(&mut execution, 0, call.id, FailureClass::Unknown);
    let effects = found(&mut execution, call.id, json!({"Name": "it", "Size": 3}));
    let problem = Some("`p-1` is there already, with another `Size`".to_string());
    assert_eq!(closed(&effects), (OperationState::Abandoned, problem));

    // Without tags, what it does not show yet is what is left to do.
    let (mut execution, call) = creating("Entry");
    failed(&mut execution, 0, call.id, FailureClass::Unknown);
    let effects = found(&mut execution, call.id, json!({"Name": "it"}));
    let [Effect::Call(again)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((again.id, again.physical_id.as_deref()), (call.id, Some("p-1")));
}

#[test]
fn what_was_half_made_is_completed_and_what_is_anothers_is_not() {
    let (mut execution, call) = creating("Store");
    failed(&mut execution, 0, call.id, FailureClass::Unknown);
    let effects = found(&mut execution, call.id, json!({"Name": "it"}));
    let [Effect::Call(again)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((again.id, again.physical_id.as_deref()), (call.id, Some("p-1")));
    assert_eq!(again.parameters, call.parameters);

    let (mut execution, call) = creating("Store");
    failed(&mut execution, 0, call.id, FailureClass::Unknown);
    let tags = json!({TAG_UID: "another", TAG_DEPLOYMENT: "bank@prod"});
    let effects = found(&mut execution, call.id, json!({"Name": "it", "Tags": tags}));
    let problem = Some("`p-1` is there already, and belongs to bank@prod".to_string());
    assert_eq!(closed(&effects), (OperationState::Abandoned, problem));
}

#[test]
fn what_exists_already_is_looked_for_only_after_an_attempt_that_nobody_answered() {
    let (mut execution, call) = creating("Store");
    let effects = failed(&mut execution, 0, call.id, FailureClass::AlreadyExists);
    let problem = Some("InternalError: it broke (request r1)".to_string());
    assert_eq!(closed(&effects), (OperationState::Abandoned, problem.clone()), "it is another's");

    let (mut execution, call) = creating("Net");
    failed(&mut execution, 0, call.id, FailureClass::Unknown);
    step(&mut execution, 3_000, ExecutionEvent::LookupSucceeded { operation: call.id, found: None });
    let effects = failed(&mut execution, 3_000, call.id, FailureClass::AlreadyExists);
    assert!(matches!(&effects[..], [Effect::Lookup(_)]), "a look may not have shown it yet: {effects:?}");
    let effects = step(&mut execution, 20_000, ExecutionEvent::LookupSucceeded { operation: call.id, found: None });
    assert_eq!(closed(&effects), (OperationState::Abandoned, problem));
}

#[test]
fn what_stays_open_says_what_the_cloud_said() {
    let (mut execution, call) = creating("Group");
    let mut said = None;
    for round in 0..20 {
        let now_ms = round * 3_000;
        failed(&mut execution, now_ms, call.id, FailureClass::Unknown);
        let effects =
            step(&mut execution, now_ms + 2_500, ExecutionEvent::LookupSucceeded { operation: call.id, found: None });
        if let Some(Effect::Persist(batch)) = effects.first() {
            let effects = step(&mut execution, now_ms, ExecutionEvent::Durable { batch: batch.number });
            said = effects.into_iter().find_map(|effect| match effect {
                Effect::Progress(Progress::Ended { message, .. }) => message,
                _ => None,
            });
            break;
        }
    }
    assert_eq!(said.as_deref(), Some("after 5 further attempts: InternalError: it broke (request r1)"));
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn lost_responses_and_crashes_converge(
        seed in any::<u64>(),
        lost in 0u64..400,
        throttled in 0u64..300,
        crashes in proptest::collection::vec(0u64..60, 0..4),
    ) {
        let mut world = World::new();
        let mut chance = Chance::seeded(seed);
        (chance.lost, chance.throttled) = (lost, throttled);
        for (image, port) in [("one", 1), ("two", 1), ("two", 2)] {
            let plan = stack(image, port);
            for crash in &crashes {
                chance.crash_after = Some(*crash);
                if world.store.operations.values().any(|operation| operation.state.is_open()) {
                    world.recover(&mut chance);
                } else {
                    world.observe();
                    let changes = world.changes(&plan);
                    world.execute(changes, &mut chance);
                }
            }
            chance.crash_after = None;
            settle(&mut world, &plan, &mut chance);
            check_settled(&world, 5);
        }
    }

    /// Any program to any other: renamed, reordered, edited, cut down, with lost responses and crashes in between.
    #[test]
    fn any_program_leads_to_any_other(
        seed in any::<u64>(),
        programs in proptest::collection::vec(program(), 2..4),
        lost in 0u64..150,
        crashes in proptest::collection::vec(0u64..80, 0..3),
    ) {
        let mut world = World::new();
        let mut chance = Chance::seeded(seed);
        chance.lost = lost;
        for program in &programs {
            let plan = program.plan();
            for crash in &crashes {
                if world.store.operations.values().any(|operation| operation.state.is_open()) {
                    world.recover(&mut chance);
                }
                world.observe();
                let changes = world.changes(&plan);
                prop_assert_eq!(&changes.refusals, &[], "no data, no written name: nothing to refuse");
                chance.crash_after = Some(*crash);
                world.execute(changes, &mut chance);
                chance.crash_after = None;
            }
            settle(&mut world, &plan, &mut chance);
            let managed = plan.meaning.nodes.len();
            check_settled(&world, managed);
            for node in &plan.meaning.nodes {
                let record = world.record(node.path.as_str());
                prop_assert_eq!(&record.uid_fingerprint.is_empty(), &false);
                prop_assert_eq!(record.tombstone.as_ref(), None);
            }
            world.observe();
            prop_assert!(world.changes(&plan).is_empty());
        }
    }
}

/// A random program over networks, subnets, groups that may name each other, and servers.
#[derive(Clone, Debug)]
struct Program {
    module: &'static str,
    /// The second number of each network's range; the list is reordered and edited by other programs.
    nets: Vec<u8>,
    /// Network, third number.
    subnets: Vec<(usize, u8)>,
    /// Network, size, and whether it names the next group, which names it.
    groups: Vec<(usize, u8, bool)>,
    /// Subnet, group, image.
    servers: Vec<(usize, usize, u8)>,
}

fn program() -> impl Strategy<Value = Program> {
    use proptest::collection::{btree_set, vec};
    let nets = btree_set(0u8..6, 1..4).prop_map(|nets| nets.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let subnets =
        btree_set((0usize..4, 0u8..4), 1..5).prop_map(|subnets| subnets.into_iter().collect::<Vec<_>>()).prop_shuffle();
    let groups = vec((0usize..4, 0u8..3, any::<bool>()), 1..4);
    let servers = vec((0usize..4, 0usize..4, 0u8..3), 0..5);
    let module = proptest::sample::select(vec!["a", "b"]);
    (module, nets, subnets, groups, servers).prop_map(|(module, nets, subnets, groups, servers)| Program {
        module,
        nets,
        subnets,
        groups,
        servers,
    })
}

impl Program {
    fn plan(&self) -> Plan {
        let path = |name: &str, at: usize| format!("{}.{name}[{at}]", self.module);
        let mut nodes = Vec::new();
        for (at, net) in self.nets.iter().enumerate() {
            nodes.push(node(&path("nets", at), "Net", json!({"Cidr": format!("10.{net}.0.0/16")})));
        }
        let mut held = BTreeSet::new();
        for (net, number) in &self.subnets {
            let net = net % self.nets.len();
            // Two subnets of one range would be the program's mistake.
            if held.insert((net, number)) {
                let properties =
                    json!({"NetId": id(&path("nets", net)), "Cidr": format!("10.{}.{number}.0/24", self.nets[net])});
                nodes.push(node(&path("subnets", held.len() - 1), "Subnet", properties));
            }
        }
        for (at, (net, size, circle)) in self.groups.iter().enumerate() {
            let mut rules = vec![json!({"Size": size})];
            if at > 0 && self.groups[at - 1].2 {
                rules.push(json!({"From": id(&path("groups", at - 1))}));
            }
            let net = id(&path("nets", net % self.nets.len()));
            let group = node(&path("groups", at), "Group", json!({"NetId": net, "Rules": rules}));
            nodes.push(if *circle && at + 1 < self.groups.len() {
                rules.push(json!({"From": id(&path("groups", at + 1))}));
                deferred(group, "Rules", Json::Array(rules))
            } else {
                group
            });
        }
        for (at, (subnet, group, image)) in self.servers.iter().enumerate() {
            let properties = json!({
                "SubnetId": id(&path("subnets", subnet % held.len())),
                "Groups": [id(&path("groups", group % self.groups.len()))],
                "Image": image,
            });
            nodes.push(node(&path("servers", at), "Server", properties));
        }
        plan(nodes)
    }
}
