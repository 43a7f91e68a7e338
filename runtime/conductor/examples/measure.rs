//! What an apply and a preview cost: `cargo run --release -p conductor --example measure -- 1000`.
//!
//! Prints wall and processor time of: an apply of so many simulated resources, the same again, previews, a status, a destroy.

use std::io::Write;
use std::time::Instant;

use conductor::{Allowance, DeploymentName, Engine, EngineOptions, Progress, Request, Wanted};
use lw_plan::{Class, Json, Map, Meaning, Node, NodeKind, Plan, Provenance, ResourcePath, set_fingerprints};
use serde_json::json;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let engine = Engine::new(EngineOptions::new(folder.path().join("state.db")));
    let plan = plan(count);
    let name = DeploymentName::parse("bench").expect("a name");
    let request = || Request::new(name.clone(), Wanted::Plan(Box::new(plan.clone()))).simulated(true);
    let mut quiet = |_: Progress| {};
    measure("apply", || {
        let applied = engine.apply(request(), &mut quiet).expect("an apply");
        assert!(applied.success);
        applied.report.steps.len()
    });
    measure("apply again", || engine.apply(request(), &mut quiet).expect("an apply").report.steps.len());
    measure("preview", || engine.preview(request(), &mut quiet).expect("a preview").report.steps.len());
    measure("preview recorded", || {
        engine.preview(request().recorded(true), &mut quiet).expect("a preview").report.steps.len()
    });
    let mut edited = plan.clone();
    edited.meaning.nodes[0].properties.insert("EnableDnsHostnames".to_string(), json!(true));
    set_fingerprints(&mut edited.meaning);
    let edited = Plan::new(edited.meaning, edited.provenance);
    measure("preview one edit", || {
        let wanted = Wanted::Plan(Box::new(edited.clone()));
        let request = Request::new(name.clone(), wanted).simulated(true).recorded(true);
        engine.preview(request, &mut quiet).expect("a preview").report.steps.len()
    });
    measure("apply one edit", || {
        let wanted = Wanted::Plan(Box::new(edited.clone()));
        let request = Request::new(name.clone(), wanted).simulated(true).recorded(true);
        engine.apply(request, &mut quiet).expect("an apply").report.steps.len()
    });
    measure("status", || engine.status(None).expect("a status").deployments[0].resources.len());
    measure("destroy", || {
        let request = Request::new(name.clone(), Wanted::Destroy).allow_delete(Allowance::All);
        engine.apply(request, &mut quiet).expect("a destroy").report.steps.len()
    });
}

fn measure(what: &str, act: impl FnOnce() -> usize) {
    let (wall, processor) = (Instant::now(), processor_ms());
    let steps = act();
    let (wall, processor) = (wall.elapsed().as_millis(), processor_ms() - processor);
    let line = format!("{what:18} {steps:6}  {wall:6} ms wall  {processor:6} ms processor\n");
    std::io::stdout().write_all(line.as_bytes()).expect("somewhere to write");
}

/// Processor time of this process so far, in milliseconds.
fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 10
}

/// Groups of ten: a network, three subnets, a security group, a route table, four instances.
fn plan(count: usize) -> Plan {
    let mut nodes = Vec::with_capacity(count);
    for group in 0..count.div_ceil(10) {
        let get = |name: &str, attribute: &str| json!({"$get": [format!("{name}{group}"), attribute]});
        let mut put = |name: String, wire_type: &str, class: Class, mut properties: Json| {
            properties["Tags"] = json!({"Name": name.as_str(), "group": format!("g{group}"), "team": "bench"});
            nodes.push(Node {
                path: ResourcePath::from_text(name),
                wire_type: wire_type.to_string(),
                kind: NodeKind::Managed,
                provider: String::new(),
                class,
                properties: properties.as_object().cloned().unwrap_or_else(Map::new),
                deferred: Vec::new(),
                lifecycle: Default::default(),
                depends_on: Vec::new(),
                fingerprint: String::new(),
                former_path: None,
                physical_id: None,
            });
        };
        let plain = Class::Configuration;
        put(
            format!("vpc{group}"),
            "AWS::EC2::VPC",
            plain,
            json!({"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true}),
        );
        for subnet in 0..3 {
            let properties = json!({
                "VpcId": get("vpc", "VpcId"),
                "CidrBlock": format!("10.0.{subnet}.0/24"),
                "AvailabilityZone": format!("us-east-1{}", ["a", "b", "c"][subnet]),
            });
            put(format!("subnet{subnet}-{group}"), "AWS::EC2::Subnet", plain, properties);
        }
        let ingress = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}]);
        let group_properties = json!({
            "VpcId": get("vpc", "VpcId"),
            "GroupDescription": "web",
            "SecurityGroupIngress": ingress,
        });
        put(format!("group{group}"), "AWS::EC2::SecurityGroup", plain, group_properties);
        put(format!("table{group}"), "AWS::EC2::RouteTable", plain, json!({"VpcId": get("vpc", "VpcId")}));
        for instance in 0..4 {
            let properties = json!({
                "ImageId": "ami-0123456789abcdef0",
                "InstanceType": "t3.micro",
                "SubnetId": {"$get": [format!("subnet{}-{group}", instance % 3), "SubnetId"]},
                "SecurityGroupIds": [get("group", "GroupId")],
                "Monitoring": true,
            });
            put(format!("instance{instance}-{group}"), "AWS::EC2::Instance", Class::Compute, properties);
        }
    }
    let mut meaning = Meaning { composition: "bench".to_string(), nodes, ..Meaning::default() };
    let order = lw_plan::dependency_order(&meaning.nodes).expect("an acyclic plan");
    let mut sorted: Vec<Option<Node>> = meaning.nodes.drain(..).map(Some).collect();
    meaning.nodes = order.into_iter().filter_map(|index| sorted[index as usize].take()).collect();
    set_fingerprints(&mut meaning);
    Plan::new(meaning, Provenance { compiler: "measure".to_string(), ..Provenance::default() })
}
