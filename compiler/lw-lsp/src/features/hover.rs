//! Hover: what a name is, what is written about it, what it comes to.

use lsp_types::*;
use lw_check::{FieldView, Session, Symbol, SymbolKind};
use lw_diagnostics::{FileId, Span};

use super::completion::symbol_in_broken;
use super::navigation::symbol_at;
use crate::background::Evaluation;
use crate::documents::path_of;
use crate::workspace::Workspace;

/// Longer values are cut.
const VALUE_CHARACTERS_MAX: usize = 600;

pub fn hover(workspace: &mut Workspace, params: &HoverParams) -> Option<Hover> {
    let position = params.text_document_position_params.position;
    let path = path_of(&params.text_document_position_params.text_document.uri);
    let number = workspace.place(&path)?.project;
    let place = workspace.place(&path)?;
    let offset = place.text.offset(position, place.encoding);
    let (text, encoding, file) = (place.text, place.encoding, place.file);
    let session = place.session;
    let found = symbol_at(session, file, offset);
    let (span, mut lines) = match found {
        Some((span, symbol)) => (span, about(session, file, offset, symbol)),
        // Around a name that could not be read there may be an expression that could.
        None => match in_broken(session, file, &text.text, offset) {
            Some(named) => named,
            None => typed_at(session, file, offset)?,
        },
    };
    let own = found.and_then(|(_, symbol)| own_binding(session, symbol));
    if let Some((home, name)) = own
        && let Some(evaluation) = &workspace.project(number).evaluation
        && let Some(value) = value_of(evaluation, &home, &name)
    {
        lines.push(value);
    }
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: lines.join("\n\n") }),
        range: Some(text.range(span.start, span.end, encoding)),
    })
}

/// What stands at a place of a statement that cannot be read.
fn in_broken(session: &mut Session, file: FileId, text: &str, offset: u32) -> Option<(Span, Vec<String>)> {
    let found = symbol_in_broken(session, file, text, offset)?;
    let lines = match (found.symbol, found.ty) {
        // Its place is that of a text which is not there.
        (Symbol::Local(_), ty) => {
            let ty = ty.map(|ty| format!("{ty} ")).unwrap_or_default();
            vec![format!("```linework\n{ty}{}\n```", found.word)]
        }
        (symbol, _) => about(session, file, offset, symbol),
    };
    Some((found.span, lines))
}

/// The file and name of a top-level binding of the project.
fn own_binding(session: &mut Session, symbol: Symbol) -> Option<(String, String)> {
    let Symbol::Value(_) = symbol else { return None };
    let span = session.definition(symbol)?;
    let text = session.files().text(span.file).get(span.start as usize..span.end as usize)?.to_string();
    (!session.is_library(span.file)).then(|| (session.files().name(span.file).to_string(), text))
}

/// What evaluation says of a binding.
fn value_of(evaluation: &Evaluation, file: &str, name: &str) -> Option<String> {
    let unit = evaluation.compiled.units.iter().find(|unit| *unit.file_name == *file)?;
    let resources: Vec<&lw_plan::Node> = evaluation
        .plans
        .get(&unit.path)
        .iter()
        .flat_map(|plan| &plan.meaning.nodes)
        .filter(|node| node.kind != lw_plan::NodeKind::Output)
        .filter(|node| below(node.path.as_str(), name))
        .collect();
    let mut text = String::new();
    if resources.len() > 1 {
        text.push_str(&format!("{} resources\n\n", resources.len()));
    }
    let output = unit.outputs.get(name).map(|value| serde_json::to_string_pretty(value).unwrap_or_default());
    let value = unit.values.get(name).cloned().or(output)?;
    let mut shown: String = value.chars().take(VALUE_CHARACTERS_MAX).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    text.push_str(&format!("```linework\n{shown}\n```"));
    Some(text)
}

