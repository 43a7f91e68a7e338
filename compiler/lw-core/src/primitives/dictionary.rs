use std::rc::Rc;

use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::value::{Dictionary, Items, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__dictionarySize", 1, size),
    entry("__dictionaryIsEmpty", 1, is_empty),
    entry("__dictionaryInsert", 3, insert),
    entry("__dictionaryMerge", 2, merge),
    entry("__dictionaryLookup", 2, lookup),
    entry("__dictionaryFind", 2, find),
    entry("__dictionaryMember", 2, member),
    entry("__dictionaryDelete", 2, delete),
    entry("__dictionaryKeys", 1, keys),
    entry("__dictionaryValues", 1, values),
    entry("__dictionaryToList", 1, to_list),
    entry("__dictionaryFromList", 1, from_list),
    entry("__dictionaryMap", 2, map),
    entry("__dictionaryFilter", 2, filter),
    entry("__dictionaryReduce", 3, reduce),
];

const WANTED: &str = "a dictionary";
const KEY: &str = "a dictionary key";

fn size(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Int(machine.take_dictionary(&mut arguments[0], WANTED)?.len() as i64))
}

fn is_empty(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Bool(machine.take_dictionary(&mut arguments[0], WANTED)?.is_empty()))
}

fn insert(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let key = machine.take_text(&mut arguments[0], KEY)?;
    let mut dictionary = machine.take_dictionary(&mut arguments[2], WANTED)?;
    arguments[2] = Value::None;
    machine.charge_nodes(dictionary.len() + 1)?;
    Rc::make_mut(&mut dictionary).insert(key, std::mem::replace(&mut arguments[1], Value::None));
    Ok(Value::Dictionary(dictionary))
}

fn delete(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let key = machine.take_text(&mut arguments[0], KEY)?;
    let mut dictionary = machine.take_dictionary(&mut arguments[1], WANTED)?;
    arguments[1] = Value::None;
    if dictionary.get(&key).is_none() {
        return Ok(Value::Dictionary(dictionary));
    }
    machine.charge_nodes(dictionary.len())?;
    Rc::make_mut(&mut dictionary).remove(&key);
    Ok(Value::Dictionary(dictionary))
}

fn merge(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let left = machine.take_dictionary(&mut arguments[0], WANTED)?;
    let right = machine.take_dictionary(&mut arguments[1], WANTED)?;
    machine.charge_nodes(left.len() + right.len())?;
    let entries = right.entries().chain(left.entries()).map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(Value::Dictionary(Rc::new(Dictionary::from_entries(entries))))
}

fn lookup(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let key = machine.take_text(&mut arguments[0], KEY)?;
    let dictionary = machine.take_dictionary(&mut arguments[1], WANTED)?;
    Ok(Value::optional(dictionary.get(&key).cloned()))
}

fn find(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if let Some(later) = machine.find_later(&arguments[0], &arguments[1]) {
        return Ok(later);
    }
    let key = machine.take_text(&mut arguments[0], KEY)?;
    let dictionary = machine.take_dictionary(&mut arguments[1], WANTED)?;
    match dictionary.get(&key) {
        Some(value) => Ok(value.clone()),
        None => Err(machine.wrong(format!("the dictionary has no entry `{key}`"))),
    }
}

fn member(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let key = machine.take_text(&mut arguments[0], KEY)?;
    let dictionary = machine.take_dictionary(&mut arguments[1], WANTED)?;
    Ok(Value::Bool(dictionary.get(&key).is_some()))
}

fn keys(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let dictionary = machine.take_dictionary(&mut arguments[0], WANTED)?;
    machine.new_list(dictionary.keys.iter().cloned().map(Value::String).collect())
}

fn values(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let dictionary = machine.take_dictionary(&mut arguments[0], WANTED)?;
    machine.new_list(dictionary.values.to_vec())
}

fn to_list(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let dictionary = machine.take_dictionary(&mut arguments[0], WANTED)?;
    machine.charge_nodes(dictionary.len() * 2)?;
    let pair =
        |(key, value): (&std::sync::Arc<str>, &Value)| Value::tuple(vec![Value::String(key.clone()), value.clone()]);
    Ok(Value::list(dictionary.entries().map(pair).collect()))
}

fn from_list(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "a list of entries")?;
    machine.charge_nodes(items.len())?;
    let mut entries = Vec::with_capacity(items.len());
    for item in items.iter() {
        match item {
            Value::Tuple(pair) if pair.len() == 2 => {
                entries.push((machine.take_text(&mut pair[0].clone(), KEY)?, pair[1].clone()));
            }
            other => return Err(machine.unfit(other, "an entry of a dictionary")),
        }
    }
    Ok(Value::Dictionary(Rc::new(Dictionary::from_entries(entries))))
}

fn map(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let dictionary = machine.take_dictionary(&mut arguments[1], WANTED)?;
    machine.charge_nodes(dictionary.len())?;
    let mut mapped = Dictionary { keys: dictionary.keys.clone(), values: Items(Vec::with_capacity(dictionary.len())) };
    for (key, value) in dictionary.entries() {
        mapped.values.0.push(machine.call_2(&arguments[0], Value::String(key.clone()), value.clone())?);
    }
    Ok(Value::Dictionary(Rc::new(mapped)))
}

fn filter(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let dictionary = machine.take_dictionary(&mut arguments[1], WANTED)?;
    let mut kept = Dictionary::default();
    for (key, value) in dictionary.entries() {
        let answer = machine.call_2(&arguments[0], Value::String(key.clone()), value.clone())?;
        if machine.bool(&answer, "a test of each entry")? {
            machine.charge_nodes(1)?;
            kept.keys.push(key.clone());
            kept.values.0.push(value.clone());
        }
    }
    Ok(Value::Dictionary(Rc::new(kept)))
}

fn reduce(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let dictionary = machine.take_dictionary(&mut arguments[2], WANTED)?;
    let mut value = std::mem::replace(&mut arguments[1], Value::None);
    for (key, item) in dictionary.entries() {
        let next = vec![value, Value::String(key.clone()), item.clone()];
        value = machine.call(&arguments[0], next, crate::program::OriginId::NONE)?;
    }
    Ok(value)
}
