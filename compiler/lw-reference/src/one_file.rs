//! A world of one file.

use std::path::Path;

use lw_compiler::{Date, Entry, ReadError, World};

/// `main.lw` with this text, and nothing else.
pub struct OneFile(pub String);

impl World for OneFile {
    fn read(&self, path: &Path, _: u64) -> Result<Vec<u8>, ReadError> {
        if path.ends_with("main.lw") { Ok(self.0.clone().into_bytes()) } else { Err(ReadError::Missing) }
    }

    fn list(&self, _: &Path) -> Result<Vec<Entry>, ReadError> {
        Ok(vec![Entry { name: "main.lw".to_string(), is_folder: false }])
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn today(&self) -> Date {
        Date::from_unix_days(20_000)
    }
}
