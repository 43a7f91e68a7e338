//! Lookups: asked by `lw lock`, recorded in `lw.lock`, read by whatever compiles.

use serde_json::{Value as Json, json};

use crate::lw::Folder;
use crate::moto::Moto;

const SERVER: &str = r#"composition

import AWS
import AWS.EC2 as EC2

defaults {provider: AWS.provider {region: "eu-central-1"}}

parameter String release: "al2023-ami-*"

lookup AWS.ImageId image: AWS.image {owner: "amazon", name: release, architecture: "arm64"}
lookup List<String> zones: AWS.zones {region: "eu-central-1"}

server: EC2.Instance {imageId: image, instanceType: "t4g.micro", availabilityZone: List.head(zones) ?| "none"}
"#;

fn answers(lock: &Json) -> Vec<(String, Json, String)> {
    let inputs = lock["inputs"].as_array().expect("inputs");
    let text = |input: &Json, key: &str| input[key].as_str().unwrap_or_default().to_string();
    inputs.iter().map(|input| (text(input, "name"), input["answer"].clone(), text(input, "change"))).collect()
}

#[test]
fn an_answer_is_recorded_once_and_read_ever_after() {
    let folder = Folder::with(SERVER);
    let missing = folder.lw(&["check", "--json", "."]).expect(1);
    assert_eq!(missing.codes(), ["LW0615", "LW0615"]);
    assert!(missing.json()["diagnostics"][0]["help"].as_str().is_some_and(|help| help.contains("lw lock")));

    let lock = folder.lw(&["lock", "--sim", "--json"]).expect(0).json();
    let found = answers(&lock);
    let image = found[0].1.as_str().expect("an image").to_string();
    assert!(image.starts_with("ami-"), "{lock}");
    assert_eq!(found[1].1, json!(["eu-central-1a", "eu-central-1b", "eu-central-1c"]));
    assert!(found.iter().all(|(_, _, change)| change == "new"), "{lock}");

    folder.lw(&["check", "."]).expect(0);
    let plan: Json = serde_json::from_str(&folder.lw(&["build", "main.lw"]).expect(0).out).expect("a Plan");
    assert_eq!(plan["meaning"]["inputs"]["lookup image"], json!(image));
    let server =
        plan["meaning"]["nodes"].as_array().and_then(|nodes| nodes.iter().find(|node| node["path"] == "server"));
    assert_eq!(server.expect("a server")["properties"]["ImageId"], json!(image));

    // The same questions, the same answers, the same bytes.
    let text = folder.read("lw.lock");
    let again = folder.lw(&["lock", "--sim", "--json"]).expect(0).json();
    assert_eq!(again["changed"], json!([]));
    assert_eq!(folder.read("lw.lock"), text);
    folder.lw(&["lock", "--sim", "--check"]).expect(0);
}

#[test]
fn another_question_has_another_answer_and_the_difference_is_shown() {
    let folder = Folder::with(SERVER);
    folder.lw(&["lock", "--sim"]).expect(0);
    let before = folder.read("lw.lock");
    folder.write("main.lw", SERVER.replace("al2023-ami-*", "al2027-ami-*"));
    assert_eq!(folder.lw(&["check", "--json", "."]).expect(1).codes(), ["LW0615"]);

    let shown = folder.lw(&["lock", "--sim", "--check"]).expect(1).out;
    assert!(shown.contains("changed  main.lw  image: \"ami-") && shown.contains(" → \"ami-"), "{shown}");
    assert_eq!(folder.read("lw.lock"), before, "nothing was written");
    folder.lw(&["lock", "--sim"]).expect(0);
    folder.lw(&["check", "."]).expect(0);

    // What nobody asks any more goes.
    folder.write("main.lw", "composition\n");
    let gone = folder.lw(&["lock", "--sim", "--json"]).expect(0).json();
    assert!(answers(&gone).iter().all(|(_, _, change)| change == "gone"), "{gone}");
    assert!(!folder.read("lw.lock").contains("[[input]]"));
}

#[test]
fn environments_and_compositions_have_their_own_answers() {
    let folder = Folder::with(SERVER);
    folder.write("lw.toml", "[environment.prod]\nparameters = { release = \"al2022-ami-*\" }\n");
    folder.write("other.lw", SERVER.replace("al2023", "ubuntu"));
    folder.lw(&["lock", "--sim"]).expect(0);
    folder.lw(&["lock", "--sim", "--env", "prod"]).expect(0);
    let text = folder.read("lw.lock");
    assert_eq!(text.matches("[[input]]").count(), 8, "{text}");
    folder.lw(&["check", "."]).expect(0);
    folder.lw(&["check", "--env", "prod", "."]).expect(0);

    // One composition alone: the others' answers stay.
    folder.write("other.lw", "composition\n");
    folder.lw(&["lock", "--sim", "other.lw"]).expect(0);
    assert_eq!(folder.read("lw.lock").matches("[[input]]").count(), 6);
    folder.lw(&["check", "."]).expect(0);
}

