//! One transaction for a group of commits.

use std::path::Path;
use std::sync::Arc;

use conductor_core::Observation;
use conductor_core::{
    Deployment, DeploymentName, Event, EventBody, Operation, OperationState, RecordChange, ResourceRecord,
};
use lw_plan::Plan;
use rusqlite::{Connection, OptionalExtension, params};

use super::{read, watching};
use crate::{Commit, StoreError};

/// A checkpoint at the latest after so many events.
const CHECKPOINT_EVENTS: u64 = 1000;

/// Why a commit was not written.
enum WriteError {
    /// This commit alone is refused.
    Refused(StoreError),
    /// Nothing of the group can be written.
    Failed(StoreError),
}

pub fn commit(
    path: &Path,
    connection: &mut Connection,
    epoch: u64,
    commits: Vec<Commit>,
) -> Vec<Result<(), Arc<StoreError>>> {
    let count = commits.len();
    match try_commit(path, connection, epoch, commits) {
        Ok(results) => results,
        Err(error) => {
            let error = Arc::new(error);
            (0..count).map(|_| Err(error.clone())).collect()
        }
    }
}

fn try_commit(
    path: &Path,
    connection: &mut Connection,
    epoch: u64,
    commits: Vec<Commit>,
) -> Result<Vec<Result<(), Arc<StoreError>>>, StoreError> {
    let failed = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let mut transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
    check_epoch(path, &transaction, epoch)?;
    let mut results = Vec::with_capacity(commits.len());
    for commit in commits {
        let savepoint = transaction.savepoint().map_err(failed)?;
        match write(path, &savepoint, commit) {
            Ok(()) => {
                savepoint.commit().map_err(failed)?;
                results.push(Ok(()));
            }
            Err(WriteError::Refused(error)) => {
                savepoint.finish().map_err(failed)?;
                results.push(Err(Arc::new(error)));
            }
            Err(WriteError::Failed(error)) => return Err(error),
        }
    }
    transaction.commit().map_err(failed)?;
    Ok(results)
}

/// The first commit of an owner puts its epoch into the store; the others find it there.
fn check_epoch(path: &Path, connection: &Connection, epoch: u64) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let mut statement =
        connection.prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'epoch'").map_err(failed)?;
    let found: i64 = statement.query_row([], |row| row.get(0)).map_err(failed)?;
    if found as u64 == epoch {
        return Ok(());
    }
    if found as u64 + 1 != epoch {
        return Err(StoreError::TakenOver { path: path.to_path_buf() });
    }
    connection.execute("UPDATE meta SET value = ?1 WHERE key = 'epoch'", [epoch.to_string()]).map(drop).map_err(failed)
}

fn write(path: &Path, connection: &Connection, mut commit: Commit) -> Result<(), WriteError> {
    let failed = |error: rusqlite::Error| WriteError::Failed(StoreError::sqlite(path, &error));
    let name = &commit.name.clone();
    if let Some(kind) = commit.cloud {
        let put = connection.execute("INSERT OR IGNORE INTO meta VALUES ('cloud', ?1)", [kind.as_str()]);
        put.map_err(failed)?;
        if read::meta(connection, "cloud").ok().flatten().as_deref() != Some(kind.as_str()) {
            let what = "the kind of cloud".to_string();
            return Err(WriteError::Refused(StoreError::Conflict { what }));
        }
    }
    if let Some(plan) = &commit.plan {
        put_plan(connection, plan, commit.at_ms).map_err(failed)?;
    }
    if let Some(row) = &commit.generation {
        connection
            .prepare_cached("INSERT OR REPLACE INTO generations VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| {
                statement.execute(params![name.as_str(), row.generation.0 as i64, row.plan, row.at_ms as i64])
            })
            .map_err(failed)?;
    }
    if let Some(deployment) = &commit.batch.deployment {
        put_deployment(connection, deployment).map_err(failed)?;
    }
    for record in &mut commit.batch.records {
        match record {
            RecordChange::Put(record) => {
                if !put_record(connection, name, record).map_err(failed)? {
                    let what = record.path.to_string();
                    return Err(WriteError::Refused(StoreError::Conflict { what }));
                }
            }
            RecordChange::Remove(uid) => {
                let mut statement =
                    connection.prepare_cached("DELETE FROM resources WHERE uid = ?1").map_err(failed)?;
                statement.execute([uid.to_string()]).map_err(failed)?;
            }
        }
    }
    for operation in &commit.batch.intents {
        put_intent(connection, operation).map_err(failed)?;
    }
    for closed in &commit.batch.closed {
        // What cannot be resolved by itself keeps its parameters for whoever resolves it.
        let query = "UPDATE operations SET state = ?2, problem = ?3, closed_at_ms = ?4,
                     body = CASE WHEN ?5 THEN body END WHERE id = ?1";
        let keep = closed.state == OperationState::Unknown;
        let row = params![closed.id.to_string(), word(&closed.state), closed.problem, commit.at_ms as i64, keep];
        connection.prepare_cached(query).and_then(|mut statement| statement.execute(row)).map_err(failed)?;
    }
    append_events(connection, name, commit.at_ms, &commit.batch.events).map_err(failed)?;
    put_rest(connection, &commit).map_err(failed)
}

