//! Diagnostics and verdicts as JSON: the shape that `lw check --json` prints and that scripts read.
//!
//! Lines and columns count from 1, columns in Unicode scalars; what is not known is `null`. The offsets of a fix are bytes from
//! the start of the file.

use lw_diagnostics::{Diagnostic, Files, Span};
use serde::Serialize;

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticJson {
    pub code: String,
    pub severity: &'static str,
    pub message: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub end_line: Option<u32>,
    pub end_column: Option<u32>,
    pub help: Option<String>,
    pub fix: Vec<EditJson>,
    pub policy: Option<String>,
    pub path: Option<String>,
}

/// One replacement of source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EditJson {
    pub file: String,
    /// Byte offset of the first byte that is replaced.
    pub start: u32,
    /// Byte offset after the last one.
    pub end: u32,
    pub text: String,
}

impl DiagnosticJson {
    pub fn of(diagnostic: &Diagnostic, files: &Files) -> DiagnosticJson {
        let place = diagnostic.primary.as_ref().map(|label| Place::of(label.span, files));
        DiagnosticJson {
            code: diagnostic.code.to_string(),
            severity: diagnostic.severity.as_str(),
            message: diagnostic.message.clone(),
            file: place.as_ref().map(|place| place.file.clone()),
            line: place.as_ref().map(|place| place.line),
            column: place.as_ref().map(|place| place.column),
            end_line: place.as_ref().map(|place| place.end_line),
            end_column: place.as_ref().map(|place| place.end_column),
            help: diagnostic.help.clone(),
            fix: diagnostic
                .edits
                .iter()
                .map(|edit| EditJson {
                    file: files.name(edit.span.file).to_string(),
                    start: edit.span.start,
                    end: edit.span.end,
                    text: edit.text.clone(),
                })
                .collect(),
            policy: diagnostic.policy.clone(),
            path: diagnostic.path.clone(),
        }
    }
}

/// A span as people count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Place {
    pub fn of(span: Span, files: &Files) -> Place {
        let start = files.position(span.file, span.start);
        let end = files.position(span.file, span.end);
        Place {
            file: files.name(span.file).to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}
