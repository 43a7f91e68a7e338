//! What is wrong with a project's files: the warm check at once, the evaluation's word when it comes.

use std::path::PathBuf;

use lw_diagnostics::{Change, Diagnostic};

use crate::convert::{Places, Shown};
use crate::workspace::Workspace;

/// Everything that is known to be wrong with a project now.
pub fn of_project(workspace: &mut Workspace, number: usize) -> Vec<(PathBuf, Shown)> {
    let open = workspace.project(number);
    let otherwise = open.files.first().cloned().unwrap_or_default();
    let current = open.evaluation.as_ref().is_some_and(|evaluation| evaluation.revision == open.revision);
    if !current {
        workspace.session(number);
    }
    let workspace = &*workspace;
    let open = workspace.project(number);
    let mut found = Vec::new();
    if let Some(evaluation) = open.evaluation.as_ref().filter(|_| current) {
        let files = &evaluation.compiled.files;
        let mut places = Places::new(&*workspace.host, files, workspace.encoding);
        found.extend(evaluation.compiled.diagnostics.iter().filter_map(|one| places.diagnostic(one, &otherwise)));
        return found;
    }
    if let Some(session) = open.session_now() {
        let mut places = Places::new(&*workspace.host, session.files(), workspace.encoding);
        found.extend(session.diagnostics().iter().filter_map(|one| places.diagnostic(one, &otherwise)));
        if session.diagnostics().iter().any(Diagnostic::is_error) {
            return found;
        }
    }
    found.extend(still_said(workspace, number, &otherwise));
    found
}

/// What the last evaluation said of places that nobody has touched since.
fn still_said(workspace: &Workspace, number: usize, otherwise: &std::path::Path) -> Vec<(PathBuf, Shown)> {
    let Some(evaluation) = &workspace.project(number).evaluation else { return Vec::new() };
    let is_later =
        |diagnostic: &&Diagnostic| ["LW03", "LW04", "LW06"].iter().any(|family| diagnostic.code.starts_with(family));
    let mut files = evaluation.compiled.files.clone();
    let mut kept: Vec<Diagnostic> = evaluation.compiled.diagnostics.iter().filter(is_later).cloned().collect();
    for file in files.ids() {
        let path = PathBuf::from(&**files.name(file));
        let Some(document) = workspace.documents.get(&path) else { continue };
        let old = files.text(file).clone();
        if *old == *document.text.text {
            continue;
        }
        let change = Change::between(&old, &document.text.text);
        kept.retain(|diagnostic| {
            let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|label| label.span);
            let mut spans = labels.chain(diagnostic.edits.iter().map(|edit| edit.span));
            !spans.any(|span| span.file == file && change.touches(span.start, span.end))
        });
        kept.iter_mut().for_each(|diagnostic| change.shift_diagnostic(file, diagnostic));
        files.replace(file, document.text.text.clone());
    }
    let mut places = Places::new(&*workspace.host, &files, workspace.encoding);
    kept.iter().filter_map(|diagnostic| places.diagnostic(diagnostic, otherwise)).collect()
}
