//! JSON and Base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::sync::Arc;

use super::{Entry, entry};
use crate::failure::{Eval, Stop};
use crate::json::Knowledge;
use crate::json_text::Layout;
use crate::machine::Machine;
use crate::value::{Term, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__jsonEncode", 1, json_encode),
    entry("__jsonEncodePretty", 1, json_encode_pretty),
    entry("__jsonDecode", 1, json_decode),
    entry("__jsonField", 2, json_field),
    entry("__jsonElement", 2, json_element),
    entry("__jsonText", 1, json_text),
    entry("__jsonInt", 1, |machine, arguments| json_as(machine, arguments, |value| matches!(value, Value::Int(_)))),
    entry("__jsonFloat", 1, json_float),
    entry("__jsonBool", 1, |machine, arguments| json_as(machine, arguments, |value| matches!(value, Value::Bool(_)))),
    entry("__jsonList", 1, json_list),
    entry("__jsonDictionary", 1, json_dictionary),
    entry("__base64Encode", 1, base64_encode),
    entry("__base64Decode", 1, base64_decode),
    entry("__base64DecodeBytes", 1, base64_decode_bytes),
];

pub(crate) fn base64_text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn json_encode(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if machine.knowledge(&arguments[0])? == Knowledge::HoldsLater {
        let value = Machine::boxed(&arguments[0]);
        return Ok(machine.later(Term::Json(value)));
    }
    let text = machine.json_text(&arguments[0], Layout::OneLine)?;
    machine.new_text(text)
}

fn json_encode_pretty(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.json_text(&arguments[0], Layout::Indented)?;
    machine.new_text(text)
}

fn json_decode(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "reading JSON")?;
    machine.charge_bytes(text.len())?;
    machine.charge_nodes(text.len() / 4)?;
    let json: Option<Json> = serde_json::from_str(&text).ok();
    Ok(Value::optional(json.map(|json| machine.value_of_json(&json))))
}

/// A document from which something is read: a literal may be a record.
fn document(machine: &mut Machine<'_>, value: &mut Value) -> Eval<Value> {
    machine.settle_later(value)?;
    match value {
        Value::Later(_) | Value::Undecided(_) => Err(machine.unfit(value, "reading a document")),
        Value::Some(inner) => {
            let mut inner = inner.0.clone();
            document(machine, &mut inner)
        }
        value => Ok(value.clone()),
    }
}

fn json_field(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let name = machine.take_text(&mut arguments[0], "the name of a member")?;
    let found = match document(machine, &mut arguments[1])? {
        Value::Dictionary(entries) => entries.get(&name).cloned(),
        Value::Record(record) => {
            let found = record.fields().find(|(field, _)| *machine.program.name(*field) == name);
            found.map(|(_, value)| value.clone())
        }
        _ => None,
    };
    Ok(match found {
        None | Some(Value::None) => Value::None,
        Some(Value::Some(value)) => Value::Some(value),
        Some(value) => Value::some(value),
    })
}

fn json_element(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let position = machine.take_int(&mut arguments[0], "a position in an array")?;
    let found = match document(machine, &mut arguments[1])? {
        Value::List(items) => usize::try_from(position).ok().and_then(|position| items.get(position).cloned()),
        _ => None,
    };
    Ok(Value::optional(found))
}

/// Is a value, once it is known, text or a number: neither an object nor an array?
fn is_plain_later(machine: &mut Machine<'_>, value: &Value) -> Eval<bool> {
    let value = if let Value::Some(inner) = value { &**inner } else { value };
    let Value::Later(later) = value else { return Ok(false) };
    Ok(machine.known(later)?.is_none() && machine.is_plain(&later.term))
}

fn json_text(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if is_plain_later(machine, &arguments[0])? {
        return Ok(match std::mem::replace(&mut arguments[0], Value::None) {
            some @ Value::Some(_) => some,
            value => Value::some(value),
        });
    }
    json_as(machine, arguments, |value| value.text().is_some())
}

fn json_list(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if is_plain_later(machine, &arguments[0])? {
        return Ok(Value::None);
    }
    json_as(machine, arguments, |value| matches!(value, Value::List(_)))
}

fn json_as(machine: &mut Machine<'_>, arguments: &mut [Value], fits: fn(&Value) -> bool) -> Eval<Value> {
    let value = document(machine, &mut arguments[0])?;
    Ok(if fits(&value) { Value::some(value) } else { Value::None })
}

fn json_float(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::optional(match document(machine, &mut arguments[0])? {
        Value::Int(value) => Some(Value::Float(value as f64)),
        Value::Float(value) => Some(Value::Float(value)),
        _ => None,
    }))
}

fn json_dictionary(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if is_plain_later(machine, &arguments[0])? {
        return Ok(Value::None);
    }
    Ok(Value::optional(match document(machine, &mut arguments[0])? {
        Value::Dictionary(entries) => Some(Value::Dictionary(entries)),
        Value::Record(record) => {
            let fields = record.fields().filter(|(_, value)| !matches!(value, Value::None));
            Some(Value::dictionary(fields.map(|(name, value)| (machine.program.name(name).clone(), value.clone()))))
        }
        _ => None,
    }))
}

fn base64_encode(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    machine.settle_later(&mut arguments[0])?;
    match &arguments[0] {
        Value::Bytes(bytes) => {
            let text = base64_text(bytes);
            machine.new_text(text)
        }
        Value::Later(_) => {
            let text = Machine::boxed(&arguments[0]);
            Ok(machine.later(Term::Base64(text)))
        }
        text => {
            let text = machine.text(text, "Base64")?;
            machine.new_text(base64_text(text.as_bytes()))
        }
    }
}

fn decoded(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Vec<u8>> {
    let text = machine.take_text(&mut arguments[0], "reading Base64")?;
    machine.charge_bytes(text.len())?;
    STANDARD.decode(&*text).map_err(|error| -> Stop { machine.wrong(format!("the text is not Base64: {error}")) })
}

fn base64_decode(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let bytes = decoded(machine, arguments)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Value::string(text)),
        Err(_) => Err(machine.wrong("the decoded bytes are not UTF-8 text")),
    }
}

fn base64_decode_bytes(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Bytes(Arc::from(decoded(machine, arguments)?)))
}
