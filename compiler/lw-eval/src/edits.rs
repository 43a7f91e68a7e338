//! What a policy wants written, as an edit of the program's text.
//!
//! The one idea: an edit changes a literal, or adds a property to a literal record, and nothing else. What is computed has a reader's
//! reasons behind it; there the policy says what to write, and a person does it.

use lw_core::ResourceId;
use lw_diagnostics::{Edit, FileId, Span};
use lw_syntax::ast::{self, ExprKind};
use rustc_hash::FxHashMap;

use crate::diagnostics::is_own;
use crate::evaluate::Evaluation;

/// A value that satisfies a policy, and how it comes into the text; or why it does not by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// `True`
    pub text: String,
    pub edit: Result<Edit, String>,
}

/// The files in which something was suggested, parsed once each.
#[derive(Default)]
pub(crate) struct Parsed(FxHashMap<FileId, ast::File>);

/// The edit after which a property of a resource is `text`.
pub(crate) fn suggest(
    evaluation: &Evaluation<'_>,
    parsed: &mut Parsed,
    id: ResourceId,
    property: &str,
    text: &str,
) -> Suggestion {
    let edit = match &evaluation.given {
        Some(given) => match given.resources.get(&id) {
            Some((number, _)) => {
                given.given.edit(evaluation.files.text(given.given.start().file), *number, property, text)
            }
            None => Err("nothing says where the resource is written".to_string()),
        },
        None => edit(evaluation, parsed, id, property, text),
    };
    Suggestion { text: text.to_string(), edit }
}

fn edit(
    evaluation: &Evaluation<'_>,
    parsed: &mut Parsed,
    id: ResourceId,
    property: &str,
    text: &str,
) -> Result<Edit, String> {
    let elsewhere = || "the resource is made in the library".to_string();
    let site = evaluation.resource_span(id).ok_or_else(elsewhere)?;
    if !is_own(evaluation.files, site) {
        return Err(elsewhere());
    }
    let source = evaluation.files.text(site.file);
    let file = parsed.0.entry(site.file).or_insert_with(|| lw_syntax::parse(site.file, source).file);
    let statement = file
        .statements
        .iter()
        .find(|statement| {
            let span = statement.span(site.file, statement.range);
            span.start <= site.start && site.end <= span.end
        })
        .ok_or("the resource is not spelled out in one place")?;
    let tree = &statement.tree;
    let is_site = |expr: &&ast::Expr| statement.span(site.file, expr.range) == site;
    let mut record = tree
        .exprs
        .iter()
        .filter(is_site)
        .find_map(|expr| entries(tree, expr))
        .ok_or("the resource is not spelled out in one place")?;
    let steps: Vec<&str> = property.split('.').collect();
    for (at, step) in steps.iter().enumerate() {
        let is_last = at + 1 == steps.len();
        let written = record.entries.iter().find(|entry| is_named(tree, entry.key, step));
        match written {
            Some(entry) if is_last => {
                let value = &tree[entry.value];
                return match is_literal(tree, entry.value) {
                    true => Ok(Edit { span: statement.span(site.file, value.range), text: text.to_string() }),
                    false => Err(format!("the value of `{step}` is computed")),
                };
            }
            Some(entry) => {
                record = entries(tree, &tree[entry.value]).ok_or_else(|| format!("`{step}` is computed"))?;
            }
            None if is_last => return Ok(insertion(source, statement, site.file, tree, &record, step, text)),
            None => return Err(format!("`{step}` is not written, and more than this belongs into it")),
        }
    }
    Err("it names no property".to_string())
}

/// A literal record's entries, and where its braces are.
struct Braces<'t> {
    entries: &'t [ast::Entry],
    range: ast::Range,
}

/// The record of `T {…}`, `{…}` and `x with {…}`.
fn entries<'t>(tree: &'t ast::Tree, expr: &'t ast::Expr) -> Option<Braces<'t>> {
    match &expr.kind {
        ExprKind::Record(entries) | ExprKind::With { entries, .. } => Some(Braces { entries, range: expr.range }),
        ExprKind::Call { arguments: ast::Arguments::Literal(literal), .. } => self::entries(tree, &tree[*literal]),
        ExprKind::Group(inner) | ExprKind::Annotated { operand: inner, .. } => self::entries(tree, &tree[*inner]),
        _ => None,
    }
}

fn is_named(tree: &ast::Tree, key: ast::ExprId, name: &str) -> bool {
    matches!(&tree[key].kind, ExprKind::Name(found) if found == name)
}

fn is_literal(tree: &ast::Tree, expr: ast::ExprId) -> bool {
    match &tree[expr].kind {
        ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_) | ExprKind::Size(_) => true,
        ExprKind::Upper(name) => matches!(name.as_str(), "True" | "False" | "None"),
        ExprKind::String(parts) => !parts.iter().any(|part| matches!(part, ast::StringPart::Expr(_))),
        _ => false,
    }
}

/// Adds an entry after the last one, on a line of its own where that one has one.
fn insertion(
    source: &str,
    statement: &ast::Statement,
    file: FileId,
    tree: &ast::Tree,
    record: &Braces<'_>,
    name: &str,
    text: &str,
) -> Edit {
    let braces = statement.span(file, record.range);
    let Some(last) = record.entries.last() else {
        let inside = braces.end - 1;
        return Edit { span: Span::new(file, inside, inside), text: format!("{name}: {text}") };
    };
    let key = statement.span(file, tree[last.key].range);
    let end = statement.span(file, tree[last.value].range).end;
    let line = source[..key.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let before = &source[line..key.start as usize];
    let between = match before.trim().is_empty() {
        true => format!(",\n{before}"),
        false => ", ".to_string(),
    };
    Edit { span: Span::new(file, end, end), text: format!("{between}{name}: {text}") }
}
