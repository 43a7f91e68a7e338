//! Text → tokens and comments.
//!
//! The one idea: logos finds words, numbers and operators; this loop around it does what no regular language can:
//! strings with expressions inside, columns, and guessing where a string was meant to end. A literal with interpolation
//! becomes several tokens (`"a \(`, the expression's tokens, `) b"`), so nothing here recurses.
//!
//! Guarantees: every byte belongs to a token, a comment or white space; time is linear in the source, also for broken
//! text; what is wrong becomes a diagnostic and an [`Kind::Error`] token, never a failure.
//! Deliberately absent: the values of literals (the builder decodes them), keywords by position (the layout pass).

use logos::Logos;

use crate::errors::{self, Sink};
use crate::token::{Kind, Token};

/// `#` to the end of the line, without the line's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    pub start: u32,
    pub end: u32,
    /// Nothing but white space stands before it on its line.
    pub first: bool,
}

/// How many columns a line's leading tabs take beyond one each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeadingTabs {
    /// Byte offset of the line's start.
    pub line: u32,
    pub excess: u32,
}

#[derive(Debug, Default)]
pub struct Lexed {
    /// In source order; the last is [`Kind::EndOfFile`].
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    /// Lines indented with tabs, in order.
    pub leading_tabs: Vec<LeadingTabs>,
}

pub fn lex(source: &str, sink: &mut Sink) -> Lexed {
    let before = sink.mark();
    let (lexed, balanced) = Lexer::new(source, Trust::Quotes).run(sink);
    if balanced {
        return lexed;
    }
    // Some quote is missing. Read again, and end a string on its own line where its text looks like code.
    sink.reset(before);
    Lexer::new(source, Trust::Lines).run(sink).0
}

/// What to believe where quotes and lines disagree about the end of a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Quotes,
    Lines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delimiter {
    Quote,
    Apostrophe,
    Triple,
}

impl Delimiter {
    fn text(self) -> &'static str {
        match self {
            Delimiter::Quote => "\"",
            Delimiter::Apostrophe => "'",
            Delimiter::Triple => "\"\"\"",
        }
    }
}

/// A literal in whose interpolation the lexer is.
struct OpenString {
    delimiter: Delimiter,
    /// Where its opening quote stands.
    start: usize,
    /// Where the `\(` stands.
    interpolation: usize,
    /// Parentheses opened inside the interpolation.
    parens: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Closed,
    Interpolation,
    Unterminated,
}

struct Lexer<'a> {
    source: &'a str,
    inner: logos::Lexer<'a, Kind>,
    trust: Trust,
    lexed: Lexed,
    strings: Vec<OpenString>,
    line_start: usize,
    /// Column of a byte on this line: its distance to `line_start`, plus one, plus this.
    column_shift: i64,
    first: bool,
    balanced: bool,
    /// Per delimiter: before this offset, a literal that does not end on its line never ends.
    single_line_until: [usize; 3],
    /// The next line that begins a statement, where it is known.
    next_statement: usize,
    carriage_returns: Vec<u32>,
    tabs: Vec<TabRun>,
}

/// Neighbouring tabs outside strings and comments.
pub(crate) struct TabRun {
    pub start: u32,
    pub end: u32,
    /// How many columns it spans.
    pub width: u32,
}

