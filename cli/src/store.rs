//! Which store a command means: `--store`, `LINEWORK_STORE`, the environment's in `lw.toml`, or `.linework/state.db` beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapter_aws::AwsAdapters;
use adapter_docker::DockerAdapters;
use conductor::{Engine, EngineOptions};
use lw_compiler::{Environment, Project, World};
use lw_diagnostics::Diagnostic;

use crate::commands::{Context, Exit, Failure};

/// The engine over the store that is meant; opening it touches nothing.
pub fn engine(context: &Context, project: &Project, environment: Option<&Environment>) -> Result<Engine, Failure> {
    let path = match (&context.store, environment.and_then(|environment| environment.store.as_ref())) {
        (Some(url), _) => path_of(url)?,
        (None, Some(url)) => project.root.join(path_of(url)?),
        (None, None) => project.root.join(".linework/state.db"),
    };
    let mut options = EngineOptions::new(context.working_folder.join(path));
    options.stop_on_interrupt = true;
    let aws = AwsAdapters::default();
    options.adapters = options.adapters.with_opener("aws", Arc::new(move |provider| aws.open(provider)));
    let docker = DockerAdapters::default();
    options.adapters = options.adapters.with_opener("docker", Arc::new(move |provider| docker.open(provider)));
    options.sim.credentials = context.world.variable("LINEWORK_SIM_ACCOUNT").filter(|account| !account.is_empty());
    options.sim.socket = context.world.variable("LINEWORK_SIM_SOCKET").map(PathBuf::from);
    Ok(Engine::new(options))
}

/// The engine of the project that a command runs in, for commands that name a deployment and no file.
pub fn engine_here(context: &Context, deployment: Option<&str>) -> Result<Engine, Failure> {
    let project = Project::around(&context.world, Path::new(""), &context.working_folder);
    if project.has_errors() && context.store.is_none() {
        return Err(Failure::errors(project.diagnostics, project.files));
    }
    let environment = deployment.and_then(|name| name.split_once('@')).map(|(_, environment)| environment);
    let environment = environment.and_then(|name| project.manifest.environments.get(name));
    engine(context, &project, environment)
}

/// The file that a store's URL names.
pub fn path_of(url: &str) -> Result<PathBuf, Failure> {
    let refuse = |help: &str| {
        let diagnostic = Diagnostic::error("LW0572", format!("`{url}` is no store")).help(help.to_string());
        Err(Failure::one(diagnostic, Exit::Usage))
    };
    match url.split_once(':') {
        Some(("sqlite", "")) => refuse("write the path of a file after `sqlite:`"),
        Some(("sqlite", path)) => Ok(PathBuf::from(path.strip_prefix("//").unwrap_or(path))),
        Some(("postgres" | "postgresql", _)) => refuse("this version keeps State in SQLite alone: `sqlite:PATH`"),
        _ => refuse("a store is `sqlite:PATH`"),
    }
}
