//! The schemas' patterns, written for many engines, in the form that ours reads.
//!
//! Where the dialects differ, the schemas mean the older one: `\w` and `\d` are ASCII (which also keeps the compiled patterns
//! small), a `[` inside a class is itself, and so is a `-` beside a shorthand.

use std::cell::RefCell;
use std::collections::HashMap;

use fancy_regex::Regex;

/// A repetition of more than this many letters of a large class is too large to compile; the length limit says the same.
const REPETITIONS_MAX: u32 = 200;

/// Mistakes in the schemas that make a pattern match nothing, or no pattern at all.
const MISTAKES: &[(&str, &str)] = &[
    ("\"^arn:aws:acm:", "^arn:aws:acm:"),
    ("certificate\\/.+$\"", "certificate\\/.+$"),
    ("placement-group/^.", "placement-group/."),
    ("(?!\\.)+", "(?!\\.)"),
];

/// Pairs of surrogates, which stand for everything above the first plane.
const SURROGATES: &[&str] = &["\\uD800\\uDBFF-\\uDC00\\uDFFF", "\\uD83C-\\uDBFF\\uDC00-\\uDFFF"];

thread_local! {
    /// What each pattern of the schemas became.
    static TRANSLATED: RefCell<HashMap<String, Option<String>>> = RefCell::new(HashMap::new());
}

/// The pattern as [`Regex`] reads it; none if it cannot, or if it says nothing.
pub fn translated(pattern: &str) -> Option<String> {
    TRANSLATED.with_borrow_mut(|known| known.entry(pattern.to_owned()).or_insert_with(|| translate(pattern)).clone())
}

fn translate(pattern: &str) -> Option<String> {
    let mut pattern = pattern.to_owned();
    for (mistake, correction) in MISTAKES {
        pattern = pattern.replace(mistake, correction);
    }
    for pair in SURROGATES {
        pattern = pattern.replace(pair, "\\x{10000}-\\x{10FFFF}");
    }
    let exact = rewrite(&pattern);
    let compiles = |pattern: &String| Regex::new(pattern).is_ok();
    [exact.clone(), without_large_repetitions(&exact)].into_iter().find(compiles).filter(|pattern| !is_any(pattern))
}

/// Whether every text matches.
pub fn is_any(pattern: &str) -> bool {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    matches!(inner, "" | ".*" | "(.*)" | "(.*?)" | "[\\s\\S]*" | "[\\S\\s]*")
}

/// What stands before a `-` in a class.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// Nothing, a shorthand or a whole range: the `-` is itself.
    Closed,
    /// A letter: the `-` makes a range.
    Letter,
    /// A letter and its `-`.
    RangeStart,
}

fn rewrite(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut class: Option<Before> = None;
    while let Some(letter) = rest.chars().next() {
        let length = token_length(rest);
        let token = &rest[..length];
        rest = &rest[length..];
        let Some(before) = class else {
            match token {
                "[" => {
                    class = Some(Before::Closed);
                    out.push('[');
                    if let Some(negated) = rest.strip_prefix('^') {
                        out.push('^');
                        rest = negated;
                    }
                }
                "\\Z" => out.push('$'),
                _ => match shorthand(token) {
                    Some((letters, true)) => out.push_str(&format!("[^{letters}]")),
                    Some((letters, false)) => out.push_str(&format!("[{letters}]")),
                    None => push_visible(token, letter, &mut out),
                },
            }
            continue;
        };
        class = match token {
            "]" => {
                out.push(']');
                None
            }
            "-" => {
                let next = &rest[..token_length(rest)];
                let makes_range = before == Before::Letter && !matches!(next, "]" | "") && !is_shorthand(next);
                out.push_str(if makes_range { "-" } else { "\\-" });
                Some(if makes_range { Before::RangeStart } else { Before::Closed })
            }
            "[" if !rest.starts_with(':') => {
                out.push_str("\\[");
                Some(after_letter(before))
            }
            "&" | "~" => {
                out.push('\\');
                out.push_str(token);
                Some(after_letter(before))
            }
            _ if is_shorthand(token) => {
                match shorthand(token) {
                    Some((letters, false)) => out.push_str(letters),
                    _ => out.push_str(token),
                }
                Some(Before::Closed)
            }
            _ => {
                push_visible(token, letter, &mut out);
                Some(after_letter(before))
            }
        };
    }
    out
}

