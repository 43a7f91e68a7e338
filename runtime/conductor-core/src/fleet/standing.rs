//! Where each member stands in one round.

use std::collections::BTreeMap;

use lw_plan::Fleet;

use super::member::{Existence, Member, Registration, Sight};
use super::pulse::{Pulse, Pulses};
use super::state::FleetState;

/// One member that is there, or may be.
pub(super) struct Standing<'a> {
    pub member: &'a Member,
    pub sight: Option<&'a Sight>,
    pulse: Pulse,
    /// Nobody can say what it is: counted, and left alone.
    pub is_unclear: bool,
    pub is_proven: bool,
    pub is_draining: bool,
    /// Made from the template that is wanted, and not to be renewed.
    pub is_new: bool,
    /// It takes requests, and stood the test.
    pub serves: bool,
    /// Its checks pass; whether the balancer sends it requests is another question.
    pub is_healthy: bool,
    /// It was healthy for as long as is asked: with the balancer where it is registered.
    pub counts: bool,
    /// It had its time, or has failed so often that it counts.
    pub is_failing: bool,
}

impl Standing<'_> {
    /// It stays, as far as is known.
    pub fn stays(&self) -> bool {
        !self.is_draining
    }

    /// Whether the last look showed that requests are answered by it, proven or not.
    pub fn gives(&self, fleet: &Fleet) -> bool {
        let is_sent_requests = |sight: &Sight| fleet.balancer.is_none() || sight.in_service == Some(true);
        self.sight.is_some_and(|sight| sight.passes == Some(true) && is_sent_requests(sight))
    }

    /// Whether taking it away takes nothing away: what stood the test has to fail often enough for that.
    pub fn is_dead_weight(&self, fleet: &Fleet) -> bool {
        match self.is_proven {
            true => !self.gives(fleet) && self.pulse.has_failed(&fleet.health),
            false => !self.gives(fleet),
        }
    }
}

/// Members that are there, and those that are known to be gone.
pub(super) fn standings<'a>(
    now_ms: u64,
    fleet: &Fleet,
    members: &'a [Member],
    sights: &'a BTreeMap<crate::Uid, Sight>,
    state: &FleetState,
    pulses: &Pulses,
    wanted: Option<&str>,
) -> (Vec<Standing<'a>>, Vec<&'a Member>) {
    let (mut there, mut gone) = (Vec::new(), Vec::new());
    for member in members {
        let sight = sights.get(&member.uid);
        let is_gone = match member.existence {
            Existence::Gone => true,
            Existence::Unclear => false,
            Existence::Present => sight.is_some_and(|sight| !sight.exists),
        };
        if is_gone {
            gone.push(member);
            continue;
        }
        let pulse = pulses.of(member.uid);
        let health = &fleet.health;
        let is_draining = state.draining.contains_key(&member.uid);
        let is_registered = fleet.balancer.is_none() || member.registration == Registration::InService;
        let is_unclear = member.existence == Existence::Unclear || member.registration == Registration::Unclear;
        let counts = !is_unclear
            && match is_registered {
                true => pulse.has_served_for(now_ms, health.healthy_for_ms),
                false => pulse.was_healthy_for(now_ms, health.healthy_for_ms),
            };
        let is_proven = state.proven.contains(&member.uid);
        let is_late = now_ms >= member.created_at_ms.saturating_add(health.deadline_ms);
        there.push(Standing {
            member,
            sight,
            pulse,
            is_unclear,
            is_proven,
            is_draining,
            is_new: wanted == Some(member.template.as_str()) && !state.renewing.contains(&member.uid),
            serves: !is_draining && !is_unclear && is_registered && pulse.serves() && is_proven,
            is_healthy: pulse.is_healthy(),
            counts,
            is_failing: !is_unclear
                && if is_proven { pulse.has_failed(health) } else { is_late && !counts && !pulse.is_healthy() },
        });
    }
    (there, gone)
}

/// How many of some.
pub(super) fn count<'s, 'a: 's>(standings: &'s [Standing<'a>], is_one: impl Fn(&Standing<'a>) -> bool) -> u32 {
    standings.iter().filter(|standing| is_one(standing)).count() as u32
}
