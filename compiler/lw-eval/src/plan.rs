//! The graph as a Plan: nodes, providers, order.

use std::collections::BTreeMap;
use std::sync::Arc;

use lw_check::typed;
use lw_core::{ResourceId, SiteMode};
use lw_diagnostics::Span;
use lw_plan::{
    Class, Json, Map, Meaning, Node, NodeKind, OUTPUT_TYPE, OUTPUT_VALUE, OrderError, Origin, Plan, Provenance,
    ResourcePath, dependency_order, digest, literal, set_fingerprints,
};
use rustc_hash::FxHashMap;

use crate::cycles;
use crate::diagnostics;
use crate::evaluate::Evaluation;
use crate::providers::Providers;
use crate::{PolicyResult, secrets, wire};

/// A Plan that lacks its policies.
pub(crate) struct Draft {
    meaning: Meaning,
    origins: Vec<Origin>,
}

/// What a node was made of, for its diagnostics and its origin.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    /// None for an output.
    pub resource: Option<ResourceId>,
    pub span: Option<Span>,
    /// The number of its provider.
    pub provider: Option<u32>,
}

/// The Plan's nodes in order, and the outputs' values; nothing if a mistake was found.
pub(crate) fn write(evaluation: &mut Evaluation<'_>) -> (Option<Draft>, BTreeMap<String, Json>) {
    let mut providers = Providers::default();
    let mut outputs = BTreeMap::new();
    let made = in_path_order(evaluation);
    let mut nodes = Vec::with_capacity(made.len());
    let mut sources = Vec::with_capacity(made.len());
    for one in made {
        let (node, source) = match one {
            Made::Resource(id) => resource_node(evaluation, id, &mut providers),
            Made::Output(at) => match output_node(evaluation, at, &mut outputs) {
                Some(output) => output,
                None => continue,
            },
        };
        nodes.push(node);
        sources.push(source);
    }
    claims(evaluation, &nodes, &sources);
    let providers = providers.finish(&mut nodes, &sources);
    if evaluation.has_errors() || !distinct(evaluation, &nodes, &sources) {
        return (None, outputs);
    }
    let order = match dependency_order(&nodes) {
        Ok(order) => order,
        Err(OrderError::Cycles(cycles)) => {
            if !cycles::cut(evaluation, &mut nodes, &sources, cycles) {
                return (None, outputs);
            }
            dependency_order(&nodes).expect("every circle has been cut")
        }
        Err(error) => unreachable!("paths are distinct and references lead to nodes: {error}"),
    };
    let mut origins = Origins::new(evaluation, &sources);
    let origins = order.iter().map(|at| origins.of(evaluation, sources[*at as usize])).collect();
    let mut meaning = Meaning {
        composition: evaluation.options.composition.clone(),
        environment: evaluation.options.environment.clone(),
        inputs: evaluation
            .machine
            .recorded()
            .iter()
            .map(|(name, value)| (name.clone(), literal(value.clone())))
            .collect(),
        providers,
        nodes: in_order(nodes, order),
        policies: Vec::new(),
    };
    set_fingerprints(&mut meaning);
    (Some(Draft { meaning, origins }), outputs)
}

enum Made {
    Resource(ResourceId),
    /// By its number among the outputs.
    Output(usize),
}

/// What becomes a node, in the order of paths.
fn in_path_order(evaluation: &Evaluation<'_>) -> Vec<Made> {
    let machine = &evaluation.machine;
    let resources = evaluation.reached.iter().filter(|id| machine.resource(**id).mode != SiteMode::Blueprint);
    let resources = resources.map(|id| (machine.path(*id).cloned().unwrap_or_default(), Made::Resource(*id)));
    let outputs = evaluation.outputs.iter().enumerate();
    let outputs = outputs.map(|(at, (name, ..))| (Arc::from(output_path(name).as_str()), Made::Output(at)));
    let mut made: Vec<(Arc<str>, Made)> = resources.chain(outputs).collect();
    made.sort_by(|left, right| left.0.cmp(&right.0));
    made.into_iter().map(|(_, made)| made).collect()
}

fn output_path(name: &str) -> ResourcePath {
    ResourcePath::root("output").field(name)
}

/// The nodes in another order, without a second copy of them.
fn in_order(mut nodes: Vec<Node>, mut order: Vec<u32>) -> Vec<Node> {
    for start in 0..order.len() {
        let mut to = start;
        // Follows the circle of the permutation, each node to its place.
        while order[to] as usize != start {
            let from = order[to] as usize;
            nodes.swap(to, from);
            order[to] = to as u32;
            to = from;
        }
        order[to] = to as u32;
    }
    nodes
}

