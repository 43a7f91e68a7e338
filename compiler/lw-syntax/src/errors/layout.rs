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

/// `found` is the closing bracket that came instead, and whether it stands on the same line.
pub fn unclosed_bracket(opener: Span, text: &str, found: Option<(Span, &str, bool)>) -> Diagnostic {
    let closer = closer(text);
    let diagnostic = Diagnostic::error("LW0110", format!("`{text}` is never closed")).at(opener, "opened here");
    match found {
        Some((span, found, same_line)) => {
            let diagnostic = diagnostic.and(span, format!("`{found}` comes before its `{closer}`"));
            if same_line {
                return diagnostic.fix(format!("write `{closer}` first"), [insert(span, closer)]);
            }
            diagnostic.help(format!("close it with `{closer}`"))
        }
        None => diagnostic.help(format!("close it with `{closer}`")),
    }
}

pub fn stray_closer(span: Span, text: &str) -> Diagnostic {
    Diagnostic::error("LW0111", format!("`{text}` closes nothing"))
        .at(span, "nothing is open here that this closes")
        .fix("remove it", [replace(span, "")])
}

pub fn other_closer(span: Span, text: &str, opener: Span, opener_text: &str) -> Diagnostic {
    let closer = closer(opener_text);
    Diagnostic::error("LW0111", format!("`{text}` does not close `{opener_text}`"))
        .at(span, "another kind of bracket")
        .and(opener, "opened here")
        .fix(format!("write `{closer}`"), [replace(span, closer)])
}

pub fn empty_block(span: Span, after: &str) -> Diagnostic {
    Diagnostic::error("LW0112", format!("nothing stands after `{after}`"))
        .at(span, "something must follow")
        .note("what belongs to it stands on the same line, or further right on the next lines")
}
