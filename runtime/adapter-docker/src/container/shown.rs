//! A container as the engine shows it, in the words of Plans.

use adapter::Object;
use bollard::models::{
    ContainerConfig, ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, EndpointSettings,
    HealthConfig, HostConfig, MountType, NetworkSettings,
};
use lw_plan::{Json, Map};

use super::TYPE;
use crate::labels::{self, Carrier};
use crate::shown::{Shown, number, seconds};

pub(super) fn show(container: ContainerInspectResponse) -> Object {
    let id = container.id.unwrap_or_default();
    let config = container.config.unwrap_or_default();
    let host = container.host_config.unwrap_or_default();
    let settings = container.network_settings.unwrap_or_default();
    let state = container.state.unwrap_or_default();
    let (labels, owner) = labels::shown(config.labels.as_ref().unwrap_or(&Default::default()), Carrier::Other);
    let networks = networks(&id, &settings);
    let shown = Shown::default()
        .with("ContainerId", id.as_str())
        .with("Name", container.name.map(|name| name.trim_start_matches('/').to_string()))
        .with("State", state_in_words(&state))
        .with("Health", health_in_words(&state))
        .with("Address", address(&settings))
        .with("Networks", networks)
        .with(labels::PROPERTY, labels);
    let shown = of_host(of_config(shown, config), &host);
    shown.object(TYPE, id, owner)
}

fn of_config(shown: Shown, config: ContainerConfig) -> Shown {
    let environment: Map<String, Json> = config
        .env
        .unwrap_or_default()
        .into_iter()
        .filter_map(|entry| entry.split_once('=').map(|(name, value)| (name.to_string(), Json::from(value))))
        .collect();
    shown
        .with("Command", config.cmd.unwrap_or_default())
        .with("Entrypoint", config.entrypoint.unwrap_or_default())
        .with("Environment", environment)
        .with("HealthCheck", config.healthcheck.map(health_check).unwrap_or_default())
        .with("Hostname", config.hostname)
        .with("Image", config.image)
        .with("StopSignal", config.stop_signal)
        .with_number("StopTimeout", config.stop_timeout.map(|seconds| seconds as f64))
        .with("User", config.user)
        .with("WorkingDirectory", config.working_dir)
}

fn of_host(shown: Shown, host: &HostConfig) -> Shown {
    let mode = host.network_mode.as_deref().filter(|mode| ["bridge", "host", "none"].contains(mode));
    let restart = host.restart_policy.as_ref();
    let policy = restart.and_then(|restart| restart.name).map(|name| name.to_string()).filter(|name| !name.is_empty());
    shown
        .with("AddCapabilities", host.cap_add.clone().unwrap_or_default())
        .with("Binds", mounts(host, MountType::BIND))
        .with_number("Cpus", seconds(host.nano_cpus))
        .with("DropCapabilities", host.cap_drop.clone().unwrap_or_default())
        .with("Init", host.init)
        .with_number("Memory", host.memory.map(|bytes| bytes as f64))
        .with("NetworkMode", mode)
        .with_number("Pids", host.pids_limit.map(|count| count as f64))
        .with("Ports", ports(host))
        .with("ReadOnlyRoot", host.readonly_rootfs)
        .with("Restart", policy)
        .with_number(
            "RestartAttempts",
            restart.and_then(|restart| restart.maximum_retry_count).map(|count| count as f64),
        )
        .with("Temporary", mounts(host, MountType::TMPFS))
        .with("Volumes", mounts(host, MountType::VOLUME))
}

/// `running` also while the engine starts it again by itself, as its restart policy says.
fn state_in_words(state: &ContainerState) -> Option<String> {
    match state.status? {
        ContainerStateStatusEnum::RESTARTING => Some("running".to_string()),
        status => Some(status.to_string()),
    }
}

