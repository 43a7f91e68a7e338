//! One statement's tokens → one statement, and what to make of it where the grammar does not go on.
//!
//! Guarantees: linear in the statement; no recursion (the parser's stack is a vector).

use lalrpop_util::ParseError;
use lw_diagnostics::Diagnostic;

use crate::ast::*;
use crate::builder::Builder;
use crate::documentation::Documentation;
use crate::errors::{self, Sink};
use crate::failure::Failure;
use crate::grammar::StatementParser;
use crate::layout::StatementTokens;
use crate::token::{Kind, Token};

/// After this many mistakes the rest of a statement is not worth guessing at.
const REPAIRS_MAX: usize = 16;
/// How many tokens to read again, in all, for the sake of one statement's further mistakes.
const REPAIR_TOKENS_MAX: usize = 500_000;

/// What every statement of a file shares.
pub struct Source<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    pub documentation: &'a Documentation<'a>,
    pub parser: &'a StatementParser,
}

/// Parses the statement that `part` cuts out of the source's tokens; its annotations named `language` go to `languages`. The
/// answer is `None` when nothing but those was there.
pub fn parse(
    source: &Source<'_>,
    builder: &mut Builder<'_>,
    part: StatementTokens,
    languages: &mut Vec<Name>,
    sink: &mut Sink,
) -> Option<Statement> {
    let tokens = &source.tokens[part.first..part.end];
    let start = tokens.first()?.start;
    let end = tokens.iter().rev().find(|token| !token.kind.is_virtual())?.end;
    let mut statement = Statement {
        start: sink.offset() + start,
        range: Range::new(0, end - start),
        tree: Tree::default(),
        kind: StatementKind::Error { name: None },
        annotations: Vec::new(),
        doc: source.documentation.above(start),
    };
    if part.broken {
        statement.kind = StatementKind::Error { name: defined_name(source.text, tokens) };
        return Some(statement);
    }
    if !parse_repairing(source, builder, tokens, start, sink) {
        statement.kind = StatementKind::Error { name: defined_name(source.text, tokens) };
        return Some(statement);
    }
    statement.tree = builder.take_tree();
    statement.annotations = std::mem::take(&mut builder.annotations);
    let kind = builder.kind.take();
    take_languages(&mut statement, languages);
    match kind {
        Some(kind) => statement.kind = kind,
        None if statement.annotations.is_empty() => return None,
        None => {
            let range = statement.annotations[0].range;
            sink.push(errors::annotation_of_nothing(
                sink.span((start + range.start) as usize, (start + range.end) as usize),
            ));
        }
    }
    if statement.doc.is_none()
        && let Some(last) = statement.annotations.last()
        && let Some(keyword) =
            tokens.iter().find(|token| !token.kind.is_virtual() && token.start - start >= last.range.end)
    {
        statement.doc = source.documentation.above(keyword.start);
    }
    Some(statement)
}

/// Parses; where that stops, reports the mistake, repairs the tokens and parses again, so that a statement shows all its
/// mistakes and keeps what is right in it. Answers whether a tree came of it.
fn parse_repairing(
    source: &Source<'_>,
    builder: &mut Builder<'_>,
    tokens: &[Token],
    start: u32,
    sink: &mut Sink,
) -> bool {
    let mut repaired: Option<Vec<Token>> = None;
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut budget = REPAIR_TOKENS_MAX;
    let parsed = loop {
        let tokens = repaired.as_deref().unwrap_or(tokens);
        builder.begin(start);
        let mut input = tokens.iter();
        let triples = input.by_ref().map(|token| (token.start - start, token.kind, token.end - start));
        let Err(error) = source.parser.parse(builder, triples) else {
            builder.finish();
            break true;
        };
        let (at, expected) = match &error {
            ParseError::UnrecognizedEof { expected, .. } => (tokens.len(), expected.as_slice()),
            ParseError::UnrecognizedToken { expected, .. } => (tokens.len() - input.len() - 1, expected.as_slice()),
            _ => (tokens.len() - input.len(), [].as_slice()),
        };
        let failure = Failure { source: source.text, tokens, at, expected };
        let repair = if tokens.get(at).is_some_and(|token| token.kind == Kind::Hole) {
            // No expression can stand there: the hole must be larger.
            failure.hole_around()
        } else if failure.follows_hole() {
            // What the hole swallowed is missed here.
            failure.hole()
        } else {
            let (diagnostic, repair) = failure.diagnose(sink.places());
            found.push(diagnostic);
            repair.or_else(|| failure.hole())
        };
        let Some(repair) =
            repair.filter(|_| found.len() < REPAIRS_MAX && tokens.len().max(REPAIR_TOKENS_MAX / 64) <= budget)
        else {
            break false;
        };
        // At least so much that widening holes comes to an end soon.
        budget -= tokens.len().max(REPAIR_TOKENS_MAX / 64);
        repaired = Some(repair.apply(tokens));
    };
    let own = if parsed { std::mem::take(&mut builder.diagnostics) } else { Vec::new() };
    found.into_iter().chain(own).for_each(|diagnostic| sink.push(diagnostic));
    parsed
}

/// Moves each `@language("…")` from the statement to the file.
fn take_languages(statement: &mut Statement, languages: &mut Vec<Name>) {
    let tree = &statement.tree;
    statement.annotations.retain(|annotation| {
        let text = match &annotation.arguments {
            AnnotationArguments::Positional(arguments) if annotation.name.name.as_str() == "language" => {
                match arguments.as_slice() {
                    [only] => match &tree[*only].kind {
                        ExprKind::String(parts) => parts.as_slice(),
                        _ => &[],
                    },
                    _ => &[],
                }
            }
            _ => &[],
        };
        match text {
            [StringPart::Text(text)] => {
                languages.push(Name::from(text));
                false
            }
            _ => true,
        }
    });
}

/// What a statement that does not parse would have defined, where its first line says so.
fn defined_name(text: &str, tokens: &[Token]) -> Option<Name> {
    let mut at = tokens.iter().position(|token| !matches!(token.kind, Kind::At | Kind::AtArguments))?;
    if at > 0 {
        // Annotations: the declaration begins on the last line that begins a line at the statement's own column.
        at = tokens.iter().rposition(|token| token.first && token.column == tokens[0].column)?;
    }
    let tokens = &tokens[at..];
    let name = |token: &Token| Some(Name::from(token.text(text)));
    match tokens.first()?.kind {
        Kind::Fun | Kind::Output => tokens.get(1).filter(|token| token.kind == Kind::Lower).and_then(name),
        Kind::Type | Kind::Resource => tokens[1..].iter().find(|token| token.kind == Kind::Upper).and_then(name),
        Kind::Import | Kind::Export | Kind::Validate | Kind::Operator | Kind::Composition | Kind::Test => None,
        _ => {
            let header = tokens.iter().take(64).take_while(|token| !token.kind.is_virtual());
            let header: Vec<&Token> = header.collect();
            let colon =
                header.iter().position(|token| matches!(token.kind, Kind::Colon | Kind::Equal | Kind::LeftParen))?;
            // `f(x)` defines nothing; `T f(T x)` is the old header.
            if colon < 2 && header[colon].kind == Kind::LeftParen {
                return None;
            }
            header[..colon].last().filter(|token| token.kind == Kind::Lower).and_then(|token| name(token))
        }
    }
}
