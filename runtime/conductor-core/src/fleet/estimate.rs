//! How long a rollout will take, for those who are about to begin it.

use lw_plan::{Fleet, Strategy, words};

/// What a rollout comes to if nothing goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutEstimate {
    /// Members that are replaced one after the other.
    pub waves: u32,
    /// Members in each wave.
    pub batch: u32,
    /// Without the time that the cloud takes to make and end members.
    pub duration_ms: u64,
    /// One sentence without a full stop.
    pub text: String,
}

/// The order and the time of replacing `members` members.
pub fn estimate(fleet: &Fleet, members: u32) -> RolloutEstimate {
    let health = &fleet.health;
    // A member is asked so often before it counts, and has to stay healthy for a while.
    let healthy_ms = health.interval_ms.saturating_mul(u64::from(health.passes)).saturating_add(health.healthy_for_ms);
    let drain_ms = fleet.balancer.as_ref().map_or(0, |balancer| balancer.drain_ms);
    let batch = fleet.surge(members).max(fleet.unavailable_max(members)).clamp(1, members.max(1));
    let waves = members.div_ceil(batch);
    let wave_ms = healthy_ms.saturating_add(drain_ms);
    let rolling_ms = wave_ms.saturating_mul(u64::from(waves));
    let (how, duration_ms) = match &fleet.rollout.strategy {
        Strategy::Rolling { .. } => (format!("rolling, {batch} at a time, in {waves} waves"), rolling_ms),
        Strategy::BlueGreen { bake_ms } => (
            format!("blue/green, {members} new members first, the old ones kept for {}", words(*bake_ms)),
            wave_ms.saturating_add(*bake_ms),
        ),
        Strategy::Canary { steps, bake_ms } => {
            let shares: Vec<String> = steps.iter().map(|step| format!("{step}%")).collect();
            let baking_ms = bake_ms.saturating_mul(steps.len() as u64);
            (
                format!("canary, {} and then all, each step watched for {}", shares.join(", "), words(*bake_ms)),
                rolling_ms.saturating_add(baking_ms),
            )
        }
    };
    let text = format!("{members} members are replaced: {how}; about {}", words(duration_ms));
    RolloutEstimate { waves, batch, duration_ms, text }
}
