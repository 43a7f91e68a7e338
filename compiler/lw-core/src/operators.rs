//! Arithmetic, comparison, `++`, interpolation.
//!
//! Every result is checked: an Int lies within ±(2^53−1), so that it survives JSON; a Float is finite; Durations and Sizes are
//! whole milliseconds and bytes within the same range.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::program::{Operator, OriginId};
use crate::value::{Items, Later, Term, Value};

/// The largest whole number that JSON carries exactly.
pub const INT_MAX: i64 = (1 << 53) - 1;

pub(crate) fn operator_text(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "`+`",
        Operator::Subtract => "`-`",
        Operator::Multiply => "`*`",
        Operator::Divide => "`/`",
        Operator::Remainder => "`%`",
        Operator::Power => "`^`",
        Operator::Less => "`<`",
        Operator::LessOrEqual => "`<=`",
        Operator::Greater => "`>`",
        Operator::GreaterOrEqual => "`>=`",
        Operator::Equal => "`==`",
        Operator::NotEqual => "`!=`",
        Operator::Append => "`++`",
    }
}

/// An Int in range, or an overflow.
pub(crate) fn whole(value: Option<i64>, operation: &'static str) -> Eval<i64> {
    value
        .filter(|value| (-INT_MAX..=INT_MAX).contains(value))
        .ok_or_else(|| Stop::new(FailureKind::Overflow { operation }))
}

pub(crate) fn finite(value: f64, operation: &'static str) -> Eval<Value> {
    if value.is_finite() { Ok(Value::Float(value)) } else { Err(Stop::new(FailureKind::Overflow { operation })) }
}

fn whole_arithmetic(operator: Operator, left: i64, right: i64) -> Eval<i64> {
    let operation = operator_text(operator);
    let divides = matches!(operator, Operator::Divide | Operator::Remainder);
    if divides && right == 0 {
        return Err(Stop::new(FailureKind::DivisionByZero));
    }
    let value = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::Remainder => left.checked_rem(right),
        Operator::Power => {
            let Ok(exponent) = u32::try_from(right) else {
                if right < 0 {
                    let reason = format!("`^` of Ints takes an exponent that is not negative, and this one is {right}");
                    return Err(Stop::new(FailureKind::Argument(reason)));
                }
                return whole(if matches!(left, 0 | 1) { Some(left) } else { None }, operation);
            };
            left.checked_pow(exponent)
        }
        _ => None,
    };
    whole(value, operation)
}

/// A whole amount by a Float, to the nearest whole; a half goes away from zero.
fn scaled(operator: Operator, amount: i64, factor: f64) -> Eval<i64> {
    let operation = operator_text(operator);
    if operator == Operator::Divide && factor == 0.0 {
        return Err(Stop::new(FailureKind::DivisionByZero));
    }
    let exact = if operator == Operator::Divide { amount as f64 / factor } else { amount as f64 * factor };
    whole((exact.abs() <= INT_MAX as f64).then(|| exact.round() as i64), operation)
}

fn compared(operator: Operator, ordering: Ordering) -> Option<Value> {
    Some(Value::Bool(match operator {
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        _ => return None,
    }))
}

