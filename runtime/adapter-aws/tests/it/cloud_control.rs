//! Cloud Control over the wire, against a server that says what its reference says.

use std::time::Duration;

use adapter::{Adapter, Call, Owner, Patch, Place};
use adapter_aws::Aws;
use adapter_aws::client::{Client, Target};
use lw_plan::{Json, Map};
use serde_json::json;

use crate::server::{Answer, Server};

/// A type without an entry in the table.
const WIRE_TYPE: &str = "AWS::AppConfig::Application";

fn aws(endpoint: &str) -> Aws {
    let target = Target { region: "eu-west-1".to_string(), endpoint: Some(endpoint.to_string()), ..Target::default() };
    Aws::of(Client::with_keys(target, "linework", "linework"))
}

fn call() -> Call {
    Call {
        operation: "00112233445566778899aabbccddeeff".to_string(),
        owner: Owner { uid: "u1".to_string(), deployment: "shop".to_string() },
        place: Place::default(),
        deadline: Duration::from_secs(30),
    }
}

fn map(value: Json) -> Map<String, Json> {
    value.as_object().expect("an object").clone()
}

fn event(status: &str) -> Answer {
    let event = json!({"TypeName": WIRE_TYPE, "Identifier": "app-1", "RequestToken": "r1", "OperationStatus": status});
    Some((200, json!({"ProgressEvent": event}).to_string()))
}

#[test]
fn an_operation_is_asked_for_and_waited_for() {
    let server = Server::start(|_, arrived| match arrived.operation.as_str() {
        "CreateResource" | "UpdateResource" | "DeleteResource" => event("IN_PROGRESS"),
        "GetResourceRequestStatus" => event("SUCCESS"),
        "GetResource" => {
            let tags = json!([{"Key": "linework:uid", "Value": "u1"}, {"Key": "linework:deployment", "Value": "shop"}]);
            let properties = json!({"ApplicationId": "app-1", "Name": "shop", "Tags": tags}).to_string();
            let answer = json!({"ResourceDescription": {"Identifier": "app-1", "Properties": properties}});
            Some((200, answer.to_string()))
        }
        _ => None,
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let aws = aws(&server.endpoint);
    runtime.block_on(async {
        let written = map(json!({"Name": "shop", "Tags": {"linework:uid": "u1", "linework:deployment": "shop"}}));
        let object = aws.create(&call(), WIRE_TYPE, &written).await.expect("it is made");
        assert_eq!(object.physical_id, "app-1");
        assert_eq!(object.owner, Some(call().owner));
        let patch = Patch {
            set: map(json!({"Name": "other", "Description": "more"})),
            reset: vec!["Tags".to_string(), "Missing".to_string()],
            ..Patch::default()
        };
        aws.update(&call(), WIRE_TYPE, "app-1", &patch).await.expect("it is changed");
        aws.delete(&call(), WIRE_TYPE, "app-1").await.expect("it is gone");
    });
    let arrived = server.arrived();
    let operations: Vec<&str> = arrived.iter().map(|arrived| arrived.operation.as_str()).collect();
    let status = "GetResourceRequestStatus";
    assert_eq!(
        operations,
        [
            "CreateResource",
            status,
            "GetResource",
            "GetResource",
            "UpdateResource",
            status,
            "GetResource",
            "DeleteResource",
            status,
        ]
    );
    let body: Json = serde_json::from_str(&arrived[0].body).expect("JSON");
    assert_eq!(body["ClientToken"], call().operation);
    let desired: Json = serde_json::from_str(body["DesiredState"].as_str().expect("text")).expect("JSON");
    assert_eq!(desired["Tags"][0], json!({"Key": "linework:deployment", "Value": "shop"}));
    let body: Json = serde_json::from_str(&arrived[4].body).expect("JSON");
    let patch: Json = serde_json::from_str(body["PatchDocument"].as_str().expect("text")).expect("JSON");
    assert_eq!(
        patch,
        json!([
            {"op": "add", "path": "/Description", "value": "more"},
            {"op": "replace", "path": "/Name", "value": "other"},
            {"op": "remove", "path": "/Tags"},
        ])
    );
    assert!(arrived[0].authorization.starts_with("AWS4-HMAC-SHA256 Credential=linework/"));
    assert!(arrived[0].authorization.contains("/eu-west-1/cloudcontrolapi/aws4_request"));
}

#[test]
fn a_handler_that_fails_says_why() {
    let server = Server::start(|_, _| {
        let event = json!({"OperationStatus": "FAILED", "ErrorCode": "AlreadyExists", "StatusMessage": "it is there"});
        Some((200, json!({"ProgressEvent": event}).to_string()))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(async { aws(&server.endpoint).create(&call(), WIRE_TYPE, &Map::new()).await });
    let error = answer.expect_err("it is refused");
    assert_eq!((error.kind, error.code.as_str()), (adapter::ErrorKind::AlreadyExists, "AlreadyExists"));
    assert!(error.message.contains("it is there"));
}
