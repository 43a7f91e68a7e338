//! Networks.

use std::collections::HashMap;

use adapter::{AdapterError, Call, ErrorKind, Object, Owner};
use bollard::Docker as Client;
use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest, NetworkInspect};
use bollard::query_parameters::{InspectNetworkOptions, ListNetworksOptions};
use lw_plan::{Json, Map};

use crate::error::{self, Effect};
use crate::labels::{self, Carrier};
use crate::shown::{Shown, entries, flag, text};

pub(crate) const TYPE: &str = "Docker::Network";

/// The engine's own, which nobody makes or ends.
const BUILT_IN: [&str; 3] = ["bridge", "host", "none"];

pub(crate) async fn create(
    client: &Client,
    call: &Call,
    properties: &Map<String, Json>,
) -> Result<Object, AdapterError> {
    let name = text(properties, "Name").unwrap_or_default();
    if let Some(other) = read(client, &name).await? {
        let message = format!("there is a network `{name}` already: {}", other.physical_id);
        return Err(AdapterError::new(ErrorKind::AlreadyExists, "Name", message));
    }
    let (subnet, gateway) = (text(properties, "Subnet"), text(properties, "Gateway"));
    let ip_range = text(properties, "IpRange");
    let is_addressed = subnet.is_some() || gateway.is_some() || ip_range.is_some();
    let config = IpamConfig { subnet, gateway, ip_range, auxiliary_addresses: None };
    let request = NetworkCreateRequest {
        name,
        driver: text(properties, "Driver"),
        internal: flag(properties, "Internal"),
        attachable: flag(properties, "Attachable"),
        ipam: is_addressed.then(|| Ipam { config: Some(vec![config]), ..Ipam::default() }),
        options: Some(entries(properties.get("Options")).collect())
            .filter(|options: &HashMap<_, _>| !options.is_empty()),
        labels: Some(labels::written(properties, &call.owner, Carrier::Other)),
        ..NetworkCreateRequest::default()
    };
    let made = client.create_network(request).await.map_err(|error| error::of(error, Effect::Possible))?;
    let missing = || AdapterError::unknown("NotSeen", "the network that was made is not there");
    read(client, &made.id).await?.ok_or_else(missing)
}

/// By its id or, with no network of that id, by its name.
pub(crate) async fn read(client: &Client, id: &str) -> Result<Option<Object>, AdapterError> {
    let found = error::optional(client.inspect_network(id, None::<InspectNetworkOptions>).await)?;
    Ok(found.map(show))
}

pub(crate) async fn delete(client: &Client, id: &str) -> Result<(), AdapterError> {
    client.remove_network(id).await.map_err(|error| error::of(error, Effect::Possible))
}

pub(crate) async fn list(client: &Client, owner: Option<&Owner>) -> Result<Vec<Object>, AdapterError> {
    let options = ListNetworksOptions { filters: Some(Carrier::Other.filter(owner)) };
    let found = client.list_networks(Some(options)).await.map_err(|error| error::of(error, Effect::None))?;
    let mut found: Vec<_> = found
        .into_iter()
        .filter(|network| !network.name.as_deref().is_some_and(|name| BUILT_IN.contains(&name)))
        .filter_map(|network| Some((network.created.map(|created| created.to_string()), network.id?)))
        .collect();
    found.sort();
    let mut objects = Vec::with_capacity(found.len());
    for (_, id) in found {
        objects.extend(read(client, &id).await?);
    }
    Ok(objects)
}

fn show(network: NetworkInspect) -> Object {
    let id = network.id.unwrap_or_default();
    let (labels, owner) = labels::shown(&network.labels.unwrap_or_default(), Carrier::Other);
    let config = network.ipam.and_then(|ipam| ipam.config).and_then(|config| config.into_iter().next());
    let config = config.unwrap_or_default();
    let options: Map<String, Json> =
        network.options.unwrap_or_default().into_iter().map(|(name, value)| (name, Json::from(value))).collect();
    Shown::default()
        .with("NetworkId", id.as_str())
        .with("Name", network.name)
        .with("Driver", network.driver)
        .with("Internal", network.internal)
        .with("Attachable", network.attachable)
        .with("Subnet", config.subnet)
        // Some versions show the gateway with the length of its network.
        .with("Gateway", config.gateway.map(|gateway| gateway.split('/').next().unwrap_or_default().to_string()))
        .with("IpRange", config.ip_range)
        .with("Options", options)
        .with(labels::PROPERTY, labels)
        .object(TYPE, id, owner)
}
