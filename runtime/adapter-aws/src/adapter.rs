//! The adapter: which client, and which way a type's life goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adapter::{Adapter, AdapterError, Answer, Call, Catalogue, Object, Owner, Patch, Place, Question};
use lw_plan::{Json, Map, Provider};

use crate::client::{Client, Target};
use crate::cloud_control::CloudControl;
use crate::lifecycle::Life;
use crate::questions;

/// What AWS calls eventual consistency is over in most services after a second or two.
const READ_LAG: Duration = Duration::from_secs(5);

/// AWS, or a server that speaks like it, as one provider binding means it.
pub struct Aws {
    client: Client,
}

/// Adapters by binding, so that connections and credentials are kept.
#[derive(Clone, Default)]
pub struct AwsAdapters(Arc<Mutex<BTreeMap<Target, Arc<Aws>>>>);

impl AwsAdapters {
    /// The adapter of a provider binding.
    pub fn open(&self, provider: &Provider) -> Arc<dyn Adapter> {
        let target = Target {
            region: provider.region.clone().unwrap_or_default(),
            profile: provider.profile.clone(),
            role: provider.role.clone(),
            endpoint: provider.endpoint.clone(),
            account: provider.account.clone(),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(target).or_insert_with_key(|target| Arc::new(Aws::new(target.clone()))).clone()
    }
}

impl Aws {
    pub fn new(target: Target) -> Aws {
        Aws { client: Client::new(target) }
    }

    /// The adapter of a client that was made elsewhere.
    pub fn of(client: Client) -> Aws {
        Aws { client }
    }

    /// How many requests were sent so far.
    pub fn calls(&self) -> u64 {
        self.client.calls()
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The way of a type: its entry in the table, or Cloud Control.
    fn way<'a>(&'a self, wire_type: &'a str) -> Result<Way<'a>, AdapterError> {
        if let Some(life) = Life::of(&self.client, wire_type) {
            return Ok(Way::Table(life));
        }
        if Catalogue::embedded().schema(wire_type).is_none() {
            let message = format!("this version does not know {wire_type}");
            return Err(AdapterError::permanent("UnknownType", message));
        }
        Ok(Way::CloudControl(CloudControl { client: &self.client, wire_type }))
    }
}

enum Way<'a> {
    Table(Life<'a>),
    CloudControl(CloudControl<'a>),
}

impl Adapter for Aws {
    fn cloud(&self) -> &str {
        "aws"
    }

    fn read_lag(&self) -> Duration {
        READ_LAG
    }

    fn create<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => life.create(call, properties).await,
                Way::CloudControl(control) => control.create(call, properties).await,
            }
        })
    }

    fn complete<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        physical_id: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => life.complete_made(call, physical_id, properties).await,
                // Handlers complete what they begin: the same token asks for the same.
                Way::CloudControl(control) => control.create(call, properties).await,
            }
        })
    }

    fn read<'a>(&'a self, _place: &'a Place, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => life.read(physical_id).await,
                Way::CloudControl(control) => control.read(physical_id).await,
            }
        })
    }

    fn update<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        physical_id: &'a str,
        patch: &'a Patch,
    ) -> Answer<'a, Object> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => life.update(call, physical_id, patch).await,
                Way::CloudControl(control) => control.update(call, physical_id, patch).await,
            }
        })
    }

    fn delete<'a>(&'a self, call: &'a Call, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => life.delete(call, physical_id).await,
                Way::CloudControl(control) => control.delete(call, physical_id).await,
            }
        })
    }

    fn list<'a>(&'a self, _place: &'a Place, wire_type: &'a str) -> Answer<'a, Vec<Object>> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => life.list().await,
                Way::CloudControl(control) => control.list().await,
            }
        })
    }

    fn owned<'a>(&'a self, _place: &'a Place, deployment: &'a str) -> Answer<'a, Vec<Object>> {
        Box::pin(async move {
            let owner = Owner { uid: String::new(), deployment: deployment.to_string() };
            let mut owned = Vec::new();
            for (wire_type, entry) in crate::lifecycle::entries() {
                if entry.list.is_some()
                    && let Way::Table(life) = self.way(wire_type)?
                {
                    owned.extend(life.owned(&owner).await?);
                }
            }
            Ok(owned)
        })
    }

    fn find<'a>(&'a self, _place: &'a Place, wire_type: &'a str, owner: &'a Owner) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => Ok(life.owned(owner).await?.into_iter().next()),
                Way::CloudControl(control) => {
                    let objects = control.list().await?;
                    Ok(objects.into_iter().find(|object| object.owner.as_ref() == Some(owner)))
                }
            }
        })
    }

    fn find_made<'a>(
        &'a self,
        _place: &'a Place,
        wire_type: &'a str,
        token: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            match self.way(wire_type)? {
                Way::Table(life) => life.find_made(token, properties).await,
                Way::CloudControl(control) => control.find_made(properties).await,
            }
        })
    }

    fn answer<'a>(&'a self, place: &'a Place, question: &'a Question) -> Answer<'a, Json> {
        Box::pin(async move {
            if let Some(answer) = questions::answer(&self.client, question).await? {
                return Ok(answer);
            }
            if question.source != "aws.object" {
                return Err(question.unknown("aws"));
            }
            let (wire_type, id, property) = (question.text("type")?, question.text("id")?, question.text("property")?);
            let object = self.read(place, wire_type, id).await?;
            let object = object.ok_or_else(|| question.nothing(format!("{wire_type} `{id}`")))?;
            let found = object.properties.get(property);
            found.cloned().ok_or_else(|| question.nothing(format!("property `{property}` of {wire_type} `{id}`")))
        })
    }

    fn account<'a>(&'a self, _place: &'a Place) -> Answer<'a, Option<String>> {
        Box::pin(async { self.client.account().await.map(|account| Some(account.to_string())) })
    }

    fn read_many<'a>(
        &'a self,
        _place: &'a Place,
        wire_type: &'a str,
        physical_ids: &'a [String],
    ) -> Answer<'a, Vec<Option<Object>>> {
        Box::pin(async move {
            let control = match self.way(wire_type)? {
                Way::Table(life) => return life.read_many(physical_ids).await,
                Way::CloudControl(control) => control,
            };
            let mut objects = Vec::with_capacity(physical_ids.len());
            for id in physical_ids {
                objects.push(control.read(id).await?);
            }
            Ok(objects)
        })
    }
}
