//! `lw conduct`: the Conductor daemon.

use std::path::PathBuf;

use conductor::{ApiSettings, Daemon, DaemonSettings, Role, configure, fresh_token, keep_token};
use lw_compiler::{Project, World};
use lw_diagnostics::{Diagnostic, Files};
use serde_json::json;

use super::{Context, Exit, Failure};
use crate::arguments::Conduct;
use crate::output::count;
use crate::store;

pub fn run(context: &Context, arguments: &Conduct) -> Result<Exit, Failure> {
    let engine = store::engine_here(context, None)?;
    if let Some(wanted) = &arguments.new_token {
        return new_token(context, &engine, wanted);
    }
    let mut settings = settings(context, arguments)?;
    if let Some(interval_ms) = arguments.interval {
        settings.cadence.shortest_ms = interval_ms;
        settings.cadence.longest_ms = settings.cadence.longest_ms.max(interval_ms);
    }
    if let Some(listen) = arguments.listen {
        let tls = arguments.tls_certificate.clone().zip(arguments.tls_key.clone());
        let tls = tls.or_else(|| settings.api.and_then(|api| api.tls));
        settings.api = Some(ApiSettings { listen, tls });
    }
    let secure = settings.api.as_ref().is_some_and(|api| api.tls.is_some());
    crate::logs::begin(context, arguments.log_format);
    let daemon = Daemon::new(engine.options().clone(), settings);
    let ran = daemon.run(&mut |ready| {
        let deployments = count(ready.deployments, "deployment");
        context.voice.note(&format!("conducting {deployments} of {}", engine.store().display()));
        if let Some(address) = ready.listening {
            let scheme = if secure { "https" } else { "http" };
            let token = conductor::own_token_path(engine.store());
            context.voice.note(&format!("{scheme}://{address}/  (the owner's token is in {})", token.display()));
        }
    });
    ran.map_err(|problems| Failure::of(&problems, Files::default()))?;
    Ok(Exit::Fine)
}

/// What `--config` says, or the file beside `lw.toml`.
fn settings(context: &Context, arguments: &Conduct) -> Result<DaemonSettings, Failure> {
    let found = || {
        let project = Project::around(&context.world, std::path::Path::new(""), &context.working_folder);
        let path = context.working_folder.join(project.root).join("conductor.toml");
        path.exists().then_some(path)
    };
    let path: Option<PathBuf> = arguments.config.clone().or_else(found);
    let Some(path) = path else { return Ok(DaemonSettings::default()) };
    let configured = configure(&path, &|name| context.world.variable(name));
    configured.map(|configured| configured.settings).map_err(|problems| Failure::of(&problems, Files::default()))
}

/// `NAME:ROLE[:PATTERN]`.
fn new_token(context: &Context, engine: &conductor::Engine, wanted: &str) -> Result<Exit, Failure> {
    let mut parts = wanted.splitn(3, ':');
    let (name, role, pattern) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next());
    let known = Role::ALL.into_iter().find(|known| known.as_str() == role);
    let (false, Some(role)) = (name.is_empty(), known) else {
        let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        let diagnostic = Diagnostic::error("LW0596", format!("`{wanted}` does not describe a token"))
            .help(format!("write `NAME:ROLE`, with one of {} as the role", roles.join(", ")));
        return Err(Failure::one(diagnostic, Exit::Usage));
    };
    let deployments = pattern.map(str::to_string).into_iter().collect();
    let failed = |problems: conductor::Problems| Failure::of(&problems, Files::default());
    let (secret, token) = fresh_token(name, role, deployments).map_err(failed)?;
    keep_token(engine.store(), token).map_err(failed)?;
    if context.voice.json {
        context.voice.document(&json!({"name": name, "role": role.as_str(), "token": secret}));
    } else {
        context.voice.say(&format!("{secret}\n"));
        context.voice.note("it is not shown again; a Conductor that runs knows it after its next start");
    }
    Ok(Exit::Fine)
}
