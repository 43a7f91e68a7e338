//! Real kills: the real `lw` against a simulated cloud in this process, ended with SIGKILL at every boundary of every call, and at
//! writes of its store.
//!
//! Flow: a stage (an apply, an apply of an edit, a destroy) is run once unharmed and its boundaries are counted: a call that may change
//! something has arrived, is done, is answered. Then for each boundary the stage is run again from the same beginning and killed
//! there; a quarter of the next runs are killed too; the last one runs to its end. What is then in State and in the cloud must
//! be what was wanted: no orphan, nothing twice, nothing lost, and no person was asked.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use adapter::sim::{Config, Moment, SimulatedCloud, serve};
use conductor::{Allowance, DeploymentName, Engine, EngineOptions, Request, Wanted};
use conductor_store::{SqliteStore, Store, audit_log};
use lw_plan::{NodeKind, Plan};
use tokio::net::UnixListener;
use tokio::runtime::Runtime;

use super::programs::{Chance, program};
use super::wait;

/// No run takes so long; one that does has hung.
const RUN_TIME_MAX: Duration = Duration::from_secs(60);
/// Between two looks at whether it has ended.
const PAUSE: Duration = Duration::from_micros(500);

/// What was done and seen.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub plans: u64,
    /// Kills at boundaries of calls.
    pub at_calls: u64,
    /// Kills at writes of the store.
    pub at_writes: u64,
    /// Kills of a run that was recovering from one of those.
    pub in_recovery: u64,
    /// What was not as it should be, each with what it takes to see it again.
    pub violations: Vec<String>,
}

impl Report {
    pub fn kills(&self) -> u64 {
        self.at_calls + self.at_writes + self.in_recovery
    }
}

/// How far to go.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The binary that is killed.
    pub binary: PathBuf,
    pub first_seed: u64,
    /// Ends after the plan in which so many kills were reached.
    pub kills: u64,
    /// Of the kills at writes, every so manieth is made; 0 for none. They need `strace`.
    pub every_write: u64,
}

/// Kills until there were enough.
pub fn run(limits: &Limits, tell: &mut dyn FnMut(&Report)) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("the system gives a thread");
    let mut report = Report::default();
    let mut seed = limits.first_seed;
    while report.kills() < limits.kills {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let harness = Harness { binary: &limits.binary, runtime: &runtime, folder: folder.path(), seed };
        harness.kill_everywhere(limits, &mut report);
        report.plans += 1;
        seed += 1;
        tell(&report);
    }
    report
}

struct Harness<'a> {
    binary: &'a Path,
    runtime: &'a Runtime,
    folder: &'a Path,
    seed: u64,
}

/// What a stage wants.
enum Stage {
    Apply(Box<Plan>),
    Destroy,
}

/// Where a run is killed.
#[derive(Clone, Copy, Debug)]
enum Kill {
    Never,
    /// At the n-th boundary of calls; whether a call that had just arrived takes effect all the same.
    AtCall(u64, bool),
    /// At the n-th call of the system that writes.
    AtWrite(&'static str, u64),
}

struct Ran {
    killed: bool,
    code: Option<i32>,
    boundaries: u64,
    said: String,
}

impl Harness<'_> {
    fn kill_everywhere(&self, limits: &Limits, report: &mut Report) {
        let stages =
            [Stage::Apply(program(self.seed, 0).into()), Stage::Apply(program(self.seed, 1).into()), Stage::Destroy];
        let mut begin = self.folder.join("empty");
        fs::create_dir(&begin).expect("a folder in a temporary folder");
        for (number, stage) in stages.iter().enumerate() {
            let end = self.folder.join(format!("after-{number}"));
            copy(&begin, &end);
            let unharmed = self.run(&end, stage, Kill::Never);
            if let Err(problem) = self.check(&end, stage).and_then(|()| match unharmed.code {
                Some(0) => Ok(()),
                code => Err(format!("it ends with {code:?}: {}", unharmed.said)),
            }) {
                report.violations.push(format!("seed {}, stage {number}, unharmed: {problem}", self.seed));
                return;
            }
            let mut chance = Chance(self.seed ^ number as u64);
            for boundary in 1..=unharmed.boundaries {
                let kill = Kill::AtCall(boundary, chance.is(500));
                self.kill_once(&begin, stage, number, kill, &mut chance, report);
            }
            if limits.every_write > 0 {
                for name in ["pwrite64", "fdatasync"] {
                    let mut at = 1 + chance.below(limits.every_write);
                    while self.kill_once(&begin, stage, number, Kill::AtWrite(name, at), &mut chance, report) {
                        at += 1 + chance.below(2 * limits.every_write - 1);
                    }
                }
            }
            begin = end;
        }
    }

    /// One run that is killed, and what comes after. Whether it was killed at all: it may have ended before.
    fn kill_once(
        &self,
        begin: &Path,
        stage: &Stage,
        number: usize,
        kill: Kill,
        chance: &mut Chance,
        report: &mut Report,
    ) -> bool {
        let work = self.folder.join("work");
        let _ = fs::remove_dir_all(&work);
        copy(begin, &work);
        let first = self.run(&work, stage, kill);
        if first.killed {
            match kill {
                Kill::AtWrite(..) => report.at_writes += 1,
                _ => report.at_calls += 1,
            }
        }
        let mut story = format!("seed {}, stage {number}, killed {kill:?}", self.seed);
        if first.killed && chance.is(250) {
            let again = Kill::AtCall(1 + chance.below(12), chance.is(500));
            if self.run(&work, stage, again).killed {
                report.in_recovery += 1;
                story.push_str(&format!(", then {again:?}"));
            }
        }
        let last = self.run(&work, stage, Kill::Never);
        // A destroy that had ended before it was killed leaves no deployment to destroy.
        let is_over = matches!(stage, Stage::Destroy) && last.code == Some(2);
        let outcome = match last.code {
            Some(0) => self.check(&work, stage),
            _ if is_over => self.check(&work, stage),
            code => Err(format!("the last run ends with {code:?}: {}", last.said)),
        };
        if let Err(problem) = outcome {
            report.violations.push(format!("{story}: {problem}"));
        }
        first.killed
    }

