//! Replacements, circles, deletions: what comes before what.

use super::*;

/// Two groups that name each other.
fn circle() -> Vec<Node> {
    let a = node("a", "Group", json!({"Rules": [{"Port": 1}]}));
    vec![
        deferred(a, "Rules", json!([{"Port": 1}, {"From": id("b")}])),
        node("b", "Group", json!({"Rules": [{"From": id("a")}]})),
    ]
}

#[test]
fn a_circle_is_closed_last_and_opened_first() {
    let mut world = World::new();
    let changes = world.apply(&plan(circle()));
    assert_eq!(shown(&changes), ["create a", "create b"], "the second phase is part of the first step");
    assert_eq!(world.cloud.log, ["create Group a", "create Group b", "update Group a Rules"]);
    assert_eq!(shown(&world.apply(&plan(circle()))), [""; 0]);
    world.cloud.log.clear();
    world.apply(&plan(vec![]));
    assert_eq!(world.cloud.log, ["update Group a Rules", "delete Group b", "delete Group a"]);
    assert!(world.cloud.objects.is_empty() && world.store.records.is_empty());
}

#[test]
fn a_destroyed_circle_is_opened_too() {
    let mut world = World::with(&plan(circle()));
    let changes = world.destroy(Allowance::None);
    assert_eq!(shown(&changes), ["delete b", "delete a"]);
    assert_eq!(world.cloud.log, ["update Group a Rules", "delete Group b", "delete Group a"]);
    assert_eq!(world.store.deployment.plan, None);
}

#[test]
fn a_circle_follows_a_replacement() {
    let named = |name: &str| {
        let mut nodes = circle();
        nodes[1].properties.insert("Name".to_string(), json!(name));
        plan(nodes)
    };
    let mut world = World::with(&named("one"));
    let changes = world.apply(&named("two"));
    assert_eq!(shown(&changes), ["update a", "replace b"]);
    assert_eq!(world.cloud.log, ["create Group b", "update Group a Rules", "delete Group b"]);
    assert_eq!(shown(&world.apply(&named("two"))), [""; 0]);

    let both = |net: &str| {
        let mut nodes = circle();
        for node in &mut nodes {
            node.properties.insert("NetId".to_string(), json!(net));
        }
        plan(nodes)
    };
    for seed in 0..20 {
        let mut world = World::with(&both("n-1"));
        let changes = world.changes(&both("n-2"));
        assert_eq!(shown(&changes), ["replace a", "replace b"]);
        assert!(world.execute(changes, &mut Chance::seeded(seed)).unwrap().is_success());
        assert_eq!(world.cloud.log[..2], ["create Group a", "create Group b"], "the old circle is whole until then");
        assert_eq!(world.cloud.objects.len(), 2);
        assert_eq!(shown(&world.apply(&both("n-2"))), [""; 0]);
    }
}

#[test]
fn an_edit_of_the_property_that_closes_a_circle_is_one_step() {
    let mut world = World::with(&plan(circle()));
    let mut nodes = circle();
    nodes[0].deferred[0].value = json!([{"Port": 2}, {"From": id("b")}]);
    nodes[0].properties["Rules"] = json!([{"Port": 2}]);
    let changes = world.apply(&plan(nodes));
    assert_eq!(shown(&changes), ["update a"]);
    assert_eq!(world.cloud.log, ["update Group a Rules"]);
}

#[test]
fn an_equal_claim_lets_the_old_go_first() {
    let subnet = |zone: &str| {
        plan(vec![
            node("net", "Net", json!({"Cidr": "10.0.0.0/16"})),
            node("subnet", "Subnet", json!({"NetId": id("net"), "Cidr": "10.0.1.0/24", "Zone": zone})),
        ])
    };
    struct Fixed;
    impl Catalogue for Fixed {
        fn facts(&self, wire_type: &str) -> Option<Arc<TypeFacts>> {
            let mut facts = (*SmallCatalogue.facts(wire_type)?).clone();
            facts.create_only.push(PropertyPath::parse("Zone"));
            Some(Arc::new(facts))
        }
    }
    let mut world = World::with(&subnet("a"));
    let (rows, provider) = (world.store.rows(), sim());
    let with = |plan: &Plan| {
        let input = ApplyInput {
            deployment: &world.store.deployment,
            plan,
            records: &rows,
            default_provider: Some(&provider),
            seed: 3,
        };
        apply_changes(&input, &Fixed)
    };
    let changes = with(&subnet("b"));
    assert_eq!(shown(&changes), ["replace subnet"]);
    // With a server in it, it is refused, and the edit is named.
    let mut nodes = subnet("b").meaning.nodes;
    nodes.push(node("server", "Server", json!({"SubnetId": id("subnet")})));
    let crowded = plan(nodes);
    world.execute(changes, &mut Chance::seeded(1)).unwrap();
    assert_eq!(world.cloud.log, ["delete Subnet subnet", "create Subnet subnet"]);
    let mut world = World::with(&crowded);
    world.cloud.log.clear();
    let mut edited = crowded.clone();
    edited.meaning.nodes[1].properties["Zone"] = json!("c");
    let edited = Plan::new(edited.meaning, edited.provenance);
    let rows = world.store.rows();
    let input = ApplyInput {
        deployment: &world.store.deployment,
        plan: &edited,
        records: &rows,
        default_provider: Some(&provider),
        seed: 3,
    };
    let refusals = apply_changes(&input, &Fixed).refusals;
    assert_eq!(refusals.len(), 1);
    assert_eq!(
        refusals[0].message,
        "`subnet` needs a replacement that holds the same name or address, and the old one cannot go first: `server` depends on it"
    );
    assert_eq!(refusals[0].help.as_deref(), Some("change `netId` or `cidr`, so that both can exist for a moment"));
}

