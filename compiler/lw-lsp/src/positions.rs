//! Places in a text: byte offsets inside, lines and columns of the protocol outside.

use std::sync::Arc;

use lsp_types::{Position, Range};

/// How an editor counts columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
}

/// A text with its lines found.
#[derive(Clone, Debug)]
pub struct Text {
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

impl Text {
    pub fn new(text: Arc<str>) -> Text {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect();
        Text { text, line_starts }
    }

    /// The number of the line that holds an offset, from 0.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32 - 1
    }

    /// Where a line starts.
    pub fn line_start(&self, line: u32) -> u32 {
        self.line_starts.get(line as usize).copied().unwrap_or(self.text.len() as u32)
    }

    /// The offset of a place; one past a line's end counts as its end, one past the text's end as that.
    pub fn offset(&self, position: Position, encoding: Encoding) -> u32 {
        let Some(start) = self.line_starts.get(position.line as usize).copied() else { return self.text.len() as u32 };
        let end = self.line_starts.get(position.line as usize + 1).map_or(self.text.len(), |next| *next as usize - 1);
        let line = &self.text[start as usize..end.max(start as usize)];
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut column = 0;
        for (at, character) in line.char_indices() {
            if column >= position.character {
                return start + at as u32;
            }
            column += width(character, encoding);
        }
        start + line.len() as u32
    }

    /// The place of an offset; one inside a character counts as the character's start.
    pub fn position(&self, offset: u32, encoding: Encoding) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset as u32);
        let before = &self.text[self.line_starts[line as usize] as usize..offset];
        Position { line, character: before.chars().map(|character| width(character, encoding)).sum() }
    }

    pub fn range(&self, start: u32, end: u32, encoding: Encoding) -> Range {
        Range { start: self.position(start, encoding), end: self.position(end, encoding) }
    }
}

fn width(character: char, encoding: Encoding) -> u32 {
    match encoding {
        Encoding::Utf8 => character.len_utf8() as u32,
        Encoding::Utf16 => character.len_utf16() as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_leads_back_to_its_offset() {
        let text = Text::new(Arc::from("a\u{1f980}ü\r\n\u{4e16}b\n\n"));
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (offset, character) in text.text.char_indices().filter(|(_, character)| *character != '\n') {
                if character == '\r' {
                    continue;
                }
                let position = text.position(offset as u32, encoding);
                assert_eq!(text.offset(position, encoding), offset as u32, "{character} {encoding:?}");
            }
        }
        assert_eq!(text.position(5, Encoding::Utf16), Position { line: 0, character: 3 });
        assert_eq!(text.offset(Position { line: 0, character: 99 }, Encoding::Utf16), 7, "before the line's end");
        assert_eq!(text.offset(Position { line: 99, character: 0 }, Encoding::Utf16), text.text.len() as u32);
    }
}
