//! Where secrets may flow: into properties that the cloud does not show again, or that are kept from sight. Types keep most of them on
//! their way; this holds what becomes of generic code, of JSON and of what was read back.

use lw_check::typed::{self, WireShape};
use lw_core::{Node, Program};
use lw_plan::{Json, mentions_secret};

/// Whether a program can make a secret at all.
pub(crate) fn occur(core: &Program) -> bool {
    let Some(secret) = lw_core::primitive("__secret") else { return false };
    core.nodes.iter().any(|node| match node {
        Node::Primitive(primitive) | Node::CallPrimitive(primitive, _) => *primitive == secret,
        _ => false,
    })
}

/// Whether a written property has a secret where none may stand.
pub(crate) fn leak(program: &typed::Program, property: &typed::Property, json: &Json) -> bool {
    mentions_secret(json) && below(program, json, &property.shape, property.takes_secrets)
}

fn below(program: &typed::Program, json: &Json, shape: &WireShape, taken: bool) -> bool {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match (json, shape) {
        _ if taken || !mentions_secret(json) => false,
        (Json::Array(items), WireShape::List(inner)) => items.iter().any(|item| below(program, item, inner, false)),
        (Json::Object(entries), WireShape::Dictionary(inner)) => {
            entries.iter().any(|(key, value)| key.starts_with('$') || below(program, value, inner, false))
        }
        (Json::Object(entries), WireShape::Record(id)) => {
            let declared = &program.wire_records[id.0 as usize];
            entries.iter().any(|(wire, value)| match declared.fields.iter().find(|field| field.wire == wire.as_str()) {
                Some(field) => below(program, value, &field.shape, field.takes_secrets),
                None => mentions_secret(value),
            })
        }
        (Json::Object(entries), _) => described(program, entries).unwrap_or(true),
        _ => true,
    })
}

/// A blueprint has the properties of its type; `None` if it is something else.
fn described(program: &typed::Program, entries: &lw_plan::Map<String, Json>) -> Option<bool> {
    let wire = entries.get("Type")?.as_str()?;
    let resource_type = program.resource_types.iter().find(|known| known.wire == wire)?;
    let properties = entries.get("Properties")?.as_object()?;
    let leaks =
        |(wire, value): (&String, &Json)| match resource_type.properties.iter().find(|own| own.wire == wire.as_str()) {
            Some(property) => leak(program, property, value),
            None => mentions_secret(value),
        };
    Some(properties.iter().any(leaks))
}
