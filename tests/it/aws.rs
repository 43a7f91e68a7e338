//! Every resource type of the library: the least that may be written is fine, and two mistakes are found where they are made.
//!
//! tests/data/aws-minimal.json is made with the types. Many types go into one program, so that the library is read once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value as Json;

use crate::lw::{Folder, repository};

struct Sample {
    wire_type: String,
    module: String,
    minimal: String,
    without_required: Option<String>,
    misspelt: Option<String>,
}

fn samples() -> Vec<Sample> {
    let text = fs::read_to_string(repository().join("tests/data/aws-minimal.json"))
        .expect("the samples are part of the repository");
    let json: Vec<Json> = serde_json::from_str(&text).expect("the samples are a JSON list");
    let text = |entry: &Json, key: &str| entry[key].as_str().map(str::to_string);
    json.iter()
        .map(|entry| Sample {
            wire_type: text(entry, "type").expect("a wire type"),
            module: text(entry, "module").expect("a module"),
            minimal: text(entry, "minimal").expect("a minimal program"),
            without_required: text(entry, "withoutRequired"),
            misspelt: text(entry, "misspelt"),
        })
        .collect()
}

/// A composition a module, each resource on a line of its own; gives the wire type of each line.
fn programs<'s>(
    samples: &'s [Sample],
    pick: impl Fn(&'s Sample) -> Option<&'s str>,
) -> (Folder, BTreeMap<(String, u64), &'s str>) {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut lines = BTreeMap::new();
    for sample in samples {
        let Some(expression) = pick(sample) else { continue };
        let text = texts.entry(&sample.module).or_insert_with(|| {
            let alias = sample.module.rsplit('.').next().expect("a module has a name");
            format!("composition\n\nimport {} as {alias}\n\n", sample.module)
        });
        let line = text.lines().count() as u64 + 1;
        text.push_str(&format!("r{line}: {expression}\n"));
        lines.insert((file_of(&sample.module), line), sample.wire_type.as_str());
    }
    let folder = Folder::new();
    folder.write("lw.toml", "cloud-rules = false\n");
    for (module, text) in texts {
        folder.write(&file_of(module), text);
    }
    (folder, lines)
}

fn file_of(module: &str) -> String {
    format!("{}.lw", module.to_lowercase().replace('.', "-"))
}

/// The codes by wire type; what is not on a line of its own is under its place.
fn found(folder: &Folder, lines: &BTreeMap<(String, u64), &str>) -> BTreeMap<String, Vec<String>> {
    let json = folder.lw(&["check", "--json", "."]).json();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for diagnostic in json["diagnostics"].as_array().expect("diagnostics") {
        // Types that are ending are types, too, and a sample has no secrets.
        if diagnostic["code"] == "LW0241" || diagnostic["code"] == "LW0243" {
            continue;
        }
        let place =
            (diagnostic["file"].as_str().unwrap_or_default().to_string(), diagnostic["line"].as_u64().unwrap_or(0));
        let name = lines.get(&place).map_or(format!("{place:?}"), |wire| wire.to_string());
        found.entry(name).or_default().push(format!(
            "{} {}",
            diagnostic["code"].as_str().unwrap(),
            diagnostic["message"]
        ));
    }
    found
}

#[test]
fn every_declared_type_has_a_sample() {
    let samples = samples();
    let sampled: BTreeSet<&str> = samples.iter().map(|sample| sample.wire_type.as_str()).collect();
    let mut declared = BTreeSet::new();
    for sample in &samples {
        let file = repository().join("stdlib").join(sample.module.replace('.', "/")).with_extension("lw");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let statements = text.lines().filter_map(|line| line.strip_prefix("resource "));
        declared.extend(statements.filter_map(|line| Some(line.split('"').nth(1)?.to_string())));
    }
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    assert_eq!(sampled, declared);
    assert!(sampled.len() > 1_500, "{}", sampled.len());
    assert_eq!(sampled.len(), samples.len(), "one sample a type");
}

#[test]
fn the_least_that_may_be_written_is_fine() {
    let samples = samples();
    let (folder, lines) = programs(&samples, |sample| Some(&sample.minimal));
    assert_eq!(lines.len(), samples.len());
    let found = found(&folder, &lines);
    assert!(found.is_empty(), "{} of {} types: {found:#?}", found.len(), lines.len());
}

