//! What the table says that cannot be right, for its tests.

use std::collections::BTreeSet;
use std::sync::Arc;

use adapter::Catalogue;
use adapter::catalogue::TypeSchema;
use lw_plan::{Json, Map};

use super::table::{Call, Entry, LookCall, Waiting, entries};
use super::{forms, read};
use crate::model::{self, Used};

/// Operations that no model has, parameters that no operation takes, places that no answer has, properties that the type lacks.
pub fn mistakes(wire_type: &str, entry: &Entry) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(schema) = Catalogue::embedded().schema(wire_type) else { return vec![format!("{wire_type}: unknown")] };
    let check = Check { entry, schema };
    let calls = entry.create.iter().chain(&entry.update).chain(&entry.delete);
    let of_elements = entry.elements.iter().flat_map(|elements| [&elements.add, &elements.remove]);
    for call in calls.chain(of_elements) {
        check.call(call, &mut wrong);
    }
    for look in &entry.read {
        let call = look.call.as_call();
        check.call(&call, &mut wrong);
        let Some(output) = check.output(&call.call) else { continue };
        // A place with several ways is one that the shapes agree on.
        let places = look.at.split("||").map(str::trim).filter(|place| !place.is_empty() && look.parse.is_none());
        let broken: Vec<&str> = places.filter(|place| read::shape_at(output, place).is_none()).collect();
        wrong.extend(broken.iter().map(|place| format!("{}: no place `{place}`", call.call)));
        let object = if look.at.is_empty() { Some(output) } else { read::shape_at(output, &look.at) };
        if let Some(each) = &look.each {
            check.call(&LookCall { call: each.call.clone(), input: each.input.clone() }.as_call(), &mut wrong);
            check.property(&each.into, &mut wrong);
        }
        for (property, path) in &look.set {
            let ways: Vec<&str> = path.split("||").map(str::trim).collect();
            if !path.is_empty()
                && look.parse.is_none()
                && object.is_some_and(|object| {
                    ways.iter().all(|way| read::shape_at(object, way).is_none() && !is_in_map(object, way))
                })
            {
                wrong.push(format!("{}: no place `{path}`", call.call));
            }
            check.property(property, &mut wrong);
        }
    }
    if let Some(list) = &entry.list {
        match check.output(&list.call) {
            Some(output) if read::shape_at(output, &list.items).is_some() => {}
            _ => wrong.push(format!("{}: no place `{}`", list.call, list.items)),
        }
    }
    if let Some(lookup) = &entry.lookup {
        check.call(&LookCall { call: lookup.call.clone(), input: lookup.input.clone() }.as_call(), &mut wrong);
        match check.output(&lookup.call).and_then(|output| place(output, &lookup.items)) {
            Some(item) => {
                let broken = lookup.same.keys().filter(|name| read::shape_at(item, name).is_none());
                wrong.extend(broken.map(|name| format!("{}: no place `{name}`", lookup.call)));
            }
            None => wrong.push(format!("{}: no place `{}`", lookup.call, lookup.items)),
        }
    }
    let named = entry.forms.keys().chain(entry.without.keys()).chain(entry.attributes.keys());
    named.for_each(|property| check.property(property, &mut wrong));
    entry.elements.iter().for_each(|elements| check.property(&elements.property, &mut wrong));
    wrong.extend(entry.forms.values().filter(|name| !forms::is_known(name)).map(|name| format!("no form `{name}`")));
    wrong.into_iter().map(|problem| format!("{wire_type}: {problem}")).collect()
}

fn place<'a>(output: Used<'a>, path: &str) -> Option<Used<'a>> {
    if path.is_empty() { Some(output) } else { read::shape_at(output, path) }
}

/// The names of the waiters that the table uses.
pub fn waiters() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in entries().values() {
        for call in entry.create.iter().chain(&entry.update).chain(&entry.delete) {
            if let Some(Waiting::Waiter { waiter, .. }) = &call.wait {
                names.insert(waiter.rsplit(':').next().unwrap_or(waiter).to_string());
            }
        }
    }
    names
}

struct Check<'a> {
    entry: &'a Entry,
    schema: Arc<TypeSchema>,
}

impl Check<'_> {
    fn call(&self, call: &Call, wrong: &mut Vec<String>) {
        let (service, operation) = call.call.split_once(':').unwrap_or((&self.entry.service, &call.call));
        let Some(model) = model::service(service).and_then(|model| Some((model, model.operations.get(operation)?)))
        else {
            return wrong.push(format!("no operation `{service}:{operation}`"));
        };
        let input = model.1.input.as_ref().map(|input| model.0.used(input));
        for name in call.input.keys() {
            if input.is_none_or(|input| input.member(name).is_none()) {
                wrong.push(format!("{} takes no `{name}`", call.call));
            }
        }
        if let Some(input) = input {
            inside(input, &Json::Object(call.input.clone()), &call.call, wrong);
        }
        for property in call.properties.iter().chain(&call.only).chain(&call.not) {
            self.property(property, wrong);
        }
        if let Some(Waiting::Waiter { waiter, .. }) = &call.wait {
            let (service, waiter) = waiter.split_once(':').unwrap_or((&self.entry.service, waiter));
            if !model::service(service).is_some_and(|model| model.waiters.contains_key(waiter)) {
                wrong.push(format!("no waiter `{waiter}`"));
            }
        }
        if let Some(unset) = &call.unset {
            self.call(unset, wrong);
        }
    }

    fn property(&self, path: &str, wrong: &mut Vec<String>) {
        let top = path.split('/').next().unwrap_or(path);
        // What begins with `_` is only for waiting.
        if !self.schema.properties.contains_key(top) && !top.starts_with('_') {
            wrong.push(format!("no property `{top}`"));
        }
    }

    fn output(&self, call: &str) -> Option<Used<'static>> {
        let (service, operation) = call.split_once(':').unwrap_or((&self.entry.service, call));
        let service = model::service(service)?;
        service.operations.get(operation)?.output.as_ref().map(|output| service.used(output))
    }
}

/// Members of what a template writes out.
fn inside(shape: Used<'_>, value: &Json, about: &str, wrong: &mut Vec<String>) {
    match value {
        Json::Object(object) if shape.shape.kind == model::Kind::Structure && !shape.shape.document => {
            let object: &Map<String, Json> = object;
            for (name, value) in object {
                match shape.member_like(name) {
                    Some((_, member)) => inside(member, value, about, wrong),
                    None => wrong.push(format!("{about}: no member `{name}`")),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| inside(shape.element(), item, about, wrong)),
        _ => {}
    }
}

/// Whether a place leads into a map, whose keys no shape knows.
fn is_in_map(shape: Used<'_>, path: &str) -> bool {
    let first = crate::client::steps(path)[0];
    let first = first.split('[').next().unwrap_or(first);
    let kind = shape.member(first).map(|member| member.shape.kind);
    kind == Some(model::Kind::Map) || shape.shape.kind == model::Kind::Map
}
