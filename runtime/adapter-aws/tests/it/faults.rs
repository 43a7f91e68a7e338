//! What goes wrong on the way: the client says truthfully whether something may have happened.

use adapter::ErrorKind;
use adapter_aws::client::{Client, Effect, Target};
use lw_plan::Map;

use crate::server::{Answer, Arrived, Server};

const VPC: &str = "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>";
const ACCOUNT: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";

fn client(server: &Server, account: Option<&str>) -> Client {
    let target = Target {
        region: "eu-west-1".to_string(),
        endpoint: Some(server.endpoint.clone()),
        account: account.map(str::to_string),
        ..Target::default()
    };
    Client::with_keys(target, "linework", "linework")
}

fn make(server: &Server, account: Option<&str>) -> Result<(), (ErrorKind, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = client(server, account);
    let answer = runtime.block_on(client.call("ec2", "CreateVpc", &Map::new(), "token", Effect::Once));
    answer.map(drop).map_err(|error| (error.kind, error.to_string()))
}

fn ec2_error(status: u16, code: &str) -> Answer {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors><RequestID>r1</RequestID></Response>"
    );
    Some((status, body))
}

#[test]
fn what_may_have_happened_is_sent_once() {
    type Fault = fn(usize, &Arrived) -> Answer;
    let faults: [(&str, Fault); 5] = [
        ("a connection that closes", |_, _| None),
        ("a server error", |_, _| ec2_error(500, "InternalError")),
        ("a page of somebody else", |_, _| Some((502, "<html><body>Bad <b>Gateway".to_string()))),
        ("an answer that breaks off", |_, _| Some((200, VPC[..40].to_string()))),
        ("a page instead of an answer", |_, _| Some((200, "<html></html>".to_string()))),
    ];
    for (name, fault) in faults {
        let server = Server::start(fault);
        let (kind, message) = make(&server, None).expect_err(name);
        assert_eq!(kind, ErrorKind::Unknown, "{name}: {message}");
        assert_eq!(server.arrived().len(), 1, "{name}");
    }
}

#[test]
fn what_surely_did_not_happen_is_sent_again() {
    let server = Server::start(|number, _| match number {
        0 => ec2_error(503, "RequestLimitExceeded"),
        1 => ec2_error(503, "ServiceUnavailable"),
        _ => Some((200, VPC.to_string())),
    });
    make(&server, None).expect("the third time it is");
    let arrived = server.arrived();
    assert_eq!(arrived.len(), 3);
    assert!(arrived.iter().all(|request| request.body == arrived[0].body), "the same each time");
}

#[test]
fn a_refusal_has_its_code_and_the_request() {
    let server = Server::start(|_, _| ec2_error(400, "VpcLimitExceeded"));
    let (kind, message) = make(&server, None).expect_err("it is refused");
    assert_eq!(kind, ErrorKind::Permanent);
    assert_eq!(message, "VpcLimitExceeded: CreateVpc: no (request r1)");
}

#[test]
fn nothing_is_written_in_another_account() {
    let answer = |_: usize, arrived: &Arrived| match arrived.operation.as_str() {
        "GetCallerIdentity" => Some((200, ACCOUNT.to_string())),
        _ => Some((200, VPC.to_string())),
    };
    let server = Server::start(answer);
    let (kind, message) = make(&server, Some("222222222222")).expect_err("it is another");
    assert_eq!(kind, ErrorKind::Credentials);
    assert!(message.contains("111111111111") && message.contains("222222222222"), "{message}");
    assert_eq!(server.arrived().len(), 1, "nothing but the question whose they are");
    make(&Server::start(answer), Some("111111111111")).expect("it is the one");
}

#[test]
fn nobody_who_listens_is_nothing_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("a port"));
    drop(listener);
    let target = Target { region: "eu-west-1".to_string(), endpoint: Some(endpoint), ..Target::default() };
    let client = Client::with_keys(target, "linework", "linework");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(client.call("ec2", "CreateVpc", &Map::new(), "token", Effect::Once));
    assert_eq!(answer.expect_err("nobody listens").kind, ErrorKind::Retryable);
}
