//! The printer's way through the source: its tokens in order, with the comments between them.
//!
//! The one idea: the tree says what comes next, the source says how it is written; every token that the printer writes it
//! takes from here, so that no comment can be lost. Deliberately absent: any choice of layout.

use super::doc::{Doc, Docs};
use crate::lexer::Comment;
use crate::token::{Kind, Token};

pub struct Cursor<'a> {
    pub source: &'a str,
    tokens: &'a [Token],
    comments: &'a [Comment],
    closers: Vec<u32>,
    next: usize,
    next_comment: usize,
    pub docs: Docs<'a>,
    /// The tree and the tokens disagree: what has been printed is worth nothing.
    pub lost: bool,
}

impl<'a> Cursor<'a> {
    pub fn new(source: &'a str, tokens: &'a [Token], comments: &'a [Comment]) -> Cursor<'a> {
        Cursor {
            source,
            tokens,
            comments,
            closers: closers(tokens),
            next: 0,
            next_comment: 0,
            docs: Docs::default(),
            lost: false,
        }
    }

    pub fn peek(&self) -> Kind {
        self.tokens.get(self.next).map_or(Kind::EndOfFile, |token| token.kind)
    }

    pub fn at_end(&self) -> bool {
        self.peek() == Kind::EndOfFile
    }

    fn start_of(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(self.source.len() as u32, |token| token.start)
    }

    /// Where the next token starts.
    pub fn position(&self) -> u32 {
        self.start_of(self.next)
    }

    /// Where the last token ended.
    pub fn last_end(&self) -> u32 {
        self.next.checked_sub(1).map_or(0, |at| self.tokens[at].end)
    }

    /// The next token, which reads `text`.
    pub fn token(&mut self, text: &str) -> Doc {
        if self.tokens.get(self.next).is_none_or(|token| token.text(self.source) != text) {
            self.lost = true;
        }
        self.any()
    }

    /// The next token, whatever it is.
    pub fn any(&mut self) -> Doc {
        let Some(token) = self.tokens.get(self.next) else {
            self.lost = true;
            return self.docs.nil();
        };
        let text = token.text(self.source);
        self.take(text)
    }

    /// The next token, written as `text`.
    pub fn take(&mut self, text: &'a str) -> Doc {
        let before = self.waiting_comments();
        let word = self.docs.text(text);
        self.next += 1;
        let after = self.comments_after();
        self.docs.all(&[before, word, after])
    }

    /// The next token if it is of that kind, without writing it; its comments are kept.
    pub fn skip(&mut self, kind: Kind) -> Option<Doc> {
        if self.peek() != kind {
            return None;
        }
        let before = self.waiting_comments();
        self.next += 1;
        let after = self.comments_after();
        Some(self.docs.all(&[before, after]))
    }

    /// A literal of any shape, its expressions included, as it is written.
    pub fn literal(&mut self) -> Doc {
        let before = self.waiting_comments();
        let Some(first) = self.tokens.get(self.next) else {
            self.lost = true;
            return before;
        };
        let mut open = 0usize;
        let mut end = first.end;
        while let Some(token) = self.tokens.get(self.next) {
            match token.kind {
                Kind::StrStart => open += 1,
                Kind::StrEnd => open = open.saturating_sub(1),
                _ => {}
            }
            end = token.end;
            self.next += 1;
            if open == 0 {
                break;
            }
        }
        while self.comments.get(self.next_comment).is_some_and(|comment| comment.start < end) {
            self.next_comment += 1;
        }
        let text = &self.source[first.start as usize..end as usize];
        let literal = self.string(first.kind, text);
        let after = self.comments_after();
        self.docs.all(&[before, literal, after])
    }

    fn string(&mut self, kind: Kind, text: &'a str) -> Doc {
        let inside = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match inside {
            Some(inside) if kind == Kind::Str && !inside.contains('"') => {
                let quote = self.docs.text("\"");
                let inside = self.docs.verbatim(inside);
                self.docs.all(&[quote, inside, quote])
            }
            _ => self.docs.verbatim(text),
        }
    }

    /// The comments before the next token, which does not begin a line: they wait for the end of the line.
    fn waiting_comments(&mut self) -> Doc {
        let until = self.position();
        let mut docs = self.docs.nil();
        while let Some(comment) = self.comments.get(self.next_comment)
            && comment.start < until
        {
            self.next_comment += 1;
            let text = self.source[comment.start as usize..comment.end as usize].trim_end();
            let comment = self.docs.end_comment(text);
            docs = self.docs.all(&[docs, comment]);
        }
        docs
    }

    /// The comments between the last token and the next, which begins a line; each has a line of its own.
    pub fn comments_before(&mut self) -> Doc {
        self.line_comments(true)
    }

    /// The same where a bracket closes: no empty line stands after them.
    pub fn closing_comments(&mut self) -> Doc {
        self.line_comments(false)
    }

    fn line_comments(&mut self, keep_last_blank: bool) -> Doc {
        let until = self.position();
        let mut parts = Vec::new();
        while let Some(comment) = self.comments.get(self.next_comment)
            && comment.start < until
        {
            self.next_comment += 1;
            let blank = match self.comments.get(self.next_comment) {
                Some(next) if next.start < until => self.blank_between(comment.end, next.start),
                _ => keep_last_blank && !self.at_end() && self.blank_between(comment.end, until),
            };
            let text = self.source[comment.start as usize..comment.end as usize].trim_end();
            parts.push(self.docs.line_comment(text, blank));
        }
        if parts.is_empty() { self.docs.nil() } else { self.docs.all(&parts) }
    }

    /// The comments on the line of the token just taken.
    fn comments_after(&mut self) -> Doc {
        let until = self.position();
        let mut parts = Vec::new();
        while let Some(comment) = self.comments.get(self.next_comment)
            && comment.start < until
            && !comment.first
        {
            let text = self.source[comment.start as usize..comment.end as usize].trim_end();
            parts.push(self.docs.end_comment(text));
            self.next_comment += 1;
        }
        match parts.as_slice() {
            [] => self.docs.nil(),
            [only] => *only,
            _ => self.docs.all(&parts),
        }
    }

    /// Whether comments stand before the next token.
    pub fn has_comments_before(&self) -> bool {
        self.comments.get(self.next_comment).is_some_and(|comment| comment.start < self.position())
    }

    /// Whether a comment lies between the two offsets.
    pub fn has_comment_in(&self, start: u32, end: u32) -> bool {
        let at = self.comments.partition_point(|comment| comment.start < start);
        self.comments.get(at).is_some_and(|comment| comment.start < end)
    }

    /// Whether an empty line stands before the next token and its comments.
    pub fn blank_before(&self) -> bool {
        let token_end = self.last_end();
        let comment_end = self.next_comment.checked_sub(1).map_or(0, |at| self.comments[at].end);
        let next_comment = self.comments.get(self.next_comment).map_or(u32::MAX, |comment| comment.start);
        self.blank_between(token_end.max(comment_end), self.position().min(next_comment))
    }

    fn blank_between(&self, from: u32, to: u32) -> bool {
        let between = self.source.as_bytes().get(from as usize..to as usize).unwrap_or(b"");
        between.iter().filter(|byte| **byte == b'\n').count() > 1
    }

    /// Whether the next token, or a comment before it, stands on a later line than the last token.
    pub fn breaks_here(&self) -> bool {
        match (self.next.checked_sub(1), self.tokens.get(self.next)) {
            (Some(last), Some(next)) => {
                next.first || self.has_comments_before() || {
                    let between = &self.source[self.tokens[last].end as usize..next.start as usize];
                    between.contains('\n')
                }
            }
            _ => false,
        }
    }

    /// Whether the next token begins a line at the first column.
    pub fn begins_line(&self) -> bool {
        self.tokens.get(self.next).is_some_and(|token| token.first && token.column == 1)
    }

    /// Whether the author broke the line after the next token, an opening bracket.
    pub fn opener_breaks(&self) -> bool {
        let (Some(opener), Some(inside)) = (self.tokens.get(self.next), self.tokens.get(self.next + 1)) else {
            return false;
        };
        inside.first || self.has_comment_in(opener.end, inside.start)
    }

    /// Whether `@language("…")` comes next.
    pub fn language_next(&self) -> bool {
        let kind = |at: usize| self.tokens.get(self.next + at).map(|token| token.kind);
        let name = self.tokens.get(self.next + 1).map(|token| token.text(self.source));
        let closes =
            kind(4) == Some(Kind::RightParen) || (kind(4) == Some(Kind::Comma) && kind(5) == Some(Kind::RightParen));
        kind(0) == Some(Kind::At)
            && name == Some("language")
            && kind(2) == Some(Kind::LeftParen)
            && kind(3) == Some(Kind::Str)
            && closes
    }

    /// Whether the token before the one at this offset is a bar.
    pub fn bar_before(&self, offset: u32) -> bool {
        let at = self.tokens.partition_point(|token| token.start < offset);
        at.checked_sub(1).is_some_and(|at| self.tokens[at].kind == Kind::Bar)
    }

    /// Where the bracket ends that the next token opens.
    pub fn bracket_end(&self) -> u32 {
        self.start_of(self.closers.get(self.next).map_or(self.next, |at| *at as usize))
    }
}

/// For each opening token, the index of the one that ends it; for every other, its own.
fn closers(tokens: &[Token]) -> Vec<u32> {
    let mut closers: Vec<u32> = (0..tokens.len() as u32).collect();
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.kind.is_opener() || token.kind == Kind::StrStart {
            open.push(at);
        } else if (token.kind.is_closer() || token.kind == Kind::StrEnd)
            && let Some(opener) = open.pop()
        {
            closers[opener] = at as u32;
        }
    }
    closers
}
