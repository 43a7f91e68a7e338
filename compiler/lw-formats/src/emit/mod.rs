//! A Plan as a CloudFormation template: `lw build --emit cloudformation`.
//!
//! Flow: names of nodes become logical ids; each node's properties are written by its schema, terms as functions; what the terms use of
//! open inputs becomes parameters, pseudo parameters, imports.
//!
//! Guarantees: what CloudFormation cannot say is reported at its place in the source; an error leaves no template behind.
//! Deliberately absent: conditions and loops. A program decides them before there is a Plan.

mod document;
mod errors;
mod logical;
mod mappings;
mod rules;
mod terms;

use std::collections::{BTreeMap, BTreeSet};

use lw_check::schema::Schema;
use lw_diagnostics::{Diagnostic, Span};
use lw_plan::{Json, Node, NodeKind, Plan};
use rustc_hash::FxHashMap;

use document::Document;
use logical::LogicalIds;
pub(crate) use logical::capital_words;
use mappings::Mappings;

/// What emitting needs besides the Plan.
pub struct Emitting<'e> {
    pub plan: &'e Plan,
    pub schema: &'e Schema,
    /// By name: parameters that were left open.
    pub parameters: BTreeMap<String, OpenParameter>,
    /// By name: what outputs are called in a stack, where they say it.
    pub output_ids: BTreeMap<String, String>,
    pub description: Option<String>,
    /// Where a node, or one of its properties by wire name, is written.
    pub place: &'e dyn Fn(usize, Option<&str>) -> Option<Span>,
}

/// A parameter of the program that the template has too.
#[derive(Clone, Debug, Default)]
pub struct OpenParameter {
    /// What it is called in a stack, where it says it.
    pub id: Option<String>,
    pub kind: OpenKind,
    pub default: Option<Json>,
    /// Its limits, which a template does not have.
    pub refined: Option<Span>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OpenKind {
    #[default]
    Text,
    Number,
    Bool,
    OneOf(Vec<String>),
    Texts,
}

/// How a template is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    Yaml,
    Json,
}

/// What a stack holds, of each.
const RESOURCES_MAX: usize = 500;
const OUTPUTS_MAX: usize = 200;
const PARAMETERS_MAX: usize = 200;

/// What leaves a security group; without it, everything does.
const EGRESS: &str = "SecurityGroupEgress";

pub(crate) struct Emit<'e> {
    given: Emitting<'e>,
    diagnostics: &'e mut Vec<Diagnostic>,
    logical: LogicalIds,
    /// Nodes by path.
    nodes: FxHashMap<&'e str, &'e Node>,
    /// The node that is being written, and the property.
    at: usize,
    property: Option<String>,
    /// Parameters that something uses.
    used: BTreeSet<String>,
    mappings: Mappings,
    /// Whether something needs the functions that the extensions of the language add.
    extends: bool,
}

/// The text of a template that makes what a Plan says; nothing where CloudFormation cannot.
pub fn emit(given: Emitting<'_>, notation: Notation, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let plan = given.plan;
    let nodes = plan.meaning.nodes.iter().map(|node| (node.path.as_str(), node)).collect();
    let managed = plan.meaning.nodes.iter().filter(|node| node.kind == NodeKind::Managed);
    let parameters: Vec<(&str, Option<&str>)> =
        given.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter.id.as_deref())).collect();
    let managed = managed.map(|node| (node.path.as_str(), node.former_path.as_ref().map(|path| path.as_str())));
    let logical = LogicalIds::new(managed, parameters.into_iter());
    let mut found = Vec::new();
    let mut emit = Emit {
        given,
        diagnostics: &mut found,
        logical,
        nodes,
        at: 0,
        property: None,
        used: BTreeSet::new(),
        mappings: Mappings::default(),
        extends: false,
    };
    let template = emit.template();
    let failed = found.iter().any(Diagnostic::is_error);
    diagnostics.append(&mut found);
    (!failed).then(|| template.written(notation))
}

