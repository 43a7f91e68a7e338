//! LW0189-LW0194: what of a template has no form in a program.

use lw_diagnostics::{Diagnostic, Span};

pub fn no_form(function: &str, reason: &str, at: Span) -> Diagnostic {
    Diagnostic::error("LW0189", format!("`{function}` has no form in a program"))
        .at(at, "not imported")
        .note(reason.to_string())
        .help("the program stops here with an error until you write what is meant")
}

pub fn unknown_property(property: &str, wire_type: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0190", format!("`{property}` of `{wire_type}` is not imported"))
        .at(at, "no property of the type in the library")
        .note("a property that the library does not declare has no place in a program")
}

pub fn unknown_type(wire_type: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0190", format!("resources of type `{wire_type}` are not imported"))
        .at(at, "the library does not declare it")
        .note("what others read of it became a parameter")
}

pub fn left_out(what: &str, reason: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0191", format!("`{what}` is not imported")).at(at, "left out").note(reason.to_string())
}

pub fn other_policy(attribute: &str, found: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0192", format!("`{attribute}: {found}` became `protect`"))
        .at(at, "not kept as it is")
        .note("what is protected is kept; nothing takes a snapshot before a deletion")
}

pub fn not_secret(name: &str, binding: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0193", format!("the parameter `{name}` is secret, and `{binding}` is plain text"))
        .at(at, "`NoEcho` here")
        .note("the value of a parameter stands in the Plan")
        .help("take it from a source instead: `Secret.parameter`, `AWS.secret`, `Secret.env`")
}

pub fn no_constraint(name: &str, constraint: &str, reason: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0194", format!("`{constraint}` of the parameter `{name}` is not imported"))
        .at(at, "left out")
        .note(reason.to_string())
}

pub fn became_parameter(what: &str, binding: &str, at: Span) -> Diagnostic {
    Diagnostic::warning("LW0190", format!("`{what}` became the parameter `{binding}`"))
        .at(at, "known to nobody but the stack")
        .note("what custom resources, nested stacks and macros give is decided while a stack is made")
}
