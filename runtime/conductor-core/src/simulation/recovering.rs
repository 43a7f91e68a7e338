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

proptest! {
    #![proptest_config(cases(64))]

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
}
