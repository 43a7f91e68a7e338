//! Coercions, in their stated order: reference lifting, widening, refinement check, Optional lifting; at most one of each.

use lw_diagnostics::{Edit, Span};
use lw_syntax::Name;

use super::Context;
use crate::checker::Checker;
use crate::declared::{DeclaredKind, ResourceType};
use crate::errors;
use crate::typed::{ExprId, ExprKind};
use crate::types::{Builtin, Ty, Type, Types};

impl Checker<'_> {
    /// The expression as the expected type; reports when it cannot be.
    pub fn coerce(&mut self, cx: &mut Context<'_>, typed: ExprId, actual: Ty, expected: Ty, span: Span) -> ExprId {
        match self.try_coerce(cx, typed, actual, expected, span) {
            Some(typed) => typed,
            None => {
                self.report_mismatch(actual, expected, span);
                typed
            }
        }
    }

    /// The expression as the expected type, or `None`.
    pub fn try_coerce(
        &mut self,
        cx: &mut Context<'_>,
        typed: ExprId,
        actual: Ty,
        expected: Ty,
        span: Span,
    ) -> Option<ExprId> {
        let actual = self.types.shallow(actual);
        let expected = self.types.shallow(expected);
        if actual == expected || self.types.is_error(actual) || self.types.is_error(expected) {
            return Some(typed);
        }
        // An unsolved head is never lifted, so that principal types survive.
        if self.types.is_variable(actual) || self.types.is_variable(expected) {
            return self.unify(actual, expected).ok().map(|()| typed);
        }
        match self.types.get(expected).clone() {
            Type::Builtin(Builtin::Optional, arguments) => {
                // One level only.
                let erased = self.erase(arguments[0]);
                if self.types.argument_of(actual, Builtin::Optional).is_some()
                    || self.types.argument_of(erased, Builtin::Optional).is_some()
                {
                    return self.unify(actual, expected).ok().map(|()| typed);
                }
                let inner = self.try_coerce(cx, typed, actual, arguments[0], span)?;
                Some(cx.add(ExprKind::Some(inner), span))
            }
            Type::Builtin(wanted, arguments) if wanted.is_reference() => {
                self.lift(cx, typed, actual, expected, wanted, arguments[0], span)
            }
            Type::Builtin(Builtin::String, _) => {
                let actual = self.erase(actual);
                match self.types.get(actual) {
                    Type::Builtin(found, _) if found.is_reference() => Some(typed),
                    _ => self.unify(actual, expected).ok().map(|()| typed),
                }
            }
            Type::Builtin(Builtin::Anything, _) => Some(typed),
            Type::Builtin(Builtin::Json, _) => (!matches!(self.types.get(actual), Type::Function(..))).then_some(typed),
            Type::Builtin(Builtin::PolicyDocument, _) => match self.types.get(actual) {
                Type::Builtin(Builtin::String | Builtin::Json | Builtin::PolicyDocument | Builtin::Dictionary, _)
                | Type::Record(..) => Some(typed),
                _ => None,
            },
            Type::Builtin(Builtin::Secret, arguments) => {
                if self.types.argument_of(actual, Builtin::Secret).is_some() {
                    return self.unify(actual, expected).ok().map(|()| typed);
                }
                self.try_coerce(cx, typed, actual, arguments[0], span)
            }
            Type::Declared(declared, _) => match self.kind(declared) {
                DeclaredKind::Refinement(refinement) => {
                    if let Type::Declared(other, _) = self.types.get(actual)
                        && *other == declared
                    {
                        return Some(typed);
                    }
                    let inner = self.try_coerce(cx, typed, actual, refinement.base, span)?;
                    Some(cx.add(ExprKind::Refine(refinement.id, inner), span))
                }
                DeclaredKind::Record(_) => self.widen_record(typed, actual, expected),
                _ => self.unify(actual, expected).ok().map(|()| typed),
            },
            Type::Record(..) => self.widen_record(typed, actual, expected),
            _ => self.unify(actual, expected).ok().map(|()| typed),
        }
    }

    /// A closed record may lack what is optional: a missing field reads as None.
    fn widen_record(&mut self, typed: ExprId, actual: Ty, expected: Ty) -> Option<ExprId> {
        let structure = |checker: &mut Self, ty: Ty| match checker.types.get(ty).clone() {
            Type::Declared(declared, arguments) => checker.opened(declared, &arguments),
            Type::Record(..) => Some(checker.erase(ty)),
            _ => None,
        };
        if let (Type::Declared(one, _), Type::Declared(other, _)) = (self.types.get(actual), self.types.get(expected))
            && one == other
        {
            return self.unify(actual, expected).ok().map(|()| typed);
        }
        if let (Some(found), Some(wanted)) = (structure(self, actual), structure(self, expected))
            && let (Type::Record(found, None), Type::Record(wanted, None)) =
                (self.types.get(found).clone(), self.types.get(wanted).clone())
        {
            let fits = found.iter().all(|(name, _)| wanted.iter().any(|(known, _)| known == name));
            if !fits {
                return None;
            }
            for (name, ty) in &wanted {
                match found.iter().find(|(known, _)| known == name) {
                    Some((_, found)) => self.unify(*found, *ty).ok()?,
                    None => {
                        self.types.argument_of(*ty, Builtin::Optional)?;
                    }
                }
            }
            return Some(typed);
        }
        self.unify(actual, expected).ok().map(|()| typed)
    }

    /// A resource where its id, ARN or name is wanted.
    #[expect(clippy::too_many_arguments, reason = "a coercion's parts, taken apart by its caller")]
    fn lift(
        &mut self,
        cx: &mut Context<'_>,
        typed: ExprId,
        actual: Ty,
        expected: Ty,
        wanted: Builtin,
        argument: Ty,
        span: Span,
    ) -> Option<ExprId> {
        if let Type::Declared(declared, _) = *self.types.get(actual)
            && let DeclaredKind::Resource(resource) = self.kind(declared)
        {
            let attribute = attribute_of(&resource, wanted)?;
            let wire = self.types.add(Type::Literal(resource.wire));
            self.unify(wire, argument).ok()?;
            return Some(cx.add(ExprKind::Attribute(typed, attribute), span));
        }
        self.unify(actual, expected).ok().map(|()| typed)
    }

    /// The one message for two types that do not agree where one is the rule.
    pub fn report_mismatch(&mut self, actual: Ty, expected: Ty, span: Span) {
        // A variable agrees with all but what holds it.
        if self.types.is_variable(actual) || self.types.is_variable(expected) {
            self.diagnostics.push(errors::types::infinite(span));
            return;
        }
        let (found, wanted) = (self.show(actual), self.show(expected));
        let actual = self.types.shallow(actual);
        let expected_inner = self.types.argument_of(expected, Builtin::Optional).unwrap_or(expected);
        let expected_erased = self.erase(expected_inner);
        // `Optional` where its value is wanted.
        if let Some(inner) = self.types.argument_of(actual, Builtin::Optional)
            && self.types.argument_of(expected, Builtin::Optional).is_none()
            && self.could_unify(inner, expected_erased)
        {
            self.diagnostics.push(errors::types::optional_as_value(&found, &wanted, span));
            return;
        }
        match self.types.get(actual).clone() {
            Type::Function(parameters, result) if self.could_unify(result, expected_erased) => {
                let text = self.text(span);
                self.diagnostics.push(errors::types::missing_call(&text, parameters.len(), &found, &wanted, span));
            }
            Type::Declared(declared, _) => {
                if let DeclaredKind::Resource(resource) = self.kind(declared) {
                    let fitting: Vec<Name> = resource
                        .record
                        .fields
                        .iter()
                        .filter(|field| field.read_only || !field.optional)
                        .filter(|field| self.reads_as(field.ty, expected_erased))
                        .map(|field| field.name)
                        .collect();
                    let preferred = [resource.id_attribute, resource.arn_attribute, resource.name_attribute];
                    let best = preferred.into_iter().flatten().find(|name| fitting.contains(name));
                    let best = best.or_else(|| if fitting.len() == 1 { fitting.first().copied() } else { None });
                    let at = Span::new(span.file, span.end, span.end);
                    let edit = best.map(|name| (name, Edit { span: at, text: format!(".{name}") }));
                    self.diagnostics.push(errors::types::resource_as_value(&found, &wanted, &fitting, edit, span));
                    return;
                }
                self.diagnostics.push(errors::types::mismatch(&found, &wanted, span));
            }
            Type::Builtin(Builtin::List, arguments)
                if self
                    .types
                    .argument_of(expected_inner, Builtin::List)
                    .is_some_and(|element| self.is_resource(arguments[0]) && self.is_reference(element)) =>
            {
                let text = self.text(span);
                let edit = Edit { span, text: format!("[each for each in {text}]") };
                let edit = (!text.ends_with('…')).then_some(edit);
                self.diagnostics.push(errors::types::list_of_resources(&found, &wanted, edit, span));
            }
            Type::Builtin(Builtin::Int, _) if expected_erased == Types::STRING => {
                let text = self.text(span);
                let edit = Edit { span, text: format!("\"\\({text})\"") };
                let edit = (!text.ends_with('…')).then_some(edit);
                self.diagnostics.push(errors::types::number_as_text(&found, &wanted, edit, span));
            }
            _ => self.diagnostics.push(errors::types::mismatch(&found, &wanted, span)),
        }
    }

    fn is_resource(&mut self, ty: Ty) -> bool {
        match *self.types.get(ty) {
            Type::Declared(declared, _) => matches!(self.kind(declared), DeclaredKind::Resource(_)),
            _ => false,
        }
    }

    fn is_reference(&self, ty: Ty) -> bool {
        matches!(self.types.get(ty), Type::Builtin(builtin, _) if builtin.is_reference())
    }

    /// Whether a property's value could stand where `wanted` is expected.
    fn reads_as(&mut self, property: Ty, wanted: Ty) -> bool {
        let property = self.erase(property);
        if wanted == Types::STRING && self.is_reference(property) {
            return true;
        }
        self.could_unify(property, wanted)
    }

    /// Whether two types have the same head; binds nothing.
    pub fn could_unify(&mut self, one: Ty, other: Ty) -> bool {
        let (one, other) = (self.erase(one), self.erase(other));
        match (self.types.get(one), self.types.get(other)) {
            (Type::Variable(_) | Type::Error, _) | (_, Type::Variable(_) | Type::Error) => true,
            (Type::Builtin(one, inner), Type::Builtin(other, outer)) => {
                one == other
                    && inner.iter().zip(outer.iter()).all(|(inner, outer)| {
                        match (self.types.get(*inner), self.types.get(*outer)) {
                            (Type::Literal(inner), Type::Literal(outer)) => inner == outer,
                            _ => true,
                        }
                    })
            }
            (Type::Declared(one, _), Type::Declared(other, _)) => one == other,
            (Type::Function(one, _), Type::Function(other, _)) => one.len() == other.len(),
            (Type::Tuple(one), Type::Tuple(other)) => one.len() == other.len(),
            (Type::Record(..), Type::Record(..)) => true,
            _ => false,
        }
    }
}

/// The attribute that stands for a resource where an `Id`, `Arn` or `Name` of it is wanted.
fn attribute_of(resource: &ResourceType, wanted: Builtin) -> Option<Name> {
    match wanted {
        Builtin::Id => resource.id_attribute,
        Builtin::Arn => resource.arn_attribute,
        Builtin::Name => resource.name_attribute,
        _ => None,
    }
}
