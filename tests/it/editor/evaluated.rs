//! What only evaluation knows: computed ranges and names, values and the way of later ones, what a preview says; and evaluations that nobody
//! waits for any more.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{Client, at, fixture};
use crate::lw::Folder;

const NETWORK: &str = "composition\n\nimport AWS.EC2 as EC2\nimport AWS.S3 as S3\nimport Net\n\nString team: \"\u{1f980}\"\n\nvpc: EC2.VPC {cidrBlock: Net.subnet(\"10.0.0.0/8\", 8, 3)}\n\nnets: [EC2.Subnet {vpcId: vpc, cidrBlock: Net.subnet(\"10.3.0.0/16\", 8, zone)} for zone in [1, 2, 3]]\n\nbuckets: {\"logs\": S3.Bucket {bucketName: \"shop-\\(1 + 1)\"}}\n\nid: vpc.vpcId\n\nparts: (team, vpc.vpcId ++ \"-x\")\n";

/// Asks until the answer holds what evaluation brings.
fn ask_until(client: &mut Client, method: &str, params: &Json, wanted: impl Fn(&Json) -> bool) -> Json {
    let begun = Instant::now();
    loop {
        let found = client.ask(method, params.clone());
        if wanted(&found) {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{method} never came to what is wanted: {found}");
    }
}

#[test]
fn hints_show_computed_ranges_and_names_of_resources() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", NETWORK);
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let params = json!({"textDocument": client.document("main.lw"), "range": range});
    let hints =
        ask_until(&mut client, "textDocument/inlayHint", &params, |hints| hints.to_string().contains("10.3.0.0"));
    let hint = |label: &str| {
        let all = hints.as_array().expect("a list");
        all.iter().find(|hint| hint["label"] == label).unwrap_or_else(|| panic!("no {label} in {hints}"))["position"]
            .clone()
    };
    assert_eq!(hint("= \"10.3.0.0/16\""), at(NETWORK, "8, 3)}", 5));
    assert_eq!(hint("= \"10.3.1.0/24\", \"10.3.2.0/24\", …"), at(NETWORK, "8, zone)}", 8));
    assert_eq!(hint("= \"shop-2\""), at(NETWORK, "1)\"}}", 3));
}

#[test]
fn hover_shows_the_way_of_a_value_that_comes_later() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", NETWORK);
    let mut hover = |piece: &str, wanted: &str| {
        let params = json!({"textDocument": client.document("main.lw"), "position": at(NETWORK, piece, 0)});
        let value = |hover: &Json| hover["contents"]["value"].as_str().unwrap_or_default().to_string();
        ask_until(&mut client, "textDocument/hover", &params, |hover| value(hover).contains(wanted))
    };
    hover("id: vpc", "vpc.vpcId");
    hover("parts: (", "${vpc.vpcId}-x");
    hover("nets: [", "3 resources");
}

#[test]
fn lenses_say_what_a_preview_says_of_each_resource() {
    let source = |support: &str, more: &str| {
        format!(
            "composition\n\nimport AWS.EC2 as EC2\n\n# \u{1f980}\nvpc: EC2.VPC {{cidrBlock: \"10.0.0.0/16\", enableDnsSupport: {support}}}\n\nstays: EC2.InternetGateway {{}}\n{more}"
        )
    };
    let folder = Folder::with(&source("True", ""));
    folder.write("lw.toml", "name = \"shop\"\n");
    folder.lw(&["apply", "--sim", "--yes", "main.lw"]).expect(0);
    let mut client = Client::start(&folder);
    let more = "\nnets: [EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.\\(zone).0/24\"} for zone in [1, 2]]\n";
    client.open("main.lw", &source("False", more));
    let params = json!({"textDocument": client.document("main.lw")});
    let lenses = ask_until(&mut client, "textDocument/codeLens", &params, Json::is_array);
    let titles: Vec<(&str, &str)> = lenses
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|lens| Some((lens["command"]["title"].as_str()?, lens["command"]["command"].as_str()?)))
        .collect();
    assert_eq!(
        titles,
        [
            ("4 resources", "linework.showGraph"),
            ("1 to update, 2 to create", "linework.preview"),
            ("update", "linework.preview"),
            ("unchanged", "linework.preview"),
            ("2 resources · 2 to create", "linework.preview"),
        ]
    );
}

#[test]
fn a_test_is_run_by_its_lens() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", "composition\n\ntest \"\u{1f980} holds\": 1 + 1 == 2\n");
    let params = json!({"textDocument": client.document("main.lw")});
    let lenses = ask_until(&mut client, "textDocument/codeLens", &params, Json::is_array);
    let command = lenses.as_array().expect("a list").last().expect("a lens")["command"].clone();
    assert_eq!(command["title"], "passed · run again");
    client.ask("workspace/executeCommand", json!({"command": command["command"], "arguments": command["arguments"]}));
    let said = client.notified("window/showMessage");
    assert_eq!(said["message"], "`\u{1f980} holds` passed");
}

/// More steps than any limit allows within the time that the test waits.
const RUNAWAY: &str = "composition\n\nlong: [x for x in List.range(0, 9000) for y in List.range(0, 9000) if x < 0]\n\nlonger: [x for x in List.range(0, 9000) for y in List.range(0, 9000) if x < 0]\n";

#[cfg(target_os = "linux")]
#[test]
fn an_edit_ends_the_evaluation_that_runs() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    let (text, cursor) = fixture(&RUNAWAY.replace("long:", "lo$0ng:"));
    client.open("main.lw", &text);
    let process = client.process();
    let evaluations = || {
        let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("the server runs");
        let names = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        names.filter(|name| name.trim() == "evaluation").count()
    };
    let wait = |wanted: usize| {
        let begun = Instant::now();
        while evaluations() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(60), "there are {} evaluations", evaluations());
            std::thread::yield_now();
        }
        begun.elapsed()
    };
    wait(1);
    // While it runs, questions and edits are answered.
    let document = client.document("main.lw");
    let hover = client.ask("textDocument/hover", json!({"textDocument": document, "position": cursor}));
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.contains("List<Int> long")), "{hover}");
    assert_eq!(evaluations(), 1, "the evaluation goes on beside questions");
    client.replace("main.lw", "composition\n\nlong: 1 + nothing\n");
    let found = client.diagnostics("main.lw");
    assert_eq!(found[0]["code"], "LW0201");
    // Nothing waits for the old one: it is not run to its limit, which takes a hundred times as long.
    wait(0);
    client.replace("main.lw", RUNAWAY);
    wait(1);
    client.replace("main.lw", "composition\n\nlong: 1 + 1\n");
    let evaluated = client.notified("linework/evaluated");
    assert_eq!(evaluated["uris"][0], client.uri("main.lw"));
    wait(0);
    assert_eq!(client.stop(), Some(0));
}
