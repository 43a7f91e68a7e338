use std::rc::Rc;

use super::{Entry, entry};
use crate::equality::Truth;
use crate::failure::{Eval, Stop};
use crate::machine::Machine;
use crate::value::{Cause, Items, Term, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__listLength", 1, length),
    entry("__listIsEmpty", 1, is_empty),
    entry("__listHead", 1, head),
    entry("__listTail", 1, tail),
    entry("__listLast", 1, last),
    entry("__listIndex", 2, index),
    entry("__listElementAt", 2, element_at),
    entry("__listSafeIndex", 2, safe_index),
    entry("__listSafeElementAt", 2, safe_element_at),
    entry("__listCons", 2, cons),
    entry("__listConcat", 2, concat),
    entry("__listFlatten", 1, flatten),
    entry("__listSlice", 3, slice),
    entry("__listDrop", 2, drop_first),
    entry("__listTake", 2, take),
    entry("__listUncons", 1, uncons),
    entry("__listMap", 2, map),
    entry("__listFilter", 2, filter),
    entry("__listFilterMap", 2, filter_map),
    entry("__listFlatMap", 2, flat_map),
    entry("__listReduce", 3, reduce),
    entry("__listFold1", 2, fold1),
    entry("__listAny", 2, any),
    entry("__listAll", 2, all),
    entry("__listFind", 2, find),
    entry("__listMember", 2, member),
    entry("__listCartesianProduct", 2, cartesian_product),
    entry("__listEqual", 3, equal),
    entry("__listIntersperse", 2, intersperse),
    entry("__listZip", 2, zip),
    entry("__listEnumerate", 1, enumerate),
    entry("__listDropNones", 1, drop_nones),
    entry("__listReverse", 1, reverse),
    entry("__listRepeat", 2, repeat),
    entry("__listPartition", 2, partition),
];

fn length(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Int(machine.take_list(&mut arguments[0], "the length of a list")?.len() as i64))
}

fn is_empty(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Bool(machine.take_list(&mut arguments[0], "a test for an empty list")?.is_empty()))
}

/// An element of a list, or the term for one of a list that is known later.
fn select(machine: &mut Machine<'_>, list: &mut Value, index: i64) -> Eval<Option<Value>> {
    machine.settle_later(list)?;
    if let Value::Later(_) = list {
        // In a policy it cannot be told whether there is such an element.
        if machine.policy {
            return Err(machine.unfit(list, "an element of a list"));
        }
        if index < 0 {
            return Ok(None);
        }
        let list = Machine::boxed(list);
        return Ok(Some(machine.later(Term::Select { index: index as usize, list })));
    }
    let items = machine.take_list(list, "an element of a list")?;
    Ok(usize::try_from(index).ok().and_then(|index| items.get(index).cloned()))
}

fn head(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::optional(select(machine, &mut arguments[0], 0)?))
}

fn last(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::optional(machine.take_list(&mut arguments[0], "the last element of a list")?.last().cloned()))
}

fn tail(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "the tail of a list")?;
    match items.split_first() {
        None => Ok(Value::None),
        Some((_, rest)) => Ok(Value::some(machine.new_list(rest.to_vec())?)),
    }
}

fn uncons(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "taking a list apart")?;
    match items.split_first() {
        None => Ok(Value::None),
        Some((first, rest)) => {
            let rest = machine.new_list(rest.to_vec())?;
            Ok(Value::some(Value::tuple(vec![first.clone(), rest])))
        }
    }
}

fn at(machine: &mut Machine<'_>, list: usize, position: usize, arguments: &mut [Value]) -> Eval<Value> {
    let index = machine.take_int(&mut arguments[position], "a position in a list")?;
    match select(machine, &mut arguments[list], index)? {
        Some(value) => Ok(value),
        None => Err(machine.wrong(format!("the list has no element at position {index}"))),
    }
}

fn safe_at(machine: &mut Machine<'_>, list: usize, position: usize, arguments: &mut [Value]) -> Eval<Value> {
    let index = machine.take_int(&mut arguments[position], "a position in a list")?;
    Ok(Value::optional(select(machine, &mut arguments[list], index)?))
}

fn index(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    at(machine, 0, 1, arguments)
}

fn element_at(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    at(machine, 1, 0, arguments)
}

fn safe_index(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    safe_at(machine, 0, 1, arguments)
}

fn safe_element_at(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    safe_at(machine, 1, 0, arguments)
}

fn cons(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let rest = machine.take_list(&mut arguments[1], "a list")?;
    machine.charge_nodes(rest.len() + 1)?;
    let mut items = Vec::with_capacity(rest.len() + 1);
    items.push(std::mem::replace(&mut arguments[0], Value::None));
    items.extend_from_slice(&rest);
    Ok(Value::list(items))
}

