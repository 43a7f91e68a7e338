//! Completion: what could stand where the cursor is.
//!
//! The one idea: the statement at the cursor is read and checked once more with a name in it that nobody writes, the marker; what the checker
//! wanted there and what was in scope is what is offered. Where the statement does not even parse, it is cut at the cursor and its open
//! brackets are closed, so that half of it is enough.

mod items;
mod position;

use lsp_types::*;
use lw_check::{Observed, Session, Symbol, Ty};
use lw_diagnostics::FileId;
use lw_syntax::ast::{ExprId, ExprKind, PatternKind, Statement, TypeKind};

use items::Items;
use position::{Position, Written};

use crate::documents::path_of;
use crate::workspace::Workspace;

/// No name of a program: it begins with two underscores and ends with a word nobody needs.
const MARKER: &str = "__cursorHere";

pub fn complete(workspace: &mut Workspace, params: &CompletionParams) -> Option<CompletionResponse> {
    let at = &params.text_document_position;
    let snippets = workspace.snippets;
    let place = workspace.place(&path_of(&at.text_document.uri))?;
    let offset = place.text.offset(at.position, place.encoding);
    let (text, encoding, file, session) = (place.text, place.encoding, place.file, place.session);
    let written = Written::at(&text.text, offset);
    let replaced = text.range(written.word_start, offset, encoding);
    let mut items = Items::new(&text, encoding, replaced, snippets);
    match &written.position {
        Position::Nothing => return None,
        Position::Import(prefix) => items.modules(session, prefix),
        Position::ImportName(module) => items.names_of_module(session, module),
        Position::Annotation => items.annotations(),
        Position::AnnotationField(name) => items.annotation_fields(name),
        Position::Statement => {
            items.statements(session, file);
            items.types(session, file);
        }
        Position::Type(qualifier) => match qualifier {
            Some(path) => {
                items.members(session, file, path, true);
            }
            None => items.types(session, file),
        },
        Position::Member(path) => {
            if !items.members(session, file, path, false).is_some_found() {
                fields(session, file, &written, &mut items);
            }
        }
        Position::Field => fields(session, file, &written, &mut items),
        Position::Key | Position::Value | Position::Text | Position::Pattern => {
            expression(session, file, &written, &mut items);
        }
    }
    Some(CompletionResponse::List(CompletionList { is_incomplete: false, items: items.finish() }))
}

/// What the checker says of the statement with the marker in it.
fn observe(session: &mut Session, file: FileId, written: &Written<'_>) -> Option<(Observed, Marked)> {
    let wants_key = written.position == Position::Key;
    let mut second: Option<(Statement, Marked, String)> = None;
    for (start, text) in written.candidates(MARKER) {
        let parsed = lw_syntax::parse_at(file, &text, start);
        for statement in parsed.file.statements {
            let Some(marked) = Marked::find(&statement) else { continue };
            let rest = text[(statement.start - start) as usize..].to_string();
            // What repairs made something else of is better than nothing.
            if wants_key && !matches!(marked, Marked::Key(_)) {
                second.get_or_insert((statement, marked, rest));
                continue;
            }
            return Some((session.probe(file, statement, &rest, lw_syntax::Name::from(MARKER))?, marked));
        }
    }
    let (statement, marked, rest) = second?;
    Some((session.probe(file, statement, &rest, lw_syntax::Name::from(MARKER))?, marked))
}

/// What the name at a place means in a statement that cannot be read as it stands: it is cut after the name, and its brackets are closed.
pub fn symbol_in_broken(session: &mut Session, file: FileId, text: &str, offset: u32) -> Option<BrokenName> {
    let number = session.statement_at(file, offset)?;
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let rest = text.get(offset as usize..)?;
    let end = offset + rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()) as u32;
    let written = Written::at(text, end);
    let word = text.get(written.word_start as usize..end as usize).filter(|word| !word.is_empty())?;
    for (start, candidate) in written.candidates(word) {
        let parsed = lw_syntax::parse_at(file, &candidate, start);
        for statement in parsed.file.statements {
            if matches!(statement.kind, lw_syntax::ast::StatementKind::Error { .. }) {
                continue;
            }
            let rest = candidate[(statement.start - start) as usize..].to_string();
            let Some(observed) = session.probe(file, statement, &rest, lw_syntax::Name::from(MARKER)) else { continue };
            let symbols = session.symbols_of(file, number, &observed);
            let wanted = |(span, _): &(lw_diagnostics::Span, Symbol)| {
                // What stands before the name may have been filled in.
                span.end - span.start == end - written.word_start
                    && candidate_word(&candidate, start, *span) == Some(word)
            };
            let Some((span, symbol)) = symbols.into_iter().rfind(wanted) else { continue };
            let local = observed.locals.iter().find(|local| symbol == Symbol::Local(local.span)).map(|local| local.ty);
            let ty = local.filter(|ty| session.is_known(*ty)).map(|ty| session.show(ty));
            let span = lw_diagnostics::Span::new(span.file, written.word_start, end);
            return Some(BrokenName { span, symbol, word: word.to_string(), ty });
        }
    }
    None
}

/// A name in a statement that is broken.
pub struct BrokenName {
    pub span: lw_diagnostics::Span,
    pub symbol: Symbol,
    pub word: String,
    /// Of a local.
    pub ty: Option<String>,
}

fn candidate_word(candidate: &str, start: u32, span: lw_diagnostics::Span) -> Option<&str> {
    candidate.get(span.start.checked_sub(start)? as usize..span.end.checked_sub(start)? as usize)
}

