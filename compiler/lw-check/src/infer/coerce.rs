//! Coercions, in their stated order: reference lifting, widening, refinement check, Optional lifting; at most one of each.

use lw_diagnostics::{Diagnostic, Edit, Span};
use lw_syntax::Name;
use lw_syntax::ast::{self, ParametersKind, StatementKind};

use super::Context;
use super::literal::FieldParts;
use crate::checker::{Checker, Mismatched, Origin, Reason, ValueId};
use crate::declared::{DeclaredKind, ResourceType};
use crate::errors;
use crate::typed::{ExprId, ExprKind, GlobalId};
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
            Type::Builtin(Builtin::Blueprint, arguments)
                if matches!(self.types.get(arguments[0]), Type::Builtin(Builtin::Anything, _))
                    && self.types.argument_of(actual, Builtin::Blueprint).is_some() =>
            {
                Some(typed)
            }
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
                let plain = self.try_coerce(cx, typed, actual, arguments[0], span)?;
                self.plain_secrets.push(span);
                Some(plain)
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
        let mut found = self.mismatch(actual, expected, span);
        if let Some((place, label)) = self.reason_for(expected) {
            found = errors::types::because(found, place, label);
        }
        let diagnostic = self.diagnostics.len();
        self.mismatches.push(Mismatched { span, found: actual, diagnostic });
        self.diagnostics.push(found);
    }

    /// Where an expected type is written down, if that is in a file of the program's own.
    fn reason_for(&mut self, expected: Ty) -> Option<(Span, String)> {
        let Reason { expected: wanted, origin } = self.reason?;
        let wanted = self.types.shallow(wanted);
        let inner = self.types.argument_of(wanted, Builtin::Optional).map(|inner| self.types.shallow(inner));
        let expected = self.types.shallow(expected);
        if wanted != expected && inner != Some(expected) {
            return None;
        }
        let (place, what) = match origin {
            Origin::Annotation(place) => (place, "declared as"),
            Origin::Result(place) => (place, "the result is declared as"),
            Origin::Field(place) => (place, "the field is declared as"),
            Origin::Parameter(global, at) => (self.parameter_place(global, at)?, "the parameter is declared as"),
        };
        let library = self.modules.iter().any(|module| module.file == place.file && module.library);
        (!library).then(|| (place, format!("{what} `{}`", self.show(wanted))))
    }

    /// Where the type of a global function's parameter is written.
    fn parameter_place(&mut self, global: GlobalId, at: usize) -> Option<Span> {
        let value = self.value(ValueId(global.0));
        let (module, slot) = (value.module, value.slot);
        let file = self.module(module).file;
        let statement = self.statement(module, slot);
        let parameters = match &statement.kind {
            StatementKind::Function(function) => Some(&function.parameters),
            StatementKind::Binding(binding) => binding.old_parameters.as_ref(),
            _ => None,
        }?;
        let positional = parameters.kind == ParametersKind::Positional;
        let annotation = parameters.parameters.get(at).filter(|_| positional)?.annotation;
        Some(statement.span(file, statement.tree[annotation].range))
    }

    /// Checks the value of a field that may be sensitive: what is plain in it is pointed out.
    pub fn check_field(
        &mut self,
        cx: &mut Context<'_>,
        value: ast::ExprId,
        wanted: Ty,
        field: &FieldParts,
        owner: &str,
    ) -> ExprId {
        let origin = field.span.map(Origin::Field);
        let mark = self.plain_secrets.len();
        let typed = self.with_reason(wanted, origin, |checker| checker.check(cx, value, wanted));
        let plain: Vec<Span> = self.plain_secrets.drain(mark..).collect();
        if field.sensitive && !self.module(cx.module).library {
            let found = plain.into_iter().map(|span| errors::records::plain_secret(field.name, owner, span));
            self.diagnostics.extend(found);
        }
        typed
    }

    /// Checks with a reason for what is expected, which a mismatch will name.
    pub fn with_reason<T>(&mut self, expected: Ty, origin: Option<Origin>, work: impl FnOnce(&mut Self) -> T) -> T {
        let reason = origin.map(|origin| Reason { expected, origin });
        let before = std::mem::replace(&mut self.reason, reason);
        let result = work(self);
        self.reason = before;
        result
    }

    fn mismatch(&mut self, actual: Ty, expected: Ty, span: Span) -> Diagnostic {
        let (found, wanted) = (self.show(actual), self.show(expected));
        let actual = self.types.shallow(actual);
        let expected_inner = self.types.argument_of(expected, Builtin::Optional).unwrap_or(expected);
        let expected_erased = self.erase(expected_inner);
        // `Optional` where its value is wanted.
        if let Some(inner) = self.types.argument_of(actual, Builtin::Optional)
            && self.types.argument_of(expected, Builtin::Optional).is_none()
            && self.could_unify(inner, expected_erased)
        {
            return errors::types::optional_as_value(&found, &wanted, span);
        }
        let text = self.text(span);
        let whole = !text.ends_with('…');
        let write = |text: String| whole.then_some(Edit { span, text });
        match self.types.get(actual).clone() {
            Type::Function(parameters, result) if self.could_unify(result, expected_erased) => {
                return errors::types::missing_call(&text, parameters.len(), &found, &wanted, span);
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
                    return errors::types::resource_as_value(&found, &wanted, &fitting, edit, span);
                }
            }
            Type::Builtin(Builtin::List, arguments) => {
                if let Some(element) = self.types.argument_of(expected_inner, Builtin::List) {
                    if self.fits_one_by_one(arguments[0], element) {
                        let edit = write(format!("[each for each in {text}]"));
                        return errors::types::fits_one_by_one(&found, &wanted, edit, span);
                    }
                    if self.is_reference(element) && self.erase(arguments[0]) == Types::STRING {
                        let edit = write(format!("[\"\\(each)\" for each in {text}]"));
                        return errors::types::text_as_reference(&found, &wanted, edit, span);
                    }
                }
            }
            // A refined text would rather be another one.
            Type::Builtin(Builtin::Int, _) if self.types.shallow(expected_inner) == Types::STRING => {
                let literal = text.bytes().all(|byte| byte.is_ascii_digit());
                let edit = write(if literal { format!("\"{text}\"") } else { format!("\"\\({text})\"") });
                return errors::types::number_as_text(&found, &wanted, edit, span);
            }
            // A number or truth value in quotes.
            Type::Builtin(Builtin::String, _) if self.is_quoted(&text, expected_erased) => {
                let bare = text[1..text.len() - 1].to_string();
                let bare = if bare == "true" || bare == "false" { capitalized(&bare) } else { bare };
                return errors::types::quoted_value(&found, &wanted, Edit { span, text: bare }, span);
            }
            Type::Builtin(Builtin::String, _) if self.is_reference(expected_erased) => {
                let edit = write(format!("\"\\({text})\""));
                return errors::types::text_as_reference(&found, &wanted, edit, span);
            }
            _ => {}
        }
        // One value where a list of such is wanted, and the other way round.
        if let Some(element) = self.types.argument_of(expected_inner, Builtin::List)
            && self.agree_once(actual, element)
        {
            return errors::types::one_for_a_list(&found, &wanted, write(format!("[{text}]")), span);
        }
        errors::types::mismatch(&self.difference(actual, expected), span)
    }

    /// Whether a literal text is what a value of the type would be without its quotes.
    fn is_quoted(&self, text: &str, wanted: Ty) -> bool {
        let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else { return false };
        let digits = |text: &str| !text.is_empty() && text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit());
        match wanted {
            Types::INT => digits(inner),
            Types::FLOAT => inner.split_once('.').map_or(digits(inner), |(whole, part)| digits(whole) && digits(part)),
            Types::BOOL => matches!(inner, "true" | "false" | "True" | "False"),
            Types::DURATION => {
                ["ms", "s", "m", "h", "d"].iter().any(|unit| inner.strip_suffix(unit).is_some_and(digits))
            }
            Types::SIZE => ["KiB", "MiB", "GiB", "TiB"].iter().any(|unit| inner.strip_suffix(unit).is_some_and(digits)),
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

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
