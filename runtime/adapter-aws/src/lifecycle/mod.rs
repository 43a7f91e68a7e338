//! What the life of each resource type is, in calls: the table, and the engine that follows it.
//!
//! The one idea: a type's entry says which operation makes, shows, changes and ends an object, and where its properties stand in them.
//! Most of that needs no saying: what has the same name in the type and in the operation goes there by itself, converted by the shapes
//! of the model. What a table cannot say is in a named function of hooks.rs or forms.rs that says why.
//! Deliberately absent: HTTP and protocols (client/, protocol/); decisions (the Conductor's).

mod check;
mod create;
mod delete;
mod find;
mod forms;
mod list;
mod read;
mod s3;
mod scope;
mod shapes;
mod table;
mod tags;
mod update;
mod zip;

pub use check::{mistakes, waiters};
pub use table::{Entry, entries, entry};

use std::sync::Arc;
use std::time::Duration;

use adapter::catalogue::TypeSchema;
use adapter::{AdapterError, Catalogue, ErrorKind};
use conductor_core::{Catalogue as _, TypeFacts};
use lw_plan::{Json, Map};

use crate::client::{Client, Effect};
use crate::model::{self, Used};
use scope::Scope;
use table::{Call, Waiting};

/// Everything that one call of the adapter works with.
pub struct Life<'a> {
    pub client: &'a Client,
    pub wire_type: &'a str,
    pub entry: &'static Entry,
    pub facts: Arc<TypeFacts>,
    pub schema: Arc<TypeSchema>,
}

