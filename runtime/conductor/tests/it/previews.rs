use conductor::{Request, Wanted};
use conductor_core::Action;
use serde_json::json;

use crate::support::{Place, apply, code, name, network, node, plan, preview, request, topics, try_apply};

#[test]
fn a_preview_changes_nothing_and_is_the_same_twice() {
    let place = Place::new();
    let engine = place.engine();
    let first = preview(&engine, topics("news", 3));
    assert_eq!(first.report.summary.create, 3);
    assert!(first.refusals.is_empty());
    assert_eq!(first.report.steps[0].file.as_deref(), Some("news.lw"));
    assert_eq!(first.report.steps[0].line, Some(1));
    assert_eq!(preview(&engine, topics("news", 3)).changes, first.changes);
    assert_eq!(place.count(), 0);
    assert!(engine.status(None).unwrap().deployments.is_empty());
}

#[test]
fn what_was_previewed_is_what_is_applied() {
    let place = Place::new();
    let engine = place.engine();
    let shown = preview(&engine, network(2));
    let text = serde_json::to_string(&shown.changes).unwrap();
    let changes = serde_json::from_str(&text).unwrap();
    let asked = Request::new(name("network"), Wanted::Changes(Box::new(changes))).simulated(true);
    let applied = try_apply(&engine, asked).unwrap();
    assert!(applied.success, "{applied:?}");
    assert_eq!(applied.report.changes, shown.report.changes);
    assert_eq!(place.count(), 3);
    assert!(preview(&engine, network(2)).report.steps.is_empty());
}

#[test]
fn a_change_set_is_refused_when_reality_has_moved_on() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, network(1));
    let mut changed = network(1).meaning.nodes;
    changed[0].properties.insert("EnableDnsHostnames".to_string(), json!(true));
    let shown = preview(&engine, plan("network", changed));
    assert_eq!(shown.report.summary.update, 1);
    let cloud = place.cloud();
    let id = cloud.objects().unwrap()[0].physical_id.clone();
    cloud.meddle(&id, "EnableDnsSupport", Some(json!(false))).unwrap();
    drop(cloud);
    let asked = Request::new(name("network"), Wanted::Changes(Box::new(shown.changes))).simulated(true);
    assert_eq!(code(try_apply(&engine, asked)), "LW0511");
    assert_eq!(place.cloud().objects().unwrap()[0].properties["EnableDnsHostnames"], json!(false));
}

#[test]
fn a_damaged_change_set_is_refused() {
    let place = Place::new();
    let engine = place.engine();
    let mut shown = preview(&engine, topics("news", 1));
    shown.changes.changes.steps[0].action = Action::Delete;
    let asked = Request::new(name("news"), Wanted::Changes(Box::new(shown.changes))).simulated(true);
    assert_eq!(code(try_apply(&engine, asked)), "LW0564");
    let shown = preview(&engine, topics("news", 1));
    let asked = Request::new(name("other"), Wanted::Changes(Box::new(shown.changes))).simulated(true);
    assert_eq!(code(try_apply(&engine, asked)), "LW0564");
}

#[test]
fn recorded_asks_no_cloud() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, network(1));
    let cloud = place.cloud();
    let id = cloud.objects().unwrap()[0].physical_id.clone();
    cloud.meddle(&id, "EnableDnsSupport", Some(json!(false))).unwrap();
    // The cloud is open here, and nobody else can reach it.
    let recorded = engine.preview(request(network(1)).recorded(true), &mut |_| {}).unwrap();
    assert!(recorded.report.steps.is_empty());
}

#[test]
fn a_store_that_cannot_be_made_is_previewed_all_the_same() {
    let engine = conductor::Engine::new(conductor::EngineOptions::new("/proc/linework/state.db"));
    let shown = preview(&engine, topics("news", 2));
    assert_eq!(shown.report.summary.create, 2);
    assert_eq!(code(try_apply(&engine, request(topics("news", 2)))), "LW0551");
}

#[test]
fn names_left_out_are_minted_once() {
    let place = Place::new();
    let engine = place.engine();
    let wanted = plan("shop", vec![node("logs", "AWS::S3::Bucket", json!({}))]);
    assert!(apply(&engine, wanted.clone()).success);
    let bucket = place.cloud().objects().unwrap()[0].physical_id.clone();
    assert!(bucket.starts_with("shop-logs-") && bucket.len() == "shop-logs-".len() + 6, "{bucket}");
    assert!(apply(&engine, wanted).report.steps.is_empty());
}
