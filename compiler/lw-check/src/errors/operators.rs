//! Operators.

use lw_diagnostics::{Diagnostic, Edit, Span};
use lw_syntax::Name;

use super::counted;

pub fn not_numeric(operator: Name, ty: &str, span: Span, place: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0221", format!("`{operator}` takes numbers, not `{ty}`"))
        .at(span, format!("this is `{ty}`"))
        .note("numbers are Int, Float, Duration and Size");
    match place {
        Some(place) if operator == "+" && (ty == "String" || ty.starts_with("List<")) => {
            diagnostic.fix("write `++`", [Edit { span: place, text: "++".into() }])
        }
        _ if ty.starts_with("Optional<") => diagnostic.help("give a default with `?|`"),
        _ if ty.starts_with("fun(") => diagnostic.help("a function is not its result: call it with its arguments"),
        _ => diagnostic,
    }
}

pub fn operands_differ(operator: Name, one: &str, one_span: Span, other: &str, other_span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0221", format!("the operands of `{operator}` differ"))
        .at(other_span, format!("this is `{other}`"))
        .and(one_span, format!("this is `{one}`"));
    match (one, other) {
        ("Int", "Float") | ("Float", "Int") => diagnostic.help("convert with `intToFloat`, or back with `floor`"),
        _ if one.starts_with("fun(") || other.starts_with("fun(") => {
            diagnostic.help("a function is not its result: call it with its arguments")
        }
        _ if one.starts_with("Optional<") != other.starts_with("Optional<") => {
            diagnostic.help("one of them may be None: give it a default with `?|`")
        }
        _ => diagnostic,
    }
}

/// Two amounts with a unit where the result would have its square.
pub fn not_scaled(operator: Name, ty: &str, one: Span, other: Span) -> Diagnostic {
    Diagnostic::error("LW0221", format!("`{operator}` gives nothing for two values of type `{ty}`"))
        .at(other, format!("this is `{ty}`"))
        .and(one, format!("so is this: `{ty}`"))
        .help(format!("a `{ty}` is multiplied by a number"))
}

/// A comparison that would tell something about a secret.
pub fn secret_compared(operator: Name, place: Span) -> Diagnostic {
    Diagnostic::error("LW0221", format!("`{operator}` does not compare secrets"))
        .at(place, "this is a secret")
        .note("a secret is a handle: its value is fetched for each operation and is nowhere in the program")
        .help("compare what the secret is made from, such as its name")
}

pub fn not_appendable(ty: &str, span: Span, place: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0221", format!("`++` joins strings or lists, not `{ty}`"))
        .at(span, format!("this is `{ty}`"));
    match ty {
        "Int" | "Float" => {
            diagnostic.help("numbers are added with `+`, and written into text with `\"\\(n)\"`").and(place, "joins")
        }
        _ if ty.starts_with("Optional<") => diagnostic.help("give a default with `?|`"),
        _ => diagnostic,
    }
}

pub fn default_of_certain(ty: &str, span: Span, place: Span) -> Diagnostic {
    Diagnostic::error("LW0219", format!("`?|` gives a default for an Optional, and `{ty}` is always there"))
        .at(span, format!("this is `{ty}`"))
        .and(place, "never needed")
        .help("leave `?|` and its right side out")
}

pub fn never_equal(one: &str, one_span: Span, other: &str, other_span: Span, optional: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0221", format!("`{one}` and `{other}` are never equal"))
        .at(other_span, format!("this is `{other}`"))
        .and(one_span, format!("this is `{one}`"));
    if optional { diagnostic.help("one of them may be None: give it a default with `?|`") } else { diagnostic }
}

pub fn unknown_operator(name: Name, place: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0201", format!("there is no operator `{name}` here"))
        .at(place, "not declared, not imported");
    let meant = match name.as_str() {
        "=" => Some("=="),
        "<>" => Some("!="),
        "=<" => Some("<="),
        "=>" => Some(">="),
        "&" => Some("&&"),
        "|>" | "." => None,
        "**" => Some("^"),
        "??" | "?:" => Some("?|"),
        "===" => Some("=="),
        "!==" => Some("!="),
        _ => None,
    };
    match meant {
        Some(meant) => diagnostic.fix(format!("write `{meant}`"), [Edit { span: place, text: meant.to_string() }]),
        None => diagnostic,
    }
}

pub fn not_an_operation(operator: Name, operands: usize, ty: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "LW0205",
        format!("the operator `{operator}` needs a function of {}", counted(operands, "argument")),
    )
    .at(span, format!("this is `{ty}`"))
}

pub fn dotted(name: Name, place: Span) -> Diagnostic {
    let new = name.as_str().trim_end_matches('.').to_string();
    Diagnostic::warning("LW0235", format!("`{name}` is the old spelling of `{new}`"))
        .at(place, "the plain operator takes Float too")
        .fix(format!("write `{new}`"), [Edit { span: place, text: new }])
}

pub fn chain_too_long(limit: usize, span: Span) -> Diagnostic {
    Diagnostic::error("LW0236", format!("this expression has more than {limit} operators"))
        .at(span, "too long")
        .help("name its parts, or use `String.join`, `List.flatten` or `List.reduce`")
}

pub fn clauses_too_many(limit: usize, span: Span) -> Diagnostic {
    Diagnostic::error("LW0236", format!("this comprehension has more than {limit} `for` and `if`"))
        .at(span, "one too many")
        .help("make the elements in a function of their own")
}
