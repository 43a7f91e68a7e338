//! Standard input as one more file of the disk, by the name `-`.

use std::io::{self, Read};
use std::path::Path;

use lw_compiler::{Date, Entry, FILE_SIZE_MAX, ReadError, STANDARD_INPUT, World};

use crate::disk::Disk;

/// The disk, and what somebody pipes in: read once, so that it can be looked at again.
pub struct Piped {
    disk: Disk,
    text: Result<Vec<u8>, ReadError>,
}

impl Piped {
    /// Reads standard input where one of the paths is `-`.
    pub fn new<'p>(disk: Disk, mut paths: impl Iterator<Item = &'p Path>) -> Piped {
        let text = match paths.any(|path| path.as_os_str() == STANDARD_INPUT) {
            true => read(),
            false => Err(ReadError::Missing),
        };
        Piped { disk, text }
    }
}

#[expect(clippy::disallowed_methods, reason = "a file that is piped in is asked of nobody")]
fn read() -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    match io::stdin().lock().take(FILE_SIZE_MAX + 1).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(ReadError::Failed(error.to_string())),
    }
}

impl World for Piped {
    fn read(&self, path: &Path, size_max: u64) -> Result<Vec<u8>, ReadError> {
        if path.as_os_str() != STANDARD_INPUT {
            return self.disk.read(path, size_max);
        }
        match &self.text {
            Ok(bytes) if bytes.len() as u64 > size_max => Err(ReadError::TooLarge),
            text => text.clone(),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, ReadError> {
        self.disk.list(folder)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.disk.variable(name)
    }

    fn today(&self) -> Date {
        self.disk.today()
    }
}
