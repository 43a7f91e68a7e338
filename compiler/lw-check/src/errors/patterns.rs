//! Patterns and `case`.

use lw_diagnostics::{Diagnostic, Edit, Span};

pub fn not_exhaustive(witness: &str, scrutinee: Span, last: Span, lenient: bool) -> Diagnostic {
    let message = format!("this `case` does not say what happens for `{witness}`");
    let diagnostic = match lenient {
        true => Diagnostic::warning("LW0213", message),
        false => Diagnostic::error("LW0213", message),
    };
    diagnostic
        .at(scrutinee, format!("may be `{witness}`"))
        .and(last, "the last arm")
        .help(format!("add an arm `| {witness} -> …`"))
}

pub fn unreachable(span: Span) -> Diagnostic {
    Diagnostic::warning("LW0214", "this arm is never reached")
        .at(span, "the arms before match all that it would")
        .help("take it out, or move it up")
}

pub fn refutable(witness: &str, span: Span) -> Diagnostic {
    // A number or text that is left out has no name.
    let nameless = witness.chars().all(|letter| "(_, )".contains(letter));
    let missed = if nameless { "every value".to_string() } else { format!("`{witness}`") };
    Diagnostic::error("LW0213", format!("this pattern does not match {missed}"))
        .at(span, "has to match every value")
        .help("use a name here, and `case` to tell values apart")
}

pub fn too_large(span: Span) -> Diagnostic {
    Diagnostic::error("LW0236", "this `case` is too large to check")
        .at(span, "its patterns combine in too many ways")
        .help("split it into several")
}

pub fn constant_with_argument(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0209", format!("`{name}` holds nothing, so its pattern takes no argument"))
        .at(span, "an argument too many")
        .fix(format!("write `{name}`"), [Edit { span, text: name.to_string() }])
}

pub fn missing_argument(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("LW0209", format!("`{name}` holds a value, so its pattern takes an argument"))
        .at(span, "no argument")
        .fix(format!("write `{name} _`"), [Edit { span, text: format!("{name} _") }])
}

pub fn never_matches(pattern: &str, ty: &str, optional: bool, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0205", format!("a pattern for `{pattern}` never matches `{ty}`"))
        .at(span, format!("matches `{pattern}`"));
    if optional { diagnostic.help("a value that is there matches `Optional x`") } else { diagnostic }
}
