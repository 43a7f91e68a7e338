//! Seeded random edits to real files: nothing falls over, and what is said after each is what a check from nothing says.
//!
//! A test makes some hundreds, `cargo xtask edits` as many as wanted. A seed and a number name every edit, so that it can be made again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use lsp_types::{
    CompletionParams, DocumentSymbolParams, GotoDefinitionParams, HoverParams, InlayHintParams, PartialResultParams,
    Position, SemanticTokensParams, SignatureHelpParams, TextDocumentContentChangeEvent, TextDocumentIdentifier,
    TextDocumentPositionParams, WorkDoneProgressParams,
};
use lw_check::{RootSource, Session};
use lw_compiler::{Date, Entry, Project, ReadError, World};
use lw_diagnostics::{Diagnostic, Files};

use crate::documents::{Document, uri_of};
use crate::features;
use crate::overlay::OpenModules;
use crate::positions::{Encoding, Text};
use crate::workspace::Workspace;
use crate::{Decoration, Host, PlannedStep};

/// What somebody might type or paste.
const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\n",
    " ",
    "  ",
    ".",
    "|",
    "->",
    "x",
    "vpc",
    "Int",
    "\u{1f980}",
    "é",
    "# ",
    "## doc\n",
    "@",
    "\n\nextra: 1\n",
    "\nfun f(x: Int) -> Int: x\n",
    "case x of\n| 1 -> 2",
    "if True then 1 else 2",
    "import Net\n",
    "EC2.VPC {cidrBlock: \"10.0.0.0/16\"}",
    "\\(",
    "-1",
    "5m",
    "True",
    "let y: 1\n",
    "\t",
    "\r\n",
    "type T: | A | B\n",
];
/// After so many edits a file is as it was at first.
const EDITS_KEPT: usize = 12;

/// A disk in memory.
pub(crate) struct Memory(pub BTreeMap<PathBuf, String>);

