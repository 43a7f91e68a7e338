//! What the wire schemas say of a value beside its type: lengths, ranges, patterns.
//!
//! The one idea: a [`Constraints`] answers for one value at a time and knows nothing of where it came from. The checker asks about
//! literals, evaluation about everything else; what is not known yet is never asked about.

use std::sync::{Arc, LazyLock, Mutex};

use fancy_regex::{Regex, RegexBuilder};
use lw_syntax::ast;
use rustc_hash::FxHashMap;

use crate::declare::{key_name, text_of};

/// The limits of one field. Those of a scalar reach it through Optional, List and Dictionary; those of a list are the outermost's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// Of a text, in characters.
    length: Bounds,
    range: Bounds,
    /// How many elements or entries.
    items: Bounds,
    unique: bool,
    one_of: Vec<f64>,
    pattern: Option<Arc<str>>,
    /// What the keys of a dictionary match.
    keys: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
}

/// A limit that a value does not keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// What is taken: `0 to 900`.
    pub taken: String,
    /// What was found: `1000`.
    pub found: String,
    /// The pattern, where that is the reason.
    pub pattern: Option<Arc<str>>,
    /// The nearest number that is taken.
    pub nearest: Option<f64>,
}

impl Constraints {
    /// Reads one annotation of a field; `false` if it is about something else.
    pub(crate) fn read(&mut self, tree: &ast::Tree, annotation: &ast::Annotation) -> bool {
        let first_text = || match &annotation.arguments {
            ast::AnnotationArguments::Positional(arguments) => {
                arguments.first().and_then(|argument| text_of(tree, *argument)).map(Arc::from)
            }
            _ => None,
        };
        match annotation.name.name.as_str() {
            "length" => self.length = Bounds::read(tree, annotation),
            "range" => self.range = Bounds::read(tree, annotation),
            "items" => self.items = Bounds::read(tree, annotation),
            "unique" => self.unique = true,
            "pattern" => self.pattern = first_text(),
            "keys" => self.keys = first_text(),
            "oneOf" => {
                if let ast::AnnotationArguments::Positional(arguments) = &annotation.arguments {
                    self.one_of = arguments.iter().filter_map(|argument| number_of(tree, *argument)).collect();
                }
            }
            _ => return false,
        }
        true
    }

    pub fn unique(&self) -> bool {
        self.unique
    }

    /// What is wrong with a text.
    pub fn text(&self, text: &str) -> Option<Violation> {
        if self.length != Bounds::default() {
            let length = text.chars().count();
            if !self.length.hold(length as f64) {
                return Some(Violation::counted(self.length, "character", length));
            }
        }
        let pattern = self.pattern.as_ref()?;
        (!matches(pattern, text)).then(|| Violation {
            taken: "text of another form".to_string(),
            found: quoted(text),
            pattern: Some(pattern.clone()),
            nearest: None,
        })
    }

    /// What is wrong with a number.
    pub fn number(&self, number: f64) -> Option<Violation> {
        if !self.range.hold(number) {
            return Some(Violation {
                taken: self.range.shown(),
                found: number.to_string(),
                pattern: None,
                nearest: self.range.nearest(number),
            });
        }
        if self.one_of.is_empty() || self.one_of.contains(&number) {
            return None;
        }
        let distance = |one: &f64| (one - number).abs();
        let nearest = self.one_of.iter().copied().min_by(|one, other| distance(one).total_cmp(&distance(other)));
        let shown: Vec<String> = self.one_of.iter().map(f64::to_string).collect();
        Some(Violation {
            taken: format!("one of {}", shown.join(", ")),
            found: number.to_string(),
            pattern: None,
            nearest,
        })
    }

    /// What is wrong with how many elements or entries there are.
    pub fn count(&self, count: usize) -> Option<Violation> {
        (!self.items.hold(count as f64)).then(|| Violation::counted(self.items, "element", count))
    }

    /// What is wrong with a dictionary's key.
    pub fn key(&self, key: &str) -> Option<Violation> {
        let pattern = self.keys.as_ref()?;
        (!matches(pattern, key)).then(|| Violation {
            taken: "keys of another form".to_string(),
            found: quoted(key),
            pattern: Some(pattern.clone()),
            nearest: None,
        })
    }

    /// A text near this one that is taken: in other letters, or with hyphens.
    pub fn repaired(&self, text: &str) -> Option<String> {
        let hyphens = |text: &str| text.trim().replace([' ', '_', '.', '/'], "-");
        let lower = text.trim().to_lowercase();
        let candidates = [
            text.trim().to_string(),
            lower.clone(),
            text.trim().to_uppercase(),
            hyphens(text),
            hyphens(&lower),
            text.trim().replace(['-', ' ', '.'], "_"),
            text.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect(),
            lower.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect(),
        ];
        candidates
            .into_iter()
            .find(|candidate| candidate != text && !candidate.is_empty() && self.text(candidate).is_none())
    }
}

