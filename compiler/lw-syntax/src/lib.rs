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
mod lexemes;
mod lexer;
mod literal;
mod name;
mod printer;
mod statement;
mod token;

use std::rc::Rc;

pub use ast::Name;
pub use lexemes::{Lexeme, LexemeKind, lexemes};
use lw_diagnostics::{Diagnostic, FileId};
pub use printer::{Formatted, format};

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
    let pipeline = Pipeline::run(file, source, offset);
    Parsed { file: pipeline.file, diagnostics: pipeline.sink.into_diagnostics() }
}

/// What each step made of a text.
struct Pipeline {
    lexed: lexer::Lexed,
    laid: layout::Laid,
    file: ast::File,
    sink: errors::Sink,
}

impl Pipeline {
    fn run(file: FileId, source: &str, offset: u32) -> Pipeline {
        let mut sink = errors::Sink::new(file, offset);
        let lexed = lexer::lex(source, &mut sink);
        let laid = layout::lay_out(source, &lexed, &mut sink);
        let documentation = documentation::Documentation::new(source, &lexed.comments);
        let parser = PARSER.with(Rc::clone);
        let shared =
            statement::Source { text: source, tokens: &laid.tokens, documentation: &documentation, parser: &parser };
        let mut builder = builder::Builder::new(source, &documentation, sink.places());
        let mut file = ast::File::default();
        file.statements.reserve_exact(laid.statements.len());
        for part in &laid.statements {
            file.statements.extend(statement::parse(&shared, &mut builder, *part, &mut file.languages, &mut sink));
        }
        file.doc = documentation.of_file(&laid, &mut file.statements, offset);
        Pipeline { lexed, laid, file, sink }
    }
}

thread_local! {
    /// Its tables are static; this saves building the little it has of its own.
    static PARSER: Rc<grammar::StatementParser> = Rc::new(grammar::StatementParser::new());
}