fn put_plan(connection: &Connection, plan: &Plan, at_ms: u64) -> rusqlite::Result<()> {
    let known: Option<i64> =
        connection.query_row("SELECT 1 FROM plans WHERE hash = ?1", [&plan.hash], |row| row.get(0)).optional()?;
    if known.is_some() {
        return Ok(());
    }
    let text = serde_json::to_vec(plan).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let packed = lz4_flex::block::compress_prepend_size(&text);
    let heading = (&plan.meaning.composition, &plan.meaning.environment);
    let row = params![plan.hash, heading.0, heading.1, at_ms as i64, packed];
    connection.execute("INSERT INTO plans VALUES (?1, ?2, ?3, ?4, ?5)", row)?;
    Ok(())
}

fn put_deployment(connection: &Connection, deployment: &Deployment) -> rusqlite::Result<()> {
    let row = params![deployment.name.as_str(), deployment.generation.0 as i64, deployment.plan, body(deployment)?];
    connection.prepare_cached("INSERT OR REPLACE INTO deployments VALUES (?1, ?2, ?3, ?4)")?.execute(row)?;
    Ok(())
}

/// Whether the row was older than the record, as it must be.
fn put_record(connection: &Connection, name: &DeploymentName, record: &mut ResourceRecord) -> rusqlite::Result<bool> {
    let query = "INSERT INTO resources VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (uid) DO UPDATE SET deployment = excluded.deployment, path = excluded.path,
                 type = excluded.type, physical_id = excluded.physical_id, status = excluded.status,
                 revision = excluded.revision, body = excluded.body,
                 observed = excluded.observed WHERE revision < excluded.revision";
    let uid = record.uid.to_string();
    // What a read showed stands in a column of its own: it is the larger half, and is not always wanted.
    let observed = record.observed.properties().map(body).transpose()?;
    if observed.is_some() {
        record.observed = Observation::Never;
    }
    let row = params![
        uid,
        name.as_str(),
        record.path.as_str(),
        record.wire_type,
        record.physical_id,
        word(&record.status),
        record.revision as i64,
        body(record)?,
        observed
    ];
    if connection.prepare_cached(query)?.execute(row)? == 0 {
        return Ok(false);
    }
    for (property, minted) in &record.minted {
        let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO names VALUES (?1, ?2, ?3, ?4)")?;
        statement.execute(params![minted, property, uid, name.as_str()])?;
    }
    Ok(true)
}

fn put_intent(connection: &Connection, operation: &Operation) -> rusqlite::Result<()> {
    let query = "INSERT OR REPLACE INTO operations VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, NULL, ?8)";
    let row = params![
        operation.token(),
        operation.deployment.as_str(),
        operation.uid.to_string(),
        operation.path.as_str(),
        word(&operation.verb),
        word(&operation.state),
        operation.created_at_ms as i64,
        body(operation)?
    ];
    connection.prepare_cached(query)?.execute(row)?;
    Ok(())
}

fn append_events(
    connection: &Connection,
    name: &DeploymentName,
    at_ms: u64,
    bodies: &[EventBody],
) -> rusqlite::Result<()> {
    if bodies.is_empty() {
        return Ok(());
    }
    let mut head = read::head(connection, name)?;
    let mut statement = connection.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for body in bodies {
        let event = Event::after(head.as_ref().map(|(sequence, hash)| (*sequence, hash.as_str())), at_ms, body);
        let row =
            params![name.as_str(), event.sequence as i64, event.at_ms as i64, event.previous, event.body, event.hash];
        statement.execute(row)?;
        if matches!(body, EventBody::Ended { .. }) || event.sequence.is_multiple_of(CHECKPOINT_EVENTS) {
            let row = params![name.as_str(), event.sequence as i64, event.hash, event.at_ms as i64];
            connection.prepare_cached("INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4)")?.execute(row)?;
        }
        head = Some((event.sequence, event.hash));
    }
    // The newest event is marked too: an end that somebody cut off would otherwise leave a shorter log that is whole.
    if let Some((sequence, hash)) = head {
        let mark = serde_json::json!({"sequence": sequence, "hash": hash, "atMs": at_ms}).to_string();
        let row = params![read::head_key(name), mark];
        connection.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?.execute(row)?;
    }
    Ok(())
}

fn put_rest(connection: &Connection, commit: &Commit) -> rusqlite::Result<()> {
    watching::write(connection, commit)?;
    for variable in &commit.variables {
        connection.prepare_cached("INSERT INTO variables VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            variable.deployment.as_str(),
            variable.name,
            variable.version as i64,
            variable.value.to_string(),
            variable.at_ms as i64,
        ])?;
    }
    for lease in &commit.leases {
        connection.prepare_cached("INSERT OR REPLACE INTO leases VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            lease.name,
            lease.holder,
            lease.epoch as i64,
            lease.expires_at_ms as i64,
        ])?;
    }
    Ok(())
}

fn body<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// An enum of plain words, as JSON writes it, without the quotes.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_string()
}
