//! From a change set to reality.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use conductor_core::{
    Action, ApplyReport, DeploymentName, Execution, ExecutionInput, ExecutionSettings, FinishState, Guards, Intention,
    RecoveryInput, ResourceRecord, StepIndex, StepResult, Uid,
};
use conductor_store::{CloudKind, Commit, GenerationRow};
use lw_plan::{Json, Map, Plan, ResourcePath, mentions_secret};

use crate::clouds::catalogue;
use crate::executor::Executor;
use crate::owner::{Owner, Reports, Snapshot, Stop};
use crate::planning::Prepared;
use crate::{Applied, Exit, Problem, Problems, Progress, Request, StepState, clock};

impl Owner {
    pub(crate) async fn apply(&self, request: Request, stop: Stop, reports: &Reports) -> Result<Applied, Problems> {
        let _turn = self.turn(&request.deployment).await;
        let prepared = self.prepare(request, stop.clone(), reports).await?;
        let Prepared { snapshot, kind, changes, plan, refusals } = prepared;
        if let Some(problems) = Problems::of(refusals) {
            return Err(problems);
        }
        let kept = changes.kept.clone();
        let wanted = match changes.intention {
            Intention::Apply | Intention::Enforce { .. } => changes.plan.clone(),
            Intention::Destroy => None,
        };
        if changes.intention == Intention::Destroy
            && changes.is_empty()
            && !kept.is_empty()
            && changes.forget.is_empty()
        {
            // Everything that is left stays.
            let end = FinishState { outputs: snapshot.deployment.outputs, ..FinishState::default() };
            let report = ApplyReport::of(&changes, &end);
            return Ok(Applied { report, kept, stopped: None, success: true });
        }
        let generation = snapshot.deployment.generation.next();
        let name = changes.deployment.clone();
        let plan = plan.map(Arc::new);
        let first = Commit {
            plan: plan.clone(),
            generation: Some(GenerationRow { generation, plan: wanted, at_ms: clock::now_ms() }),
            cloud: (!changes.is_empty()).then_some(kind),
            ..Commit::new(name.clone(), 0)
        };
        if !changes.is_empty() {
            let steps = changes.shown().count();
            // Nobody has to watch.
            let _ = reports.send(Progress::Began { deployment: name.clone(), generation: generation.0, steps });
        }
        let mut labels = Labels::of(changes.steps.iter().map(|step| Label {
            path: step.path.clone(),
            action: step.action,
            wire_type: step.wire_type.clone(),
            is_shown: step.part_of.is_none(),
        }));
        let changes = Arc::new(changes);
        let secretive = secretive(&snapshot.records);
        let guards = match plan.as_deref() {
            Some(plan) => guards(plan, &name, &snapshot.records)?,
            None => None,
        };
        let execution = Execution::new(ExecutionInput {
            changes: changes.clone(),
            deployment: snapshot.deployment,
            records: &snapshot.records,
            catalogue: catalogue(kind),
            settings: self.settings(kind, snapshot.epoch),
            guards,
        });
        let mut end =
            self.run(&name, kind, execution, secretive, Some(first), stop.clone(), &mut labels, reports).await?;
        if end.is_success() && changes.intention == Intention::Apply {
            self.settle_fleets(&name, kind, &changes, &mut end, stop, reports).await?;
        }
        let success = end.is_success();
        let report = ApplyReport::of(&changes, &end);
        Ok(Applied { report, kept, stopped: end.problem, success })
    }

    /// Finds out what the operations came to that an earlier process left open.
    pub(crate) async fn resolve_open(
        &self,
        snapshot: &Snapshot,
        kind: CloudKind,
        stop: Stop,
        reports: &Reports,
    ) -> Result<(), Problems> {
        let name = snapshot.deployment.name.clone();
        let operations = snapshot.open.len();
        let _ = reports.send(Progress::Resuming { deployment: name.clone(), operations });
        let execution = Execution::recover(RecoveryInput {
            deployment: snapshot.deployment.clone(),
            operations: snapshot.open.clone(),
            records: &snapshot.records,
            catalogue: catalogue(kind),
            settings: self.settings(kind, snapshot.epoch),
        });
        let end = self.run_unwatched(&name, kind, execution, &snapshot.records, stop, reports).await?;
        match end.problem {
            Some(problem) => Err(Problem::new("LW0581", crate::Exit::Runtime, problem)
                .help(format!("run `lw resume {name}` when the cloud can be reached"))
                .into()),
            None => Ok(()),
        }
    }

    pub(crate) async fn resume(&self, name: &DeploymentName, stop: Stop, reports: &Reports) -> Result<(), Problems> {
        let _turn = self.turn(name).await;
        let snapshot = self.snapshot(name)?;
        if snapshot.deployment.plan.is_none() && snapshot.records.is_empty() && snapshot.open.is_empty() {
            return Err(crate::read::unknown(self.store_path(), name).into());
        }
        if snapshot.open.is_empty() {
            return Ok(());
        }
        let kind = snapshot.kind.unwrap_or(CloudKind::Real);
        self.resolve_open(&snapshot, kind, stop, reports).await
    }

