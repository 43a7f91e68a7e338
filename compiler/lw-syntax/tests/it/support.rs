//! One helper per boundary: a file of cases, the printer, the diagnostics, the tree without its ranges.

use lw_diagnostics::{Diagnostic, FileId, Files, RenderOptions, render};
use lw_syntax::{format, parse};

pub const FILE: FileId = FileId(0);

pub struct Case {
    pub name: String,
    pub source: String,
    /// What stands below the line `>>>`; absent when there is no such line.
    pub expected: Option<String>,
}

/// `--- name ---`, a source, and perhaps `>>>` with what is expected of it.
pub fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("--- ").and_then(|rest| rest.strip_suffix(" ---")) {
            cases.push(Case { name: name.to_owned(), source: String::new(), expected: None });
        } else if let Some(case) = cases.last_mut() {
            if line == ">>>" {
                case.expected = Some(String::new());
                continue;
            }
            let part = case.expected.as_mut().unwrap_or(&mut case.source);
            // Cases show tabs as this sign.
            part.push_str(&line.replace('→', "\t"));
            part.push('\n');
        }
    }
    for case in &mut cases {
        let trimmed = case.source.trim_end_matches('\n').len();
        case.source.truncate(trimmed);
        case.source.push('\n');
        if let Some(expected) = &mut case.expected {
            let trimmed = expected.trim_end_matches('\n').len();
            expected.truncate(trimmed);
            expected.push('\n');
        }
    }
    assert!(!cases.is_empty(), "a file of cases has cases");
    cases
}

pub fn rendered(source: &str, diagnostics: &[Diagnostic]) -> String {
    let mut files = Files::default();
    files.add("case.lw", source);
    render(diagnostics, &files, RenderOptions::default())
}

/// `LW0121 2:3 headline` for each diagnostic, in order.
pub fn summary(source: &str, diagnostics: &[Diagnostic]) -> String {
    let mut files = Files::default();
    let file = files.add("case.lw", source);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let start = diagnostic.primary.as_ref().map_or(0, |label| label.span.start);
        let place = files.position(file, start);
        text.push_str(&format!("{} {}:{} {}\n", diagnostic.code, place.line, place.column, diagnostic.message));
    }
    text
}

/// The file's tree with every place in the text taken out.
pub fn shape(source: &str) -> String {
    let text = format!("{:?}", parse(FILE, source).file);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("Range { start: ") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('}').expect("a range ends") + 1..];
    }
    out.push_str(rest);
    // A statement's own start.
    let mut text = String::with_capacity(out.len());
    for (at, part) in out.split("Statement { start: ").enumerate() {
        text.push_str(if at == 0 { part } else { part.trim_start_matches(|char: char| char.is_ascii_digit()) });
    }
    text
}

/// Prints the source; asserts that it is the same program, and that printing again changes nothing.
pub fn check_print(name: &str, source: &str) -> String {
    let formatted = format(FILE, source);
    let Some(text) = formatted.text else {
        panic!("{name}: does not parse\n{source}\n{}", rendered(source, &formatted.diagnostics));
    };
    assert_eq!(shape(&text), shape(source), "{name}: printed as another program\n{source}\n-----\n{text}");
    let again = format(FILE, &text).text.unwrap_or_else(|| panic!("{name}: the printed text does not parse\n{text}"));
    assert_eq!(again, text, "{name}: printing twice is not printing once");
    text
}

/// The text with every edit of the diagnostics made.
pub fn fixed(source: &str, diagnostics: &[Diagnostic]) -> String {
    let mut edits: Vec<_> = diagnostics.iter().flat_map(|diagnostic| &diagnostic.edits).collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut text = source.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    text
}