/// `starting`, `healthy`, `unhealthy`; `none` without a health check.
fn health_in_words(state: &ContainerState) -> String {
    let health = state.health.as_ref().and_then(|health| health.status);
    health.map(|status| status.to_string()).filter(|status| !status.is_empty()).unwrap_or_else(|| "none".to_string())
}

/// On the first network that gives one.
fn address(settings: &NetworkSettings) -> Option<String> {
    let mut networks: Vec<_> = settings.networks.iter().flatten().collect();
    networks.sort_by_key(|(name, _)| *name);
    networks.into_iter().filter_map(|(_, endpoint)| endpoint.ip_address.clone()).find(|address| !address.is_empty())
}

fn networks(container: &str, settings: &NetworkSettings) -> Vec<Json> {
    let mut networks: Vec<_> = settings.networks.iter().flatten().filter(|(name, _)| !is_built_in(name)).collect();
    networks.sort_by_key(|(name, _)| *name);
    networks.into_iter().map(|(_, endpoint)| endpoint_of(container, endpoint)).collect()
}

fn is_built_in(network: &str) -> bool {
    ["bridge", "host", "none"].contains(&network)
}

fn endpoint_of(container: &str, endpoint: &EndpointSettings) -> Json {
    // The engine adds the container's short id to what was written.
    let aliases = endpoint.aliases.iter().flatten().filter(|alias| !container.starts_with(alias.as_str()));
    let aliases: Vec<Json> = aliases.map(|alias| Json::from(alias.as_str())).collect();
    let asked = endpoint.ipam_config.as_ref().and_then(|ipam| ipam.ipv4_address.clone());
    Shown::default()
        .with("Network", endpoint.network_id.clone())
        .with("Aliases", aliases)
        .with("Address", asked.or_else(|| endpoint.ip_address.clone()))
        .json()
}

fn ports(host: &HostConfig) -> Vec<Json> {
    let mut bindings: Vec<(String, u64, String, u64)> = Vec::new();
    for (name, published) in host.port_bindings.iter().flatten() {
        let (port, protocol) = name.split_once('/').unwrap_or((name, "tcp"));
        for binding in published.iter().flatten() {
            let host_port = binding.host_port.as_deref().and_then(|port| port.parse().ok()).unwrap_or_default();
            let address = binding.host_ip.clone().unwrap_or_default();
            bindings.push((protocol.to_string(), port.parse().unwrap_or_default(), address, host_port));
        }
    }
    bindings.sort();
    let shown = bindings.into_iter().map(|(protocol, port, address, host_port)| {
        Shown::default()
            .with("Container", port)
            .with("HostAddress", address)
            .with_number("HostPort", Some(host_port as f64))
            .with("Protocol", protocol)
            .json()
    });
    shown.collect()
}

fn mounts(host: &HostConfig, kind: MountType) -> Vec<Json> {
    let of_kind = host.mounts.iter().flatten().filter(|mount| mount.typ == Some(kind));
    let source = match kind {
        MountType::VOLUME => "Volume",
        _ => "Source",
    };
    let shown = of_kind.map(|mount| {
        let size = mount.tmpfs_options.as_ref().and_then(|options| options.size_bytes);
        let read_only = (kind != MountType::TMPFS).then(|| mount.read_only.unwrap_or(false));
        Shown::default()
            .with("Target", mount.target.clone())
            .with(source, mount.source.clone())
            .with("ReadOnly", read_only)
            .with_number("Size", size.map(|bytes| bytes as f64))
            .json()
    });
    shown.collect()
}

fn health_check(check: HealthConfig) -> Json {
    let command: Vec<String> = check.test.unwrap_or_default().into_iter().skip(1).collect();
    let number = |value: Option<f64>| value.filter(|value| *value > 0.0).map(number);
    Shown::default()
        .with("Command", command)
        .with("Interval", number(seconds(check.interval)))
        .with("Timeout", number(seconds(check.timeout)))
        .with("Retries", number(check.retries.map(|retries| retries as f64)))
        .with("StartPeriod", number(seconds(check.start_period)))
        .json()
}