#[test]
fn what_takes_a_name_waits_for_what_gives_it_up() {
    let group = |path: &str, net: &str, size: u32| {
        plan(vec![node(path, "Group", json!({"Name": "one", "NetId": net, "Size": size}))])
    };
    let mut world = World::with(&group("a", "n-1", 1));
    let changes = world.apply(&group("b", "n-2", 2));
    assert_eq!(shown(&changes), ["create b", "delete a"]);
    assert_eq!(world.cloud.log, ["delete Group a", "create Group b"]);
}

#[test]
fn what_holds_the_name_and_can_change_in_place_is_what_is_meant() {
    let street = |module: &str, size: u32| {
        let path = |leaf: &str| format!("{module}.{leaf}");
        plan(vec![
            node(&path("subnet"), "Subnet", json!({"NetId": "n-1", "Cidr": "10.0.1.0/24", "Size": size})),
            node("server", "Server", json!({"SubnetId": id(&path("subnet")), "Image": 1})),
        ])
    };
    let mut world = World::with(&street("a", 1));
    let uid = world.record("a.subnet").uid;
    let changes = world.apply(&street("b", 2));
    assert_eq!(shown(&changes), ["update b.subnet"]);
    assert_eq!(world.cloud.log, ["update Subnet b.subnet Size"]);
    assert_eq!((world.record("b.subnet").uid, world.store.records.len()), (uid, 2));
    assert_eq!(shown(&world.apply(&street("b", 2))), [""; 0]);
    // Data too: an empty one of the same name would be the worst reading of it.
    let bucket = |path: &str, size: u32| plan(vec![node(path, "Bucket", json!({"Name": "one", "Size": size}))]);
    let mut world = World::with(&bucket("a", 1));
    assert_eq!(shown(&world.apply(&bucket("b", 2))), ["update b"]);
}

#[test]
fn deletions_wait_for_those_that_let_go() {
    let with = |groups: &[&str]| {
        let mut nodes: Vec<Node> = ["g1", "g2"].iter().map(|name| node(name, "Group", json!({}))).collect();
        nodes.retain(|node| groups.contains(&node.path.as_str()));
        let ids: Vec<Json> = groups.iter().map(|group| id(group)).collect();
        nodes.push(node("t", "Template", json!({"Groups": ids})));
        plan(nodes)
    };
    let mut world = World::with(&with(&["g1", "g2"]));
    world.apply(&with(&["g2"]));
    assert_eq!(world.cloud.log, ["update Template t Groups", "delete Group g1"]);
}

#[test]
fn while_an_update_is_open_both_the_old_and_the_new_are_in_use() {
    let with = |group: &str| {
        plan(vec![node(group, "Group", json!({"Name": group})), node("t", "Template", json!({"Group": id(group)}))])
    };
    let mut seen = 0;
    for crash in 0..40 {
        let mut world = World::with(&with("one"));
        let one = world.record("one").uid;
        let changes = world.changes(&with("two"));
        let mut chance = Chance::seeded(crash);
        chance.crash_after = Some(crash);
        world.execute(changes, &mut chance);
        let template = world.record("t");
        if template.status == ResourceStatus::Changing {
            seen += 1;
            assert_eq!(template.depends_on, [one, world.record("two").uid]);
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_dependency_without_a_value_is_kept_in_the_books() {
    let with = |cidr: &str| {
        let mut server = node("server", "Server", json!({"Image": "a"}));
        server.depends_on.push(ResourcePath::root("net"));
        plan(vec![node("net", "Net", json!({"Cidr": cidr})), server])
    };
    let mut world = World::with(&with("10.0.0.0/16"));
    let changes = world.apply(&with("10.1.0.0/16"));
    assert_eq!(shown(&changes), ["replace net"]);
    assert_eq!(world.record("server").depends_on, [world.record("net").uid]);
    // The same when nothing was edited, and the network was gone.
    let gone = world.record("net").physical_id.clone().unwrap();
    world.cloud.objects.remove(&gone);
    assert_eq!(shown(&world.apply(&with("10.1.0.0/16"))), ["create net"]);
    assert_eq!(world.record("server").depends_on, [world.record("net").uid]);
    world.cloud.log.clear();
    world.destroy(Allowance::None);
    assert_eq!(world.cloud.log, ["delete Server server", "delete Net net"]);
}

/// The old object's circle is opened under a path that is its successor's already: what comes then refers to the new one.
#[test]
fn an_opened_circle_leaves_its_path_to_the_successor() {
    let nodes = |cidr: &str, is_circle: bool, servers: usize| {
        let groups = |at: usize| node(&format!("g{at}"), "Group", json!({"NetId": id("net"), "Size": at}));
        let mut first = groups(0);
        let mut second = groups(1);
        if is_circle {
            first = deferred(first, "Rules", json!([{"From": id("g1")}]));
            second.properties.insert("Rules".to_string(), json!([{"From": id("g0")}]));
        }
        let mut nodes = vec![node("net", "Net", json!({"Cidr": cidr})), first, second];
        nodes.extend(
            (0..servers).map(|at| node(&format!("s{at}"), "Server", json!({"Groups": [id("g0")], "Image": at}))),
        );
        plan(nodes)
    };
    for seed in 0..60 {
        let mut world = World::with(&nodes("10.0.0.0/16", true, 1));
        world.observe();
        let wanted = nodes("10.1.0.0/16", false, 4);
        let changes = world.changes(&wanted);
        let end = world.execute(changes, &mut Chance::seeded(seed)).expect("no crash");
        assert!(end.is_success(), "seed {seed}: {end:?}");
        world.observe();
        assert_eq!(shown(&world.changes(&wanted)), [""; 0], "seed {seed}");
    }
}
