//! Numbers bit by bit, and values as they are.

use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::operators::whole;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[
    entry("__intAnd", 2, |machine, arguments| bitwise(machine, arguments, |left, right| left & right)),
    entry("__intOr", 2, |machine, arguments| bitwise(machine, arguments, |left, right| left | right)),
    entry("__intXor", 2, |machine, arguments| bitwise(machine, arguments, |left, right| left ^ right)),
    entry("__intShiftLeft", 2, shift_left),
    entry("__intShiftRight", 2, shift_right),
    entry("__identity", 1, |_, arguments| Ok(std::mem::replace(&mut arguments[0], Value::None))),
    entry("__equal", 2, |machine, arguments| Ok(Value::Bool(machine.equal(&arguments[0], &arguments[1])?))),
];

fn bitwise(machine: &mut Machine<'_>, arguments: &mut [Value], operation: fn(i64, i64) -> i64) -> Eval<Value> {
    let left = machine.take_int(&mut arguments[0], "an operation on bits")?;
    let right = machine.take_int(&mut arguments[1], "an operation on bits")?;
    Ok(Value::Int(whole(Some(operation(left, right)), "an operation on bits")?))
}

fn places(machine: &mut Machine<'_>, argument: &mut Value) -> Eval<u32> {
    let count = machine.take_int(argument, "a shift")?;
    u32::try_from(count)
        .map_err(|_| machine.wrong(format!("bits are shifted by 0 places or more, and this is {count}")))
}

fn shift_left(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let number = machine.take_int(&mut arguments[0], "a shift")?;
    let count = places(machine, &mut arguments[1])?;
    let factor = 1_i64.checked_shl(count).filter(|_| count < 53);
    let shifted = if number == 0 { Some(0) } else { factor.and_then(|factor| number.checked_mul(factor)) };
    Ok(Value::Int(whole(shifted, "a shift")?))
}

fn shift_right(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let number = machine.take_int(&mut arguments[0], "a shift")?;
    let count = places(machine, &mut arguments[1])?;
    Ok(Value::Int(number >> count.min(63)))
}
