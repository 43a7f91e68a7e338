//! Where the grammar does not go on: from what the parser expected to a sentence.

use lw_diagnostics::Diagnostic;

use super::Sink;
use crate::token::Token;

pub fn unexpected(source: &str, tokens: &[Token], at: usize, expected: &[String], sink: &Sink) -> Diagnostic {
    let token = tokens.get(at).or(tokens.last());
    let (start, end) = token.map_or((0, 0), |token| (token.start as usize, token.end as usize));
    Diagnostic::error("LW0120", format!("`{}` does not fit here {expected:?}", &source[start..end]))
        .at(sink.span(start, end), "unexpected")
}
