//! The rules of the library against templates of their own: one file of cases a service, each rule with what it accepts and what it
//! refuses.
//!
//! A case is a line: the rule, its verdict, and the resources of a template, each with a name if another refers to it, its type
//! without `AWS::`, and its properties.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::{Deserializer, Map, Value as Json, json};

use crate::lw::{Folder, repository};

struct Case {
    /// `Cloud/EC2.cases:12`
    place: String,
    rule: String,
    verdict: String,
    template: Json,
}

#[test]
fn cloud_rules_accept_and_refuse() {
    let cases = cases("Cloud");
    let rules = hold(&cases, &[]);
    assert!(rules >= 60, "{rules} rules have cases");
    both_verdicts(&cases);
    let known = declared("Cloud");
    let tried: BTreeSet<String> = cases.iter().map(|case| case.rule.clone()).collect();
    assert_eq!(known, tried, "every cloud rule has cases");
}

#[test]
fn config_rules_accept_and_refuse() {
    let cases = cases("Config");
    hold(&cases, &["--policy", "Policy.AWS.Config"]);
    both_verdicts(&cases);
    let known = declared("AWS/Config");
    let tried: BTreeSet<String> = cases.iter().map(|case| case.rule.clone()).collect();
    assert_eq!(known, tried, "every rule of the pack has cases");
}

#[test]
fn immutable_rules_accept_and_refuse() {
    let cases = cases("Immutable");
    hold(&cases, &["--policy", "Policy.Immutable"]);
    both_verdicts(&cases);
    let tried: BTreeSet<String> = cases.iter().map(|case| case.rule.clone()).collect();
    assert_eq!(ids(&repository().join("stdlib/Policy/Immutable.lw")), tried, "every rule has cases");
}

/// A bundle puts the rules that a standard maps in force, each with the controls that it is for.
#[test]
fn standards_name_the_controls_of_their_rules() {
    let folder = Folder::new();
    folder.write("main.lw", "composition\n");
    for (pack, rule, control, rules) in [
        ("Policy.CIS.V1_4", "CLOUD_TRAIL_ENCRYPTION_ENABLED", "CIS-AWS-1.4.0 3.7", 9),
        ("Policy.CIS.V3", "RDS_STORAGE_ENCRYPTED", "CIS-AWS-3.0.0 2.3.1", 11),
        ("Policy.CIS.V5", "RDS_STORAGE_ENCRYPTED", "CIS-AWS-5.0.0 2.2.1", 12),
        ("Policy.FSBP", "S3_BUCKET_SSL_REQUESTS_ONLY", "FSBP S3.5", 80),
        ("Policy.NIST.R800_53", "ENCRYPTED_VOLUMES", "NIST-800-53-r5 SC-28(1)", 55),
        ("Policy.PCI.V3_2", "S3_BUCKET_SSL_REQUESTS_ONLY", "PCI-DSS-3.2.1 4.1", 23),
        ("Policy.HIPAA", "ENCRYPTED_VOLUMES", "HIPAA 164.312(a)(2)(iv)", 40),
    ] {
        let report = folder.lw(&["check", "--json", "--policy", pack, "main.lw"]).expect(0).json();
        let policies = report["policies"].as_array().expect("policies");
        let ids: BTreeSet<&str> = policies.iter().map(|policy| policy["id"].as_str().expect("an id")).collect();
        assert_eq!(ids.len(), rules, "{pack} puts nothing else in force: {ids:?}");
        let policy = policies.iter().find(|policy| policy["id"] == rule).unwrap_or_else(|| panic!("{pack} has {rule}"));
        let controls = policy["controls"].as_array().expect("controls");
        assert!(controls.iter().any(|found| found == control), "{pack}: {rule} is for {controls:?}");
    }
    // Beside the whole pack, a rule is in force once, and keeps its controls.
    let both = ["check", "--json", "--policy", "Policy.AWS.Config", "--policy", "Policy.CIS.V3", "main.lw"];
    let report = folder.lw(&both).expect(0).json();
    let policies = report["policies"].as_array().expect("policies");
    let found: Vec<&Json> = policies.iter().filter(|policy| policy["id"] == "RDS_STORAGE_ENCRYPTED").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["controls"], json!(["CIS-AWS-3.0.0 2.3.1"]));
}

