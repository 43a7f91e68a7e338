use std::path::PathBuf;
use std::time::Duration;

use adapter::sim::{Config, SimulatedCloud};
use conductor::{
    Allowance, Applied, DeploymentName, Engine, EngineOptions, Previewed, Problems, Progress, Request, Wanted,
};
use lw_plan::{Class, Json, Map, Meaning, Node, NodeKind, Origin, Plan, Provenance, ResourcePath, set_fingerprints};
use serde_json::json;
use tempfile::TempDir;

/// A store in a folder of its own.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn store(&self) -> PathBuf {
        self.folder.path().join(".linework/state.db")
    }

    pub fn options(&self) -> EngineOptions {
        EngineOptions::new(self.store())
    }

    pub fn engine(&self) -> Engine {
        Engine::new(self.options())
    }

    /// An engine whose simulated cloud takes its time.
    pub fn slow_engine(&self, latency_ms: u64) -> Engine {
        let mut options = self.options();
        options.sim.latency_ms = latency_ms;
        Engine::new(options)
    }

    /// The simulated cloud, between commands.
    pub fn cloud(&self) -> SimulatedCloud {
        SimulatedCloud::in_file(&self.store().with_file_name("sim.db"), Config::default())
    }

    pub fn count(&self) -> usize {
        self.cloud().objects().expect("the cloud opens").len()
    }
}

pub fn name(text: &str) -> DeploymentName {
    DeploymentName::parse(text).expect("a deployment's name")
}

pub fn map(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

pub fn node(path: &str, wire_type: &str, properties: Json) -> Node {
    let class = match wire_type {
        "AWS::S3::Bucket" => Class::Data,
        "AWS::EC2::Instance" => Class::Compute,
        _ => Class::Configuration,
    };
    Node {
        path: ResourcePath::from_text(path),
        wire_type: wire_type.to_string(),
        kind: NodeKind::Managed,
        provider: String::new(),
        class,
        properties: map(properties),
        deferred: Vec::new(),
        lifecycle: Default::default(),
        depends_on: Vec::new(),
        fingerprint: String::new(),
        former_path: None,
        physical_id: None,
    }
}

pub fn output(path: &str, value: Json) -> Node {
    let properties = json!({lw_plan::OUTPUT_VALUE: value});
    Node { kind: NodeKind::Output, ..node(path, lw_plan::OUTPUT_TYPE, properties) }
}

/// A Plan of nodes in dependency order.
pub fn plan(composition: &str, nodes: Vec<Node>) -> Plan {
    let origins = (1..=nodes.len()).map(|line| Origin {
        file: format!("{composition}.lw"),
        line: line as u32,
        properties: Default::default(),
    });
    let provenance = Provenance { compiler: "test".to_string(), origins: origins.collect(), ..Provenance::default() };
    let mut meaning = Meaning { composition: composition.to_string(), nodes, ..Meaning::default() };
    set_fingerprints(&mut meaning);
    let plan = Plan::new(meaning, provenance);
    plan.check().expect("a Plan as the compiler makes them");
    plan
}

pub fn vpc() -> Node {
    node("vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16", "Tags": {"team": "web"}}))
}

pub fn subnet(number: usize) -> Node {
    let properties = json!({
        "VpcId": {"$get": ["vpc", "VpcId"]},
        "CidrBlock": format!("10.0.{number}.0/24"),
    });
    node(&format!("subnets[{number}]"), "AWS::EC2::Subnet", properties)
}

/// A network with subnets, and its id as an output.
pub fn network(subnets: usize) -> Plan {
    let mut nodes = vec![vpc()];
    nodes.extend((0..subnets).map(subnet));
    nodes.push(output("vpcId", json!({"$get": ["vpc", "VpcId"]})));
    plan("network", nodes)
}

pub fn topics(composition: &str, count: usize) -> Plan {
    let topic = |number: usize| node(&format!("topics[{number}]"), "AWS::SNS::Topic", json!({"DisplayName": "news"}));
    plan(composition, (0..count).map(topic).collect())
}

pub fn request(plan: Plan) -> Request {
    let deployment = name(&plan.meaning.composition);
    Request::new(deployment, Wanted::Plan(Box::new(plan))).simulated(true)
}

pub fn destruction(deployment: &str) -> Request {
    Request::new(name(deployment), Wanted::Destroy)
}

pub fn apply(engine: &Engine, plan: Plan) -> Applied {
    try_apply(engine, request(plan)).expect("an answer")
}

pub fn try_apply(engine: &Engine, request: Request) -> Result<Applied, Problems> {
    engine.apply(request, &mut |_| {})
}

pub fn preview(engine: &Engine, plan: Plan) -> Previewed {
    engine.preview(request(plan), &mut |_| {}).expect("an answer")
}

pub fn destroy_all(engine: &Engine, deployment: &str) -> Applied {
    try_apply(engine, destruction(deployment).allow_delete(Allowance::All)).expect("an answer")
}

/// The code of the first problem.
pub fn code<T: std::fmt::Debug>(answer: Result<T, Problems>) -> String {
    answer.expect_err("a problem").iter().next().expect("never empty").code.clone()
}

/// Runs an apply and keeps what people would have been told.
pub fn watched_apply(engine: &Engine, request: Request) -> (Result<Applied, Problems>, Vec<Progress>) {
    let mut told = Vec::new();
    let answer = engine.apply(request, &mut |progress| told.push(progress));
    (answer, told)
}

/// Waits until a condition holds; a test that waits for ever has failed.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let given_up = std::time::Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(std::time::Instant::now() < given_up, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
