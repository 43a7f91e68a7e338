//! Every type of the table against moto: made, read back as it was written, changed property by property, found by its owner, ended.
//!
//! What is done is in cases/*.toml; what moto cannot do stands there too, with what it answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use adapter::{Adapter, AdapterError, Call, Catalogue, Object, Owner, Patch, Place};
use adapter_aws::Aws;
use adapter_aws::client::{Client, Target};
use conductor_core::{Catalogue as _, ResourceRecord, TAG_DEPLOYMENT, TAG_UID, drift};
use lw_plan::{Json, Map};
use serde::Deserialize;
use serde_json::json;

use crate::moto::Moto;

const DEPLOYMENT: &str = "cases@test";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// Objects that are made in this order and ended in the other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(rename = "object")]
    objects: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    #[serde(rename = "type")]
    wire_type: String,
    /// `$vpc/VpcId` is an attribute of an object before; `$vpc` its physical id.
    properties: Map<String, Json>,
    /// Each is one change; `null` as a text takes a property away.
    #[serde(default)]
    updates: Vec<Map<String, Json>>,
    /// What moto cannot do, with what it answers: `create`, `update`, `delete`, `find`, `read-back Property`.
    #[serde(default)]
    moto: BTreeMap<String, String>,
}

/// One object on its way.
struct Made {
    step: Step,
    uid: String,
    physical_id: String,
    applied: Map<String, Json>,
    object: Object,
}

#[test]
fn every_type_lives_and_dies() {
    let Some(moto) = Moto::start() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let only = std::env::var("LINEWORK_CASE").unwrap_or_default();
    let mut failed = Vec::new();
    for case in cases().into_iter().filter(|case| case.name.contains(&only)) {
        let target =
            Target { region: "us-west-2".to_string(), endpoint: Some(moto.endpoint.clone()), ..Target::default() };
        let mut run = Run {
            aws: Aws::of(Client::with_keys(target, "linework", "linework")),
            case: case.name.clone(),
            failed: Vec::new(),
            made: Vec::new(),
        };
        runtime.block_on(async {
            let limit = Duration::from_secs(180);
            if tokio::time::timeout(limit, run.all(case.objects)).await.is_err() {
                run.failed.push(format!("{}: not done after {} s", case.name, limit.as_secs()));
            }
        });
        failed.extend(run.failed);
    }
    assert!(failed.is_empty(), "{} failures:\n{}", failed.len(), failed.join("\n"));
}

/// Each type of the table has a case, so that adding an entry without one does not pass.
#[test]
fn every_type_has_a_case() {
    let cases = cases();
    let tried: Vec<&str> =
        cases.iter().flat_map(|case| case.objects.iter().map(|step| step.wire_type.as_str())).collect();
    let untried: Vec<&str> =
        adapter_aws::lifecycle::entries().into_keys().filter(|wire_type| !tried.contains(wire_type)).collect();
    assert!(untried.is_empty(), "{untried:#?}");
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("a case").path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("cases are text");
        let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.case
    };
    paths.iter().flat_map(read).collect()
}

struct Run {
    aws: Aws,
    case: String,
    failed: Vec<String>,
    made: Vec<Made>,
}

impl Run {
    async fn all(&mut self, steps: Vec<Step>) {
        for step in steps {
            let about = format!("{} {} ({})", self.case, step.name, step.wire_type);
            if let Err(problem) = self.make(step).await {
                self.failed.push(format!("{about}: {problem}"));
                break;
            }
        }
        while let Some(made) = self.made.pop() {
            let about = format!("{} {} ({})", self.case, made.step.name, made.step.wire_type);
            if let Err(problem) = self.end(&made).await {
                self.failed.push(format!("{about}: {problem}"));
            }
        }
    }

    async fn make(&mut self, step: Step) -> Result<(), String> {
        let uid = format!("u-{}-{}", self.case, step.name);
        let applied = self.filled(&step.properties)?;
        let written = owned(&step.wire_type, &uid, &applied);
        let call = call(&uid, "create");
        let answer = self.aws.create(&call, &step.wire_type, &written).await;
        let object = match (answer, step.moto.get("create")) {
            (Err(error), Some(answer)) if error.to_string().contains(answer.as_str()) => return Ok(()),
            (Ok(_), Some(answer)) => return Err(format!("it is made, though moto is said to answer {answer}")),
            (answer, _) => answer.map_err(|error| format!("create: {}: {error}", error.kind.as_str()))?,
        };
        let mut made = Made { uid, physical_id: object.physical_id.clone(), applied, object, step };
        let mut outcome = self.as_written(&made, "create").await;
        if outcome.is_ok() {
            outcome = self.found(&made).await;
        }
        if outcome.is_ok() {
            outcome = self.not_twice(&made, &call, &written).await;
        }
        if outcome.is_ok() {
            outcome = self.change(&mut made).await;
        }
        self.made.push(made);
        outcome
    }

