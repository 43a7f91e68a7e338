//! What is wrong, as it is typed, and the edits that cure it.

use serde_json::json;

use super::{Client, at, fixture};
use crate::lw::Folder;

const MISSPELT: &str = "composition\n\nimport AWS.EC2 as EC2\n\n# \u{1f980} über\nvpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\", enableDnsSuport: True}\n";

#[test]
fn a_mistake_is_shown_where_it_is_and_cured() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", MISSPELT);
    let found = client.diagnostics("main.lw");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "LW0203");
    assert_eq!(found[0]["range"]["start"], at(MISSPELT, "enableDnsSuport", 0));
    assert_eq!(found[0]["range"]["end"], at(MISSPELT, "enableDnsSuport", "enableDnsSuport".len()));

    let actions = client.ask(
        "textDocument/codeAction",
        json!({"textDocument": client.document("main.lw"), "range": found[0]["range"], "context": {"diagnostics": found}}),
    );
    assert_eq!(actions[0]["title"], "Write `enableDnsSupport`");
    assert_eq!(actions[0]["isPreferred"], true);
    let edits = &actions[0]["edit"]["changes"][client.uri("main.lw")];
    assert_eq!(edits[0]["newText"], "enableDnsSupport");
    client.change("main.lw", json!([{"range": edits[0]["range"], "text": edits[0]["newText"]}]));
    assert!(client.diagnostics("main.lw").is_empty());
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn columns_count_as_the_editor_counts() {
    // The mistake stands behind letters of one, two and four bytes; in UTF-16 the last is two units.
    let text = "composition\n\nwörd: \"\u{1f980}é\" ++ 1\n";
    for (capabilities, encoding, column) in
        [(json!({}), "utf-16", 15), (json!({"general": {"positionEncodings": ["utf-8", "utf-16"]}}), "utf-8", 18)]
    {
        let text = text.replace("wörd", "word");
        let folder = Folder::new();
        let mut client = Client::start_with(&folder, capabilities);
        assert_eq!(client.capabilities["positionEncoding"], encoding);
        client.open("main.lw", &text);
        let found = client.diagnostics("main.lw");
        assert!(!found.is_empty());
        assert_eq!(found[0]["range"]["start"], json!({"line": 2, "character": column}), "{encoding} {found:?}");
    }
}

#[test]
fn policies_speak_a_moment_later_and_point_at_both_places() {
    let folder = Folder::new();
    let text = "composition\n\nimport AWS.EC2 as EC2\n\nvpc: EC2.VPC {cidrBlock: \"8.8.0.0/16\"}\n\nvalidate private\n\n@policy {id: \"private\"}\nfun private(vpc: EC2.VPC) -> Validation:\n  Validation.assert(\"public\", Optional.isNone(vpc.cidrBlock))\n";
    let mut client = Client::start(&folder);
    client.open("main.lw", text);
    let found = client.diagnostics_until("main.lw", |found| !found.is_empty());
    assert_eq!(found[0]["code"], "LW0301");
    assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], client.uri("main.lw"));
    assert_eq!(found[0]["relatedInformation"][0]["location"]["range"]["start"], at(text, "private(vpc", 0));
    // An edit elsewhere leaves it said, where the resource now stands.
    client.replace("main.lw", &text.replace("composition\n", "composition\n\n\n"));
    let moved = client.diagnostics("main.lw");
    assert_eq!(moved[0]["code"], "LW0301");
    assert_eq!(moved[0]["range"]["start"]["line"], found[0]["range"]["start"]["line"].as_i64().expect("a line") + 2);
    client.replace("main.lw", &text.replace("validate private\n", ""));
    client.diagnostics_until("main.lw", <[_]>::is_empty);
}

#[test]
fn a_change_in_a_module_is_seen_by_who_imports_it() {
    let folder = Folder::new();
    folder.write("lw.toml", "name = \"shop\"\n");
    folder.write("Net.lw", "");
    folder.write("Shop/Network.lw", "fun range(zone: Int) -> String: \"10.0.\\(zone).0/24\"\n");
    folder.write("main.lw", "composition\n\nimport Shop.Network as Network\n\nString first: Network.range(1)\n");
    let mut client = Client::start(&folder);
    client.open_file("main.lw");
    assert!(client.diagnostics("main.lw").is_empty());
    client.open("Shop/Network.lw", "fun range(zone: String) -> String: zone\n");
    let found = client.published_until("main.lw", |found| !found.is_empty());
    assert_eq!(found[0]["code"], "LW0205", "{found:?}");
    client.replace("Shop/Network.lw", "fun range(zone: Int) -> String: \"\\(zone)\"\n");
    client.published_until("main.lw", <[_]>::is_empty);
}

#[test]
fn what_is_wrong_in_files_that_nobody_opened_is_said_too() {
    let folder = Folder::new();
    folder.write("lw.toml", "name = \"shop\"\n");
    folder.write("main.lw", "composition\n\nString name: nmae\n");
    let mut client = Client::start(&folder);
    let found = client.published_until("main.lw", |found| !found.is_empty());
    assert_eq!(found[0]["code"], "LW0201");
}

#[test]
fn a_syntax_error_costs_only_its_statement() {
    let folder = Folder::new();
    let (text, _) = fixture("composition\n\nname: \"é\"\n\nbroken: {a: 1,, $0}\n\nInt wrong: \"text\"\n");
    let mut client = Client::start(&folder);
    client.open("main.lw", &text);
    let codes: Vec<String> =
        client.diagnostics("main.lw").iter().map(|one| one["code"].as_str().unwrap_or_default().to_string()).collect();
    assert!(codes.iter().any(|code| code.starts_with("LW01")), "{codes:?}");
    assert!(codes.iter().any(|code| code.starts_with("LW02")), "{codes:?}");
}

#[test]
fn a_request_that_is_taken_back_is_not_answered_in_full() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", MISSPELT);
    // Work that keeps the server busy while the next two messages arrive.
    let busy = client.begin("textDocument/semanticTokens/full", json!({"textDocument": client.document("main.lw")}));
    let id = client.begin("textDocument/foldingRange", json!({"textDocument": client.document("main.lw")}));
    client.tell("$/cancelRequest", json!({"id": id}));
    client.answer(busy).expect("tokens");
    match client.answer(id) {
        Err(error) => assert_eq!(error["code"], -32800),
        // It was quicker than the word that takes it back.
        Ok(ranges) => assert!(ranges.is_array()),
    }
}
