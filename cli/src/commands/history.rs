//! `lw history NAME`: the event log of a deployment, and whether it is whole.

use lw_diagnostics::Files;
use lw_plan::Json;

use super::{Context, Exit, Failure};
use crate::arguments::History;
use crate::output::count;
use crate::store;
use crate::target::deployment_name;
use crate::time::date_and_time;

pub fn run(context: &Context, arguments: &History) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let report =
        engine.history(&deployment, arguments.verify).map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&report);
    } else {
        let lines: Vec<String> = report
            .events
            .iter()
            .map(|event| format!("{:>5}  {}  {}\n", event.sequence, date_and_time(event.at_ms), describe(&event.body)))
            .collect();
        context.voice.say(&lines.concat());
        match (report.verified, report.broken_at) {
            (Some(true), _) => {
                context.voice.say(&format!("{}, whole and unaltered\n", count(report.events.len(), "event")))
            }
            (Some(false), at) => {
                let at = at.map(|at| format!(" from event {at} on")).unwrap_or_default();
                context.voice.say(&format!("the log was altered{at}\n"));
            }
            (None, _) => {}
        }
    }
    Ok(if report.verified == Some(false) { Exit::Errors } else { Exit::Fine })
}

/// One line for an event.
fn describe(body: &Json) -> String {
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_string();
    let number = |key: &str| body[key].as_u64().unwrap_or_default();
    match body["event"].as_str().unwrap_or_default() {
        "began" => {
            let plan = text("plan");
            let plan = if plan.is_empty() {
                "to destroy".to_string()
            } else {
                format!("with plan {}", &plan[..plan.len().min(12)])
            };
            format!("generation {} begins {plan}", number("generation"))
        }
        "intended" => format!("intends to {} {}", text("verb"), text("path")),
        "closed" => {
            let problem = text("problem");
            let problem = if problem.is_empty() { String::new() } else { format!(": {problem}") };
            format!("{} is {}{problem}", text("path"), text("state"))
        }
        "recorded" => format!("{}: {}", text("path"), text("text")),
        "ended" => format!(
            "generation {} ends: {} done, {} failed, {} skipped, {} unknown",
            number("generation"),
            number("done"),
            number("failed"),
            number("skipped"),
            number("unknown")
        ),
        "noted" => format!("{}: {}", text("kind"), body["detail"]),
        _ => body.to_string(),
    }
}
