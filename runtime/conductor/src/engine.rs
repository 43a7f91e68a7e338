use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adapter::sim;
use conductor_core::{DeploymentName, DriftReport, PreviewReport, StatusReport};
use conductor_store::{OwnerLock, Pause, SqliteOptions, SqliteStore, StoreError};
use lw_plan::{Plan, ResourcePath};
use tokio::sync::{mpsc, watch};

use crate::client::{self, Asked};
use crate::owner::Owner;
use crate::protocol::{Answer, Ask};
use crate::server::Server;
use crate::{
    Adapters, Applied, BackupReport, Disturbance, DisturbanceReport, Exit, GivenOut, HistoryReport, IncidentReport,
    OutputReport, Previewed, Problem, Problems, Progress, Released, Request, RestoreReport, ServiceRow, VariableRow,
    VariableVersion, VerdictReport, VerifyReport, keeping, read,
};

/// Where State is and how the engine behaves.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The SQLite file; the simulated cloud is `sim.db` beside it.
    pub store: PathBuf,
    /// The most calls under way at a time.
    pub width: usize,
    /// After so long without an answer, a call's outcome is unknown.
    pub deadline: Duration,
    /// Ctrl-C finishes what is under way and begins nothing new; a second one gives up at once.
    pub stop_on_interrupt: bool,
    /// How long to wait for an owner that does not answer.
    pub patience: Duration,
    /// How the simulated cloud behaves.
    pub sim: sim::Config,
    /// What reaches real clouds.
    pub adapters: Adapters,
}

impl EngineOptions {
    pub fn new(store: impl Into<PathBuf>) -> EngineOptions {
        EngineOptions {
            store: store.into(),
            width: 256,
            deadline: Duration::from_secs(30 * 60),
            stop_on_interrupt: false,
            patience: Duration::from_secs(120),
            sim: sim::Config::default(),
            adapters: Adapters::default(),
        }
    }
}

/// The engine behind every command; making one touches nothing.
///
/// Each method blocks until it has its answer, and runs the asynchronous part on threads of its own: not to be called from inside
/// another runtime.
pub struct Engine {
    options: EngineOptions,
    stopper: Stopper,
}

/// Stops what an engine is doing, from any thread.
#[derive(Clone, Debug)]
pub struct Stopper {
    stop: Arc<watch::Sender<Option<String>>>,
}

impl Stopper {
    pub(crate) fn new() -> Stopper {
        Stopper { stop: Arc::new(watch::channel(None).0) }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<String>> {
        self.stop.subscribe()
    }

    /// Nothing new is begun; what is under way is finished.
    pub fn stop(&self, reason: &str) {
        self.stop.send_replace(Some(reason.to_string()));
    }
}

impl Engine {
    pub fn new(options: EngineOptions) -> Engine {
        Engine { options, stopper: Stopper::new() }
    }

