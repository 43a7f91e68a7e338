//! `lw explain CODE`: the page of a diagnostic's code.

use lw_diagnostics::{Diagnostic, codes, did_you_mean, explain};
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::Explain;

#[derive(Serialize)]
struct Page {
    code: String,
    page: &'static str,
}

pub fn run(context: &Context, arguments: &Explain) -> Result<Exit, Failure> {
    let code = arguments.code.to_ascii_uppercase();
    let Some(page) = explain(&code) else { return Err(Failure::one(unknown_code(&code), Exit::Errors)) };
    if context.voice.json {
        context.voice.document(&Page { code, page });
    } else {
        context.voice.say(page);
    }
    Ok(Exit::Fine)
}

fn unknown_code(code: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("LW0570", format!("there is no code `{code}`"));
    match did_you_mean(code, codes()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("a code is `LW` and four digits, as diagnostics show it"),
    }
}