impl Draft {
    pub fn seal(mut self, evaluation: &mut Evaluation<'_>, policies: &[PolicyResult]) -> Plan {
        let _ = policies;
        self.meaning.policies = crate::policies::package(evaluation);
        let own = |file: &lw_diagnostics::FileId| !evaluation.files.name(*file).starts_with("stdlib/");
        let files = evaluation.files.ids().filter(own);
        let provenance = Provenance {
            compiler: evaluation.options.compiler.clone(),
            files: files
                .map(|file| (evaluation.files.name(file).to_string(), digest(evaluation.files.text(file).as_bytes())))
                .collect(),
            origins: self.origins,
        };
        Plan::new(self.meaning, provenance)
    }
}

fn class(resource_type: &typed::ResourceType) -> Class {
    match resource_type.class.as_str() {
        "compute" => Class::Compute,
        "data" => Class::Data,
        _ => Class::Configuration,
    }
}

fn resource_node(evaluation: &mut Evaluation<'_>, id: ResourceId, providers: &mut Providers) -> (Node, Source) {
    let path = evaluation.machine.path(id).map_or_else(String::new, |path| path.to_string());
    let span = evaluation.resource_span(id);
    let resource = evaluation.machine.resource(id);
    let existing = resource.mode == SiteMode::Existing;
    let declared = &evaluation.program.resource_types[resource.resource_type.index()];
    let mut properties = Map::new();
    let mut physical_id = None;
    if existing {
        physical_id = evaluation.machine.physical_id(id);
        if physical_id.is_none() {
            let names: Vec<String> = declared.identifier.iter().map(|name| format!("`{name}`")).collect();
            let place = span.unwrap_or_else(|| evaluation.start());
            let found = diagnostics::unidentified(&path, &declared.name, &names.join(" and "), place);
            evaluation.diagnostics.push(found);
        }
    } else {
        let (written, refused) = wire::write_properties(&mut evaluation.machine, id);
        properties = written;
        for (name, reason) in refused {
            let name = evaluation.lowered.core.name(name).clone();
            let place = evaluation.property_span(id, &name).or(span).unwrap_or_else(|| evaluation.start());
            evaluation.diagnostics.push(diagnostics::not_writable(&path, &name, &reason.0, place));
        }
        if evaluation.secrets {
            for property in &declared.properties {
                let written = properties.get(property.wire.as_str());
                if written.is_some_and(|json| secrets::leak(evaluation.program, property, json)) {
                    let place = evaluation.property_span(id, &property.name).or(span);
                    let place = place.unwrap_or_else(|| evaluation.start());
                    evaluation.diagnostics.push(diagnostics::secret_shown(&property.name, Some(&path), place));
                }
            }
        }
    }
    let kept = evaluation.kept.get(&id).cloned().unwrap_or_default();
    let provider = providers.of(evaluation, kept.provider.as_ref(), span);
    let mut depends_on: Vec<ResourcePath> = kept
        .depends_on
        .iter()
        .filter_map(|other| evaluation.machine.path(*other))
        .map(|path| ResourcePath::from_text(path.to_string()))
        .collect();
    depends_on.sort();
    let node = Node {
        path: ResourcePath::from_text(path),
        wire_type: declared.wire.to_string(),
        kind: if existing { NodeKind::Existing } else { NodeKind::Managed },
        // Until all are known and have names.
        provider: String::new(),
        class: class(declared),
        properties,
        deferred: Vec::new(),
        lifecycle: kept.lifecycle,
        depends_on,
        fingerprint: String::new(),
        former_path: kept.former_path.map(ResourcePath::from_text),
        physical_id: physical_id.or(kept.adopt),
    };
    (node, Source { resource: Some(id), span, provider })
}

fn output_node(
    evaluation: &mut Evaluation<'_>,
    at: usize,
    outputs: &mut BTreeMap<String, Json>,
) -> Option<(Node, Source)> {
    let (name, span, value) = evaluation.outputs[at].clone();
    let path = output_path(&name);
    let json = match wire::write(&mut evaluation.machine, &value, &lw_core::WireShape::Json) {
        Ok(json) => json,
        Err(reason) => {
            let found = diagnostics::not_writable_output(&name, &reason.0, span);
            evaluation.diagnostics.push(found);
            return None;
        }
    };
    if evaluation.secrets && lw_plan::mentions_secret(&json) {
        evaluation.diagnostics.push(diagnostics::secret_shown(&name, None, span));
        return None;
    }
    outputs.insert(name.to_string(), json.clone());
    let node = Node {
        path,
        wire_type: OUTPUT_TYPE.to_string(),
        kind: NodeKind::Output,
        provider: String::new(),
        class: Class::Configuration,
        properties: Map::from_iter([(OUTPUT_VALUE.to_string(), json)]),
        deferred: Vec::new(),
        lifecycle: Default::default(),
        depends_on: Vec::new(),
        fingerprint: String::new(),
        former_path: None,
        physical_id: None,
    };
    Some((node, Source { resource: None, span: Some(span), provider: None }))
}

