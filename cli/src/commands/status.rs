//! `lw status [NAME]`: deployments and their resources, as State has them.

use std::fmt::Write;
use std::time::Duration;

use conductor_core::{ResourceStatus, StatusDeployment, StatusReport, StatusResource};
use lw_diagnostics::Files;

use super::{Context, Exit, Failure};
use crate::arguments::Status;
use crate::changes::resources;
use crate::output::{Style, paint};
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Status) -> Result<Exit, Failure> {
    let deployment = arguments.name.as_deref().map(deployment_name).transpose()?;
    let engine = store::engine_here(context, arguments.name.as_deref())?;
    let mut last = None;
    loop {
        let report = engine.status(deployment.as_ref());
        let report = report.map_err(|problems| Failure::of(&problems, Files::default()))?;
        if last.as_ref() != Some(&report) {
            show(context, &report, arguments.watch && last.is_some());
        }
        if !arguments.watch {
            return Ok(Exit::Fine);
        }
        last = Some(report);
        std::thread::sleep(WATCH_INTERVAL);
    }
}

/// Between two looks at State; nothing is printed where nothing changed.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

fn show(context: &Context, report: &StatusReport, again: bool) {
    if context.voice.json {
        context.voice.document(report);
        return;
    }
    let mut out = String::new();
    if again {
        // A terminal shows the newest alone; elsewhere a line stands between two.
        out.push_str(if context.voice.color_out { "\u{1b}[H\u{1b}[2J" } else { "\n" });
    }
    if report.deployments.is_empty() {
        context.voice.note("no deployment yet; `lw apply` makes one");
    }
    for (number, deployment) in report.deployments.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        describe(deployment, context.voice.color_out, &mut out);
    }
    context.voice.say(&out);
}

fn describe(deployment: &StatusDeployment, color: bool, out: &mut String) {
    let plan =
        deployment.plan.as_deref().map(|plan| format!(", plan {}", &plan[..plan.len().min(12)])).unwrap_or_default();
    let _ = writeln!(
        out,
        "{}  {}, generation {}{plan}, {}",
        paint(color, Style::Bold, &deployment.name.to_string()),
        word(deployment.state, color),
        deployment.generation,
        resources(deployment.resources.len()),
    );
    let path_width =
        deployment.resources.iter().map(|resource| resource.path.as_str().chars().count()).max().unwrap_or(0);
    let type_width = deployment.resources.iter().map(|resource| resource.wire_type.chars().count()).max().unwrap_or(0);
    let physical_id = |resource: &StatusResource| resource.physical_id.clone().unwrap_or_else(|| "-".to_string());
    let id_width = deployment.resources.iter().map(|resource| physical_id(resource).chars().count()).max().unwrap_or(0);
    for resource in &deployment.resources {
        let _ = writeln!(
            out,
            "  {:path_width$}  {:type_width$}  {:id_width$}  {}",
            resource.path.as_str(),
            resource.wire_type,
            physical_id(resource),
            word(resource.state, color),
        );
    }
}

fn word(state: ResourceStatus, color: bool) -> String {
    let (word, style) = match state {
        ResourceStatus::Ready => ("ready", Style::Green),
        ResourceStatus::Changing => ("changing", Style::Yellow),
        ResourceStatus::Failed => ("failed", Style::Red),
        ResourceStatus::Quarantined => ("quarantined", Style::Red),
    };
    paint(color, style, word)
}
