//! `lw services list|watch`: who serves what.

use std::fmt::Write;
use std::time::Duration;

use conductor::ServiceRow;
use lw_diagnostics::Files;
use serde_json::json;

use super::{Context, Exit, Failure};
use crate::arguments::ServicesCommand;
use crate::store;
use crate::target::deployment_name;

/// Between two looks at State; nothing is printed where nothing changed.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

pub fn run(context: &Context, command: &ServicesCommand) -> Result<Exit, Failure> {
    let (ServicesCommand::List { name } | ServicesCommand::Watch { name }) = command;
    let deployment = deployment_name(name)?;
    let engine = store::engine_here(context, Some(name))?;
    let mut last: Option<Vec<ServiceRow>> = None;
    loop {
        let services = engine.services(&deployment).map_err(|problems| Failure::of(&problems, Files::default()))?;
        if last.as_ref() != Some(&services) {
            if context.voice.json {
                context.voice.document(&json!({"deployment": deployment, "services": services}));
            } else {
                context.voice.say(&text(&services));
            }
        }
        if let ServicesCommand::List { .. } = command {
            return Ok(Exit::Fine);
        }
        last = Some(services);
        std::thread::sleep(WATCH_INTERVAL);
    }
}

fn text(services: &[ServiceRow]) -> String {
    let mut out = String::new();
    for service in services {
        let _ = writeln!(out, "{}  port {}", service.name, service.port);
        for endpoint in &service.endpoints {
            let _ = writeln!(out, "  {}:{}  {}", endpoint.address, endpoint.port, endpoint.path);
        }
        if service.endpoints.is_empty() {
            out.push_str("  nobody serves it\n");
        }
    }
    out
}
