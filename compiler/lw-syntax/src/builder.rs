//! Grammar actions: from what a rule matched to a node of the statement's tree.
//!
//! The one idea: the grammar says what parses, this file what it means, and what of it is an old spelling or cannot be
//! meant. Depth is counted here, node by node, so that nothing downstream meets a tree it cannot walk. Deliberately absent: any
//! look at the token stream, except where a fix has to name a bracket's place.

mod expressions;
mod statements;
mod types;

use lw_diagnostics::{Diagnostic, Span};

use crate::ast::*;
use crate::documentation::Documentation;
use crate::errors::{self, Places};

/// One part of a record type between the commas.
#[derive(Clone, Copy, Debug)]
pub enum Row {
    Field(Ident, TypeId),
    /// `r` without a bar: the old spelling of a row variable.
    Bare(Ident),
    /// `| r`
    Rest(Ident),
}

/// What the grammar's actions work on: one statement after the other.
pub struct Builder<'a> {
    /// The whole text, and where in it the statement starts.
    source: &'a str,
    start: u32,
    documentation: &'a Documentation<'a>,
    places: Places,
    pub diagnostics: Vec<Diagnostic>,
    pub tree: Tree,
    type_depths: Vec<u16>,
    pattern_depths: Vec<u16>,
    too_deep: Option<Range>,
    pub annotations: Vec<Annotation>,
    pub kind: Option<StatementKind>,
}

impl<'a> Builder<'a> {
    pub fn new(source: &'a str, documentation: &'a Documentation<'a>, places: Places) -> Builder<'a> {
        Builder {
            source,
            start: 0,
            documentation,
            places,
            diagnostics: Vec::new(),
            tree: Tree::default(),
            type_depths: Vec::new(),
            pattern_depths: Vec::new(),
            too_deep: None,
            annotations: Vec::new(),
            kind: None,
        }
    }

    /// Forgets the last statement; the next one starts there. Its memory is used again.
    pub fn begin(&mut self, start: u32) {
        self.start = start;
        self.diagnostics.clear();
        self.tree.exprs.clear();
        self.tree.types.clear();
        self.tree.patterns.clear();
        self.type_depths.clear();
        self.pattern_depths.clear();
        self.too_deep = None;
        self.annotations.clear();
        self.kind = None;
    }

    /// Reports what only the whole statement shows.
    pub fn finish(&mut self) {
        if let Some(range) = self.too_deep {
            let span = self.span(range);
            self.diagnostics.push(errors::too_deep(span));
        }
    }

    /// The statement's nodes, in vectors that are as large as they need to be.
    pub fn take_tree(&mut self) -> Tree {
        Tree {
            exprs: self.tree.exprs.drain(..).collect(),
            types: self.tree.types.drain(..).collect(),
            patterns: self.tree.patterns.drain(..).collect(),
        }
    }

    fn text(&self, start: u32, end: u32) -> &'a str {
        &self.source[(self.start + start) as usize..(self.start + end) as usize]
    }

    fn slice(&self, range: Range) -> &'a str {
        self.text(range.start, range.end)
    }

    fn span(&self, range: Range) -> Span {
        self.places.span((self.start + range.start) as usize, (self.start + range.end) as usize)
    }

    pub fn doc(&self, at: u32) -> Option<String> {
        self.documentation.above(self.start + at)
    }

    pub fn ident(&self, start: u32, end: u32) -> Ident {
        Ident { name: Name::from(self.text(start, end)), range: Range::new(start, end) }
    }

    pub fn path(&self, segments: Vec<Ident>) -> ModulePath {
        let range = match (segments.first(), segments.last()) {
            (Some(first), Some(last)) => first.range.to(last.range),
            _ => Range::default(),
        };
        ModulePath { segments, range }
    }
}

/// Which keys a list of entries may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// Names, strings and computed keys.
    Record,
    /// Paths of fields too.
    With,
}
