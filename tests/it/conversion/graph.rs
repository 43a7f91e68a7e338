//! A template's resources as plain data, so that two templates can be compared whatever they call things.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lw_check::{RootSource, check_beside};
use lw_compiler::ProjectModules;
use lw_core::{Cause, NameId, Term, Value};
use lw_diagnostics::{Diagnostic, Files};
use lw_formats::{Settings, Surroundings, library_type, read_resources};
use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};

use super::settings::World;
use super::{Disk, shown};

/// Resources by their names.
#[derive(Debug)]
pub struct Graph {
    pub resources: BTreeMap<String, Json>,
}

struct Reader<'r> {
    names: &'r [Arc<str>],
    /// Of resources, by their numbers.
    paths: Vec<String>,
    types: Vec<String>,
    world: &'r World,
}

impl Graph {
    pub fn of(path: &Path, world: &World) -> Result<Graph, String> {
        let text: Arc<str> = std::fs::read_to_string(path).expect("a template").into();
        let (mut files, mut diagnostics) = (Files::default(), Vec::new());
        let file = files.add(path.to_string_lossy().as_ref(), text.clone());
        let template = lw_formats::read(file, &text, &|_| None, &mut diagnostics).expect("a template");
        let mut types: Vec<(&str, &str)> = template
            .wire_types()
            .filter_map(|wire| lw_stdlib::resource(library_type(wire)))
            .map(|(module, name)| (module.name, name))
            .collect();
        types.sort_unstable();
        types.dedup();
        let nothing = RootSource { file_name: Arc::from("test"), module: None, text: Arc::from("composition\n") };
        let project = lw_compiler::Project::default();
        let checked = check_beside(files, &types, &[nothing], &ProjectModules::new(&Disk, &project));
        let lowered = lw_eval::lower::lower(&checked.program);
        let names: FxHashMap<Arc<str>, NameId> =
            lowered.core.names.iter().enumerate().map(|(at, name)| (name.clone(), NameId(at as u32))).collect();
        let settings = Settings::new(world.iter().cloned());
        let wire_types = || Vec::new();
        let surroundings =
            Surroundings { schema: &checked.schema, names: &names, settings: &settings, wire_types: &wire_types };
        let read = read_resources(&template, surroundings, &mut diagnostics);
        diagnostics.retain(Diagnostic::is_error);
        // A placeholder of one parameter's default is known not to fit; the same holds on both sides.
        diagnostics.retain(|diagnostic| diagnostic.code != "LW0177");
        if !diagnostics.is_empty() {
            return Err(format!("is read with errors:\n{}", shown(&diagnostics, &checked.files)));
        }
        let declaration = |at: usize| &template.resources[read.resources[at].declaration];
        let reader = Reader {
            names: &lowered.core.names,
            paths: (0..read.resources.len()).map(|at| declaration(at).name.to_string()).collect(),
            types: (0..read.resources.len()).map(|at| declaration(at).wire_type.to_string()).collect(),
            world,
        };
        let mut resources = BTreeMap::new();
        for (at, resource) in read.resources.iter().enumerate() {
            let declared = declaration(at);
            if &*declared.wire_type == "AWS::CloudFormation::WaitConditionHandle" && &*declared.name == "Nothing" {
                continue;
            }
            let properties: BTreeMap<String, Json> = resource
                .properties
                .fields()
                .map(|(name, value)| (reader.name(name), reader.json(value)))
                .filter(|(_, value)| !value.is_null())
                .collect();
            let mut depends_on: Vec<String> = declared.depends_on.iter().map(|(name, _)| name.to_string()).collect();
            depends_on.retain(|name| reader.paths.contains(name));
            depends_on.sort();
            let kept = declared.deletion_policy.as_ref().and_then(|node| node.text().cloned());
            let is_kept = kept.is_some_and(|text| &*text != "Delete");
            let whole = json!({
                "type": library_type(&declared.wire_type),
                "condition": resource.condition.is_some(),
                "dependsOn": depends_on,
                "kept": is_kept,
                "properties": properties,
            });
            resources.insert(declared.name.to_string(), whole);
        }
        Ok(Graph { resources })
    }

    /// What is not the same, by resource and property.
    pub fn differences(&self, other: &Graph) -> Vec<String> {
        let mut found = Vec::new();
        for (name, one) in &self.resources {
            match other.resources.get(name) {
                None => found.push(format!("{name} is lost")),
                Some(two) => difference(name, one, two, &mut found),
            }
        }
        found.extend(
            other
                .resources
                .keys()
                .filter(|name| !self.resources.contains_key(*name))
                .map(|name| format!("{name} is new")),
        );
        found
    }
}

