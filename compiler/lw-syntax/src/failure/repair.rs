//! How to go on after a mistake.
//!
//! A hole takes the place of the item or line that could not be read, so that the statement keeps what is right in it and shows its
//! other mistakes. No hole swallows a `let`: its name would be missed in what follows.

use super::{Around, Failure};
use crate::token::{Kind, Token};

/// What makes the parser go on after a mistake: these tokens, from the first index to before the second, become those kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kinds: &'static [Kind],
}

impl Repair {
    /// The tokens with the repair made. What comes in without a text of its own has that of what it replaces.
    pub fn apply(&self, tokens: &[Token]) -> Vec<Token> {
        let before = self.from.checked_sub(1).map_or(tokens[0].start, |at| tokens[at].end);
        let (start, end) = match tokens.get(self.from..self.to) {
            Some([first, .., last]) => (first.start, last.end.max(first.start)),
            Some([only]) => (only.start, only.end),
            _ => (before, before),
        };
        let column = tokens.get(self.from).map_or(0, |token| token.column);
        let token = |kind: &Kind| Token { start, end, column, kind: *kind, first: false };
        let mut repaired = Vec::with_capacity(tokens.len() + self.kinds.len());
        repaired.extend_from_slice(&tokens[..self.from]);
        repaired.extend(self.kinds.iter().map(token));
        repaired.extend_from_slice(&tokens[self.to..]);
        repaired
    }
}

impl Failure<'_> {
    pub(super) fn replacing(&self, kinds: &'static [Kind]) -> Repair {
        Repair { from: self.at, to: self.at + 1, kinds }
    }

    pub(super) fn inserting(&self, kinds: &'static [Kind]) -> Repair {
        Repair { from: self.at, to: self.at, kinds }
    }

    /// A hole in the place of the item or line in which the mistake is.
    pub fn hole(&self) -> Option<Repair> {
        let before = self.before();
        if self.kind(before) == Kind::Semicolon {
            return Some(Repair { from: before, to: before + 1, kinds: &[] });
        }
        if self.found() == Kind::Close && self.expects("separator") && !self.expects_operand() {
            // A block that ends with a `let`.
            return Some(self.inserting(&[Kind::Separator, Kind::Hole]));
        }
        self.hole_in(self.around(), self.at)
    }

    /// Whether only ends of blocks and brackets stand between a hole and the place.
    pub fn follows_hole(&self) -> bool {
        let before = self.tokens[..self.at.min(self.tokens.len())].iter().rev();
        let mut before = before.skip_while(|token| token.kind == Kind::Close || token.kind.is_closer());
        before.next().is_some_and(|token| token.kind == Kind::Hole)
    }

    /// A hole in the place of what is around the bracket or block in which a hole did not fit.
    pub fn hole_around(&self) -> Option<Repair> {
        let inner = match self.around() {
            Around::Statement => return None,
            Around::Block { open } => open,
            Around::Bracket { opener } => opener,
        };
        self.hole_in(self.around_before(inner), inner)
    }

    /// The item of the bracket, or line of the block, that holds the token at `at`: what is behind its `:`, if it has one.
    fn hole_in(&self, around: Around, at: usize) -> Option<Repair> {
        let (opener, block) = match around {
            Around::Statement => return None,
            Around::Block { open } => (open, true),
            Around::Bracket { opener } => (opener, false),
        };
        let ends_item = |kind: Kind| if block { kind == Kind::Separator } else { kind == Kind::Comma };
        let mut from = opener + 1;
        let mut colon = None;
        let mut depth = 0usize;
        for index in opener + 1..at {
            let kind = self.kind(index).anywhere();
            if kind == Kind::Open || kind.is_opener() || kind == Kind::StrStart {
                depth += 1;
            } else if kind == Kind::Close || kind.is_closer() || kind == Kind::StrEnd {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && ends_item(kind) {
                from = index + 1;
                colon = None;
            } else if depth == 0 && kind == Kind::Colon && !block {
                colon.get_or_insert(index + 1);
            }
        }
        let mut to = at;
        depth = 0;
        while let Some(token) = self.tokens.get(to) {
            let kind = token.kind.anywhere();
            if kind == Kind::Open || kind.is_opener() || kind == Kind::StrStart {
                depth += 1;
            } else if kind == Kind::Close || kind.is_closer() || matches!(kind, Kind::StrEnd | Kind::StrMiddle) {
                if depth == 0 {
                    break;
                }
                depth -= usize::from(kind != Kind::StrMiddle);
            } else if depth == 0 && ends_item(kind) {
                break;
            }
            to += 1;
        }
        if self.tokens[from..to].iter().any(|token| token.kind == Kind::Let) {
            // What it names may be meant for what follows, where it would be unknown.
            return None;
        }
        let braces = !block && self.kind(opener).anywhere() == Kind::LeftBrace;
        match colon {
            Some(from) => Some(Repair { from, to, kinds: &[Kind::Hole] }),
            None if braces => Some(Repair { from, to, kinds: &[Kind::Hole, Kind::Colon, Kind::Hole] }),
            None => Some(Repair { from, to, kinds: &[Kind::Hole] }),
        }
    }
}