fn concat(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let first = machine.take_list(&mut arguments[0], "`++` of lists")?;
    let second = machine.take_list(&mut arguments[1], "`++` of lists")?;
    let at = machine.here();
    machine.append(Value::List(first), Value::List(second), at)
}

fn flatten(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let lists = machine.take_list(&mut arguments[0], "a list")?;
    let mut flat = Vec::new();
    for list in lists.iter() {
        let list = machine.take_list(&mut list.clone(), "a list of lists")?;
        machine.charge_nodes(list.len())?;
        flat.extend_from_slice(&list);
    }
    Ok(Value::list(flat))
}

/// The part of `0..length` that starts at `start` (from the end if negative) and has `count` members.
pub(super) fn bounds(start: i64, count: Option<i64>, length: usize) -> (usize, usize) {
    let length = length as i64;
    let start = if start < 0 { (length + start).max(0) } else { start.min(length) };
    let count = count.unwrap_or(length).clamp(0, length - start);
    (start as usize, (start + count) as usize)
}

fn slice(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let (start, count) = slice_bounds(machine, arguments)?;
    let items = machine.take_list(&mut arguments[2], "a part of a list")?;
    let (from, to) = bounds(start, count, items.len());
    machine.new_list(items[from..to].to_vec())
}

pub(super) fn slice_bounds(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<(i64, Option<i64>)> {
    let mut given = [0, 1].map(|at| machine.take_optional(&mut arguments[at], "the bounds of a part"));
    let mut numbers = [None, None];
    for (at, value) in given.iter_mut().enumerate() {
        if let Some(mut value) = std::mem::replace(value, Ok(None))? {
            numbers[at] = Some(machine.take_int(&mut value, "the bounds of a part")?);
        }
    }
    Ok((numbers[0].unwrap_or(0), numbers[1]))
}

fn drop_first(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let count = machine.take_int(&mut arguments[0], "a number of elements")?.max(0);
    let items = machine.take_list(&mut arguments[1], "a part of a list")?;
    let (from, to) = bounds(count, None, items.len());
    if from == 0 {
        return Ok(Value::List(items));
    }
    machine.new_list(items[from..to].to_vec())
}

fn take(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let count = machine.take_int(&mut arguments[0], "a number of elements")?.max(0);
    let items = machine.take_list(&mut arguments[1], "a part of a list")?;
    let (from, to) = bounds(0, Some(count), items.len());
    if to == items.len() {
        return Ok(Value::List(items));
    }
    machine.new_list(items[from..to].to_vec())
}

fn map(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a function of each element")?;
    machine.charge_nodes(items.len())?;
    let mut mapped = Items(Vec::with_capacity(items.len()));
    for item in items.iter() {
        mapped.0.push(guarded(machine, |machine| machine.call_1(&arguments[0], item.clone()))?);
    }
    Ok(Value::List(Rc::new(mapped)))
}

/// What a call for one element gives; one that cannot be decided leaves the others alone.
fn guarded(machine: &mut Machine<'_>, call: impl FnOnce(&mut Machine<'_>) -> Eval<Value>) -> Eval<Value> {
    match call(machine) {
        Err(Stop::Undecided(cause)) => Ok(Value::Undecided(cause)),
        result => result,
    }
}

fn test(machine: &mut Machine<'_>, function: &Value, item: &Value) -> Eval<bool> {
    let answer = machine.call_1(function, item.clone())?;
    machine.bool(&answer, "a test of each element")
}

fn filter(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a test of each element")?;
    let mut kept = Items::default();
    for item in items.iter() {
        if test(machine, &arguments[0], item)? {
            machine.charge_nodes(1)?;
            kept.0.push(item.clone());
        }
    }
    Ok(Value::List(Rc::new(kept)))
}

fn partition(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a test of each element")?;
    machine.charge_nodes(items.len())?;
    let (mut kept, mut left) = (Items::default(), Items::default());
    for item in items.iter() {
        if test(machine, &arguments[0], item)? { kept.0.push(item.clone()) } else { left.0.push(item.clone()) }
    }
    Ok(Value::tuple(vec![Value::List(Rc::new(kept)), Value::List(Rc::new(left))]))
}

fn filter_map(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a function of each element")?;
    let mut kept = Items::default();
    for item in items.iter() {
        let mut answer = machine.call_1(&arguments[0], item.clone())?;
        if let Some(value) = machine.take_optional(&mut answer, "a function of each element")? {
            machine.charge_nodes(1)?;
            kept.0.push(value);
        }
    }
    Ok(Value::List(Rc::new(kept)))
}

fn flat_map(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a function of each element")?;
    let mut flat = Items::default();
    for item in items.iter() {
        let mut answer = machine.call_1(&arguments[0], item.clone())?;
        let list = machine.take_list(&mut answer, "a function of each element")?;
        machine.charge_nodes(list.len())?;
        flat.0.extend_from_slice(&list);
    }
    Ok(Value::List(Rc::new(flat)))
}