impl<'a> Lexer<'a> {
    fn new(source: &'a str, trust: Trust) -> Lexer<'a> {
        Lexer {
            source,
            inner: Kind::lexer(source),
            trust,
            lexed: Lexed { tokens: Vec::with_capacity(source.len() / 5 + 8), ..Lexed::default() },
            strings: Vec::new(),
            line_start: 0,
            column_shift: 0,
            first: true,
            balanced: true,
            single_line_until: [0; 3],
            next_statement: 0,
            carriage_returns: Vec::new(),
            tabs: Vec::new(),
        }
    }

    fn run(mut self, sink: &mut Sink) -> (Lexed, bool) {
        if self.source.starts_with('\u{feff}') {
            self.inner.bump('\u{feff}'.len_utf8());
            self.line_start = '\u{feff}'.len_utf8();
        }
        while let Some(found) = self.inner.next() {
            if !self.balanced && self.trust == Trust::Quotes {
                return (self.lexed, false);
            }
            let span = self.inner.span();
            let kind = found.unwrap_or(Kind::Unknown);
            match kind {
                Kind::Newline => {
                    self.line_start = span.end;
                    self.column_shift = 0;
                    self.first = true;
                    if !self.strings.is_empty() && starts_statement(self.source.as_bytes(), span.end) {
                        self.close_interpolations(sink);
                    }
                }
                Kind::Tab => self.tab(span.start, span.end),
                Kind::CarriageReturn => {
                    if self.source.as_bytes().get(span.end) != Some(&b'\n') {
                        self.carriage_returns.push(span.start as u32);
                        self.line_start = span.end;
                        self.column_shift = 0;
                        self.first = true;
                    }
                }
                Kind::Comment => self.comment(span.start, span.end),
                Kind::Quote => self.string(Delimiter::Quote, sink),
                Kind::Apostrophe => self.string(Delimiter::Apostrophe, sink),
                Kind::TripleQuote => self.string(Delimiter::Triple, sink),
                Kind::Unknown => self.unknown(sink),
                Kind::BadNumber => {
                    sink.push(errors::bad_number(sink.span(span.start, span.end), self.inner.slice()));
                    self.push(Kind::Error, span.start, span.end);
                }
                Kind::LeftParen => {
                    if let Some(open) = self.strings.last_mut() {
                        open.parens += 1;
                    }
                    self.push(kind, span.start, span.end);
                }
                Kind::RightParen => match self.strings.last_mut() {
                    Some(open) if open.parens == 0 => self.resume_string(sink),
                    Some(open) => {
                        open.parens -= 1;
                        self.push(kind, span.start, span.end);
                    }
                    None => self.push(kind, span.start, span.end),
                },
                _ => self.push(kind, span.start, span.end),
            }
        }
        if !self.strings.is_empty() {
            self.close_interpolations(sink);
            self.balanced = false;
        }
        self.push(Kind::EndOfFile, self.source.len(), self.source.len());
        self.report_white_space(sink);
        (self.lexed, self.balanced)
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let column = self.column(start);
        self.lexed.tokens.push(Token { start: start as u32, end: end as u32, column, kind, first: self.first });
        self.first = false;
    }

    fn column(&self, at: usize) -> u32 {
        ((at - self.line_start) as i64 + 1 + self.column_shift).clamp(1, i64::from(u32::MAX)) as u32
    }

    /// Keeps columns right after text that may hold line breaks, tabs and characters of several bytes.
    fn advance_over(&mut self, start: usize, end: usize) {
        let mut text = &self.source[start..end];
        let mut column = i64::from(self.column(start));
        if let Some(newline) = text.rfind('\n') {
            self.line_start = start + newline + 1;
            self.column_shift = 0;
            text = &text[newline + 1..];
            column = 1;
        }
        if text.bytes().all(|byte| (b' '..0x80).contains(&byte)) {
            return;
        }
        for char in text.chars() {
            column = if char == '\t' { after_tab(column) } else { column + 1 };
        }
        self.column_shift = column - 1 - (end - self.line_start) as i64;
    }

    fn tab(&mut self, start: usize, end: usize) {
        let before = i64::from(self.column(start));
        let mut column = after_tab(before);
        column += (end - start - 1) as i64 * 8;
        let width = (column - before) as u32;
        self.column_shift += i64::from(width) - (end - start) as i64;
        self.tabs.push(TabRun { start: start as u32, end: end as u32, width });
        if self.first {
            let excess = self.column_shift.clamp(0, i64::from(u32::MAX)) as u32;
            let line = self.line_start as u32;
            match self.lexed.leading_tabs.last_mut() {
                Some(tabs) if tabs.line == line => tabs.excess = excess,
                _ => self.lexed.leading_tabs.push(LeadingTabs { line, excess }),
            }
        }
    }

    fn comment(&mut self, start: usize, mut end: usize) {
        let bytes = self.source.as_bytes();
        if bytes[end - 1] == b'\r' && bytes.get(end) == Some(&b'\n') {
            end -= 1;
        }
        if let Some(at) = self.source[start..end].find('\r') {
            self.carriage_returns.push((start + at) as u32);
        }
        self.lexed.comments.push(Comment { start: start as u32, end: end as u32, first: self.first });
    }

    /// After an opening quote.
    fn string(&mut self, delimiter: Delimiter, sink: &mut Sink) {
        let start = self.inner.span().start;
        let from = self.inner.span().end;
        let first_line_only = self.trust == Trust::Lines && from <= self.single_line_until[delimiter as usize];
        let limit = self.limit(from, first_line_only);
        let (end, stop) = scan(self.source.as_bytes(), from, limit, delimiter);
        let spans_lines = || self.source[start..end].contains('\n');
        if self.trust == Trust::Lines && delimiter != Delimiter::Triple {
            let broken = match stop {
                Stop::Unterminated => true,
                Stop::Closed => {
                    let next = self.source.as_bytes().get(end);
                    (!self.strings.is_empty() || next.is_some_and(|byte| is_word(*byte))) && spans_lines()
                }
                Stop::Interpolation => !self.strings.is_empty() && spans_lines(),
            };
            if broken {
                if !first_line_only {
                    self.single_line_until[delimiter as usize] = end;
                }
                return self.broken_string(delimiter, start, from, sink);
            }
        }
        match stop {
            Stop::Closed => self.literal(Kind::Str, start, end),
            Stop::Interpolation => self.interpolation(Kind::StrStart, delimiter, start, start, end),
            Stop::Unterminated => {
                self.balanced = false;
                sink.push(errors::unterminated_string(sink.span(start, from), delimiter.text()));
                self.literal(Kind::Error, start, end);
            }
        }
    }

    /// After the `)` that ends an interpolation.
    fn resume_string(&mut self, sink: &mut Sink) {
        let start = self.inner.span().start;
        let from = self.inner.span().end;
        let Some(open) = self.strings.pop() else { return };
        let nested = self.trust == Trust::Lines && !self.strings.is_empty();
        let first_line_only = nested || from <= self.single_line_until[open.delimiter as usize];
        let limit = self.limit(from, first_line_only);
        let (end, stop) = scan(self.source.as_bytes(), from, limit, open.delimiter);
        match stop {
            Stop::Closed => self.literal(Kind::StrEnd, start, end),
            Stop::Interpolation => self.interpolation(Kind::StrMiddle, open.delimiter, open.start, start, end),
            Stop::Unterminated => {
                self.balanced = false;
                self.single_line_until[open.delimiter as usize] = limit;
                let end = line_end(self.source.as_bytes(), from);
                let delimiter = open.delimiter.text();
                sink.push(errors::unterminated_string(sink.span(open.start, open.start + delimiter.len()), delimiter));
                self.literal(Kind::StrEnd, start, end);
            }
        }
    }

    fn literal(&mut self, kind: Kind, start: usize, end: usize) {
        self.push(kind, start, end);
        self.advance_over(start, end);
        self.inner.bump(end - self.inner.span().end);
    }

    /// A piece of the literal that begins at `opening`, up to and with a `\(`.
    fn interpolation(&mut self, kind: Kind, delimiter: Delimiter, opening: usize, start: usize, end: usize) {
        self.literal(kind, start, end);
        self.strings.push(OpenString { delimiter, start: opening, interpolation: end - 2, parens: 0 });
    }

    /// A literal that does not end where it should: it ends with its line.
    fn broken_string(&mut self, delimiter: Delimiter, start: usize, from: usize, sink: &mut Sink) {
        if let Some(open) = self.strings.last()
            && open.delimiter == delimiter
        {
            // `"a \(b"`: this quote was meant to end the outer literal.
            let at = sink.span(open.interpolation, open.interpolation + 2);
            sink.push(errors::unclosed_interpolation(at));
            self.strings.pop();
            self.balanced = false;
            // Before the end of the literal, so that brackets left open inside are not reported too.
            self.push(Kind::Error, start, start);
            return self.literal(Kind::StrEnd, start, from);
        }
        self.balanced = false;
        sink.push(errors::unterminated_string(sink.span(start, from), delimiter.text()));
        let end = line_end(self.source.as_bytes(), from);
        self.literal(Kind::Error, start, end);
    }

    fn close_interpolations(&mut self, sink: &mut Sink) {
        if let Some(open) = self.strings.last() {
            let at = sink.span(open.interpolation, open.interpolation + 2);
            sink.push(errors::unclosed_interpolation(at));
            // Says to the layout pass that this statement's mistake is known.
            let end = self.lexed.tokens.last().map_or(0, |token| token.end);
            self.lexed.tokens.push(Token { start: end, end, column: 1, kind: Kind::Error, first: false });
        }
        self.strings.clear();
        self.balanced = false;
    }

    /// Where a literal must have ended.
    fn limit(&mut self, from: usize, first_line_only: bool) -> usize {
        if self.trust == Trust::Quotes {
            return self.source.len();
        }
        let bytes = self.source.as_bytes();
        if first_line_only {
            return line_end(bytes, from);
        }
        while self.next_statement <= from {
            let mut line = from.max(self.next_statement);
            self.next_statement = loop {
                line = match line_end(bytes, line) {
                    end if end >= bytes.len() => break usize::MAX,
                    end => end + 1,
                };
                if starts_statement(bytes, line) {
                    break line;
                }
            };
        }
        self.next_statement.min(self.source.len())
    }

    fn unknown(&mut self, sink: &mut Sink) {
        let start = self.inner.span().start;
        let char = self.source[start..].chars().next().unwrap_or('\0');
        let mut end = start + char.len_utf8();
        if matches!(char, '“' | '”' | '‘' | '’' | '`') {
            let line = &self.source[end..line_end(self.source.as_bytes(), end)];
            let closing = match char {
                '“' | '”' => '”',
                '‘' | '’' => '’',
                other => other,
            };
            if let Some(at) = line.find(closing) {
                end += at + closing.len_utf8();
            }
            let inside = self.source[start..end].trim_matches(['“', '”', '‘', '’', '`']);
            sink.push(errors::typographic_quotes(sink.span(start, end), inside));
        } else {
            // One report for a run of them.
            while let Some(next) = self.source[end..].chars().next()
                && next == char
            {
                end += next.len_utf8();
            }
            let replacement = if char.is_whitespace() { " " } else { "" };
            sink.push(errors::unexpected_character(sink.span(start, end), char, replacement));
        }
        if char.is_whitespace() {
            self.advance_over(start, end);
            self.inner.bump(end - self.inner.span().end);
        } else {
            self.literal(Kind::Error, start, end);
        }
    }

    fn report_white_space(&mut self, sink: &mut Sink) {
        if !self.carriage_returns.is_empty() {
            sink.push(errors::carriage_returns(sink.places(), &self.carriage_returns));
        }
        if !self.tabs.is_empty() {
            let bytes = self.source.as_bytes();
            sink.push(errors::tabs(sink.places(), &self.tabs, |run| {
                matches!(bytes.get(run.end as usize), None | Some(b'\n' | b'\r'))
            }));
        }
    }
}

fn after_tab(column: i64) -> i64 {
    ((column - 1) / 8 + 1) * 8 + 1
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| from + at)
}

