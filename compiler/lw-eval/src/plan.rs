//! The graph as a Plan: nodes, providers, order.
//!
//! Flow: what becomes a node, in the order of paths; the order of dependencies, over values; each node's text, in that order. A node is
//! never a tree: its values are written once, and its fingerprint is taken of the same text.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use lw_check::typed;
use lw_core::{self as core, ResourceId, SiteMode, Value, WireShape};
use lw_diagnostics::Span;
use lw_plan::{
    Class, Cycles, Graph, Json, Map, NodeKind, NodeText, OUTPUT_TYPE, OUTPUT_VALUE, OriginText, PlanText, PlanWriter,
    ProvenanceWriter, ResourcePath, TermText, digest, literal, mentions_secret,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::annotations::Kept;
use crate::cycles::{self, Cut};
use crate::evaluate::Evaluation;
use crate::providers::{NO_PROVIDER, ProviderTable, Providers};
use crate::wire::{self, Property};
use crate::{Options, diagnostics, secrets};

/// What becomes of a graph.
pub(crate) struct Draft {
    /// In the order of their paths.
    pub nodes: Vec<Planned>,
    /// The node of each resource that is one.
    node_of: Vec<u32>,
}

/// The number of no node.
const NO_NODE: u32 = u32::MAX;

pub(crate) struct Planned {
    pub path: Arc<str>,
    what: What,
    /// The number of its provider.
    pub provider: Option<u32>,
    /// By their names.
    pub cuts: Vec<Cut>,
}

#[derive(Clone, Copy)]
enum What {
    Resource(ResourceId),
    /// By its number among the outputs.
    Output(usize),
}

impl Planned {
    /// None for an output.
    pub fn resource(&self) -> Option<ResourceId> {
        match self.what {
            What::Resource(id) => Some(id),
            What::Output(_) => None,
        }
    }

    /// Where it is written.
    pub fn span(&self, evaluation: &Evaluation<'_>) -> Option<Span> {
        match self.what {
            What::Resource(id) => evaluation.resource_span(id),
            What::Output(at) => Some(evaluation.outputs[at].1),
        }
    }
}

/// A Plan that lacks what is known only once rules have been asked.
pub(crate) struct Unsealed {
    draft: Draft,
    order: Vec<u32>,
    writer: PlanWriter,
    providers: ProviderTable,
}

/// What a graph comes to.
#[derive(Default)]
pub(crate) struct Planning {
    /// Nothing if a mistake was found, or if nobody wants it.
    pub plan: Option<Unsealed>,
    pub outputs: BTreeMap<String, Json>,
    /// Nodes that are not outputs.
    pub resources: usize,
}

/// Finds what becomes nodes and in which order, and writes them.
pub(crate) fn write(evaluation: &mut Evaluation<'_>) -> Planning {
    let (mut draft, providers) = Draft::new(evaluation);
    claims(evaluation, &draft.nodes);
    let resources = draft.nodes.iter().filter(|node| node.resource().is_some()).count();
    let sound = !evaluation.has_errors() && draft.nodes.windows(2).all(|pair| pair[0].path != pair[1].path);
    let order = match sound.then(|| draft.order(evaluation)) {
        Some(Ok(order)) => order,
        unsound => {
            // What cannot be written is reported before what is wrong with the whole.
            draft.try_out(evaluation);
            if evaluation.has_errors() || !distinct(evaluation, &draft.nodes) {
                return Planning::default();
            }
            if let Some(Err(cycles)) = unsound
                && !cycles::cut(evaluation, &mut draft, cycles)
            {
                return Planning::default();
            }
            draft.order(evaluation).expect("every circle has been cut")
        }
    };
    if !evaluation.options.wants_plan {
        draft.try_out(evaluation);
        return Planning { resources, ..Planning::default() };
    }
    let providers = providers.finish(&draft.nodes, evaluation);
    let mut outputs = BTreeMap::new();
    let writer = draft.write_nodes(evaluation, &order, &providers, &mut outputs);
    let plan = (!evaluation.has_errors()).then_some(Unsealed { draft, order, writer, providers });
    Planning { plan, outputs, resources }
}

fn output_path(name: &str) -> ResourcePath {
    ResourcePath::root("output").field(name)
}

/// Whether the Conductor itself keeps a resource: a variable or a service is in no cloud. A fleet is where its members are.
pub(crate) fn is_kept_by_us(evaluation: &Evaluation<'_>, id: ResourceId) -> bool {
    let wire = declared(evaluation, id).wire.as_str();
    wire.starts_with("Linework::") && wire != lw_plan::FLEET_TYPE
}

impl Draft {
    fn new(evaluation: &mut Evaluation<'_>) -> (Draft, Providers) {
        let machine = &evaluation.machine;
        let node = |path, what| Planned { path, what, provider: None, cuts: Vec::new() };
        let resources = evaluation.reached.iter().filter(|id| machine.resource(**id).mode != SiteMode::Blueprint);
        let resources = resources.map(|id| node(machine.path(*id).cloned().unwrap_or_default(), What::Resource(*id)));
        let outputs = evaluation.outputs.iter().enumerate();
        let outputs = outputs.map(|(at, (name, ..))| node(Arc::from(output_path(name).as_str()), What::Output(at)));
        let mut nodes: Vec<Planned> = resources.chain(outputs).collect();
        nodes.sort_by(|left, right| left.path.cmp(&right.path));

        let mut node_of = vec![NO_NODE; machine.resource_ids().len()];
        let mut providers = Providers::default();
        for (at, node) in nodes.iter_mut().enumerate() {
            let What::Resource(id) = node.what else { continue };
            node_of[id.index()] = at as u32;
            let own = evaluation.kept.get(&id).and_then(|kept| kept.provider.clone());
            if !is_kept_by_us(evaluation, id) {
                node.provider = providers.of(evaluation, own.as_ref(), evaluation.resource_span(id));
            }
            if is_existing(evaluation, id) && evaluation.machine.physical_id(id).is_none() {
                let declared = declared(evaluation, id);
                let names: Vec<String> = declared.identifier.iter().map(|name| format!("`{name}`")).collect();
                let place = evaluation.resource_span(id).unwrap_or_else(|| evaluation.start());
                let found = diagnostics::unidentified(&node.path, &declared.name, &names.join(" and "), place);
                evaluation.diagnostics.push(found);
            }
        }
        (Draft { nodes, node_of }, providers)
    }

    /// The nodes in the order of their dependencies, ties by path.
    fn order(&self, evaluation: &Evaluation<'_>) -> Result<Vec<u32>, Cycles> {
        let mut graph = Graph::with_capacity(self.nodes.len(), self.nodes.len());
        for at in 0..self.nodes.len() as u32 {
            let node = &self.nodes[at as usize];
            match node.what {
                // Nobody asks by which property.
                What::Resource(id) if node.cuts.is_empty() && !is_existing(evaluation, id) => {
                    for (_, value) in evaluation.machine.properties(id) {
                        self.targets(evaluation, value, &mut |to| graph.add(at, to));
                    }
                    self.depends_on(evaluation, node, &mut |to| graph.add(at, to));
                }
                _ => self.edges(evaluation, at, &mut |to, _| graph.add(at, to)),
            }
        }
        graph.order(&[])
    }

    /// What a node refers to, with the wire property that does; none for `dependsOn`.
    pub fn edges(&self, evaluation: &Evaluation<'_>, at: u32, found: &mut dyn FnMut(u32, Option<&str>)) {
        let node = &self.nodes[at as usize];
        for property in self.properties(evaluation, at) {
            self.targets(evaluation, &property.value, &mut |to| found(to, Some(property.wire)));
        }
        self.depends_on(evaluation, node, &mut |to| found(to, None));
    }

    fn depends_on(&self, evaluation: &Evaluation<'_>, node: &Planned, found: &mut dyn FnMut(u32)) {
        let kept = node.resource().and_then(|id| evaluation.kept.get(&id));
        for id in kept.map_or(&[][..], |kept| &kept.depends_on) {
            let to = self.node_of[id.index()];
            if to != NO_NODE {
                found(to);
            }
        }
    }

    /// What a value refers to, also through what it describes.
    pub fn targets(&self, evaluation: &Evaluation<'_>, value: &Value, found: &mut dyn FnMut(u32)) {
        let mut mentioned = Vec::new();
        core::mentioned(value, &mut mentioned);
        let mut described: FxHashSet<ResourceId> = FxHashSet::default();
        let mut next = 0;
        while let Some(id) = mentioned.get(next).copied() {
            next += 1;
            match self.node_of[id.index()] {
                NO_NODE if described.insert(id) => {
                    evaluation.machine.properties(id).for_each(|(_, value)| core::mentioned(value, &mut mentioned));
                }
                NO_NODE => {}
                node => found(node),
            }
        }
    }

    /// What is written of a node's properties at first, by their names on the wire.
    pub fn properties<'e>(&self, evaluation: &Evaluation<'e>, at: u32) -> Vec<Property<'e>> {
        let node = &self.nodes[at as usize];
        let id = match node.what {
            What::Resource(id) if is_existing(evaluation, id) => return Vec::new(),
            What::Resource(id) => id,
            What::Output(output) => {
                let value = evaluation.outputs[output].2.clone();
                return vec![Property { name: None, wire: OUTPUT_VALUE, shape: &WireShape::Json, value }];
            }
        };
        let mut properties = wire::properties_of(&evaluation.machine, id);
        for cut in &node.cuts {
            let Some(place) = properties.iter().position(|property| property.wire == cut.wire) else { continue };
            match &cut.rest {
                Some(rest) => properties[place].value = rest.clone(),
                None => _ = properties.remove(place),
            }
        }
        properties
    }

    /// Writes every value into nothing, and reports what cannot be written.
    fn try_out(&self, evaluation: &mut Evaluation<'_>) {
        let mut text = TermText::default();
        for at in 0..self.nodes.len() as u32 {
            text.clear();
            self.write_properties(evaluation, at, &mut text);
        }
    }

    fn write_properties(&self, evaluation: &mut Evaluation<'_>, at: u32, text: &mut TermText) {
        let properties = self.properties(evaluation, at);
        let mut refused = Vec::new();
        wire::write_properties(&mut evaluation.machine, text, &properties, |name, reason| refused.push((name, reason)));
        let node = &self.nodes[at as usize];
        for (name, reason) in refused {
            let place = node.span(evaluation).unwrap_or_else(|| evaluation.start());
            let found = match node.what {
                What::Output(output) => {
                    diagnostics::not_writable_output(&evaluation.outputs[output].0, &reason.0, place)
                }
                What::Resource(id) => {
                    let name = name.map_or("", |name| &**evaluation.lowered.core.name(name));
                    let place = evaluation.property_span(id, name).unwrap_or(place);
                    diagnostics::not_writable(&node.path, name, &reason.0, place)
                }
            };
            evaluation.diagnostics.push(found);
        }
        if evaluation.secrets && text.as_str().contains("$secret") {
            report_leaks(evaluation, node, text);
        }
    }

    fn write_nodes(
        &self,
        evaluation: &mut Evaluation<'_>,
        order: &[u32],
        providers: &ProviderTable,
        outputs: &mut BTreeMap<String, Json>,
    ) -> PlanWriter {
        let inputs = evaluation.machine.recorded().iter();
        let inputs = inputs.map(|(name, value)| (name.clone(), literal(value.clone()))).collect();
        let Options { composition, environment, .. } = evaluation.options;
        let targets = self.node_of.len() + evaluation.outputs.len();
        let mut writer = PlanWriter::new(composition, environment.as_deref(), &inputs, targets);
        let mut properties = TermText::default();
        let unkept = Kept::default();
        for at in order {
            properties.clear();
            self.write_properties(evaluation, *at, &mut properties);
            let node = &self.nodes[*at as usize];
            let id = match node.what {
                What::Resource(id) => id,
                What::Output(output) => {
                    let (name, ..) = &evaluation.outputs[output];
                    let value: Option<Map<String, Json>> = serde_json::from_str(properties.as_str()).ok();
                    outputs.extend(
                        value.and_then(|mut value| value.remove(OUTPUT_VALUE)).map(|value| (name.to_string(), value)),
                    );
                    writer.node(&NodeText {
                        id: (self.node_of.len() + output) as u32,
                        path: &node.path,
                        wire_type: OUTPUT_TYPE,
                        kind: NodeKind::Output,
                        class: Class::Configuration,
                        provider: "",
                        provider_content: NO_PROVIDER,
                        properties: &properties,
                        deferred: &[],
                        lifecycle: &unkept.lifecycle,
                        depends_on: &[],
                        former_path: None,
                        physical_id: None,
                    });
                    continue;
                }
            };
            let deferred = self.deferred(evaluation, node, id);
            let physical_id = evaluation.machine.physical_id(id);
            let kept = evaluation.kept.get(&id).unwrap_or(&unkept);
            let named = |other: &ResourceId| Some((&**evaluation.machine.path(*other)?, other.0));
            let mut depends_on: Vec<(&str, u32)> = kept.depends_on.iter().filter_map(named).collect();
            depends_on.sort_unstable();
            let declared = declared(evaluation, id);
            writer.node(&NodeText {
                id: id.0,
                path: &node.path,
                wire_type: &declared.wire,
                kind: if is_existing(evaluation, id) { NodeKind::Existing } else { NodeKind::Managed },
                class: class(declared),
                provider: providers.name(node.provider, &declared.wire),
                provider_content: providers.content(node.provider),
                properties: &properties,
                deferred: &deferred,
                lifecycle: &kept.lifecycle,
                depends_on: &depends_on,
                former_path: kept.former_path.as_deref(),
                physical_id: physical_id.as_deref().or(kept.adopt.as_deref()),
            });
        }
        writer
    }

    /// The full values of what is set once everything exists.
    fn deferred(&self, evaluation: &mut Evaluation<'_>, node: &Planned, id: ResourceId) -> Vec<(String, TermText)> {
        if node.cuts.is_empty() {
            return Vec::new();
        }
        let properties = wire::properties_of(&evaluation.machine, id);
        let cut = properties.into_iter().filter(|property| node.cuts.iter().any(|cut| cut.wire == property.wire));
        cut.filter_map(|property| {
            let mut text = TermText::default();
            // What of it could not be written has been reported.
            wire::write(&mut evaluation.machine, &mut text, &property.value, property.shape).ok()?;
            Some((property.wire.to_string(), text))
        })
        .collect()
    }
}