    async fn change(&self, made: &mut Made) -> Result<(), String> {
        for (number, update) in made.step.updates.iter().enumerate() {
            let mut set = self.filled(update)?;
            let reset: Vec<String> =
                set.iter().filter(|(_, value)| **value == "null").map(|(name, _)| name.clone()).collect();
            set.retain(|name, _| !reset.contains(name));
            let before = made.applied.clone();
            made.applied.retain(|name, _| !reset.contains(name));
            made.applied.extend(set.clone());
            let whole = owned(&made.step.wire_type, &made.uid, &made.applied);
            let set = whole
                .iter()
                .filter(|(name, _)| set.contains_key(*name))
                .map(|(name, value)| (name.clone(), value.clone()));
            let patch = Patch {
                set: set.collect(),
                reset,
                whole: whole.clone(),
                before: owned(&made.step.wire_type, &made.uid, &before),
            };
            let call = call(&made.uid, &format!("update{number}"));
            let about = format!("update {}", Json::Object(update.clone()));
            let answer = self.aws.update(&call, &made.step.wire_type, &made.physical_id, &patch).await;
            match (answer, made.step.moto.get("update")) {
                (Err(error), Some(answer)) if error.to_string().contains(answer.as_str()) => {
                    made.applied = before;
                    continue;
                }
                (answer, _) => {
                    made.object = answer.map_err(|error| format!("{about}: {}: {error}", error.kind.as_str()))?
                }
            }
            self.as_written(made, &about).await?;
        }
        Ok(())
    }

    /// What was written reads back as it was written, in the answer and in a read.
    async fn as_written(&self, made: &Made, about: &str) -> Result<(), String> {
        self.no_drift(made, &made.object, about)?;
        let read = self.aws.read(&Place::default(), &made.step.wire_type, &made.physical_id).await;
        let object = read.map_err(|error| format!("read after {about}: {error}"))?;
        let object = object.ok_or_else(|| format!("read after {about}: `{}` is not there", made.physical_id))?;
        self.no_drift(made, &object, about)
    }

    fn no_drift(&self, made: &Made, object: &Object, about: &str) -> Result<(), String> {
        let record = json!({
            "uid": "00000000000000000000000000000001", "path": "it", "type": made.step.wire_type,
            "provider": {"cloud": "aws"}, "physicalId": made.physical_id, "properties": made.applied,
            "observed": {"state": "present", "properties": object.properties}, "fingerprint": "", "uidFingerprint": "",
            "class": "configuration", "status": "ready", "generation": 1, "revision": 1,
        });
        let record: ResourceRecord = serde_json::from_value(record).map_err(|error| error.to_string())?;
        let found = drift(&[record], Catalogue::embedded());
        let found: Vec<String> = found
            .iter()
            .filter(|drift| {
                let property = drift.property.clone().unwrap_or_default();
                !made.step.moto.contains_key(&format!("read-back {property}"))
            })
            .map(|drift| {
                let text = |value: &Option<Json>| value.as_ref().map_or("nothing".to_string(), Json::to_string);
                let property = drift.property.clone().unwrap_or_default();
                format!("{property} is {}, written {}", text(&drift.observed), text(&drift.planned))
            })
            .collect();
        let lost = attributes_missing(made, object);
        match (found.is_empty(), lost.is_empty()) {
            (true, true) => Ok(()),
            (false, _) => Err(format!("after {about}: {}", found.join("; "))),
            (true, false) => {
                Err(format!("after {about}: no {lost:?} among {:?}", object.properties.keys().collect::<Vec<_>>()))
            }
        }
    }

    /// Its owner finds it.
    async fn found(&self, made: &Made) -> Result<(), String> {
        let facts = Catalogue::embedded().facts(&made.step.wire_type).expect("a known type");
        let listed = adapter_aws::lifecycle::entry(&made.step.wire_type).is_some_and(|entry| entry.list.is_some());
        if !listed || facts.tags.is_none() || made.step.moto.contains_key("find") {
            return Ok(());
        }
        let owner = Owner { uid: made.uid.clone(), deployment: DEPLOYMENT.to_string() };
        let found = self.aws.find(&Place::default(), &made.step.wire_type, &owner).await;
        let found = found.map_err(|error| format!("find: {error}"))?;
        let id = found.map(|object| object.physical_id);
        match id.as_deref() == Some(made.physical_id.as_str()) {
            true => Ok(()),
            false => Err(format!("its owner finds {id:?} and not `{}`", made.physical_id)),
        }
    }

