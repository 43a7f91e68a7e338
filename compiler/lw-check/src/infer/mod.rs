//! Inference of bodies: bidirectional, with unification.
//!
//! [`Checker::infer`] finds a type, [`Checker::check`] takes one; both give the typed expression. Coercions happen in `check` alone,
//! where the expected type's head is known. What cannot be decided yet (a field of an unknown type, an operator on unknown
//! operands, an exhaustive `case`) is put off to the end of the definition's group: [`Checker::settle`].

mod access;
mod annotation;
mod call;
mod coerce;
mod definition;
mod expr;
mod limits;
mod literal;
pub mod operators;
mod pattern;
mod update;

use lw_diagnostics::{FileId, Span};
use lw_syntax::Name;
use lw_syntax::ast;

use crate::checker::Checker;
use crate::errors;
use crate::module::ModuleId;
use crate::typed::{self, ExprKind, LocalId, Pattern};
use crate::types::{Builtin, Scheme, Ty, Type, Types};

/// The definition that is being checked.
pub struct Context<'t> {
    pub module: ModuleId,
    pub file: FileId,
    pub statement: &'t ast::Statement,
    pub tree: &'t ast::Tree,
    pub exprs: Vec<typed::Expr>,
    pub locals: Vec<Name>,
    /// Where each is written.
    pub local_spans: Vec<Span>,
    pub local_schemes: Vec<Scheme>,
    /// Innermost last.
    pub scope: Vec<(Name, LocalId)>,
    /// Type variables in scope.
    pub variables: Vec<(Name, Ty)>,
    pub pending: Pending,
}

/// What is decided at the end of a group.
#[derive(Default)]
pub struct Pending {
    fields: Vec<PendingField>,
    numbers: Vec<PendingNumber>,
    printed: Vec<(Ty, Span)>,
    matches: Vec<PendingMatch>,
}

struct PendingField {
    receiver: Ty,
    name: Name,
    name_span: Span,
    result: Ty,
}

struct PendingNumber {
    ty: Ty,
    operator: Name,
    span: Span,
}

/// Patterns for a value, to be looked at once its type is known.
pub struct PendingMatch {
    pub scrutinee: Ty,
    pub span: Span,
    pub arms: Vec<(Pattern, Span)>,
    pub kind: MatchKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchKind {
    Case {
        /// Under `@language("ludwig")` a missing arm is a warning.
        lenient: bool,
    },
    /// A pattern that has to match: of a lambda's parameter, of a comprehension.
    Binding,
}

impl<'t> Context<'t> {
    pub fn new(
        module: ModuleId,
        file: FileId,
        statement: &'t ast::Statement,
        variables: Vec<(Name, Ty)>,
        pending: Pending,
    ) -> Context<'t> {
        Context {
            module,
            file,
            statement,
            tree: &statement.tree,
            exprs: Vec::with_capacity(statement.tree.exprs.len()),
            locals: Vec::new(),
            local_spans: Vec::new(),
            local_schemes: Vec::new(),
            scope: Vec::new(),
            variables,
            pending,
        }
    }

    pub fn span(&self, range: ast::Range) -> Span {
        self.statement.span(self.file, range)
    }

    pub fn expr_span(&self, expr: ast::ExprId) -> Span {
        self.span(self.tree[expr].range)
    }

    pub fn add(&mut self, kind: ExprKind, span: Span) -> typed::ExprId {
        self.exprs.push(typed::Expr { kind, span });
        typed::ExprId(self.exprs.len() as u32 - 1)
    }

    /// A new local, in scope from now on, and where it is written.
    pub fn bind(&mut self, name: Name, range: ast::Range, scheme: Scheme) -> LocalId {
        let local = self.local(name, range, scheme);
        self.scope.push((name, local));
        local
    }

    /// A new local that no name reaches.
    pub fn local(&mut self, name: Name, range: ast::Range, scheme: Scheme) -> LocalId {
        self.locals.push(name);
        self.local_spans.push(self.span(range));
        self.local_schemes.push(scheme);
        LocalId(self.locals.len() as u32 - 1)
    }

    pub fn find_local(&self, name: Name) -> Option<LocalId> {
        self.scope.iter().rev().find(|(known, _)| *known == name).map(|(_, local)| *local)
    }
}

impl Checker<'_> {
    /// Decides what was put off.
    pub fn settle(&mut self, mut pending: Pending) {
        self.settle_fields(&mut pending, true);
        for number in std::mem::take(&mut pending.numbers) {
            let ty = self.erase(number.ty);
            match self.types.get(ty) {
                Type::Variable(_) => {
                    let _ = self.unify(ty, Types::INT);
                }
                Type::Error => {}
                Type::Builtin(builtin, _) if builtin.is_numeric() => {}
                _ => {
                    let shown = self.show(ty);
                    self.diagnostics.push(errors::operators::not_numeric(number.operator, &shown, number.span, None));
                }
            }
        }
        // Numbers that turned out to be Int may have decided a receiver.
        self.settle_fields(&mut pending, true);
        for (ty, span) in pending.printed {
            let ty = self.erase(ty);
            if !self.is_printable(ty) {
                let shown = self.show(ty);
                let optional = self.types.argument_of(ty, Builtin::Optional).is_some();
                self.diagnostics.push(errors::types::not_printable(&shown, optional, span));
            }
        }
        for case in pending.matches {
            self.check_match(&case);
        }
    }

    /// Gives fields of receivers that are known by now their types; with `all`, an unknown receiver is a record with that field.
    pub fn settle_fields(&mut self, pending: &mut Pending, all: bool) {
        loop {
            let fields = std::mem::take(&mut pending.fields);
            let before = fields.len();
            for field in fields {
                if self.types.is_variable(field.receiver) {
                    pending.fields.push(field);
                    continue;
                }
                let ty = self.field_type(field.receiver, field.name, field.name_span, true);
                if let Err(_mismatch) = self.unify(ty, field.result) {
                    let difference = self.difference(ty, field.result);
                    self.diagnostics.push(errors::types::mismatch(&difference, field.name_span));
                }
            }
            if pending.fields.len() == before {
                break;
            }
        }
        if all {
            for field in std::mem::take(&mut pending.fields) {
                // An earlier one may have made it a record.
                if !self.types.is_variable(field.receiver) {
                    let ty = self.field_type(field.receiver, field.name, field.name_span, true);
                    if self.unify(ty, field.result).is_err() {
                        let difference = self.difference(ty, field.result);
                        self.diagnostics.push(errors::types::mismatch(&difference, field.name_span));
                    }
                    continue;
                }
                let rest = self.types.fresh();
                let record = self.types.record(vec![(field.name, field.result)], Some(rest));
                let _ = self.unify(field.receiver, record);
            }
        }
    }

    fn is_printable(&self, ty: Ty) -> bool {
        match self.types.get(ty) {
            Type::Error | Type::Variable(_) => true,
            Type::Builtin(builtin, _) => matches!(
                builtin,
                Builtin::String
                    | Builtin::Int
                    | Builtin::Float
                    | Builtin::Bool
                    | Builtin::Duration
                    | Builtin::Size
                    | Builtin::Id
                    | Builtin::Arn
                    | Builtin::Name
            ),
            _ => false,
        }
    }
}
