//! `lw drift NAME`: where reality moved away from what was applied; `--correct` applies it again.

use conductor::{DriftReport, Request, Wanted};
use lw_diagnostics::Files;
use lw_plan::Json;

use super::apply::{execute, require_consent};
use super::{Context, Exit, Failure};
use crate::arguments::Drift;
use crate::changes::{lowered, value};
use crate::output::{Style, count, paint};
use crate::progress::Reporter;
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Drift) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    if arguments.correct {
        require_consent(context, arguments.yes)?;
    }
    let engine = store::engine_here(context, Some(&arguments.name))?;
    if arguments.correct {
        let request = arguments.allowing.of(Request::new(deployment, Wanted::Continue));
        return execute(context, &engine, request, arguments.yes, &Files::default());
    }
    let mut reporter = Reporter::new(context.voice);
    let report = engine.drift(&deployment, &mut |progress| reporter.report(progress));
    reporter.finish();
    let report = report.map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&report);
    } else {
        context.voice.say(&describe(&arguments.name, &report, context.voice.color_out));
    }
    Ok(if report.drift.is_empty() && report.unrecorded.is_empty() { Exit::Fine } else { Exit::Errors })
}

fn describe(name: &str, report: &DriftReport, color: bool) -> String {
    let DriftReport { drift, unrecorded } = report;
    if drift.is_empty() && unrecorded.is_empty() {
        return format!("{name}: as it was applied\n");
    }
    let mut parts = Vec::new();
    if !drift.is_empty() {
        parts.push(count(drift.len(), "difference"));
    }
    if !unrecorded.is_empty() {
        parts.push(format!("{} that no record knows", count(unrecorded.len(), "object")));
    }
    let mut out = format!("{}\n", paint(color, Style::Bold, &format!("{name}: {}", parts.join(", "))));
    for difference in drift {
        let path = paint(color, Style::Bold, difference.path.as_str());
        let enforcement = serde_json::to_value(difference.enforcement).unwrap_or_default();
        let enforcement = format!("  ({})", enforcement.as_str().unwrap_or_default());
        let said = |shown: &Option<Json>| shown.as_ref().map_or("not set".to_string(), value);
        let what = match &difference.property {
            None => "is gone from the cloud".to_string(),
            Some(property) => {
                format!("{}: {} → {}", lowered(property), said(&difference.planned), said(&difference.observed))
            }
        };
        let sign = paint(color, Style::Yellow, if difference.property.is_some() { "~" } else { "-" });
        out.push_str(&format!("  {sign} {path}  {what}{}\n", paint(color, Style::Dim, &enforcement)));
    }
    for object in unrecorded {
        let sign = paint(color, Style::Red, "?");
        out.push_str(&format!("  {sign} {}  {} carries our tag\n", object.wire_type, object.physical_id));
    }
    out
}
