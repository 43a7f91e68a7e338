//! From a name to what it names and back: definition, references, highlights, rename.

use std::collections::HashMap;

use lsp_types::request::GotoTypeDefinitionResponse;
use lsp_types::*;
use lw_check::{Session, Symbol};
use lw_diagnostics::{FileId, Span};
use lw_syntax::ast::{ExprKind, PatternKind};
use serde_json::{Value, json};

use crate::convert::Places;
use crate::documents::path_of;
use crate::workspace::Workspace;

/// The name at a place and what it means; of several, the smallest.
pub fn symbol_at(session: &mut Session, file: FileId, offset: u32) -> Option<(Span, Symbol)> {
    let number = session.statement_at(file, offset)?;
    let symbols = session.symbols(file, number);
    let holding = symbols.into_iter().filter(|(span, _)| span.start <= offset && offset <= span.end);
    // A name that ends where another begins is the second one; a local before the field it is taken from.
    holding
        .min_by_key(|(span, symbol)| (span.end == offset, span.end - span.start, !matches!(symbol, Symbol::Local(_))))
}

fn symbol_under(workspace: &mut Workspace, at: &TextDocumentPositionParams) -> Option<(usize, FileId, Span, Symbol)> {
    let place = workspace.place(&path_of(&at.text_document.uri))?;
    let offset = place.text.offset(at.position, place.encoding);
    let (span, symbol) = symbol_at(place.session, place.file, offset)?;
    Some((place.project, place.file, span, symbol))
}

pub fn definition(workspace: &mut Workspace, params: &GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
    let (project, _, _, symbol) = symbol_under(workspace, &params.text_document_position_params)?;
    let span = workspace.session(project).definition(symbol)?;
    location(workspace, project, span).map(GotoDefinitionResponse::Scalar)
}

pub fn type_definition(workspace: &mut Workspace, params: &GotoDefinitionParams) -> Option<GotoTypeDefinitionResponse> {
    let (project, file, span, symbol) = symbol_under(workspace, &params.text_document_position_params)?;
    let session = workspace.session(project);
    let ty = match symbol {
        Symbol::Value(_) => session.type_of_value(symbol)?,
        Symbol::Local(bound) => {
            let number = session.statement_at(file, span.start)?;
            session.observe(file, number)?.locals.into_iter().find(|local| local.span == bound)?.ty
        }
        Symbol::Field(owner, name) => {
            session.fields_of_type(Symbol::Type(owner)).into_iter().find(|field| field.name == name)?.ty
        }
        _ => return None,
    };
    let declared = session.view(ty).declared?;
    let span = session.definition(declared)?;
    location(workspace, project, span).map(GotoTypeDefinitionResponse::Scalar)
}

pub fn location(workspace: &Workspace, project: usize, span: Span) -> Option<Location> {
    let session = workspace.project(project).session_now()?;
    Places::new(&*workspace.host, session.files(), workspace.encoding).location(span)
}

pub fn references(workspace: &mut Workspace, params: &ReferenceParams) -> Option<Vec<Location>> {
    let (project, _, _, symbol) = symbol_under(workspace, &params.text_document_position)?;
    let session = workspace.session(project);
    let definition = session.definition(symbol);
    let spans = uses(session, symbol);
    let wanted = spans.into_iter().filter(|span| params.context.include_declaration || Some(*span) != definition);
    let wanted: Vec<Span> = wanted.collect();
    Some(wanted.into_iter().filter_map(|span| location(workspace, project, span)).collect())
}

pub fn highlights(workspace: &mut Workspace, params: &DocumentHighlightParams) -> Option<Vec<DocumentHighlight>> {
    let (project, file, _, symbol) = symbol_under(workspace, &params.text_document_position_params)?;
    let session = workspace.session(project);
    let definition = session.definition(symbol);
    let spans = uses_in(session, file, symbol);
    let mut highlights = Vec::new();
    for span in spans {
        let kind = if Some(span) == definition { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ };
        let range = location(workspace, project, span)?.range;
        highlights.push(DocumentHighlight { range, kind: Some(kind) });
    }
    Some(highlights)
}

