//! Calls: functions, constructors, resources.

use lw_diagnostics::{Edit, Span};
use lw_syntax::Name;
use lw_syntax::ast::{self, Arguments, ExprKind as Form};
use rustc_hash::FxHashSet;

use super::Context;
use super::literal::FieldParts;
use crate::checker::{Checker, Mismatched, Origin};
use crate::declared::{ConstructorInfo, DeclaredKind, ResourceType};
use crate::errors;
use crate::resolve::{Upper, path_of};
use crate::typed::{ExprId, ExprKind, ResourceMode};
use crate::types::{Builtin, DeclaredId, Ty, Type, Types};

/// An argument as written.
#[derive(Clone, Copy)]
enum Argument<'t> {
    Expr(ast::ExprId),
    /// `f(a: 1)`
    Named(&'t [ast::Entry]),
}

impl Checker<'_> {
    pub fn infer_call(
        &mut self,
        cx: &mut Context<'_>,
        expr: ast::ExprId,
        callee: ast::ExprId,
        arguments: &Arguments,
    ) -> (ExprId, Ty) {
        let tree = cx.tree;
        let span = cx.expr_span(expr);
        let arguments: Vec<Argument<'_>> = match arguments {
            Arguments::Positional(items) => items.iter().map(|item| Argument::Expr(*item)).collect(),
            Arguments::Literal(literal) => vec![Argument::Expr(*literal)],
            Arguments::Named(entries) => vec![Argument::Named(entries)],
        };
        if let Some(path) = path_of(tree, callee) {
            let place = cx.expr_span(callee);
            return match self.resolve_upper(cx.module, &path) {
                Some(Upper::Type(declared)) => self.apply_type(cx, declared, &arguments, place, span),
                Some(Upper::Constructor(constructor)) => self.construct(cx, constructor, &arguments, span),
                Some(Upper::Some) => {
                    let [Argument::Expr(argument)] = arguments.as_slice() else {
                        self.diagnostics.push(errors::calls::arity("Optional", 1, arguments.len(), span));
                        return (cx.add(ExprKind::Error, span), Types::ERROR);
                    };
                    let (inner, ty) = self.infer(cx, *argument);
                    let ty = self.types.optional(ty);
                    (cx.add(ExprKind::Some(inner), span), ty)
                }
                Some(Upper::True | Upper::False | Upper::None) => {
                    let name = path.last().map(|ident| ident.name).unwrap_or_default();
                    self.diagnostics.push(errors::calls::constant_called(name, span));
                    (cx.add(ExprKind::Error, span), Types::ERROR)
                }
                Some(Upper::Module(module)) => {
                    let name = self.module(module).name;
                    self.diagnostics.push(errors::types::module_as_value(name, place));
                    (cx.add(ExprKind::Error, span), Types::ERROR)
                }
                None => {
                    self.report_unknown_upper(cx.module, &path, place, false);
                    for argument in &arguments {
                        self.look_at(cx, *argument);
                    }
                    (cx.add(ExprKind::Error, span), Types::ERROR)
                }
            };
        }
        // `T.existing {…}`
        if let Form::Field { target, name } = &tree[callee].kind
            && name.name == "existing"
            && let Some(declared) = self.resource_named(cx.module, tree, *target)
        {
            return self.existing(cx, declared, &arguments, span);
        }
        // `Fleet.new {…}`
        if let Form::Field { target, name } = &tree[callee].kind
            && name.name == "new"
            && let Some(declared) = self.resource_of_module(cx.module, tree, *target)
        {
            let place = cx.expr_span(callee);
            return self.apply_type(cx, declared, &arguments, place, span);
        }
        self.apply(cx, callee, &arguments, span)
    }

    /// Checks an argument for its own mistakes only.
    fn look_at(&mut self, cx: &mut Context<'_>, argument: Argument<'_>) {
        match argument {
            // The fields of a literal have no meaning without the type; their values do.
            Argument::Expr(expr) => match &cx.tree[expr].kind {
                Form::Record(entries) => entries.iter().for_each(|entry| {
                    self.infer(cx, entry.value);
                }),
                _ => {
                    self.infer(cx, expr);
                }
            },
            Argument::Named(entries) => entries.iter().for_each(|entry| {
                self.infer(cx, entry.value);
            }),
        }
    }

    fn apply(
        &mut self,
        cx: &mut Context<'_>,
        callee: ast::ExprId,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> (ExprId, Ty) {
        let (function, ty) = self.infer(cx, callee);
        let place = cx.expr_span(callee);
        match self.types.get(ty).clone() {
            Type::Function(parameters, result) => {
                if parameters.len() != arguments.len() {
                    let text = self.text(place);
                    self.diagnostics.push(errors::calls::arity(&text, parameters.len(), arguments.len(), span));
                    for argument in arguments {
                        self.look_at(cx, *argument);
                    }
                    return (cx.add(ExprKind::Error, span), result);
                }
                let mark = self.mismatches.len();
                let typed = self.arguments(cx, Some(function), arguments, &parameters, span);
                self.argument_order(cx, arguments, &parameters, mark);
                (cx.add(ExprKind::Call(function, typed), span), result)
            }
            Type::Variable(_) => {
                let mut types = Vec::with_capacity(arguments.len());
                let mut typed = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let (argument, ty) = match argument {
                        Argument::Expr(expr) => self.infer(cx, *expr),
                        Argument::Named(entries) => self.infer_braces(cx, entries, span),
                    };
                    typed.push(argument);
                    types.push(ty);
                }
                let result = self.types.fresh();
                let wanted = self.types.function(&types, result);
                self.expect_same(ty, wanted, place);
                (cx.add(ExprKind::Call(function, typed), span), result)
            }
            Type::Error => {
                for argument in arguments {
                    self.look_at(cx, *argument);
                }
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
            _ => {
                let shown = self.show(ty);
                let text = self.text(place);
                self.diagnostics.push(errors::calls::not_a_function(&text, &shown, place));
                for argument in arguments {
                    self.look_at(cx, *argument);
                }
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
        }
    }

    /// Arguments against parameters; lambdas last, when the others have said what their parameters are.
    fn arguments(
        &mut self,
        cx: &mut Context<'_>,
        function: Option<ExprId>,
        arguments: &[Argument<'_>],
        parameters: &[Ty],
        span: Span,
    ) -> Vec<ExprId> {
        let mut typed: Vec<Option<ExprId>> = vec![None; arguments.len()];
        let global = function.and_then(|function| match cx.exprs[function.0 as usize].kind {
            ExprKind::Global(global) => Some(global),
            _ => None,
        });
        for lambdas in [false, true] {
            for (at, (argument, parameter)) in arguments.iter().zip(parameters).enumerate() {
                if self.waits(cx, *argument) != lambdas {
                    continue;
                }
                let origin = global.map(|global| Origin::Parameter(global, at));
                typed[at] = Some(self.with_reason(*parameter, origin, |checker| match argument {
                    Argument::Expr(expr) => checker.check(cx, *expr, *parameter),
                    Argument::Named(entries) => checker.named(cx, entries, *parameter, span),
                }));
            }
        }
        typed.into_iter().flatten().collect()
    }

    /// Arguments that do not fit where they stand and would in another order: one message instead of one each.
    fn argument_order(&mut self, cx: &Context<'_>, arguments: &[Argument<'_>], parameters: &[Ty], mark: usize) {
        /// More arguments than this are not tried in other orders.
        const ARGUMENTS_MAX: usize = 4;
        let spans: Vec<Option<Span>> = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Expr(expr) => Some(cx.expr_span(*expr)),
                Argument::Named(_) => None,
            })
            .collect();
        let new: Vec<Mismatched> = self.mismatches[mark..].to_vec();
        let wrong: Vec<(usize, Mismatched)> = new
            .iter()
            .filter_map(|found| Some((spans.iter().position(|span| *span == Some(found.span))?, *found)))
            .collect();
        // Something else is wrong, too, or all is well.
        if wrong.len() < 2 || wrong.len() > ARGUMENTS_MAX || wrong.len() != new.len() {
            return;
        }
        let Some(order) = self.fitting_order(&wrong, parameters) else { return };
        let edits: Vec<Edit> = wrong
            .iter()
            .zip(&order)
            .map(|((_, place), at)| Edit { span: place.span, text: self.source(wrong[*at].1.span).to_string() })
            .collect();
        let shown: Vec<String> = parameters.iter().map(|parameter| format!("`{}`", self.show(*parameter))).collect();
        let others: Vec<Span> = wrong[1..].iter().map(|(_, found)| found.span).collect();
        let message = errors::types::argument_order(&shown.join(", "), edits, wrong[0].1.span, &others);
        let first = wrong.iter().map(|(_, found)| found.diagnostic).min().unwrap_or_default();
        // From the last on, so that the numbers of the others stay true.
        let mut numbers: Vec<usize> = wrong.iter().map(|(_, found)| found.diagnostic).collect();
        numbers.sort_unstable();
        for number in numbers.into_iter().rev() {
            self.diagnostics.remove(number);
        }
        self.diagnostics.insert(first, message);
        self.mismatches.truncate(mark);
    }

    /// For each of the places the argument among them that fits there, each once.
    fn fitting_order(&mut self, wrong: &[(usize, Mismatched)], parameters: &[Ty]) -> Option<Vec<usize>> {
        let count = wrong.len();
        let fits: Vec<Vec<bool>> = wrong
            .iter()
            .map(|(place, _)| wrong.iter().map(|(_, found)| self.agree_once(found.found, parameters[*place])).collect())
            .collect();
        let mut order: Vec<usize> = Vec::new();
        fn place(fits: &[Vec<bool>], order: &mut Vec<usize>, count: usize) -> bool {
            let at = order.len();
            if at == count {
                return true;
            }
            (0..count).any(|candidate| {
                if !fits[at][candidate] || order.contains(&candidate) {
                    return false;
                }
                order.push(candidate);
                let done = place(fits, order, count);
                if !done {
                    order.pop();
                }
                done
            })
        }
        place(&fits, &mut order, count).then_some(order)
    }

    /// A lambda, or a record that holds one.
    fn waits(&self, cx: &Context<'_>, argument: Argument<'_>) -> bool {
        let Argument::Expr(mut expr) = argument else { return false };
        while let Form::Group(inner) = &cx.tree[expr].kind {
            expr = *inner;
        }
        matches!(cx.tree[expr].kind, Form::Lambda { .. })
    }

    /// `f(a: 1)`: the record that `f {a: 1}` would give.
    fn named(&mut self, cx: &mut Context<'_>, entries: &[ast::Entry], parameter: Ty, span: Span) -> ExprId {
        if let Some(typed) = self.check_named(cx, entries, parameter, span) {
            return typed;
        }
        let (typed, ty) = self.infer_braces(cx, entries, span);
        self.coerce(cx, typed, ty, parameter, span)
    }

    fn check_named(
        &mut self,
        cx: &mut Context<'_>,
        entries: &[ast::Entry],
        parameter: Ty,
        span: Span,
    ) -> Option<ExprId> {
        let erased = self.erase(parameter);
        let Type::Record(fields, None) = self.types.get(erased).clone() else { return None };
        let shown = self.show(erased);
        let fields: Vec<FieldParts> = fields
            .iter()
            .map(|(name, ty)| FieldParts::new(*name, *ty, self.types.argument_of(*ty, Builtin::Optional).is_some()))
            .collect();
        Some(self.check_fields(cx, entries, &fields, &[], &shown, span))
    }

    fn construct(
        &mut self,
        cx: &mut Context<'_>,
        constructor: ConstructorInfo,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> (ExprId, Ty) {
        let DeclaredKind::Sum(sum) = self.kind(constructor.declared) else {
            return (cx.add(ExprKind::Error, span), Types::ERROR);
        };
        let entry = &sum.constructors[constructor.position as usize];
        let (ty, type_arguments) = self.sum_instance(constructor.declared);
        let Some(payload) = entry.payload else {
            self.diagnostics.push(errors::calls::constant_called(entry.name, span));
            return (cx.add(ExprKind::Error, span), ty);
        };
        let payload = self.types.substitute(payload, &type_arguments);
        let argument = match arguments {
            [Argument::Expr(argument)] => self.check(cx, *argument, payload),
            [Argument::Named(entries)] => self.named(cx, entries, payload, span),
            several => {
                // `Con(a, b)` for a payload that is a tuple.
                let types = match self.types.get(payload).clone() {
                    Type::Tuple(types) if types.len() == several.len() => types,
                    _ => {
                        self.diagnostics.push(errors::calls::arity(&entry.name, 1, several.len(), span));
                        return (cx.add(ExprKind::Error, span), ty);
                    }
                };
                let typed = self.arguments(cx, None, several, &types, span);
                cx.add(ExprKind::Tuple(typed), span)
            }
        };
        (cx.add(ExprKind::Construct(entry.id, argument), span), ty)
    }

    fn apply_type(
        &mut self,
        cx: &mut Context<'_>,
        declared: DeclaredId,
        arguments: &[Argument<'_>],
        place: Span,
        span: Span,
    ) -> (ExprId, Ty) {
        let name = self.declared[declared.0 as usize].display;
        match self.kind(declared) {
            DeclaredKind::Resource(resource) => {
                let ty = self.types.add(Type::Declared(declared, Box::new([])));
                self.note_arguments(cx, arguments, ty);
                self.used_type(cx, declared, place);
                let argument = self.resource_argument(cx, &resource, &name, arguments, span);
                let kind = ExprKind::Resource { mode: ResourceMode::Managed, resource_type: resource.id, argument };
                (cx.add(kind, span), ty)
            }
            DeclaredKind::Record(_) => {
                self.diagnostics.push(errors::calls::record_type_called(&name, place));
                let parameters = self.declared[declared.0 as usize].parameters;
                let type_arguments: Vec<Ty> = (0..parameters).map(|_| self.types.fresh()).collect();
                let ty = self.types.add(Type::Declared(declared, type_arguments.into()));
                let argument = match arguments {
                    [Argument::Expr(argument)] => self.check(cx, *argument, ty),
                    _ => cx.add(ExprKind::Error, span),
                };
                (argument, ty)
            }
            DeclaredKind::Error => {
                for argument in arguments {
                    self.look_at(cx, *argument);
                }
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
            _ => {
                self.diagnostics.push(errors::types::type_as_value(&name, false, place));
                for argument in arguments {
                    self.look_at(cx, *argument);
                }
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
        }
    }

    /// A resource's properties, as one record.
    fn resource_argument(
        &mut self,
        cx: &mut Context<'_>,
        resource: &ResourceType,
        name: &str,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> ExprId {
        let literal: Option<&[ast::Entry]> = match arguments {
            [Argument::Named(entries)] => Some(entries),
            [Argument::Expr(expr)] => match &cx.tree[*expr].kind {
                Form::Record(entries) => Some(entries),
                _ => None,
            },
            _ => None,
        };
        if let Some(entries) = literal {
            // Keys that are not names have their own message.
            if !entries.is_empty() && !matches!(self.keys(cx, entries), Some(super::literal::Keys::Fields)) {
                if let Some(entry) = entries.iter().find(|entry| matches!(cx.tree[entry.key].kind, Form::String(_))) {
                    self.diagnostics.push(errors::records::quoted_fields(name, cx.expr_span(entry.key), Vec::new()));
                }
                return cx.add(ExprKind::Error, span);
            }
            let written = self.written.entry(resource.id).or_insert_with(|| Some(FxHashSet::default()));
            if let Some(written) = written {
                for entry in entries {
                    if let Form::Name(name) = &cx.tree[entry.key].kind {
                        written.insert(*name);
                    }
                }
            }
            let record = self.resource_fields(cx, resource, entries, name, span);
            self.check_presence(cx, &resource.record.presence, record, name, span);
            self.check_limits(cx, &resource.record, record, name);
            return record;
        }
        self.written.insert(resource.id, None);
        let fields: Vec<(Name, Ty)> = resource
            .record
            .fields
            .iter()
            .filter(|field| !field.read_only)
            .map(|field| (field.name, field.written))
            .collect();
        let expected = self.types.record(fields, None);
        match arguments {
            [Argument::Expr(expr)] => self.check(cx, *expr, expected),
            _ => {
                self.diagnostics.push(errors::calls::arity(name, 1, arguments.len(), span));
                cx.add(ExprKind::Error, span)
            }
        }
    }

    /// A property literal: the same as a record's, by name instead of by a list, since a resource type has many.
    fn resource_fields(
        &mut self,
        cx: &mut Context<'_>,
        resource: &ResourceType,
        entries: &[ast::Entry],
        owner: &str,
        span: Span,
    ) -> ExprId {
        let sound = entries.iter().all(|entry| match &cx.tree[entry.key].kind {
            Form::Name(name) => resource.record.field(*name).is_some_and(|field| !field.read_only),
            _ => false,
        });
        let given = |name: Name| {
            entries.iter().any(|entry| matches!(&cx.tree[entry.key].kind, Form::Name(given) if *given == name))
        };
        let complete =
            resource.record.fields.iter().all(|field| field.optional || field.read_only || given(field.name));
        if !sound || !complete {
            let fields: Vec<FieldParts> = resource.record.fields.iter().map(FieldParts::of).collect();
            return self.check_fields(cx, entries, &fields, &[], owner, span);
        }
        let mut typed: Vec<(Name, ExprId)> = Vec::with_capacity(entries.len());
        for entry in entries {
            let Form::Name(name) = &cx.tree[entry.key].kind else { continue };
            if typed.iter().any(|(earlier, _)| earlier == name) {
                self.diagnostics.push(errors::records::field_twice(*name, cx.expr_span(entry.key)));
                continue;
            }
            let Some(field) = resource.record.field(*name) else { continue };
            self.used_field(cx, *name, field.deprecated, cx.expr_span(entry.key));
            let value = self.check_field(cx, entry.value, field.written, &FieldParts::of(field), owner);
            typed.push((*name, value));
        }
        cx.add(ExprKind::Record(typed), span)
    }

    fn existing(
        &mut self,
        cx: &mut Context<'_>,
        declared: DeclaredId,
        arguments: &[Argument<'_>],
        span: Span,
    ) -> (ExprId, Ty) {
        let DeclaredKind::Resource(resource) = self.kind(declared) else {
            return (cx.add(ExprKind::Error, span), Types::ERROR);
        };
        let ty = self.types.add(Type::Declared(declared, Box::new([])));
        let identifier = self.program.resource_types[resource.id.0 as usize].identifier.clone();
        let fields: Vec<FieldParts> = resource
            .record
            .fields
            .iter()
            .filter(|field| identifier.contains(&field.name))
            .map(|field| {
                let ty = self.types.argument_of(field.ty, Builtin::Optional).unwrap_or(field.ty);
                FieldParts::new(field.name, ty, false)
            })
            .collect();
        self.note_arguments(cx, arguments, ty);
        let name = format!("{}.existing", self.declared[declared.0 as usize].display);
        let argument = match arguments {
            [Argument::Expr(expr)] => match &cx.tree[*expr].kind {
                Form::Record(entries) => self.check_fields(cx, entries, &fields, &[], &name, span),
                _ => {
                    let record = self.types.record(fields.iter().map(|field| (field.name, field.ty)).collect(), None);
                    self.check(cx, *expr, record)
                }
            },
            [Argument::Named(entries)] => self.check_fields(cx, entries, &fields, &[], &name, span),
            _ => {
                self.diagnostics.push(errors::calls::arity(&name, 1, arguments.len(), span));
                cx.add(ExprKind::Error, span)
            }
        };
        let kind = ExprKind::Resource { mode: ResourceMode::Existing, resource_type: resource.id, argument };
        (cx.add(kind, span), ty)
    }

    /// A constructor application where a `Blueprint` is wanted.
    pub fn blueprint(
        &mut self,
        cx: &mut Context<'_>,
        callee: ast::ExprId,
        arguments: &Arguments,
        wanted: Ty,
        span: Span,
    ) -> Option<ExprId> {
        let declared = self.resource_named(cx.module, cx.tree, callee)?;
        let DeclaredKind::Resource(resource) = self.kind(declared) else { return None };
        let ty = self.types.add(Type::Declared(declared, Box::new([])));
        // A blueprint of anything takes that of any type.
        if !matches!(self.types.get(wanted), Type::Builtin(Builtin::Anything, _)) {
            self.expect_same(ty, wanted, span);
        }
        let arguments: Vec<Argument<'_>> = match arguments {
            Arguments::Positional(items) => items.iter().map(|item| Argument::Expr(*item)).collect(),
            Arguments::Literal(literal) => vec![Argument::Expr(*literal)],
            Arguments::Named(entries) => vec![Argument::Named(entries)],
        };
        let name = self.declared[declared.0 as usize].display;
        self.note_arguments(cx, &arguments, ty);
        let argument = self.resource_argument(cx, &resource, &name, &arguments, span);
        Some(cx.add(ExprKind::Resource { mode: ResourceMode::Blueprint, resource_type: resource.id, argument }, span))
    }

    /// Notes what the literal among a resource's arguments is a literal of.
    fn note_arguments(&mut self, cx: &Context<'_>, arguments: &[Argument<'_>], ty: Ty) {
        if let [Argument::Expr(literal)] = arguments {
            self.note_expected(cx, *literal, ty);
        }
    }

    /// Source text.
    pub fn source(&self, span: Span) -> &str {
        &self.files.text(span.file)[span.start as usize..span.end as usize]
    }

    /// Source text, for messages; shortened.
    pub fn text(&self, span: Span) -> String {
        const SHOWN_MAX: usize = 40;
        let text = &self.files.text(span.file)[span.start as usize..span.end as usize];
        let line = text.lines().next().unwrap_or_default();
        if line.len() == text.len() && line.chars().count() <= SHOWN_MAX {
            return line.to_string();
        }
        line.chars().take(SHOWN_MAX).collect::<String>() + "…"
    }
}
