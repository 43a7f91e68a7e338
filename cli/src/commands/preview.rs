//! `lw preview FILE|PLAN`: the change set, each step with its reason and source line.

use conductor::{Previewed, Wanted as Asked};
use conductor_core::PreviewReport;
use lw_compiler::json::DiagnosticJson;
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::Preview;
use crate::progress::Reporter;
use crate::target::{Wanted, write_file};
use crate::{changes, problems, store, target};

/// What `--json` prints; `diagnostics` only where applying it would be refused.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a PreviewReport,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<DiagnosticJson>,
}

pub fn run(context: &Context, arguments: &Preview) -> Result<Exit, Failure> {
    let target = target::plan(context, &arguments.file, &arguments.compiling)?;
    let deployment = target.deployment(arguments.name.as_deref())?;
    target::warn_of_moved_outputs(context, &target)?;
    let engine = store::engine(context, &target.project, target.environment.as_ref())?;
    let simulated = target.is_simulated(arguments.sim);
    let Wanted::Plan(plan) = target.wanted else { unreachable!("`plan` gives no change sets") };
    let request =
        conductor::Request::new(deployment, Asked::Plan(plan)).simulated(simulated).recorded(arguments.recorded);
    let mut reporter = Reporter::new(context.voice);
    let previewed = engine.preview(request, &mut |progress| reporter.report(progress));
    reporter.finish();
    let previewed = previewed.map_err(|problems| Failure::of(&problems, target.files.clone()))?;
    if let Some(path) = &arguments.output {
        let text = serde_json::to_string(&previewed.changes).expect("a change set is plain data");
        write_file(path, &format!("{text}\n"))?;
    }
    show(context, &previewed, &target.files);
    Ok(if previewed.changes.changes.is_empty() && previewed.refusals.is_empty() { Exit::Fine } else { Exit::Errors })
}

/// The change set, and why applying it would be refused.
pub fn show(context: &Context, previewed: &Previewed, files: &lw_diagnostics::Files) {
    let refusals = problems::diagnostics(&previewed.refusals, files);
    if context.voice.json {
        let diagnostics = refusals.iter().map(|refusal| DiagnosticJson::of(refusal, files)).collect();
        context.voice.document(&Document { report: &previewed.report, diagnostics });
        return;
    }
    let text = changes::describe(&previewed.changes.changes, &previewed.kept, context.voice.color_out);
    context.voice.say(&text);
    if !refusals.is_empty() {
        context.voice.diagnostics(&refusals, files);
    }
}
