//! What a container's properties are in the words of the engine.

use std::collections::HashMap;

use adapter::Owner;
use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig, Mount, MountTmpfsOptions,
    MountType, NetworkingConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
};
use lw_plan::{Json, Map};

use crate::labels::{self, Carrier};
use crate::shown::{count, entries, flag, nanoseconds, objects, text, texts};

/// Where a published port listens when nobody says more: what is on a laptop is not for its neighbours.
pub(super) const HOST_ADDRESS: &str = "127.0.0.1";

pub(super) fn body(properties: &Map<String, Json>, owner: &Owner) -> ContainerCreateBody {
    let mut environment: Vec<String> = entries(properties.get("Environment"))
        .chain(entries(properties.get("Secrets")))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    environment.sort();
    let exposed = objects(properties, "Ports").map(port_name);
    ContainerCreateBody {
        hostname: text(properties, "Hostname"),
        user: text(properties, "User"),
        exposed_ports: Some(exposed.collect()),
        env: Some(environment),
        cmd: texts(properties.get("Command")),
        entrypoint: texts(properties.get("Entrypoint")),
        healthcheck: properties.get("HealthCheck").and_then(Json::as_object).map(health_check),
        image: text(properties, "Image"),
        working_dir: text(properties, "WorkingDirectory"),
        labels: Some(labels::written(properties, owner, Carrier::Other)),
        stop_signal: text(properties, "StopSignal"),
        stop_timeout: properties.get("StopTimeout").and_then(Json::as_f64).map(|seconds| seconds.ceil() as i64),
        host_config: Some(host(properties)),
        networking_config: endpoints(properties)
            .next()
            .map(|first| NetworkingConfig { endpoints_config: Some(HashMap::from([first])) }),
        ..ContainerCreateBody::default()
    }
}

/// Who the container runs as, where that is written in numbers; else its files are those of root.
pub(super) fn user(properties: &Map<String, Json>) -> (u32, u32) {
    let text = text(properties, "User").unwrap_or_default();
    let (user, group) = text.split_once(':').unwrap_or((&text, ""));
    let user = user.parse().unwrap_or_default();
    (user, group.parse().unwrap_or(user))
}

/// Networks by their ids, each with how the container is on it.
pub(super) fn endpoints(properties: &Map<String, Json>) -> impl Iterator<Item = (String, EndpointSettings)> {
    objects(properties, "Networks").filter_map(|endpoint| {
        let ipam_config = text(endpoint, "Address")
            .map(|address| EndpointIpamConfig { ipv4_address: Some(address), ..EndpointIpamConfig::default() });
        let aliases = texts(endpoint.get("Aliases"));
        Some((text(endpoint, "Network")?, EndpointSettings { ipam_config, aliases, ..EndpointSettings::default() }))
    })
}

/// `80/tcp`
fn port_name(port: &Map<String, Json>) -> String {
    let protocol = text(port, "Protocol").unwrap_or_else(|| "tcp".to_string());
    format!("{}/{protocol}", count(port, "Container").unwrap_or_default())
}

fn host(properties: &Map<String, Json>) -> HostConfig {
    let network = endpoints(properties).next().map(|(network, _)| network);
    let mut ports: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for port in objects(properties, "Ports") {
        let address = text(port, "HostAddress").unwrap_or_else(|| HOST_ADDRESS.to_string());
        let host_port = count(port, "HostPort").map(|port| port.to_string());
        let binding = PortBinding { host_ip: Some(address), host_port };
        ports.entry(port_name(port)).or_default().get_or_insert_default().push(binding);
    }
    let restart = text(properties, "Restart").and_then(|name| match name.as_str() {
        "always" => Some(RestartPolicyNameEnum::ALWAYS),
        "on-failure" => Some(RestartPolicyNameEnum::ON_FAILURE),
        "unless-stopped" => Some(RestartPolicyNameEnum::UNLESS_STOPPED),
        _ => None,
    });
    HostConfig {
        memory: count(properties, "Memory"),
        nano_cpus: nanoseconds(properties.get("Cpus")),
        pids_limit: count(properties, "Pids"),
        init: flag(properties, "Init"),
        network_mode: text(properties, "NetworkMode").or(network),
        port_bindings: Some(ports),
        restart_policy: restart
            .map(|name| RestartPolicy { name: Some(name), maximum_retry_count: count(properties, "RestartAttempts") }),
        mounts: Some(mounts(properties)),
        cap_add: texts(properties.get("AddCapabilities")),
        cap_drop: texts(properties.get("DropCapabilities")),
        readonly_rootfs: flag(properties, "ReadOnlyRoot"),
        ..HostConfig::default()
    }
}

fn mounts(properties: &Map<String, Json>) -> Vec<Mount> {
    let mount = |typ, source, mount: &Map<String, Json>| Mount {
        target: text(mount, "Target"),
        source,
        typ: Some(typ),
        read_only: flag(mount, "ReadOnly"),
        ..Mount::default()
    };
    let volumes = objects(properties, "Volumes").map(|one| mount(MountType::VOLUME, text(one, "Volume"), one));
    let binds = objects(properties, "Binds").map(|one| mount(MountType::BIND, text(one, "Source"), one));
    let temporary = objects(properties, "Temporary").map(|one| Mount {
        tmpfs_options: count(one, "Size")
            .map(|size| MountTmpfsOptions { size_bytes: Some(size), ..MountTmpfsOptions::default() }),
        ..mount(MountType::TMPFS, None, one)
    });
    volumes.chain(binds).chain(temporary).collect()
}

fn health_check(check: &Map<String, Json>) -> HealthConfig {
    let command = texts(check.get("Command")).unwrap_or_default();
    HealthConfig {
        test: Some(std::iter::once("CMD".to_string()).chain(command).collect()),
        interval: nanoseconds(check.get("Interval")),
        timeout: nanoseconds(check.get("Timeout")),
        retries: count(check, "Retries"),
        start_period: nanoseconds(check.get("StartPeriod")),
        start_interval: None,
    }
}
