//! The loop of one deployment: look, decide, correct, sweep, judge; and when to look again.
//!
//! The one idea: it is level-triggered. Each round starts from what State and the cloud say now; what is kept in between only makes it
//! cheaper, and a process that died in the middle is followed by one that begins the next round.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use adapter::Place;
use conductor_core::{
    Decided, DeploymentName, Handling, Look, Memory, ResourceRecord, ResourceStatus, Round, Seen, Tell, Uid, decide,
    executed,
};
use conductor_store::{CloudKind, Commit, SqliteStore, Store, WatchStore};
use lw_plan::Plan;
use tokio::sync::{mpsc, watch};

use super::board::Board;
use super::incidents;
use super::look::{LOOK_OBJECTS_MAX, Looker, Shares, WatchList, read};
use super::settings::DaemonSettings;
use crate::clouds::place;
use crate::executor::observation;
use crate::notify::Target;
use crate::owner::{Owner, Snapshot, Stop};
use crate::tending::Tending;
use crate::{Problems, Progress, clock};

/// What all loops share.
pub struct Common {
    pub owner: Arc<Owner>,
    pub store: Arc<SqliteStore>,
    pub board: Board,
    pub shares: Shares,
    pub settings: DaemonSettings,
    /// Whom incidents are told.
    pub targets: Vec<Target>,
    /// Rings when there is something to deliver.
    pub mail: tokio::sync::Notify,
}

pub struct Watcher {
    pub(super) name: DeploymentName,
    pub(super) common: Arc<Common>,
    pub(super) memory: Memory,
    list: WatchList,
    /// The head of the event log that `list` was made at.
    head: Option<(u64, String)>,
    /// Told about, and not over.
    suspected: BTreeSet<Uid>,
    look_again_ms: Option<u64>,
    previous_look_ms: Option<u64>,
    pub(super) sweep_due_ms: u64,
    pub(super) judge_due_ms: u64,
    tending: Tending,
    /// When a fleet is due; `None` where there is none.
    fleets_due_ms: Option<u64>,
}

impl Watcher {
    pub fn new(name: DeploymentName, common: Arc<Common>) -> Result<Watcher, Problems> {
        let memory = incidents::recall(&*common.store, &name)?;
        let open = common.store.open_incidents(&name)?;
        Ok(Watcher {
            name,
            memory,
            list: WatchList::default(),
            head: None,
            suspected: open.into_iter().filter_map(|incident| incident.uid).collect(),
            look_again_ms: Some(0),
            previous_look_ms: None,
            sweep_due_ms: 0,
            judge_due_ms: 0,
            tending: Tending {
                tell: common.targets.iter().map(|target| target.name.clone()).collect(),
                ..Tending::default()
            },
            fleets_due_ms: Some(0),
            common,
        })
    }

    /// Runs until it is told to stop, or the deployment is no more.
    pub async fn run(mut self, mut stop: Stop, mut changed: watch::Receiver<u64>) {
        loop {
            changed.mark_unchanged();
            let wake_ms = match self.round(&stop).await {
                Ok(Some(wake_ms)) => wake_ms,
                Ok(None) => break,
                Err(problems) => {
                    tracing::error!(deployment = %self.name, "{problems}");
                    self.common.board.update(&self.name, |condition| condition.blind = Some(problems.to_string()));
                    clock::now_ms() + self.common.settings.cadence.shortest_ms
                }
            };
            let pause = Duration::from_millis(wake_ms.saturating_sub(clock::now_ms()));
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                _ = changed.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
            if stop.borrow().is_some() {
                break;
            }
        }
        self.common.board.remove(&self.name);
    }

