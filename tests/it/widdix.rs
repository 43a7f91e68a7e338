//! Templates that run in production: read without a mistake of ours, and every finding with a reason that a person gave.
//!
//! Needs the folder that `LINEWORK_CORPUS` names; without the variable it says so and passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::guard::corpus;
use crate::lw::{Folder, repository};

/// A copy of the templates, so that messages name them as anybody would.
fn templates() -> Option<Folder> {
    let source = corpus()?.join("templates/widdix");
    let folder = Folder::new();
    let mut count = 0;
    for entry in fs::read_dir(source).expect("the corpus has templates") {
        let entry = entry.expect("a readable entry");
        if entry.path().extension().is_some_and(|extension| extension == "yaml") {
            folder.write(&entry.file_name().to_string_lossy(), fs::read(entry.path()).expect("a file"));
            count += 1;
        }
    }
    assert_eq!(count, 65, "the corpus has that many");
    Some(folder)
}

/// Every line is `FILE:LINE CODE message`; the line below says why, in tests/data/widdix-findings.txt.
#[test]
fn every_finding_has_a_reason() {
    let Some(folder) = templates() else { return };
    let report = folder.lw(&["check", ".", "--json"]).json();
    assert_eq!(report["summary"]["files"], 65);
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics");
    let found: Vec<String> = diagnostics
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().expect("a text");
            format!("{}:{} {} {}", text("file"), one["line"], text("code"), text("message"))
        })
        .collect();
    let written = fs::read_to_string(repository().join("tests/data/widdix-findings.txt")).expect("the findings");
    let lines: Vec<&str> = written.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut reasons: BTreeMap<&str, &str> = BTreeMap::new();
    for pair in lines.chunks(2) {
        let [finding, reason] = pair else { panic!("a finding without a reason: {pair:?}") };
        assert!(reason.starts_with("  "), "a reason is indented: {reason}");
        reasons.insert(finding, reason);
    }
    let unexplained: Vec<&String> = found.iter().filter(|finding| !reasons.contains_key(finding.as_str())).collect();
    let gone: Vec<&&str> = reasons.keys().filter(|known| !found.iter().any(|finding| finding == **known)).collect();
    assert!(unexplained.is_empty() && gone.is_empty(), "unexplained: {unexplained:#?}\ngone: {gone:#?}");
}

/// Every line of tests/data/widdix-config-findings.txt is `RULE | VERDICT | FILE | WHERE | why`.
#[test]
fn every_finding_of_the_pack_has_a_reason() {
    let Some(folder) = templates() else { return };
    let report = folder.lw(&["check", ".", "--policy", "Policy.AWS.Config", "--json"]).json();
    let mut found: Vec<String> = Vec::new();
    for policy in report["policies"].as_array().expect("policies") {
        for resource in policy["resources"].as_array().expect("resources") {
            let text = |key: &str| resource[key].as_str().expect("a text");
            if matches!(text("verdict"), "FAIL" | "UNDECIDED") {
                let id = policy["id"].as_str().expect("an id");
                found.push(format!("{id} | {} | {} | {}", text("verdict"), text("file"), text("path")));
            }
        }
    }
    let written = fs::read_to_string(repository().join("tests/data/widdix-config-findings.txt")).expect("the findings");
    let mut known: Vec<String> = Vec::new();
    for line in written.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = line.splitn(5, " | ").collect();
        let [rule, verdict, file, place, why] = parts[..] else { panic!("five parts: {line}") };
        assert!(why.len() > 10, "a reason says something: {line}");
        known.push(format!("{rule} | {verdict} | {file} | {place}"));
    }
    found.sort();
    known.sort();
    let unexplained: Vec<&String> = found.iter().filter(|finding| !known.contains(finding)).collect();
    let gone: Vec<&String> = known.iter().filter(|line| !found.contains(line)).collect();
    assert!(unexplained.is_empty() && gone.is_empty(), "unexplained: {unexplained:#?}\ngone: {gone:#?}");
    assert_eq!(found.len(), known.len(), "each as often as it is found");
}

