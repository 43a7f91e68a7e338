//! `lw test [PATH…]`: runs the `test` statements of files.

use std::fmt::Write;

use lw_compiler::json::{DiagnosticJson, Place};
use lw_compiler::{compile, gather};
use lw_diagnostics::{Diagnostic, Files};
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::Test;
use crate::output::{Style, count, paint};
use crate::target::request;

#[derive(Serialize)]
struct Document {
    tests: Vec<Outcome>,
    summary: Summary,
}

#[derive(Serialize)]
struct Outcome {
    name: String,
    file: String,
    line: u32,
    passed: bool,
    /// Why it failed, where more is known than that it is false.
    reason: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
}

pub fn run(context: &Context, arguments: &Test) -> Result<Exit, Failure> {
    let gathered = gather(&context.world, &arguments.paths, &context.working_folder);
    let request = request(context, &arguments.compiling, true);
    let compiled: Vec<_> = gathered.work.iter().map(|work| compile(&context.world, work, &request)).collect();
    let broken = !gathered.diagnostics.is_empty() || compiled.iter().any(|compiled| compiled.has_errors());
    if broken {
        say_errors(context, &gathered.diagnostics, &compiled);
        return Ok(Exit::Errors);
    }
    let mut outcomes = Vec::new();
    for compiled in &compiled {
        for test in compiled.units.iter().flat_map(|unit| &unit.tests) {
            let place = Place::of(test.span, &compiled.files);
            let (passed, reason) = (test.failure.is_none(), test.failure.clone().filter(|reason| !reason.is_empty()));
            outcomes.push(Outcome { name: test.name.clone(), file: place.file, line: place.line, passed, reason });
        }
    }
    let passed = outcomes.iter().filter(|outcome| outcome.passed).count();
    let summary = Summary { passed, failed: outcomes.len() - passed };
    let exit = if summary.failed > 0 { Exit::Errors } else { Exit::Fine };
    if context.voice.json {
        context.voice.document(&Document { tests: outcomes, summary });
    } else {
        context.voice.say(&describe(&outcomes, &summary, context.voice.color_out));
    }
    Ok(exit)
}

fn say_errors(context: &Context, loose: &[Diagnostic], compiled: &[lw_compiler::Compiled]) {
    if context.voice.json {
        let no_files = Files::default();
        let loose = loose.iter().map(|diagnostic| DiagnosticJson::of(diagnostic, &no_files));
        let placed = compiled.iter().flat_map(|compiled| {
            compiled.diagnostics.iter().map(|diagnostic| DiagnosticJson::of(diagnostic, &compiled.files))
        });
        context.voice.diagnostics_json(loose.chain(placed).collect());
        return;
    }
    context.voice.diagnostics(loose, &Files::default());
    for compiled in compiled {
        context.voice.diagnostics(&compiled.diagnostics, &compiled.files);
    }
}

fn describe(outcomes: &[Outcome], summary: &Summary, color: bool) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let (word, style) = if outcome.passed { ("ok    ", Style::Green) } else { ("FAILED", Style::Red) };
        let place = paint(color, Style::Dim, &format!("{}:{}", outcome.file, outcome.line));
        let _ = writeln!(out, "{}  {}  {place}", paint(color, style, word), outcome.name);
        if let Some(reason) = &outcome.reason {
            let _ = writeln!(out, "        {reason}");
        }
    }
    let total = count(outcomes.len(), "test");
    let _ = match summary.failed {
        0 => writeln!(out, "{}", paint(color, Style::Green, &format!("{total}: all passed"))),
        failed => writeln!(out, "{}", paint(color, Style::Red, &format!("{total}: {failed} failed"))),
    };
    out
}