fn after_letter(before: Before) -> Before {
    if before == Before::RangeStart { Before::Closed } else { Before::Letter }
}

/// A letter that a text file should not hold is written by its number.
fn push_visible(token: &str, letter: char, out: &mut String) {
    if letter.is_control() {
        out.push_str(&format!("\\x{:02x}", u32::from(letter)));
    } else {
        out.push_str(token);
    }
}

/// The ASCII letters of a shorthand, and whether it means all others.
fn shorthand(token: &str) -> Option<(&'static str, bool)> {
    Some(match token {
        "\\w" => ("A-Za-z0-9_", false),
        "\\W" => ("A-Za-z0-9_", true),
        "\\d" => ("0-9", false),
        "\\D" => ("0-9", true),
        "\\p{Graph}" => ("!-\\~", false),
        "\\p{Print}" => (" -\\~", false),
        _ => return None,
    })
}

fn is_shorthand(token: &str) -> bool {
    token.starts_with("\\p")
        || token.starts_with("\\P")
        || matches!(token, "\\w" | "\\W" | "\\d" | "\\D" | "\\s" | "\\S")
}

/// The length of a letter or an escape: `\p{L}`, `\u0041`, `\x41`, `\x{41}`, `\.`.
fn token_length(text: &str) -> usize {
    let mut letters = text.chars();
    match letters.next() {
        Some('\\') => {}
        Some(letter) => return letter.len_utf8(),
        None => return 0,
    }
    let Some(letter) = letters.next() else { return 1 };
    let braced = text[2..].starts_with('{');
    let wanted = match letter {
        'p' | 'P' | 'x' | 'u' if braced => text.find('}').map_or(text.len(), |end| end + 1),
        'x' => 4,
        'u' => 6,
        _ => 1 + letter.len_utf8(),
    };
    wanted.min(text.len())
}

/// `{1,1024}` as `{1,}`.
fn without_large_repetitions(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while !rest.is_empty() {
        let length = token_length(rest);
        let bounds = rest.strip_prefix('{').and_then(|open| open.split_once('}')).map(|(bounds, _)| bounds);
        let large = bounds.and_then(|bounds| {
            let (min, max) = bounds.split_once(',')?;
            let is_large = max.parse::<u32>().is_ok_and(|max| max > REPETITIONS_MAX);
            (is_large && min.parse::<u32>().is_ok()).then(|| (format!("{{{min},}}"), bounds.len() + 2))
        });
        match large {
            Some((shorter, taken)) => {
                out.push_str(&shorter);
                rest = &rest[taken..];
            }
            None => {
                out.push_str(&rest[..length]);
                rest = &rest[length..];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_become_ours() {
        let cases = [
            ("^\\w+\\Z", "^[A-Za-z0-9_]+$"),
            ("[\\w-.~]+", "[A-Za-z0-9_\\-.\\~]+"),
            ("[a-z-]", "[a-z\\-]"),
            ("[^a-f\\d]", "[^a-f0-9]"),
            ("[@[\\]+&&]", "[@\\[\\]+\\&\\&]"),
            ("[ -~]", "[ -\\~]"),
            ("[\\u0020-\\uFFFD]", "[\\u0020-\\uFFFD]"),
            ("[\\p{L}-x]", "[\\p{L}\\-x]"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(translated(pattern).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert_eq!(translated("^.*$"), None);
        assert_eq!(translated("(?!a)+("), None);
        assert!(translated("^.+$").is_some());
    }

    #[test]
    fn huge_classes_lose_their_upper_bound() {
        let pattern = translated("[\\p{L}\\p{M}\\p{Z}\\p{N}\\p{P}]{0,1024}").expect("it compiles");
        assert!(pattern.ends_with("{0,}"));
    }
}