/// Asks for the verdict of every case; how many rules there are.
fn hold(cases: &[Case], packs: &[&str]) -> usize {
    let folder = Folder::new();
    let names: Vec<String> = (0..cases.len()).map(|number| format!("{number:04}.json")).collect();
    for (case, name) in cases.iter().zip(&names) {
        folder.write(name, case.template.to_string());
    }
    let mut arguments = vec!["check", "--json"];
    arguments.extend(packs);
    let mut all = arguments.clone();
    all.extend(names.iter().map(String::as_str));
    let found = by_file(&folder.lw(&all).json());
    let mut wrong = Vec::new();
    for (case, name) in cases.iter().zip(&names) {
        let verdict = match found.get(&(case.rule.clone(), name.clone())) {
            Some(verdict) => verdict.clone(),
            // A cloud rule that does not fail is not listed; one about several resources at once names no file.
            None => {
                let mut one = arguments.clone();
                one.push(name);
                whole(&folder.lw(&one).json(), &case.rule)
            }
        };
        if verdict != case.verdict {
            wrong.push(format!("{}: {} is {verdict} instead of {}", case.place, case.rule, case.verdict));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    cases.iter().map(|case| &case.rule).collect::<BTreeSet<_>>().len()
}

/// The worst verdict of each rule in each file.
pub fn by_file(report: &Json) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for policy in report["policies"].as_array().expect("policies") {
        for resource in policy["resources"].as_array().expect("resources") {
            let Some(file) = resource["file"].as_str().filter(|file| file.ends_with(".json")) else { continue };
            let key = (policy["id"].as_str().expect("an id").to_string(), file.to_string());
            let verdict = resource["verdict"].as_str().expect("a verdict").to_string();
            let worst = found.entry(key).or_insert_with(|| verdict.clone());
            if rank(&verdict) > rank(worst) {
                *worst = verdict;
            }
        }
    }
    found
}

fn whole(report: &Json, rule: &str) -> String {
    let policies = report["policies"].as_array().expect("policies");
    let policy = policies.iter().find(|policy| policy["id"] == rule);
    policy.map_or_else(|| "PASS".to_string(), |policy| policy["verdict"].as_str().expect("a verdict").to_string())
}

fn rank(verdict: &str) -> usize {
    ["SKIP", "PASS", "UNDECIDED", "FAIL"].iter().position(|known| *known == verdict).expect("a verdict")
}

fn both_verdicts(cases: &[Case]) {
    let mut verdicts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for case in cases {
        verdicts.entry(&case.rule).or_default().insert(&case.verdict);
    }
    let lacking: Vec<&str> = verdicts
        .iter()
        .filter(|(_, found)| !((found.contains("PASS") || found.contains("SKIP")) && found.contains("FAIL")))
        .map(|(rule, _)| *rule)
        .collect();
    assert!(lacking.is_empty(), "without a passing and a failing case: {lacking:?}");
}

/// The ids that a folder of the library declares.
fn declared(folder: &str) -> BTreeSet<String> {
    files(repository().join("stdlib/Policy").join(folder), "lw").iter().flat_map(ids).collect()
}

fn ids(path: &PathBuf) -> BTreeSet<String> {
    let text = fs::read_to_string(path).expect("a file of the library");
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once("id: \"").filter(|(before, _)| !before.contains("fun ")) {
            found.extend(rest.split('"').next().map(str::to_string));
        }
    }
    found
}

fn files(folder: PathBuf, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    found.sort();
    found
}

fn cases(folder: &str) -> Vec<Case> {
    let mut found = Vec::new();
    for path in files(repository().join("tests/data/policies").join(folder), "cases") {
        let text = fs::read_to_string(&path).expect("a file of cases");
        let name = path.file_name().expect("a name").to_string_lossy().to_string();
        for (number, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let place = format!("{folder}/{name}:{}", number + 1);
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_else(|| panic!("{place}: {line}"));
            let (rule, verdict, rest) = (word().to_string(), word().to_string(), word());
            let template = template(rest, &place);
            found.push(Case { place, rule, verdict, template });
        }
    }
    found
}

