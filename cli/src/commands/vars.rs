//! `lw vars list|get|set|watch`: what members read and write while they run.

use std::fmt::Write;
use std::time::Duration;

use conductor::{Engine, VariableVersion};
use lw_diagnostics::Files;
use serde_json::{Value as Json, json};

use super::{Context, Exit, Failure};
use crate::arguments::VarsCommand;
use crate::store;
use crate::target::deployment_name;

/// Between two looks at State; nothing is printed where nothing changed.
const WATCH_INTERVAL: Duration = Duration::from_millis(200);

pub fn run(context: &Context, command: &VarsCommand) -> Result<Exit, Failure> {
    let failed = |problems: conductor::Problems| Failure::of(&problems, Files::default());
    let (VarsCommand::List { name }
    | VarsCommand::Get { name, .. }
    | VarsCommand::Set { name, .. }
    | VarsCommand::Watch { name, .. }) = command;
    let deployment = deployment_name(name)?;
    let engine = store::engine_here(context, Some(name))?;
    let newest = |engine: &Engine, variable: &str| -> Result<VariableVersion, conductor::Problems> {
        // What is not declared is an error of this question.
        engine.variable_versions(&deployment, variable, u64::MAX >> 1)?;
        let rows = engine.variables(&deployment)?;
        let row = rows.into_iter().find(|row| row.name == variable);
        Ok(row.map_or(VariableVersion { version: 0, value: Json::Null, at_ms: None }, |row| row.newest))
    };
    match command {
        VarsCommand::List { .. } => {
            let rows = engine.variables(&deployment).map_err(failed)?;
            if context.voice.json {
                context.voice.document(&json!({"deployment": deployment, "variables": rows}));
                return Ok(Exit::Fine);
            }
            if rows.is_empty() {
                context.voice.note(&format!("`{deployment}` declares no variable"));
            }
            let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
            let mut out = String::new();
            for row in rows {
                let _ = writeln!(out, "{:width$}  {:>4}  {}", row.name, row.newest.version, row.newest.value);
            }
            context.voice.say(&out);
        }
        VarsCommand::Get { variable, .. } => {
            let found = newest(&engine, variable).map_err(failed)?;
            say(context, variable, &found);
        }
        VarsCommand::Set { variable, value, version, .. } => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Json::from(value.as_str()));
            let written = engine.set_variable(&deployment, variable, value, *version).map_err(failed)?;
            if context.voice.json {
                context.voice.document(&json!({"name": variable, "version": written.version, "value": written.value}));
            } else {
                context.voice.say(&format!("{variable} is at version {}\n", written.version));
            }
        }
        VarsCommand::Watch { variable, after, count, .. } => {
            let mut last = match after {
                Some(after) => *after,
                None => newest(&engine, variable).map_err(failed)?.version,
            };
            let mut left = count.unwrap_or(u64::MAX);
            while left > 0 {
                let found = engine.variable_versions(&deployment, variable, last).map_err(failed)?;
                if found.is_empty() {
                    std::thread::sleep(WATCH_INTERVAL);
                }
                for version in found.into_iter().take(left as usize) {
                    last = version.version;
                    left -= 1;
                    if context.voice.json {
                        let line = json!({"name": variable, "version": version.version, "value": version.value});
                        context.voice.say(&format!("{line}\n"));
                    } else {
                        context.voice.say(&format!("{:>4}  {}\n", version.version, version.value));
                    }
                }
            }
        }
    }
    Ok(Exit::Fine)
}

fn say(context: &Context, variable: &str, found: &VariableVersion) {
    if context.voice.json {
        context.voice.document(&json!({"name": variable, "version": found.version, "value": found.value}));
        return;
    }
    match &found.value {
        Json::String(text) => context.voice.say(&format!("{text}\n")),
        value => context.voice.say(&format!("{value}\n")),
    }
}