/// Both tools' findings, but for what the other finds at the same line, are in tests/data/cfn-lint-differences.txt; and nothing else is.
#[test]
fn every_difference_from_cfn_lint_is_explained() {
    let Some(folder) = templates() else { return };
    let data = fs::read_to_string(repository().join("tests/data/cfn-lint.json")).expect("what cfn-lint finds");
    let data: serde_json::Value = serde_json::from_str(&data).expect("JSON");
    assert_eq!(data["version"], "cfn-lint 1.51.0");
    let theirs: BTreeSet<(String, String)> = findings(&data["findings"], "rule");
    let ours = findings(&folder.lw(&["check", ".", "--json"]).json()["diagnostics"], "code");
    let places = |of: &BTreeSet<(String, String)>| of.iter().map(|(_, place)| place.clone()).collect::<BTreeSet<_>>();
    let (their_places, our_places) = (places(&theirs), places(&ours));
    let alone = theirs.iter().filter(|(_, place)| !our_places.contains(place)).map(|(rule, place)| ("-", rule, place));
    let alone = alone
        .chain(ours.iter().filter(|(_, place)| !their_places.contains(place)).map(|(code, place)| ("+", code, place)));
    let written =
        fs::read_to_string(repository().join("tests/data/cfn-lint-differences.txt")).expect("the differences");
    let lines: Vec<Vec<&str>> = written
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.splitn(3, " | ").collect())
        .collect();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut unexplained = Vec::new();
    for (sign, rule, place) in alone {
        let head = format!("{sign} {rule}");
        let known = lines.iter().position(|line| {
            let [found, at, why] = line[..] else { panic!("three parts: {line:?}") };
            // What is an error to either has a reason of its own.
            let everywhere = at == "*" && rule.starts_with(['W', 'I']);
            found == head && why.len() > 10 && (at == place || everywhere)
        });
        match known {
            Some(line) => _ = used.insert(line),
            None => unexplained.push(format!("{head} | {place}")),
        }
    }
    let unused: Vec<&Vec<&str>> =
        lines.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, line)| line).collect();
    assert!(unexplained.is_empty() && unused.is_empty(), "unexplained: {unexplained:#?}\nunused: {unused:#?}");
}

/// Rules with the places at which they find something.
fn findings(list: &serde_json::Value, rule: &str) -> BTreeSet<(String, String)> {
    let list = list.as_array().expect("a list of findings");
    let place = |one: &serde_json::Value| format!("{}:{}", one["file"].as_str().expect("a file"), one["line"]);
    list.iter().map(|one| (one[rule].as_str().expect("a rule").to_string(), place(one))).collect()
}

/// Every template is judged in full, whatever its conditions: nothing is passed over in silence.
#[test]
fn a_pack_says_something_of_every_resource() {
    let Some(folder) = templates() else { return };
    let report = folder.lw(&["check", ".", "--policy", "Policy.AWS.Config", "--json"]).json();
    let policies = report["policies"].as_array().expect("policies");
    let verdicts = policies.iter().flat_map(|policy| policy["resources"].as_array().expect("resources"));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(verdict["verdict"].as_str().expect("a verdict")).or_default() += 1;
        assert!(verdict["file"].is_string() && verdict["line"].is_u64(), "{verdict}");
    }
    let [pass, fail, undecided] = ["PASS", "FAIL", "UNDECIDED"].map(|one| counts.get(one).copied().unwrap_or(0));
    assert!(pass > 400 && fail > 100, "{counts:?}");
    // What nobody decides is the exception: most conditions and parameters have a value.
    assert!(undecided * 10 < pass + fail, "{counts:?}");
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics");
    assert!(!diagnostics.iter().any(|one| one["code"].as_str().expect("a code").starts_with("LW06")));
}
