//! What the simulated cloud refuses before it does anything: the schema's part.

use lw_plan::{Json, Map};

use crate::catalogue::{PropertySchema, TypeSchema, values_at};
use crate::{AdapterError, Patch};

/// Refuses a create that the schema does not allow.
pub fn check_create(schema: &TypeSchema, properties: &Map<String, Json>) -> Result<(), AdapterError> {
    for (name, value) in properties {
        check_property(schema, name, value)?;
    }
    for name in &schema.required {
        if !properties.contains_key(name) {
            return Err(invalid(schema, format!("required key [{name}] not found")));
        }
    }
    Ok(())
}

/// Refuses an update that the schema does not allow; answers with the properties as they would be.
pub fn check_update(
    schema: &TypeSchema,
    present: &Map<String, Json>,
    patch: &Patch,
) -> Result<Map<String, Json>, AdapterError> {
    let mut after = present.clone();
    for (name, value) in &patch.set {
        check_property(schema, name, value)?;
        after.insert(name.clone(), value.clone());
    }
    for name in &patch.reset {
        if schema.required.contains(name) {
            return Err(invalid(schema, format!("required key [{name}] not found")));
        }
        match schema.properties.get(name).and_then(|property| property.default.clone()) {
            Some(default) => after.insert(name.clone(), default),
            None => after.remove(name),
        };
    }
    for name in patch.set.keys().chain(&patch.reset) {
        for path in schema.create_only_paths(name) {
            let (mut before_values, mut after_values) = (Vec::new(), Vec::new());
            before(present, path, &mut before_values);
            before(&after, path, &mut after_values);
            // A nested list element that comes or goes is not a change of the elements that stay.
            let changed = if path.len() == 1 {
                before_values != after_values
            } else {
                before_values.len() == after_values.len() && before_values != after_values
            };
            if changed {
                let message = format!("{} cannot be changed after create: {}", path.join("/"), schema.wire_type);
                return Err(AdapterError::permanent("NotUpdatable", message));
            }
        }
    }
    Ok(after)
}

fn before<'a>(properties: &'a Map<String, Json>, path: &[String], found: &mut Vec<&'a Json>) {
    if let Some(value) = properties.get(&path[0]) {
        values_at(value, &path[1..], &mut |value| found.push(value));
    }
}

fn check_property(schema: &TypeSchema, name: &str, value: &Json) -> Result<(), AdapterError> {
    let Some(property) = schema.properties.get(name) else {
        return Err(invalid(schema, format!("extraneous key [{name}] is not permitted")));
    };
    if schema.is_read_only(name) {
        return Err(invalid(schema, format!("the read-only property [{name}] cannot be written")));
    }
    if schema.tag_property.as_deref() == Some(name) {
        return check_tags(schema, name, value);
    }
    if !is_of_kind(property, value) {
        return Err(invalid(schema, format!("[{name}] is not of type {}: {value}", property.kind)));
    }
    if !property.values.is_empty() && !value.is_array() && !value.is_object() && !property.values.contains(value) {
        return Err(invalid(schema, format!("{value} is not a valid enum value for [{name}]")));
    }
    Ok(())
}

fn check_tags(schema: &TypeSchema, name: &str, value: &Json) -> Result<(), AdapterError> {
    let Some(tags) = value.as_object() else {
        return Err(invalid(schema, format!("[{name}] is not a map of tags: {value}")));
    };
    if tags.len() > 50 {
        return Err(AdapterError::permanent("TagLimitExceeded", format!("{} tags, and 50 at most", tags.len())));
    }
    for (key, value) in tags {
        if !value.is_string() {
            return Err(invalid(schema, format!("the tag {key} is not a string: {value}")));
        }
        if key.starts_with("aws:") {
            return Err(invalid(schema, format!("the tag {key} has a reserved prefix")));
        }
    }
    Ok(())
}

fn is_of_kind(property: &PropertySchema, value: &Json) -> bool {
    match property.kind.as_str() {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn invalid(schema: &TypeSchema, message: String) -> AdapterError {
    AdapterError::permanent("ValidationException", format!("{}: {message}", schema.wire_type))
}
