//! Verdicts that nobody here wrote: the templates of AWS's Guard rules registry, each with a rule and what it says.
//!
//! Needs the folder that `LINEWORK_CORPUS` names; without the variable it says so and passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::lw::{Folder, repository};

/// One verdict of the corpus.
struct Case {
    file: String,
    name: String,
    rule: String,
    expected: String,
}

/// The folder, if there is one.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should know what was not run")]
pub fn corpus() -> Option<PathBuf> {
    let Ok(folder) = std::env::var("LINEWORK_CORPUS") else {
        eprintln!("LINEWORK_CORPUS is not set: the corpus is passed over");
        return None;
    };
    // Where cargo was called is not where the test runs.
    let folder = PathBuf::from(folder);
    Some(if folder.is_absolute() { folder } else { repository().join(folder) })
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what this target is for")]
fn verdicts_of_the_guard_registry() {
    let Some(corpus) = corpus() else { return };
    let folder = Folder::new();
    let cases = cases(&corpus.join("guard"), &folder);
    assert_eq!(cases.len(), 817, "the corpus has that many");
    let mut arguments = vec!["check"];
    arguments.extend(cases.iter().map(|case| case.file.as_str()));
    arguments.extend(["--policy", "Policy.AWS.Config", "--json"]);
    let report = folder.lw(&arguments).json();

    let found = verdicts(&report);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let verdict = found.get(&(case.file.clone(), case.rule.clone())).map_or("SKIP", String::as_str);
        *counts.entry((&case.expected, verdict)).or_default() += 1;
        if verdict != case.expected {
            wrong.push(format!("{} {}: {} expected, {verdict} found", case.name, case.rule, case.expected));
        }
    }
    let count = |expected: &str, verdict: &str| counts.get(&(expected, verdict)).copied().unwrap_or(0);
    let of = |expected: &str| cases.iter().filter(|case| case.expected == expected).count();
    let undecided: usize = ["PASS", "FAIL", "SKIP"].iter().map(|expected| count(expected, "UNDECIDED")).sum();
    let unreadable = unreadable(&report);
    println!("right:           {} of {}", cases.len() - wrong.len(), cases.len());
    println!("FAIL recall:     {} of {}", count("FAIL", "FAIL"), of("FAIL"));
    println!("false positives: {} of {}", count("PASS", "FAIL") + count("SKIP", "FAIL"), of("PASS") + of("SKIP"));
    println!("UNDECIDED:       {undecided}");
    println!("unreadable:      {}", unreadable.len());
    assert_eq!(unreadable, BTreeSet::new(), "every template is read");
    let named = fs::read_to_string(repository().join("tests/data/guard-exceptions.txt")).expect("the named exceptions");
    let named: BTreeSet<&str> =
        named.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', ' '])).collect();
    let wrong: BTreeSet<&str> = wrong.iter().map(String::as_str).collect();
    assert_eq!(
        wrong, named,
        "what differs from the registry is named in tests/data/guard-exceptions.txt, and nothing else"
    );
    assert!(named.len() * 100 <= cases.len(), "at most one in a hundred differs");
}

fn cases(guard: &std::path::Path, folder: &Folder) -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(guard)
        .expect("the corpus has a folder `guard`")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let service = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let list: Vec<Json> = serde_json::from_str(&fs::read_to_string(&path).expect("text")).expect("a list of cases");
        for (number, case) in list.iter().enumerate() {
            let text = |key: &str| case[key].as_str().expect("a text").to_string();
            let file = format!("{service}-{number:03}.json");
            folder.write(&file, serde_json::to_string_pretty(&case["template"]).expect("JSON"));
            cases.push(Case { file, name: text("case"), rule: text("rule"), expected: text("expect") });
        }
    }
    cases
}

/// By file and policy: the worst that was said.
fn verdicts(report: &Json) -> BTreeMap<(String, String), String> {
    const RANKS: [&str; 4] = ["SKIP", "PASS", "UNDECIDED", "FAIL"];
    let rank = |verdict: &str| RANKS.iter().position(|known| *known == verdict);
    let mut found: BTreeMap<(String, String), String> = BTreeMap::new();
    for policy in report["policies"].as_array().expect("policies") {
        let id = policy["id"].as_str().expect("an id");
        for resource in policy["resources"].as_array().expect("resources") {
            let file = resource["file"].as_str().expect("what is said of a template names its file");
            let verdict = resource["verdict"].as_str().expect("a verdict");
            let known = found.entry((file.to_string(), id.to_string())).or_insert_with(|| "SKIP".to_string());
            if rank(verdict) > rank(known) {
                *known = verdict.to_string();
            }
        }
    }
    found
}

/// Templates that could not be read, with why: not those that refer to what their author left out of the example.
fn unreadable(report: &Json) -> BTreeSet<String> {
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics");
    let unreadable = diagnostics.iter().filter(|one| {
        let code = one["code"].as_str().expect("a code");
        code.starts_with("LW01") && !matches!(code, "LW0176" | "LW0177")
    });
    unreadable.map(|one| format!("{}: {}", one["file"], one["message"])).collect()
}
