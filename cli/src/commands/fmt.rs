//! `lw fmt [PATH…]`: lays files out as everyone does; `--check` changes nothing and names the files that would change.

use lw_compiler::json::DiagnosticJson;
use lw_compiler::{gather, read_text};
use lw_diagnostics::{Diagnostic, Files};
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::Fmt;
use crate::output::count;
use crate::target::write_file;

#[derive(Serialize)]
struct Document {
    /// Files that were, or with `--check` would be, written.
    changed: Vec<String>,
    /// How many files were looked at.
    files: usize,
    /// Why files were left as they are.
    diagnostics: Vec<DiagnosticJson>,
}

pub fn run(context: &Context, arguments: &Fmt) -> Result<Exit, Failure> {
    let gathered = gather(&context.world, &arguments.paths, &context.working_folder);
    let mut files = Files::default();
    let mut diagnostics: Vec<Diagnostic> = gathered.diagnostics;
    let mut changed = Vec::new();
    let mut looked_at = 0;
    for path in gathered.work.iter().flat_map(|work| &work.files) {
        looked_at += 1;
        let text = match read_text(&context.world, path) {
            Ok(text) => text,
            Err(bad) => {
                diagnostics.push(bad.diagnostic(&mut files));
                continue;
            }
        };
        let file = files.add(path.to_string_lossy().as_ref(), text.clone());
        let formatted = lw_syntax::format(file, &text);
        let Some(new) = formatted.text else {
            diagnostics.extend(formatted.diagnostics.into_iter().filter(Diagnostic::is_error));
            continue;
        };
        if *new != *text {
            if !arguments.check {
                write_file(path, &new)?;
            }
            changed.push(path.display().to_string());
        }
    }
    let failed = !diagnostics.is_empty() || (arguments.check && !changed.is_empty());
    if context.voice.json {
        let diagnostics = diagnostics.iter().map(|diagnostic| DiagnosticJson::of(diagnostic, &files)).collect();
        context.voice.document(&Document { changed, files: looked_at, diagnostics });
    } else {
        context.voice.diagnostics(&diagnostics, &files);
        context.voice.say(&changed.iter().map(|name| format!("{name}\n")).collect::<String>());
        let word = if arguments.check { "would change" } else { "changed" };
        context.voice.note(&format!("{} of {} {word}", changed.len(), count(looked_at, "file")));
    }
    Ok(if failed { Exit::Errors } else { Exit::Fine })
}
