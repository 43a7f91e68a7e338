//! Plans: what compositions come to, and what does not change a Plan.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;

use serde_json::Value as Json;

use crate::lw::Folder;
use crate::suite::{Case, cases, in_parallel};

/// Builds a case and gives its Plan as text: a paragraph a node.
fn check_plan(case: &Case) -> Result<String, String> {
    assert_eq!(case.kind, "plan", "{}", case.name);
    let run = case.folder().lw(&["build", "main.lw"]);
    if run.code != 0 {
        return Err(format!("{}\n{}", case.name, run.error));
    }
    let meaning = &run.json()["meaning"];
    let mut out = String::new();
    for (key, title) in [("inputs", "input"), ("providers", "provider")] {
        for (name, value) in meaning[key].as_object().into_iter().flatten() {
            let _ = writeln!(out, "{title} {name}: {value}");
        }
    }
    for node in meaning["nodes"].as_array().ok_or("a Plan has nodes")? {
        let _ = writeln!(
            out,
            "{}  {}",
            node["path"].as_str().unwrap_or_default(),
            node["type"].as_str().unwrap_or_default()
        );
        for (name, value) in node["properties"].as_object().into_iter().flatten() {
            let _ = writeln!(out, "    {name}: {value}");
        }
        for key in ["kind", "provider", "class", "deferred", "lifecycle", "dependsOn", "formerPath", "physicalId"] {
            if let Some(value) = node.get(key) {
                let _ = writeln!(out, "  {key}: {value}");
            }
        }
    }
    let sources: Vec<&str> = case.files.iter().map(|(_, text)| text.as_str()).collect();
    Ok(format!("{}\n{}\n{out}", sources.join("-- next file --\n").trim_end(), "─".repeat(80)))
}

#[test]
fn every_case_of_the_suite() {
    let cases = cases("plan");
    let plans = Mutex::new(BTreeMap::new());
    let failures = in_parallel(&cases, |case| {
        let plan = check_plan(case)?;
        plans.lock().expect("no other worker panicked").insert(case.name.replace('/', "-"), plan);
        Ok(())
    });
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), cases.len(), failures.join("\n\n"));
    for (name, plan) in plans.into_inner().expect("no worker panicked") {
        let settings = insta::Settings::clone_current();
        let _guard = snapshots(settings, "../snapshots/plan");
        insta::assert_snapshot!(name, plan);
    }
}

/// Snapshots of an area lie in a folder of their own, and need no module before their names.
pub fn snapshots(mut settings: insta::Settings, folder: &str) -> insta::internals::SettingsBindDropGuard {
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(folder);
    settings.bind_to_scope()
}

const SHOP: &str = r#"composition

import AWS.EC2 as EC2
import Net

parameter String range: "10.0.0.0/16"

vpc: EC2.VPC {cidrBlock: range}

subnets: {
  (zone): EC2.Subnet {vpcId: vpc, cidrBlock: Net.subnet(range, 8, number), availabilityZone: zone}
  for (zone, number) in [("us-west-2a", 1), ("us-west-2b", 2)]
}

output vpcId: vpc.vpcId
"#;

fn built(source: &str) -> Json {
    Folder::with(source).lw(&["build", "main.lw"]).expect(0).json()
}

/// The hash does not depend on where a composition lies, only on its name.
fn hash(source: &str) -> String {
    let folder = Folder::new();
    folder.write("shop.lw", source);
    folder.lw(&["build", "shop.lw"]).expect(0).json()["hash"].as_str().expect("a hash").to_string()
}

#[test]
fn layout_comments_and_order_leave_the_plan_as_it_is() {
    let before = hash(SHOP);
    let commented = SHOP.replace("vpc: EC2", "# The network.\n\n## Documented.\nvpc: EC2");
    assert_eq!(hash(&commented), before, "comments");
    let loose = SHOP.replace("{cidrBlock: range}", "{\n      cidrBlock:   range,\n}").replace("\n\n", "\n\n\n\n");
    assert_eq!(hash(&loose), before, "layout");
    let mut statements: Vec<&str> = SHOP.trim_end().split("\n\n").collect();
    statements.reverse();
    assert_eq!(hash(&(statements.join("\n\n") + "\n")), before, "the order of statements");
    let folder = Folder::new();
    folder.write("shop.lw", &loose);
    folder.lw(&["fmt", "shop.lw"]).expect(0);
    assert_ne!(folder.read("shop.lw"), loose);
    assert_eq!(hash(&folder.read("shop.lw")), before, "the formatter");
}

