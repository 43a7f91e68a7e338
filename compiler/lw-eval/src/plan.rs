//! The graph as a Plan: nodes, providers, order.

use std::collections::BTreeMap;

use lw_check::typed;
use lw_core::{ResourceId, SiteMode, Value};
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
use crate::{PolicyResult, wire};

/// A Plan that lacks its policies.
pub(crate) struct Draft {
    meaning: Meaning,
    origins: Vec<Origin>,
}

/// A node with what its diagnostics and its origin need.
pub(crate) struct Entry {
    pub node: Node,
    /// None for an output.
    pub resource: Option<ResourceId>,
    pub span: Option<Span>,
}

/// The Plan's nodes in order, and the outputs' values; nothing if a mistake was found.
pub(crate) fn write(evaluation: &mut Evaluation<'_>) -> (Option<Draft>, BTreeMap<String, Json>) {
    let mut providers = Providers::default();
    let mut entries = Vec::with_capacity(evaluation.reached.len() + evaluation.outputs.len());
    for id in evaluation.reached.clone() {
        if evaluation.machine.resource(id).mode != SiteMode::Blueprint {
            entries.push(entry(evaluation, id, &mut providers));
        }
    }
    let outputs = outputs(evaluation, &mut entries);
    claims(evaluation, &entries);
    let providers = providers.finish(&mut entries);
    if evaluation.has_errors() {
        return (None, outputs);
    }
    entries.sort_by(|left, right| left.node.path.cmp(&right.node.path));
    if !distinct(evaluation, &entries) || !cycles::cut(evaluation, &mut entries) {
        return (None, outputs);
    }
    let mut origins = Origins::default();
    let (nodes, places): (Vec<Node>, Vec<Origin>) = entries
        .into_iter()
        .map(|entry| {
            let origin = origins.of(evaluation, &entry);
            (entry.node, origin)
        })
        .unzip();
    let order = match dependency_order(&nodes) {
        Ok(order) => order,
        Err(OrderError::Duplicate { .. } | OrderError::Dangling { .. } | OrderError::Cycles(_)) => {
            unreachable!("paths are distinct, references lead to nodes, and circles have been cut")
        }
    };
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    let mut places: Vec<Option<Origin>> = places.into_iter().map(Some).collect();
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
        nodes: Vec::with_capacity(nodes.len()),
        policies: Vec::new(),
    };
    let mut ordered = Vec::with_capacity(places.len());
    for index in order {
        meaning.nodes.extend(nodes[index as usize].take());
        ordered.extend(places[index as usize].take());
    }
    set_fingerprints(&mut meaning);
    (Some(Draft { meaning, origins: ordered }), outputs)
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

fn entry(evaluation: &mut Evaluation<'_>, id: ResourceId, providers: &mut Providers) -> Entry {
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
    }
    let kept = evaluation.kept.get(&id).cloned().unwrap_or_default();
    let provider = kept.provider.or_else(|| evaluation.defaults.provider.clone());
    let provider = provider.map(|value| providers.add(evaluation, &value, span));
    if !existing && let Some(tags) = declared.tags {
        let inherited = [evaluation.defaults.tags.clone(), provider.as_ref().and_then(|known| known.tags.clone())];
        add_tags(evaluation, declared, tags, inherited, &mut properties);
    }
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
        // The number of the provider, until all are known and have names.
        provider: provider.map_or_else(String::new, |known| known.number.to_string()),
        class: class(declared),
        properties,
        deferred: Vec::new(),
        lifecycle: kept.lifecycle,
        depends_on,
        fingerprint: String::new(),
        former_path: kept.former_path.map(ResourcePath::from_text),
        physical_id: physical_id.or(kept.adopt),
    };
    Entry { node, resource: Some(id), span }
}

/// Tags of the composition and of the provider, where the resource has none of that key.
fn add_tags(
    evaluation: &mut Evaluation<'_>,
    declared: &typed::ResourceType,
    property: ustr::Ustr,
    inherited: [Option<Value>; 2],
    properties: &mut Map<String, Json>,
) {
    let Some(property) = declared.property(property) else { return };
    for tags in inherited.into_iter().flatten() {
        let shape = lw_core::WireShape::Dictionary(Box::new(lw_core::WireShape::Value));
        let Ok(Json::Object(tags)) = wire::write(&mut evaluation.machine, &tags, &shape) else { continue };
        if tags.is_empty() {
            continue;
        }
        let own = properties.entry(property.wire.to_string()).or_insert_with(|| Json::Object(Map::new()));
        let Json::Object(own) = own else { continue };
        for (key, value) in tags {
            own.entry(key).or_insert(value);
        }
    }
}

