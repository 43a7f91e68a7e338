//! JSON with the place of every node.

use std::sync::Arc;

use lw_diagnostics::{Diagnostic, FileId, Span};
use rustc_hash::FxHashMap;

use crate::errors;
use crate::tree::{Document, Entry, Node, NodeKind};
use crate::yaml::{DEPTH_MAX, character_at};

/// Reads a text that is one JSON value.
pub fn read(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Document> {
    let mut reader = Reader { file, text, bytes: text.as_bytes(), at: 0, depth: 0, diagnostics };
    let root = reader.whole();
    match root {
        Ok(root) => Some(Document { root, comments: Vec::new() }),
        Err(Wrong { at, reason }) => {
            reader.diagnostics.push(errors::not_json(&reason, character_at(file, text, at)));
            None
        }
    }
}

/// What is wrong, and where.
struct Wrong {
    at: usize,
    reason: String,
}

struct Reader<'t, 'd> {
    file: FileId,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    fn whole(&mut self) -> Result<Node, Wrong> {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        let root = self.value()?;
        self.space();
        if self.at < self.bytes.len() {
            return Err(self.wrong("there is more text after the value"));
        }
        Ok(root)
    }

    fn wrong(&self, reason: impl Into<String>) -> Wrong {
        Wrong { at: self.at, reason: reason.into() }
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start as u32, self.at as u32)
    }

    fn space(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Passes a character if it is the next one.
    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Node, Wrong> {
        self.space();
        let start = self.at;
        let kind = match self.bytes.get(self.at) {
            None => return Err(self.wrong("the text ends where a value is expected")),
            Some(b'{' | b'[') if self.depth >= DEPTH_MAX => {
                return Err(self.wrong(format!("it nests deeper than {DEPTH_MAX} levels")));
            }
            Some(b'{') => {
                self.depth += 1;
                let entries = self.object()?;
                self.depth -= 1;
                NodeKind::Mapping(entries)
            }
            Some(b'[') => {
                self.depth += 1;
                let items = self.array()?;
                self.depth -= 1;
                NodeKind::List(items)
            }
            Some(b'"') => NodeKind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
        };
        Ok(Node { kind, span: self.span(start) })
    }

    fn array(&mut self) -> Result<Vec<Node>, Wrong> {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value()?);
            if self.eat(b']') {
                return Ok(items);
            }
            if !self.eat(b',') {
                return Err(self.wrong("a `,` or `]` is expected here"));
            }
        }
    }

    fn object(&mut self) -> Result<Vec<Entry>, Wrong> {
        self.at += 1;
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: FxHashMap<Arc<str>, Span> = FxHashMap::default();
        if self.eat(b'}') {
            return Ok(entries);
        }
        loop {
            self.space();
            let start = self.at;
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(self.wrong("a key in double quotes is expected here"));
            }
            let key = self.string()?;
            let key_span = self.span(start);
            if !self.eat(b':') {
                return Err(self.wrong("a `:` is expected after the key"));
            }
            let value = self.value()?;
            match seen.get(&key) {
                Some(first) => self.diagnostics.push(errors::key_twice(&key, key_span, *first)),
                None => {
                    seen.insert(key.clone(), key_span);
                    entries.push(Entry { key, key_span, value });
                }
            }
            if self.eat(b'}') {
                return Ok(entries);
            }
            if !self.eat(b',') {
                return Err(self.wrong("a `,` or `}` is expected here"));
            }
        }
    }

    fn string(&mut self) -> Result<Arc<str>, Wrong> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    let text = Arc::from(&self.text[start..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => break,
                Some(0..0x20) => return Err(self.wrong("a string has no line breaks or control characters")),
                Some(_) => self.at += 1,
                None => return Err(self.wrong("the text ends within a string")),
            }
        }
        let mut text = self.text[start..self.at].to_string();
        loop {
            let run = self.at;
            while self.bytes.get(self.at).is_some_and(|byte| *byte >= 0x20 && !b"\"\\".contains(byte)) {
                self.at += 1;
            }
            text.push_str(&self.text[run..self.at]);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Arc::from(text));
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.wrong("a string has no line breaks or control characters")),
                None => return Err(self.wrong("the text ends within a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        let character = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("there is no such escape")),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, Wrong> {
        let unit = |reader: &Self, at: usize| {
            let digits = reader.bytes.get(at..at + 6).filter(|digits| digits.starts_with(b"\\u"))?;
            let digits = std::str::from_utf8(&digits[2..]).ok()?;
            digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
        };
        let Some(first) = unit(self, self.at) else { return Err(self.wrong("four hexadecimal digits follow `\\u`")) };
        let (code, length) = match (first, unit(self, self.at + 6)) {
            (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) => {
                (0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12)
            }
            _ => (first, 6),
        };
        self.at += length;
        // Half of a pair stands for nothing.
        Ok(char::from_u32(code).unwrap_or('\u{fffd}'))
    }

    fn number(&mut self) -> Result<NodeKind, Wrong> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)) {
            self.at += 1;
        }
        let text = &self.text[start..self.at];
        if text.parse::<f64>().is_err() {
            self.at = start;
            return Err(self.wrong(format!("`{text}` is not a number")));
        }
        Ok(NodeKind::Number(Arc::from(text)))
    }

    fn word(&mut self) -> Result<NodeKind, Wrong> {
        let words = [("true", NodeKind::Bool(true)), ("false", NodeKind::Bool(false)), ("null", NodeKind::Null)];
        for (word, kind) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.wrong("a value is expected here"))
    }
}
