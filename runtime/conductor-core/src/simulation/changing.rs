//! What a change set says and does when one thing changes.

use super::*;

fn shop() -> Vec<Node> {
    vec![
        node("net", "Net", json!({"Cidr": "10.0.0.0/16"})),
        node("subnet", "Subnet", json!({"NetId": id("net"), "Cidr": "10.0.1.0/24"})),
        node("group", "Group", json!({"NetId": id("net"), "Rules": [{"Port": 443}, {"Port": 80}]})),
        node(
            "server",
            "Server",
            json!({"SubnetId": id("subnet"), "Groups": [id("group")], "Image": "a", "Tags": {"k": "v"}}),
        ),
        output("address", json!({"$concat": ["id:", id("server")]})),
    ]
}

fn edited(path: &str, property: &str, value: Json) -> Plan {
    let mut nodes = shop();
    let node = nodes.iter_mut().find(|node| node.path.as_str() == path).unwrap();
    match value {
        Json::Null => node.properties.remove(property),
        value => node.properties.insert(property.to_string(), value),
    };
    plan(nodes)
}

#[test]
fn the_first_apply_creates_in_order_and_the_second_does_nothing() {
    let mut world = World::new();
    let changes = world.apply(&plan(shop()));
    assert_eq!(shown(&changes), ["create net", "create group", "create subnet", "create server"]);
    assert!(before(&world.cloud.log, "create Net net", "create Subnet subnet"));
    assert!(before(&world.cloud.log, "create Group group", "create Server server"));
    assert_eq!(
        world.store.deployment.outputs["address"],
        json!(format!("id:{}", world.record("server").physical_id.as_ref().unwrap()))
    );
    assert_eq!(world.store.deployment.generation, Generation(1));
    let (batches, log) = (world.store.batches, world.cloud.log.len());
    let again = world.apply(&plan(shop()));
    assert!(again.is_empty() && again.bookkeeping.is_empty());
    assert_eq!((world.store.batches, world.cloud.log.len()), (batches, log), "nothing is written");
    assert_eq!(world.store.deployment.outputs.len(), 1);
}

