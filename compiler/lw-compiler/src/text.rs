//! From bytes to source text: what can be wrong with a file before anyone looks at its grammar.

use std::path::Path;
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, FileId, Files, Span};

use crate::world::{ReadError, World};

/// The largest source file that is read, in bytes.
pub const FILE_SIZE_MAX: u64 = 64 * 1024 * 1024;

/// A file that is not source text, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadText {
    pub name: Arc<str>,
    pub reason: BadTextReason,
    /// What can be shown of it, decoded as well as possible.
    pub shown: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadTextReason {
    Missing,
    WrongKind,
    TooLarge,
    Failed(String),
    /// Byte offset of the first byte that is not UTF-8, and that byte.
    NotUnicode(u32, u8),
    /// Byte offset of the first NUL.
    Nul(u32),
}

/// Reads a source file.
pub fn read_text(world: &dyn World, path: &Path) -> Result<Arc<str>, BadText> {
    let bad = |reason, shown: Arc<str>| BadText { name: display(path), reason, shown };
    let bytes = world.read(path, FILE_SIZE_MAX).map_err(|error| {
        let reason = match error {
            ReadError::Missing => BadTextReason::Missing,
            ReadError::WrongKind => BadTextReason::WrongKind,
            ReadError::TooLarge => BadTextReason::TooLarge,
            ReadError::Failed(message) => BadTextReason::Failed(message),
        };
        bad(reason, Arc::from(""))
    })?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes()[at];
            let shown = String::from_utf8_lossy(error.as_bytes());
            return Err(bad(BadTextReason::NotUnicode(at as u32, byte), Arc::from(shown.as_ref())));
        }
    };
    match text.bytes().position(|byte| byte == 0) {
        Some(at) => Err(bad(BadTextReason::Nul(at as u32), Arc::from(text.replace('\0', "\u{2400}")))),
        None => Ok(Arc::from(text)),
    }
}

/// A path as diagnostics show it.
pub fn display(path: &Path) -> Arc<str> {
    Arc::from(path.to_string_lossy().as_ref())
}

impl BadText {
    /// The diagnostic, with its place where the file has any text.
    pub fn diagnostic(&self, files: &mut Files) -> Diagnostic {
        let name = &self.name;
        match &self.reason {
            BadTextReason::Missing => Diagnostic::error("LW0180", format!("there is no file `{name}`")),
            BadTextReason::NotUnicode(at, byte) => {
                let file = files.add(name.clone(), self.shown.clone());
                Diagnostic::error("LW0181", format!("`{name}` is not UTF-8"))
                    .at(character_at(file, *at, '\u{fffd}'), format!("the byte 0x{byte:02X} begins no character here"))
                    .help("save the file as UTF-8")
            }
            BadTextReason::Nul(at) => {
                let file = files.add(name.clone(), self.shown.clone());
                Diagnostic::error("LW0182", format!("`{name}` contains a NUL byte"))
                    .at(character_at(file, *at, '\u{2400}'), "a byte of value zero")
                    .note("source text has none; is this file a binary, or UTF-16?")
            }
            BadTextReason::TooLarge => Diagnostic::error(
                "LW0183",
                format!("`{name}` is larger than the limit of {} MiB", FILE_SIZE_MAX / (1024 * 1024)),
            )
            .help("split it into modules"),
            BadTextReason::WrongKind => {
                Diagnostic::error("LW0184", format!("`{name}` cannot be read: it is a folder, not a file"))
            }
            BadTextReason::Failed(message) => {
                Diagnostic::error("LW0184", format!("`{name}` cannot be read: {message}"))
            }
        }
    }
}

fn character_at(file: FileId, at: u32, character: char) -> Span {
    Span::new(file, at, at + character.len_utf8() as u32)
}
