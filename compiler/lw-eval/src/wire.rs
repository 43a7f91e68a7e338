//! Values as the Plan writes them: wire names, plain JSON, terms for what is known later.

use lw_core::{self as core, Later, Machine, NameId, ResourceId, Term, Value, WireShape, float_json};
use lw_plan::{DEPTH_MAX, Json, Map, literal};

/// Why a value cannot be written.
pub(crate) struct Unwritable(pub String);

/// JSON that may hold terms, or plain data that has not been made safe from being read as terms.
enum Written {
    Data(Json),
    Terms(Json),
}

impl Written {
    fn into_term_form(self) -> Json {
        match self {
            Written::Data(json) => literal(json),
            Written::Terms(json) => json,
        }
    }
}

/// A property's value by its shape, in term form.
pub(crate) fn write(machine: &mut Machine<'_>, value: &Value, shape: &WireShape) -> Result<Json, Unwritable> {
    Ok(written(machine, value, shape, 0)?.into_term_form())
}

fn written(machine: &mut Machine<'_>, value: &Value, shape: &WireShape, depth: usize) -> Result<Written, Unwritable> {
    if depth > DEPTH_MAX {
        return Err(Unwritable(format!("a value that nests deeper than {DEPTH_MAX} levels")));
    }
    let scalar = |json: Json| Ok(Written::Data(json));
    match (value, shape) {
        (Value::Some(inner), _) => written(machine, inner, shape, depth),
        (Value::String(text), _) => scalar(Json::from(&**text)),
        (Value::Int(value), _) => scalar(Json::from(*value)),
        (Value::Bool(value), _) => scalar(Json::from(*value)),
        (Value::List(items), WireShape::List(inner)) => list(machine, items, inner, depth),
        (Value::Dictionary(entries), WireShape::Dictionary(inner)) => {
            let mut object = Object::default();
            for (key, value) in entries.entries() {
                if !matches!(value, Value::None) {
                    object.add(key, written(machine, value, inner, depth + 1)?);
                }
            }
            object.finish()
        }
        (Value::Record(record), WireShape::Record(id)) => {
            let declared = machine.program().wire_record(*id);
            let mut object = Object::default();
            for (name, value) in record.fields() {
                if matches!(value, Value::None) {
                    continue;
                }
                match declared.field(name) {
                    Some(field) => object.add(&field.wire, written(machine, value, &field.shape, depth + 1)?),
                    None => {
                        let name = machine.program().name(name).clone();
                        object.add(&name, written(machine, value, &WireShape::Json, depth + 1)?);
                    }
                }
            }
            object.finish()
        }
        (Value::Later(later), _) => Ok(Written::Terms(term(machine, later, depth)?)),
        _ => verbatim(machine, value, depth),
    }
}

fn list(machine: &mut Machine<'_>, items: &[Value], shape: &WireShape, depth: usize) -> Result<Written, Unwritable> {
    let mut parts = Vec::with_capacity(items.len());
    let mut terms = false;
    for item in items {
        let part = written(machine, item, shape, depth + 1)?;
        terms |= matches!(part, Written::Terms(_));
        parts.push(part);
    }
    Ok(if terms {
        Written::Terms(Json::Array(parts.into_iter().map(Written::into_term_form).collect()))
    } else {
        let plain = |part| match part {
            Written::Data(json) | Written::Terms(json) => json,
        };
        Written::Data(Json::Array(parts.into_iter().map(plain).collect()))
    })
}

/// An object that is put together of parts.
#[derive(Default)]
struct Object {
    data: Map<String, Json>,
    terms: Vec<(String, Json)>,
}

impl Object {
    fn add(&mut self, key: &str, value: Written) {
        match value {
            Written::Data(json) => _ = self.data.insert(key.to_string(), json),
            Written::Terms(json) => self.terms.push((key.to_string(), json)),
        }
    }

    fn finish(self) -> Result<Written, Unwritable> {
        let Object { data, terms } = self;
        if terms.is_empty() {
            return Ok(Written::Data(Json::Object(data)));
        }
        if let ([(key, _)], true) = (&terms[..], data.is_empty())
            && key.starts_with('$')
        {
            return Err(Unwritable(format!(
                "an object whose only key `{key}` looks like a term and holds a later value"
            )));
        }
        let mut map: Map<String, Json> = data.into_iter().map(|(key, value)| (key, literal(value))).collect();
        map.extend(terms);
        Ok(Written::Terms(Json::Object(map)))
    }
}

