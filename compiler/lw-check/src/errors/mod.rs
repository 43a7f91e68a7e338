//! What can be wrong with names and types: one function per message, a file per family. Codes LW02xx.

pub mod calls;
pub mod modules;
pub mod names;
pub mod operators;
pub mod patterns;
pub mod records;
pub mod types;

use lw_diagnostics::{Diagnostic, Edit, Span, did_you_mean};
use lw_syntax::Name;

/// The name that was probably meant. Of names of one or two letters everything is near.
fn near<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const SHORT_MAX: usize = 2;
    did_you_mean(wanted, candidates)
        .filter(|near| wanted.chars().count() > SHORT_MAX || near.eq_ignore_ascii_case(wanted))
}

/// Adds "write `x`" with its edit when a name is near.
fn suggest(diagnostic: Diagnostic, wanted: &str, candidates: &[Name], place: Span) -> Diagnostic {
    match near(wanted, candidates.iter().map(Name::as_str)) {
        Some(near) => diagnostic.fix(format!("write `{near}`"), [Edit { span: place, text: near.to_string() }]),
        None => diagnostic,
    }
}

/// `a`, `b` and `c`.
pub fn listed(names: &[Name]) -> String {
    /// More than this many are cut.
    const SHOWN_MAX: usize = 6;
    let shown: Vec<String> = names.iter().take(SHOWN_MAX).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN_MAX {
        return format!("{} and {} more", shown.join(", "), names.len() - SHOWN_MAX);
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// `1 argument`, `2 arguments`.
fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
