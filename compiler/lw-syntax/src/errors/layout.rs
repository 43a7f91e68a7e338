//! Brackets and blocks.

use lw_diagnostics::{Diagnostic, Span};

use super::{insert, replace};

fn closer(opener: &str) -> &'static str {
    match opener {
        "[" => "]",
        "{" => "}",
        _ => ")",
    }
}

pub fn unclosed_bracket(opener: Span, text: &str, found: Option<(Span, &str)>) -> Diagnostic {
    let closer = closer(text);
    let diagnostic = Diagnostic::error("LW0110", format!("`{text}` is never closed")).at(opener, "opened here");
    match found {
        Some((span, found)) => diagnostic
            .and(span, format!("`{found}` comes before its `{closer}`"))
            .fix(format!("write `{closer}` first"), [insert(span, closer)]),
        None => diagnostic.help(format!("close it with `{closer}`")),
    }
}

pub fn stray_closer(span: Span, text: &str, opener: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0111", format!("`{text}` closes nothing"))
        .at(span, "nothing is open here that this closes");
    let diagnostic = match opener {
        Some(opener) => diagnostic.and(opener, "open until here"),
        None => diagnostic,
    };
    diagnostic.fix("remove it", [replace(span, "")])
}

pub fn empty_block(span: Span, after: &str) -> Diagnostic {
    Diagnostic::error("LW0112", format!("nothing stands after `{after}`"))
        .at(span, "something must follow")
        .note("what belongs to it stands on the same line, or further right on the next lines")
}
