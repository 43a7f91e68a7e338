//! One round: from what is declared, recorded and seen to what is done next.

use std::collections::BTreeMap;

use lw_plan::{Fleet, Strategy};

use super::calendar;
use super::capacity::{self, Budget};
use super::event::FleetEvent;
use super::member::{Member, Registration, Sight, template_of};
use super::pulse::Pulses;
use super::rollout::{self, Gated, Judging};
use super::standing::{Standing, count, standings};
use super::state::{FleetState, Version};
use super::{FleetAction, scaling, zones};
use crate::Uid;

/// What a round is decided from.
pub struct FleetRound<'a> {
    pub now_ms: u64,
    pub fleet: &'a Fleet,
    pub members: &'a [Member],
    /// What was seen of the members that are there; `None` where nobody could be asked.
    pub sights: Option<&'a BTreeMap<Uid, Sight>>,
    /// The figure that scaling follows, per member.
    pub load: Option<f64>,
    /// The figures of the rollout's gates, in their order.
    pub gates: &'a [Option<f64>],
    pub is_paused: bool,
    /// What makes new uids fresh.
    pub seed: u128,
}

/// What a round comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetDecision {
    pub actions: Vec<FleetAction>,
    pub events: Vec<FleetEvent>,
    /// All is as declared, or as a template that failed leaves it.
    pub is_settled: bool,
    /// Members that serve.
    pub serving: u32,
    /// Members that are there, or may be.
    pub alive: u32,
    pub look_again_ms: u64,
}

/// One round. `state` has to be durable before any of the actions is done.
pub fn tend(round: &FleetRound<'_>, state: &mut FleetState, pulses: &mut Pulses) -> FleetDecision {
    let FleetRound { now_ms, fleet, .. } = *round;
    let mut decision =
        FleetDecision { look_again_ms: now_ms.saturating_add(fleet.health.interval_ms), ..FleetDecision::default() };
    let Some(sights) = round.sights else {
        decision.alive = round.members.len() as u32;
        return decision;
    };
    state.retain(|uid| round.members.iter().any(|member| member.uid == *uid));
    reconsider(fleet, round.members, state);
    pulses.take(now_ms, &fleet.health, round.members, sights, fleet.balancer.is_some());
    let declared = template_of(&fleet.template);
    let mut wanted = rollout::wanted(&declared, state);
    let events = &mut decision.events;
    {
        let (there, _) = standings(now_ms, fleet, round.members, sights, state, pulses, wanted.as_deref());
        let proven: Vec<Uid> =
            there.iter().filter(|one| one.counts && !one.is_draining).map(|one| one.member.uid).collect();
        state.proven.extend(proven);
    }
    let (there, gone) = standings(now_ms, fleet, round.members, sights, state, pulses, wanted.as_deref());
    zones::judge(now_ms, fleet, &there, state, events);
    let is_braked = zones::brake(now_ms, fleet, &there, state, events);
    let serving = count(&there, |one| one.serves);
    (decision.serving, decision.alive) = (serving, there.len() as u32);
    if round.is_paused {
        return decision;
    }
    scaling::scale(now_ms, fleet, round.load, serving, state, events);
    for member in gone {
        decision.actions.push(FleetAction::Forget { member: member.uid });
        let is_expected = state.draining.contains_key(&member.uid);
        if !is_expected {
            events.push(FleetEvent::MemberLost { member: member.uid });
        }
        if let Some(rollout) = &mut state.rollout
            && rollout.to == member.template
            && !state.proven.contains(&member.uid)
            && !is_expected
        {
            rollout.losses += 1;
        }
    }

    let is_mixed = there.iter().any(|one| wanted.as_deref().is_some_and(|wanted| one.member.template != wanted));
    rollout::begin(now_ms, wanted.as_deref(), is_mixed, state, events);
    let gated = match &state.rollout {
        Some(rollout) if !rollout.is_rollback => rollout::gated(&fleet.rollout.gates, round.gates),
        _ => Gated::Passed,
    };
    let is_open = calendar::is_open(&fleet.disruption.windows, now_ms);
    // The first members are nobody's disruption.
    let disrupts = there.iter().any(|one| !one.is_new);
    let judging = Judging {
        now_ms,
        fleet,
        desired: state.desired,
        standings: &there,
        gated,
        is_held: is_braked || !state.zones_lost.is_empty() || !is_open && disrupts,
    };
    if let Some(reason) = rollout::advance(&judging, state) {
        rollout::refuse(now_ms, fleet, reason, state, events);
        wanted = rollout::wanted(&declared, state);
        rollout::begin(now_ms, wanted.as_deref(), true, state, events);
    }
    let (there, _) = standings(now_ms, fleet, round.members, sights, state, pulses, wanted.as_deref());
    capacity::renew(now_ms, fleet, &there, is_open && !is_braked, state);
    let (there, _) = standings(now_ms, fleet, round.members, sights, state, pulses, wanted.as_deref());

    let budget = Budget::of(round, &there, state, is_braked, is_open, gated);
    let actions = &mut decision.actions;
    restore(&there, state, &budget);
    let (there, _) = standings(now_ms, fleet, round.members, sights, state, pulses, wanted.as_deref());
    if let Some(wanted) = &wanted {
        capacity::create(round, wanted, &there, state, &budget, actions);
        capacity::take_away(round, &there, state, &budget, events);
    }
    register(fleet, &there, state, &budget, actions);
    finish_draining(now_ms, fleet, &there, state, &budget, actions);

    let old = count(&there, |one| !one.is_new && !one.is_unclear);
    let complete =
        wanted.is_some() && old == 0 && count(&there, |one| one.is_new && one.counts && one.stays()) >= state.desired;
    if complete && actions.is_empty() && state.rollout.is_some() {
        let version = (wanted.as_deref() == Some(declared.as_str())).then(|| Version {
            template: declared.clone(),
            wire_type: fleet.template.wire_type.clone(),
            properties: fleet.template.properties.clone(),
        });
        rollout::end(now_ms, version, state, events);
    }
    let is_halted = wanted.is_none();
    decision.is_settled = decision.actions.is_empty()
        && state.rollout.is_none()
        && state.draining.is_empty()
        && (is_halted
            || state.renewing.is_empty()
                && count(&there, |one| !one.is_unclear) == state.desired
                && decision.serving >= state.desired);
    decision
}

