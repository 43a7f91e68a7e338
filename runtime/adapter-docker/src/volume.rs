//! Volumes.

use std::collections::HashMap;

use adapter::{AdapterError, Call, ErrorKind, Object, Owner};
use bollard::Docker as Client;
use bollard::models::{Volume, VolumeCreateRequest};
use bollard::query_parameters::{ListVolumesOptions, RemoveVolumeOptions};
use lw_plan::{Json, Map};

use crate::error::{self, Effect};
use crate::labels::{self, Carrier};
use crate::shown::{Shown, entries, text};

pub(crate) const TYPE: &str = "Docker::Volume";

pub(crate) async fn create(
    client: &Client,
    call: &Call,
    properties: &Map<String, Json>,
) -> Result<Object, AdapterError> {
    let request = VolumeCreateRequest {
        name: text(properties, "Name"),
        driver: text(properties, "Driver"),
        driver_opts: Some(entries(properties.get("Options")).collect())
            .filter(|options: &HashMap<_, _>| !options.is_empty()),
        labels: Some(labels::written(properties, &call.owner, Carrier::Other)),
        ..VolumeCreateRequest::default()
    };
    let made = client.create_volume(request).await.map_err(|error| error::of(error, Effect::Possible))?;
    let object = show(made);
    // The engine answers with the volume that has the name already, whosever it is.
    if object.owner.as_ref() != Some(&call.owner) {
        let message = format!("there is a volume `{}` already", object.physical_id);
        return Err(AdapterError::new(ErrorKind::AlreadyExists, "Name", message));
    }
    Ok(object)
}

pub(crate) async fn read(client: &Client, name: &str) -> Result<Option<Object>, AdapterError> {
    Ok(error::optional(client.inspect_volume(name).await)?.map(show))
}

pub(crate) async fn delete(client: &Client, name: &str) -> Result<(), AdapterError> {
    let removed = client.remove_volume(name, None::<RemoveVolumeOptions>).await;
    removed.map_err(|error| error::of(error, Effect::Possible))
}

pub(crate) async fn list(client: &Client, owner: Option<&Owner>) -> Result<Vec<Object>, AdapterError> {
    let options = ListVolumesOptions { filters: Some(Carrier::Other.filter(owner)) };
    let found = client.list_volumes(Some(options)).await.map_err(|error| error::of(error, Effect::None))?;
    let mut found = found.volumes.unwrap_or_default();
    let age = |volume: &Volume| (volume.created_at.as_ref().map(|at| at.to_string()), volume.name.clone());
    found.sort_by_cached_key(age);
    Ok(found.into_iter().map(show).collect())
}

fn show(volume: Volume) -> Object {
    let (labels, owner) = labels::shown(&volume.labels, Carrier::Other);
    let options: Map<String, Json> =
        volume.options.into_iter().map(|(name, value)| (name, Json::from(value))).collect();
    Shown::default()
        .with("Name", volume.name.as_str())
        .with("Driver", volume.driver)
        .with("Mountpoint", volume.mountpoint)
        .with("Options", options)
        .with(labels::PROPERTY, labels)
        .object(TYPE, volume.name, owner)
}
