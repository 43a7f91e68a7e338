//! Uses of what its author has marked `@deprecated`. A use within the library, or within something deprecated, is no news.

use lw_diagnostics::{Edit, Span};
use lw_syntax::Name;
use lw_syntax::ast;

use crate::checker::{Checker, ValueId};
use crate::declare::text_of;
use crate::errors;
use crate::infer::Context;
use crate::types::DeclaredId;

impl Checker<'_> {
    pub fn used_value(&mut self, cx: &Context<'_>, value: ValueId, place: Span) {
        let (module, slot) = (self.value(value).module, self.value(value).slot);
        if let Some(advice) = advice(&self.statement(module, slot)) {
            let name = self.value(value).name;
            self.warn_deprecated(cx, name, &advice, place);
        }
    }

    pub fn used_type(&mut self, cx: &Context<'_>, declared: DeclaredId, place: Span) {
        let Some((module, slot)) = self.declared_slots[declared.0 as usize] else { return };
        if let Some(advice) = advice(&self.statement(module, slot)) {
            let name = self.declared[declared.0 as usize].display;
            self.warn_deprecated(cx, name, &advice, place);
        }
    }

    pub fn used_field(&mut self, cx: &Context<'_>, name: Name, advice: Option<Name>, place: Span) {
        if let Some(advice) = advice {
            self.warn_deprecated(cx, name, &advice, place);
        }
    }

    fn warn_deprecated(&mut self, cx: &Context<'_>, name: Name, advice: &str, place: Span) {
        if self.module(cx.module).library || self::advice(cx.statement).is_some() {
            return;
        }
        // The one name that the advice quotes stands for the old one.
        let mut quoted = advice.split('`').skip(1).step_by(2);
        let edit = match (quoted.next(), quoted.next()) {
            (Some(new), None) if is_name(new) => {
                let end = Span::new(place.file, place.end - last_part(self.source(place)), place.end);
                Some(Edit { span: end, text: new.to_string() })
            }
            _ => None,
        };
        self.diagnostics.push(errors::names::deprecated(name, advice, place, edit));
    }
}

/// What a declaration's `@deprecated` advises; empty if it says nothing.
fn advice(statement: &ast::Statement) -> Option<String> {
    let annotation = statement.annotations.iter().find(|annotation| annotation.name.name == "deprecated")?;
    Some(advice_of(&statement.tree, annotation))
}

pub fn advice_of(tree: &ast::Tree, annotation: &ast::Annotation) -> String {
    match &annotation.arguments {
        ast::AnnotationArguments::Positional(arguments) => {
            arguments.first().and_then(|argument| text_of(tree, *argument)).unwrap_or_default().to_string()
        }
        _ => String::new(),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Bytes after the last dot: a qualified name keeps its module.
fn last_part(text: &str) -> u32 {
    text.rsplit('.').next().unwrap_or_default().len() as u32
}
