use conductor::{Allowance, Progress, Request, StepResult, StepState, Wanted};
use conductor_core::Action;
use serde_json::json;

use crate::support::{
    Place, apply, destroy_all, destruction, name, network, node, plan, preview, request, subnet, topics, try_apply,
    vpc, watched_apply,
};

#[test]
fn an_apply_makes_it_and_the_next_one_has_nothing_to_do() {
    let place = Place::new();
    let engine = place.engine();
    let first = apply(&engine, network(3));
    assert!(first.success, "{first:?}");
    assert_eq!(first.report.steps.len(), 4);
    assert!(first.report.steps.iter().all(|step| step.result == StepResult::Done));
    assert!(first.report.outputs["vpcId"].as_str().unwrap().starts_with("vpc-0"));
    assert_eq!(place.count(), 4);

    let events = engine.history(&name("network"), true).unwrap();
    let again = apply(&engine, network(3));
    assert!(again.success && again.report.steps.is_empty());
    assert_eq!(again.report.outputs, first.report.outputs);
    assert_eq!(engine.history(&name("network"), true).unwrap(), events, "nothing was done, and nothing is said of it");

    let status = engine.status(None).unwrap();
    assert_eq!(status.deployments.len(), 1);
    assert_eq!(status.deployments[0].generation, 1);
    assert_eq!(status.deployments[0].plan, Some(network(3).hash));
    let kinds: Vec<_> = status.deployments[0].resources.iter().map(|resource| resource.wire_type.as_str()).collect();
    assert_eq!(kinds, ["AWS::EC2::Subnet", "AWS::EC2::Subnet", "AWS::EC2::Subnet", "AWS::EC2::VPC"]);
    assert!(status.deployments[0].resources.iter().all(|resource| resource.provider == "sim"));
    assert_eq!(engine.output(&name("network")).unwrap(), first.report.outputs);
}

#[test]
fn a_change_touches_what_changed() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, network(2));
    let mut changed = vpc();
    changed.properties.insert("EnableDnsHostnames".to_string(), json!(true));
    let second = apply(&engine, plan("network", vec![changed, subnet(0), subnet(1), subnet(2)]));
    assert!(second.success, "{second:?}");
    let mut steps: Vec<_> =
        second.report.steps.iter().map(|step| (step.step.path.as_str(), step.step.action)).collect();
    steps.sort();
    assert_eq!(steps, [("subnets[2]", Action::Create), ("vpc", Action::Update)]);
    assert_eq!(engine.status(None).unwrap().deployments[0].generation, 2);
    let objects = place.cloud().objects().unwrap();
    assert_eq!(objects.len(), 4);
    assert_eq!(objects[0].properties["EnableDnsHostnames"], json!(true));
}

#[test]
fn what_is_no_longer_there_is_deleted_and_what_it_stood_on_last() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, network(4));
    let fewer = apply(&engine, network(1));
    assert!(fewer.success, "{fewer:?}");
    assert_eq!(fewer.report.summary.delete, 3);
    assert_eq!(place.count(), 2);
}

#[test]
fn a_replacement_re_points_its_dependents() {
    let place = Place::new();
    let engine = place.engine();
    let before = |image: &str| {
        let instance = node("web", "AWS::EC2::Instance", json!({"ImageId": image}));
        let address = node("address", "AWS::EC2::EIP", json!({"InstanceId": {"$get": ["web", "InstanceId"]}}));
        plan("web", vec![instance, address])
    };
    let first = apply(&engine, before("ami-1"));
    assert!(first.success, "{first:?}");
    let second = apply(&engine, before("ami-2"));
    assert!(second.success, "{second:?}");
    assert_eq!(second.report.summary.replace, 1);
    let objects = place.cloud().objects().unwrap();
    let find = |wire_type: &str| objects.iter().filter(|object| object.wire_type == wire_type).collect::<Vec<_>>();
    let (instances, addresses) = (find("AWS::EC2::Instance"), find("AWS::EC2::EIP"));
    assert_eq!((instances.len(), addresses.len()), (1, 1));
    assert_eq!(instances[0].properties["ImageId"], json!("ami-2"));
    assert_eq!(addresses[0].properties["InstanceId"], json!(instances[0].physical_id));
}