impl World for Memory {
    fn read(&self, path: &Path, _: u64) -> Result<Vec<u8>, ReadError> {
        self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or(ReadError::Missing)
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, ReadError> {
        let below = self.0.keys().filter_map(|path| path.strip_prefix(folder).ok());
        let mut entries: Vec<Entry> = below
            .filter_map(|rest| {
                let mut parts = rest.components();
                let name = parts.next()?.as_os_str().to_str()?.to_string();
                Some(Entry { name, is_folder: parts.next().is_some() })
            })
            .collect();
        entries.sort();
        entries.dedup();
        if entries.is_empty() { Err(ReadError::Missing) } else { Ok(entries) }
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn today(&self) -> Date {
        Date::from_unix_days(20_000)
    }
}

impl Host for Memory {
    fn confine(&self, _: &[PathBuf]) {}
    fn spawn(&self, job: Box<dyn FnOnce() + Send>) {
        job();
    }
    fn cached(&self, below: &str, _: &str) -> Option<PathBuf> {
        Some(Path::new("/cache/stdlib").join(below))
    }
    fn changes(&self, _: &Path, _: &lw_plan::Plan) -> Option<Vec<PlannedStep>> {
        None
    }
    fn drawing(&self, _: &lw_plan::Plan, _: &Decoration, _: &str) -> Option<String> {
        None
    }
}

/// Sebastiano Vigna's splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Diagnostics with the names of their files in place of their numbers.
fn said(diagnostics: &[Diagnostic], files: &Files) -> Vec<String> {
    let place = |span: lw_diagnostics::Span| format!("{}:{}..{}", files.name(span.file), span.start, span.end);
    let one = |diagnostic: &Diagnostic| {
        let labels: Vec<String> = diagnostic
            .primary
            .iter()
            .chain(&diagnostic.secondary)
            .map(|label| format!("{} {}", place(label.span), label.message))
            .collect();
        let edits: Vec<String> =
            diagnostic.edits.iter().map(|edit| format!("{} {:?}", place(edit.span), edit.text)).collect();
        format!("{} {} {labels:?} {:?} {edits:?}", diagnostic.code, diagnostic.message, diagnostic.help)
    };
    // What is said of one place is said in no order.
    let mut said: Vec<String> = diagnostics.iter().map(one).collect();
    said.sort();
    said
}

fn cold(workspace: &Workspace, number: usize) -> Vec<String> {
    let open = workspace.project(number);
    let overlay = workspace.overlay();
    let project: Rc<Project> = open.project.clone();
    let roots: Vec<RootSource> = open
        .files
        .iter()
        .filter_map(|path| {
            let text = lw_compiler::read_text(&overlay, path).ok()?;
            let file_name = Arc::from(path.to_string_lossy().as_ref());
            Some(RootSource { file_name, module: project.module_of(path), text })
        })
        .collect();
    let checked = lw_check::check(&roots, &OpenModules { overlay, project });
    said(&checked.diagnostics, &checked.files)
}

/// Asks for everything that an editor asks for at a place; only that there is an answer matters.
fn ask(workspace: &mut Workspace, path: &Path, position: Position) {
    let Some(uri) = uri_of(path) else { return };
    let text_document = TextDocumentIdentifier { uri: uri.clone() };
    let at = TextDocumentPositionParams { text_document: text_document.clone(), position };
    let (work, partial) = (WorkDoneProgressParams::default(), PartialResultParams::default());
    features::hover::hover(
        workspace,
        &HoverParams { text_document_position_params: at.clone(), work_done_progress_params: work.clone() },
    );
    features::completion::complete(
        workspace,
        &CompletionParams {
            text_document_position: at.clone(),
            work_done_progress_params: work.clone(),
            partial_result_params: partial.clone(),
            context: None,
        },
    );
    features::navigation::definition(
        workspace,
        &GotoDefinitionParams {
            text_document_position_params: at.clone(),
            work_done_progress_params: work.clone(),
            partial_result_params: partial.clone(),
        },
    );
    features::signature::help(
        workspace,
        &SignatureHelpParams {
            text_document_position_params: at,
            work_done_progress_params: work.clone(),
            context: None,
        },
    );
    features::outline::document(
        workspace,
        &DocumentSymbolParams {
            text_document: text_document.clone(),
            work_done_progress_params: work.clone(),
            partial_result_params: partial.clone(),
        },
    );
    let range = lsp_types::Range { start: Position::default(), end: Position { line: u32::MAX, character: 0 } };
    features::hints::hints(
        workspace,
        &InlayHintParams { text_document: text_document.clone(), range, work_done_progress_params: work.clone() },
    );
    features::tokens::full(
        workspace,
        &SemanticTokensParams { text_document, work_done_progress_params: work, partial_result_params: partial },
    );
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ran {
    pub edits: usize,
    /// Edits that needed no check from nothing.
    pub followed: usize,
    /// Statements that following those parsed and checked.
    pub parsed: u64,
    pub checked: u64,
}

/// Makes so many edits to a project's files, which are known by absolute paths; what went wrong, as a text, where something did.
pub fn run(files: BTreeMap<PathBuf, String>, folder: &Path, edits: usize, seed: u64) -> Result<Ran, String> {
    let sources: Vec<(PathBuf, String)> = files
        .iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "lw"))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    let Some((first, _)) = sources.first() else { return Err("there are no sources".to_string()) };
    let mut workspace = Workspace::new(Arc::new(Memory(files.clone())));
    workspace.folders = vec![folder.to_path_buf()];
    for (path, text) in &sources {
        let uri = uri_of(path).ok_or("a path without an address")?;
        let document = Document { uri, version: 1, text: Text::new(Arc::from(text.as_str())) };
        workspace.documents.insert(path.clone(), document);
    }
    let number = workspace.project_of(first);
    workspace.session(number);
    let mut random = Random(seed);
    let mut ran = Ran::default();
    for edit in 0..edits {
        let (path, original) = &sources[random.below(sources.len())];
        let mut document = workspace.documents.remove(path).ok_or("a source is not open")?;
        let encoding = workspace.encoding;
        let changed = match edit % EDITS_KEPT == EDITS_KEPT - 1 {
            true => TextDocumentContentChangeEvent { range: None, range_length: None, text: original.clone() },
            false => random_change(&mut random, &document.text, encoding),
        };
        let place = changed.range.map_or(Position::default(), |range| range.start);
        document.change(edit as i32 + 2, vec![changed], encoding);
        workspace.documents.insert(path.clone(), document);
        workspace.changed(path);
        let before = workspace.project(number).session_now().map(Session::followed_work).unwrap_or_default();
        if workspace.follow(number) {
            let after = workspace.session(number).followed_work();
            ran.followed += 1;
            ran.parsed += after.parsed - before.parsed;
            ran.checked += after.checked - before.checked;
        }
        ran.edits += 1;
        let wrong = |when: &str, difference: String| {
            format!("seed {seed}, edit {edit}, in {}: {when}\n{difference}", path.display())
        };
        let cold = cold(&workspace, number);
        let session = workspace.session(number);
        if let Some(difference) = differ(&said(session.diagnostics(), session.files()), &cold) {
            return Err(wrong("what is said is not what a check from nothing says", difference));
        }
        ask(&mut workspace, path, place);
        let session = workspace.session(number);
        if let Some(difference) = differ(&said(session.diagnostics(), session.files()), &cold) {
            return Err(wrong("questions changed what is said", difference));
        }
    }
    Ok(ran)
}

fn random_change(random: &mut Random, text: &Text, encoding: Encoding) -> TextDocumentContentChangeEvent {
    let length = text.text.len();
    let (range, piece) = if random.below(10) < 6 {
        // A letter or digit within a word, a number or a text: what typing mostly is.
        let wanted = random.below(length);
        let is_word = |at: &usize| text.text.as_bytes()[*at].is_ascii_alphanumeric();
        let at = (wanted..length).find(is_word).unwrap_or(0) as u32;
        let digit = text.text.as_bytes().get(at as usize).is_some_and(u8::is_ascii_digit);
        let end = (at + u32::from(random.below(2) == 0)).min(length as u32);
        (text.range(at, end, encoding), if digit { "7" } else { "q" })
    } else {
        let start = random.below(length + 1) as u32;
        let removed = [0, 0, 1, 1, 3, 40][random.below(6)];
        let end = (start + removed).min(length as u32);
        let piece = if removed > 1 && random.below(2) == 0 { "" } else { PIECES[random.below(PIECES.len())] };
        (text.range(start, end, encoding), piece)
    };
    TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: piece.to_string() }
}

