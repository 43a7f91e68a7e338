//! What parses, but cannot be meant.

use lw_diagnostics::{Diagnostic, Span};

use super::{insert, insert_after, replace};

pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("LW0140", "this is nested too deeply")
        .at(span, format!("more than {} levels deep", crate::DEPTH_MAX))
        .help("give a part of it a name")
}

pub fn comprehension_key(key: Span) -> Diagnostic {
    Diagnostic::error("LW0141", "the key of a comprehension stands in parentheses")
        .at(key, "a computed key")
        .fix("put it in parentheses", [insert(key, "("), insert_after(key, ")")])
}

pub fn not_a_key(key: Span) -> Diagnostic {
    Diagnostic::error("LW0142", "this cannot be a key")
        .at(key, "neither a name nor a string")
        .fix("put a computed key in parentheses", [insert(key, "("), insert_after(key, ")")])
}

pub fn path_key(key: Span) -> Diagnostic {
    Diagnostic::error("LW0143", "a path of fields is a key only after `with`")
        .at(key, "a path")
        .help("write the inner record with its fields")
}

pub fn upper_key(key: Span, name: &str) -> Diagnostic {
    let mut lower = name.to_owned();
    lower[..1].make_ascii_lowercase();
    Diagnostic::error("LW0142", format!("`{name}` cannot be a key"))
        .at(key, "a field's name begins with a lower-case letter")
        .note("keys of dictionaries stand in quotes")
        .fix(format!("write `{lower}`"), [replace(key, lower)])
}

pub fn literal_called(before: Span, after: Span) -> Diagnostic {
    Diagnostic::error("LW0121", "a comma is missing between two values")
        .at(after, "a second value")
        .and(before, "the first one")
        .fix("write `,` between them", [insert_after(before, ",")])
}

pub fn field_without_type(name: Span, text: &str) -> Diagnostic {
    Diagnostic::error("LW0144", format!("the field `{text}` has no type"))
        .at(name, "only the last name, after `|`, may stand for further fields")
        .help(format!("write `{text}: …`"))
}

pub fn fixity_level(level: Span) -> Diagnostic {
    Diagnostic::error("LW0145", "an operator binds with a strength from 0 to 9").at(level, "not such a strength")
}

pub fn annotation_of_nothing(annotation: Span) -> Diagnostic {
    Diagnostic::error("LW0146", "this annotation belongs to nothing").at(annotation, "no declaration follows")
}