    pub fn store(&self) -> &Path {
        &self.options.store
    }

    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The change set that [`Engine::apply`] would run. Writes nothing but what was left open by a process that died.
    pub fn preview(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Previewed, Problems> {
        match self.ask(Ask::Preview(Box::new(request)), progress)? {
            Answer::Previewed(previewed) => Ok(*previewed),
            _ => Err(misunderstood()),
        }
    }

    /// Makes it so: an apply, a destroy or a rollback, by what is wanted.
    pub fn apply(&self, request: Request, progress: &mut dyn FnMut(Progress)) -> Result<Applied, Problems> {
        match self.ask(Ask::Apply(Box::new(request)), progress)? {
            Answer::Applied(applied) => Ok(*applied),
            _ => Err(misunderstood()),
        }
    }

    /// Resolves operations that an earlier process left open, and goes on with nothing else.
    pub fn resume(&self, deployment: &DeploymentName, progress: &mut dyn FnMut(Progress)) -> Result<(), Problems> {
        self.ask(Ask::Resume(deployment.clone()), progress).map(drop)
    }

    /// Where reality moved away from what was applied, and what in it no record knows.
    pub fn drift(
        &self,
        deployment: &DeploymentName,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<DriftReport, Problems> {
        match self.ask(Ask::Drift(deployment.clone()), progress)? {
            Answer::Drifted(report) => Ok(report),
            _ => Err(misunderstood()),
        }
    }

    /// Forgets resources without touching them: all of a deployment, or one.
    pub fn release(&self, deployment: &DeploymentName, path: Option<&ResourcePath>) -> Result<Released, Problems> {
        let ask = Ask::Release { deployment: deployment.clone(), path: path.cloned() };
        match self.ask(ask, &mut |_| {})? {
            Answer::Released(released) => Ok(released),
            _ => Err(misunderstood()),
        }
    }

    /// One deployment, or all of them. A store that is not there has none.
    pub fn status(&self, deployment: Option<&DeploymentName>) -> Result<StatusReport, Problems> {
        read::status(&self.options.store, deployment)
    }

    /// What applying a Plan would change, as far as State alone knows; `None` where the deployment was never applied.
    pub fn recorded_changes(&self, deployment: &DeploymentName, plan: Plan) -> Result<Option<PreviewReport>, Problems> {
        read::changes(&self.options.store, deployment, plan)
    }

    /// The policies in force, asked about what is there.
    pub fn judge(
        &self,
        deployment: &DeploymentName,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<VerdictReport, Problems> {
        match self.ask(Ask::Verify(deployment.clone()), progress)? {
            Answer::Verified(report) => Ok(report),
            _ => Err(misunderstood()),
        }
    }

    /// Corrects nothing for a while.
    pub fn pause(&self, deployment: &DeploymentName, for_ms: u64, reason: &str) -> Result<Pause, Problems> {
        let ask = Ask::Pause { deployment: deployment.clone(), for_ms, reason: reason.to_string() };
        match self.ask(ask, &mut |_| {})? {
            Answer::Paused(pause) => Ok(pause),
            _ => Err(misunderstood()),
        }
    }

    /// Ends a pause.
    pub fn unpause(&self, deployment: &DeploymentName) -> Result<(), Problems> {
        self.ask(Ask::Unpause(deployment.clone()), &mut |_| {}).map(drop)
    }

    /// The variables of a deployment with their newest values.
    pub fn variables(&self, deployment: &DeploymentName) -> Result<Vec<VariableRow>, Problems> {
        read::variables(&self.options.store, deployment)
    }

    /// Every value of a variable after a version, in order.
    pub fn variable_versions(
        &self,
        deployment: &DeploymentName,
        name: &str,
        after: u64,
    ) -> Result<Vec<VariableVersion>, Problems> {
        read::variable_versions(&self.options.store, deployment, name, after)
    }

    /// Writes the next value of a variable; with a version, only if that is the newest.
    pub fn set_variable(
        &self,
        deployment: &DeploymentName,
        name: &str,
        value: lw_plan::Json,
        version: Option<u64>,
    ) -> Result<VariableVersion, Problems> {
        let ask = Ask::SetVariable { deployment: deployment.clone(), name: name.to_string(), value, version };
        match self.ask(ask, &mut |_| {})? {
            Answer::VariableSet(written) => Ok(written),
            _ => Err(misunderstood()),
        }
    }

    /// The services of a deployment and who serves them.
    pub fn services(&self, deployment: &DeploymentName) -> Result<Vec<ServiceRow>, Problems> {
        read::services(&self.options.store, deployment)
    }

    /// Does something in the simulated cloud behind the Conductor's back.
    pub fn disturb(
        &self,
        deployment: &DeploymentName,
        disturbances: Vec<Disturbance>,
    ) -> Result<DisturbanceReport, Problems> {
        match self.ask(Ask::Disturb { deployment: deployment.clone(), disturbances }, &mut |_| {})? {
            Answer::Disturbed(report) => Ok(report),
            _ => Err(misunderstood()),
        }
    }

    /// What the Conductor saw and did, newest first.
    pub fn incidents(
        &self,
        deployment: Option<&DeploymentName>,
        open_only: bool,
        most: u64,
    ) -> Result<IncidentReport, Problems> {
        read::incidents(&self.options.store, deployment, open_only, most)
    }

    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    pub fn output(&self, deployment: &DeploymentName) -> Result<OutputReport, Problems> {
        read::output(&self.options.store, deployment)
    }

    /// What a deployment gives out, for whoever imports it.
    pub fn given_out(&self, deployment: &DeploymentName) -> Result<Vec<GivenOut>, Problems> {
        read::given_out(&self.options.store, deployment)
    }

    pub fn history(&self, deployment: &DeploymentName, verify: bool) -> Result<HistoryReport, Problems> {
        read::history(&self.options.store, deployment, verify)
    }

    /// Copies the store, as of now, into a new file; whoever owns it goes on meanwhile.
    pub fn backup(&self, target: &Path) -> Result<BackupReport, Problems> {
        keeping::backup(&self.options.store, target)
    }

    /// Puts a backup in the store's place; nobody may own it meanwhile.
    pub fn restore(&self, backup: &Path) -> Result<RestoreReport, Problems> {
        keeping::restore(&self.options.store, backup)
    }

    /// Reads the whole store and says whether it is sound.
    pub fn verify_store(&self) -> Result<VerifyReport, Problems> {
        keeping::verify(&self.options.store)
    }

    /// Answers as the owner of the store, or asks the owner.
    fn ask(&self, ask: Ask, progress: &mut dyn FnMut(Progress)) -> Result<Answer, Problems> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime
            .map_err(|error| Problem::new("LW0567", Exit::Runtime, format!("the system gives no threads: {error}")))?;
        let (reports, mut reported) = mpsc::unbounded_channel();
        let stop = self.stopper.stop.clone();
        let stopping = stop.subscribe();
        let options = self.options.clone();
        runtime.block_on(async {
            let mut work = tokio::spawn(work(options, ask, stopping, reports));
            let mut interrupts = 0;
            loop {
                tokio::select! {
                    biased;
                    Some(report) = reported.recv() => progress(report),
                    end = &mut work => {
                        while let Ok(report) = reported.try_recv() {
                            progress(report);
                        }
                        return end.unwrap_or_else(|panic| Err(crashed(&panic)));
                    }
                    _ = tokio::signal::ctrl_c(), if self.options.stop_on_interrupt => {
                        interrupts += 1;
                        if interrupts > 1 {
                            return Err(interrupted());
                        }
                        stop.send_replace(Some("interrupted".to_string()));
                    }
                }
            }
        })
    }
}

/// Becomes the owner and answers, or finds the owner and asks; when the owner goes away, tries again.
async fn work(
    options: EngineOptions,
    ask: Ask,
    mut stop: watch::Receiver<Option<String>>,
    reports: mpsc::UnboundedSender<Progress>,
) -> Result<Answer, Problems> {
    let given_up = tokio::time::Instant::now() + options.patience;
    let mut pause = Duration::from_millis(2);
    loop {
        match SqliteStore::own(&options.store, &SqliteOptions::default()) {
            Ok(store) => return own(store, &options, ask, stop, reports).await,
            Err(StoreError::InUse { .. }) => {}
            Err(error) => {
                return match (&error, &ask) {
                    // What only looks needs no right to write.
                    (StoreError::ReadOnly { .. }, Ask::Preview(request)) => {
                        let store = SqliteStore::read(&options.store).ok();
                        Owner::looking(store, &options)
                            .preview((**request).clone(), &reports)
                            .await
                            .map(|previewed| Answer::Previewed(Box::new(previewed)))
                    }
                    _ => Err(error.into()),
                };
            }
        }
        match client::ask(&options.store, &ask, &mut stop, &reports).await {
            Asked::Answered(answer) => return answer,
            Asked::Gone => {}
        }
        if tokio::time::Instant::now() > given_up {
            let error = StoreError::InUse { path: options.store.clone(), pid: OwnerLock::holder(&options.store) };
            return Err(error.into());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

async fn own(
    store: SqliteStore,
    options: &EngineOptions,
    ask: Ask,
    stop: watch::Receiver<Option<String>>,
    reports: mpsc::UnboundedSender<Progress>,
) -> Result<Answer, Problems> {
    let owner = Arc::new(Owner::of(store, options));
    // A preview is over before anybody could knock.
    let server = match ask {
        Ask::Preview(_) | Ask::Drift(_) => None,
        _ => Server::open(owner.clone()).ok(),
    };
    let answer = owner.answer(ask, stop, reports).await;
    if let Some(server) = server {
        server.close().await;
    }
    answer
}

fn misunderstood() -> Problems {
    Problem::new("LW0568", Exit::Runtime, "the process that has the store open answered something else").into()
}

fn interrupted() -> Problems {
    Problem::new("LW0569", Exit::Runtime, "interrupted before everything under way had ended")
        .help("run the command again: what was left open is looked up first")
        .into()
}

fn crashed(panic: &tokio::task::JoinError) -> Problems {
    Problem::new("LW0599", Exit::Runtime, format!("a mistake in Linework itself stopped it: {panic}"))
        .help("run the command again: what was left open is looked up first; and please report this")
        .into()
}
