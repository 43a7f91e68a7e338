//! Literals: strings, lists, and everything in braces.

use std::sync::Arc;

use lw_diagnostics::{Edit, Span};
use lw_syntax::Name;
use lw_syntax::ast::{self, ExprKind as Form, StringPart};

use super::Context;
use crate::checker::Checker;
use crate::declare::text_of;
use crate::declared::{DeclaredKind, Field, RefinementType};
use crate::errors;
use crate::typed::{ExprId, ExprKind};
use crate::types::{Builtin, Ty, Type, Types};

/// What the keys of braces say they are.
pub enum Keys {
    Fields,
    Texts,
}

impl Checker<'_> {
    pub fn string(&mut self, cx: &mut Context<'_>, parts: &[StringPart], span: Span) -> ExprId {
        match parts {
            [] => return cx.add(ExprKind::String("".into()), span),
            [StringPart::Text(text)] => return cx.add(ExprKind::String(text.as_str().into()), span),
            _ => {}
        }
        let mut typed = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                StringPart::Text(text) => typed.push(cx.add(ExprKind::String(text.as_str().into()), span)),
                StringPart::Expr(expr) => {
                    let (part, ty) = self.infer(cx, *expr);
                    let place = cx.expr_span(*expr);
                    // A resource in a string is its id.
                    let (part, ty) = self.lift_printed(cx, part, ty, place);
                    cx.pending.printed.push((ty, place));
                    typed.push(part);
                }
            }
        }
        cx.add(ExprKind::Interpolate(typed), span)
    }

    fn lift_printed(&mut self, cx: &mut Context<'_>, typed: ExprId, ty: Ty, span: Span) -> (ExprId, Ty) {
        if let Type::Declared(declared, _) = *self.types.get(ty)
            && let DeclaredKind::Resource(resource) = self.kind(declared)
        {
            let name = self.program.resource_types[resource.id.0 as usize].name;
            let attributes = [resource.id_attribute, resource.arn_attribute, resource.name_attribute];
            let attributes: Vec<Name> = attributes.into_iter().flatten().collect();
            self.diagnostics.push(errors::types::resource_printed(&name, &attributes, span));
            return (typed, Types::ERROR);
        }
        let _ = cx;
        (typed, ty)
    }

    pub fn infer_list(&mut self, cx: &mut Context<'_>, items: &[ast::ExprId], span: Span) -> (ExprId, Ty) {
        let mut typed = Vec::with_capacity(items.len());
        let mut element: Option<Ty> = None;
        let first = items.first().map(|item| cx.expr_span(*item));
        for item in items {
            let (item, ty) = self.branch_of_list(cx, *item, element, first);
            element = Some(element.unwrap_or(ty));
            typed.push(item);
        }
        let element = element.unwrap_or_else(|| self.types.fresh());
        let ty = self.types.list(element);
        (cx.add(ExprKind::List(typed), span), ty)
    }

    /// An element, which must agree with the ones before it.
    fn branch_of_list(
        &mut self,
        cx: &mut Context<'_>,
        item: ast::ExprId,
        element: Option<Ty>,
        first: Option<Span>,
    ) -> (ExprId, Ty) {
        let Some(element) = element else { return self.infer(cx, item) };
        let span = cx.expr_span(item);
        // A literal takes the form of its neighbours: a record is padded, a string lifts to an id.
        if matches!(cx.tree[item].kind, Form::Record(_) | Form::String(_) | Form::List(_))
            && !matches!(self.types.get(element), Type::Record(..) | Type::Variable(_))
            && let Some(typed) = self.check_literal(cx, item, element, span)
        {
            return (typed, element);
        }
        let (typed, ty) = self.infer(cx, item);
        match self.try_coerce(cx, typed, ty, element, span) {
            Some(typed) => (typed, element),
            None => {
                let difference = self.difference(ty, element);
                self.diagnostics.push(errors::types::elements_differ(&difference, first.unwrap_or(span), span));
                (typed, element)
            }
        }
    }

    /// Braces without an expectation: a record if the keys are names, a dictionary if they are strings.
    pub fn infer_braces(&mut self, cx: &mut Context<'_>, entries: &[ast::Entry], span: Span) -> (ExprId, Ty) {
        match self.keys(cx, entries) {
            Some(Keys::Fields) => {
                let mut typed = Vec::with_capacity(entries.len());
                let mut fields: Vec<(Name, Ty)> = Vec::with_capacity(entries.len());
                for entry in entries {
                    let Some(name) = self.field_key(cx, entry, &fields) else { continue };
                    let (value, ty) = self.infer(cx, entry.value);
                    typed.push((name, value));
                    fields.push((name, ty));
                }
                let ty = self.types.record(fields, None);
                (cx.add(ExprKind::Record(typed), span), ty)
            }
            Some(Keys::Texts) => {
                let element = self.types.fresh();
                let ty = self.types.dictionary(element);
                let mut agreed: Option<Ty> = None;
                let first = entries.first().map(|entry| cx.expr_span(entry.value));
                let mut typed = Vec::with_capacity(entries.len());
                self.repeated_keys(cx, entries);
                for entry in entries {
                    let key = self.dictionary_key(cx, entry.key);
                    let (value, found) = self.branch_of_list(cx, entry.value, agreed, first);
                    agreed = Some(agreed.unwrap_or(found));
                    typed.push((key, value));
                }
                if let Some(agreed) = agreed {
                    let _ = self.unify(element, agreed);
                }
                (cx.add(ExprKind::Dictionary(typed), span), ty)
            }
            None => (cx.add(ExprKind::Error, span), Types::ERROR),
        }
    }

    /// Whether braces are a record or a dictionary; `None` when they are neither, which has been reported.
    pub fn keys(&mut self, cx: &Context<'_>, entries: &[ast::Entry]) -> Option<Keys> {
        let mut names = 0;
        for entry in entries {
            match &cx.tree[entry.key].kind {
                // A capital one has been reported by the parser.
                Form::Name(_) | Form::Upper(_) => names += 1,
                Form::String(_) | Form::Group(_) => {}
                // Reported by the parser.
                _ => return None,
            }
        }
        if names == entries.len() {
            return Some(Keys::Fields);
        }
        if names == 0 {
            return Some(Keys::Texts);
        }
        let is_name = |entry: &&ast::Entry| matches!(cx.tree[entry.key].kind, Form::Name(_) | Form::Upper(_));
        let name = entries.iter().find(is_name).map(|entry| cx.expr_span(entry.key));
        let text = entries.iter().find(|entry| !is_name(entry)).map(|entry| cx.expr_span(entry.key));
        if let (Some(name), Some(text)) = (name, text) {
            self.diagnostics.push(errors::records::mixed_keys(name, text));
        }
        None
    }

    /// The name of a field entry, unless it stands twice.
    fn field_key(&mut self, cx: &Context<'_>, entry: &ast::Entry, before: &[(Name, Ty)]) -> Option<Name> {
        let Form::Name(name) = &cx.tree[entry.key].kind else { return None };
        if before.iter().any(|(earlier, _)| earlier == name) {
            self.diagnostics.push(errors::records::field_twice(*name, cx.expr_span(entry.key)));
            return None;
        }
        Some(*name)
    }

    fn repeated_keys(&mut self, cx: &Context<'_>, entries: &[ast::Entry]) {
        let mut seen: rustc_hash::FxHashSet<&str> = rustc_hash::FxHashSet::default();
        for entry in entries {
            if let Some(text) = text_of(cx.tree, entry.key)
                && !seen.insert(text)
            {
                self.diagnostics.push(errors::records::key_twice(text, cx.expr_span(entry.key)));
            }
        }
    }

    fn dictionary_key(&mut self, cx: &mut Context<'_>, key: ast::ExprId) -> ExprId {
        match &cx.tree[key].kind {
            Form::String(_) | Form::Group(_) => self.check(cx, key, Types::STRING),
            // No key; reported by the parser.
            _ => cx.add(ExprKind::Error, cx.expr_span(key)),
        }
    }

    /// A literal against an expected type that it can take its form from; `None` when inference and coercion should decide.
    pub fn check_literal(
        &mut self,
        cx: &mut Context<'_>,
        expr: ast::ExprId,
        expected: Ty,
        span: Span,
    ) -> Option<ExprId> {
        let tree = cx.tree;
        let form = &tree[expr].kind;
        if let Form::Group(inner) = form {
            return self.check_literal(cx, *inner, expected, span);
        }
        if let Type::Builtin(Builtin::Json | Builtin::PolicyDocument | Builtin::Anything, _) = self.types.get(expected)
        {
            return self.document(cx, expr, expected, span);
        }
        match form {
            Form::Int(value) => match self.types.get(expected) {
                // A whole number where a Float is wanted is that Float.
                Type::Builtin(Builtin::Float, _) => Some(cx.add(ExprKind::Float(*value as f64), span)),
                _ => None,
            },
            Form::String(parts) => self.check_string(cx, parts, expected, span),
            Form::Tuple(items) => {
                let Type::Tuple(types) = self.types.get(expected).clone() else { return None };
                if types.len() != items.len() {
                    return None;
                }
                let typed = items.iter().zip(types.iter()).map(|(item, ty)| self.check(cx, *item, *ty)).collect();
                Some(cx.add(ExprKind::Tuple(typed), span))
            }
            Form::List(items) => {
                let element = self.types.argument_of(expected, Builtin::List)?;
                let typed = items.iter().map(|item| self.check(cx, *item, element)).collect();
                Some(cx.add(ExprKind::List(typed), span))
            }
            Form::ListComprehension { element, generators } => {
                let wanted = self.types.argument_of(expected, Builtin::List)?;
                let mark = cx.scope.len();
                let clauses = self.clauses(cx, generators);
                let element = self.check(cx, *element, wanted);
                cx.scope.truncate(mark);
                Some(cx.add(ExprKind::ListComprehension { element, clauses }, span))
            }
            Form::DictionaryComprehension { key, value, generators } => {
                let wanted = self.types.argument_of(expected, Builtin::Dictionary)?;
                let mark = cx.scope.len();
                let clauses = self.clauses(cx, generators);
                let key = self.check(cx, *key, Types::STRING);
                let value = self.check(cx, *value, wanted);
                cx.scope.truncate(mark);
                Some(cx.add(ExprKind::DictionaryComprehension { key, value, clauses }, span))
            }
            Form::Lambda { parameters, result, body } => {
                let Type::Function(types, wanted) = self.types.get(expected).clone() else { return None };
                if types.len() != parameters.len() {
                    self.diagnostics.push(errors::calls::lambda_arity(types.len(), parameters.len(), span));
                    return Some(cx.add(ExprKind::Error, span));
                }
                Some(self.lambda(cx, parameters, *result, *body, &types, wanted, span))
            }
            Form::Record(entries) => self.check_braces(cx, entries, expected, span),
            _ => None,
        }
    }

    fn check_string(&mut self, cx: &mut Context<'_>, parts: &[StringPart], expected: Ty, span: Span) -> Option<ExprId> {
        match self.types.get(expected).clone() {
            // A literal lifts to what names a resource.
            Type::Builtin(builtin, _) if builtin.is_reference() => Some(self.string(cx, parts, span)),
            Type::Declared(declared, _) => {
                let refinement = self.refinement(declared)?;
                if let [StringPart::Text(text)] = parts
                    && let Some(strings) = &refinement.strings
                {
                    self.check_member(&refinement, strings, text, span, expected);
                    return Some(self.string(cx, parts, span));
                }
                None
            }
            _ => None,
        }
    }

    fn check_member(&mut self, refinement: &RefinementType, strings: &[Arc<str>], text: &str, span: Span, ty: Ty) {
        let known = refinement.members.contains(text)
            || (refinement.ignore_case && strings.iter().any(|string| string.eq_ignore_ascii_case(text)));
        if !known {
            let shown = self.show(ty);
            self.diagnostics.push(errors::types::not_a_member(text, &shown, strings, span));
        }
    }

    /// A free-form document: every literal in it is taken as it stands.
    fn document(&mut self, cx: &mut Context<'_>, expr: ast::ExprId, expected: Ty, span: Span) -> Option<ExprId> {
        let tree = cx.tree;
        let anything = matches!(self.types.get(expected), Type::Builtin(Builtin::Anything, _));
        match &tree[expr].kind {
            Form::Record(entries) if !anything => {
                let mut typed = Vec::with_capacity(entries.len());
                self.repeated_keys(cx, entries);
                for entry in entries {
                    let key = match &tree[entry.key].kind {
                        Form::Name(name) => {
                            let place = cx.expr_span(entry.key);
                            self.diagnostics.push(errors::records::bare_key(*name, place));
                            cx.add(ExprKind::String(name.as_str().into()), place)
                        }
                        Form::Upper(name) => {
                            self.mend_key(cx.expr_span(entry.key), format!("\"{name}\""));
                            cx.add(ExprKind::Error, cx.expr_span(entry.key))
                        }
                        _ => self.dictionary_key(cx, entry.key),
                    };
                    typed.push((key, self.document_part(cx, entry.value)));
                }
                Some(cx.add(ExprKind::Dictionary(typed), span))
            }
            Form::List(items) => {
                let typed = items
                    .iter()
                    .map(|item| if anything { self.check(cx, *item, expected) } else { self.document_part(cx, *item) })
                    .collect();
                Some(cx.add(ExprKind::List(typed), span))
            }
            Form::ListComprehension { element, generators } => {
                let mark = cx.scope.len();
                let clauses = self.clauses(cx, generators);
                let element = self.document_part(cx, *element);
                cx.scope.truncate(mark);
                Some(cx.add(ExprKind::ListComprehension { element, clauses }, span))
            }
            _ => None,
        }
    }

    fn document_part(&mut self, cx: &mut Context<'_>, expr: ast::ExprId) -> ExprId {
        self.check(cx, expr, Types::JSON)
    }

    fn check_braces(
        &mut self,
        cx: &mut Context<'_>,
        entries: &[ast::Entry],
        expected: Ty,
        span: Span,
    ) -> Option<ExprId> {
        let expected = self.erase(expected);
        match self.types.get(expected).clone() {
            Type::Builtin(Builtin::Dictionary, arguments) => {
                let element = arguments[0];
                let mut typed = Vec::with_capacity(entries.len());
                self.repeated_keys(cx, entries);
                for entry in entries {
                    let key = match &cx.tree[entry.key].kind {
                        Form::Name(name) => {
                            let place = cx.expr_span(entry.key);
                            self.diagnostics.push(errors::records::bare_key(*name, place));
                            cx.add(ExprKind::String(name.as_str().into()), place)
                        }
                        Form::Upper(name) => {
                            self.mend_key(cx.expr_span(entry.key), format!("\"{name}\""));
                            cx.add(ExprKind::Error, cx.expr_span(entry.key))
                        }
                        _ => self.dictionary_key(cx, entry.key),
                    };
                    typed.push((key, self.check(cx, entry.value, element)));
                }
                Some(cx.add(ExprKind::Dictionary(typed), span))
            }
            Type::Declared(declared, arguments) => match self.kind(declared) {
                DeclaredKind::Record(record) => {
                    if !matches!(self.keys(cx, entries)?, Keys::Fields) && !entries.is_empty() {
                        let quoted: Vec<Edit> = self.unquote_edits(cx, entries);
                        let name = self.declared[declared.0 as usize].display;
                        self.diagnostics.push(errors::records::quoted_fields(&name, span, quoted));
                        return Some(cx.add(ExprKind::Error, span));
                    }
                    let name = self.declared[declared.0 as usize].display;
                    let fields: Vec<FieldParts> = record.fields.iter().map(FieldParts::of).collect();
                    let typed = self.check_fields(cx, entries, &fields, &arguments, &name, span);
                    self.check_presence(cx, &record.presence, typed, &name, span);
                    self.check_limits(cx, &record, typed, &name);
                    Some(typed)
                }
                DeclaredKind::Resource(_) => {
                    let name = self.declared[declared.0 as usize].display;
                    let at = Span::new(span.file, span.start, span.start);
                    self.diagnostics.push(errors::records::resource_without_constructor(&name, span, at));
                    Some(cx.add(ExprKind::Error, span))
                }
                _ => None,
            },
            Type::Record(fields, rest) => {
                if !matches!(self.keys(cx, entries)?, Keys::Fields) && !entries.is_empty() {
                    return None;
                }
                let shown = self.show(expected);
                if let Some(rest) = rest {
                    return Some(self.check_open_record(cx, entries, &fields, rest, &shown, span));
                }
                let fields: Vec<FieldParts> = fields
                    .iter()
                    .map(|(name, ty)| {
                        let optional = self.types.argument_of(*ty, Builtin::Optional).is_some();
                        FieldParts::new(*name, *ty, optional)
                    })
                    .collect();
                Some(self.check_fields(cx, entries, &fields, &[], &shown, span))
            }
            _ => None,
        }
    }

    /// A record literal where further fields are welcome.
    fn check_open_record(
        &mut self,
        cx: &mut Context<'_>,
        entries: &[ast::Entry],
        fields: &[(Name, Ty)],
        rest: Ty,
        owner: &str,
        span: Span,
    ) -> ExprId {
        let mut typed: Vec<(Name, ExprId)> = Vec::with_capacity(entries.len());
        let mut given: Vec<(Name, Ty)> = Vec::with_capacity(entries.len());
        let mut further: Vec<(Name, Ty)> = Vec::new();
        for entry in entries {
            let Some(name) = self.field_key(cx, entry, &given) else { continue };
            let (value, ty) = match fields.iter().find(|(known, _)| *known == name) {
                Some((_, ty)) => (self.check(cx, entry.value, *ty), *ty),
                None => {
                    let (value, ty) = self.infer(cx, entry.value);
                    further.push((name, ty));
                    (value, ty)
                }
            };
            typed.push((name, value));
            given.push((name, ty));
        }
        let missing: Vec<Name> = fields
            .iter()
            .filter(|(name, ty)| {
                !given.iter().any(|(given, _)| given == name)
                    && self.types.argument_of(*ty, Builtin::Optional).is_none()
            })
            .map(|(name, _)| *name)
            .collect();
        if !missing.is_empty() {
            self.diagnostics.push(errors::records::missing_fields(&missing, owner, span, None));
        }
        let further = self.types.record(further, None);
        self.expect_same(further, rest, span);
        cx.add(ExprKind::Record(typed), span)
    }

    /// Gives what the parser said of a key the edit that fits what is wanted here.
    fn mend_key(&mut self, place: Span, text: String) {
        let said = self
            .diagnostics
            .iter_mut()
            .rev()
            .find(|said| said.code == "LW0142" && said.primary.as_ref().is_some_and(|label| label.span == place));
        if let Some(said) = said {
            said.help = Some(format!("write `{text}`"));
            said.edits = vec![Edit { span: place, text }];
        }
    }

    /// Edits that take the quotes off keys that are words.
    fn unquote_edits(&self, cx: &Context<'_>, entries: &[ast::Entry]) -> Vec<Edit> {
        entries
            .iter()
            .filter_map(|entry| {
                let text = text_of(cx.tree, entry.key)?;
                let word = text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
                    && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                word.then(|| Edit { span: cx.expr_span(entry.key), text: text.to_string() })
            })
            .collect()
    }

    /// A record literal against fields, whose types may mention the arguments as generics.
    pub fn check_fields(
        &mut self,
        cx: &mut Context<'_>,
        entries: &[ast::Entry],
        fields: &[FieldParts],
        arguments: &[Ty],
        owner: &str,
        span: Span,
    ) -> ExprId {
        let mut typed: Vec<(Name, ExprId)> = Vec::with_capacity(entries.len());
        // Names that nearly match are what a missing field probably was.
        let mut misspelt: Vec<Name> = Vec::new();
        for entry in entries {
            let Form::Name(name) = &cx.tree[entry.key].kind else {
                if let Form::Upper(name) = &cx.tree[entry.key].kind
                    && let Some(field) = fields.iter().find(|field| field.is_called(*name))
                {
                    self.mend_key(cx.expr_span(entry.key), field.name.to_string());
                    let value = self.check(cx, entry.value, field.ty);
                    typed.push((field.name, value));
                }
                continue;
            };
            let place = cx.expr_span(entry.key);
            if typed.iter().any(|(earlier, _)| earlier == name) {
                self.diagnostics.push(errors::records::field_twice(*name, place));
                continue;
            }
            let Some(field) = fields.iter().find(|field| field.name == *name) else {
                let known: Vec<Name> = fields
                    .iter()
                    .filter(|field| {
                        let is_it =
                            |entry: &ast::Entry| matches!(&cx.tree[entry.key].kind, Form::Name(name) if *name == field.name);
                        !field.read_only && !entries.iter().any(is_it)
                    })
                    .map(|field| field.name)
                    .collect();
                let (diagnostic, meant) = errors::records::unknown_field(*name, owner, place, &known);
                self.diagnostics.push(diagnostic);
                // It stands for the field that was meant: what is wrong with its value is said, and the field is not missing.
                match fields.iter().find(|field| Some(field.name) == meant) {
                    Some(field) if arguments.is_empty() => {
                        let value = self.check(cx, entry.value, field.ty);
                        typed.push((field.name, value));
                    }
                    _ => {
                        misspelt.extend(meant);
                        self.infer(cx, entry.value);
                    }
                }
                continue;
            };
            self.used_field(cx, *name, field.deprecated, place);
            if field.read_only {
                self.diagnostics.push(errors::records::read_only(*name, owner, place));
            }
            let ty = if arguments.is_empty() { field.ty } else { self.types.substitute(field.ty, arguments) };
            let value = self.check_field(cx, entry.value, ty, field, owner);
            typed.push((*name, value));
        }
        let missing: Vec<Name> = fields
            .iter()
            .filter(|field| {
                !field.optional
                    && !field.read_only
                    && !misspelt.contains(&field.name)
                    && !typed.iter().any(|(given, _)| *given == field.name)
                    && !entries
                        .iter()
                        .any(|entry| matches!(&cx.tree[entry.key].kind, Form::Name(given) if *given == field.name))
            })
            .map(|field| field.name)
            .collect();
        if !missing.is_empty() {
            let edit = self.filling(cx, fields, &missing, entries.is_empty(), span);
            self.diagnostics.push(errors::records::missing_fields(&missing, owner, span, edit));
        }
        cx.add(ExprKind::Record(typed), span)
    }

    /// The edit that gives missing fields what is there for each of them: the one resource that it could name.
    fn filling(
        &mut self,
        cx: &Context<'_>,
        fields: &[FieldParts],
        missing: &[Name],
        empty: bool,
        span: Span,
    ) -> Option<Edit> {
        let mut given = Vec::with_capacity(missing.len());
        for name in missing {
            let field = fields.iter().find(|field| field.name == *name)?;
            given.push(format!("{name}: {}", self.only_resource(cx, field.ty)?));
        }
        let source = self.source(span);
        let brace = source.find('{')? as u32;
        let after = &source[brace as usize + 1..];
        let blank: String = after.chars().take_while(|letter| letter.is_whitespace()).collect();
        // A literal over several lines takes each field on a line of its own.
        let (before, between) = match blank.rfind('\n') {
            Some(_) => (blank.clone(), format!(",{blank}")),
            None => (String::new(), ", ".to_string()),
        };
        let end = match (empty, before.is_empty()) {
            (true, _) => "",
            (false, true) => ", ",
            (false, false) => ",",
        };
        let at = span.start + brace + 1;
        Some(Edit { span: Span::new(span.file, at, at), text: format!("{before}{}{end}", given.join(&between)) })
    }

    /// The name of the one resource of the file that a value of a type could name.
    fn only_resource(&mut self, cx: &Context<'_>, ty: Ty) -> Option<Name> {
        let Type::Builtin(builtin, arguments) = self.types.get(ty).clone() else { return None };
        let Type::Literal(wire) = *self.types.get(*arguments.first()?) else { return None };
        if !builtin.is_reference() {
            return None;
        }
        let mut values: Vec<(Name, u32)> =
            self.module(cx.module).values.iter().map(|(name, slot)| (*name, *slot)).collect();
        values.sort_by_key(|(_, slot)| *slot);
        let mut found = None;
        for (name, slot) in values {
            let statement = self.statement(cx.module, slot);
            let ast::StatementKind::Binding(binding) = &statement.kind else { continue };
            let Some(ty) = self.obvious_type(cx.module, &statement.tree, binding.value) else { continue };
            let Type::Declared(declared, _) = *self.types.get(ty) else { continue };
            let DeclaredKind::Resource(resource) = self.kind(declared) else { continue };
            if resource.wire == wire && found.replace(name).is_some() {
                return None;
            }
        }
        found
    }
}

/// What checking a literal needs of a field.
pub struct FieldParts {
    pub name: Name,
    pub ty: Ty,
    pub optional: bool,
    pub read_only: bool,
    pub wire: Option<Name>,
    pub deprecated: Option<Name>,
    pub sensitive: bool,
    /// Where it is declared.
    pub span: Option<Span>,
}

impl FieldParts {
    pub fn of(field: &Field) -> FieldParts {
        FieldParts {
            name: field.name,
            ty: field.written,
            optional: field.optional,
            read_only: field.read_only,
            wire: Some(field.wire),
            deprecated: field.deprecated,
            sensitive: field.sensitive,
            span: Some(field.span),
        }
    }

    /// A field that is declared nowhere.
    pub fn new(name: Name, ty: Ty, optional: bool) -> FieldParts {
        FieldParts { name, ty, optional, read_only: false, wire: None, deprecated: None, sensitive: false, span: None }
    }

    /// Whether a name with a capital means this field: its name on the wire, or its own with another first letter.
    fn is_called(&self, upper: Name) -> bool {
        self.wire == Some(upper) || self.name.as_str().eq_ignore_ascii_case(&upper)
    }
}
