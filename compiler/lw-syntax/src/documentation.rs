//! Doc comments: which comment lines belong to which declaration.
//!
//! `##` lines, or else the whole `#` block, right above a declaration, with no blank line between. Lines of only `#` are rules
//! drawn across the page and are dropped. Deliberately absent: the tags (`@arg`, `@return`) inside the Markdown.

use crate::ast::{Statement, StatementKind};
use crate::layout::Laid;
use crate::lexer::Comment;

pub struct Documentation<'a> {
    source: &'a str,
    comments: &'a [Comment],
}

impl<'a> Documentation<'a> {
    pub fn new(source: &'a str, comments: &'a [Comment]) -> Documentation<'a> {
        Documentation { source, comments }
    }

    /// The Markdown of the comment block that ends on the line before the one that begins with `at`.
    pub fn above(&self, at: u32) -> Option<String> {
        let last = self.last_before(at)?;
        self.markdown(self.first_of_block(last), last)
    }

    /// The Markdown of the file's first block, unless a declaration below it has it.
    pub fn of_file(&self, laid: &Laid, statements: &mut [Statement], offset: u32) -> Option<String> {
        let first = self.comments.first().filter(|comment| comment.first)?;
        // Only `@language(…)` may stand before it, and not around it.
        for part in &laid.statements {
            let tokens = &laid.tokens[part.first..part.end];
            if tokens.first().is_some_and(|token| token.start > first.start) {
                break;
            }
            if tokens.last().is_some_and(|token| token.end > first.start) {
                return None;
            }
        }
        let mut last = 0;
        while let Some(next) = self.comments.get(last + 1)
            && self.adjacent(self.comments[last].end, next.start)
        {
            last += 1;
        }
        if let Some(statement) = statements.first_mut() {
            if statement.start < first.start + offset {
                return None;
            }
            if self.adjacent(self.comments[last].end, statement.start - offset) {
                if declares(&statement.kind) {
                    return None;
                }
                statement.doc = None;
            }
        }
        self.markdown(0, last)
    }

    fn last_before(&self, at: u32) -> Option<usize> {
        if self.comments.is_empty() {
            return None;
        }
        let last = self.comments.partition_point(|comment| comment.start < at).checked_sub(1)?;
        let comment = self.comments[last];
        (comment.first && self.adjacent(comment.end, at)).then_some(last)
    }

    fn first_of_block(&self, mut at: usize) -> usize {
        while at > 0 && self.comments[at - 1].first && self.adjacent(self.comments[at - 1].end, self.comments[at].start)
        {
            at -= 1;
        }
        at
    }

    /// One line break and nothing else but white space.
    fn adjacent(&self, from: u32, to: u32) -> bool {
        // Indentation is short; anything longer is something else.
        let between = &self.source.as_bytes()[from as usize..to as usize];
        let mut breaks = 0;
        for byte in between {
            match byte {
                b'\n' => breaks += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return false,
            }
            if breaks > 1 {
                return false;
            }
        }
        breaks == 1
    }

    fn markdown(&self, first: usize, last: usize) -> Option<String> {
        let lines = self.comments[first..=last]
            .iter()
            .map(|comment| self.source[comment.start as usize..comment.end as usize].trim_end());
        let documents = |line: &str| line.starts_with("## ") || line == "##";
        let marked = lines.clone().any(|line| line.starts_with("## "));
        let mut text = String::new();
        for line in lines {
            if marked && !documents(line) {
                continue;
            }
            let bare = line.trim_start_matches('#');
            if bare.is_empty() && line.len() > 2 {
                continue;
            }
            if !text.is_empty() || !bare.is_empty() {
                text.push_str(bare.strip_prefix(' ').unwrap_or(bare));
                text.push('\n');
            }
        }
        let length = text.trim_end().len();
        text.truncate(length);
        (!text.is_empty()).then_some(text)
    }
}

/// Whether a comment above it describes the statement rather than its file.
fn declares(kind: &StatementKind) -> bool {
    !matches!(
        kind,
        StatementKind::Composition { .. }
            | StatementKind::Import(_)
            | StatementKind::Export(_)
            | StatementKind::Validate(_)
    )
}
