//! `lw chaos`: something is done in the simulated cloud behind the Conductor's back, to see what it does about it.

use conductor_core::{DeploymentName, ResourceRecord};
use conductor_store::CloudKind;
use lw_plan::{Json, NodeKind, ResourcePath};
use serde::{Deserialize, Serialize};

use crate::owner::Owner;
use crate::{Exit, Problem, Problems, clock, read};

/// What somebody else is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Disturbance {
    /// Changes a property, or takes it away.
    Set { path: ResourcePath, property: String, value: Option<Json> },
    /// Ends an object.
    Delete { path: ResourcePath },
    /// Does so many things by the dice.
    Random { count: u64, seed: u64 },
}

/// `lw chaos --json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisturbanceReport {
    pub done: Vec<Disturbed>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disturbed {
    pub path: ResourcePath,
    pub physical_id: String,
    /// The wire property; absent where the whole object was ended.
    pub property: Option<String>,
    pub value: Option<Json>,
}

impl Owner {
    pub(crate) async fn disturb(
        &self,
        name: &DeploymentName,
        disturbances: &[Disturbance],
    ) -> Result<DisturbanceReport, Problems> {
        let snapshot = self.snapshot(name)?;
        if snapshot.deployment.plan.is_none() && snapshot.records.is_empty() {
            return Err(read::unknown(self.store_path(), name).into());
        }
        if snapshot.kind != Some(CloudKind::Sim) {
            let message = format!("`{name}` is in a real cloud, and nothing is disturbed there");
            return Err(Problem::new("LW0585", Exit::Usage, message).help("apply it with `--sim` to try this").into());
        }
        let live: Vec<&ResourceRecord> = snapshot
            .records
            .iter()
            .filter(|record| record.is_live() && record.kind == NodeKind::Managed && record.physical_id.is_some())
            .collect();
        let mut report = DisturbanceReport::default();
        for disturbance in disturbances {
            match disturbance {
                Disturbance::Set { path, property, value } => {
                    let record = found(&live, name, path)?;
                    report.done.extend(self.change(record, property, value.clone())?);
                }
                Disturbance::Delete { path } => report.done.extend(self.end(found(&live, name, path)?)?),
                Disturbance::Random { count, seed } => self.shake(&live, *count, *seed, &mut report)?,
            }
        }
        Ok(report)
    }

    fn change(&self, record: &ResourceRecord, named: &str, value: Option<Json>) -> Result<Option<Disturbed>, Problems> {
        let physical_id = record.physical_id.clone().unwrap_or_default();
        let property = wire_name(record, named);
        let there = self.clouds.simulated().meddle(&physical_id, &property, value.clone()).map_err(unreachable)?;
        Ok(there.then(|| Disturbed { path: record.path.clone(), physical_id, property: Some(property), value }))
    }

    fn end(&self, record: &ResourceRecord) -> Result<Option<Disturbed>, Problems> {
        let physical_id = record.physical_id.clone().unwrap_or_default();
        let there = self.clouds.simulated().destroy(&physical_id).map_err(unreachable)?;
        Ok(there.then(|| Disturbed { path: record.path.clone(), physical_id, property: None, value: None }))
    }

    fn shake(
        &self,
        live: &[&ResourceRecord],
        count: u64,
        seed: u64,
        report: &mut DisturbanceReport,
    ) -> Result<(), Problems> {
        let mut state = seed ^ if seed == 0 { clock::now_ms() } else { 0 };
        let mut below = |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit.max(1)
        };
        for _ in 0..count {
            let Some(record) = live.get(below(live.len())) else { break };
            let written: Vec<&String> =
                record.properties.iter().filter(|(_, value)| is_plain(value)).map(|(name, _)| name).collect();
            let done = match (below(4), written.is_empty()) {
                (0, _) | (_, true) => self.end(record)?,
                _ => {
                    let property = written[below(written.len())];
                    let value = other(&record.properties[property], below(1_000));
                    self.change(record, property, Some(value))?
                }
            };
            report.done.extend(done);
        }
        Ok(())
    }
}

fn is_plain(value: &Json) -> bool {
    matches!(value, Json::Bool(_) | Json::Number(_) | Json::String(_))
}

/// A value of the same kind that is another one.
fn other(value: &Json, number: usize) -> Json {
    match value {
        Json::Bool(value) => Json::from(!value),
        Json::Number(_) => Json::from(number + 100_000),
        _ => Json::from(format!("disturbed-{number}")),
    }
}

/// The wire name of a property that may be named as the language does.
fn wire_name(record: &ResourceRecord, named: &str) -> String {
    let shown = record.observed.properties().into_iter().flatten().map(|(name, _)| name);
    let mut known = record.properties.keys().chain(shown);
    known.find(|name| name.eq_ignore_ascii_case(named)).cloned().unwrap_or_else(|| named.to_string())
}

fn found<'a>(
    live: &[&'a ResourceRecord],
    name: &DeploymentName,
    path: &ResourcePath,
) -> Result<&'a ResourceRecord, Problems> {
    live.iter().find(|record| record.path == *path).copied().ok_or_else(|| {
        Problem::new("LW0563", Exit::Usage, format!("`{name}` has no resource `{path}`"))
            .help(format!("`lw status {name}` lists them"))
            .into()
    })
}

fn unreachable(error: adapter::AdapterError) -> Problems {
    Problem::new("LW0580", Exit::Runtime, format!("the simulated cloud cannot be reached: {error}")).into()
}
