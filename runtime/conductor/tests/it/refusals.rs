use conductor::{Exit, Request, Wanted};
use conductor_store::OwnerLock;
use serde_json::json;

use crate::support::{Place, apply, code, destruction, name, network, node, plan, preview, request, topics, try_apply};

#[test]
fn what_is_not_there_is_named() {
    let place = Place::new();
    let engine = place.engine();
    assert!(engine.status(None).unwrap().deployments.is_empty(), "no store has no deployments");
    assert!(!place.store().exists());
    assert_eq!(code(engine.output(&name("shop"))), "LW0560");
    assert_eq!(code(engine.status(Some(&name("shop")))), "LW0560");
    assert_eq!(code(engine.history(&name("shop"), true)), "LW0560");
    assert_eq!(code(try_apply(&engine, destruction("shop"))), "LW0560");
    apply(&engine, topics("news", 1));
    assert_eq!(code(engine.output(&name("shop"))), "LW0560");
    let problems = try_apply(&engine, destruction("shop")).unwrap_err();
    assert_eq!(problems.exit(), Exit::Usage);
}

#[test]
fn a_store_is_of_one_kind() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, topics("news", 1));
    assert_eq!(code(try_apply(&engine, request(topics("news", 2)).simulated(false))), "LW0562");
}

#[test]
fn without_a_provider_and_without_sim_nothing_is_done() {
    let place = Place::new();
    let problems = try_apply(&place.engine(), request(topics("news", 1)).simulated(false)).unwrap_err();
    assert!(problems.iter().any(|problem| problem.code == "LW0513"), "{problems}");
    assert!(place.engine().status(None).unwrap().deployments.is_empty());
}

#[test]
fn a_cloud_that_cannot_be_reached_is_named() {
    let place = Place::new();
    let mut plan = topics("news", 1);
    let aws = lw_plan::Provider { cloud: "aws".to_string(), ..Default::default() };
    plan.meaning.providers.insert("aws".to_string(), aws);
    plan.meaning.nodes[0].provider = "aws".to_string();
    let plan = lw_plan::Plan::new(plan.meaning, plan.provenance);
    assert_eq!(code(try_apply(&place.engine(), request(plan.clone()).simulated(false))), "LW0561");
    assert!(apply(&place.engine(), plan).success, "with --sim, every provider is simulated");
    assert_eq!(place.engine().status(None).unwrap().deployments[0].resources[0].provider, "sim");
}

#[test]
fn one_name_belongs_to_one_composition() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, topics("news", 1));
    let other = Request::new(name("news"), Wanted::Plan(Box::new(topics("other", 1)))).simulated(true);
    let problems = try_apply(&engine, other).unwrap_err();
    assert_eq!(problems.iter().next().unwrap().code, "LW0565");
    assert_eq!(problems.exit(), Exit::Usage);
}

#[test]
fn there_is_no_older_plan_at_first() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, topics("news", 1));
    let back = |generation| Request::new(name("news"), Wanted::Rollback { generation });
    assert_eq!(code(try_apply(&engine, back(None))), "LW0566");
    assert_eq!(code(try_apply(&engine, back(Some(7)))), "LW0566");
}

#[test]
fn many_deletions_need_a_word() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, topics("news", 20));
    let shown = preview(&engine, topics("news", 1));
    assert_eq!(shown.refusals.first().map(|problem| problem.code.as_str()), Some("LW0501"));
    assert_eq!(code(try_apply(&engine, request(topics("news", 1)))), "LW0501");
    assert_eq!(place.count(), 20);
}

#[test]
fn a_released_resource_is_nobodys() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, network(2));
    let path = lw_plan::ResourcePath::from_text("subnets[1]");
    let released = engine.release(&name("network"), Some(&path)).unwrap();
    assert_eq!(released.paths, std::slice::from_ref(&path));
    assert_eq!(place.count(), 3, "its object stays");
    assert_eq!(engine.status(None).unwrap().deployments[0].resources.len(), 2);
    assert_eq!(code(engine.release(&name("network"), Some(&path))), "LW0563");
    engine.release(&name("network"), None).unwrap();
    assert_eq!(place.count(), 3);
    assert!(engine.status(None).unwrap().deployments.is_empty());
}

#[test]
fn a_store_that_is_damaged_is_named() {
    let place = Place::new();
    std::fs::create_dir_all(place.store().parent().unwrap()).unwrap();
    std::fs::write(place.store(), "no database at all, just text").unwrap();
    assert_eq!(code(try_apply(&place.engine(), request(topics("news", 1)))), "LW0553");
    assert_eq!(code(place.engine().status(None)), "LW0553");
}

#[test]
fn an_owner_that_does_not_answer_is_named() {
    let place = Place::new();
    apply(&place.engine(), topics("news", 1));
    let _held = OwnerLock::acquire(&place.store()).unwrap();
    let mut options = place.options();
    options.patience = std::time::Duration::from_millis(50);
    let problems = try_apply(&conductor::Engine::new(options), request(topics("news", 2))).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!(problem.code, "LW0552");
    assert!(problem.message.contains(&format!("process {}", std::process::id())), "{}", problem.message);
    assert_eq!(place.engine().status(None).unwrap().deployments.len(), 1, "readers are welcome");
}

#[test]
fn a_protected_resource_stays() {
    let place = Place::new();
    let engine = place.engine();
    let mut topic = node("topic", "AWS::SNS::Topic", json!({}));
    topic.lifecycle.protect = true;
    apply(&engine, plan("news", vec![topic, node("other", "AWS::SNS::Topic", json!({}))]));
    let without = plan("news", vec![node("other", "AWS::SNS::Topic", json!({}))]);
    assert_eq!(code(try_apply(&engine, request(without))), "LW0505");
}
