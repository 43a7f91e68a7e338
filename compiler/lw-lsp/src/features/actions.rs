//! Code actions: the edits that diagnostics carry.

use std::collections::HashMap;
use std::path::Path;

use lsp_types::*;

use crate::convert::{Fix, Shown};
use crate::documents::{path_of, uri_of};
use crate::server::Server;

pub fn actions(server: &Server, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let path = path_of(&params.text_document.uri);
    let shown: &[Shown] = server.published.get(&path).map_or(&[], Vec::as_slice);
    let wanted = |kind: &CodeActionKind| {
        params.context.only.as_ref().is_none_or(|only| only.iter().any(|only| kind.as_str().starts_with(only.as_str())))
    };
    let mut actions = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        for shown in shown.iter().filter(|shown| meet(shown.diagnostic.range, params.range)) {
            let Some(fix) = &shown.fix else { continue };
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: fix.title.clone(),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![shown.diagnostic.clone()]),
                edit: edit(server, std::iter::once(fix)),
                is_preferred: Some(true),
                ..CodeAction::default()
            }));
        }
    }
    if wanted(&CodeActionKind::SOURCE_FIX_ALL) {
        let fixes = apart(shown, &path);
        if fixes.len() > 1 || (!fixes.is_empty() && params.context.only.is_some()) {
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: format!("Apply all {} fixes of this file", fixes.len()),
                kind: Some(CodeActionKind::SOURCE_FIX_ALL),
                edit: edit(server, fixes.into_iter()),
                ..CodeAction::default()
            }));
        }
    }
    actions
}

/// The fixes of a file that do not touch one another, first come first.
fn apart<'s>(shown: &'s [Shown], path: &Path) -> Vec<&'s Fix> {
    let mut taken: Vec<Range> = Vec::new();
    let mut fixes = Vec::new();
    for fix in shown.iter().filter_map(|shown| shown.fix.as_ref()) {
        let own = fix.edits.iter().all(|(file, _)| file == path);
        let free = |edit: &TextEdit| !taken.iter().any(|range| meet(*range, edit.range));
        if own && fix.edits.iter().all(|(_, edit)| free(edit)) && !fixes.contains(&fix) {
            taken.extend(fix.edits.iter().map(|(_, edit)| edit.range));
            fixes.push(fix);
        }
    }
    fixes
}

fn edit<'f>(server: &Server, fixes: impl Iterator<Item = &'f Fix>) -> Option<WorkspaceEdit> {
    #[expect(clippy::mutable_key_type, reason = "an address is never changed while it is a key")]
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (path, edit) in fixes.flat_map(|fix| &fix.edits) {
        let open = server.workspace.documents.get(path).map(|document| document.uri.clone());
        changes.entry(open.or_else(|| uri_of(path))?).or_default().push(edit.clone());
    }
    Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

/// Whether two ranges share a place, their ends included.
fn meet(one: Range, other: Range) -> bool {
    one.start <= other.end && other.start <= one.end
}
