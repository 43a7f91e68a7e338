//! What the build script finds and the library reads back.

use std::ops::Range;

/// What a statement declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keyword {
    Composition,
    Import,
    Export,
    Type,
    Operator,
    Function,
    Validate,
    Parameter,
    Lookup,
    Defaults,
    Output,
    Test,
    Resource,
    /// `@language("…")`, which speaks of the file.
    Language,
    /// `name: value`, also with a type before the name.
    Binding,
}

/// A statement's place in its file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where its comments and annotations begin.
    pub start: usize,
    pub keyword: Keyword,
    /// The declared name; empty where none is.
    pub name: Range<usize>,
    /// The wire type of a resource, without its quotes.
    pub wire: Option<Range<usize>>,
}
