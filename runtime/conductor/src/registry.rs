//! Variables and services: what members read and write while they run, and where they find each other.
//!
//! The one idea: what is declared (who may read, of which kind a value is, who serves) is in State like any resource; values are rows
//! of the store, one a version, each written by the owner alone, so that a comparison with the version before it is sure.
//! Guarantees: versions of a variable count up by one and never again from the beginning; a value that was answered for is on disk.
//! Deliberately absent: who is allowed to ask, beyond members: tokens and roles are the API's.

use conductor_core::{DeploymentName, ResourceRecord, ResourceStatus, Uid};
use conductor_store::{Commit, Store, StoreError, Variable};
use lw_plan::{Json, ResourcePath};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::owner::Owner;
use crate::secret_key::SecretKey;
use crate::{Exit, Problem, Problems, clock};

pub(crate) const VARIABLE: &str = "Linework::Variable";
pub(crate) const SERVICE: &str = "Linework::Service";

/// As many versions as are answered with at once.
const VERSIONS_MOST: u64 = 1_000;

/// Where an object shows its address, by wire name; the first that is there counts.
const ADDRESSES: [&str; 4] = ["Address", "PrivateIp", "PrivateIpAddress", "PublicIp"];

/// A value of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableVersion {
    /// 0 for the value that the source gives.
    pub version: u64,
    /// `null` where there is none, or none any more.
    pub value: Json,
    /// `null` for the value that the source gives.
    pub at_ms: Option<u64>,
}

/// A variable with its newest value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableRow {
    pub name: String,
    #[serde(flatten)]
    pub newest: VariableVersion,
    /// When the value is over, if it ever is.
    pub expires_at_ms: Option<u64>,
}

/// A service and who serves it now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRow {
    pub name: String,
    pub port: u16,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    pub path: ResourcePath,
    pub address: String,
    pub port: u16,
}

/// A resource that asks for itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub path: ResourcePath,
}

/// What a member shows: its uid, and what only this installation can have made of it.
pub(crate) fn identity(uid: &str, key: &SecretKey) -> Result<String, adapter::AdapterError> {
    Ok(format!("lwm_{uid}_{}", key.digest(&format!("member {uid}"))?))
}

/// What is declared in a deployment, as State has it.
pub(crate) struct Registry {
    deployment: DeploymentName,
    records: Vec<ResourceRecord>,
}

impl Registry {
    pub fn of(store: &dyn Store, deployment: &DeploymentName) -> Result<Registry, StoreError> {
        Ok(Registry { deployment: deployment.clone(), records: store.resources(deployment)? })
    }

    fn declared(&self, wire_type: &str) -> impl Iterator<Item = &ResourceRecord> {
        self.records.iter().filter(move |record| record.is_live() && record.wire_type == wire_type)
    }

    fn named(&self, wire_type: &str, name: &str) -> Option<&ResourceRecord> {
        self.declared(wire_type).find(|record| name_of(record) == name)
    }

    /// The member whose identity is shown, while its record stands.
    pub fn member(&self, shown: &str, key: &SecretKey) -> Option<Member> {
        let uid = shown.strip_prefix("lwm_")?.split_once('_')?.0;
        let expected = identity(uid, key).ok()?;
        // Digests are compared, so that the time it takes says nothing of the identity.
        if key.digest(shown).ok()? != key.digest(&expected).ok()? {
            return None;
        }
        let record = self.records.iter().find(|record| record.uid.to_string() == uid)?;
        Some(Member { path: record.path.clone() })
    }

    /// Whether a member is one of those that a declaration names, or belongs to one: a member of a fleet, or what takes the place of one
    /// that is on its way out.
    pub fn permits(&self, member: &Member, wire_type: &str, name: &str, property: &str) -> bool {
        let Some(declared) = self.named(wire_type, name) else { return false };
        let named = texts(declared.properties.get(property));
        let of_named = self
            .records
            .iter()
            .filter(|record| record.physical_id.as_deref().is_some_and(|physical_id| named.contains(&physical_id)));
        of_named.into_iter().any(|record| is_within(member.path.as_str(), record.path.as_str()))
    }

