//! What a policy wants written, as an edit of a template.
//!
//! The one idea: as in programs, a literal is replaced or a property is added; what a function gives, what an anchor shares and what
//! a macro or a loop makes is left to people, with the reason.

use std::sync::Arc;

use lw_diagnostics::{Edit, Span};

use crate::given::{Step, TemplateResources, steps};
use crate::reading::library_type;
use crate::template::Declaration;
use crate::tree::{Node, NodeKind};

impl TemplateResources<'_> {
    /// The edit after which a property is what a program would write as `wanted`.
    pub(crate) fn edit_of(
        &self,
        text: &str,
        declaration: &Declaration,
        property: &str,
        wanted: &str,
    ) -> Result<Edit, String> {
        let as_written = |span: Span| text.get(span.start as usize..span.end as usize).unwrap_or("");
        let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
        if !as_written(declaration.name_span).contains(&*declaration.name)
            || !as_written(declaration.type_span).contains(&*declaration.wire_type)
        {
            return Err("the resource is made by a macro or a loop".to_string());
        }
        let value = scalar(wanted, is_json).ok_or("a template has no such value")?;
        let wire = lw_check::Name::existing(library_type(&declaration.wire_type)).ok_or("its type is not known")?;
        let schema = self.schema.resources.get(&wire).ok_or("its type is not known")?;
        let mut here = self.fields(&schema.record);
        let mut node = declaration.properties.as_ref().ok_or("the resource has no `Properties` yet")?;
        let steps = steps(property);
        for (at, step) in steps.iter().enumerate() {
            let is_last = at + 1 == steps.len();
            if is_function(node) {
                return Err(format!("what it belongs to is given by `{}`", node.entries()[0].key));
            }
            let Step::Name(name) = step else { return Err("it is one of several".to_string()) };
            let (wire, below) = here.field(self, name);
            match node.entry(&wire) {
                Some(entry) if is_last => {
                    return match &entry.value.kind {
                        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                            within(declaration, Edit { span: entry.value.span, text: value })
                        }
                        NodeKind::Mapping(_) if is_function(&entry.value) => {
                            Err(format!("its value is given by `{}`", entry.value.entries()[0].key))
                        }
                        _ => Err("its value is no literal".to_string()),
                    };
                }
                Some(entry) => (node, here) = (&entry.value, below),
                None if is_last => return within(declaration, insertion(text, node, &wire, &value, is_json)?),
                None => return Err(format!("`{wire}` is not written, and more than this belongs into it")),
            }
        }
        Err("it names no property".to_string())
    }
}

/// Text that an anchor gives to several is not one resource's.
fn within(declaration: &Declaration, edit: Edit) -> Result<Edit, String> {
    match declaration.span.start <= edit.span.start && edit.span.end <= declaration.span.end {
        true => Ok(edit),
        false => Err("what is written there is shared by an anchor".to_string()),
    }
}

fn is_function(node: &Node) -> bool {
    node.only_entry().is_some_and(|entry| &*entry.key == "Ref" || entry.key.starts_with("Fn::"))
}

/// Adds an entry before the first one, in the manner of the mapping.
fn insertion(text: &str, node: &Node, wire: &str, value: &str, is_json: bool) -> Result<Edit, String> {
    let first = node.entries().first().ok_or("the mapping that it belongs to is empty")?;
    let at = first.key_span.start;
    let line = text[..at as usize].rfind('\n').map_or(0, |found| found + 1);
    let before = &text[line..at as usize];
    let between = |separator: &str| match before.chars().all(|character| matches!(character, ' ' | '\t')) {
        true => format!("{separator}\n{before}"),
        false => format!("{separator} "),
    };
    let in_braces = text[node.span.start as usize..].starts_with('{');
    let entry = match (is_json, in_braces) {
        (true, _) => format!("\"{wire}\": {value}{}", between(",")),
        (false, true) => format!("{wire}: {value}{}", between(",")),
        // `- Key: value` begins a line with more than spaces; the next one stands under the key.
        (false, false) => {
            let indent: String = before.chars().map(|_| ' ').collect();
            format!("{wire}: {value}\n{indent}")
        }
    };
    Ok(Edit { span: Span::new(node.span.file, at, at), text: entry })
}

/// A program's literal as a template writes it.
fn scalar(wanted: &str, is_json: bool) -> Option<String> {
    match wanted {
        "True" => Some("true".to_string()),
        "False" => Some("false".to_string()),
        number if number.parse::<i64>().is_ok() => Some(number.to_string()),
        text => {
            let inner: Arc<str> = text.strip_prefix('"')?.strip_suffix('"')?.into();
            let is_plain = !inner.contains(['"', '\\', '\'']);
            is_plain.then(|| if is_json { format!("\"{inner}\"") } else { format!("'{inner}'") })
        }
    }
}
