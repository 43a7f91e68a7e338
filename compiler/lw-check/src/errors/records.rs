//! Records, dictionaries and their keys.

use lw_diagnostics::{Diagnostic, Edit, Span};
use lw_syntax::Name;

use super::{listed, near};
use crate::constraint::Violation;

/// A resource has what was meant under a name of its own.
pub fn unknown_attribute(name: Name, owner: &str, meant: Name, place: Span) -> Diagnostic {
    Diagnostic::error("LW0203", format!("`{owner}` has no field `{name}`"))
        .at(place, format!("not a field of `{owner}`"))
        .fix(format!("write `{meant}`"), [Edit { span: place, text: meant.to_string() }])
}

/// Also gives the field that was probably meant, so that it is not reported as missing too.
pub fn unknown_field(name: Name, owner: &str, place: Span, known: &[Name]) -> (Diagnostic, Option<Name>) {
    let diagnostic = Diagnostic::error("LW0203", format!("`{owner}` has no field `{name}`"))
        .at(place, format!("not a field of `{owner}`"));
    match near(&name, known.iter().map(Name::as_str)) {
        Some(near) => {
            let edit = Edit { span: place, text: near.to_string() };
            (diagnostic.fix(format!("write `{near}`"), [edit]), Some(Name::from(near)))
        }
        None if known.is_empty() => (diagnostic, None),
        None => {
            let mut known = known.to_vec();
            known.sort_by_key(|name| name.as_str());
            (diagnostic.note(format!("it has {}", listed(&known))), None)
        }
    }
}

pub fn missing_fields(missing: &[Name], owner: &str, span: Span, edit: Option<Edit>) -> Diagnostic {
    let what = if missing.len() == 1 { "the field" } else { "the fields" };
    let diagnostic = Diagnostic::error("LW0204", format!("`{owner}` needs {what} {}", listed(missing)))
        .at(span, format!("{} not given", listed(missing)));
    match edit {
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text.trim().trim_end_matches(',')), [edit]),
        None => diagnostic,
    }
}

pub fn read_only(name: Name, owner: &str, place: Span) -> Diagnostic {
    Diagnostic::error("LW0226", format!("`{name}` of `{owner}` is read-only"))
        .at(place, "known once the resource exists; it cannot be set")
        .help("leave it out; read it from the resource")
}

pub fn field_twice(name: Name, place: Span) -> Diagnostic {
    Diagnostic::error("LW0216", format!("the field `{name}` is given twice")).at(place, "given again here")
}

pub fn too_wide(limit: usize, place: Span) -> Diagnostic {
    Diagnostic::error("LW0236", format!("this record has more than {limit} fields"))
        .at(place, "too many fields")
        .help("quote the names: a dictionary may have any number of keys")
}

pub fn key_twice(text: &str, place: Span) -> Diagnostic {
    Diagnostic::error("LW0216", format!("the key \"{text}\" is given twice")).at(place, "given again here")
}

pub fn mixed_keys(name: Span, text: Span) -> Diagnostic {
    Diagnostic::error("LW0217", "these braces are half record, half dictionary")
        .at(text, "a dictionary's key")
        .and(name, "a record's field")
        .help("quote every key, or none")
}

pub fn bad_update_key(place: Span) -> Diagnostic {
    Diagnostic::error("LW0217", "`with` takes field names")
        .at(place, "not a field name or path")
        .help("write `r with {a: 1, b.c: 2}`")
}

pub fn bare_key(name: Name, place: Span) -> Diagnostic {
    let text = format!("\"{name}\"");
    Diagnostic::error("LW0218", format!("the key `{name}` is not quoted"))
        .at(place, "a dictionary's keys are strings")
        .fix(format!("write `{text}`"), [Edit { span: place, text }])
}

pub fn quoted_fields(owner: &str, span: Span, edits: Vec<Edit>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0218", format!("`{owner}` is a record: its fields are not quoted"))
        .at(span, "quoted keys make a dictionary");
    if edits.is_empty() {
        diagnostic.help("write the names without quotes")
    } else {
        diagnostic.fix("take the quotes off", edits)
    }
}

pub fn resource_without_constructor(name: &str, span: Span, at: Span) -> Diagnostic {
    Diagnostic::error("LW0205", format!("expected the resource `{name}`, found a record"))
        .at(span, "a record makes nothing")
        .fix(format!("write `{name} {{…}}`"), [Edit { span: at, text: format!("{name} ") }])
}

/// Of several alternatives none is given.
pub fn none_given(names: &[Name], exactly: bool, owner: &str, span: Span) -> Diagnostic {
    let amount = if exactly { "one" } else { "at least one" };
    Diagnostic::error("LW0237", format!("`{owner}` needs {amount} of {}", listed(names)))
        .at(span, "none of them is given")
}

/// Two fields that exclude each other.
pub fn several_given(first: Name, last: Name, owner: &str, place: Span, other: Span) -> Diagnostic {
    Diagnostic::error("LW0237", format!("`{owner}` takes `{first}` or `{last}`, not both"))
        .at(place, format!("`{last}` is given here"))
        .and(other, format!("`{first}` is given here"))
}

/// A field that needs others beside it.
pub fn required_with(first: Name, missing: &[Name], owner: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0237", format!("`{owner}` with `{first}` needs {} too", listed(missing)))
        .at(span, format!("{} not given", listed(missing)))
}

/// A value that everybody who reads the program can read.
pub fn plain_secret(field: Name, owner: &str, place: Span) -> Diagnostic {
    Diagnostic::warning("LW0243", format!("`{field}` of `{owner}` is given in plain text"))
        .at(place, "readable by all who can read the program or its Plan")
        .note("a handle such as `Secret.env(\"NAME\")` or `Secret.parameter(\"/path\")` is read when the resource is made, and kept nowhere")
}

/// A literal that the wire's schema does not take.
pub fn outside_limits(field: Name, owner: &str, violation: &Violation, place: Span, edit: Option<Edit>) -> Diagnostic {
    let message = format!("`{field}` of `{owner}` takes {}, not {}", violation.taken, violation.found);
    let mut diagnostic = Diagnostic::error("LW0238", message).at(place, "not taken");
    if let Some(pattern) = &violation.pattern {
        diagnostic = diagnostic.note(format!("it has to match `{pattern}`"));
    }
    match edit {
        Some(edit) if edit.text.is_empty() => diagnostic.fix("leave it out", [edit]),
        Some(edit) => diagnostic.fix(format!("write `{}`", edit.text), [edit]),
        None => diagnostic,
    }
}
