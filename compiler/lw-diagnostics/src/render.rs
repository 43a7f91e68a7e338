//! Diagnostics as text for people, by ariadne.

use std::collections::HashMap;

use ariadne::{CharSet, Color, Config, IndexType, Label as Mark, Report, ReportKind, Source};

use crate::{Diagnostic, FileId, Files, Label, Severity};

/// What the caller knows about where the text will be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions {
    pub color: bool,
}

/// Of one policy, so many findings are shown with their lines of source; what is alike is a line each.
const OF_ONE_POLICY_MAX: usize = 3;

/// Of what no policy says so many are shown: nobody reads more, and their number is said.
const SHOWN_MAX: usize = 1_000;

/// Diagnostics in the order given, each followed by an empty line. What a policy says more than a few times comes after them, policy by
/// policy.
pub fn render(diagnostics: &[Diagnostic], files: &Files, options: RenderOptions) -> String {
    let mut out = Vec::new();
    let mut sources = Sources { files, cache: Vec::new() };
    let mut alike: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    let mut shown = 0;
    for diagnostic in diagnostics {
        if let Some(policy) = &diagnostic.policy {
            let place = *places.entry((policy, diagnostic.code)).or_insert(alike.len());
            if place == alike.len() {
                alike.push(Vec::new());
            }
            alike[place].push(diagnostic);
            if alike[place].len() > OF_ONE_POLICY_MAX {
                continue;
            }
        } else {
            shown += 1;
            if shown > SHOWN_MAX {
                continue;
            }
        }
        render_one(diagnostic, &mut sources, options, &mut out);
        out.push(b'\n');
    }
    if let Some(more) = usize::checked_sub(shown, SHOWN_MAX).filter(|more| *more > 0) {
        out.extend(format!("{more} more are not shown\n\n").bytes());
    }
    for more in alike.iter().filter_map(|alike| alike.get(OF_ONE_POLICY_MAX..)) {
        render_alike(more, files, options, &mut out);
    }
    let text = String::from_utf8_lossy(&out);
    // ariadne pads its empty lines; what people diff and tests compare has none.
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + if text.is_empty() { "" } else { "\n" }
}

/// More findings of a policy, a line for each: the place, and what is said.
fn render_alike(alike: &[&Diagnostic], files: &Files, options: RenderOptions, out: &mut Vec<u8>) {
    let Some((first, policy)) = alike.first().and_then(|first| Some((first, first.policy.as_ref()?))) else { return };
    head(first, &format!("{} more of the policy `{policy}`", alike.len()), options, out);
    for diagnostic in alike {
        let place = diagnostic.primary.as_ref().map(|label| {
            let at = files.position(label.span.file, label.span.start);
            format!("{}:{}:{}: ", files.name(label.span.file), at.line, at.column)
        });
        out.extend(format!("  {}{}\n", place.unwrap_or_default(), diagnostic.message).bytes());
    }
    out.push(b'\n');
}

/// `error[LW0301]: …`
fn head(diagnostic: &Diagnostic, message: &str, options: RenderOptions, out: &mut Vec<u8>) {
    let escape = match diagnostic.severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
        Severity::Note => "1;34",
    };
    let head = paint(options, escape, &format!("{}[{}]", diagnostic.severity.as_str(), diagnostic.code));
    out.extend(format!("{head}{}\n", paint(options, "1", &format!(": {message}"))).bytes());
}

fn paint(options: RenderOptions, escape: &str, text: &str) -> String {
    match options.color {
        true => format!("\x1b[{escape}m{text}\x1b[0m"),
        false => text.to_string(),
    }
}

fn render_one(diagnostic: &Diagnostic, sources: &mut Sources<'_>, options: RenderOptions, out: &mut Vec<u8>) {
    let color = match diagnostic.severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
        Severity::Note => Color::Blue,
    };
    // The head and the tail are ours, so that they read the same with and without a place; the excerpt is ariadne's.
    head(diagnostic, &diagnostic.message, options, out);
    if let Some(primary) = &diagnostic.primary {
        let labels = || std::iter::once(primary).chain(&diagnostic.secondary);
        let files = sources.files;
        let is_shown =
            |label: &Label| !files.is_hidden(label.span.file) && !files.is_long_line(label.span.file, label.span.start);
        if labels().all(is_shown) {
            out.extend(excerpt(diagnostic, primary, color, sources, options));
        } else {
            for label in labels() {
                let place = files.position(label.span.file, label.span.start);
                let name = files.name(label.span.file);
                out.extend(format!("  {name}:{}:{}: {}\n", place.line, place.column, label.message).bytes());
            }
        }
    }
    let path = diagnostic.path.as_ref().map(|path| format!("`{path}`"));
    for (word, text) in [("resource", &path), ("note", &diagnostic.note), ("help", &diagnostic.help)] {
        if let Some(text) = text {
            out.extend(format!("  {} {text}\n", paint(options, "1;36", &format!("{word}:"))).bytes());
        }
    }
}

/// The lines of source with their labels.
fn excerpt(
    diagnostic: &Diagnostic,
    primary: &Label,
    color: Color,
    sources: &mut Sources<'_>,
    options: RenderOptions,
) -> Vec<u8> {
    let range = |span: crate::Span| (span.file, span.start as usize..span.end as usize);
    let report = Report::build(ReportKind::Error, range(primary.span)).with_config(
        Config::default()
            .with_color(options.color)
            .with_index_type(IndexType::Byte)
            .with_char_set(CharSet::Unicode)
            .with_compact(false),
    );
    let mark = |label: &Label, color| {
        (label.span, Mark::new(range(label.span)).with_message(&label.message).with_color(color))
    };
    let (span, main) = mark(primary, color);
    let others = diagnostic.secondary.iter().map(|label| mark(label, Color::Cyan));
    // A file's labels in the order of its lines make one excerpt; in another order, each would be headed by the same place.
    let mut marks: Vec<_> = std::iter::once((span, main.with_priority(1))).chain(others).collect();
    marks.sort_by_key(|(span, _)| (span.file != primary.span.file, span.file, span.start));
    let report = report.with_labels(marks.into_iter().map(|(_, mark)| mark));
    let mut lines = Vec::new();
    // Writing to memory fails only where ariadne cannot read a source, and every source is in `files`.
    let _ = report.finish().write(sources, &mut lines);
    // Its first line is the head that it would have written.
    match lines.iter().position(|byte| *byte == b'\n') {
        Some(end) => lines.split_off(end + 1),
        None => lines,
    }
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
