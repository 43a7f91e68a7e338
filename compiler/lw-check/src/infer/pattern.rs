//! Patterns.

use lw_diagnostics::Span;
use lw_syntax::ast::{self, PatternKind as Form};

use super::{Context, MatchKind, PendingMatch};
use crate::checker::Checker;
use crate::declared::DeclaredKind;
use crate::errors;
use crate::resolve::Upper;
use crate::typed::Pattern;
use crate::types::{Builtin, Scheme, Ty, Type, Types};

impl Checker<'_> {
    /// A pattern for values of a type; its names come into scope.
    pub fn pattern(&mut self, cx: &mut Context<'_>, pattern: ast::PatternId, ty: Ty) -> Pattern {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.pattern_grown(cx, pattern, ty))
    }

    fn pattern_grown(&mut self, cx: &mut Context<'_>, pattern: ast::PatternId, ty: Ty) -> Pattern {
        let node = &cx.tree[pattern];
        let span = cx.span(node.range);
        self.note_pattern(cx, pattern, ty);
        match &node.kind {
            Form::Error | Form::Wildcard => Pattern::Wildcard,
            Form::Name(name) => {
                let local = cx.bind(*name, node.range, Scheme::mono(ty));
                Pattern::Bind(local)
            }
            Form::Int(value) => {
                self.expect_pattern(Types::INT, ty, span);
                Pattern::Int(*value)
            }
            Form::Float(value) => {
                self.expect_pattern(Types::FLOAT, ty, span);
                Pattern::Float(*value)
            }
            Form::String(text) => {
                if let Type::Declared(declared, _) = *self.types.get(ty)
                    && let Some(refinement) = self.refinement(declared)
                    && let Some(strings) = &refinement.strings
                    && !strings.iter().any(|string| **string == **text)
                {
                    let shown = self.show(ty);
                    self.diagnostics.push(errors::types::not_a_member(text, &shown, strings, span));
                }
                // Ids and ARNs are compared as text.
                if !matches!(self.types.get(ty), Type::Builtin(builtin, _) if builtin.is_reference()) {
                    self.expect_pattern(Types::STRING, ty, span);
                }
                Pattern::String(text.as_str().into())
            }
            Form::Tuple(items) => match items.as_slice() {
                [one] => self.pattern(cx, *one, ty),
                _ => {
                    let types: Vec<Ty> = items.iter().map(|_| self.types.fresh()).collect();
                    let tuple = match types.is_empty() {
                        true => Types::UNIT,
                        false => self.types.add(Type::Tuple(types.clone().into())),
                    };
                    self.expect_pattern(tuple, ty, span);
                    Pattern::Tuple(items.iter().zip(types).map(|(item, ty)| self.pattern(cx, *item, ty)).collect())
                }
            },
            Form::List(items) => {
                let element = self.types.fresh();
                let list = self.types.list(element);
                self.expect_pattern(list, ty, span);
                Pattern::List(items.iter().map(|item| self.pattern(cx, *item, element)).collect())
            }
            Form::Record(fields) => {
                let mut typed = Vec::with_capacity(fields.len());
                for (name, pattern) in fields {
                    let place = cx.span(name.range);
                    let field = if self.types.is_variable(ty) {
                        let field = self.types.fresh();
                        let rest = self.types.fresh();
                        let record = self.types.record(vec![(name.name, field)], Some(rest));
                        let _ = self.unify(ty, record);
                        field
                    } else {
                        self.field_type(ty, name.name, place, true)
                    };
                    let pattern = match pattern {
                        Some(pattern) => self.pattern(cx, *pattern, field),
                        None => Pattern::Bind(cx.bind(name.name, name.range, Scheme::mono(field))),
                    };
                    typed.push((name.name, pattern));
                }
                Pattern::Record(typed)
            }
            Form::Constructor { path, argument } => self.constructor_pattern(cx, path, *argument, ty, span),
        }
    }

    fn constructor_pattern(
        &mut self,
        cx: &mut Context<'_>,
        path: &ast::ModulePath,
        argument: Option<ast::PatternId>,
        ty: Ty,
        span: Span,
    ) -> Pattern {
        let place = cx.span(path.range);
        let constant = |checker: &mut Self, name: &str, pattern: Pattern, constant: Ty| {
            checker.expect_pattern(constant, ty, span);
            if argument.is_some() {
                checker.diagnostics.push(errors::patterns::constant_with_argument(name, span));
            }
            pattern
        };
        match self.resolve_upper(cx.module, &path.segments) {
            Some(Upper::True) => constant(self, "True", Pattern::Bool(true), Types::BOOL),
            Some(Upper::False) => constant(self, "False", Pattern::Bool(false), Types::BOOL),
            Some(Upper::None) => {
                let element = self.types.fresh();
                let optional = self.types.optional(element);
                constant(self, "None", Pattern::None, optional)
            }
            Some(Upper::Some) => {
                let element = self.types.fresh();
                let optional = self.types.optional(element);
                self.expect_pattern(optional, ty, span);
                match argument {
                    Some(argument) => Pattern::Some(Box::new(self.pattern(cx, argument, element))),
                    None => {
                        self.diagnostics.push(errors::patterns::missing_argument("Optional", span));
                        Pattern::Wildcard
                    }
                }
            }
            Some(Upper::Constructor(constructor)) => {
                let DeclaredKind::Sum(sum) = self.kind(constructor.declared) else { return Pattern::Wildcard };
                let (instance, arguments) = self.sum_instance(constructor.declared);
                self.expect_pattern(instance, ty, span);
                let entry = &sum.constructors[constructor.position as usize];
                match (entry.payload, argument) {
                    (Some(payload), Some(argument)) => {
                        let payload = self.types.substitute(payload, &arguments);
                        Pattern::Constructor(entry.id, Some(Box::new(self.pattern(cx, argument, payload))))
                    }
                    (None, None) => Pattern::Constructor(entry.id, None),
                    (Some(_), None) => {
                        self.diagnostics.push(errors::patterns::missing_argument(&entry.name, span));
                        Pattern::Constructor(entry.id, None)
                    }
                    (None, Some(_)) => {
                        self.diagnostics.push(errors::patterns::constant_with_argument(&entry.name, span));
                        Pattern::Constructor(entry.id, None)
                    }
                }
            }
            Some(Upper::Type(_) | Upper::Module(_)) | None => {
                self.report_unknown_upper(cx.module, &path.segments, place, false);
                // Its names still come into scope, so that they are not reported as unknown.
                if let Some(argument) = argument {
                    self.pattern(cx, argument, Types::ERROR);
                }
                Pattern::Wildcard
            }
        }
    }

    fn expect_pattern(&mut self, pattern: Ty, scrutinee: Ty, span: Span) {
        if self.unify(pattern, scrutinee).is_err() {
            let (pattern_shown, shown) = (self.show(pattern), self.show(scrutinee));
            let optional = self.types.argument_of(scrutinee, Builtin::Optional).is_some();
            self.diagnostics.push(errors::patterns::never_matches(&pattern_shown, &shown, optional, span));
        }
    }

    /// A pattern that has to match whatever it meets; whether it does is looked at when its type is known.
    pub fn binding_pattern(&mut self, cx: &mut Context<'_>, pattern: ast::PatternId, ty: Ty) -> Pattern {
        let reported = self.diagnostics.len();
        let typed = self.pattern(cx, pattern, ty);
        let plain = matches!(typed, Pattern::Wildcard | Pattern::Bind(_));
        if !plain && reported == self.diagnostics.len() && !has_error(cx.tree, pattern) {
            let span = cx.span(cx.tree[pattern].range);
            let arms = vec![(typed.clone(), span)];
            cx.pending.matches.push(PendingMatch { scrutinee: ty, span, arms, kind: MatchKind::Binding });
        }
        typed
    }

    /// Reports a name that a pattern binds twice; its names begin at `mark`.
    pub fn bound_once(&mut self, cx: &Context<'_>, mark: usize, pattern: ast::PatternId) {
        self.names_once(cx, mark, cx.span(cx.tree[pattern].range));
    }

    /// Reports a name that comes into scope twice from `mark` on.
    pub fn names_once(&mut self, cx: &Context<'_>, mark: usize, span: Span) {
        let names = &cx.scope[mark..];
        // Nearly always there are a few.
        let mut seen = rustc_hash::FxHashSet::default();
        for (name, _) in names {
            if names.len() > 1 && !seen.insert(*name) {
                self.diagnostics.push(errors::names::duplicate(*name, span, None));
            }
        }
    }
}

/// Whether a pattern holds what could not be parsed.
pub fn has_error(tree: &ast::Tree, pattern: ast::PatternId) -> bool {
    let mut work = vec![pattern];
    while let Some(pattern) = work.pop() {
        match &tree[pattern].kind {
            Form::Error => return true,
            Form::Constructor { argument, .. } => work.extend(argument),
            Form::Tuple(items) | Form::List(items) => work.extend(items),
            Form::Record(fields) => work.extend(fields.iter().filter_map(|(_, pattern)| *pattern)),
            _ => {}
        }
    }
    false
}
