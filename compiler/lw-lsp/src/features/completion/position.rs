//! What sort of thing is being written at the cursor, by the tokens around it.

use lw_syntax::{Lexeme, LexemeKind, lexemes};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// A comment, or a number.
    Nothing,
    /// The module of an import; what is written of it before the last dot.
    Import(String),
    /// A name in the braces of an import of that module.
    ImportName(String),
    Annotation,
    /// A key in the braces of an annotation.
    AnnotationField(String),
    /// The first word of a statement.
    Statement,
    /// A type; what qualifies it.
    Type(Option<String>),
    /// After a dot behind upper-case words.
    Member(String),
    /// After a dot behind any other expression.
    Field,
    /// A key of braces.
    Key,
    /// An expression.
    Value,
    /// Within a string.
    Text,
    Pattern,
}

/// What is written around the cursor.
pub struct Written<'t> {
    text: &'t str,
    offset: u32,
    /// Where the word at the cursor begins.
    pub word_start: u32,
    pub position: Position,
    /// What is completed has its colon already.
    pub followed_by_colon: bool,
    /// The statement's lines: from where it begins to where the next begins.
    start: u32,
    end: u32,
    tokens: Vec<Lexeme>,
}

impl<'t> Written<'t> {
    pub fn at(text: &'t str, offset: u32) -> Written<'t> {
        let (start, end) = statement_around(text, offset as usize);
        let region = &text[start..end];
        let tokens: Vec<Lexeme> = lexemes(region)
            .into_iter()
            .map(|token| Lexeme { start: token.start + start as u32, end: token.end + start as u32, ..token })
            .collect();
        let word = tokens.iter().find(|token| {
            token.start < offset
                && offset <= token.end
                && matches!(token.kind, LexemeKind::Lower | LexemeKind::Upper | LexemeKind::Keyword)
        });
        let word = word.copied();
        let word_start = word.map_or(offset, |word| word.start);
        let mut written = Written {
            text,
            offset,
            word_start,
            position: Position::Nothing,
            followed_by_colon: false,
            start: start as u32,
            end: end as u32,
            tokens,
        };
        written.position = written.classify();
        let next = written.tokens.iter().find(|token| token.start >= offset && token.kind != LexemeKind::Comment);
        let word_end = word.map_or(offset, |word| word.end);
        let next = next.filter(|next| next.start >= word_end);
        written.followed_by_colon = next.is_some_and(|next| next.kind == LexemeKind::Colon);
        written
    }

    fn slice(&self, token: &Lexeme) -> &'t str {
        &self.text[token.start as usize..token.end as usize]
    }

    fn classify(&mut self) -> Position {
        let offset = self.offset;
        let inside = self.tokens.iter().find(|token| token.start < offset && offset < token.end).copied();
        let touching = self.tokens.iter().rfind(|token| token.start < offset && offset <= token.end).copied();
        if touching.is_some_and(|token| token.kind == LexemeKind::Comment || token.kind == LexemeKind::Number) {
            return Position::Nothing;
        }
        if let Some(string) = inside.filter(|token| matches!(token.kind, LexemeKind::String | LexemeKind::StringEnd)) {
            // The whole text between the quotes is what is completed.
            let opening = self.slice(&string);
            let quotes = if opening.starts_with("\"\"\"") { 3 } else { 1 };
            self.word_start = (string.start + quotes).min(offset);
            return Position::Text;
        }
        // A string that nobody closed reaches to the end of its line.
        let line = &self.text[line_start(self.text, offset as usize)..offset as usize];
        if line.matches('"').count() % 2 == 1 && !line.trim_start().starts_with('#') {
            self.word_start = (offset as usize - line.len() + line.rfind('"').unwrap_or(0) + 1) as u32;
            return Position::Text;
        }
        let before: Vec<Lexeme> = self
            .tokens
            .iter()
            .filter(|token| token.end <= self.word_start && token.kind != LexemeKind::Comment)
            .copied()
            .collect();
        let Some(last) = before.last().copied() else { return Position::Statement };
        if last.kind == LexemeKind::Annotation {
            return Position::Annotation;
        }
        let first = before.iter().find(|token| token.kind != LexemeKind::Annotation).map(|token| self.slice(token));
        let opener = self.open_bracket(&before);
        if first == Some("import") {
            return self.import(&before, opener);
        }
        // On a line of its own in the first column nothing else begins.
        let own_line = self.text[line_start(self.text, self.word_start as usize)..self.word_start as usize].is_empty();
        if own_line && opener.is_none() {
            return Position::Statement;
        }
        if last.kind == LexemeKind::Dot {
            let path = self.path_before(&before[..before.len() - 1]);
            return match path {
                Some(path) if self.in_type(&before, opener) => Position::Type(Some(path)),
                Some(path) => Position::Member(path),
                None => Position::Field,
            };
        }
        if let Some(at) = opener
            && self.slice(&before[at]) == "{"
        {
            if let [.., annotation, name, brace] = &before[..=at]
                && annotation.kind == LexemeKind::Annotation
                && brace.kind == LexemeKind::Open
                && matches!(last.kind, LexemeKind::Open | LexemeKind::Comma)
            {
                return Position::AnnotationField(self.slice(name).to_string());
            }
            if matches!(last.kind, LexemeKind::Comma) || last.start == before[at].start {
                return Position::Key;
            }
        }
        if self.in_type(&before, opener) {
            return Position::Type(None);
        }
        if last.kind == LexemeKind::Operator && self.slice(&last) == "|" && self.in_case(&before) {
            return Position::Pattern;
        }
        Position::Value
    }

