use std::sync::Arc;

use super::list::{bounds, slice_bounds};
use super::{Entry, entry};
use crate::failure::{Eval, FailureKind, Stop};
use crate::machine::Machine;
use crate::outline::Outline;
use crate::recorded::{digest, int_text};
use crate::value::{Term, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__stringLength", 1, length),
    entry("__stringIsEmpty", 1, is_empty),
    entry("__stringConcat", 2, concat),
    entry("__stringJoin", 2, join),
    entry("__stringSlice", 3, slice),
    entry("__stringDrop", 2, drop_first),
    entry("__stringTake", 2, take),
    entry("__stringToInt", 1, to_int),
    entry("__stringToFloat", 1, to_float),
    entry("__stringGetEnv", 1, get_env),
    entry("__stringGetEnvOrError", 1, get_env_or_error),
    entry("__stringReadFileUtf8", 1, read_file),
    entry("__stringStartsWith", 2, starts_with),
    entry("__stringEndsWith", 2, ends_with),
    entry("__stringContains", 2, contains),
    entry("__stringSplit", 2, split),
    entry("__stringLines", 1, lines),
    entry("__stringReplace", 3, replace),
    entry("__stringToUpper", 1, to_upper),
    entry("__stringToLower", 1, to_lower),
    entry("__stringTrim", 1, trim),
    entry("__stringRepeat", 2, repeat),
    entry("__stringPadLeft", 3, pad_left),
    entry("__stringPadRight", 3, pad_right),
    entry("__stringToBytes", 1, to_bytes),
    entry("__stringHash", 1, hash),
    entry("__show", 1, show),
];

fn length(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "the length of a string")?;
    machine.charge_steps(text.len() / 64)?;
    Ok(Value::Int(text.chars().count() as i64))
}

fn is_empty(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    Ok(Value::Bool(machine.take_text(&mut arguments[0], "a test for an empty string")?.is_empty()))
}

fn concat(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let at = machine.here();
    let [first, second] = [0, 1].map(|at| std::mem::replace(&mut arguments[at], Value::None));
    machine.append(first, second, at)
}

fn join(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let separator = machine.take_text(&mut arguments[0], "a separator")?;
    machine.settle_later(&mut arguments[1])?;
    if let Value::Later(_) = &arguments[1] {
        let parts = Machine::boxed(&arguments[1]);
        return Ok(machine.later(Term::Join { separator, parts }));
    }
    let parts = machine.take_list(&mut arguments[1], "a list of strings")?;
    let mut texts: Vec<Arc<str>> = Vec::with_capacity(parts.len());
    for part in parts.iter() {
        match part {
            Value::Later(_) => {
                // The separator goes between like any other part.
                let mut spread = Vec::with_capacity(parts.len() * 2);
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        spread.push(Value::String(separator.clone()));
                    }
                    spread.push(part.clone());
                }
                let at = machine.here();
                return machine.interpolate(&spread, at);
            }
            part => texts.push(machine.text(part, "a list of strings")?),
        }
    }
    let bytes = texts.iter().map(|text| text.len()).sum::<usize>() + separator.len() * texts.len().saturating_sub(1);
    machine.charge_bytes(bytes)?;
    Ok(Value::string(texts.join(&*separator)))
}

/// The part of a text between two character positions.
fn part(text: &str, from: usize, to: usize) -> &str {
    let mut positions = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let start = positions.by_ref().nth(from).unwrap_or(text.len());
    let end = if to > from { positions.nth(to - from - 1).unwrap_or(text.len()) } else { start };
    &text[start..end]
}

fn slice(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let (start, count) = slice_bounds(machine, arguments)?;
    let text = machine.take_text(&mut arguments[2], "a part of a string")?;
    let (from, to) = bounds(start, count, text.chars().count());
    machine.new_text(part(&text, from, to).to_string())
}

fn drop_first(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let count = machine.take_int(&mut arguments[0], "a number of characters")?.max(0);
    let text = machine.take_text(&mut arguments[1], "a part of a string")?;
    let (from, to) = bounds(count, None, text.chars().count());
    machine.new_text(part(&text, from, to).to_string())
}

fn take(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let count = machine.take_int(&mut arguments[0], "a number of characters")?.max(0);
    let text = machine.take_text(&mut arguments[1], "a part of a string")?;
    let (from, to) = bounds(0, Some(count), text.chars().count());
    machine.new_text(part(&text, from, to).to_string())
}

fn to_int(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "a string as a number")?;
    Ok(Value::optional(int_text(text.trim()).map(Value::Int)))
}

fn to_float(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "a string as a number")?;
    let looks_right = text.trim().bytes().all(|byte| byte.is_ascii_digit() || b"+-._eE".contains(&byte));
    let number = text.trim().replace('_', "").parse::<f64>().ok().filter(|value| looks_right && value.is_finite());
    Ok(Value::optional(number.map(Value::Float)))
}

fn get_env(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let name = machine.take_text(&mut arguments[0], "the name of a variable")?;
    Ok(Value::optional(machine.env(&name).map(Value::string)))
}

fn get_env_or_error(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let name = machine.take_text(&mut arguments[0], "the name of a variable")?;
    match machine.env(&name) {
        Some(value) => Ok(Value::string(value)),
        None => {
            let message = format!("the environment variable `{name}` is not set").into();
            Err(Stop::new(FailureKind::Raised { message, levels: 0 }))
        }
    }
}

fn read_file(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let path = machine.take_text(&mut arguments[0], "the name of a file")?;
    let bytes = machine.file(&path)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => machine.new_text(text.to_string()),
        Err(_) => Err(Stop::new(FailureKind::File { path: path.to_string(), reason: "it is not UTF-8 text".into() })),
    }
}