impl Bounds {
    fn read(tree: &ast::Tree, annotation: &ast::Annotation) -> Bounds {
        let mut bounds = Bounds::default();
        let ast::AnnotationArguments::Record(entries) = &annotation.arguments else { return bounds };
        for entry in entries {
            match key_name(tree, entry).as_deref() {
                Some("min") => bounds.min = number_of(tree, entry.value),
                Some("max") => bounds.max = number_of(tree, entry.value),
                _ => {}
            }
        }
        bounds
    }

    fn hold(self, number: f64) -> bool {
        self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
    }

    fn nearest(self, number: f64) -> Option<f64> {
        self.min.filter(|min| number < *min).or(self.max.filter(|max| number > *max))
    }

    fn shown(self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => format!("exactly {min}"),
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => "anything".to_string(),
        }
    }
}

impl Violation {
    fn counted(bounds: Bounds, noun: &str, count: usize) -> Violation {
        let one = bounds.max.or(bounds.min) == Some(1.0);
        let noun = if one { noun.to_string() } else { format!("{noun}s") };
        let taken = format!("{} {noun}", bounds.shown());
        Violation { taken, found: count.to_string(), pattern: None, nearest: None }
    }
}

fn quoted(text: &str) -> String {
    /// Longer texts are cut.
    const SHOWN_MAX: usize = 60;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// A literal number, possibly negative.
fn number_of(tree: &ast::Tree, expr: ast::ExprId) -> Option<f64> {
    match &tree[expr].kind {
        ast::ExprKind::Int(value) => Some(*value as f64),
        ast::ExprKind::Float(value) => Some(*value),
        ast::ExprKind::Prefix { operator, operand } if operator.name == "-" => {
            number_of(tree, *operand).map(|number| -number)
        }
        ast::ExprKind::Group(inner) => number_of(tree, *inner),
        _ => None,
    }
}

/// Backtracks after which a text is taken to match.
const BACKTRACKS_MAX: usize = 100_000;
/// Compiled patterns that are kept; the library has about 1,600.
const KEPT_MAX: usize = 4_000;

type Kept = FxHashMap<Arc<str>, Option<Arc<Regex>>>;

/// Compiled patterns, for every program that this process checks. A pattern that cannot be compiled holds nothing to it.
static PATTERNS: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

fn matches(pattern: &Arc<str>, text: &str) -> bool {
    compiled(pattern).is_none_or(|regex| regex.is_match(text).unwrap_or(true))
}

fn compiled(pattern: &Arc<str>) -> Option<Arc<Regex>> {
    // Whoever panicked while holding it has left it whole: entries are added at once.
    let mut patterns = PATTERNS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(known) = patterns.get(pattern) {
        return known.clone();
    }
    if patterns.len() >= KEPT_MAX {
        patterns.clear();
    }
    let built = RegexBuilder::new(pattern).backtrack_limit(BACKTRACKS_MAX).build().ok().map(Arc::new);
    patterns.insert(pattern.clone(), built.clone());
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Constraints {
        Constraints { pattern: Some(text.into()), ..Constraints::default() }
    }

    #[test]
    fn lengths_count_characters() {
        let limits = Constraints { length: Bounds { min: Some(2.0), max: Some(3.0) }, ..Constraints::default() };
        assert_eq!(limits.text("äöü"), None);
        assert_eq!(limits.text("äöüß").map(|found| found.taken), Some("2 to 3 characters".to_string()));
        assert_eq!(limits.text("a").map(|found| found.found), Some("1".to_string()));
    }

    #[test]
    fn the_nearest_number_is_known() {
        let range = Constraints { range: Bounds { min: Some(0.0), max: Some(900.0) }, ..Constraints::default() };
        assert_eq!(range.number(1000.0).and_then(|found| found.nearest), Some(900.0));
        assert_eq!(range.number(-5.0).and_then(|found| found.nearest), Some(0.0));
        let one_of = Constraints { one_of: vec![1.0, 2.0, 4.0, 8.0], ..Constraints::default() };
        assert_eq!(one_of.number(5.0).and_then(|found| found.nearest), Some(4.0));
        assert_eq!(one_of.number(8.0), None);
    }

    #[test]
    fn a_pattern_may_match_anywhere_and_a_bad_one_says_nothing() {
        assert_eq!(pattern("b+").text("abc"), None);
        assert!(pattern("^[a-z-]+$").text("A B").is_some());
        assert_eq!(pattern("(unclosed").text("anything"), None);
    }

    #[test]
    fn a_search_that_takes_too_long_is_given_up() {
        let text = "a".repeat(5_000) + "!";
        assert_eq!(pattern(r"^(a+)+\1(?=b)$").text(&text), None);
    }

    #[test]
    fn texts_are_repaired_where_that_is_easy() {
        assert_eq!(pattern("^[a-z0-9-]+$").repaired("My Queue").as_deref(), Some("my-queue"));
        assert_eq!(pattern("^[a-z]{3}$").repaired("abcd"), None);
    }
}
