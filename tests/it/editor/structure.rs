//! What the text alone shows: symbols, folds, selections, colours, form.

use serde_json::{Value as Json, json};

use super::{Client, fixture};
use crate::lw::Folder;

const SOURCE: &str = "composition\n\nimport AWS.EC2 as EC2\nimport Net\n\n# The size of a \u{1f980}.\ntype Size: | Small | Large {count: Int}\n\nparameter Int zones: 2\n\n## Wide.\nvpc: EC2.VPC {\n  cidrBlock: \"10.0.0.0/16\",\n  tags: {\"Name\": \"\u{1f980}\"},\n}\n\nfun twice(x: Int) -> Int: x * 2\n\nnets: {\n  \"a\": EC2.Subnet {vpcId: vpc, cidrBlock: Net.subnet(\"10.0.0.0/16\", 8, twice(1))},\n}\n\noutput id: vpc.vpcId\n";

#[test]
fn symbols_are_what_is_declared() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", SOURCE);
    let symbols = client.ask("textDocument/documentSymbol", json!({"textDocument": client.document("main.lw")}));
    let names: Vec<&str> = symbols.as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["Size", "zones", "vpc", "twice", "nets", "id"]);
    assert_eq!(symbols[0]["children"][1]["name"], "Large");
    assert_eq!(symbols[2]["detail"], "EC2.VPC");
    assert_eq!(symbols[3]["detail"], "(x: Int) -> Int");
    assert_eq!(symbols[4]["children"][0]["name"], "a");
    assert_eq!(symbols[4]["children"][0]["detail"], "EC2.Subnet");
    let found = client.ask("workspace/symbol", json!({"query": "twc"}));
    assert_eq!(found[0]["name"], "twice");
    assert_eq!(found[0]["location"]["uri"], client.uri("main.lw"));
}

#[test]
fn folds_cover_brackets_imports_and_comments() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", SOURCE);
    let folds = client.ask("textDocument/foldingRange", json!({"textDocument": client.document("main.lw")}));
    let folds: Vec<(u64, u64, &str)> = folds
        .as_array()
        .expect("a list")
        .iter()
        .map(|fold| {
            let line = |key: &str| fold[key].as_u64().expect("a line");
            (line("startLine"), line("endLine"), fold["kind"].as_str().unwrap_or(""))
        })
        .collect();
    assert_eq!(folds, [(2, 3, "imports"), (11, 14, ""), (18, 20, "")]);
}

#[test]
fn a_selection_grows_from_word_to_file() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    let (text, cursor) = fixture("composition\n\nname: \"\u{1f980}\" ++ f(on$0e, two)\n");
    client.open("main.lw", &text);
    let ranges = client
        .ask("textDocument/selectionRange", json!({"textDocument": client.document("main.lw"), "positions": [cursor]}));
    let mut texts = Vec::new();
    let mut range = &ranges[0];
    let line: Vec<u16> = text.lines().nth(2).expect("a line").encode_utf16().collect();
    while range.is_object() {
        let (start, end) = (&range["range"]["start"], &range["range"]["end"]);
        if start["line"] == 2 && end["line"] == 2 {
            let column = |place: &Json| place["character"].as_u64().expect("a column") as usize;
            texts.push(String::from_utf16_lossy(&line[column(start)..column(end)]));
        }
        range = &range["parent"];
    }
    assert_eq!(texts, ["one", "f(one, two)", "\"\u{1f980}\" ++ f(one, two)", "name: \"\u{1f980}\" ++ f(one, two)"]);
}

#[test]
fn formatting_is_what_fmt_writes_and_touches_only_what_differs() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    let text = "composition\n\nname:   \"\u{1f980}\"\n\nother: 1\n\nlist: [1,2,   3]\n";
    client.open("main.lw", text);
    let options = json!({"tabSize": 2, "insertSpaces": true});
    let edits =
        client.ask("textDocument/formatting", json!({"textDocument": client.document("main.lw"), "options": options}));
    let edits = edits.as_array().expect("edits");
    assert_eq!(edits.len(), 2, "{edits:?}");
    assert!(edits.iter().all(|edit| edit["range"]["start"]["line"] != 4));
    for edit in edits.iter().rev() {
        client.change("main.lw", json!([{"range": edit["range"], "text": edit["newText"]}]));
    }
    let again =
        client.ask("textDocument/formatting", json!({"textDocument": client.document("main.lw"), "options": options}));
    assert_eq!(again, json!([]));
    client.replace("main.lw", "composition\n\nbroken: {\n");
    let broken =
        client.ask("textDocument/formatting", json!({"textDocument": client.document("main.lw"), "options": options}));
    assert_eq!(broken, Json::Null, "what cannot be read is left alone");
}

#[test]
fn names_are_coloured_by_what_they_mean() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    client.open("main.lw", SOURCE);
    let legend = client.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
    let tokens = client.ask("textDocument/semanticTokens/full", json!({"textDocument": client.document("main.lw")}));
    let lines: Vec<Vec<u16>> = SOURCE.lines().map(|line| line.encode_utf16().collect()).collect();
    let data: Vec<usize> =
        tokens["data"].as_array().expect("numbers").iter().map(|n| n.as_u64().expect("a number") as usize).collect();
    let (mut line, mut column) = (0, 0);
    let mut found = Vec::new();
    for token in data.chunks(5) {
        line += token[0];
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        let text = String::from_utf16_lossy(&lines[line][column..column + token[2]]);
        found.push((text, legend[token[3]].as_str().expect("a type").to_string()));
    }
    for (text, colour) in [
        ("composition", "keyword"),
        ("EC2", "namespace"),
        ("VPC", "class"),
        ("cidrBlock", "property"),
        ("twice", "function"),
        ("zones", "parameter"),
        ("Large", "enumMember"),
        ("Int", "type"),
        ("\"\u{1f980}\"", "string"),
        ("# The size of a \u{1f980}.", "comment"),
        ("x", "variable"),
    ] {
        let all: Vec<&str> = found.iter().filter(|(name, _)| name == text).map(|(_, colour)| colour.as_str()).collect();
        assert!(!all.is_empty() && all.iter().all(|found| *found == colour), "{text} is {all:?}, not {colour}");
    }
}
