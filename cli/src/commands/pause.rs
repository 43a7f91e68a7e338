//! `lw pause NAME --for DURATION --reason TEXT`: the Conductor looks and tells, and corrects nothing.

use lw_diagnostics::Files;
use serde_json::json;

use super::{Context, Exit, Failure};
use crate::arguments::Pause;
use crate::store;
use crate::target::deployment_name;
use crate::time::date_and_time;

pub fn run(context: &Context, arguments: &Pause) -> Result<Exit, Failure> {
    let deployment = deployment_name(&arguments.name)?;
    let engine = store::engine_here(context, Some(&arguments.name))?;
    let failed = |problems: conductor::Problems| Failure::of(&problems, Files::default());
    let (Some(for_ms), Some(reason)) = (arguments.for_ms, &arguments.reason) else {
        engine.unpause(&deployment).map_err(failed)?;
        if context.voice.json {
            context.voice.document(&json!({"deployment": deployment}));
        } else {
            context.voice.say(&format!("{deployment}: enforcement goes on\n"));
        }
        return Ok(Exit::Fine);
    };
    let pause = engine.pause(&deployment, for_ms, reason).map_err(failed)?;
    if context.voice.json {
        context.voice.document(&pause);
    } else {
        let until = date_and_time(pause.until_ms);
        context.voice.say(&format!("{deployment}: nothing is corrected until {until} UTC\n"));
    }
    Ok(Exit::Fine)
}