fn reduce(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[2], "one value from all elements")?;
    let mut value = std::mem::replace(&mut arguments[1], Value::None);
    for item in items.iter() {
        value = guarded(machine, |machine| machine.call_2(&arguments[0], value, item.clone()))?;
    }
    Ok(value)
}

fn fold1(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "one value from all elements")?;
    let Some((first, rest)) = items.split_first() else {
        return Err(machine.wrong("an empty list has no value to start from"));
    };
    let mut value = first.clone();
    for item in rest {
        value = guarded(machine, |machine| machine.call_2(&arguments[0], value, item.clone()))?;
    }
    Ok(value)
}

/// Whether the answer for one element is `wanted`; undecided only if no other element decides.
fn search(machine: &mut Machine<'_>, arguments: &mut [Value], wanted: bool) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a test of each element")?;
    let mut unknown: Option<Rc<Cause>> = None;
    for item in items.iter() {
        match test(machine, &arguments[0], item) {
            Ok(answer) if answer == wanted => return Ok(Value::Bool(wanted)),
            Ok(_) => {}
            Err(Stop::Undecided(cause)) => unknown = unknown.or(Some(cause)),
            Err(stop) => return Err(stop),
        }
    }
    match unknown {
        Some(cause) => Err(Stop::Undecided(cause)),
        None => Ok(Value::Bool(!wanted)),
    }
}

fn any(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    search(machine, arguments, true)
}

fn all(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    search(machine, arguments, false)
}

fn find(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a test of each element")?;
    for item in items.iter() {
        if test(machine, &arguments[0], item)? {
            return Ok(Value::some(item.clone()));
        }
    }
    Ok(Value::None)
}

fn member(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a search in a list")?;
    let mut unknown = None;
    for item in items.iter() {
        match machine.truth(&arguments[0], item)? {
            Truth::True => return Ok(Value::Bool(true)),
            Truth::False => {}
            Truth::Unknown(cause) => unknown = unknown.or(Some(cause)),
        }
    }
    match unknown {
        None => Ok(Value::Bool(false)),
        Some(cause) => match &*cause {
            Cause::Later(later) => Err(machine.needs(later, "a search in a list")),
            Cause::Unknown(_) | Cause::Choice(_) | Cause::Forks => Err(Stop::Undecided(cause)),
        },
    }
}

fn cartesian_product(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let first = machine.take_list(&mut arguments[0], "a list")?;
    let second = machine.take_list(&mut arguments[1], "a list")?;
    machine.charge_nodes(first.len().saturating_mul(second.len()))?;
    let pair = |left: &Value, right: &Value| Value::tuple(vec![left.clone(), right.clone()]);
    Ok(Value::list(first.iter().flat_map(|left| second.iter().map(move |right| pair(left, right))).collect()))
}

fn equal(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let first = machine.take_list(&mut arguments[0], "a comparison of lists")?;
    let second = machine.take_list(&mut arguments[1], "a comparison of lists")?;
    if first.len() != second.len() {
        return Ok(Value::Bool(false));
    }
    for (left, right) in first.iter().zip(second.iter()) {
        let answer = machine.call_2(&arguments[2], left.clone(), right.clone())?;
        if !machine.bool(&answer, "a comparison of elements")? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn intersperse(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "a list")?;
    let mut spread = Vec::with_capacity((items.len() * 2).saturating_sub(1));
    machine.charge_nodes(items.len() * 2)?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            spread.push(arguments[0].clone());
        }
        spread.push(item.clone());
    }
    Ok(Value::list(spread))
}

fn zip(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let first = machine.take_list(&mut arguments[0], "a list")?;
    let second = machine.take_list(&mut arguments[1], "a list")?;
    let pairs = first.iter().zip(second.iter()).map(|(left, right)| Value::tuple(vec![left.clone(), right.clone()]));
    machine.new_list(pairs.collect())
}

fn enumerate(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "the positions of a list")?;
    machine.charge_nodes(items.len() * 2)?;
    let pairs = items.iter().enumerate().map(|(at, item)| Value::tuple(vec![Value::Int(at as i64), item.clone()]));
    Ok(Value::list(pairs.collect()))
}

fn drop_nones(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "a list")?;
    let mut kept = Items(Vec::with_capacity(items.len()));
    for item in items.iter() {
        if let Some(value) = machine.take_optional(&mut item.clone(), "a value that may be missing")? {
            kept.0.push(value);
        }
    }
    machine.charge_nodes(kept.len())?;
    Ok(Value::List(Rc::new(kept)))
}

fn reverse(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "a list")?;
    machine.new_list(items.iter().rev().cloned().collect())
}

fn repeat(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let count = machine.take_int(&mut arguments[0], "a number of elements")?.max(0) as usize;
    machine.charge_nodes(count)?;
    Ok(Value::list(vec![arguments[1].clone(); count]))
}
