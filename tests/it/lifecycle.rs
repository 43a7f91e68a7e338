//! Every example, from a fresh checkout to nothing left: check, test, preview, apply, apply again, change, destroy.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::lw::{Folder, Run, repository};
use crate::suite::in_parallel;

/// A composition of examples/, and settings that change what it asks for, one after the other.
pub struct Example {
    pub project: &'static str,
    pub file: &'static str,
    changes: &'static [&'static str],
}

const NEXT_IMAGE: &[&str] = &[
    "image=111111111111.dkr.ecr.eu-central-1.amazonaws.com/acme/next@sha256:\
     9f2c4d1e8b7a6053c1d2e3f4a5b697887766554433221100ffeeddccbbaa9988",
    "environment=prod",
];

pub const EXAMPLES: &[Example] = &[
    Example { project: "vpc", file: "main.lw", changes: &["zones=3", "zones=1", "zones=2"] },
    Example {
        project: "fleet",
        file: "main.lw",
        changes: &["image=ami-0f3a9d27c15e8b640", "size=6", "size=3", "healthyFor=150ms"],
    },
    Example {
        project: "web",
        file: "main.lw",
        changes: &[
            "gateways=1",
            "image=ami-0f3a9d27c15e8b640",
            "environment=next",
            "databaseClass=db.m7g.large",
            "protect=False",
        ],
    },
    Example {
        project: "serverless",
        file: "main.lw",
        changes: &["retention=7", "build=orders-2026-12-01.zip", "logLevel=DEBUG", "environment=next"],
    },
    Example { project: "monorepo", file: "platform/network.lw", changes: &["environment=prod", "environment=dev"] },
    Example { project: "monorepo", file: "platform/registry.lw", changes: &["environment=prod", "environment=dev"] },
    Example { project: "monorepo", file: "platform/audit.lw", changes: &["environment=prod", "environment=dev"] },
    Example { project: "monorepo", file: "platform/cluster.lw", changes: &["environment=prod", "environment=dev"] },
    Example { project: "monorepo", file: "services/accounts.lw", changes: NEXT_IMAGE },
    Example { project: "monorepo", file: "services/cart.lw", changes: NEXT_IMAGE },
    Example { project: "monorepo", file: "services/catalog.lw", changes: NEXT_IMAGE },
    Example { project: "monorepo", file: "services/checkout.lw", changes: NEXT_IMAGE },
    Example { project: "monorepo", file: "data/events.lw", changes: &["environment=prod", "environment=dev"] },
    Example { project: "monorepo", file: "data/warehouse.lw", changes: &["environment=prod", "environment=dev"] },
];

/// A copy of an example, so that its store is a fresh one.
pub fn copy(project: &str) -> Folder {
    let folder = Folder::new();
    copy_into(&repository().join("examples").join(project), Path::new(""), &folder);
    folder
}

fn copy_into(source: &Path, below: &Path, folder: &Folder) {
    for entry in fs::read_dir(source.join(below)).unwrap_or_else(|error| panic!("{}: {error}", source.display())) {
        let path = below.join(entry.expect("a readable entry").file_name());
        if path.to_string_lossy().starts_with('.') {
            continue;
        }
        if source.join(&path).is_dir() {
            copy_into(source, &path, folder);
        } else {
            folder.write(&path.to_string_lossy(), fs::read(source.join(&path)).expect("a readable file"));
        }
    }
}

#[test]
fn every_composition_among_the_examples_is_listed_here() {
    let mut found = Vec::new();
    for project in fs::read_dir(repository().join("examples")).expect("there are examples") {
        let project = project.expect("a readable entry").file_name().to_string_lossy().into_owned();
        let folder = copy(&project);
        visit(folder.path(), &mut |path| {
            let below = path.strip_prefix(folder.path()).expect("below its folder").to_string_lossy().into_owned();
            if below.ends_with(".lw")
                && fs::read_to_string(path).is_ok_and(|text| text.lines().any(|line| line == "composition"))
            {
                found.push((project.clone(), below));
            }
        });
    }
    let mut listed: Vec<_> =
        EXAMPLES.iter().map(|example| (example.project.to_string(), example.file.to_string())).collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

fn visit(folder: &Path, found: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() { visit(&path, found) } else { found(&path) }
    }
}

