//! Lexer → layout → grammar → syntax tree, and the printer that goes back.
//!
//! [`parse`] never fails: it returns a tree and what it found. A broken statement costs only itself.

pub mod ast;

pub use ast::Name;
use lw_diagnostics::{Diagnostic, FileId};

/// How deep expressions, types, patterns and brackets may nest.
pub const DEPTH_MAX: u16 = 512;

/// A file's tree and everything that was wrong with its text.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    pub file: ast::File,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a whole file; never fails.
pub fn parse(file: FileId, source: &str) -> Parsed {
    let _ = (file, source);
    Parsed::default()
}

/// Parses the text of one or more top-level statements that start at byte `offset` of `file`.
pub fn parse_at(file: FileId, source: &str, offset: u32) -> Parsed {
    let _ = (file, source, offset);
    Parsed::default()
}
