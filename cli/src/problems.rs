//! What the Conductor would not do, as diagnostics.

use conductor::{Exit as Gravity, Problem, Problems};
use lw_diagnostics::{Diagnostic, Files, Span, codes};

use crate::commands::{Exit, Failure};

impl Failure {
    /// What the Conductor answered instead of doing it; `files` are what the Plan was compiled from.
    pub fn of(problems: &Problems, files: Files) -> Failure {
        let exit = match problems.exit() {
            Gravity::Refused => Exit::Errors,
            Gravity::Usage => Exit::Usage,
            Gravity::Runtime => Exit::Runtime,
        };
        Failure { diagnostics: diagnostics(problems.iter(), &files), files, exit }
    }
}

/// Problems as diagnostics, with their line of source where that was read.
pub fn diagnostics<'a>(problems: impl IntoIterator<Item = &'a Problem>, files: &Files) -> Vec<Diagnostic> {
    problems.into_iter().map(|problem| diagnostic(problem, files)).collect()
}

fn diagnostic(problem: &Problem, files: &Files) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(known_code(&problem.code), problem.message.clone());
    if let Some(help) = &problem.help {
        diagnostic = diagnostic.help(help.clone());
    }
    if let Some(path) = problem.paths.first() {
        diagnostic = diagnostic.on_path(path.as_str());
    }
    let Some(place) = &problem.place else { return diagnostic };
    match files.ids().find(|file| **files.name(*file) == *place.file) {
        Some(file) => {
            let span = line_span(file, files, place.line);
            diagnostic.at(span, "declared here")
        }
        None => diagnostic.note(format!("declared in {}:{}", place.file, place.line)),
    }
}

/// The text of a line, without the white space around it.
fn line_span(file: lw_diagnostics::FileId, files: &Files, line: u32) -> Span {
    let text = files.text(file);
    let mut start = 0;
    for (number, content) in text.split_inclusive('\n').enumerate() {
        if number + 1 == line as usize {
            let indent = content.len() - content.trim_start().len();
            return Span::new(file, (start + indent) as u32, (start + content.trim_end().len()) as u32);
        }
        start += content.len();
    }
    Span::new(file, text.len() as u32, text.len() as u32)
}

/// The code as the pages have it. The Conductor's codes come as text, since they may cross a socket from another version; one that
/// has no page here is kept for the little time that the process has left.
fn known_code(code: &str) -> &'static str {
    codes().find(|known| *known == code).unwrap_or_else(|| String::leak(code.to_string()))
}
