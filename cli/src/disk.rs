//! The compiler's world as it is: a disk, an environment, a calendar.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use lw_compiler::{Date, Entry, ReadError, World};

pub struct Disk;

impl World for Disk {
    fn read(&self, path: &Path, size_max: u64) -> Result<Vec<u8>, ReadError> {
        let file = fs::File::open(path).map_err(read_error)?;
        let metadata = file.metadata().map_err(read_error)?;
        if metadata.is_dir() {
            return Err(ReadError::WrongKind);
        }
        if metadata.len() > size_max {
            return Err(ReadError::TooLarge);
        }
        // A device or a pipe has no length that could be believed.
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        file.take(size_max + 1).read_to_end(&mut bytes).map_err(read_error)?;
        if bytes.len() as u64 > size_max { Err(ReadError::TooLarge) } else { Ok(bytes) }
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, ReadError> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(read_error)? {
            let entry = entry.map_err(read_error)?;
            // A link to a folder is not followed, so that a search ends.
            let is_folder = entry.file_type().map_err(read_error)?.is_dir();
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(Entry { name, is_folder });
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn today(&self) -> Date {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Date::from_unix_days((seconds / 86_400) as i64)
    }
}

fn read_error(error: std::io::Error) -> ReadError {
    match error.kind() {
        ErrorKind::NotFound => ReadError::Missing,
        ErrorKind::NotADirectory | ErrorKind::IsADirectory => ReadError::WrongKind,
        _ => {
            let text = error.to_string();
            // Without Rust's " (os error 13)".
            let text = text.split(" (os error").next().unwrap_or(&text);
            let mut letters = text.chars();
            ReadError::Failed(
                letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default(),
            )
        }
    }
}
