//! Folding: statements, brackets, comments and imports over several lines.

use lsp_types::*;
use lw_diagnostics::FileId;
use lw_syntax::ast::StatementKind;
use lw_syntax::{LexemeKind, lexemes};

use crate::documents::path_of;
use crate::workspace::Workspace;

pub fn ranges(workspace: &mut Workspace, params: &FoldingRangeParams) -> Option<Vec<FoldingRange>> {
    let text = workspace.text(&path_of(&params.text_document.uri))?;
    let lexemes = lexemes(&text.text);
    let mut found: Vec<(u32, u32, Option<FoldingRangeKind>)> = Vec::new();
    let mut open: Vec<u32> = Vec::new();
    let mut comment: Option<(u32, u32)> = None;
    for lexeme in &lexemes {
        let (first, last) = (text.line_of(lexeme.start), text.line_of(lexeme.end.max(lexeme.start + 1) - 1));
        if lexeme.kind == LexemeKind::Comment && lexeme.first {
            comment = Some(match comment {
                Some((start, end)) if end + 1 == first => (start, first),
                other => {
                    found.extend(other.map(|(start, end)| (start, end, Some(FoldingRangeKind::Comment))));
                    (first, first)
                }
            });
            continue;
        }
        match lexeme.kind {
            LexemeKind::Open => open.push(first),
            LexemeKind::Close => {
                if let Some(start) = open.pop() {
                    // The closing bracket stays in sight.
                    found.push((start, last.saturating_sub(1).max(start), None));
                }
            }
            LexemeKind::String if last > first => found.push((first, last, None)),
            _ => {}
        }
    }
    found.extend(comment.map(|(start, end)| (start, end, Some(FoldingRangeKind::Comment))));
    let parsed = lw_syntax::parse(FileId(0), &text.text);
    let mut imports: Option<(u32, u32)> = None;
    for statement in &parsed.file.statements {
        let start = text.line_of(statement.start);
        let end = text.line_of((statement.start + statement.range.end).max(1) - 1);
        if matches!(statement.kind, StatementKind::Import(_)) {
            imports = Some(imports.map_or((start, end), |(first, _)| (first, end)));
        } else {
            found.push((start, end, None));
        }
    }
    found.extend(imports.map(|(start, end)| (start, end, Some(FoldingRangeKind::Imports))));
    found.retain(|(start, end, _)| end > start);
    found.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
    // One fold a line: the largest.
    found.dedup_by_key(|(start, ..)| *start);
    let range = |(start, end, kind)| FoldingRange { start_line: start, end_line: end, kind, ..FoldingRange::default() };
    Some(found.into_iter().map(range).collect())
}
