//! The owner of a store: answers what its own command and its guests ask.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use conductor_core::{
    Batch, Deployment, DeploymentName, EventBody, Operation, RecordChange, ResourceRecord, ResourceStatus,
};
use conductor_store::{CloudKind, Commit, GroupCommit, SqliteStore, Store, StoreError};
use lw_plan::ResourcePath;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clouds::Clouds;
use crate::engine::EngineOptions;
use crate::protocol::{Answer, Ask};
use crate::{Exit, Previewed, Problem, Problems, Progress, Released, Request, clock, read};

pub struct Owner {
    path: PathBuf,
    /// `None` where there is no store and none can be made.
    pub(crate) store: Option<Arc<SqliteStore>>,
    /// `None` for who only looks.
    pub(crate) commits: Option<GroupCommit>,
    pub(crate) clouds: Clouds,
    pub(crate) width: usize,
    pub(crate) deadline: Duration,
    pub(crate) sim_read_lag_ms: u64,
    /// One change set at a time for each deployment.
    turns: Mutex<HashMap<DeploymentName, Arc<tokio::sync::Mutex<()>>>>,
    /// One writer of variables at a time.
    registry_turn: tokio::sync::Mutex<()>,
    /// Rings when something was done that somebody asked for.
    changed: watch::Sender<u64>,
}

/// A deployment as State has it.
pub(crate) struct Snapshot {
    pub deployment: Deployment,
    pub records: Vec<ResourceRecord>,
    pub open: Vec<Operation>,
    pub kind: Option<CloudKind>,
    /// What makes new uids fresh: the same until something is written about the deployment.
    pub seed: u128,
    pub epoch: u64,
}

pub(crate) type Reports = mpsc::UnboundedSender<Progress>;
pub(crate) type Stop = watch::Receiver<Option<String>>;

impl Owner {
    /// The owner of a store that may be written.
    pub fn of(store: SqliteStore, options: &EngineOptions) -> Owner {
        let store = Arc::new(store);
        let commits = GroupCommit::start(store.clone());
        Owner::new(Some(store), Some(commits), options)
    }

    /// Somebody who looks at a store that cannot be written, or at none.
    pub fn looking(store: Option<SqliteStore>, options: &EngineOptions) -> Owner {
        Owner::new(store.map(Arc::new), None, options)
    }

    fn new(store: Option<Arc<SqliteStore>>, commits: Option<GroupCommit>, options: &EngineOptions) -> Owner {
        Owner {
            clouds: Clouds::beside(&options.store, options.sim.clone(), options.adapters.clone()),
            path: options.store.clone(),
            store,
            commits,
            width: options.width.max(1),
            deadline: options.deadline,
            sim_read_lag_ms: options.sim.faults.read_lag_ms,
            turns: Mutex::new(HashMap::new()),
            registry_turn: tokio::sync::Mutex::new(()),
            changed: watch::channel(0).0,
        }
    }

    pub(crate) fn registry_turn(&self) -> &tokio::sync::Mutex<()> {
        &self.registry_turn
    }

    pub fn store_path(&self) -> &Path {
        &self.path
    }

