//! Relations between resources, for rules.

use std::sync::Arc;

use super::{Entry, entry};
use crate::failure::Eval;
use crate::graph::Graph;
use crate::machine::Machine;
use crate::program::{OriginId, SiteMode};
use crate::value::{ResourceId, Term, Value};

pub(super) const TABLE: &[Entry] = &[
    entry("__graphResources", 1, resources),
    entry("__graphOfType", 2, of_type),
    entry("__graphReferences", 2, |machine, arguments| related(machine, arguments, Graph::references)),
    entry("__graphReferrers", 2, |machine, arguments| related(machine, arguments, Graph::referrers)),
    entry("__graphReachable", 2, |machine, arguments| related(machine, arguments, Graph::reachable)),
    entry("__graphTarget", 1, target),
    entry("__graphWireType", 1, wire_type),
    entry("__graphPath", 1, path),
    entry("__graphProperty", 2, property),
    entry("__graphIsExisting", 1, is_existing),
    entry("__graphUndeclared", 2, undeclared),
];

const WANTED: &str = "the resource graph";

fn graph(machine: &mut Machine<'_>) -> Eval<std::rc::Rc<Graph>> {
    if let Some(looked_at) = &mut machine.looked_at {
        looked_at.graph = true;
    }
    machine.graph.clone().ok_or_else(|| machine.wrong("only a policy sees the resource graph"))
}

fn list(machine: &mut Machine<'_>, found: Vec<ResourceId>) -> Eval<Value> {
    let mut values = Vec::with_capacity(found.len());
    for id in found {
        let value = machine.resource_value(id);
        match machine.resource(id).condition {
            None => values.push(value),
            Some(condition) => match machine.holds_in_world(condition) {
                Some(true) => values.push(value),
                Some(false) => {}
                // Nobody knows how many there are.
                None => {
                    let unknown = crate::worlds::choice(condition, value, Value::None);
                    return Err(machine.unfit(&unknown, "a list of resources"));
                }
            },
        }
    }
    machine.new_list(values)
}

fn resources(machine: &mut Machine<'_>, _: &mut [Value]) -> Eval<Value> {
    let found = graph(machine)?.resources().to_vec();
    list(machine, found)
}

fn of_type(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let wanted = machine.take_text(&mut arguments[0], "a wire type")?;
    let graph = graph(machine)?;
    machine.charge_steps(graph.resources().len() / 4)?;
    let is_wanted = |id: &&ResourceId| machine.wire_type_of(**id) == &wanted;
    let found = graph.resources().iter().filter(is_wanted).copied().collect();
    list(machine, found)
}

/// The resource that a value is or stands for.
fn resource(machine: &mut Machine<'_>, value: &Value) -> Eval<ResourceId> {
    match value {
        Value::Resource(id) | Value::Blueprint(id) => Ok(*id),
        Value::Some(inner) => resource(machine, inner),
        other => Err(machine.unfit(other, WANTED)),
    }
}

fn related(
    machine: &mut Machine<'_>,
    arguments: &mut [Value],
    relation: fn(&Graph, ResourceId) -> Vec<ResourceId>,
) -> Eval<Value> {
    let graph = graph(machine)?;
    machine.relate(&graph);
    let id = resource(machine, &arguments[1])?;
    let found = relation(&graph, id);
    machine.charge_steps(found.len())?;
    list(machine, found)
}

fn target(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    if let Some(looked_at) = &mut machine.looked_at {
        looked_at.names = true;
    }
    let mut value = &arguments[0];
    if let Value::Some(inner) = value {
        value = inner;
    }
    Ok(match value {
        Value::Resource(id) => Value::some(machine.resource_value(*id)),
        Value::Later(later) => match &later.term {
            Term::Get { resource, .. } => Value::some(machine.resource_value(*resource)),
            _ => Value::None,
        },
        Value::String(text) => match machine.graph.clone().and_then(|graph| graph.known_as(text)) {
            Some(id) => Value::some(machine.resource_value(id)),
            None => Value::None,
        },
        Value::Undecided(_) => return Err(machine.unfit(value, WANTED)),
        _ => Value::None,
    })
}

fn wire_type(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let id = resource(machine, &arguments[0])?;
    Ok(Value::String(machine.wire_type_of(id).clone()))
}

fn path(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let id = resource(machine, &arguments[0])?;
    let path = machine.path(id).cloned().unwrap_or_else(|| Arc::from(""));
    Ok(Value::String(path))
}

fn property(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let name = machine.take_text(&mut arguments[0], "the name of a property")?;
    let id = resource(machine, &arguments[1])?;
    let Some(name) = machine.name_id(&name) else { return Ok(Value::None) };
    let resource_type = machine.program.resource_type(machine.resource(id).resource_type);
    if resource_type.property(name).is_none() {
        return Ok(Value::None);
    }
    Ok(match machine.read_property(id, name, OriginId::NONE)? {
        Value::None => Value::None,
        Value::Some(value) => Value::Some(value),
        value => Value::some(value),
    })
}

fn is_existing(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let id = resource(machine, &arguments[0])?;
    Ok(Value::Bool(machine.resource(id).mode == SiteMode::Existing))
}

/// A property that the resource's type does not declare, as a template writes it all the same.
fn undeclared(machine: &mut Machine<'_>, arguments: &mut [Value]) -> Eval<Value> {
    let wire = machine.take_text(&mut arguments[0], "the name of a property")?;
    let id = resource(machine, &arguments[1])?;
    let found = machine.resource(id).undeclared.as_deref().and_then(|all| all.get(&wire)).cloned();
    Ok(Value::optional(found))
}
