//! Formatting: the text that `lw fmt` writes, as the least edits.

use lsp_types::*;
use lw_diagnostics::{Change, FileId};

use crate::documents::path_of;
use crate::positions::Text;
use crate::workspace::Workspace;

pub fn document(workspace: &mut Workspace, params: &DocumentFormattingParams) -> Option<Vec<TextEdit>> {
    edits(workspace, &params.text_document.uri)
}

/// The edits of the whole document that fall into a range.
pub fn range(workspace: &mut Workspace, params: &DocumentRangeFormattingParams) -> Option<Vec<TextEdit>> {
    let edits = edits(workspace, &params.text_document.uri)?;
    let inside =
        |edit: &TextEdit| edit.range.start.line >= params.range.start.line && edit.range.end <= params.range.end;
    Some(edits.into_iter().filter(inside).collect())
}

/// `None` where the text cannot be read: formatting then changes nothing.
fn edits(workspace: &Workspace, uri: &Uri) -> Option<Vec<TextEdit>> {
    let text = workspace.text(&path_of(uri))?;
    let formatted = lw_syntax::format(FileId(0), &text.text).text?;
    Some(line_edits(&text, &formatted, workspace))
}

/// Edits of whole lines: between lines that stand in both texts in the same order, found from both ends and then by runs.
fn line_edits(old: &Text, new: &str, workspace: &Workspace) -> Vec<TextEdit> {
    if *old.text == *new {
        return Vec::new();
    }
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_string).collect::<Vec<_>>();
    let (before, after) = (lines(&old.text), lines(new));
    let mut edits = Vec::new();
    let (mut at, mut new_at) = (0, 0);
    while at < before.len() || new_at < after.len() {
        if at < before.len() && new_at < after.len() && before[at] == after[new_at] {
            (at, new_at) = (at + 1, new_at + 1);
            continue;
        }
        let (end, new_end) = meeting(&before, &after, at, new_at);
        edits.push(line_edit(old, &after[new_at..new_end].concat(), at, end, workspace));
        (at, new_at) = (end, new_end);
    }
    edits
}

/// The nearest place at which two runs of lines agree again for two lines, or the ends.
fn meeting(before: &[String], after: &[String], at: usize, new_at: usize) -> (usize, usize) {
    /// How far apart to look.
    const DISTANCE_MAX: usize = 200;
    let agree = |one: usize, other: usize| {
        before.get(one).is_some_and(|line| line.trim() != "" && after.get(other) == Some(line))
            && before.get(one + 1) == after.get(other + 1)
    };
    for distance in 1..DISTANCE_MAX {
        for down in 0..=distance {
            if agree(at + down, new_at + distance - down) {
                return (at + down, new_at + distance - down);
            }
        }
    }
    (before.len(), after.len())
}

fn line_edit(old: &Text, new: &str, at: usize, end: usize, workspace: &Workspace) -> TextEdit {
    let start = old.line_start(at as u32);
    let end = old.line_start(end as u32);
    // Only what differs within the lines, so that a cursor in them stays where it is.
    let change = Change::between(&old.text[start as usize..end as usize], new);
    let whole = |offset: u32, text: &str| text.is_char_boundary(offset as usize);
    let old_lines = &old.text[start as usize..end as usize];
    let fits = whole(change.start, new)
        && whole(change.new_end, new)
        && whole(change.start, old_lines)
        && whole(change.old_end, old_lines);
    let change =
        if fits { change } else { Change { start: 0, old_end: old_lines.len() as u32, new_end: new.len() as u32 } };
    TextEdit {
        range: old.range(start + change.start, start + change.old_end, workspace.encoding),
        new_text: new[change.start as usize..change.new_end as usize].to_string(),
    }
}