impl Unsealed {
    /// Adds policies, hash and provenance.
    pub fn seal(self, evaluation: &Evaluation<'_>, policies: &[crate::PolicyResult]) -> PlanText {
        let Unsealed { draft, order, writer, providers } = self;
        let policies = crate::policies::package(evaluation, policies);
        let own = evaluation.files.ids().filter(|file| !evaluation.files.name(*file).starts_with("stdlib/"));
        let text = |file: lw_diagnostics::FileId| evaluation.files.text(file).as_bytes();
        let files = own.map(|file| (evaluation.files.name(file).to_string(), digest(text(file)))).collect();
        let mut writer = writer.seal(&policies, &providers.written).provenance(&evaluation.options.compiler, &files);
        let mut origins = Origins::default();
        for at in order {
            origins.write(evaluation, &draft.nodes[at as usize], &mut writer);
        }
        writer.finish()
    }
}

fn is_existing(evaluation: &Evaluation<'_>, id: ResourceId) -> bool {
    evaluation.machine.resource(id).mode == SiteMode::Existing
}

fn declared<'e>(evaluation: &Evaluation<'e>, id: ResourceId) -> &'e typed::ResourceType {
    &evaluation.program.resource_types[evaluation.machine.resource(id).resource_type.index()]
}

fn class(resource_type: &typed::ResourceType) -> Class {
    match resource_type.class.as_str() {
        "compute" => Class::Compute,
        "data" => Class::Data,
        _ => Class::Configuration,
    }
}

