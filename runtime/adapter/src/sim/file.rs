//! The file that a simulated cloud lives in: SQLite, one row an object, written in groups.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::object::{Body, Stored};
use super::world::{Change, Remembered, World};
use crate::{Owner, Place};

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the simulated cloud `{}` is in use by another process", path.display())]
    InUse { path: PathBuf },
    #[error("the simulated cloud `{}` was written by a newer version (format {found}, this one reads {FORMAT})", path.display())]
    Newer { path: PathBuf, found: i64 },
    #[error("the simulated cloud `{}` cannot be used: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    #[error("the simulated cloud `{}` cannot be used: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

/// The version of the tables.
const FORMAT: i64 = 2;

const TABLES: &str = "
    CREATE TABLE objects (
        key INTEGER PRIMARY KEY,
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        region TEXT NOT NULL,
        uid TEXT,
        deployment TEXT,
        properties TEXT NOT NULL,
        handles TEXT NOT NULL,
        claims TEXT NOT NULL,
        names TEXT NOT NULL
    ) STRICT;
    CREATE TABLE tokens (
        token TEXT PRIMARY KEY,
        parameters INTEGER NOT NULL,
        key INTEGER NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tokens_by_age ON tokens (at_ms);
    CREATE TABLE counters (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 2;
";

/// What the first format did not have.
const COUNTERS: &str = "CREATE TABLE counters (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/// One thing to write.
#[derive(Debug)]
pub enum Row {
    Put(u64, Box<ObjectRow>),
    Remove(u64),
    Token(String, Remembered),
    Forget(u64),
    Called(u64),
}

/// An object as its row has it.
#[derive(Debug)]
pub struct ObjectRow {
    wire_type: String,
    physical_id: String,
    place: Place,
    owner: Option<Owner>,
    properties: String,
    handles: String,
    claims: String,
    names: String,
}

impl Row {
    /// The rows for what has changed in a world.
    pub fn of(world: &mut World) -> Vec<Row> {
        let changes = world.take_changes();
        let row = |change: Change| match change {
            Change::Put(key) => world.stored(key).map(|stored| Row::Put(key, Box::new(ObjectRow::of(stored)))),
            Change::Remove(key) => Some(Row::Remove(key)),
            Change::Token(token) => world.remembered(&token).cloned().map(|remembered| Row::Token(token, remembered)),
            Change::Forget(before_ms) => Some(Row::Forget(before_ms)),
            Change::Called(calls) => Some(Row::Called(calls)),
        };
        changes.into_iter().filter_map(row).collect()
    }
}

impl ObjectRow {
    fn of(stored: &Stored) -> ObjectRow {
        ObjectRow {
            wire_type: stored.wire_type.clone(),
            physical_id: stored.physical_id.clone(),
            place: stored.place.clone(),
            owner: stored.owner.clone(),
            properties: stored.body.text(),
            handles: stored.handles.join("\n"),
            claims: stored.claims.join("\n"),
            names: stored.names.join("\n"),
        }
    }
}

pub struct File {
    path: PathBuf,
    connection: Connection,
}

impl File {
    /// Opens or makes the file, and holds it until dropped.
    pub fn open(path: &Path) -> Result<File, FileError> {
        let io = |source| FileError::Io { path: path.to_path_buf(), source };
        make_private(path).map_err(io)?;
        let failed = |source| sqlite(path, source);
        let connection = Connection::open(path).map_err(failed)?;
        connection
            .execute_batch(
                "PRAGMA busy_timeout = 2000;
                 PRAGMA locking_mode = EXCLUSIVE;
                 PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = OFF;
                 PRAGMA trusted_schema = OFF;
                 PRAGMA cache_size = -16000;",
            )
            .map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(16);
        let format: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
        match format {
            FORMAT => {}
            0 => connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;")).map_err(failed)?,
            1 => connection
                .execute_batch(&format!("BEGIN IMMEDIATE; {COUNTERS} PRAGMA user_version = 2; COMMIT;"))
                .map_err(failed)?,
            found => return Err(FileError::Newer { path: path.to_path_buf(), found }),
        }
        Ok(File { path: path.to_path_buf(), connection })
    }

    /// Fills an empty world with what was kept.
    pub fn load(&self, world: &mut World) -> Result<(), FileError> {
        self.try_load(world).map_err(|source| sqlite(&self.path, source))
    }

    fn try_load(&self, world: &mut World) -> rusqlite::Result<()> {
        let mut objects = self.connection.prepare(
            "SELECT key, type, id, account, region, uid, deployment, properties, handles, claims, names
             FROM objects ORDER BY key",
        )?;
        let mut rows = objects.query([])?;
        while let Some(row) = rows.next()? {
            let lines = |column: usize| -> rusqlite::Result<Vec<String>> {
                Ok(row.get_ref(column)?.as_str()?.lines().map(str::to_string).collect())
            };
            let uid: Option<String> = row.get(5)?;
            let deployment: Option<String> = row.get(6)?;
            let stored = Stored {
                wire_type: row.get(1)?,
                physical_id: row.get(2)?,
                place: Place { account: row.get(3)?, region: row.get(4)? },
                owner: uid.zip(deployment).map(|(uid, deployment)| Owner { uid, deployment }),
                body: Body::from_text(row.get(7)?),
                handles: lines(8)?,
                claims: lines(9)?,
                names: lines(10)?,
                visible_at_ms: 0,
                before: None,
            };
            world.restore(row.get::<_, i64>(0)? as u64, stored);
        }
        world.restore_links();
        let calls = self.connection.query_row("SELECT number FROM counters WHERE name = 'calls'", [], |row| row.get(0));
        world.restore_calls(calls.optional()?.map_or(0, |calls: i64| calls as u64));
        let mut tokens = self.connection.prepare("SELECT token, parameters, key, at_ms FROM tokens ORDER BY at_ms")?;
        let mut rows = tokens.query([])?;
        while let Some(row) = rows.next()? {
            let number = |column: usize| row.get::<_, i64>(column).map(|number| number as u64);
            let remembered = Remembered { parameters: number(1)?, key: number(2)?, at_ms: number(3)? };
            world.restore_token(row.get(0)?, remembered);
        }
        Ok(())
    }

    /// Writes rows in one transaction.
    pub fn write(&mut self, rows: &[Row]) -> Result<(), FileError> {
        let path = &self.path;
        let transaction = self.connection.transaction().map_err(|source| sqlite(path, source))?;
        let written: rusqlite::Result<()> = rows.iter().try_for_each(|row| write_row(&transaction, row));
        written.and_then(|()| transaction.commit()).map_err(|source| sqlite(path, source))
    }
}

fn write_row(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    match row {
        Row::Put(key, object) => {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            let owner = object.owner.as_ref();
            statement.execute(params![
                *key as i64,
                object.wire_type,
                object.physical_id,
                object.place.account,
                object.place.region,
                owner.map(|owner| &owner.uid),
                owner.map(|owner| &owner.deployment),
                object.properties,
                object.handles,
                object.claims,
                object.names,
            ])?;
        }
        Row::Remove(key) => {
            connection.prepare_cached("DELETE FROM objects WHERE key = ?1")?.execute([*key as i64])?;
        }
        Row::Token(token, remembered) => {
            let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO tokens VALUES (?1, ?2, ?3, ?4)")?;
            statement.execute(params![
                token,
                remembered.parameters as i64,
                remembered.key as i64,
                remembered.at_ms as i64
            ])?;
        }
        Row::Called(calls) => {
            let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO counters VALUES ('calls', ?1)")?;
            statement.execute([*calls as i64])?;
        }
        Row::Forget(before_ms) => {
            connection.prepare_cached("DELETE FROM tokens WHERE at_ms < ?1")?.execute([*before_ms as i64])?;
        }
    }
    Ok(())
}

fn sqlite(path: &Path, source: rusqlite::Error) -> FileError {
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FileError::InUse { path: path.to_path_buf() },
        _ => FileError::Sqlite { path: path.to_path_buf(), source },
    }
}

/// Makes the folder and an empty file that nobody else may read.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
        && !folder.exists()
    {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    Ok(())
}