#[test]
fn a_change_of_meaning_changes_the_hash() {
    let before = hash(SHOP);
    for (what, from, to) in [
        ("a property", "(\"us-west-2a\", 1)", "(\"us-west-2a\", 3)"),
        ("a path", "subnets: {", "nets: {"),
        ("an output", "output vpcId", "output id"),
        ("a default that is used", "\"10.0.0.0/16\"", "\"10.1.0.0/16\""),
    ] {
        let changed = SHOP.replace(from, to);
        assert_ne!(changed, SHOP, "{what}");
        assert_ne!(hash(&changed), before, "{what}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let folder = Folder::with(SHOP);
    let first = folder.lw(&["build", "main.lw"]).expect(0).out;
    for _ in 0..3 {
        assert_eq!(folder.lw(&["build", "main.lw"]).expect(0).out, first);
    }
    folder.lw(&["build", "main.lw", "-o", "plan.json"]).expect(0);
    assert_eq!(folder.read("plan.json"), first);
}

#[test]
fn a_parameter_comes_from_the_nearest_place() {
    let mut folder = Folder::with(SHOP);
    folder.write("lw.toml", "[environment.prod]\nparameters = { range = \"10.3.0.0/16\" }\n");
    let range = |folder: &Folder, arguments: &[&str]| {
        let arguments = [&["build", "main.lw"], arguments].concat();
        let json = folder.lw(&arguments).expect(0).json();
        let nodes = json["meaning"]["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["path"] == "vpc").unwrap()["properties"]["CidrBlock"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(range(&folder, &[]), "10.0.0.0/16", "the default");
    assert_eq!(range(&folder, &["--env", "prod"]), "10.3.0.0/16", "lw.toml");
    folder.set("LW_PARAM_range", "10.2.0.0/16");
    assert_eq!(range(&folder, &["--env", "prod"]), "10.2.0.0/16", "the environment variable");
    assert_eq!(range(&folder, &["--env", "prod", "--set", "range=10.1.0.0/16"]), "10.1.0.0/16", "`--set`");
}

#[test]
fn the_plan_says_where_each_resource_is_written() {
    let plan = built(SHOP);
    let (nodes, origins) = (&plan["meaning"]["nodes"], &plan["provenance"]["origins"]);
    let at = nodes.as_array().unwrap().iter().position(|node| node["path"] == "vpc").expect("the network");
    assert_eq!((origins[at]["file"].as_str(), origins[at]["line"].as_u64()), (Some("main.lw"), Some(8)));
}

#[test]
fn a_plan_that_was_changed_is_refused() {
    let folder = Folder::with(SHOP);
    folder.lw(&["build", "main.lw", "-o", "plan.json"]).expect(0);
    folder.write("plan.json", folder.read("plan.json").replace("10.0.1.0/24", "10.9.9.0/24"));
    assert_eq!(folder.lw(&["preview", "--sim", "--json", "plan.json"]).expect(1).codes(), ["LW0522"]);
}

#[test]
fn drawings_show_every_resource() {
    let folder = Folder::with(SHOP);
    for format in ["svg", "dot", "mermaid", "html"] {
        let text = folder.lw(&["graph", "main.lw", "--format", format]).expect(0).out;
        assert!(text.contains("AWS::EC2::VPC") && text.contains("us-west-2b"), "{format}: {text}");
    }
    let svg = folder.lw(&["graph", "main.lw"]).expect(0).out;
    assert_eq!(svg.matches("class=\"edge\"").count(), 2, "both subnets refer to the network");
    assert_eq!(folder.lw(&["build", "main.lw", "--emit", "svg"]).expect(0).out, svg);
}

#[test]
fn expressions_are_evaluated() {
    let folder = Folder::with(SHOP);
    for (expression, value) in [
        ("1 + 2 * 3", "7"),
        ("\"a\" ++ \"b\"", "\"ab\""),
        ("[n * n for n in [1, 2, 3]]", "[1,4,9]"),
        ("{a: 1, b: [True]}", "{\"a\":1,\"b\":[true]}"),
        ("List.length([1, 2])", "2"),
        ("let x: 2\nx + 1", "3"),
    ] {
        let json = folder.lw(&["eval", "--json", expression]).expect(0).json();
        assert_eq!(json["value"].to_string(), value, "{expression}");
    }
    let json =
        folder.lw(&["eval", "--json", "range ++ \"!\"", "main.lw", "--set", "range=10.9.0.0/16"]).expect(0).json();
    assert_eq!(json["value"], "10.9.0.0/16!");
    assert_eq!(folder.lw(&["eval", "--json", "1 + nope"]).expect(1).codes(), ["LW0201"]);
    folder.lw(&["eval", "1 / 0"]).expect(1);
}
