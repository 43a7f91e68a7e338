//! Worlds: what a document's conditions leave open, and what a rule says in each world that they allow.
//!
//! The one idea: a value that depends on a condition is undecided, and knows both of what it can be. A rule runs once; only if its
//! answer hangs on a condition does it run again, with that condition held both ways, and the answers are joined. So conditions
//! that a rule does not look at cost nothing, the same condition is held the same way everywhere, and what is too much to follow
//! ends as undecided.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::machine::Machine;
use crate::policy::{Outcome, Verdict};
use crate::value::{Boxed, Cause, Choice, Dictionary, Finding, Items, Later, Record, Term, Value};

/// A condition of one [`Conditions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConditionId(pub u32);

/// A fact that nobody knows: that a subject has one certain value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AtomId(pub u32);

/// How a condition is put together. Its parts have smaller numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    Known(bool),
    Is(AtomId),
    Not(ConditionId),
    All(Vec<ConditionId>),
    Any(Vec<ConditionId>),
}

#[derive(Clone, Debug)]
struct Atom {
    subject: u32,
    /// For messages: `Env is prod`.
    text: Arc<str>,
}

/// The conditions of one document.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    conditions: Vec<Condition>,
    numbers: FxHashMap<Condition, ConditionId>,
    atoms: Vec<Atom>,
    /// Of each subject: its atoms, of which at most one holds, and whether one of them must.
    subjects: Vec<(Vec<AtomId>, bool)>,
}

/// A value that depends on a condition: what it is where that holds, and where it does not.
pub fn choice(condition: ConditionId, then: Value, otherwise: Value) -> Value {
    Value::Undecided(Rc::new(Cause::Choice(Box::new(Choice {
        condition,
        then: Boxed::new(then),
        otherwise: Boxed::new(otherwise),
    }))))
}

impl Conditions {
    /// Something that has one value, of which nobody knows which. With `closed`, its atoms are all values that it can have.
    pub fn subject(&mut self, closed: bool) -> u32 {
        self.subjects.push((Vec::new(), closed));
        self.subjects.len() as u32 - 1
    }

    /// That a subject has one certain value.
    pub fn atom(&mut self, subject: u32, text: impl Into<Arc<str>>) -> AtomId {
        let id = AtomId(self.atoms.len() as u32);
        self.atoms.push(Atom { subject, text: text.into() });
        self.subjects[subject as usize].0.push(id);
        id
    }

    /// The number of a condition; equal ones have one.
    pub fn add(&mut self, condition: Condition) -> ConditionId {
        if let Some(known) = self.numbers.get(&condition) {
            return *known;
        }
        let id = ConditionId(self.conditions.len() as u32);
        self.conditions.push(condition.clone());
        self.numbers.insert(condition, id);
        id
    }

    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }
}

/// Which atoms are taken to hold, and which not to.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    held: FxHashMap<AtomId, bool>,
    /// What conditions come to, as far as it has been asked.
    decided: FxHashMap<ConditionId, Option<bool>>,
}

impl World {
    /// The world in which one more atom holds or does not, with all that follows for its subject.
    fn with(&self, conditions: &Conditions, atom: AtomId, holds: bool) -> World {
        let mut held = self.held.clone();
        held.insert(atom, holds);
        let (others, closed) = &conditions.subjects[conditions.atoms[atom.0 as usize].subject as usize];
        if holds {
            held.extend(others.iter().filter(|other| **other != atom).map(|other| (*other, false)));
        } else if *closed {
            let mut left = others.iter().filter(|other| held.get(other) != Some(&false));
            if let (Some(last), None) = (left.next(), left.next()) {
                held.insert(*last, true);
            }
        }
        World { held, decided: FxHashMap::default() }
    }

    fn decide(&mut self, conditions: &Conditions, id: ConditionId) -> Option<bool> {
        if let Some(known) = self.decided.get(&id) {
            return *known;
        }
        let decided = crate::eval::with_stack(|| match &conditions.conditions[id.0 as usize] {
            Condition::Known(value) => Some(*value),
            Condition::Is(atom) => self.held.get(atom).copied(),
            Condition::Not(inner) => self.decide(conditions, *inner).map(|value| !value),
            Condition::All(parts) => self.connected(conditions, parts, false),
            Condition::Any(parts) => self.connected(conditions, parts, true),
        });
        self.decided.insert(id, decided);
        decided
    }

    /// `decides` of any part is the answer.
    fn connected(&mut self, conditions: &Conditions, parts: &[ConditionId], decides: bool) -> Option<bool> {
        let mut open = false;
        for part in parts {
            match self.decide(conditions, *part) {
                Some(value) if value == decides => return Some(decides),
                Some(_) => {}
                None => open = true,
            }
        }
        if open { None } else { Some(!decides) }
    }

