//! A template's resources as policies see them.

use lw_check::Name;
use lw_check::schema::{RecordSchema, Schema, ValueSchema};
use lw_core::{Machine, SiteMode};
use lw_diagnostics::{Edit, Span};
use lw_eval::{Given, GivenResource};

use crate::reading::{Resources, library_type};
use crate::template::Template;
use crate::tree::{Node, NodeKind};
use crate::waivers::waivers;

/// What a template declares, ready to be judged.
pub struct TemplateResources<'t> {
    pub template: &'t Template,
    pub schema: &'t Schema,
    pub resources: &'t Resources,
}

impl Given for TemplateResources<'_> {
    fn add_to(&self, machine: &mut Machine<'_>) -> Vec<GivenResource> {
        machine.set_conditions(self.resources.conditions.clone());
        let mut given = Vec::with_capacity(self.resources.resources.len());
        for resource in &self.resources.resources {
            let declaration = &self.template.resources[resource.declaration];
            let id = machine.add_written(resource.resource_type, SiteMode::Managed, resource.properties.clone());
            machine.set_written_down(id, resource.undeclared.clone());
            if let Some(condition) = resource.condition {
                machine.set_condition(id, condition);
            }
            given.push(GivenResource {
                id,
                path: declaration.name.clone(),
                span: declaration.name_span,
                waivers: waivers(self.template, declaration),
            });
        }
        given
    }

    fn start(&self) -> Span {
        self.template.start
    }

    fn edit(&self, text: &str, resource: usize, property: &str, wanted: &str) -> Result<Edit, String> {
        let read = self.resources.resources.get(resource).ok_or("nothing says where the resource is written")?;
        self.edit_of(text, &self.template.resources[read.declaration], property, wanted)
    }

    fn place(&self, resource: usize, property: &str) -> Option<Span> {
        let declaration = &self.template.resources[self.resources.resources.get(resource)?.declaration];
        let wire = Name::existing(library_type(&declaration.wire_type))?;
        let schema = self.schema.resources.get(&wire)?;
        let mut place = None;
        let mut here = Here::Fields(&schema.record);
        let mut node = declaration.properties.as_ref()?;
        for step in steps(property) {
            node = through_functions(node);
            let next = match (&step, &here) {
                (Step::Name(name), Here::Fields(record)) => record.by_name(name).and_then(|field| {
                    let entry = node.entry(&field.wire)?;
                    Some((entry.key_span, &entry.value, self.here(&field.value)))
                }),
                (Step::Name(name), _) => node.entry(name).map(|entry| (entry.key_span, &entry.value, Here::Any)),
                (Step::Key(key), inner) => {
                    let inner = inner.element(self);
                    node.entry(key).map(|entry| (entry.key_span, &entry.value, inner))
                }
                (Step::Number(at), inner) => {
                    let inner = inner.element(self);
                    node.items().get(*at).map(|item| (item.span, item, inner))
                }
            };
            let Some((span, inner, below)) = next else { break };
            (place, node, here) = (Some(span), inner, below);
        }
        place
    }
}

impl<'t> TemplateResources<'t> {
    pub(crate) fn fields(&self, record: &'t RecordSchema) -> Here<'t> {
        Here::Fields(record)
    }

    fn here(&self, value: &'t ValueSchema) -> Here<'t> {
        match value {
            ValueSchema::Record(number) => Here::Fields(&self.schema.records[*number as usize]),
            ValueSchema::List(inner) | ValueSchema::Dictionary(inner) => Here::Elements(inner),
            _ => Here::Any,
        }
    }
}

/// What a node is by its schema.
pub(crate) enum Here<'t> {
    Fields(&'t RecordSchema),
    Elements(&'t ValueSchema),
    Any,
}

impl<'t> Here<'t> {
    /// What a field is called in a template, and what it is.
    pub(crate) fn field(&self, of: &TemplateResources<'t>, name: &str) -> (String, Here<'t>) {
        match self {
            Here::Fields(record) => match record.by_name(name) {
                Some(field) => (field.wire.to_string(), of.here(&field.value)),
                None => (name.to_string(), Here::Any),
            },
            _ => (name.to_string(), Here::Any),
        }
    }

    fn element(&self, of: &TemplateResources<'t>) -> Here<'t> {
        match self {
            Here::Elements(inner) => of.here(inner),
            _ => Here::Any,
        }
    }
}

pub(crate) enum Step {
    Name(String),
    Number(usize),
    Key(String),
}

/// The parts of `a.b[0].c["d"]`.
pub(crate) fn steps(path: &str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            let text = &inner[..end];
            found.push(match text.parse::<usize>() {
                Ok(number) => Step::Number(number),
                Err(_) => Step::Key(text.trim_matches('"').to_string()),
            });
            rest = inner.get(end + 1..).unwrap_or("");
        } else {
            let from = rest.trim_start_matches('.');
            let end = from.find(['.', '[']).unwrap_or(from.len());
            if end > 0 {
                found.push(Step::Name(from[..end].to_string()));
            }
            rest = &from[end..];
        }
    }
    found
}

/// The value that a function most likely gives: the first branch of a choice.
fn through_functions(mut node: &Node) -> &Node {
    while let Some(entry) = node.only_entry() {
        match (&*entry.key, &entry.value.kind) {
            ("Fn::If", NodeKind::List(items)) if items.len() == 3 => node = &items[1],
            _ => break,
        }
    }
    node
}
