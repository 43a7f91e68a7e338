//! What is certain of a text that is not known yet: how it begins, how it ends, what lies between.
//!
//! So a rule can decide that `arn:aws:iam::` followed by an account that nobody knows is not `*`.

use crate::failure::Eval;
use crate::machine::Machine;
use crate::program::{Access, NameId, SiteMode};
use crate::value::{Later, ResourceId, Term, Value};

/// A text with holes.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Text between holes; at least one hole lies between each two, and the first and last touch the ends of the text.
    pieces: Vec<String>,
    /// Every hole is an attribute that a cloud gives: never empty, never a lone `*`.
    given: bool,
}

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
        let lone = self.given && known == 0 && (text.is_empty() || text == "*");
        !lone
            && known + usize::from(self.given) <= text.len()
            && text.starts_with(self.prefix())
            && text.ends_with(self.suffix())
    }

    pub fn starts_with(&self, prefix: &str) -> Option<bool> {
        if self.prefix().starts_with(prefix) {
            return Some(true);
        }
        (!prefix.starts_with(self.prefix())).then_some(false)
    }

    pub fn ends_with(&self, suffix: &str) -> Option<bool> {
        if self.suffix().ends_with(suffix) {
            return Some(true);
        }
        (!suffix.ends_with(self.suffix())).then_some(false)
    }

    pub fn contains(&self, part: &str) -> Option<bool> {
        self.pieces.iter().any(|piece| piece.contains(part)).then_some(true)
    }

    fn push_text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(last) => last.push_str(text),
            None => self.pieces.push(text.to_string()),
        }
    }

    fn push_hole(&mut self, given: bool) {
        if self.pieces.is_empty() {
            self.pieces.push(String::new());
        }
        self.given = given && (self.pieces.len() == 1 || self.given);
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
                outline.push_hole(given);
            }
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
                Some(_) => outline.push_hole(false),
                None => match self.outline(later)? {
                    Some(inner) => {
                        for (at, piece) in inner.pieces.iter().enumerate() {
                            if at > 0 {
                                outline.push_hole(inner.given);
                            }
                            outline.push_text(piece);
                        }
                    }
                    None => outline.push_hole(false),
                },
            },
            Value::Resource(_) => outline.push_hole(true),
            part => match part.text() {
                Some(text) => outline.push_text(text),
                None => outline.push_hole(false),
            },
        }
        Ok(())
    }

    /// An attribute that a cloud makes up, of a resource that it will make.
    fn is_given(&self, resource: ResourceId, attribute: NameId) -> bool {
        let resource = self.resource(resource);
        let property = self.program.resource_type(resource.resource_type).property(attribute);
        resource.mode != SiteMode::Blueprint && property.is_some_and(|property| property.access == Access::ReadOnly)
    }
}