/// What one list has and the other has not.
fn differ(warm: &[String], cold: &[String]) -> Option<String> {
    if warm == cold {
        return None;
    }
    let only = |sign: &str, these: &[String], others: &[String]| -> String {
        these.iter().filter(|one| !others.contains(one)).map(|one| format!("{sign} {one}\n")).collect()
    };
    let difference = only("-", cold, warm) + &only("+", warm, cold);
    Some(if difference.is_empty() { "the same another number of times".to_string() } else { difference })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many as every run of the tests makes.
    const EDITS: usize = 450;
    const FILES: &[(&str, &str)] = &[
        ("/web/lw.toml", include_str!("../../../examples/web/lw.toml")),
        ("/web/main.lw", include_str!("../../../examples/web/main.lw")),
        ("/web/Web/Network.lw", include_str!("../../../examples/web/Web/Network.lw")),
        ("/web/Web/Alarms.lw", include_str!("../../../examples/web/Web/Alarms.lw")),
        ("/web/Web/Rules.lw", include_str!("../../../examples/web/Web/Rules.lw")),
        ("/web/Web/Storage.lw", include_str!("../../../examples/web/Web/Storage.lw")),
        ("/web/Lists.lw", include_str!("../../../stdlib/Ludwig/List.lw")),
    ];

    #[test]
    fn after_every_edit_the_answer_is_that_of_a_cold_check() {
        let files = FILES.iter().map(|(path, text)| (PathBuf::from(path), text.to_string())).collect();
        // More, for who builds the test so.
        let edits = option_env!("LINEWORK_EDITS").and_then(|count| count.parse().ok()).unwrap_or(EDITS);
        match run(files, Path::new("/web"), edits, 1) {
            Ok(ran) => assert!(ran.followed * 3 >= ran.edits, "only {} of {edits} edits were followed", ran.followed),
            Err(difference) => panic!("{difference}"),
        }
    }

    /// What the parser says of a key of a statement gets its edit from what another statement wants.
    #[test]
    fn the_edit_of_a_key_follows_what_is_wanted_there() {
        let path = PathBuf::from("/keys/main.lw");
        let before = "composition\n\nfun f(tags: Dictionary<Int>) -> Int: 1\n\n## one\nx: f({Name: 1})\n";
        let after = before.replace("Dictionary<Int>", "{name: Int}");
        let files = [(PathBuf::from("/keys/lw.toml"), String::new()), (path.clone(), before.to_string())];
        let mut workspace = Workspace::new(Arc::new(Memory(files.into_iter().collect())));
        workspace.folders = vec![PathBuf::from("/keys")];
        let open = |text: &str, version| Document {
            uri: uri_of(&path).unwrap_or_else(|| panic!("a path has an address")),
            version,
            text: Text::new(Arc::from(text)),
        };
        workspace.documents.insert(path.clone(), open(before, 1));
        let number = workspace.project_of(&path);
        let mends = |workspace: &mut Workspace, text: &str| {
            let session = workspace.session(number);
            said(session.diagnostics(), session.files()).iter().any(|one| one.contains("LW0142") && one.contains(text))
        };
        assert!(mends(&mut workspace, r#"write `\"Name\"`"#));
        workspace.documents.insert(path.clone(), open(&after, 2));
        workspace.changed(&path);
        workspace.follow(number);
        assert!(mends(&mut workspace, "write `name`"));
        // What is written about a statement is read with it, and leaves it as it was checked.
        workspace.documents.insert(path.clone(), open(&before.replace("one", "two"), 3));
        workspace.changed(&path);
        workspace.follow(number);
        workspace.documents.insert(path.clone(), open(&before.replace("one", "three"), 4));
        workspace.changed(&path);
        workspace.follow(number);
        assert!(mends(&mut workspace, r#"write `\"Name\"`"#));
        let cold = cold(&workspace, number);
        let session = workspace.session(number);
        assert_eq!(differ(&said(session.diagnostics(), session.files()), &cold), None);
    }
}
