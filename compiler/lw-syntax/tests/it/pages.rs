//! The pages of the syntax codes: what fails gives exactly its code, what is fixed parses clean.

use super::support::{FILE, rendered};
use lw_diagnostics::{codes, explain};
use lw_syntax::parse;

/// From LW0170 on they are of what cannot be read in other formats.
const SYNTAX_CODES: std::ops::Range<&str> = "LW0100".."LW0170";

/// The first ```lw block below a heading.
fn block(page: &str, heading: &str) -> String {
    let below = page.split_once(heading).unwrap_or_else(|| panic!("the page has `{heading}`:\n{page}")).1;
    let inside = below.split_once("```lw\n").expect("a block of the language").1;
    inside.split_once("```").expect("the block ends").0.to_owned()
}

#[test]
fn examples_give_their_code() {
    let mut seen = 0;
    for code in codes().filter(|code| SYNTAX_CODES.contains(code)) {
        let page = explain(code).expect("it is listed");
        assert!(page.starts_with(&format!("# {code}: ")), "{code}: the title");
        let fails = block(page, "## Fails");
        let found = parse(FILE, &fails).diagnostics;
        let found_codes: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(found_codes, [code], "{code}\n{}", rendered(&fails, &found));
        let fixed = block(page, "## Fixed");
        let found = parse(FILE, &fixed).diagnostics;
        assert!(found.is_empty(), "{code}\n{}", rendered(&fixed, &found));
        seen += 1;
    }
    assert!(seen > 40, "only {seen} pages");
}

/// Every code that the sources name has a page, and the other way round.
#[test]
fn every_code_has_a_page() {
    let sources = [
        include_str!("../../src/errors/lexical.rs"),
        include_str!("../../src/errors/layout.rs"),
        include_str!("../../src/errors/expected.rs"),
        include_str!("../../src/errors/grammar.rs"),
        include_str!("../../src/errors/deprecated.rs"),
    ]
    .concat();
    let mut used: Vec<&str> = sources.match_indices("\"LW").map(|(at, _)| &sources[at + 1..at + 7]).collect();
    used.sort_unstable();
    used.dedup();
    let pages: Vec<&str> = codes().filter(|code| SYNTAX_CODES.contains(code)).collect();
    assert_eq!(used, pages);
}