    /// What finds it by what was written finds it and nothing else; what takes neither a token nor tags is not made where it is there
    /// already; and a create that is asked to complete it changes nothing about it.
    async fn not_twice(&self, made: &Made, call: &Call, written: &Map<String, Json>) -> Result<(), String> {
        let wire_type = &made.step.wire_type;
        let dedupe = Catalogue::embedded().facts(wire_type).expect("a known type").dedupe.clone();
        if dedupe.natural_name && !made.step.moto.contains_key("find-made") {
            let found = self.aws.find_made(&Place::default(), wire_type, &call.operation, written).await;
            let id = found.map_err(|error| format!("find_made: {error}"))?.map(|object| object.physical_id);
            if id.as_deref() != Some(made.physical_id.as_str()) {
                return Err(format!("what was written finds {id:?} and not `{}`", made.physical_id));
            }
            if dedupe.token_lifetime_ms.is_none() && !dedupe.tag_on_create {
                match self.aws.create(call, wire_type, written).await {
                    Err(error) if error.kind == adapter::ErrorKind::AlreadyExists => {}
                    other => return Err(format!("it is made although it is there: {other:?}")),
                }
            }
        }
        let completed = self.aws.complete(call, wire_type, &made.physical_id, written).await;
        self.no_drift(made, &completed.map_err(|error| format!("complete: {error}"))?, "complete")
    }

    async fn end(&self, made: &Made) -> Result<(), String> {
        let call = call(&made.uid, "delete");
        match (self.aws.delete(&call, &made.step.wire_type, &made.physical_id).await, made.step.moto.get("delete")) {
            (Err(error), Some(answer)) if error.to_string().contains(answer.as_str()) => return Ok(()),
            (answer, _) => answer.map_err(|error: AdapterError| format!("delete: {}: {error}", error.kind.as_str()))?,
        }
        let read = self.aws.read(&Place::default(), &made.step.wire_type, &made.physical_id).await;
        match read.map_err(|error| format!("read after delete: {error}"))? {
            Some(_) if !made.step.moto.contains_key("stays") => Err("it is there after its end".to_string()),
            _ => Ok(()),
        }
    }

    fn filled(&self, properties: &Map<String, Json>) -> Result<Map<String, Json>, String> {
        let entries = properties.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?)));
        entries.collect()
    }

    fn fill(&self, value: &Json) -> Result<Json, String> {
        match value {
            Json::String(text) if text.starts_with("$$") => Ok(json!(text[1..])),
            Json::String(text) if text.starts_with('$') => {
                let (name, attribute) =
                    text[1..].split_once('/').map_or((&text[1..], None), |(name, rest)| (name, Some(rest)));
                let made =
                    self.made.iter().find(|made| made.step.name == name).ok_or(format!("there is no `{name}`"))?;
                let Some(attribute) = attribute else { return Ok(json!(made.physical_id)) };
                let mut steps = attribute.split('/');
                let first = steps.next().and_then(|step| made.object.properties.get(step));
                let found = steps.fold(first, |value, step| value.and_then(|value| value.get(step)));
                found.cloned().ok_or_else(|| format!("`{name}` has no `{attribute}`"))
            }
            Json::Array(items) => {
                items.iter().map(|item| self.fill(item)).collect::<Result<Vec<Json>, String>>().map(Json::Array)
            }
            Json::Object(object) => self.filled(object).map(Json::Object),
            other => Ok(other.clone()),
        }
    }
}

/// Attributes that others may refer to by their type's main names: the identifier and the ARN.
fn attributes_missing(made: &Made, object: &Object) -> Vec<String> {
    let catalogue = Catalogue::embedded();
    let facts = catalogue.facts(&made.step.wire_type).expect("a known type");
    let schema = catalogue.schema(&made.step.wire_type).expect("a known type");
    let identifier = facts.identifier.iter().map(|path| path.top().to_string());
    let arn = schema.properties.keys().filter(|name| *name == "Arn" && schema.is_read_only(name)).cloned();
    identifier
        .chain(arn)
        .filter(|name| !object.properties.contains_key(name))
        .filter(|name| !made.step.moto.contains_key(&format!("read-back {name}")))
        .collect()
}

fn call(uid: &str, what: &str) -> Call {
    let mut operation = format!("{uid}{what}").replace('-', "");
    operation = operation.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    operation.truncate(32);
    Call {
        operation,
        owner: Owner { uid: uid.to_string(), deployment: DEPLOYMENT.to_string() },
        place: Place::default(),
        deadline: Duration::from_secs(60),
    }
}

/// With our tags, as the Conductor puts them in.
fn owned(wire_type: &str, uid: &str, properties: &Map<String, Json>) -> Map<String, Json> {
    let mut properties = properties.clone();
    let facts = Catalogue::embedded().facts(wire_type).unwrap_or_else(|| panic!("{wire_type} is a known type"));
    if let Some(tags) = &facts.tags {
        let written = properties.entry(tags.property.clone()).or_insert_with(|| json!({}));
        if let Some(written) = written.as_object_mut() {
            written.insert(TAG_UID.to_string(), json!(uid));
            written.insert(TAG_DEPLOYMENT.to_string(), json!(DEPLOYMENT));
        }
    }
    properties
}
