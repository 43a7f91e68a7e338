//! Questions that State answers alone: no owner is asked and no cloud.

use std::path::Path;

use conductor_core::{
    ApplyInput, DeploymentName, Event, PreviewReport, ResourceStatus, StatusDeployment, StatusReport, StatusResource,
    apply_changes,
};
use conductor_store::{CloudKind, ResourceSummary, SqliteStore, Store, StoreError, WatchStore, audit_log};
use lw_plan::{Json, NodeKind, Plan, Provider, ResourcePath, Term};

use crate::registry::Registry;
use crate::{
    Exit, GivenOut, HistoryEvent, HistoryReport, IncidentReport, IncidentRow, OutputReport, Problem, Problems,
    ServiceRow, VariableRow, VariableVersion,
};

/// As many incidents as are read at a time.
const INCIDENTS_PAGE: u64 = 1_000;

/// The store, or `None` when nothing was ever applied.
fn open(path: &Path) -> Result<Option<SqliteStore>, Problems> {
    match SqliteStore::read(path) {
        Ok(store) => Ok(Some(store)),
        Err(StoreError::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn registry(path: &Path, name: &DeploymentName) -> Result<(SqliteStore, Registry), Problems> {
    let store = open(path)?.ok_or_else(|| unknown(path, name))?;
    if store.deployment(name)?.is_none() {
        return Err(unknown(path, name).into());
    }
    let registry = Registry::of(&store, name)?;
    Ok((store, registry))
}

pub fn variables(path: &Path, name: &DeploymentName) -> Result<Vec<VariableRow>, Problems> {
    let (store, registry) = registry(path, name)?;
    Ok(registry.variables(&store)?)
}

pub fn variable_versions(
    path: &Path,
    deployment: &DeploymentName,
    name: &str,
    after: u64,
) -> Result<Vec<VariableVersion>, Problems> {
    let (store, registry) = registry(path, deployment)?;
    if registry.variable(&store, name)?.is_none() {
        return Err(crate::registry::unknown(deployment, name).into());
    }
    Ok(registry.versions(&store, name, after)?)
}

pub fn services(path: &Path, name: &DeploymentName) -> Result<Vec<ServiceRow>, Problems> {
    Ok(registry(path, name)?.1.services())
}

pub fn status(path: &Path, wanted: Option<&DeploymentName>) -> Result<StatusReport, Problems> {
    let report = match open(path)? {
        Some(store) => status_of(&store, wanted)?,
        None => StatusReport { deployments: Vec::new() },
    };
    match wanted {
        Some(name) if report.deployments.is_empty() => Err(unknown(path, name).into()),
        _ => Ok(report),
    }
}

/// The same of a store that is open.
pub fn status_of(store: &dyn Store, wanted: Option<&DeploymentName>) -> Result<StatusReport, StoreError> {
    let mut report = StatusReport { deployments: Vec::new() };
    let deployments = match wanted {
        Some(name) => store.deployment(name)?.into_iter().collect(),
        None => store.deployments()?,
    };
    for deployment in deployments {
        let records = store.summaries(&deployment.name)?;
        // A destroyed deployment is a log, and nothing else.
        if deployment.plan.is_none() && records.is_empty() {
            continue;
        }
        report.deployments.push(StatusDeployment {
            name: deployment.name,
            generation: deployment.generation.0,
            plan: deployment.plan,
            state: deployment.state,
            resources: records.iter().filter(|record| is_shown(record)).map(resource).collect(),
        });
    }
    Ok(report)
}

/// Rows without an object and without a question about one are the Conductor's own notes.
fn is_shown(record: &ResourceSummary) -> bool {
    record.kind == NodeKind::Managed && (record.physical_id.is_some() || record.status != ResourceStatus::Ready)
}

fn resource(record: &ResourceSummary) -> StatusResource {
    StatusResource {
        uid: record.uid,
        path: record.path.clone(),
        wire_type: record.wire_type.clone(),
        provider: record.provider.cloud.clone(),
        physical_id: record.physical_id.clone(),
        state: record.status,
    }
}

/// What applying a Plan would change, as far as State alone knows: no cloud is asked and nothing written. `None` where the deployment was
/// never applied.
pub fn changes(path: &Path, name: &DeploymentName, mut plan: Plan) -> Result<Option<PreviewReport>, Problems> {
    let Some(store) = open(path)? else { return Ok(None) };
    let Some(deployment) = store.deployment(name)? else { return Ok(None) };
    let meta = store.meta()?;
    let head = store.head(name)?.map(|(_, hash)| hash).unwrap_or_default();
    let default = match meta.cloud {
        Some(CloudKind::Sim) => {
            plan.meaning.providers.values_mut().for_each(|provider| provider.cloud = "sim".to_string());
            Some(Provider { cloud: "sim".to_string(), ..Provider::default() })
        }
        _ => None,
    };
    let records = store.resources(name)?;
    let input = ApplyInput {
        deployment: &deployment,
        plan: &plan,
        records: &records,
        default_provider: default.as_ref(),
        seed: crate::owner::seed(meta.install_id, name, &head),
    };
    Ok(Some(PreviewReport::of(&apply_changes(&input, adapter::Catalogue::embedded()))))
}

pub fn output(path: &Path, name: &DeploymentName) -> Result<OutputReport, Problems> {
    let deployment = match open(path)? {
        Some(store) => store.deployment(name)?,
        None => None,
    };
    deployment.map(|deployment| deployment.outputs).ok_or_else(|| unknown(path, name).into())
}

/// What a deployment gives out, with what each value is as far as its Plan says it.
pub fn given_out(path: &Path, name: &DeploymentName) -> Result<Vec<GivenOut>, Problems> {
    let store = open(path)?.ok_or_else(|| unknown(path, name))?;
    let deployment = store.deployment(name)?.filter(|deployment| deployment.plan.is_some());
    let deployment = deployment.ok_or_else(|| unknown(path, name))?;
    let plan = deployment.plan.as_ref().map(|hash| store.plan(hash)).transpose()?.flatten();
    let simulated = store.meta()?.cloud == Some(CloudKind::Sim);
    let given = deployment.outputs.into_iter().map(|(output, value)| {
        let of_type = plan.as_ref().and_then(|plan| type_of(plan, &output));
        GivenOut { name: output, value, of_type, simulated }
    });
    Ok(given.collect())
}

/// `Id<"AWS::EC2::VPC">` where an output is an attribute that names a resource, `List<…>` of them where it is several.
fn type_of(plan: &Plan, output: &str) -> Option<String> {
    let path = ResourcePath::root("output").field(output);
    let node = plan.meaning.nodes.iter().find(|node| node.kind == NodeKind::Output && node.path == path)?;
    let one = |value: &Json| {
        let Some(Term::Get { path, attribute }) = Term::of(value) else { return None };
        let of = plan.meaning.nodes.iter().find(|node| node.path.as_str() == path)?;
        let facts = conductor_core::Catalogue::facts(adapter::Catalogue::embedded(), &of.wire_type)?;
        let is_id = matches!(facts.identifier.as_slice(), [only] if only.to_string() == attribute);
        let kind = match is_id {
            _ if attribute == "Arn" || attribute.ends_with("Arn") => "Arn",
            true if attribute.ends_with("Id") => "Id",
            _ => return None,
        };
        Some(format!("{kind}<\"{}\">", of.wire_type))
    };
    match node.output_value()? {
        Json::Array(items) => {
            let first = one(items.first()?)?;
            items.iter().all(|item| one(item).as_ref() == Some(&first)).then(|| format!("List<{first}>"))
        }
        value => one(value),
    }
}

pub fn history(path: &Path, name: &DeploymentName, verify: bool) -> Result<HistoryReport, Problems> {
    let store = open(path)?.ok_or_else(|| unknown(path, name))?;
    let mut events = Vec::new();
    let audit = audit_log(&store, name, &mut |event| events.push(history_event(event)))?;
    if events.is_empty() && audit.broken_at.is_none() {
        return Err(unknown(path, name).into());
    }
    let verified = verify.then_some(audit.broken_at.is_none());
    Ok(HistoryReport { deployment: name.clone(), events, verified, broken_at: audit.broken_at.filter(|_| verify) })
}

pub fn history_event(event: Event) -> HistoryEvent {
    let body = serde_json::from_str(&event.body).ok().filter(Json::is_object);
    let body = body.unwrap_or_else(|| serde_json::json!({"event": "unreadable", "text": event.body}));
    HistoryEvent { sequence: event.sequence, at_ms: event.at_ms, hash: event.hash, body }
}

/// What the Conductor saw and did: newest first, at most so many.
pub fn incidents(
    path: &Path,
    name: Option<&DeploymentName>,
    open_only: bool,
    most: u64,
) -> Result<IncidentReport, Problems> {
    let Some(store) = open(path)? else {
        return name.map_or_else(|| Ok(IncidentReport::default()), |name| Err(unknown(path, name).into()));
    };
    if let Some(name) = name
        && store.deployment(name)?.is_none()
    {
        return Err(unknown(path, name).into());
    }
    let mut incidents = Vec::new();
    let mut before = None;
    while (incidents.len() as u64) < most {
        let page = store.incidents_before(name, before, most.min(INCIDENTS_PAGE))?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        incidents
            .extend(page.into_iter().filter(|one| !open_only || one.resolved_at_ms.is_none()).map(IncidentRow::of));
    }
    incidents.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(IncidentReport { incidents })
}

/// There is no deployment of this name.
pub fn unknown(path: &Path, name: &DeploymentName) -> Problem {
    Problem::new("LW0560", Exit::Usage, format!("there is no deployment `{name}` in `{}`", path.display()))
        .help("`lw status` lists the deployments of a store; `--store` names another store")
}
