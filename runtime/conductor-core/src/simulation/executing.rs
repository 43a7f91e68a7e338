//! Executions: what fails, what waits, what is never allowed.

use proptest::prelude::*;

use super::*;

/// Groups that depend on earlier ones: `edges[n]` says which.
fn graph(edges: &[Vec<usize>], size: u32) -> Plan {
    let nodes = edges.iter().enumerate().map(|(at, before)| {
        let ids: Vec<Json> = before.iter().map(|before| id(&format!("g{before}"))).collect();
        node(&format!("g{at}"), "Group", json!({"Before": ids, "Size": size}))
    });
    plan(nodes.collect())
}

fn diamond() -> Plan {
    graph(&[vec![], vec![0], vec![0], vec![1, 2], vec![]], 1)
}

#[test]
fn a_failed_step_stops_only_its_dependents() {
    let mut world = World::new();
    let changes = world.changes(&diamond());
    let mut chance = Chance::seeded(5);
    chance.failing.insert("g1".to_string());
    let end = world.execute(changes.clone(), &mut chance).unwrap();
    let results: Vec<StepResult> = end.results.iter().map(|(result, _)| *result).collect();
    use StepResult::{Done, Failed, Skipped};
    assert_eq!(shown(&changes), ["create g0", "create g1", "create g2", "create g3", "create g4"]);
    assert_eq!(results, [Done, Failed, Done, Skipped, Done]);
    assert_eq!(end.results[3].1.as_deref(), Some("`g1` comes first, and did not succeed"));
    assert_eq!(world.store.deployment.state, ResourceStatus::Failed);
    assert!(!end.is_success());
    let again = world.apply(&diamond());
    assert_eq!(shown(&again), ["create g1", "create g3"]);
    assert_eq!(world.store.deployment.state, ResourceStatus::Ready);
    assert_eq!(world.store.records.len(), 5, "the failed row is gone");
}

#[test]
fn a_wave_is_one_batch() {
    let plan = plan((0..50).map(|at| node(&format!("g{at}"), "Group", json!({}))).collect());
    let world = World::new();
    let input = ExecutionInput {
        changes: Arc::new(world.changes(&plan)),
        deployment: world.store.deployment.clone(),
        records: &[],
        catalogue: &SmallCatalogue,
        settings: ExecutionSettings::default(),
        guards: None,
    };
    let mut execution = Execution::new(input);
    let effects = step(&mut execution, 0, ExecutionEvent::Started { seed: 1 });
    let batches: Vec<&Batch> = effects
        .iter()
        .filter_map(|effect| if let Effect::Persist(batch) = effect { Some(batch) } else { None })
        .collect();
    assert_eq!((batches.len(), batches[0].intents.len(), batches[0].records.len()), (1, 50, 50));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Call(_))));
    let calls = step(&mut execution, 0, ExecutionEvent::Durable { batch: 1 });
    let calls: Vec<OperationId> =
        calls.iter().filter_map(|effect| if let Effect::Call(call) = effect { Some(call.id) } else { None }).collect();
    assert_eq!(calls.len(), 50);
    // Answers of one moment are one batch as well.
    let outcome = Outcome { physical_id: Some("x".to_string()), ..Outcome::default() };
    let answers = calls.iter().map(|id| ExecutionEvent::CallSucceeded { operation: *id, outcome: outcome.clone() });
    let effects = steps(&mut execution, 0, answers);
    assert!(
        matches!(&effects[..], [Effect::Persist(batch)] if batch.closed.len() == 50 && batch.deployment.is_some()),
        "{effects:?}"
    );
    let effects = step(&mut execution, 0, ExecutionEvent::Durable { batch: 2 });
    assert!(matches!(effects.last(), Some(Effect::Finish(end)) if end.is_success()));
    // Whatever comes late is nothing.
    assert_eq!(step(&mut execution, 0, ExecutionEvent::Durable { batch: 2 }), []);
    assert_eq!(step(&mut execution, 0, ExecutionEvent::Started { seed: 1 }), []);
}

