//! Evaluation and policies, beside the editor: the whole program compiled as the command line does it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::Sender;
use lw_compiler::{Compiled, OpenInputs, Project, Request, Work, compile};
use lw_plan::{Plan, PlanText};

use crate::overlay::Overlay;
use crate::{Host, PlannedStep};

/// What an evaluation came to.
pub struct Evaluation {
    pub revision: u64,
    pub compiled: Compiled,
    /// By file.
    pub plans: BTreeMap<PathBuf, Plan>,
    /// By file: what applying its Plan would change.
    pub changes: BTreeMap<PathBuf, Vec<PlannedStep>>,
}

/// An evaluation that has ended.
pub struct Outcome {
    /// The project's folder, and its only file where it has no `lw.toml`.
    pub key: (PathBuf, Option<PathBuf>),
    pub evaluation: Evaluation,
}

/// Asks a running evaluation to stop.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}

/// What to compile.
pub struct Job {
    pub overlay: Overlay,
    pub key: (PathBuf, Option<PathBuf>),
    pub files: Vec<PathBuf>,
    pub revision: u64,
    pub cancel: Cancel,
}

/// Starts an evaluation; its outcome is sent unless it was cancelled.
pub fn start(host: &Arc<dyn Host>, job: Job, outcomes: Sender<Outcome>) {
    let inner = host.clone();
    host.spawn(Box::new(move || {
        let Job { overlay, key, files, revision, cancel } = job;
        if cancel.is_cancelled() {
            return;
        }
        let project = match &key.1 {
            Some(file) => Project::around(&overlay, file.parent().unwrap_or(Path::new("/")), Path::new("/")),
            None => Project::at(&overlay, &key.0).unwrap_or_default(),
        };
        let request = Request {
            working_folder: PathBuf::from("/"),
            show_values: true,
            wants_plan: true,
            open: OpenInputs::Sampled,
            cancelled: Some(cancel.flag()),
            ..Request::default()
        };
        let compiled = compile(&overlay, &Work { project, files, templates: Vec::new() }, &request);
        if cancel.is_cancelled() {
            return;
        }
        let (mut plans, mut changes) = (BTreeMap::new(), BTreeMap::new());
        for unit in &compiled.units {
            let Some(plan) = unit.plan.as_ref().map(PlanText::plan) else { continue };
            if let Some(steps) = inner.changes(&key.0, &plan) {
                changes.insert(unit.path.clone(), steps);
            }
            plans.insert(unit.path.clone(), plan);
        }
        // Who asked may have gone.
        let _ = outcomes.send(Outcome { key, evaluation: Evaluation { revision, compiled, plans, changes } });
    }));
}
