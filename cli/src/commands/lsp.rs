//! `lw lsp`: the language server, over standard input and output.

use std::sync::Arc;

use lw_diagnostics::Diagnostic;

use super::{Exit, Failure};
use crate::editor::Editor;

pub fn run() -> Result<Exit, Failure> {
    match lw_lsp::run(Arc::new(Editor::new())) {
        Ok(()) => Ok(Exit::Fine),
        Err(message) => {
            let diagnostic = Diagnostic::error("LW0598", format!("the editor cannot be served: {message}"))
                .help("`lw lsp` is started by an editor, which speaks the Language Server Protocol to it");
            Err(Failure::one(diagnostic, Exit::Runtime))
        }
    }
}