    /// Rings when something was done that somebody asked for.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub async fn answer(&self, ask: Ask, stop: Stop, reports: Reports) -> Result<Answer, Problems> {
        let is_look = matches!(ask, Ask::Preview(_) | Ask::Drift(_) | Ask::Verify(_) | Ask::Disturb { .. });
        let answer = self.answer_one(ask, stop, reports).await;
        if !is_look {
            self.changed.send_modify(|count| *count += 1);
        }
        answer
    }

    async fn answer_one(&self, ask: Ask, stop: Stop, reports: Reports) -> Result<Answer, Problems> {
        match ask {
            Ask::Preview(request) => {
                let previewed = self.preview(*request, &reports).await?;
                Ok(Answer::Previewed(Box::new(previewed)))
            }
            Ask::Apply(request) => {
                let applied = self.apply(*request, stop, &reports).await?;
                Ok(Answer::Applied(Box::new(applied)))
            }
            Ask::Resume(deployment) => {
                self.resume(&deployment, stop, &reports).await?;
                Ok(Answer::Resumed)
            }
            Ask::Drift(deployment) => {
                let drifted = self.drift(&deployment, stop, &reports).await?;
                Ok(Answer::Drifted(drifted))
            }
            Ask::Verify(deployment) => {
                let verified = self.verify(&deployment, stop, &reports).await?;
                Ok(Answer::Verified(verified))
            }
            Ask::Pause { deployment, for_ms, reason } => {
                let pause = self.pause(&deployment, for_ms, reason).await?;
                Ok(Answer::Paused(pause))
            }
            Ask::Unpause(deployment) => {
                self.unpause(&deployment).await?;
                Ok(Answer::Unpaused)
            }
            Ask::SetVariable { deployment, name, value, version } => {
                let written = self.set_variable(&deployment, &name, value, version).await?;
                Ok(Answer::VariableSet(written))
            }
            Ask::Disturb { deployment, disturbances } => {
                let report = self.disturb(&deployment, &disturbances).await?;
                Ok(Answer::Disturbed(report))
            }
            Ask::Release { deployment, path } => {
                let released = self.release(&deployment, path.as_ref()).await?;
                Ok(Answer::Released(released))
            }
            Ask::Stop { .. } => {
                Err(Problem::new("LW0568", Exit::Runtime, "there is nothing to stop: nothing was asked for").into())
            }
        }
    }

    /// Waits until nobody else changes this deployment.
    pub(crate) async fn turn(&self, name: &DeploymentName) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(name.clone()).or_default().clone()
        };
        turn.lock_owned().await
    }

    pub(crate) fn snapshot(&self, name: &DeploymentName) -> Result<Snapshot, Problems> {
        let Some(store) = &self.store else {
            return Ok(Snapshot {
                deployment: Deployment::new(name.clone()),
                records: Vec::new(),
                open: Vec::new(),
                kind: None,
                seed: seed(0, name, ""),
                epoch: 0,
            });
        };
        let meta = store.meta()?;
        let head = store.head(name)?.map(|(_, hash)| hash).unwrap_or_default();
        Ok(Snapshot {
            deployment: store.deployment(name)?.unwrap_or_else(|| Deployment::new(name.clone())),
            records: store.resources(name)?,
            open: store.open_operations(name)?,
            kind: meta.cloud,
            seed: seed(meta.install_id, name, &head),
            epoch: meta.epoch,
        })
    }

    pub(crate) fn commits(&self) -> Result<&GroupCommit, Problems> {
        self.commits.as_ref().ok_or_else(|| {
            let reason = "it is open for reading".to_string();
            Problems::from(StoreError::ReadOnly { path: self.path.clone(), reason })
        })
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Result<(), Problems> {
        let (answer, answered) = oneshot::channel();
        // Whoever asked is waiting right here.
        self.commits()?.submit(commit, Box::new(move |result| drop(answer.send(result))));
        match answered.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Problems::from(&*error)),
            Err(_) => Err(Problem::new("LW0557", Exit::Runtime, "the store was closed while it was written").into()),
        }
    }

    /// Forgets resources: their objects stay, and are nobody's.
    async fn release(&self, name: &DeploymentName, path: Option<&ResourcePath>) -> Result<Released, Problems> {
        let _turn = self.turn(name).await;
        let snapshot = self.snapshot(name)?;
        let is_meant = |record: &&ResourceRecord| path.is_none_or(|path| record.path == *path);
        let meant: Vec<&ResourceRecord> = snapshot.records.iter().filter(is_meant).collect();
        if meant.is_empty() && (path.is_some() || snapshot.deployment.plan.is_none()) {
            let problem = match path {
                Some(path) => {
                    let message = format!("`{name}` has no resource `{path}`");
                    Problem::new("LW0563", Exit::Usage, message).help(format!("`lw status {name}` lists them"))
                }
                None => read::unknown(&self.path, name),
            };
            return Err(problem.into());
        }
        let released = |record: &&ResourceRecord| EventBody::Recorded {
            uid: record.uid,
            path: record.path.to_string(),
            action: None,
            text: "released".to_string(),
        };
        let closed = snapshot.open.iter().filter(|operation| meant.iter().any(|record| record.uid == operation.uid));
        let batch = Batch {
            deployment: path.is_none().then(|| Deployment {
                plan: None,
                state: ResourceStatus::Ready,
                outputs: Default::default(),
                ..snapshot.deployment.clone()
            }),
            closed: closed
                .map(|operation| conductor_core::ClosedOperation {
                    id: operation.id,
                    state: conductor_core::OperationState::Abandoned,
                    problem: Some("released".to_string()),
                })
                .collect(),
            records: meant.iter().map(|record| RecordChange::Remove(record.uid)).collect(),
            events: meant.iter().map(released).collect(),
            ..Batch::default()
        };
        self.commit(Commit::of_batch(name.clone(), clock::now_ms(), batch)).await?;
        let mut paths: Vec<ResourcePath> = meant.iter().map(|record| record.path.clone()).collect();
        paths.dedup();
        Ok(Released { deployment: name.clone(), paths })
    }

    pub async fn preview(&self, request: Request, reports: &Reports) -> Result<Previewed, Problems> {
        let _turn = self.turn(&request.deployment).await;
        let never = watch::channel(None).1;
        let prepared = self.prepare(request, never, reports).await?;
        Ok(prepared.into_preview())
    }
}

pub(crate) fn seed(install_id: u128, name: &DeploymentName, head: &str) -> u128 {
    let mut hash = Sha256::new();
    hash.update(install_id.to_be_bytes());
    hash.update(name.as_str().as_bytes());
    hash.update([0]);
    hash.update(head.as_bytes());
    let bytes: [u8; 32] = hash.finalize().into();
    bytes[..16].iter().fold(0, |seed, byte| seed << 8 | u128::from(*byte))
}
