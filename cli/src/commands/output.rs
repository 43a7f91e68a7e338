//! `lw output NAME`: what a deployment tells others.

use lw_diagnostics::Files;

use super::{Context, Exit, Failure};
use crate::arguments::Output;
use crate::store;
use crate::target::deployment_name;

pub fn run(context: &Context, arguments: &Output) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let outputs = engine.output(&deployment).map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&outputs);
    } else {
        let lines: Vec<String> = outputs.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        context.voice.say(&lines.concat());
    }
    Ok(Exit::Fine)
}