#[test]
fn a_destroy_takes_all_but_data() {
    let place = Place::new();
    let engine = place.engine();
    let bucket = node("bucket", "AWS::S3::Bucket", json!({}));
    let topic = node("topic", "AWS::SNS::Topic", json!({}));
    apply(&engine, plan("shop", vec![bucket, topic]));
    let destroyed = try_apply(&engine, destruction("shop")).unwrap();
    assert!(destroyed.success, "{destroyed:?}");
    assert_eq!(destroyed.kept.len(), 1);
    assert_eq!(destroyed.kept[0].path.as_str(), "bucket");
    assert_eq!(place.count(), 1);
    assert_eq!(engine.status(None).unwrap().deployments[0].resources.len(), 1);
    let rest = destroy_all(&engine, "shop");
    assert!(rest.success && rest.kept.is_empty(), "{rest:?}");
    assert_eq!(place.count(), 0);
    assert!(engine.status(None).unwrap().deployments.is_empty());
}

#[test]
fn a_failed_step_stops_only_its_dependents() {
    let place = Place::new();
    let engine = place.engine();
    let outside = node(
        "outside",
        "AWS::EC2::Subnet",
        json!({
            "VpcId": {"$get": ["vpc", "VpcId"]},
            "CidrBlock": "192.168.0.0/24",
        }),
    );
    let inside = node("instance", "AWS::EC2::Instance", json!({"SubnetId": {"$get": ["outside", "SubnetId"]}}));
    let broken = plan("network", vec![vpc(), outside, inside, subnet(1)]);
    let (answer, told) = watched_apply(&engine, request(broken));
    let applied = answer.unwrap();
    assert!(!applied.success);
    let result = |path: &str| {
        let step = applied.report.steps.iter().find(|step| step.step.path.as_str() == path).expect("a step");
        (step.result, step.message.clone())
    };
    assert_eq!(result("vpc").0, StepResult::Done);
    assert_eq!(result("subnets[1]").0, StepResult::Done);
    assert_eq!(result("outside").0, StepResult::Failed);
    assert!(result("outside").1.unwrap().contains("InvalidSubnet.Range"));
    assert_eq!(result("instance").0, StepResult::Skipped);
    let failures = told.iter().filter(|progress| {
        matches!(progress, Progress::Step { state: StepState::Ended { result: StepResult::Failed, .. }, .. })
    });
    assert_eq!(failures.count(), 1);
    // Mended, it goes on from there.
    let mended = apply(&engine, network(2));
    assert!(mended.success, "{mended:?}");
    assert_eq!(place.count(), 3);
}

#[test]
fn drift_is_corrected() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, network(1));
    let cloud = place.cloud();
    let id = cloud.objects().unwrap()[0].physical_id.clone();
    assert!(cloud.meddle(&id, "Tags", Some(json!({"team": "nobody"}))).unwrap());
    let subnet = cloud.objects().unwrap()[1].physical_id.clone();
    assert!(cloud.destroy(&subnet).unwrap());
    drop(cloud);
    let found = preview(&engine, network(1));
    let mut paths: Vec<_> = found.report.steps.iter().map(|step| (step.path.as_str(), step.action)).collect();
    paths.sort();
    assert_eq!(paths, [("subnets[0]", Action::Create), ("vpc", Action::Update)]);
    assert!(apply(&engine, network(1)).success);
    let objects = place.cloud().objects().unwrap();
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0].properties["Tags"]["team"], json!("web"));
    assert!(apply(&engine, network(1)).report.steps.is_empty());
}

