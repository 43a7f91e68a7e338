//! Renames, moves and reorders.

use proptest::prelude::*;

use super::*;

fn list(name: &str, cidrs: &[u32]) -> Vec<Node> {
    let element = |(index, cidr): (usize, &u32)| {
        node(
            &format!("{name}[{index}]"),
            "Subnet",
            json!({"NetId": id("net"), "Cidr": format!("10.0.{cidr}.0/24"), "Tags": {"n": cidr.to_string()}}),
        )
    };
    let mut nodes = vec![node("net", "Net", json!({"Cidr": "10.0.0.0/16"}))];
    nodes.extend(cidrs.iter().enumerate().map(element));
    nodes
}

fn rules(world: &World, plan: &Plan) -> Vec<Rule> {
    let matching = match_nodes(&plan.meaning, Some(&sim()), &world.store.rows(), &SmallCatalogue);
    matching.nodes.iter().map(|node| node.rule).collect()
}

#[test]
fn a_renamed_tree_moves() {
    let tree = |module: &str| {
        let path = |leaf: &str| format!("{module}.{leaf}");
        plan(vec![
            node(&path("net"), "Net", json!({"Cidr": "10.0.0.0/16"})),
            node(&path("subnets[\"a\"]"), "Subnet", json!({"NetId": id(&path("net")), "Cidr": "10.0.1.0/24"})),
            node(&path("subnets[\"b\"]"), "Subnet", json!({"NetId": id(&path("net")), "Cidr": "10.0.2.0/24"})),
            node(&path("disk"), "Disk", json!({"SubnetId": id(&path("subnets[\"a\"]"))})),
        ])
    };
    let mut world = World::with(&tree("old"));
    let disk = world.record("old.disk").uid;
    let changes = world.apply(&tree("new"));
    assert_eq!(changes.summary(), Summary { r#move: 4, ..Summary::default() });
    assert_eq!(changes.steps[0].reasons[0].text, "it was `old.net`");
    assert_eq!(world.cloud.log, [""; 0]);
    assert_eq!(world.record("new.disk").uid, disk);
    assert_eq!(shown(&world.apply(&tree("new"))), [""; 0]);
    assert_eq!(shown(&world.apply(&tree("old"))).len(), 4);
}

#[test]
fn an_element_that_comes_first_moves_the_others() {
    let mut world = World::with(&plan(list("subnets", &[1, 2, 3])));
    let changes = world.apply(&plan(list("subnets", &[9, 1, 2, 3])));
    assert_eq!(shown(&changes), ["create subnets[0]", "move subnets[1]", "move subnets[2]", "move subnets[3]"]);
    assert_eq!(world.cloud.log, ["create Subnet subnets[0]"]);
    world.cloud.log.clear();
    let changes = world.apply(&plan(list("subnets", &[1, 2, 3])));
    assert_eq!(changes.summary(), Summary { delete: 1, r#move: 3, ..Summary::default() });
}

#[test]
fn an_edited_element_is_found_by_what_cannot_change() {
    let mut world = World::with(&plan(list("subnets", &[1, 2, 3])));
    let mut nodes = list("subnets", &[3, 1, 2]);
    nodes[2].properties["Tags"] = json!({"n": "edited"});
    let changes = world.apply(&plan(nodes));
    assert_eq!(shown(&changes), ["move subnets[0]", "update subnets[1]", "move subnets[2]"]);
    assert_eq!(world.cloud.log, ["update Subnet subnets[1] Tags"]);
}

#[test]
fn annotations_name_what_it_was() {
    let world =
        World::with(&plan(vec![node("a", "Bucket", json!({"Size": 1})), node("b", "Bucket", json!({"Size": 2}))]));
    let mut renamed = node("c", "Bucket", json!({"Size": 3}));
    renamed.former_path = Some(ResourcePath::root("a"));
    let plan = plan(vec![renamed, node("b", "Bucket", json!({"Size": 2}))]);
    assert_eq!(rules(&world, &plan), [Rule::Path, Rule::FormerPath]);
    assert_eq!(shown(&world.changes(&plan)), ["update c"]);
}

#[test]
fn equal_things_are_told_apart_by_name_then_order_but_never_data() {
    let twins =
        |wire_type: &str, names: [&str; 2]| plan(names.map(|name| node(name, wire_type, json!({"Size": 1}))).to_vec());
    let mut world = World::with(&twins("Group", ["m.a", "m.b"]));
    let old = world.record("m.b").uid;
    world.apply(&twins("Group", ["n.b", "n.a"]));
    assert_eq!(world.record("n.b").uid, old);
    world.apply(&twins("Group", ["x", "y"]));
    assert_eq!(world.cloud.log, [""; 0]);

    let world = World::with(&twins("Bucket", ["m.a", "m.b"]));
    assert_eq!(world.changes(&twins("Bucket", ["n.b", "n.a"])).summary().r#move, 2);
    let changes = world.changes(&twins("Bucket", ["x", "y"]));
    assert_eq!(changes.refusals.iter().map(|refusal| refusal.kind).collect::<Vec<_>>(), [RefusalKind::Ambiguous; 2]);
    assert_eq!(protections(&changes, &Allowances::default()), changes.refusals, "it is asked about once");
    assert_eq!(changes.refusals[0].message, "`x` may be any of `m.a`, `m.b`, and holds data");
}

#[test]
fn twins_are_told_apart_by_who_refers_to_them() {
    // Twin disks, each with its own server; the servers are renamed the other way round, or keep their names.
    let nodes = |disks: [&str; 2], servers: [&str; 2]| {
        let disk = |name: &str| node(name, "Disk", json!({"Size": 1}));
        let server = |at: usize| node(servers[at], "Server", json!({"Image": at, "Disk": id(disks[at])}));
        plan(vec![disk(disks[0]), disk(disks[1]), server(0), server(1)])
    };
    for servers in [["m.a", "m.b"], ["x", "y"], ["y", "x"]] {
        let mut world = World::with(&nodes(["a", "b"], ["m.a", "m.b"]));
        let changes = world.apply(&nodes(["y1", "x1"], servers));
        let moves = changes.summary().r#move;
        assert_eq!(changes.summary(), Summary { r#move: moves, ..Summary::default() }, "{servers:?}");
        assert!(changes.refusals.is_empty(), "data, and no question is left");
        assert_eq!(world.cloud.log, [""; 0]);
    }
}

#[test]
fn data_in_a_list_is_not_guessed_when_one_goes() {
    let buckets = |sizes: &[u32]| {
        plan(
            sizes
                .iter()
                .enumerate()
                .map(|(at, size)| node(&format!("b[{at}]"), "Bucket", json!({"Size": size})))
                .collect(),
        )
    };
    let world = World::with(&buckets(&[1, 2, 3]));
    // Edited in place, appended, reordered: clear.
    assert_eq!(shown(&world.changes(&buckets(&[1, 9, 3]))), ["update b[1]"]);
    assert_eq!(shown(&world.changes(&buckets(&[1, 2, 3, 4]))), ["create b[3]"]);
    assert_eq!(world.changes(&buckets(&[3, 1, 2])).summary(), Summary { r#move: 3, ..Summary::default() });
    assert_eq!(world.changes(&buckets(&[2, 3])).summary(), Summary { r#move: 2, delete: 1, ..Summary::default() });
    // One goes and one is edited: which?
    let changes = world.changes(&buckets(&[9, 3]));
    assert_eq!(changes.refusals[0].kind, RefusalKind::Ambiguous);
}

#[test]
fn another_type_under_a_path_is_another_thing() {
    let mut world = World::with(&plan(vec![node("x", "Group", json!({}))]));
    let changes = world.apply(&plan(vec![node("x", "Net", json!({"Cidr": "10.0.0.0/8"}))]));
    assert_eq!(shown(&changes), ["create x", "delete x"]);
}

#[test]
fn a_long_chain_is_matched_by_content() {
    let chain = |name: &str| {
        let link = |at: usize| {
            let before = if at == 0 { json!("none") } else { id(&format!("{name}{:04}", at - 1)) };
            node(&format!("{name}{at:04}"), "Group", json!({"Before": before}))
        };
        plan((0..1500).map(link).collect())
    };
    let mut world = World::with(&chain("a"));
    assert_eq!(world.apply(&chain("b")).summary(), Summary { r#move: 1500, ..Summary::default() });
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn any_reorder_of_a_list_and_any_rename_call_no_cloud(
        order in Just((1u32..9).collect::<Vec<_>>()).prop_shuffle(),
        renamed in any::<bool>(),
    ) {
        let mut world = World::with(&plan(list("subnets", &[1, 2, 3, 4, 5, 6, 7, 8])));
        let name = if renamed { "networks" } else { "subnets" };
        let changes = world.apply(&plan(list(name, &order)));
        prop_assert_eq!(&changes.summary(), &Summary { r#move: changes.summary().r#move, ..Summary::default() });
        prop_assert!(world.cloud.log.is_empty());
        prop_assert_eq!(shown(&world.apply(&plan(list(name, &order)))).len(), 0);
    }

    #[test]
    fn matching_is_total_deterministic_and_one_to_one(
        before in proptest::collection::vec(0u32..6, 0..8),
        after in proptest::collection::vec(0u32..6, 0..8),
        order in any::<u64>(),
    ) {
        // Equal content may repeat: groups claim nothing but their minted names.
        let groups = |sizes: &[u32]| plan(sizes.iter().enumerate().map(|(at, size)| node(&format!("g[{at}]"), "Group", json!({"Size": size}))).collect());
        let world = World::with(&groups(&before));
        let plan = groups(&after);
        let rows = world.store.rows();
        let matching = match_nodes(&plan.meaning, Some(&sim()), &rows, &SmallCatalogue);
        let mut given: Vec<u32> = matching.nodes.iter().filter_map(|node| node.record).collect();
        prop_assert_eq!(given.len(), before.len().min(after.len()));
        given.extend(&matching.left);
        given.sort_unstable();
        prop_assert_eq!(given, (0..rows.len() as u32).collect::<Vec<_>>());
        // As many as possible are known by their content.
        let count = |sizes: &[u32], size: u32| sizes.iter().filter(|own| **own == size).count();
        let equal: usize = (0..6).map(|size| count(&before, size).min(count(&after, size))).sum();
        let by_content = matching.nodes.iter().filter(|node| matches!(node.rule, Rule::Path | Rule::Content)).count();
        prop_assert_eq!(by_content, equal);
        // The order of records does not matter.
        let mut chance = Chance::seeded(order);
        let mut shuffled = rows.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, chance.below(at as u64 + 1) as usize);
        }
        let again = match_nodes(&plan.meaning, Some(&sim()), &shuffled, &SmallCatalogue);
        for (one, two) in matching.nodes.iter().zip(&again.nodes) {
            let uid = |record: Option<u32>, rows: &[ResourceRecord]| record.map(|record| rows[record as usize].uid);
            prop_assert_eq!(uid(one.record, &rows), uid(two.record, &shuffled));
        }
    }
}
