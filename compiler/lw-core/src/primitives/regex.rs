//! Regular expressions, compiled once per run and bounded in time by a count of backtracks.

use std::rc::Rc;
use std::sync::Arc;

use fancy_regex::{Captures, Regex, RegexBuilder};
use rustc_hash::FxHashMap;

use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[
    entry("__regexNew", 4, new),
    entry("__regexIsMatch", 4, is_match),
    entry("__regexMatch", 4, first_match),
    entry("__regexMatches", 4, matches),
    entry("__regexReplace", 2, replace),
    entry("__regexExpand", 3, expand),
    entry("__regexSplit", 5, split),
];

/// Backtracks after which a search is given up.
const BACKTRACKS_MAX: usize = 1_000_000;
const PATTERN_BYTES_MAX: usize = 64 * 1024;

/// The expressions of a run by how they are written.
pub(crate) type Patterns = FxHashMap<(Arc<str>, bool, bool), Result<Rc<Regex>, String>>;

impl Machine<'_> {
    fn pattern(&mut self, arguments: &mut [Value]) -> Eval<Rc<Regex>> {
        let pattern = self.take_text(&mut arguments[0], "a regular expression")?;
        let case_sensitive = self.bool(&arguments[1].clone(), "a regular expression")?;
        let multi_line = self.bool(&arguments[2].clone(), "a regular expression")?;
        let key = (pattern.clone(), case_sensitive, multi_line);
        if let Some(known) = self.patterns.get(&key) {
            return known.clone().map_err(|reason| self.wrong(reason));
        }
        self.charge_steps(pattern.len() * 8)?;
        let compiled = if pattern.len() > PATTERN_BYTES_MAX {
            Err(format!("a regular expression has at most {PATTERN_BYTES_MAX} bytes"))
        } else {
            let mut builder = RegexBuilder::new(&pattern);
            builder.case_insensitive(!case_sensitive).multi_line(multi_line).backtrack_limit(BACKTRACKS_MAX);
            builder.build().map(Rc::new).map_err(|error| format!("`{pattern}` is not a regular expression: {error}"))
        };
        self.patterns.insert(key, compiled.clone());
        compiled.map_err(|reason| self.wrong(reason))
    }

    fn input(&mut self, value: &mut Value) -> Eval<Arc<str>> {
        let text = self.take_text(value, "a search by a regular expression")?;
        self.charge_steps(text.len() / 16)?;
        Ok(text)
    }

    fn give_up(&self) -> crate::failure::Stop {
        self.wrong(format!("the search was given up after {BACKTRACKS_MAX} attempts"))
    }
}

/// Byte offsets as character positions, for offsets that only grow.
struct Positions<'t> {
    text: &'t str,
    offset: usize,
    position: i64,
}

impl Positions<'_> {
    fn of(&mut self, offset: usize) -> i64 {
        if offset < self.offset {
            (self.offset, self.position) = (0, 0);
        }
        self.position += self.text[self.offset..offset].chars().count() as i64;
        self.offset = offset;
        self.position
    }
}

fn piece(text: &str, start: i64) -> Value {
    Value::tuple(vec![Value::string(text), Value::Int(start), Value::Int(text.chars().count() as i64)])
}

/// ((contents, start, length), [groups])
fn found(captures: &Captures<'_>, positions: &mut Positions<'_>) -> Value {
    let mut groups = Vec::with_capacity(captures.len());
    for group in captures.iter().skip(1) {
        groups.push(Value::optional(group.map(|group| piece(group.as_str(), positions.of(group.start())))));
    }
    let whole = captures.get(0).map_or(Value::unit(), |whole| piece(whole.as_str(), positions.of(whole.start())));
    Value::tuple(vec![whole, Value::list(groups)])
}

fn new(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    machine.pattern(arguments)?;
    Ok(std::mem::replace(&mut arguments[3], Value::None))
}

