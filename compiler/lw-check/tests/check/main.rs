//! Programs that the checker takes and programs that it does not, rule by rule.

mod cases;
mod pages;
mod robust;

use cases::{cases, check_program, edited, found};

const FILES: &[(&str, &str)] = &[
    ("coercions", include_str!("cases/coercions.txt")),
    ("expressions", include_str!("cases/expressions.txt")),
    ("modules", include_str!("cases/modules.txt")),
    ("names", include_str!("cases/names.txt")),
    ("resources", include_str!("cases/resources.txt")),
    ("types", include_str!("cases/types.txt")),
];

#[test]
fn every_case_gives_what_it_says() {
    let mut broken = Vec::new();
    for (file, text) in FILES {
        for case in cases(text) {
            let found = found(&case);
            if found != case.expected {
                broken.push(format!(
                    "{file}, {}:\n  expected:\n{}\n  found:\n{}",
                    case.name,
                    case.expected.join("\n"),
                    found.join("\n")
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}

/// Advice that comes with edits does what it says: the complaint is gone, and nothing could not be parsed.
#[test]
fn every_fix_fixes() {
    let mut broken = Vec::new();
    for (file, text) in FILES {
        for case in cases(text) {
            let before = check_program(&case.program, &case.modules);
            let unparsed = |code: &str| code.starts_with("LW01");
            let syntax = before.diagnostics.iter().filter(|diagnostic| unparsed(diagnostic.code)).count();
            for diagnostic in before.diagnostics.iter().filter(|diagnostic| !diagnostic.edits.is_empty()) {
                let Some(program) = edited(&before, diagnostic, &case.program) else { continue };
                let after = check_program(&program, &case.modules).diagnostics;
                let same = |other: &&lw_diagnostics::Diagnostic| other.message == diagnostic.message;
                let before_count = before.diagnostics.iter().filter(same).count();
                let gone = after.iter().filter(same).count() < before_count;
                let parses = after.iter().filter(|diagnostic| unparsed(diagnostic.code)).count() <= syntax;
                if !gone || !parses {
                    let after: Vec<&str> = after.iter().map(|diagnostic| &*diagnostic.message).collect();
                    broken.push(format!("{file}, {}: {}\n{program}\n{after:#?}", case.name, diagnostic.message));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
}
