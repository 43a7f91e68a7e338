//! `lw conduct`: the Conductor daemon.

use conductor::{Daemon, DaemonSettings};
use lw_diagnostics::Files;

use super::{Context, Exit, Failure};
use crate::arguments::Conduct;
use crate::store;

pub fn run(context: &Context, arguments: &Conduct) -> Result<Exit, Failure> {
    let engine = store::engine_here(context, None)?;
    let mut settings = DaemonSettings::default();
    if let Some(interval_ms) = arguments.interval {
        settings.cadence.shortest_ms = interval_ms;
        settings.cadence.longest_ms = settings.cadence.longest_ms.max(interval_ms);
    }
    crate::logs::begin(context, arguments.log_format);
    let daemon = Daemon::new(engine.options().clone(), settings);
    let ran = daemon.run(&mut |ready| {
        let count = crate::output::count(ready.deployments, "deployment");
        context.voice.note(&format!("conducting {count} of {}", engine.store().display()));
    });
    ran.map_err(|problems| Failure::of(&problems, Files::default()))?;
    Ok(Exit::Fine)
}
