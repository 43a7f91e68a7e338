//! Old spellings, each a warning with the edit to the new one.

use lw_diagnostics::{Diagnostic, Span};

use super::{insert, replace};

/// `whole` says that nothing of the old header would be lost.
pub fn old_function(header: Span, new: String, whole: bool) -> Diagnostic {
    let diagnostic = Diagnostic::warning("LW0160", "this function has the old header")
        .at(header, "types before names, and no `fun`");
    let help = format!("write `{new}`");
    if whole { diagnostic.fix(help, [replace(header, new)]) } else { diagnostic.help(help) }
}

pub fn discarded_value(value: Span, semicolon: Span) -> Diagnostic {
    Diagnostic::warning("LW0161", "`;` discards a value")
        .at(value, "evaluated for its errors, then dropped")
        .and(semicolon, "the old sequence")
        .note("`let` would not do: what nobody reads is not evaluated")
        .help("write `if … then … else error(\"…\")`, or a `validate` or `test`")
}

/// `comma` is what separates it from the field before, `trailing` the one after it.
pub fn old_row(name: Span, text: &str, comma: Option<Span>, trailing: Option<Span>) -> Diagnostic {
    let bar = match comma {
        Some(comma) => replace(comma, " |"),
        None => insert(name, "| "),
    };
    let edits = [bar].into_iter().chain(trailing.map(|trailing| replace(trailing, "")));
    Diagnostic::warning("LW0162", format!("`{text}` stands for further fields without a bar"))
        .at(name, "a row variable")
        .fix(format!("write `| {text}`"), edits)
}

pub fn named_arguments(open: Span, close: Span, brace: &str) -> Diagnostic {
    Diagnostic::warning("LW0163", "named arguments stand in parentheses")
        .at(open, "opens named arguments")
        .fix("write them in braces", [replace(open, brace), replace(close, "}")])
}

pub fn composition_title(statement: Span, text: Span, new: String) -> Diagnostic {
    Diagnostic::warning("LW0164", "the title of a composition is a string")
        .at(text, "the old place of a title")
        .fix("write it as a doc comment", [replace(statement, new)])
}
