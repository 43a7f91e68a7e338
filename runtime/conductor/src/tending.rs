//! Fleets, performed: members are looked at, the core decides, and what it decides goes through the journal.
//!
//! Guarantees: what a round knows of a fleet is on disk before any of its deeds; the deeds are operations like any other, so that a process
//! that dies leaves nothing twice and nothing unknown. The deployment's turn is held by the caller.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use adapter::{Adapter, MemberWatch, WatchedMember};
use conductor_core::{
    Batch, ChangeSet, DeploymentName, EventBody, Execution, ExecutionInput, FinishState, FleetDecision, FleetEvent,
    FleetInput, FleetRound, FleetState, Handling, IncidentDetail, Member, Observation, Pulses, RecordChange,
    ResourceRecord, ResourceStatus, STATE_ATTRIBUTE, Sight, StepResult, Subject, Uid, fleet_changes, members_of,
    template_of, tend,
};
use conductor_store::{CloudKind, Commit, Incident};
use lw_plan::{FLEET_TYPE, Fleet, Json, ResourcePath};

use crate::applying::{Label, Labels, secretive};
use crate::clouds::{catalogue, place};
use crate::owner::{Owner, Reports, Snapshot, Stop};
use crate::{Exit, Problem, Problems, Progress, clock};

/// What earlier rounds of this process saw of the members.
#[derive(Default)]
pub(crate) struct Tending {
    pub pulses: BTreeMap<Uid, Pulses>,
    /// Somebody asked that nothing be done unasked.
    pub is_paused: bool,
    /// Who is to be told of incidents.
    pub tell: Vec<String>,
}

/// What a round over all fleets of a deployment came to.
#[derive(Default)]
pub(crate) struct Tended {
    /// Fleets that are not as they shall be, with why, where one failed for good.
    pub unsettled: Vec<(ResourcePath, Option<String>)>,
    /// Fleets whose template failed, with why.
    pub refused: Vec<(Uid, String)>,
    /// When the next round is due.
    pub look_again_ms: Option<u64>,
    /// Deeds done.
    pub deeds: usize,
}

