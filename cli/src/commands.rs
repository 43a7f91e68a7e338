//! One file a command; each is a function from its arguments to an [`Exit`].

mod apply;
mod build;
mod chaos;
mod check;
mod completions;
mod conduct;
mod destroy;
mod drift;
mod eval;
mod explain;
mod fmt;
pub mod graph;
mod history;
mod import;
mod incidents;
mod init;
mod lock;
mod lsp;
mod output;
mod pause;
mod policy;
mod preview;
mod release;
mod resume;
mod rollback;
mod services;
mod status;
mod store;
mod test;
mod vars;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use lw_compiler::World;
use lw_diagnostics::{Diagnostic, Files};

use crate::arguments::{Command, CommandLine};
use crate::disk::Disk;
use crate::output::Voice;

/// How a command ended; the numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Warnings and undecided policies included.
    Fine = 0,
    /// Errors, failed policies, or differences.
    Errors = 1,
    /// The command line asks for what cannot be asked; nothing was done.
    Usage = 2,
    /// The world failed: a store, a cloud, a disk.
    Runtime = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// What every command gets.
pub struct Context {
    pub voice: Voice,
    pub world: Disk,
    /// What paths are relative to; absolute.
    pub working_folder: PathBuf,
    /// `--store` or `LINEWORK_STORE`.
    pub store: Option<String>,
}

/// Why a command could not do its work.
pub struct Failure {
    pub diagnostics: Vec<Diagnostic>,
    pub files: Files,
    pub exit: Exit,
}

impl Context {
    /// Warnings of a command whose result is something else.
    pub fn warn(&self, diagnostics: &[Diagnostic], files: &Files) {
        if !self.voice.quiet && !self.voice.json && !diagnostics.is_empty() {
            self.voice.diagnostics(diagnostics, files);
        }
    }
}

impl Failure {
    /// A mistake in what was given.
    pub fn errors(diagnostics: Vec<Diagnostic>, files: Files) -> Failure {
        Failure { diagnostics, files, exit: Exit::Errors }
    }

    /// One diagnostic without a place.
    pub fn one(diagnostic: Diagnostic, exit: Exit) -> Failure {
        Failure { diagnostics: vec![diagnostic], files: Files::default(), exit }
    }
}

/// Runs one command and says what went wrong, if anything did.
pub fn run(line: CommandLine) -> Exit {
    let everywhere = line.everywhere;
    let voice = Voice::new(everywhere.json, everywhere.no_color, everywhere.quiet, everywhere.verbose);
    let world = Disk;
    let context = Context {
        voice,
        working_folder: std::env::current_dir().unwrap_or_default(),
        store: everywhere.store.or_else(|| world.variable("LINEWORK_STORE")).filter(|store| !store.is_empty()),
        world,
    };
    match dispatch(&context, line.command) {
        Ok(exit) => exit,
        Err(failure) => {
            voice.diagnostics(&failure.diagnostics, &failure.files);
            failure.exit
        }
    }
}

fn dispatch(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Init(arguments) => init::run(context, &arguments),
        Command::Check(arguments) => check::run(context, &arguments),
        Command::Build(arguments) => build::run(context, &arguments),
        Command::Import(arguments) => import::run(context, &arguments),
        Command::Preview(arguments) => preview::run(context, &arguments),
        Command::Apply(arguments) => apply::run(context, &arguments),
        Command::Destroy(arguments) => destroy::run(context, &arguments),
        Command::Rollback(arguments) => rollback::run(context, &arguments),
        Command::Resume(arguments) => resume::run(context, &arguments),
        Command::Release(arguments) => release::run(context, &arguments),
        Command::Status(arguments) => status::run(context, &arguments),
        Command::Output(arguments) => output::run(context, &arguments),
        Command::History(arguments) => history::run(context, &arguments),
        Command::Drift(arguments) => drift::run(context, &arguments),
        Command::Store(arguments) => store::run(context, &arguments.command),
        Command::Conduct(arguments) => conduct::run(context, &arguments),
        Command::Incidents(arguments) => incidents::run(context, &arguments),
        Command::Verify(arguments) => verify::run(context, &arguments),
        Command::Pause(arguments) => pause::run(context, &arguments),
        Command::Vars(arguments) => vars::run(context, &arguments.command),
        Command::Services(arguments) => services::run(context, &arguments.command),
        Command::Chaos(arguments) => chaos::run(context, &arguments),
        Command::Test(arguments) => test::run(context, &arguments),
        Command::Fmt(arguments) => fmt::run(context, &arguments),
        Command::Eval(arguments) => eval::run(context, &arguments),
        Command::Explain(arguments) => explain::run(context, &arguments),
        Command::Policy(arguments) => policy::run(context, &arguments),
        Command::Graph(arguments) => graph::run(context, &arguments),
        Command::Lock(arguments) => lock::run(context, &arguments),
        Command::Lsp(_) => lsp::run(),
        Command::Completions(arguments) => completions::run(context, &arguments),
    }
}
