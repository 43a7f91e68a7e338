//! State in one SQLite file: WAL, synchronous=FULL, one writer.

mod open;
mod read;
mod restore;
mod schema;
mod watching;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conductor_core::{Deployment, DeploymentName, Event, EventBody, Operation, ResourceRecord, Uid};
use lw_plan::Plan;
use rusqlite::Connection;

pub use restore::Restored;

use crate::{
    Checkpoint, CloudKind, Commit, Delivery, GenerationRow, Incident, Lease, Meta, OwnerLock, Pause, PlanHeading,
    ResourceSummary, Store, StoreError, Variable, WatchRow, WatchStore,
};

/// How a store is opened.
#[derive(Clone, Debug, Default)]
pub struct SqliteOptions {
    /// The file may not grow over so many pages: a full disk, for tests.
    pub pages_max: Option<u32>,
}

/// A store in a file, open for writing (one owner) or for reading.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    connection: Mutex<Connection>,
    install_id: u128,
    /// The epoch of this owner; that of the last one for a reader.
    epoch: u64,
    /// Freed after the connection is closed; absent for a reader.
    _lock: Option<OwnerLock>,
}

impl SqliteStore {
    /// Opens the store to write, and makes it if it is not there. Fails with [`StoreError::InUse`] while somebody else owns it.
    pub fn own(path: &Path, options: &SqliteOptions) -> Result<SqliteStore, StoreError> {
        open::own(path, options)
    }

    /// Opens the store to read, whoever owns it.
    pub fn read(path: &Path) -> Result<SqliteStore, StoreError> {
        open::read(path)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Copies the store, as of now, into a new file that only its owner may read.
    pub fn backup(&self, target: &Path) -> Result<(), StoreError> {
        open::backup(&self.connection(), target)
    }

    /// Puts a backup in the place of the store at `path`, which nobody may own meanwhile, and keeps that one beside it. `note` becomes
    /// the next event of each deployment.
    pub fn restore(path: &Path, backup: &Path, at_ms: u64, note: &EventBody) -> Result<Restored, StoreError> {
        restore::restore(path, backup, at_ms, note)
    }

    /// Reads every page and compares tables with their indexes. Slow; what finds damage that no query has met yet.
    pub fn verify(&self) -> Result<(), StoreError> {
        open::integrity_check(&self.path, &self.connection())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolls it back, so the connection is fit for use.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn query<T>(&self, query: impl FnOnce(&Connection) -> Result<T, read::ReadError>) -> Result<T, StoreError> {
        query(&self.connection()).map_err(|error| match error {
            read::ReadError::Sqlite(error) => StoreError::sqlite(&self.path, &error),
            read::ReadError::Row(reason) => StoreError::Corrupt { path: self.path.clone(), reason },
        })
    }
}

impl Store for SqliteStore {
    fn meta(&self) -> Result<Meta, StoreError> {
        let cloud = self.query(|connection| read::meta(connection, "cloud"))?;
        let cloud = cloud.map(|kind| if kind == "sim" { CloudKind::Sim } else { CloudKind::Real });
        Ok(Meta { schema: schema::VERSION, install_id: self.install_id, cloud, epoch: self.epoch })
    }

    fn deployments(&self) -> Result<Vec<Deployment>, StoreError> {
        self.query(read::deployments)
    }

    fn deployment(&self, name: &DeploymentName) -> Result<Option<Deployment>, StoreError> {
        self.query(|connection| read::deployment(connection, name))
    }

    fn resources(&self, name: &DeploymentName) -> Result<Vec<ResourceRecord>, StoreError> {
        self.query(|connection| read::resources(connection, name))
    }

    fn summaries(&self, name: &DeploymentName) -> Result<Vec<ResourceSummary>, StoreError> {
        self.query(|connection| read::summaries(connection, name))
    }

    fn open_operations(&self, name: &DeploymentName) -> Result<Vec<Operation>, StoreError> {
        self.query(|connection| read::open_operations(connection, name))
    }

    fn plan(&self, hash: &str) -> Result<Option<Plan>, StoreError> {
        self.query(|connection| read::plan(connection, hash))
    }

    fn plan_heading(&self, hash: &str) -> Result<Option<PlanHeading>, StoreError> {
        self.query(|connection| read::plan_heading(connection, hash))
    }

    fn generations(&self, name: &DeploymentName) -> Result<Vec<GenerationRow>, StoreError> {
        self.query(|connection| read::generations(connection, name))
    }

    fn events(&self, name: &DeploymentName, after: u64, most: u64) -> Result<Vec<Event>, StoreError> {
        self.query(|connection| read::events(connection, name, after, most))
    }

    fn head(&self, name: &DeploymentName) -> Result<Option<(u64, String)>, StoreError> {
        self.query(|connection| Ok(read::head(connection, name)?))
    }

    fn checkpoints(&self, name: &DeploymentName) -> Result<Vec<Checkpoint>, StoreError> {
        self.query(|connection| read::checkpoints(connection, name))
    }

    fn incidents(&self, name: Option<&DeploymentName>) -> Result<Vec<Incident>, StoreError> {
        self.query(|connection| watching::incidents(connection, name, None, u64::MAX))
    }

    fn variables(&self, name: &DeploymentName) -> Result<Vec<Variable>, StoreError> {
        self.query(|connection| read::variables(connection, name))
    }

    fn variable_versions(
        &self,
        deployment: &DeploymentName,
        name: &str,
        after: u64,
        most: u64,
        newest_first: bool,
    ) -> Result<Vec<Variable>, StoreError> {
        self.query(|connection| read::variable_versions(connection, deployment, name, (after, most), newest_first))
    }

    fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.query(|connection| read::lease(connection, name))
    }

    fn minted_name(&self, name: &str) -> Result<Option<(DeploymentName, Uid)>, StoreError> {
        self.query(|connection| read::minted_name(connection, name))
    }

    fn commit(&self, commits: Vec<Commit>) -> Vec<Result<(), Arc<StoreError>>> {
        write::commit(&self.path, &mut self.connection(), self.epoch, commits)
    }
}

impl WatchStore for SqliteStore {
    fn open_incidents(&self, name: &DeploymentName) -> Result<Vec<Incident>, StoreError> {
        self.query(|connection| watching::open_incidents(connection, name))
    }

    fn incidents_before(
        &self,
        name: Option<&DeploymentName>,
        before: Option<u64>,
        most: u64,
    ) -> Result<Vec<Incident>, StoreError> {
        self.query(|connection| watching::incidents(connection, name, before, most))
    }

    fn deliveries(&self, due_at_ms: u64, most: u64) -> Result<Vec<Delivery>, StoreError> {
        self.query(|connection| watching::deliveries(connection, due_at_ms, most))
    }

    fn next_delivery_ms(&self) -> Result<Option<u64>, StoreError> {
        self.query(watching::next_delivery_ms)
    }

    fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        self.query(watching::pauses)
    }

    fn watch_rows(&self, name: &DeploymentName) -> Result<Vec<WatchRow>, StoreError> {
        self.query(|connection| watching::watch_rows(connection, name))
    }

    fn resources_by_uid(&self, uids: &[Uid]) -> Result<Vec<ResourceRecord>, StoreError> {
        self.query(|connection| watching::resources_by_uid(connection, uids))
    }
}