/// `a=EC2::VPC {…} EC2::Subnet {…} Parameters {…}`
pub fn template(mut rest: &str, place: &str) -> Json {
    let mut resources = Map::new();
    let mut sections = Map::new();
    while !rest.trim().is_empty() {
        let (head, after) = rest.trim_start().split_once(' ').unwrap_or_else(|| panic!("{place}: {rest}"));
        let mut stream = Deserializer::from_str(after).into_iter::<Json>();
        let body = stream
            .next()
            .unwrap_or_else(|| panic!("{place}: {after}"))
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        rest = &after[stream.byte_offset()..];
        match head.split_once('=') {
            _ if !head.contains("::") => _ = sections.insert(head.to_string(), body),
            Some((name, wire)) => _ = resources.insert(name.to_string(), resource(wire, body)),
            None => _ = resources.insert(format!("it{}", resources.len()), resource(head, body)),
        }
    }
    sections.insert("Resources".to_string(), Json::Object(resources));
    Json::Object(sections)
}

/// Properties, with `@` before the name of an attribute of the resource itself: `@Metadata`.
fn resource(wire: &str, properties: Json) -> Json {
    let mut declared = Map::from_iter([("Type".to_string(), json!(format!("AWS::{wire}")))]);
    let mut inner = Map::new();
    let Json::Object(entries) = properties else { panic!("{wire} needs properties") };
    for (key, value) in entries {
        match key.strip_prefix('@') {
            Some(key) => declared.insert(key.to_string(), value),
            None => inner.insert(key, value),
        };
    }
    declared.insert("Properties".to_string(), Json::Object(inner));
    Json::Object(declared)
}

/// tests/data/controls.json is what `cargo xtask generate controls` makes of cdk-nag and prowler: a rule that the tables have is for their
/// controls and no others, a number that we name is one of the standard's; what they do not have is in tests/data/controls-unverified.txt.
#[test]
fn controls_are_those_of_their_sources() {
    let read = |name: &str| fs::read_to_string(repository().join("tests/data").join(name)).expect(name);
    let data: Json = serde_json::from_str(&read("controls.json")).expect("JSON");
    assert_eq!(data["sources"], json!({"cdk-nag": "3.0.2", "prowler": "5.46.0"}));
    let unverified = read("controls-unverified.txt");
    let unverified: BTreeSet<(&str, &str)> = unverified
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let parts: Vec<&str> = line.split(" | ").collect();
            (parts[0], parts[1])
        })
        .collect();
    let list = Folder::new().lw(&["policy", "list", "--json"]).expect(0).json();
    let policies = list["policies"].as_array().expect("policies");
    let mut unknown: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (pack, prefix) in [
        ("Policy.NIST.R800_53", "NIST-800-53-r5 "),
        ("Policy.PCI.V3_2", "PCI-DSS-3.2.1 "),
        ("Policy.HIPAA", "HIPAA "),
        ("Policy.CIS.V1_4", "CIS-AWS-1.4.0 "),
        ("Policy.CIS.V3", "CIS-AWS-3.0.0 "),
        ("Policy.CIS.V5", "CIS-AWS-5.0.0 "),
        ("Policy.FSBP", "FSBP "),
    ] {
        let texts = |list: &Json| -> BTreeSet<String> {
            let list = list.as_array().expect("a list").iter();
            list.map(|one| one.as_str().expect("a text").to_string()).collect()
        };
        for policy in policies.iter().filter(|policy| texts(&policy["packs"]).contains(pack)) {
            let id = policy["id"].as_str().expect("an id");
            let all = texts(&policy["controls"]);
            let ours: BTreeSet<String> =
                all.iter().filter_map(|control| control.strip_prefix(prefix)).map(str::to_string).collect();
            assert!(!ours.is_empty(), "{pack} says what {id} is for");
            match (data["rules"][pack].get(id), data["controls"].get(pack)) {
                (Some(theirs), _) => assert_eq!(ours, texts(theirs), "{pack}: {id}"),
                (None, Some(numbers)) => {
                    // AWS writes Opensearch.1 where others write OpenSearch.1.
                    let numbers: BTreeSet<String> =
                        numbers.as_object().expect("controls").keys().map(|number| number.to_lowercase()).collect();
                    if !ours.iter().all(|control| numbers.contains(&control.to_lowercase())) {
                        unknown.insert((pack, id));
                    }
                }
                (None, None) => _ = unknown.insert((pack, id)),
            }
        }
    }
    assert_eq!(unknown, unverified);
}
