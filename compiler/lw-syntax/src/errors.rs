//! What can be wrong with the text of a program: one function per diagnostic.
//!
//! The functions of one family stand together; each code has a page in docs/errors. Deliberately absent: finding the mistakes.

mod deprecated;
mod expected;
mod grammar;
mod layout;
mod lexical;

use lw_diagnostics::{Diagnostic, Edit, FileId, Span};

pub use deprecated::*;
pub use expected::*;
pub use grammar::*;
pub use layout::*;
pub use lexical::*;

/// After this many, a file is not a program.
const DIAGNOSTICS_MAX: usize = 1000;

/// What turns offsets into a text to spans of its file.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    file: FileId,
    /// Where in the file the text begins.
    offset: u32,
}

impl Places {
    pub fn span(self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.offset + start as u32, self.offset + end as u32)
    }

    pub fn edit(self, start: usize, end: usize, text: impl Into<String>) -> Edit {
        Edit { span: self.span(start, end), text: text.into() }
    }
}

/// Where a file's diagnostics gather.
#[derive(Debug)]
pub struct Sink {
    places: Places,
    diagnostics: Vec<Diagnostic>,
}

impl Sink {
    pub fn new(file: FileId, offset: u32) -> Sink {
        Sink { places: Places { file, offset }, diagnostics: Vec::new() }
    }

    pub fn places(&self) -> Places {
        self.places
    }

    pub fn span(&self, start: usize, end: usize) -> Span {
        self.places.span(start, end)
    }

    pub fn offset(&self) -> u32 {
        self.places.offset
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Adds a diagnostic that makes those of another code pointless.
    pub fn push_instead_of(&mut self, code: &str, diagnostic: Diagnostic) {
        self.diagnostics.retain(|other| other.code != code);
        self.push(diagnostic);
    }

    pub fn mark(&self) -> usize {
        self.diagnostics.len()
    }

    /// Forgets what came after the mark.
    pub fn reset(&mut self, mark: usize) {
        self.diagnostics.truncate(mark);
    }

    /// Everything, in source order.
    pub fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span.start));
        self.diagnostics
    }
}

fn insert(span: Span, text: impl Into<String>) -> Edit {
    Edit { span: Span::new(span.file, span.start, span.start), text: text.into() }
}

fn insert_after(span: Span, text: impl Into<String>) -> Edit {
    Edit { span: Span::new(span.file, span.end, span.end), text: text.into() }
}

fn replace(span: Span, text: impl Into<String>) -> Edit {
    Edit { span, text: text.into() }
}