    /// An atom on which an undecided condition hangs.
    fn open_atom(&mut self, conditions: &Conditions, mut id: ConditionId) -> Option<AtomId> {
        loop {
            match &conditions.conditions[id.0 as usize] {
                Condition::Known(_) => return None,
                Condition::Is(atom) => return Some(*atom),
                Condition::Not(inner) => id = *inner,
                Condition::All(parts) | Condition::Any(parts) => {
                    id = *parts.iter().find(|part| self.decide(conditions, **part).is_none())?;
                }
            }
        }
    }
}

impl Machine<'_> {
    /// Names the conditions on which values of this machine depend.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Asks a rule about a value in every world in which what is `given` holds, as far as the answer depends on it.
    pub(crate) fn judge_worlds(&mut self, function: &Value, value: &Value, given: &[(ConditionId, bool)]) -> Outcome {
        let mut waiting = vec![World::default()];
        let mut forks = 0;
        let mut joined: Option<Outcome> = None;
        let mut first_atom: Option<AtomId> = None;
        while let Some(mut world) = waiting.pop() {
            // What is given holds, or this is no world of ours.
            let mut open = None;
            let mut excluded = false;
            for (condition, holds) in given {
                match world.decide(&self.conditions, *condition) {
                    Some(found) if found != *holds => excluded = true,
                    Some(_) => {}
                    None => open = open.or(Some(*condition)),
                }
            }
            if excluded {
                continue;
            }
            let mut outcome = None;
            if open.is_none() {
                self.world = Some(world.clone());
                let settled = self.settled_in_world(value.clone());
                // A rule about all of a kind has nothing to say where there is none.
                if is_empty_list(&settled) && !is_empty_list(value) {
                    self.world = None;
                    continue;
                }
                let (found, cause) = self.judge_once(function, settled);
                self.world = None;
                if found.verdict == Verdict::Undecided {
                    open = cause.and_then(|cause| open_choice(&cause));
                }
                outcome = Some(found);
            }
            let atom = open.and_then(|condition| world.open_atom(&self.conditions, condition));
            if let Some(atom) = atom {
                if forks >= self.limits.forks {
                    return undecided(&self.cause_text(&Cause::Forks));
                }
                forks += 1;
                first_atom = first_atom.or(Some(atom));
                waiting.push(world.with(&self.conditions, atom, false));
                waiting.push(world.with(&self.conditions, atom, true));
                continue;
            }
            let Some(outcome) = outcome else { continue };
            match &joined {
                None => joined = Some(outcome),
                Some(before) if before.verdict == outcome.verdict => {}
                Some(_) => {
                    let text = first_atom.map_or_else(|| "a condition".into(), |atom| self.atom_text(atom));
                    return undecided(&format!("it depends on {text}"));
                }
            }
        }
        joined.unwrap_or(Outcome { verdict: Verdict::Skip, findings: Vec::new(), failure: None })
    }

    fn atom_text(&self, atom: AtomId) -> Arc<str> {
        Arc::from(format!("whether {}", self.conditions.atoms[atom.0 as usize].text))
    }

    /// What a condition is called in messages: by the first fact that it hangs on.
    pub(crate) fn condition_text(&self, id: ConditionId) -> Arc<str> {
        match World::default().open_atom(&self.conditions, id) {
            Some(atom) => self.atom_text(atom),
            None => Arc::from("a condition"),
        }
    }

    /// A value with every choice in it taken that this world decides; a list with elements that may not be there is undecided as a
    /// whole, since its length is.
    pub(crate) fn settled_in_world(&mut self, value: Value) -> Value {
        if self.world.is_none() || !may_hold_choice(&value) {
            return value;
        }
        crate::eval::with_stack(|| match value {
            Value::Undecided(cause) => {
                let Cause::Choice(choice) = &*cause else { return Value::Undecided(cause) };
                match self.holds_in_world(choice.condition) {
                    Some(true) => self.settled_in_world((*choice.then).clone()),
                    Some(false) => self.settled_in_world((*choice.otherwise).clone()),
                    None => Value::Undecided(cause),
                }
            }
            Value::Some(inner) => match self.settled_in_world((**inner).clone()) {
                Value::None => Value::None,
                inner => Value::some(inner),
            },
            Value::List(items) => {
                let mut settled = Vec::with_capacity(items.len());
                for item in items.iter() {
                    match self.settled_in_world(item.clone()) {
                        Value::None => {}
                        Value::Undecided(cause) if may_be_absent(&cause) => return Value::Undecided(cause),
                        item => settled.push(item),
                    }
                }
                Value::list(settled)
            }
            Value::Dictionary(entries) => {
                let mut settled = Vec::with_capacity(entries.len());
                for (key, item) in entries.entries() {
                    match self.settled_in_world(item.clone()) {
                        Value::None => {}
                        Value::Undecided(cause) if may_be_absent(&cause) => return Value::Undecided(cause),
                        item => settled.push((key.clone(), item)),
                    }
                }
                Value::Dictionary(Rc::new(Dictionary::from_entries(settled)))
            }
            Value::Record(record) => {
                let values = record.values.iter().map(|item| self.settled_in_world(item.clone())).collect();
                Value::Record(Rc::new(Record { shape: record.shape.clone(), values: Items(values) }))
            }
            Value::Later(later) => self.settled_term(&later),
            value => value,
        })
    }

    fn settled_term(&mut self, later: &Rc<Later>) -> Value {
        let boxed = |machine: &mut Self, value: &Boxed| Boxed::new(machine.settled_in_world(value.0.clone()));
        let items = |machine: &mut Self, items: &Items| {
            Items(items.iter().map(|item| machine.settled_in_world(item.clone())).collect())
        };
        let term = match &later.term {
            Term::Concat(parts) => Term::Concat(items(self, parts)),
            Term::Cidr(parts) => Term::Cidr(items(self, parts)),
            Term::Join { separator, parts } => Term::Join { separator: separator.clone(), parts: boxed(self, parts) },
            Term::Json(inner) => Term::Json(boxed(self, inner)),
            Term::Base64(inner) => Term::Base64(boxed(self, inner)),
            Term::Select { index, list } => Term::Select { index: *index, list: boxed(self, list) },
            Term::Split { separator, text } => Term::Split { separator: separator.clone(), text: boxed(self, text) },
            Term::Get { .. } | Term::Secret { .. } | Term::Lookup { .. } => return Value::Later(later.clone()),
        };
        let settled = Rc::new(Later { term, origin: later.origin });
        match self.known(&settled) {
            Ok(Some(value)) => value,
            _ => Value::Later(settled),
        }
    }

    pub(crate) fn holds_in_world(&mut self, condition: ConditionId) -> Option<bool> {
        self.world.as_mut()?.decide(&self.conditions, condition)
    }
}

