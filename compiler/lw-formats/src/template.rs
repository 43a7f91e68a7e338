//! A CloudFormation template's sections, as they are written.
//!
//! Nothing is evaluated here; what is no section, no resource or no parameter is reported and left out.

use std::sync::Arc;

use lw_diagnostics::{Diagnostic, FileId, Span};
use rustc_hash::FxHashMap;

use crate::errors;
use crate::settings::Given;
use crate::tree::{Comment, Document, Entry, Node, NodeKind};
use crate::{json, loops, sam, terraform, yaml};

#[derive(Debug)]
pub struct Template {
    pub file: FileId,
    /// The section `Resources`, or the beginning of the text.
    pub start: Span,
    /// The names of its sections.
    pub sections: Vec<Span>,
    pub description: Option<Arc<str>>,
    /// Sections that say how a stack is made, and macros that are not known here; by name.
    pub left_out: Vec<(Arc<str>, Span)>,
    /// In the order of the text.
    pub resources: Vec<Declaration>,
    /// Numbers of `resources` by name.
    pub resource_numbers: FxHashMap<Arc<str>, usize>,
    /// Names of what a loop makes that is not written out, with the variable's value for each.
    pub repeated: FxHashMap<Arc<str>, Arc<str>>,
    pub parameters: FxHashMap<Arc<str>, Parameter>,
    pub mappings: FxHashMap<Arc<str>, Node>,
    pub conditions: FxHashMap<Arc<str>, Entry>,
    pub outputs: Vec<Entry>,
    /// Names of macros.
    pub transforms: Vec<Arc<str>>,
    /// In the order of the text.
    pub comments: Vec<Comment>,
    /// Whether it is a plan of Terraform: what its provider has accepted is not held against limits again.
    pub is_plan: bool,
    /// Resources whose types have no counterpart, by type.
    pub unmapped: Vec<Unmapped>,
    /// Attributes of which nothing is made.
    pub unread: Vec<Unread>,
}

/// A type of another tool's that has no counterpart, and the resources of it.
#[derive(Clone, Debug)]
pub struct Unmapped {
    pub resource_type: Arc<str>,
    pub addresses: Vec<Arc<str>>,
    /// Where the first of them says its type.
    pub span: Span,
}

/// What a resource says that nothing is made of.
#[derive(Clone, Debug)]
pub struct Unread {
    pub address: Arc<str>,
    pub resource_type: Arc<str>,
    pub attributes: Vec<Arc<str>>,
}

/// One resource as it is declared.
#[derive(Debug)]
pub struct Declaration {
    pub name: Arc<str>,
    pub name_span: Span,
    pub wire_type: Arc<str>,
    pub type_span: Span,
    /// `None` where it has none.
    pub properties: Option<Node>,
    pub condition: Option<(Arc<str>, Span)>,
    pub depends_on: Vec<(Arc<str>, Span)>,
    pub metadata: Option<Node>,
    /// Retain, Delete, Snapshot.
    pub deletion_policy: Option<Node>,
    /// Other attributes than these.
    pub more: Vec<Entry>,
    /// What makes several of it, where it stands for all of them.
    pub repeated: Option<Arc<Repetition>>,
    /// From its name to its end.
    pub span: Span,
}

/// A loop over resources that is not written out. The name of what it repeats has the variable in it: `Bucket${Name}`.
#[derive(Debug)]
pub struct Repetition {
    /// What the loop is called.
    pub name: Arc<str>,
    pub variable: Arc<str>,
    /// What it goes through: a list of texts, or a reference to a parameter.
    pub collection: Node,
    /// The same, as far as it is known.
    pub values: Vec<Arc<str>>,
    /// Whether it repeats one resource only.
    pub is_alone: bool,
}

#[derive(Debug)]
pub struct Parameter {
    pub name_span: Span,
    /// `String`, `Number`, `List<Number>`, …
    pub wire_type: Arc<str>,
    pub default: Option<Node>,
    /// Empty where any value is allowed.
    pub allowed: Vec<Arc<str>>,
    pub no_echo: bool,
    /// All of what is written of it.
    pub node: Node,
}

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

const RESOURCE_ATTRIBUTES: &[&str] = &[
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
    "IgnoreGlobals",
];

/// Whether a text that is not known to be a template looks like one: for folders, in which anything may lie.
pub fn looks_like_template(text: &str) -> bool {
    let mentions = |word: &str| text.contains(word);
    mentions("AWSTemplateFormatVersion")
        || (mentions("Resources") && (mentions("AWS::") || mentions("Custom::")) && mentions("Type"))
        || terraform::looks_like_plan(text)
}

