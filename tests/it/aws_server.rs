//! Examples against an AWS-compatible server: made, made again without a change, changed, gone.

use std::path::Path;

use serde_json::Value as Json;
use serde_json::json;

use crate::lifecycle::copy;
use crate::lw::Folder;
use crate::moto::Moto;

/// A copy of an example whose provider is the server.
fn example(project: &str, moto: &Moto) -> Folder {
    let mut folder = copy(project);
    let source = folder.read("main.lw");
    let provider = "AWS.provider {";
    assert!(source.contains(provider), "the example names its provider");
    folder.write("main.lw", source.replace(provider, &format!("AWS.provider {{endpoint: \"{}\", ", moto.endpoint)));
    // The server takes any.
    folder.set("AWS_ACCESS_KEY_ID", "linework");
    folder.set("AWS_SECRET_ACCESS_KEY", "linework");
    folder.set("AWS_EC2_METADATA_DISABLED", "true");
    folder
}

/// What the server shows to somebody who is not our client: an operation of EC2, by hand.
fn ask_ec2(moto: &Moto, action: &str) -> String {
    use std::io::{Read as _, Write as _};
    let host = moto.endpoint.trim_start_matches("http://");
    let body = format!("Action={action}&Version=2016-11-15");
    // The server reads service and region out of it, and does not verify it.
    let signature =
        "AWS4-HMAC-SHA256 Credential=x/20260101/us-west-2/ec2/aws4_request, SignedHeaders=host, Signature=x";
    let mut stream = std::net::TcpStream::connect(host).expect("the server listens");
    write!(
        stream,
        "POST / HTTP/1.0\r\nHost: {host}\r\nAuthorization: {signature}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

#[test]
fn a_network_is_made_changed_and_gone() {
    let Some(moto) = Moto::start() else { return };
    let folder = example("vpc", &moto);
    let applied = folder.lw(&["apply", "main.lw", "--yes", "--json"]).expect(0).json();
    let results: Vec<&str> = steps(&applied).iter().filter_map(|step| step["result"].as_str()).collect();
    assert_eq!(results, vec!["done"; 10]);
    assert!(applied["outputs"]["vpcId"].as_str().is_some_and(|id| id.starts_with("vpc-")), "{applied}");

    let again = folder.lw(&["apply", "main.lw", "--yes", "--json"]).expect(0).json();
    assert_eq!(again["steps"], json!([]));
    assert_eq!(folder.lw(&["preview", "main.lw", "--json"]).expect(0).json()["steps"], json!([]));

    let source = folder.read("main.lw");
    folder.write("main.lw", source.replace("fromPort: 443", "fromPort: 444").replace("toPort: 443", "toPort: 444"));
    let changed = folder.lw(&["apply", "main.lw", "--yes", "--json"]).expect(0).json();
    let actions: Vec<(&str, &str)> = steps(&changed)
        .iter()
        .map(|step| (step["action"].as_str().unwrap_or_default(), step["path"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(actions, [("update", "web")]);
    assert_eq!(folder.lw(&["preview", "main.lw", "--json"]).expect(0).json()["steps"], json!([]));

    assert_eq!(ask_ec2(&moto, "DescribeTags").matches("linework:uid").count(), 6);
    folder.lw(&["destroy", "project", "--yes", "--allow-delete", "all"]).expect(0);
    for action in
        ["DescribeVpcs", "DescribeSubnets", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeInternetGateways"]
    {
        let shown = ask_ec2(&moto, action);
        assert!(!shown.contains("linework:"), "{shown}");
    }
}

fn steps(report: &Json) -> &[Json] {
    report["steps"].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn without_credentials_nothing_is_sent_and_the_reason_is_said() {
    let mut folder = copy("vpc");
    let home = folder.path().join("home");
    folder.set("HOME", &home.to_string_lossy());
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"] {
        folder.set(variable, "");
    }
    folder.set("AWS_EC2_METADATA_DISABLED", "true");
    let run = folder.lw(&["apply", "main.lw", "--yes"]).expect(3);
    assert!(run.error.contains("there are no AWS credentials"), "{}", run.error);
    assert!(!Path::new(&home).exists());
}