impl<'a> Life<'a> {
    /// The life of a type that has an entry.
    pub fn of(client: &'a Client, wire_type: &'a str) -> Option<Life<'a>> {
        let entry = entry(wire_type)?;
        let catalogue = Catalogue::embedded();
        Some(Life {
            client,
            wire_type,
            entry,
            facts: catalogue.facts(wire_type)?,
            schema: catalogue.schema(wire_type)?,
        })
    }

    /// Service and operation of a call: `CreateVpc`, or `kms:DescribeKey` of another service than the entry's.
    fn operation<'b>(&self, call: &'b Call) -> (&'b str, &'b str)
    where
        'a: 'b,
    {
        call.call.split_once(':').unwrap_or((self.entry.service.as_str(), &call.call))
    }

    /// The shape of a call's input.
    fn input(&self, call: &Call) -> Option<Used<'static>> {
        let (service, operation) = self.operation(call);
        let service = model::service(service)?;
        service.operations.get(operation)?.input.as_ref().map(|input| service.used(input))
    }

    /// Makes a call of the table.
    async fn make(&self, call: &Call, scope: &Scope<'_>, effect: Effect) -> Result<Map<String, Json>, AdapterError> {
        let parameters = self.parameters(call, scope)?;
        let (service, operation) = self.operation(call);
        let answer = match effect {
            Effect::None => self.client.read(service, operation, &parameters).await,
            effect => self.client.call(service, operation, &parameters, scope.token, effect).await,
        };
        answer.map_err(|error| self.judged(error))
    }

    /// The class of an error, where this type knows better.
    fn judged(&self, mut error: AdapterError) -> AdapterError {
        let fits = |known: &&String| match known.split_once(": ") {
            Some((code, words)) => code == error.code && error.message.contains(words),
            None => **known == error.code,
        };
        if let Some(kind) = self.entry.kinds.keys().find(fits).and_then(|known| self.entry.kinds.get(known)) {
            error.kind = kind.kind();
        }
        error
    }

    /// The parameters of a call: what the entry says, then whatever has the same name in the type.
    fn parameters(&self, call: &Call, scope: &Scope<'_>) -> Result<Map<String, Json>, AdapterError> {
        let Some(input) = self.input(call) else {
            let known = self.operation(call);
            return match model::service(known.0).is_some_and(|service| service.operations.contains_key(known.1)) {
                true => Ok(Map::new()),
                false => Err(AdapterError::permanent("Model", format!("this version has no model of `{}`", call.call))),
            };
        };
        let mut parameters = Map::new();
        for (name, template) in &call.input {
            let Some(value) = scope.fill(template) else { continue };
            let value = match input.member(name) {
                Some(member) => shapes::to_api(member, &value, self.entry),
                None => value,
            };
            parameters.insert(name.clone(), value);
        }
        let only = |property: &String| call.only.is_empty() || call.only.contains(property);
        if call.auto {
            for (property, value) in scope.properties.iter().filter(|(property, _)| only(property)) {
                if value.is_null() || self.is_tag_property(property) || self.is_elsewhere(property) {
                    continue;
                }
                let Some((name, member)) = input.member_like(self.entry.api_name(property)) else { continue };
                if call.input.contains_key(name) || parameters.contains_key(name) || call.not.contains(property) {
                    continue;
                }
                parameters.insert(name.to_string(), shapes::to_api(member, value, self.entry));
            }
        }
        Ok(parameters)
    }

    /// Whether a property is never a parameter of the same name: it is made of elements that are added one by one.
    fn is_elsewhere(&self, property: &str) -> bool {
        self.entry.elements.iter().any(|elements| elements.property == property && !elements.in_create)
    }

    fn is_tag_property(&self, property: &str) -> bool {
        self.facts.tags.as_ref().is_some_and(|tags| tags.property == property)
    }

    /// Properties in the forms of operations; lists whose elements are added one by one stay as they are.
    fn in_forms(&self, properties: &Map<String, Json>) -> Map<String, Json> {
        let converted = properties.iter().map(|(name, value)| {
            let value = if self.is_elsewhere(name) { value.clone() } else { forms::to_api(self.entry, name, value) };
            (name.clone(), value)
        });
        converted.collect()
    }

    /// Waits as a step says.
    async fn wait(&self, waiting: &Waiting, scope: &Scope<'_>) -> Result<(), AdapterError> {
        match waiting {
            Waiting::Waiter { waiter, input } => {
                let parameters = input.iter().filter_map(|(name, value)| Some((name.clone(), scope.fill(value)?)));
                let (service, waiter) = waiter.split_once(':').unwrap_or((&self.entry.service, waiter));
                self.client.wait(service, waiter, &parameters.collect()).await
            }
            Waiting::Until { property, until, fails, seconds } => {
                let seen = |object: &Option<Map<String, Json>>| {
                    object.as_ref().and_then(|object| scope::at(object, property).cloned()).unwrap_or(Json::Null)
                };
                self.look_until(scope.id, *seconds, |object| {
                    let value = seen(object);
                    let is = |values: &Vec<Json>| values.contains(&value);
                    if fails.as_ref().is_some_and(is) {
                        let message = format!("`{property}` has become {value}");
                        return Err(AdapterError::permanent("Failed", message));
                    }
                    Ok(is(until))
                })
                .await
            }
            Waiting::Gone { seconds, .. } => self.look_until(scope.id, *seconds, |object| Ok(object.is_none())).await,
        }
    }

    /// Reads until it is as it should be, with growing pauses.
    async fn look_until(
        &self,
        id: &str,
        seconds: u64,
        mut is_there: impl FnMut(&Option<Map<String, Json>>) -> Result<bool, AdapterError>,
    ) -> Result<(), AdapterError> {
        let given_up = tokio::time::Instant::now() + Duration::from_secs(seconds);
        let mut pause_ms = 200;
        loop {
            if is_there(&self.seen(id).await?)? {
                return Ok(());
            }
            if tokio::time::Instant::now() > given_up {
                let message = format!("`{id}` is not ready after {seconds} s");
                return Err(AdapterError::unknown("Timeout", message));
            }
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            pause_ms = (pause_ms * 2).min(15_000);
        }
    }
}

/// Something did happen, so that an error of a later call must not be taken for one without effect.
fn after_effect(error: AdapterError) -> AdapterError {
    AdapterError { kind: ErrorKind::Unknown, ..error }
}