/// Where in a statement's tree the marker stands.
#[derive(Clone, Copy, Debug)]
enum Marked {
    /// As an expression of its own.
    Expr(ExprId),
    /// As the name of a field of an expression.
    Field(ExprId),
    /// As a key of braces.
    Key(ExprId),
    /// In a string.
    Text(ExprId),
    Pattern(lw_syntax::ast::PatternId),
    Type,
}

impl Marked {
    fn find(statement: &Statement) -> Option<Marked> {
        let tree = &statement.tree;
        let mut found = None;
        for (at, expr) in tree.exprs.iter().enumerate() {
            let id = ExprId(at as u32);
            match &expr.kind {
                ExprKind::Name(name) if *name == MARKER => {
                    found.get_or_insert(Marked::Expr(id));
                }
                ExprKind::Field { target, name } if name.name == MARKER => found = Some(Marked::Field(*target)),
                ExprKind::Record(entries) | ExprKind::With { entries, .. } => {
                    let is_marker = |key: ExprId| matches!(&tree[key].kind, ExprKind::Name(name) if *name == MARKER);
                    if entries.iter().any(|entry| is_marker(entry.key)) {
                        found = Some(Marked::Key(id));
                    }
                }
                ExprKind::String(parts) => {
                    let marked = parts
                        .iter()
                        .any(|part| matches!(part, lw_syntax::ast::StringPart::Text(text) if text.contains(MARKER)));
                    if marked {
                        found = Some(Marked::Text(id));
                    }
                }
                _ => {}
            }
        }
        for (at, pattern) in tree.patterns.iter().enumerate() {
            if matches!(&pattern.kind, PatternKind::Name(name) if *name == MARKER) {
                return Some(Marked::Pattern(lw_syntax::ast::PatternId(at as u32)));
            }
        }
        if found.is_none()
            && tree.types.iter().any(|ty| matches!(&ty.kind, TypeKind::Variable(name) if *name == MARKER))
        {
            return Some(Marked::Type);
        }
        found
    }
}

/// Fields of what stands before a dot.
fn fields(session: &mut Session, file: FileId, written: &Written<'_>, items: &mut Items<'_>) {
    let Some((observed, Marked::Field(target))) = observe(session, file, written) else { return };
    if let Some(ty) = observed.types.get(&target) {
        items.fields_of(session, *ty);
    }
}

/// Whatever could be written where an expression, a key or a pattern stands.
fn expression(session: &mut Session, file: FileId, written: &Written<'_>, items: &mut Items<'_>) {
    let Some((observed, marked)) = observe(session, file, written) else {
        if matches!(written.position, Position::Value) {
            items.names(session, file, None, &[]);
        }
        return;
    };
    match marked {
        Marked::Key(braces) => {
            let tree = &observed.statement.tree;
            let (ty, given) = match &tree[braces].kind {
                ExprKind::With { target, entries } => (observed.types.get(target).copied(), keys(tree, entries)),
                ExprKind::Record(entries) => {
                    let wanted = observed.expected.get(&braces).or(observed.types.get(&braces)).copied();
                    (wanted.or_else(|| of_argument(session, file, &observed, braces)), keys(tree, entries))
                }
                _ => (None, Vec::new()),
            };
            let update = matches!(tree[braces].kind, ExprKind::With { .. });
            match ty {
                Some(ty) => items.keys(session, ty, &given, update, written.followed_by_colon),
                None => items.names(session, file, None, &[]),
            }
        }
        Marked::Expr(expr) => {
            let wanted = observed.expected.get(&expr).copied().filter(|ty| session.is_known(*ty));
            let locals = observed.scope.as_ref().map(|scope| scope.locals.clone()).unwrap_or_default();
            items.names(session, file, wanted, &locals);
        }
        Marked::Field(target) => {
            if let Some(ty) = observed.types.get(&target) {
                items.fields_of(session, *ty);
            }
        }
        Marked::Text(expr) => {
            if let Some(ty) = observed.expected.get(&expr) {
                items.strings(session, *ty, true);
            }
        }
        Marked::Pattern(pattern) => {
            if let Some(ty) = observed.patterns.get(&pattern) {
                items.patterns(session, *ty);
            }
        }
        Marked::Type => items.types(session, file),
    }
}

/// The type of the braces that a call's or constructor's argument is, where the checker did not come so far.
fn of_argument(session: &mut Session, file: FileId, observed: &Observed, braces: ExprId) -> Option<Ty> {
    use lw_syntax::ast::Arguments;
    let tree = &observed.statement.tree;
    let callee = tree.exprs.iter().find_map(|expr| match &expr.kind {
        ExprKind::Call { callee, arguments: Arguments::Literal(literal) } if *literal == braces => Some(*callee),
        _ => None,
    })?;
    let path = session.text_of(file, &observed.statement, tree[callee].range).to_string();
    match session.resolve(file, &path)? {
        symbol @ Symbol::Type(_) => session.type_named(symbol),
        _ => None,
    }
}

fn keys(tree: &lw_syntax::ast::Tree, entries: &[lw_syntax::ast::Entry]) -> Vec<lw_syntax::Name> {
    let name = |entry: &lw_syntax::ast::Entry| match &tree[entry.key].kind {
        ExprKind::Name(name) if *name != MARKER => Some(*name),
        _ => None,
    };
    entries.iter().filter_map(name).collect()
}
