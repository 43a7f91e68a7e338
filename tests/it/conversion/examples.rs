//! The examples as templates, read by the tool that knows CloudFormation's schemas best.
//!
//! Needs cfn-lint, of which `LINEWORK_CFN_LINT` names the program; without the variable it says so and passes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value as Json;

use crate::lifecycle::{EXAMPLES, copy};

fn program() -> Option<PathBuf> {
    let found = std::env::var_os("LINEWORK_CFN_LINT").map(PathBuf::from);
    #[expect(clippy::print_stderr, reason = "whoever runs the tests should know what did not run")]
    if found.is_none() {
        eprintln!("LINEWORK_CFN_LINT names no program (pip install cfn-lint==1.51.0): no template was held against it");
    }
    found
}

#[test]
fn cfn_lint_accepts_what_examples_become() {
    let Some(program) = program() else { return };
    let mut problems = BTreeSet::new();
    let mut emitted = 0;
    for example in EXAMPLES {
        let folder = copy(example.project);
        folder.lw(&["lock", "--sim", example.file]).expect(0);
        let run = folder.lw(&["build", example.file, "--emit", "cloudformation", "-o", "emitted.yaml"]);
        if run.code != 0 {
            problems.insert(format!("{}/{}: {}{}", example.project, example.file, run.out, run.error));
            continue;
        }
        emitted += 1;
        let path = folder.path().join("emitted.yaml");
        let output = Command::new(&program)
            .args(["--format", "json", "--non-zero-exit-code", "error", "--regions", "eu-central-1", "--template"])
            .arg(&path)
            .output()
            .expect("cfn-lint starts");
        let found: Json = serde_json::from_slice(&output.stdout).expect("cfn-lint writes JSON");
        for one in found.as_array().into_iter().flatten().filter(|one| one["Level"] == "Error") {
            let (rule, message) = (&one["Rule"]["Id"], &one["Message"]);
            let line = &one["Location"]["Start"]["LineNumber"];
            problems.insert(format!("{}/{}:{line} {rule} {message}", example.project, example.file));
        }
    }
    assert!(
        problems.is_empty(),
        "{emitted} of {} emitted\n{}",
        EXAMPLES.len(),
        problems.into_iter().collect::<Vec<_>>().join("\n")
    );
}