/// Secrets where none may stand.
fn report_leaks(evaluation: &mut Evaluation<'_>, node: &Planned, properties: &TermText) {
    let properties: Map<String, Json> = serde_json::from_str(properties.as_str()).expect("we wrote this object");
    let place = node.span(evaluation).unwrap_or_else(|| evaluation.start());
    let id = match node.what {
        What::Resource(id) => id,
        What::Output(output) => {
            if properties.values().any(mentions_secret) {
                let found = diagnostics::secret_shown(&evaluation.outputs[output].0, None, place);
                evaluation.diagnostics.push(found);
            }
            return;
        }
    };
    for property in &declared(evaluation, id).properties {
        let written = properties.get(property.wire.as_str());
        if written.is_some_and(|json| secrets::leak(evaluation.program, property, json)) {
            let place = evaluation.property_span(id, &property.name).unwrap_or(place);
            evaluation.diagnostics.push(diagnostics::secret_shown(&property.name, Some(&node.path), place));
        }
    }
}

/// `@id` and `@adopt` name one resource each.
fn claims(evaluation: &mut Evaluation<'_>, nodes: &[Planned]) {
    let mut known: FxHashMap<(&str, String), &str> = FxHashMap::default();
    let mut found = Vec::new();
    for node in nodes {
        let Some(id) = node.resource() else { continue };
        let Some(kept) = evaluation.kept.get(&id) else { continue };
        let former = kept.former_path.as_ref().map(|path| ("id", path.clone()));
        let adopted = kept.adopt.as_ref().filter(|_| !is_existing(evaluation, id));
        // Physical ids are unique within a type only.
        let adopted = adopted.map(|adopted| ("adopt", format!("{} {adopted}", declared(evaluation, id).wire)));
        for claim in former.into_iter().chain(adopted) {
            let Some(first) = known.insert(claim.clone(), &node.path) else { continue };
            let place = evaluation.annotation_span(id, claim.0).unwrap_or_else(|| evaluation.start());
            let mut paths = [first, &node.path];
            paths.sort_unstable();
            let claimed = claim.1.rsplit(' ').next().unwrap_or_default();
            found.push(diagnostics::claimed_twice(claim.0, claimed, paths, place));
        }
    }
    found.into_iter().for_each(|found| evaluation.report_once(found));
}

