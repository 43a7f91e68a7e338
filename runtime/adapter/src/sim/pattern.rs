//! Strings that look as a schema's pattern says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use fancy_regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::dice::Dice;
use super::identity::partition;
use crate::Place;

/// Longer than this, a string helps nobody.
const REPEATS_MAX: u32 = 12;

/// `candidate`, if the pattern allows it; otherwise a string that it allows; `candidate` again where none is found.
pub fn conform(pattern: &str, candidate: &str, place: &Place, dice: &mut Dice) -> String {
    let Some(known) = known(pattern) else { return candidate.to_string() };
    let allows = |text: &str| known.regex.is_match(text).unwrap_or(false);
    if allows(candidate) {
        return candidate.to_string();
    }
    let mut sample = String::new();
    sample_of(&known.shape, 0, dice, &mut sample);
    if sample.is_empty() {
        sample_of(&known.shape, REPEATS_MAX, dice, &mut sample);
    }
    let placed = placed(&sample, place);
    [placed, sample].into_iter().find(|text| allows(text)).unwrap_or_else(|| candidate.to_string())
}

struct Known {
    regex: Regex,
    shape: Hir,
}

/// A pattern that could be read, read once.
fn known(pattern: &str) -> Option<Arc<Known>> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Option<Arc<Known>>>>> = OnceLock::new();
    let mut all = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(pattern) {
        return known.clone();
    }
    let read = || {
        let regex = Regex::new(pattern).ok()?;
        let shape = regex_syntax::ParserBuilder::new().build().parse(pattern).ok()?;
        Some(Arc::new(Known { regex, shape }))
    };
    let known = read();
    all.insert(pattern.to_string(), known.clone());
    known
}

/// An ARN with the partition, region and account that it would have.
fn placed(text: &str, place: &Place) -> String {
    let mut parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, own_partition, _, region, account, _] = parts.as_mut_slice() else { return text.to_string() };
    if *arn != "arn" {
        return text.to_string();
    }
    *own_partition = partition(&place.region);
    if !region.is_empty() {
        *region = &place.region;
    }
    if !account.is_empty() {
        *account = &place.account;
    }
    parts.join(":")
}

/// One of the strings that a pattern describes: the first alternative, plain letters and digits where they are allowed.
///
/// What may be left out is left out, unless `least` asks for more of it.
fn sample_of(shape: &Hir, least: u32, dice: &mut Dice, text: &mut String) {
    match shape.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.push(letter_of(class, dice)),
        HirKind::Capture(capture) => sample_of(&capture.sub, least, dice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| sample_of(part, least, dice, text)),
        HirKind::Alternation(parts) => {
            if let Some(first) = parts.first() {
                sample_of(first, least, dice, text);
            }
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(REPEATS_MAX).max(repetition.min);
            let times =
                if repetition.min == 0 { least.min(most) } else { repetition.min + (most - repetition.min) / 2 };
            for _ in 0..times {
                sample_of(&repetition.sub, least, dice, text);
            }
        }
    }
}

fn letter_of(class: &Class, dice: &mut Dice) -> char {
    let allows = |letter: char| match class {
        Class::Unicode(class) => class.ranges().iter().any(|range| range.start() <= letter && letter <= range.end()),
        Class::Bytes(class) => {
            class.ranges().iter().any(|range| char::from(range.start()) <= letter && letter <= char::from(range.end()))
        }
    };
    let plain: Vec<char> = ('a'..='f').chain('0'..='9').filter(|letter| allows(*letter)).collect();
    let plain =
        if plain.is_empty() { ('A'..='Z').chain('g'..='z').filter(|letter| allows(*letter)).collect() } else { plain };
    if !plain.is_empty() {
        return plain[dice.below(plain.len() as u64) as usize];
    }
    match class {
        Class::Unicode(class) => class.ranges().first().map_or('x', |range| range.start()),
        Class::Bytes(class) => class.ranges().first().map_or('x', |range| char::from(range.start())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conformed(pattern: &str, candidate: &str) -> String {
        let place = Place { account: "000000000000".to_string(), region: "eu-west-1".to_string() };
        conform(pattern, candidate, &place, &mut Dice::of(1, &[pattern]))
    }

    #[test]
    fn what_fits_stays() {
        assert_eq!(conformed("^vpc-[0-9a-f]{17}$", "vpc-0123456789abcdef0"), "vpc-0123456789abcdef0");
        assert_eq!(conformed("(not a pattern", "anything"), "anything");
    }

    #[test]
    fn what_does_not_fit_is_replaced_by_what_does() {
        let id = conformed("^dzd[\\-_][a-zA-Z0-9_\\-]{1,36}$", "2f1a");
        assert!(id.starts_with("dzd-") && id.len() > 6, "{id}");
        assert_eq!(conformed("^(aws-)?[0-9]{7}$", "no").len(), 7);
        let arn = "^arn:(aws|aws-cn):datasync:[a-z\\-0-9]+:[0-9]{12}:location/loc-[0-9a-z]{17}$";
        let made = conformed(arn, "no");
        assert!(made.starts_with("arn:aws:datasync:eu-west-1:000000000000:location/loc-"), "{made}");
    }
}