    /// The variables and their newest values, by name.
    pub fn variables(&self, store: &dyn Store) -> Result<Vec<VariableRow>, StoreError> {
        let newest = store.variables(&self.deployment)?;
        let row = |record: &ResourceRecord| {
            let found = newest.iter().find(|variable| variable.name == name_of(record));
            row_of(record, found)
        };
        let mut rows: Vec<VariableRow> = self.declared(VARIABLE).map(row).collect();
        rows.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(rows)
    }

    /// The newest value of one; `None` where none of that name is declared.
    pub fn variable(&self, store: &dyn Store, name: &str) -> Result<Option<VariableRow>, StoreError> {
        let Some(record) = self.named(VARIABLE, name) else { return Ok(None) };
        let found = store.variable_versions(&self.deployment, name, 0, 1, true)?;
        Ok(Some(row_of(record, found.first())))
    }

    /// Every value after a version, in order.
    pub fn versions(&self, store: &dyn Store, name: &str, after: u64) -> Result<Vec<VariableVersion>, StoreError> {
        let Some(record) = self.named(VARIABLE, name) else { return Ok(Vec::new()) };
        let found = store.variable_versions(&self.deployment, name, after, VERSIONS_MOST, false)?;
        let own = found.iter().filter_map(|variable| value_of(record.uid, variable).map(|value| (variable, value)));
        Ok(own
            .map(|(variable, value)| VariableVersion {
                version: variable.version,
                value: value.clone(),
                at_ms: Some(variable.at_ms),
            })
            .collect())
    }

    /// The services and who serves them, by name.
    pub fn services(&self) -> Vec<ServiceRow> {
        let row = |record: &ResourceRecord| {
            let port = record.properties.get("Port").and_then(Json::as_u64).unwrap_or_default() as u16;
            let named = texts(record.properties.get("Members"));
            let paths: Vec<&str> = self
                .records
                .iter()
                .filter(|record| record.physical_id.as_deref().is_some_and(|id| named.contains(&id)))
                .map(|record| record.path.as_str())
                .collect();
            let serves = |other: &&ResourceRecord| paths.iter().any(|path| is_within(other.path.as_str(), path));
            let mut endpoints: Vec<Endpoint> = self
                .records
                .iter()
                .filter(|other| other.is_live() && other.status == ResourceStatus::Ready)
                .filter(serves)
                .filter_map(|other| Some(Endpoint { path: other.path.clone(), address: address_of(other)?, port }))
                .collect();
            endpoints.sort_by(|left, right| (&left.path, &left.address).cmp(&(&right.path, &right.address)));
            ServiceRow { name: name_of(record).to_string(), port, endpoints }
        };
        let mut rows: Vec<ServiceRow> = self.declared(SERVICE).map(row).collect();
        rows.sort_by(|left, right| left.name.cmp(&right.name));
        rows
    }
}

impl Owner {
    /// Writes the next version of a variable, if the newest is the expected one.
    pub(crate) async fn set_variable(
        &self,
        deployment: &DeploymentName,
        name: &str,
        value: Json,
        expected: Option<u64>,
    ) -> Result<VariableVersion, Problems> {
        // Between the look at the newest version and the commit of the next nobody else writes.
        let _turn = self.registry_turn().lock().await;
        let store = self.store.as_ref().ok_or_else(|| Problems::from(unknown(deployment, name)))?;
        let registry = Registry::of(&**store, deployment)?;
        let record = registry.named(VARIABLE, name).ok_or_else(|| unknown(deployment, name))?;
        let newest = store.variable_versions(deployment, name, 0, 1, true)?;
        let row = row_of(record, newest.first());
        if let Some(expected) = expected
            && expected != row.newest.version
        {
            let message = format!("`{name}` is at version {}, not {expected}", row.newest.version);
            return Err(Problem::new("LW0559", Exit::Refused, message)
                .help("read it again, and decide by what it is now")
                .into());
        }
        if let Some(kind) = record.properties.get("Kind").and_then(Json::as_str)
            && !is_of_kind(kind, &value)
        {
            let message = format!("`{name}` holds values of the kind `{kind}`, and `{value}` is none");
            return Err(Problem::new("LW0559", Exit::Refused, message).into());
        }
        let version = newest.first().map_or(1, |newest| newest.version + 1);
        let at_ms = clock::now_ms();
        let written = Variable {
            deployment: deployment.clone(),
            name: name.to_string(),
            version,
            value: json!({"uid": record.uid, "value": value}),
            at_ms,
        };
        let commit = Commit { variables: vec![written], ..Commit::new(deployment.clone(), at_ms) };
        self.commit(commit).await?;
        Ok(VariableVersion { version, value, at_ms: Some(at_ms) })
    }
}

