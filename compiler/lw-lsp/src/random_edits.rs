//! Seeded random edits to real files: nothing falls over, and what is said after each is what a check from nothing says.
//!
//! `LINEWORK_EDITS` is how many; the seed is printed with a failure and replays bit for bit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use lsp_types::{
    CompletionParams, DocumentSymbolParams, GotoDefinitionParams, HoverParams, InlayHintParams, PartialResultParams,
    Position, SemanticTokensParams, SignatureHelpParams, TextDocumentContentChangeEvent, TextDocumentIdentifier,
    TextDocumentPositionParams, WorkDoneProgressParams,
};
use lw_check::RootSource;
use lw_compiler::{Date, Entry, Project, ReadError, World};
use lw_diagnostics::{Diagnostic, Files};

use crate::documents::{Document, uri_of};
use crate::features;
use crate::overlay::OpenModules;
use crate::positions::Text;
use crate::workspace::Workspace;
use crate::{Decoration, Host, PlannedStep};

const FILES: &[(&str, &str)] = &[
    ("/web/lw.toml", include_str!("../../../examples/web/lw.toml")),
    ("/web/main.lw", include_str!("../../../examples/web/main.lw")),
    ("/web/Web/Network.lw", include_str!("../../../examples/web/Web/Network.lw")),
    ("/web/Web/Alarms.lw", include_str!("../../../examples/web/Web/Alarms.lw")),
    ("/web/Web/Rules.lw", include_str!("../../../examples/web/Web/Rules.lw")),
    ("/web/Web/Storage.lw", include_str!("../../../examples/web/Web/Storage.lw")),
    ("/web/Lists.lw", include_str!("../../../stdlib/Ludwig/List.lw")),
];
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

struct Memory(BTreeMap<PathBuf, &'static str>);

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
    diagnostics.iter().map(one).collect()
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
    let uri = uri_of(path).expect("an address");
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

#[test]
fn after_every_edit_the_answer_is_that_of_a_cold_check() {
    let edits: usize = option_env!("LINEWORK_EDITS").and_then(|count| count.parse().ok()).unwrap_or(100);
    let seed: u64 = option_env!("LINEWORK_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let files = FILES.iter().map(|(path, text)| (PathBuf::from(path), *text)).collect();
    let mut workspace = Workspace::new(Arc::new(Memory(files)));
    workspace.folders = vec![PathBuf::from("/web")];
    let sources: Vec<(&str, &str)> = FILES.iter().filter(|(path, _)| path.ends_with(".lw")).copied().collect();
    for (path, text) in &sources {
        let uri = uri_of(Path::new(path)).expect("an address");
        let document = Document { uri, version: 1, text: Text::new(Arc::from(*text)) };
        workspace.documents.insert(PathBuf::from(path), document);
    }
    let number = workspace.project_of(Path::new("/web/main.lw"));
    workspace.session(number);
    let mut random = Random(seed);
    let mut followed = 0;
    for edit in 0..edits {
        let (path, original) = sources[random.below(sources.len())];
        let path = Path::new(path);
        let mut document = workspace.documents.remove(path).expect("it is open");
        let encoding = workspace.encoding;
        let text = document.text.clone();
        let changed = if edit % EDITS_KEPT == EDITS_KEPT - 1 {
            TextDocumentContentChangeEvent { range: None, range_length: None, text: original.to_string() }
        } else if random.below(10) < 6 {
            // A letter or digit within a word, a number or a text: what typing mostly is.
            let wanted = random.below(text.text.len());
            let is_word = |at: &usize| text.text.as_bytes()[*at].is_ascii_alphanumeric();
            let at = (wanted..text.text.len()).find(is_word).unwrap_or(0) as u32;
            let digit = text.text.as_bytes()[at as usize].is_ascii_digit();
            let range = text.range(at, at + u32::from(random.below(2) == 0), encoding);
            let piece = if digit { "7" } else { "q" };
            TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: piece.to_string() }
        } else {
            let start = random.below(text.text.len() + 1) as u32;
            let length = [0, 0, 1, 1, 3, 40][random.below(6)];
            let end = (start + length).min(text.text.len() as u32);
            let piece = if length > 1 && random.below(2) == 0 { "" } else { PIECES[random.below(PIECES.len())] };
            let range = text.range(start, end, encoding);
            TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: piece.to_string() }
        };
        let place = changed.range.map_or(Position::default(), |range| range.start);
        document.change(edit as i32 + 2, vec![changed], encoding);
        workspace.documents.insert(path.to_path_buf(), document);
        workspace.changed(path);
        followed += usize::from(workspace.follow(number));
        let session = workspace.session(number);
        let warm = said(session.diagnostics(), session.files());
        let cold = cold(&workspace, number);
        assert_eq!(warm, cold, "seed {seed}, edit {edit} of {}", path.display());
        ask(&mut workspace, path, place);
        let session = workspace.session(number);
        assert_eq!(
            said(session.diagnostics(), session.files()),
            cold,
            "questions change nothing; seed {seed}, edit {edit}"
        );
    }
    assert!(followed * 20 >= edits, "only {followed} of {edits} edits were followed without a check from nothing");
}
