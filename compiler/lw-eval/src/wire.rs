//! Values as the Plan writes them: wire names, plain JSON, terms for what is known later.

use lw_core::{self as core, Later, Machine, NameId, ResourceId, Term, Value, WireShape, float_json};
use lw_plan::{DEPTH_MAX, Form, Json, Map, TermText};

/// Why a value cannot be written.
pub(crate) struct Unwritable(pub String);

type Written = Result<Form, Unwritable>;

/// A value by its shape, in term form. References are marked with the number of their resource.
pub(crate) fn write(
    machine: &mut Machine<'_>,
    out: &mut TermText,
    value: &Value,
    shape: &WireShape,
) -> Result<(), Unwritable> {
    out.in_term_form(|out| written(machine, out, value, shape, 0))
}

fn written(machine: &mut Machine<'_>, out: &mut TermText, value: &Value, shape: &WireShape, depth: usize) -> Written {
    if depth > DEPTH_MAX {
        return Err(Unwritable(format!("a value that nests deeper than {DEPTH_MAX} levels")));
    }
    match (value, shape) {
        (Value::Some(inner), _) => written(machine, out, inner, shape, depth),
        (Value::String(text), _) => Ok(out.string(text)),
        (Value::Int(value), _) => Ok(out.integer(*value)),
        (Value::Bool(value), _) => Ok(out.bool(*value)),
        (Value::List(items), WireShape::List(inner)) => list(machine, out, items, inner, depth),
        (Value::Dictionary(entries), WireShape::Dictionary(inner)) => {
            let entries = entries.entries().filter(|(_, value)| !matches!(value, Value::None));
            object(machine, out, entries.map(|(key, value)| (&**key, value, &**inner)), depth)
        }
        (Value::Record(record), WireShape::Record(id)) => {
            let program = machine.program();
            let declared = program.wire_record(*id);
            let fields = record.fields().filter(|(_, value)| !matches!(value, Value::None));
            let fields = fields.map(|(name, value)| match declared.field(name) {
                Some(field) => (&*field.wire, value, &field.shape),
                None => (&**program.name(name), value, &WireShape::Json),
            });
            object(machine, out, sorted(fields), depth)
        }
        (Value::Later(later), _) => term(machine, out, later, depth),
        _ => verbatim(machine, out, value, depth),
    }
}

fn list(machine: &mut Machine<'_>, out: &mut TermText, items: &[Value], shape: &WireShape, depth: usize) -> Written {
    let list = out.open_list();
    for item in items {
        out.element(&list);
        let form = written(machine, out, item, shape, depth + 1)?;
        out.end(form);
    }
    Ok(out.close_list(list))
}

type Entry<'e> = (&'e str, &'e Value, &'e WireShape);

/// In the order in which they are written; few, and nearly so already.
fn sorted<'e>(entries: impl Iterator<Item = Entry<'e>>) -> impl Iterator<Item = Entry<'e>> {
    let mut entries: Vec<Entry<'e>> = entries.collect();
    entries.sort_by_key(|(key, ..)| *key);
    entries.into_iter()
}

fn object<'e>(
    machine: &mut Machine<'_>,
    out: &mut TermText,
    entries: impl Iterator<Item = Entry<'e>>,
    depth: usize,
) -> Written {
    let mut object = out.open_object();
    for (key, value, shape) in entries {
        out.key(&mut object, key);
        let form = written(machine, out, value, shape, depth + 1)?;
        out.end(form);
    }
    out.close_object(object).map_err(looks_like_a_term)
}

fn looks_like_a_term(key: String) -> Unwritable {
    Unwritable(format!("an object whose only key `{key}` looks like a term and holds a later value"))
}

