//! Pieces of source text with what is known of their values.
//!
//! The one idea: the layout is the formatter's work. What is written here breaks a line only where a reader wants one: after the
//! bracket of a record that is long, and around comments.

/// What an expression gives, as far as a template tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Int,
    Float,
    Bool,
    /// `Secret<String>`
    Secret,
    /// `List<String>`
    Texts,
    /// A value of any shape.
    Document,
}

/// How tightly an expression holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Atom,
    Operator,
    /// `if`: everything to its right is its own.
    Open,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Code {
    /// A text literal, with expressions between.
    Text(Vec<Piece>),
    Plain {
        text: String,
        kind: Kind,
        level: Level,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Code(String),
}

impl Code {
    pub fn atom(kind: Kind, text: impl Into<String>) -> Code {
        Code::Plain { text: text.into(), kind, level: Level::Atom }
    }

    pub fn literal(text: impl Into<String>) -> Code {
        Code::Text(vec![Piece::Text(text.into())])
    }

    pub fn kind(&self) -> Kind {
        match self {
            Code::Text(_) => Kind::Text,
            Code::Plain { kind, .. } => *kind,
        }
    }

    /// The text of a literal without expressions.
    pub fn as_literal(&self) -> Option<&str> {
        match self {
            Code::Text(pieces) => match pieces.as_slice() {
                [] => Some(""),
                [Piece::Text(text)] => Some(text),
                _ => None,
            },
            Code::Plain { .. } => None,
        }
    }

    pub fn written(&self) -> String {
        match self {
            Code::Text(pieces) => quoted(pieces),
            Code::Plain { text, .. } => text.clone(),
        }
    }

    /// Beside an operator, or before a dot.
    pub fn operand(&self) -> String {
        match self {
            Code::Plain { text, level: Level::Operator | Level::Open, .. } => format!("({text})"),
            code => code.written(),
        }
    }

    /// As parts of a longer text; what is no text is written as `print` would.
    pub fn pieces(self) -> Vec<Piece> {
        match self {
            Code::Text(pieces) => pieces,
            Code::Plain { text, kind: Kind::Bool, .. } => {
                vec![Piece::Code(format!("if {text} then \"true\" else \"false\""))]
            }
            Code::Plain { text, kind: Kind::Texts, .. } => vec![Piece::Code(format!("String.join(\",\", {text})"))],
            Code::Plain { text, kind: Kind::Document, .. } => vec![Piece::Code(format!("Json.asText({text})"))],
            Code::Plain { text, .. } => vec![Piece::Code(text)],
        }
    }

    /// Parts one after the other as one text.
    pub fn concatenated(parts: impl IntoIterator<Item = Code>) -> Code {
        let mut parts: Vec<Code> = parts.into_iter().filter(|part| part.as_literal() != Some("")).collect();
        if let [Code::Plain { .. }] = parts.as_slice() {
            return parts.remove(0).into_text();
        }
        let mut pieces: Vec<Piece> = Vec::new();
        for piece in parts.into_iter().flat_map(Code::pieces) {
            match (pieces.last_mut(), piece) {
                (_, Piece::Text(text)) if text.is_empty() => {}
                (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
                (_, piece) => pieces.push(piece),
            }
        }
        Code::Text(pieces)
    }

    /// As text.
    pub fn into_text(self) -> Code {
        match self {
            Code::Text(pieces) => Code::Text(pieces),
            // A text by its name needs no quotes around it.
            Code::Plain { kind: Kind::Text, .. } => self,
            Code::Plain { text, kind: Kind::Bool, .. } => Code::Plain {
                text: format!("if {text} then \"true\" else \"false\""),
                kind: Kind::Text,
                level: Level::Open,
            },
            Code::Plain { text, kind: Kind::Texts, .. } => {
                Code::atom(Kind::Text, format!("String.join(\",\", {text})"))
            }
            Code::Plain { text, kind: Kind::Document, .. } => Code::atom(Kind::Text, format!("Json.asText({text})")),
            Code::Plain { text, .. } => Code::Text(vec![Piece::Code(text)]),
        }
    }
}

/// `if condition then value else otherwise`; a branch that gives nothing is `None`.
pub(crate) fn choice(condition: &Code, then: Option<Code>, otherwise: Option<Code>, nothing: &str) -> Code {
    let kind = then.as_ref().or(otherwise.as_ref()).map_or(Kind::Document, Code::kind);
    let branch = |code: &Option<Code>| code.as_ref().map_or_else(|| nothing.to_string(), Code::written);
    let (then, otherwise) = (branch(&then), branch(&otherwise));
    // `else if` reads on.
    let text = format!("if {} then {then} else {otherwise}", condition.written());
    Code::Plain { text, kind, level: Level::Open }
}

/// Entries in brackets, each with its comments; over several lines where they are many or long.
pub(crate) struct Entries {
    open: char,
    close: char,
    entries: Vec<(Vec<String>, String, Option<String>)>,
}

/// What fits into a line among others.
const SHORT_MAX: usize = 72;

impl Entries {
    pub fn new(open: char, close: char) -> Entries {
        Entries { open, close, entries: Vec::new() }
    }

    pub fn push(&mut self, above: Vec<String>, text: String, beside: Option<String>) {
        self.entries.push((above, text, beside));
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn written(&self, breaks: bool) -> String {
        let Entries { open, close, entries } = self;
        let length: usize = entries.iter().map(|(_, text, _)| text.len() + 2).sum();
        let has_comments = entries.iter().any(|(above, _, beside)| !above.is_empty() || beside.is_some());
        let has_lines = entries.iter().any(|(_, text, _)| text.contains('\n'));
        if !breaks && !has_comments && (length <= SHORT_MAX || entries.len() == 1 && has_lines) {
            let texts: Vec<&str> = entries.iter().map(|(_, text, _)| text.as_str()).collect();
            return format!("{open}{}{close}", texts.join(", "));
        }
        if entries.is_empty() {
            return format!("{open}{close}");
        }
        let mut out = format!("{open}\n");
        for (above, text, beside) in entries {
            for line in above {
                out.push_str(format!("  # {line}").trim_end());
                out.push('\n');
            }
            for (number, line) in text.split('\n').enumerate() {
                // Lines of a text that are empty stay so.
                out.push_str(if number > 0 { "\n" } else { "" });
                out.push_str(if line.is_empty() { "" } else { "  " });
                out.push_str(line);
            }
            out.push(',');
            if let Some(beside) = beside {
                out.push_str(&format!("  # {beside}"));
            }
            out.push('\n');
        }
        out.push(*close);
        out
    }
}

/// A text literal in quotes; one of several lines as a block.
fn quoted(pieces: &[Piece]) -> String {
    let breaks: usize = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.matches('\n').count(),
            Piece::Code(_) => 0,
        })
        .sum();
    if breaks > 1 && !pieces.iter().any(|piece| matches!(piece, Piece::Code(code) if code.contains('\n'))) {
        return block(pieces);
    }
    let mut out = String::from("\"");
    for piece in pieces {
        match piece {
            Piece::Text(text) => escape(text, false, &mut out),
            Piece::Code(code) => out.push_str(&format!("\\({code})")),
        }
    }
    out.push('"');
    out
}

const MARGIN: &str = "    ";

fn block(pieces: &[Piece]) -> String {
    let mut inner = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => escape(text, true, &mut inner),
            Piece::Code(code) => inner.push_str(&format!("\\({code})")),
        }
    }
    let mut out = String::from("\"\"\"\n");
    for line in inner.split('\n') {
        // White space at an end is kept by an escape, so that no editor takes it away.
        let kept = line.trim_end_matches(' ');
        let spaces = line.len() - kept.len();
        if !line.is_empty() {
            out.push_str(MARGIN);
            out.push_str(kept);
            out.push_str(&"\\u{20}".repeat(spaces));
        }
        out.push('\n');
    }
    out.push_str(MARGIN);
    out.push_str("\"\"\"");
    out
}

fn escape(text: &str, is_block: bool, out: &mut String) {
    let mut quotes = 0;
    for character in text.chars() {
        quotes = if character == '"' { quotes + 1 } else { 0 };
        match character {
            '\\' => out.push_str("\\\\"),
            // Three in a row would end a block.
            '"' if is_block && quotes < 3 => out.push('"'),
            '"' => {
                quotes = 0;
                out.push_str("\\\"");
            }
            '\n' if is_block => out.push('\n'),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            control if control.is_control() => out.push_str(&format!("\\u{{{:x}}}", control as u32)),
            character => out.push(character),
        }
    }
}