#[test]
fn every_project_checks_clean_in_every_environment() {
    let mut projects: Vec<&str> = EXAMPLES.iter().map(|example| example.project).collect();
    projects.dedup();
    let failures = in_parallel(&projects, |project| {
        let folder = copy(project);
        for environment in ["", "dev", "prod"] {
            let mut arguments = vec!["check", "--strict", "."];
            if !environment.is_empty() {
                arguments.extend(["--env", environment]);
            }
            expect(folder.lw(&arguments), 0)?;
        }
        expect(folder.lw(&["test", "."]), 0)?;
        expect(folder.lw(&["fmt", "--check", "."]), 0).map(|_| ())
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_example_lives_and_ends() {
    let failures = in_parallel(EXAMPLES, live);
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), EXAMPLES.len(), failures.join("\n\n"));
}

fn live(example: &Example) -> Result<(), String> {
    let folder = copy(example.project);
    let file = example.file;
    let about = |what: &str, run: &Run| Err(format!("{}/{file}: {what}\n{}\n{}", example.project, run.out, run.error));

    let built = expect(folder.lw(&["build", file]), 0)?;
    let plan: Json = built.json();
    let wanted = managed(&plan);

    let preview = expect(folder.lw(&["preview", "--sim", "--json", file]), 1)?;
    let json = preview.json();
    if json["plan"] != plan["hash"] || actions(&json) != BTreeMap::from([("create".to_string(), wanted.len())]) {
        return about("the first preview creates everything", &preview);
    }

    let apply = expect(folder.lw(&["apply", "--sim", "--yes", "--json", file]), 0)?;
    let json = apply.json();
    let deployment = json["deployment"].as_str().unwrap_or_default().to_string();
    if !steps(&json).iter().all(|step| step["result"] == "done") || steps(&json).len() != wanted.len() {
        return about("everything is done", &apply);
    }
    let outputs = json["outputs"].as_object().cloned().unwrap_or_default();
    if outputs.values().any(|output| output.to_string().contains("$get")) {
        return about("outputs are known", &apply);
    }

    for arguments in [&["preview", "--sim", "--json", file][..], &["apply", "--sim", "--yes", "--json", file]] {
        let again = expect(folder.lw(arguments), 0)?;
        if !steps(&again.json()).is_empty() {
            return about("nothing is left to do", &again);
        }
    }
    let recorded = expect(folder.lw(&["preview", "--sim", "--recorded", "--json", file]), 0)?;
    if !steps(&recorded.json()).is_empty() {
        return about("nothing is left to do by the record", &recorded);
    }

    let status = expect(folder.lw(&["status", &deployment, "--json"]), 0)?;
    let resources = status.json()["deployments"][0]["resources"].as_array().cloned().unwrap_or_default();
    let mut paths: Vec<String> =
        resources.iter().filter_map(|resource| Some(resource["path"].as_str()?.to_string())).collect();
    paths.sort();
    // What a fleet makes is in no Plan.
    paths.retain(|path| example.project != "fleet" || !path.starts_with("web["));
    let ready = resources.iter().all(|resource| resource["state"] == "ready" && !resource["physicalId"].is_null());
    if paths != wanted || !ready {
        return about("every resource is ready", &status);
    }
    let shown = expect(folder.lw(&["output", &deployment, "--json"]), 0)?;
    if shown.json() != Json::from(outputs) {
        return about("`output` shows what `apply` gave", &shown);
    }

    for change in example.changes {
        let with = |head: &[&'static str]| [head, &settings(change), &[file]].concat();
        let preview = expect(folder.lw(&with(&["preview", "--sim", "--json"])), 1)?;
        let reasons = steps(&preview.json());
        if reasons.iter().any(|step| step["reason"].as_str().is_none_or(str::is_empty)) {
            return about("every step has a reason", &preview);
        }
        let mut allow = with(&["apply", "--sim", "--yes", "--json", "--allow-delete", "all"]);
        let named: Vec<String> = reasons
            .iter()
            .filter(|step| step["action"] == "replace")
            .flat_map(|step| ["--allow-replace".to_string(), step["path"].as_str().unwrap_or_default().to_string()])
            .collect();
        allow.extend(named.iter().map(String::as_str));
        expect(folder.lw(&allow), 0)?;
        // One apply is enough, whatever became of the values that were not known before.
        expect(folder.lw(&with(&["preview", "--sim", "--json"])), 0)?;
    }

    expect(folder.lw(&["history", &deployment, "--verify"]), 0)?;
    end(&folder, example, &deployment)
}

/// Destroys a deployment: data first stays and is named, then goes when that is allowed; what is protected has to be released by an
/// edit, as a person would.
fn end(folder: &Folder, example: &Example, deployment: &str) -> Result<(), String> {
    let first = folder.lw(&["destroy", deployment, "--yes", "--json"]);
    if first.code == 0 {
        return gone(folder, deployment);
    }
    expect(first, 1)?;
    visit(folder.path(), &mut |path| {
        if path.extension().is_some_and(|extension| extension == "lw") {
            let text = fs::read_to_string(path).expect("a source is text");
            fs::write(path, text.replace("protect: True", "protect: False")).expect("a writable copy");
        }
    });
    let mut arguments = vec!["apply", "--sim", "--yes", "--allow-delete", "all"];
    arguments.extend(example.changes.last().into_iter().flat_map(|change| settings(change)));
    arguments.push(example.file);
    expect(folder.lw(&arguments), 0)?;
    expect(folder.lw(&["destroy", deployment, "--yes", "--allow-delete", "all"]), 0)?;
    gone(folder, deployment)
}

/// `a=1 b=2` as arguments.
fn settings(change: &'static str) -> Vec<&'static str> {
    change.split(' ').flat_map(|setting| ["--set", setting]).collect()
}

fn gone(folder: &Folder, deployment: &str) -> Result<(), String> {
    let status = expect(folder.lw(&["status", "--json"]), 0)?;
    let left = status.json()["deployments"].as_array().cloned().unwrap_or_default();
    if left.iter().any(|left| left["name"] == deployment) {
        return Err(format!("{deployment} is still listed:\n{}", status.out));
    }
    Ok(())
}

fn expect(run: Run, code: i32) -> Result<Run, String> {
    if run.code == code {
        return Ok(run);
    }
    Err(format!("{} ended with {}, not {code}\n{}\n{}", run.command, run.code, run.out, run.error))
}

/// The sorted paths of what a Plan makes.
fn managed(plan: &Json) -> Vec<String> {
    let nodes = plan["meaning"]["nodes"].as_array().cloned().unwrap_or_default();
    let mut paths: Vec<String> = nodes
        .iter()
        .filter(|node| node.get("kind").is_none())
        .filter_map(|node| Some(node["path"].as_str()?.to_string()))
        .collect();
    paths.sort();
    paths
}

fn steps(report: &Json) -> Vec<Json> {
    report["steps"].as_array().cloned().unwrap_or_default()
}

fn actions(report: &Json) -> BTreeMap<String, usize> {
    let mut actions = BTreeMap::new();
    for step in steps(report) {
        *actions.entry(step["action"].as_str().unwrap_or_default().to_string()).or_insert(0) += 1;
    }
    actions
}
