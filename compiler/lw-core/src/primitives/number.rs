use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::operators::{INT_MAX, whole};
use crate::show::float_text;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[
    entry("__intNegate", 1, int_negate),
    entry("__intToString", 1, int_to_string),
    entry("__intToFloat", 1, int_to_float),
    entry("__floatNegate", 1, float_negate),
    entry("__floatFloor", 1, floor),
    entry("__floatCeiling", 1, ceiling),
    entry("__floatRound", 1, round),
    entry("__floatToString", 1, float_to_string),
    entry("__durationOf", 2, duration_of),
    entry("__durationIn", 2, duration_in),
    entry("__sizeOf", 2, size_of),
    entry("__sizeIn", 2, size_in),
];

fn int_negate(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Int(-machine.take_int(&mut arguments[0], "`-`")?))
}

fn int_to_string(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    // An interpolation prints a later number later.
    machine.settle_later(&mut arguments[0])?;
    if let Value::Later(_) = &arguments[0] {
        let at = machine.here();
        return machine.interpolate(&[Value::string(""), arguments[0].clone()], at);
    }
    let number = machine.take_int(&mut arguments[0], "a number as text")?;
    machine.new_text(number.to_string())
}

fn int_to_float(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Float(machine.take_int(&mut arguments[0], "a Float of an Int")? as f64))
}

fn float_negate(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Float(-machine.take_float(&mut arguments[0], "`-`")?))
}

/// A whole Float as an Int, if it fits.
fn to_int(value: f64, operation: &'static str) -> Eval<Value> {
    let fits = value.abs() <= INT_MAX as f64;
    Ok(Value::Int(whole(fits.then_some(value as i64), operation)?))
}

fn floor(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    to_int(machine.take_float(&mut arguments[0], "rounding")?.floor(), "`floor`")
}

fn ceiling(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    to_int(machine.take_float(&mut arguments[0], "rounding")?.ceil(), "`ceiling`")
}

fn round(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    to_int(machine.take_float(&mut arguments[0], "rounding")?.round(), "`round`")
}

fn float_to_string(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let number = machine.take_float(&mut arguments[0], "a number as text")?;
    machine.new_text(float_text(number))
}

fn scaled(machine: &mut Machine<'_>, arguments: &mut [Value], operation: &'static str) -> Eval<i64> {
    let number = machine.take_int(&mut arguments[0], operation)?;
    let unit = machine.take_int(&mut arguments[1], operation)?;
    whole(number.checked_mul(unit), operation)
}

fn duration_of(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Duration(scaled(machine, arguments, "a duration")?))
}

fn size_of(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Size(scaled(machine, arguments, "a size")?))
}

fn duration_in(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let unit = machine.take_int(&mut arguments[1], "a duration")?;
    machine.settle_later(&mut arguments[0])?;
    match &arguments[0] {
        Value::Duration(value) => Ok(Value::Int(value / unit)),
        other => Err(machine.unfit(other, "a duration")),
    }
}

fn size_in(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let unit = machine.take_int(&mut arguments[1], "a size")?;
    machine.settle_later(&mut arguments[0])?;
    match &arguments[0] {
        Value::Size(value) => Ok(Value::Int(value / unit)),
        other => Err(machine.unfit(other, "a size")),
    }
}
