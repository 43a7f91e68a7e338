//! Exhaustiveness and reachability of `case`, after Maranget's "Warnings for pattern matching".
//!
//! The one idea: a pattern row is useful if some value matches it and none of the rows before. A missing arm is a useful wildcard,
//! and the value that shows it is the witness.

use std::sync::Arc;

use lw_syntax::Name;

use crate::checker::Checker;
use crate::declared::DeclaredKind;
use crate::errors;
use crate::infer::{MatchKind, PendingMatch};
use crate::typed::{ConstructorId, Pattern};
use crate::types::{Builtin, Ty, Type, Types};

/// How many steps one `case` may take before it is given up as too large.
const STEPS_MAX: u32 = 100_000;
/// So many rows take as long as a step.
const ROWS_A_STEP: usize = 100;

/// The head of a pattern: what distinguishes one value from another at this place.
#[derive(Clone, Debug, PartialEq)]
enum Head {
    Bool(bool),
    None,
    Some,
    Constructor(ConstructorId),
    Int(i64),
    Float(f64),
    String(Arc<str>),
    Tuple(usize),
    List(usize),
    Record(Vec<Name>),
}

/// All heads of a type, where there are finitely many.
enum Heads {
    Complete(Vec<Head>),
    Open,
}

impl Checker<'_> {
    pub fn check_match(&mut self, case: &PendingMatch) {
        if self.types.is_error(case.scrutinee) {
            return;
        }
        let mut steps = 0;
        let mut rows: Vec<Vec<Pattern>> = Vec::with_capacity(case.arms.len());
        for (pattern, span) in &case.arms {
            let row = vec![pattern.clone()];
            match self.useful(&rows, &row, &[case.scrutinee], &mut steps) {
                Some(None) => self.diagnostics.push(errors::patterns::unreachable(*span)),
                Some(Some(_)) => {}
                None => return self.diagnostics.push(errors::patterns::too_large(case.span)),
            }
            rows.push(row);
        }
        match self.useful(&rows, &[Pattern::Wildcard], &[case.scrutinee], &mut steps) {
            Some(Some(witness)) => {
                let shown =
                    witness.first().map_or_else(|| "_".to_string(), |pattern| self.show_pattern(pattern, false));
                let last = case.arms.last().map_or(case.span, |(_, span)| *span);
                self.diagnostics.push(match case.kind {
                    MatchKind::Case { lenient } => errors::patterns::not_exhaustive(&shown, case.span, last, lenient),
                    MatchKind::Binding => errors::patterns::refutable(&shown, case.span),
                });
            }
            Some(None) => {}
            None => self.diagnostics.push(errors::patterns::too_large(case.span)),
        }
    }

    /// `Some(Some(witness))`: a value for `row` that no row before matches; `Some(None)`: there is none; `None`: too many steps.
    #[expect(clippy::option_option, reason = "the outer says whether an answer was found, the inner what it is")]
    fn useful(
        &mut self,
        rows: &[Vec<Pattern>],
        row: &[Pattern],
        types: &[Ty],
        steps: &mut u32,
    ) -> Option<Option<Vec<Pattern>>> {
        *steps += 1 + (rows.len() / ROWS_A_STEP) as u32;
        if *steps > STEPS_MAX {
            return None;
        }
        let Some((first, rest)) = row.split_first() else {
            return Some(rows.is_empty().then(Vec::new));
        };
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
            let ty = types[0];
            match self.head(first, ty) {
                Some(head) => self.useful_head(rows, &head, row, types, steps),
                None => {
                    // A wildcard: every head of the type, or the rows that are wildcards here.
                    let mut met: Vec<Head> = Vec::new();
                    for other in rows {
                        if let Some(head) = self.head(&other[0], ty)
                            && !met.contains(&head)
                        {
                            met.push(head);
                        }
                    }
                    // Of a type that is not known for a mistake, what is matched is all there is.
                    let complete = match self.heads(ty) {
                        Heads::Complete(heads) => {
                            !heads.is_empty() && heads.iter().all(|head| met.iter().any(|found| same_head(found, head)))
                        }
                        Heads::Open => self.types.is_error(ty) && !met.is_empty(),
                    };
                    if complete {
                        for head in met {
                            if let Some(witness) = self.useful_head(rows, &head, row, types, steps)? {
                                return Some(Some(witness));
                            }
                        }
                        return Some(None);
                    }
                    let default: Vec<Vec<Pattern>> = rows
                        .iter()
                        .filter(|other| self.head(&other[0], ty).is_none())
                        .map(|other| other[1..].to_vec())
                        .collect();
                    let Some(mut witness) = self.useful(&default, rest, &types[1..], steps)? else {
                        return Some(None);
                    };
                    let missing = self.missing(ty, &met);
                    witness.insert(0, missing);
                    Some(Some(witness))
                }
            }
        })
    }

    /// [`Self::useful`] among the values with one head.
    #[expect(clippy::option_option, reason = "as above")]
    fn useful_head(
        &mut self,
        rows: &[Vec<Pattern>],
        head: &Head,
        row: &[Pattern],
        types: &[Ty],
        steps: &mut u32,
    ) -> Option<Option<Vec<Pattern>>> {
        let ty = types[0];
        let parts = self.parts(ty, head);
        let special: Vec<Vec<Pattern>> =
            rows.iter().filter_map(|other| self.specialise(other, ty, head, parts.len())).collect();
        let Some(new_row) = self.specialise(row, ty, head, parts.len()) else { return Some(None) };
        let mut new_types = parts.clone();
        new_types.extend_from_slice(&types[1..]);
        let Some(witness) = self.useful(&special, &new_row, &new_types, steps)? else { return Some(None) };
        let (inner, rest) = witness.split_at(parts.len());
        let mut whole = vec![rebuild(head, inner)];
        whole.extend_from_slice(rest);
        Some(Some(whole))
    }

    fn head(&self, pattern: &Pattern, ty: Ty) -> Option<Head> {
        Some(match pattern {
            Pattern::Wildcard | Pattern::Bind(_) => return None,
            Pattern::Bool(value) => Head::Bool(*value),
            Pattern::None => Head::None,
            Pattern::Some(_) => Head::Some,
            Pattern::Constructor(id, _) => Head::Constructor(*id),
            Pattern::Int(value) => Head::Int(*value),
            Pattern::Float(value) => Head::Float(*value),
            Pattern::String(text) => Head::String(text.clone()),
            Pattern::Tuple(items) => Head::Tuple(items.len()),
            Pattern::List(items) => Head::List(items.len()),
            Pattern::Record(_) => Head::Record(self.record_names(ty)),
        })
    }

    /// Every field of a record type: a record pattern that leaves one out does not care.
    fn record_names(&self, ty: Ty) -> Vec<Name> {
        match self.types.get(ty) {
            Type::Record(fields, _) => fields.iter().map(|(name, _)| *name).collect(),
            Type::Declared(declared, _) => match &self.declared[declared.0 as usize].kind {
                DeclaredKind::Record(record) => record.fields.iter().map(|field| field.name).collect(),
                DeclaredKind::Resource(resource) => resource.record.fields.iter().map(|field| field.name).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn heads(&mut self, ty: Ty) -> Heads {
        match self.types.get(ty).clone() {
            Type::Builtin(Builtin::Bool, _) => Heads::Complete(vec![Head::Bool(true), Head::Bool(false)]),
            Type::Builtin(Builtin::Optional, _) => Heads::Complete(vec![Head::Some, Head::None]),
            Type::Tuple(items) => Heads::Complete(vec![Head::Tuple(items.len())]),
            Type::Record(..) => Heads::Complete(vec![Head::Record(self.record_names(ty))]),
            Type::Declared(declared, _) => match self.kind(declared) {
                DeclaredKind::Sum(sum) => {
                    Heads::Complete(sum.constructors.iter().map(|entry| Head::Constructor(entry.id)).collect())
                }
                DeclaredKind::Record(_) | DeclaredKind::Resource(_) => {
                    Heads::Complete(vec![Head::Record(self.record_names(ty))])
                }
                DeclaredKind::Refinement(refinement) => match &refinement.strings {
                    Some(strings) => {
                        Heads::Complete(strings.iter().map(|string| Head::String(string.clone())).collect())
                    }
                    None => self.heads(refinement.base),
                },
                _ => Heads::Open,
            },
            _ => Heads::Open,
        }
    }

    /// The types below a head.
    fn parts(&mut self, ty: Ty, head: &Head) -> Vec<Ty> {
        match head {
            Head::Some => {
                vec![self.types.argument_of(ty, Builtin::Optional).unwrap_or(Types::ERROR)]
            }
            Head::Constructor(id) => {
                let Type::Declared(declared, arguments) = self.types.get(ty).clone() else {
                    let payload = self.program.constructors[id.0 as usize].payload;
                    return if payload { vec![Types::ERROR] } else { Vec::new() };
                };
                let DeclaredKind::Sum(sum) = self.kind(declared) else { return Vec::new() };
                match sum.constructors.iter().find(|entry| entry.id == *id).and_then(|entry| entry.payload) {
                    Some(payload) => vec![self.types.substitute(payload, &arguments)],
                    None => Vec::new(),
                }
            }
            Head::Tuple(length) => match self.types.get(ty) {
                Type::Tuple(items) if items.len() == *length => items.to_vec(),
                _ => vec![Types::ERROR; *length],
            },
            Head::List(length) => {
                let element = self.types.argument_of(ty, Builtin::List).unwrap_or(Types::ERROR);
                vec![element; *length]
            }
            Head::Record(names) => match self.types.get(ty).clone() {
                Type::Record(fields, _) => fields.iter().map(|(_, ty)| *ty).collect(),
                Type::Declared(declared, arguments) => match self.kind(declared) {
                    DeclaredKind::Record(record) => {
                        record.fields.iter().map(|field| self.types.substitute(field.ty, &arguments)).collect()
                    }
                    DeclaredKind::Resource(resource) => resource.record.fields.iter().map(|field| field.ty).collect(),
                    _ => vec![Types::ERROR; names.len()],
                },
                _ => vec![Types::ERROR; names.len()],
            },
            _ => Vec::new(),
        }
    }

    /// A row with its first pattern taken apart by a head; `None` if it has another one.
    fn specialise(&self, row: &[Pattern], ty: Ty, head: &Head, parts: usize) -> Option<Vec<Pattern>> {
        let (first, rest) = row.split_first()?;
        let mut new: Vec<Pattern> = match (first, head) {
            (Pattern::Wildcard | Pattern::Bind(_), _) => vec![Pattern::Wildcard; parts],
            (Pattern::Some(inner), Head::Some) => vec![(**inner).clone()],
            (Pattern::Constructor(_, payload), Head::Constructor(_)) if self.head(first, ty).as_ref() == Some(head) => {
                match payload {
                    Some(payload) => vec![(**payload).clone()],
                    None => vec![Pattern::Wildcard; parts],
                }
            }
            (Pattern::Tuple(items), Head::Tuple(length)) if items.len() == *length => items.clone(),
            (Pattern::List(items), Head::List(length)) if items.len() == *length => items.clone(),
            (Pattern::Record(fields), Head::Record(names)) => names
                .iter()
                .map(|name| {
                    let given = fields.iter().find(|(known, _)| known == name);
                    given.map_or(Pattern::Wildcard, |(_, pattern)| pattern.clone())
                })
                .collect(),
            _ => {
                if self.head(first, ty).is_some_and(|found| same_head(&found, head)) {
                    Vec::new()
                } else {
                    return None;
                }
            }
        };
        new.extend_from_slice(rest);
        Some(new)
    }

    /// A pattern for a value whose head is not among those met.
    fn missing(&mut self, ty: Ty, met: &[Head]) -> Pattern {
        if self.types.argument_of(ty, Builtin::List).is_some() && !met.is_empty() {
            // The shortest list of a length that no pattern has.
            let length = (0..).find(|length| !met.contains(&Head::List(*length))).unwrap_or_default();
            return Pattern::List(vec![Pattern::Wildcard; length]);
        }
        let Heads::Complete(heads) = self.heads(ty) else { return Pattern::Wildcard };
        match heads.into_iter().find(|head| !met.iter().any(|found| same_head(found, head))) {
            Some(_) if met.is_empty() => Pattern::Wildcard,
            Some(head) => {
                let parts = self.parts(ty, &head).len();
                rebuild(&head, &vec![Pattern::Wildcard; parts])
            }
            None => Pattern::Wildcard,
        }
    }

    /// A pattern as people write it.
    fn show_pattern(&self, pattern: &Pattern, inner: bool) -> String {
        let all =
            |items: &[Pattern]| items.iter().map(|item| self.show_pattern(item, false)).collect::<Vec<_>>().join(", ");
        match pattern {
            Pattern::Wildcard | Pattern::Bind(_) => "_".to_string(),
            Pattern::Bool(value) => if *value { "True" } else { "False" }.to_string(),
            Pattern::Int(value) => value.to_string(),
            Pattern::Float(value) => value.to_string(),
            Pattern::String(text) => format!("{text:?}"),
            Pattern::None => "None".to_string(),
            Pattern::Some(item) => self.applied("Optional", item, inner),
            Pattern::Constructor(id, payload) => {
                let name = self.program.constructors[id.0 as usize].name;
                match payload {
                    Some(payload) => self.applied(&name, payload, inner),
                    None => name.to_string(),
                }
            }
            Pattern::Tuple(items) => format!("({})", all(items)),
            Pattern::List(items) => format!("[{}]", all(items)),
            Pattern::Record(fields) => {
                let shown: Vec<String> = fields
                    .iter()
                    .filter(|(_, pattern)| !matches!(pattern, Pattern::Wildcard))
                    .map(|(name, pattern)| format!("{name}: {}", self.show_pattern(pattern, false)))
                    .collect();
                if shown.is_empty() { "_".to_string() } else { format!("{{{}}}", shown.join(", ")) }
            }
        }
    }

    fn applied(&self, name: &str, argument: &Pattern, inner: bool) -> String {
        let text = format!("{name} {}", self.show_pattern(argument, true));
        if inner { format!("({text})") } else { text }
    }
}

fn same_head(one: &Head, other: &Head) -> bool {
    match (one, other) {
        (Head::Record(_), Head::Record(_)) => true,
        _ => one == other,
    }
}

fn rebuild(head: &Head, parts: &[Pattern]) -> Pattern {
    match head {
        Head::Bool(value) => Pattern::Bool(*value),
        Head::None => Pattern::None,
        Head::Some => Pattern::Some(Box::new(parts.first().cloned().unwrap_or(Pattern::Wildcard))),
        Head::Constructor(id) => Pattern::Constructor(*id, parts.first().cloned().map(Box::new)),
        Head::Int(value) => Pattern::Int(*value),
        Head::Float(value) => Pattern::Float(*value),
        Head::String(text) => Pattern::String(text.clone()),
        Head::Tuple(_) => Pattern::Tuple(parts.to_vec()),
        Head::List(_) => Pattern::List(parts.to_vec()),
        Head::Record(names) => Pattern::Record(names.iter().copied().zip(parts.iter().cloned()).collect()),
    }
}
