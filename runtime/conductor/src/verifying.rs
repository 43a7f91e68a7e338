//! `lw verify`: the policies in force, asked about what is there.

use conductor_core::{DeploymentName, PolicyVerdict, verdicts};
use conductor_store::{CloudKind, Store};
use serde::{Deserialize, Serialize};

use crate::owner::{Owner, Reports, Stop};
use crate::{Exit, Problem, Problems, clock, read};

/// `lw verify --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerdictReport {
    pub deployment: DeploymentName,
    pub policies: Vec<PolicyVerdict>,
}

impl Owner {
    pub(crate) async fn verify(
        &self,
        name: &DeploymentName,
        stop: Stop,
        reports: &Reports,
    ) -> Result<VerdictReport, Problems> {
        let mut snapshot = self.snapshot(name)?;
        let kind = snapshot.kind.unwrap_or(CloudKind::Real);
        let hash = snapshot.deployment.plan.clone();
        let (Some(store), Some(hash)) = (&self.store, hash) else {
            return Err(read::unknown(self.store_path(), name).into());
        };
        if !snapshot.open.is_empty() && self.commits.is_some() {
            let _turn = self.turn(name).await;
            snapshot = self.snapshot(name)?;
            self.resolve_open(&snapshot, kind, stop, reports).await?;
            snapshot = self.snapshot(name)?;
        }
        let missing = || Problem::new("LW0566", Exit::Runtime, format!("the Plan in force of `{name}` is not there"));
        let plan = store.plan(&hash)?.ok_or_else(missing)?;
        if plan.meaning.policies.is_empty() {
            return Ok(VerdictReport { deployment: name.clone(), policies: Vec::new() });
        }
        self.observe(&mut snapshot.records, kind, reports).await?;
        let unreadable = |reason: String| {
            Problem::new("LW0583", Exit::Runtime, format!("the policies of `{name}` cannot be run: {reason}"))
                .help("apply the composition again with this version of `lw`")
        };
        let policies = verdicts(&plan, &snapshot.records, &clock::today()).map_err(unreadable)?;
        Ok(VerdictReport { deployment: name.clone(), policies })
    }
}