/// Reads the text of a literal from `from` to its closing quote, its next `\(`, or `limit`.
fn scan(bytes: &[u8], from: usize, limit: usize, delimiter: Delimiter) -> (usize, Stop) {
    let quote = if delimiter == Delimiter::Apostrophe { b'\'' } else { b'"' };
    let mut at = from;
    // Only white space since the literal's last line break: here a backslash is the margin.
    let mut blank = false;
    while at < limit {
        match bytes[at] {
            b'\n' => {
                blank = delimiter != Delimiter::Triple;
                at += 1;
                continue;
            }
            b' ' | b'\t' => {
                at += 1;
                continue;
            }
            b'\\' if blank => at += 1,
            b'\\' => match bytes.get(at + 1) {
                Some(b'(') if at + 1 < limit => return (at + 2, Stop::Interpolation),
                Some(b'\n') | None => at += 1,
                Some(_) => at += 2,
            },
            byte if byte == quote => {
                if delimiter != Delimiter::Triple {
                    return (at + 1, Stop::Closed);
                }
                if bytes[at..].starts_with(b"\"\"\"") {
                    return (at + 3, Stop::Closed);
                }
                at += 1;
            }
            _ => at += 1,
        }
        blank = false;
    }
    // An escape may have jumped past the limit, or into a character.
    let mut end = limit.min(bytes.len());
    while end < bytes.len() && bytes[end] & 0xc0 == 0x80 {
        end += 1;
    }
    (end, Stop::Unterminated)
}

/// Whether the line that begins at `at` can only be the beginning of a statement.
fn starts_statement(bytes: &[u8], at: usize) -> bool {
    let word = bytes[at..].iter().take_while(|byte| is_word(**byte) || **byte == b'-').count();
    let (word, rest) = bytes[at..].split_at(word);
    if word.is_empty() {
        return false;
    }
    match word {
        b"import" | b"export" | b"type" | b"fun" | b"validate" | b"operator" | b"composition" | b"let" => true,
        b"parameter" | b"output" | b"resource" | b"lookup" => {
            rest.first() == Some(&b' ') && rest.get(1).is_some_and(u8::is_ascii_alphabetic)
        }
        _ => word[0].is_ascii_lowercase() && rest.first() == Some(&b':'),
    }
}
