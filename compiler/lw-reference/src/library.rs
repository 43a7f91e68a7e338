//! Functions of the library once more, each in the plainest way.

use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine;

use crate::evaluate::{Evaluator, Outcome, equal, in_range, json, less, shown};
use crate::types::Type;
use crate::value::{BY_ZERO, Later, NOT_TAKEN, STOPPED, TOO_LARGE, Text, Value};

pub struct LibraryFunction {
    /// As programs call it.
    pub name: &'static str,
    pub types: fn() -> (Vec<Type>, Type),
    pub over: Over,
    pub run: fn(&mut Evaluator<'_>, &[Value]) -> Outcome<Value>,
}

/// What its type variables may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Anything at all.
    All,
    /// What can be compared and is known.
    Data,
    /// What has an order.
    Ordered,
}

macro_rules! library {
    ($($name:literal: $over:ident ($($parameter:expr),*) -> $result:expr, |$evaluator:ident, $values:ident| $run:expr;)*) => {
        pub const FUNCTIONS: &[LibraryFunction] = &[$(LibraryFunction {
            name: $name,
            types: || (vec![$($parameter),*], $result),
            over: Over::$over,
            run: |$evaluator: &mut Evaluator<'_>, $values: &[Value]| $run,
        }),*];
    };
}

use Type::{Bool as B, Duration as D, Float as F, Int as I, Size as Z, String as S, Text as T};

fn a() -> Type {
    Type::Variable(0)
}

fn b() -> Type {
    Type::Variable(1)
}

fn list(element: Type) -> Type {
    Type::list(element)
}

fn dictionary(element: Type) -> Type {
    Type::dictionary(element)
}

fn optional(element: Type) -> Type {
    Type::optional(element)
}

fn fun<const N: usize>(parameters: [Type; N], result: Type) -> Type {
    Type::function(parameters.to_vec(), result)
}

fn pair(first: Type, second: Type) -> Type {
    Type::Tuple(vec![first, second])
}

// Arguments are of their types: the programs are well typed.
fn int(value: &Value) -> i64 {
    if let Value::Int(value) = value { *value } else { unreachable!("an Int: {value:?}") }
}

fn float(value: &Value) -> f64 {
    if let Value::Float(value) = value { *value } else { unreachable!("a Float: {value:?}") }
}

fn bool(value: &Value) -> bool {
    if let Value::Bool(value) = value { *value } else { unreachable!("a Bool: {value:?}") }
}

fn text(value: &Value) -> &Text {
    if let Value::Text(value) = value { value } else { unreachable!("a String: {value:?}") }
}

fn known(value: &Value) -> Outcome<String> {
    text(value).as_known()
}

fn items(value: &Value) -> &Rc<Vec<Value>> {
    if let Value::List(value) = value { value } else { unreachable!("a List: {value:?}") }
}

fn entries(value: &Value) -> &Rc<BTreeMap<String, Value>> {
    if let Value::Dictionary(value) = value { value } else { unreachable!("a Dictionary: {value:?}") }
}

fn some(value: &Value) -> Option<&Value> {
    match value {
        Value::Some(value) => Some(value),
        _ => None,
    }
}

fn tuple(value: &Value) -> &Rc<Vec<Value>> {
    if let Value::Tuple(value) = value { value } else { unreachable!("a tuple: {value:?}") }
}

fn milliseconds(value: &Value) -> i64 {
    if let Value::Duration(value) = value { *value } else { unreachable!("a Duration: {value:?}") }
}

fn bytes(value: &Value) -> i64 {
    if let Value::Size(value) = value { *value } else { unreachable!("a Size: {value:?}") }
}

fn whole(value: Option<i64>) -> Outcome<Value> {
    value.and_then(in_range).map(Value::Int).ok_or(TOO_LARGE)
}

fn amount(value: i64, unit: i64) -> Outcome<i64> {
    value.checked_mul(unit).and_then(in_range).ok_or(TOO_LARGE)
}