#[test]
fn faults_of_the_cloud_change_nothing_in_the_end() {
    for seed in 0..5 {
        let place = Place::new();
        let mut options = place.options();
        options.sim.seed = seed;
        options.sim.faults.throttled_per_mille = 50;
        options.sim.faults.retryable_per_mille = 50;
        options.sim.faults.lost_request_per_mille = 50;
        options.sim.faults.lost_response_per_mille = 50;
        let engine = conductor::Engine::new(options);
        let mut rounds = 0;
        let done = |applied: &conductor::Applied| applied.success;
        while !done(&apply(&engine, network(20))) || !apply(&engine, network(20)).report.steps.is_empty() {
            rounds += 1;
            assert!(rounds < 10, "seed {seed}");
        }
        assert_eq!(place.count(), 21, "seed {seed}: nothing twice, nothing missing");
    }
}

#[test]
fn a_rollback_goes_to_an_older_plan() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, topics("news", 3));
    apply(&engine, topics("news", 1));
    assert_eq!(place.count(), 1);
    let back = Request::new(name("news"), Wanted::Rollback { generation: None });
    let back = try_apply(&engine, back).unwrap();
    assert!(back.success, "{back:?}");
    assert_eq!(place.count(), 3);
    let status = engine.status(None).unwrap();
    assert_eq!((status.deployments[0].generation, &status.deployments[0].plan), (3, &Some(topics("news", 3).hash)));
    let second = Request::new(name("news"), Wanted::Rollback { generation: Some(2) });
    assert!(try_apply(&engine, second.allow_delete(Allowance::All)).unwrap().success);
    assert_eq!(place.count(), 1);
}

#[test]
fn the_log_says_what_happened_and_is_whole() {
    let place = Place::new();
    let engine = place.engine();
    apply(&engine, network(1));
    destroy_all(&engine, "network");
    let history = engine.history(&name("network"), true).unwrap();
    assert_eq!(history.verified, Some(true));
    let kinds: Vec<_> = history.events.iter().filter_map(|event| event.body["event"].as_str()).collect();
    assert_eq!(kinds.first(), Some(&"began"));
    assert_eq!(kinds.last(), Some(&"ended"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "began").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| **kind == "closed").count(), 4);
}

#[test]
fn a_secret_is_nowhere_afterwards() {
    let place = Place::new();
    let engine = place.engine();
    let canary = "canary-5ba1c3e7";
    let source = place.store().with_file_name("secret.txt");
    std::fs::create_dir_all(source.parent().unwrap()).unwrap();
    std::fs::write(&source, canary).unwrap();
    let secret = json!({"$secret": {"file": source}});
    let function = node("function", "AWS::SNS::Topic", json!({"DisplayName": secret}));
    let wanted = plan("shop", vec![function]);
    assert!(apply(&engine, wanted.clone()).success);
    assert!(apply(&engine, wanted).report.steps.is_empty(), "what cannot be seen has not drifted");
    std::fs::remove_file(&source).unwrap();
    for entry in std::fs::read_dir(place.store().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn a_call_that_takes_longer_than_its_lifecycle_allows_is_looked_up() {
    let place = Place::new();
    let engine = place.slow_engine(150);
    let mut slow = node("slow", "AWS::SNS::Topic", json!({"DisplayName": "slow"}));
    slow.lifecycle.timeouts.insert("create".to_string(), 20);
    let (answer, told) =
        watched_apply(&engine, request(plan("shop", vec![slow, topics("t", 1).meaning.nodes.remove(0)])));
    let applied = answer.unwrap();
    assert!(applied.success, "found by its tag, and not made twice: {applied:?}");
    assert_eq!(place.count(), 2);
    let ends = told.iter().filter(|progress| matches!(progress, Progress::Step { state: StepState::Ended { .. }, .. }));
    assert_eq!(ends.count(), 2);
    let closed = engine.history(&name("shop"), false).unwrap().events;
    let looked_up = closed.iter().filter(|event| event.body["event"] == "closed").count();
    assert_eq!(looked_up, 2);
}
