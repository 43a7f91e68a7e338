//! Fleets that cannot be kept as they are declared, found where they are written.
//!
//! What a fleet may be is said in `lw_plan`, so that the Conductor reads it as the compiler does; here are the types that it speaks of.

use std::rc::Rc;

use lw_check::Name;
use lw_check::typed;
use lw_core::{Machine, Record, ResourceId, SiteMode, Value};
use lw_plan::{FLEET_TYPE, Fleet, Json, Map, TermText};

use crate::diagnostics::fleets as diagnostics;
use crate::evaluate::Evaluation;
use crate::wire;

/// Holds every fleet that will exist against what can be, and gives what it is spread over its name on the wire.
pub(crate) fn hold(evaluation: &mut Evaluation<'_>) {
    let fleets: Vec<ResourceId> = evaluation.reached.iter().copied().filter(|id| is_fleet(evaluation, *id)).collect();
    for id in fleets {
        let properties = written(&mut evaluation.machine, id);
        let template = template(evaluation, id);
        if let Some(template) = template {
            template_fits(evaluation, id, template);
            spread_fits(evaluation, id, template);
        }
        let place = |evaluation: &Evaluation<'_>, property: &str| {
            let known = evaluation.property_span(id, &lowered(property)).or_else(|| evaluation.resource_span(id));
            known.unwrap_or_else(|| evaluation.start())
        };
        let path = evaluation.machine.resource_name(id);
        match Fleet::read(&properties) {
            Ok(fleet) => {
                for problem in fleet.problems() {
                    let place = place(evaluation, problem.property);
                    evaluation.report_once(diagnostics::infeasible(&path, &problem, place));
                }
            }
            Err(unreadable) => {
                let place = place(evaluation, unreadable.property);
                evaluation.report_once(diagnostics::known_later(&path, &lowered(unreadable.property), place));
            }
        }
    }
}

fn is_fleet(evaluation: &Evaluation<'_>, id: ResourceId) -> bool {
    let resource = evaluation.machine.resource(id);
    resource.mode == SiteMode::Managed && declared(evaluation, id).wire == FLEET_TYPE
}

fn declared<'e>(evaluation: &Evaluation<'e>, id: ResourceId) -> &'e typed::ResourceType {
    &evaluation.program.resource_types[evaluation.machine.resource(id).resource_type.index()]
}

fn lowered(wire: &str) -> String {
    let mut letters = wire.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A fleet's properties as a Plan has them; what cannot be written is reported by who writes the Plan.
fn written(machine: &mut Machine<'_>, id: ResourceId) -> Map<String, Json> {
    let mut text = TermText::default();
    let properties = wire::properties_of(machine, id);
    wire::write_properties(machine, &mut text, &properties, |_, _| {});
    serde_json::from_str(text.as_str()).unwrap_or_default()
}

/// The type of what members are made from.
fn template<'e>(evaluation: &Evaluation<'e>, id: ResourceId) -> Option<&'e typed::ResourceType> {
    match property(evaluation, id, "template")? {
        Value::Blueprint(template) => Some(declared(evaluation, template)),
        _ => None,
    }
}

fn property(evaluation: &Evaluation<'_>, id: ResourceId, name: &str) -> Option<Value> {
    let found =
        evaluation.machine.properties(id).find(|(found, _)| **evaluation.lowered.core.name(*found) == *name)?.1.clone();
    Some(match found {
        Value::Some(inner) => (**inner).clone(),
        value => value,
    })
}

fn template_fits(evaluation: &mut Evaluation<'_>, id: ResourceId, template: &typed::ResourceType) {
    let is_ours = template.wire.as_str().starts_with("Linework::");
    if template.class.as_str() != "data" && !is_ours {
        return;
    }
    let place = evaluation.property_span(id, "template").unwrap_or_else(|| evaluation.start());
    let path = evaluation.machine.resource_name(id);
    evaluation.report_once(diagnostics::no_member(&path, template.name.as_str(), is_ours, place));
}

/// What members are spread over is a property of the template; on the wire it has its name there.
fn spread_fits(evaluation: &mut Evaluation<'_>, id: ResourceId, template: &typed::ResourceType) {
    let Some(Value::Record(spread)) = property(evaluation, id, "spread") else { return };
    let core = &evaluation.lowered.core;
    let named = spread.fields().find(|(name, _)| **core.name(*name) == *"property");
    let Some((field, name)) = named.and_then(|(field, value)| Some((field, value.text()?.clone()))) else { return };
    let Some(known) = template.property(Name::from(&name)).filter(|known| known.access != typed::Access::ReadOnly)
    else {
        let place = evaluation.property_span(id, "spread").unwrap_or_else(|| evaluation.start());
        let path = evaluation.machine.resource_name(id);
        let writable = template.properties.iter().filter(|known| known.access != typed::Access::ReadOnly);
        let names: Vec<&str> = writable.map(|known| known.name.as_str()).collect();
        evaluation.report_once(diagnostics::spread_over_unknown(&path, &name, template.name.as_str(), &names, place));
        return;
    };
    let fields = spread.fields().map(|(name, value)| match name == field {
        true => (name, Value::string(known.wire.as_str())),
        false => (name, value.clone()),
    });
    let completed = Value::Record(Rc::new(Record::new(fields.collect())));
    let own =
        evaluation.machine.properties(id).find(|(found, _)| **core.name(*found) == *"spread").map(|(name, _)| name);
    if let Some(name) = own {
        evaluation.machine.complete(id, Rc::new((name, completed)));
    }
}