fn of_float(value: f64) -> Outcome<Value> {
    if value.abs() <= 9_007_199_254_740_991.0 { Ok(Value::Int(value as i64)) } else { Err(TOO_LARGE) }
}

fn count(value: &Value) -> usize {
    int(value).max(0) as usize
}

/// The element at a position that may be outside.
fn at(list: &Value, position: &Value) -> Option<Value> {
    usize::try_from(int(position)).ok().and_then(|position| items(list).get(position).cloned())
}

fn characters(value: &Value) -> Outcome<Vec<char>> {
    Ok(known(value)?.chars().collect())
}

fn string(characters: impl IntoIterator<Item = char>) -> Outcome<Value> {
    Ok(Value::text(characters.into_iter().collect::<String>()))
}

fn padding(length: &Value, fill: &Value, of: usize) -> Outcome<Vec<char>> {
    let fill = characters(fill)?;
    let missing = count(length).saturating_sub(of);
    if missing > 0 && fill.is_empty() {
        return Err(NOT_TAKEN);
    }
    Ok(fill.into_iter().cycle().take(missing).collect())
}

fn sorted(list: &[Value], keys: &[Value]) -> Vec<Value> {
    // Insertion keeps equal ones as they were.
    let mut order: Vec<usize> = Vec::new();
    for at in 0..list.len() {
        let mut place = order.len();
        while place > 0 && less(&keys[at], &keys[order[place - 1]]) {
            place -= 1;
        }
        order.insert(place, at);
    }
    order.into_iter().map(|at| list[at].clone()).collect()
}

