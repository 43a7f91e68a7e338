//! What earlier rounds saw, did and told.

use std::collections::BTreeMap;

use super::brake::Load;
use super::deviation::Deviation;
use super::incident::{Handling, IncidentChange, IncidentDetail, IncidentKind, Subject, Tell};
use super::rules::{EnforcementSettings, doubled};
use crate::Uid;

/// Of one deployment. Everything that has to outlive the process is in its incidents too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    traces: BTreeMap<Subject, Trace>,
    /// What was told and not taken back.
    open: BTreeMap<(IncidentKind, Subject), IncidentDetail>,
    /// Until when a read of this may show what was before our last write.
    settling: BTreeMap<Uid, u64>,
    /// When something was corrected, and whether that destroyed or made anew; oldest first.
    corrections: Vec<(u64, bool)>,
    /// How often finishing a cut-off apply failed, and when to try again.
    pub(super) unfinished: Patience,
}

/// A failed attempt, and when the next one is due.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Patience {
    pub failures: u32,
    pub not_before_ms: u64,
}

impl Patience {
    pub fn failed(&mut self, now_ms: u64, settings: &EnforcementSettings) {
        self.failures += 1;
        self.not_before_ms = now_ms + doubled(settings.retry_base_ms, self.failures, settings.retry_cap_ms);
    }
}

/// What is known of one place that deviates or did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trace {
    /// Of the deviation that stands; empty where none does.
    pub digest: String,
    /// How often in a row it was seen, and since when.
    pub looks: u32,
    pub since_ms: u64,
    /// When which deviation was corrected here; oldest first.
    pub corrected: Vec<(u64, String)>,
    pub patience: Patience,
}

/// As many corrections of one place are remembered.
const CORRECTIONS_KEPT: usize = 16;

/// A row of an earlier process.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    pub kind: IncidentKind,
    pub detail: IncidentDetail,
    pub at_ms: u64,
    pub resolved_at_ms: Option<u64>,
}

impl Memory {
    /// The memory that these incidents left, oldest first.
    pub fn recall(rows: impl IntoIterator<Item = Remembered>) -> Memory {
        let mut memory = Memory::default();
        for row in rows {
            let subject = row.detail.subject.clone();
            match row.resolved_at_ms {
                None => {
                    if matches!(row.kind, IncidentKind::Drift | IncidentKind::Gone) {
                        let trace = memory.traces.entry(subject.clone()).or_default();
                        trace.digest.clone_from(&row.detail.digest);
                        trace.since_ms = row.at_ms;
                        trace.looks = 1;
                    }
                    memory.open.insert((row.kind, subject), row.detail);
                }
                Some(at_ms) if row.detail.handling == Handling::Corrected => {
                    memory.remember_correction(subject, at_ms, row.detail.digest, row.kind == IncidentKind::Gone);
                }
                Some(_) => {}
            }
        }
        memory
    }

    pub(super) fn remember_correction(&mut self, subject: Subject, at_ms: u64, digest: String, destructive: bool) {
        let trace = self.traces.entry(subject).or_default();
        trace.corrected.push((at_ms, digest));
        let surplus = trace.corrected.len().saturating_sub(CORRECTIONS_KEPT);
        trace.corrected.drain(..surplus);
        self.corrections.push((at_ms, destructive));
    }

    /// What was corrected since.
    pub(super) fn load_since(&mut self, since_ms: u64) -> Load {
        self.corrections.retain(|(at_ms, _)| *at_ms >= since_ms);
        let destructive = self.corrections.iter().filter(|(_, destructive)| *destructive).count() as u64;
        Load { destructive, all: self.corrections.len() as u64 }
    }

    /// Notes a deviation that was just seen, and gives its trace.
    pub(super) fn saw(&mut self, now_ms: u64, deviation: &Deviation) -> &Trace {
        let trace = self.traces.entry(deviation.subject()).or_default();
        let digest = deviation.digest();
        if trace.looks == 0 || trace.digest != digest {
            // Something else is wrong than before: what failed against that says nothing.
            trace.patience = Patience::default();
            trace.digest = digest;
            trace.since_ms = now_ms;
            trace.looks = 0;
        }
        trace.looks = trace.looks.saturating_add(1);
        trace
    }

