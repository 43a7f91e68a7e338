use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::recorded::digest;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[
    entry("__bytesReadFile", 1, read_file),
    entry("__bytesLength", 1, length),
    entry("__bytesToString", 1, to_string),
    entry("__bytesHash", 1, hash),
];

fn read_file(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let path = machine.take_text(&mut arguments[0], "the name of a file")?;
    Ok(Value::Bytes(machine.file(&path)?))
}

fn length(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match &arguments[0] {
        Value::Bytes(bytes) => Ok(Value::Int(bytes.len() as i64)),
        other => Err(machine.unfit(other, "the length of bytes")),
    }
}

fn to_string(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match &arguments[0] {
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::some(machine.new_text(text.to_string())?)),
            Err(_) => Ok(Value::None),
        },
        other => Err(machine.unfit(other, "bytes as text")),
    }
}

fn hash(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    match &arguments[0] {
        Value::Bytes(bytes) => {
            let text = digest(bytes);
            machine.charge_steps(bytes.len() / 16)?;
            machine.new_text(text)
        }
        other => Err(machine.unfit(other, "the hash of bytes")),
    }
}
