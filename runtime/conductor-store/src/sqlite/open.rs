//! Opening: who may, what the file must be, and bringing older tables up to date.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, OpenFlags};

use super::schema::{APPLICATION_ID, MIGRATIONS, VERSION};
use super::{SqliteOptions, SqliteStore, read};
use crate::{OwnerLock, StoreError};

/// What every connection is told.
const SETTINGS: &str = "
    PRAGMA trusted_schema = OFF;
    PRAGMA foreign_keys = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA mmap_size = 0;
    PRAGMA cache_size = -32000;
";

pub fn own(path: &Path, options: &SqliteOptions) -> Result<SqliteStore, StoreError> {
    make_folder(path)?;
    let lock = OwnerLock::acquire(path)?;
    make_file(path)?;
    check_header(path)?;
    let failed = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.execute_batch(SETTINGS).map_err(failed)?;
    connection
        .execute_batch(
            "PRAGMA busy_timeout = 10000;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 4000;",
        )
        .map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    if lock.before_died() {
        quick_check(path, &connection)?;
    }
    migrate(path, &mut connection, MIGRATIONS)?;
    if let Some(pages) = options.pages_max {
        connection.pragma_update(None, "max_page_count", pages).map_err(failed)?;
    }
    let (install_id, epoch) = identity(path, &connection)?;
    Ok(SqliteStore {
        path: path.to_path_buf(),
        connection: Mutex::new(connection),
        install_id,
        epoch: epoch + 1,
        _lock: Some(lock),
    })
}

pub fn read(path: &Path) -> Result<SqliteStore, StoreError> {
    let connection = read_only(path)?;
    let found = version(path, &connection)?;
    match found {
        VERSION => {}
        // A file whose maker died before it held anything.
        0 => return Err(StoreError::Missing { path: path.to_path_buf() }),
        newer if newer > VERSION => {
            return Err(StoreError::Newer { path: path.to_path_buf(), found, known: VERSION });
        }
        // An older one is brought up to date by its next owner.
        _ => {
            let reason = format!("its tables are of version {found}: run a command that writes, such as `lw preview`");
            return Err(StoreError::Failed { path: path.to_path_buf(), reason });
        }
    }
    let (install_id, epoch) = identity(path, &connection)?;
    let connection = Mutex::new(connection);
    Ok(SqliteStore { path: path.to_path_buf(), connection, install_id, epoch, _lock: None })
}

/// A store of this version or an older one, to copy from.
pub fn read_any(path: &Path) -> Result<Connection, StoreError> {
    let connection = read_only(path)?;
    match version(path, &connection)? {
        0 => Err(StoreError::Missing { path: path.to_path_buf() }),
        found if found > VERSION => Err(StoreError::Newer { path: path.to_path_buf(), found, known: VERSION }),
        _ => Ok(connection),
    }
}

fn read_only(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.to_path_buf() });
    }
    check_header(path)?;
    let failed = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let open = |immutable: bool| -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(uri(path, immutable), flags)?;
        connection.execute_batch(SETTINGS)?;
        connection.execute_batch("PRAGMA busy_timeout = 10000; PRAGMA query_only = ON;")?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    // In a folder that cannot be written, there is no place for WAL's index; without a WAL, none is needed.
    match open(false) {
        Ok(connection) => Ok(connection),
        Err(_) if !beside(path, "-wal").exists() => open(true).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

pub fn quick_check(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    check(path, connection, "quick_check")
}

/// The same, and whether indexes and tables agree.
pub fn integrity_check(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    check(path, connection, "integrity_check")
}

fn check(path: &Path, connection: &Connection, pragma: &str) -> Result<(), StoreError> {
    let result: rusqlite::Result<String> = connection.query_row(&format!("PRAGMA {pragma}(1)"), [], |row| row.get(0));
    match result {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(StoreError::Corrupt { path: path.to_path_buf(), reason: verdict }),
        Err(error) => Err(StoreError::sqlite(path, &error)),
    }
}

/// Copies a database, as of now, into a new file that only its owner may read. On disk when it returns, whole or not at all.
pub fn backup(connection: &Connection, target: &Path) -> Result<(), StoreError> {
    let io = |error: std::io::Error| StoreError::io(target, &error);
    if target.exists() {
        let reason = "there is a file of this name".to_string();
        return Err(StoreError::Failed { path: target.to_path_buf(), reason });
    }
    let partial = beside(target, ".partial");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(&partial).map_err(io)?;
    let copied = copy(connection, &partial);
    let finished = copied.map_err(|error| StoreError::sqlite(target, &error)).and_then(|()| {
        File::open(&partial).and_then(|file| file.sync_all()).map_err(io)?;
        // Fails, where a rename would not, if somebody else has made a file of this name meanwhile.
        match std::fs::hard_link(&partial, target) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => std::fs::rename(&partial, target),
            other => other,
        }
        .map_err(io)
    });
    let _ = std::fs::remove_file(&partial);
    finished?;
    sync_folder(target);
    Ok(())
}