impl Machine<'_> {
    pub(crate) fn arithmetic(&mut self, operator: Operator, left: &Value, right: &Value) -> Eval<Value> {
        use Operator::{Add, Divide, Multiply, Power, Remainder, Subtract};
        let operation = operator_text(operator);
        let value = match (left, right) {
            (Value::Int(left), Value::Int(right)) => match compared(operator, left.cmp(right)) {
                Some(answer) => answer,
                None => Value::Int(whole_arithmetic(operator, *left, *right)?),
            },
            (Value::Float(left), Value::Float(right)) => {
                if let Some(answer) = left.partial_cmp(right).and_then(|ordering| compared(operator, ordering)) {
                    return Ok(answer);
                }
                if *right == 0.0 && matches!(operator, Divide | Remainder) {
                    return Err(Stop::new(FailureKind::DivisionByZero));
                }
                finite(
                    match operator {
                        Add => left + right,
                        Subtract => left - right,
                        Multiply => left * right,
                        Divide => left / right,
                        Remainder => left % right,
                        _ => left.powf(*right),
                    },
                    operation,
                )?
            }
            (Value::Duration(left), Value::Duration(right)) => match (compared(operator, left.cmp(right)), operator) {
                (Some(answer), _) => answer,
                (None, Add | Subtract | Remainder) => Value::Duration(whole_arithmetic(operator, *left, *right)?),
                (None, Divide) => Value::Int(whole_arithmetic(operator, *left, *right)?),
                _ => return Err(self.unfit(&Value::Duration(*left), operation)),
            },
            (Value::Size(left), Value::Size(right)) => match (compared(operator, left.cmp(right)), operator) {
                (Some(answer), _) => answer,
                (None, Add | Subtract | Remainder) => Value::Size(whole_arithmetic(operator, *left, *right)?),
                (None, Divide) => Value::Int(whole_arithmetic(operator, *left, *right)?),
                _ => return Err(self.unfit(&Value::Size(*left), operation)),
            },
            (Value::Duration(left), Value::Int(right)) if matches!(operator, Multiply | Divide) => {
                Value::Duration(whole_arithmetic(operator, *left, *right)?)
            }
            (Value::Size(left), Value::Int(right)) if matches!(operator, Multiply | Divide) => {
                Value::Size(whole_arithmetic(operator, *left, *right)?)
            }
            (Value::Int(left), Value::Duration(right)) if operator == Multiply => {
                Value::Duration(whole_arithmetic(operator, *left, *right)?)
            }
            (Value::Int(left), Value::Size(right)) if operator == Multiply => {
                Value::Size(whole_arithmetic(operator, *left, *right)?)
            }
            (Value::Duration(left), Value::Float(right)) if matches!(operator, Multiply | Divide) => {
                Value::Duration(scaled(operator, *left, *right)?)
            }
            (Value::Size(left), Value::Float(right)) if matches!(operator, Multiply | Divide) => {
                Value::Size(scaled(operator, *left, *right)?)
            }
            (Value::Float(left), Value::Duration(right)) if operator == Multiply => {
                Value::Duration(scaled(operator, *right, *left)?)
            }
            (Value::Float(left), Value::Size(right)) if operator == Multiply => {
                Value::Size(scaled(operator, *right, *left)?)
            }
            (Value::String(left), Value::String(right)) if operator != Power => {
                match compared(operator, left.cmp(right)) {
                    Some(answer) => answer,
                    None => return Err(self.unfit(&Value::String(left.clone()), operation)),
                }
            }
            (Value::Later(later), other) => match self.known(later)? {
                Some(known) => return self.arithmetic(operator, &known, other),
                None => return Err(self.needs(later, operation)),
            },
            (other, Value::Later(later)) => match self.known(later)? {
                Some(known) => return self.arithmetic(operator, other, &known),
                None => return Err(self.needs(later, operation)),
            },
            (_, Value::Undecided(cause)) => return Err(Stop::Undecided(cause.clone())),
            (other, _) => return Err(self.unfit(other, operation)),
        };
        Ok(value)
    }

    pub(crate) fn negate(&mut self, value: &Value) -> Eval<Value> {
        Ok(match value {
            Value::Int(value) => Value::Int(-value),
            Value::Float(value) => Value::Float(-value),
            Value::Duration(value) => Value::Duration(-value),
            Value::Size(value) => Value::Size(-value),
            Value::Later(later) => match self.known(later)? {
                Some(known) => return self.negate(&known),
                None => return Err(self.needs(later, "`-`")),
            },
            other => return Err(self.unfit(other, "`-`")),
        })
    }

    pub(crate) fn append(&mut self, left: Value, right: Value, origin: OriginId) -> Eval<Value> {
        match (&left, &right) {
            (Value::String(first), Value::String(second)) => {
                self.charge_bytes(first.len() + second.len())?;
                let mut text = String::with_capacity(first.len() + second.len());
                text.push_str(first);
                text.push_str(second);
                Ok(Value::string(text))
            }
            (Value::List(first), Value::List(second)) => {
                if first.is_empty() {
                    return Ok(right);
                }
                if second.is_empty() {
                    return Ok(left);
                }
                self.charge_nodes(first.len() + second.len())?;
                let mut items = Vec::with_capacity(first.len() + second.len());
                items.extend_from_slice(first);
                items.extend_from_slice(second);
                Ok(Value::list(items))
            }
            (Value::Undecided(cause), _) | (_, Value::Undecided(cause)) => Err(Stop::Undecided(cause.clone())),
            (Value::Later(later), Value::List(_)) | (Value::List(_), Value::Later(later)) => {
                Err(self.needs(later, "`++` of lists"))
            }
            (Value::Bytes(first), Value::Bytes(second)) => {
                self.charge_bytes(first.len() + second.len())?;
                Ok(Value::Bytes(Arc::from([&first[..], &second[..]].concat())))
            }
            _ => self.interpolate(&[left, right], origin),
        }
    }

    /// The text of values one after the other; a later value if one of them is.
    pub(crate) fn interpolate(&mut self, parts: &[Value], origin: OriginId) -> Eval<Value> {
        let mut text = String::new();
        let mut terms: Vec<Value> = Vec::new();
        for part in parts {
            match part {
                Value::String(part) => text.push_str(part),
                Value::Message(message) => text.push_str(&message.text),
                Value::Later(later) => match &later.term {
                    Term::Concat(inner) => {
                        for term in inner.iter() {
                            push_part(&mut text, &mut terms, term);
                        }
                    }
                    _ => push_part(&mut text, &mut terms, part),
                },
                Value::Undecided(cause) => return Err(Stop::Undecided(cause.clone())),
                Value::Resource(id) => {
                    let reference = self.reference(*id, origin)?;
                    push_part(&mut text, &mut terms, &reference);
                }
                other => text.push_str(&self.show_plain(other)),
            }
            // What is made so far may not grow past the limit unnoticed.
            if text.len() > self.text_bytes_max() {
                self.charge_bytes(text.len())?;
            }
        }
        self.charge_bytes(text.len())?;
        if terms.is_empty() {
            return Ok(Value::string(text));
        }
        if !text.is_empty() {
            terms.push(Value::string(text));
        }
        if terms.len() == 1 {
            return Ok(terms.remove(0));
        }
        self.charge_nodes(terms.len())?;
        Ok(Value::Later(Rc::new(Later { term: Term::Concat(Items(terms)), origin })))
    }
}

/// Adds a part of a concatenation; text that follows text is one piece.
fn push_part(text: &mut String, terms: &mut Vec<Value>, part: &Value) {
    match part {
        Value::String(part) => text.push_str(part),
        term => {
            if !text.is_empty() {
                terms.push(Value::string(std::mem::take(text)));
            }
            terms.push(term.clone());
        }
    }
}
