//! What literals mean: escapes, folding, margins, blocks, interpolation, numbers.

use super::support::{FILE, rendered};
use lw_syntax::ast::{ExprKind, StatementKind, StringPart};
use lw_syntax::parse;

/// The value of `x: …`, with `⟨…⟩` for each expression inside.
fn string(literal: &str) -> String {
    let source = format!("x: {literal}\n");
    let parsed = parse(FILE, &source);
    assert!(parsed.diagnostics.is_empty(), "{}", rendered(&source, &parsed.diagnostics));
    let statement = &parsed.file.statements[0];
    let StatementKind::Binding(binding) = &statement.kind else { panic!("a binding") };
    let ExprKind::String(parts) = &statement.tree[binding.value].kind else { panic!("a string: {literal}") };
    assert!(!parts.is_empty(), "a literal has parts");
    let show = |part: &StringPart| match part {
        StringPart::Text(text) => text.clone(),
        StringPart::Expr(id) => {
            let range = statement.tree[*id].range;
            format!("⟨{}⟩", &source[range.start as usize..range.end as usize])
        }
    };
    parts.iter().map(show).collect()
}

fn number(literal: &str) -> ExprKind {
    let parsed = parse(FILE, &format!("x: {literal}\n"));
    assert!(parsed.diagnostics.is_empty(), "{literal}");
    let statement = &parsed.file.statements[0];
    let StatementKind::Binding(binding) = &statement.kind else { panic!("a binding") };
    statement.tree[binding.value].kind.clone()
}

#[test]
fn plain_strings() {
    assert_eq!(string(r#""""#), "");
    assert_eq!(string(r#""abc""#), "abc");
    assert_eq!(string(r#"'abc "d"'"#), "abc \"d\"");
    assert_eq!(string(r##""# no comment, ${not} {{this}}""##), "# no comment, ${not} {{this}}");
    assert_eq!(string("\"é 日本\""), "é 日本");
}

#[test]
fn escapes() {
    assert_eq!(string(r#""\" \' \\ \n \t \r""#), "\" ' \\ \n \t \r");
    assert_eq!(string(r#""\u{41}\u{1F600}\u{e9}""#), "A😀é");
    assert_eq!(string(r#""\\(a)""#), "\\(a)");
    assert_eq!(string(r#""\\\(a)""#), "\\⟨a⟩");
}

#[test]
fn a_line_break_is_one_space() {
    assert_eq!(string("\"a\n      b\""), "a b");
    assert_eq!(string("\"a\n\tb\n  c\""), "a b c");
    assert_eq!(string("\"a\r\n  b\""), "a b");
    assert_eq!(string("\"a \n b\""), "a  b");
    assert_eq!(string("\"a\n\n b\""), "a  b");
    assert_eq!(string("\"a\n\""), "a ");
    assert_eq!(string("\"\n  a\""), " a");
}

#[test]
fn a_margin_keeps_the_break() {
    assert_eq!(string("\"a\n   \\b\""), "a\nb");
    assert_eq!(string("\"a\n\\b\""), "a\nb");
    assert_eq!(string("\"a\n  \\\n  \\b\""), "a\n\nb");
    assert_eq!(string("\"a\n  \\  b\""), "a\n  b");
    // The margin wins over any escape.
    assert_eq!(string("\"a\n  \\n\""), "a\nn");
    assert_eq!(string("\"a\n  \\\\n\""), "a\n\n");
    assert_eq!(string("\"a\n  \\(b)\""), "a\n(b)");
    assert_eq!(string("\"a\n  \\\\(b)\""), "a\n⟨b⟩");
    // A quote behind the margin still ends the string.
    assert_eq!(string("\"a\n  \\\""), "a\n");
    // No margin on the first line.
    assert_eq!(string("\"\\nb\""), "\nb");
}

#[test]
fn blocks() {
    assert_eq!(string("\"\"\"abc\"\"\""), "abc");
    assert_eq!(string("\"\"\"a \"b\" ''c\"\"\""), "a \"b\" ''c");
    assert_eq!(string("\"\"\"\n  a\n    b\n\n  c\n  \"\"\""), "a\n  b\n\nc");
    assert_eq!(string("\"\"\"\n    a\n  b\n    \"\"\""), "  a\nb");
    assert_eq!(string("\"\"\"\n    a\n  \"\"\""), "  a");
    assert_eq!(string("\"\"\"\n  a\"\"\""), "a");
    assert_eq!(string("\"\"\"\n  a\n\n  \"\"\""), "a\n");
    assert_eq!(string("\"\"\"\n\"\"\""), "");
    assert_eq!(string("\"\"\"\"\"\""), "");
    assert_eq!(string("\"\"\"\r\n  a\r\n  b\r\n  \"\"\""), "a\nb");
    assert_eq!(string("\"\"\"\n\ta\n\tb\n\t\"\"\""), "a\nb");
    assert_eq!(string("\"\"\"\n  \\n \\\\ \\t\n  \"\"\""), "\n \\ \t");
    assert_eq!(string("\"\"\"a\n  b\n  c\"\"\""), "a\nb\nc");
    assert_eq!(string("\"\"\"\n  \\(a)\n    \\(b) c\n  \"\"\""), "⟨a⟩\n  ⟨b⟩ c");
    assert_eq!(string("\"\"\"\n    a\n  \\(b)\"\"\""), "  a\n⟨b⟩");
    assert_eq!(string("\"\"\"\n    a \\(b)\n      c\n    \"\"\""), "a ⟨b⟩\n  c");
}

#[test]
fn interpolation() {
    assert_eq!(string(r#""\(a)""#), "⟨a⟩");
    assert_eq!(string(r#""a \(b + 1) c \(d) e""#), "a ⟨b + 1⟩ c ⟨d⟩ e");
    assert_eq!(string(r#""\(f("x \(y)", (1, 2)))""#), r#"⟨f("x \(y)", (1, 2))⟩"#);
    assert_eq!(string(r#"'\(f('x'))'"#), "⟨f('x')⟩");
    assert_eq!(string("\"\\(a\n  + b)\n c\""), "⟨a\n  + b⟩ c");
    assert_eq!(string(r#""\({a: ")"})""#), r#"⟨{a: ")"}⟩"#);
    assert_eq!(string("\"\\(a # comment )\n)\""), "⟨a⟩");
}

#[test]
fn numbers() {
    assert_eq!(number("42"), ExprKind::Int(42));
    assert_eq!(number("1_000"), ExprKind::Int(1000));
    assert_eq!(number("9_007_199_254_740_991"), ExprKind::Int(9_007_199_254_740_991));
    assert_eq!(number("3.25"), ExprKind::Float(3.25));
    assert_eq!(number("1_0.2_5"), ExprKind::Float(10.25));
    assert_eq!(number("500ms"), ExprKind::Duration(500));
    assert_eq!(number("30s"), ExprKind::Duration(30_000));
    assert_eq!(number("5m"), ExprKind::Duration(300_000));
    assert_eq!(number("24h"), ExprKind::Duration(86_400_000));
    assert_eq!(number("7d"), ExprKind::Duration(604_800_000));
    assert_eq!(number("1_0s"), ExprKind::Duration(10_000));
    assert_eq!(number("3KiB"), ExprKind::Size(3072));
    assert_eq!(number("512MiB"), ExprKind::Size(536_870_912));
    assert_eq!(number("20GiB"), ExprKind::Size(21_474_836_480));
    assert_eq!(number("1TiB"), ExprKind::Size(1_099_511_627_776));
    assert_eq!(number("0"), ExprKind::Int(0));
    assert_eq!(number("007"), ExprKind::Int(7));
}
