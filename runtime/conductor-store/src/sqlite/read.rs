//! Queries: rows to values.

use conductor_core::{Deployment, DeploymentName, Event, Generation, Observation, Operation, ResourceRecord, Uid};
use lw_plan::Plan;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;

use crate::{Checkpoint, GenerationRow, Lease, PlanHeading, ResourceSummary, Variable};

/// A query that failed, or a row that does not hold what it should.
#[derive(Debug)]
pub enum ReadError {
    Sqlite(rusqlite::Error),
    Row(String),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> ReadError {
        ReadError::Sqlite(error)
    }
}

pub(super) type Answer<T> = Result<T, ReadError>;

pub fn meta(connection: &Connection, key: &str) -> Answer<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

pub fn deployments(connection: &Connection) -> Answer<Vec<Deployment>> {
    bodies(connection, "SELECT body FROM deployments ORDER BY name", params![])
}

pub fn deployment(connection: &Connection, name: &DeploymentName) -> Answer<Option<Deployment>> {
    let found = bodies(connection, "SELECT body FROM deployments WHERE name = ?1", params![name.as_str()])?;
    Ok(found.into_iter().next())
}

pub fn resources(connection: &Connection, name: &DeploymentName) -> Answer<Vec<ResourceRecord>> {
    let query = "SELECT body, observed FROM resources WHERE deployment = ?1 ORDER BY path, uid";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(params![name.as_str()])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let mut record: ResourceRecord = from_column(row, 0)?;
        if row.get_ref(1)? != ValueRef::Null {
            record.observed = Observation::Present { properties: from_column(row, 1)? };
        }
        records.push(record);
    }
    Ok(records)
}

pub fn summaries(connection: &Connection, name: &DeploymentName) -> Answer<Vec<ResourceSummary>> {
    let query = "SELECT body FROM resources WHERE deployment = ?1 ORDER BY path, uid";
    bodies(connection, query, params![name.as_str()])
}

pub fn open_operations(connection: &Connection, name: &DeploymentName) -> Answer<Vec<Operation>> {
    let query = "SELECT body FROM operations WHERE deployment = ?1 AND closed_at_ms IS NULL
                 ORDER BY created_at_ms, rowid";
    bodies(connection, query, params![name.as_str()])
}

pub fn plan(connection: &Connection, hash: &str) -> Answer<Option<Plan>> {
    let mut statement = connection.prepare_cached("SELECT lz4 FROM plans WHERE hash = ?1")?;
    let packed: Option<Vec<u8>> = statement.query_row([hash], |row| row.get(0)).optional()?;
    let Some(packed) = packed else { return Ok(None) };
    let damaged = |reason: String| ReadError::Row(format!("the Plan {hash}: {reason}"));
    let text = lz4_flex::block::decompress_size_prepended(&packed).map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice(&text).map(Some).map_err(|error| damaged(error.to_string()))
}

pub fn plan_heading(connection: &Connection, hash: &str) -> Answer<Option<PlanHeading>> {
    let mut statement = connection.prepare_cached("SELECT composition, environment FROM plans WHERE hash = ?1")?;
    let heading = |row: &Row<'_>| Ok(PlanHeading { composition: row.get(0)?, environment: row.get(1)? });
    Ok(statement.query_row([hash], heading).optional()?)
}

pub fn generations(connection: &Connection, name: &DeploymentName) -> Answer<Vec<GenerationRow>> {
    let query = "SELECT generation, plan, at_ms FROM generations WHERE deployment = ?1 ORDER BY generation";
    rows(connection, query, params![name.as_str()], |row| {
        Ok(GenerationRow { generation: Generation(number(row, 0)?), plan: row.get(1)?, at_ms: number(row, 2)? })
    })
}

pub fn events(connection: &Connection, name: &DeploymentName, after: u64, most: u64) -> Answer<Vec<Event>> {
    let query = "SELECT sequence, at_ms, previous, body, hash FROM events
                 WHERE deployment = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3";
    rows(connection, query, params![name.as_str(), clamp(after), clamp(most)], |row| {
        Ok(Event {
            sequence: number(row, 0)?,
            at_ms: number(row, 1)?,
            previous: row.get(2)?,
            body: row.get(3)?,
            hash: row.get(4)?,
        })
    })
}