/// Every path is there once; nodes are in the order of their paths.
fn distinct(evaluation: &mut Evaluation<'_>, nodes: &[Planned]) -> bool {
    let mut sound = true;
    for pair in nodes.windows(2).filter(|pair| pair[0].path == pair[1].path) {
        let place = evaluation.start();
        let [first, second] = [&pair[0], &pair[1]].map(|node| node.span(evaluation));
        evaluation.diagnostics.push(diagnostics::same_path(&pair[0].path, first, second, place));
        sound = false;
    }
    sound
}

/// Places as people count; resources made at one place share theirs.
#[derive(Default)]
struct Origins<'e> {
    known: FxHashMap<core::OriginId, Range<usize>>,
    starts: Vec<(u32, &'e str)>,
    lines: Vec<(&'e str, u32)>,
}

impl<'e> Origins<'e> {
    fn write(&mut self, evaluation: &Evaluation<'e>, node: &Planned, out: &mut ProvenanceWriter) {
        let Some(span) = node.span(evaluation) else {
            out.origin(&OriginText::default());
            return;
        };
        let file = evaluation.files.name(span.file);
        let line = || evaluation.files.position(span.file, span.start).line;
        let Some(id) = node.resource() else {
            out.origin(&OriginText { file, line: line(), properties: &[] });
            return;
        };
        match self.known.entry(evaluation.machine.resource(id).origin) {
            Entry::Occupied(known) => out.repeat(known.get().clone()),
            Entry::Vacant(new) => {
                let line = line();
                property_lines(evaluation, id, span, line, &mut self.starts, &mut self.lines);
                new.insert(out.origin(&OriginText { file, line, properties: &self.lines }));
            }
        }
    }
}

/// The lines of a resource's properties that are not the resource's own, by their names on the wire.
fn property_lines<'e>(
    evaluation: &Evaluation<'e>,
    id: ResourceId,
    resource: Span,
    line: u32,
    starts: &mut Vec<(u32, &'e str)>,
    lines: &mut Vec<(&'e str, u32)>,
) {
    let resource_type = evaluation.lowered.core.resource_type(evaluation.machine.resource(id).resource_type);
    starts.clear();
    lines.clear();
    starts.extend(evaluation.machine.property_origins(id).into_iter().filter_map(|(name, origin)| {
        let span = evaluation.lowered.span(origin)?;
        let inside = span.file == resource.file && span.start >= resource.start;
        inside.then_some((span.start, &*resource_type.property(name)?.wire))
    }));
    starts.sort_unstable();
    // From one property to the next it is a few lines: counting them beats looking each up.
    let text = evaluation.files.text(resource.file).as_bytes();
    let (own, mut line, mut at) = (line, line, resource.start as usize);
    for (start, wire) in starts.drain(..) {
        line += text[at..start as usize].iter().filter(|byte| **byte == b'\n').count() as u32;
        at = start as usize;
        if line != own {
            lines.push((wire, line));
        }
    }
    lines.sort_unstable();
}

impl Evaluation<'_> {
    /// The start of the root's file: a place for what has none.
    pub(crate) fn start(&self) -> Span {
        Span::new(self.root.file, 0, 0)
    }

    /// Where a property of a resource is written, by the program's name for it.
    pub(crate) fn property_span(&self, id: ResourceId, path: &str) -> Option<Span> {
        if let Some(given) = &self.given {
            let (number, _) = given.resources.get(&id)?;
            return given.given.place(*number, path);
        }
        // What lies deeper is no code of its own.
        let name = path.split(['.', '[']).next()?;
        let origins = self.machine.property_origins(id);
        let (_, origin) = origins.into_iter().find(|(found, _)| **self.lowered.core.name(*found) == *name)?;
        self.lowered.span(origin)
    }
}
