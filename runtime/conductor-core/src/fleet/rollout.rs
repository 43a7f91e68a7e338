//! From one template to another: how far it may go, when it is done, and when it is given up.

use lw_plan::{Fleet, Gate, Strategy, words};

use super::event::FleetEvent;
use super::standing::{Standing, count};
use super::state::{FleetState, Past, Refused, RolloutState, Version};

/// So many new members may end before they count.
const LOSSES_MAX: u32 = 3;

/// What gates say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gated {
    Passed,
    /// A figure is missing: nothing goes on until it is there.
    Unknown,
    Failed,
}

pub(super) fn gated(gates: &[Gate], figures: &[Option<f64>]) -> Gated {
    let one = |(at, gate): (usize, &Gate)| match figures.get(at).copied().flatten() {
        None => Gated::Unknown,
        Some(figure) if figure.is_nan() => Gated::Unknown,
        Some(figure)
            if gate.at_least.is_some_and(|least| figure < least) || gate.at_most.is_some_and(|most| figure > most) =>
        {
            Gated::Failed
        }
        Some(_) => Gated::Passed,
    };
    let all: Vec<Gated> = gates.iter().enumerate().map(one).collect();
    match () {
        () if all.contains(&Gated::Failed) => Gated::Failed,
        () if all.contains(&Gated::Unknown) => Gated::Unknown,
        () => Gated::Passed,
    }
}

/// The template that members are to have: the declared one, or the one before it where that one failed. `None` where all stays as it is.
pub(super) fn wanted(declared: &str, state: &mut FleetState) -> Option<String> {
    match &state.refused {
        Some(refused) if refused.template != declared => {
            state.refused = None;
            Some(declared.to_string())
        }
        Some(refused) => state.stable.as_ref().filter(|_| refused.goes_back).map(|stable| stable.template.clone()),
        None => Some(declared.to_string()),
    }
}

/// Begins what is not under way: a rollout to a template that has not stood the test, or back to the one that has.
pub(super) fn begin(
    now_ms: u64,
    wanted: Option<&str>,
    is_mixed: bool,
    state: &mut FleetState,
    events: &mut Vec<FleetEvent>,
) {
    let Some(wanted) = wanted else {
        state.rollout = None;
        return;
    };
    if state.rollout.as_ref().is_some_and(|rollout| rollout.to == wanted) {
        return;
    }
    let is_stable = state.stable.as_ref().is_some_and(|stable| stable.template == wanted);
    if is_stable && !is_mixed {
        state.rollout = None;
        return;
    }
    state.rollout = Some(RolloutState {
        to: wanted.to_string(),
        is_rollback: is_stable,
        began_ms: now_ms,
        progressed_ms: now_ms,
        reached: 0,
        left: u32::MAX,
        losses: 0,
        step: 0,
        baking_since_ms: None,
        switched_ms: None,
    });
    events.push(FleetEvent::RolloutBegan { to: wanted.to_string(), is_rollback: is_stable });
}

/// What a round means to the rollout that is under way.
pub(super) struct Judging<'a> {
    pub now_ms: u64,
    pub fleet: &'a Fleet,
    pub desired: u32,
    pub standings: &'a [Standing<'a>],
    pub gated: Gated,
    /// Something else holds it back: a window, the brake, a lost zone.
    pub is_held: bool,
}

