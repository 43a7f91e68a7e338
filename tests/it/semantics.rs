//! docs/language/semantics.md: every rule's program gives what the page says.

use serde_json::Value as Json;

use crate::lw::Folder;
use crate::rules;

/// The codes of the errors that `check` reports.
fn error_codes(folder: &Folder) -> Vec<String> {
    let report = folder.lw(&["check", "--json", "main.lw"]).json();
    let diagnostics = report["diagnostics"].as_array().cloned().unwrap_or_default();
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic["severity"] == "error")
        .map(|diagnostic| diagnostic["code"].as_str().unwrap_or_default().to_string())
        .collect()
}

fn plan(folder: &Folder) -> Json {
    folder.lw(&["build", "main.lw"]).expect(0).json()
}

fn nodes(plan: &Json) -> Vec<Json> {
    plan["meaning"]["nodes"].as_array().cloned().unwrap_or_default()
}

#[test]
fn every_rule_holds() {
    let (prelude, rules) = rules::of_page("semantics.md");
    assert!(rules.len() >= 20, "the page has its rules");
    for rule in &rules {
        let title = &rule.title;
        let source =
            rule.blocks.iter().find(|block| block.kind == "lw").unwrap_or_else(|| panic!("{title}: no program"));
        let folder = Folder::with(&format!("{prelude}\n{}", source.text));
        let mut shown = 0;
        for block in &rule.blocks {
            match block.kind.as_str() {
                "lw" => continue,
                "error" => {
                    let codes = error_codes(&folder);
                    assert_eq!(codes, [block.text.trim()], "{title}");
                }
                "paths" => {
                    let mut found: Vec<String> = nodes(&plan(&folder))
                        .iter()
                        .map(|node| {
                            format!("{} {}", node["path"].as_str().unwrap_or("?"), node["type"].as_str().unwrap_or("?"))
                        })
                        .collect();
                    found.sort();
                    let expected: Vec<&str> = block.text.lines().collect();
                    assert_eq!(found, expected, "{title}");
                }
                "properties" => {
                    let nodes = nodes(&plan(&folder));
                    let node = nodes.iter().find(|node| node["path"] == block.argument.as_str());
                    let node = node.unwrap_or_else(|| panic!("{title}: no node {}", block.argument));
                    let expected: Json = serde_json::from_str(&block.text).expect("the page's JSON");
                    assert_eq!(node["properties"], expected, "{title}");
                }
                other => panic!("{title}: unknown block `{other}`"),
            }
            shown += 1;
        }
        if source.text.contains("\ntest ") || source.text.starts_with("test ") {
            folder.lw(&["test", "main.lw"]).expect(0);
            shown += 1;
        }
        assert!(shown > 0, "{title}: nothing is shown");
    }
}

#[test]
fn the_order_of_statements_leaves_the_plan() {
    let (prelude, rules) = rules::of_page("semantics.md");
    let rule = rules.iter().find(|rule| rule.title.contains("order of statements")).expect("the rule is there");
    let source = &rule.blocks.iter().find(|block| block.kind == "lw").expect("it has a program").text;
    let statements: Vec<&str> = source.lines().collect();
    let forward = plan(&Folder::with(&format!("{prelude}\n{}\n", statements.join("\n"))));
    let reversed: Vec<&str> = statements.iter().rev().copied().collect();
    let backward = plan(&Folder::with(&format!("{prelude}\n# turned round\n{}\n", reversed.join("\n"))));
    assert_eq!(forward["meaning"], backward["meaning"]);
    assert_eq!(forward["hash"], backward["hash"]);
}
