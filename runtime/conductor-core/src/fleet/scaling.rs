//! How many members are desired.

use lw_plan::Fleet;

use super::event::FleetEvent;
use super::state::FleetState;

/// A figure this near its target moves nothing.
const TOLERANCE: f64 = 0.1;

/// Brings the desired number up to date. A figure that is missing, or is none, changes nothing.
pub(super) fn scale(
    now_ms: u64,
    fleet: &Fleet,
    load: Option<f64>,
    serving: u32,
    state: &mut FleetState,
    events: &mut Vec<FleetEvent>,
) {
    let before = state.desired;
    if state.declared != fleet.size.desired || before == 0 {
        (state.declared, state.desired) = (fleet.size.desired, fleet.size.desired);
    }
    let Some(scale) = &fleet.scale else {
        state.desired = fleet.size.desired;
        return;
    };
    let within = |members: u32| members.clamp(fleet.size.min, fleet.size.max.max(fleet.size.min)).max(1);
    state.desired = within(state.desired);
    let Some(load) = load.filter(|load| load.is_finite() && *load >= 0.0) else { return };
    if serving == 0 || (load / scale.target - 1.0).abs() <= TOLERANCE {
        return;
    }
    let wanted = within((f64::from(serving) * load / scale.target).ceil().min(f64::from(u32::MAX)) as u32);
    let rested = |since_ms: Option<u64>, span_ms: u64| {
        since_ms.is_none_or(|since_ms| now_ms >= since_ms.saturating_add(span_ms))
    };
    let from = state.desired;
    if wanted > from && rested(state.scaled_out_ms, scale.out_cooldown_ms) {
        (state.desired, state.scaled_out_ms) = (wanted, Some(now_ms));
    }
    let is_quiet = [state.scaled_out_ms, state.scaled_in_ms, state.zone_returned_ms];
    let is_whole =
        serving >= from && state.rollout.is_none() && state.zones_lost.is_empty() && state.braked_since_ms.is_none();
    if wanted < from && is_whole && is_quiet.into_iter().all(|since_ms| rested(since_ms, scale.in_cooldown_ms)) {
        (state.desired, state.scaled_in_ms) = (wanted, Some(now_ms));
    }
    if state.desired != from {
        events.push(FleetEvent::Scaled { from, to: state.desired });
    }
}
