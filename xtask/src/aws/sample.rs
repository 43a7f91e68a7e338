//! A text that satisfies a property's limits: a plausible one where possible, otherwise one made from the pattern.

use std::collections::HashMap;

use fancy_regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::model::{Attribute, Field, Type};

/// Tried in this order wherever nothing more telling is known.
const PLAUSIBLE: &[&str] = &[
    "example",
    "Example",
    "example-1",
    "1",
    "10",
    "arn:aws:iam::123456789012:role/example",
    "arn:aws:s3:::example",
    "arn:aws:lambda:us-east-1:123456789012:function:example",
    "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:example-abcdef",
    "arn:aws:logs:us-east-1:123456789012:log-group:example:*",
    "123456789012",
    "us-east-1",
    "us-east-1a",
    "example.com",
    "https://example.com",
    "user@example.com",
    "12345678-1234-1234-1234-123456789012",
    "2030-01-01T00:00:00Z",
    "10.0.0.1",
    "10.0.0.0/16",
    "vpc-0123456789abcdef0",
    "subnet-0123456789abcdef0",
    "sg-0123456789abcdef0",
    "ami-0123456789abcdef0",
    "s3://example/example",
    "+15555550100",
    "/example",
    "en-US",
    "1.0.0",
    "Example-1",
    "$example",
];

/// Letters in the order in which a class's representative is chosen.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./:=+@ ";

/// How many more repetitions than needed are tried, for a length that must be reached.
const REPETITIONS_MORE_MAX: usize = 64;

/// Compiles each pattern once.
#[derive(Default)]
pub struct Samples {
    patterns: HashMap<String, Option<Regex>>,
}

impl Samples {
    /// A text for a field; another one for another `variant`. None where no attempt succeeds.
    pub fn text(&mut self, field: &Field, shape: &Type, variant: usize) -> Option<String> {
        let limits = &field.limits;
        let format = field.format.as_deref();
        self.satisfying(
            limits.pattern.as_deref(),
            limits.length.min,
            limits.length.max,
            &likely(shape, format),
            variant,
        )
    }

    /// A key of a dictionary.
    pub fn key(&mut self, pattern: Option<&str>, variant: usize) -> Option<String> {
        self.satisfying(pattern, None, None, &[], variant)
    }

    fn satisfying(
        &mut self,
        pattern: Option<&str>,
        length_min: Option<u64>,
        length_max: Option<u64>,
        likely: &[String],
        variant: usize,
    ) -> Option<String> {
        let regex = pattern.map(|pattern| self.compiled(pattern)).transpose_none()?;
        let fits = |text: &str| {
            let length = text.chars().count() as u64;
            length_min.is_none_or(|min| length >= min)
                && length_max.is_none_or(|max| length <= max)
                && regex.as_ref().is_none_or(|regex| regex.is_match(text).unwrap_or(false))
        };
        let plain = likely.iter().map(String::as_str).chain(PLAUSIBLE.iter().copied());
        let mut found: Vec<String> = Vec::new();
        let mut offer = |text: String| {
            if fits(&text) && !found.contains(&text) {
                found.push(text);
            }
            found.get(variant).cloned()
        };
        for text in plain {
            let padding = length_min.map_or(0, |min| (min as usize).saturating_sub(text.chars().count()));
            let numbered = if variant == 0 { String::new() } else { variant.to_string() };
            for text in [text.to_owned(), format!("{text}{numbered}"), format!("{text}{}", "a".repeat(padding))] {
                if let Some(enough) = offer(text) {
                    return Some(enough);
                }
            }
        }
        let made = pattern.and_then(|pattern| regex_syntax::parse(&without_lookaround(pattern)).ok())?;
        for more in 0..REPETITIONS_MORE_MAX {
            for branch in 0..4 {
                for letter in 0..6 {
                    let mut text = String::new();
                    make(&made, &Choice { more, branch, letter }, &mut text);
                    if let Some(enough) = offer(text) {
                        return Some(enough);
                    }
                }
            }
        }
        found.pop()
    }

    fn compiled(&mut self, pattern: &str) -> Option<Regex> {
        let compile = || Regex::new(pattern).ok();
        self.patterns.entry(pattern.to_owned()).or_insert_with(compile).clone()
    }
}

/// `None` stays, `Some(None)` (a pattern that does not compile) is no answer.
trait TransposeNone<T> {
    fn transpose_none(self) -> Option<Option<T>>;
}

impl<T> TransposeNone<T> for Option<Option<T>> {
    fn transpose_none(self) -> Option<Option<T>> {
        match self {
            None => Some(None),
            Some(None) => None,
            Some(Some(value)) => Some(Some(value)),
        }
    }
}

