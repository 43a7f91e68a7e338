//! Plans to be killed: about twenty resources with every kind of edge, and the same after an edit.

use lw_plan::{
    Class, DeferredProperty, Json, Map, Meaning, Node, NodeKind, Plan, Provenance, ResourcePath, dependency_order,
    set_fingerprints,
};
use serde_json::json;

/// Chance from a seed (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn is(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }
}

fn node(path: &str, wire_type: &str, properties: Json) -> Node {
    let Json::Object(properties) = properties else { unreachable!("properties are an object") };
    let class = match wire_type {
        "AWS::EC2::Instance" => Class::Compute,
        "AWS::SQS::Queue" | "AWS::Logs::LogGroup" => Class::Data,
        _ => Class::Configuration,
    };
    Node {
        path: ResourcePath::from_text(path),
        wire_type: wire_type.to_string(),
        kind: NodeKind::Managed,
        provider: String::new(),
        class,
        properties: properties.into_iter().collect::<Map<String, Json>>(),
        deferred: Vec::new(),
        lifecycle: Default::default(),
        depends_on: Vec::new(),
        fingerprint: String::new(),
        former_path: None,
        physical_id: None,
    }
}

fn get(path: &str, attribute: &str) -> Json {
    json!({ "$get": [path, attribute] })
}

/// One program of a seed: `edition` 0 is the first, every other one is an edit of it.
pub fn program(seed: u64, edition: u64) -> Plan {
    // What does not change between editions is drawn from the seed alone.
    let mut shape = Chance(seed);
    let mut edit = Chance(seed ^ edition.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let mut value =
        |text: &str| if edition > 0 && edit.is(400) { format!("{text}-{edition}") } else { text.to_string() };
    let mut nodes = vec![node("vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}))];
    let subnets = 2 + shape.below(3);
    for number in 0..subnets {
        let path = format!("subnets[{number}]");
        let third = if value("s") == "s" { number } else { 100 + number };
        let cidr = format!("10.0.{third}.0/24");
        nodes.push(node(&path, "AWS::EC2::Subnet", json!({"VpcId": get("vpc", "VpcId"), "CidrBlock": cidr})));
        // Takes no tags.
        nodes.push(node(
            &format!("associations[{number}]"),
            "AWS::EC2::SubnetRouteTableAssociation",
            json!({"SubnetId": get(&path, "SubnetId"), "RouteTableId": get("table", "RouteTableId")}),
        ));
    }
    nodes.push(node("table", "AWS::EC2::RouteTable", json!({"VpcId": get("vpc", "VpcId")})));
    // A circle: each names the other.
    let rule = |group: &str| json!([{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "SourceSecurityGroupId": get(group, "GroupId")}]);
    let mut left = node(
        "left",
        "AWS::EC2::SecurityGroup",
        json!({"GroupDescription": "left", "VpcId": get("vpc", "VpcId"), "Tags": {"t": value("left")}}),
    );
    left.deferred.push(DeferredProperty { property: "SecurityGroupIngress".to_string(), value: rule("right") });
    let right =
        json!({"GroupDescription": "right", "VpcId": get("vpc", "VpcId"), "SecurityGroupIngress": rule("left")});
    nodes.extend([left, node("right", "AWS::EC2::SecurityGroup", right)]);
    for number in 0..1 + shape.below(2) {
        let instance = json!({
            "ImageId": value("ami-0abc"),
            "SubnetId": get("subnets[0]", "SubnetId"),
            "SecurityGroupIds": [get("left", "GroupId"), get("right", "GroupId")],
        });
        nodes.push(node(&format!("web[{number}]"), "AWS::EC2::Instance", instance));
    }
    let topics = 2 + shape.below(4);
    for number in 0..topics {
        if edition > 0 && value("kept") != "kept" {
            continue;
        }
        let path = format!("topics[\"{number}\"]");
        nodes.push(node(&path, "AWS::SNS::Topic", json!({"DisplayName": value(&format!("topic {number}"))})));
        if shape.is(500) {
            let subscription = json!({
                "TopicArn": get(&path, "TopicArn"),
                "Protocol": "sqs",
                "Endpoint": get("jobs", "Arn"),
            });
            nodes.push(node(&format!("subscriptions[\"{number}\"]"), "AWS::SNS::Subscription", subscription));
        }
    }
    nodes.push(node("jobs", "AWS::SQS::Queue", json!({"DelaySeconds": 5})));
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Sid": value("one")}]});
    // Takes no tags either.
    nodes.push(node(
        "rights",
        "AWS::SQS::QueuePolicy",
        json!({"Queues": [get("jobs", "QueueUrl")], "PolicyDocument": document}),
    ));
    nodes.push(node("log", "AWS::Logs::LogGroup", json!({"RetentionInDays": if value("a") == "a" { 3 } else { 5 }})));
    if edition > 0 {
        nodes.push(node("added", "AWS::SNS::Topic", json!({"DisplayName": format!("added {edition}")})));
    }
    let order = dependency_order(&nodes).expect("the programs have an order");
    let mut unordered: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    let nodes = order.into_iter().filter_map(|index| unordered[index as usize].take()).collect();
    let mut meaning = Meaning { composition: "shop".to_string(), nodes, ..Meaning::default() };
    set_fingerprints(&mut meaning);
    let plan = Plan::new(meaning, Provenance { compiler: "soak".to_string(), ..Provenance::default() });
    plan.check().expect("a Plan as the compiler makes them");
    plan
}
