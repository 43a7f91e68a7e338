//! `==`: structural, by kind and content.
//!
//! A resource equals itself alone. A record's missing field and one that is None are the same. Where parts are not known yet, the
//! known ones may still decide.

use std::rc::Rc;

use crate::eval::with_stack;
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::SiteMode;
use crate::value::{Cause, Later, Record, Term, Value};

pub(crate) enum Truth {
    True,
    False,
    Unknown(Rc<Cause>),
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

impl Machine<'_> {
    pub(crate) fn truth(&mut self, left: &Value, right: &Value) -> Eval<Truth> {
        self.charge_steps(1)?;
        with_stack(|| self.truth_grown(left, right))
    }

    fn truth_grown(&mut self, left: &Value, right: &Value) -> Eval<Truth> {
        Ok(match (left, right) {
            (Value::Int(left), Value::Int(right))
            | (Value::Duration(left), Value::Duration(right))
            | (Value::Size(left), Value::Size(right)) => (left == right).into(),
            (Value::Float(left), Value::Float(right)) => (left == right).into(),
            (Value::Bool(left), Value::Bool(right)) => (left == right).into(),
            (Value::Bytes(left), Value::Bytes(right)) => (left == right).into(),
            (Value::Resource(left), Value::Resource(right)) | (Value::Blueprint(left), Value::Blueprint(right)) => {
                (left == right).into()
            }
            (Value::None, Value::None) => Truth::True,
            (Value::Undecided(cause), _) | (_, Value::Undecided(cause)) => Truth::Unknown(cause.clone()),
            (Value::Later(left), Value::Later(right)) => self.later_truth(left, right)?,
            (Value::Later(later), other) | (other, Value::Later(later)) => match self.known(later)? {
                Some(known) => self.truth(&known, other)?,
                None => match other.text() {
                    Some(text) if self.outline(later)?.is_some_and(|outline| !outline.may_equal(text)) => Truth::False,
                    _ => Truth::Unknown(Rc::new(Cause::Later(later.clone()))),
                },
            },
            (Value::Some(left), Value::Some(right)) => self.truth(left, right)?,
            (Value::None, Value::Some(_)) | (Value::Some(_), Value::None) => Truth::False,
            (Value::Constructor(first, left), Value::Constructor(second, right)) => match (left, right) {
                _ if first != second => Truth::False,
                (Some(left), Some(right)) => self.truth(left, right)?,
                _ => Truth::True,
            },
            (Value::Tuple(left), Value::Tuple(right)) | (Value::List(left), Value::List(right)) => {
                if left.len() != right.len() {
                    return Ok(Truth::False);
                }
                self.all_equal(left.iter().zip(right.iter()))?
            }
            (Value::Dictionary(left), Value::Dictionary(right)) => {
                if left.keys != right.keys {
                    return Ok(Truth::False);
                }
                self.all_equal(left.values.iter().zip(right.values.iter()))?
            }
            (Value::Record(left), Value::Record(right)) => self.record_truth(left, right)?,
            (
                Value::Function(..) | Value::Primitive(_) | Value::SomeFunction | Value::ConstructorFunction(_),
                Value::Function(..) | Value::Primitive(_) | Value::SomeFunction | Value::ConstructorFunction(_),
            ) => return Err(Stop::new(FailureKind::Incomparable)),
            _ => match (left.text(), right.text()) {
                (Some(left), Some(right)) => (left == right).into(),
                _ => Truth::False,
            },
        })
    }

    fn all_equal<'v>(&mut self, pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Eval<Truth> {
        let mut unknown = None;
        for (left, right) in pairs {
            match self.truth(left, right)? {
                Truth::True => {}
                Truth::False => return Ok(Truth::False),
                Truth::Unknown(cause) => unknown = unknown.or(Some(cause)),
            }
        }
        Ok(unknown.map_or(Truth::True, Truth::Unknown))
    }

    fn record_truth(&mut self, left: &Record, right: &Record) -> Eval<Truth> {
        if left.shape == right.shape {
            return self.all_equal(left.values.iter().zip(right.values.iter()));
        }
        let mut unknown = None;
        let names = left.shape.iter().chain(right.shape.iter().filter(|name| left.get(**name).is_none()));
        for name in names {
            let (first, second) = (left.get(*name).unwrap_or(&Value::None), right.get(*name).unwrap_or(&Value::None));
            match self.truth(first, second)? {
                Truth::True => {}
                Truth::False => return Ok(Truth::False),
                Truth::Unknown(cause) => unknown = unknown.or(Some(cause)),
            }
        }
        Ok(unknown.map_or(Truth::True, Truth::Unknown))
    }

    /// The same term is the same value; identifiers of two different resources of one type differ.
    fn later_truth(&mut self, left: &Rc<Later>, right: &Rc<Later>) -> Eval<Truth> {
        if same_term(&left.term, &right.term) {
            return Ok(Truth::True);
        }
        match (self.known(left)?, self.known(right)?) {
            (Some(left), Some(right)) => return self.truth(&left, &right),
            (None, None) if self.are_distinct(&left.term, &right.term) => return Ok(Truth::False),
            _ => {}
        }
        Ok(Truth::Unknown(Rc::new(Cause::Later(left.clone()))))
    }

    fn are_distinct(&self, left: &Term, right: &Term) -> bool {
        let (
            Term::Get { resource: left, attribute, rest },
            Term::Get { resource: right, attribute: other, rest: beyond },
        ) = (left, right)
        else {
            return false;
        };
        let (first, second) = (&self.resources[left.index()], &self.resources[right.index()]);
        left != right
            && attribute == other
            && rest.is_empty()
            && beyond.is_empty()
            && first.resource_type == second.resource_type
            && first.mode == SiteMode::Managed
            && second.mode == SiteMode::Managed
            && self.program.resource_type(first.resource_type).identifier[..] == [*attribute]
    }
}

/// Terms that are written alike; anything else may still turn out equal.
fn same_term(left: &Term, right: &Term) -> bool {
    fn same(left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Later(left), Value::Later(right)) => Rc::ptr_eq(left, right) || same_term(&left.term, &right.term),
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Int(left), Value::Int(right)) => left == right,
            _ => false,
        }
    }
    match (left, right) {
        (
            Term::Get { resource, attribute, rest },
            Term::Get { resource: other, attribute: other_attribute, rest: other_rest },
        ) => resource == other && attribute == other_attribute && rest == other_rest,
        (Term::Concat(left), Term::Concat(right)) | (Term::Cidr(left), Term::Cidr(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| same(left, right))
        }
        (Term::Base64(left), Term::Base64(right)) => same(left, right),
        // What CloudFormation fills in: one value in the whole template.
        (Term::Lookup { source, argument }, Term::Lookup { source: other, argument: second }) => {
            source == other && matches!((&argument.0, &second.0), (Value::None, Value::None))
        }
        (Term::Select { index, list }, Term::Select { index: other, list: from }) => index == other && same(list, from),
        (Term::Split { separator, text }, Term::Split { separator: other, text: from }) => {
            separator == other && same(text, from)
        }
        (Term::Join { separator, parts }, Term::Join { separator: other, parts: from }) => {
            separator == other && same(parts, from)
        }
        _ => false,
    }
}
