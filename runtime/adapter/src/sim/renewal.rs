//! What an update in place changes besides what was asked for: versions count up, dates of change move, copies follow.

use lw_plan::{Json, Map};

use super::attributes::{instant, plain};
use crate::Patch;
use crate::catalogue::{Steps, TypeSchema, words};

/// Moves the read-only attributes of an object on which `patch` was just carried out. Tags are no new version of anything.
pub fn renew(schema: &TypeSchema, properties: &mut Map<String, Json>, patch: &Patch, now_ms: u64) {
    let is_tag = |name: &String| Some(name) == schema.tag_property.as_ref();
    let changed: Vec<&String> = patch.set.keys().chain(&patch.reset).filter(|name| !is_tag(name)).collect();
    if changed.is_empty() {
        return;
    }
    for path in schema.read_only.iter().filter(|path| !schema.identifier.contains(path)) {
        let copied = path.last().filter(|leaf| path.len() > 1 && changed.contains(leaf));
        let copied = copied.and_then(|leaf| patch.set.get(leaf)).cloned();
        let Some(value) = place(properties, path) else { continue };
        if let Some(next) =
            copied.map(|copied| like(value, &copied)).or_else(|| next(schema, path, &changed, value, now_ms))
        {
            *value = next;
        }
    }
}

fn place<'a>(properties: &'a mut Map<String, Json>, path: &Steps) -> Option<&'a mut Json> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(properties.get_mut(first)?, |value, step| value.as_object_mut()?.get_mut(step))
}

/// A copy in the shape that the attribute has.
fn like(attribute: &Json, copied: &Json) -> Json {
    if attribute.is_string() { Json::String(plain(copied)) } else { copied.clone() }
}

fn next(schema: &TypeSchema, path: &Steps, changed: &[&String], value: &Json, now_ms: u64) -> Option<Json> {
    let touches = |names: &[&str]| changed.iter().any(|name| names.contains(&name.as_str()));
    match (schema.wire_type.as_str(), path.join("/").as_str()) {
        ("AWS::EC2::LaunchTemplate", "LatestVersionNumber") => {
            return if touches(&["LaunchTemplateData", "VersionDescription"]) { counted(value) } else { None };
        }
        // People set it, not the update of a template.
        ("AWS::EC2::LaunchTemplate", "DefaultVersionNumber") => return None,
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "StreamArn") => {
            let stem = value.as_str()?.rsplit_once('/')?.0;
            return touches(&["StreamSpecification"]).then(|| Json::String(format!("{stem}/{}", instant(now_ms))));
        }
        _ => {}
    }
    if path.len() > 1 && !schema.is_read_only(&path[0]) {
        return None;
    }
    let words = words(path.last()?);
    // `ConfigurationRevision` counts what `Configuration` says.
    if schema.repeated(&words).any(|property| !changed.contains(&property)) {
        return None;
    }
    let last = words.last()?.as_str();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    match last {
        "version" | "number" | "revision" if has(&["version", "revision"]) => counted(value),
        "at" | "time" | "date" | "timestamp" if has(&["updated", "update", "modified", "modification"]) => {
            Some(Json::String(instant(now_ms)))
        }
        _ => None,
    }
}

/// The next number, in the shape of the present one; none where it is no number.
fn counted(value: &Json) -> Option<Json> {
    match value {
        Json::Number(number) => Some(Json::from(number.as_i64()? + 1)),
        Json::String(text) => Some(Json::String((text.parse::<u64>().ok()? + 1).to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use conductor_core::Catalogue as _;

    use super::*;
    use crate::catalogue::Catalogue;

    /// An object of a type with every attribute there.
    fn object(schema: &TypeSchema) -> Map<String, Json> {
        let mut properties = Map::new();
        for path in schema.read_only.iter().filter(|path| !path.iter().any(|step| step == "*")) {
            put(&mut properties, path);
        }
        properties
    }

    fn put(properties: &mut Map<String, Json>, path: &[String]) {
        match path {
            [] => {}
            [last] => {
                properties.entry(last.clone()).or_insert_with(|| Json::from("1"));
            }
            [first, rest @ ..] => {
                if let Json::Object(inner) = properties.entry(first.clone()).or_insert_with(|| Json::Object(Map::new()))
                {
                    put(inner, rest);
                }
            }
        }
    }

    #[test]
    fn nothing_changes_that_the_catalogue_calls_steady() {
        let catalogue = Catalogue::embedded();
        let mut moved = 0;
        for wire_type in catalogue.types() {
            let (schema, facts) = (catalogue.schema(wire_type).unwrap(), catalogue.facts(wire_type).unwrap());
            let written = schema.properties.keys().filter(|name| !schema.is_read_only(name));
            for name in written.filter(|name| schema.create_only_paths(name).next().is_none()) {
                let before = object(&schema);
                let mut after = before.clone();
                let patch = Patch { set: Map::from_iter([(name.clone(), Json::from("2"))]), ..Patch::default() };
                renew(&schema, &mut after, &patch, 86_400_000);
                for path in schema.read_only.iter().filter(|path| !path.iter().any(|step| step == "*")) {
                    let at = |properties: &Map<String, Json>| {
                        path[1..].iter().try_fold(properties.get(&path[0])?, |value, step| value.get(step)).cloned()
                    };
                    if at(&before) != at(&after) {
                        moved += 1;
                        let attribute = path.join("/");
                        assert!(
                            facts.may_change(&attribute, [name.as_str()].into_iter()),
                            "{wire_type}: `{attribute}` moves with `{name}`"
                        );
                    }
                }
            }
        }
        assert!(moved > 1000, "{moved}");
    }
}