fn is_match(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let input = machine.input(&mut arguments[3])?;
    let pattern = machine.pattern(arguments)?;
    pattern.is_match(&input).map(Value::Bool).map_err(|_| machine.give_up())
}

fn first_match(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let input = machine.input(&mut arguments[3])?;
    let pattern = machine.pattern(arguments)?;
    let mut positions = Positions { text: &input, offset: 0, position: 0 };
    match pattern.captures(&input) {
        Ok(captures) => Ok(Value::optional(captures.map(|captures| found(&captures, &mut positions)))),
        Err(_) => Err(machine.give_up()),
    }
}

fn matches(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let input = machine.input(&mut arguments[3])?;
    let pattern = machine.pattern(arguments)?;
    let mut positions = Positions { text: &input, offset: 0, position: 0 };
    let mut all = Vec::new();
    for captures in pattern.captures_iter(&input) {
        let captures = captures.map_err(|_| machine.give_up())?;
        machine.charge_nodes(5 * captures.len())?;
        all.push(found(&captures, &mut positions));
    }
    Ok(Value::list(all))
}

/// A text with pieces, given as (start, length, replacement) in characters and in order, replaced.
fn replace(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let input = machine.input(&mut arguments[0])?;
    let pieces = machine.take_list(&mut arguments[1], "replacements")?;
    let mut characters = input.chars();
    let mut position = 0;
    let mut out = String::with_capacity(input.len());
    for piece in pieces.iter() {
        let Value::Tuple(parts) = piece else { return Err(machine.unfit(piece, "replacements")) };
        let start = machine.take_int(&mut parts[0].clone(), "replacements")?;
        let length = machine.take_int(&mut parts[1].clone(), "replacements")?;
        let by = machine.take_text(&mut parts[2].clone(), "replacements")?;
        out.extend(characters.by_ref().take((start - position).max(0) as usize));
        for _ in 0..length {
            characters.next();
        }
        position = start + length;
        out.push_str(&by);
        if out.len() > machine.text_bytes_max() {
            machine.charge_bytes(out.len())?;
        }
    }
    out.extend(characters);
    machine.new_text(out)
}

/// `\1` and the like in a template, replaced by what the groups hold.
fn expand(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let template = machine.take_text(&mut arguments[0], "a replacement")?;
    let whole = machine.take_text(&mut arguments[1], "a replacement")?;
    let groups = machine.take_list(&mut arguments[2], "a replacement")?;
    let mut out = String::with_capacity(template.len());
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek().copied()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                characters.next();
                match digit.to_digit(10) {
                    Some(0) | None => out.push_str(&whole),
                    Some(group) => match groups.get(group as usize - 1) {
                        Some(text) => out.push_str(&machine.text(text, "a replacement")?),
                        None => return Err(machine.wrong(format!("the expression has no group {group}"))),
                    },
                }
            }
            ('\\', Some('\\')) => {
                characters.next();
                out.push('\\');
            }
            (other, _) => out.push(other),
        }
    }
    machine.new_text(out)
}

fn split(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let input = machine.input(&mut arguments[3])?;
    let limit = match machine.take_optional(&mut arguments[4], "a number of pieces")? {
        Some(mut limit) => machine.take_int(&mut limit, "a number of pieces")?.max(1) as usize,
        None => usize::MAX,
    };
    let pattern = machine.pattern(arguments)?;
    let mut pieces = Vec::new();
    let mut start = 0;
    for hit in pattern.find_iter(&input) {
        let hit = hit.map_err(|_| machine.give_up())?;
        if pieces.len() + 1 >= limit {
            break;
        }
        if hit.end() == 0 && hit.start() == 0 {
            continue;
        }
        machine.charge_nodes(1)?;
        pieces.push(Value::string(&input[start..hit.start()]));
        start = hit.end();
    }
    pieces.push(Value::string(&input[start..]));
    machine.charge_bytes(input.len())?;
    Ok(Value::list(pieces))
}
