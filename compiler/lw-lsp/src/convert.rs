//! From the compiler's values to the protocol's.

use std::path::PathBuf;

use lsp_types::{
    DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString, TextEdit, Uri,
};
use lw_diagnostics::{Diagnostic, Edit, FileId, Files, Severity, Span};

use crate::Host;
use crate::documents::uri_of;
use crate::positions::{Encoding, Text};

/// Codes that an old spelling has.
const DEPRECATED: [&str; 5] = ["LW0160", "LW0161", "LW0162", "LW0163", "LW0164"];

/// A diagnostic as an editor gets it, and the edits that fix it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub diagnostic: lsp_types::Diagnostic,
    pub fix: Option<Fix>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<(PathBuf, TextEdit)>,
}

/// Turns spans of one run's files into places of the protocol.
pub struct Places<'p> {
    pub host: &'p dyn Host,
    pub files: &'p Files,
    pub encoding: Encoding,
    texts: Vec<Option<Text>>,
}

impl<'p> Places<'p> {
    pub fn new(host: &'p dyn Host, files: &'p Files, encoding: Encoding) -> Places<'p> {
        Places { host, files, encoding, texts: Vec::new() }
    }

    fn text(&mut self, file: FileId) -> &Text {
        let at = file.0 as usize;
        if self.texts.len() <= at {
            self.texts.resize(at + 1, None);
        }
        self.texts[at].get_or_insert_with(|| Text::new(self.files.text(file).clone()))
    }

    pub fn range(&mut self, span: Span) -> lsp_types::Range {
        let encoding = self.encoding;
        self.text(span.file).range(span.start, span.end, encoding)
    }

    /// The path of a file; one of the library is put into the cache.
    pub fn path(&self, file: FileId) -> Option<PathBuf> {
        let name = self.files.name(file);
        match name.strip_prefix("stdlib/") {
            Some(below) => self.host.cached(below, self.files.text(file)),
            None => Some(PathBuf::from(&**name)),
        }
    }

    pub fn uri(&self, file: FileId) -> Option<Uri> {
        uri_of(&self.path(file)?)
    }

    pub fn location(&mut self, span: Span) -> Option<Location> {
        Some(Location { uri: self.uri(span.file)?, range: self.range(span) })
    }

    pub fn edit(&mut self, edit: &Edit) -> Option<(PathBuf, TextEdit)> {
        let path = self.path(edit.span.file)?;
        Some((path, TextEdit { range: self.range(edit.span), new_text: edit.text.clone() }))
    }

    /// A diagnostic and the file it is about; one without a place is said at the top of `otherwise`.
    pub fn diagnostic(&mut self, diagnostic: &Diagnostic, otherwise: &std::path::Path) -> Option<(PathBuf, Shown)> {
        let (path, range) = match &diagnostic.primary {
            Some(label) => (PathBuf::from(&**self.files.name(label.span.file)), self.range(label.span)),
            None => (otherwise.to_path_buf(), lsp_types::Range::default()),
        };
        let mut related = Vec::new();
        for label in &diagnostic.secondary {
            if let Some(location) = self.location(label.span) {
                related.push(DiagnosticRelatedInformation { location, message: label.message.clone() });
            }
        }
        let fix = self.fix(diagnostic);
        let shown = Shown {
            diagnostic: lsp_types::Diagnostic {
                range,
                severity: Some(severity(diagnostic.severity)),
                code: Some(NumberOrString::String(diagnostic.code.to_string())),
                source: Some("linework".to_string()),
                message: message(diagnostic),
                related_information: (!related.is_empty()).then_some(related),
                tags: DEPRECATED.contains(&diagnostic.code).then(|| vec![DiagnosticTag::DEPRECATED]),
                ..lsp_types::Diagnostic::default()
            },
            fix,
        };
        Some((path, shown))
    }

    fn fix(&mut self, diagnostic: &Diagnostic) -> Option<Fix> {
        if diagnostic.edits.is_empty() {
            return None;
        }
        let edits: Option<Vec<_>> = diagnostic.edits.iter().map(|edit| self.edit(edit)).collect();
        let title = diagnostic.help.clone().unwrap_or_else(|| "fix".to_string());
        let mut letters = title.chars();
        let title = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        Some(Fix { title, edits: edits? })
    }
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    }
}

/// The headline and, below it, whatever else the command line would say.
fn message(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if let Some(label) = diagnostic.primary.as_ref().filter(|label| !label.message.is_empty()) {
        text.push_str(&format!("\n{}", label.message));
    }
    let path = diagnostic.path.as_ref().map(|path| format!("`{path}`"));
    for (word, part) in [("resource", &path), ("note", &diagnostic.note), ("help", &diagnostic.help)] {
        if let Some(part) = part {
            text.push_str(&format!("\n{word}: {part}"));
        }
    }
    text
}
