//! Document and workspace symbols.

use std::path::PathBuf;

use lsp_types::*;
use lw_check::name_range;
use lw_diagnostics::FileId;
use lw_syntax::ast::{self, ExprKind, Payload, Statement, StatementKind, TypeDefinition, TypeKind};

use crate::documents::{path_of, uri_of};
use crate::positions::Text;
use crate::workspace::Workspace;

/// After this many, a search is too wide to be of use.
const FOUND_MAX: usize = 256;

pub fn document(workspace: &mut Workspace, params: &DocumentSymbolParams) -> Option<DocumentSymbolResponse> {
    let text = workspace.text(&path_of(&params.text_document.uri))?;
    let parsed = lw_syntax::parse(FileId(0), &text.text);
    let outline = Outline { text: &text, workspace };
    let symbols = parsed.file.statements.iter().filter_map(|statement| outline.statement(statement));
    Some(DocumentSymbolResponse::Nested(symbols.collect()))
}

struct Outline<'o> {
    text: &'o Text,
    workspace: &'o Workspace,
}

impl Outline<'_> {
    fn range(&self, statement: &Statement, range: ast::Range) -> Range {
        self.text.range(statement.start + range.start, statement.start + range.end, self.workspace.encoding)
    }

    #[expect(deprecated, reason = "the protocol's type has the field")]
    fn symbol(
        &self,
        statement: &Statement,
        name: &str,
        kind: SymbolKind,
        detail: Option<String>,
        (whole, own): (ast::Range, ast::Range),
        children: Vec<DocumentSymbol>,
    ) -> DocumentSymbol {
        DocumentSymbol {
            name: if name.is_empty() { "?".to_string() } else { name.to_string() },
            detail,
            kind,
            tags: None,
            deprecated: None,
            range: self.range(statement, whole),
            selection_range: self.range(statement, own),
            children: (!children.is_empty()).then_some(children),
        }
    }

    fn statement(&self, statement: &Statement) -> Option<DocumentSymbol> {
        let (name, kind, detail) = label(statement, &self.text.text)?;
        let children = match &statement.kind {
            StatementKind::Type(declaration) => match &declaration.definition {
                TypeDefinition::Record(fields) => self.fields(statement, fields),
                TypeDefinition::Sum(constructors) => constructors
                    .iter()
                    .map(|constructor| {
                        let children = match &constructor.payload {
                            Payload::Fields(fields) => self.fields(statement, fields),
                            _ => Vec::new(),
                        };
                        let range = constructor.name.range;
                        let name = constructor.name.name;
                        self.symbol(statement, &name, SymbolKind::ENUM_MEMBER, None, (range, range), children)
                    })
                    .collect(),
                TypeDefinition::Alias(ty) => match &statement.tree[*ty].kind {
                    TypeKind::Record { fields, .. } => fields
                        .iter()
                        .map(|(name, _)| {
                            self.symbol(
                                statement,
                                &name.name,
                                SymbolKind::FIELD,
                                None,
                                (name.range, name.range),
                                Vec::new(),
                            )
                        })
                        .collect(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            },
            StatementKind::Resource(declaration) => self.fields(statement, &declaration.fields),
            StatementKind::Binding(binding) => self.entries(statement, binding.value),
            _ => Vec::new(),
        };
        Some(self.symbol(statement, &name, kind, detail, (statement.range, name_range(statement)), children))
    }

    fn fields(&self, statement: &Statement, fields: &[ast::FieldDeclaration]) -> Vec<DocumentSymbol> {
        let symbol = |field: &ast::FieldDeclaration| {
            let whole = field.name.range.to(statement.tree[field.annotation].range);
            self.symbol(statement, &field.name.name, SymbolKind::FIELD, None, (whole, field.name.range), Vec::new())
        };
        fields.iter().map(symbol).collect()
    }

    /// Entries of a binding that is a record or dictionary of things.
    fn entries(&self, statement: &Statement, value: ast::ExprId) -> Vec<DocumentSymbol> {
        let tree = &statement.tree;
        let ExprKind::Record(entries) = &tree[value].kind else { return Vec::new() };
        let symbol = |entry: &ast::Entry| {
            let key = tree[entry.key].range;
            let name =
                self.text.text.get((statement.start + key.start) as usize..(statement.start + key.end) as usize)?;
            let whole = key.to(tree[entry.value].range);
            let resource = callee(statement, entry.value, &self.text.text);
            let kind = if resource.is_some() { SymbolKind::OBJECT } else { SymbolKind::KEY };
            Some(self.symbol(statement, name.trim_matches('"'), kind, resource, (whole, key), Vec::new()))
        };
        entries.iter().filter_map(symbol).collect()
    }
}

/// How a statement is listed: its name, its kind, and what else tells it apart.
pub fn label(statement: &Statement, source: &str) -> Option<(String, SymbolKind, Option<String>)> {
    let slice = |range: ast::Range| {
        let (start, end) = (statement.start + range.start, statement.start + range.end);
        source.get(start as usize..end as usize).unwrap_or_default().to_string()
    };
    let tree = &statement.tree;
    Some(match &statement.kind {
        StatementKind::Error { name } => (name.as_ref()?.to_string(), SymbolKind::VARIABLE, None),
        StatementKind::Type(declaration) => {
            let kind = match &declaration.definition {
                TypeDefinition::Sum(_) => SymbolKind::ENUM,
                TypeDefinition::Record(_) => SymbolKind::STRUCT,
                _ => SymbolKind::CLASS,
            };
            (slice(declaration.name.range), kind, None)
        }
        StatementKind::Resource(declaration) => {
            (slice(declaration.name.range), SymbolKind::CLASS, Some(declaration.wire_type.clone()))
        }
        StatementKind::Operator(declaration) => (declaration.operator.name.to_string(), SymbolKind::OPERATOR, None),
        StatementKind::Function(function) => {
            let parameters = slice(function.parameters.range);
            let result = function.result.map(|result| format!(" -> {}", slice(tree[result].range))).unwrap_or_default();
            let header: Vec<&str> = parameters.split_whitespace().collect();
            (function.name.name.to_string(), SymbolKind::FUNCTION, Some(format!("{}{result}", header.join(" "))))
        }
        StatementKind::Binding(binding) => {
            let resource = callee(statement, binding.value, source);
            let kind = if resource.is_some() { SymbolKind::OBJECT } else { SymbolKind::VARIABLE };
            let annotated = binding.annotation.map(|annotation| slice(tree[annotation].range));
            (binding.name.name.to_string(), kind, resource.or(annotated))
        }
        StatementKind::Parameter { name, annotation, .. } => {
            (name.name.to_string(), SymbolKind::CONSTANT, Some(format!("parameter {}", slice(tree[*annotation].range))))
        }
        StatementKind::Lookup { name, annotation, .. } => {
            (name.name.to_string(), SymbolKind::CONSTANT, Some(format!("lookup {}", slice(tree[*annotation].range))))
        }
        StatementKind::Output { name, .. } => (name.name.to_string(), SymbolKind::EVENT, Some("output".to_string())),
        StatementKind::Test { name, .. } => (name.clone(), SymbolKind::METHOD, Some("test".to_string())),
        StatementKind::Composition { .. }
        | StatementKind::Import(_)
        | StatementKind::Export(_)
        | StatementKind::Validate(_)
        | StatementKind::Defaults(_) => return None,
    })
}

/// `EC2.VPC` of `EC2.VPC {…}`.
fn callee(statement: &Statement, mut value: ast::ExprId, source: &str) -> Option<String> {
    let tree = &statement.tree;
    loop {
        match &tree[value].kind {
            ExprKind::Annotated { operand, .. } => value = *operand,
            ExprKind::Group(inner) => value = *inner,
            ExprKind::Block { result, .. } => value = *result,
            ExprKind::Call { callee, .. }
                if matches!(tree[*callee].kind, ExprKind::Upper(_) | ExprKind::UpperField { .. }) =>
            {
                let range = tree[*callee].range;
                let (start, end) = (statement.start + range.start, statement.start + range.end);
                return source.get(start as usize..end as usize).map(str::to_string);
            }
            _ => return None,
        }
    }
}

/// Declarations of every project that is open whose name holds the letters asked for, in their order.
pub fn workspace(workspace: &mut Workspace, params: &WorkspaceSymbolParams) -> WorkspaceSymbolResponse {
    let mut files: Vec<PathBuf> = workspace.projects().iter().flat_map(|open| open.files.clone()).collect();
    files.sort();
    files.dedup();
    let mut found: Vec<(usize, SymbolInformation)> = Vec::new();
    for path in files {
        let (Some(text), Some(uri)) = (workspace.text(&path), uri_of(&path)) else { continue };
        let parsed = lw_syntax::parse(FileId(0), &text.text);
        for statement in &parsed.file.statements {
            let Some((name, kind, _)) = label(statement, &text.text) else { continue };
            let Some(distance) = distance(&name, &params.query) else { continue };
            let own = statement.span(FileId(0), name_range(statement));
            let range = text.range(own.start, own.end, workspace.encoding);
            let container = path.file_name().map(|name| name.to_string_lossy().into_owned());
            #[expect(deprecated, reason = "the protocol's type has the field")]
            let symbol = SymbolInformation {
                name,
                kind,
                tags: None,
                deprecated: None,
                location: Location { uri: uri.clone(), range },
                container_name: container,
            };
            found.push((distance, symbol));
        }
    }
    found.sort_by_key(|(distance, _)| *distance);
    found.truncate(FOUND_MAX);
    WorkspaceSymbolResponse::Flat(found.into_iter().map(|(_, symbol)| symbol).collect())
}

/// How far the letters asked for are spread over a name; `None` where they are not in it.
fn distance(name: &str, query: &str) -> Option<usize> {
    let mut letters = name.chars().flat_map(char::to_lowercase).enumerate();
    let mut last = 0;
    for wanted in query.chars().flat_map(char::to_lowercase) {
        last = letters.by_ref().find(|(_, letter)| *letter == wanted)?.0;
    }
    Some(last + name.len().min(100))
}
