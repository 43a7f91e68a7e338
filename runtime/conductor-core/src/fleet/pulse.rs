use std::collections::BTreeMap;

use lw_plan::Health;

use super::member::{Member, Sight};
use crate::Uid;

/// How members did in the looks so far. A process that begins knows nothing, and destroys nothing on its account.
#[derive(Clone, Debug, Default)]
pub struct Pulses(BTreeMap<Uid, Pulse>);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulse {
    passes: u32,
    failures: u32,
    is_healthy: bool,
    /// Healthy, and in service where there is a balancer, without a break since then.
    serving_since_ms: Option<u64>,
    healthy_since_ms: Option<u64>,
}

impl Pulses {
    /// Takes what one look showed.
    pub(super) fn take(
        &mut self,
        now_ms: u64,
        health: &Health,
        members: &[Member],
        sights: &BTreeMap<Uid, Sight>,
        balanced: bool,
    ) {
        self.0.retain(|uid, _| members.iter().any(|member| member.uid == *uid));
        for member in members {
            let Some(sight) = sights.get(&member.uid) else { continue };
            let pulse = self.0.entry(member.uid).or_default();
            match sight.passes {
                Some(true) => (pulse.passes, pulse.failures) = (pulse.passes.saturating_add(1), 0),
                Some(false) if pulse.is_healthy || now_ms >= member.created_at_ms.saturating_add(health.grace_ms) => {
                    (pulse.passes, pulse.failures) = (0, pulse.failures.saturating_add(1));
                }
                Some(false) => pulse.passes = 0,
                None => {}
            }
            if pulse.passes >= health.passes {
                pulse.is_healthy = true;
            }
            if pulse.failures >= health.failures || !sight.exists {
                pulse.is_healthy = false;
            }
            let serves =
                pulse.is_healthy && sight.passes != Some(false) && (!balanced || sight.in_service == Some(true));
            pulse.serving_since_ms = serves.then(|| pulse.serving_since_ms.unwrap_or(now_ms));
            pulse.healthy_since_ms = pulse.is_healthy.then(|| pulse.healthy_since_ms.unwrap_or(now_ms));
        }
    }

    pub(super) fn of(&self, uid: Uid) -> Pulse {
        self.0.get(&uid).copied().unwrap_or_default()
    }
}

impl Pulse {
    pub(super) fn is_healthy(&self) -> bool {
        self.is_healthy
    }

    /// Failures in a row, as many as count.
    pub(super) fn has_failed(&self, health: &Health) -> bool {
        self.failures >= health.failures
    }

    pub(super) fn serves(&self) -> bool {
        self.serving_since_ms.is_some()
    }

    pub(super) fn has_served_for(&self, now_ms: u64, span_ms: u64) -> bool {
        self.serving_since_ms.is_some_and(|since_ms| now_ms >= since_ms.saturating_add(span_ms))
    }

    pub(super) fn was_healthy_for(&self, now_ms: u64, span_ms: u64) -> bool {
        self.healthy_since_ms.is_some_and(|since_ms| now_ms >= since_ms.saturating_add(span_ms))
    }
}