pub(crate) fn unknown(deployment: &DeploymentName, name: &str) -> Problem {
    Problem::new("LW0558", Exit::Usage, format!("`{deployment}` declares no variable `{name}`"))
        .help(format!("`lw vars list {deployment}` lists them"))
}

fn name_of(record: &ResourceRecord) -> &str {
    record.properties.get("Name").and_then(Json::as_str).unwrap_or_else(|| record.path.as_str())
}

fn texts(value: Option<&Json>) -> Vec<&str> {
    value.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

/// Whether a path is another one or lies below it.
fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn address_of(record: &ResourceRecord) -> Option<String> {
    let shown = record.observed.properties()?;
    ADDRESSES.iter().find_map(|name| shown.get(*name)?.as_str().filter(|text| !text.is_empty()).map(str::to_string))
}

/// What a row holds for this declaration: a variable that was taken away and declared again begins without a value.
fn value_of(uid: Uid, variable: &Variable) -> Option<&Json> {
    let is_own = variable.value.get("uid").and_then(Json::as_str) == Some(uid.to_string().as_str());
    variable.value.get("value").filter(|_| is_own)
}

fn row_of(record: &ResourceRecord, newest: Option<&Variable>) -> VariableRow {
    let name = name_of(record).to_string();
    let written = newest.and_then(|variable| Some((variable, value_of(record.uid, variable)?)));
    let Some((variable, value)) = written else {
        let value = record.properties.get("Initial").cloned().unwrap_or(Json::Null);
        return VariableRow { name, newest: VariableVersion { version: 0, value, at_ms: None }, expires_at_ms: None };
    };
    let lifetime_ms =
        record.properties.get("ExpiresAfter").and_then(Json::as_f64).map(|seconds| (seconds * 1e3) as u64);
    let expires_at_ms = lifetime_ms.map(|lifetime_ms| variable.at_ms.saturating_add(lifetime_ms));
    let is_over = expires_at_ms.is_some_and(|at_ms| at_ms <= clock::now_ms());
    let value = if is_over { Json::Null } else { value.clone() };
    let newest = VariableVersion { version: variable.version, value, at_ms: Some(variable.at_ms) };
    VariableRow { name, newest, expires_at_ms }
}

fn is_of_kind(kind: &str, value: &Json) -> bool {
    match kind {
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_those_of_json() {
        for (kind, fits, misfits) in [
            ("integer", json!(3), json!(3.5)),
            ("number", json!(3.5), json!("3.5")),
            ("string", json!("x"), json!(null)),
            ("boolean", json!(false), json!(0)),
            ("array", json!([1]), json!({})),
            ("object", json!({}), json!([])),
        ] {
            assert!(is_of_kind(kind, &fits) && !is_of_kind(kind, &misfits), "{kind}");
        }
    }

    #[test]
    fn a_member_is_within_what_it_belongs_to() {
        assert!(is_within("web", "web") && is_within("web[3]", "web") && is_within("web.members", "web"));
        assert!(!is_within("website", "web") && !is_within("web", "web[3]"));
    }
}
