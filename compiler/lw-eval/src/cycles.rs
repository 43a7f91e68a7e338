//! Circles of resources, cut where a property can be set afterwards.
//!
//! Each circle is opened at the least (path, property) that is optional and updatable. What leaves the property are the elements
//! of a list that refer back, or the whole of any other value; the full value is kept as deferred.

use lw_check::typed::Access;
use lw_core::Value;
use lw_diagnostics::Span;
use lw_plan::{Cycles, Graph};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostics;
use crate::evaluate::Evaluation;
use crate::plan::{Draft, Planned};

/// A property that waits until every node exists.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    /// Its name on the wire.
    pub wire: String,
    /// What of it does not wait: elements of a list.
    pub rest: Option<Value>,
}

/// Opens every circle; false, with a diagnostic, if one cannot be opened.
pub(crate) fn cut(evaluation: &mut Evaluation<'_>, draft: &mut Draft, cycles: Cycles) -> bool {
    let mut sound = true;
    // Components of what is left are circles on their own.
    let mut waiting: Vec<Vec<u32>> = cycles.0.into_iter().rev().collect();
    while let Some(mut component) = waiting.pop() {
        component.sort_unstable();
        let inside: FxHashSet<u32> = component.iter().copied().collect();
        if !open(evaluation, draft, &component, &inside) {
            draw(evaluation, draft, &component, &inside);
            sound = false;
            continue;
        }
        let place: FxHashMap<u32, u32> = component.iter().enumerate().map(|(at, node)| (*node, at as u32)).collect();
        let mut graph = Graph::new(component.len());
        for (at, node) in component.iter().enumerate() {
            draft.edges(evaluation, *node, &mut |to, _| {
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

/// Takes the least property that refers into the component out of the way.
fn open(evaluation: &Evaluation<'_>, draft: &mut Draft, component: &[u32], inside: &FxHashSet<u32>) -> bool {
    // Components are sorted, properties too: the first that can wait is the least.
    for node in component {
        let can_wait = |wire: &str| can_wait(evaluation, &draft.nodes[*node as usize], wire);
        let refers_back = |value: &Value| {
            let mut back = false;
            draft.targets(evaluation, value, &mut |to| back |= inside.contains(&to));
            back
        };
        let properties = draft.properties(evaluation, *node);
        let found = properties.iter().find(|property| can_wait(property.wire) && refers_back(&property.value));
        let Some(property) = found else { continue };
        let rest = match without_optional(&property.value) {
            Value::List(items) | Value::Tuple(items) => {
                let rest: Vec<Value> = items.iter().filter(|item| !refers_back(item)).cloned().collect();
                (!rest.is_empty()).then(|| Value::list(rest))
            }
            _ => None,
        };
        let cut = Cut { wire: property.wire.to_string(), rest };
        let cuts = &mut draft.nodes[*node as usize].cuts;
        cuts.push(cut);
        cuts.sort_by(|left, right| left.wire.cmp(&right.wire));
        return true;
    }
    false
}

fn without_optional(value: &Value) -> &Value {
    match value {
        Value::Some(inner) => without_optional(inner),
        value => value,
    }
}

/// Can a property be left out at first and set once everything exists?
fn can_wait(evaluation: &Evaluation<'_>, node: &Planned, wire: &str) -> bool {
    let Some(id) = node.resource() else { return false };
    let declared = &evaluation.program.resource_types[evaluation.machine.resource(id).resource_type.index()];
    let property = declared.properties.iter().find(|property| property.wire.as_str() == wire);
    property.is_some_and(|property| property.access == Access::Optional && !property.create_only)
        && !node.cuts.iter().any(|cut| cut.wire == wire)
}

fn draw(evaluation: &mut Evaluation<'_>, draft: &Draft, component: &[u32], inside: &FxHashSet<u32>) {
    let mut graph = Graph::new(draft.nodes.len());
    for at in component {
        draft.edges(evaluation, *at, &mut |to, _| {
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
        let mut through: Option<String> = None;
        draft.edges(evaluation, *node, &mut |to, property| {
            if to == next && through.is_none() {
                through = Some(property.unwrap_or("dependsOn").to_string());
            }
        });
        let wire = through.unwrap_or_default();
        let node = &draft.nodes[*node as usize];
        let name = node.resource().map_or(wire.clone(), |id| property_name(evaluation, id, &wire));
        let span = node.resource().and_then(|id| evaluation.property_span(id, &name));
        spans.push(span.or(node.span(evaluation)));
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