/// Members that were to go and still serve, because a deed failed or a process died before it: things may have changed since, so that
/// whether they go is decided anew.
fn reconsider(fleet: &Fleet, members: &[Member], state: &mut FleetState) {
    let is_baking = state.rollout.as_ref().is_some_and(|rollout| rollout.switched_ms.is_some());
    for member in members {
        let serves = match member.registration {
            Registration::InService => true,
            Registration::None => fleet.balancer.is_none() && !is_baking,
            Registration::Draining | Registration::Unclear => false,
        };
        if serves {
            state.draining.remove(&member.uid);
        }
    }
}

/// Healthy members get their place with the balancer: in blue/green only once all of the new ones are.
fn register(
    fleet: &Fleet,
    there: &[Standing<'_>],
    state: &FleetState,
    budget: &Budget,
    actions: &mut Vec<FleetAction>,
) {
    if fleet.balancer.is_none() {
        return;
    }
    let is_rollback = state.rollout.as_ref().is_some_and(|rollout| rollout.is_rollback);
    let is_first = state.stable.is_none();
    let waits_for_all = matches!(fleet.rollout.strategy, Strategy::BlueGreen { .. })
        && state.rollout.is_some()
        && !is_rollback
        && !is_first;
    let ready = count(there, |one| one.is_new && one.stays() && (one.counts || one.is_proven));
    let stays = |one: &&Standing<'_>| !state.draining.contains_key(&one.member.uid) && !one.is_unclear;
    for one in there.iter().filter(stays) {
        if one.member.registration == Registration::Draining {
            actions.push(FleetAction::Restore { member: one.member.uid });
        }
        let may = !waits_for_all || !one.is_new || ready >= budget.desired;
        if one.is_healthy && one.member.registration == Registration::None && may {
            actions.push(FleetAction::Register { member: one.member.uid });
        }
    }
}

/// Members on their way out that are wanted again after all, because their template is gone back to.
fn restore(there: &[Standing<'_>], state: &mut FleetState, budget: &Budget) {
    if !state.rollout.as_ref().is_some_and(|rollout| rollout.is_rollback) {
        return;
    }
    let have = count(there, |one| one.is_new && one.stays() && !one.is_failing);
    let able = there.iter().filter(|one| one.is_new && one.is_draining && one.is_healthy && !one.is_unclear);
    let wanted: Vec<Uid> = able.map(|one| one.member.uid).take(budget.desired.saturating_sub(have) as usize).collect();
    wanted.iter().for_each(|uid| _ = state.draining.remove(uid));
}

/// Members that have finished their work end.
fn finish_draining(
    now_ms: u64,
    fleet: &Fleet,
    there: &[Standing<'_>],
    state: &FleetState,
    budget: &Budget,
    actions: &mut Vec<FleetAction>,
) {
    // Without a balancer, a member serves until it ends.
    let left = count(there, |one| one.serves && !state.draining.contains_key(&one.member.uid));
    let is_bearable = fleet.balancer.is_some() || left >= budget.floor;
    let bakes_until_ms = match (&fleet.rollout.strategy, &state.rollout) {
        (Strategy::BlueGreen { bake_ms }, Some(rollout)) if !rollout.is_rollback => {
            rollout.switched_ms.map_or(0, |switched_ms| switched_ms.saturating_add(*bake_ms))
        }
        _ => 0,
    };
    for one in there.iter().filter(|one| !one.is_unclear) {
        let Some(since_ms) = state.draining.get(&one.member.uid) else { continue };
        // Also where a process died before it was told.
        if one.member.registration == Registration::InService {
            actions.push(FleetAction::Drain { member: one.member.uid });
            continue;
        }
        let is_kept = !one.is_new && now_ms < bakes_until_ms;
        let drain_ms = fleet.balancer.as_ref().map_or(0, |balancer| balancer.drain_ms);
        let is_idle = match one.member.registration {
            Registration::None => true,
            Registration::Draining => {
                one.sight.is_some_and(|sight| sight.connections == Some(0) && sight.in_service != Some(true))
            }
            Registration::InService | Registration::Unclear => false,
        };
        let is_over = now_ms >= since_ms.saturating_add(drain_ms);
        let gives_nothing = one.is_dead_weight(fleet);
        if !is_kept && !budget.is_braked && (is_bearable || gives_nothing) && (is_idle || is_over) {
            actions.push(FleetAction::Remove { member: one.member.uid });
        }
    }
}
