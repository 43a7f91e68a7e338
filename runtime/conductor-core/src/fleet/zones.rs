//! Zones that are lost, and the brake on mass failure.

use lw_plan::Fleet;

use super::event::FleetEvent;
use super::standing::{Standing, count};
use super::state::FleetState;

/// Below so many members, a share says nothing.
const BRAKE_MEMBERS_MIN: u32 = 3;

/// Finds zones that are lost while others are not, and those that are back.
pub(super) fn judge(
    now_ms: u64,
    fleet: &Fleet,
    standings: &[Standing<'_>],
    state: &mut FleetState,
    events: &mut Vec<FleetEvent>,
) {
    let zones = fleet.spread.as_ref().map_or(0, |spread| spread.over.len());
    // What a template that has not stood the test does to its members says nothing of where they are.
    let stable = state.stable.as_ref().map(|stable| stable.template.clone());
    let tells = |one: &Standing<'_>| one.is_proven || one.is_failing && Some(&one.member.template) == stable.as_ref();
    let is_lost = |zone: usize| {
        let is_there = |one: &Standing<'_>| one.member.zone == Some(zone) && !one.is_unclear && tells(one);
        let of = count(standings, is_there);
        let failing = count(standings, |one| is_there(one) && one.is_failing);
        of >= 1 && failing * 100 > fleet.disruption.brake * of
    };
    let lost: Vec<usize> = (0..zones).filter(|zone| is_lost(*zone)).collect();
    // Where no zone is left that serves, it is no zone that is lost.
    let others_serve =
        standings.iter().any(|one| one.serves && one.member.zone.is_some_and(|zone| !lost.contains(&zone)));
    for zone in 0..zones {
        if lost.contains(&zone) && others_serve {
            if state.zones_lost.insert(zone, now_ms).is_none() {
                events.push(FleetEvent::ZoneLost { zone });
            }
        } else if let Some(seen_ms) = state.zones_lost.get(&zone) {
            let serves = standings.iter().any(|one| one.member.zone == Some(zone) && one.serves);
            // With nobody there who tells, it is tried again after a while.
            if serves || now_ms >= seen_ms.saturating_add(cooldown_ms(fleet)) {
                state.zones_lost.remove(&zone);
                state.zone_returned_ms = Some(now_ms);
                events.push(FleetEvent::ZoneReturned { zone });
            }
        }
    }
    state.zones_lost.retain(|zone, _| *zone < zones);
}

/// How long a zone that came back is not trusted.
pub(super) fn cooldown_ms(fleet: &Fleet) -> u64 {
    fleet.scale.as_ref().map_or(fleet.health.deadline_ms, |scale| scale.in_cooldown_ms)
}

/// Whether so much is unhealthy at once that it is not the members' fault. Lost zones are another matter.
pub(super) fn brake(
    now_ms: u64,
    fleet: &Fleet,
    standings: &[Standing<'_>],
    state: &mut FleetState,
    events: &mut Vec<FleetEvent>,
) -> bool {
    let is_elsewhere = |one: &Standing<'_>| !one.member.zone.is_some_and(|zone| state.zones_lost.contains_key(&zone));
    let judged = |one: &Standing<'_>| one.is_proven && one.stays() && !one.is_unclear && is_elsewhere(one);
    let of = count(standings, judged);
    // What fails its checks is on its way to be unhealthy: it does not have to fail often for nothing to be destroyed.
    let fails = |one: &Standing<'_>| one.is_failing || one.sight.is_some_and(|sight| sight.passes == Some(false));
    let unhealthy = count(standings, |one| judged(one) && fails(one));
    let is_braked = of >= BRAKE_MEMBERS_MIN && unhealthy * 100 > fleet.disruption.brake * of;
    match (is_braked, state.braked_since_ms) {
        (true, None) => {
            state.braked_since_ms = Some(now_ms);
            events.push(FleetEvent::Braked { unhealthy, of });
        }
        (false, Some(_)) => {
            state.braked_since_ms = None;
            events.push(FleetEvent::BrakeReleased);
        }
        _ => {}
    }
    is_braked
}
