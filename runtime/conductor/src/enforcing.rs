//! What the daemon does as the owner of a store: the same journal, the same turns, the same clouds as a command.

use std::collections::HashSet;
use std::sync::Arc;

use conductor_core::{ChangeSet, DeploymentName, Execution, ExecutionInput, FinishState, ResourceRecord, Unrecorded};
use conductor_store::{CloudKind, Store};
use lw_plan::{Plan, Provider};
use tokio::sync::mpsc;

use crate::Problems;
use crate::applying::guards;
use crate::owner::{Owner, Snapshot, Stop};

impl Owner {
    /// For nodes that name no provider.
    pub(crate) fn default_provider(kind: CloudKind) -> Option<Provider> {
        (kind == CloudKind::Sim).then(|| Provider { cloud: "sim".to_string(), ..Provider::default() })
    }

    /// A Plan as it is executed: in the simulated cloud, every provider is one of its regions.
    pub(crate) fn as_bound(&self, mut plan: Plan, kind: CloudKind) -> Plan {
        if kind == CloudKind::Sim {
            for provider in plan.meaning.providers.values_mut() {
                provider.cloud = "sim".to_string();
            }
        }
        plan
    }

    /// Executes a change set that puts right what deviates. The deployment's turn is held.
    pub(crate) async fn enforce(
        &self,
        snapshot: Snapshot,
        kind: CloudKind,
        plan: &Plan,
        changes: ChangeSet,
        records: &[ResourceRecord],
        stop: Stop,
    ) -> Result<FinishState, Problems> {
        let name = snapshot.deployment.name.clone();
        let guards = guards(plan, &name, records)?;
        let execution = Execution::new(ExecutionInput {
            changes: Arc::new(changes),
            deployment: snapshot.deployment,
            records,
            catalogue: adapter::Catalogue::embedded(),
            settings: self.settings(kind, snapshot.epoch),
            guards,
        });
        let (reports, _nobody) = mpsc::unbounded_channel();
        self.run_unwatched(&name, kind, execution, records, stop, &reports).await
    }

    /// What carries the deployment's tag and no record knows, by identity and by name.
    pub(crate) async fn sweep(&self, name: &DeploymentName, kind: CloudKind) -> Result<Vec<Unrecorded>, Problems> {
        let snapshot = self.snapshot(name)?;
        let owned = self.owned(&snapshot, kind).await?;
        // The rows are read after the objects: what was made in between is known.
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let rows = store.summaries(name)?;
        let uids: HashSet<String> = rows.iter().map(|row| row.uid.to_string()).collect();
        let known: HashSet<(&str, &str)> =
            rows.iter().filter_map(|row| Some((row.wire_type.as_str(), row.physical_id.as_deref()?))).collect();
        let mut found: Vec<Unrecorded> = owned
            .into_iter()
            .filter(|object| !known.contains(&(object.wire_type.as_str(), object.physical_id.as_str())))
            .filter(|object| object.owner.as_ref().is_none_or(|owner| !uids.contains(&owner.uid)))
            .map(|object| Unrecorded { wire_type: object.wire_type, physical_id: object.physical_id })
            .collect();
        found.sort_by(|left, right| (&left.wire_type, &left.physical_id).cmp(&(&right.wire_type, &right.physical_id)));
        found.dedup();
        Ok(found)
    }
}