impl Emit<'_> {
    fn template(&mut self) -> Document {
        let plan = self.given.plan;
        self.check_providers();
        let (mut resources, mut outputs) = (Vec::new(), Vec::new());
        for (at, node) in plan.meaning.nodes.iter().enumerate() {
            (self.at, self.property) = (at, None);
            match node.kind {
                NodeKind::Managed => resources.extend(self.resource(node)),
                NodeKind::Output => outputs.extend(self.output(node)),
                NodeKind::Existing => {}
            }
        }
        resources.sort_by(|left, right| left.0.cmp(&right.0));
        let parameters: Vec<(String, Document)> = std::mem::take(&mut self.used)
            .into_iter()
            .map(|name| (self.logical.parameter(&name), self.parameter(&name)))
            .collect();
        let counts = [
            (resources.len(), RESOURCES_MAX, "resources"),
            (outputs.len(), OUTPUTS_MAX, "outputs"),
            (parameters.len(), PARAMETERS_MAX, "parameters"),
        ];
        for (count, most, what) in counts.into_iter().filter(|(count, most, _)| count > most) {
            self.diagnostics.push(errors::too_many(count, most, what));
        }
        // A stack has at least one resource; this one is nothing but a name.
        if resources.is_empty() {
            let kind = vec![("Type".to_string(), Document::text("AWS::CloudFormation::WaitConditionHandle"))];
            resources.push(("Nothing".to_string(), Document::Mapping(kind)));
        }
        let mut sections = vec![("AWSTemplateFormatVersion".to_string(), Document::text("2010-09-09"))];
        if let Some(description) = &self.given.description {
            sections.push(("Description".to_string(), Document::text(description)));
        }
        if self.extends {
            sections.push(("Transform".to_string(), Document::text("AWS::LanguageExtensions")));
        }
        if !parameters.is_empty() {
            sections.push(("Parameters".to_string(), Document::Mapping(parameters)));
        }
        let mappings = std::mem::take(&mut self.mappings).into_entries();
        if !mappings.is_empty() {
            sections.push(("Mappings".to_string(), Document::Mapping(mappings)));
        }
        sections.push(("Resources".to_string(), Document::Mapping(resources)));
        if !outputs.is_empty() {
            sections.push(("Outputs".to_string(), Document::Mapping(outputs)));
        }
        Document::Mapping(sections)
    }

    fn place(&self) -> Option<Span> {
        (self.given.place)(self.at, self.property.as_deref()).or_else(|| (self.given.place)(self.at, None))
    }

    fn report(&mut self, diagnostic: Diagnostic, label: &str) {
        let diagnostic = match self.place() {
            Some(span) => diagnostic.at(span, label),
            None => diagnostic,
        };
        let path = self.given.plan.meaning.nodes.get(self.at).map(|node| node.path.as_str().to_string());
        self.diagnostics.push(match path {
            Some(path) => diagnostic.on_path(path),
            None => diagnostic,
        });
    }

    /// One stack lives in one account and region.
    fn check_providers(&mut self) {
        let plan = self.given.plan;
        let mut first: Option<&str> = None;
        for (at, node) in plan.meaning.nodes.iter().enumerate() {
            if node.kind != NodeKind::Managed || node.wire_type.starts_with("Linework::") {
                continue;
            }
            match first {
                None => first = Some(&node.provider),
                Some(known) if known != node.provider => {
                    (self.at, self.property) = (at, None);
                    self.report(errors::other_provider(&node.provider, known), "lives elsewhere");
                    return;
                }
                Some(_) => {}
            }
        }
    }

    /// A resource, and those that have to be made of parts of it.
    fn resource(&mut self, node: &Node) -> Vec<(String, Document)> {
        let id = self.logical.node(node.path.as_str());
        let schema = lw_check::Name::existing(&node.wire_type).and_then(|wire| self.given.schema.resources.get(&wire));
        let Some(schema) = schema.filter(|_| is_cloudformation(&node.wire_type)) else {
            self.report(errors::no_type(&node.wire_type), "of a type that CloudFormation has not");
            return Vec::new();
        };
        let mut resources = Vec::with_capacity(1);
        for deferred in &node.deferred {
            self.property = Some(deferred.property.clone());
            match self.rules(node, deferred, &schema.record) {
                Some(rules) => resources.extend(rules),
                None => {
                    self.report(errors::cycle(node.path.as_str(), &deferred.property), "closes a circle");
                    return Vec::new();
                }
            }
        }
        let mut properties = Vec::with_capacity(node.properties.len());
        for (wire, value) in &node.properties {
            self.property = Some(wire.clone());
            let field = schema.record.by_wire(wire);
            let written = match field {
                Some(field) => self.field(value, field),
                None => self.value(value),
            };
            properties.push((wire.clone(), written));
        }
        self.property = None;
        let is_open = |properties: &[(String, Document)]| !properties.iter().any(|(wire, _)| wire == EGRESS);
        if node.deferred.iter().any(|deferred| deferred.property == EGRESS) && is_open(&properties) {
            properties.push((EGRESS.to_string(), rules::nothing_leaves()));
        }
        let mut parts = vec![("Type".to_string(), Document::text(&node.wire_type))];
        let mut depends_on: Vec<String> = Vec::new();
        for path in &node.depends_on {
            let is_made = self.nodes.get(path.as_str()).is_some_and(|node| node.kind == NodeKind::Managed);
            if is_made {
                depends_on.push(self.logical.node(path.as_str()));
            }
        }
        depends_on.sort();
        match depends_on.as_slice() {
            [] => {}
            [only] => parts.push(("DependsOn".to_string(), Document::text(only))),
            many => {
                let many = many.iter().map(|name| Document::text(name)).collect();
                parts.push(("DependsOn".to_string(), Document::List(many)));
            }
        }
        if node.lifecycle.protect {
            parts.push(("DeletionPolicy".to_string(), Document::text("Retain")));
            parts.push(("UpdateReplacePolicy".to_string(), Document::text("Retain")));
        }
        self.unsaid(node);
        if !properties.is_empty() {
            parts.push(("Properties".to_string(), Document::Mapping(properties)));
        }
        resources.push((id, Document::Mapping(parts)));
        resources
    }

    /// What the Conductor would do, and CloudFormation does not.
    fn unsaid(&mut self, node: &Node) {
        let lifecycle = &node.lifecycle;
        let unsaid = [
            (lifecycle.enforcement.is_some(), "enforcement"),
            (!lifecycle.ignores.is_empty(), "ignores"),
            (!lifecycle.timeouts.is_empty(), "timeouts"),
            (node.physical_id.is_some(), "@adopt"),
        ];
        for (_, what) in unsaid.into_iter().filter(|(is_said, _)| *is_said) {
            self.report(errors::unsaid(what, node.path.as_str()), "not in the template");
        }
    }

    fn output(&mut self, node: &Node) -> Option<(String, Document)> {
        let value = node.output_value()?;
        if value.is_null() {
            return None;
        }
        self.property = None;
        let name = node.path.as_str().strip_prefix("output.").unwrap_or(node.path.as_str());
        let name = capital_words(self.given.output_ids.get(name).map_or(name, String::as_str));
        let written = self.text(value);
        let export = Document::function("Fn::Sub", Document::text(&format!("${{AWS::StackName}}-{name}")));
        let parts = vec![
            ("Value".to_string(), written),
            ("Export".to_string(), Document::Mapping(vec![("Name".to_string(), export)])),
        ];
        Some((name, Document::Mapping(parts)))
    }

    fn parameter(&mut self, name: &str) -> Document {
        let OpenParameter { kind, default, refined, .. } = self.given.parameters.get(name).cloned().unwrap_or_default();
        if let Some(span) = refined {
            self.diagnostics.push(errors::limits(name).at(span, "its limits are not in the template"));
        }
        let own_type = match kind {
            OpenKind::Text | OpenKind::OneOf(_) | OpenKind::Bool => "String",
            OpenKind::Number => "Number",
            OpenKind::Texts => "CommaDelimitedList",
        };
        let mut parts = vec![("Type".to_string(), Document::text(own_type))];
        let allowed = match &kind {
            OpenKind::OneOf(texts) => texts.clone(),
            OpenKind::Bool => vec!["true".to_string(), "false".to_string()],
            _ => Vec::new(),
        };
        if !allowed.is_empty() {
            let allowed = allowed.iter().map(|text| Document::text(text)).collect();
            parts.push(("AllowedValues".to_string(), Document::List(allowed)));
        }
        if let Some(default) = default {
            let text = match &default {
                Json::Array(items) => {
                    items.iter().map(terms::scalar_text).collect::<Option<Vec<_>>>().map(|items| items.join(","))
                }
                scalar => terms::scalar_text(scalar),
            };
            if let Some(text) = text {
                let default = if kind == OpenKind::Number { Document::Scalar(default) } else { Document::text(&text) };
                parts.push(("Default".to_string(), default));
            }
        }
        Document::Mapping(parts)
    }
}

fn is_cloudformation(wire_type: &str) -> bool {
    !wire_type.starts_with("Linework::") && !wire_type.starts_with("Docker::")
}
