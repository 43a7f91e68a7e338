//! Messages while a program runs, and sources of what is known elsewhere.

use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::value::{Boxed, Items, Later, Term, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__debugTrace", 1, trace),
    entry("__debugTraceValue", 1, trace_value),
    entry("__stackTrace", 3, stack_trace),
    entry("__secret", 2, secret),
    entry("__secretConcat", 1, secret_concat),
    entry("__lookup", 2, lookup),
];

/// Messages that one run keeps.
const TRACES_MAX: usize = 10_000;

fn keep(machine: &mut Machine<'_>, text: String) -> Eval<()> {
    machine.charge_bytes(text.len())?;
    if machine.traces.len() < TRACES_MAX {
        machine.traces.push(text);
    }
    Ok(())
}

fn trace(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.show_plain(&arguments[0]);
    keep(machine, text)?;
    Ok(Value::unit())
}

fn trace_value(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.show_pretty(&arguments[0]);
    keep(machine, text)?;
    Ok(std::mem::replace(&mut arguments[0], Value::None))
}

fn stack_trace(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let header = machine.take_text(&mut arguments[0], "a header")?;
    let indent = machine.take_int(&mut arguments[1], "an indentation")?.clamp(0, 80) as usize;
    let skipped = machine.take_int(&mut arguments[2], "a number of calls")?.max(0) as usize;
    let mut text = header.to_string();
    let frames: Vec<_> = machine.frames.iter().rev().skip(skipped).copied().collect();
    for frame in frames.iter().take(64) {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', indent));
        text.push_str(&machine.frame_name(frame));
    }
    machine.new_text(text)
}

fn secret(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let source = machine.take_text(&mut arguments[0], "the source of a secret")?;
    let argument = Boxed(std::mem::replace(&mut arguments[1], Value::None));
    Ok(machine.later(Term::Secret { source, argument }))
}

fn secret_concat(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let parts = machine.take_list(&mut arguments[0], "the parts of a secret")?;
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts.iter() {
        match part {
            Value::Later(later) => match &later.term {
                Term::Concat(inner) => flat.extend_from_slice(inner),
                _ => flat.push(part.clone()),
            },
            part => flat.push(Value::String(machine.text(part, "the parts of a secret")?)),
        }
    }
    machine.charge_nodes(flat.len())?;
    let origin = machine.here();
    Ok(Value::Later(std::rc::Rc::new(Later { term: Term::Concat(Items(flat)), origin })))
}

fn lookup(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let source = machine.take_text(&mut arguments[0], "the source of a lookup")?;
    let argument = Boxed(std::mem::replace(&mut arguments[1], Value::None));
    Ok(machine.later(Term::Lookup { source, argument }))
}
