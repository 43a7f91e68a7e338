//! Names and fields.

use lw_diagnostics::Span;
use lw_syntax::Name;
use lw_syntax::ast::{self, ExprKind as Form};

use super::Context;
use crate::checker::Checker;
use crate::declared::{DeclaredKind, ResourceType};
use crate::errors;
use crate::resolve::{Upper, path_of};
use crate::typed::{ExprId, ExprKind};
use crate::types::{Builtin, Ty, Type, Types};

impl Checker<'_> {
    pub fn infer_name(&mut self, cx: &mut Context<'_>, name: Name, span: Span) -> (ExprId, Ty) {
        self.note_scope(cx, name);
        if let Some(local) = cx.find_local(name) {
            self.note_local_use(cx, local, span);
            let scheme = cx.local_schemes[local.0 as usize];
            return (cx.add(ExprKind::Local(local), span), self.types.instantiate(scheme));
        }
        if name.as_str().starts_with("__") && self.module(cx.module).library {
            let ty = self.types.fresh();
            return (cx.add(ExprKind::Primitive(name), span), ty);
        }
        match self.resolve_value(cx.module, name) {
            Some(value) => {
                self.note_value_use(cx, value, span);
                let scheme = self.scheme_of(value);
                let ty = self.types.instantiate(scheme);
                let global = self.demand(value);
                self.used_value(cx, value, span);
                (cx.add(ExprKind::Global(global), span), ty)
            }
            None => {
                let locals: Vec<Name> = cx.scope.iter().rev().map(|(name, _)| *name).collect();
                let range = ast::Range::new(span.start - cx.statement.start, span.end - cx.statement.start);
                self.report_unknown_name(cx.module, ast::Ident { name, range }, span, &locals);
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
        }
    }

    /// An upper-case path that stands alone: a constructor.
    pub fn infer_upper(&mut self, cx: &mut Context<'_>, expr: ast::ExprId) -> (ExprId, Ty) {
        let span = cx.expr_span(expr);
        let Some(path) = path_of(cx.tree, expr) else {
            // `x.Con` without a field after it.
            self.diagnostics.push(errors::types::constructor_alone(span));
            return (cx.add(ExprKind::Error, span), Types::ERROR);
        };
        match self.resolve_upper(cx.module, &path) {
            Some(Upper::True) => (cx.add(ExprKind::Bool(true), span), Types::BOOL),
            Some(Upper::False) => (cx.add(ExprKind::Bool(false), span), Types::BOOL),
            Some(Upper::None) => {
                let element = self.types.fresh();
                let ty = self.types.optional(element);
                (cx.add(ExprKind::None, span), ty)
            }
            Some(Upper::Some) => {
                let element = self.types.fresh();
                let optional = self.types.optional(element);
                let ty = self.types.function(&[element], optional);
                (cx.add(ExprKind::SomeFunction, span), ty)
            }
            Some(Upper::Constructor(constructor)) => {
                let DeclaredKind::Sum(sum) = self.kind(constructor.declared) else {
                    return (cx.add(ExprKind::Error, span), Types::ERROR);
                };
                let entry = &sum.constructors[constructor.position as usize];
                let (ty, arguments) = self.sum_instance(constructor.declared);
                let ty = match entry.payload {
                    Some(payload) => {
                        let payload = self.types.substitute(payload, &arguments);
                        self.types.function(&[payload], ty)
                    }
                    None => ty,
                };
                (cx.add(ExprKind::Constructor(entry.id), span), ty)
            }
            Some(Upper::Type(declared)) => {
                let name = self.declared[declared.0 as usize].display;
                let resource = matches!(self.kind(declared), DeclaredKind::Resource(_));
                self.diagnostics.push(errors::types::type_as_value(&name, resource, span));
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
            Some(Upper::Module(module)) => {
                let name = self.module(module).name;
                self.diagnostics.push(errors::types::module_as_value(name, span));
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
            None => {
                self.report_unknown_upper(cx.module, &path, span, false);
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
        }
    }

    /// A sum with fresh arguments.
    pub fn sum_instance(&mut self, declared: crate::types::DeclaredId) -> (Ty, Vec<Ty>) {
        let parameters = self.declared[declared.0 as usize].parameters;
        let arguments: Vec<Ty> = (0..parameters).map(|_| self.types.fresh()).collect();
        (self.types.add(Type::Declared(declared, arguments.clone().into())), arguments)
    }

    pub fn infer_field(
        &mut self,
        cx: &mut Context<'_>,
        target: ast::ExprId,
        name: &ast::Ident,
        span: Span,
    ) -> (ExprId, Ty) {
        let tree = cx.tree;
        let name_span = cx.span(name.range);
        match &tree[target].kind {
            // `Module.value`
            Form::Upper(_) | Form::UpperField { .. } => {
                if let Some(path) = path_of(tree, target) {
                    return self.module_value(cx, target, &path, name, span);
                }
                // `x.Con.f`
                if let Form::UpperField { target: value, name: constructor } = &tree[target].kind {
                    let path = ast::ModulePath { segments: vec![*constructor], range: constructor.range };
                    return self.constructor_field(cx, *value, &path, name, span);
                }
            }
            // `x.(Con).f`
            Form::ConstructorField { target: value, constructor } => {
                return self.constructor_field(cx, *value, constructor, name, span);
            }
            _ => {}
        }
        let (typed, ty) = self.infer(cx, target);
        let result = if self.types.is_variable(ty) {
            let result = self.types.fresh();
            let field = super::PendingField { receiver: ty, name: name.name, name_span, result };
            cx.pending.fields.push(field);
            result
        } else {
            self.field_type(ty, name.name, name_span, true)
        };
        (cx.add(ExprKind::Field(typed, name.name), span), result)
    }

    fn module_value(
        &mut self,
        cx: &mut Context<'_>,
        target: ast::ExprId,
        path: &[ast::Ident],
        name: &ast::Ident,
        span: Span,
    ) -> (ExprId, Ty) {
        let path_span = cx.expr_span(target);
        let name_span = cx.span(name.range);
        // Before a dot and a lower name a module is meant, also where a type or constructor shares its name.
        let meant = match self.resolve_module(cx.module, path) {
            Some(module) => Some(Upper::Module(module)),
            None => self.resolve_upper(cx.module, path),
        };
        match meant {
            Some(Upper::Module(module)) => match self.exported_value(module, name.name) {
                Some(value) => {
                    let scheme = self.scheme_of(value);
                    let ty = self.types.instantiate(scheme);
                    let global = self.demand(value);
                    self.used_value(cx, value, span);
                    (cx.add(ExprKind::Global(global), span), ty)
                }
                None => {
                    let candidates: Vec<Name> = self.module(module).values.keys().copied().collect();
                    let hidden = candidates.contains(&name.name);
                    self.report_missing(module, name.name, name_span, hidden, &candidates);
                    (cx.add(ExprKind::Error, span), Types::ERROR)
                }
            },
            // A nullary constructor or a constant of a sum: `x.f` of its value.
            Some(Upper::Constructor(_) | Upper::True | Upper::False | Upper::None) => {
                let (typed, ty) = self.infer_upper(cx, target);
                let result = self.field_type(ty, name.name, name_span, true);
                (cx.add(ExprKind::Field(typed, name.name), span), result)
            }
            Some(Upper::Type(declared)) => {
                let shown = self.declared[declared.0 as usize].display;
                self.diagnostics.push(errors::types::type_member(&shown, name.name, span));
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
            Some(Upper::Some) | None => {
                self.report_unknown_upper(cx.module, path, path_span, true);
                (cx.add(ExprKind::Error, span), Types::ERROR)
            }
        }
    }

    fn constructor_field(
        &mut self,
        cx: &mut Context<'_>,
        value: ast::ExprId,
        path: &ast::ModulePath,
        name: &ast::Ident,
        span: Span,
    ) -> (ExprId, Ty) {
        let (typed, ty) = self.infer(cx, value);
        let place = cx.span(path.range);
        let Some(Upper::Constructor(constructor)) = self.resolve_upper(cx.module, &path.segments) else {
            self.report_unknown_upper(cx.module, &path.segments, place, false);
            return (cx.add(ExprKind::Error, span), Types::ERROR);
        };
        let DeclaredKind::Sum(sum) = self.kind(constructor.declared) else {
            return (cx.add(ExprKind::Error, span), Types::ERROR);
        };
        let (instance, arguments) = self.sum_instance(constructor.declared);
        self.expect_same(ty, instance, cx.expr_span(value));
        let entry = &sum.constructors[constructor.position as usize];
        let Some(payload) = entry.payload else {
            self.diagnostics.push(errors::types::no_payload(entry.name, cx.span(name.range)));
            return (cx.add(ExprKind::Error, span), Types::ERROR);
        };
        let payload = self.types.substitute(payload, &arguments);
        let result = self.field_type(payload, name.name, cx.span(name.range), true);
        (cx.add(ExprKind::ConstructorField(typed, entry.id, name.name), span), result)
    }

    /// The type of a field of a known receiver; reports what is wrong with it.
    pub fn field_type(&mut self, receiver: Ty, name: Name, span: Span, report: bool) -> Ty {
        let receiver = self.erase(receiver);
        match self.types.get(receiver).clone() {
            Type::Error => Types::ERROR,
            Type::Record(fields, rest) => {
                if let Some((_, ty)) = fields.iter().find(|(known, _)| *known == name) {
                    return *ty;
                }
                if let Some(rest) = rest
                    && self.types.is_variable(rest)
                {
                    let ty = self.types.fresh();
                    let further = self.types.fresh();
                    let more = self.types.record(vec![(name, ty)], Some(further));
                    let _ = self.unify(rest, more);
                    return ty;
                }
                let known: Vec<Name> = fields.iter().map(|(name, _)| *name).collect();
                let shown = self.show(receiver);
                if report {
                    self.diagnostics.push(errors::records::unknown_field(name, &shown, span, &known).0);
                }
                Types::ERROR
            }
            Type::Declared(declared, arguments) => {
                let shown = self.declared[declared.0 as usize].display;
                match self.kind(declared) {
                    DeclaredKind::Record(record) => match record.field(name) {
                        Some(field) => self.types.substitute(field.ty, &arguments),
                        None => {
                            let known: Vec<Name> = record.fields.iter().map(|field| field.name).collect();
                            self.diagnostics.push(errors::records::unknown_field(name, &shown, span, &known).0);
                            Types::ERROR
                        }
                    },
                    DeclaredKind::Resource(resource) => match resource.record.field(name) {
                        Some(field) => self.read_type(field),
                        None if let Some(meant) = general_attribute(&resource, name) => {
                            self.diagnostics.push(errors::records::unknown_attribute(name, &shown, meant, span));
                            Types::ERROR
                        }
                        None => {
                            let known: Vec<Name> = resource.record.fields.iter().map(|field| field.name).collect();
                            self.diagnostics.push(errors::records::unknown_field(name, &shown, span, &known).0);
                            Types::ERROR
                        }
                    },
                    DeclaredKind::Sum(sum) => match sum.constructors.as_slice() {
                        [only] => match only.payload {
                            Some(payload) => {
                                let payload = self.types.substitute(payload, &arguments);
                                self.field_type(payload, name, span, report)
                            }
                            None => {
                                self.diagnostics.push(errors::types::no_payload(only.name, span));
                                Types::ERROR
                            }
                        },
                        _ => {
                            let constructors: Vec<Name> = sum.constructors.iter().map(|entry| entry.name).collect();
                            self.diagnostics.push(errors::types::field_of_sum(name, &shown, &constructors, span));
                            Types::ERROR
                        }
                    },
                    DeclaredKind::Error | DeclaredKind::Pending => Types::ERROR,
                    DeclaredKind::Alias(target) => {
                        let target = self.types.substitute(target, &arguments);
                        self.field_type(target, name, span, report)
                    }
                    DeclaredKind::Opaque | DeclaredKind::Refinement(_) => {
                        self.diagnostics.push(errors::types::no_fields(&shown, name, span));
                        Types::ERROR
                    }
                }
            }
            Type::Builtin(Builtin::Optional, arguments) => {
                let inner = self.show(arguments[0]);
                self.diagnostics.push(errors::types::field_of_optional(name, &inner, span));
                Types::ERROR
            }
            Type::Builtin(Builtin::Dictionary, _) => {
                self.diagnostics.push(errors::types::field_of_dictionary(name, span));
                Types::ERROR
            }
            _ => {
                let shown = self.show(receiver);
                self.diagnostics.push(errors::types::no_fields(&shown, name, span));
                Types::ERROR
            }
        }
    }
}

/// What a resource calls the attribute that other tools call `id`, `arn` or `name` on every resource.
fn general_attribute(resource: &ResourceType, name: Name) -> Option<Name> {
    match name.as_str() {
        "id" | "ref" => resource.id_attribute.or(resource.name_attribute),
        "arn" => resource.arn_attribute,
        "name" => resource.name_attribute,
        _ => None,
    }
}
