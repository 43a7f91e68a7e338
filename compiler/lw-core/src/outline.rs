//! What is certain of a text that is not known yet: how it begins, how it ends, what lies between.
//!
//! So a rule can decide that `arn:aws:iam::` followed by an account that nobody knows is not `*`.

use crate::failure::Eval;
use crate::machine::Machine;
use crate::program::{Access, NameId, SiteMode, WireShape};
use crate::value::{Later, ResourceId, Term, Value};

/// A text with holes.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Text between holes; at least one hole lies between each two, and the first and last touch the ends of the text.
    pieces: Vec<String>,
    holes: Vec<Hole>,
}

/// What is known of a part that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    Any,
    /// A cloud gives it: never empty, never a lone `*`.
    Given,
    /// The number of an account.
    Digits,
}

/// How many digits the number of an account has.
const DIGITS: usize = 12;

impl Outline {
    fn prefix(&self) -> &str {
        self.pieces.first().map_or("", String::as_str)
    }

    fn suffix(&self) -> &str {
        self.pieces.last().map_or("", String::as_str)
    }

    /// Could the text be this one?
    pub fn may_equal(&self, text: &str) -> bool {
        let known: usize = self.pieces.iter().map(String::len).sum();
        let given = self.holes.iter().filter(|hole| **hole != Hole::Any).count();
        let lone = known == 0 && text == "*" && given == self.holes.len();
        !lone
            && known + given <= text.len()
            && self.starts_with(text) != Some(false)
            && self.ends_with(text) != Some(false)
    }

    pub fn starts_with(&self, prefix: &str) -> Option<bool> {
        if self.prefix().starts_with(prefix) {
            return Some(true);
        }
        let Some(rest) = prefix.strip_prefix(self.prefix()) else { return Some(false) };
        let is_number = self.holes.first() == Some(&Hole::Digits);
        (is_number && !rest.chars().take(DIGITS).all(|one| one.is_ascii_digit())).then_some(false)
    }

    pub fn ends_with(&self, suffix: &str) -> Option<bool> {
        if self.suffix().ends_with(suffix) {
            return Some(true);
        }
        let Some(rest) = suffix.strip_suffix(self.suffix()) else { return Some(false) };
        let is_number = self.holes.last() == Some(&Hole::Digits);
        (is_number && !rest.chars().rev().take(DIGITS).all(|one| one.is_ascii_digit())).then_some(false)
    }

    pub fn contains(&self, part: &str) -> Option<bool> {
        if self.pieces.iter().any(|piece| piece.contains(part)) {
            return Some(true);
        }
        // No part of a text without digits lies in a number, or reaches across one.
        let numbers = self.holes.iter().all(|hole| *hole == Hole::Digits);
        (numbers && !part.contains(|one: char| one.is_ascii_digit())).then_some(false)
    }

    fn push_text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(last) => last.push_str(text),
            None => self.pieces.push(text.to_string()),
        }
    }

    fn push_hole(&mut self, hole: Hole) {
        if self.pieces.is_empty() {
            self.pieces.push(String::new());
        }
        self.holes.push(hole);
        self.pieces.push(String::new());
    }
}

impl Machine<'_> {
    /// What is certain of a text that is known only later; `None` if it is no text put together from parts.
    pub(crate) fn outline(&mut self, later: &Later) -> Eval<Option<Outline>> {
        let mut outline = Outline::default();
        match &later.term {
            Term::Get { resource, attribute, rest } => {
                let given = rest.is_empty() && self.is_given(*resource, *attribute);
                outline.push_hole(if given { Hole::Given } else { Hole::Any });
            }
            Term::Lookup { source, .. } if **source == *"AWS::AccountId" => outline.push_hole(Hole::Digits),
            Term::Lookup { source, .. } if source.starts_with("AWS::") => outline.push_hole(Hole::Given),
            Term::Concat(parts) => {
                for part in parts.iter() {
                    self.outline_part(part, &mut outline)?;
                }
            }
            Term::Join { separator, parts } => {
                let Value::List(items) = &parts.0 else { return Ok(None) };
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        outline.push_text(separator);
                    }
                    self.outline_part(item, &mut outline)?;
                }
            }
            _ => return Ok(None),
        }
        Ok(Some(outline))
    }

    fn outline_part(&mut self, part: &Value, outline: &mut Outline) -> Eval<()> {
        match part {
            Value::Some(inner) => return self.outline_part(inner, outline),
            Value::Later(later) => match self.known(later)? {
                Some(Value::String(text)) => outline.push_text(&text),
                Some(_) => outline.push_hole(Hole::Any),
                None => match self.outline(later)? {
                    Some(inner) => {
                        for (at, piece) in inner.pieces.iter().enumerate() {
                            if at > 0 {
                                outline.push_hole(inner.holes[at - 1]);
                            }
                            outline.push_text(piece);
                        }
                    }
                    None => outline.push_hole(Hole::Any),
                },
            },
            Value::Resource(_) => outline.push_hole(Hole::Given),
            part => match part.text() {
                Some(text) => outline.push_text(text),
                None => outline.push_hole(Hole::Any),
            },
        }
        Ok(())
    }

    /// Does a term stand for text or a number, rather than for a list or a record?
    pub(crate) fn is_plain(&self, term: &Term) -> bool {
        match term {
            Term::Get { resource, attribute, rest } => {
                let resource_type = self.program.resource_type(self.resource(*resource).resource_type);
                let property = resource_type.property(*attribute);
                rest.is_empty()
                    && property.is_some_and(|property| {
                        property.access == Access::ReadOnly && property.shape == WireShape::Value
                    })
            }
            Term::Concat(_) | Term::Join { .. } | Term::Base64(_) | Term::Json(_) | Term::Cidr(_) => true,
            Term::Lookup { source, .. } => source.starts_with("AWS::"),
            Term::Secret { .. } => true,
            Term::Select { .. } | Term::Split { .. } => false,
        }
    }

    /// An attribute that a cloud makes up, of a resource that it will make.
    fn is_given(&self, resource: ResourceId, attribute: NameId) -> bool {
        let resource = self.resource(resource);
        let property = self.program.resource_type(resource.resource_type).property(attribute);
        resource.mode != SiteMode::Blueprint && property.is_some_and(|property| property.access == Access::ReadOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `arn:<account>:x`
    fn with_account() -> Outline {
        let mut outline = Outline::default();
        outline.push_text("arn:");
        outline.push_hole(Hole::Digits);
        outline.push_text(":x");
        outline
    }

    #[test]
    fn a_number_holds_no_wildcard() {
        let outline = with_account();
        assert_eq!(outline.contains("*"), Some(false));
        assert_eq!(outline.contains("arn"), Some(true));
        assert_eq!(outline.contains("1:x"), None, "the number may end so");
        let mut account = Outline::default();
        account.push_hole(Hole::Digits);
        assert_eq!(account.ends_with("/0"), Some(false));
        assert_eq!(account.ends_with("0"), None);
        assert_eq!(account.starts_with("12*"), Some(false));
    }

    #[test]
    fn of_any_text_nothing_is_certain() {
        let mut outline = Outline::default();
        outline.push_hole(Hole::Given);
        assert_eq!((outline.contains("*"), outline.ends_with("/0")), (None, None));
    }
}