/// Whether a resource's path is a binding's name or begins with it.
pub fn below(path: &str, name: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// A symbol as Markdown.
fn about(session: &mut Session, file: FileId, offset: u32, symbol: Symbol) -> Vec<String> {
    let kind = session.kind(symbol);
    let name = name_of(session, symbol);
    let code = match symbol {
        Symbol::Local(_) => {
            let ty = local_type(session, file, offset, symbol);
            format!("{}{name}", ty.map(|ty| format!("{ty} ")).unwrap_or_default())
        }
        Symbol::Value(_) => signature(session, symbol, &name),
        Symbol::Type(_) => declaration(session, symbol).unwrap_or(name),
        Symbol::Constructor(..) => format!("{}.{name}", session.type_name(symbol).unwrap_or_default()),
        Symbol::Field(..) => {
            let field = field(session, symbol);
            format!("{name}: {}", field.as_ref().map_or("?", |field| field.shown.as_str()))
        }
        Symbol::Module(_) => format!("module {}", session.home(symbol).unwrap_or_default()),
    };
    let mut lines = vec![format!("```linework\n{code}\n```")];
    if let Some(documentation) = documentation(session, symbol) {
        lines.push(documentation);
    }
    if let Some(field) = field(session, symbol) {
        lines.extend(traits(session, symbol, &field));
    }
    if let Some((wire, class)) = session.resource(symbol) {
        lines.push(format!("`{wire}`, of the class *{class}*{}", link(&wire, None)));
    }
    if let Some(home) = session.home(symbol).filter(|_| {
        matches!(kind, SymbolKind::Function | SymbolKind::Type | SymbolKind::ResourceType | SymbolKind::Constructor)
    }) {
        lines.push(format!("*from `{home}`*"));
    }
    lines
}

/// The comment of a declaration, its tags as a list.
pub fn documentation(session: &mut Session, symbol: Symbol) -> Option<String> {
    let text = match symbol {
        Symbol::Module(_) => return None,
        _ => session.documentation(symbol)?,
    };
    let tagged = |line: &str| match line.trim_start().split_once(' ') {
        Some(("@arg" | "@field" | "@constructor", rest)) => match rest.split_once(' ') {
            Some((name, rest)) => format!("- `{name}` {rest}"),
            None => format!("- `{rest}`"),
        },
        Some(("@return", rest)) => format!("- returns {rest}"),
        _ => line.to_string(),
    };
    Some(text.lines().map(tagged).collect::<Vec<_>>().join("\n"))
}

/// What the wire schema says of a property.
fn traits(session: &mut Session, symbol: Symbol, field: &FieldView) -> Option<String> {
    let Symbol::Field(owner, name) = symbol else { return None };
    let owner = Symbol::Type(owner);
    let resource = session.resource(owner);
    let mut words = Vec::new();
    words.push(if field.read_only {
        "read-only: known once the resource exists"
    } else if field.optional {
        "optional"
    } else {
        "required"
    });
    if let Some((_, class)) = resource.filter(|_| !field.read_only) {
        words.push(match (field.create_only, class.as_str()) {
            (true, _) => "create-only: another value replaces the resource",
            (false, "compute") => "compute is replaced, never changed in place",
            (false, _) => "changed in place",
        });
    }
    if field.write_only {
        words.push("write-only: the cloud never shows it");
    }
    let link = resource.map(|(wire, _)| link(&wire, Some(&name))).unwrap_or_default();
    Some(format!("{}{link}", words.join(" · ")))
}

/// Where AWS describes a type.
fn link(wire: &str, property: Option<&str>) -> String {
    let mut parts = wire.split("::");
    let (Some("AWS"), Some(service), Some(name), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return String::new();
    };
    let page = format!("aws-resource-{}-{}", service.to_lowercase(), name.to_lowercase());
    let anchor = property
        .map(|property| format!("#cfn-{}-{}-{}", service.to_lowercase(), name.to_lowercase(), property.to_lowercase()))
        .unwrap_or_default();
    format!(
        " · [AWS documentation](https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/{page}.html{anchor})"
    )
}

fn field(session: &mut Session, symbol: Symbol) -> Option<FieldView> {
    let Symbol::Field(owner, name) = symbol else { return None };
    session.fields_of_type(Symbol::Type(owner)).into_iter().find(|field| field.name == name)
}

/// A symbol's own name.
pub fn name_of(session: &mut Session, symbol: Symbol) -> String {
    let Some(span) = session.definition(symbol) else { return String::new() };
    session.files().text(span.file).get(span.start as usize..span.end as usize).unwrap_or_default().to_string()
}

/// A value as its header, or with the type that was inferred.
pub fn signature(session: &mut Session, symbol: Symbol, name: &str) -> String {
    use lw_syntax::ast::StatementKind;
    if let Some((file, statement)) = session.declared_by(symbol)
        && let StatementKind::Function(function) = &statement.kind
    {
        let parameters = session.text_of(file, &statement, function.parameters.range).to_string();
        let result = match function.result {
            Some(result) => Some(session.text_of(file, &statement, statement.tree[result].range).to_string()),
            None => {
                let ty = session.type_of_value(symbol);
                let result = ty.and_then(|ty| session.view(ty).function).map(|(_, result)| result);
                result.map(|result| session.show(result))
            }
        };
        let result = result.map(|result| format!(" -> {result}")).unwrap_or_default();
        return format!("fun {name}{parameters}{result}");
    }
    match session.show_value(symbol) {
        Some(shown) => format!("{shown} {name}"),
        None => name.to_string(),
    }
}

/// A type's declaration, its first fields.
fn declaration(session: &mut Session, symbol: Symbol) -> Option<String> {
    const LINES_MAX: usize = 14;
    let display = session.type_name(symbol)?;
    if session.resource(symbol).is_some() {
        let fields = session.fields_of_type(symbol);
        let required: Vec<String> = fields
            .iter()
            .filter(|field| !field.optional && !field.read_only)
            .map(|field| format!("  {}: {}", field.name, field.shown))
            .collect();
        let others = fields.iter().filter(|field| field.optional && !field.read_only).count();
        let mut text = format!("resource {display}");
        required.iter().for_each(|line| text.push_str(&format!("\n{line}")));
        text.push_str(&format!("\n  # {others} optional properties"));
        return Some(text);
    }
    let (file, statement) = session.declared_by(symbol)?;
    let whole = session.text_of(file, &statement, statement.range).to_string();
    let mut lines: Vec<&str> = whole.lines().collect();
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        lines.push("  …");
    }
    Some(lines.join("\n"))
}