#[test]
fn an_answer_may_be_what_the_next_one_asks_about() {
    let folder = Folder::with(
        "composition\n\nimport AWS\n\nlookup String first: AWS.parameter {name: \"/start\"}\n\
         lookup String second: AWS.parameter {name: \"/\\(first)\"}\n\noutput value: second\n",
    );
    let lock = folder.lw(&["lock", "--sim", "--json"]).expect(0).json();
    let found = answers(&lock);
    assert_eq!(lock["inputs"][1]["question"]["name"], json!(format!("/{}", found[0].1.as_str().expect("text"))));
    folder.lw(&["check", "."]).expect(0);
}

#[test]
fn what_the_simulated_cloud_says_is_for_the_simulated_cloud() {
    let folder = Folder::with(SERVER);
    folder.lw(&["lock", "--sim"]).expect(0);
    folder.lw(&["apply", "--sim", "--yes", "main.lw"]).expect(0);
    let refused = folder.lw(&["preview", "--store", "sqlite:real.db", "--json", "main.lw"]).expect(1);
    assert!(refused.codes().contains(&"LW0515".to_string()), "{}", refused.out);
    // A Plan that was built earlier knows it, too.
    folder.lw(&["build", "main.lw", "-o", "plan.json"]).expect(0);
    let refused = folder.lw(&["apply", "--store", "sqlite:real.db", "--yes", "--json", "plan.json"]).expect(1);
    assert!(refused.codes().contains(&"LW0515".to_string()), "{}", refused.out);
}

#[test]
fn an_object_of_the_cloud_can_be_asked_about() {
    let network =
        "composition\n\nimport AWS.EC2 as EC2\n\nvpc: EC2.VPC {cidrBlock: \"10.7.0.0/16\"}\n\noutput id: vpc.vpcId\n";
    let folder = Folder::with(network);
    folder.lw(&["apply", "--sim", "--yes", "--name", "network", "main.lw"]).expect(0);
    let id = folder.lw(&["output", "network", "--json"]).expect(0).json()["id"].as_str().expect("an id").to_string();
    let shop = format!(
        "composition\n\nimport AWS\n\nlookup String network: AWS.object {{wireType: \"AWS::EC2::VPC\", id: \"{id}\", property: \"CidrBlock\"}}\n"
    );
    folder.write("shop.lw", shop);
    let lock = folder.lw(&["lock", "--sim", "--json", "shop.lw"]).expect(0).json();
    assert_eq!(answers(&lock)[0].1, json!("10.7.0.0/16"));
}

#[test]
fn the_expected_account_is_verified_before_the_first_write() {
    let source = "composition\n\nimport AWS\nimport AWS.SNS as SNS\n\n\
                  defaults {provider: AWS.provider {region: \"us-west-2\", account: \"111111111111\"}}\n\nalarms: SNS.Topic {}\n";
    let mut folder = Folder::with(source);
    folder.set("LINEWORK_SIM_ACCOUNT", "222222222222");
    for command in [&["preview", "--sim", "--json", "main.lw"][..], &["apply", "--sim", "--yes", "--json", "main.lw"]] {
        let refused = folder.lw(command).expect(1);
        assert_eq!(refused.codes(), ["LW0516"], "{}", refused.out);
    }
    assert_eq!(folder.lw(&["status", "--json"]).expect(0).json()["deployments"], json!([]));
    folder.set("LINEWORK_SIM_ACCOUNT", "111111111111");
    folder.lw(&["apply", "--sim", "--yes", "main.lw"]).expect(0);
}

#[test]
fn secrets_of_a_cloud_are_read_for_the_call_alone() {
    let folder = Folder::with(
        "composition\n\nimport AWS\nimport AWS.SecretsManager as SecretsManager\n\n\
         url: SecretsManager.Secret {\n  name: \"url\",\n  secretString: Secret.concat([\n    Secret.parameter(\"/shop/user\"),\n    \
         AWS.secret {name: \"shop\", field: \"password\"},\n  ]),\n}\n",
    );
    folder.lw(&["apply", "--sim", "--yes", "main.lw"]).expect(0);
    folder.lw(&["preview", "--sim", "main.lw"]).expect(0);
}

