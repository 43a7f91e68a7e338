//! What the program says: standard output for results, standard error for everything else.
//!
//! The only module that prints. A reader that goes away is no error: what follows is dropped without a word, and the command
//! ends as it would have.

#![expect(clippy::disallowed_methods, reason = "the one place that may touch the standard streams")]

use std::io::{self, IsTerminal, Write};

use lw_compiler::json::DiagnosticJson;
use lw_diagnostics::{Diagnostic, Files, RenderOptions, render};
use serde::Serialize;

/// How this run speaks.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    pub json: bool,
    pub quiet: bool,
    pub verbose: bool,
    pub color_out: bool,
    pub color_error: bool,
    /// Somebody is there to be asked, and to watch progress.
    pub interactive: bool,
}

impl Voice {
    pub fn new(json: bool, no_color: bool, quiet: bool, verbose: bool) -> Voice {
        let colors = !no_color
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Voice {
            json,
            quiet,
            verbose,
            color_out: colors && io::stdout().is_terminal(),
            color_error: colors && io::stderr().is_terminal(),
            interactive: io::stdin().is_terminal() && io::stderr().is_terminal(),
        }
    }

    /// A result, for people.
    pub fn say(&self, text: &str) {
        deliver(text);
    }

    /// A result, for programs: one document and a line break.
    pub fn document(&self, value: &impl Serialize) {
        let mut text = serde_json::to_string_pretty(value).expect("a result is plain data");
        text.push('\n');
        deliver(&text);
    }

    /// A word aside: progress, hints.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// An error, for people.
    pub fn complain(&self, text: &str) {
        write(&mut io::stderr().lock(), &format!("{text}\n"));
    }

    /// Why a command could not do its work, in the form that was asked for.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic], files: &Files) {
        if self.json {
            self.diagnostics_json(diagnostics.iter().map(|diagnostic| DiagnosticJson::of(diagnostic, files)).collect());
        } else {
            let text = render(diagnostics, files, RenderOptions { color: self.color_error });
            write(&mut io::stderr().lock(), &text);
        }
    }

    /// What a command that could not do its work prints with `--json`: no other key.
    pub fn diagnostics_json(&self, diagnostics: Vec<DiagnosticJson>) {
        self.document(&DiagnosticsDocument { diagnostics });
    }

    /// Asks a question that is answered with yes or no; no without an answer.
    pub fn ask(&self, question: &str) -> bool {
        write(&mut io::stderr().lock(), &format!("{question} [y/N] "));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }
}

#[derive(Serialize)]
struct DiagnosticsDocument {
    diagnostics: Vec<DiagnosticJson>,
}

/// A result that cannot be written (a full disk) is a runtime failure.
fn deliver(text: &str) {
    let mut stream = io::stdout().lock();
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            write(&mut io::stderr().lock(), &format!("lw: standard output cannot be written: {error}\n"));
            std::process::exit(3)
        }
        _ => {}
    }
}

/// A stream that nobody reads any more takes nothing; that is not ours to report.
fn write(stream: &mut dyn Write, text: &str) {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Text in a colour, where colours are wanted.
pub fn paint(color: bool, style: Style, text: &str) -> String {
    if !color || text.is_empty() {
        return text.to_string();
    }
    let code = match style {
        Style::Bold => "1",
        Style::Dim => "2",
        Style::Red => "31",
        Style::Green => "32",
        Style::Yellow => "33",
        Style::Blue => "34",
        Style::Cyan => "36",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Blue,
    Cyan,
}

/// `1 resource`, `2 resources`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        return format!("1 {noun}");
    }
    let plural = match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) => format!("{noun}es"),
        _ => format!("{noun}s"),
    };
    format!("{number} {plural}")
}