/// A value where no schema names its parts: keys as they are written.
fn verbatim(machine: &mut Machine<'_>, out: &mut TermText, value: &Value, depth: usize) -> Written {
    const SHAPE: &WireShape = &WireShape::Json;
    match value {
        Value::Float(value) => Ok(out.scalar(&float_json(*value))),
        Value::Size(value) => Ok(out.integer(*value)),
        Value::Duration(value) if value % 1000 == 0 => Ok(out.integer(value / 1000)),
        Value::Duration(value) => Ok(out.scalar(&float_json(*value as f64 / 1000.0))),
        Value::Message(message) => Ok(out.string(&message.text)),
        Value::None => Ok(out.scalar(&Json::Null)),
        Value::Bytes(_) => match machine.json_plain(value) {
            Some(json) => Ok(out.scalar(&json)),
            None => Err(Unwritable(value.kind().to_string())),
        },
        Value::Tuple(items) | Value::List(items) => list(machine, out, items, SHAPE, depth),
        Value::Record(record) => {
            let program = machine.program();
            let fields = record.fields().filter(|(_, value)| !matches!(value, Value::None));
            let fields = fields.map(|(name, value)| (&**program.name(name), value, SHAPE));
            object(machine, out, sorted(fields), depth)
        }
        Value::Dictionary(entries) => {
            object(machine, out, entries.entries().map(|(key, value)| (&**key, value, SHAPE)), depth)
        }
        Value::Constructor(constructor, payload) => {
            let program = machine.program();
            let name = &program.constructor(*constructor).name;
            match payload {
                None => Ok(out.string(name)),
                Some(payload) => object(machine, out, std::iter::once((&**name, &***payload, SHAPE)), depth),
            }
        }
        Value::Resource(id) => match machine.reference_to(*id) {
            Value::Later(later) => term(machine, out, &later, depth),
            other => Err(Unwritable(other.kind().to_string())),
        },
        Value::Blueprint(id) => blueprint(machine, out, *id, depth),
        other => Err(Unwritable(other.kind().to_string())),
    }
}

/// A described resource: its wire type and properties.
fn blueprint(machine: &mut Machine<'_>, out: &mut TermText, id: ResourceId, depth: usize) -> Written {
    let resource_type = machine.program().resource_type(machine.resource(id).resource_type);
    let mut whole = out.open_object();
    out.key(&mut whole, "Properties");
    let mut properties = out.open_object();
    for property in properties_of(machine, id) {
        out.key(&mut properties, property.wire);
        let form = written(machine, out, &property.value, property.shape, depth + 2)?;
        out.end(form);
    }
    let form = out.close_object(properties).map_err(looks_like_a_term)?;
    out.end(form);
    out.key(&mut whole, "Type");
    out.string(&resource_type.wire);
    out.close_object(whole).map_err(looks_like_a_term)
}

/// A property that is written.
pub(crate) struct Property<'p> {
    /// None for an output's value.
    pub name: Option<NameId>,
    pub wire: &'p str,
    pub shape: &'p WireShape,
    pub value: Value,
}

/// A resource's properties in the order of their names on the wire.
pub(crate) fn properties_of<'p>(machine: &Machine<'p>, id: ResourceId) -> Vec<Property<'p>> {
    let resource_type = machine.program().resource_type(machine.resource(id).resource_type);
    let mut properties = Vec::with_capacity(machine.property_count(id));
    for (name, value) in machine.properties(id) {
        let Some(property) = resource_type.property(name) else { continue };
        properties.push(Property {
            name: Some(name),
            wire: &property.wire,
            shape: &property.shape,
            value: value.clone(),
        });
    }
    properties.sort_by_key(|property| property.wire);
    properties
}

