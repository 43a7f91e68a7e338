//! Which fields of a record must, may and must not be written together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::Rule;
use super::schema::{Alternatives, Site, list};

/// A conjunction of more clauses than this says less than it costs to read.
const CLAUSES_MAX: usize = 6;

/// What a record's schema asks of the presence of its fields.
#[derive(Default)]
pub struct Presence {
    /// Fields that every alternative asks for.
    pub required: BTreeSet<String>,
    pub rules: BTreeSet<Rule>,
}

/// `fields` says of each field of the record whether it is required by itself.
pub fn presence(site: &Site<'_>, alternatives: &[Alternatives], fields: &BTreeMap<&str, bool>) -> Presence {
    let mut found = Presence::default();
    for choice in alternatives {
        add_alternatives(choice, fields, &mut found);
    }
    let is_field = |name: &String| fields.contains_key(name.as_str());
    let named = |value: &Value| -> Vec<String> {
        list(Some(value)).iter().filter_map(Value::as_str).map(str::to_owned).filter(is_field).collect()
    };
    for (word, rule) in [("requiredXor", Rule::ExactlyOne as fn(Vec<String>) -> Rule), ("requiredOr", Rule::AtLeastOne)]
    {
        let names = site.get(word).map(named).unwrap_or_default();
        if names.len() > 1 && !names.iter().any(|name| fields[name.as_str()]) {
            found.rules.insert(rule(names));
        }
    }
    for word in ["dependentRequired", "dependencies"] {
        for (field, needed) in site.get(word).and_then(Value::as_object).into_iter().flatten() {
            let needed: Vec<String> = named(needed).into_iter().filter(|name| !fields[name.as_str()]).collect();
            if is_field(field) && !needed.is_empty() {
                found.rules.insert(Rule::Requires(field.clone(), needed));
            }
        }
    }
    add_exclusions(site, &named, &is_field, &mut found);
    found
}

/// Exclusion is symmetric: a pair is written once, below the field that excludes more.
fn add_exclusions(
    site: &Site<'_>,
    named: &dyn Fn(&Value) -> Vec<String>,
    is_field: &dyn Fn(&String) -> bool,
    found: &mut Presence,
) {
    let Some(declared) = site.get("dependentExcluded").and_then(Value::as_object) else { return };
    let mut by_breadth: Vec<(&String, Vec<String>)> =
        declared.iter().map(|(field, others)| (field, named(others))).collect();
    by_breadth.retain(|(field, _)| is_field(field));
    by_breadth.sort_by_key(|(field, others)| (std::cmp::Reverse(others.len()), *field));
    let mut pairs: BTreeSet<[String; 2]> = BTreeSet::new();
    for (field, others) in by_breadth {
        let is_new = |other: &String| {
            let mut pair = [field.clone(), other.clone()];
            pair.sort();
            field != other && pairs.insert(pair)
        };
        let new: Vec<String> = others.into_iter().filter(is_new).collect();
        if !new.is_empty() {
            found.rules.insert(Rule::Excludes(field.clone(), new));
        }
    }
}

fn add_alternatives(choice: &Alternatives, fields: &BTreeMap<&str, bool>, found: &mut Presence) {
    let known = |set: &BTreeSet<String>| -> BTreeSet<String> {
        set.iter().filter(|name| fields.contains_key(name.as_str())).cloned().collect()
    };
    let sets: Vec<BTreeSet<String>> = choice.sets.iter().map(known).collect();
    let Some(common) = sets.iter().cloned().reduce(|left, right| &left & &right) else { return };
    let is_required = |name: &String| common.contains(name) || fields[name.as_str()];
    let rests: Vec<BTreeSet<String>> =
        sets.iter().map(|set| set.iter().filter(|name| !is_required(name)).cloned().collect()).collect();
    found.required.extend(common.iter().cloned());
    let mut distinct: Vec<BTreeSet<String>> = Vec::new();
    for rest in rests {
        if !distinct.contains(&rest) {
            distinct.push(rest);
        }
    }
    match &distinct[..] {
        [] | [_] => {}
        // "Nothing, or else not all of these" excludes.
        [nothing, pair] | [pair, nothing] if choice.exactly_one && nothing.is_empty() && pair.len() == 2 => {
            let mut pair = pair.iter().cloned();
            let first = pair.next().expect("two fields");
            found.rules.insert(Rule::Excludes(first, pair.collect()));
        }
        sets if sets.iter().any(BTreeSet::is_empty) => {}
        sets if choice.exactly_one && sets.iter().all(|set| set.len() == 1) => {
            found.rules.insert(Rule::ExactlyOne(sets.iter().flatten().cloned().collect()));
        }
        sets => {
            let clauses = clauses(sets);
            if clauses.len() <= CLAUSES_MAX {
                found.rules.extend(clauses.into_iter().map(|clause| Rule::AtLeastOne(clause.into_iter().collect())));
            }
        }
    }
}

/// "All of one of these sets" as "one of each of those sets", without what follows from the others.
fn clauses(sets: &[BTreeSet<String>]) -> Vec<BTreeSet<String>> {
    let mut clauses: BTreeSet<BTreeSet<String>> = BTreeSet::from([BTreeSet::new()]);
    for set in sets {
        let with = |clause: &BTreeSet<String>| {
            set.iter().map(|name| clause | &BTreeSet::from([name.clone()])).collect::<Vec<_>>()
        };
        clauses = clauses.iter().flat_map(with).collect();
    }
    let follows = |clause: &BTreeSet<String>| clauses.iter().any(|other| other != clause && other.is_subset(clause));
    clauses.iter().filter(|clause| !follows(clause)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn of(sets: &[&[&str]], exactly_one: bool) -> Presence {
        let fields = BTreeMap::from([("A", false), ("B", false), ("C", false), ("D", true)]);
        let mut found = Presence::default();
        let alternatives = Alternatives { sets: sets.iter().map(|names| set(names)).collect(), exactly_one };
        add_alternatives(&alternatives, &fields, &mut found);
        found
    }

    #[test]
    fn what_every_alternative_asks_for_is_required() {
        let found = of(&[&["A", "B"], &["A", "C"]], true);
        assert_eq!(found.required, set(&["A"]));
        assert_eq!(found.rules, BTreeSet::from([Rule::ExactlyOne(vec!["B".into(), "C".into()])]));
    }

    #[test]
    fn larger_alternatives_become_clauses() {
        let found = of(&[&["A", "B"], &["C"]], false);
        let clause = |names: [&str; 2]| Rule::AtLeastOne(names.map(str::to_owned).to_vec());
        assert_eq!(found.rules, BTreeSet::from([clause(["A", "C"]), clause(["B", "C"])]));
    }

    #[test]
    fn a_required_field_satisfies_its_alternative() {
        assert!(of(&[&["D"], &["A"]], false).rules.is_empty());
    }
}
