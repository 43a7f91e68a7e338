//! Calls.

use lw_diagnostics::{Diagnostic, Edit, Span};
use lw_syntax::Name;

use super::counted;

pub fn arity(callee: &str, expected: usize, found: usize, span: Span) -> Diagnostic {
    Diagnostic::error("LW0209", format!("`{callee}` takes {}, not {found}", counted(expected, "argument")))
        .at(span, format!("{} given", counted(found, "argument")))
}

pub fn lambda_arity(expected: usize, found: usize, span: Span) -> Diagnostic {
    Diagnostic::error("LW0209", format!("a function of {} is wanted, not of {found}", counted(expected, "argument")))
        .at(span, format!("takes {}", counted(found, "argument")))
}

pub fn not_a_function(text: &str, ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0210", format!("`{text}` is not a function")).at(span, format!("this is `{ty}`"))
}

pub fn constant_called(name: Name, span: Span) -> Diagnostic {
    Diagnostic::error("LW0210", format!("`{name}` takes no argument"))
        .at(span, "a constructor without payload")
        .fix(format!("write `{name}`"), [Edit { span, text: name.to_string() }])
}

pub fn record_type_called(name: &str, place: Span) -> Diagnostic {
    Diagnostic::error("LW0229", format!("`{name}` is a record type: its values are braces alone"))
        .at(place, "not a constructor")
        .fix("leave the name out", [Edit { span: place, text: String::new() }])
}
