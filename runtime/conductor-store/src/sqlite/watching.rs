//! What the daemon keeps: incidents, whom they are still to be told, pauses; and the rows that it looks at objects with.

use conductor_core::{DeploymentName, Observation, ResourceRecord, Uid};
use lw_plan::ResourcePath;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::read::{Answer, clamp, from_column, json, number, parsed, rows};
use crate::{Commit, Delivery, Incident, Pause, WatchRow};

const INCIDENT: &str = "SELECT id, deployment, at_ms, kind, uid, path, detail, resolved_at_ms, key FROM incidents";

fn incident(row: &Row<'_>) -> rusqlite::Result<Incident> {
    let uid: Option<String> = row.get(4)?;
    let path: Option<String> = row.get(5)?;
    let resolved_at_ms: Option<i64> = row.get(7)?;
    Ok(Incident {
        id: number(row, 0)?,
        deployment: parsed(row, 1)?,
        at_ms: number(row, 2)?,
        kind: row.get(3)?,
        uid: uid.and_then(|uid| uid.parse().ok()),
        path: path.map(ResourcePath::from_text),
        detail: json(row, 6)?,
        resolved_at_ms: resolved_at_ms.map(|at_ms| at_ms as u64),
        key: row.get(8)?,
    })
}

pub fn incidents(
    connection: &Connection,
    name: Option<&DeploymentName>,
    before: Option<u64>,
    most: u64,
) -> Answer<Vec<Incident>> {
    let query = format!(
        "{INCIDENT} WHERE (?1 IS NULL OR deployment = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3"
    );
    rows(connection, &query, params![name.map(DeploymentName::as_str), before.map(clamp), clamp(most)], incident)
}

pub fn open_incidents(connection: &Connection, name: &DeploymentName) -> Answer<Vec<Incident>> {
    let query = format!("{INCIDENT} WHERE deployment = ?1 AND resolved_at_ms IS NULL AND key <> '' ORDER BY id");
    rows(connection, &query, params![name.as_str()], incident)
}

pub fn deliveries(connection: &Connection, due_at_ms: u64, most: u64) -> Answer<Vec<Delivery>> {
    let query = "SELECT id, incident, target, body, attempts, due_at_ms, problem FROM deliveries
                 WHERE due_at_ms <= ?1 ORDER BY due_at_ms, id LIMIT ?2";
    rows(connection, query, params![clamp(due_at_ms), clamp(most)], |row| {
        Ok(Delivery {
            id: number(row, 0)?,
            incident: number(row, 1)?,
            target: row.get(2)?,
            body: json(row, 3)?,
            attempts: row.get(4)?,
            due_at_ms: number(row, 5)?,
            problem: row.get(6)?,
        })
    })
}

pub fn next_delivery_ms(connection: &Connection) -> Answer<Option<u64>> {
    let mut statement = connection.prepare_cached("SELECT min(due_at_ms) FROM deliveries")?;
    let due: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(due.map(|due| due as u64))
}

pub fn pauses(connection: &Connection) -> Answer<Vec<Pause>> {
    let query = "SELECT deployment, at_ms, until_ms, reason FROM pauses ORDER BY deployment";
    rows(connection, query, params![], |row| {
        Ok(Pause {
            deployment: parsed(row, 0)?,
            at_ms: number(row, 1)?,
            until_ms: number(row, 2)?,
            reason: row.get(3)?,
        })
    })
}

pub fn watch_rows(connection: &Connection, name: &DeploymentName) -> Answer<Vec<WatchRow>> {
    // Read out of the text where it stands: a row is parsed when its object differs.
    let query = "SELECT uid, type, physical_id, revision, json_extract(body, '$.provider') FROM resources
                 WHERE deployment = ?1 AND physical_id IS NOT NULL
                   AND coalesce(json_extract(body, '$.kind'), 'managed') = 'managed'
                   AND json_extract(body, '$.tombstone') IS NULL
                   AND json_extract(body, '$.membership') IS NULL AND type <> 'Linework::Fleet'
                 ORDER BY type, uid";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(params![name.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(WatchRow {
            uid: parsed(row, 0)?,
            wire_type: row.get(1)?,
            physical_id: row.get(2)?,
            revision: number(row, 3)?,
            provider: from_column(row, 4)?,
        });
    }
    Ok(found)
}