const NETWORK: &str = "composition\n\nimport AWS.EC2 as EC2\n\nparameter Int size: 16\n\nvpc: EC2.VPC {cidrBlock: \"10.7.0.0/16\"}\n\n\
                       output vpcId: vpc.vpcId\noutput size: size\noutput names: [\"a\", \"b\"]\n";

const SHOP: &str = "composition\n\nimport AWS.EC2 as EC2\nimport deployment network@prod as Network\n\n\
                    group: EC2.SecurityGroup {vpcId: Network.vpcId, groupDescription: \"\\(Network.size)\"}\n\n\
                    output first: List.head(Network.names) ?| \"none\"\n";

fn network_and_shop() -> Folder {
    let folder = Folder::new();
    folder.write("network.lw", NETWORK);
    folder.write("shop.lw", SHOP);
    folder.lw(&["apply", "--sim", "--yes", "--name", "network@prod", "network.lw"]).expect(0);
    folder
}

#[test]
fn what_another_deployment_gives_out_is_recorded_and_typed() {
    let folder = network_and_shop();
    assert_eq!(folder.lw(&["check", "--json", "shop.lw"]).expect(1).codes(), ["LW0230"]);
    let lock = folder.lw(&["lock", "--json"]).expect(0).json();
    assert_eq!(answers(&lock).len(), 3, "{lock}");
    let text = folder.read("lw.lock");
    assert!(text.contains(r#"type = "Id<\"AWS::EC2::VPC\">""#), "{text}");
    folder.lw(&["check", "."]).expect(0);
    let plan: Json = serde_json::from_str(&folder.lw(&["build", "shop.lw"]).expect(0).out).expect("a Plan");
    let inputs = &plan["meaning"]["inputs"];
    assert_eq!(inputs["output network@prod.size"], json!(16), "{inputs}");
    assert!(inputs["output network@prod.vpcId"].as_str().is_some_and(|id| id.starts_with("vpc-")), "{inputs}");
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    assert_eq!(folder.lw(&["output", "shop", "--json"]).expect(0).json()["first"], json!("a"));

    // It has a type: a number is no id.
    folder.write("wrong.lw", SHOP.replace("Network.vpcId", "Network.size"));
    assert_eq!(folder.lw(&["check", "--json", "wrong.lw"]).expect(1).codes(), ["LW0205"]);
    folder.write("wrong.lw", SHOP.replace("Network.vpcId", "Network.vpcIdd"));
    assert!(folder.lw(&["check", "wrong.lw"]).expect(1).out.contains("vpcId"), "the near name is offered");
}

#[test]
fn an_output_that_has_moved_on_is_told_of_and_one_that_is_read_stays() {
    let folder = network_and_shop();
    folder.lw(&["lock"]).expect(0);
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    folder.lw(&["apply", "--sim", "--yes", "--name", "network@prod", "--set", "size=17", "network.lw"]).expect(0);
    let shown = folder.lw(&["preview", "--sim", "shop.lw"]).expect(0).error;
    assert!(shown.contains("LW0266") && shown.contains("`size` of `network@prod` is 17 by now"), "{shown}");
    let lock = folder.lw(&["lock", "--json"]).expect(0).json();
    assert_eq!(answers(&lock).iter().filter(|(_, _, change)| change == "changed").count(), 1, "{lock}");
    assert!(!folder.lw(&["preview", "--sim", "shop.lw"]).expect(1).error.contains("LW0266"));

    folder.write("network.lw", NETWORK.replace("output size: size\n", ""));
    let apply = ["apply", "--sim", "--yes", "--json", "--name", "network@prod", "network.lw"];
    assert_eq!(folder.lw(&apply).expect(1).codes(), ["LW0519"]);
    let destroy = ["destroy", "network@prod", "--yes", "--json", "--allow-delete", "all"];
    assert_eq!(folder.lw(&destroy).expect(1).codes(), ["LW0519"]);
    folder.lw(&["destroy", "shop", "--yes", "--allow-delete", "all"]).expect(0);
    folder.lw(&apply).expect(0);
    folder.lw(&destroy).expect(0);
}

/// A folder whose provider is an AWS-compatible server.
fn at(moto: &Moto, body: &str) -> Folder {
    let mut folder = Folder::with(&format!(
        "composition\n\nimport AWS\nimport AWS.EC2 as EC2\n\n\
         defaults {{provider: AWS.provider {{endpoint: \"{}\", region: \"us-east-1\"}}}}\n\n{body}",
        moto.endpoint
    ));
    folder.set("AWS_ACCESS_KEY_ID", "linework");
    folder.set("AWS_SECRET_ACCESS_KEY", "linework");
    folder.set("AWS_EC2_METADATA_DISABLED", "true");
    folder
}

#[test]
fn a_server_that_speaks_like_aws_answers() {
    let Some(moto) = Moto::start() else { return };
    let folder = at(
        &moto,
        "lookup String image: AWS.image {owner: \"amazon\", name: \"amzn-ami-hvm-2017*\"}\n\
         lookup List<String> zones: AWS.zones {region: \"us-west-2\"}\n\
         lookup String account: AWS.account {region: \"us-east-1\"}\n\
         lookup String public: AWS.parameter {name: \"/aws/service/global-infrastructure/regions/us-east-1\"}\n\
         output all: {image: image, zones: zones, account: account, public: public}\n",
    );
    let run = folder.lw(&["lock", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    let found = answers(&run.json());
    assert_eq!(found[0].1, json!("123456789012"));
    assert!(found[1].1.as_str().is_some_and(|image| image.starts_with("ami-")), "{found:?}");
    assert_eq!(found[2].1, json!("us-east-1"));
    assert!(found[3].1.as_array().is_some_and(|zones| zones.contains(&json!("us-west-2a"))), "{found:?}");
    let text = folder.read("lw.lock");
    assert!(text.contains("cloud = \"aws\"") && text.contains("account = \"123456789012\""), "{text}");
    folder.lw(&["check", "."]).expect(0);
}

#[test]
fn what_is_not_there_is_said_with_its_place() {
    let Some(moto) = Moto::start() else { return };
    let folder = at(&moto, "lookup String image: AWS.image {owner: \"self\", name: \"none-*\"}\noutput image: image\n");
    let refused = folder.lw(&["lock", "--json"]).expect(3);
    assert_eq!(refused.codes(), ["LW0517"]);
    assert_eq!(refused.json()["diagnostics"][0]["line"], json!(8));
    assert!(!folder.exists("lw.lock"));
}

const READER: &str = r#"composition

import AWS

parameter String network: "network"

lookup String vpc: AWS.exported {name: "\(network)-VPC"}

defaults {provider: AWS.provider {region: "us-east-1"}}

output vpc: vpc
"#;

#[test]
fn what_a_stack_exports_is_recorded_as_anything_else() {
    let folder = Folder::with(READER);
    assert_eq!(folder.lw(&["check", "--json", "."]).expect(1).codes(), ["LW0615"]);
    let lock = folder.lw(&["lock", "--sim", "--json"]).expect(0).json();
    assert_eq!(lock["inputs"][0]["question"], json!({"name": "network-VPC"}));
    folder.lw(&["check", "."]).expect(0);
    // A stack asks by itself, whatever is recorded here.
    let template = folder.lw(&["build", "main.lw", "--emit", "cloudformation"]).expect(0).out;
    assert!(
        template.contains("!ImportValue\n") || template.contains("Fn::ImportValue: !Sub '${Network}-VPC'"),
        "{template}"
    );
}

/// Has the server make a stack, as whoever owns it would.
fn make_stack(moto: &Moto, name: &str, template: &str) {
    use std::io::{Read, Write};
    let encoded: String = template.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let body = format!("Action=CreateStack&Version=2010-05-15&StackName={name}&TemplateBody={encoded}");
    let address = moto.endpoint.trim_start_matches("http://");
    let credential = "Credential=a/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=b";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nAuthorization: AWS4-HMAC-SHA256 {credential}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = std::net::TcpStream::connect(address).expect("the server listens");
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_stack_that_exports_is_asked() {
    let Some(moto) = Moto::start() else { return };
    let folder = at(&moto, "lookup String topic: AWS.exported {name: \"alerts-Topic\"}\noutput topic: topic\n");
    let refused = folder.lw(&["lock", "--json"]).expect(3);
    assert_eq!(refused.codes(), ["LW0517"]);
    assert!(refused.out.contains("there is no export `alerts-Topic` of a stack"), "{}", refused.out);
    let template = json!({
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}}},
        "Outputs": {"Topic": {"Value": {"Ref": "Topic"}, "Export": {"Name": "alerts-Topic"}}},
    });
    make_stack(&moto, "alerts", &template.to_string());
    let run = folder.lw(&["lock", "--json"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.error);
    assert!(answers(&run.json())[0].1.as_str().is_some_and(|arn| arn.ends_with(":alerts")), "{}", run.out);
}
