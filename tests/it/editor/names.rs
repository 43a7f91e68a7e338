//! What a name means: hover, definition, references, rename, calls.

use serde_json::{Value as Json, json};

use super::{Client, at, fixture};
use crate::lw::Folder;

const NETWORK: &str = "## The range of a zone.\n## @arg zone counted from 1\nfun range(zone: Int) -> String: \"10.0.\\(zone).0/24\"\n\ntype Size: | Small | Large\n\ntype Limits:\n  low: Int\n  high: Int\n";
const MAIN: &str = "composition\n\nimport AWS.EC2 as EC2\nimport Shop.Network as Network\n\n# \u{1f980}\nString ümlaut-free: \"\u{1f980}\"\n";

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("lw.toml", "name = \"shop\"\n");
    folder.write("Shop/Network.lw", NETWORK);
    folder
}

fn main(body: &str) -> String {
    format!("{}{body}", MAIN.replace("String ümlaut-free: \"\u{1f980}\"\n", ""))
}

fn ask(client: &mut Client, method: &str, file: &str, position: &Json) -> Json {
    let document = client.document(file);
    client.ask(method, json!({"textDocument": document, "position": position}))
}

fn hover(body: &str) -> String {
    let folder = project();
    let mut client = Client::start(&folder);
    let (text, cursor) = fixture(&main(body));
    client.open("main.lw", &text);
    let hover = ask(&mut client, "textDocument/hover", "main.lw", &cursor);
    hover["contents"]["value"].as_str().unwrap_or_default().to_string()
}

#[test]
fn hover_shows_a_function_and_what_is_written_about_it() {
    let text = hover("String \u{61}: \"\u{1f980}\" ++ Network.ran$0ge(1)\n");
    assert!(text.contains("fun range(zone: Int) -> String"), "{text}");
    assert!(text.contains("The range of a zone.") && text.contains("- `zone` counted from 1"), "{text}");
    assert!(text.contains("from `Shop.Network`"), "{text}");
}

#[test]
fn hover_on_a_property_says_what_changing_it_does() {
    let text = hover("vpc: EC2.VPC {cidr$0Block: \"10.0.0.0/16\"}\n");
    assert!(text.contains("cidrBlock: ") && text.contains("create-only"), "{text}");
    assert!(text.contains("aws-resource-ec2-vpc.html#cfn-ec2-vpc-cidrblock"), "{text}");
    let text = hover("vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\", enableDns$0Support: True}\n");
    assert!(text.contains("optional · changed in place"), "{text}");
}

#[test]
fn hover_on_a_resource_type_shows_wire_type_class_and_documentation() {
    let text = hover("vpc: EC2.Sub$0net {vpcId: \"vpc-1\"}\n");
    assert!(text.contains("resource EC2.Subnet") && text.contains("  vpcId: "), "{text}");
    assert!(text.contains("`AWS::EC2::Subnet`, of the class *configuration*"), "{text}");
}

#[test]
fn hover_on_a_local_shows_its_inferred_type() {
    let text = hover("all: [e ++ \"\u{1f980}\" for (i, $0e) in List.enumerate([\"a\"])]\n");
    assert!(text.contains("String e"), "{text}");
}

#[test]
fn hover_shows_the_value_once_it_is_known() {
    let folder = project();
    let mut client = Client::start(&folder);
    let (text, cursor) = fixture(&main("na$0me: \"\u{1f980}\" ++ Network.range(2)\n"));
    client.open("main.lw", &text);
    // The lenses come with the evaluation.
    loop {
        let hover = ask(&mut client, "textDocument/hover", "main.lw", &cursor);
        let text = hover["contents"]["value"].as_str().unwrap_or_default().to_string();
        assert!(text.contains("String name"), "{text}");
        if text.contains("\"\u{1f980}10.0.2.0/24\"") {
            break;
        }
    }
}

#[test]
fn definition_leads_into_other_files_and_the_library() {
    let folder = project();
    let mut client = Client::start(&folder);
    let text = main("String first: Network.range(1)\n\nvpc: EC2.VPC {cidrBlock: first}\n\noutput id: vpc.vpcId\n");
    client.open("main.lw", &text);
    let found = ask(&mut client, "textDocument/definition", "main.lw", &at(&text, "range(1)", 2));
    assert_eq!(found["uri"], client.uri("Shop/Network.lw"));
    assert_eq!(found["range"]["start"], at(NETWORK, "range(zone", 0));
    let found = ask(&mut client, "textDocument/definition", "main.lw", &at(&text, "vpc.vpcId", 1));
    assert_eq!(found["range"]["start"], at(&text, "vpc: EC2", 0));

    let found = ask(&mut client, "textDocument/definition", "main.lw", &at(&text, "VPC {", 1));
    let uri = found["uri"].as_str().expect("an address").to_string();
    assert!(uri.ends_with("/stdlib/AWS/EC2.lw"), "{uri}");
    let library = std::fs::read_to_string(uri.trim_start_matches("file://")).expect("a file of the cache");
    assert_eq!(found["range"]["start"], at(&library, "resource VPC \"", "resource ".len()));
    // The library's own file answers too, and says nothing is wrong with it.
    client.open(&uri, &library);
    let place = at(&library, "resource VPC \"", "resource ".len());
    let hover = client.ask("textDocument/hover", json!({"textDocument": {"uri": uri}, "position": place}));
    assert!(hover["contents"]["value"].as_str().is_some_and(|text| text.contains("AWS::EC2::VPC")), "{hover}");
}