/// What is certain of a text that is known only later.
fn certain(machine: &mut Machine<'_>, text: &Value, question: impl Fn(&Outline) -> Option<bool>) -> Eval<Option<bool>> {
    let Value::Later(later) = text else { return Ok(None) };
    if machine.known(later)?.is_some() {
        return Ok(None);
    }
    Ok(machine.outline(later)?.and_then(|outline| question(&outline)))
}

fn starts_with(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let prefix = machine.take_text(&mut arguments[0], "a comparison of strings")?;
    if let Some(certain) = certain(machine, &arguments[1], |outline| outline.starts_with(&prefix))? {
        return Ok(Value::Bool(certain));
    }
    let text = machine.take_text(&mut arguments[1], "a comparison of strings")?;
    Ok(Value::Bool(text.starts_with(&*prefix)))
}

fn ends_with(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let suffix = machine.take_text(&mut arguments[0], "a comparison of strings")?;
    if let Some(certain) = certain(machine, &arguments[1], |outline| outline.ends_with(&suffix))? {
        return Ok(Value::Bool(certain));
    }
    let text = machine.take_text(&mut arguments[1], "a comparison of strings")?;
    Ok(Value::Bool(text.ends_with(&*suffix)))
}

fn contains(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let wanted = machine.take_text(&mut arguments[0], "a search in a string")?;
    if let Some(certain) = certain(machine, &arguments[1], |outline| outline.contains(&wanted))? {
        return Ok(Value::Bool(certain));
    }
    let text = machine.take_text(&mut arguments[1], "a search in a string")?;
    machine.charge_steps(text.len() / 64)?;
    Ok(Value::Bool(text.contains(&*wanted)))
}

impl Machine<'_> {
    pub(crate) fn split(&mut self, separator: &str, text: &str) -> Eval<Value> {
        let pieces: Vec<Value> = if separator.is_empty() {
            text.chars().map(|character| Value::string(String::from(character))).collect()
        } else {
            text.split(separator).map(Value::string).collect()
        };
        self.charge_bytes(text.len())?;
        self.new_list(pieces)
    }
}

fn split(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let separator = machine.take_text(&mut arguments[0], "a separator")?;
    machine.settle_later(&mut arguments[1])?;
    if let Value::Later(_) = &arguments[1] {
        let text = Machine::boxed(&arguments[1]);
        return Ok(machine.later(Term::Split { separator, text }));
    }
    let text = machine.take_text(&mut arguments[1], "the pieces of a string")?;
    machine.split(&separator, &text)
}

fn lines(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "the lines of a string")?;
    machine.charge_bytes(text.len())?;
    machine.new_list(text.lines().map(Value::string).collect())
}

fn replace(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let wanted = machine.take_text(&mut arguments[0], "a change of a string")?;
    let by = machine.take_text(&mut arguments[1], "a change of a string")?;
    let text = machine.take_text(&mut arguments[2], "a change of a string")?;
    if wanted.is_empty() {
        return Err(machine.wrong("an empty part of a string cannot be replaced"));
    }
    machine.charge_steps(text.len() / 64)?;
    let count = text.matches(&*wanted).count();
    machine.charge_bytes(text.len() + count.saturating_mul(by.len()) - count * wanted.len())?;
    Ok(Value::string(text.replace(&*wanted, &by)))
}

fn mapped(machine: &mut Machine<'_>, arguments: &mut [Value], function: fn(&str) -> String) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "a change of a string")?;
    machine.new_text(function(&text))
}

fn to_upper(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    mapped(machine, arguments, str::to_uppercase)
}

fn to_lower(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    mapped(machine, arguments, str::to_lowercase)
}

fn trim(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    mapped(machine, arguments, |text| text.trim().to_string())
}

fn repeat(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let count = machine.take_int(&mut arguments[0], "a number of repeats")?.max(0) as usize;
    let text = machine.take_text(&mut arguments[1], "a change of a string")?;
    machine.charge_bytes(text.len().saturating_mul(count))?;
    Ok(Value::string(text.repeat(count)))
}

fn padding(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<(String, Arc<str>)> {
    let length = machine.take_int(&mut arguments[0], "a length")?.max(0) as usize;
    let fill = machine.take_text(&mut arguments[1], "a change of a string")?;
    let text = machine.take_text(&mut arguments[2], "a change of a string")?;
    let missing = length.saturating_sub(text.chars().count());
    if fill.is_empty() && missing > 0 {
        return Err(machine.wrong("an empty string fills nothing up"));
    }
    machine.charge_bytes(text.len() + missing.saturating_mul(4))?;
    Ok((fill.chars().cycle().take(missing).collect(), text))
}

fn pad_left(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let (padding, text) = padding(machine, arguments)?;
    Ok(Value::string(padding + &text))
}

fn pad_right(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let (padding, text) = padding(machine, arguments)?;
    Ok(Value::string(format!("{text}{padding}")))
}

fn to_bytes(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "the bytes of a string")?;
    machine.charge_bytes(text.len())?;
    Ok(Value::Bytes(Arc::from(text.as_bytes())))
}

fn hash(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let text = machine.take_text(&mut arguments[0], "the hash of a string")?;
    machine.charge_steps(text.len() / 16)?;
    machine.new_text(digest(text.as_bytes()))
}

fn show(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if let Value::Undecided(cause) = &arguments[0] {
        return Err(Stop::Undecided(cause.clone()));
    }
    let text = machine.show_whole(&arguments[0]);
    machine.new_text(text)
}
