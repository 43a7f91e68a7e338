//! Lists by order: sorting, extremes, groups, ranges.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Entry, entry};
use crate::equality::Truth;
use crate::failure::Eval;
use crate::machine::Machine;
use crate::operators::{INT_MAX, whole};
use crate::value::{Cause, Dictionary, Items, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__listSort", 1, sort),
    entry("__listSortBy", 2, sort_by),
    entry("__listUnique", 1, unique),
    entry("__listSum", 1, sum),
    entry("__listMaximum", 1, maximum),
    entry("__listMinimum", 1, minimum),
    entry("__listGroupBy", 2, group_by),
    entry("__intRange", 3, range),
];

/// The order of values that have one.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Int(left), Value::Int(right))
        | (Value::Duration(left), Value::Duration(right))
        | (Value::Size(left), Value::Size(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right)?,
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Tuple(left), Value::Tuple(right)) | (Value::List(left), Value::List(right)) => {
            for (left, right) in left.iter().zip(right.iter()) {
                match compare(left, right)? {
                    Ordering::Equal => {}
                    decided => return Some(decided),
                }
            }
            left.len().cmp(&right.len())
        }
        _ => left.text()?.cmp(right.text()?),
    })
}

/// Keys in order; an error or unknown if one has no order.
fn sorted(machine: &mut Machine<'_>, mut keyed: Vec<(Value, Value)>) -> Eval<Value> {
    machine.charge_nodes(keyed.len())?;
    machine.charge_steps(keyed.len() * keyed.len().max(1).ilog2() as usize)?;
    for (key, _) in &mut keyed {
        machine.settle_later(key)?;
    }
    let first = keyed.first().map(|(key, _)| key.clone());
    if let Some(first) = &first
        && let Some((odd, _)) = keyed.iter().find(|(key, _)| compare(first, key).is_none())
    {
        if matches!(odd, Value::Later(_) | Value::Undecided(_)) {
            return Err(machine.unfit(odd, "sorting"));
        }
        return Err(machine.wrong(format!("{} has no order", odd.kind())));
    }
    keyed.sort_by(|(left, _), (right, _)| compare(left, right).unwrap_or(Ordering::Equal));
    Ok(Value::list(keyed.into_iter().map(|(_, value)| value).collect()))
}

fn sort(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "sorting")?;
    sorted(machine, items.iter().map(|item| (item.clone(), item.clone())).collect())
}

fn sort_by(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "sorting")?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items.iter() {
        keyed.push((machine.call_1(&arguments[0], item.clone())?, item.clone()));
    }
    sorted(machine, keyed)
}

fn unique(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "a search in a list")?;
    let mut kept = Items::default();
    if items.iter().all(|item| matches!(item, Value::String(_))) {
        let mut seen: FxHashSet<Arc<str>> = FxHashSet::default();
        kept.0.extend(items.iter().filter(|item| item.text().is_some_and(|text| seen.insert(text.clone()))).cloned());
    } else {
        'items: for item in items.iter() {
            for earlier in 0..kept.len() {
                let earlier = kept[earlier].clone();
                match machine.truth(&earlier, item)? {
                    Truth::True => continue 'items,
                    Truth::False => {}
                    Truth::Unknown(cause) => {
                        return Err(match &*cause {
                            Cause::Later(later) => machine.needs(later, "a search in a list"),
                            Cause::Unknown(_) | Cause::Choice(_) | Cause::Forks => {
                                crate::failure::Stop::Undecided(cause)
                            }
                        });
                    }
                }
            }
            kept.0.push(item.clone());
        }
    }
    machine.charge_nodes(kept.len())?;
    Ok(Value::List(Rc::new(kept)))
}

fn sum(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "a sum")?;
    machine.charge_steps(items.len())?;
    let mut total = 0_i64;
    for item in items.iter() {
        let number = machine.take_int(&mut item.clone(), "a sum")?;
        total = whole(total.checked_add(number), "a sum")?;
    }
    Ok(Value::Int(total))
}

fn extreme(machine: &mut Machine<'_>, arguments: &mut [Value], wanted: Ordering) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[0], "the extremes of a list")?;
    machine.charge_steps(items.len())?;
    let mut best: Option<Value> = None;
    for item in items.iter() {
        let mut item = item.clone();
        machine.settle_later(&mut item)?;
        best = Some(match best {
            None => item,
            Some(best) => match compare(&item, &best) {
                Some(found) if found == wanted => item,
                Some(_) => best,
                None if matches!(item, Value::Later(_) | Value::Undecided(_)) => {
                    return Err(machine.unfit(&item, "the extremes of a list"));
                }
                None => return Err(machine.unfit(&best, "the extremes of a list")),
            },
        });
    }
    Ok(Value::optional(best))
}

fn maximum(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    extreme(machine, arguments, Ordering::Greater)
}

fn minimum(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    extreme(machine, arguments, Ordering::Less)
}

fn group_by(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let items = machine.take_list(&mut arguments[1], "groups of a list")?;
    machine.charge_nodes(items.len())?;
    let mut groups: std::collections::BTreeMap<Arc<str>, Items> = std::collections::BTreeMap::new();
    for item in items.iter() {
        let mut key = machine.call_1(&arguments[0], item.clone())?;
        let key = machine.take_text(&mut key, "a dictionary key")?;
        groups.entry(key).or_default().0.push(item.clone());
    }
    let entries = groups.into_iter().map(|(key, items)| (key, Value::List(Rc::new(items)))).collect();
    Ok(Value::Dictionary(Rc::new(Dictionary::from_entries(entries))))
}

fn range(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let from = machine.take_int(&mut arguments[0], "a range")?;
    let to = machine.take_int(&mut arguments[1], "a range")?;
    let step = machine.take_int(&mut arguments[2], "a range")?;
    if step == 0 {
        return Err(machine.wrong("a range needs a step other than 0"));
    }
    let distance = if step > 0 { to - from } else { from - to };
    let count = if distance <= 0 { 0 } else { (distance as u64).div_ceil(step.unsigned_abs()) };
    machine.charge_nodes(usize::try_from(count).unwrap_or(usize::MAX).min(INT_MAX as usize))?;
    Ok(Value::list((0..count as i64).map(|at| Value::Int(from + at * step)).collect()))
}