pub fn head(connection: &Connection, name: &DeploymentName) -> rusqlite::Result<Option<(u64, String)>> {
    let query = "SELECT sequence, hash FROM events WHERE deployment = ?1 ORDER BY sequence DESC LIMIT 1";
    let mut statement = connection.prepare_cached(query)?;
    statement.query_row([name.as_str()], |row| Ok((number(row, 0)?, row.get(1)?))).optional()
}

pub fn checkpoints(connection: &Connection, name: &DeploymentName) -> Answer<Vec<Checkpoint>> {
    let query = "SELECT sequence, hash, at_ms FROM checkpoints WHERE deployment = ?1 ORDER BY sequence";
    let mut checkpoints = rows(connection, query, params![name.as_str()], |row| {
        Ok(Checkpoint { sequence: number(row, 0)?, hash: row.get(1)?, at_ms: number(row, 2)? })
    })?;
    if let Some(mark) = meta(connection, &head_key(name))? {
        let head: Checkpoint = serde_json::from_str(&mark).map_err(|error| ReadError::Row(error.to_string()))?;
        // As old as the newest checkpoint where the change set has ended.
        if checkpoints.last() != Some(&head) {
            checkpoints.push(head);
        }
    }
    Ok(checkpoints)
}

/// Where the newest event of a log is marked.
pub fn head_key(name: &DeploymentName) -> String {
    format!("head {name}")
}

pub fn variables(connection: &Connection, name: &DeploymentName) -> Answer<Vec<Variable>> {
    let query =
        "SELECT name, max(version), value, at_ms FROM variables WHERE deployment = ?1 GROUP BY name ORDER BY name";
    rows(connection, query, params![name.as_str()], |row| variable(name, row))
}

pub fn variable_versions(
    connection: &Connection,
    deployment: &DeploymentName,
    name: &str,
    (after, most): (u64, u64),
    newest_first: bool,
) -> Answer<Vec<Variable>> {
    let order = if newest_first { "DESC" } else { "ASC" };
    let query = format!(
        "SELECT name, version, value, at_ms FROM variables
         WHERE deployment = ?1 AND name = ?2 AND version > ?3 ORDER BY version {order} LIMIT ?4"
    );
    let (after, most) = (after.min(i64::MAX as u64) as i64, most.min(i64::MAX as u64) as i64);
    rows(connection, &query, params![deployment.as_str(), name, after, most], |row| variable(deployment, row))
}

fn variable(deployment: &DeploymentName, row: &rusqlite::Row<'_>) -> rusqlite::Result<Variable> {
    Ok(Variable {
        deployment: deployment.clone(),
        name: row.get(0)?,
        version: number(row, 1)?,
        value: json(row, 2)?,
        at_ms: number(row, 3)?,
    })
}

pub fn lease(connection: &Connection, name: &str) -> Answer<Option<Lease>> {
    let query = "SELECT name, holder, epoch, expires_at_ms FROM leases WHERE name = ?1";
    let found = rows(connection, query, params![name], |row| {
        Ok(Lease { name: row.get(0)?, holder: row.get(1)?, epoch: number(row, 2)?, expires_at_ms: number(row, 3)? })
    })?;
    Ok(found.into_iter().next())
}

pub fn minted_name(connection: &Connection, name: &str) -> Answer<Option<(DeploymentName, Uid)>> {
    let query = "SELECT deployment, uid FROM names WHERE name = ?1 LIMIT 1";
    let found = rows(connection, query, params![name], |row| Ok((parsed(row, 0)?, parsed(row, 1)?)))?;
    Ok(found.into_iter().next())
}

pub(super) fn rows<T>(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
    value: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Answer<Vec<T>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(parameters, value)?;
    Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
}

/// Values out of a query with one column of JSON.
fn bodies<T: DeserializeOwned>(
    connection: &Connection,
    query: &str,
    parameters: impl rusqlite::Params,
) -> Answer<Vec<T>> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(parameters)?;
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        values.push(from_column(row, 0)?);
    }
    Ok(values)
}

pub(super) fn from_column<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Answer<T> {
    let text = row.get_ref(column)?.as_str().map_err(|error| ReadError::Row(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| ReadError::Row(error.to_string()))
}

pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| number as u64)
}

pub(super) fn parsed<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error: T::Err| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

pub(super) fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<lw_plan::Json> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

pub(super) fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