fn difference(at: &str, one: &Json, two: &Json, found: &mut Vec<String>) {
    match (one, two) {
        (Json::Object(first), Json::Object(second)) => {
            let keys: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
            for key in keys {
                let of = |object: &serde_json::Map<String, Json>| object.get(key).cloned().unwrap_or(Json::Null);
                difference(&format!("{at}.{key}"), &of(first), &of(second), found);
            }
        }
        (Json::Array(first), Json::Array(second)) if first.len() == second.len() => {
            for (number, (one, two)) in first.iter().zip(second).enumerate() {
                difference(&format!("{at}[{number}]"), one, two, found);
            }
        }
        (one, two) if one == two => {}
        // Where a list is wanted, one value is a list of it.
        (Json::Array(items), one) | (one, Json::Array(items)) if items.as_slice() == [one.clone()] => {}
        (one, two) => found.push(format!("{at}: {one} became {two}")),
    }
}

impl Reader<'_> {
    fn name(&self, name: NameId) -> String {
        self.names[name.0 as usize].to_string()
    }

    fn json(&self, value: &Value) -> Json {
        match value {
            Value::None => Json::Null,
            Value::Some(inner) => self.json(inner),
            Value::Int(value) => json!(*value as f64),
            Value::Float(value) => json!(value),
            Value::Bool(value) => json!(value),
            Value::String(text) => json!(&**text),
            Value::List(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Dictionary(entries) => {
                Json::Object(entries.entries().map(|(key, value)| (key.to_string(), self.json(value))).collect())
            }
            Value::Record(record) => Json::Object(
                record
                    .fields()
                    .map(|(name, value)| (self.name(name), self.json(value)))
                    .filter(|(_, value)| !value.is_null())
                    .collect(),
            ),
            Value::Later(later) => self.term(&later.term),
            Value::Undecided(cause) => match &**cause {
                Cause::Unknown(what) => json!({"unknown": &**what}),
                Cause::Later(later) => self.term(&later.term),
                Cause::Choice(choice) => json!({"either": [self.json(&choice.then), self.json(&choice.otherwise)]}),
                Cause::Forks => json!("forks"),
            },
            other => panic!("a template holds {}", other.kind()),
        }
    }

    fn term(&self, term: &Term) -> Json {
        match term {
            Term::Get { resource, attribute, rest } => {
                let (path, own_type) = (&self.paths[resource.0 as usize], &self.types[resource.0 as usize]);
                let names: Vec<String> = std::iter::once(attribute).chain(rest).map(|name| self.name(*name)).collect();
                let attribute = names.join(".");
                // The name that nobody wrote is the last part of the ARN.
                let arn = match (own_type.as_str(), attribute.as_str()) {
                    ("AWS::SNS::Topic", "topicName") => Some("topicArn"),
                    ("AWS::SQS::Queue", "queueName") => Some("arn"),
                    _ => None,
                };
                match arn {
                    Some(arn) => json!({"select": [5, {"split": [":", {"get": [path, arn]}]}]}),
                    None => json!({"get": [path, attribute]}),
                }
            }
            Term::Concat(parts) => {
                let parts: Vec<Json> = parts.iter().map(|part| self.json(part)).collect();
                // Texts side by side are one.
                let mut joined: Vec<Json> = Vec::new();
                for part in parts {
                    match (joined.last_mut(), &part) {
                        (Some(Json::String(last)), Json::String(text)) => last.push_str(text),
                        _ => joined.push(part),
                    }
                }
                json!({ "concat": joined })
            }
            Term::Join { separator, parts } => json!({"join": [&**separator, self.json(parts)]}),
            Term::Json(value) => json!({"json": self.json(value)}),
            Term::Base64(value) => json!({"base64": self.json(value)}),
            Term::Select { index, list } => json!({"select": [index, self.json(list)]}),
            Term::Split { separator, text } => json!({"split": [&**separator, self.json(text)]}),
            Term::Cidr(parts) => json!({"cidr": parts.iter().map(|part| self.json(part)).collect::<Vec<_>>()}),
            // What the world gives a secret parameter.
            Term::Secret { argument, .. } => {
                let name = argument.text().map_or("", |name| name);
                let value = self.world.iter().find(|(known, _)| *known == *name).map(|(_, value)| value.as_str());
                json!(value.unwrap_or("secret"))
            }
            Term::Lookup { source, .. } => json!({"lookup": &**source}),
        }
    }
}
