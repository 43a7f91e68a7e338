//! The adapter: which kind of object a call is about.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use adapter::{Adapter, AdapterError, Answer, Call, ErrorKind, Object, Owner, Patch, Place};
use bollard::Docker as Client;
use lw_plan::{Json, Map, Provider};

use crate::engine::Engine;
use crate::error::{self, Effect};
use crate::{container, image, network, volume};

/// One engine.
pub struct Docker {
    engine: Engine,
}

/// Adapters by the address of their engine, so that connections are kept.
#[derive(Clone, Default)]
pub struct DockerAdapters(Arc<Mutex<BTreeMap<Option<String>, Arc<Docker>>>>);

impl DockerAdapters {
    /// The adapter of a provider binding.
    pub fn open(&self, provider: &Provider) -> Arc<dyn Adapter> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = |address: &Option<String>| Arc::new(Docker::new(address.as_deref()));
        known.entry(provider.endpoint.clone()).or_insert_with_key(new).clone()
    }
}

impl Docker {
    /// The engine at an address; without one, where the environment says.
    pub fn new(address: Option<&str>) -> Docker {
        Docker { engine: Engine::new(address) }
    }
}

/// The kinds of object that there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Network,
    Volume,
    Image,
    Container,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Network, Kind::Volume, Kind::Image, Kind::Container];

    fn of(wire_type: &str) -> Result<Kind, AdapterError> {
        match wire_type {
            network::TYPE => Ok(Kind::Network),
            volume::TYPE => Ok(Kind::Volume),
            image::TYPE => Ok(Kind::Image),
            container::TYPE => Ok(Kind::Container),
            _ => Err(AdapterError::permanent("UnknownType", format!("an engine has no {wire_type}"))),
        }
    }

    async fn create(
        self,
        client: &Client,
        call: &Call,
        properties: &Map<String, Json>,
    ) -> Result<Object, AdapterError> {
        match self {
            Kind::Network => network::create(client, call, properties).await,
            Kind::Volume => volume::create(client, call, properties).await,
            Kind::Image => image::create(client, call, properties).await,
            Kind::Container => container::create(client, call, properties).await,
        }
    }

    async fn complete(
        self,
        client: &Client,
        found: Object,
        properties: &Map<String, Json>,
    ) -> Result<Object, AdapterError> {
        match self {
            Kind::Container => container::complete(client, &found.physical_id, properties).await,
            Kind::Network | Kind::Volume | Kind::Image => Ok(found),
        }
    }

    async fn read(self, client: &Client, id: &str) -> Result<Option<Object>, AdapterError> {
        match self {
            Kind::Network => network::read(client, id).await,
            Kind::Volume => volume::read(client, id).await,
            Kind::Image => image::read(client, id).await,
            Kind::Container => container::read(client, id).await,
        }
    }

    async fn delete(self, client: &Client, id: &str) -> Result<(), AdapterError> {
        match self {
            Kind::Network => network::delete(client, id).await,
            Kind::Volume => volume::delete(client, id).await,
            Kind::Image => image::delete(client, id).await,
            Kind::Container => container::delete(client, id).await,
        }
    }

    /// What an owner has of this kind, a whole deployment without a uid, or all there is; oldest first.
    async fn list(self, client: &Client, owner: Option<&Owner>) -> Result<Vec<Object>, AdapterError> {
        match self {
            Kind::Network => network::list(client, owner).await,
            Kind::Volume => volume::list(client, owner).await,
            Kind::Image => image::list(client, owner).await,
            Kind::Container => container::list(client, owner).await,
        }
    }
}

impl Adapter for Docker {
    fn cloud(&self) -> &str {
        "docker"
    }

    fn create<'a>(
        &'a self,
        call: &'a Call,
        wire_type: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object> {
        Box::pin(async move {
            let (kind, client) = (Kind::of(wire_type)?, self.engine.client().await?);
            // A uid is for one object alone: what carries it is what an earlier attempt has made.
            if let Some(found) = kind.list(client, Some(&call.owner)).await?.into_iter().next() {
                return kind.complete(client, found, properties).await;
            }
            kind.create(client, call, properties).await
        })
    }

    fn complete<'a>(
        &'a self,
        _call: &'a Call,
        wire_type: &'a str,
        physical_id: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Object> {
        Box::pin(async move {
            let (kind, client) = (Kind::of(wire_type)?, self.engine.client().await?);
            let missing =
                || AdapterError::new(ErrorKind::NotFound, "NotFound", format!("`{physical_id}` is not there"));
            let found = kind.read(client, physical_id).await?.ok_or_else(missing)?;
            kind.complete(client, found, properties).await
        })
    }

    fn read<'a>(&'a self, _place: &'a Place, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, Option<Object>> {
        Box::pin(async move { Kind::of(wire_type)?.read(self.engine.client().await?, physical_id).await })
    }

    fn update<'a>(
        &'a self,
        _call: &'a Call,
        wire_type: &'a str,
        _physical_id: &'a str,
        _patch: &'a Patch,
    ) -> Answer<'a, Object> {
        let message = format!("nothing about a {wire_type} can change; another one takes its place");
        Box::pin(async move { Err(AdapterError::permanent("Immutable", message)) })
    }

    fn delete<'a>(&'a self, _call: &'a Call, wire_type: &'a str, physical_id: &'a str) -> Answer<'a, ()> {
        Box::pin(async move { Kind::of(wire_type)?.delete(self.engine.client().await?, physical_id).await })
    }

    fn list<'a>(&'a self, _place: &'a Place, wire_type: &'a str) -> Answer<'a, Vec<Object>> {
        Box::pin(async move { Kind::of(wire_type)?.list(self.engine.client().await?, None).await })
    }

    fn owned<'a>(&'a self, _place: &'a Place, deployment: &'a str) -> Answer<'a, Vec<Object>> {
        Box::pin(async move {
            let client = self.engine.client().await?;
            let owner = Owner { uid: String::new(), deployment: deployment.to_string() };
            let mut owned = Vec::new();
            for kind in Kind::ALL {
                owned.extend(kind.list(client, Some(&owner)).await?);
            }
            Ok(owned)
        })
    }

    fn find<'a>(&'a self, _place: &'a Place, wire_type: &'a str, owner: &'a Owner) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            let found = Kind::of(wire_type)?.list(self.engine.client().await?, Some(owner)).await?;
            Ok(found.into_iter().next())
        })
    }

    /// By its name, which no two objects of a kind share. What carries nobody's labels is not what we have made.
    fn find_made<'a>(
        &'a self,
        _place: &'a Place,
        wire_type: &'a str,
        _token: &'a str,
        properties: &'a Map<String, Json>,
    ) -> Answer<'a, Option<Object>> {
        Box::pin(async move {
            let (kind, client) = (Kind::of(wire_type)?, self.engine.client().await?);
            let Some(name) = crate::shown::text(properties, "Name") else { return Ok(None) };
            Ok(kind.read(client, &name).await?.filter(|found| found.owner.is_some()))
        })
    }

    /// The engine's own id.
    fn account<'a>(&'a self, _place: &'a Place) -> Answer<'a, Option<String>> {
        Box::pin(async move {
            let info = self.engine.client().await?.info().await;
            Ok(info.map_err(|error| error::of(error, Effect::None))?.id)
        })
    }
}
