//! Spans, source files, diagnostics and their codes.
//!
//! The one idea: a user's mistake is a value ([`Diagnostic`]), collected and never thrown; a phase returns what it
//! could make *and* what it found. Rendering is the last step and lives here alone, so that this crate is the
//! only user of `ariadne`. Deliberately absent: reading files (the caller brings text), terminal detection.

mod change;
mod diagnostic;
mod explain;
mod files;
mod render;
mod span;

pub use change::Change;
pub use diagnostic::{Diagnostic, Edit, Label, Severity};
pub use explain::{codes, explain};
pub use files::{FileId, Files, Position};
pub use render::{RenderOptions, render};
pub use span::Span;

/// The nearest of `candidates` to `wanted`, when it is near enough to be what the writer meant.
///
/// Damerau-free edit distance of at most a third of the longer name, and at least one; ties go to the first.
pub fn did_you_mean<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        if candidate == wanted {
            continue;
        }
        let (length, other) = (wanted.chars().count(), candidate.chars().count());
        let limit = (length.max(other) / 3).max(1);
        // Most names are too long or too short.
        if length.abs_diff(other) > limit + LOWER_CASE_GROWTH {
            continue;
        }
        let distance = edit_distance(wanted, candidate, limit);
        if let Some(distance) = distance
            && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// A few characters become two in lower case; names hardly ever hold one.
const LOWER_CASE_GROWTH: usize = 2;

/// Optimal string alignment distance, or `None` when it is over `limit`.
fn edit_distance(left: &str, right: &str, limit: usize) -> Option<usize> {
    let left: Vec<char> = left.chars().flat_map(char::to_lowercase).collect();
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    if left.len().abs_diff(right.len()) > limit || left.len().max(right.len()) > 200 {
        return None;
    }
    let mut before_last: Vec<usize> = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut current = vec![i; right.len() + 1];
        for j in 1..=right.len() {
            let cost = usize::from(left[i - 1] != right[j - 1]);
            current[j] = (last[j] + 1).min(current[j - 1] + 1).min(last[j - 1] + cost);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                current[j] = current[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, current);
    }
    (last[right.len()] <= limit).then_some(last[right.len()])
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn finds_the_name_that_was_meant() {
        assert_eq!(did_you_mean("encrpytion", ["encryption", "region"]), Some("encryption"));
        assert_eq!(did_you_mean("vcp", ["vpc", "subnet"]), Some("vpc"));
        assert_eq!(did_you_mean("Bucket", ["bucket"]), Some("bucket"));
        assert_eq!(did_you_mean("instance", ["queue", "topic"]), None);
    }
}