#[test]
fn busy_clouds_are_tried_again_with_full_jitter_and_an_end() {
    let world = World::new();
    let changes = Arc::new(world.changes(&plan(vec![node("g", "Group", json!({}))])));
    let settings = ExecutionSettings { attempts_max: 4, ..ExecutionSettings::default() };
    let fresh = || {
        let (changes, settings) = (changes.clone(), settings.clone());
        let deployment = world.store.deployment.clone();
        let mut execution = Execution::new(ExecutionInput {
            changes,
            deployment,
            records: &[],
            catalogue: &SmallCatalogue,
            settings,
            guards: None,
        });
        step(&mut execution, 0, ExecutionEvent::Started { seed: 1 });
        let effects = step(&mut execution, 0, ExecutionEvent::Durable { batch: 1 });
        let Some(Effect::Call(call)) = effects.last().cloned() else { panic!("{effects:?}") };
        (execution, call.id)
    };
    let failed = |operation, class, jitter, retry_after_ms| ExecutionEvent::CallFailed {
        operation,
        failure: Failure { class, message: "busy".to_string(), retry_after_ms },
        jitter,
    };
    let delay = |effects: &[Effect]| {
        effects.iter().find_map(|effect| {
            if let Effect::Timer { timer, after_ms } = effect { Some((*timer, *after_ms)) } else { None }
        })
    };
    let (mut execution, id) = fresh();
    for (jitter, retry_after_ms, expected) in [(u32::MAX, None, 250), (0, None, 0), (u32::MAX / 2, Some(5_000), 5_000)]
    {
        let effects = step(&mut execution, 0, failed(id, FailureClass::Retryable, jitter, retry_after_ms));
        let (timer, after_ms) = delay(&effects).unwrap();
        assert_eq!(after_ms, expected);
        let effects = step(&mut execution, 0, ExecutionEvent::TimerFired { timer });
        assert!(matches!(&effects[..], [Effect::Call(call)] if call.id == id), "the same token");
    }
    let effects = step(&mut execution, 0, failed(id, FailureClass::Retryable, 0, None));
    let Effect::Persist(batch) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!(batch.closed[0].problem.as_deref(), Some("after 4 attempts: busy"));
    // "Not visible yet" is believed for its window, however often.
    let (mut execution, id) = fresh();
    for now_ms in (0..120_000).step_by(1000) {
        let effects = step(&mut execution, now_ms, failed(id, FailureClass::DependencyNotReady, 0, None));
        let (timer, _) = delay(&effects).unwrap();
        step(&mut execution, now_ms, ExecutionEvent::TimerFired { timer });
    }
    let effects = step(&mut execution, 120_000, failed(id, FailureClass::DependencyNotReady, 0, None));
    assert!(matches!(&effects[0], Effect::Persist(batch) if batch.closed[0].state == OperationState::Abandoned));
}

#[test]
fn a_delete_of_what_is_not_ours_is_not_sent() {
    let mut world = World::with(&diamond());
    let id = world.record("g4").physical_id.clone().unwrap();
    world.cloud.objects.get_mut(&id).unwrap().properties.remove("Tags");
    let changes = world.changes(&graph(&[vec![], vec![0], vec![0], vec![1, 2]], 1));
    let end = world.execute(changes, &mut Chance::seeded(1)).unwrap();
    assert_eq!(end.results[0], (StepResult::Unknown, Some(format!("`{id}` does not carry our tag"))));
    assert_eq!(world.cloud.log, [""; 0]);
    assert_eq!(world.store.deployment.state, ResourceStatus::Quarantined);
    let refusals = world.changes(&diamond()).refusals;
    assert_eq!(refusals[0].kind, RefusalKind::Quarantined);
}

#[test]
fn a_failed_update_of_a_moved_resource_is_still_known() {
    let at = |path: &str, size: u32| {
        let mut node = node(path, "Group", json!({"Size": size}));
        node.former_path = (path != "a").then(|| ResourcePath::root("a"));
        plan(vec![node])
    };
    let mut world = World::with(&at("a", 1));
    let uid = world.record("a").uid;
    let mut chance = Chance::seeded(1);
    chance.failing.insert("b".to_string());
    let changes = world.changes(&at("b", 2));
    world.execute(changes, &mut chance).unwrap();
    assert_eq!(world.record("b").status, ResourceStatus::Failed);
    assert_eq!(shown(&world.apply(&at("b", 2))), ["update b"]);
    assert_eq!((world.record("b").uid, world.record("b").status), (uid, ResourceStatus::Ready));
}

