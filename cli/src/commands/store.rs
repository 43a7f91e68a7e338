//! `lw store backup|restore|copy|verify`: keeping State.

use std::path::{Path, PathBuf};

use conductor::{BackupReport, Engine, RestoreReport, VerifyReport};
use lw_diagnostics::Files;

use super::apply::require_consent;
use super::{Context, Exit, Failure};
use crate::arguments::StoreCommand;
use crate::output::count;
use crate::store;

pub fn run(context: &Context, command: &StoreCommand) -> Result<Exit, Failure> {
    let engine = store::engine_here(context, None)?;
    match command {
        StoreCommand::Backup { file } => backup(context, &engine, file),
        StoreCommand::Copy { to } => backup(context, &engine, &store::path_of(to)?),
        StoreCommand::Restore { file, yes } => restore(context, &engine, file, *yes),
        StoreCommand::Verify => verify(context, &engine),
    }
}

fn backup(context: &Context, engine: &Engine, file: &Path) -> Result<Exit, Failure> {
    let report =
        engine.backup(&absolute(context, file)).map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&report);
        return Ok(Exit::Fine);
    }
    let BackupReport { backup, bytes, deployments, .. } = report;
    let deployments = count(deployments.len(), "deployment");
    context.voice.say(&format!("{}: {deployments}, {bytes} bytes\n", backup.display()));
    Ok(Exit::Fine)
}

fn restore(context: &Context, engine: &Engine, file: &Path, yes: bool) -> Result<Exit, Failure> {
    require_consent(context, yes)?;
    if !yes {
        let store = engine.store().display();
        if !context
            .voice
            .ask(&format!("`{}` takes the place of `{store}`, which is kept beside it. Go on?", file.display()))
        {
            context.voice.note("nothing was done");
            return Ok(Exit::Errors);
        }
    }
    let report =
        engine.restore(&absolute(context, file)).map_err(|problems| Failure::of(&problems, Files::default()))?;
    if context.voice.json {
        context.voice.document(&report);
        return Ok(Exit::Fine);
    }
    let RestoreReport { store, replaced, deployments, .. } = report;
    let mut out = format!("{}: {} restored\n", store.display(), count(deployments.len(), "deployment"));
    if let Some(replaced) = replaced {
        out.push_str(&format!("what was there is now {}\n", replaced.display()));
    }
    context.voice.say(&out);
    for name in &deployments {
        context.voice.note(&format!("`lw drift {name}` shows what was made or changed since the backup"));
    }
    Ok(Exit::Fine)
}

fn verify(context: &Context, engine: &Engine) -> Result<Exit, Failure> {
    let report = engine.verify_store().map_err(|problems| Failure::of(&problems, Files::default()))?;
    let exit = if report.sound { Exit::Fine } else { Exit::Errors };
    if context.voice.json {
        context.voice.document(&report);
        return Ok(exit);
    }
    let VerifyReport { store, deployments, resources, events, plans, problems, .. } = report;
    let counts = [
        count(deployments, "deployment"),
        count(resources, "resource"),
        count(events as usize, "event"),
        count(plans, "Plan"),
    ];
    let verdict = if problems.is_empty() { "sound" } else { "not sound" };
    let mut out = format!("{}: {verdict}: {}\n", store.display(), counts.join(", "));
    for problem in problems {
        out.push_str(&format!("  {problem}\n"));
    }
    context.voice.say(&out);
    Ok(exit)
}

fn absolute(context: &Context, path: &Path) -> PathBuf {
    context.working_folder.join(path)
}
