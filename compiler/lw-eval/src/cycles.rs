//! Circles of resources, cut where a property can be set afterwards.
//!
//! Each circle is opened at the least (path, property) that is optional and updatable. What leaves the property are the elements
//! of a list that refer back, or the whole of any other value; the full value is kept as deferred.

use lw_check::typed::Access;
use lw_diagnostics::Span;
use lw_plan::{DeferredProperty, Graph, Json, references};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics;
use crate::evaluate::Evaluation;
use crate::plan::Entry;

/// Opens every circle; false, with a diagnostic, if one cannot be opened. `entries` are sorted by path.
pub(crate) fn cut(evaluation: &mut Evaluation<'_>, entries: &mut [Entry]) -> bool {
    let by_path: FxHashMap<String, u32> =
        entries.iter().enumerate().map(|(at, entry)| (entry.node.path.as_str().to_string(), at as u32)).collect();
    let mut graph = Graph::with_capacity(entries.len(), entries.len() * 2);
    for (at, entry) in entries.iter().enumerate() {
        edges(entry, &by_path, &mut |to, _| graph.add(at as u32, to));
    }
    let Err(cycles) = graph.order(&[]) else { return true };
    let mut sound = true;
    // Components of what is left are circles on their own.
    let mut waiting: Vec<Vec<u32>> = cycles.0.into_iter().rev().collect();
    while let Some(component) = waiting.pop() {
        let inside: FxHashSet<u32> = component.iter().copied().collect();
        if !open(evaluation, entries, &component, &inside, &by_path) {
            draw(evaluation, entries, &component, &inside, &by_path);
            sound = false;
            continue;
        }
        let place: FxHashMap<u32, u32> = component.iter().enumerate().map(|(at, node)| (*node, at as u32)).collect();
        let mut graph = Graph::new(component.len());
        for (at, node) in component.iter().enumerate() {
            edges(&entries[*node as usize], &by_path, &mut |to, _| {
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

/// What a node refers to, with the wire property that does; none for `dependsOn`.
fn edges(entry: &Entry, by_path: &FxHashMap<String, u32>, found: &mut dyn FnMut(u32, Option<&str>)) {
    for (property, value) in &entry.node.properties {
        references(value, &mut |path, _| {
            if let Some(to) = by_path.get(path) {
                found(*to, Some(property));
            }
        });
    }
    for path in &entry.node.depends_on {
        if let Some(to) = by_path.get(path.as_str()) {
            found(*to, None);
        }
    }
}

/// Takes the least property that refers into the component out of the way.
fn open(
    evaluation: &Evaluation<'_>,
    entries: &mut [Entry],
    component: &[u32],
    inside: &FxHashSet<u32>,
    by_path: &FxHashMap<String, u32>,
) -> bool {
    let refers_back = |value: &Json| {
        let mut back = false;
        references(value, &mut |path, _| back |= by_path.get(path).is_some_and(|to| inside.contains(to)));
        back
    };
    // Components are sorted, properties too: the first that can wait is the least.
    for at in component {
        let entry = &entries[*at as usize];
        let found =
            entry.node.properties.iter().find(|(name, value)| can_wait(evaluation, entry, name) && refers_back(value));
        let Some(name) = found.map(|(name, _)| name.clone()) else { continue };
        let node = &mut entries[*at as usize].node;
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
fn can_wait(evaluation: &Evaluation<'_>, entry: &Entry, wire: &str) -> bool {
    let Some(id) = entry.resource else { return false };
    let declared = &evaluation.program.resource_types[evaluation.machine.resource(id).resource_type.index()];
    let property = declared.properties.iter().find(|property| property.wire.as_str() == wire);
    property.is_some_and(|property| property.access == Access::Optional && !property.create_only)
        && !entry.node.deferred.iter().any(|deferred| deferred.property == wire)
}

fn draw(
    evaluation: &mut Evaluation<'_>,
    entries: &[Entry],
    component: &[u32],
    inside: &FxHashSet<u32>,
    by_path: &FxHashMap<String, u32>,
) {
    let mut graph = Graph::new(entries.len());
    for at in component {
        edges(&entries[*at as usize], by_path, &mut |to, _| {
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
        let entry = &entries[*node as usize];
        let mut through: Option<String> = None;
        edges(entry, by_path, &mut |to, property| {
            if to == next && through.is_none() {
                through = Some(property.unwrap_or("dependsOn").to_string());
            }
        });
        let wire = through.unwrap_or_default();
        let name = entry.resource.map_or(wire.clone(), |id| property_name(evaluation, id, &wire));
        spans.push(entry.resource.and_then(|id| evaluation.property_span(id, &name)).or(entry.span));
        steps.push((entry.node.path.to_string(), name));
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
