//! What tells two versions of a text apart: one stretch that was replaced.

use crate::{Diagnostic, FileId, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Bytes before it are the same.
    pub start: u32,
    /// Where it ends in the old text; bytes after it are the same.
    pub old_end: u32,
    /// Where it ends in the new text.
    pub new_end: u32,
}

impl Change {
    /// The least such stretch.
    pub fn between(old: &str, new: &str) -> Change {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let start = common(old.iter().zip(new));
        let same = common(old[start..].iter().rev().zip(new[start..].iter().rev()));
        Change { start: start as u32, old_end: (old.len() - same) as u32, new_end: (new.len() - same) as u32 }
    }

    /// Where an offset of the old text, outside the change, lies in the new one.
    pub fn shift(self, offset: u32) -> u32 {
        if offset < self.old_end { offset } else { offset - self.old_end + self.new_end }
    }

    /// Whether any part of a range of the old text was replaced.
    pub fn touches(self, start: u32, end: u32) -> bool {
        start <= self.old_end && self.start <= end
    }

    /// Moves what a diagnostic says of a file to where it lies in the new text.
    pub fn shift_diagnostic(self, file: FileId, diagnostic: &mut Diagnostic) {
        let move_span = |span: &mut Span| {
            if span.file == file {
                span.start = self.shift(span.start);
                span.end = self.shift(span.end);
            }
        };
        diagnostic.primary.iter_mut().for_each(|label| move_span(&mut label.span));
        diagnostic.secondary.iter_mut().for_each(|label| move_span(&mut label.span));
        diagnostic.edits.iter_mut().for_each(|edit| move_span(&mut edit.span));
    }
}

fn common<'a>(pairs: impl Iterator<Item = (&'a u8, &'a u8)>) -> usize {
    pairs.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::Change;

    #[test]
    fn the_least_stretch_is_found() {
        let change = Change::between("one two three", "one 2 three");
        assert_eq!(change, Change { start: 4, old_end: 7, new_end: 5 });
        assert_eq!(change.shift(8), 6);
        assert!(change.touches(5, 6) && !change.touches(9, 10));
        assert_eq!(Change::between("aa", "aaa"), Change { start: 2, old_end: 2, new_end: 3 });
        assert_eq!(Change::between("", ""), Change { start: 0, old_end: 0, new_end: 0 });
    }
}
