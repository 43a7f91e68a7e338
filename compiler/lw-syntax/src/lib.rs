//! Lexer → layout → grammar → syntax tree, and the printer that goes back.
//!
//! The pipeline is [`parse`]: [`lexer::lex`] finds tokens and comments, [`layout::lay_out`] marks blocks by columns and cuts the
//! file into statements, [`statement::parse`] makes each a tree of its own. None of them fails: each returns what it could
//! make, and what is wrong goes to one [`errors::Sink`]. A broken statement costs only itself.
//! Deliberately absent: names, types, fixities (the checker's), and reading files.

pub mod ast;
mod builder;
mod documentation;
mod errors;
mod failure;
mod layout;
mod lexer;
mod literal;
mod statement;
mod token;

pub use ast::Name;
use lw_diagnostics::{Diagnostic, FileId};

#[allow(clippy::all, unused_imports, unused_parens, elided_lifetimes_in_paths)]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/grammar.rs"));
}

/// How deep expressions, types, patterns and brackets may nest.
pub const DEPTH_MAX: u16 = 512;

/// A file's tree and everything that was wrong with its text.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    pub file: ast::File,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a whole file; never fails.
pub fn parse(file: FileId, source: &str) -> Parsed {
    parse_at(file, source, 0)
}

/// Parses the text of one or more top-level statements that start at byte `offset` of `file`.
pub fn parse_at(file: FileId, source: &str, offset: u32) -> Parsed {
    let mut sink = errors::Sink::new(file, offset);
    let lexed = lexer::lex(source, &mut sink);
    let laid = layout::lay_out(source, &lexed, &mut sink);
    let documentation = documentation::Documentation::new(source, &lexed.comments);
    let parser = PARSER.with(std::rc::Rc::clone);
    let shared =
        statement::Source { text: source, tokens: &laid.tokens, documentation: &documentation, parser: &parser };
    let mut file = ast::File::default();
    for part in laid.statements {
        file.statements.extend(statement::parse(&shared, part, &mut file.languages, &mut sink));
    }
    file.doc = documentation.of_file(&mut file.statements, offset);
    Parsed { file, diagnostics: sink.into_diagnostics() }
}

thread_local! {
    static PARSER: std::rc::Rc<grammar::StatementParser> = std::rc::Rc::new(grammar::StatementParser::new());
}