/// Reads a template, its loops and serverless types written out; nothing where the text is none.
pub fn read(file: FileId, text: &str, given: Given<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Template> {
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let document = if is_json { json::read(file, text, diagnostics) } else { yaml::read(file, text, diagnostics) }?;
    if is_json && terraform::is_plan(&document.root) {
        return terraform::read(file, &document, diagnostics);
    }
    let mut document = document;
    loops::expand(&mut document.root, given, diagnostics);
    sam::expand(&mut document.root, diagnostics);
    of_document(file, text, document, diagnostics)
}

/// The same with loops over resources left as they are, where what they repeat can be said once: for whoever writes source.
pub fn read_with_loops(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Template> {
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let document = if is_json { json::read(file, text, diagnostics) } else { yaml::read(file, text, diagnostics) }?;
    if is_json && terraform::is_plan(&document.root) {
        return terraform::read(file, &document, diagnostics);
    }
    let mut document = document;
    let kept = loops::keep(&mut document.root);
    loops::expand(&mut document.root, &|_| None, diagnostics);
    sam::expand(&mut document.root, diagnostics);
    let mut template = of_document(file, text, document, diagnostics)?;
    for (repetition, bodies) in kept {
        template.repeat(&Arc::new(repetition), bodies, diagnostics);
    }
    Some(template)
}

fn of_document(file: FileId, text: &str, document: Document, diagnostics: &mut Vec<Diagnostic>) -> Option<Template> {
    let Document { root, comments } = document;
    let mut template = Template { file, comments, ..Template::empty(file) };
    let (kind_name, end) = (root.kind_name(), root.span.end);
    match root.kind {
        // A file that says nothing is a template that makes nothing.
        NodeKind::Null => {}
        NodeKind::Mapping(sections) if sections.is_empty() || sections.iter().any(|one| is_section(&one.key)) => {
            for section in sections {
                template.section(section, diagnostics);
            }
        }
        NodeKind::Mapping(sections) => {
            let found = format!("it begins with `{}`", sections[0].key);
            diagnostics.push(errors::not_a_template(&found, sections[0].key_span));
            return None;
        }
        _ => {
            let first_line = text.lines().next().map_or(0, str::len) as u32;
            let at = Span::new(file, 0, end.min(first_line.max(1)));
            diagnostics.push(errors::not_a_template(&format!("the whole is {kind_name}"), at));
            return None;
        }
    }
    Some(template)
}

fn is_section(key: &str) -> bool {
    SECTIONS.contains(&key)
}

impl Template {
    pub(crate) fn empty(file: FileId) -> Template {
        Template {
            file,
            start: Span::new(file, 0, 0),
            sections: Vec::new(),
            description: None,
            left_out: Vec::new(),
            resources: Vec::new(),
            resource_numbers: FxHashMap::default(),
            repeated: FxHashMap::default(),
            parameters: FxHashMap::default(),
            mappings: FxHashMap::default(),
            conditions: FxHashMap::default(),
            outputs: Vec::new(),
            transforms: Vec::new(),
            comments: Vec::new(),
            is_plan: false,
            unmapped: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// The wire types of its resources, with repeats.
    pub fn wire_types(&self) -> impl Iterator<Item = &Arc<str>> {
        self.resources.iter().map(|resource| &resource.wire_type)
    }

    pub fn resource(&self, name: &str) -> Option<&Declaration> {
        self.resource_numbers.get(name).map(|number| &self.resources[*number])
    }

    /// Whether a name may be one that only a macro knows: SAM gives parts of what it makes names of their own.
    pub fn is_made_by_macro(&self, name: &str) -> bool {
        let base = name.split('.').next().unwrap_or(name);
        self.resource(name).is_none()
            && match self.transforms.iter().find(|transform| !transform.starts_with("AWS::LanguageExtensions")) {
                None => false,
                Some(transform) if **transform == *sam::TRANSFORM => {
                    self.resources.iter().any(|resource| base.starts_with(&*resource.name))
                }
                Some(_) => true,
            }
    }

    fn section(&mut self, section: Entry, diagnostics: &mut Vec<Diagnostic>) {
        let key = section.key.clone();
        self.sections.push(section.key_span);
        match &*key {
            "Description" => self.description = section.value.scalar_text(),
            "Rules" | "Hooks" => self.left_out.push((key, section.key_span)),
            "Resources" => {
                self.start = section.key_span;
                for entry in mapping(section, diagnostics) {
                    self.declare(entry, diagnostics);
                }
            }
            "Parameters" => {
                for entry in mapping(section, diagnostics) {
                    let name = entry.key.clone();
                    self.parameters.extend(parameter(entry, diagnostics).map(|parameter| (name, parameter)));
                }
            }
            "Mappings" => {
                let entries = mapping(section, diagnostics);
                self.mappings.extend(entries.into_iter().map(|entry| (entry.key, entry.value)));
            }
            "Conditions" => {
                let entries = mapping(section, diagnostics);
                self.conditions.extend(entries.into_iter().map(|entry| (entry.key.clone(), entry)));
            }
            "Outputs" => self.outputs = mapping(section, diagnostics),
            "Transform" => {
                let value = &section.value;
                let names = std::iter::once(value).chain(value.items());
                self.transforms = names.filter_map(Node::text).cloned().collect();
                let is_known = |name: &str| name.starts_with("AWS::LanguageExtensions") || name == sam::TRANSFORM;
                let unknown = self.transforms.iter().filter(|name| !is_known(name));
                self.left_out.extend(unknown.map(|name| (name.clone(), section.value.span)));
            }
            key if is_section(key) => {}
            key => diagnostics.push(errors::unknown_section(key, section.key_span, SECTIONS.iter().copied())),
        }
    }

    fn repeat(&mut self, repetition: &Arc<Repetition>, bodies: Vec<Entry>, diagnostics: &mut Vec<Diagnostic>) {
        for body in bodies {
            let pattern = body.key.clone();
            let known = self.resources.len();
            self.declare(body, diagnostics);
            if self.resources.len() == known {
                continue;
            }
            self.resources[known].repeated = Some(repetition.clone());
            for value in &repetition.values {
                let name: Arc<str> = Arc::from(pattern.replace(&format!("${{{}}}", repetition.variable), value));
                self.repeated.insert(name, value.clone());
            }
        }
        self.resources.sort_by_key(|declaration| declaration.name_span.start);
        self.resource_numbers.clear();
        for (number, declaration) in self.resources.iter().enumerate() {
            self.resource_numbers.insert(declaration.name.clone(), number);
            let Some(repetition) = &declaration.repeated else { continue };
            for value in &repetition.values {
                let name = declaration.name.replace(&format!("${{{}}}", repetition.variable), value);
                self.resource_numbers.insert(Arc::from(name), number);
            }
        }
    }

    fn declare(&mut self, entry: Entry, diagnostics: &mut Vec<Diagnostic>) {
        let Entry { key: name, key_span: name_span, value } = entry;
        let (kind_name, span) = (value.kind_name(), value.span);
        let NodeKind::Mapping(attributes) = value.kind else {
            let wanted = "a mapping with `Type` and `Properties`";
            diagnostics.push(errors::wrong_section(&name, wanted, kind_name, span));
            return;
        };
        let mut declaration = Declaration {
            name: name.clone(),
            name_span,
            wire_type: Arc::from(""),
            type_span: name_span,
            properties: None,
            condition: None,
            depends_on: Vec::new(),
            metadata: None,
            deletion_policy: None,
            more: Vec::new(),
            repeated: None,
            span: name_span.to(span),
        };
        let named = |node: &Node| node.text().map(|text| (text.clone(), node.span));
        let mut typed = false;
        for Entry { key, key_span, value } in attributes {
            match &*key {
                "Type" => {
                    typed = true;
                    declaration.type_span = value.span;
                    match value.text() {
                        Some(text) => declaration.wire_type = text.clone(),
                        None => {
                            let found = value.kind_name();
                            diagnostics.push(errors::wrong_section("Type", "a String", found, value.span));
                            return;
                        }
                    }
                }
                "Properties" => match &value.kind {
                    NodeKind::Null | NodeKind::Refused => {}
                    NodeKind::Mapping(_) => declaration.properties = Some(value),
                    _ => {
                        let found = value.kind_name();
                        diagnostics.push(errors::wrong_section("Properties", "a mapping", found, value.span));
                    }
                },
                "Condition" => declaration.condition = named(&value),
                "DependsOn" => {
                    declaration.depends_on = match &value.kind {
                        NodeKind::List(items) => items.iter().filter_map(named).collect(),
                        _ => named(&value).into_iter().collect(),
                    };
                }
                "Metadata" => declaration.metadata = Some(value),
                "DeletionPolicy" => declaration.deletion_policy = Some(value),
                name if RESOURCE_ATTRIBUTES.contains(&name) => declaration.more.push(Entry { key, key_span, value }),
                key => {
                    let known = RESOURCE_ATTRIBUTES.iter().copied();
                    diagnostics.push(errors::unknown_attribute(key, key_span, known));
                }
            }
        }
        if !typed {
            diagnostics.push(errors::no_type(&name, name_span));
            return;
        }
        self.resource_numbers.insert(name, self.resources.len());
        self.resources.push(declaration);
    }
}

fn mapping(section: Entry, diagnostics: &mut Vec<Diagnostic>) -> Vec<Entry> {
    let (found, at) = (section.value.kind_name(), section.value.span);
    match section.value.kind {
        NodeKind::Mapping(entries) => entries,
        NodeKind::Null | NodeKind::Refused => Vec::new(),
        _ => {
            diagnostics.push(errors::wrong_section(&section.key, "a mapping", found, at));
            Vec::new()
        }
    }
}

fn parameter(entry: Entry, diagnostics: &mut Vec<Diagnostic>) -> Option<Parameter> {
    let value = &entry.value;
    if !matches!(value.kind, NodeKind::Mapping(_)) {
        let wanted = "a mapping with `Type`";
        diagnostics.push(errors::wrong_section(&entry.key, wanted, value.kind_name(), value.span));
        return None;
    }
    let allowed = value.get("AllowedValues").map_or(&[][..], Node::items);
    Some(Parameter {
        node: value.clone(),
        name_span: entry.key_span,
        wire_type: value.get("Type").and_then(Node::text).cloned().unwrap_or_else(|| Arc::from("String")),
        default: value.get("Default").cloned(),
        allowed: allowed.iter().filter_map(Node::scalar_text).collect(),
        no_echo: value.get("NoEcho").and_then(Node::scalar_text).is_some_and(|text| text.eq_ignore_ascii_case("true")),
    })
}
