//! `lw chaos NAME`: something changes in the simulated cloud behind the Conductor's back.

use conductor::Disturbance;
use lw_diagnostics::{Diagnostic, Files};
use lw_plan::{Json, ResourcePath};

use super::{Context, Exit, Failure};
use crate::arguments::Chaos;
use crate::changes::{lowered, value};
use crate::output::{Style, paint};
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Chaos) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    let disturbances = disturbances(arguments);
    if disturbances.is_empty() {
        let diagnostic = Diagnostic::error("LW0586", "it is not said what is to happen")
            .help("`--set PATH PROPERTY VALUE`, `--unset PATH PROPERTY`, `--delete PATH` or `--random COUNT`");
        return Err(Failure::one(diagnostic, Exit::Usage));
    }
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let report = engine.disturb(&deployment, disturbances);
    let report = report.map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&report);
        return Ok(Exit::Fine);
    }
    let mut out = String::new();
    for done in &report.done {
        let path = paint(context.voice.color_out, Style::Bold, done.path.as_str());
        let what = match (&done.property, &done.value) {
            (None, _) => "was deleted".to_string(),
            (Some(property), Some(now)) => format!("{} is now {}", lowered(property), value(now)),
            (Some(property), None) => format!("{} was taken away", lowered(property)),
        };
        out.push_str(&format!("{path} ({}): {what}\n", done.physical_id));
    }
    context.voice.say(&out);
    Ok(Exit::Fine)
}

fn disturbances(arguments: &Chaos) -> Vec<Disturbance> {
    let mut wanted = Vec::new();
    for set in arguments.set.chunks_exact(3) {
        // What is no JSON is text.
        let value = serde_json::from_str(&set[2]).unwrap_or_else(|_| Json::from(set[2].as_str()));
        let path = ResourcePath::from_text(&set[0]);
        wanted.push(Disturbance::Set { path, property: set[1].clone(), value: Some(value) });
    }
    for unset in arguments.unset.chunks_exact(2) {
        let path = ResourcePath::from_text(&unset[0]);
        wanted.push(Disturbance::Set { path, property: unset[1].clone(), value: None });
    }
    let deleted = arguments.delete.iter().map(ResourcePath::from_text);
    wanted.extend(deleted.map(|path| Disturbance::Delete { path }));
    if let Some(count) = arguments.random {
        wanted.push(Disturbance::Random { count, seed: arguments.seed });
    }
    wanted
}
