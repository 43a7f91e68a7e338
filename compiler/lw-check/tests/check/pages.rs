//! The pages of the checker's codes: what is shown as failing gives exactly its code, what is shown as fixed is clean.

use std::collections::BTreeSet;

use crate::cases::check_program;

/// Codes that this crate gives; others of LW02xx are the project file's.
const LAST: &str = "LW0249";

/// A program and its other modules.
type Program = (String, Vec<(String, String)>);

/// The `lw` blocks of the section under a heading.
fn program(page: &str, heading: &str) -> Program {
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_default();
    let mut found: Program = (String::new(), Vec::new());
    for block in section.split("```lw").skip(1) {
        let (info, rest) = block.split_once('\n').unwrap_or_default();
        let text = rest.split("```").next().unwrap_or_default();
        match info.trim().strip_suffix(".lw") {
            Some(file) => found.1.push((file.replace('/', "."), text.to_string())),
            None => found.0.push_str(text),
        }
    }
    found
}

fn codes((program, modules): &Program) -> BTreeSet<&'static str> {
    check_program(program, modules).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn failing_examples_give_exactly_their_code_and_fixed_ones_none() {
    let mut broken = Vec::new();
    for code in lw_diagnostics::codes().filter(|code| ("LW0200"..=LAST).contains(code)) {
        let page = lw_diagnostics::explain(code).unwrap_or_default();
        let failing = codes(&program(page, "Fails"));
        if failing != BTreeSet::from([code]) {
            broken.push(format!("{code} gives {failing:?}"));
        }
        let fixed = codes(&program(page, "Fixed"));
        if !fixed.is_empty() {
            broken.push(format!("{code}, fixed, gives {fixed:?}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