/// Every place in the files of a check that names a symbol, its definition among them; of the library, the definition alone.
pub fn uses(session: &mut Session, symbol: Symbol) -> Vec<Span> {
    let definition = session.definition(symbol);
    let mut files: Vec<FileId> = session.files().ids().filter(|file| !session.is_library(*file)).collect();
    if let Symbol::Local(span) = symbol {
        files.retain(|file| *file == span.file);
    }
    let mut found: Vec<Span> = definition.into_iter().collect();
    for file in files {
        found.extend(uses_in(session, file, symbol));
    }
    found.sort();
    found.dedup();
    found
}

/// The same in one file. Only statements that mention the name are looked into.
pub fn uses_in(session: &mut Session, file: FileId, symbol: Symbol) -> Vec<Span> {
    let Some(definition) = session.definition(symbol) else { return Vec::new() };
    let name = match symbol {
        // A module goes by many names.
        Symbol::Module(_) => String::new(),
        _ => super::hover::name_of(session, symbol),
    };
    // `SecurityGroup.Ingress` is mentioned by its last word.
    let name = name.rsplit('.').next().unwrap_or_default().to_string();
    let text = session.files().text(file).clone();
    let mut found = Vec::new();
    for (number, statement) in session.statements(file).iter().enumerate() {
        let (start, end) = (statement.start as usize, (statement.start + statement.range.end) as usize);
        let mentions = text.get(start..end).is_some_and(|text| text.contains(&name));
        let elsewhere =
            matches!(symbol, Symbol::Local(_)) && !(start as u32 <= definition.start && definition.end <= end as u32);
        if !mentions || elsewhere {
            continue;
        }
        let symbols = session.symbols(file, number as u32);
        found.extend(symbols.into_iter().filter(|(_, other)| *other == symbol).map(|(span, _)| span));
    }
    found
}

pub fn prepare_rename(workspace: &mut Workspace, params: &TextDocumentPositionParams) -> Result<Value, String> {
    let Some((project, _, span, symbol)) = symbol_under(workspace, params) else {
        return Err("there is no name here that could be changed".to_string());
    };
    refuse(workspace.session(project), symbol)?;
    let location = location(workspace, project, span).ok_or("the place is in no file")?;
    let placeholder = super::hover::name_of(workspace.session(project), symbol);
    Ok(json!({"range": location.range, "placeholder": placeholder}))
}

/// Why a name is not ours to change.
fn refuse(session: &mut Session, symbol: Symbol) -> Result<(), String> {
    let Some(definition) = session.definition(symbol) else { return Err("it is not written anywhere".to_string()) };
    if session.is_library(definition.file) {
        return Err("it is a name of the library".to_string());
    }
    match symbol {
        Symbol::Module(_) => Err("a module is named by its file: rename that".to_string()),
        _ => Ok(()),
    }
}

pub fn rename(workspace: &mut Workspace, params: &RenameParams) -> Result<Option<WorkspaceEdit>, String> {
    let Some((project, _, _, symbol)) = symbol_under(workspace, &params.text_document_position) else {
        return Ok(None);
    };
    let session = workspace.session(project);
    refuse(session, symbol)?;
    let new = params.new_name.trim();
    let old = super::hover::name_of(session, symbol);
    check_name(session, symbol, &old, new)?;
    let mut edits: Vec<(Span, String)> = Vec::new();
    for span in uses(session, symbol) {
        edits.push((span, replacement(session, span, symbol, &old, new)));
    }
    #[expect(clippy::mutable_key_type, reason = "an address is never changed while it is a key")]
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (span, new_text) in edits {
        let Some(location) = location(workspace, project, span) else { continue };
        changes.entry(location.uri).or_default().push(TextEdit { range: location.range, new_text });
    }
    Ok(Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }))
}