/// `@id` and `@adopt` name one resource each.
fn claims(evaluation: &mut Evaluation<'_>, nodes: &[Node], sources: &[Source]) {
    let mut known: FxHashMap<(&str, String), usize> = FxHashMap::default();
    for (at, node) in nodes.iter().enumerate() {
        let former = node.former_path.as_ref().map(|path| ("id", path.as_str().to_string()));
        let adopted = match node.kind {
            NodeKind::Managed => node.physical_id.as_ref(),
            _ => None,
        };
        // Physical ids are unique within a type only.
        let adopted = adopted.map(|id| ("adopt", format!("{} {id}", node.wire_type)));
        for claim in former.into_iter().chain(adopted) {
            let Some(first) = known.insert(claim.clone(), at) else { continue };
            let id = sources[at].resource.expect("an output claims nothing");
            let place = evaluation.annotation_span(id, claim.0).unwrap_or_else(|| evaluation.start());
            let mut paths = [nodes[first].path.as_str(), node.path.as_str()];
            paths.sort_unstable();
            let claimed = claim.1.rsplit(' ').next().unwrap_or_default();
            let found = diagnostics::claimed_twice(claim.0, claimed, paths, place);
            evaluation.report_once(found);
        }
    }
}

/// Every path is there once; nodes are in the order of their paths.
fn distinct(evaluation: &mut Evaluation<'_>, nodes: &[Node], sources: &[Source]) -> bool {
    let mut sound = true;
    for (at, pair) in nodes.windows(2).enumerate().filter(|(_, pair)| pair[0].path == pair[1].path) {
        let place = evaluation.start();
        let path = pair[0].path.as_str();
        let found = diagnostics::same_path(path, sources[at].span, sources[at + 1].span, place);
        evaluation.diagnostics.push(found);
        sound = false;
    }
    sound
}

/// Places as people count; resources made at one place share theirs.
struct Origins {
    /// How many resources are made at a place.
    count: FxHashMap<lw_core::OriginId, u32>,
    known: FxHashMap<lw_core::OriginId, Origin>,
}

impl Origins {
    fn new(evaluation: &Evaluation<'_>, sources: &[Source]) -> Origins {
        let mut count: FxHashMap<lw_core::OriginId, u32> = FxHashMap::default();
        for id in sources.iter().filter_map(|source| source.resource) {
            *count.entry(evaluation.machine.resource(id).origin).or_default() += 1;
        }
        Origins { count, known: FxHashMap::default() }
    }

    fn of(&mut self, evaluation: &Evaluation<'_>, source: Source) -> Origin {
        let Some(span) = source.span else { return Origin::default() };
        let place = || {
            let line = evaluation.files.position(span.file, span.start).line;
            Origin { file: evaluation.files.name(span.file).to_string(), line, properties: BTreeMap::new() }
        };
        let Some(id) = source.resource else { return place() };
        let key = evaluation.machine.resource(id).origin;
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let mut origin = place();
        origin.properties = property_lines(evaluation, id, span, origin.line);
        if self.count.get(&key).is_some_and(|count| *count > 1) {
            self.known.insert(key, origin.clone());
        }
        origin
    }
}

/// The lines of a resource's properties that are not the resource's own.
fn property_lines(evaluation: &Evaluation<'_>, id: ResourceId, resource: Span, line: u32) -> BTreeMap<String, u32> {
    let resource_type = evaluation.lowered.core.resource_type(evaluation.machine.resource(id).resource_type);
    let mut starts: Vec<(u32, &str)> = evaluation
        .machine
        .property_origins(id)
        .into_iter()
        .filter_map(|(name, origin)| {
            let span = evaluation.lowered.span(origin)?;
            let inside = span.file == resource.file && span.start >= resource.start;
            inside.then_some((span.start, &*resource_type.property(name)?.wire))
        })
        .collect();
    starts.sort_unstable();
    // From one property to the next it is a few lines: counting them beats looking each up.
    let text = evaluation.files.text(resource.file).as_bytes();
    let (mut line, mut at) = (line, resource.start as usize);
    let own = line;
    let mut lines = Vec::with_capacity(starts.len());
    for (start, wire) in starts {
        line += text[at..start as usize].iter().filter(|byte| **byte == b'\n').count() as u32;
        at = start as usize;
        if line != own {
            lines.push((wire.to_string(), line));
        }
    }
    lines.into_iter().collect()
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