    /// The index of the innermost bracket that is open at the cursor.
    fn open_bracket(&self, before: &[Lexeme]) -> Option<usize> {
        let mut depth = 0;
        for (at, token) in before.iter().enumerate().rev() {
            match token.kind {
                LexemeKind::Close => depth += 1,
                LexemeKind::Open if depth == 0 => return Some(at),
                LexemeKind::Open => depth -= 1,
                _ => {}
            }
        }
        None
    }

    fn import(&self, before: &[Lexeme], opener: Option<usize>) -> Position {
        let words = |tokens: &[Lexeme]| {
            let path = tokens.iter().skip_while(|token| token.kind == LexemeKind::Keyword);
            path.map(|token| self.slice(token)).collect::<String>()
        };
        if let Some(at) = opener {
            return Position::ImportName(words(&before[..at]));
        }
        match before.last() {
            Some(last) if last.kind == LexemeKind::Keyword && self.slice(last) == "as" => Position::Nothing,
            Some(last) if last.kind == LexemeKind::Upper => Position::Statement,
            _ => {
                let line = line_start(self.text, self.word_start as usize) as u32;
                let on_line: Vec<Lexeme> = before.iter().filter(|token| token.start >= line).copied().collect();
                Position::Import(words(&on_line).trim_end_matches('.').to_string())
            }
        }
    }

    /// The dotted upper-case words that end here.
    fn path_before(&self, before: &[Lexeme]) -> Option<String> {
        let mut words = Vec::new();
        let mut at = before.len();
        loop {
            let word = at.checked_sub(1).map(|at| before[at])?;
            if word.kind != LexemeKind::Upper {
                return None;
            }
            words.push(self.slice(&word));
            at -= 1;
            if at == 0 || before[at - 1].kind != LexemeKind::Dot {
                break;
            }
            at -= 1;
        }
        words.reverse();
        Some(words.join("."))
    }

    /// Whether a type is being written: in a header, after `->`, between angle brackets, in a declaration.
    fn in_type(&self, before: &[Lexeme], opener: Option<usize>) -> bool {
        let first = before.iter().find(|token| token.first).map(|token| self.slice(token)).unwrap_or_default();
        let mut path_start = before.len();
        while path_start > 0 && matches!(before[path_start - 1].kind, LexemeKind::Dot | LexemeKind::Upper) {
            path_start -= 1;
        }
        let Some(last) = path_start.checked_sub(1).map(|at| before[at]) else { return false };
        let text = self.slice(&last);
        let has_colon = before.iter().any(|token| token.kind == LexemeKind::Colon);
        match first {
            "parameter" | "lookup" if !has_colon => return true,
            "type" | "resource" => return has_colon && !before.iter().any(|token| self.slice(token) == "where"),
            _ => {}
        }
        if text == "->" {
            return before.iter().rfind(|token| self.slice(token) == "fun").is_some() && !self.in_case(before);
        }
        if let Some(at) = opener {
            // `fun f(x: `, `fun f {x: `
            let header = before[..at].iter().rev().take(2).any(|token| self.slice(token) == "fun");
            return header && last.kind == LexemeKind::Colon;
        }
        false
    }

