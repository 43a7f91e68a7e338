//! Comments of a template, each given to one place.

use crate::tree::Comment;

pub(crate) struct Comments<'t> {
    /// In the order of the text.
    all: &'t [Comment],
    used: Vec<bool>,
}

impl<'t> Comments<'t> {
    pub fn new(all: &'t [Comment]) -> Comments<'t> {
        Comments { all, used: vec![false; all.len()] }
    }

    /// The comments between two places that nobody has taken.
    pub fn take(&mut self, from: u32, to: u32) -> Vec<String> {
        let first = self.all.partition_point(|comment| comment.span.start < from);
        let mut found = Vec::new();
        for (at, comment) in self.all.iter().enumerate().skip(first) {
            if comment.span.start >= to {
                break;
            }
            if !std::mem::replace(&mut self.used[at], true) {
                found.push(comment.text.trim().to_string());
            }
        }
        found
    }
}

/// Where the next comment stands.
#[derive(Clone, Copy)]
pub(crate) struct Next {
    pub span: lw_diagnostics::Span,
    /// Whether it stands behind something on its line.
    pub is_trailing: bool,
}

impl Comments<'_> {
    /// The first comment behind a place, if nobody has taken it.
    pub fn next_after(&self, place: u32) -> Option<Next> {
        let at = self.all.partition_point(|comment| comment.span.start < place);
        let comment = self.all.get(at).filter(|_| !self.used[at])?;
        Some(Next { span: comment.span, is_trailing: comment.is_trailing })
    }

    /// The block of comments that stands right above a place.
    pub fn take_above(&mut self, place: u32) -> Vec<String> {
        const GAP_MAX: u32 = 120;
        let end = self.all.partition_point(|comment| comment.span.start < place);
        let (mut first, mut below) = (end, place);
        while let Some(at) = first.checked_sub(1) {
            let comment = &self.all[at];
            if self.used[at] || comment.is_trailing || below.saturating_sub(comment.span.end) > GAP_MAX {
                break;
            }
            (first, below) = (at, comment.span.start);
        }
        match self.all.get(first) {
            Some(comment) if first < end => self.take(comment.span.start, place),
            _ => Vec::new(),
        }
    }

    /// Leaves the last so many comments before a place to whoever writes what lies around.
    pub fn give_back(&mut self, count: usize, before: u32) {
        let end = self.all.partition_point(|comment| comment.span.start < before);
        for at in (0..end).rev().filter(|at| self.used[*at]).take(count).collect::<Vec<_>>() {
            self.used[at] = false;
        }
    }
}