/// Whether a name can stand where the old one did, and is free there.
fn check_name(session: &mut Session, symbol: Symbol, old: &str, new: &str) -> Result<(), String> {
    let upper = old.starts_with(|first: char| first.is_ascii_uppercase());
    let lexemes = lw_syntax::lexemes(new);
    let kind = if upper { lw_syntax::LexemeKind::Upper } else { lw_syntax::LexemeKind::Lower };
    let is_name = matches!(lexemes.as_slice(), [only] if only.kind == kind && only.end as usize == new.len());
    if !is_name || new == "_" {
        let case = if upper { "an upper-case" } else { "a lower-case" };
        return Err(format!("`{new}` is not {case} name"));
    }
    let taken = match symbol {
        Symbol::Value(_) => {
            let file = session.definition(symbol).map(|span| span.file);
            file.and_then(|file| session.resolve_value(file, new))
                .and_then(|other| session.definition(other))
                .filter(|span| Some(span.file) == file)
        }
        Symbol::Type(_) | Symbol::Constructor(..) => {
            let file = session.definition(symbol).map(|span| span.file);
            file.and_then(|file| session.resolve(file, new))
                .and_then(|other| session.definition(other))
                .filter(|span| Some(span.file) == file)
        }
        Symbol::Field(owner, _) => {
            let fields = session.fields_of_type(Symbol::Type(owner));
            fields
                .iter()
                .find(|field| field.name == new)
                .and_then(|field| field.symbol)
                .and_then(|other| session.definition(other))
        }
        Symbol::Local(_) | Symbol::Module(_) => None,
    };
    match taken.filter(|_| old != new) {
        Some(_) => Err(format!("there is a `{new}` already")),
        None => Ok(()),
    }
}

/// What to write at one place: `{a}` in a pattern is a field and a local at once, of which only one gets another name.
fn replacement(session: &mut Session, span: Span, symbol: Symbol, old: &str, new: &str) -> String {
    if !matches!(symbol, Symbol::Local(_) | Symbol::Field(..)) || !is_short_pattern(session, span) {
        return new.to_string();
    }
    match symbol {
        Symbol::Local(_) => format!("{old}: {new}"),
        _ => format!("{new}: {old}"),
    }
}

fn is_short_pattern(session: &mut Session, span: Span) -> bool {
    let Some(number) = session.statement_at(span.file, span.start) else { return false };
    let statements = session.statements(span.file);
    let Some(statement) = statements.get(number as usize) else { return false };
    statement.tree.patterns.iter().any(|pattern| match &pattern.kind {
        PatternKind::Record(fields) => {
            fields.iter().any(|(name, pattern)| pattern.is_none() && statement.span(span.file, name.range) == span)
        }
        _ => false,
    })
}

/// The functions that a statement calls, and those that call it.
pub mod calls {
    use super::*;

    pub fn prepare(workspace: &mut Workspace, params: &CallHierarchyPrepareParams) -> Option<Vec<CallHierarchyItem>> {
        let (project, _, _, symbol) = symbol_under(workspace, &params.text_document_position_params)?;
        item(workspace, project, symbol).map(|item| vec![item])
    }

    fn item(workspace: &mut Workspace, project: usize, symbol: Symbol) -> Option<CallHierarchyItem> {
        let Symbol::Value(_) = symbol else { return None };
        let session = workspace.session(project);
        let own = session.definition(symbol)?;
        let (file, statement) = session.declared_by(symbol)?;
        let whole = statement.span(file, statement.range);
        let text = session.files().text(file).clone();
        let (name, kind, detail) = super::super::outline::label(&statement, &text)?;
        let whole = location(workspace, project, whole)?;
        let own = location(workspace, project, own)?;
        Some(CallHierarchyItem {
            name,
            kind,
            tags: None,
            detail,
            uri: own.uri,
            range: whole.range,
            selection_range: own.range,
            data: None,
        })
    }