    fn in_case(&self, before: &[Lexeme]) -> bool {
        before.iter().any(|token| self.slice(token) == "of")
    }

    /// Texts that the statement could become with the marker in it, each with where it begins; the best first.
    pub fn candidates(&self, marker: &str) -> Vec<(u32, String)> {
        let (start, end) = (self.start as usize, self.end as usize);
        let word_end = self
            .tokens
            .iter()
            .find(|token| token.start <= self.word_start && self.word_start < token.end)
            .filter(|token| matches!(token.kind, LexemeKind::Lower | LexemeKind::Upper | LexemeKind::Keyword))
            .map_or(self.offset as usize, |token| (token.end as usize).max(self.offset as usize));
        let (head, tail) = match self.position {
            Position::Text => {
                (self.text[start..self.offset as usize].to_string(), self.text[self.offset as usize..end].to_string())
            }
            _ => (self.filled(start, self.word_start as usize), self.filled(word_end, end)),
        };
        let marked = match self.position {
            Position::Key if !self.followed_by_colon => format!("{marker}: ()"),
            Position::Pattern => format!("{marker} -> ()"),
            _ => marker.to_string(),
        };
        let mut closing = String::new();
        if self.position == Position::Text {
            closing.push('"');
        }
        let mut open: Vec<&str> = Vec::new();
        for token in self.tokens.iter().filter(|token| token.end <= self.word_start) {
            match token.kind {
                LexemeKind::Open => open.push(self.slice(token)),
                LexemeKind::Close => {
                    open.pop();
                }
                _ => {}
            }
        }
        for bracket in open.iter().rev() {
            closing.push_str(match *bracket {
                "{" => "}",
                "[" => "]",
                _ => ")",
            });
        }
        let mut candidates = Vec::new();
        // A key without a comma after it takes one.
        if self.position == Position::Key && !self.followed_by_colon {
            candidates.push((self.start, format!("{head}{marked},{tail}")));
        }
        candidates.push((self.start, format!("{head}{marked}{tail}")));
        candidates.push((self.start, format!("{head}{marked}{closing}")));
        // What followed the colon is cut too.
        if self.position == Position::Key && self.followed_by_colon {
            candidates.push((self.start, format!("{head}{marked}: (){closing}")));
        }
        candidates
    }

    /// A stretch of the text in which arms of a `case` that are not finished have what they lack.
    fn filled(&self, from: usize, to: usize) -> String {
        let mut out = String::new();
        let mut copied = from;
        let tokens: Vec<&Lexeme> = self
            .tokens
            .iter()
            .filter(|token| {
                token.start as usize >= from && token.end as usize <= to && token.kind != LexemeKind::Comment
            })
            .collect();
        for (at, token) in tokens.iter().enumerate() {
            let next = tokens.get(at + 1).map(|next| self.slice(next));
            // At the cursor something follows: what is being written.
            let ends = next == Some("|") || (next.is_none() && to == self.end as usize);
            let lacking = match self.slice(token) {
                "->" if ends => " ()",
                "|" if ends && token.first && from > self.start as usize => " _ -> ()",
                _ => continue,
            };
            out.push_str(&self.text[copied..token.end as usize]);
            out.push_str(lacking);
            copied = token.end as usize;
        }
        out.push_str(&self.text[copied..to]);
        out
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |line| line + 1)
}

/// The lines around a place that belong to one statement: from the last line before it that begins in the first column with a
/// word to the next such line.
fn statement_around(text: &str, offset: usize) -> (usize, usize) {
    let begins = |line: &str| line.starts_with(|first: char| first.is_alphabetic() || first == '@' || first == '_');
    let here = line_start(text, offset);
    let mut start = here;
    while start > 0 && !begins(&text[start..]) {
        start = line_start(text, start - 1);
    }
    // Annotations belong to what follows them.
    while start > 0 {
        let above = line_start(text, start - 1);
        if !text[above..].starts_with('@') {
            break;
        }
        start = above;
    }
    let mut end = text[offset..].find('\n').map_or(text.len(), |line| offset + line + 1);
    let annotated = text[here..].starts_with('@');
    while end < text.len()
        && (!begins(&text[end..])
            || (annotated && text[..end].lines().last().is_some_and(|line| line.starts_with('@'))))
    {
        end = text[end..].find('\n').map_or(text.len(), |line| end + line + 1);
    }
    (start, end)
}
