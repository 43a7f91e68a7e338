//! What the lexer and the layout pass hand to the grammar: kinds without text, and where they lie.
//!
//! The one idea: a token is sixteen bytes and borrows nothing; its text is a slice of the source. Deliberately absent:
//! comments (they do not exist for the grammar; [`crate::lexer::Comment`] keeps them for doc comments and the printer).

use logos::Logos;

/// Every kind of token: what the lexer finds, what it needs on the way, and what the layout pass adds.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[logos(skip r"[ \f]+")]
#[rustfmt::skip]
pub enum Kind {
    #[regex(r"[a-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*")] Lower,
    #[regex(r"[A-Z][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*")] Upper,
    #[token("_", priority = 10)] Underscore,

    #[token("composition")] Composition,
    #[token("validate")] Validate,
    #[token("import")] Import,
    #[token("export")] Export,
    #[token("type")] Type,
    #[token("fun")] Fun,
    #[token("as")] As,
    #[token("with")] With,
    #[token("operator")] Operator,
    #[token("let")] Let,
    #[token("case")] Case,
    #[token("of")] Of,
    #[token("if")] If,
    #[token("then")] Then,
    #[token("elif")] Elif,
    #[token("else")] Else,
    #[token("for")] For,
    #[token("in")] In,
    #[token("module")] Module,

    // Keywords only where a statement, an import or an operator's fixity says so; names everywhere else.
    #[token("parameter")] Parameter,
    #[token("lookup")] Lookup,
    #[token("defaults")] Defaults,
    #[token("deployment")] Deployment,
    #[token("output")] Output,
    #[token("test")] Test,
    #[token("resource")] Resource,
    #[token("opaque")] Opaque,
    #[token("where")] Where,
    #[token("infixl")] InfixLeft,
    #[token("infixr")] InfixRight,
    #[token("prefix")] Prefix,

    #[regex(r"[0-9][0-9_]*")] Int,
    #[regex(r"[0-9][0-9_]*\.[0-9][0-9_]*")] Float,
    #[regex(r"[0-9][0-9_]*(ms|s|m|h|d)", priority = 10)] Duration,
    #[regex(r"[0-9][0-9_]*(KiB|MiB|GiB|TiB)", priority = 10)] Size,
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?[A-Za-z][A-Za-z0-9_]*", priority = 3)] BadNumber,

    /// A whole literal without interpolation, quotes included.
    Str,
    /// From the opening quote to the first `\(`.
    StrStart,
    /// From `)` to the next `\(`.
    StrMiddle,
    /// From `)` to the closing quote.
    StrEnd,

    // A `>` before a `>` is a token of its own, so no operator begins with `>>`.
    #[regex(r"[!$%&*+\-/<=?^|~][!$%&*+\-./<=>?^|~]*", priority = 1)]
    #[regex(r">[!$%&*+\-./<=?^|~][!$%&*+\-./<=>?^|~]*", priority = 1)]
    Op,
    #[regex(r"\.[!$%&*+\-/<=>?^|~][!$%&*+\-./<=>?^|~]*")] DotOp,
    #[token("->", priority = 10)] Arrow,
    #[token("|", priority = 10)] Bar,
    #[token("=", priority = 10)] Equal,
    #[token("<", priority = 10)] Less,
    #[token(">", priority = 10)] Greater,
    #[token("!", priority = 10)] Bang,
    #[token("-", priority = 10)] Minus,
    #[token(".")] Dot,
    #[token(",")] Comma,
    #[token(":")] Colon,
    #[token(";")] Semicolon,
    /// An annotation without a bracket on its line.
    #[token("@")] At,
    /// An annotation with one.
    AtArguments,
    #[token("(")] LeftParen,
    #[token(")")] RightParen,
    #[token("[")] LeftBracket,
    #[token("]")] RightBracket,
    #[token("{")] LeftBrace,
    #[token("}")] RightBrace,

    // The same, first on their line: never an argument of what stands before.
    LineParen,
    LineBracket,
    LineBrace,
    LineStr,
    LineStrStart,

    /// Begins a block.
    Open,
    /// Between two lines of a block.
    Separator,
    /// Ends a block.
    Close,
    /// What the lexer has already reported.
    Error,
    /// Stands for an expression that could not be read; what was wrong with it has been reported.
    Hole,
    EndOfFile,

    // Only inside the lexer.
    #[token("\n")] Newline,
    #[regex(r"\t+")] Tab,
    #[token("\r")] CarriageReturn,
    #[regex(r"#[^\n]*", allow_greedy = true)] Comment,
    #[token("\"")] Quote,
    #[token("'")] Apostrophe,
    #[token("\"\"\"")] TripleQuote,
    #[regex(r".", priority = 0)] Unknown,
}

impl Kind {
    /// A word that no statement, expression or pattern may use as a name.
    pub fn is_reserved(self) -> bool {
        (Kind::Composition..=Kind::Module).contains(&self)
    }

    /// A lower-case name, or a word that is one wherever no statement begins with it.
    pub fn is_name(self) -> bool {
        self == Kind::Lower || (Kind::Parameter..=Kind::Prefix).contains(&self)
    }

    /// What the layout pass adds; it has no text.
    pub fn is_virtual(self) -> bool {
        matches!(self, Kind::Open | Kind::Separator | Kind::Close | Kind::EndOfFile)
    }

    pub fn is_operator(self) -> bool {
        matches!(self, Kind::Op | Kind::Minus | Kind::Less | Kind::Greater | Kind::Bang)
    }

    /// Opens a bracket, at the start of a line or not.
    pub fn is_opener(self) -> bool {
        matches!(
            self,
            Kind::LeftParen
                | Kind::LeftBracket
                | Kind::LeftBrace
                | Kind::LineParen
                | Kind::LineBracket
                | Kind::LineBrace
        )
    }

    pub fn is_closer(self) -> bool {
        matches!(self, Kind::RightParen | Kind::RightBracket | Kind::RightBrace)
    }

    /// The bracket that ends what this one opens.
    pub fn closer(self) -> Kind {
        match self {
            Kind::LeftBracket | Kind::LineBracket => Kind::RightBracket,
            Kind::LeftBrace | Kind::LineBrace => Kind::RightBrace,
            Kind::StrStart | Kind::LineStrStart | Kind::StrMiddle => Kind::StrEnd,
            _ => Kind::RightParen,
        }
    }

    /// The same token where it is the first of its line.
    pub fn on_new_line(self) -> Kind {
        match self {
            Kind::LeftParen => Kind::LineParen,
            Kind::LeftBracket => Kind::LineBracket,
            Kind::LeftBrace => Kind::LineBrace,
            Kind::Str => Kind::LineStr,
            Kind::StrStart => Kind::LineStrStart,
            other => other,
        }
    }

    /// The same token wherever it stands in its line.
    pub fn anywhere(self) -> Kind {
        match self {
            Kind::LineParen => Kind::LeftParen,
            Kind::LineBracket => Kind::LeftBracket,
            Kind::LineBrace => Kind::LeftBrace,
            Kind::LineStr => Kind::Str,
            Kind::LineStrStart => Kind::StrStart,
            Kind::AtArguments => Kind::At,
            other => other,
        }
    }
}

/// A token and where it lies in its source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub start: u32,
    pub end: u32,
    /// From 1; a tab goes on to the next 8n+1.
    pub column: u32,
    pub kind: Kind,
    /// Nothing but white space stands before it on its line.
    pub first: bool,
}

impl Token {
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.start as usize..self.end as usize]
    }
}