#[test]
fn references_are_found_in_every_file_of_the_project() {
    let folder = project();
    folder.write("other.lw", "import Shop.Network as N\n\nString far: N.range(7)\n");
    let mut client = Client::start(&folder);
    let text = main("String a: Network.range(1)\n\nString b: \"\u{1f980}\\(Network.range(2))\"\n");
    client.open("main.lw", &text);
    let found = client.ask(
        "textDocument/references",
        json!({
            "textDocument": client.document("main.lw"), "position": at(&text, "range(1)", 1),
            "context": {"includeDeclaration": true}
        }),
    );
    let mut places: Vec<(String, Json)> = found
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["uri"].as_str().expect("an address").to_string(), one["range"]["start"].clone()))
        .collect();
    places.sort_by_key(|(uri, start)| (uri.clone(), start["line"].as_u64()));
    let expected = [
        (client.uri("Shop/Network.lw"), at(NETWORK, "range(zone", 0)),
        (client.uri("main.lw"), at(&text, "range(1)", 0)),
        (client.uri("main.lw"), at(&text, "range(2)", 0)),
        (client.uri("other.lw"), json!({"line": 2, "character": 14})),
    ];
    assert_eq!(places, expected);
}

#[test]
fn renaming_reaches_every_file_and_replaces_nothing() {
    let folder = project();
    folder.write("other.lw", "import Shop.Network {range}\n\nString far: range(7)\n");
    let mut client = Client::start(&folder);
    let text = main("String a: Network.range(1)\n\nvpc: EC2.VPC {cidrBlock: a}\n");
    client.open("main.lw", &text);
    let edit = client.ask(
        "textDocument/rename",
        json!({"textDocument": client.document("main.lw"), "position": at(&text, "range(1)", 0), "newName": "blockOf"}),
    );
    let changes = edit["changes"].as_object().expect("changes");
    let count = |file: &str| changes.get(&client.uri(file)).and_then(Json::as_array).map_or(0, Vec::len);
    assert_eq!((count("main.lw"), count("Shop/Network.lw"), count("other.lw")), (1, 1, 2), "{edit}");
    for (position, name, reason) in [
        (at(&text, "range(1)", 0), "Upper", "not a lower-case name"),
        (at(&text, "VPC {", 0), "Net", "a name of the library"),
        (at(&text, "a: Network", 0), "vpc", "there is a `vpc` already"),
    ] {
        let refused = client.try_ask(
            "textDocument/rename",
            json!({"textDocument": client.document("main.lw"), "position": position, "newName": name}),
        );
        let message = refused.expect_err("it is refused")["message"].as_str().unwrap_or_default().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn renaming_a_field_reaches_literals_accesses_and_patterns() {
    let folder = project();
    let mut client = Client::start(&folder);
    let text = main(
        "Network.Limits limits: {low: 1, high: 2}\n\nInt sum: limits.low + case limits of | {low} -> low\n\nNetwork.Limits more: limits with {low: 3}\n",
    );
    client.open("main.lw", &text);
    let edit = client.ask(
        "textDocument/rename",
        json!({"textDocument": client.document("main.lw"), "position": at(&text, "low: 1", 0), "newName": "least"}),
    );
    let own = edit["changes"][client.uri("main.lw")].as_array().expect("edits").clone();
    let texts: Vec<&str> = own.iter().filter_map(|edit| edit["newText"].as_str()).collect();
    assert_eq!(texts, ["least", "least", "least: low", "least"], "{own:?}");
    assert_eq!(edit["changes"][client.uri("Shop/Network.lw")].as_array().map(Vec::len), Some(1));
}

#[test]
fn calls_lead_both_ways() {
    let folder = project();
    let mut client = Client::start(&folder);
    let text = main("fun two(x: Int) -> String: Network.range(x) ++ Network.range(x)\n\nString a: two(1)\n");
    client.open("main.lw", &text);
    let items = ask(&mut client, "textDocument/prepareCallHierarchy", "main.lw", &at(&text, "range(x)", 0));
    assert_eq!(items[0]["name"], "range");
    let incoming = client.ask("callHierarchy/incomingCalls", json!({"item": items[0]}));
    assert_eq!(incoming[0]["from"]["name"], "two");
    assert_eq!(incoming[0]["fromRanges"].as_array().map(Vec::len), Some(2));
    let outgoing = client.ask("callHierarchy/outgoingCalls", json!({"item": incoming[0]["from"]}));
    assert_eq!(outgoing[0]["to"]["name"], "range");
}

#[test]
fn lenses_count_resources_and_tell_of_tests() {
    let folder = project();
    let mut client = Client::start(&folder);
    let text = main(
        "nets: [EC2.Subnet {vpcId: \"vpc-1\", cidrBlock: Network.range(zone)} for zone in [1, 2, 3]]\n\ntest \"ranges\": Network.range(1) == \"10.0.1.0/24\"\n\ntest \"not\": Network.range(1) == \"\"\n",
    );
    client.open("main.lw", &text);
    let lenses = loop {
        let lenses = client.ask("textDocument/codeLens", json!({"textDocument": client.document("main.lw")}));
        // They come with the evaluation.
        if lenses.is_array() {
            break lenses;
        }
    };
    let titles: Vec<&str> =
        lenses.as_array().expect("a list").iter().filter_map(|lens| lens["command"]["title"].as_str()).collect();
    assert_eq!(titles, ["3 resources", "3 resources", "passed · run again", "failed · run again"]);
}
