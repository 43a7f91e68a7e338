//! `lw test [PATH…]`: runs the `test` statements of files.

use std::fmt::Write;

use lw_compiler::json::{DiagnosticJson, Place};
use lw_compiler::{Compiled, compile, gather};
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
    let request = request(context, &arguments.compiling);
    let compiled: Vec<Compiled> = gathered.work.iter().map(|work| compile(&context.world, work, &request)).collect();
    if !gathered.diagnostics.is_empty() || compiled.iter().any(is_broken) {
        say_errors(context, &gathered.diagnostics, &compiled);
        return Ok(Exit::Errors);
    }
    let mut outcomes = Vec::new();
    for compiled in &compiled {
        for test in compiled.units.iter().flat_map(|unit| &unit.tests) {
            let place = Place::of(test.span, &compiled.files);
            let reason = test.reason.clone().filter(|reason| !reason.is_empty());
            outcomes.push(Outcome {
                name: test.name.clone(),
                file: place.file,
                line: place.line,
                passed: test.passed,
                reason,
            });
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

/// Whether there are errors besides the failures of tests.
fn is_broken(compiled: &Compiled) -> bool {
    let tests: Vec<_> = compiled.units.iter().flat_map(|unit| &unit.tests).filter(|test| !test.passed).collect();
    let of_a_test = |diagnostic: &Diagnostic| {
        let place = diagnostic.primary.as_ref().map(|label| label.span);
        place.is_some_and(|place| {
            tests.iter().any(|test| {
                test.span.file == place.file && test.span.start <= place.start && place.end <= test.span.end
            })
        })
    };
    compiled.diagnostics.iter().any(|diagnostic| diagnostic.is_error() && !of_a_test(diagnostic))
}

fn say_errors(context: &Context, loose: &[Diagnostic], compiled: &[Compiled]) {
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
