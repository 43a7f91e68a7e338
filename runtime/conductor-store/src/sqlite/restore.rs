//! Putting a backup in a store's place.
//!
//! Flow: the backup is copied beside the store, checked, brought up to date and marked; then one rename makes it the store. Killed at
//! any instant, the store is the old one or the new one.

use std::fs::File;
use std::path::{Path, PathBuf};

use conductor_core::{DeploymentName, EventBody};
use rusqlite::Connection;

use super::open;
use super::{SqliteOptions, SqliteStore};
use crate::{Commit, OwnerLock, Store, StoreError};

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where the store that was there is now.
    pub replaced: Option<PathBuf>,
    pub deployments: Vec<DeploymentName>,
}

/// Makes `backup` the store at `path`; `note` becomes the next event of each of its deployments.
///
/// The note is no ornament: fresh identities are derived from the head of a deployment's log, so that those of the time after the
/// backup never come back. For the same reason the epoch goes on from where the replaced store was.
pub fn restore(path: &Path, backup: &Path, at_ms: u64, note: &EventBody) -> Result<Restored, StoreError> {
    let source = open::read_any(backup)?;
    open::integrity_check(backup, &source)?;
    open::make_folder(path)?;
    let _lock = OwnerLock::acquire(path)?;
    let before = Before::of(path)?;
    let staged = open::beside(path, ".restoring");
    for leftover in [staged.clone(), open::beside(&staged, "-wal"), open::beside(&staged, "-shm")] {
        remove(&leftover)?;
    }
    open::backup(&source, &staged)?;
    let deployments = mark(&staged, before.as_ref().map_or(0, |before| before.epoch), at_ms, note)?;
    remove(&OwnerLock::path_beside(&staged))?;
    let replaced = match before {
        None => None,
        Some(before) => Some(before.put_aside(path, at_ms)?),
    };
    let io = |error: std::io::Error| StoreError::io(path, &error);
    File::open(&staged).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&staged, path).map_err(io)?;
    open::sync_folder(path);
    Ok(Restored { replaced, deployments })
}

/// The store that a backup takes the place of.
struct Before {
    connection: Connection,
    epoch: u64,
}

impl Before {
    fn of(path: &Path) -> Result<Option<Before>, StoreError> {
        if std::fs::metadata(path).map_or(true, |metadata| metadata.len() == 0) {
            return Ok(None);
        }
        let failed = |error: rusqlite::Error| StoreError::sqlite(path, &error);
        let connection = Connection::open(path).map_err(failed)?;
        // A damaged store is what backups are for; its epoch is then not known, and nobody can be writing with it.
        let epoch = open::identity(path, &connection).map_or(0, |(_, epoch)| epoch);
        Ok(Some(Before { connection, epoch }))
    }

    /// Takes the write-ahead log in, so that the file alone is the store, and renames it.
    fn put_aside(self, path: &Path, at_ms: u64) -> Result<PathBuf, StoreError> {
        let mode: Result<String, _> = self.connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0));
        match mode {
            Ok(mode) if mode == "delete" => {}
            // Somebody reads it right now.
            Ok(_) => return Err(StoreError::InUse { path: path.to_path_buf(), pid: None }),
            Err(error) => {
                // Otherwise it is damaged, and kept as it is.
                if let in_use @ StoreError::InUse { .. } = StoreError::sqlite(path, &error) {
                    return Err(in_use);
                }
            }
        }
        drop(self.connection);
        let aside = open::beside(path, &format!(".{at_ms}.replaced"));
        for suffix in ["-wal", "-shm"] {
            let (from, to) = (open::beside(path, suffix), open::beside(&aside, suffix));
            if from.exists() {
                std::fs::rename(&from, &to).map_err(|error| StoreError::io(path, &error))?;
            }
        }
        // Two names for one file, so that there is a store at every instant.
        std::fs::hard_link(path, &aside)
            .or_else(|_| std::fs::copy(path, &aside).map(drop))
            .map_err(|error| StoreError::io(&aside, &error))?;
        Ok(aside)
    }
}

fn mark(staged: &Path, epoch: u64, at_ms: u64, note: &EventBody) -> Result<Vec<DeploymentName>, StoreError> {
    let failed = |error: rusqlite::Error| StoreError::sqlite(staged, &error);
    {
        let store = SqliteStore::own(staged, &SqliteOptions::default())?;
        let connection = store.connection();
        let raise = "UPDATE meta SET value = ?1 WHERE key = 'epoch' AND CAST(value AS INTEGER) < ?2";
        connection.execute(raise, rusqlite::params![epoch.to_string(), epoch as i64]).map_err(failed)?;
    }
    let store = SqliteStore::own(staged, &SqliteOptions::default())?;
    let names: Vec<DeploymentName> = store.deployments()?.into_iter().map(|deployment| deployment.name).collect();
    let notes = names.iter().map(|name| {
        let mut commit = Commit::new(name.clone(), at_ms);
        commit.batch.events.push(note.clone());
        commit
    });
    for result in store.commit(notes.collect()) {
        result.map_err(|error| StoreError::Failed { path: staged.to_path_buf(), reason: error.to_string() })?;
    }
    // The file alone is to be renamed.
    let mode: String =
        store.connection().query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).map_err(failed)?;
    debug_assert_eq!(mode, "delete", "nobody else knows of this file");
    Ok(names)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(path, &error)),
        _ => Ok(()),
    }
}