library! {
    "List.length": All (list(a())) -> I, |_e, v| Ok(Value::Int(items(&v[0]).len() as i64));
    "List.isEmpty": All (list(a())) -> B, |_e, v| Ok(Value::Bool(items(&v[0]).is_empty()));
    "List.null": All (list(a())) -> B, |_e, v| Ok(Value::Bool(items(&v[0]).is_empty()));
    "List.head": All (list(a())) -> optional(a()), |_e, v| Ok(Value::optional(items(&v[0]).first().cloned()));
    "List.last": All (list(a())) -> optional(a()), |_e, v| Ok(Value::optional(items(&v[0]).last().cloned()));
    "List.tail": All (list(a())) -> optional(list(a())), |_e, v| {
        Ok(Value::optional(items(&v[0]).split_first().map(|(_, rest)| Value::list(rest.to_vec()))))
    };
    "List.index": All (list(a()), I) -> a(), |_e, v| at(&v[0], &v[1]).ok_or(NOT_TAKEN);
    "List.elementAt": All (I, list(a())) -> a(), |_e, v| at(&v[1], &v[0]).ok_or(NOT_TAKEN);
    "List.safeIndex": All (list(a()), I) -> optional(a()), |_e, v| Ok(Value::optional(at(&v[0], &v[1])));
    "List.safeElementAt": All (I, list(a())) -> optional(a()), |_e, v| Ok(Value::optional(at(&v[1], &v[0])));
    "List.cons": All (a(), list(a())) -> list(a()), |_e, v| {
        let mut all = vec![v[0].clone()];
        all.extend(items(&v[1]).iter().cloned());
        Ok(Value::list(all))
    };
    "List.concat": All (list(a()), list(a())) -> list(a()), |_e, v| {
        Ok(Value::list(items(&v[0]).iter().chain(items(&v[1]).iter()).cloned().collect()))
    };
    "List.flatten": All (list(list(a()))) -> list(a()), |_e, v| {
        Ok(Value::list(items(&v[0]).iter().flat_map(|inner| items(inner).to_vec()).collect()))
    };
    "List.drop": All (I, list(a())) -> list(a()), |_e, v| {
        Ok(Value::list(items(&v[1]).iter().skip(count(&v[0])).cloned().collect()))
    };
    "List.take": All (I, list(a())) -> list(a()), |_e, v| {
        Ok(Value::list(items(&v[1]).iter().take(count(&v[0])).cloned().collect()))
    };
    "List.uncons": All (list(a())) -> optional(pair(a(), list(a()))), |_e, v| {
        Ok(Value::optional(items(&v[0]).split_first().map(|(first, rest)| {
            Value::tuple(vec![first.clone(), Value::list(rest.to_vec())])
        })))
    };
    "List.map": All (fun([a()], b()), list(a())) -> list(b()), |e, v| {
        let mut all = Vec::new();
        for item in items(&v[1]).iter() {
            all.push(e.apply(&v[0], vec![item.clone()])?);
        }
        Ok(Value::list(all))
    };
    "List.filter": All (fun([a()], B), list(a())) -> list(a()), |e, v| {
        let mut all = Vec::new();
        for item in items(&v[1]).iter() {
            if bool(&e.apply(&v[0], vec![item.clone()])?) {
                all.push(item.clone());
            }
        }
        Ok(Value::list(all))
    };
    "List.filterMap": All (fun([a()], optional(b())), list(a())) -> list(b()), |e, v| {
        let mut all = Vec::new();
        for item in items(&v[1]).iter() {
            all.extend(some(&e.apply(&v[0], vec![item.clone()])?).cloned());
        }
        Ok(Value::list(all))
    };
    "List.flatMap": All (fun([a()], list(b())), list(a())) -> list(b()), |e, v| {
        let mut all = Vec::new();
        for item in items(&v[1]).iter() {
            all.extend(items(&e.apply(&v[0], vec![item.clone()])?).iter().cloned());
        }
        Ok(Value::list(all))
    };
    "List.reduce": All (fun([b(), a()], b()), b(), list(a())) -> b(), |e, v| {
        let mut so_far = v[1].clone();
        for item in items(&v[2]).iter() {
            so_far = e.apply(&v[0], vec![so_far, item.clone()])?;
        }
        Ok(so_far)
    };
    "List.fold": All (fun([b(), a()], b()), b(), list(a())) -> b(), |e, v| {
        let mut so_far = v[1].clone();
        for item in items(&v[2]).iter() {
            so_far = e.apply(&v[0], vec![so_far, item.clone()])?;
        }
        Ok(so_far)
    };
    "List.fold1": All (fun([a(), a()], a()), list(a())) -> a(), |e, v| {
        let Some((first, rest)) = items(&v[1]).split_first() else { return Err(NOT_TAKEN) };
        let mut so_far = first.clone();
        for item in rest {
            so_far = e.apply(&v[0], vec![so_far, item.clone()])?;
        }
        Ok(so_far)
    };
    "List.any": All (fun([a()], B), list(a())) -> B, |e, v| {
        for item in items(&v[1]).iter() {
            if bool(&e.apply(&v[0], vec![item.clone()])?) {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    };
    "List.all": All (fun([a()], B), list(a())) -> B, |e, v| {
        for item in items(&v[1]).iter() {
            if !bool(&e.apply(&v[0], vec![item.clone()])?) {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    };
    "List.find": All (fun([a()], B), list(a())) -> optional(a()), |e, v| {
        for item in items(&v[1]).iter() {
            if bool(&e.apply(&v[0], vec![item.clone()])?) {
                return Ok(Value::optional(Some(item.clone())));
            }
        }
        Ok(Value::None)
    };
    "List.member": Data (a(), list(a())) -> B, |_e, v| {
        Ok(Value::Bool(items(&v[1]).iter().any(|item| equal(item, &v[0]))))
    };
    "List.cartesianProduct": All (list(a()), list(b())) -> list(pair(a(), b())), |_e, v| {
        let mut all = Vec::new();
        for first in items(&v[0]).iter() {
            for second in items(&v[1]).iter() {
                all.push(Value::tuple(vec![first.clone(), second.clone()]));
            }
        }
        Ok(Value::list(all))
    };
    "List.intersperse": All (a(), list(a())) -> list(a()), |_e, v| {
        let mut all = Vec::new();
        for (position, item) in items(&v[1]).iter().enumerate() {
            if position > 0 {
                all.push(v[0].clone());
            }
            all.push(item.clone());
        }
        Ok(Value::list(all))
    };
    "List.zip": All (list(a()), list(b())) -> list(pair(a(), b())), |_e, v| {
        let pairs = items(&v[0]).iter().zip(items(&v[1]).iter());
        Ok(Value::list(pairs.map(|(first, second)| Value::tuple(vec![first.clone(), second.clone()])).collect()))
    };
    "List.enumerate": All (list(a())) -> list(pair(I, a())), |_e, v| {
        let numbered = items(&v[0]).iter().enumerate();
        Ok(Value::list(numbered.map(|(at, item)| Value::tuple(vec![Value::Int(at as i64), item.clone()])).collect()))
    };
    "List.dropNones": All (list(optional(a()))) -> list(a()), |_e, v| {
        Ok(Value::list(items(&v[0]).iter().filter_map(some).cloned().collect()))
    };
    "List.reverse": All (list(a())) -> list(a()), |_e, v| {
        Ok(Value::list(items(&v[0]).iter().rev().cloned().collect()))
    };
    "List.sort": Ordered (list(a())) -> list(a()), |_e, v| Ok(Value::list(sorted(items(&v[0]), items(&v[0]))));
    "List.unique": Data (list(a())) -> list(a()), |_e, v| {
        let mut all: Vec<Value> = Vec::new();
        for item in items(&v[0]).iter() {
            if !all.iter().any(|before| equal(before, item)) {
                all.push(item.clone());
            }
        }
        Ok(Value::list(all))
    };
    "List.range": All (I, I) -> list(I), |e, v| {
        let mut all = Vec::new();
        let mut number = int(&v[0]);
        while number < int(&v[1]) {
            e.step()?;
            all.push(Value::Int(number));
            number += 1;
        }
        Ok(Value::list(all))
    };
    "List.sum": All (list(I)) -> I, |_e, v| {
        let mut sum = 0_i64;
        for item in items(&v[0]).iter() {
            sum = sum.checked_add(int(item)).and_then(in_range).ok_or(TOO_LARGE)?;
        }
        Ok(Value::Int(sum))
    };
    "List.maximum": All (list(I)) -> optional(I), |_e, v| {
        Ok(Value::optional(items(&v[0]).iter().map(int).max().map(Value::Int)))
    };
    "List.minimum": All (list(I)) -> optional(I), |_e, v| {
        Ok(Value::optional(items(&v[0]).iter().map(int).min().map(Value::Int)))
    };
    "List.groupBy": All (fun([a()], S), list(a())) -> dictionary(list(a())), |e, v| {
        let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for item in items(&v[1]).iter() {
            let key = known(&e.apply(&v[0], vec![item.clone()])?)?;
            groups.entry(key).or_default().push(item.clone());
        }
        Ok(Value::Dictionary(Rc::new(groups.into_iter().map(|(key, group)| (key, Value::list(group))).collect())))
    };
    "List.partition": All (fun([a()], B), list(a())) -> pair(list(a()), list(a())), |e, v| {
        let (mut passed, mut others) = (Vec::new(), Vec::new());
        for item in items(&v[1]).iter() {
            if bool(&e.apply(&v[0], vec![item.clone()])?) { passed.push(item.clone()) } else { others.push(item.clone()) }
        }
        Ok(Value::tuple(vec![Value::list(passed), Value::list(others)]))
    };

    "String.length": All (S) -> I, |_e, v| Ok(Value::Int(characters(&v[0])?.len() as i64));
    "String.isEmpty": All (S) -> B, |_e, v| Ok(Value::Bool(known(&v[0])?.is_empty()));
    "String.concat": All (T, T) -> T, |_e, v| {
        let mut joined = text(&v[0]).clone();
        joined.append(text(&v[1]));
        Ok(Value::Text(joined))
    };
    "String.join": All (S, list(T)) -> T, |_e, v| {
        let mut joined = Text::default();
        for (position, item) in items(&v[1]).iter().enumerate() {
            if position > 0 {
                joined.append(text(&v[0]));
            }
            joined.append(text(item));
        }
        Ok(Value::Text(joined))
    };
    "String.drop": All (I, S) -> S, |_e, v| string(characters(&v[1])?.into_iter().skip(count(&v[0])));
    "String.take": All (I, S) -> S, |_e, v| string(characters(&v[1])?.into_iter().take(count(&v[0])));
    "String.startsWith": All (S, S) -> B, |_e, v| Ok(Value::Bool(known(&v[1])?.starts_with(&known(&v[0])?)));
    "String.endsWith": All (S, S) -> B, |_e, v| Ok(Value::Bool(known(&v[1])?.ends_with(&known(&v[0])?)));
    "String.contains": All (S, S) -> B, |_e, v| Ok(Value::Bool(known(&v[1])?.contains(&known(&v[0])?)));
    "String.split": All (S, S) -> list(S), |_e, v| {
        let (separator, whole) = (known(&v[0])?, known(&v[1])?);
        if separator.is_empty() {
            return Ok(Value::list(whole.chars().map(|one| Value::text(one.to_string())).collect()));
        }
        let mut pieces = Vec::new();
        let mut rest = &whole[..];
        while let Some(found) = rest.find(&separator) {
            pieces.push(Value::text(&rest[..found]));
            rest = &rest[found + separator.len()..];
        }
        pieces.push(Value::text(rest));
        Ok(Value::list(pieces))
    };
    "String.replace": All (S, S, S) -> S, |_e, v| {
        let (part, by, whole) = (known(&v[0])?, known(&v[1])?, known(&v[2])?);
        if part.is_empty() { Err(NOT_TAKEN) } else { Ok(Value::text(whole.replace(&part, &by))) }
    };
    "String.toUpper": All (S) -> S, |_e, v| Ok(Value::text(known(&v[0])?.to_uppercase()));
    "String.toLower": All (S) -> S, |_e, v| Ok(Value::text(known(&v[0])?.to_lowercase()));
    "String.trim": All (S) -> S, |_e, v| Ok(Value::text(known(&v[0])?.trim()));
    "String.repeat": All (I, S) -> S, |e, v| {
        let mut repeated = String::new();
        for _ in 0..count(&v[0]) {
            e.step()?;
            repeated.push_str(&known(&v[1])?);
        }
        Ok(Value::text(repeated))
    };
    "String.padLeft": All (I, S, S) -> S, |_e, v| {
        let whole = characters(&v[2])?;
        string(padding(&v[0], &v[1], whole.len())?.into_iter().chain(whole))
    };
    "String.padRight": All (I, S, S) -> S, |_e, v| {
        let whole = characters(&v[2])?;
        let filled = padding(&v[0], &v[1], whole.len())?;
        string(whole.into_iter().chain(filled))
    };
    "String.toInt": All (S) -> optional(I), |_e, v| {
        let number = known(&v[0])?.trim().parse::<i64>().ok().and_then(in_range);
        Ok(Value::optional(number.map(Value::Int)))
    };
    "String.print": Data (a()) -> S, |_e, v| Ok(Value::text(shown(&v[0])?));
    "String.hash": All (S) -> S, |_e, v| {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(known(&v[0])?.as_bytes());
        Ok(Value::text(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
    };
    "Base64.encode": All (T) -> T, |_e, v| match text(&v[0]).as_known() {
        Ok(known) => Ok(Value::text(base64::engine::general_purpose::STANDARD.encode(known))),
        Err(_) => Ok(Value::Text(Text::later(Later::Base64(text(&v[0]).clone())))),
    };
    "Json.encode": Data (a()) -> S, |_e, v| Ok(Value::text(json(&v[0])?.to_string()));

    "Optional.isNone": All (optional(a())) -> B, |_e, v| Ok(Value::Bool(some(&v[0]).is_none()));
    "Optional.isSome": All (optional(a())) -> B, |_e, v| Ok(Value::Bool(some(&v[0]).is_some()));
    "Optional.map": All (fun([a()], b()), optional(a())) -> optional(b()), |e, v| match some(&v[1]) {
        Some(value) => Ok(Value::optional(Some(e.apply(&v[0], vec![value.clone()])?))),
        None => Ok(Value::None),
    };
    "Optional.flatMap": All (fun([a()], optional(b())), optional(a())) -> optional(b()), |e, v| match some(&v[1]) {
        Some(value) => e.apply(&v[0], vec![value.clone()]),
        None => Ok(Value::None),
    };
    "Optional.mapUnpack": All (b(), fun([a()], b()), optional(a())) -> b(), |e, v| match some(&v[2]) {
        Some(value) => e.apply(&v[1], vec![value.clone()]),
        None => Ok(v[0].clone()),
    };
    "Optional.unpack": All (a(), optional(a())) -> a(), |_e, v| Ok(some(&v[1]).unwrap_or(&v[0]).clone());
    "Optional.unpackOrError": All (optional(a()), S) -> a(), |_e, v| some(&v[0]).cloned().ok_or(STOPPED);
    "Optional.or": All (optional(a()), optional(a())) -> optional(a()), |_e, v| {
        Ok(if some(&v[0]).is_some() { v[0].clone() } else { v[1].clone() })
    };
    "Optional.toList": All (optional(a())) -> list(a()), |_e, v| {
        Ok(Value::list(some(&v[0]).cloned().into_iter().collect()))
    };

    "Dictionary.size": All (dictionary(a())) -> I, |_e, v| Ok(Value::Int(entries(&v[0]).len() as i64));
    "Dictionary.isEmpty": All (dictionary(a())) -> B, |_e, v| Ok(Value::Bool(entries(&v[0]).is_empty()));
    "Dictionary.insert": All (S, a(), dictionary(a())) -> dictionary(a()), |_e, v| {
        let mut all = (**entries(&v[2])).clone();
        all.insert(known(&v[0])?, v[1].clone());
        Ok(Value::Dictionary(Rc::new(all)))
    };
    "Dictionary.merge": All (dictionary(a()), dictionary(a())) -> dictionary(a()), |_e, v| {
        let mut all = (**entries(&v[1])).clone();
        all.extend(entries(&v[0]).iter().map(|(key, value)| (key.clone(), value.clone())));
        Ok(Value::Dictionary(Rc::new(all)))
    };
    "Dictionary.lookup": All (S, dictionary(a())) -> optional(a()), |_e, v| {
        Ok(Value::optional(entries(&v[1]).get(&known(&v[0])?).cloned()))
    };
    "Dictionary.find": All (S, dictionary(a())) -> a(), |_e, v| {
        entries(&v[1]).get(&known(&v[0])?).cloned().ok_or(NOT_TAKEN)
    };
    "Dictionary.member": All (S, dictionary(a())) -> B, |_e, v| {
        Ok(Value::Bool(entries(&v[1]).contains_key(&known(&v[0])?)))
    };
    "Dictionary.delete": All (S, dictionary(a())) -> dictionary(a()), |_e, v| {
        let mut all = (**entries(&v[1])).clone();
        all.remove(&known(&v[0])?);
        Ok(Value::Dictionary(Rc::new(all)))
    };
    "Dictionary.keys": All (dictionary(a())) -> list(S), |_e, v| {
        Ok(Value::list(entries(&v[0]).keys().map(Value::text).collect()))
    };
    "Dictionary.values": All (dictionary(a())) -> list(a()), |_e, v| {
        Ok(Value::list(entries(&v[0]).values().cloned().collect()))
    };
    "Dictionary.toList": All (dictionary(a())) -> list(pair(S, a())), |_e, v| {
        let pairs = entries(&v[0]).iter();
        Ok(Value::list(pairs.map(|(key, value)| Value::tuple(vec![Value::text(key), value.clone()])).collect()))
    };
    "Dictionary.fromList": All (list(pair(S, a()))) -> dictionary(a()), |_e, v| {
        let mut all = BTreeMap::new();
        for entry in items(&v[0]).iter() {
            all.insert(known(&tuple(entry)[0])?, tuple(entry)[1].clone());
        }
        Ok(Value::Dictionary(Rc::new(all)))
    };
    "Dictionary.map": All (fun([S, a()], b()), dictionary(a())) -> dictionary(b()), |e, v| {
        let mut all = BTreeMap::new();
        for (key, value) in entries(&v[1]).iter() {
            all.insert(key.clone(), e.apply(&v[0], vec![Value::text(key), value.clone()])?);
        }
        Ok(Value::Dictionary(Rc::new(all)))
    };
    "Dictionary.filter": All (fun([S, a()], B), dictionary(a())) -> dictionary(a()), |e, v| {
        let mut all = BTreeMap::new();
        for (key, value) in entries(&v[1]).iter() {
            if bool(&e.apply(&v[0], vec![Value::text(key), value.clone()])?) {
                all.insert(key.clone(), value.clone());
            }
        }
        Ok(Value::Dictionary(Rc::new(all)))
    };
    "Dictionary.reduce": All (fun([b(), S, a()], b()), b(), dictionary(a())) -> b(), |e, v| {
        let mut so_far = v[1].clone();
        for (key, value) in entries(&v[2]).iter() {
            so_far = e.apply(&v[0], vec![so_far, Value::text(key), value.clone()])?;
        }
        Ok(so_far)
    };

    "Int.toString": All (I) -> S, |_e, v| Ok(Value::text(int(&v[0]).to_string()));
    "Int.toFloat": All (I) -> F, |_e, v| Ok(Value::Float(int(&v[0]) as f64));
    "Int.abs": All (I) -> I, |_e, v| Ok(Value::Int(int(&v[0]).abs()));
    "Int.min": All (I, I) -> I, |_e, v| Ok(Value::Int(int(&v[0]).min(int(&v[1]))));
    "Int.max": All (I, I) -> I, |_e, v| Ok(Value::Int(int(&v[0]).max(int(&v[1]))));
    "Int.and": All (I, I) -> I, |_e, v| whole(Some(int(&v[0]) & int(&v[1])));
    "Int.or": All (I, I) -> I, |_e, v| whole(Some(int(&v[0]) | int(&v[1])));
    "Int.xor": All (I, I) -> I, |_e, v| whole(Some(int(&v[0]) ^ int(&v[1])));
    "Int.mod": All (I, I) -> I, |_e, v| if int(&v[1]) == 0 { Err(BY_ZERO) } else { Ok(Value::Int(int(&v[0]) % int(&v[1]))) };
    "Float.floor": All (F) -> I, |_e, v| of_float(float(&v[0]).floor());
    "Float.ceiling": All (F) -> I, |_e, v| of_float(float(&v[0]).ceil());
    "Float.round": All (F) -> I, |_e, v| of_float(float(&v[0]).round());
    "Float.abs": All (F) -> F, |_e, v| Ok(Value::Float(float(&v[0]).abs()));
    "Float.toString": All (F) -> S, |_e, v| Ok(Value::text(shown(&v[0])?));
    "Bool.toString": All (B) -> S, |_e, v| Ok(Value::text(bool(&v[0]).to_string()));
    "Duration.seconds": All (I) -> D, |_e, v| Ok(Value::Duration(amount(int(&v[0]), 1000)?));
    "Duration.toMinutes": All (D) -> I, |_e, v| Ok(Value::Int(milliseconds(&v[0]) / 60_000));
    "Duration.toString": All (D) -> S, |_e, v| Ok(Value::text(shown(&v[0])?));
    "Size.mebibytes": All (I) -> Z, |_e, v| Ok(Value::Size(amount(int(&v[0]), 1 << 20)?));
    "Size.toKibibytes": All (Z) -> I, |_e, v| Ok(Value::Int(bytes(&v[0]) / 1024));
    "Size.toString": All (Z) -> S, |_e, v| Ok(Value::text(shown(&v[0])?));
}