    /// The simulated cloud is as quick as it was told to be.
    pub(crate) fn settings(&self, kind: CloudKind, epoch: u64) -> ExecutionSettings {
        let settings = ExecutionSettings { epoch, ..ExecutionSettings::default() };
        match kind {
            CloudKind::Real => settings,
            CloudKind::Sim => ExecutionSettings {
                retry_base_ms: 10,
                retry_cap_ms: 500,
                dependency_window_ms: 2_000 + 2 * self.sim_read_lag_ms,
                lookup_interval_ms: 10,
                ..settings
            },
        }
    }

    /// Runs an execution that nobody watches step by step.
    pub(crate) async fn run_unwatched(
        &self,
        name: &DeploymentName,
        kind: CloudKind,
        execution: Execution,
        records: &[ResourceRecord],
        stop: Stop,
        reports: &Reports,
    ) -> Result<FinishState, Problems> {
        let mut labels = Labels::of(std::iter::empty());
        self.run(name, kind, execution, secretive(records), None, stop, &mut labels, reports).await
    }

    #[expect(clippy::too_many_arguments, reason = "one execution has this many parties")]
    pub(crate) async fn run(
        &self,
        name: &DeploymentName,
        kind: CloudKind,
        execution: Execution,
        secretive: Secretive,
        first: Option<Commit>,
        stop: Stop,
        labels: &mut Labels,
        reports: &Reports,
    ) -> Result<FinishState, Problems> {
        let executor = Executor {
            name: name.clone(),
            kind,
            clouds: &self.clouds,
            secretive,
            commits: self.commits()?,
            width: self.width,
            deadline: self.deadline,
        };
        let mut report = |progress: Told| {
            if let Some(progress) = labels.translate(progress) {
                let _ = reports.send(progress);
            }
        };
        executor.run(execution, first, stop, &mut report).await
    }
}

/// The policies of a Plan that are still open.
pub(crate) fn guards(
    plan: &Plan,
    name: &DeploymentName,
    records: &[ResourceRecord],
) -> Result<Option<Guards>, Problems> {
    let unreadable = |reason: String| {
        Problem::new("LW0583", Exit::Runtime, format!("the policies of `{name}` cannot be run: {reason}"))
            .help("apply the composition again with this version of `lw`")
    };
    Ok(Guards::new(plan, records, &clock::today()).map_err(unreadable)?)
}

/// What was last written to objects that hold secrets.
pub(crate) type Secretive = HashMap<Uid, Arc<Map<String, Json>>>;

pub(crate) fn secretive(records: &[ResourceRecord]) -> Secretive {
    let holds_secrets = |record: &&ResourceRecord| record.properties.values().any(mentions_secret);
    let entry = |record: &ResourceRecord| (record.uid, Arc::new(record.properties.clone()));
    records.iter().filter(holds_secrets).map(entry).collect()
}

/// What an execution tells people.
pub(crate) enum Told {
    Progress(conductor_core::Progress),
    Stopping(String),
}

/// What steps are called, for those who watch.
pub(crate) struct Labels {
    steps: Vec<Label>,
    under_way: BTreeSet<StepIndex>,
    done: usize,
    total: usize,
}

pub(crate) struct Label {
    pub path: ResourcePath,
    pub action: Action,
    pub wire_type: String,
    pub is_shown: bool,
}

impl Labels {
    pub(crate) fn of(steps: impl Iterator<Item = Label>) -> Labels {
        let steps: Vec<Label> = steps.collect();
        let total = steps.iter().filter(|step| step.is_shown).count();
        Labels { steps, under_way: BTreeSet::new(), done: 0, total }
    }

    fn translate(&mut self, told: Told) -> Option<Progress> {
        let (step, state) = match told {
            Told::Stopping(reason) => {
                let in_flight = self.under_way.iter().map(|step| self.steps[step.index()].path.clone()).collect();
                return Some(Progress::Stopping { reason, in_flight });
            }
            Told::Progress(conductor_core::Progress::Started { step }) => {
                self.under_way.insert(step);
                (step, StepState::Started)
            }
            Told::Progress(conductor_core::Progress::Waiting { step, after_ms, message }) => {
                (step, StepState::Waiting { after_ms, message })
            }
            Told::Progress(conductor_core::Progress::Ended { step, result, message }) => {
                self.under_way.remove(&step);
                (step, StepState::Ended { result, message })
            }
        };
        let label = self.steps.get(step.index())?;
        let failed = matches!(&state, StepState::Ended { result, .. } if *result != StepResult::Done);
        // The parts of a step are heard of when something is wrong with them.
        if !label.is_shown && !failed {
            return None;
        }
        if label.is_shown && matches!(state, StepState::Ended { .. }) {
            self.done += 1;
        }
        Some(Progress::Step {
            path: label.path.clone(),
            action: label.action,
            wire_type: label.wire_type.clone(),
            state,
            done: self.done,
            total: self.total,
        })
    }
}
