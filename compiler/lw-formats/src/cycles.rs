//! Circles of resources: what CloudFormation refuses, since it has to make one of them first.

use std::sync::Arc;

use lw_core::{ResourceId, Term, Value};
use lw_diagnostics::Diagnostic;

use crate::errors;
use crate::reading::Resources;
use crate::template::Template;

/// Reports every circle that holds whatever the conditions turn out to be, once.
pub fn report(
    template: &Template,
    resources: &Resources,
    ids: &[Option<ResourceId>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let count = resources.resources.len();
    let mut edges: Vec<Vec<usize>> = Vec::with_capacity(count);
    for resource in &resources.resources {
        let mut found = Vec::new();
        if resource.condition.is_none() {
            resource.properties.fields().for_each(|(_, value)| certain(value, &mut found));
            for (name, _) in &template.resources[resource.declaration].depends_on {
                let number = template.resource_numbers.get(name).and_then(|number| ids[*number]);
                found.extend(number.map(ResourceId::index));
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|to| *to < count && resources.resources[*to].condition.is_none());
        edges.push(found);
    }
    let mut state = vec![State::New; count];
    for start in 0..count {
        if state[start] != State::New {
            continue;
        }
        // The way from `start`: each resource with how many of its references have been followed.
        let mut way = vec![(start, 0)];
        state[start] = State::Open;
        while let Some((at, next)) = way.last_mut() {
            let Some(to) = edges[*at].get(*next).copied() else {
                state[*at] = State::Done;
                way.pop();
                continue;
            };
            *next += 1;
            match state[to] {
                State::New => {
                    state[to] = State::Open;
                    way.push((to, 0));
                }
                State::Open => {
                    let from = way.iter().position(|(at, _)| *at == to).unwrap_or(0);
                    let circle = way[from..].iter().map(|(at, _)| *at).chain([to]);
                    let declaration = |at: usize| &template.resources[resources.resources[at].declaration];
                    let names: Vec<Arc<str>> = circle.map(|at| declaration(at).name.clone()).collect();
                    diagnostics.push(errors::cycle("the resource", &names, declaration(to).name_span));
                }
                State::Done => {}
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Resources that a value refers to in every world.
fn certain(value: &Value, found: &mut Vec<usize>) {
    match value {
        Value::List(items) => items.iter().for_each(|item| certain(item, found)),
        Value::Record(record) => record.fields().for_each(|(_, item)| certain(item, found)),
        Value::Dictionary(entries) => entries.entries().for_each(|(_, item)| certain(item, found)),
        Value::Some(inner) => certain(inner, found),
        Value::Later(later) => match &later.term {
            Term::Get { resource, .. } => found.push(resource.index()),
            Term::Concat(items) | Term::Cidr(items) => items.iter().for_each(|item| certain(item, found)),
            Term::Join { parts: inner, .. }
            | Term::Json(inner)
            | Term::Base64(inner)
            | Term::Select { list: inner, .. }
            | Term::Split { text: inner, .. } => certain(inner, found),
            Term::Secret { .. } | Term::Lookup { .. } => {}
        },
        _ => {}
    }
}
