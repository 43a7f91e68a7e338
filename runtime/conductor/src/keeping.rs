//! Keeping a store: backups of it, what comes out of them, and whether all of it is sound.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use conductor_core::{DeploymentName, EventBody};
use conductor_store::{SqliteStore, Store, StoreError, audit_log};
use lw_plan::ResourcePath;
use serde::Serialize;

use crate::{Exit, Problem, Problems, clock};

/// `lw store backup`, `lw store copy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    pub store: PathBuf,
    pub backup: PathBuf,
    pub bytes: u64,
    pub deployments: Vec<DeploymentName>,
}

/// `lw store restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreReport {
    pub store: PathBuf,
    pub backup: PathBuf,
    /// Where the store is now that was there before; `null` where there was none.
    pub replaced: Option<PathBuf>,
    pub deployments: Vec<DeploymentName>,
}

/// `lw store verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    pub store: PathBuf,
    pub sound: bool,
    pub deployments: usize,
    pub resources: usize,
    pub events: u64,
    pub plans: usize,
    /// What is not as it should be; empty where all is.
    pub problems: Vec<String>,
}

pub fn backup(path: &Path, target: &Path) -> Result<BackupReport, Problems> {
    let store = SqliteStore::read(path)?;
    if target.exists() {
        let message = format!("`{}` is there already, and nothing is overwritten", target.display());
        return Err(Problem::new("LW0582", Exit::Usage, message).help("name a file that is not there").into());
    }
    store.backup(target)?;
    let deployments = store.deployments()?.into_iter().map(|deployment| deployment.name).collect();
    let bytes = std::fs::metadata(target).map_or(0, |metadata| metadata.len());
    Ok(BackupReport { store: path.to_path_buf(), backup: target.to_path_buf(), bytes, deployments })
}

pub fn restore(path: &Path, backup: &Path) -> Result<RestoreReport, Problems> {
    let file = backup.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let note = EventBody::Noted { kind: "restored".to_string(), detail: serde_json::json!({"backup": file}) };
    let restored = SqliteStore::restore(path, backup, clock::now_ms(), &note)?;
    Ok(RestoreReport {
        store: path.to_path_buf(),
        backup: backup.to_path_buf(),
        replaced: restored.replaced,
        deployments: restored.deployments,
    })
}

/// Reads all of it: pages, rows, logs, Plans, and what rows say of each other.
pub fn verify(path: &Path) -> Result<VerifyReport, Problems> {
    let mut report = VerifyReport {
        store: path.to_path_buf(),
        sound: false,
        deployments: 0,
        resources: 0,
        events: 0,
        plans: 0,
        problems: Vec::new(),
    };
    let found = SqliteStore::read(path).and_then(|store| {
        store.verify()?;
        inspect(&store, &mut report)
    });
    match found {
        Ok(()) => {}
        Err(StoreError::Corrupt { reason, .. }) => report.problems.push(reason),
        Err(error) => return Err(error.into()),
    }
    report.sound = report.problems.is_empty();
    Ok(report)
}

fn inspect(store: &SqliteStore, report: &mut VerifyReport) -> Result<(), StoreError> {
    let mut plans = BTreeSet::new();
    for deployment in store.deployments()? {
        let name = &deployment.name;
        report.deployments += 1;
        let audit = audit_log(store, name, &mut |_| {})?;
        report.events += audit.events;
        if let Some(at) = audit.broken_at {
            report.problems.push(format!("the log of `{name}` was altered from event {at} on"));
        }
        let records = store.resources(name)?;
        report.resources += records.len();
        let mut live: HashMap<&ResourcePath, usize> = HashMap::new();
        for record in records.iter().filter(|record| record.is_live()) {
            *live.entry(&record.path).or_default() += 1;
        }
        let mut twice: Vec<&ResourcePath> =
            live.into_iter().filter(|(_, count)| *count > 1).map(|(path, _)| path).collect();
        twice.sort_unstable();
        report.problems.extend(twice.into_iter().map(|path| format!("`{path}` of `{name}` is there twice")));
        for operation in store.open_operations(name)? {
            if let Err(error) = operation.parameters() {
                report.problems.push(format!("the open operation on `{}` of `{name}`: {error}", operation.path));
            }
        }
        let generations = store.generations(name)?;
        if let Some(last) = generations.last()
            && last.generation < deployment.generation
        {
            let number = deployment.generation.0;
            report.problems.push(format!("`{name}` is at generation {number}, and nothing says what that is"));
        }
        let used = generations.into_iter().filter_map(|row| row.plan);
        for hash in used.chain(deployment.plan.clone()) {
            if plans.insert(hash.clone()) {
                match store.plan(&hash)? {
                    None => report.problems.push(format!("the Plan {hash} of `{name}` is not there")),
                    Some(plan) => {
                        if let Err(error) = plan.check() {
                            report.problems.push(format!("the Plan {hash} of `{name}`: {error}"));
                        }
                    }
                }
            }
        }
    }
    report.plans = plans.len();
    Ok(())
}