impl Owner {
    /// Rounds until every fleet is as it shall be, or its template has failed; a failure is the failure of the step that declared it.
    pub(crate) async fn settle_fleets(
        &self,
        name: &DeploymentName,
        kind: CloudKind,
        changes: &ChangeSet,
        end: &mut FinishState,
        mut stop: Stop,
        reports: &Reports,
    ) -> Result<(), Problems> {
        let mut tending = Tending::default();
        if self
            .snapshot(name)?
            .records
            .iter()
            .filter(|record| is_fleet(record))
            .all(|record| self.is_at_rest(name, record))
        {
            return Ok(());
        }
        let refused = loop {
            let tended = self.tend_fleets(name, kind, &mut tending, stop.clone(), reports).await?;
            if tended.unsettled.is_empty() {
                break tended.refused;
            }
            if let Some(reason) = stop.borrow().clone() {
                let waiting = tended.unsettled.iter().map(|(path, _)| path.to_string()).collect::<Vec<_>>().join(", ");
                end.problem = Some(format!("{reason}; not yet as declared: {waiting}"));
                return Ok(());
            }
            let pause_ms = tended.look_again_ms.unwrap_or(0).saturating_sub(clock::now_ms()).max(1);
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
            }
        };
        for (uid, reason) in refused {
            let step = changes.steps.iter().position(|step| step.uid == uid);
            match step {
                Some(step) => end.results[step] = (StepResult::Failed, Some(format!("its template is left: {reason}"))),
                None => end.problem = Some(format!("a fleet's template was left: {reason}")),
            }
        }
        Ok(())
    }

    /// Whether State says that nothing is left to do to a fleet; whether its members are well is for whoever watches them.
    fn is_at_rest(&self, name: &DeploymentName, record: &ResourceRecord) -> bool {
        let Ok(fleet) = Fleet::read(&record.properties) else { return false };
        let Ok(snapshot) = self.snapshot(name) else { return false };
        let state = FleetState::of(record);
        let members = members_of(&snapshot.records, record.uid, fleet.spread.as_ref());
        let declared = template_of(&fleet.template);
        state.stable.as_ref().is_some_and(|stable| stable.template == declared)
            && state.rollout.is_none()
            && state.draining.is_empty()
            && state.renewing.is_empty()
            && state.declared == fleet.size.desired
            && members.len() == state.desired as usize
            && members.iter().all(|member| state.proven.contains(&member.uid) && member.template == declared)
    }

    /// One round over all fleets of a deployment.
    pub(crate) async fn tend_fleets(
        &self,
        name: &DeploymentName,
        kind: CloudKind,
        tending: &mut Tending,
        stop: Stop,
        reports: &Reports,
    ) -> Result<Tended, Problems> {
        let mut tended = Tended::default();
        let snapshot = self.snapshot(name)?;
        let fleets: Vec<Uid> =
            snapshot.records.iter().filter(|record| is_fleet(record)).map(|record| record.uid).collect();
        tending.pulses.retain(|uid, _| fleets.contains(uid));
        for uid in fleets {
            let snapshot = self.snapshot(name)?;
            if !snapshot.open.is_empty() {
                self.resolve_open(&snapshot, kind, stop.clone(), reports).await?;
            }
            let snapshot = self.snapshot(name)?;
            let Some(record) = snapshot.records.iter().find(|record| record.uid == uid).cloned() else { continue };
            self.tend_fleet(snapshot, record, kind, tending, stop.clone(), reports, &mut tended).await?;
        }
        Ok(tended)
    }

    #[expect(clippy::too_many_arguments, reason = "one round has this many parties")]
    async fn tend_fleet(
        &self,
        snapshot: Snapshot,
        record: ResourceRecord,
        kind: CloudKind,
        tending: &mut Tending,
        stop: Stop,
        reports: &Reports,
        tended: &mut Tended,
    ) -> Result<(), Problems> {
        let name = snapshot.deployment.name.clone();
        let fleet = Fleet::read(&record.properties).map_err(|unreadable| {
            let message = format!("`{}` cannot be kept: {unreadable}", record.path);
            Problem::new("LW0541", Exit::Runtime, message).help("apply the composition again with this version of `lw`")
        })?;
        let before = FleetState::of(&record);
        let members = members_of(&snapshot.records, record.uid, fleet.spread.as_ref());
        let adapter = self.clouds.adapter(kind, &record.provider)?;
        let look = Look { adapter: &*adapter, record: &record, fleet: &fleet, records: &snapshot.records };
        let sights = look.members(&members).await;
        let load = match &fleet.scale {
            Some(scale) => look.figure(&scale.metric).await,
            None => None,
        };
        let mut gates = Vec::with_capacity(fleet.rollout.gates.len());
        for gate in &fleet.rollout.gates {
            gates.push(look.figure(&gate.metric).await);
        }
        let now_ms = clock::now_ms();
        let mut state = before.clone();
        let decision = {
            let round = FleetRound {
                now_ms,
                fleet: &fleet,
                members: &members,
                sights: sights.as_ref(),
                load,
                gates: &gates,
                is_paused: tending.is_paused,
                seed: snapshot.seed ^ record.uid.0,
            };
            tend(&round, &mut state, tending.pulses.entry(record.uid).or_default())
        };
        tell(&record.path, &decision, reports);
        let record = kept(record, &state, &decision);
        let mut records = snapshot.records;
        if state != before || !decision.events.is_empty() {
            self.keep(&name, &record, &decision.events, &tending.tell, now_ms).await?;
        }
        if let Some(row) = records.iter_mut().find(|row| row.uid == record.uid) {
            *row = record.clone();
        }
        tended.deeds += decision.actions.len();
        tended.look_again_ms =
            Some(tended.look_again_ms.map_or(decision.look_again_ms, |known| known.min(decision.look_again_ms)));
        let declared = template_of(&fleet.template);
        let refused = state.refused.as_ref().filter(|refused| refused.template == declared);
        if !decision.is_settled && !tending.is_paused {
            tended.unsettled.push((record.path.clone(), refused.map(|refused| refused.reason.clone())));
        }
        tended.refused.extend(refused.map(|refused| (record.uid, refused.reason.clone())));
        if decision.actions.is_empty() {
            return Ok(());
        }
        let input = FleetInput {
            now_ms,
            deployment: &snapshot.deployment,
            record: &record,
            fleet: &fleet,
            state: &state,
            records: &records,
            actions: &decision.actions,
        };
        let changes = Arc::new(fleet_changes(&input, catalogue(kind)));
        let label = |step: &conductor_core::Step| Label {
            path: step.path.clone(),
            action: step.action,
            wire_type: step.wire_type.clone(),
            is_shown: true,
        };
        let mut labels = Labels::of(changes.steps.iter().map(label));
        let execution = Execution::new(ExecutionInput {
            changes: changes.clone(),
            deployment: snapshot.deployment,
            records: &records,
            catalogue: catalogue(kind),
            settings: self.settings(kind, snapshot.epoch),
            guards: None,
        });
        // What failed is seen at the next look, and tried again.
        self.run(&name, kind, execution, secretive(&records), None, stop, &mut labels, reports).await?;
        Ok(())
    }

    /// Writes what a round knows, and what is told of it.
    async fn keep(
        &self,
        name: &DeploymentName,
        record: &ResourceRecord,
        events: &[FleetEvent],
        tell: &[String],
        now_ms: u64,
    ) -> Result<(), Problems> {
        let recorded = |event: &FleetEvent| EventBody::Recorded {
            uid: record.uid,
            path: record.path.to_string(),
            action: None,
            text: event.text(),
        };
        let batch = Batch {
            records: vec![RecordChange::Put(Box::new(record.clone()))],
            events: events.iter().map(recorded).collect(),
            ..Batch::default()
        };
        let incidents = events.iter().filter_map(|event| incident(name, record, event, now_ms)).collect();
        let tell = tell.to_vec();
        self.commit(Commit { incidents, tell, ..Commit::of_batch(name.clone(), now_ms, batch) }).await
    }
}

