//! Terraform's plans, in the JSON that `terraform show -json` writes, as templates.
//!
//! The one idea: a planned resource is another way to write a resource of the library's types. A table says which type of the provider
//! is which, and which attribute feeds which property; a resource that only carries a part of another (the versioning of a bucket) becomes
//! that part. What Terraform knows only after it has applied is open, never absent; what the table does not know is listed.
//! Deliberately absent: schemas. The result is a [`Template`], and is read by the schemas as any other is.

mod addresses;
mod changes;
mod configuration;
mod conversions;
mod documents;
mod known;
mod mapping;
mod parts;
mod properties;
mod table;

use std::sync::Arc;

use lw_diagnostics::{Diagnostic, FileId, Span};

use self::configuration::Configuration;
use self::mapping::Mapped;
use crate::errors;
use crate::template::{Declaration, Template, Unmapped};
use crate::tree::{Document, Node, NodeKind};

/// The table's types with the wire types that they become, in order: for whoever wants to know what is read.
pub fn mapped_types() -> Vec<(&'static str, Vec<&'static str>)> {
    let types = table::table().types.iter().filter(|(name, _)| !name.contains(':'));
    types.map(|(name, rule)| (&**name, rule.wire_types())).collect()
}

/// Whether a document is a plan or a state of Terraform, whatever else may be wrong with it.
pub(crate) fn is_plan(root: &Node) -> bool {
    let sections = ["planned_values", "resource_changes", "configuration", "values", "terraform_version"];
    root.get("format_version").is_some() && sections.iter().any(|section| root.get(section).is_some())
}

/// Whether a text looks like one, without reading it.
pub fn looks_like_plan(text: &str) -> bool {
    text.contains("\"format_version\"")
        && ["\"resource_changes\"", "\"planned_values\"", "\"terraform_version\""].iter().any(|key| text.contains(key))
}

/// A plan as a template; nothing where it is none that can be read.
pub(crate) fn read(file: FileId, document: &Document, diagnostics: &mut Vec<Diagnostic>) -> Option<Template> {
    let root = &document.root;
    check_version(root, diagnostics)?;
    let changes = changes::read(root, diagnostics)?;
    changes::check_complete(root, diagnostics);
    let configuration = Configuration::of(root);
    let mut mapped = mapping::map(&changes, &configuration);
    parts::join(&mut mapped, diagnostics);
    let start = root.entry("resource_changes").or(root.entry("planned_values"));
    let start = start.map_or(Span::new(file, 0, 0), |entry| entry.key_span);
    diagnostics.extend(not_checked(&mapped.unmapped));
    Some(template(file, start, mapped))
}

/// The first number of the version is the shape of the document.
fn check_version(root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    let version = root.get("format_version")?;
    let is_state = root.get("values").is_some() && root.get("resource_changes").is_none();
    let problem = match version.text() {
        Some(text) if text.split('.').next() == Some("1") && is_state => Some(errors::state_not_plan(version.span)),
        Some(text) if text.split('.').next() == Some("1") => None,
        Some(text) => Some(errors::plan_version(text, version.span)),
        None => Some(errors::plan_shape("format_version", "a String", version.kind_name(), version.span)),
    };
    match problem {
        Some(problem) => {
            diagnostics.push(problem);
            None
        }
        None => Some(()),
    }
}

fn not_checked(unmapped: &[Unmapped]) -> Option<Diagnostic> {
    let first = unmapped.first()?;
    let count = unmapped.iter().map(|one| one.addresses.len()).sum();
    let types: Vec<(&str, usize)> = unmapped.iter().map(|one| (&*one.resource_type, one.addresses.len())).collect();
    Some(errors::not_checked(count, &types, first.span))
}

fn template(file: FileId, start: Span, mapped: Mapped) -> Template {
    let mut template = Template::empty(file);
    (template.is_plan, template.start) = (true, start);
    (template.unmapped, template.unread) = (mapped.unmapped, mapped.unread);
    for resource in mapped.resources {
        template.resource_numbers.insert(resource.name.clone(), template.resources.len());
        let properties = Node { kind: NodeKind::Mapping(resource.properties.into_entries()), span: resource.span };
        template.resources.push(Declaration {
            repeated: None,
            name: resource.name,
            name_span: resource.name_span,
            wire_type: resource.wire_type,
            type_span: resource.type_span,
            properties: Some(properties),
            condition: None,
            depends_on: Vec::new(),
            metadata: None,
            deletion_policy: None,
            more: Vec::new(),
            span: resource.span,
        });
    }
    template
}

/// What is open because only applying the plan tells.
pub(crate) fn after_apply(address: &str, attribute: &str) -> Arc<str> {
    Arc::from(format!("{address}.{attribute} (known after apply)"))
}
