//! Texts that are made to hurt: deep, long and strange. All of it on a stack of 2 MiB.

use super::support::{FILE, rendered};
use lw_syntax::ast::{ExprKind, StatementKind};
use lw_syntax::{DEPTH_MAX, format, parse};

/// Without optimisation less has to do.
const DEEP: usize = if cfg!(debug_assertions) { 40_000 } else { 1_000_000 };

fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).expect("a thread starts");
    assert!(thread.join().is_ok(), "it panicked");
}

fn codes(source: &str) -> Vec<&'static str> {
    parse(FILE, source).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn deep_nesting_is_one_diagnostic() {
    on_small_stack(|| {
        for (before, open, middle, close, after) in [
            ("x: ", "(", "1", ")", ""),
            ("x: ", "[", "1", "]", ""),
            ("x: ", "{a: ", "1", "}", ""),
            ("x: ", "{(", "1", "): 1}", ""),
            ("x: ", "f(", "1", ")", ""),
            ("x: ", "f {a: ", "1", "}", ""),
            ("x: ", "- ", "1", "", ""),
            ("x: ", "! ", "a", "", ""),
            ("x: ", "@a ", "b", "", ""),
            ("x: ", "", "a", ".b", ""),
            ("x: ", "", "a", ".B", ""),
            ("x: ", "", "a", ".(B)", ""),
            ("x: ", "", "f", "(1)", ""),
            ("x: ", "", "f", " {a: 1}", ""),
            ("x: ", "", "f", " with {a: 1}", ""),
            ("x: ", "if a then ", "b", " else c", ""),
            ("x: ", "if a then b else ", "c", "", ""),
            ("x: ", "case a of b -> ", "c", "", ""),
            ("x: ", "case ", "a", " of b -> c", ""),
            ("x: ", "fun(a): ", "b", "", ""),
            ("x: ", "\"\\(", "a", ")\"", ""),
            ("x: ", "[a for b in ", "c", "]", ""),
            ("type T: ", "(", "A", ")", ""),
            ("type T: ", "A<", "A", ">", ""),
            ("type T: ", "{a: ", "A", "}", ""),
            ("type T: ", "fun() -> ", "A", "", ""),
            ("type T: ", "fun(", "A", ") -> A", ""),
            ("x: fun(", "(", "a", ")", "): 1"),
            ("x: fun(", "[", "a", "]", "): 1"),
            ("x: fun(", "{a: ", "a", "}", "): 1"),
        ] {
            let source = format!("{before}{}{middle}{}{after}\n", open.repeat(DEEP), close.repeat(DEEP));
            let found: Vec<_> =
                parse(FILE, &source).diagnostics.into_iter().map(|found| (found.code, found.message)).collect();
            assert!(matches!(found.as_slice(), [("LW0140", _)]), "{before}{open}…{middle}…{close}: {found:?}");
        }
    });
}

#[test]
fn unclosed_nesting_is_reported() {
    on_small_stack(|| {
        for open in [
            "(",
            "[",
            "{",
            "{a: ",
            "f(",
            "\"\\(",
            "if ",
            "case ",
            "fun(",
            "let x: ",
            "@a(",
            "- ",
            "a.",
            "a + ",
            "\"",
            "'",
            "if a then\n",
        ] {
            let source = format!("x: {}\n\ny: 1\n", open.repeat(DEEP));
            assert!(!codes(&source).is_empty(), "{open}");
        }
        for close in [")", "]", "}", " else", " then", " of", "|", " ->", ",", ";", ":", "@", "\\", "`", "“"] {
            let source = format!("x: 1{}\n\ny: 1\n", close.repeat(DEEP / 10));
            assert!(!codes(&source).is_empty(), "{close}");
        }
    });
}

/// Lines, each of which opens or closes something that earlier lines left open.
#[test]
fn long_broken_files_take_linear_time() {
    on_small_stack(|| {
        for line in [
            "if\n",
            "case\n",
            "x: \"a \\(b\n",
            "\\\"\n",
            "'\"\n",
            "  if a then\n",
            "x: (\n",
            "x: {\n  a: [\n",
            " then\n",
            "\"\\(\n)\n",
            "@a\n",
            "@a(\n",
            "| x ->\n",
            "\tx\n",
            "x: \"\"\"\n",
            "x: case y of\n",
            "  let x: 1\n",
            "fun(\n",
            "  else\n",
            "x: 'a\\\n",
            "#\r#\n",
        ] {
            let source = line.repeat(DEEP / 2);
            parse(FILE, &source);
        }
    });
}

