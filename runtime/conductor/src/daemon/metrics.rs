//! Figures in Prometheus' text format: gauges and counters of each deployment.

use std::fmt::Write;

use conductor_store::{Store, StoreError, WatchStore};

use super::board::Condition;
use super::watcher::Common;
use crate::{Problems, clock};

/// Name, help, kind, and what it is of a deployment; `None` where it is not known.
type Figure = (&'static str, &'static str, &'static str, fn(&Condition, u64) -> Option<f64>);

const FIGURES: &[Figure] = &[
    ("linework_objects_watched", "Objects that are looked at", "gauge", |one, _| Some(one.watched as f64)),
    ("linework_deviations", "Places that are not as they were written", "gauge", |one, _| {
        Some(one.standing.len() as f64)
    }),
    ("linework_orphans", "Objects that carry our tag and no record knows", "gauge", |one, _| {
        Some(one.unrecorded.len() as f64)
    }),
    ("linework_policies_failed", "Policies in force that fail on what is there", "gauge", |one, _| {
        Some(one.policies.iter().filter(|policy| policy.verdict == "FAIL").count() as f64)
    }),
    ("linework_blind", "1 while the cloud cannot be looked at", "gauge", |one, _| {
        Some(if one.blind.is_some() { 1.0 } else { 0.0 })
    }),
    ("linework_seconds_since_look", "Since something was last looked at", "gauge", |one, now_ms| {
        one.looked_at_ms.map(|at_ms| now_ms.saturating_sub(at_ms) as f64 / 1_000.0)
    }),
    ("linework_looks_total", "Looks at the objects of one type", "counter", |one, _| Some(one.counters.looks as f64)),
    ("linework_objects_read_total", "Objects read", "counter", |one, _| Some(one.counters.objects_read as f64)),
    ("linework_calls_total", "Calls made to look", "counter", |one, _| Some(one.counters.calls as f64)),
    ("linework_looks_failed_total", "Looks that the cloud did not answer", "counter", |one, _| {
        Some(one.counters.calls_failed as f64)
    }),
    ("linework_corrections_total", "Deviations put right", "counter", |one, _| Some(one.counters.corrections as f64)),
    ("linework_corrections_failed_total", "Steps of corrections that failed", "counter", |one, _| {
        Some(one.counters.corrections_failed as f64)
    }),
];

pub fn metrics(common: &Common) -> Result<String, Problems> {
    let now_ms = clock::now_ms();
    let conditions = common.board.all();
    let mut out = String::new();
    for (name, help, kind, figure) in FIGURES {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (deployment, condition) in &conditions {
            if let Some(value) = figure(condition, now_ms) {
                let _ = writeln!(out, "{name}{{deployment=\"{deployment}\"}} {value}");
            }
        }
    }
    let _ = writeln!(
        out,
        "# HELP linework_incidents_open Incidents that are not over\n# TYPE linework_incidents_open gauge"
    );
    for (deployment, _) in &conditions {
        let open = common.store.open_incidents(deployment)?.len();
        let _ = writeln!(out, "linework_incidents_open{{deployment=\"{deployment}\"}} {open}");
    }
    let waiting = waiting(common)?;
    let _ = writeln!(
        out,
        "# HELP linework_deliveries_waiting Notifications that are still to be delivered\n\
         # TYPE linework_deliveries_waiting gauge\nlinework_deliveries_waiting {waiting}"
    );
    let deployments = common.store.deployments()?.len();
    let _ = writeln!(
        out,
        "# HELP linework_deployments Deployments in the store\n# TYPE linework_deployments gauge\n\
         linework_deployments {deployments}"
    );
    Ok(out)
}

fn waiting(common: &Common) -> Result<usize, StoreError> {
    Ok(common.store.deliveries(u64::MAX >> 1, 10_000)?.len())
}