/// A value where no schema names its parts: keys as they are written.
fn verbatim(machine: &mut Machine<'_>, value: &Value, depth: usize) -> Result<Written, Unwritable> {
    let data = |json: Json| Ok(Written::Data(json));
    match value {
        Value::Float(value) => data(float_json(*value)),
        Value::Size(value) => data(Json::from(*value)),
        Value::Duration(value) if value % 1000 == 0 => data(Json::from(value / 1000)),
        Value::Duration(value) => data(float_json(*value as f64 / 1000.0)),
        Value::Message(message) => data(Json::from(&*message.text)),
        Value::None => data(Json::Null),
        Value::Bytes(_) => match machine.json_plain(value) {
            Some(json) => data(json),
            None => Err(Unwritable(value.kind().to_string())),
        },
        Value::Tuple(items) | Value::List(items) => list(machine, items, &WireShape::Json, depth),
        Value::Record(record) => {
            let mut object = Object::default();
            for (name, value) in record.fields() {
                if !matches!(value, Value::None) {
                    let name = machine.program().name(name).clone();
                    object.add(&name, written(machine, value, &WireShape::Json, depth + 1)?);
                }
            }
            object.finish()
        }
        Value::Dictionary(entries) => {
            let mut object = Object::default();
            for (key, value) in entries.entries() {
                object.add(key, written(machine, value, &WireShape::Json, depth + 1)?);
            }
            object.finish()
        }
        Value::Constructor(constructor, payload) => {
            let name = machine.program().constructor(*constructor).name.clone();
            match payload {
                None => data(Json::from(&*name)),
                Some(payload) => {
                    let mut object = Object::default();
                    object.add(&name, written(machine, payload, &WireShape::Json, depth + 1)?);
                    object.finish()
                }
            }
        }
        Value::Resource(id) => match machine.reference_to(*id) {
            Value::Later(later) => Ok(Written::Terms(term(machine, &later, depth)?)),
            other => Err(Unwritable(other.kind().to_string())),
        },
        Value::Blueprint(id) => blueprint(machine, *id, depth),
        other => Err(Unwritable(other.kind().to_string())),
    }
}

/// A described resource: its wire type and properties.
fn blueprint(machine: &mut Machine<'_>, id: ResourceId, depth: usize) -> Result<Written, Unwritable> {
    let mut object = Object::default();
    let mut refused = None;
    properties(machine, id, depth + 2, |_, wire, written| match written {
        Ok(written) => object.add(wire, written),
        Err(reason) => refused = Some(reason),
    });
    if let Some(reason) = refused {
        return Err(reason);
    }
    let resource_type = machine.program().resource_type(machine.resource(id).resource_type);
    let mut whole = Object::default();
    whole.add("Type", Written::Data(Json::from(&*resource_type.wire)));
    whole.add("Properties", object.finish()?);
    whole.finish()
}

/// Calls `found` with every property that is written, by its names in the program and on the wire.
fn properties(
    machine: &mut Machine<'_>,
    id: ResourceId,
    depth: usize,
    mut found: impl FnMut(NameId, &str, Result<Written, Unwritable>),
) {
    let resource_type = machine.program().resource_type(machine.resource(id).resource_type);
    for at in 0..machine.property_count(id) {
        let Some((name, value)) = machine.property(id, at) else { continue };
        let Some(property) = resource_type.property(name) else { continue };
        let value = value.clone();
        found(name, &property.wire, written(machine, &value, &property.shape, depth));
    }
}

/// A resource's written properties by wire name, in term form; with the names of those that cannot be written.
pub(crate) fn write_properties(
    machine: &mut Machine<'_>,
    id: ResourceId,
) -> (Map<String, Json>, Vec<(NameId, Unwritable)>) {
    let mut refused = Vec::new();
    let mut entries = Vec::with_capacity(machine.property_count(id));
    properties(machine, id, 0, |name, wire, written| match written {
        Ok(written) => entries.push((wire.to_string(), written.into_term_form())),
        Err(reason) => refused.push((name, reason)),
    });
    (entries.into_iter().collect(), refused)
}

/// A term in the Plan's closed language.
fn term(machine: &mut Machine<'_>, later: &Later, depth: usize) -> Result<Json, Unwritable> {
    if depth > DEPTH_MAX {
        return Err(Unwritable(format!("a value that nests deeper than {DEPTH_MAX} levels")));
    }
    let mut part = |value: &Value| -> Result<Json, Unwritable> {
        Ok(written(machine, value, &WireShape::Json, depth + 1)?.into_term_form())
    };
    let (key, argument) = match &later.term {
        Term::Get { resource, attribute, rest } => {
            let wire = attribute_wire(machine, *resource, *attribute, rest);
            let path = machine.path(*resource).map_or("", |path| &**path);
            ("$get", Json::Array(vec![Json::from(path), Json::from(wire)]))
        }
        Term::Concat(parts) => ("$concat", Json::Array(parts.iter().map(&mut part).collect::<Result<_, _>>()?)),
        Term::Join { separator, parts } => ("$join", Json::Array(vec![Json::from(&**separator), part(parts)?])),
        Term::Json(value) => ("$json", part(value)?),
        Term::Base64(value) => ("$base64", part(value)?),
        Term::Select { index, list } => ("$select", Json::Array(vec![Json::from(*index), part(list)?])),
        Term::Split { separator, text } => ("$split", Json::Array(vec![Json::from(&**separator), part(text)?])),
        Term::Cidr(parts) => ("$cidr", Json::Array(parts.iter().map(&mut part).collect::<Result<_, _>>()?)),
        Term::Secret { source, argument } => {
            let Some(argument) = machine.json_plain(argument) else {
                return Err(Unwritable("a secret whose source is not known".to_string()));
            };
            ("$secret", Json::Object(Map::from_iter([(source.to_string(), argument)])))
        }
        Term::Lookup { source, .. } => {
            return Err(Unwritable(format!("the question `{source}`, which only a `lookup` statement may ask")));
        }
    };
    Ok(Json::Object(Map::from_iter([(key.to_string(), argument)])))
}

/// `Endpoint.Address`: an attribute on the wire, with the way into it.
fn attribute_wire(machine: &Machine<'_>, resource: ResourceId, attribute: NameId, rest: &[NameId]) -> String {
    let program = machine.program();
    let resource_type = program.resource_type(machine.resource(resource).resource_type);
    let property = resource_type.property(attribute);
    let mut wire = property.map_or_else(|| capital(program.name(attribute)), |property| property.wire.to_string());
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
    wire
}

fn capital(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