pub fn resources_by_uid(connection: &Connection, uids: &[Uid]) -> Answer<Vec<ResourceRecord>> {
    let mut statement = connection.prepare_cached("SELECT body, observed FROM resources WHERE uid = ?1")?;
    let mut records = Vec::with_capacity(uids.len());
    for uid in uids {
        let mut rows = statement.query(params![uid.to_string()])?;
        while let Some(row) = rows.next()? {
            let mut record: ResourceRecord = from_column(row, 0)?;
            if row.get_ref(1)? != ValueRef::Null {
                record.observed = Observation::Present { properties: from_column(row, 1)? };
            }
            records.push(record);
        }
    }
    Ok(records)
}

/// Writes what a commit has of these.
pub fn write(connection: &Connection, commit: &Commit) -> rusqlite::Result<()> {
    for incident in &commit.incidents {
        let id = put_incident(connection, incident)?;
        for target in &commit.tell {
            let told = Incident { id, ..incident.clone() };
            let body = serde_json::to_string(&told)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            let query =
                "INSERT INTO deliveries (incident, target, body, attempts, due_at_ms) VALUES (?1, ?2, ?3, 0, ?4)";
            let at_ms = incident.resolved_at_ms.unwrap_or(incident.at_ms);
            connection.prepare_cached(query)?.execute(params![id as i64, target, body, at_ms as i64])?;
        }
    }
    for id in &commit.delivered {
        connection.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute([*id as i64])?;
    }
    for delivery in &commit.postponed {
        let query = "UPDATE deliveries SET attempts = ?2, due_at_ms = ?3, problem = ?4 WHERE id = ?1";
        let row = params![delivery.id as i64, delivery.attempts, clamp(delivery.due_at_ms), delivery.problem];
        connection.prepare_cached(query)?.execute(row)?;
    }
    for pause in &commit.pauses {
        let query = "INSERT OR REPLACE INTO pauses VALUES (?1, ?2, ?3, ?4)";
        let row = params![pause.deployment.as_str(), clamp(pause.at_ms), clamp(pause.until_ms), pause.reason];
        connection.prepare_cached(query)?.execute(row)?;
    }
    for name in &commit.unpaused {
        connection.prepare_cached("DELETE FROM pauses WHERE deployment = ?1")?.execute([name.as_str()])?;
    }
    Ok(())
}

/// Opens an incident, or changes the open one about the same; gives its id.
fn put_incident(connection: &Connection, incident: &Incident) -> rusqlite::Result<u64> {
    let detail = incident.detail.to_string();
    let resolved_at_ms = incident.resolved_at_ms.map(|at_ms| at_ms as i64);
    let known: Option<i64> = match (incident.id, incident.key.as_str()) {
        (0, "") => None,
        (0, key) => connection
            .prepare_cached("SELECT id FROM incidents WHERE deployment = ?1 AND key = ?2 AND resolved_at_ms IS NULL")?
            .query_row(params![incident.deployment.as_str(), key], |row| row.get(0))
            .optional()?,
        (id, _) => Some(id as i64),
    };
    if let Some(id) = known {
        let query = "UPDATE incidents SET kind = ?2, detail = ?3, resolved_at_ms = ?4, uid = coalesce(?5, uid)
                     WHERE id = ?1";
        let uid = incident.uid.map(|uid| uid.to_string());
        let row = params![id, incident.kind, detail, resolved_at_ms, uid];
        if connection.prepare_cached(query)?.execute(row)? > 0 {
            return Ok(id as u64);
        }
    }
    let query = "INSERT INTO incidents (deployment, at_ms, kind, uid, path, detail, resolved_at_ms, key)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection.prepare_cached(query)?.execute(params![
        incident.deployment.as_str(),
        incident.at_ms as i64,
        incident.kind,
        incident.uid.map(|uid| uid.to_string()),
        incident.path.as_ref().map(|path| path.as_str()),
        detail,
        resolved_at_ms,
        incident.key,
    ])?;
    Ok(connection.last_insert_rowid() as u64)
}