#[test]
fn one_property_is_one_step_with_its_reason() {
    let world = World::with(&plan(shop()));
    let changes = world.changes(&edited("group", "Rules", json!([{"Port": 443}])));
    assert_eq!(shown(&changes), ["update group"]);
    let reason = &changes.steps[0].reasons[0];
    assert_eq!(reason.text, r#"`rules` changes from [{"Port":443},{"Port":80}] to [{"Port":443}]"#);
    assert_eq!((reason.kind, reason.property.as_deref()), (ReasonKind::Changed, Some("Rules")));
    assert_eq!(reason.place, Some(Place { file: "main.lw".to_string(), line: 2 }));
    assert_eq!(changes.steps[0].undo, Undo::Exact);
}

#[test]
fn a_sets_order_is_no_change() {
    let mut world = World::with(&plan(shop()));
    let plan = edited("group", "Rules", json!([{"Port": 80}, {"Port": 443}]));
    assert_eq!(shown(&world.apply(&plan)), [""; 0]);
}

#[test]
fn compute_is_replaced_but_for_its_tags() {
    let mut world = World::with(&plan(shop()));
    assert_eq!(shown(&world.changes(&edited("server", "Groups", json!([])))), ["replace server"]);
    assert_eq!(shown(&world.apply(&edited("server", "Tags", json!({"k": "w"})))), ["update server"]);
    assert_eq!(world.cloud.log, ["update Server server Tags"]);
    let tags = &world.cloud.objects[world.record("server").physical_id.as_ref().unwrap()].properties["Tags"];
    assert_eq!(tags[TAG_UID], json!(world.record("server").uid.to_string()), "our tags stay");
}

#[test]
fn a_replacement_takes_its_dependents_along_and_comes_before_the_old_goes() {
    let mut world = World::with(&plan(shop()));
    let old = world.record("net").uid;
    let changes = world.apply(&edited("net", "Cidr", json!("10.1.0.0/16")));
    assert_eq!(shown(&changes), ["replace net", "replace group", "replace subnet", "replace server"]);
    let server = changes.shown().last().unwrap().1;
    assert!(server.tentative);
    let mut texts: Vec<&str> = server.reasons.iter().map(|reason| reason.text.as_str()).collect();
    texts.sort_unstable();
    assert_eq!(
        texts,
        [
            "`groups` follows `group`, which is replaced; compute is replaced, never changed in place",
            "`subnetId` follows `subnet`, which is replaced; compute is replaced, never changed in place",
        ]
    );
    let log = &world.cloud.log;
    assert!(before(log, "create Server server", "delete Server server"));
    assert!(before(log, "delete Server server", "delete Subnet subnet"));
    assert!(before(log, "delete Subnet subnet", "delete Net net"));
    assert_eq!(log.len(), 8);
    assert_ne!(world.record("net").uid, old);
    assert_eq!(world.store.records.len(), 4, "tombstones are gone");
    assert_eq!(shown(&world.apply(&edited("net", "Cidr", json!("10.1.0.0/16")))), [""; 0]);
}

#[test]
fn what_turns_out_equal_is_left_alone() {
    // The server's user data names a version that an update may change, and does not.
    let nodes = |version: u32| {
        vec![
            node("template", "Template", json!({"Data": version})),
            node(
                "server",
                "Server",
                json!({"Image": {"$select": [0, {"$split": ["-", id("template")]}]}, "V": {"$get": ["template", "Version"]}}),
            ),
        ]
    };
    let mut world = World::with(&plan(nodes(1)));
    let changes = world.changes(&plan(nodes(2)));
    assert_eq!(shown(&changes), ["update template", "replace server"]);
    world.apply(&plan(nodes(2)));
    assert_eq!(world.cloud.log.len(), 3, "the version did change: {:?}", world.cloud.log);
    // The same, but the cloud keeps the version.
    let mut world = World::with(&plan(nodes(1)));
    let mut changes = world.changes(&plan(nodes(2)));
    let uid = world.record("server").uid;
    let template = world.record("template").physical_id.clone().unwrap();
    world.cloud.objects.get_mut(&template).unwrap().properties.insert("Version".to_string(), json!(0));
    changes.hash = changes.hash_of_content();
    let end = world.execute(changes, &mut Chance::seeded(1)).unwrap();
    assert!(end.is_success());
    assert_eq!(world.cloud.log, ["update Template template Data"]);
    assert_eq!(world.record("server").uid, uid);
    assert_eq!(shown(&world.apply(&plan(nodes(2)))), [""; 0]);
}

#[test]
fn what_an_update_cannot_change_stays_known() {
    let nodes = |other: u32, tag: &str| {
        vec![
            node("template", "Template", json!({"Data": 1, "Other": other, "Tags": {"k": tag}})),
            node("server", "Server", json!({"Image": id("template"), "V": {"$get": ["template", "Version"]}})),
        ]
    };
    let mut world = World::with(&plan(nodes(1, "a")));
    for (other, tag) in [(2, "a"), (2, "b"), (3, "c")] {
        assert_eq!(shown(&world.changes(&plan(nodes(other, tag)))), ["update template"], "only `Data` makes a version");
        world.apply(&plan(nodes(other, tag)));
    }
    let mut nodes = nodes(3, "c");
    nodes[0].properties["Data"] = json!(2);
    nodes[1].properties.remove("V");
    world.apply(&plan(nodes.clone()));
    nodes[0].properties["Data"] = json!(3);
    assert_eq!(shown(&world.changes(&plan(nodes))), ["update template"], "its identifier is steady");
}

#[test]
fn drift_is_corrected_unless_it_is_not_ours() {
    let mut world = World::with(&plan(shop()));
    let group = world.record("group").physical_id.clone().unwrap();
    let object = &mut world.cloud.objects.get_mut(&group).unwrap().properties;
    object.insert("Description".to_string(), json!("by hand"));
    object.get_mut("Tags").unwrap()["other"] = json!("by hand");
    assert_eq!(shown(&world.apply(&plan(shop()))), [""; 0], "what we did not write is not ours");
    world.cloud.objects.get_mut(&group).unwrap().properties.insert("Rules".to_string(), json!([]));
    world.observe();
    let drifted = drift(&world.store.rows(), &SmallCatalogue);
    assert_eq!(
        serde_json::to_value(&drifted).unwrap(),
        json!([{"path": "group", "property": "Rules", "planned": [{"Port": 443}, {"Port": 80}], "observed": [], "enforcement": "Correct"}])
    );
    let changes = world.changes(&plan(shop()));
    assert_eq!(shown(&changes), ["update group"]);
    assert_eq!(changes.steps[0].reasons[0].kind, ReasonKind::Drifted);
    assert_eq!(
        changes.steps[0].reasons[0].text,
        r#"`rules` is [] in the cloud, and should be [{"Port":443},{"Port":80}]"#
    );
    let mut nodes = shop();
    nodes[2].lifecycle.ignores.push("Rules".to_string());
    assert_eq!(shown(&world.changes(&plan(nodes))), [""; 0]);
    let mut nodes = shop();
    nodes[2].lifecycle.enforcement = Some(lw_plan::Enforcement::Ignore);
    assert_eq!(shown(&world.changes(&plan(nodes))), [""; 0]);
}

#[test]
fn what_reality_shows_already_needs_no_call() {
    let mut world = World::with(&plan(shop()));
    let group = world.record("group").physical_id.clone().unwrap();
    world.cloud.objects.get_mut(&group).unwrap().properties.insert("Rules".to_string(), json!([{"Port": 22}]));
    let changes = world.apply(&edited("group", "Rules", json!([{"Port": 22}])));
    assert_eq!((shown(&changes).len(), changes.bookkeeping.len()), (0, 1));
    assert_eq!(world.record("group").properties["Rules"], json!([{"Port": 22}]));
    assert_eq!(world.cloud.log, [""; 0]);
}

#[test]
fn what_is_gone_is_created_again() {
    let mut world = World::with(&plan(shop()));
    let server = world.record("server").clone();
    world.cloud.objects.remove(server.physical_id.as_ref().unwrap());
    world.observe();
    let changes = world.changes(&plan(shop()));
    assert_eq!(shown(&changes), ["create server"]);
    assert_eq!(changes.steps[0].reasons[0].kind, ReasonKind::Gone);
    world.apply(&plan(shop()));
    assert_ne!(world.record("server").uid, server.uid);
    assert_eq!(world.store.records.len(), 4);
}

#[test]
fn a_removed_property_is_reset_or_refused() {
    let mut world = World::with(&edited("group", "Size", json!(5)));
    let changes = world.apply(&plan(shop()));
    assert_eq!(changes.steps[0].reasons[0].kind, ReasonKind::Reset);
    assert_eq!(world.cloud.log, ["update Group group Size"]);
    let group = world.record("group").physical_id.clone().unwrap();
    assert_eq!(world.cloud.objects[&group].properties["Size"], json!(1), "the default");

    let mut world = World::with(&edited("group", "Extra", json!(5)));
    world.apply(&plan(shop()));
    let group = world.record("group").physical_id.clone().unwrap();
    assert!(!world.cloud.objects[&group].properties.contains_key("Extra"));

    let world = World::with(&edited("group", "Sticky", json!(5)));
    let refusals = world.changes(&plan(shop())).refusals;
    assert_eq!(refusals[0].kind, RefusalKind::CannotReset);
    assert_eq!(refusals[0].message, "`Sticky` of `group` was removed, and the cloud keeps it");
}

#[test]
fn secrets_are_compared_and_not_shown() {
    let mut world = World::with(&edited("group", "Password", json!({"$secret": {"env": "A"}})));
    assert_eq!(shown(&world.apply(&edited("group", "Password", json!({"$secret": {"env": "A"}})))), [""; 0]);
    let changes = world.changes(&edited("group", "Password", json!({"$secret": {"env": "B"}})));
    assert_eq!(shown(&changes), ["update group"]);
    let step = &changes.steps[0];
    assert_eq!((&step.reasons[0].before, &step.reasons[0].after, step.undo), (&None, &None, Undo::Exact));
    assert_eq!(step.reasons[0].text, "`password` changes");
}

#[test]
fn names_are_minted_once_and_again_for_a_replacement() {
    let mut world = World::with(&plan(shop()));
    let first = world.record("group").properties["Name"].as_str().unwrap().to_string();
    assert!(first.starts_with("shop-prod-group-"), "{first}");
    world.apply(&edited("group", "Rules", json!([])));
    assert_eq!(world.record("group").properties["Name"], json!(first));
    world.apply(&edited("net", "Cidr", json!("10.9.0.0/16")));
    assert_ne!(world.record("group").properties["Name"], json!(first));
}

#[test]
fn a_preview_made_twice_is_the_same() {
    let world = World::with(&plan(shop()));
    let plan = edited("net", "Cidr", json!("10.1.0.0/16"));
    let changes = world.changes(&plan);
    assert_eq!(changes, world.changes(&plan));
    assert_eq!(changes.hash, changes.hash_of_content());
}

#[test]
fn a_changes_file_reads_back_or_says_why_not() {
    let world = World::with(&plan(shop()));
    let wanted = edited("net", "Cidr", json!("10.1.0.0/16"));
    let file = ChangesFile::new(world.changes(&wanted), Some(wanted));
    let text = file.to_canonical();
    assert_eq!(ChangesFile::decode(&text), Ok(file.clone()));
    let destroy = destroy_changes(&world.store.deployment, &world.store.rows(), Allowance::None);
    let destroy = ChangesFile::new(destroy, None);
    assert_eq!(ChangesFile::decode(&destroy.to_canonical()), Ok(destroy));
    let code = |text: &str| ChangesFile::decode(text).unwrap_err().code();
    assert_eq!(code("{}"), "LW0573");
    assert_eq!(code(&plan(shop()).to_canonical()), "LW0573");
    assert_eq!(code(r#"{"format":"linework.changes/2"}"#), "LW0575");
    assert_eq!(code(&text.replace("\"undo\":\"new-id\"", "\"undo\":\"exact\"")), "LW0564");
    assert_eq!(code(&ChangesFile::new(file.changes, Some(plan(shop()))).to_canonical()), "LW0564");
}

#[test]
fn what_exists_elsewhere_is_read_and_never_written() {
    let mut world = World::new();
    let mut foreign = node("foreign", "Net", json!({}));
    foreign.kind = NodeKind::Existing;
    foreign.physical_id = Some("net-77".to_string());
    let nodes =
        || vec![foreign.clone(), node("subnet", "Subnet", json!({"NetId": id("foreign"), "Cidr": "10.0.1.0/24"}))];
    let changes = world.changes(&plan(nodes()));
    let end = world.execute(changes, &mut Chance::seeded(1)).unwrap();
    assert_eq!(end.problem.as_deref(), Some("`foreign` does not exist: there is no Net `net-77`"));
    assert_eq!((world.store.records.len(), world.store.batches), (0, 0), "nothing was begun");
    let properties = serde_json::from_value(json!({"Id": "net-77"})).unwrap();
    world.cloud.objects.insert("net-77".to_string(), Object { wire_type: "Net".to_string(), properties });
    world.apply(&plan(nodes()));
    assert_eq!(world.record("subnet").properties["NetId"], json!("net-77"));
    let batches = world.store.batches;
    assert_eq!(shown(&world.apply(&plan(nodes()))), [""; 0]);
    assert_eq!(world.store.batches, batches);
    world.apply(&plan(vec![]));
    assert!(world.cloud.objects.contains_key("net-77") && world.store.records.is_empty());
}

#[test]
fn adoption_takes_over_and_sets_what_differs() {
    let mut world = World::new();
    let properties =
        serde_json::from_value(json!({"Id": "net-9", "Cidr": "10.0.0.0/16", "Dns": false, "Version": 1})).unwrap();
    world.cloud.objects.insert("net-9".to_string(), Object { wire_type: "Net".to_string(), properties });
    let adopting = |cidr: &str| {
        let mut node = node("net", "Net", json!({"Cidr": cidr, "Dns": true}));
        node.physical_id = Some("net-9".to_string());
        plan(vec![node])
    };
    let changes = world.changes(&adopting("10.1.0.0/16"));
    let end = world.execute(changes, &mut Chance::seeded(1)).unwrap();
    assert_eq!(end.results[0].1.as_deref(), Some("`Cidr` of `net-9` is another, and cannot change in place"));
    let changes = world.apply(&adopting("10.0.0.0/16"));
    assert_eq!(shown(&changes), ["adopt net"]);
    assert_eq!(world.cloud.log, ["update Net net Dns,Tags"]);
    assert_eq!(world.record("net").physical_id.as_deref(), Some("net-9"));
    assert_eq!(shown(&world.apply(&adopting("10.0.0.0/16"))), [""; 0]);
    world.destroy(Allowance::None);
    assert!(world.cloud.objects.is_empty());
}

#[test]
fn another_place_is_a_replacement_and_another_role_is_not() {
    let mut world = World::with(&plan(shop()));
    let with = |region: Option<&str>, role: Option<&str>| {
        let mut plan = plan(shop());
        let provider = Provider { region: region.map(str::to_string), role: role.map(str::to_string), ..sim() };
        plan.meaning.providers.insert("p".to_string(), provider);
        plan.meaning
            .nodes
            .iter_mut()
            .filter(|node| node.kind == NodeKind::Managed)
            .for_each(|node| node.provider = "p".to_string());
        Plan::new(plan.meaning, plan.provenance)
    };
    let changes = world.changes(&with(Some("eu"), None));
    assert_eq!(changes.summary().replace, 4);
    assert_eq!(changes.steps[0].reasons[0].text, "it moves from sim to sim eu");
    let changes = world.apply(&with(None, Some("deployer")));
    assert_eq!((changes.steps.len(), changes.bookkeeping.len()), (0, 4));
    assert_eq!(world.record("net").provider.role.as_deref(), Some("deployer"));
}
