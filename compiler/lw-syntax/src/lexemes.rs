//! A text's tokens as an editor colours and folds them: what each is, keywords by position told apart from names, comments included.

use lw_diagnostics::FileId;

use crate::token::Kind;
use crate::{errors, layout, lexer};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LexemeKind {
    Keyword,
    /// A name in lower case.
    Lower,
    /// A name in upper case.
    Upper,
    /// A string, or the part of one up to an interpolation.
    String,
    /// A string with interpolation: its end, from `)` on.
    StringEnd,
    Number,
    Operator,
    Comment,
    /// `@`
    Annotation,
    Dot,
    Comma,
    Colon,
    Open,
    Close,
    /// Whatever else.
    Other,
}

/// A token or comment; byte offsets in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexeme {
    pub start: u32,
    pub end: u32,
    pub kind: LexemeKind,
    /// Nothing but white space stands before it on its line.
    pub first: bool,
}

/// The tokens and comments of a text, in order; never fails.
pub fn lexemes(source: &str) -> Vec<Lexeme> {
    let mut sink = errors::Sink::new(FileId(0), 0);
    let lexed = lexer::lex(source, &mut sink);
    let laid = layout::lay_out(source, &lexed, &mut sink);
    // Layout tells keywords from names; what it leaves out where brackets do not match is a token all the same.
    let mut named = laid.tokens.iter().filter(|token| !token.kind.is_virtual() && token.kind != Kind::Hole).peekable();
    let mut meant = |token: &crate::token::Token| {
        while named.next_if(|other| other.start < token.start).is_some() {}
        named.next_if(|other| other.start == token.start).map_or(token.kind, |other| other.kind)
    };
    let mut token = |token: &crate::token::Token| Lexeme {
        start: token.start,
        end: token.end,
        kind: kind(meant(token)),
        first: token.first,
    };
    let comment = |comment: &lexer::Comment| Lexeme {
        start: comment.start,
        end: comment.end,
        kind: LexemeKind::Comment,
        first: comment.first,
    };
    let tokens = lexed.tokens.iter().filter(|token| !token.kind.is_virtual());
    let mut all: Vec<Lexeme> = tokens.map(&mut token).collect();
    all.extend(lexed.comments.iter().map(comment));
    all.sort_by_key(|lexeme| (lexeme.start, lexeme.end));
    all
}

fn kind(kind: Kind) -> LexemeKind {
    match kind.anywhere() {
        Kind::Str | Kind::StrStart => LexemeKind::String,
        Kind::StrMiddle | Kind::StrEnd => LexemeKind::StringEnd,
        Kind::Int | Kind::Float | Kind::Duration | Kind::Size | Kind::BadNumber => LexemeKind::Number,
        Kind::Lower | Kind::Underscore => LexemeKind::Lower,
        Kind::Upper => LexemeKind::Upper,
        Kind::At => LexemeKind::Annotation,
        Kind::Dot => LexemeKind::Dot,
        Kind::Comma => LexemeKind::Comma,
        Kind::Colon => LexemeKind::Colon,
        Kind::Arrow | Kind::Bar | Kind::Equal | Kind::DotOp => LexemeKind::Operator,
        other if other.is_opener() => LexemeKind::Open,
        other if other.is_closer() => LexemeKind::Close,
        other if other.is_operator() => LexemeKind::Operator,
        // The layout pass makes names of words that are no keywords where they stand.
        other if other.is_reserved() || (Kind::Parameter..=Kind::Prefix).contains(&other) => LexemeKind::Keyword,
        _ => LexemeKind::Other,
    }
}