fn is_fleet(record: &ResourceRecord) -> bool {
    record.wire_type == FLEET_TYPE && record.is_live()
}

/// The record of a fleet with what is known of it now.
fn kept(mut record: ResourceRecord, state: &FleetState, decision: &FleetDecision) -> ResourceRecord {
    if let Observation::Present { properties } = &mut record.observed {
        properties.insert(STATE_ATTRIBUTE.to_string(), serde_json::to_value(state).unwrap_or(Json::Null));
    }
    (record.status, record.problem) = match &state.refused {
        Some(refused) => (ResourceStatus::Failed, Some(refused.reason.clone())),
        None if state.rollout.is_some() || !decision.is_settled => (ResourceStatus::Changing, None),
        None => (ResourceStatus::Ready, None),
    };
    record.revision += 1;
    record
}

/// How a fleet is looked at.
struct Look<'a> {
    adapter: &'a dyn Adapter,
    record: &'a ResourceRecord,
    fleet: &'a Fleet,
    records: &'a [ResourceRecord],
}

impl Look<'_> {
    fn balancer(&self) -> Option<&str> {
        self.fleet.balancer.as_ref().and_then(|balancer| balancer.target.as_str())
    }

    /// What there is to see of the members; `None` where nobody can say.
    async fn members(&self, members: &[Member]) -> Option<BTreeMap<Uid, Sight>> {
        let place = place(&self.record.provider);
        let of = |uid: Uid| self.records.iter().find(|record| record.uid == uid);
        let mut by_type: BTreeMap<&str, Vec<(&ResourceRecord, WatchedMember)>> = BTreeMap::new();
        for member in members {
            let Some(record) = of(member.uid) else { continue };
            let Some(physical_id) = record.physical_id.clone() else { continue };
            let watched = WatchedMember { physical_id, made_at_ms: member.created_at_ms };
            by_type.entry(&record.wire_type).or_default().push((record, watched));
        }
        let mut sights = BTreeMap::new();
        for (wire_type, rows) in by_type {
            let watch = MemberWatch {
                wire_type: wire_type.to_string(),
                checks: self.fleet.health.checks.clone(),
                timeout_ms: self.fleet.health.timeout_ms,
                balancer: self.balancer().map(str::to_string),
                port: self.fleet.balancer.as_ref().and_then(|balancer| balancer.port),
            };
            let (records, watched): (Vec<&ResourceRecord>, Vec<WatchedMember>) = rows.into_iter().unzip();
            let found = match self.adapter.members(&place, &watch, &watched).await {
                Ok(found) if found.len() == watched.len() => found,
                Ok(_) => return None,
                Err(error) => {
                    tracing::warn!(fleet = %self.record.path, %error, "members cannot be looked at");
                    return None;
                }
            };
            let ids: Vec<String> = watched.into_iter().map(|watched| watched.physical_id).collect();
            let shown = self.adapter.read_many(&place, wire_type, &ids).await.unwrap_or_default();
            for (index, (record, mut sight)) in records.into_iter().zip(found).enumerate() {
                let object = shown.get(index).cloned().flatten();
                sight.is_edited = object.is_some_and(|object| is_edited(record, object.properties));
                sights.insert(record.uid, sight);
            }
        }
        Some(sights)
    }

    async fn figure(&self, metric: &Json) -> Option<f64> {
        let place = place(&self.record.provider);
        self.adapter.figure(&place, self.balancer(), metric).await.ok().flatten()
    }
}