#[test]
fn a_stop_finishes_what_is_under_way() {
    for after in 0..60 {
        let mut world = World::new();
        let changes = world.changes(&diamond());
        let mut chance = Chance::seeded(after);
        chance.stop_after = Some(after);
        let end = world.execute(changes, &mut chance).unwrap();
        assert!(
            end.results.iter().all(|(result, _)| matches!(result, StepResult::Done | StepResult::Skipped)),
            "{end:?}"
        );
        assert!(world.store.operations.values().all(|operation| !operation.state.is_open()));
        assert_eq!(world.store.records.len(), world.cloud.objects.len());
        world.apply(&diamond());
        assert_eq!(world.cloud.objects.len(), 5);
    }
}

proptest! {
    #![proptest_config(cases(96))]

    /// `World::run` checks that no call comes before its intent, that tokens and parameters hold, and that it ends; the cloud checks
    /// that nothing is deleted while it is used. Here: dependencies, convergence, and that the second time is nothing.
    #[test]
    fn random_graphs_converge_in_any_order_with_any_faults(
        seed in any::<u64>(),
        first in proptest::collection::vec(proptest::collection::vec(0usize..20, 0..4), 0..14),
        second in proptest::collection::vec(proptest::collection::vec(0usize..20, 0..4), 0..14),
        lost in 0u64..200,
        throttled in 0u64..200,
    ) {
        let acyclic = |edges: Vec<Vec<usize>>| -> Vec<Vec<usize>> {
            edges.into_iter().enumerate().map(|(at, before)| before.into_iter().filter(|before| *before < at).collect()).collect()
        };
        let (first, second) = (acyclic(first), acyclic(second));
        let mut world = World::new();
        let mut chance = Chance::seeded(seed);
        (chance.lost, chance.throttled) = (lost, throttled);
        for (edges, size) in [(&first, 1), (&second, 2)] {
            let plan = graph(edges, size);
            for round in 0.. {
                prop_assert!(round < 20, "it does not converge");
                // What nobody answered for is looked up by the next command.
                if world.store.operations.values().any(|operation| operation.state.is_open()) {
                    world.recover(&mut chance).unwrap();
                    continue;
                }
                world.observe();
                let changes = world.changes(&plan);
                if changes.is_empty() && world.store.deployment.state == ResourceStatus::Ready {
                    break;
                }
                world.execute(changes, &mut chance).unwrap();
            }
            prop_assert_eq!(world.cloud.objects.len(), edges.len());
            for (at, before) in edges.iter().enumerate() {
                let own = &world.cloud.objects[world.record(&format!("g{at}")).physical_id.as_ref().unwrap()];
                let ids: Vec<Json> = before
                    .iter()
                    .map(|before| Json::from(world.record(&format!("g{before}")).physical_id.clone().unwrap()))
                    .collect();
                prop_assert_eq!(&own.properties["Before"], &Json::Array(ids));
            }
        }
        let created = world.cloud.log.iter().filter(|line| line.starts_with("create")).count();
        let deleted = world.cloud.log.iter().filter(|line| line.starts_with("delete")).count();
        prop_assert_eq!(created - deleted, second.len());
    }

    #[test]
    fn calls_come_after_the_calls_that_they_need(
        seed in any::<u64>(),
        edges in proptest::collection::vec(proptest::collection::vec(0usize..20, 0..4), 1..16),
    ) {
        let edges: Vec<Vec<usize>> =
            edges.into_iter().enumerate().map(|(at, before)| before.into_iter().filter(|before| *before < at).collect()).collect();
        let mut world = World::new();
        let changes = world.changes(&graph(&edges, 1));
        prop_assert!(world.execute(changes, &mut Chance::seeded(seed)).unwrap().is_success());
        for (at, needs) in edges.iter().enumerate() {
            for need in needs {
                let (first, second) = (format!("create Group g{need}"), format!("create Group g{at}"));
                prop_assert!(before(&world.cloud.log, &first, &second));
            }
        }
        world.cloud.log.clear();
        world.destroy(Allowance::None);
        for (at, needs) in edges.iter().enumerate() {
            for need in needs {
                let (first, second) = (format!("delete Group g{at}"), format!("delete Group g{need}"));
                prop_assert!(before(&world.cloud.log, &first, &second));
            }
        }
    }
}
