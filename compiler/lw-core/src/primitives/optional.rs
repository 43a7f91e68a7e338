use super::{Entry, entry};
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[
    entry("__optionalIsNone", 1, is_none),
    entry("__optionalIsSome", 1, is_some),
    entry("__optionalMap", 2, map),
    entry("__optionalFlatMap", 2, flat_map),
    entry("__optionalMapUnpack", 3, map_unpack),
    entry("__optionalUnpack", 2, unpack),
    entry("__optionalUnpackOrError", 2, unpack_or_error),
    entry("__optionalEqual", 3, equal),
    entry("__optionalOr", 2, or),
    entry("__optionalToList", 1, to_list),
];

const WANTED: &str = "a value that may be missing";

fn is_none(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Bool(machine.take_optional(&mut arguments[0], WANTED)?.is_none()))
}

fn is_some(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Bool(machine.take_optional(&mut arguments[0], WANTED)?.is_some()))
}

fn map(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match machine.take_optional(&mut arguments[1], WANTED)? {
        None => Ok(Value::None),
        Some(value) => Ok(Value::some(machine.call_1(&arguments[0], value)?)),
    }
}

fn flat_map(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match machine.take_optional(&mut arguments[1], WANTED)? {
        None => Ok(Value::None),
        Some(value) => machine.call_1(&arguments[0], value),
    }
}

fn map_unpack(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match machine.take_optional(&mut arguments[2], WANTED)? {
        None => Ok(std::mem::replace(&mut arguments[0], Value::None)),
        Some(value) => machine.call_1(&arguments[1], value),
    }
}

fn unpack(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match machine.take_optional(&mut arguments[1], WANTED)? {
        None => Ok(std::mem::replace(&mut arguments[0], Value::None)),
        Some(value) => Ok(value),
    }
}

fn unpack_or_error(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match machine.take_optional(&mut arguments[0], WANTED)? {
        Some(value) => Ok(value),
        None => {
            let message = machine.take_text(&mut arguments[1], "a message")?;
            Err(Stop::new(FailureKind::Raised { message, levels: 0 }))
        }
    }
}

fn equal(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let first = machine.take_optional(&mut arguments[0], WANTED)?;
    let second = machine.take_optional(&mut arguments[1], WANTED)?;
    match (first, second) {
        (None, None) => Ok(Value::Bool(true)),
        (Some(first), Some(second)) => machine.call_2(&arguments[2], first, second),
        _ => Ok(Value::Bool(false)),
    }
}

fn or(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match machine.take_optional(&mut arguments[0], WANTED)? {
        Some(value) => Ok(Value::some(value)),
        None => Ok(std::mem::replace(&mut arguments[1], Value::None)),
    }
}

fn to_list(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let value = machine.take_optional(&mut arguments[0], WANTED)?;
    machine.new_list(value.into_iter().collect())
}
