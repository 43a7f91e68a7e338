//! Annotations on expressions and bindings: what changes how a resource is made and kept.

use lw_diagnostics::Span;
use lw_syntax::Name;
use lw_syntax::ast::{self, AnnotationArguments, ExprKind as Form};

use super::Context;
use super::literal::FieldParts;
use crate::checker::Checker;
use crate::declare::text_of;
use crate::errors;
use crate::typed::{Annotation, ExprId, ExprKind};
use crate::types::{Ty, Type, Types};

/// Annotations that evaluation sees.
const ON_RESOURCES: [&str; 5] = ["lifecycle", "provider", "adopt", "id", "waive"];
/// Annotations that say something of a declaration alone.
const ON_DECLARATIONS: [&str; 6] = ["policy", "deprecated", "language", "catalogue", "exactlyOne", "atLeastOne"];

/// What `@policy` says of a policy.
const POLICY_FIELDS: [&str; 6] = ["id", "severity", "title", "remediation", "source", "controls"];

impl Checker<'_> {
    /// Reports annotations that do not exist, above a declaration whose value is not annotated itself.
    pub fn known_annotations(&mut self, file: lw_diagnostics::FileId, statement: &ast::Statement) {
        for annotation in &statement.annotations {
            let name = annotation.name.name;
            if !ON_RESOURCES.contains(&name.as_str()) && !ON_DECLARATIONS.contains(&name.as_str()) {
                self.unknown_annotation(name, statement.span(file, annotation.name.range));
            }
            if name == "policy" {
                self.known_policy_fields(file, statement, annotation);
            }
        }
    }

    /// A file with more unknown annotations than this has another mistake.
    fn unknown_annotation(&mut self, name: Name, place: Span) {
        const REPORTED_MAX: usize = 100;
        self.unknown_annotations += 1;
        if self.unknown_annotations <= REPORTED_MAX {
            let known = [&ON_RESOURCES[..], &ON_DECLARATIONS[..2]].concat();
            self.diagnostics.push(errors::names::unknown_annotation(name, place, &known));
        }
    }

    /// `@policy {…}` is read without being evaluated: its fields are known, and their values written out.
    fn known_policy_fields(
        &mut self,
        file: lw_diagnostics::FileId,
        statement: &ast::Statement,
        annotation: &ast::Annotation,
    ) {
        let tree = &statement.tree;
        let AnnotationArguments::Record(entries) = &annotation.arguments else {
            let place = statement.span(file, annotation.range);
            self.diagnostics.push(errors::names::annotation_arguments(annotation.name.name, place));
            return;
        };
        for entry in entries {
            let place = statement.span(file, tree[entry.key].range);
            let Form::Name(name) = tree[entry.key].kind else { continue };
            if !POLICY_FIELDS.contains(&name.as_str()) {
                let known = POLICY_FIELDS.map(Name::from);
                self.diagnostics.push(errors::records::unknown_field(name, "@policy", place, &known).0);
                continue;
            }
            let written = match &tree[entry.value].kind {
                Form::List(items) if name == "controls" => items.iter().all(|item| text_of(tree, *item).is_some()),
                _ => name != "controls" && text_of(tree, entry.value).is_some(),
            };
            if !written {
                let place = statement.span(file, tree[entry.value].range);
                self.diagnostics.push(errors::names::annotation_arguments(annotation.name.name, place));
            }
        }
    }

    /// An expression with the annotations that apply to its value.
    pub fn annotated(
        &mut self,
        cx: &mut Context<'_>,
        annotations: &[ast::Annotation],
        inner: ExprId,
        span: Span,
    ) -> ExprId {
        let mut typed = Vec::new();
        for annotation in annotations {
            let name = annotation.name.name;
            let place = cx.span(annotation.range);
            if !ON_RESOURCES.contains(&name.as_str()) {
                if !ON_DECLARATIONS.contains(&name.as_str()) && !self.module(cx.module).library {
                    self.unknown_annotation(name, cx.span(annotation.name.range));
                }
                continue;
            }
            let argument = self.annotation_argument(cx, annotation, place);
            typed.push(Annotation { name, argument, span: place });
        }
        if typed.is_empty() {
            return inner;
        }
        cx.add(ExprKind::Annotated(typed, inner), span)
    }

    fn annotation_argument(
        &mut self,
        cx: &mut Context<'_>,
        annotation: &ast::Annotation,
        place: Span,
    ) -> Option<ExprId> {
        let name = annotation.name.name;
        match (name.as_str(), &annotation.arguments) {
            ("lifecycle", AnnotationArguments::Record(entries)) => Some(self.lifecycle(cx, entries, place)),
            ("waive", AnnotationArguments::Record(entries)) => {
                let optional = self.types.optional(Types::STRING);
                let fields = [
                    FieldParts::new(Name::from("policy"), Types::STRING, false),
                    FieldParts::new(Name::from("reason"), Types::STRING, false),
                    FieldParts::new(Name::from("until"), optional, true),
                ];
                Some(self.check_fields(cx, entries, &fields, &[], "@waive", place))
            }
            ("provider", AnnotationArguments::Positional(arguments)) if arguments.len() == 1 => {
                let wanted = self.prelude_type("Provider");
                Some(self.check(cx, arguments[0], wanted))
            }
            ("adopt" | "id", AnnotationArguments::Positional(arguments)) if arguments.len() == 1 => {
                Some(self.check(cx, arguments[0], Types::STRING))
            }
            _ => {
                self.diagnostics.push(errors::names::annotation_arguments(name, place));
                None
            }
        }
    }

    /// The record of `@lifecycle` and of `defaults {lifecycle}`.
    pub fn lifecycle(&mut self, cx: &mut Context<'_>, entries: &[ast::Entry], place: Span) -> ExprId {
        let enforcement = self.prelude_type("Enforcement");
        let enforcement = self.types.optional(enforcement);
        let flag = self.types.optional(Types::BOOL);
        let duration = self.types.optional(Types::DURATION);
        let timeouts = ["create", "update", "delete"].map(|name| (Name::from(name), duration)).to_vec();
        let timeouts = self.types.record(timeouts, None);
        let timeouts = self.types.optional(timeouts);
        let anything = self.types.list(Types::ANYTHING);
        let depends_on = self.types.optional(anything);
        let texts = self.types.list(Types::STRING);
        let texts = self.types.optional(texts);
        let fields = [
            ("enforcement", enforcement),
            ("protect", flag),
            ("timeouts", timeouts),
            ("dependsOn", depends_on),
            ("ignores", texts),
        ]
        .map(|(name, ty)| FieldParts::new(Name::from(name), ty, true));
        // `ignores: [desiredCapacity]` names properties, not values.
        let is_ignores =
            |entry: &&ast::Entry| matches!(&cx.tree[entry.key].kind, Form::Name(name) if name == "ignores");
        let ignores = entries.iter().find(is_ignores).copied();
        let names: Option<Vec<(Name, Span)>> = ignores.and_then(|entry| match &cx.tree[entry.value].kind {
            Form::List(items) => items
                .iter()
                .map(|item| match &cx.tree[*item].kind {
                    Form::Name(name) => Some((*name, cx.expr_span(*item))),
                    _ => None,
                })
                .collect(),
            _ => None,
        });
        let Some(names) = names.filter(|names| !names.is_empty()) else {
            return self.check_fields(cx, entries, &fields, &[], "@lifecycle", place);
        };
        let rest: Vec<ast::Entry> = entries.iter().filter(|entry| !is_ignores(entry)).copied().collect();
        let record = self.check_fields(cx, &rest, &fields, &[], "@lifecycle", place);
        let items: Vec<ExprId> =
            names.into_iter().map(|(name, span)| cx.add(ExprKind::String(name.as_str().into()), span)).collect();
        let list = cx.add(ExprKind::List(items), place);
        let some = cx.add(ExprKind::Some(list), place);
        if let ExprKind::Record(fields) = &mut cx.exprs[record.0 as usize].kind {
            fields.push((Name::from("ignores"), some));
        }
        record
    }

    /// A type of the prelude; the error type if the library lacks it.
    pub fn prelude_type(&mut self, name: &str) -> Ty {
        let Some(prelude) = self.prelude else { return Types::ERROR };
        match self.exported_type(prelude, Name::from(name)) {
            Some(declared) => {
                // Looked into, so that an alias is its target.
                match self.kind(declared) {
                    crate::declared::DeclaredKind::Alias(target) => target,
                    _ => self.types.add(Type::Declared(declared, Box::new([]))),
                }
            }
            None => Types::ERROR,
        }
    }
}
