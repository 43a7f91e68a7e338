//! docs/language/typing.md: every rule accepts and refuses what the page says.

use std::collections::{BTreeMap, BTreeSet};

use crate::lw::Folder;
use crate::rules;

/// A program of the page as a file: `composition` comes before the imports.
fn program(prelude: &str, text: &str) -> String {
    match text.strip_prefix("composition\n") {
        Some(rest) => format!("composition\n\n{prelude}{rest}"),
        None => format!("{prelude}\n{text}"),
    }
}

#[test]
fn every_rule_accepts_and_refuses() {
    let (prelude, rules) = rules::of_page("typing.md");
    assert!(rules.len() >= 100, "the page has its rules");
    let folder = Folder::new();
    let mut expected: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for (number, rule) in rules.iter().enumerate() {
        let mut accepted = 0;
        let mut refused = 0;
        for (index, block) in rule.blocks.iter().enumerate() {
            let codes = match block.kind.as_str() {
                "lw" => {
                    accepted += 1;
                    BTreeSet::new()
                }
                "rejected" => {
                    refused += 1;
                    BTreeSet::from([block.argument.clone()])
                }
                other => panic!("{}: unknown block `{other}`", rule.title),
            };
            let name = format!("r{number}x{index}.lw");
            folder.write(&name, program(&prelude, &block.text));
            expected.insert(name, (format!("{}\n{}", rule.title, block.text), codes));
        }
        assert!(accepted > 0 && refused > 0, "{}: a program of each kind", rule.title);
    }
    let report = folder.lw(&["check", "--json", "."]).json();
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics");
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic["severity"] == "error") {
        let file = diagnostic["file"].as_str().unwrap_or_else(|| panic!("without a place: {diagnostic}"));
        found.entry(file).or_default().insert(diagnostic["code"].as_str().expect("a code").to_string());
    }
    for (name, (shown, codes)) in &expected {
        assert_eq!(found.get(name.as_str()).cloned().unwrap_or_default(), *codes, "{name}: {shown}");
    }
}