fn local_type(session: &mut Session, file: FileId, offset: u32, symbol: Symbol) -> Option<String> {
    let Symbol::Local(span) = symbol else { return None };
    let number = session.statement_at(file, offset)?;
    let observed = session.observe(file, number)?;
    let local = observed.locals.iter().find(|local| local.span == span)?;
    session.is_known(local.ty).then(|| session.show(local.ty))
}

/// The type of the smallest expression at a place that has no name.
fn typed_at(session: &mut Session, file: FileId, offset: u32) -> Option<(Span, Vec<String>)> {
    let number = session.statement_at(file, offset)?;
    let observed = session.observe(file, number)?;
    let statement = observed.statement.clone();
    let exprs = statement.tree.exprs.iter().enumerate();
    let holding = exprs
        .filter(|(_, expr)| statement.start + expr.range.start <= offset && offset <= statement.start + expr.range.end);
    let smallest = holding.min_by_key(|(_, expr)| expr.range.end - expr.range.start)?;
    let id = lw_syntax::ast::ExprId(smallest.0 as u32);
    let ty = observed.expected.get(&id).or(observed.types.get(&id))?;
    if !session.is_known(*ty) {
        return None;
    }
    let span = statement.span(file, smallest.1.range);
    Some((span, vec![format!("```linework\n{}\n```", session.show(*ty))]))
}