/// Whether an object is no longer as it was made.
fn is_edited(record: &ResourceRecord, observed: lw_plan::Map<String, Json>) -> bool {
    let mut plain = record.clone();
    (plain.membership, plain.lifecycle) = (None, Default::default());
    let seen = [(record.uid, Observation::Present { properties: observed })].into();
    let rules = conductor_core::Rules::default();
    !conductor_core::deviations(&[plain], &seen, &rules, adapter::Catalogue::embedded()).is_empty()
}

fn tell(path: &ResourcePath, decision: &FleetDecision, reports: &Reports) {
    for event in &decision.events {
        // Nobody has to watch.
        let _ = reports.send(Progress::Fleet { path: path.clone(), text: event.text() });
    }
}

/// What people are told of later, too.
fn incident(name: &DeploymentName, record: &ResourceRecord, event: &FleetEvent, now_ms: u64) -> Option<Incident> {
    let (kind, key, handling) = match event {
        FleetEvent::RolledBack { .. } => ("rollback", "rollback".to_string(), Handling::Corrected),
        FleetEvent::Halted { .. } => ("rollback", "rollback".to_string(), Handling::Held),
        FleetEvent::RolloutBegan { is_rollback: false, .. } => return None,
        FleetEvent::Braked { .. } => ("brake", "brake".to_string(), Handling::Held),
        FleetEvent::BrakeReleased => ("brake", "brake".to_string(), Handling::Vanished),
        FleetEvent::ZoneLost { zone } => ("zone", format!("zone {zone}"), Handling::Correcting),
        FleetEvent::ZoneReturned { zone } => ("zone", format!("zone {zone}"), Handling::Vanished),
        FleetEvent::MemberLost { member } => ("gone", format!("member {member}"), Handling::Corrected),
        FleetEvent::MemberFailed { member } => ("member", format!("member {member}"), Handling::Corrected),
        FleetEvent::RolloutBegan { .. } | FleetEvent::RolloutEnded { .. } | FleetEvent::Scaled { .. } => return None,
    };
    let is_open = matches!(event, FleetEvent::Halted { .. } | FleetEvent::Braked { .. } | FleetEvent::ZoneLost { .. });
    let subject = Subject { path: record.path.clone(), property: None };
    let detail = IncidentDetail::about(subject, handling, event.text());
    Some(Incident {
        id: 0,
        deployment: name.clone(),
        key: format!("fleet {} {key}", record.path),
        at_ms: now_ms,
        kind: kind.to_string(),
        uid: Some(record.uid),
        path: Some(record.path.clone()),
        detail: serde_json::to_value(&detail).unwrap_or_default(),
        resolved_at_ms: (!is_open).then_some(now_ms),
    })
}
