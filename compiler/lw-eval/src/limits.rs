//! The schemas' limits, held against what was computed. The checker has seen the literals; later values are never held against anything.

use std::rc::Rc;
use std::sync::Arc;

use lw_check::Name;
use lw_check::typed::{self, Constraints, Presence, Violation};
use lw_core::{NameId, Node, NodeId, OriginId, RefinementId, ResourceId, ResourceTypeId, SiteMode, Value};
use rustc_hash::FxHashMap;

use crate::diagnostics;
use crate::evaluate::Evaluation;

/// Holds every property of what will exist against the limits of its type.
pub(crate) fn hold(evaluation: &mut Evaluation<'_>) {
    let mut rules = Rules::default();
    let mut given: Vec<Name> = Vec::new();
    for at in 0..evaluation.reached.len() {
        let id = evaluation.reached[at];
        let resource = evaluation.machine.resource(id);
        if resource.mode == SiteMode::Existing {
            continue;
        }
        let declared = &evaluation.program.resource_types[resource.resource_type.index()];
        let wanted = rules.of_resource(evaluation, id, declared);
        let mut found = Found { path: Vec::new(), refined: Vec::new(), limits: Vec::new() };
        given.clear();
        for (name, value) in evaluation.machine.properties(id) {
            let name = rules.name(evaluation, name);
            given.push(name);
            let Some((_, property)) = wanted.iter().find(|(wanted, _)| *wanted == name) else { continue };
            found.path.push(Step::Field(name));
            let limits = Limits { constraints: property.constraints.as_deref(), refinement: property.refinement };
            found.walk(evaluation, value, &property.shape, limits);
            found.path.pop();
        }
        found.presence(&declared.presence, &given);
        found.report(evaluation, id);
    }
}

/// What has to be looked at.
#[derive(Default)]
struct Rules<'t> {
    /// By where resources are made: one entry for all that a comprehension makes.
    known: FxHashMap<OriginId, Wanted<'t>>,
    /// By type: its properties with limits.
    limited: FxHashMap<ResourceTypeId, FxHashMap<Name, &'t typed::Property>>,
    names: FxHashMap<NameId, Name>,
}

/// Properties with limits whose values are computed.
type Wanted<'t> = Rc<[(Name, &'t typed::Property)]>;

impl<'t> Rules<'t> {
    fn name(&mut self, evaluation: &Evaluation<'_>, id: NameId) -> Name {
        *self.names.entry(id).or_insert_with(|| Name::from(evaluation.lowered.core.name(id)))
    }

    fn of_resource(
        &mut self,
        evaluation: &Evaluation<'_>,
        id: ResourceId,
        declared: &'t typed::ResourceType,
    ) -> Wanted<'t> {
        let resource = evaluation.machine.resource(id);
        if let Some(known) = self.known.get(&resource.origin) {
            return known.clone();
        }
        let core = &evaluation.lowered.core;
        let written = evaluation.machine.property_origins(id);
        let written: Vec<(Name, bool)> = written
            .into_iter()
            .map(|(name, origin)| (self.name(evaluation, name), is_literal(core.node(NodeId(origin.0)))))
            .collect();
        let limited = self.limited.entry(resource.resource_type).or_insert_with(|| {
            let limited = |property: &&typed::Property| {
                property.constraints.is_some() || property.refinement.is_some() || has_parts(&property.shape)
            };
            declared.properties.iter().filter(limited).map(|property| (property.name, property)).collect()
        });
        let wanted: Wanted<'t> = if written.is_empty() {
            limited.iter().map(|(name, property)| (*name, *property)).collect()
        } else {
            // A tag may have come from elsewhere.
            let computed = written.iter().filter(|(name, literal)| !literal && declared.tags != Some(*name));
            let names = computed.map(|(name, _)| *name).chain(declared.tags);
            names.filter_map(|name| Some((name, *limited.get(&name)?))).collect()
        };
        self.known.insert(resource.origin, wanted.clone());
        wanted
    }
}

fn is_literal(node: Node) -> bool {
    matches!(node, Node::Int(_) | Node::Float(_) | Node::Bool(_) | Node::String(_) | Node::None)
}

fn has_parts(shape: &typed::WireShape) -> bool {
    match shape {
        typed::WireShape::Record(_) => true,
        typed::WireShape::List(inner) | typed::WireShape::Dictionary(inner) => has_parts(inner),
        _ => false,
    }
}

#[derive(Clone, Copy)]
struct Limits<'c> {
    constraints: Option<&'c Constraints>,
    refinement: Option<typed::RefinementId>,
}

#[derive(Clone)]
enum Step {
    Field(Name),
    Element(usize),
    Key(Arc<str>),
}

/// What is wrong with one resource.
struct Found {
    /// The way to the value that is looked at.
    path: Vec<Step>,
    limits: Vec<(Vec<Step>, Violation)>,
    /// Values that are still to be held against a refinement.
    refined: Vec<(Vec<Step>, RefinementId, Value)>,
}

