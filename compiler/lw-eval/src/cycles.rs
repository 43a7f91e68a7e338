//! Circles of resources, cut where a property can be set afterwards.
//!
//! Each circle is opened at the least (path, property) that is optional and updatable. What leaves the property are the elements
//! of a list that refer back, or the whole of any other value; the full value is kept as deferred.

use lw_check::typed::Access;
use lw_diagnostics::Span;
use lw_plan::{Cycles, DeferredProperty, Graph, Json, Node, references};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics;
use crate::evaluate::Evaluation;
use crate::plan::Source;

/// Opens every circle; false, with a diagnostic, if one cannot be opened. Nodes are in the order of their paths.
pub(crate) fn cut(evaluation: &mut Evaluation<'_>, nodes: &mut [Node], sources: &[Source], cycles: Cycles) -> bool {
    let by_path: ByPath = nodes.iter().enumerate().map(|(at, node)| (node.path.to_string(), at as u32)).collect();
    let mut sound = true;
    // Components of what is left are circles on their own.
    let mut waiting: Vec<Vec<u32>> = cycles.0.into_iter().rev().collect();
    while let Some(mut component) = waiting.pop() {
        component.sort_unstable();
        let inside: FxHashSet<u32> = component.iter().copied().collect();
        if !open(evaluation, nodes, sources, &component, &inside, &by_path) {
            draw(evaluation, nodes, sources, &component, &inside, &by_path);
            sound = false;
            continue;
        }
        let place: FxHashMap<u32, u32> = component.iter().enumerate().map(|(at, node)| (*node, at as u32)).collect();
        let mut graph = Graph::new(component.len());
        for (at, node) in component.iter().enumerate() {
            edges(&nodes[*node as usize], &by_path, &mut |to, _| {
                if let Some(to) = place.get(&to) {
                    graph.add(at as u32, *to);
                }
            });
        }
        if let Err(left) = graph.order(&[]) {
            let named = left.0.into_iter().map(|part| part.into_iter().map(|at| component[at as usize]).collect());
            waiting.extend(named);
        }
    }
    sound
}

type ByPath = FxHashMap<String, u32>;

/// What a node refers to, with the wire property that does; none for `dependsOn`.
fn edges(node: &Node, by_path: &ByPath, found: &mut dyn FnMut(u32, Option<&str>)) {
    for (property, value) in &node.properties {
        references(value, &mut |path, _| {
            if let Some(to) = by_path.get(path) {
                found(*to, Some(property));
            }
        });
    }
    for path in &node.depends_on {
        if let Some(to) = by_path.get(path.as_str()) {
            found(*to, None);
        }
    }
}

/// Takes the least property that refers into the component out of the way.
fn open(
    evaluation: &Evaluation<'_>,
    nodes: &mut [Node],
    sources: &[Source],
    component: &[u32],
    inside: &FxHashSet<u32>,
    by_path: &ByPath,
) -> bool {
    let refers_back = |value: &Json| {
        let mut back = false;
        references(value, &mut |path, _| back |= by_path.get(path).is_some_and(|to| inside.contains(to)));
        back
    };
    // Components are sorted, properties too: the first that can wait is the least.
    for at in component {
        let node = &nodes[*at as usize];
        let can_wait = |name: &str| can_wait(evaluation, node, sources[*at as usize], name);
        let found = node.properties.iter().find(|(name, value)| can_wait(name) && refers_back(value));
        let Some(name) = found.map(|(name, _)| name.clone()) else { continue };
        let node = &mut nodes[*at as usize];
        let Some(value) = node.properties.remove(&name) else { continue };
        if let Json::Array(items) = &value {
            let rest: Vec<Json> = items.iter().filter(|item| !refers_back(item)).cloned().collect();
            if !rest.is_empty() {
                node.properties.insert(name.clone(), Json::Array(rest));
            }
        }
        node.deferred.push(DeferredProperty { property: name, value });
        node.deferred.sort_by(|left, right| left.property.cmp(&right.property));
        return true;
    }
    false
}

/// Can a property be left out at first and set once everything exists?
fn can_wait(evaluation: &Evaluation<'_>, node: &Node, source: Source, wire: &str) -> bool {
    let Some(id) = source.resource else { return false };
    let declared = &evaluation.program.resource_types[evaluation.machine.resource(id).resource_type.index()];
    let property = declared.properties.iter().find(|property| property.wire.as_str() == wire);
    property.is_some_and(|property| property.access == Access::Optional && !property.create_only)
        && !node.deferred.iter().any(|deferred| deferred.property == wire)
}

fn draw(
    evaluation: &mut Evaluation<'_>,
    nodes: &[Node],
    sources: &[Source],
    component: &[u32],
    inside: &FxHashSet<u32>,
    by_path: &ByPath,
) {
    let mut graph = Graph::new(nodes.len());
    for at in component {
        edges(&nodes[*at as usize], by_path, &mut |to, _| {
            if inside.contains(&to) {
                graph.add(*at, to);
            }
        });
    }
    let circle = graph.shortest_cycle(component);
    let mut steps: Vec<(String, String)> = Vec::with_capacity(circle.len());
    let mut spans: Vec<Option<Span>> = Vec::with_capacity(circle.len());
    for (at, node) in circle.iter().enumerate() {
        let next = circle[(at + 1) % circle.len()];
        let (node, source) = (&nodes[*node as usize], sources[*node as usize]);
        let mut through: Option<String> = None;
        edges(node, by_path, &mut |to, property| {
            if to == next && through.is_none() {
                through = Some(property.unwrap_or("dependsOn").to_string());
            }
        });
        let wire = through.unwrap_or_default();
        let name = source.resource.map_or(wire.clone(), |id| property_name(evaluation, id, &wire));
        spans.push(source.resource.and_then(|id| evaluation.property_span(id, &name)).or(source.span));
        steps.push((node.path.to_string(), name));
    }
    let fallback = evaluation.start();
    evaluation.diagnostics.push(diagnostics::circle(&steps, &spans, fallback));
}

/// The program's name of a wire property.
fn property_name(evaluation: &Evaluation<'_>, id: lw_core::ResourceId, wire: &str) -> String {
    let declared = &evaluation.program.resource_types[evaluation.machine.resource(id).resource_type.index()];
    let property = declared.properties.iter().find(|property| property.wire.as_str() == wire);
    property.map_or_else(|| wire.to_string(), |property| property.name.to_string())
}
