//! Numbers that look random, and documents laid out on lines: what is computed from its arguments alone.

use super::{Entry, entry};
use crate::failure::Eval;
use crate::machine::Machine;
use crate::value::Value;

pub(super) const TABLE: &[Entry] = &[
    entry("__randomSeed", 1, seed),
    entry("__randomRange", 3, random_range),
    entry("__prettyRender", 2, pretty_render),
];

/// SplitMix64: the next state, and the number that it gives.
fn next(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state, mixed ^ (mixed >> 31))
}

/// A generator is its state, in two halves that both fit an Int.
fn generator(state: u64) -> Value {
    Value::tuple(vec![Value::Int((state >> 32) as i64), Value::Int((state & 0xffff_ffff) as i64)])
}

fn seed(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if let Value::Int(number) = &arguments[0] {
        return Ok(generator(*number as u64));
    }
    let text = machine.take_text(&mut arguments[0], "a seed")?;
    machine.charge_steps(text.len() / 16)?;
    let digest = crate::recorded::digest(text.as_bytes());
    Ok(generator(u64::from_str_radix(&digest[..16], 16).unwrap_or_default()))
}

fn random_range(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let low = machine.take_int(&mut arguments[0], "a random number")?;
    let high = machine.take_int(&mut arguments[1], "a random number")?;
    if low > high {
        return Err(machine.wrong(format!("there is no number from {low} to {high}")));
    }
    let state = match &arguments[2] {
        Value::Tuple(halves) => match &halves[..] {
            [Value::Int(upper), Value::Int(lower)] => ((*upper as u64) << 32) | (*lower as u64 & 0xffff_ffff),
            _ => return Err(machine.unfit(&arguments[2], "a random number")),
        },
        other => return Err(machine.unfit(other, "a random number")),
    };
    let (state, number) = next(state);
    // The high half of a product: even enough for ranges far below 2^64, and always the same.
    let span = (high - low) as u128 + 1;
    let offset = (u128::from(number) * span) >> 64;
    Ok(Value::tuple(vec![Value::Int(low + offset as i64), generator(state)]))
}

/// Lays out (kind, indent, text) instructions: `text`, `line` with what it is on one line, `open` and `close` of a group.
fn pretty_render(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let width = machine.take_int(&mut arguments[0], "a width")?.max(0) as usize;
    let instructions = machine.take_list(&mut arguments[1], "a document")?;
    let mut read = Vec::with_capacity(instructions.len());
    for instruction in instructions.iter() {
        let Value::Tuple(parts) = instruction else { return Err(machine.unfit(instruction, "a document")) };
        let kind = machine.take_text(&mut parts[0].clone(), "a document")?;
        let indent = machine.take_int(&mut parts[1].clone(), "a document")?.max(0) as usize;
        let text = machine.take_text(&mut parts[2].clone(), "a document")?;
        read.push((kind, indent, text));
    }
    let mut out = String::new();
    let mut column = 0;
    // For each open group, whether it stays on its line.
    let mut flat: Vec<bool> = Vec::new();
    for (at, (kind, indent, text)) in read.iter().enumerate() {
        match &**kind {
            "open" => {
                let fits =
                    flat.last().copied().unwrap_or(false) || group_fits(&read[at..], width.saturating_sub(column));
                flat.push(fits);
            }
            "close" => _ = flat.pop(),
            "line" if !flat.last().copied().unwrap_or(false) => {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', *indent));
                column = *indent;
            }
            _ => {
                out.push_str(text);
                column += text.chars().count();
            }
        }
    }
    machine.charge_steps(read.len() * 4)?;
    machine.new_text(out)
}

/// Does the group that opens first, and what follows it up to the next possible break, fit into what is left of the line?
fn group_fits(instructions: &[(std::sync::Arc<str>, usize, std::sync::Arc<str>)], room: usize) -> bool {
    let mut depth = 0;
    let mut used = 0;
    for (kind, _, text) in instructions {
        match &**kind {
            "open" => depth += 1,
            "close" => depth -= 1,
            "line" if depth <= 0 => return true,
            _ => used += text.chars().count(),
        }
        if used > room {
            return false;
        }
    }
    true
}