impl Found {
    fn walk(&mut self, evaluation: &Evaluation<'_>, value: &Value, shape: &typed::WireShape, limits: Limits<'_>) {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.walk_grown(evaluation, value, shape, limits, true));
    }

    fn walk_grown(
        &mut self,
        evaluation: &Evaluation<'_>,
        value: &Value,
        shape: &typed::WireShape,
        limits: Limits<'_>,
        outermost: bool,
    ) {
        let found = match (value, limits.constraints) {
            (Value::Some(inner), _) => return self.walk_grown(evaluation, inner, shape, limits, outermost),
            (Value::String(text), Some(limits)) => limits.text(text),
            (Value::Message(message), Some(limits)) => limits.text(&message.text),
            (Value::Int(number), Some(limits)) => limits.number(*number as f64),
            (Value::Float(number), Some(limits)) => limits.number(*number),
            (Value::List(items), Some(limits)) if outermost => {
                limits.count(items.len()).or_else(|| if limits.unique() { repeated(evaluation, items) } else { None })
            }
            (Value::Dictionary(entries), Some(limits)) if outermost => {
                limits.count(entries.entries().len()).or_else(|| entries.entries().find_map(|(key, _)| limits.key(key)))
            }
            _ => None,
        };
        self.limits.extend(found.map(|violation| (self.path.clone(), violation)));
        if let Some(refinement) = limits.refinement
            && matches!(value, Value::String(_) | Value::Int(_) | Value::Float(_))
        {
            self.refined.push((self.path.clone(), RefinementId(refinement.0), value.clone()));
        }
        match (value, shape) {
            (Value::List(items), typed::WireShape::List(inner)) => {
                for (at, item) in items.iter().enumerate() {
                    self.path.push(Step::Element(at));
                    self.walk_part(evaluation, item, inner, limits);
                    self.path.pop();
                }
            }
            (Value::Dictionary(entries), typed::WireShape::Dictionary(inner)) => {
                for (key, value) in entries.entries() {
                    self.path.push(Step::Key(key.clone()));
                    self.walk_part(evaluation, value, inner, limits);
                    self.path.pop();
                }
            }
            (Value::Record(record), typed::WireShape::Record(id)) => {
                let declared = &evaluation.program.wire_records[id.0 as usize];
                let mut given: Vec<Name> = Vec::new();
                for (name, value) in record.fields() {
                    if matches!(value, Value::None) {
                        continue;
                    }
                    let name = Name::from(evaluation.lowered.core.name(name));
                    given.push(name);
                    let Some(field) = declared.fields.iter().find(|field| field.name == name) else { continue };
                    let limits = Limits { constraints: field.constraints.as_deref(), refinement: field.refinement };
                    self.path.push(Step::Field(name));
                    self.walk(evaluation, value, &field.shape, limits);
                    self.path.pop();
                }
                self.presence(&declared.presence, &given);
            }
            _ => {}
        }
    }

    fn walk_part(&mut self, evaluation: &Evaluation<'_>, value: &Value, shape: &typed::WireShape, limits: Limits<'_>) {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.walk_grown(evaluation, value, shape, limits, false));
    }

    /// Fields that go together, or do not.
    fn presence(&mut self, rules: &[Presence], given: &[Name]) {
        for rule in rules {
            if let Some((taken, found)) = rule.broken(|name| given.contains(&name)) {
                self.limits.push((self.path.clone(), Violation { taken, found, pattern: None, nearest: None }));
            }
        }
    }

    fn report(self, evaluation: &mut Evaluation<'_>, id: ResourceId) {
        if self.limits.is_empty() && self.refined.is_empty() {
            return;
        }
        let mut failed = Vec::new();
        for (path, refinement, value) in self.refined {
            if let Err(Some(failure)) = evaluation.machine.check_refinement(refinement, &value) {
                failed.push((path, failure));
            }
        }
        let owner = evaluation.machine.path(id).map_or_else(String::new, |path| path.to_string());
        let place = |evaluation: &Evaluation<'_>, path: &[Step]| {
            let property = match path.first() {
                Some(Step::Field(name)) => evaluation.property_span(id, name),
                _ => None,
            };
            property.or(evaluation.resource_span(id)).unwrap_or_else(|| evaluation.start())
        };
        for (path, violation) in self.limits {
            let span = place(evaluation, &path);
            evaluation.diagnostics.push(diagnostics::outside_limits(&shown(&path), &owner, &violation, span));
        }
        for (path, failure) in failed {
            let span = place(evaluation, &path);
            let found = diagnostics::failure(&failure, &evaluation.places());
            evaluation.diagnostics.push(diagnostics::in_property(found, span, &shown(&path), &owner));
        }
    }
}

/// `ingress[0].fromPort`
fn shown(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Field(name) if out.is_empty() => out.push_str(name),
            Step::Field(name) => out.extend([".", name]),
            Step::Element(at) => out.push_str(&format!("[{at}]")),
            Step::Key(key) => out.push_str(&format!("[{key:?}]")),
        }
    }
    out
}

/// The first element that a list has already had; texts and numbers alone.
fn repeated(evaluation: &Evaluation<'_>, items: &[Value]) -> Option<Violation> {
    let mut seen = rustc_hash::FxHashSet::default();
    let again = items.iter().find(|item| match item {
        Value::String(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
            !seen.insert(evaluation.machine.show(item))
        }
        _ => false,
    })?;
    let found = format!("{} again", evaluation.machine.show(again));
    Some(Violation { taken: "each element once".to_string(), found, pattern: None, nearest: None })
}
