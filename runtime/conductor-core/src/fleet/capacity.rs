//! How many members may be made and taken away: one budget for whatever asks.

use lw_plan::{Fleet, Strategy};

use super::decide::FleetRound;
use super::event::FleetEvent;
use super::rollout::{Gated, new_wanted};
use super::standing::{Standing, count};
use super::state::FleetState;
use super::{FleetAction, zones};
use crate::Uid;

/// What one round may do.
pub(super) struct Budget {
    now_ms: u64,
    pub desired: u32,
    /// No fewer serve where it is up to us.
    pub floor: u32,
    /// No more exist.
    ceiling: u32,
    serving: u32,
    /// New members that the strategy wants now.
    new_wanted: u32,
    /// Nothing is destroyed.
    pub is_braked: bool,
    /// What need not be taken away may be.
    is_open: bool,
    /// A figure is missing that the rollout may not go on without.
    waits_for_figures: bool,
}

impl Budget {
    pub fn of(
        round: &FleetRound<'_>,
        there: &[Standing<'_>],
        state: &FleetState,
        is_braked: bool,
        is_open: bool,
        gated: Gated,
    ) -> Budget {
        let fleet = round.fleet;
        let desired = state.desired;
        let ceiling = fleet.ceiling(desired);
        Budget {
            now_ms: round.now_ms,
            desired,
            floor: fleet.floor(desired),
            // A lost zone is made up for as far as the fleet may grow at all.
            ceiling: if state.zones_lost.is_empty() { ceiling } else { ceiling.max(fleet.size.max) },
            serving: count(there, |one| one.serves),
            new_wanted: new_wanted(fleet, desired, state),
            is_braked,
            is_open,
            waits_for_figures: gated != Gated::Passed,
        }
    }
}

fn is_lost(state: &FleetState, one: &Standing<'_>) -> bool {
    one.member.zone.is_some_and(|zone| state.zones_lost.contains_key(&zone))
}

/// A member that can be reckoned with.
fn is_sound(state: &FleetState, one: &Standing<'_>) -> bool {
    one.stays() && !one.is_failing && !(is_lost(state, one) && !one.serves && one.is_proven)
}

/// Makes what is missing: of the new template, and while a canary waits, of the one before it.
pub(super) fn create(
    round: &FleetRound<'_>,
    wanted: &str,
    there: &[Standing<'_>],
    state: &FleetState,
    budget: &Budget,
    actions: &mut Vec<FleetAction>,
) {
    let fleet = round.fleet;
    let mut room = budget.ceiling.saturating_sub(there.len() as u32);
    let sound_new = count(there, |one| one.is_new && is_sound(state, one));
    let sound_old = count(there, |one| !one.is_new && is_sound(state, one));
    let is_rollout = state.rollout.as_ref().is_some_and(|rollout| !rollout.is_rollback && state.stable.is_some());
    // A rollout waits for its window, and for its figures; what is missing does not.
    let missing = budget.desired.saturating_sub(sound_new + sound_old);
    let may_go_on = !is_rollout || (budget.is_open && !budget.waits_for_figures && !budget.is_braked);
    let mut new = budget.new_wanted.saturating_sub(sound_new).min(room);
    if !may_go_on {
        new = 0;
    }
    let mut zones = Zones::of(fleet, there, state);
    for _ in 0..new {
        actions.push(FleetAction::Create {
            member: fresh(round, actions.len()),
            template: wanted.to_string(),
            zone: zones.next(),
        });
    }
    room -= new;
    let Some(stable) = state.stable.as_ref().filter(|stable| stable.template != wanted) else { return };
    // Of what is missing, the old template has what the new one has not yet.
    for _ in 0..missing.saturating_sub(new).min(room) {
        let template = stable.template.clone();
        actions.push(FleetAction::Create { member: fresh(round, actions.len()), template, zone: zones.next() });
    }
}

fn fresh(round: &FleetRound<'_>, number: usize) -> Uid {
    Uid::derive(round.seed, "member", &format!("{} {number}", round.now_ms))
}

/// Which value of what members are spread over the next one takes: that of the fewest.
struct Zones {
    /// Members by zone; `None` where none may be made.
    members: Vec<Option<u32>>,
}

impl Zones {
    fn of(fleet: &Fleet, there: &[Standing<'_>], state: &FleetState) -> Zones {
        let zones = fleet.spread.as_ref().map_or(0, |spread| spread.over.len());
        let of = |zone: usize| count(there, |one| one.member.zone == Some(zone) && one.is_new && is_sound(state, one));
        let open = |zone: usize| !state.zones_lost.contains_key(&zone) || state.zones_lost.len() >= zones;
        Zones { members: (0..zones).map(|zone| open(zone).then(|| of(zone))).collect() }
    }

    fn next(&mut self) -> Option<usize> {
        let open = self.members.iter().enumerate().filter_map(|(zone, members)| Some((zone, (*members)?)));
        let (zone, members) = open.min_by_key(|(zone, members)| (*members, *zone))?;
        self.members[zone] = Some(members + 1);
        Some(zone)
    }
}

/// Begins to take members away: failed ones once they are made up for, old ones as far as the floor allows, and what is too much.
pub(super) fn take_away(
    round: &FleetRound<'_>,
    there: &[Standing<'_>],
    state: &mut FleetState,
    budget: &Budget,
    events: &mut Vec<FleetEvent>,
) {
    let fleet = round.fleet;
    let is_candidate =
        |one: &Standing<'_>| one.stays() && !one.is_unclear && !one.sight.is_some_and(|sight| sight.is_protected);
    let mut doomed: Vec<&Standing<'_>> = Vec::new();

    // What gives nothing takes nothing away.
    let is_full = there.len() as u32 >= budget.ceiling;
    let is_made_up = budget.serving >= budget.desired;
    let mut failed: Vec<&Standing<'_>> = there
        .iter()
        .filter(|one| is_candidate(one) && one.is_dead_weight(fleet))
        .filter(|one| match (one.is_new, one.is_proven) {
            (true, _) => one.is_failing && !is_lost(state, one),
            // What never stood the test and is not wanted goes at once.
            (false, false) => true,
            (false, true) => !is_lost(state, one) && one.is_failing,
        })
        .collect();
    failed.retain(|_| !budget.is_braked);
    let unneeded = |one: &Standing<'_>| !one.is_new && !one.is_proven;
    let mut made_room = false;
    for one in failed {
        // Without room for its successor, it goes first.
        if unneeded(one) || is_made_up || is_full && !made_room {
            made_room |= !unneeded(one);
            if one.is_new {
                events.push(FleetEvent::MemberFailed { member: one.member.uid });
            }
            doomed.push(one);
        }
    }

    let may = budget.is_open && !budget.is_braked && !budget.waits_for_figures;
    let is_rollback = state.rollout.as_ref().is_some_and(|rollout| rollout.is_rollback);
    if may || is_rollback && !budget.is_braked {
        doomed.extend(surplus(fleet, there, state, budget, is_candidate));
    }
    for one in doomed {
        state.draining.insert(one.member.uid, round.now_ms);
    }
}

/// Members that serve and may go.
fn surplus<'s, 'a>(
    fleet: &Fleet,
    there: &'s [Standing<'a>],
    state: &mut FleetState,
    budget: &Budget,
    is_candidate: impl Fn(&Standing<'a>) -> bool,
) -> Vec<&'s Standing<'a>> {
    let serving_new = count(there, |one| one.is_new && one.serves);
    let mut old: Vec<&Standing<'_>> = there
        .iter()
        .filter(|one| !one.is_new && is_candidate(one) && (one.serves || !one.is_healthy && one.is_dead_weight(fleet)))
        .collect();
    let is_blue_green = matches!(fleet.rollout.strategy, Strategy::BlueGreen { .. })
        && state.rollout.as_ref().is_some_and(|rollout| !rollout.is_rollback);
    if is_blue_green && serving_new >= budget.desired {
        // All at once, now that the new ones can bear it alone.
        if let Some(rollout) = state.rollout.as_mut().filter(|_| !old.is_empty()) {
            rollout.switched_ms.get_or_insert(budget.now_ms);
        }
        return old;
    }
    // What a rollout left that was overtaken by this one goes before what stood the test.
    let is_stable =
        |one: &Standing<'_>| state.stable.as_ref().is_some_and(|stable| stable.template == one.member.template);
    if old.iter().any(|one| !is_stable(one)) && old.iter().any(|one| is_stable(one)) {
        old.retain(|one| !is_stable(one));
    }
    let old_kept = match is_blue_green {
        true => budget.desired,
        false => budget.desired.saturating_sub(budget.new_wanted),
    };
    let stay_old = count(there, |one| !one.is_new && one.stays());
    let mut spare = budget.serving.saturating_sub(budget.floor);
    let mut takable = stay_old.saturating_sub(old_kept);
    let mut doomed = Vec::new();
    let mut crowd = Crowd::of(there);
    while takable > 0 && !old.is_empty() {
        let at = crowd.most_crowded(&old);
        let one = old.remove(at);
        if one.serves {
            if spare == 0 {
                continue;
            }
            spare -= 1;
        }
        crowd.leaves(one);
        takable -= 1;
        doomed.push(one);
    }
    // More than are wanted: scaling in, or a zone that came back.
    let stay_new = count(there, |one| one.is_new && one.stays() && !one.is_failing);
    let is_resting = state
        .zone_returned_ms
        .is_some_and(|since_ms| budget.now_ms < since_ms.saturating_add(zones::cooldown_ms(fleet)));
    let excess = stay_new.saturating_sub(budget.desired);
    if excess > 0 && stay_old == 0 && state.zones_lost.is_empty() && !is_resting {
        let mut new: Vec<&Standing<'_>> =
            there.iter().filter(|one| one.is_new && is_candidate(one) && one.serves).collect();
        for _ in 0..excess.min(spare) {
            if new.is_empty() {
                break;
            }
            let at = crowd.most_crowded(&new);
            let one = new.remove(at);
            crowd.leaves(one);
            doomed.push(one);
        }
    }
    doomed
}

/// How many members each zone has.
struct Crowd(std::collections::BTreeMap<Option<usize>, u32>);

impl Crowd {
    fn of(there: &[Standing<'_>]) -> Crowd {
        let mut crowd = std::collections::BTreeMap::new();
        for one in there.iter().filter(|one| one.stays()) {
            *crowd.entry(one.member.zone).or_insert(0) += 1;
        }
        Crowd(crowd)
    }

    /// The position of a member of the most crowded zone; of those the oldest.
    fn most_crowded(&self, members: &[&Standing<'_>]) -> usize {
        let of = |one: &Standing<'_>| self.0.get(&one.member.zone).copied().unwrap_or(0);
        let key = |at: &usize| {
            (std::cmp::Reverse(of(members[*at])), members[*at].member.created_at_ms, members[*at].member.uid)
        };
        (0..members.len()).min_by_key(key).expect("there is a member")
    }

    fn leaves(&mut self, one: &Standing<'_>) {
        if let Some(members) = self.0.get_mut(&one.member.zone) {
            *members = members.saturating_sub(1);
        }
    }
}

/// Chooses members to be renewed: the oldest that are too old, at the declared rate; where the zones are uneven, one of the fuller.
pub(super) fn renew(now_ms: u64, fleet: &Fleet, there: &[Standing<'_>], may: bool, state: &mut FleetState) {
    let serving = count(there, |one| one.serves);
    let is_calm =
        state.rollout.is_none() && state.refused.is_none() && state.zones_lost.is_empty() && serving >= state.desired;
    if !may || !is_calm {
        return;
    }
    let slots = fleet
        .surge(state.desired)
        .max(fleet.unavailable_max(state.desired))
        .saturating_sub(state.renewing.len() as u32);
    let able = || there.iter().filter(|one| one.serves && one.is_new);
    let mut chosen: Vec<Uid> = Vec::new();
    if let Some(refresh) = &fleet.refresh {
        state.renewed_ms.retain(|began_ms| began_ms.saturating_add(refresh.rate.per_ms) > now_ms);
        let rate = refresh.rate.members.saturating_sub(state.renewed_ms.len() as u32);
        let mut aged: Vec<&Standing<'_>> =
            able().filter(|one| now_ms >= one.member.created_at_ms.saturating_add(refresh.max_age_ms)).collect();
        aged.sort_by_key(|one| (one.member.created_at_ms, one.member.uid));
        chosen.extend(aged.into_iter().take(slots.min(rate) as usize).map(|one| one.member.uid));
        state.renewed_ms.extend(chosen.iter().map(|_| now_ms).take(1024));
    }
    let is_wrong = |one: &&Standing<'_>| {
        one.sight.is_some_and(|sight| sight.is_edited) || fleet.spread.is_some() && one.member.zone.is_none()
    };
    let wrong = able().filter(is_wrong).map(|one| one.member.uid);
    let free = slots.saturating_sub(chosen.len() as u32) as usize;
    chosen.extend(wrong.take(free).collect::<Vec<_>>());
    let is_resting =
        state.zone_returned_ms.is_some_and(|since_ms| now_ms < since_ms.saturating_add(zones::cooldown_ms(fleet)));
    if chosen.is_empty() && state.renewing.is_empty() && slots > 0 && !is_resting {
        chosen.extend(uneven(fleet, there));
    }
    state.renewing.extend(chosen);
}

/// A member of a zone that has at least two more than another.
fn uneven(fleet: &Fleet, there: &[Standing<'_>]) -> Option<Uid> {
    let zones = fleet.spread.as_ref().map_or(0, |spread| spread.over.len());
    let of = |zone: usize| count(there, |one| one.member.zone == Some(zone) && one.stays());
    let fullest = (0..zones).max_by_key(|zone| of(*zone))?;
    let least = (0..zones).map(of).min()?;
    if of(fullest) < least + 2 {
        return None;
    }
    let mut members = there.iter().filter(|one| one.member.zone == Some(fullest) && one.serves && one.is_new);
    members.next().map(|one| one.member.uid)
}
