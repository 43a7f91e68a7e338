//! What stands around the place at which the grammar stopped, and what would have fitted, in words.

use lw_diagnostics::Span;

use super::Failure;
use crate::errors::Places;
use crate::token::Kind;

/// The bracket, block or branch around the place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Around {
    Statement,
    Block { open: usize },
    Bracket { opener: usize },
}

impl Failure<'_> {
    pub(super) fn found(&self) -> Kind {
        self.kind(self.at)
    }

    pub(super) fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::EndOfFile, |token| token.kind)
    }

    pub(super) fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| {
            let text = token.text(self.source);
            // The first word or line of something long.
            let end = text.char_indices().nth(40).map_or(text.len(), |(end, _)| end);
            text[..end].lines().next().unwrap_or("")
        })
    }

    pub(super) fn span(&self, at: usize, places: Places) -> Span {
        match self.tokens.get(at).or(self.tokens.last()) {
            Some(token) => places.span(token.start as usize, token.end as usize),
            None => places.span(0, 0),
        }
    }

    /// The last token with a text before the place.
    pub(super) fn before(&self) -> usize {
        self.tokens[..self.at.min(self.tokens.len())]
            .iter()
            .rposition(|token| !token.kind.is_virtual() && token.end > token.start)
            .unwrap_or(0)
    }

    pub(super) fn after_opener(&self) -> bool {
        self.at > 0 && self.kind(self.at - 1).is_opener()
    }

    pub(super) fn expects(&self, terminal: &str) -> bool {
        // LALRPOP writes the names with their quotes.
        self.expected.iter().any(|name| name.trim_matches('"') == terminal)
    }

    pub(super) fn expects_operand(&self) -> bool {
        self.expects("if") && self.expects("case") && self.expects("float")
    }

    pub(super) fn starts_value(&self, kind: Kind) -> bool {
        matches!(
            kind.anywhere(),
            Kind::Lower
                | Kind::Upper
                | Kind::Int
                | Kind::Float
                | Kind::Duration
                | Kind::Size
                | Kind::Str
                | Kind::StrStart
                | Kind::LeftParen
                | Kind::LeftBracket
                | Kind::LeftBrace
                | Kind::Fun
                | Kind::Case
                | Kind::If
                | Kind::Bang
                | Kind::At
        )
    }

    pub(super) fn starts_item(&self, kind: Kind) -> bool {
        self.starts_value(kind) || matches!(kind, Kind::Open | Kind::Let | Kind::Underscore) || kind.is_name()
    }

    pub(super) fn starts_statement_or_value(&self, kind: Kind) -> bool {
        self.starts_value(kind) || kind == Kind::Let || kind.is_reserved()
    }

    pub(super) fn ends_value(&self, kind: Kind) -> bool {
        matches!(
            kind.anywhere(),
            Kind::Lower
                | Kind::Upper
                | Kind::Int
                | Kind::Float
                | Kind::Duration
                | Kind::Size
                | Kind::Str
                | Kind::StrEnd
        ) || kind.is_closer()
    }

    /// The last `let` of the block whose lines begin after `open`.
    pub(super) fn last_let(&self, open: usize) -> Option<usize> {
        let column = self.tokens.get(open + 1)?.column;
        (open + 1..self.at).rev().find(|at| self.kind(*at) == Kind::Let && self.tokens[*at].column == column)
    }

    /// `fun(x) -> x`: the arrow that was meant to begin the body.
    pub(super) fn lambda_arrow(&self) -> Option<usize> {
        let arrow = self.nearest_open(Kind::Arrow)?;
        let lambda = arrow > 0 && self.kind(arrow - 1) == Kind::RightParen && self.nearest_open(Kind::Fun).is_some();
        (lambda && self.expects(":") && self.kind(arrow + 1) != Kind::Upper).then_some(arrow)
    }

    /// The innermost bracket or block that is open at the place.
    pub(super) fn around(&self) -> Around {
        self.around_before(self.at)
    }

    pub(super) fn around_before(&self, before: usize) -> Around {
        let mut closed = 0usize;
        for at in (0..before.min(self.tokens.len())).rev() {
            let kind = self.tokens[at].kind.anywhere();
            if kind == Kind::Close || kind.is_closer() || matches!(kind, Kind::StrEnd | Kind::StrMiddle) {
                closed += 1;
            }
            let opens = kind == Kind::Open || kind.is_opener() || matches!(kind, Kind::StrStart | Kind::StrMiddle);
            if opens && closed > 0 {
                closed -= 1;
            } else if opens {
                return if kind == Kind::Open { Around::Block { open: at } } else { Around::Bracket { opener: at } };
            }
        }
        Around::Statement
    }

    /// `{key "value"}`, which reads as a call: the key of the item that ends at the place.
    pub(super) fn key_before_value(&self, opener: usize) -> Option<usize> {
        let key = (opener..self.at).rev().find(|at| *at == opener || self.kind(*at) == Kind::Comma)? + 1;
        let value = self.kind(key + 1).anywhere();
        let adjacent =
            key + 1 < self.at && matches!(value, Kind::Str | Kind::StrStart | Kind::LeftBrace | Kind::LeftBracket);
        (self.kind(opener).anywhere() == Kind::LeftBrace && self.kind(key) == Kind::Lower && adjacent).then_some(key)
    }

    /// The first token of the line of the block in which the place is.
    pub(super) fn line_start(&self) -> usize {
        let mut closed = 0usize;
        for at in (0..self.at.min(self.tokens.len())).rev() {
            match self.tokens[at].kind.anywhere() {
                Kind::Close | Kind::StrEnd => closed += 1,
                kind if kind.is_closer() => closed += 1,
                Kind::Open | Kind::Separator if closed == 0 => return at + 1,
                Kind::Open | Kind::StrStart => closed = closed.saturating_sub(1),
                kind if kind.is_opener() => closed = closed.saturating_sub(1),
                _ => {}
            }
        }
        0
    }

    /// How many brackets and blocks are open at the place.
    pub(super) fn depth(&self) -> usize {
        let mut depth = 0;
        let mut before = self.at;
        while let Around::Block { open: at } | Around::Bracket { opener: at } = self.around_before(before) {
            depth += 1;
            before = at;
        }
        depth
    }

    /// Where a line at this column was most likely meant to begin: with the innermost block that is not further right.
    pub(super) fn line_column(&self, column: u32) -> u32 {
        let mut innermost = None;
        let mut before = self.at;
        while let Around::Block { open } = self.around_before(before) {
            let begins = self.tokens.get(open + 1).map_or(1, |token| token.column);
            innermost.get_or_insert(begins);
            if begins < column && begins > 1 {
                return begins;
            }
            before = open;
        }
        innermost.unwrap_or(1)
    }

    /// The last token of a kind that stands in no bracket or block closed before the place.
    pub(super) fn nearest_open(&self, wanted: Kind) -> Option<usize> {
        let mut closed = 0usize;
        for at in (0..self.at.min(self.tokens.len())).rev() {
            let kind = self.tokens[at].kind.anywhere();
            if kind == Kind::Close || kind.is_closer() || matches!(kind, Kind::StrEnd | Kind::StrMiddle) {
                closed += 1;
            }
            if kind == Kind::Open || kind.is_opener() || matches!(kind, Kind::StrStart | Kind::StrMiddle) {
                closed = closed.saturating_sub(1);
            }
            if closed == 0 && kind == wanted {
                return Some(at);
            }
        }
        None
    }

    /// Whether the word that is missing here stands further on in the line.
    pub(super) fn word_follows(&self) -> bool {
        let rest = self.tokens[self.at.min(self.tokens.len())..].iter().take(32);
        rest.take_while(|token| !token.kind.is_virtual() && !token.first)
            .any(|token| matches!(token.kind, Kind::Then | Kind::Of | Kind::In | Kind::Arrow))
    }

    /// How many bytes of white space stand before this place on its line.
    pub(super) fn indentation(&self, start: u32) -> usize {
        self.source[..start as usize].bytes().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    pub(super) fn describe(&self, at: usize) -> String {
        match self.kind(at).anywhere() {
            Kind::Str | Kind::StrStart => "a string".to_owned(),
            Kind::StrMiddle | Kind::StrEnd => "the end of this expression".to_owned(),
            Kind::Open => "a block".to_owned(),
            _ => format!("`{}`", self.text(at)),
        }
    }

    /// What would fit, in words; `None` where that is no help.
    pub(super) fn expected_words(&self) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        let mut rest: Vec<&str> = self.expected.iter().map(|name| name.trim_matches('"')).collect();
        let mut take = |what: &str, needs: &[&str], covers: &[&str]| {
            if needs.iter().all(|name| rest.contains(name)) {
                rest.retain(|name| !covers.contains(name));
                words.push(what.to_owned());
            }
        };
        const SIGNS: &[&str] = &["operator sign", "-", "<", ">", "!"];
        const OPERAND: &[&str] = &[
            "name",
            "Name",
            "int",
            "float",
            "duration",
            "size",
            "string",
            "nl string",
            "string start",
            "nl string start",
            "(",
            "nl (",
            "[",
            "nl [",
            "{",
            "nl {",
            "if",
            "case",
            "fun",
            "!",
            "-",
            "@",
            "@(",
            "let",
            "open",
        ];
        const TYPE: &[&str] = &["name", "Name", "(", "nl (", "{", "nl {", "fun", "string", "nl string"];
        const PATTERN: &[&str] =
            &["name", "Name", "_", "int", "float", "string", "nl string", "-", "(", "nl (", "[", "nl [", "{", "nl {"];
        const STATEMENT: &[&str] = &[
            "composition",
            "import",
            "export",
            "type",
            "operator",
            "fun",
            "validate",
            "parameter",
            "lookup",
            "defaults",
            "output",
            "test",
            "resource",
            "name",
            "Name",
            "(",
            "nl (",
            "{",
            "nl {",
            "@",
            "@(",
        ];
        take("a statement", &["import", "validate", "type"], STATEMENT);
        take("a value", &["if", "case", "float"], OPERAND);
        take("a pattern", &["_", "name", "int"], PATTERN);
        take("a type", &["fun", "Name", "name"], TYPE);
        take("a type", &["fun", "Name"], TYPE);
        take("an operator", &["operator sign", "<"], SIGNS);
        if words.iter().any(|word| word == "an operator") {
            // After a value, its arguments and fields are always possible and never news.
            rest.retain(|name| !matches!(*name, "(" | "[" | "{" | "string" | "string start" | "." | "with"));
        }
        for name in rest {
            let word = match name {
                "name" => "a name".to_owned(),
                "Name" => "an upper-case name".to_owned(),
                "int" => "a number".to_owned(),
                "string" | "string start" => "a string".to_owned(),
                "separator" | "close" => "the end of the line".to_owned(),
                "string end" | "string middle" => "`)`".to_owned(),
                "operator sign" => "an operator".to_owned(),
                "dotted operator" => "a dotted operator".to_owned(),
                "@(" | "open" | "!" | "hole" => continue,
                name if name.starts_with("nl ") => continue,
                name => format!("`{name}`"),
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let last = words.pop()?;
        match words.len() {
            0 => Some(last),
            1..5 => Some(format!("{} or {last}", words.join(", "))),
            _ => None,
        }
    }
}