    /// One round; gives when the next is due, or `None` when the deployment is no more.
    async fn round(&mut self, stop: &Stop) -> Result<Option<u64>, Problems> {
        let common = self.common.clone();
        let Some(deployment) = common.store.deployment(&self.name)? else { return Ok(None) };
        let open = !common.store.open_operations(&self.name)?.is_empty();
        // What somebody did may have ended what was told of.
        let is_overtaken = self.renew()? && self.memory.open().next().is_some() && deployment.plan.is_some();
        if deployment.plan.is_none() && self.list.count() == 0 && !open {
            return Ok(None);
        }
        let kind = common.store.meta()?.cloud.unwrap_or(CloudKind::Real);
        let seen = self.look(kind).await?;
        let is_due = self.look_again_ms.is_some_and(|at_ms| at_ms <= clock::now_ms());
        let is_cut_off = deployment.state != ResourceStatus::Ready && deployment.plan.is_some();
        if open || is_overtaken || is_cut_off && is_due || !seen.is_empty() {
            self.deliberate(seen, kind, false, stop).await?;
            self.renew()?;
        }
        self.tend_if_due(kind, stop).await?;
        self.sweep_if_due(kind).await?;
        self.judge_if_due(stop).await?;
        let dues = [
            self.list.next_due_ms(),
            self.look_again_ms,
            Some(self.sweep_due_ms),
            Some(self.judge_due_ms),
            self.fleets_due_ms,
        ];
        let next_ms = dues.into_iter().flatten().min().unwrap_or(u64::MAX);
        let next_ms = next_ms.max(clock::now_ms() + 10);
        common.board.update(&self.name, |condition| {
            condition.next_look_ms = Some(next_ms);
            condition.watched = self.list.count();
            condition.cadence = self.list.intervals();
        });
        Ok(Some(next_ms))
    }

    /// Gives every fleet its round.
    async fn tend_if_due(&mut self, kind: CloudKind, stop: &Stop) -> Result<(), Problems> {
        let common = self.common.clone();
        let now_ms = clock::now_ms();
        if self.fleets_due_ms.is_none_or(|due_ms| due_ms > now_ms) {
            return Ok(());
        }
        let _turn = common.owner.turn(&self.name).await;
        self.tending.is_paused =
            common.store.pauses()?.iter().any(|one| one.deployment == self.name && one.until_ms > now_ms);
        let (reports, mut told) = mpsc::unbounded_channel();
        let tended = common.owner.tend_fleets(&self.name, kind, &mut self.tending, stop.clone(), &reports).await?;
        while let Ok(progress) = told.try_recv() {
            if let Progress::Fleet { path, text } = progress {
                tracing::info!(deployment = %self.name, fleet = %path, "{text}");
            }
        }
        if tended.deeds > 0 {
            common.mail.notify_one();
            common.board.ring();
        }
        self.fleets_due_ms = tended.look_again_ms;
        Ok(())
    }

    /// Brings the list of objects up to date, if anything was written about the deployment.
    ///
    /// Gives whether anything was.
    fn renew(&mut self) -> Result<bool, Problems> {
        let head = self.common.store.head(&self.name)?;
        if head == self.head && head.is_some() {
            return Ok(false);
        }
        let rows = self.common.store.watch_rows(&self.name)?;
        self.list.renew(rows, self.common.settings.cadence);
        // Another fleet may be there.
        self.fleets_due_ms = Some(self.fleets_due_ms.unwrap_or(0));
        self.head = head;
        Ok(true)
    }

