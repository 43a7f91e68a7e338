//! `lw incidents [NAME]`: what the Conductor saw and did.

use conductor::{IncidentReport, IncidentRow};
use lw_diagnostics::Files;
use lw_plan::Json;

use super::{Context, Exit, Failure};
use crate::arguments::Incidents;
use crate::changes::{lowered, value};
use crate::output::{Style, paint};
use crate::store;
use crate::target::deployment_name;
use crate::time::{date_and_time, duration};

pub fn run(context: &Context, arguments: &Incidents) -> Result<Exit, Failure> {
    let deployment = arguments.name.as_deref().map(deployment_name).transpose()?;
    let engine = store::engine_here(context, arguments.name.as_deref())?;
    let report = engine.incidents(deployment.as_ref(), arguments.open, arguments.most);
    let report = report.map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&report);
        return Ok(Exit::Fine);
    }
    if report.incidents.is_empty() {
        context.voice.note("no incident");
    }
    context.voice.say(&describe(&report, context.voice.color_out));
    Ok(Exit::Fine)
}

fn describe(report: &IncidentReport, color: bool) -> String {
    let mut out = String::new();
    for incident in &report.incidents {
        out.push_str(&one(incident, color));
    }
    out
}

fn one(incident: &IncidentRow, color: bool) -> String {
    let (word, style) = match incident.handling.as_str() {
        "corrected" | "vanished" => (incident.handling.as_str(), Style::Green),
        "held" | "failed" => (incident.handling.as_str(), Style::Red),
        other => (other, Style::Yellow),
    };
    let about = match (&incident.path, &incident.property) {
        (Some(path), Some(property)) => format!("{path}.{}", lowered(property)),
        (Some(path), None) => path.to_string(),
        (None, Some(property)) => property.clone(),
        (None, None) => "everything".to_string(),
    };
    let place = match (&incident.file, incident.line) {
        (Some(file), Some(line)) => format!("  {file}:{line}"),
        _ => String::new(),
    };
    let took = incident.resolved_at_ms.map(|end| format!(" after {}", duration(end.saturating_sub(incident.at_ms))));
    let mut out = format!(
        "{}  {}  {} {}  {}{}{}\n",
        paint(color, Style::Dim, &date_and_time(incident.at_ms)),
        incident.deployment,
        paint(color, Style::Bold, &incident.kind),
        paint(color, Style::Bold, &about),
        paint(color, style, word),
        took.unwrap_or_default(),
        paint(color, Style::Dim, &place),
    );
    if incident.planned.is_some() || incident.observed.is_some() {
        let said = |shown: &Option<Json>| shown.as_ref().map_or("not set".to_string(), value);
        out.push_str(&format!("    {} → {}\n", said(&incident.planned), said(&incident.observed)));
    }
    out.push_str(&format!("    {}\n", incident.reason));
    out
}