/// Moves it on; gives why it is given up, if it is.
pub(super) fn advance(judging: &Judging<'_>, state: &mut FleetState) -> Option<String> {
    let Judging { now_ms, fleet, desired, standings, gated, is_held } = *judging;
    let is_lost = |one: &Standing<'_>| one.member.zone.is_some_and(|zone| state.zones_lost.contains_key(&zone));
    let counting = count(standings, |one| one.is_new && one.stays() && one.counts);
    let left = count(standings, |one| !one.is_new && !one.is_unclear);
    let failed = count(standings, |one| one.is_new && !one.is_proven && one.is_failing && !is_lost(one));
    let relapsed = count(standings, |one| one.is_new && one.is_proven && one.is_failing && !is_lost(one));
    let rollout = state.rollout.as_mut()?;
    if counting > rollout.reached || left < rollout.left || is_held || gated == Gated::Unknown {
        rollout.progressed_ms = now_ms;
    }
    (rollout.reached, rollout.left) = (rollout.reached.max(counting), rollout.left.min(left));
    if let Strategy::Canary { steps, bake_ms } = &fleet.rollout.strategy
        && let Some(share) = steps.get(rollout.step)
        && !rollout.is_rollback
    {
        match counting >= of_share(*share, desired) && gated == Gated::Passed {
            true => {
                let since_ms = *rollout.baking_since_ms.get_or_insert(now_ms);
                rollout.progressed_ms = now_ms;
                if now_ms >= since_ms.saturating_add(*bake_ms) {
                    (rollout.step, rollout.baking_since_ms) = (rollout.step + 1, None);
                }
            }
            false => rollout.baking_since_ms = None,
        }
    }
    if let (Strategy::BlueGreen { bake_ms }, Some(switched_ms)) = (&fleet.rollout.strategy, rollout.switched_ms)
        && now_ms < switched_ms.saturating_add(*bake_ms)
    {
        rollout.progressed_ms = now_ms;
    }
    if rollout.is_rollback {
        return None;
    }
    let deadline_ms = fleet.rollout.progress_deadline_ms;
    match () {
        () if gated == Gated::Failed => Some("a figure is outside of what its gate allows".to_string()),
        () if failed > 0 && !is_held => {
            Some(format!("a member was not healthy within {} of its creation", words(fleet.health.deadline_ms)))
        }
        () if relapsed > 0 && !is_held && (rollout.switched_ms.is_some() || rollout.baking_since_ms.is_some()) => {
            Some("a new member became unhealthy while it was watched".to_string())
        }
        () if rollout.losses >= LOSSES_MAX => {
            Some(format!("{} new members ended before they were healthy for long enough", rollout.losses))
        }
        () if now_ms >= rollout.progressed_ms.saturating_add(deadline_ms) => {
            Some(format!("nothing moved for {}", words(deadline_ms)))
        }
        () => None,
    }
}

fn of_share(share: u32, desired: u32) -> u32 {
    lw_plan::Amount::Share(share).rounded_up(desired).max(1).min(desired)
}

/// How many new members the strategy wants at this point.
pub(super) fn new_wanted(fleet: &Fleet, desired: u32, state: &FleetState) -> u32 {
    match (&fleet.rollout.strategy, &state.rollout) {
        (Strategy::Canary { steps, .. }, Some(rollout)) if !rollout.is_rollback => {
            steps.get(rollout.step).map_or(desired, |share| of_share(*share, desired))
        }
        _ => desired,
    }
}

/// Gives the rollout up: the template is not tried again, and the one before it takes its place, where there is one.
pub(super) fn refuse(now_ms: u64, fleet: &Fleet, reason: String, state: &mut FleetState, events: &mut Vec<FleetEvent>) {
    let Some(rollout) = state.rollout.take() else { return };
    let goes_back =
        fleet.rollout.rolls_back && state.stable.as_ref().is_some_and(|stable| stable.template != rollout.to);
    state.remember(Past {
        template: rollout.to.clone(),
        began_ms: rollout.began_ms,
        ended_ms: now_ms,
        refused: Some(reason.clone()),
    });
    events.push(match goes_back {
        true => FleetEvent::RolledBack { from: rollout.to.clone(), reason: reason.clone() },
        false => FleetEvent::Halted { template: rollout.to.clone(), reason: reason.clone() },
    });
    state.refused = Some(Refused { template: rollout.to, reason, at_ms: now_ms, goes_back });
}

/// Ends a rollout whose every member counts, and keeps its template as the one to go back to.
pub(super) fn end(now_ms: u64, version: Option<Version>, state: &mut FleetState, events: &mut Vec<FleetEvent>) {
    let Some(rollout) = state.rollout.take() else { return };
    events.push(FleetEvent::RolloutEnded { to: rollout.to.clone() });
    if let Some(version) = version {
        state.stable = Some(version);
        state.remember(Past { template: rollout.to, began_ms: rollout.began_ms, ended_ms: now_ms, refused: None });
    }
}