/// Writes properties as one object in term form; calls `refused` with those that cannot be written.
pub(crate) fn write_properties(
    machine: &mut Machine<'_>,
    out: &mut TermText,
    properties: &[Property<'_>],
    mut refused: impl FnMut(Option<NameId>, Unwritable),
) {
    let mut object = out.open_object();
    for property in properties {
        out.key(&mut object, property.wire);
        let saved = out.save();
        if let Err(reason) = write(machine, out, &property.value, property.shape) {
            out.restore(saved);
            out.verbatim(&Json::Null);
            refused(property.name, reason);
        }
    }
    let _ = out.close_object(object);
}

/// A term in the Plan's closed language.
fn term(machine: &mut Machine<'_>, out: &mut TermText, later: &Later, depth: usize) -> Written {
    if depth > DEPTH_MAX {
        return Err(Unwritable(format!("a value that nests deeper than {DEPTH_MAX} levels")));
    }
    let is_open = machine.has_open_inputs();
    let mut part = |out: &mut TermText, value: &Value| {
        out.in_term_form(|out| written(machine, out, value, &WireShape::Json, depth + 1))
    };
    match &later.term {
        Term::Get { resource, attribute, rest } => {
            let wire = attribute_wire(machine, *resource, *attribute, rest);
            let path = machine.path(*resource).map_or("", |path| &**path);
            Ok(out.get(resource.0, path, &wire))
        }
        Term::Concat(parts) => out.term("$concat", |out| out.arguments(parts.len(), |out, at| part(out, &parts[at]))),
        Term::Join { separator, parts } => out.term("$join", |out| {
            out.arguments(2, |out, at| if at == 0 { text(out, separator) } else { part(out, parts) })
        }),
        Term::Json(value) => out.term("$json", |out| part(out, value)),
        Term::Base64(value) => out.term("$base64", |out| part(out, value)),
        Term::Select { index, list } => out.term("$select", |out| {
            out.arguments(2, |out, at| if at == 0 { plain(out, &Json::from(*index)) } else { part(out, list) })
        }),
        Term::Split { separator, text: of } => out.term("$split", |out| {
            out.arguments(2, |out, at| if at == 0 { text(out, separator) } else { part(out, of) })
        }),
        Term::Cidr(parts) => out.term("$cidr", |out| out.arguments(parts.len(), |out, at| part(out, &parts[at]))),
        // Whoever makes another tool's format of the Plan may ask where the secret is.
        Term::Secret { source, argument } if is_open => {
            let source = Value::dictionary([(source.clone(), (**argument).clone())]);
            out.term("$secret", |out| part(out, &source))
        }
        Term::Secret { source, argument } => {
            let Some(argument) = machine.json_plain(argument) else {
                return Err(Unwritable("a secret whose source is not known".to_string()));
            };
            let source = Json::Object(Map::from_iter([(source.to_string(), argument)]));
            out.term("$secret", |out| plain(out, &source))
        }
        // What is left open: a form of a Plan's text that only what makes other tools' formats of it reads.
        Term::Lookup { source, argument } if is_open => out.term("$input", |out| {
            out.arguments(2, |out, at| if at == 0 { text(out, source) } else { part(out, argument) })
        }),
        Term::Lookup { source, .. } => {
            Err(Unwritable(format!("the question `{source}`, which only a `lookup` statement may ask")))
        }
    }
}

fn text(out: &mut TermText, text: &str) -> Result<(), Unwritable> {
    out.string(text);
    Ok(())
}

fn plain(out: &mut TermText, value: &Json) -> Result<(), Unwritable> {
    out.verbatim(value);
    Ok(())
}

/// `Endpoint.Address`: an attribute on the wire, with the way into it.
fn attribute_wire<'p>(
    machine: &Machine<'p>,
    resource: ResourceId,
    attribute: NameId,
    rest: &[NameId],
) -> std::borrow::Cow<'p, str> {
    let program = machine.program();
    let resource_type = program.resource_type(machine.resource(resource).resource_type);
    let property = resource_type.property(attribute);
    let own = || match property {
        Some(property) => std::borrow::Cow::Borrowed(&*property.wire),
        None => capital(program.name(attribute)).into(),
    };
    if rest.is_empty() {
        return own();
    }
    let mut wire = own().into_owned();
    let mut shape = property.map(|property| &property.shape);
    for step in rest {
        let field = match shape {
            Some(WireShape::Record(id)) => program.wire_record(*id).field(*step),
            _ => None,
        };
        wire.push('.');
        match field {
            Some(field) => wire.push_str(&field.wire),
            None => wire.push_str(&capital(program.name(*step))),
        }
        shape = field.map(|field: &core::WireField| &field.shape);
    }
    wire.into()
}

fn capital(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
