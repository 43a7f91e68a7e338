//! Mistakes, each with the diagnostics it gets; and what the fixes make of them.

use super::support::{FILE, cases, fixed, rendered, summary};
use lw_diagnostics::{Diagnostic, Severity};
use lw_syntax::parse;

#[test]
fn every_mistake_is_named() {
    let mut wrong = String::new();
    for case in cases(include_str!("mistakes.lw-cases")) {
        let parsed = parse(FILE, &case.source);
        let found = summary(&case.source, &parsed.diagnostics);
        if case.expected.as_deref().unwrap_or("\n").trim() != found.trim() {
            wrong.push_str(&format!("--- {} ---\n{}>>>\n{found}\n", case.name, case.source));
        }
    }
    assert!(wrong.is_empty(), "other diagnostics than expected:\n{wrong}");
}

/// Headlines begin in lower case or with a name, and do not end in a stop; labels are there.
#[test]
fn every_diagnostic_has_the_shape() {
    for case in cases(include_str!("mistakes.lw-cases")) {
        for diagnostic in parse(FILE, &case.source).diagnostics {
            let message = &diagnostic.message;
            assert!(!message.starts_with(|char: char| char.is_ascii_uppercase()), "{message}");
            assert!(!message.ends_with(['.', '!']), "{message}");
            assert!(!message.to_lowercase().contains("token"), "{message}");
            let label = diagnostic.primary.expect("a syntax error has a place");
            assert!(!label.message.is_empty(), "{message}");
            assert!(label.span.end as usize <= case.source.len(), "{message}");
        }
    }
}

/// A warning's fix leaves nothing of it.
#[test]
fn fixes_of_warnings_fix() {
    for case in cases(include_str!("mistakes.lw-cases")) {
        let parsed = parse(FILE, &case.source);
        let cured = |found: &Diagnostic| found.severity == Severity::Warning && !found.edits.is_empty();
        if parsed.diagnostics.is_empty() || !parsed.diagnostics.iter().all(cured) {
            continue;
        }
        let text = fixed(&case.source, &parsed.diagnostics);
        let after = parse(FILE, &text).diagnostics;
        assert!(after.is_empty(), "{}:\n{text}\n{}", case.name, rendered(&text, &after));
    }
}

/// Applying the fixes of errors never makes more of them, and single-edit fixes of most cure them.
#[test]
fn fixes_of_errors_help() {
    for case in cases(include_str!("mistakes.lw-cases")) {
        let parsed = parse(FILE, &case.source);
        if parsed.diagnostics.is_empty() || parsed.diagnostics.iter().any(|found| found.edits.is_empty()) {
            continue;
        }
        let text = fixed(&case.source, &parsed.diagnostics);
        let after = parse(FILE, &text).diagnostics;
        assert!(after.len() < parsed.diagnostics.len(), "{}:\n{text}\n{}", case.name, rendered(&text, &after));
    }
}
