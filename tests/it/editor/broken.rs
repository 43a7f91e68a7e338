//! Code that is not finished: completion and hover go on beside a syntax error, in a half-typed record, in an incomplete `case`.

use serde_json::{Value as Json, json};

use super::{Client, fixture};
use crate::lw::Folder;

const HEAD: &str = "composition\n\nimport AWS.EC2 as EC2\n\n# \u{1f980} über\ntype Tier: | Small | Large {count: Int}\n\nInt known: 7\n\nTier tier: Small\n\n";

struct Open {
    client: Client,
    cursor: Json,
    _folder: Folder,
}

fn open(body: &str) -> Open {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    let (text, cursor) = fixture(&format!("{HEAD}{body}"));
    client.open("main.lw", &text);
    // What is asked of is broken, and is said to be.
    let found = client.diagnostics("main.lw");
    let is_syntax = |one: &Json| one["code"].as_str().is_some_and(|code| code.starts_with("LW01"));
    assert!(found.iter().any(is_syntax), "{body}: {found:?}");
    Open { client, cursor, _folder: folder }
}

fn labels(body: &str) -> Vec<String> {
    let mut open = open(body);
    let document = open.client.document("main.lw");
    let found = open.client.ask("textDocument/completion", json!({"textDocument": document, "position": open.cursor}));
    let items = found["items"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|item| item["label"].as_str().map(String::from)).collect()
}

fn hover(body: &str) -> String {
    let mut open = open(body);
    let document = open.client.document("main.lw");
    let found = open.client.ask("textDocument/hover", json!({"textDocument": document, "position": open.cursor}));
    found["contents"]["value"].as_str().unwrap_or_default().to_string()
}

fn offers(body: &str, wanted: &[&str]) {
    let labels = labels(body);
    for label in wanted {
        assert!(labels.iter().any(|known| known == label), "{body}: `{label}` is not among {labels:?}");
    }
}

#[test]
fn beside_a_syntax_error_in_another_statement() {
    let broken = "wrong: {a: 1,, \"\u{1f980}\"\n\n";
    offers(&format!("{broken}vpc: EC2.VPC {{$0}}\n"), &["cidrBlock", "instanceTenancy"]);
    offers(&format!("{broken}Int sum: kn$0 + 1\n"), &["known"]);
    offers(&format!("vpc: EC2.VPC {{$0}}\n\n{broken}"), &["cidrBlock"]);
    assert!(hover(&format!("{broken}vpc: EC2.VPC {{cidr$0Block: \"10.0.0.0/16\"}}\n")).contains("create-only"));
    assert!(hover(&format!("{broken}Int sum: kno$0wn + 1\n")).contains("Int known"));
}

#[test]
fn beside_a_syntax_error_in_the_same_statement() {
    offers("vpc: EC2.VPC {enableDnsSupport: = True, $0}\n", &["cidrBlock"]);
    offers("sum: [known +, kn$0]\n", &["known"]);
    assert!(hover("sum: [known +, kno$0wn]\n").contains("Int known"));
    assert!(hover("vpc: EC2.VPC {cidr$0Block: \"\u{1f980}\",, enableDnsSupport: True}\n").contains("create-only"));
}

#[test]
fn in_a_half_typed_record() {
    offers("vpc: EC2.VPC {\n  enableDnsSupport: True,\n  cid$0\n", &["cidrBlock"]);
    offers("vpc: EC2.VPC {\n  instanceTenancy: \"$0\n", &["default", "dedicated"]);
    offers("vpc: EC2.VPC {cidrBlock: \"\u{1f980}\", $0\n\nother: 1\n", &["enableDnsSupport", "tags"]);
    offers("gate: EC2.VPCGatewayAttachment {\n  vpcId: $0\n", &["known"]);
    assert!(hover("vpc: EC2.VPC {\n  enableDns$0Support: True,\n  cid\n").contains("changed in place"));
    assert!(hover("vpc: EC2.V$0PC {\n  enableDnsSupport: True,\n").contains("AWS::EC2::VPC"));
}

#[test]
fn in_an_incomplete_case() {
    offers("fun size(tier: Tier) -> Int:\n  case tier of\n  | $0\n", &["Small", "Large"]);
    offers("fun size(tier: Tier) -> Int:\n  case tier of\n  | Small ->\n  | $0\n", &["Large"]);
    offers("fun size(tier: Tier) -> Int:\n  case ti$0\n", &["tier"]);
    offers("fun size(tier: Tier) -> Int:\n  case tier of\n  | Small -> kn$0\n  |\n", &["known"]);
    assert!(hover("fun size(tier: Tier) -> Int:\n  case ti$0er of\n  | Small ->\n").contains("Tier tier"));
    assert!(hover("fun size(tier: Tier) -> Int:\n  case tier of\n  | Sm$0all ->\n").contains("Tier.Small"));
    assert!(
        hover("fun size(tier: Tier) -> Int:\n  case tier of\n  | Small -> 1\n  | La$0rge ->\n").contains("Tier.Large")
    );
}
