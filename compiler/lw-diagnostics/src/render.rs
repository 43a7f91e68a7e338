//! Diagnostics as text for people, by ariadne.


use ariadne::{CharSet, Color, Config, IndexType, Label as Mark, Report, ReportKind, Source};

use crate::{Diagnostic, FileId, Files, Severity};

/// What the caller knows about where the text will be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions {
    pub color: bool,
}

/// Diagnostics in the order given, each followed by an empty line.
pub fn render(diagnostics: &[Diagnostic], files: &Files, options: RenderOptions) -> String {
    let mut out = Vec::new();
    let mut sources = Sources { files, cache: Vec::new() };
    for diagnostic in diagnostics {
        render_one(diagnostic, &mut sources, options, &mut out);
        out.push(b'\n');
    }
    let text = String::from_utf8_lossy(&out);
    // ariadne pads its empty lines; what people diff and tests compare has none.
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + if text.is_empty() { "" } else { "\n" }
}

fn render_one(diagnostic: &Diagnostic, sources: &mut Sources<'_>, options: RenderOptions, out: &mut Vec<u8>) {
    let Some(primary) = &diagnostic.primary else {
        out.extend(format!("{}[{}]: {}\n", diagnostic.severity.as_str(), diagnostic.code, diagnostic.message).bytes());
        for (word, text) in [("note", &diagnostic.note), ("help", &diagnostic.help)] {
            if let Some(text) = text {
                out.extend(format!("  {word}: {text}\n").bytes());
            }
        }
        return;
    };
    let color = match diagnostic.severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Note => Color::Blue,
    };
    let range = |span: crate::Span| (span.file, span.start as usize..span.end as usize);
    let kind = ReportKind::Custom(diagnostic.severity.as_str(), color);
    let mut report = Report::build(kind, range(primary.span))
        .with_config(
            Config::default()
                .with_color(options.color)
                .with_index_type(IndexType::Byte)
                .with_char_set(CharSet::Unicode)
                .with_compact(false),
        )
        .with_code(diagnostic.code)
        .with_message(&diagnostic.message)
        .with_label(Mark::new(range(primary.span)).with_message(&primary.message).with_color(color).with_priority(1));
    for label in &diagnostic.secondary {
        report = report.with_label(Mark::new(range(label.span)).with_message(&label.message).with_color(Color::Cyan));
    }
    if let Some(path) = &diagnostic.path {
        report = report.with_note(format!("resource {path}"));
    }
    if let Some(note) = &diagnostic.note {
        report = report.with_note(note);
    }
    if let Some(help) = &diagnostic.help {
        report = report.with_help(help);
    }
    // Writing to memory fails only where ariadne cannot read a source, and every source is in `files`.
    let _ = report.finish().write(sources, out);
}

struct Sources<'a> {
    files: &'a Files,
    cache: Vec<(FileId, Source<String>)>,
}

impl ariadne::Cache<FileId> for &mut Sources<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &FileId) -> Result<&Source<String>, impl std::fmt::Debug> {
        let at = match self.cache.iter().position(|(file, _)| file == id) {
            Some(at) => at,
            None => {
                self.cache.push((*id, Source::from(self.files.text(*id).to_string())));
                self.cache.len() - 1
            }
        };
        Ok::<_, std::convert::Infallible>(&self.cache[at].1)
    }

    fn display<'b>(&self, id: &'b FileId) -> Option<impl std::fmt::Display + 'b> {
        Some(self.files.name(*id).to_string())
    }
}

