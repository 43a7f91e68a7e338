//! `r with {a: 1, b.c: 2}`.

use lw_diagnostics::Span;
use lw_syntax::Name;
use lw_syntax::ast::{self, ExprKind as Form};
use rustc_hash::FxHashSet;

use super::literal::FieldParts;
use super::{Context, PendingField};
use crate::checker::Checker;
use crate::declared::{DeclaredKind, Field};
use crate::errors;
use crate::typed::{ExprId, ExprKind, Update};
use crate::types::{Builtin, Ty, Type};

impl Checker<'_> {
    pub fn infer_with(
        &mut self,
        cx: &mut Context<'_>,
        target: ast::ExprId,
        entries: &[ast::Entry],
        span: Span,
    ) -> (ExprId, Ty) {
        let (typed, ty) = self.infer(cx, target);
        if let Type::Declared(declared, _) = *self.types.get(ty)
            && let DeclaredKind::Resource(resource) = self.kind(declared)
        {
            let written = self.written.entry(resource.id).or_insert_with(|| Some(FxHashSet::default()));
            if let Some(written) = written {
                for entry in entries {
                    if let Some(first) = key_path(cx.tree, entry.key).and_then(|path| path.first().copied()) {
                        written.insert(first.name);
                    }
                }
            }
        }
        let mut updates = Vec::with_capacity(entries.len());
        let mut seen: Vec<Vec<Name>> = Vec::new();
        for entry in entries {
            let Some(path) = key_path(cx.tree, entry.key) else {
                self.diagnostics.push(errors::records::bad_update_key(cx.expr_span(entry.key)));
                self.infer(cx, entry.value);
                continue;
            };
            let names: Vec<Name> = path.iter().map(|ident| ident.name).collect();
            if seen.contains(&names) {
                let name = names.last().copied().unwrap_or_default();
                self.diagnostics.push(errors::records::field_twice(name, cx.expr_span(entry.key)));
                continue;
            }
            seen.push(names.clone());
            let mut field = ty;
            let mut target = None;
            for (at, ident) in path.iter().enumerate() {
                let place = cx.span(ident.range);
                // A path goes through what is optional, as long as it is there.
                if at > 0
                    && let Some(inner) = self.types.argument_of(field, Builtin::Optional)
                {
                    field = inner;
                }
                let declared = self.declared_field(field, ident.name);
                if let Some((_, declared)) = &declared {
                    self.used_field(cx, ident.name, declared.deprecated, place);
                }
                target = declared;
                if self.types.is_variable(field) {
                    let result = self.types.fresh();
                    cx.pending.fields.push(PendingField {
                        receiver: field,
                        name: ident.name,
                        name_span: place,
                        result,
                    });
                    field = result;
                    continue;
                }
                if at == 0
                    && let Type::Declared(declared, _) = *self.types.get(field)
                    && let DeclaredKind::Resource(resource) = self.kind(declared)
                    && let Some(property) = resource.record.field(ident.name)
                {
                    if property.read_only {
                        let owner = self.declared[declared.0 as usize].display;
                        self.diagnostics.push(errors::records::read_only(ident.name, &owner, place));
                    }
                    field = property.written;
                    continue;
                }
                field = self.field_type(field, ident.name, place, true);
            }
            let value = match &target {
                Some((owner, declared)) => {
                    let value = self.check_field(cx, entry.value, field, &FieldParts::of(declared), owner);
                    if let Some(constraints) = &declared.constraints {
                        self.check_limit(cx, constraints, value, declared.name, owner);
                    }
                    value
                }
                None => self.check(cx, entry.value, field),
            };
            updates.push(Update { path: names, value });
        }
        (cx.add(ExprKind::With(typed, updates), span), ty)
    }

    /// A field of a declared type, with that type's name.
    fn declared_field(&mut self, ty: Ty, field: Name) -> Option<(Name, Field)> {
        let Type::Declared(declared, _) = *self.types.get(ty) else { return None };
        let field = match self.kind(declared) {
            DeclaredKind::Resource(resource) => resource.record.field(field)?.clone(),
            DeclaredKind::Record(record) => record.field(field)?.clone(),
            _ => return None,
        };
        Some((self.declared[declared.0 as usize].display, field))
    }
}

/// `a.b.c` as its names; a constructor on the way (`Con.a`) is passed through.
fn key_path(tree: &ast::Tree, key: ast::ExprId) -> Option<Vec<ast::Ident>> {
    let mut path = Vec::new();
    let mut at = key;
    loop {
        match &tree[at].kind {
            Form::Name(name) => {
                path.push(ast::Ident { name: *name, range: tree[at].range });
                break;
            }
            Form::Field { target, name } => {
                path.push(*name);
                at = *target;
            }
            Form::UpperField { target, .. } | Form::ConstructorField { target, .. } => at = *target,
            Form::Upper(_) => break,
            _ => return None,
        }
    }
    path.reverse();
    (!path.is_empty()).then_some(path)
}
