//! What rules answer, and what tests ask of rules.

use std::rc::Rc;
use std::sync::Arc;

use super::{Entry, entry};
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::policy::{Outcome, Verdict};
use crate::value::{Boxed, Finding, Message, Term, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__error", 2, raise),
    entry("__messageAt", 3, message_at),
    entry("__messageJoin", 2, message_join),
    entry("__messagePrefix", 2, message_prefix),
    entry("__skip", 2, skip),
    entry("__isSkip", 1, is_skip),
    entry("__secretSource", 1, secret_source),
    entry("__testVerdict", 2, test_verdict),
];

fn raise(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let levels = machine.take_int(&mut arguments[0], "a number of levels")?;
    let message = message_text(machine, &arguments[1])?;
    Err(Stop::new(FailureKind::Raised { message, levels: usize::try_from(levels).unwrap_or(0) }))
}

/// Text for people: a later value is shown as what it will be taken from.
fn message_text(machine: &mut Machine<'_>, value: &Value) -> Eval<Arc<str>> {
    match value {
        Value::Later(later) => match machine.known(later)? {
            Some(known) => message_text(machine, &known),
            None => Ok(machine.show_later(later).into()),
        },
        value => machine.text(value, "a message"),
    }
}

/// A message's parts; a plain string is one without a place.
fn findings(machine: &mut Machine<'_>, value: &Value) -> Eval<Vec<Finding>> {
    match value {
        Value::Message(message) => Ok(message.findings.clone()),
        value => Ok(vec![Finding { message: message_text(machine, value)?, property: None, edit: None }]),
    }
}

fn message_at(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let property = machine.take_text(&mut arguments[0], "the name of a property")?;
    let text = message_text(machine, &arguments[1])?;
    let edit = match machine.take_optional(&mut arguments[2], "an edit")? {
        Some(edit) => Some(message_text(machine, &edit)?),
        None => None,
    };
    let finding = Finding { message: text.clone(), property: Some(property), edit };
    Ok(Value::Message(Rc::new(Message { text, findings: vec![finding] })))
}

fn message_join(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let (first, second) = (message_text(machine, &arguments[0])?, message_text(machine, &arguments[1])?);
    let mut joined = findings(machine, &arguments[0])?;
    joined.extend(findings(machine, &arguments[1])?);
    machine.charge_nodes(joined.len())?;
    machine.charge_bytes(first.len() + second.len() + 2)?;
    Ok(Value::Message(Rc::new(Message { text: format!("{first}; {second}").into(), findings: joined })))
}

fn message_prefix(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let prefix = message_text(machine, &arguments[0])?;
    let text: Arc<str> = format!("{prefix}{}", message_text(machine, &arguments[1])?).into();
    machine.charge_bytes(text.len())?;
    let mut placed = findings(machine, &arguments[1])?;
    for finding in &mut placed {
        finding.message = format!("{prefix}{}", finding.message).into();
    }
    Ok(Value::Message(Rc::new(Message { text, findings: placed })))
}

/// `Success` that says why the rule has nothing to say: the reason is its payload, which no pattern looks at.
fn skip(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let reason = message_text(machine, &arguments[1])?;
    match &arguments[0] {
        Value::Constructor(success, _) => Ok(Value::Constructor(*success, Some(Rc::new(Boxed(Value::String(reason)))))),
        other => Err(machine.unfit(other, "a rule that does not apply")),
    }
}

fn is_skip(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match &arguments[0] {
        Value::Constructor(constructor, payload) => {
            let success = &*machine.program.constructor(*constructor).name == "Success";
            Ok(Value::Bool(success && payload.is_some()))
        }
        other => Err(machine.unfit(other, "a rule's answer")),
    }
}

/// Where a secret comes from, if a value is a handle on one: `env`, `aws`, `ssm`, … A template writes `{{resolve:…}}`.
///
/// What is not known yet is no handle: a handle is known from the start.
fn secret_source(_: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    fn source(value: &Value) -> Option<Arc<str>> {
        match value {
            Value::Some(inner) => source(inner),
            Value::String(text) => {
                let reference = text.trim_start().strip_prefix("{{resolve:")?;
                match reference.split(':').next()? {
                    "secretsmanager" => Some("aws".into()),
                    "ssm-secure" => Some("ssm".into()),
                    _ => None,
                }
            }
            Value::Later(later) => match &later.term {
                Term::Secret { source, .. } => Some(source.clone()),
                Term::Concat(parts) => parts.iter().find_map(source),
                Term::Join { parts, .. } => match &parts.0 {
                    Value::List(items) => items.iter().find_map(source),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
    Ok(Value::optional(source(&arguments[0]).map(Value::String)))
}

/// The verdict of a rule on a value, as a word and a reason.
fn test_verdict(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let Outcome { verdict, findings, failure } = machine.judge(&arguments[0], arguments[1].clone());
    if let Some(failure) = failure {
        return Err(Stop::Failure(failure));
    }
    let word = match verdict {
        Verdict::Pass => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::Skip => "SKIP",
        Verdict::Undecided => "UNDECIDED",
    };
    let reasons: Vec<&str> = findings.iter().map(|finding| &*finding.message).collect();
    Ok(Value::tuple(vec![Value::string(word), Value::string(reasons.join("; "))]))
}
