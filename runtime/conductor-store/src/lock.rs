//! The right to write a store: an OS lock on a file beside it, freed by the kernel when its holder dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// Held as long as this value lives.
///
/// The file holds the owner's process id while it is owned and is empty after a clean end, so a next owner that finds a number
/// knows that the one before it died.
#[derive(Debug)]
pub struct OwnerLock {
    file: File,
    before_died: bool,
}

impl OwnerLock {
    /// `state.db` → `state.db.lock`.
    pub fn path_beside(store: &Path) -> PathBuf {
        let mut name = store.as_os_str().to_owned();
        name.push(".lock");
        PathBuf::from(name)
    }

    /// Takes the lock, or says who has it.
    pub fn acquire(store: &Path) -> Result<OwnerLock, StoreError> {
        let path = OwnerLock::path_beside(store);
        let failed = |error: std::io::Error| match StoreError::io(store, &error) {
            StoreError::Missing { path } => StoreError::ReadOnly { path, reason: error.to_string() },
            other => other,
        };
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let mut file = options.open(&path).map_err(failed)?;
            let before = read_pid(&mut file);
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(StoreError::InUse { path: store.to_path_buf(), pid: before });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // Somebody may have put another file in its place between opening and locking.
            if !is_same_file(&file, &path) {
                continue;
            }
            let mut lock = OwnerLock { file, before_died: false };
            lock.before_died = read_pid(&mut lock.file).is_some();
            lock.write(&std::process::id().to_string());
            return Ok(lock);
        }
    }

    /// Who holds the lock, if anybody does.
    pub fn holder(store: &Path) -> Option<u32> {
        let mut file = File::open(OwnerLock::path_beside(store)).ok()?;
        let pid = read_pid(&mut file);
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => pid,
            _ => None,
        }
    }

    /// Whether the owner before this one died without ending.
    pub fn before_died(&self) -> bool {
        self.before_died
    }

    /// The process id is for people and for the check after a crash; a lock without it still holds.
    fn write(&mut self, text: &str) {
        let _ = self.file.set_len(0);
        let _ = self.file.rewind();
        let _ = self.file.write_all(text.as_bytes());
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        self.write("");
        let _ = self.file.unlock();
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(named)) => held.ino() == named.ino() && held.dev() == named.dev(),
        _ => false,
    }
}
