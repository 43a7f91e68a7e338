//! Every form of the grammar and every case of layout, with its printed form.

use super::support::{FILE, cases, check_print, rendered};
use lw_syntax::ast::StatementKind;
use lw_syntax::parse;

fn check(text: &str) {
    let mut wrong = String::new();
    for case in cases(text) {
        let printed = check_print(&case.name, &case.source);
        let expected = case.expected.as_ref().unwrap_or(&case.source);
        if printed != *expected {
            wrong.push_str(&format!("--- {} ---\n{printed}\n", case.name));
        }
        let parsed = parse(FILE, &case.source);
        for statement in &parsed.file.statements {
            assert!(
                !matches!(statement.kind, StatementKind::Error { .. }),
                "{}: a statement is broken\n{}",
                case.name,
                rendered(&case.source, &parsed.diagnostics)
            );
        }
    }
    assert!(wrong.is_empty(), "printed otherwise than expected:\n{wrong}");
}

#[test]
fn every_form_prints() {
    check(include_str!("forms.lw-cases"));
}

#[test]
fn every_layout_prints() {
    check(include_str!("layout.lw-cases"));
}
