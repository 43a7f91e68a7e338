//! The schema's limits, held against what is written out: numbers, texts and lists of literals. The rest waits for evaluation.

use lw_diagnostics::{Edit, Span};
use lw_syntax::Name;

use super::Context;
use crate::checker::Checker;
use crate::constraint::{Constraints, Violation};
use crate::declared::RecordType;
use crate::errors;
use crate::typed::{ExprId, ExprKind};

impl Checker<'_> {
    /// Holds the fields of a record literal against their limits.
    pub fn check_limits(&mut self, cx: &Context<'_>, record: &RecordType, typed: ExprId, owner: &str) {
        if !record.constrained {
            return;
        }
        let ExprKind::Record(fields) = &cx.exprs[typed.0 as usize].kind else { return };
        for (name, value) in fields {
            if let Some(constraints) = record.field(*name).and_then(|field| field.constraints.as_deref()) {
                self.check_limit(cx, constraints, *value, *name, owner);
            }
        }
    }

    /// Holds what a field may come to be against its limits: each literal that could be its value.
    pub fn check_limit(
        &mut self,
        cx: &Context<'_>,
        constraints: &Constraints,
        value: ExprId,
        field: Name,
        owner: &str,
    ) {
        let mut found: Vec<(Violation, Span, Option<Edit>)> = Vec::new();
        // With whether it is the field's own list, which the limits of lists are about.
        let mut work = vec![(value, true)];
        while let Some((id, outermost)) = work.pop() {
            let expr = &cx.exprs[id.0 as usize];
            let span = expr.span;
            match &expr.kind {
                ExprKind::Some(inner) | ExprKind::Refine(_, inner) | ExprKind::Annotated(_, inner) => {
                    work.push((*inner, outermost));
                }
                ExprKind::Let { body, .. } | ExprKind::Sequence(_, body) => work.push((*body, outermost)),
                ExprKind::If { then, otherwise, .. } => work.extend([(*otherwise, outermost), (*then, outermost)]),
                ExprKind::Case { arms, .. } => work.extend(arms.iter().rev().map(|(_, body)| (*body, outermost))),
                ExprKind::List(items) => {
                    if outermost {
                        found.extend(constraints.count(items.len()).map(|violation| (violation, span, None)));
                        if constraints.unique() {
                            found.extend(repeated(cx, items));
                        }
                    }
                    work.extend(items.iter().rev().map(|item| (*item, false)));
                }
                ExprKind::Dictionary(entries) => {
                    if outermost {
                        found.extend(constraints.count(entries.len()).map(|violation| (violation, span, None)));
                    }
                    for (key, value) in entries.iter().rev() {
                        if let ExprKind::String(text) = kind(cx, *key) {
                            let place = cx.exprs[key.0 as usize].span;
                            found.extend(constraints.key(text).map(|violation| (violation, place, None)));
                        }
                        work.push((*value, false));
                    }
                }
                ExprKind::ListComprehension { element, .. } => work.push((*element, false)),
                ExprKind::DictionaryComprehension { value, .. } => work.push((*value, false)),
                ExprKind::String(text) => {
                    if let Some(violation) = constraints.text(text) {
                        let edit = constraints
                            .repaired(text)
                            .filter(|text| !text.contains(['"', '\\']))
                            .map(|text| Edit { span, text: format!("\"{text}\"") });
                        found.push((violation, span, edit));
                    }
                }
                kind => {
                    if let Some(violation) = number(cx, kind).and_then(|number| constraints.number(number)) {
                        let edit = violation.nearest.map(|nearest| Edit { span, text: nearest.to_string() });
                        found.push((violation, span, edit));
                    }
                }
            }
        }
        for (violation, span, edit) in found {
            self.diagnostics.push(errors::records::outside_limits(field, owner, &violation, span, edit));
        }
    }
}

fn kind<'c>(cx: &'c Context<'_>, id: ExprId) -> &'c ExprKind {
    match &cx.exprs[id.0 as usize].kind {
        ExprKind::Some(inner) | ExprKind::Refine(_, inner) => kind(cx, *inner),
        kind => kind,
    }
}

fn number(cx: &Context<'_>, of: &ExprKind) -> Option<f64> {
    match of {
        ExprKind::Int(value) => Some(*value as f64),
        ExprKind::Float(value) => Some(*value),
        ExprKind::Negate(inner) => number(cx, kind(cx, *inner)).map(|number| -number),
        _ => None,
    }
}

/// Elements that stand in a list again, literals alone; each with the edit that takes it out.
fn repeated(cx: &Context<'_>, items: &[ExprId]) -> Vec<(Violation, Span, Option<Edit>)> {
    let mut seen = rustc_hash::FxHashSet::default();
    let mut found = Vec::new();
    let mut before: Option<Span> = None;
    for item in items {
        let span = cx.exprs[item.0 as usize].span;
        let text = match kind(cx, *item) {
            ExprKind::String(text) => Some(format!("{text:?}")),
            kind => number(cx, kind).map(|number| number.to_string()),
        };
        if let (Some(text), Some(before)) = (&text, before)
            && !seen.insert(text.clone())
        {
            let edit = Edit { span: Span::new(span.file, before.end, span.end), text: String::new() };
            let violation = Violation {
                taken: "each element once".to_string(),
                found: format!("{text} again"),
                pattern: None,
                nearest: None,
            };
            found.push((violation, span, Some(edit)));
        } else {
            seen.extend(text);
        }
        before = Some(span);
    }
    found
}