    pub fn incoming(
        workspace: &mut Workspace,
        params: &CallHierarchyIncomingCallsParams,
    ) -> Option<Vec<CallHierarchyIncomingCall>> {
        let (project, symbol) = of_item(workspace, &params.item)?;
        let session = workspace.session(project);
        let definition = session.definition(symbol);
        let mut callers: Vec<(Symbol, Vec<Span>)> = Vec::new();
        for span in uses(session, symbol).into_iter().filter(|span| Some(*span) != definition) {
            let Some(caller) = declared_at(session, span) else { continue };
            match callers.iter_mut().find(|(known, _)| *known == caller) {
                Some((_, spans)) => spans.push(span),
                None => callers.push((caller, vec![span])),
            }
        }
        let mut calls = Vec::new();
        for (caller, spans) in callers {
            let from_ranges = spans.into_iter().filter_map(|span| Some(location(workspace, project, span)?.range));
            let from_ranges = from_ranges.collect();
            calls.push(CallHierarchyIncomingCall { from: item(workspace, project, caller)?, from_ranges });
        }
        Some(calls)
    }

    pub fn outgoing(
        workspace: &mut Workspace,
        params: &CallHierarchyOutgoingCallsParams,
    ) -> Option<Vec<CallHierarchyOutgoingCall>> {
        let (project, symbol) = of_item(workspace, &params.item)?;
        let session = workspace.session(project);
        let definition = session.definition(symbol)?;
        let number = session.statement_at(definition.file, definition.start)?;
        let observed = session.observe(definition.file, number)?;
        let called = called(&observed.statement, definition.file);
        let mut callees: Vec<(Symbol, Vec<Span>)> = Vec::new();
        for (span, target) in session.symbols_of(definition.file, number, &observed) {
            if !matches!(target, Symbol::Value(_)) || !called.contains(&span) {
                continue;
            }
            match callees.iter_mut().find(|(known, _)| *known == target) {
                Some((_, spans)) => spans.push(span),
                None => callees.push((target, vec![span])),
            }
        }
        let mut calls = Vec::new();
        for (callee, spans) in callees {
            let from_ranges = spans.into_iter().filter_map(|span| Some(location(workspace, project, span)?.range));
            let from_ranges = from_ranges.collect();
            let Some(to) = item(workspace, project, callee) else { continue };
            calls.push(CallHierarchyOutgoingCall { to, from_ranges });
        }
        Some(calls)
    }

    /// Where a statement names what it calls, or hands to another function.
    fn called(statement: &lw_syntax::ast::Statement, file: FileId) -> Vec<Span> {
        let tree = &statement.tree;
        let name = |expr: &lw_syntax::ast::Expr| match &expr.kind {
            ExprKind::Name(_) => Some(statement.span(file, expr.range)),
            ExprKind::Field { name, .. } => Some(statement.span(file, name.range)),
            _ => None,
        };
        tree.exprs.iter().filter_map(name).collect()
    }

    fn of_item(workspace: &mut Workspace, item: &CallHierarchyItem) -> Option<(usize, Symbol)> {
        let at = TextDocumentPositionParams {
            text_document: TextDocumentIdentifier { uri: item.uri.clone() },
            position: item.selection_range.start,
        };
        let (project, _, _, symbol) = symbol_under(workspace, &at)?;
        Some((project, symbol))
    }

    /// What the statement around a place declares.
    fn declared_at(session: &mut Session, span: Span) -> Option<Symbol> {
        let number = session.statement_at(span.file, span.start)?;
        let statement = session.statements(span.file).get(number as usize)?.clone();
        let own = statement.span(span.file, lw_check::name_range(&statement));
        let symbols = session.symbols(span.file, number);
        symbols.into_iter().find(|(span, _)| *span == own).map(|(_, symbol)| symbol)
    }
}
