//! What of a fleet cannot be: found by the compiler where it is written, and by the Conductor in Plans that others made.

use super::{Fleet, Strategy};

/// A fleet that cannot be kept as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetProblem {
    /// The code of its page.
    pub code: &'static str,
    /// The top-level wire property that it is about.
    pub property: &'static str,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Why that cannot be.
    pub note: &'static str,
    /// What to do, where that can be said.
    pub help: Option<String>,
}

/// Everything that is wrong with a fleet, in the order of its properties.
pub(super) fn problems(fleet: &Fleet) -> Vec<FleetProblem> {
    let found =
        [health(fleet), window(fleet), refresh(fleet), rollout(fleet), scale(fleet), size(fleet), spread(fleet)];
    found.into_iter().flatten().collect()
}

fn problem(code: &'static str, property: &'static str, message: String, note: &'static str) -> Option<FleetProblem> {
    Some(FleetProblem { code, property, message, note, help: None })
}

fn size(fleet: &Fleet) -> Option<FleetProblem> {
    let size = fleet.size;
    let note = "the desired number lies between `min` and `max`";
    if size.min > size.desired {
        let message = format!("a fleet of {} cannot keep at least {}", size.desired, size.min);
        let help = Some(format!("write `desired: {}`, or a smaller `min`", size.min));
        return Some(FleetProblem { help, ..problem("LW0280", "Size", message, note)? });
    }
    if size.desired > size.max {
        let message = format!("a fleet of {} cannot stay below {}", size.desired, size.max);
        let help = Some(format!("write `max: {}`, or a smaller `desired`", size.desired));
        return Some(FleetProblem { help, ..problem("LW0280", "Size", message, note)? });
    }
    None
}

/// A rollout that could neither add a member nor take one away, at some size that the fleet may have.
fn rollout(fleet: &Fleet) -> Option<FleetProblem> {
    let rollout = &fleet.rollout;
    if let Strategy::Canary { steps, .. } = &rollout.strategy {
        let ascending = steps.windows(2).all(|pair| pair[0] < pair[1]);
        if steps.is_empty() || !ascending || steps.iter().any(|step| !(1..=100).contains(step)) {
            let shown: Vec<String> = steps.iter().map(u32::to_string).collect();
            let message = format!("[{}] are no steps of a canary", shown.join(", "));
            return problem("LW0283", "Rollout", message, "steps are shares of the fleet that grow, from 1 to 100");
        }
    }
    let desired = fleet.size.desired;
    let (low, high) = match fleet.scale {
        Some(_) => (fleet.size.min.max(1), fleet.size.max.max(desired)),
        None => (desired, desired),
    };
    // A share of more is never less: what moves the smallest moves all.
    let stuck = (low..=high.min(low + 100)).find(|&size| fleet.surge(size) == 0 && fleet.unavailable_max(size) == 0);
    if let Some(size) = stuck {
        let message = format!("a rollout of {size} could neither add a member nor take one away");
        let found = problem(
            "LW0281",
            "Rollout",
            message,
            "a share of surplus is rounded up, and a share of what may be missing is rounded down",
        )?;
        let help = Some(
            "allow a member more with `maxSurge: Members(1)`, or one less with `maxUnavailable: Members(1)`"
                .to_string(),
        );
        return Some(FleetProblem { help, ..found });
    }
    if health(fleet).is_none() && rollout.progress_deadline_ms <= fleet.health.healthy_for_ms {
        let message = format!(
            "a rollout that has to move within {} cannot wait {} for a member to be healthy",
            words(rollout.progress_deadline_ms),
            words(fleet.health.healthy_for_ms)
        );
        return problem("LW0284", "Rollout", message, "it would be rolled back before its first member counts");
    }
    None
}

fn health(fleet: &Fleet) -> Option<FleetProblem> {
    let health = &fleet.health;
    if health.deadline_ms <= health.healthy_for_ms {
        let message = format!(
            "a member that has to be healthy for {} cannot count within {} of its creation",
            words(health.healthy_for_ms),
            words(health.deadline_ms)
        );
        return problem("LW0284", "Health", message, "every member would have failed before it counts");
    }
    None
}

fn refresh(fleet: &Fleet) -> Option<FleetProblem> {
    let refresh = fleet.refresh.as_ref()?;
    let members = u64::from(fleet.size.max.max(fleet.size.desired));
    let needed_ms = members.saturating_mul(refresh.rate.per_ms).div_ceil(u64::from(refresh.rate.members.max(1)));
    if needed_ms <= refresh.max_age_ms {
        return None;
    }
    let message = format!(
        "{members} members at that rate take {} to replace, and none may be older than {}",
        words(needed_ms),
        words(refresh.max_age_ms)
    );
    problem("LW0285", "Refresh", message, "the rate has to renew the largest fleet within `maxAge`")
}

fn scale(fleet: &Fleet) -> Option<FleetProblem> {
    let scale = fleet.scale.as_ref()?;
    if scale.target.is_nan() || scale.target <= 0.0 {
        let message = format!("no number of members brings a figure per member to {}", scale.target);
        return problem("LW0286", "Scale", message, "the target of scaling is above 0");
    }
    if fleet.size.min >= fleet.size.max {
        let message = format!("scaling has no room: `min` and `max` are both {}", fleet.size.max);
        return problem(
            "LW0286",
            "Scale",
            message,
            "`min` is 1 and `max` the desired number where they are not written",
        );
    }
    None
}

fn spread(fleet: &Fleet) -> Option<FleetProblem> {
    let spread = fleet.spread.as_ref()?;
    if spread.over.is_empty() {
        let message = "members cannot be spread over nothing".to_string();
        return problem("LW0282", "Spread", message, "`over` names the values that members take in turn");
    }
    let twice = (1..spread.over.len()).find(|&at| spread.over[..at].contains(&spread.over[at]))?;
    let message = format!("{} is named twice in what members are spread over", spread.over[twice]);
    problem("LW0282", "Spread", message, "it would get twice the share of the others")
}

fn window(fleet: &Fleet) -> Option<FleetProblem> {
    let never =
        fleet.disruption.windows.iter().find(|window| window.from_ms == window.to_ms || window.days.is_empty())?;
    let message = format!("a window from {} to {} never opens", words(never.from_ms), words(never.to_ms));
    problem("LW0287", "Disruption", message, "what has to wait for it would wait for ever")
}

/// A span of time as people write it: the largest unit that it is a whole number of.
pub fn words(span_ms: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let unit = UNITS.iter().find(|(unit, _)| span_ms > 0 && span_ms.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{span_ms}ms"), |(unit, name)| format!("{}{name}", span_ms / unit))
}
