//! Literals where a refined type is wanted, held against its predicate wherever they stand: also in what nothing evaluates.

use lw_check::typed::{self, ExprId, ExprKind, GlobalKind, RefinementRule};
use lw_core::{Failure, Limits, Machine, NoInputs, RefinementId, Value};
use lw_diagnostics::{Diagnostic, Files};
use rustc_hash::FxHashMap;

use crate::diagnostics;
use crate::lower::Lowered;

/// Steps that all predicates together may take.
const STEPS_MAX: u64 = 20_000_000;

/// Every literal of a program's own files that is outside of its type.
pub fn check(program: &typed::Program, lowered: &Lowered, files: &Files) -> Vec<Diagnostic> {
    let limits = Limits { steps: STEPS_MAX, ..Limits::default() };
    let mut machine = Machine::new(&lowered.core, &NoInputs, limits);
    let mut known: FxHashMap<(typed::RefinementId, String), Option<Box<Failure>>> = FxHashMap::default();
    let mut found = Vec::new();
    for global in &program.globals {
        if !diagnostics::is_own(files, global.span) {
            continue;
        }
        for body in bodies(&global.kind) {
            for expr in &body.exprs {
                let ExprKind::Refine(id, inner) = expr.kind else { continue };
                let refinement = &program.refinements[id.0 as usize];
                let RefinementRule::Predicate { .. } = refinement.rule else { continue };
                let Some(value) = literal(body, inner) else { continue };
                let failure = known
                    .entry((id, machine.show(&value)))
                    .or_insert_with(|| machine.check_refinement(RefinementId(id.0), &value).err().flatten());
                if let Some(failure) = failure {
                    let span = body[inner].span;
                    found.push(diagnostics::literal_outside(failure, span, refinement.span));
                }
            }
        }
    }
    found
}

fn bodies(kind: &GlobalKind) -> impl Iterator<Item = &typed::Body> {
    match kind {
        GlobalKind::Value(body) | GlobalKind::Function(_, body) | GlobalKind::Lookup { query: body, .. } => Some(body),
        GlobalKind::Parameter { default, .. } => default.as_ref(),
        GlobalKind::Error => None,
    }
    .into_iter()
}

/// The value of what is written out: a scalar, or a list or tuple of such.
fn literal(body: &typed::Body, expr: ExprId) -> Option<Value> {
    /// Literals that nest deeper wait for evaluation.
    const DEPTH_MAX: usize = 8;
    nested(body, expr, DEPTH_MAX)
}

fn nested(body: &typed::Body, expr: ExprId, depth: usize) -> Option<Value> {
    let all = |items: &[ExprId]| {
        let depth = depth.checked_sub(1)?;
        items.iter().map(|item| nested(body, *item, depth)).collect::<Option<Vec<Value>>>()
    };
    Some(match &body[expr].kind {
        ExprKind::Int(value) => Value::Int(*value),
        ExprKind::Float(value) => Value::Float(*value),
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Duration(value) => Value::Duration(*value),
        ExprKind::Size(value) => Value::Size(*value),
        ExprKind::String(text) => Value::String(text.clone()),
        ExprKind::Negate(inner) => match body[*inner].kind {
            ExprKind::Int(value) => Value::Int(value.checked_neg()?),
            ExprKind::Float(value) => Value::Float(-value),
            _ => return None,
        },
        ExprKind::Refine(_, inner) => return nested(body, *inner, depth.checked_sub(1)?),
        ExprKind::List(items) => Value::list(all(items)?),
        ExprKind::Tuple(items) => Value::tuple(all(items)?),
        _ => return None,
    })
}