fn copy(connection: &Connection, target: &Path) -> rusqlite::Result<()> {
    let mut copy = Connection::open(target)?;
    let backup = rusqlite::backup::Backup::new(connection, &mut copy)?;
    // All pages in one step, which is one read: a store that is written to meanwhile would make several begin again and again.
    loop {
        match backup.step(-1)? {
            rusqlite::backup::StepResult::Done => return Ok(()),
            _ => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}

/// A rename is on disk when its folder is. What cannot be synced is still there, save after a power cut.
pub fn sync_folder(path: &Path) {
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Brings the tables to the newest version, after a backup.
fn migrate(path: &Path, connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::sqlite(path, &error);
    let newest = migrations.len() as u32;
    let found = version(path, connection)?;
    if found > newest {
        return Err(StoreError::Newer { path: path.to_path_buf(), found, known: newest });
    }
    if found == newest {
        return Ok(());
    }
    if found > 0 {
        let target = beside(path, &format!(".{found}.backup"));
        if !target.exists() {
            backup(connection, &target)?;
        }
    }
    let transaction = connection.transaction().map_err(failed)?;
    for migration in &migrations[found as usize..] {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    if found == 0 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| StoreError::Failed { path: path.to_path_buf(), reason: error.to_string() })?;
        let install_id = format!("{:032x}", u128::from_be_bytes(bytes));
        transaction.execute("INSERT INTO meta VALUES ('install_id', ?1)", [install_id]).map_err(failed)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", newest).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The version of the tables; 0 for an empty file. A database of somebody else's is refused.
fn version(path: &Path, connection: &Connection) -> Result<u32, StoreError> {
    let number = |pragma: &str| -> Result<i64, StoreError> {
        connection
            .query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))
            .map_err(|error| StoreError::sqlite(path, &error))
    };
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|error| StoreError::sqlite(path, &error))?;
    if application == APPLICATION_ID || (application == 0 && version == 0 && tables == 0) {
        Ok(version as u32)
    } else {
        let reason = "it is a database of another program".to_string();
        Err(StoreError::Corrupt { path: path.to_path_buf(), reason })
    }
}

pub fn identity(path: &Path, connection: &Connection) -> Result<(u128, u64), StoreError> {
    let text = |key: &str| read::meta(connection, key).ok().flatten();
    let install_id = text("install_id").and_then(|text| u128::from_str_radix(&text, 16).ok());
    let epoch = text("epoch").and_then(|text| text.parse().ok());
    install_id.zip(epoch).ok_or_else(|| StoreError::Corrupt {
        path: path.to_path_buf(),
        reason: "it does not say which store it is".to_string(),
    })
}

/// SQLite takes any file that is short enough for an empty database, and reports others late.
fn check_header(path: &Path) -> Result<(), StoreError> {
    let mut header = Vec::new();
    let failed = |error: std::io::Error| StoreError::io(path, &error);
    File::open(path).map_err(failed)?.take(16).read_to_end(&mut header).map_err(failed)?;
    if header.is_empty() || header == b"SQLite format 3\0" {
        Ok(())
    } else {
        let reason = "it is not a database".to_string();
        Err(StoreError::Corrupt { path: path.to_path_buf(), reason })
    }
}

pub fn make_folder(path: &Path) -> Result<(), StoreError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| cannot_write(path, &error))
        }
        _ => Ok(()),
    }
}

fn make_file(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    let made = options.read(true).append(true).create(true).mode(0o600).open(path);
    made.map(drop).map_err(|error| cannot_write(path, &error))
}

/// A place that is not there is, for a writer, a place that cannot be written.
fn cannot_write(path: &Path, error: &std::io::Error) -> StoreError {
    match StoreError::io(path, error) {
        StoreError::Missing { path } => StoreError::ReadOnly { path, reason: error.to_string() },
        other => other,
    }
}

pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn uri(path: &Path, immutable: bool) -> String {
    let mut text = String::from("file:");
    for sign in path.to_string_lossy().chars() {
        match sign {
            '%' => text.push_str("%25"),
            '?' => text.push_str("%3f"),
            '#' => text.push_str("%23"),
            sign => text.push(sign),
        }
    }
    text.push_str(if immutable { "?mode=ro&immutable=1" } else { "?mode=ro" });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_tables_are_brought_up_to_date_after_a_backup() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        drop(own(&path, &SqliteOptions::default()).unwrap());
        let mut connection = Connection::open(&path).unwrap();
        let newer = [MIGRATIONS, &["ALTER TABLE deployments ADD COLUMN note TEXT;"]].concat();
        migrate(&path, &mut connection, &newer).unwrap();
        assert_eq!(version(&path, &connection).unwrap(), VERSION + 1);
        connection.query_row("SELECT count(note) FROM deployments", [], |_| Ok(())).unwrap();
        let copy = Connection::open(beside(&path, &format!(".{VERSION}.backup"))).unwrap();
        assert_eq!(version(&path, &copy).unwrap(), VERSION);
        drop(connection);
        let refused = own(&path, &SqliteOptions::default()).unwrap_err();
        assert!(
            matches!(refused, StoreError::Newer { found, known: VERSION, .. } if found == VERSION + 1),
            "{refused}"
        );
    }

    #[test]
    fn a_migration_that_fails_leaves_the_old_tables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        drop(own(&path, &SqliteOptions::default()).unwrap());
        let mut connection = Connection::open(&path).unwrap();
        let newer = [MIGRATIONS, &["ALTER TABLE deployments ADD COLUMN note TEXT; SELECT nonsense;"]].concat();
        assert!(migrate(&path, &mut connection, &newer).is_err());
        assert_eq!(version(&path, &connection).unwrap(), VERSION);
        assert!(connection.query_row("SELECT count(note) FROM deployments", [], |_| Ok(())).is_err());
    }

    #[test]
    fn the_bundled_sqlite_is_recent_enough() {
        // Before 3.51.3, resetting the WAL could lose commits.
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }
}