#[test]
fn flat_is_not_deep() {
    on_small_stack(|| {
        for (before, each, after) in [
            ("x: 1", " + 1", ""),
            ("x: [", "1, ", "]"),
            ("x: {", "a: 1, ", "}"),
            ("x: f(", "1, ", ")"),
            ("x: if a then 1", " elif b then 2", " else 3"),
            ("x: case a of", " | 1 -> 2", ""),
            ("x:\n", "  let a: 1\n", "  a"),
            ("type T:", " | A Int", ""),
            ("type T:\n", "  a: Int\n", ""),
            ("x: \"", "\\(a)", "\""),
            ("x: \"", "a\n  ", "\""),
            ("import\n", "  A\n", ""),
        ] {
            let source = format!("{before}{}{after}\n", each.repeat(DEEP));
            let parsed = parse(FILE, &source);
            assert!(parsed.diagnostics.is_empty(), "{before}: {}", rendered("", &[]));
            assert_eq!(parsed.file.statements.len(), 1);
        }
    });
}

#[test]
fn depth_is_counted_and_bounded() {
    let nested = |levels: usize| format!("x: {}1{}\n", "(".repeat(levels), ")".repeat(levels));
    let depth = |source: &str| {
        let parsed = parse(FILE, source);
        let statement = &parsed.file.statements[0];
        let StatementKind::Binding(binding) = &statement.kind else { panic!("a binding") };
        (statement.tree[binding.value].depth, parsed.diagnostics.len())
    };
    assert_eq!(depth("x: 1\n"), (0, 0));
    assert_eq!(depth("x: a + (b)\n"), (2, 0));
    assert_eq!(depth("x: a + b + c + d\n"), (1, 0));
    assert_eq!(depth(&nested(usize::from(DEPTH_MAX))), (DEPTH_MAX, 0));
    let (over, diagnostics) = depth(&nested(usize::from(DEPTH_MAX) + 1));
    assert!(over <= DEPTH_MAX);
    assert_eq!(diagnostics, 1);
    let parsed = parse(FILE, &nested(usize::from(DEPTH_MAX) + 1));
    assert!(parsed.file.statements[0].tree.exprs.iter().any(|expr| expr.kind == ExprKind::Error));
}

/// The deepest program that parses also prints, on a small stack.
#[test]
fn the_deepest_program_prints() {
    on_small_stack(|| {
        let levels = usize::from(DEPTH_MAX) - 2;
        for (before, open, middle, close, after) in [
            ("x: ", "(", "1", ")", ""),
            ("x: ", "f {a: ", "1", "}", ""),
            ("x: ", "- ", "1", "", ""),
            ("x: ", "fun(a): ", "b", "", ""),
            ("x: ", "if a then b else ", "c", "", ""),
            ("x: ", "case a of | b -> ", "c", "", ""),
            ("type T: ", "A<", "A", ">", ""),
            ("type T: ", "{a: ", "A", "}", ""),
            ("x: fun(", "[", "a", "]", "): 1"),
        ] {
            let levels = if open.contains("{a: ") && before == "x: " { levels / 2 } else { levels };
            let source = format!("{before}{}{middle}{}{after}\n", open.repeat(levels), close.repeat(levels));
            let formatted = format(FILE, &source);
            let text = formatted.text.unwrap_or_else(|| panic!("{}", rendered(&source, &formatted.diagnostics)));
            assert_eq!(format(FILE, &text).text, Some(text));
        }
    });
}

#[test]
fn strange_texts() {
    let none: &[&str] = &[];
    for (source, expected) in [
        ("", none),
        ("\u{feff}", none),
        ("\u{feff}x: 1", none),
        ("\n\n\n", none),
        ("# only a comment", none),
        ("x: 1\r\ny: 2\r\n", none),
        ("x: \"a\r\n  b\"\r\n", none),
        ("x: 1\ry: 2\r", &["LW0109"]),
        ("# a\rx: 1\n", &["LW0109"]),
        ("x: 1\0\n", &["LW0101"]),
        ("\0\0\0", &["LW0101"]),
        ("x: é\n", &["LW0101"]),
        ("x:\u{a0}1\n", &["LW0101"]),
        ("x: \u{feff}1\n", &["LW0101"]),
        ("é", &["LW0101"]),
        ("\"", &["LW0102"]),
        ("'", &["LW0102"]),
        ("\"\"\"", &["LW0102"]),
        ("\"\\(", &["LW0103"]),
        ("\"\\", &["LW0102"]),
        ("x: \"\\é\"\n", &["LW0104"]),
        ("@", &["LW0120"]),
        ("@a", &["LW0146"]),
        (":", &["LW0112"]),
        ("|", &["LW0120"]),
    ] {
        assert_eq!(codes(source), expected, "{source:?}\n{}", rendered(source, &parse(FILE, source).diagnostics));
    }
}