    /// Looks at what is due; gives what is not as it was written.
    async fn look(&mut self, kind: CloudKind) -> Result<Seen, Problems> {
        let common = self.common.clone();
        let mut seen = Seen::new();
        let waits = self.look_again_ms.is_some_and(|at_ms| at_ms <= clock::now_ms());
        for group in &mut self.list.groups {
            let began_ms = clock::now_ms();
            let is_waited_for = waits && group.objects.iter().any(|object| self.suspected.contains(&object.uid));
            if group.cadence.due_at_ms > began_ms && !is_waited_for {
                continue;
            }
            let adapter = common.owner.clouds.adapter(kind, &group.provider)?;
            let looker = Looker {
                store: &common.store,
                shares: &common.shares,
                rules: &common.settings.rules,
                wanted: &self.suspected,
            };
            let place = place(&group.provider);
            let looked = looker.look(&*adapter, &place, group).await?;
            let now_ms = clock::now_ms();
            let look = match (&looked.failed, looked.has_moved || !looked.suspects.is_empty()) {
                (Some(_), _) => Look::Failed,
                (None, true) => Look::Moved,
                (None, false) => Look::Quiet,
            };
            group.cadence.looked(now_ms, look, now_ms.saturating_sub(began_ms), common.settings.cadence);
            let interval_ms = group.cadence.interval_ms;
            match &looked.failed {
                Some(error) => {
                    tracing::warn!(deployment = %self.name, r#type = group.wire_type, %error, "cannot look");
                }
                None => tracing::debug!(
                    deployment = %self.name, r#type = group.wire_type, objects = looked.read, calls = looked.calls,
                    suspects = looked.suspects.len(), interval_ms, "looked"
                ),
            }
            let blind = looked.failed.map(|error| format!("{}: {error}", group.wire_type));
            common.board.update(&self.name, |condition| {
                condition.counters.looks += 1;
                condition.counters.objects_read += looked.read;
                condition.counters.calls += looked.calls;
                condition.counters.calls_failed += u64::from(blind.is_some());
                condition.looked_at_ms = Some(now_ms);
                condition.blind = blind;
            });
            seen.extend(looked.suspects);
        }
        if seen.is_empty() {
            self.previous_look_ms = Some(clock::now_ms());
        }
        Ok(seen)
    }

    /// Takes the deployment's turn, looks once more at what matters, and does what is decided.
    pub(super) async fn deliberate(
        &mut self,
        seen: Seen,
        kind: CloudKind,
        is_forced: bool,
        stop: &Stop,
    ) -> Result<(), Problems> {
        let common = self.common.clone();
        let owner = &common.owner;
        let _turn = owner.turn(&self.name).await;
        let (reports, _nobody) = mpsc::unbounded_channel();
        let mut snapshot = owner.snapshot(&self.name)?;
        if !snapshot.open.is_empty() {
            tracing::info!(deployment = %self.name, operations = snapshot.open.len(), "finding out what was left open");
            owner.resolve_open(&snapshot, kind, stop.clone(), &reports).await?;
            snapshot = owner.snapshot(&self.name)?;
        }
        let Some(plan) = self.plan_in_force(&snapshot)? else { return Ok(()) };
        let seen = self.look_once_more(&snapshot, seen, kind).await?;
        let now_ms = clock::now_ms();
        let plan = owner.as_bound(plan, kind);
        let default = Owner::default_provider(kind);
        let is_paused = common.store.pauses()?.iter().any(|one| one.deployment == self.name && one.until_ms > now_ms);
        let mut settings = common.settings.enforcement.clone();
        if kind == CloudKind::Sim {
            settings.settle_ms = settings.settle_ms.max(owner.sim_read_lag_ms);
        }
        let decided = {
            let round = Round {
                now_ms,
                deployment: &snapshot.deployment,
                plan: &plan,
                records: &snapshot.records,
                seen: &seen,
                default_provider: default.as_ref(),
                seed: snapshot.seed,
                catalogue: adapter::Catalogue::embedded(),
                rules: &common.settings.rules,
                settings: &settings,
                is_paused,
                is_forced,
                previous_look_ms: self.previous_look_ms,
            };
            decide(&round, &mut self.memory)
        };
        self.look_again_ms = decided.look_again_ms;
        self.suspected = decided.standing.iter().map(|(deviation, _)| deviation.uid).collect();
        // Before anything is done, so that whoever comes after a crash knows what was begun.
        self.tell(&decided.tells).await?;
        common.board.update(&self.name, |condition| condition.standing = decided.standing.clone());
        if decided.changes.is_some() {
            self.carry_out(snapshot, kind, &plan, decided, settings, stop).await?;
        }
        Ok(())
    }

    async fn carry_out(
        &mut self,
        snapshot: Snapshot,
        kind: CloudKind,
        plan: &Plan,
        decided: Decided,
        settings: conductor_core::EnforcementSettings,
        stop: &Stop,
    ) -> Result<(), Problems> {
        let common = self.common.clone();
        let Some(changes) = decided.changes.clone() else { return Ok(()) };
        for deviation in &decided.correcting {
            tracing::info!(
                deployment = %self.name, path = %deviation.path, property = deviation.property, "correcting"
            );
        }
        let end = common.owner.enforce(snapshot, kind, plan, changes, &decided.records, stop.clone()).await?;
        let now_ms = clock::now_ms();
        let catalogue = adapter::Catalogue::embedded();
        let tells = executed(&decided, &end, now_ms, &mut self.memory, catalogue, &settings);
        self.tell(&tells).await?;
        let failed =
            end.results.iter().filter(|(result, _)| *result != conductor_core::StepResult::Done).count() as u64;
        let done = tells.iter().filter(|tell| tell.detail.handling == Handling::Corrected).count() as u64;
        let correcting = decided.correcting.iter().map(|deviation| deviation.subject()).collect::<BTreeSet<_>>();
        common.board.update(&self.name, |condition| {
            condition.counters.corrections += done;
            condition.counters.corrections_failed += failed;
            if end.is_success() {
                condition.standing.retain(|(deviation, _)| !correcting.contains(&deviation.subject()));
            }
        });
        // What was written is looked at again soon: that it holds is worth a look, and what failed is tried again.
        let soon_ms = now_ms + common.settings.cadence.shortest_ms;
        self.look_again_ms = Some(self.look_again_ms.map_or(soon_ms, |at_ms| at_ms.min(soon_ms)));
        Ok(())
    }

    fn plan_in_force(&self, snapshot: &Snapshot) -> Result<Option<Plan>, Problems> {
        match &snapshot.deployment.plan {
            Some(hash) => Ok(self.common.store.plan(hash)?),
            None => Ok(None),
        }
    }

    /// Objects that were found wrong, and those that were told about, as they are now.
    async fn look_once_more(&self, snapshot: &Snapshot, seen: Seen, kind: CloudKind) -> Result<Seen, Problems> {
        let common = &self.common;
        let told: BTreeSet<&str> = self.memory.open().map(|(_, detail)| detail.subject.path.as_str()).collect();
        let matters = |record: &&ResourceRecord| {
            record.is_live() && (seen.contains_key(&record.uid) || told.contains(record.path.as_str()))
        };
        let mut groups: BTreeMap<(Place, &str), Vec<&ResourceRecord>> = BTreeMap::new();
        for record in snapshot.records.iter().filter(matters).filter(|record| record.physical_id.is_some()) {
            groups.entry((place(&record.provider), &record.wire_type)).or_default().push(record);
        }
        let mut fresh = Seen::new();
        let mut calls = 0;
        for ((place, wire_type), records) in groups {
            for records in records.chunks(LOOK_OBJECTS_MAX) {
                let adapter = common.owner.clouds.adapter(kind, &records[0].provider)?;
                let physical_ids: Vec<String> =
                    records.iter().filter_map(|record| record.physical_id.clone()).collect();
                match read(&common.shares, &*adapter, &place, wire_type, &physical_ids, &mut calls).await {
                    Ok(objects) => fresh.extend(
                        records
                            .iter()
                            .zip(objects)
                            .map(|(record, object)| (record.uid, observation(object, Some(&record.properties)))),
                    ),
                    Err(error) => tracing::warn!(deployment = %self.name, r#type = wire_type, %error, "cannot look"),
                }
            }
        }
        common.board.update(&self.name, |condition| condition.counters.calls += calls);
        Ok(fresh)
    }

    /// Writes incidents, with whom they are to be told.
    pub(super) async fn tell(&mut self, tells: &[Tell]) -> Result<(), Problems> {
        if tells.is_empty() {
            return Ok(());
        }
        let now_ms = clock::now_ms();
        for tell in tells {
            tracing::info!(
                deployment = %self.name, incident = tell.kind.as_str(), path = %tell.detail.subject.path,
                property = tell.detail.subject.property, handling = ?tell.detail.handling, "{}", tell.detail.reason
            );
        }
        let incidents = tells.iter().map(|tell| incidents::row(&self.name, tell, now_ms)).collect();
        let tell = self.common.targets.iter().map(|target| target.name.clone()).collect();
        let commit = Commit { incidents, tell, ..Commit::new(self.name.clone(), now_ms) };
        self.common.owner.commit(commit).await?;
        self.common.mail.notify_one();
        self.common.board.ring();
        Ok(())
    }
}