#[test]
fn a_missing_property_is_found_where_it_is_missing() {
    let samples = samples();
    let (folder, lines) = programs(&samples, |sample| sample.without_required.as_deref());
    assert!(lines.len() > 1_300, "{}", lines.len());
    assert_each(&folder, &lines, "LW0204");
}

#[test]
fn a_misspelt_value_is_found_where_it_is_written() {
    let samples = samples();
    let (folder, lines) = programs(&samples, |sample| sample.misspelt.as_deref());
    assert!(lines.len() > 500, "{}", lines.len());
    assert_each(&folder, &lines, "LW0211");
}

/// Identifiers that a cloud knows and the samples only make up: what stands for them in a composition of all types.
const STAND_INS: [(&str, &str); 6] = [
    // Another account's, which nobody can look into.
    ("000000000000", "123456789012"),
    ("\"vpc-0123456789abcdef0\"", "vpc.vpcId"),
    ("\"subnet-0123456789abcdef0\"", "subnet.subnetId"),
    ("\"subnet-aaaaaaaa\"", "subnet.subnetId"),
    ("\"i-aaaaaaaa\"", "instance.instanceId"),
    ("\"fs-aaaaaaaa\"", "fileSystem"),
];

const STAND_IN_RESOURCES: &str = r#"
vpc: EC2.VPC {cidrBlock: "10.250.0.0/16"}
subnet: EC2.Subnet {vpcId: vpc, cidrBlock: "10.250.1.0/24"}
group: EC2.SecurityGroup {vpcId: vpc, groupDescription: "for those that want one"}
instance: EC2.Instance {}
fileSystem: FSx.FileSystem {fileSystemType: "LUSTRE", subnetIds: [subnet]}
"#;

#[test]
fn every_type_is_made_on_the_simulated_cloud() {
    let samples = samples();
    let modules: BTreeSet<&str> = samples.iter().map(|sample| sample.module.as_str()).collect();
    let alias = |module: &str| module.rsplit('.').next().expect("a module has a name").to_string();
    let imports: String = modules.iter().map(|module| format!("import {module} as {}\n", alias(module))).collect();
    let mut text = format!("composition\n\n{imports}{STAND_IN_RESOURCES}");
    for (number, sample) in samples.iter().enumerate() {
        let mut expression = sample.minimal.clone();
        for (made_up, stand_in) in STAND_INS {
            expression = expression.replace(made_up, stand_in);
        }
        // An application of Amplify is named by what looks like a security group.
        if !sample.wire_type.starts_with("AWS::Amplify") {
            expression = expression.replace("\"sg-0123456789abcdef0\"", "group.groupId");
        }
        text.push_str(&format!("r{number}: {expression}\n"));
    }
    let folder = Folder::new();
    // The least that the schemas let through is less than what the cloud takes.
    folder.write("lw.toml", "cloud-rules = false\n");
    folder.write("all.lw", text);
    let run = folder.lw(&["apply", "--sim", "--yes", "--quiet", "--json", "all.lw"]);
    let steps = run.json()["steps"].as_array().unwrap_or_else(|| panic!("{}", run.out)).clone();
    let unfinished: Vec<String> = steps
        .iter()
        .filter(|step| step["result"] != "done")
        .map(|step| format!("{} {}", step["type"], step["message"]))
        .collect();
    assert!(unfinished.is_empty(), "{} of {}: {unfinished:#?}", unfinished.len(), steps.len());
    let made: BTreeSet<&str> = steps.iter().map(|step| step["type"].as_str().expect("a type")).collect();
    assert_eq!(made, samples.iter().map(|sample| sample.wire_type.as_str()).collect());
    assert_eq!(steps.len(), samples.len() + 5);
    let again = folder.lw(&["preview", "--sim", "--json", "all.lw"]).expect(0).json();
    assert_eq!(again["steps"], serde_json::json!([]), "what was made is what was asked for");
}

#[track_caller]
fn assert_each(folder: &Folder, lines: &BTreeMap<(String, u64), &str>, code: &str) {
    let found = found(folder, lines);
    let right = |codes: &[String]| codes.len() == 1 && codes[0].starts_with(code);
    let wrong: Vec<_> = found.iter().filter(|(_, codes)| !right(codes)).collect();
    let silent: Vec<&&str> = lines.values().filter(|wire| !found.contains_key(**wire)).collect();
    assert!(wrong.is_empty() && silent.is_empty(), "not exactly {code}: {wrong:#?}\nnothing found: {silent:?}");
}
