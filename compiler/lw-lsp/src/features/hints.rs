//! Inlay hints: types that nobody wrote, and what text and numbers of a program come to: bindings, and properties of resources.

mod properties;

use lsp_types::*;
use lw_syntax::ast::{BlockItem, ExprKind, StatementKind};

use crate::documents::path_of;
use crate::workspace::Workspace;

/// Longer values are no hint.
const VALUE_CHARACTERS_MAX: usize = 40;

pub fn hints(workspace: &mut Workspace, params: &InlayHintParams) -> Option<Vec<InlayHint>> {
    let path = path_of(&params.text_document.uri);
    let place = workspace.place(&path)?;
    let project = place.project;
    let (text, encoding, file, session) = (place.text, place.encoding, place.file, place.session);
    let (from, to) = (text.offset(params.range.start, encoding), text.offset(params.range.end, encoding));
    let mut hints: Vec<(u32, String, bool)> = Vec::new();
    let mut values: Vec<(u32, String)> = Vec::new();
    let mut bindings = Vec::new();
    for (number, statement) in session.statements(file).into_iter().enumerate() {
        if statement.start > to || statement.start + statement.range.end < from {
            continue;
        }
        let observed = session.observe(file, number as u32)?;
        let tree = &statement.tree;
        let mut typed: Vec<(u32, String)> = Vec::new();
        let at = |range: lw_syntax::ast::Range| statement.start + range.start;
        if let StatementKind::Binding(binding) = &statement.kind {
            let end = statement.start + statement.range.end;
            bindings.push((statement.clone(), binding.name.name, binding.value));
            if !is_plain(&tree[binding.value].kind) {
                values.push((end, binding.name.name.to_string()));
                if binding.annotation.is_none() && !is_resource(&tree[binding.value].kind) {
                    let ty =
                        session.symbols_of(file, number as u32, &observed).into_iter().find_map(|(span, symbol)| {
                            (span.start == at(binding.name.range)).then(|| session.value_type(symbol))?
                        });
                    typed.extend(
                        ty.filter(|ty| session.is_known(*ty)).map(|ty| (at(binding.name.range), session.show(ty))),
                    );
                }
            }
        }
        // Locals without a written type: `let`, parameters of lambdas, patterns.
        let written: Vec<u32> = tree
            .exprs
            .iter()
            .flat_map(|expr| match &expr.kind {
                ExprKind::Block { items, .. } => items
                    .iter()
                    .filter_map(|item| match item {
                        BlockItem::Let(binding)
                            if binding.annotation.is_some() || is_plain(&tree[binding.value].kind) =>
                        {
                            Some(at(binding.name.range))
                        }
                        BlockItem::LetFunction(function) => Some(at(function.name.range)),
                        _ => None,
                    })
                    .collect(),
                ExprKind::Lambda { parameters, .. } => parameters
                    .iter()
                    .filter_map(|parameter| match parameter {
                        lw_syntax::ast::LambdaParameter::Typed(parameter) => Some(at(parameter.name.range)),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            })
            .chain(header(&statement))
            .collect();
        for local in &observed.locals {
            if session.is_known(local.ty) && !written.contains(&local.span.start) {
                typed.push((local.span.start, session.show(local.ty)));
            }
        }
        hints.extend(typed.into_iter().map(|(at, shown)| (at, shown, true)));
    }
    let open = workspace.project(project);
    if let Some(evaluation) = open.evaluation.as_ref().filter(|evaluation| evaluation.revision == open.revision)
        && let Some(unit) = evaluation.compiled.units.iter().find(|unit| unit.path == path)
    {
        if let Some(plan) = evaluation.plans.get(&path) {
            for (statement, name, value) in &bindings {
                let found = properties::of_binding(plan, statement, name, *value);
                hints.extend(found.into_iter().map(|(at, text)| (at, text, false)));
            }
        }
        for (end, name) in values {
            let value = unit.values.get(&name).filter(|value| value.chars().count() <= VALUE_CHARACTERS_MAX);
            hints.extend(value.filter(|value| !value.contains('\n')).map(|value| (end, value.clone(), false)));
        }
    }
    hints.retain(|(at, ..)| from <= *at && *at <= to);
    hints.sort();
    hints.dedup();
    let hint = |(at, shown, is_type): (u32, String, bool)| InlayHint {
        position: text.position(at, encoding),
        label: InlayHintLabel::String(if is_type { shown } else { format!("= {shown}") }),
        kind: is_type.then_some(InlayHintKind::TYPE),
        text_edits: None,
        tooltip: None,
        padding_left: (!is_type).then_some(true),
        padding_right: is_type.then_some(true),
        data: None,
    };
    Some(hints.into_iter().map(hint).collect())
}

/// Whether an expression says itself what it is.
fn is_plain(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_) | ExprKind::Size(_) | ExprKind::Error => true,
        ExprKind::String(parts) => parts.len() <= 1,
        _ => false,
    }
}

fn is_resource(kind: &ExprKind) -> bool {
    matches!(kind, ExprKind::Call { arguments: lw_syntax::ast::Arguments::Literal(_), .. } | ExprKind::Annotated { .. })
}

/// The parameters of a function's header, whose types are written, and the self of a refinement.
fn header(statement: &lw_syntax::ast::Statement) -> Vec<u32> {
    let tree = &statement.tree;
    let mut found: Vec<u32> = Vec::new();
    let mut add = |function: &lw_syntax::ast::Function| {
        found.extend(function.parameters.parameters.iter().map(|one| statement.start + one.name.range.start));
    };
    if let StatementKind::Function(function) = &statement.kind {
        add(function);
    }
    for expr in &tree.exprs {
        if let ExprKind::Block { items, .. } = &expr.kind {
            for item in items {
                if let BlockItem::LetFunction(function) = item {
                    add(function);
                }
            }
        }
    }
    found
}