fn is_empty_list(value: &Value) -> bool {
    matches!(value, Value::List(items) if items.is_empty())
}

fn undecided(message: &str) -> Outcome {
    let finding = Finding { message: message.into(), property: None, edit: None };
    Outcome { verdict: Verdict::Undecided, findings: vec![finding], failure: None }
}

/// The condition on which something undecided hangs, if it is one.
fn open_choice(cause: &Cause) -> Option<ConditionId> {
    match cause {
        Cause::Choice(choice) => Some(choice.condition),
        Cause::Later(later) => choice_in_term(&later.term),
        Cause::Unknown(_) | Cause::Forks => None,
    }
}

fn choice_in(value: &Value) -> Option<ConditionId> {
    crate::eval::with_stack(|| match value {
        Value::Undecided(cause) => open_choice(cause),
        Value::Later(later) => choice_in_term(&later.term),
        Value::Some(inner) => choice_in(inner),
        Value::List(items) => items.iter().find_map(choice_in),
        Value::Dictionary(entries) => entries.entries().find_map(|(_, item)| choice_in(item)),
        Value::Record(record) => record.fields().find_map(|(_, item)| choice_in(item)),
        _ => None,
    })
}

fn choice_in_term(term: &Term) -> Option<ConditionId> {
    match term {
        Term::Concat(items) | Term::Cidr(items) => items.iter().find_map(choice_in),
        Term::Join { parts: inner, .. }
        | Term::Json(inner)
        | Term::Base64(inner)
        | Term::Select { list: inner, .. }
        | Term::Split { text: inner, .. } => choice_in(inner),
        Term::Get { .. } | Term::Secret { .. } | Term::Lookup { .. } => None,
    }
}

fn may_hold_choice(value: &Value) -> bool {
    choice_in(value).is_some()
}

/// May what is undecided turn out not to be there at all?
fn may_be_absent(cause: &Cause) -> bool {
    let Cause::Choice(choice) = cause else { return false };
    let absent = |value: &Value| match value {
        Value::None => true,
        Value::Undecided(cause) => may_be_absent(cause),
        _ => false,
    };
    absent(&choice.then) || absent(&choice.otherwise)
}
