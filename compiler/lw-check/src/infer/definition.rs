//! Bodies of definitions: what a statement's expression is checked against, and what it becomes.

use lw_syntax::Name;
use lw_syntax::ast::{self, StatementKind, TypeDefinition};

use super::{Context, Pending};
use crate::checker::{Checker, Origin, ValuePart};
use crate::declared::DeclaredKind;
use crate::errors;
use crate::module::name_range;
use crate::typed::{Body, ExprId, Function, GlobalKind, InputType, Pattern, RefinementId, Selector};
use crate::types::{Builtin, Scheme, Ty, Type, Types};

impl Checker<'_> {
    /// Checks the expression of a statement against its type.
    pub fn check_statement(
        &mut self,
        mut cx: Context<'_>,
        statement: &ast::Statement,
        part: ValuePart,
        ty: Ty,
    ) -> (GlobalKind, Pending) {
        let kind = match (&statement.kind, part) {
            (StatementKind::Function(function), ValuePart::Whole) => {
                self.check_function(&mut cx, &function.parameters, function.result, function.body, ty)
            }
            (StatementKind::Binding(binding), ValuePart::Whole) => match &binding.old_parameters {
                Some(parameters) => self.check_function(&mut cx, parameters, binding.annotation, binding.value, ty),
                None => {
                    let place = binding.annotation.map(|annotation| cx.span(cx.tree[annotation].range));
                    let origin = place.map(Origin::Annotation);
                    let value = self.with_reason(ty, origin, |checker| checker.check(&mut cx, binding.value, ty));
                    let span = cx.expr_span(binding.value);
                    let root = self.annotated(&mut cx, &statement.annotations, value, span);
                    GlobalKind::Value(body(&mut cx, root))
                }
            },
            (StatementKind::Parameter { annotation, default, name }, _) => {
                let (input, refinement) = self.input(&cx, ty, *annotation, name.name);
                let place = cx.span(cx.tree[*annotation].range);
                let default = default.map(|default| {
                    let origin = Some(Origin::Annotation(place));
                    let root = self.with_reason(ty, origin, |checker| checker.check(&mut cx, default, ty));
                    body(&mut cx, root)
                });
                GlobalKind::Parameter { input, refinement, default }
            }
            (StatementKind::Lookup { value, annotation, name }, _) => {
                let (input, refinement) = self.input(&cx, ty, *annotation, name.name);
                let (root, found) = self.infer(&mut cx, *value);
                self.check_answer(&cx, found, ty, *value, *annotation);
                GlobalKind::Lookup { input, refinement, query: body(&mut cx, root) }
            }
            (StatementKind::Operator(declaration), _) => {
                let (root, found) = self.infer(&mut cx, declaration.body);
                let operands = if declaration.fixity == ast::Fixity::Prefix { 1 } else { 2 };
                let operands: Vec<Ty> = (0..operands).map(|_| self.types.fresh()).collect();
                let result = self.types.fresh();
                let wanted = self.types.function(&operands, result);
                if self.unify(found, wanted).is_err() {
                    let (name, shown) = (declaration.operator.name, self.show(found));
                    let place = cx.expr_span(declaration.body);
                    self.diagnostics.push(errors::operators::not_an_operation(name, operands.len(), &shown, place));
                    let _ = self.unify(ty, Types::ERROR);
                } else {
                    let _ = self.unify(ty, found);
                }
                GlobalKind::Value(body(&mut cx, root))
            }
            (StatementKind::Output { value, .. }, _) => {
                let root = self.check(&mut cx, *value, ty);
                GlobalKind::Value(body(&mut cx, root))
            }
            (StatementKind::Test { value, .. }, _) => {
                let (root, found) = self.infer(&mut cx, *value);
                let _ = self.unify(found, ty);
                let validation = self.prelude_type("Validation");
                if !self.could_unify(found, Types::BOOL) && !self.could_unify(found, validation) {
                    let shown = self.show(found);
                    self.diagnostics.push(errors::types::not_a_test(&shown, cx.expr_span(*value)));
                }
                GlobalKind::Value(body(&mut cx, root))
            }
            (StatementKind::Validate(value), _) => {
                let (root, found) = self.infer(&mut cx, *value);
                let _ = self.unify(found, ty);
                let validation = self.prelude_type("Validation");
                let argument = self.types.fresh();
                let wanted = self.types.function(&[argument], validation);
                if self.unify(found, wanted).is_err() {
                    let shown = self.show(found);
                    self.diagnostics.push(errors::types::not_a_policy(&shown, cx.expr_span(*value)));
                } else if !self.types.is_error(found) {
                    self.check_selects(&cx, argument, *value);
                }
                GlobalKind::Value(body(&mut cx, root))
            }
            (StatementKind::Defaults(entries), ValuePart::Default(at)) => {
                let entry = entries[at as usize];
                let root = self.check_default(&mut cx, &entry);
                GlobalKind::Value(body(&mut cx, root))
            }
            (StatementKind::Type(declaration), ValuePart::Predicate(_)) => {
                let TypeDefinition::Refinement(_, predicate) = &declaration.definition else {
                    return (GlobalKind::Error, cx.pending);
                };
                let argument = match self.types.get(ty) {
                    Type::Function(parameters, _) => parameters[0],
                    _ => Types::ERROR,
                };
                let local = cx.bind(Name::from("self"), cx.tree[*predicate].range, Scheme::mono(argument));
                let root = self.check(&mut cx, *predicate, Types::BOOL);
                GlobalKind::Function(Function::Positional(vec![Pattern::Bind(local)]), body(&mut cx, root))
            }
            _ => GlobalKind::Error,
        };
        self.note_locals(&cx);
        (kind, cx.pending)
    }

    /// A policy about what no resource holds is a slip, unless it comes with a library.
    fn check_selects(&mut self, cx: &Context<'_>, argument: Ty, value: ast::ExprId) {
        if self.module(cx.module).library || self.types.is_error(argument) {
            return;
        }
        let mut selector = self.selector(argument);
        while let Selector::All(inner) = selector {
            selector = *inner;
        }
        if matches!(selector, Selector::Nothing) {
            let shown = self.show(argument);
            self.diagnostics.push(errors::names::selects_nothing(&shown, cx.expr_span(value)));
        }
    }

    /// How a recorded input of a type is read.
    fn input(
        &mut self,
        cx: &Context<'_>,
        ty: Ty,
        annotation: ast::TypeId,
        name: Name,
    ) -> (InputType, Option<RefinementId>) {
        let input = self.input_type(ty, &mut Vec::new(), &mut 0);
        if !is_supported(&input) {
            let shown = self.show(ty);
            let place = cx.span(cx.tree[annotation].range);
            self.diagnostics.push(errors::types::not_an_input(name, &shown, place));
        }
        let inner = self.types.argument_of(ty, Builtin::Optional).unwrap_or(ty);
        let refinement = match *self.types.get(inner) {
            Type::Declared(declared, _) => self.refinement(declared).map(|refinement| refinement.id),
            _ => None,
        };
        (input, refinement)
    }

    /// What a question is answered with, against what the statement says. Text may be an id, an ARN or a name: the statement says so.
    fn check_answer(&mut self, cx: &Context<'_>, found: Ty, declared: Ty, value: ast::ExprId, annotation: ast::TypeId) {
        let as_text = |checker: &mut Self, ty: Ty| {
            let ty = checker.erase(ty);
            match checker.types.get(ty) {
                Type::Builtin(builtin, _) if builtin.is_reference() => Types::STRING,
                _ => ty,
            }
        };
        let wanted = self.types.argument_of(declared, Builtin::Optional).unwrap_or(declared);
        let text = match self.types.argument_of(wanted, Builtin::List) {
            Some(element) => {
                let element = as_text(self, element);
                self.types.list(element)
            }
            None => as_text(self, wanted),
        };
        if !self.agree_once(found, text) {
            let difference = self.difference(found, declared);
            let place = cx.span(cx.tree[annotation].range);
            let diagnostic = errors::types::mismatch(&difference, cx.expr_span(value));
            let label = format!("declared as `{}`", self.show(declared));
            self.diagnostics.push(errors::types::because(diagnostic, place, label));
        }
    }

    fn check_function(
        &mut self,
        cx: &mut Context<'_>,
        parameters: &ast::Parameters,
        result: Option<ast::TypeId>,
        expr: ast::ExprId,
        ty: Ty,
    ) -> GlobalKind {
        let (header, types) = self.bind_parameters(cx, parameters);
        let place = result.map(|result| cx.span(cx.tree[result].range));
        let result = match result {
            Some(result) => self.body_type(cx, result),
            None => self.types.fresh(),
        };
        let function = self.types.function(&types, result);
        // Before the body, so that recursive calls know it.
        self.expect_same(function, ty, cx.span(name_range(cx.statement)));
        let root = self.with_reason(result, place.map(Origin::Result), |checker| checker.check(cx, expr, result));
        GlobalKind::Function(header, body(cx, root))
    }

    fn check_default(&mut self, cx: &mut Context<'_>, entry: &ast::Entry) -> ExprId {
        let name = crate::declare::key_name(cx.tree, entry);
        match name.as_deref() {
            Some("provider") => {
                let wanted = self.prelude_type("Provider");
                self.check(cx, entry.value, wanted)
            }
            Some("tags") => {
                let wanted = self.types.dictionary(Types::STRING);
                self.check(cx, entry.value, wanted)
            }
            Some("lifecycle") => match &cx.tree[entry.value].kind {
                ast::ExprKind::Record(entries) => {
                    let place = cx.expr_span(entry.value);
                    self.lifecycle(cx, entries, place)
                }
                _ => self.infer(cx, entry.value).0,
            },
            _ => {
                let place = cx.expr_span(entry.key);
                let name = Name::from(name.as_deref().unwrap_or_default());
                let known = ["provider", "lifecycle", "tags"].map(Name::from);
                self.diagnostics.push(errors::records::unknown_field(name, "defaults", place, &known).0);
                self.infer(cx, entry.value).0
            }
        }
    }

    /// How a value of a type is read from text.
    fn input_type(&mut self, ty: Ty, seen: &mut Vec<Ty>, parts: &mut usize) -> InputType {
        /// Types of more parts are not read from text.
        const PARTS_MAX: usize = 2_000;
        let ty = self.types.shallow(ty);
        let again = |earlier: &Ty| match (self.types.get(*earlier), self.types.get(ty)) {
            (Type::Declared(one, _), Type::Declared(other, _)) => one == other,
            _ => false,
        };
        if *parts > PARTS_MAX || seen.iter().any(again) {
            return InputType::Unsupported;
        }
        *parts += 1;
        seen.push(ty);
        let found = match self.types.get(ty).clone() {
            Type::Builtin(builtin, arguments) => match builtin {
                Builtin::Int => InputType::Int,
                Builtin::Float => InputType::Float,
                Builtin::Bool => InputType::Bool,
                Builtin::String | Builtin::Id | Builtin::Arn | Builtin::Name => InputType::String,
                Builtin::Duration => InputType::Duration,
                Builtin::Size => InputType::Size,
                Builtin::Optional => InputType::Optional(Box::new(self.input_type(arguments[0], seen, parts))),
                Builtin::List => InputType::List(Box::new(self.input_type(arguments[0], seen, parts))),
                Builtin::Dictionary => InputType::Dictionary(Box::new(self.input_type(arguments[0], seen, parts))),
                _ => InputType::Unsupported,
            },
            Type::Record(fields, None) => {
                InputType::Record(fields.iter().map(|(name, ty)| (*name, self.input_type(*ty, seen, parts))).collect())
            }
            Type::Declared(declared, arguments) => match self.kind(declared) {
                DeclaredKind::Refinement(refinement) => match &refinement.strings {
                    Some(strings) => InputType::Union(strings.iter().map(|text| text.to_string()).collect()),
                    None => self.input_type(refinement.base, seen, parts),
                },
                DeclaredKind::Record(_) => match self.opened(declared, &arguments) {
                    Some(open) => self.input_type(open, seen, parts),
                    None => InputType::Unsupported,
                },
                _ => InputType::Unsupported,
            },
            Type::Error => InputType::String,
            _ => InputType::Unsupported,
        };
        seen.pop();
        found
    }
}

fn is_supported(input: &InputType) -> bool {
    match input {
        InputType::Unsupported => false,
        InputType::Optional(inner) | InputType::List(inner) | InputType::Dictionary(inner) => is_supported(inner),
        InputType::Record(fields) => fields.iter().all(|(_, field)| is_supported(field)),
        _ => true,
    }
}

fn body(cx: &mut Context<'_>, root: ExprId) -> Body {
    // Room was made for every written expression, keys included.
    let mut exprs = std::mem::take(&mut cx.exprs);
    exprs.shrink_to_fit();
    Body { exprs, root, locals: std::mem::take(&mut cx.locals) }
}
