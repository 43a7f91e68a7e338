//! Every type without an entry in the table: through Cloud Control, which runs the handlers of CloudFormation.
//!
//! One operation after the other is asked for and then waited for by its request token. Tags, identifiers and properties are already
//! in the form that it takes.
//! Caveats: slower than the services' own operations, and nothing is read in batches.

use std::time::Duration;

use adapter::{AdapterError, Catalogue, ErrorKind, Object, Owner, Patch};
use conductor_core::{Catalogue as _, TagShape};
use lw_plan::{Json, Map};
use serde_json::json;

use crate::client::{Client, Effect};

/// As long as the slowest handlers take.
const WAIT_SECONDS_MAX: u64 = 2 * 60 * 60;

pub struct CloudControl<'a> {
    pub client: &'a Client,
    pub wire_type: &'a str,
}

impl CloudControl<'_> {
    pub async fn create(&self, call: &adapter::Call, properties: &Map<String, Json>) -> Result<Object, AdapterError> {
        let desired = self.written(properties).to_string();
        let parameters = json!({"TypeName": self.wire_type, "DesiredState": desired, "ClientToken": call.operation});
        let event = self.run("CreateResource", parameters).await?;
        let id = event.get("Identifier").and_then(Json::as_str);
        let id = id.ok_or_else(|| AdapterError::unknown("NoIdentifier", "Cloud Control names no object"))?;
        let object = self.read(id).await.map_err(|error| AdapterError { kind: ErrorKind::Unknown, ..error })?;
        Ok(object.unwrap_or_else(|| self.object(id, properties.clone())))
    }

    pub async fn read(&self, id: &str) -> Result<Option<Object>, AdapterError> {
        let parameters = map(json!({"TypeName": self.wire_type, "Identifier": id}));
        match self.client.read("cloudcontrol", "GetResource", &parameters).await {
            Ok(answer) => {
                let text = answer.get("ResourceDescription").and_then(|found| found.get("Properties")?.as_str());
                let properties = text.and_then(|text| serde_json::from_str(text).ok());
                let missing = || AdapterError::new(ErrorKind::Retryable, "UnreadableAnswer", "it shows no properties");
                Ok(Some(self.object(id, properties.ok_or_else(missing)?)))
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub async fn update(&self, call: &adapter::Call, id: &str, patch: &Patch) -> Result<Object, AdapterError> {
        let there = self
            .read(id)
            .await?
            .ok_or_else(|| AdapterError::new(ErrorKind::NotFound, "NotFound", format!("`{id}` is not there")))?;
        let mut steps = Vec::new();
        let set = self.written(&patch.set);
        for (name, value) in set.as_object().into_iter().flatten() {
            let operation = if there.properties.contains_key(name) { "replace" } else { "add" };
            steps.push(json!({"op": operation, "path": format!("/{}", escaped(name)), "value": value}));
        }
        for name in patch.reset.iter().filter(|name| there.properties.contains_key(*name)) {
            steps.push(json!({"op": "remove", "path": format!("/{}", escaped(name))}));
        }
        if !steps.is_empty() {
            let document = Json::Array(steps).to_string();
            let parameters = json!({
                "TypeName": self.wire_type, "Identifier": id, "PatchDocument": document, "ClientToken": call.operation,
            });
            self.run("UpdateResource", parameters).await?;
        }
        let seen = self.read(id).await.map_err(|error| AdapterError { kind: ErrorKind::Unknown, ..error })?;
        Ok(seen.unwrap_or(there))
    }

    pub async fn delete(&self, call: &adapter::Call, id: &str) -> Result<(), AdapterError> {
        let parameters = json!({"TypeName": self.wire_type, "Identifier": id, "ClientToken": call.operation});
        self.run("DeleteResource", parameters).await.map(drop)
    }

    pub async fn list(&self) -> Result<Vec<Object>, AdapterError> {
        let parameters = map(json!({"TypeName": self.wire_type}));
        let answer = self.client.read("cloudcontrol", "ListResources", &parameters).await?;
        let mut objects = Vec::new();
        for item in answer.get("ResourceDescriptions").and_then(Json::as_array).into_iter().flatten() {
            // A listing may show less than there is.
            if let Some(id) = item.get("Identifier").and_then(Json::as_str) {
                objects.extend(self.read(id).await?);
            }
        }
        Ok(objects)
    }

    /// The object with the written id or name.
    pub async fn find_made(&self, properties: &Map<String, Json>) -> Result<Option<Object>, AdapterError> {
        let Some(facts) = Catalogue::embedded().facts(self.wire_type) else { return Ok(None) };
        let part = |path: &conductor_core::PropertyPath| path.get(properties).and_then(Json::as_str);
        let parts: Option<Vec<&str>> = facts.identifier.iter().map(part).collect();
        if let Some(parts) = parts.filter(|parts| !parts.is_empty()) {
            return self.read(&parts.join("|")).await;
        }
        let Some(name) = &facts.name else { return Ok(None) };
        let wanted = properties.get(&name.property);
        let objects = if wanted.is_some() { self.list().await? } else { Vec::new() };
        Ok(objects.into_iter().find(|object| object.properties.get(&name.property) == wanted))
    }

    /// Asks for an operation, and waits until it has ended.
    async fn run(&self, operation: &str, parameters: Json) -> Result<Map<String, Json>, AdapterError> {
        let answer = self.client.call("cloudcontrol", operation, &map(parameters), "", Effect::Idempotent).await?;
        let mut event = progress(&answer);
        let given_up = tokio::time::Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
        let mut pause_ms = 500;
        loop {
            match event.get("OperationStatus").and_then(Json::as_str) {
                Some("SUCCESS") => return Ok(event),
                Some("FAILED" | "CANCEL_COMPLETE") => return Err(failed(operation, &event)),
                _ => {}
            }
            if tokio::time::Instant::now() > given_up {
                return Err(AdapterError::unknown("Timeout", format!("{operation} does not end")));
            }
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            pause_ms = (pause_ms * 2).min(10_000);
            let token = event.get("RequestToken").cloned().unwrap_or_default();
            let asked = map(json!({"RequestToken": token}));
            let answer = self.client.read("cloudcontrol", "GetResourceRequestStatus", &asked).await;
            // It was asked for; what became of it is not known.
            let answer = answer.map_err(|error| AdapterError { kind: ErrorKind::Unknown, ..error })?;
            event = progress(&answer);
        }
    }

    /// With tags in the form of the type.
    fn written(&self, properties: &Map<String, Json>) -> Json {
        let mut properties = properties.clone();
        if let Some(tags) = Catalogue::embedded().facts(self.wire_type).and_then(|facts| facts.tags.clone())
            && tags.shape == TagShape::KeyValueList
            && let Some(Json::Object(map)) = properties.get(&tags.property)
        {
            let pairs = map.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            properties.insert(tags.property, pairs);
        }
        Json::Object(properties)
    }

    fn object(&self, id: &str, mut properties: Map<String, Json>) -> Object {
        let mut owner = None;
        if let Some(tags) = Catalogue::embedded().facts(self.wire_type).and_then(|facts| facts.tags.clone())
            && let Some(value) = properties.get_mut(&tags.property)
        {
            if let Json::Array(items) = &*value {
                let text = |item: &Json, name: &str| item.get(name).and_then(Json::as_str).map(str::to_string);
                let pairs =
                    items.iter().filter_map(|item| Some((text(item, "Key")?, Json::from(text(item, "Value")?))));
                *value = Json::Object(pairs.collect());
            }
            owner = value.as_object().and_then(Owner::of_tags);
        }
        Object { wire_type: self.wire_type.to_string(), physical_id: id.to_string(), properties, owner }
    }
}

fn progress(answer: &Map<String, Json>) -> Map<String, Json> {
    answer.get("ProgressEvent").and_then(Json::as_object).cloned().unwrap_or_default()
}

/// What the codes of handlers mean.
fn failed(operation: &str, event: &Map<String, Json>) -> AdapterError {
    let text = |name: &str| event.get(name).and_then(Json::as_str).unwrap_or_default();
    let code = text("ErrorCode");
    let kind = match code {
        "Throttling" => ErrorKind::Throttled,
        "AlreadyExists" => ErrorKind::AlreadyExists,
        "NotFound" => ErrorKind::NotFound,
        "NotStabilized" | "ServiceInternalError" | "ServiceTimeout" | "InternalFailure" | "NetworkFailure" => {
            ErrorKind::Unknown
        }
        "ResourceConflict" => ErrorKind::DependencyNotReady,
        "InvalidCredentials" => ErrorKind::Credentials,
        _ => ErrorKind::Permanent,
    };
    AdapterError::new(kind, code, format!("{operation}: {}", text("StatusMessage")))
}

/// A name as a JSON pointer has it.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn map(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
