use std::path::{Path, PathBuf};

use conductor_core::{DeploymentName, StatusReport};
use lw_plan::ResourcePath;

use crate::{Applied, HistoryReport, OutputReport, Previewed, Problem, Problems, Progress, Released, Request};

/// Where State is and how the engine behaves.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The SQLite file; the simulated cloud is `sim.db` beside it.
    pub store: PathBuf,
    /// The most calls under way at a time.
    pub width: usize,
    /// Ctrl-C finishes what is under way and begins nothing new; a second one gives up at once.
    pub stop_on_interrupt: bool,
}

impl EngineOptions {
    pub fn new(store: impl Into<PathBuf>) -> EngineOptions {
        EngineOptions { store: store.into(), width: 256, stop_on_interrupt: false }
    }
}

/// The engine behind every command; opening it touches nothing.
///
/// Each method blocks until it has its answer, and runs the asynchronous part on threads of its own: not to be called from inside
/// another runtime.
pub struct Engine {
    options: EngineOptions,
    stopper: Stopper,
}

/// Stops what an engine is doing, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Stopper {}

impl Stopper {
    /// Nothing new is begun; what is under way is finished.
    pub fn stop(&self, reason: &str) {
        let _ = reason;
    }
}

impl Engine {
    pub fn new(options: EngineOptions) -> Engine {
        Engine { options, stopper: Stopper::default() }
    }

    pub fn store(&self) -> &Path {
        &self.options.store
    }

    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The change set that [`Engine::apply`] would run. Writes nothing but what was left open by a process that died.
    pub fn preview(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Previewed, Problems> {
        let _ = (request, progress);
        Err(unfinished())
    }

    /// Makes it so: an apply, a destroy or a rollback, by what is wanted.
    pub fn apply(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Applied, Problems> {
        let _ = (request, progress);
        Err(unfinished())
    }

    /// Resolves operations that an earlier process left open, and goes on with nothing else.
    pub fn resume(&self, deployment: &DeploymentName, progress: &mut dyn FnMut(Progress)) -> Result<(), Problems> {
        let _ = (deployment, progress);
        Err(unfinished())
    }

    /// Forgets resources without touching them: all of a deployment, or one.
    pub fn release(&self, deployment: &DeploymentName, path: Option<&ResourcePath>) -> Result<Released, Problems> {
        let _ = (deployment, path);
        Err(unfinished())
    }

    /// One deployment, or all of them. A store that is not there has none.
    pub fn status(&self, deployment: Option<&DeploymentName>) -> Result<StatusReport, Problems> {
        let _ = deployment;
        Err(unfinished())
    }

    pub fn output(&self, deployment: &DeploymentName) -> Result<OutputReport, Problems> {
        let _ = deployment;
        Err(unfinished())
    }

    pub fn history(&self, deployment: &DeploymentName, verify: bool) -> Result<HistoryReport, Problems> {
        let _ = (deployment, verify);
        Err(unfinished())
    }
}

fn unfinished() -> Problems {
    Problem::new("LW0599", crate::Exit::Runtime, "the engine is not finished yet").into()
}
