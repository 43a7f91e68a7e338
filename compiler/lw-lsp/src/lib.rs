//! The language server: the compiler of the command line, kept open.
//!
//! Flow: [`server`] reads messages and decides what is still worth doing; [`workspace`] holds open texts and one warm check a project;
//! what an editor asks is answered by one function a feature, in [`features`]; evaluation and policies run beside it, in
//! [`background`], and can be cancelled.
//! The one idea: diagnostics come in two waves. An edit has its statement checked again at once; a moment later the whole program is compiled
//! exactly as `lw check` does, and what that says stands.
//! Deliberately absent: I/O, threads and clocks of its own ([`Host`] has them), and a second reading of the language.

mod background;
mod convert;
mod documents;
mod features;
#[cfg(test)]
mod incremental;
mod overlay;
mod positions;
pub mod random_edits;
mod server;
mod workspace;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lw_compiler::World;

/// What the server needs of the world around it, beside what the compiler does.
pub trait Host: World + Send + Sync {
    /// From now on nothing outside these folders may be read.
    fn confine(&self, folders: &[PathBuf]);

    /// Runs a job beside whatever else runs.
    fn spawn(&self, job: Box<dyn FnOnce() + Send>);

    /// A file of the cache that holds this text, for an editor to open; `below` says where, such as `AWS/EC2.lw`.
    fn cached(&self, below: &str, text: &str) -> Option<PathBuf>;

    /// What applying a Plan would change, as far as the store of its project tells without asking a cloud.
    fn changes(&self, project: &Path, plan: &lw_plan::Plan) -> Option<Vec<PlannedStep>>;

    /// A Plan as a drawing: `svg`, `dot`, `mermaid` or `html`.
    fn drawing(&self, plan: &lw_plan::Plan, decoration: &Decoration, format: &str) -> Option<String>;
}

/// One step of a change set, as a code lens shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    pub path: String,
    /// `create`, `update`, `replace`, `delete`, `move`, `adopt`
    pub action: String,
}

/// What a drawing shows beside resources and references; by resource path.
#[derive(Clone, Debug, Default)]
pub struct Decoration {
    /// The worst verdict of any policy.
    pub verdicts: Vec<(String, &'static str)>,
    pub changes: Vec<PlannedStep>,
}

/// Serves one editor over standard input and output until it goes.
pub fn run(host: Arc<dyn Host>) -> Result<(), String> {
    let (connection, threads) = lsp_server::Connection::stdio();
    server::serve(&connection, host)?;
    drop(connection);
    threads.join().map_err(|error| error.to_string())
}
