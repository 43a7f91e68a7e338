use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store cannot be used. Each has a code with a page in docs/errors.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no store at `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("the store `{}` cannot be written: {reason}", path.display())]
    ReadOnly { path: PathBuf, reason: String },
    #[error("the store `{}` is in use by {}", path.display(), owner_text(*pid))]
    InUse { path: PathBuf, pid: Option<u32> },
    #[error("the store `{}` is damaged or not a store: {reason}", path.display())]
    Corrupt { path: PathBuf, reason: String },
    #[error("the store `{}` was written by a newer version (schema {found}, this one reads {known})", path.display())]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("no space is left for the store `{}`", path.display())]
    Full { path: PathBuf },
    #[error("another process has taken over the store `{}`", path.display())]
    TakenOver { path: PathBuf },
    #[error("`{what}` in the store is not as it was read")]
    Conflict { what: String },
    #[error("the store `{}` cannot be used: {reason}", path.display())]
    Failed { path: PathBuf, reason: String },
}

fn owner_text(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_string(), |pid| format!("process {pid}"))
}

impl StoreError {
    /// The code of its page.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Missing { .. } => "LW0550",
            StoreError::ReadOnly { .. } => "LW0551",
            StoreError::InUse { .. } => "LW0552",
            StoreError::Corrupt { .. } => "LW0553",
            StoreError::Newer { .. } => "LW0554",
            StoreError::Full { .. } => "LW0555",
            StoreError::TakenOver { .. } => "LW0556",
            StoreError::Conflict { .. } | StoreError::Failed { .. } => "LW0557",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            StoreError::Missing { .. } => "name the store with `--store sqlite:PATH`, or apply something first",
            StoreError::ReadOnly { .. } => {
                "make the file and its folder writable, or name another store with `--store`"
            }
            StoreError::InUse { .. } => "wait until the other command has ended",
            StoreError::Corrupt { .. } => "put a backup in its place: `state.db.*.backup` beside it, or your own",
            StoreError::Newer { .. } => "use the newer version of `lw`",
            StoreError::Full { .. } => "free some space and run the command again: nothing is lost",
            StoreError::TakenOver { .. } => "run the command again: it asks the process that owns the store now",
            StoreError::Conflict { .. } => "run the command again",
            StoreError::Failed { .. } => "look at the file and its folder, and run the command again",
        }
    }

    pub(crate) fn io(path: &Path, error: &io::Error) -> StoreError {
        let path = path.to_path_buf();
        let reason = error.to_string();
        match error.kind() {
            io::ErrorKind::NotFound => StoreError::Missing { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly { path, reason }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full { path },
            _ => StoreError::Failed { path, reason },
        }
    }

    pub(crate) fn sqlite(path: &Path, error: &rusqlite::Error) -> StoreError {
        let reason = error.to_string();
        let path = path.to_path_buf();
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path, reason },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::InUse { path, pid: None },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt { path, reason },
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            _ => StoreError::Failed { path, reason },
        }
    }
}