    fn run(&self, work: &Path, stage: &Stage, kill: Kill) -> Ran {
        let socket = work.join("cloud.sock");
        let _ = fs::remove_file(&socket);
        let cloud = Arc::new(SimulatedCloud::in_file(&work.join("sim.db"), Config::default()));
        let child: Arc<Mutex<Option<Child>>> = Arc::default();
        let boundaries = Arc::new(AtomicU64::new(0));
        let watch = {
            let (child, boundaries) = (child.clone(), boundaries.clone());
            move |moment: Moment| {
                let number = boundaries.fetch_add(1, Ordering::SeqCst) + 1;
                let Kill::AtCall(at, late) = kill else { return true };
                if number == at
                    && let Some(child) = child.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
                {
                    // It may have ended a moment ago.
                    let _ = child.kill();
                    return late || moment != Moment::Arrived;
                }
                true
            }
        };
        let listener = self.runtime.block_on(async { UnixListener::bind(&socket) }).expect("a socket");
        let server = self.runtime.spawn(serve(listener, cloud.clone(), Arc::new(watch)));
        let said = work.join("said");
        let plan_file = work.join("plan.json");
        let mut command = match kill {
            Kill::AtWrite(name, at) => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={name}")]);
                strace.args(["-e", &format!("inject={name}:signal=SIGKILL:when={at}")]).arg(self.binary);
                strace
            }
            _ => Command::new(self.binary),
        };
        match stage {
            Stage::Apply(plan) => {
                fs::write(&plan_file, plan.to_canonical()).expect("a file in a temporary folder");
                command.args(["apply", "--sim", "--yes", "-q", "--allow-delete", "all", "--name", "shop"]);
                let replaceable = plan.meaning.nodes.iter().map(|node| node.path.as_str());
                command.args(replaceable.flat_map(|path| ["--allow-replace", path])).arg(&plan_file);
            }
            Stage::Destroy => {
                command.args(["destroy", "shop", "--yes", "-q", "--allow-delete", "all"]);
            }
        }
        let store = format!("sqlite:{}", work.join("state.db").display());
        let errors = fs::File::create(&said).expect("a file in a temporary folder");
        command
            .args(["--store", &store])
            .current_dir(work)
            .env("LINEWORK_SIM_SOCKET", &socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors);
        *child.lock().unwrap_or_else(PoisonError::into_inner) = Some(command.spawn().expect("the binary starts"));
        let status = wait(&child, RUN_TIME_MAX, PAUSE);
        server.abort();
        let _ = self.runtime.block_on(server);
        // Calls that were under way take effect, as they would elsewhere; then the cloud's file is let go.
        let given_up = Instant::now() + RUN_TIME_MAX;
        while Arc::strong_count(&cloud) > 1 && Instant::now() < given_up {
            std::thread::sleep(Duration::from_micros(200));
        }
        Ran {
            killed: status.is_some_and(|status| status.signal() == Some(9) || status.code() == Some(137)),
            code: status.and_then(|status| status.code()),
            boundaries: boundaries.load(Ordering::SeqCst),
            said: fs::read_to_string(&said).unwrap_or_default(),
        }
    }

    /// Whether State and the cloud are as the stage wanted them.
    fn check(&self, work: &Path, stage: &Stage) -> Result<(), String> {
        let name = DeploymentName::parse("shop").expect("a name");
        let objects =
            SimulatedCloud::in_file(&work.join("sim.db"), Config::default()).objects().map_err(|e| e.to_string())?;
        let store = SqliteStore::read(&work.join("state.db")).map_err(|error| error.to_string())?;
        let records = store.resources(&name).map_err(|error| error.to_string())?;
        let open = store.open_operations(&name).map_err(|error| error.to_string())?;
        let audit = audit_log(&store, &name, &mut |_| {}).map_err(|error| error.to_string())?;
        drop(store);
        let wanted = match stage {
            Stage::Apply(plan) => plan.meaning.nodes.iter().filter(|node| node.kind == NodeKind::Managed).count(),
            Stage::Destroy => 0,
        };
        for object in &objects {
            let known = records.iter().filter(|record| {
                record.wire_type == object.wire_type && record.physical_id.as_ref() == Some(&object.physical_id)
            });
            if known.count() != 1 {
                return Err(format!("an orphan: {} {}", object.wire_type, object.physical_id));
            }
        }
        if objects.len() != wanted || records.len() != wanted {
            let (objects, records) = (objects.len(), records.len());
            return Err(format!("{wanted} are wanted, {objects} are there, {records} are recorded"));
        }
        if !open.is_empty() {
            return Err(format!("{} operations are open", open.len()));
        }
        if let Some(at) = audit.broken_at {
            return Err(format!("the log is broken at {at}"));
        }
        let Stage::Apply(plan) = stage else { return Ok(()) };
        let engine = Engine::new(EngineOptions::new(work.join("state.db")));
        let request = Request::new(name, Wanted::Plan(plan.clone())).simulated(true).allow_delete(Allowance::All);
        let previewed = engine.preview(request, &mut |_| {}).map_err(|problems| format!("{problems:?}"))?;
        match previewed.report.steps.as_slice() {
            [] => Ok(()),
            [step, ..] => Err(format!("something is left to do: {} {}", step.path, step.reason)),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder in a temporary folder");
    for entry in fs::read_dir(from).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a file is copied");
        }
    }
}
