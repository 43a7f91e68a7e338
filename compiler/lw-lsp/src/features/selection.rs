//! Selection that grows: word, expression, what that is part of, statement, file.

use lsp_types::*;
use lw_diagnostics::FileId;
use lw_syntax::lexemes;

use crate::documents::path_of;
use crate::workspace::Workspace;

pub fn ranges(workspace: &mut Workspace, params: &SelectionRangeParams) -> Option<Vec<SelectionRange>> {
    let text = workspace.text(&path_of(&params.text_document.uri))?;
    let parsed = lw_syntax::parse(FileId(0), &text.text);
    let lexemes = lexemes(&text.text);
    let encoding = workspace.encoding;
    let one = |position: &Position| {
        let offset = text.offset(*position, encoding);
        let holds = |start: u32, end: u32| start <= offset && offset <= end;
        let mut spans: Vec<(u32, u32)> = vec![(0, text.text.len() as u32)];
        if let Some(statement) = parsed.file.statements.iter().find(|one| holds(one.start, one.start + one.range.end)) {
            let tree = &statement.tree;
            let ranges = tree.exprs.iter().map(|expr| expr.range).chain(tree.types.iter().map(|ty| ty.range));
            let ranges = ranges.chain(tree.patterns.iter().map(|pattern| pattern.range)).chain([statement.range]);
            spans.extend(ranges.map(|range| (statement.start + range.start, statement.start + range.end)));
        }
        spans.extend(lexemes.iter().map(|lexeme| (lexeme.start, lexeme.end)));
        spans.retain(|(start, end)| holds(*start, *end));
        spans.sort_by_key(|(start, end)| (std::cmp::Reverse(end - start), *start));
        spans.dedup();
        let mut grown: Option<SelectionRange> = None;
        let mut outer: Option<(u32, u32)> = None;
        for (start, end) in spans {
            // Each within the one before.
            if outer.is_some_and(|(outer_start, outer_end)| start < outer_start || end > outer_end) {
                continue;
            }
            outer = Some((start, end));
            grown = Some(SelectionRange { range: text.range(start, end, encoding), parent: grown.map(Box::new) });
        }
        grown.unwrap_or(SelectionRange { range: Range { start: *position, end: *position }, parent: None })
    };
    Some(params.positions.iter().map(one).collect())
}