/// What the type and the format say about the text.
fn likely(shape: &Type, format: Option<&str>) -> Vec<String> {
    let of_link = |attribute: &Attribute, wire_type: &str| {
        let mut parts = wire_type.split("::").skip(1).map(str::to_ascii_lowercase);
        let (service, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match attribute {
            Attribute::Arn => vec![
                format!("arn:aws:{service}:us-east-1:123456789012:{name}/example"),
                format!("arn:aws:{service}:us-east-1:123456789012:example"),
                format!("arn:aws:{service}::123456789012:{name}/example"),
            ],
            Attribute::Id => vec![format!("{name}-example"), format!("{name}-0123456789abcdef0")],
            Attribute::Name => Vec::new(),
        }
    };
    let of_format = match format {
        Some("date-time") => vec!["2030-01-01T00:00:00Z".to_owned()],
        Some("timestamp") => vec!["2030-01-01T00:00:00Z".to_owned()],
        Some("uri") => vec!["https://example.com".to_owned()],
        Some("json") => vec!["{}".to_owned()],
        _ => Vec::new(),
    };
    match shape {
        Type::Cidr => vec!["10.0.0.0/16".to_owned(), "10.0.0.0/24".to_owned(), "0.0.0.0/0".to_owned()],
        Type::Cidr6 => vec!["2001:db8::/64".to_owned(), "2001:db8::/56".to_owned(), "::/0".to_owned()],
        Type::Link(attribute, wire_type) => of_link(attribute, wire_type),
        _ => of_format,
    }
}

struct Choice {
    more: usize,
    branch: usize,
    letter: usize,
}

fn make(pattern: &Hir, choice: &Choice, text: &mut String) {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(letter_of(class, choice.letter)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.map_or(usize::MAX, |max| max as usize);
            let count = (repetition.min as usize + choice.more).min(most);
            for _ in 0..count {
                make(&repetition.sub, choice, text);
            }
        }
        HirKind::Capture(capture) => make(&capture.sub, choice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| make(part, choice, text)),
        HirKind::Alternation(branches) => make(&branches[choice.branch % branches.len()], choice, text),
    }
}

fn letter_of(class: &Class, number: usize) -> Option<char> {
    let Class::Unicode(class) = class else { return Some('a') };
    let contains = |letter: &char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(letter));
    let preferred: Vec<char> = LETTERS.chars().filter(contains).collect();
    // The first letter, then the first digit and capital, then the signs.
    let steps = [0, 26, 36, 1, 10, 62];
    let wanted = LETTERS.chars().nth(steps[number % steps.len()]).filter(|letter| preferred.contains(letter));
    wanted.or_else(|| preferred.first().copied()).or_else(|| class.ranges().first().map(|range| range.start()))
}

/// The pattern without the assertions that the parser does not know; what is made from it is tested against the whole.
fn without_lookaround(pattern: &str) -> String {
    let mut rest = pattern;
    let mut plain = String::new();
    while !rest.is_empty() {
        let opens = ["(?!", "(?=", "(?<!", "(?<="].iter().any(|opening| rest.starts_with(opening));
        let taken = if opens { group_length(rest) } else { escaped_length(rest) };
        if !opens {
            plain.push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    plain
}

/// The length of the first letter, with the backslash before it.
fn escaped_length(text: &str) -> usize {
    let mut letters = text.chars();
    match letters.next() {
        Some('\\') => 1 + letters.next().map_or(0, char::len_utf8),
        Some(letter) => letter.len_utf8(),
        None => 0,
    }
}

/// The length of the group that opens the text.
fn group_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut in_class = false;
    let mut at = 0;
    while at < text.len() {
        let taken = escaped_length(&text[at..]);
        match &text[at..at + taken] {
            "[" => in_class = true,
            "]" => in_class = false,
            "(" if !in_class => depth += 1,
            ")" if !in_class => depth -= 1,
            _ => {}
        }
        at += taken;
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pattern: &str, min: u64) -> Option<String> {
        Samples::default().satisfying(Some(pattern), Some(min), None, &[], 0)
    }

    #[test]
    fn patterns_are_satisfied() {
        assert_eq!(sample("^[a-z]+$", 1).as_deref(), Some("example"));
        assert_eq!(sample("^arn:aws:x:[0-9]{3}$", 1).as_deref(), Some("arn:aws:x:000"));
        assert_eq!(sample("^(?!aws:)[A-Z]{2}$", 1).as_deref(), Some("AA"));
        assert_eq!(sample("^x-[0-9a-f]+$", 6).map(|text| text.len()), Some(6));
        assert_eq!(sample("a^", 1), None);
    }

    #[test]
    fn variants_differ() {
        let mut samples = Samples::default();
        let mut text = |variant| samples.satisfying(Some("^[a-z]{3}$"), None, None, &[], variant);
        assert_ne!(text(0), text(1));
    }
}
