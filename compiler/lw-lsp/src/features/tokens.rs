//! Semantic tokens: colours by what a name means.

use std::collections::BTreeMap;

use lsp_types::*;
use lw_check::{Symbol, SymbolKind};
use lw_syntax::{Lexeme, LexemeKind, lexemes};

use crate::documents::path_of;
use crate::positions::{Encoding, Text};
use crate::workspace::Workspace;

/// The protocol's names, in the order of [`Colour`].
const COLOURS: [SemanticTokenType; 16] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::COMMENT,
    SemanticTokenType::STRING,
    SemanticTokenType::NUMBER,
    SemanticTokenType::OPERATOR,
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::TYPE,
    SemanticTokenType::CLASS,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::DECORATOR,
    SemanticTokenType::EVENT,
    SemanticTokenType::METHOD,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colour {
    Keyword,
    Comment,
    String,
    Number,
    Operator,
    Namespace,
    Type,
    ResourceType,
    Constructor,
    Function,
    Variable,
    Parameter,
    Property,
    Decorator,
    Output,
    Test,
}

/// Bits of the second list of the legend.
const DECLARATION: u32 = 1;
const DEFAULT_LIBRARY: u32 = 2;
const READONLY: u32 = 4;

pub fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: COLOURS.to_vec(),
        token_modifiers: vec![
            SemanticTokenModifier::DECLARATION,
            SemanticTokenModifier::DEFAULT_LIBRARY,
            SemanticTokenModifier::READONLY,
        ],
    }
}

pub fn full(workspace: &mut Workspace, params: &SemanticTokensParams) -> Option<SemanticTokens> {
    tokens(workspace, &params.text_document.uri, None)
}

pub fn range(workspace: &mut Workspace, params: &SemanticTokensRangeParams) -> Option<SemanticTokens> {
    tokens(workspace, &params.text_document.uri, Some(params.range))
}

fn tokens(workspace: &mut Workspace, uri: &Uri, range: Option<Range>) -> Option<SemanticTokens> {
    let place = workspace.place(&path_of(uri))?;
    let (session, file, text) = (place.session, place.file, place.text);
    let encoding = place.encoding;
    let (from, to) = match range {
        Some(range) => (text.offset(range.start, encoding), text.offset(range.end, encoding)),
        None => (0, text.text.len() as u32),
    };
    let statements = session.statements(file);
    let mut meanings: BTreeMap<(u32, u32), (Colour, u32)> = BTreeMap::new();
    for (number, statement) in statements.iter().enumerate() {
        if statement.start > to || statement.start + statement.range.end < from {
            continue;
        }
        for (span, symbol) in session.symbols(file, number as u32) {
            let colour = colour(session.kind(symbol));
            let home = session.definition(symbol);
            let mut bits = 0;
            if home == Some(span) {
                bits |= DECLARATION;
            }
            if home.is_some_and(|home| session.is_library(home.file)) {
                bits |= DEFAULT_LIBRARY;
            }
            if matches!(symbol, Symbol::Value(_)) && colour == Colour::Parameter {
                bits |= READONLY;
            }
            let kept = meanings.entry((span.start, span.end)).or_insert((colour, bits));
            // A name that is a field and binds a local is shown as what it binds.
            if kept.0 == Colour::Property && colour == Colour::Variable {
                *kept = (colour, bits);
            }
        }
    }
    let lexemes = lexemes(&text.text);
    let mut data = Vec::new();
    let mut last = Position::default();
    for (at, lexeme) in lexemes.iter().enumerate() {
        if lexeme.end <= from || lexeme.start >= to {
            continue;
        }
        let Some((colour, bits)) = look_up(&meanings, lexeme, &lexemes, at) else { continue };
        push(&mut data, &mut last, &text, lexeme, colour, bits, encoding);
    }
    Some(SemanticTokens { result_id: None, data })
}

/// What a token is, by its meaning where it is a name.
fn look_up(
    meanings: &BTreeMap<(u32, u32), (Colour, u32)>,
    lexeme: &Lexeme,
    lexemes: &[Lexeme],
    at: usize,
) -> Option<(Colour, u32)> {
    let before = at.checked_sub(1).map(|at| lexemes[at].kind);
    let next = lexemes.get(at + 1).map(|next| next.kind);
    Some(match lexeme.kind {
        LexemeKind::Keyword => (Colour::Keyword, 0),
        LexemeKind::Comment => (Colour::Comment, 0),
        LexemeKind::String | LexemeKind::StringEnd => (Colour::String, 0),
        LexemeKind::Number => (Colour::Number, 0),
        LexemeKind::Operator => (Colour::Operator, 0),
        LexemeKind::Annotation => (Colour::Decorator, 0),
        LexemeKind::Lower if before == Some(LexemeKind::Annotation) => (Colour::Decorator, 0),
        LexemeKind::Lower | LexemeKind::Upper => {
            if let Some(known) = meanings.get(&(lexeme.start, lexeme.end)) {
                return Some(*known);
            }
            // A word of a module's dotted name.
            let around = meanings.range(..=(lexeme.start, u32::MAX)).next_back();
            match around {
                Some(((_, end), known)) if *end >= lexeme.end && known.0 == Colour::Namespace => *known,
                _ if lexeme.kind == LexemeKind::Upper => (Colour::Type, 0),
                _ if next == Some(LexemeKind::Colon) => (Colour::Property, 0),
                _ => (Colour::Variable, 0),
            }
        }
        _ => return None,
    })
}

/// A token for each line that it has a part on, relative to the one before.
fn push(
    data: &mut Vec<SemanticToken>,
    last: &mut Position,
    text: &Text,
    lexeme: &Lexeme,
    colour: Colour,
    bits: u32,
    encoding: Encoding,
) {
    let (first_line, last_line) = (text.line_of(lexeme.start), text.line_of(lexeme.end.max(1) - 1));
    for line in first_line..=last_line {
        let start = text.line_start(line).max(lexeme.start);
        let line_end = if line == last_line { lexeme.end } else { text.line_start(line + 1) - 1 };
        let from = text.position(start, encoding);
        let to = text.position(line_end.max(start), encoding);
        if to.character <= from.character || to.line != from.line {
            continue;
        }
        data.push(SemanticToken {
            delta_line: from.line - last.line,
            delta_start: if from.line == last.line { from.character - last.character } else { from.character },
            length: to.character - from.character,
            token_type: colour as u32,
            token_modifiers_bitset: bits,
        });
        *last = from;
    }
}

fn colour(kind: SymbolKind) -> Colour {
    match kind {
        SymbolKind::Binding | SymbolKind::Resource | SymbolKind::Local => Colour::Variable,
        SymbolKind::Function => Colour::Function,
        SymbolKind::Operator => Colour::Operator,
        SymbolKind::Parameter => Colour::Parameter,
        SymbolKind::Output => Colour::Output,
        SymbolKind::Test => Colour::Test,
        SymbolKind::Type => Colour::Type,
        SymbolKind::ResourceType => Colour::ResourceType,
        SymbolKind::Constructor => Colour::Constructor,
        SymbolKind::Field => Colour::Property,
        SymbolKind::Module => Colour::Namespace,
    }
}
