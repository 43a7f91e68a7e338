//! Protections, and change sets that reality has left behind.

use super::*;

fn groups(count: usize) -> Plan {
    plan((0..count).map(|at| node(&format!("g{at}"), "Group", json!({"Size": at}))).collect())
}

fn refused(changes: &ChangeSet, delete: Allowance) -> Vec<RefusalKind> {
    let allowances = Allowances { delete, ..Allowances::default() };
    protections(changes, &allowances).iter().map(|refusal| refusal.kind).collect()
}

#[test]
fn many_deletions_need_a_word() {
    let world = World::with(&groups(40));
    assert_eq!(refused(&world.changes(&groups(32)), Allowance::None), []);
    let changes = world.changes(&groups(31));
    assert_eq!(refused(&changes, Allowance::None), [RefusalKind::TooManyDeletions]);
    assert_eq!(refused(&changes, Allowance::Count(8)), [RefusalKind::TooManyDeletions]);
    assert_eq!(refused(&changes, Allowance::Count(9)), []);
    let world = World::with(&groups(8));
    assert_eq!(refused(&world.changes(&groups(3)), Allowance::None), []);
    assert_eq!(refused(&world.changes(&groups(2)), Allowance::None), [RefusalKind::TooManyDeletions]);
}

#[test]
fn an_empty_plan_needs_a_word_unless_there_is_nothing() {
    let world = World::with(&groups(2));
    assert_eq!(refused(&world.changes(&groups(0)), Allowance::None), [RefusalKind::EmptyPlan]);
    assert_eq!(refused(&world.changes(&groups(0)), Allowance::All), []);
    assert_eq!(refused(&World::new().changes(&groups(0)), Allowance::None), []);
}

#[test]
fn data_goes_only_with_a_word_and_a_rename_is_suspected() {
    let bucket = |path: &str, size: u32| node(path, "Bucket", json!({"Size": size, "Name": format!("name-{path}")}));
    let world = World::with(&plan(vec![bucket("a", 1), node("g", "Group", json!({}))]));
    let gone = world.changes(&plan(vec![node("g", "Group", json!({}))]));
    assert_eq!(refused(&gone, Allowance::None), [RefusalKind::DataDeleted]);
    assert_eq!(gone.steps[0].undo, Undo::DataLost);
    let renamed = world.changes(&plan(vec![bucket("b", 2), node("g", "Group", json!({}))]));
    assert_eq!(refused(&renamed, Allowance::None), [RefusalKind::LooksLikeRename]);
    let refusals = protections(&renamed, &Allowances::default());
    assert_eq!(
        refusals[0].help.as_deref(),
        Some("to keep what it holds, write `@id(\"a\")` above `b`; to let it go, `--allow-delete 1`")
    );
    assert_eq!(refused(&renamed, Allowance::Count(1)), []);
    // A replacement counts as a deletion, unless its path is named.
    let mut other = bucket("a", 1);
    other.properties["Name"] = json!("other");
    let replaced = world.changes(&plan(vec![other, node("g", "Group", json!({}))]));
    assert_eq!(shown(&replaced), ["replace a"]);
    assert_eq!(refused(&replaced, Allowance::None), [RefusalKind::DataReplaced]);
    assert_eq!(refused(&replaced, Allowance::Count(1)), []);
    let named = Allowances { replace: [ResourcePath::root("a")].into(), ..Allowances::default() };
    assert_eq!(protections(&replaced, &named), []);
}

#[test]
fn what_is_protected_stays_until_it_is_not() {
    let with = |protect: bool| {
        let mut node = node("g", "Group", json!({"Name": "x"}));
        node.lifecycle.protect = protect;
        node
    };
    let mut world = World::with(&plan(vec![with(true), node("h", "Group", json!({}))]));
    let changes = world.changes(&plan(vec![node("h", "Group", json!({}))]));
    assert_eq!(refused(&changes, Allowance::All), [RefusalKind::Protected]);
    let mut other = with(true);
    other.properties["Name"] = json!("y");
    let changes = world.changes(&plan(vec![other, node("h", "Group", json!({}))]));
    assert_eq!(refused(&changes, Allowance::All), [RefusalKind::Protected]);
    let changes = world.destroy(Allowance::All);
    assert_eq!(changes.kept.iter().map(|kept| kept.path.as_str()).collect::<Vec<_>>(), ["g"]);
    let mut world = World::with(&plan(vec![with(true)]));
    assert_eq!(world.apply(&plan(vec![with(false)])).bookkeeping.len(), 1);
    assert_eq!(refused(&world.changes(&plan(vec![])), Allowance::All), []);
}

