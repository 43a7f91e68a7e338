//! Expressions by their form.

use lw_syntax::Name;
use lw_syntax::ast::{self, ExprKind as Form};
use rustc_hash::FxHashMap;

use super::pattern::has_error;
use super::{Context, MatchKind, PendingMatch};
use crate::checker::{Checker, Origin};
use crate::declare::{TypeSite, TypeVariables};
use crate::errors;
use crate::order::components;
use crate::typed::{self, ExprId, ExprKind, Function};
use crate::types::{Builtin, Scheme, Ty, Type, Types};
use crate::unify::Mismatch;

impl Checker<'_> {
    /// The typed expression and its type.
    pub fn infer(&mut self, cx: &mut Context<'_>, expr: ast::ExprId) -> (ExprId, Ty) {
        // Nothing is expected here, whatever is around it.
        let (typed, ty) = self.with_reason(Types::ERROR, None, |checker| {
            stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || checker.infer_grown(cx, expr))
        });
        self.note_type(cx, expr, ty);
        (typed, ty)
    }

    fn infer_grown(&mut self, cx: &mut Context<'_>, expr: ast::ExprId) -> (ExprId, Ty) {
        let tree = cx.tree;
        let span = cx.expr_span(expr);
        if self.is_too_wide(cx, expr) {
            return (cx.add(ExprKind::Error, span), Types::ERROR);
        }
        match &tree[expr].kind {
            Form::Error => (cx.add(ExprKind::Error, span), Types::ERROR),
            Form::Name(name) => self.infer_name(cx, *name, span),
            Form::Upper(_) | Form::UpperField { .. } => self.infer_upper(cx, expr),
            Form::Int(value) => (cx.add(ExprKind::Int(*value), span), Types::INT),
            Form::Float(value) => (cx.add(ExprKind::Float(*value), span), Types::FLOAT),
            Form::Duration(value) => (cx.add(ExprKind::Duration(*value), span), Types::DURATION),
            Form::Size(value) => (cx.add(ExprKind::Size(*value), span), Types::SIZE),
            Form::String(parts) => (self.string(cx, parts, span), Types::STRING),
            Form::Group(inner) => self.infer(cx, *inner),
            Form::Tuple(items) => {
                let mut typed = Vec::with_capacity(items.len());
                let mut types = Vec::with_capacity(items.len());
                for item in items {
                    let (item, ty) = self.infer(cx, *item);
                    typed.push(item);
                    types.push(ty);
                }
                let ty = if types.is_empty() { Types::UNIT } else { self.types.add(Type::Tuple(types.into())) };
                (cx.add(ExprKind::Tuple(typed), span), ty)
            }
            Form::List(items) => self.infer_list(cx, items, span),
            Form::Record(entries) => self.infer_braces(cx, entries, span),
            Form::ListComprehension { element, generators } => {
                let mark = cx.scope.len();
                let clauses = self.clauses(cx, generators);
                let (element, ty) = self.infer(cx, *element);
                cx.scope.truncate(mark);
                let ty = self.types.list(ty);
                (cx.add(ExprKind::ListComprehension { element, clauses }, span), ty)
            }
            Form::DictionaryComprehension { key, value, generators } => {
                let mark = cx.scope.len();
                let clauses = self.clauses(cx, generators);
                let key = self.check(cx, *key, Types::STRING);
                let (value, ty) = self.infer(cx, *value);
                cx.scope.truncate(mark);
                let ty = self.types.dictionary(ty);
                (cx.add(ExprKind::DictionaryComprehension { key, value, clauses }, span), ty)
            }
            Form::Field { target, name } => self.infer_field(cx, *target, name, span),
            Form::ConstructorField { .. } => {
                self.diagnostics.push(errors::types::constructor_alone(span));
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
            Form::Call { callee, arguments } => self.infer_call(cx, expr, *callee, arguments),
            Form::With { target, entries } => self.infer_with(cx, *target, entries, span),
            Form::Operators { first, rest } => self.infer_operators(cx, *first, rest),
            Form::Prefix { operator, operand } => self.infer_prefix(cx, operator, *operand, span),
            Form::If { branches, otherwise } => self.conditional(cx, branches, *otherwise, None, span),
            Form::Case { scrutinee, arms } => self.case(cx, *scrutinee, arms, None, span),
            Form::Lambda { parameters, result, body } => self.infer_lambda(cx, parameters, *result, *body, span),
            Form::Block { items, result } => self.block(cx, items, *result, None, span),
            Form::Annotated { annotation, operand } => {
                let (inner, ty) = self.infer(cx, *operand);
                (self.annotated(cx, std::slice::from_ref(annotation), inner, span), ty)
            }
        }
    }

    /// The typed expression, coerced to an expected type.
    pub fn check(&mut self, cx: &mut Context<'_>, expr: ast::ExprId, expected: Ty) -> ExprId {
        self.note_expected(cx, expr, expected);
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || self.check_grown(cx, expr, expected))
    }

    fn check_grown(&mut self, cx: &mut Context<'_>, expr: ast::ExprId, expected: Ty) -> ExprId {
        let tree = cx.tree;
        let span = cx.expr_span(expr);
        if self.is_too_wide(cx, expr) {
            return cx.add(ExprKind::Error, span);
        }
        let expected = self.types.shallow(expected);
        if self.types.is_variable(expected) || self.types.is_error(expected) {
            let (typed, ty) = self.infer(cx, expr);
            return self.coerce(cx, typed, ty, expected, span);
        }
        match &tree[expr].kind {
            Form::Group(inner) => return self.check(cx, *inner, expected),
            Form::If { branches, otherwise } => {
                return self.conditional(cx, branches, *otherwise, Some(expected), span).0;
            }
            Form::Case { scrutinee, arms } => return self.case(cx, *scrutinee, arms, Some(expected), span).0,
            Form::Block { items, result } => return self.block(cx, items, *result, Some(expected), span).0,
            Form::Annotated { annotation, operand } => {
                let inner = self.check(cx, *operand, expected);
                return self.annotated(cx, std::slice::from_ref(annotation), inner, span);
            }
            Form::Operators { first, rest } => return self.check_operators(cx, *first, rest, expected),
            // `-1` where a Float is wanted.
            Form::Prefix { operator, operand }
                if operator.name == "-" && matches!(tree[*operand].kind, Form::Int(_) | Form::Float(_)) =>
            {
                let inner = self.types.argument_of(expected, Builtin::Optional);
                if self.erase(inner.unwrap_or(expected)) == Types::FLOAT {
                    let operand = self.check(cx, *operand, Types::FLOAT);
                    let negated = cx.add(ExprKind::Negate(operand), span);
                    return self.coerce(cx, negated, Types::FLOAT, expected, span);
                }
            }
            _ => {}
        }
        let literal = matches!(
            &tree[expr].kind,
            Form::Int(_)
                | Form::String(_)
                | Form::Tuple(_)
                | Form::List(_)
                | Form::Record(_)
                | Form::ListComprehension { .. }
                | Form::DictionaryComprehension { .. }
                | Form::Lambda { .. }
        );
        if literal {
            // Optional lifting: the expected type passes through it.
            if let Some(inner) = self.types.argument_of(expected, Builtin::Optional) {
                let erased = self.erase(inner);
                // One level only.
                if self.types.argument_of(erased, Builtin::Optional).is_some() {
                    let (typed, ty) = self.infer(cx, expr);
                    return self.coerce(cx, typed, ty, expected, span);
                }
                let inner = self.check(cx, expr, inner);
                return cx.add(ExprKind::Some(inner), span);
            }
            if let Some(typed) = self.check_literal(cx, expr, expected, span) {
                return typed;
            }
        }
        if let Some(inner) = self.types.argument_of(expected, Builtin::Blueprint)
            && let Form::Call { callee, arguments } = &tree[expr].kind
            && let Some(typed) = self.blueprint(cx, *callee, arguments, inner, span)
        {
            return typed;
        }
        let (typed, ty) = self.infer(cx, expr);
        self.coerce(cx, typed, ty, expected, span)
    }

    /// `if`; the branches agree with what is expected, or with each other.
    fn conditional(
        &mut self,
        cx: &mut Context<'_>,
        branches: &[(ast::ExprId, ast::ExprId)],
        otherwise: ast::ExprId,
        expected: Option<Ty>,
        span: lw_diagnostics::Span,
    ) -> (ExprId, Ty) {
        let mut typed: Vec<(ExprId, ExprId)> = Vec::with_capacity(branches.len());
        let mut agreed = expected;
        let first = branches.first().map(|(_, then)| cx.expr_span(*then));
        for (condition, then) in branches {
            let condition = self.with_reason(Types::BOOL, None, |checker| checker.check(cx, *condition, Types::BOOL));
            let (then, ty) = self.branch(cx, *then, agreed, expected.is_some(), first);
            agreed = Some(agreed.unwrap_or(ty));
            typed.push((condition, then));
        }
        let (mut result, ty) = self.branch(cx, otherwise, agreed, expected.is_some(), first);
        for (condition, then) in typed.into_iter().rev() {
            result = cx.add(ExprKind::If { condition, then, otherwise: result }, span);
        }
        (result, agreed.unwrap_or(ty))
    }

    /// One of several expressions of which one will be the value.
    pub fn branch(
        &mut self,
        cx: &mut Context<'_>,
        expr: ast::ExprId,
        agreed: Option<Ty>,
        expected: bool,
        first: Option<lw_diagnostics::Span>,
    ) -> (ExprId, Ty) {
        let Some(agreed) = agreed else { return self.infer(cx, expr) };
        if expected {
            return (self.check(cx, expr, agreed), agreed);
        }
        // Peers: neither is the rule, so the message names both.
        let (typed, ty) = self.infer(cx, expr);
        let span = cx.expr_span(expr);
        match self.try_coerce(cx, typed, ty, agreed, span) {
            Some(typed) => (typed, agreed),
            None => {
                let difference = self.difference(ty, agreed);
                self.diagnostics.push(errors::types::branches_differ(&difference, first.unwrap_or(span), span));
                (typed, agreed)
            }
        }
    }

    fn case(
        &mut self,
        cx: &mut Context<'_>,
        scrutinee: ast::ExprId,
        arms: &[ast::Arm],
        expected: Option<Ty>,
        span: lw_diagnostics::Span,
    ) -> (ExprId, Ty) {
        let (value, scrutinee_type) = self.infer(cx, scrutinee);
        let mut agreed = expected;
        let first = arms.first().map(|arm| cx.expr_span(arm.body));
        let mut typed = Vec::with_capacity(arms.len());
        let mut patterns = Vec::with_capacity(arms.len());
        let mut sound = true;
        for arm in arms {
            let mark = cx.scope.len();
            let reported = self.diagnostics.len();
            let pattern = self.pattern(cx, arm.pattern, scrutinee_type);
            self.bound_once(cx, mark, arm.pattern);
            sound &= reported == self.diagnostics.len() && !has_error(cx.tree, arm.pattern);
            let (body, ty) = self.branch(cx, arm.body, agreed, expected.is_some(), first);
            agreed = Some(agreed.unwrap_or(ty));
            cx.scope.truncate(mark);
            patterns.push((pattern.clone(), cx.span(cx.tree[arm.pattern].range)));
            typed.push((pattern, body));
        }
        let lenient = self.module(cx.module).languages.iter().any(|language| language == "ludwig");
        if sound {
            cx.pending.matches.push(PendingMatch {
                scrutinee: scrutinee_type,
                span: cx.expr_span(scrutinee),
                arms: patterns,
                kind: MatchKind::Case { lenient },
            });
        }
        (cx.add(ExprKind::Case { scrutinee: value, arms: typed }, span), agreed.unwrap_or(Types::ERROR))
    }

    fn infer_lambda(
        &mut self,
        cx: &mut Context<'_>,
        parameters: &[ast::LambdaParameter],
        result: Option<ast::TypeId>,
        body: ast::ExprId,
        span: lw_diagnostics::Span,
    ) -> (ExprId, Ty) {
        let types: Vec<Ty> = parameters.iter().map(|_| self.types.fresh()).collect();
        let expected = self.types.fresh();
        let typed = self.lambda(cx, parameters, result, body, &types, expected, span);
        let ty = self.types.function(&types, expected);
        (typed, ty)
    }

    /// A lambda whose parameters have the given types and whose body the given result.
    #[expect(clippy::too_many_arguments, reason = "the parts of a lambda and what is expected of them")]
    pub fn lambda(
        &mut self,
        cx: &mut Context<'_>,
        parameters: &[ast::LambdaParameter],
        result: Option<ast::TypeId>,
        body: ast::ExprId,
        types: &[Ty],
        expected: Ty,
        span: lw_diagnostics::Span,
    ) -> ExprId {
        let mark = cx.scope.len();
        let mut patterns = Vec::with_capacity(parameters.len());
        let names = cx.scope.len();
        for (parameter, ty) in parameters.iter().zip(types) {
            match parameter {
                ast::LambdaParameter::Pattern(pattern) => {
                    patterns.push(self.binding_pattern(cx, *pattern, *ty));
                }
                ast::LambdaParameter::Typed(parameter) => {
                    let written = self.body_type(cx, parameter.annotation);
                    self.expect_same(written, *ty, cx.span(parameter.name.range));
                    let local = cx.bind(parameter.name.name, parameter.name.range, Scheme::mono(written));
                    patterns.push(typed::Pattern::Bind(local));
                }
            }
        }
        self.names_once(cx, names, span);
        let expected = match result {
            Some(result) => {
                let written = self.body_type(cx, result);
                self.expect_same(written, expected, span);
                written
            }
            None => expected,
        };
        let body = self.check(cx, body, expected);
        cx.scope.truncate(mark);
        cx.add(ExprKind::Lambda(Function::Positional(patterns), body), span)
    }

    /// A type that is written within a body.
    pub fn body_type(&mut self, cx: &mut Context<'_>, ty: ast::TypeId) -> Ty {
        let site = TypeSite { module: cx.module, statement: cx.statement };
        self.written_type(site, ty, &mut TypeVariables::Body(&mut cx.variables))
    }

    pub fn expect_same(&mut self, found: Ty, expected: Ty, span: lw_diagnostics::Span) {
        match self.unify(found, expected) {
            Ok(()) => {}
            Err(Mismatch::Infinite) => self.diagnostics.push(errors::types::infinite(span)),
            Err(Mismatch::Different) => {
                let difference = self.difference(found, expected);
                self.diagnostics.push(errors::types::mismatch(&difference, span));
            }
        }
    }

    /// Reports a record of more fields than fields are looked for. A dictionary may have any number.
    fn is_too_wide(&mut self, cx: &Context<'_>, expr: ast::ExprId) -> bool {
        const FIELDS_MAX: usize = 5_000;
        let (Form::Record(entries) | Form::With { entries, .. }) = &cx.tree[expr].kind else { return false };
        let too_wide = entries.len() > FIELDS_MAX && !matches!(cx.tree[entries[0].key].kind, Form::String(_));
        if too_wide {
            self.diagnostics.push(errors::records::too_wide(FIELDS_MAX, cx.expr_span(expr)));
        }
        too_wide
    }

    pub fn clauses(&mut self, cx: &mut Context<'_>, generators: &[ast::Generator]) -> Vec<typed::Clause> {
        /// Each clause nests in the one before.
        const CLAUSES_MAX: usize = 100;
        let mut clauses = Vec::with_capacity(generators.len().min(CLAUSES_MAX));
        if let Some(ast::Generator::If(last) | ast::Generator::For { source: last, .. }) = generators.get(CLAUSES_MAX) {
            self.diagnostics.push(errors::operators::clauses_too_many(CLAUSES_MAX, cx.expr_span(*last)));
        }
        for generator in generators.iter().take(CLAUSES_MAX) {
            match generator {
                ast::Generator::If(condition) => {
                    clauses.push(typed::Clause::If(self.check(cx, *condition, Types::BOOL)));
                }
                ast::Generator::For { pattern, source } => {
                    let (typed, ty) = self.infer(cx, *source);
                    let element = self.element_type(ty, cx.expr_span(*source));
                    let mark = cx.scope.len();
                    let typed_pattern = self.binding_pattern(cx, *pattern, element);
                    self.bound_once(cx, mark, *pattern);
                    clauses.push(typed::Clause::For(typed_pattern, typed));
                }
            }
        }
        clauses
    }

    /// What a comprehension's source yields: elements, key-value tuples, or an Optional's value.
    fn element_type(&mut self, source: Ty, span: lw_diagnostics::Span) -> Ty {
        match self.types.get(source).clone() {
            Type::Error => Types::ERROR,
            Type::Builtin(Builtin::List | Builtin::Optional, arguments) => arguments[0],
            Type::Builtin(Builtin::Dictionary, arguments) => {
                self.types.add(Type::Tuple(Box::new([Types::STRING, arguments[0]])))
            }
            Type::Variable(_) => {
                let element = self.types.fresh();
                let list = self.types.list(element);
                let _ = self.unify(source, list);
                element
            }
            _ => {
                let shown = self.show(source);
                self.diagnostics.push(errors::types::not_iterable(&shown, span));
                Types::ERROR
            }
        }
    }

    /// `let`s and what they are for.
    fn block(
        &mut self,
        cx: &mut Context<'_>,
        items: &[ast::BlockItem],
        result: ast::ExprId,
        expected: Option<Ty>,
        span: lw_diagnostics::Span,
    ) -> (ExprId, Ty) {
        let mark = cx.scope.len();
        let bindings = self.block_bindings(cx, items);
        let mut statements: Vec<ExprId> = Vec::new();
        let mut annotations: Vec<&ast::Annotation> = Vec::new();
        for item in items {
            match item {
                ast::BlockItem::Statement(expr) => statements.push(self.infer(cx, *expr).0),
                ast::BlockItem::Annotation(annotation) => annotations.push(annotation),
                // An annotation above a `let` belongs to it.
                ast::BlockItem::Let(_) | ast::BlockItem::LetFunction(_) => annotations.clear(),
            }
        }
        let (mut body, ty) = match expected {
            Some(expected) => (self.check(cx, result, expected), expected),
            None => self.infer(cx, result),
        };
        for annotation in annotations.into_iter().rev() {
            body = self.annotated(cx, std::slice::from_ref(annotation), body, span);
        }
        for statement in statements.into_iter().rev() {
            body = cx.add(ExprKind::Sequence(statement, body), span);
        }
        cx.scope.truncate(mark);
        if !bindings.is_empty() {
            body = cx.add(ExprKind::Let { bindings, body }, span);
        }
        (body, ty)
    }

    /// The bindings of a block: all in scope of one another; those that others need are inferred first.
    fn block_bindings(&mut self, cx: &mut Context<'_>, items: &[ast::BlockItem]) -> Vec<(typed::LocalId, ExprId)> {
        struct Entry<'t> {
            name: Name,
            local: typed::LocalId,
            binding: LetForm<'t>,
            annotations: Vec<ast::Annotation>,
            ty: Ty,
            declared: bool,
        }
        enum LetForm<'t> {
            Binding(&'t ast::Binding),
            Function(&'t ast::Function),
        }
        let mut entries: Vec<Entry<'_>> = Vec::new();
        let mut annotations: Vec<ast::Annotation> = Vec::new();
        for item in items {
            let (ident, binding) = match item {
                ast::BlockItem::Let(binding) => (binding.name, LetForm::Binding(binding)),
                ast::BlockItem::LetFunction(function) => (function.name, LetForm::Function(function)),
                ast::BlockItem::Annotation(annotation) => {
                    annotations.push(annotation.clone());
                    continue;
                }
                ast::BlockItem::Statement(_) => continue,
            };
            if let Some(earlier) = entries.iter().find(|entry| entry.name == ident.name) {
                let _ = earlier;
                self.diagnostics.push(errors::names::duplicate(ident.name, cx.span(ident.range), None));
            }
            let (ty, declared) = match &binding {
                LetForm::Binding(ast::Binding { annotation: Some(annotation), old_parameters: None, .. }) => {
                    (self.body_type(cx, *annotation), true)
                }
                LetForm::Binding(_) | LetForm::Function(_) => {
                    self.types.level += 1;
                    let ty = self.types.fresh();
                    self.types.level -= 1;
                    (ty, false)
                }
            };
            let local = cx.bind(ident.name, ident.range, Scheme::mono(ty));
            let annotations = std::mem::take(&mut annotations);
            entries.push(Entry { name: ident.name, local, binding, annotations, ty, declared });
        }
        let groups = {
            let names: Vec<Name> = entries.iter().map(|entry| entry.name).collect();
            let values: Vec<ast::Range> = entries
                .iter()
                .map(|entry| match entry.binding {
                    LetForm::Binding(binding) => cx.tree[binding.value].range,
                    LetForm::Function(function) => cx.tree[function.body].range,
                })
                .collect();
            let_groups(cx.tree, &names, &values)
        };
        let mut typed: Vec<Option<(typed::LocalId, ExprId)>> = entries.iter().map(|_| None).collect();
        for group in groups {
            self.types.level += 1;
            for at in &group {
                let entry = &entries[*at];
                // Type variables that a function's header introduces are its own.
                let mark = cx.variables.len();
                let (mut value, span) = match &entry.binding {
                    LetForm::Binding(binding) => {
                        let span = cx.expr_span(binding.value);
                        let value = match &binding.old_parameters {
                            Some(parameters) => {
                                let result = binding.annotation.map(|annotation| self.body_type(cx, annotation));
                                self.local_function(cx, parameters, result, binding.value, entry.ty, span)
                            }
                            None => {
                                let place = binding.annotation.map(|annotation| cx.span(cx.tree[annotation].range));
                                let origin = place.map(Origin::Annotation);
                                self.with_reason(entry.ty, origin, |checker| checker.check(cx, binding.value, entry.ty))
                            }
                        };
                        (value, span)
                    }
                    LetForm::Function(function) => {
                        let span = cx.expr_span(function.body);
                        let result = function.result.map(|result| self.body_type(cx, result));
                        let parameters = &function.parameters;
                        (self.local_function(cx, parameters, result, function.body, entry.ty, span), span)
                    }
                };
                cx.variables.truncate(mark);
                if !entry.annotations.is_empty() {
                    value = self.annotated(cx, &entry.annotations, value, span);
                }
                typed[*at] = Some((entry.local, value));
            }
            self.types.level -= 1;
            let inferred: Vec<&Entry<'_>> =
                group.iter().map(|at| &entries[*at]).filter(|entry| !entry.declared).collect();
            if !inferred.is_empty() {
                let mut pending = std::mem::take(&mut cx.pending);
                self.settle_fields(&mut pending, false);
                self.keep_pending_mono(&pending);
                cx.pending = pending;
                let types: Vec<Ty> = inferred.iter().map(|entry| entry.ty).collect();
                let generics = self.types.generalise(&types);
                for entry in inferred {
                    cx.local_schemes[entry.local.0 as usize] = Scheme { generics, ty: entry.ty };
                }
            }
        }
        typed.into_iter().flatten().collect()
    }

    /// What is still undecided must not be generalised.
    fn keep_pending_mono(&mut self, pending: &super::Pending) {
        let level = self.types.level;
        let types = pending
            .fields
            .iter()
            .flat_map(|field| [field.receiver, field.result])
            .chain(pending.numbers.iter().map(|number| number.ty))
            .chain(pending.printed.iter().map(|(ty, _)| *ty))
            .chain(pending.matches.iter().map(|case| case.scrutinee));
        for ty in types {
            self.types.lower(ty, level);
        }
    }

    /// A function within a body.
    fn local_function(
        &mut self,
        cx: &mut Context<'_>,
        parameters: &ast::Parameters,
        result: Option<Ty>,
        body: ast::ExprId,
        ty: Ty,
        span: lw_diagnostics::Span,
    ) -> ExprId {
        let mark = cx.scope.len();
        let (header, types) = self.bind_parameters(cx, parameters);
        let result = result.unwrap_or_else(|| self.types.fresh());
        let function = self.types.function(&types, result);
        // Before the body, so that recursive calls know it.
        self.expect_same(function, ty, span);
        let body = self.check(cx, body, result);
        cx.scope.truncate(mark);
        cx.add(ExprKind::Lambda(header, body), span)
    }

    /// Brings a header's parameters into scope; gives the header and the types that a function type takes.
    pub fn bind_parameters(&mut self, cx: &mut Context<'_>, parameters: &ast::Parameters) -> (Function, Vec<Ty>) {
        let mut fields: Vec<(Name, Ty, typed::LocalId)> = Vec::with_capacity(parameters.parameters.len());
        for parameter in &parameters.parameters {
            let ty = self.body_type(cx, parameter.annotation);
            let name = parameter.name.name;
            if fields.iter().any(|(earlier, ..)| *earlier == name) {
                self.diagnostics.push(errors::names::duplicate(name, cx.span(parameter.name.range), None));
            }
            let local = cx.bind(name, parameter.name.range, Scheme::mono(ty));
            fields.push((name, ty, local));
        }
        match parameters.kind {
            ast::ParametersKind::Positional => {
                let types = fields.iter().map(|(_, ty, _)| *ty).collect();
                let patterns = fields.iter().map(|(_, _, local)| typed::Pattern::Bind(*local)).collect();
                (Function::Positional(patterns), types)
            }
            ast::ParametersKind::Record => {
                let record = self.types.record(fields.iter().map(|(name, ty, _)| (*name, *ty)).collect(), None);
                let header = fields.iter().map(|(name, _, local)| (*name, *local)).collect();
                (Function::Record(header), vec![record])
            }
        }
    }
}

/// A block's bindings in groups that mention each other, what is mentioned first.
fn let_groups(tree: &ast::Tree, names: &[Name], values: &[ast::Range]) -> Vec<Vec<usize>> {
    let numbers: FxHashMap<Name, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
    for expr in &tree.exprs {
        let Form::Name(name) = &expr.kind else { continue };
        let Some(target) = numbers.get(name) else { continue };
        // Values follow each other in the source.
        let after = values.partition_point(|range| range.start <= expr.range.start);
        if let Some(at) = after.checked_sub(1)
            && expr.range.end <= values[at].end
        {
            edges[at].push(*target);
        }
    }
    components(&edges)
}
