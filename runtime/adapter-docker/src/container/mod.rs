//! Containers.
//!
//! Flow of a create: the container with its first network, the other networks, its secret files, the start. What is cut off between is completed by
//! [`complete`], which a look at the container's state makes harmless. A container that cannot be started is removed again.

mod shown;
mod written;

use adapter::{AdapterError, Call, ErrorKind, Object, Owner};
use bollard::Docker as Client;
use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, NetworkConnectRequest};
use bollard::query_parameters::{
    CreateContainerOptions, InspectContainerOptions, ListContainersOptions, RemoveContainerOptions,
    StartContainerOptions, StopContainerOptions, UploadToContainerOptions,
};
use bytes::Bytes;
use lw_plan::{Json, Map};

use crate::context;
use crate::error::{self, Effect};
use crate::labels::Carrier;

pub(crate) const TYPE: &str = "Docker::Container";

pub(crate) async fn create(
    client: &Client,
    call: &Call,
    properties: &Map<String, Json>,
) -> Result<Object, AdapterError> {
    let name = crate::shown::text(properties, "Name");
    let body = written::body(properties, &call.owner);
    let options = CreateContainerOptions { name, ..CreateContainerOptions::default() };
    let made =
        client.create_container(Some(options), body).await.map_err(|error| error::of(error, Effect::Possible))?;
    complete(client, &made.id, properties).await
}

/// Everything after the call that made the container.
pub(crate) async fn complete(
    client: &Client,
    id: &str,
    properties: &Map<String, Json>,
) -> Result<Object, AdapterError> {
    let container = inspect(client, id).await?.ok_or_else(|| gone(id))?;
    if status(&container) != Some(ContainerStateStatusEnum::CREATED) {
        return Ok(shown::show(container));
    }
    if let Err(error) = connect_and_start(client, id, &container, properties).await {
        // Nobody is to find a container that never ran; whether it could be removed, the next look shows.
        if error.kind != ErrorKind::Unknown {
            let options = RemoveContainerOptions { force: true, v: true, link: false };
            client.remove_container(id, Some(options)).await.map_err(|error| error::of(error, Effect::Possible))?;
        }
        return Err(error);
    }
    read(client, id).await?.ok_or_else(|| gone(id))
}

async fn connect_and_start(
    client: &Client,
    id: &str,
    container: &ContainerInspectResponse,
    properties: &Map<String, Json>,
) -> Result<(), AdapterError> {
    let connected = container.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let is_on = |network: &str| {
        connected
            .into_iter()
            .flatten()
            .any(|(name, endpoint)| name == network || endpoint.network_id.as_deref() == Some(network))
    };
    for (network, endpoint_config) in written::endpoints(properties).skip(1).filter(|(network, _)| !is_on(network)) {
        let request = NetworkConnectRequest { container: id.to_string(), endpoint_config: Some(endpoint_config) };
        let connected = client.connect_network(&network, request).await;
        connected.map_err(|error| error::of(error, Effect::Possible))?;
    }
    let files: Vec<_> = crate::shown::entries(properties.get("SecretFiles")).collect();
    if !files.is_empty() {
        let tar = context::tar_of_private(files.into_iter(), written::user(properties));
        let tar = tar.map_err(|reason| AdapterError::permanent("SecretFiles", reason.to_string()))?;
        let options = UploadToContainerOptions { path: "/".to_string(), ..UploadToContainerOptions::default() };
        let uploaded = client.upload_to_container(id, Some(options), bollard::body_full(Bytes::from(tar))).await;
        uploaded.map_err(|error| error::of(error, Effect::Possible))?;
    }
    let started = client.start_container(id, None::<StartContainerOptions>).await;
    started.map_err(|error| error::of(error, Effect::Possible))
}

fn gone(id: &str) -> AdapterError {
    AdapterError::new(ErrorKind::NotFound, "NotFound", format!("the container {id} is not there"))
}

fn status(container: &ContainerInspectResponse) -> Option<ContainerStateStatusEnum> {
    container.state.as_ref()?.status
}

async fn inspect(client: &Client, id: &str) -> Result<Option<ContainerInspectResponse>, AdapterError> {
    error::optional(client.inspect_container(id, None::<InspectContainerOptions>).await)
}

pub(crate) async fn read(client: &Client, id: &str) -> Result<Option<Object>, AdapterError> {
    Ok(inspect(client, id).await?.map(shown::show))
}

/// Stops it, as long as it asks to be given, and removes it with the volumes that have no name.
pub(crate) async fn delete(client: &Client, id: &str) -> Result<(), AdapterError> {
    let container = inspect(client, id).await?.ok_or_else(|| gone(id))?;
    if container.state.as_ref().and_then(|state| state.running) == Some(true) {
        match client.stop_container(id, None::<StopContainerOptions>).await {
            // It ended by itself.
            Ok(()) | Err(bollard::errors::Error::DockerResponseServerError { status_code: 304 | 404, .. }) => {}
            Err(error) => return Err(error::of(error, Effect::Possible)),
        }
    }
    let options = RemoveContainerOptions { v: true, force: true, link: false };
    client.remove_container(id, Some(options)).await.map_err(|error| error::of(error, Effect::Possible))
}

pub(crate) async fn list(client: &Client, owner: Option<&Owner>) -> Result<Vec<Object>, AdapterError> {
    let options =
        ListContainersOptions { all: true, filters: Some(Carrier::Other.filter(owner)), ..Default::default() };
    let found = client.list_containers(Some(options)).await.map_err(|error| error::of(error, Effect::None))?;
    let mut found: Vec<_> =
        found.into_iter().filter_map(|container| Some((container.created, container.id?))).collect();
    found.sort();
    let mut objects = Vec::with_capacity(found.len());
    for (_, id) in found {
        objects.extend(read(client, &id).await?);
    }
    Ok(objects)
}
