//! Where reality moved away from what was applied, and what in it nobody here knows.

use std::collections::{BTreeMap, HashSet};

use adapter::Object;
use conductor_core::{DeploymentName, DriftReport, Unrecorded, drift};
use conductor_store::{CloudKind, Store};
use lw_plan::Provider;

use crate::clouds::place;
use crate::owner::{Owner, Reports, Snapshot, Stop};
use crate::{Exit, Problem, Problems, read};

impl Owner {
    pub(crate) async fn drift(
        &self,
        name: &DeploymentName,
        stop: Stop,
        reports: &Reports,
    ) -> Result<DriftReport, Problems> {
        let _turn = self.turn(name).await;
        let mut snapshot = self.snapshot(name)?;
        if snapshot.deployment.plan.is_none() && snapshot.records.is_empty() && snapshot.open.is_empty() {
            return Err(read::unknown(self.store_path(), name).into());
        }
        let kind = snapshot.kind.unwrap_or(CloudKind::Real);
        if !snapshot.open.is_empty() && self.commits.is_some() {
            self.resolve_open(&snapshot, kind, stop, reports).await?;
            snapshot = self.snapshot(name)?;
        }
        self.observe(&mut snapshot.records, kind, reports).await?;
        let unrecorded = self.unrecorded(&snapshot, kind).await?;
        Ok(DriftReport { drift: drift(&snapshot.records, adapter::Catalogue::embedded()), unrecorded })
    }

    /// What carries the deployment's tag, in every place where it has or had resources, and is in no row.
    async fn unrecorded(&self, snapshot: &Snapshot, kind: CloudKind) -> Result<Vec<Unrecorded>, Problems> {
        let known: HashSet<(&str, &str)> = snapshot
            .records
            .iter()
            .filter_map(|record| Some((record.wire_type.as_str(), record.physical_id.as_deref()?)))
            .collect();
        let owned = self.owned(snapshot, kind).await?.into_iter();
        let unknown = owned.filter(|object| !known.contains(&(&object.wire_type, &object.physical_id)));
        let mut found: Vec<_> = unknown.map(|object| (object.wire_type, object.physical_id)).collect();
        found.sort();
        // One place under two names shows its objects twice.
        found.dedup();
        Ok(found.into_iter().map(|(wire_type, physical_id)| Unrecorded { wire_type, physical_id }).collect())
    }

    /// What carries the deployment's tag, in every place where it has or had resources.
    pub(crate) async fn owned(&self, snapshot: &Snapshot, kind: CloudKind) -> Result<Vec<Object>, Problems> {
        let mut providers: Vec<Provider> = snapshot.records.iter().map(|record| record.provider.clone()).collect();
        if let (Some(store), Some(hash)) = (&self.store, &snapshot.deployment.plan)
            && let Some(plan) = store.plan(hash)?
        {
            providers.extend(plan.meaning.providers.into_values());
        }
        if kind == CloudKind::Sim {
            providers.push(Provider { cloud: "sim".to_string(), ..Provider::default() });
        }
        let places: BTreeMap<_, _> =
            providers.iter().map(|provider| ((provider.cloud.clone(), place(provider)), provider)).collect();
        let mut found = Vec::new();
        for ((_, place), provider) in places {
            let adapter = self.clouds.adapter(kind, provider)?;
            let objects = adapter.owned(&place, snapshot.deployment.name.as_str()).await.map_err(|error| {
                let message = format!("what `{}` owns cannot be listed: {error}", snapshot.deployment.name);
                Problem::new("LW0580", Exit::Runtime, message).help("run it again when the cloud can be reached")
            })?;
            found.extend(objects);
        }
        Ok(found)
    }
}