    pub(super) fn trace_mut(&mut self, subject: &Subject) -> &mut Trace {
        self.traces.entry(subject.clone()).or_default()
    }

    /// Places that deviated when last looked at.
    pub(super) fn standing(&self) -> impl Iterator<Item = &Subject> {
        self.traces.iter().filter(|(_, trace)| trace.looks > 0).map(|(subject, _)| subject)
    }

    /// A place is as it should be again. What was corrected there long ago is forgotten.
    pub(super) fn is_right(&mut self, subject: &Subject, now_ms: u64, settings: &EnforcementSettings) {
        let Some(trace) = self.traces.get_mut(subject) else { return };
        trace.corrected.retain(|(at_ms, _)| at_ms + 2 * settings.contest_cap_ms > now_ms);
        if trace.corrected.is_empty() {
            self.traces.remove(subject);
        } else {
            let corrected = std::mem::take(&mut trace.corrected);
            *trace = Trace { corrected, ..Trace::default() };
        }
    }

    pub(super) fn settles(&mut self, uid: Uid, until_ms: u64) {
        self.settling.insert(uid, until_ms);
    }

    /// Until when reads of this are not to be trusted, if they are not yet.
    pub(super) fn settling_until(&mut self, uid: Uid, now_ms: u64) -> Option<u64> {
        self.settling.retain(|_, until_ms| *until_ms > now_ms);
        self.settling.get(&uid).copied()
    }

    /// What is told and not taken back.
    pub fn open(&self) -> impl Iterator<Item = (IncidentKind, &IncidentDetail)> {
        self.open.iter().map(|((kind, _), detail)| (*kind, detail))
    }

    /// How an open incident about a place is being handled.
    pub fn handling(&self, kind: IncidentKind, subject: &Subject) -> Option<Handling> {
        self.open.get(&(kind, subject.clone())).map(|detail| detail.handling)
    }

    /// Tells, unless the same was told already.
    pub fn tell(&mut self, kind: IncidentKind, uid: Option<Uid>, detail: IncidentDetail) -> Option<Tell> {
        let key = (kind, detail.subject.clone());
        let same =
            |known: &IncidentDetail| IncidentDetail { right_at_ms: known.right_at_ms, ..detail.clone() } == *known;
        if self.open.get(&key).is_some_and(same) {
            return None;
        }
        self.open.insert(key, detail.clone());
        Some(Tell { kind, uid, detail, change: IncidentChange::Open })
    }

    /// Takes back what was told; nothing where nothing was.
    pub fn resolve(
        &mut self,
        kind: IncidentKind,
        subject: &Subject,
        handling: Handling,
        reason: impl Into<String>,
    ) -> Option<Tell> {
        let detail = self.open.remove(&(kind, subject.clone()))?;
        let detail = IncidentDetail { handling, reason: reason.into(), ..detail };
        Some(Tell { kind, uid: None, detail, change: IncidentChange::Resolve })
    }
}

impl Trace {
    /// Until when this deviation is somebody else's will, which came back after we had corrected it.
    pub fn contested_until(&self, settings: &EnforcementSettings) -> Option<u64> {
        let same = self.corrected.iter().filter(|(_, digest)| *digest == self.digest);
        let (mut last_ms, mut times) = (0, 0_u32);
        for (at_ms, _) in same {
            // What was corrected after a quiet time begins anew.
            let quiet =
                at_ms.saturating_sub(last_ms) > 2 * doubled(settings.contest_ms, times, settings.contest_cap_ms);
            times = if quiet { 1 } else { times + 1 };
            last_ms = *at_ms;
        }
        (times > 0).then(|| last_ms + doubled(settings.contest_ms, times, settings.contest_cap_ms))
    }
}