#[test]
fn a_destroy_keeps_data_and_what_it_stands_on() {
    let all = plan(vec![
        node("net", "Net", json!({"Cidr": "10.0.0.0/16"})),
        node("subnet", "Subnet", json!({"NetId": id("net"), "Cidr": "10.0.1.0/24"})),
        node("disk", "Disk", json!({"SubnetId": id("subnet")})),
        node("server", "Server", json!({"SubnetId": id("subnet"), "Disk": id("disk")})),
    ]);
    let mut world = World::with(&all);
    let changes = world.destroy(Allowance::None);
    assert_eq!(shown(&changes), ["delete server"]);
    let kept: Vec<String> = changes.kept.iter().map(|kept| format!("{}: {}", kept.path, kept.text)).collect();
    assert_eq!(
        kept,
        [
            "disk: it holds data: `--allow-delete` lets it go",
            "net: `subnet` stands on it",
            "subnet: `disk` stands on it"
        ]
    );
    assert!(world.store.deployment.plan.is_some());
    let too_few = World::with(&all);
    let changes = destroy_changes(&too_few.store.deployment, &too_few.store.rows(), Allowance::Count(0));
    assert_eq!(changes.refusals[0].kind, RefusalKind::DataDeleted);
    world.cloud.log.clear();
    world.destroy(Allowance::Count(1));
    assert_eq!(world.cloud.log, ["delete Disk disk", "delete Subnet subnet", "delete Net net"]);
    assert_eq!((world.store.deployment.plan.as_ref(), world.store.records.len()), (None, 0));
}

#[test]
fn a_change_set_that_reality_left_behind_says_so() {
    let mut world = World::with(&groups(3));
    world.observe();
    let mut edited = groups(4);
    edited.meaning.nodes[1].properties["Size"] = json!(50);
    let edited = Plan::new(edited.meaning, edited.provenance);
    let changes = world.changes(&edited);
    assert_eq!(shown(&changes), ["update g1", "create g3"]);
    assert_eq!(changes.moved_on(&world.store.deployment, &world.store.rows()), []);
    let messages = |world: &World| -> Vec<String> {
        changes
            .moved_on(&world.store.deployment, &world.store.rows())
            .into_iter()
            .map(|refusal| refusal.message)
            .collect()
    };
    let mut drifted = world.clone();
    let id = drifted.record("g1").physical_id.clone().unwrap();
    drifted.cloud.objects.get_mut(&id).unwrap().properties.insert("Size".to_string(), json!(7));
    drifted.observe();
    assert_eq!(messages(&drifted), ["`g1` changed in the cloud since the change set was made"]);
    let mut untouched = world.clone();
    let id = untouched.record("g0").physical_id.clone().unwrap();
    untouched.cloud.objects.get_mut(&id).unwrap().properties.insert("Size".to_string(), json!(7));
    untouched.observe();
    assert_eq!(messages(&untouched), [""; 0], "nothing that it touches");
    world.apply(&edited);
    assert_eq!(
        messages(&world),
        [
            "`g1` changed in the cloud since the change set was made",
            "`g3` was created by somebody since the change set was made"
        ]
    );
}

#[test]
fn the_reports_have_the_documented_shape() {
    let mut world = World::new();
    let plan = groups(1);
    let changes = world.changes(&plan);
    let preview = serde_json::to_string(&PreviewReport::of(&changes)).unwrap();
    let expected = format!(
        "{{\"deployment\":\"shop@prod\",\"plan\":\"{}\",\"changes\":\"{}\",\"steps\":[{{\"action\":\"create\",\"path\":\"g0\",\
         \"type\":\"Group\",\"reason\":\"it is new\",\"file\":\"main.lw\",\"line\":1,\"undo\":\"exact\"}}],\
         \"summary\":{{\"create\":1,\"update\":0,\"replace\":0,\"delete\":0,\"move\":0,\"adopt\":0}}}}",
        plan.hash, changes.hash
    );
    assert_eq!(preview, expected);
    let end = world.execute(changes.clone(), &mut Chance::seeded(1)).unwrap();
    let applied = serde_json::to_value(ApplyReport::of(&changes, &end)).unwrap();
    assert_eq!((&applied["steps"][0]["result"], &applied["outputs"]), (&json!("done"), &json!({})));
    let status = StatusReport::of([(world.store.deployment.clone(), world.store.rows())]);
    let status = serde_json::to_value(status).unwrap();
    assert_eq!(status["deployments"][0]["resources"][0]["provider"], json!("sim"));
    assert_eq!(status["deployments"][0]["resources"][0]["state"], json!("ready"));
}
