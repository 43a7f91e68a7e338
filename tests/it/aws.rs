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

#[track_caller]
fn assert_each(folder: &Folder, lines: &BTreeMap<(String, u64), &str>, code: &str) {
    let found = found(folder, lines);
    let right = |codes: &[String]| codes.len() == 1 && codes[0].starts_with(code);
    let wrong: Vec<_> = found.iter().filter(|(_, codes)| !right(codes)).collect();
    let silent: Vec<&&str> = lines.values().filter(|wire| !found.contains_key(**wire)).collect();
    assert!(wrong.is_empty() && silent.is_empty(), "not exactly {code}: {wrong:#?}\nnothing found: {silent:?}");
}