fn outputs(evaluation: &mut Evaluation<'_>, entries: &mut Vec<Entry>) -> BTreeMap<String, Json> {
    let mut written = BTreeMap::new();
    for (name, span, value) in evaluation.outputs.clone() {
        let path = ResourcePath::root("output").field(&name);
        let json = match wire::write(&mut evaluation.machine, &value, &lw_core::WireShape::Json) {
            Ok(json) => json,
            Err(reason) => {
                let found = diagnostics::not_writable(path.as_str(), &name, &reason.0, span);
                evaluation.diagnostics.push(found);
                continue;
            }
        };
        written.insert(name.to_string(), json.clone());
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
        entries.push(Entry { node, resource: None, span: Some(span) });
    }
    written
}

/// `@id` and `@adopt` name one resource each.
fn claims(evaluation: &mut Evaluation<'_>, entries: &[Entry]) {
    let mut known: FxHashMap<(&str, String), usize> = FxHashMap::default();
    for (at, entry) in entries.iter().enumerate() {
        let former = entry.node.former_path.as_ref().map(|path| ("id", path.as_str().to_string()));
        let adopted = match entry.node.kind {
            NodeKind::Managed => entry.node.physical_id.as_ref(),
            _ => None,
        };
        // Physical ids are unique within a type only.
        let adopted = adopted.map(|id| ("adopt", format!("{} {id}", entry.node.wire_type)));
        for claim in former.into_iter().chain(adopted) {
            let Some(first) = known.insert(claim.clone(), at) else { continue };
            let id = entry.resource.expect("an output claims nothing");
            let place = evaluation.annotation_span(id, claim.0).unwrap_or_else(|| evaluation.start());
            let mut paths = [entries[first].node.path.as_str(), entry.node.path.as_str()];
            paths.sort_unstable();
            let claimed = claim.1.rsplit(' ').next().unwrap_or_default();
            let found = diagnostics::claimed_twice(claim.0, claimed, paths, place);
            evaluation.report_once(found);
        }
    }
}

/// Every path is there once; `entries` are sorted by it.
fn distinct(evaluation: &mut Evaluation<'_>, entries: &[Entry]) -> bool {
    let mut sound = true;
    for pair in entries.windows(2).filter(|pair| pair[0].node.path == pair[1].node.path) {
        let place = evaluation.start();
        let found = diagnostics::same_path(pair[0].node.path.as_str(), pair[0].span, pair[1].span, place);
        evaluation.diagnostics.push(found);
        sound = false;
    }
    sound
}

/// Places as people count; resources made at one place share theirs.
#[derive(Default)]
struct Origins {
    known: FxHashMap<lw_core::OriginId, Origin>,
}

impl Origins {
    fn of(&mut self, evaluation: &Evaluation<'_>, entry: &Entry) -> Origin {
        let Some(span) = entry.span else { return Origin::default() };
        let place = || {
            let line = evaluation.files.position(span.file, span.start).line;
            Origin { file: evaluation.files.name(span.file).to_string(), line, properties: BTreeMap::new() }
        };
        let Some(id) = entry.resource else { return place() };
        let key = evaluation.machine.resource(id).origin;
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let mut origin = place();
        let resource_type = evaluation.lowered.core.resource_type(evaluation.machine.resource(id).resource_type);
        for (name, place) in evaluation.machine.property_origins(id) {
            let (Some(property), Some(span)) = (resource_type.property(name), evaluation.lowered.span(place)) else {
                continue;
            };
            let line = evaluation.files.position(span.file, span.start).line;
            if line != origin.line {
                origin.properties.insert(property.wire.to_string(), line);
            }
        }
        self.known.insert(key, origin.clone());
        origin
    }
}

impl Evaluation<'_> {
    /// The start of the root's file: a place for what has none.
    pub(crate) fn start(&self) -> Span {
        Span::new(self.root.file, 0, 0)
    }

    /// Where a property of a resource is written, by the program's name for it.
    pub(crate) fn property_span(&self, id: ResourceId, name: &str) -> Option<Span> {
        let origins = self.machine.property_origins(id);
        let (_, origin) = origins.into_iter().find(|(found, _)| **self.lowered.core.name(*found) == *name)?;
        self.lowered.span(origin)
    }
}
