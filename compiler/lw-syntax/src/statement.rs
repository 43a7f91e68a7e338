//! One statement's tokens → one statement, and what to make of it where the grammar does not go on.
//!
//! Guarantees: linear in the statement; no recursion (the parser's stack is a vector); one syntax error at most.

use lalrpop_util::ParseError;
use lw_diagnostics::Diagnostic;

use crate::ast::*;
use crate::builder::Builder;
use crate::documentation::Documentation;
use crate::errors::{self, Sink};
use crate::failure::{Failure, Repair};
use crate::grammar::StatementParser;
use crate::layout::StatementTokens;
use crate::token::{Kind, Token};

/// After this many mistakes the rest of a statement is not worth guessing at.
const REPAIRS_MAX: usize = 8;

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

/// Parses, and where a mistake has one obvious repair, reports it, repairs the tokens and parses again.
fn parse_repairing(
    source: &Source<'_>,
    builder: &mut Builder<'_>,
    tokens: &[Token],
    start: u32,
    sink: &mut Sink,
) -> bool {
    let mut repaired: Vec<Token> = Vec::new();
    let mut found: Vec<Diagnostic> = Vec::new();
    loop {
        let tokens = if found.is_empty() { tokens } else { &repaired };
        builder.begin(start);
        let mut input = tokens.iter();
        let triples = input.by_ref().map(|token| (token.start - start, token.kind, token.end - start));
        let Err(error) = source.parser.parse(builder, triples) else {
            builder.finish();
            found.into_iter().chain(builder.diagnostics.drain(..)).for_each(|diagnostic| sink.push(diagnostic));
            return true;
        };
        let (at, expected) = match &error {
            ParseError::UnrecognizedEof { expected, .. } => (tokens.len(), expected.as_slice()),
            ParseError::UnrecognizedToken { expected, .. } => (tokens.len() - input.len() - 1, expected.as_slice()),
            _ => (tokens.len() - input.len(), [].as_slice()),
        };
        let (diagnostic, repair) = Failure { source: source.text, tokens, at, expected }.diagnose(sink.places());
        found.push(diagnostic);
        let repair = repair.filter(|_| found.len() < REPAIRS_MAX);
        let Some(repair) = repair else {
            found.into_iter().for_each(|diagnostic| sink.push(diagnostic));
            return false;
        };
        let mut next = tokens.to_vec();
        match repair {
            Repair::Insert(kind) => {
                let end = next[..at].last().map_or(start, |token| token.end);
                next.insert(at, Token { start: end, end, column: 0, kind, first: false });
            }
            Repair::Replace(kind) => next[at].kind = kind,
            Repair::Remove => {
                next.remove(at);
            }
        }
        repaired = next;
    }
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
