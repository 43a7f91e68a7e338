//! A fleet as a Plan declares it: the properties of a node of type [`FLEET_TYPE`], with defaults in place of what is left out.
//!
//! The compiler and the Conductor read the same; both ask [`Fleet::problems`]. On the wire a span of time is a number of seconds.

mod amount;
mod problem;

use serde_json::{Map, Value as Json};

pub use amount::Amount;
pub use problem::{FleetProblem, words};

/// The wire type of a fleet.
pub const FLEET_TYPE: &str = "Linework::Fleet";

/// What shall be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    pub template: Blueprint,
    pub size: Bounds,
    pub spread: Option<Spread>,
    pub health: Health,
    pub balancer: Option<Balancer>,
    pub rollout: Rollout,
    pub refresh: Option<Refresh>,
    pub scale: Option<Scale>,
    pub disruption: Disruption,
}

/// A described, not yet existing resource: its own type, properties and terms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blueprint {
    pub wire_type: String,
    pub properties: Map<String, Json>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub min: u32,
    pub desired: u32,
    pub max: u32,
}

/// The values that one wire property of the template takes in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    pub property: String,
    pub over: Vec<Json>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// As they are written: `{"Http": {"port", "path", "status"}}`, `{"Tcp": {"port"}}`, `{"Command": {"command"}}`.
    pub checks: Vec<Json>,
    pub interval_ms: u64,
    pub timeout_ms: u64,
    pub passes: u32,
    pub failures: u32,
    pub grace_ms: u64,
    pub healthy_for_ms: u64,
    pub deadline_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Balancer {
    /// Its identifier, or a term for it.
    pub target: Json,
    pub port: Option<u16>,
    pub drain_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    pub strategy: Strategy,
    pub progress_deadline_ms: u64,
    pub rolls_back: bool,
    pub gates: Vec<Gate>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    Rolling { max_surge: Amount, max_unavailable: Amount },
    BlueGreen { bake_ms: u64 },
    Canary { steps: Vec<u32>, bake_ms: u64 },
}

/// A figure that has to lie within bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// As it is written: `{"Balancer": name}`.
    pub metric: Json,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refresh {
    pub max_age_ms: u64,
    pub rate: Rate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub members: u32,
    pub per_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub metric: Json,
    /// Per member.
    pub target: f64,
    pub out_cooldown_ms: u64,
    pub in_cooldown_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Disruption {
    /// No bound of its own where absent.
    pub max_unavailable: Option<Amount>,
    /// In hundredths.
    pub brake: u32,
    /// Always open where there are none.
    pub windows: Vec<Window>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// From Monday, 0, to Sunday, 6.
    pub days: Vec<u8>,
    pub from_ms: u64,
    /// On the next day where it is not after `from_ms`.
    pub to_ms: u64,
}

/// A property that a fleet cannot be read from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{property}` of a fleet cannot be read from its Plan")]
pub struct UnreadableFleet {
    /// The top-level wire property.
    pub property: &'static str,
}

impl Fleet {
    /// Reads the properties of a node, or of what was applied. Terms may stand in the template, in what members are spread over, and
    /// for the balancer.
    pub fn read(properties: &Map<String, Json>) -> Result<Fleet, UnreadableFleet> {
        let part = |property: &'static str| (property, properties.get(property).filter(|value| !value.is_null()));
        fn read<T>(
            (property, value): (&'static str, Option<&Json>),
            read: impl FnOnce(&Json) -> Option<T>,
        ) -> Result<Option<T>, UnreadableFleet> {
            value.map(|value| read(value).ok_or(UnreadableFleet { property })).transpose()
        }
        let missing = |property| UnreadableFleet { property };
        Ok(Fleet {
            template: read(part("Template"), blueprint)?.ok_or(missing("Template"))?,
            size: read(part("Size"), bounds)?.ok_or(missing("Size"))?,
            spread: read(part("Spread"), spread)?,
            health: read(part("Health"), health)?.unwrap_or_else(default_health),
            balancer: read(part("Balancer"), balancer)?,
            rollout: read(part("Rollout"), rollout)?.unwrap_or_else(default_rollout),
            refresh: read(part("Refresh"), refresh)?,
            scale: read(part("Scale"), scale)?,
            disruption: read(part("Disruption"), disruption)?.unwrap_or_else(default_disruption),
        })
    }

    /// What cannot be kept as it is declared.
    pub fn problems(&self) -> Vec<FleetProblem> {
        problem::problems(self)
    }

    /// How many members there may be beyond the desired ones.
    pub fn surge(&self, desired: u32) -> u32 {
        match &self.rollout.strategy {
            Strategy::Rolling { max_surge, .. } => max_surge.rounded_up(desired),
            Strategy::BlueGreen { .. } => desired,
            Strategy::Canary { .. } => DEFAULT_SURGE.rounded_up(desired),
        }
    }

    /// How many of the desired members may be missing where it is up to us: the least that anything allows.
    pub fn unavailable_max(&self, desired: u32) -> u32 {
        let strategy = match &self.rollout.strategy {
            Strategy::Rolling { max_unavailable, .. } => max_unavailable.rounded_down(desired),
            Strategy::BlueGreen { .. } | Strategy::Canary { .. } => 0,
        };
        let budget = self.disruption.max_unavailable.map_or(u32::MAX, |budget| budget.rounded_down(desired));
        strategy.min(budget).min(desired.saturating_sub(self.size.min.min(desired)))
    }

    /// The fewest healthy members that are left where it is up to us.
    pub fn floor(&self, desired: u32) -> u32 {
        desired - self.unavailable_max(desired)
    }

    /// The most members that there are at a time.
    pub fn ceiling(&self, desired: u32) -> u32 {
        desired.saturating_add(self.surge(desired))
    }
}

const DEFAULT_SURGE: Amount = Amount::Share(25);
const DEFAULT_BAKE_MS: u64 = 300_000;
const DEFAULT_PROGRESS_DEADLINE_MS: u64 = 600_000;
const DEFAULT_DRAIN_MS: u64 = 30_000;
const DEFAULT_OUT_COOLDOWN_MS: u64 = 60_000;
const DEFAULT_IN_COOLDOWN_MS: u64 = 300_000;
const DEFAULT_BRAKE: u32 = 55;

fn default_health() -> Health {
    Health {
        checks: Vec::new(),
        interval_ms: 5_000,
        timeout_ms: 2_000,
        passes: 2,
        failures: 3,
        grace_ms: 0,
        healthy_for_ms: 30_000,
        deadline_ms: 300_000,
    }
}

fn default_rollout() -> Rollout {
    Rollout {
        strategy: Strategy::Rolling { max_surge: DEFAULT_SURGE, max_unavailable: Amount::Members(0) },
        progress_deadline_ms: DEFAULT_PROGRESS_DEADLINE_MS,
        rolls_back: true,
        gates: Vec::new(),
    }
}

fn default_disruption() -> Disruption {
    Disruption { max_unavailable: None, brake: DEFAULT_BRAKE, windows: Vec::new() }
}

/// A part of an object, where it is written: `None` for what is there and is something else.
fn optional<T>(object: &Json, name: &str, read: impl FnOnce(&Json) -> Option<T>) -> Option<Option<T>> {
    match object.get(name) {
        None | Some(Json::Null) => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn number(value: &Json) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

fn milliseconds(value: &Json) -> Option<u64> {
    let milliseconds = value.as_f64()? * 1000.0;
    (milliseconds >= 0.0 && milliseconds.is_finite()).then(|| milliseconds.round() as u64)
}

fn list<T>(value: &Json, read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(read).collect()
}

fn blueprint(value: &Json) -> Option<Blueprint> {
    Some(Blueprint {
        wire_type: value.get("Type")?.as_str()?.to_string(),
        properties: value.get("Properties")?.as_object()?.clone(),
    })
}

fn bounds(value: &Json) -> Option<Bounds> {
    let desired = number(value.get("Desired")?)?;
    Some(Bounds {
        min: optional(value, "Min", number)?.unwrap_or(1),
        desired,
        max: optional(value, "Max", number)?.unwrap_or(desired),
    })
}

fn spread(value: &Json) -> Option<Spread> {
    let property = value.get("Property")?.as_str()?.to_string();
    Some(Spread { property, over: value.get("Over")?.as_array()?.clone() })
}

fn health(value: &Json) -> Option<Health> {
    let default = default_health();
    Some(Health {
        checks: optional(value, "Checks", |checks| checks.as_array().cloned())?.unwrap_or_default(),
        interval_ms: optional(value, "Interval", milliseconds)?.unwrap_or(default.interval_ms),
        timeout_ms: optional(value, "Timeout", milliseconds)?.unwrap_or(default.timeout_ms),
        passes: optional(value, "Passes", number)?.unwrap_or(default.passes),
        failures: optional(value, "Failures", number)?.unwrap_or(default.failures),
        grace_ms: optional(value, "Grace", milliseconds)?.unwrap_or(default.grace_ms),
        healthy_for_ms: optional(value, "HealthyFor", milliseconds)?.unwrap_or(default.healthy_for_ms),
        deadline_ms: optional(value, "Deadline", milliseconds)?.unwrap_or(default.deadline_ms),
    })
}

fn balancer(value: &Json) -> Option<Balancer> {
    Some(Balancer {
        target: value.get("Target")?.clone(),
        port: optional(value, "Port", |port| port.as_u64().and_then(|port| u16::try_from(port).ok()))?,
        drain_ms: optional(value, "Drain", milliseconds)?.unwrap_or(DEFAULT_DRAIN_MS),
    })
}

fn rollout(value: &Json) -> Option<Rollout> {
    let (name, body) = value.as_object().filter(|object| object.len() == 1)?.iter().next()?;
    let amount = |name: &str, default: Amount| Some(optional(body, name, Amount::read)?.unwrap_or(default));
    let bake_ms = optional(body, "bake", milliseconds)?.unwrap_or(DEFAULT_BAKE_MS);
    let strategy = match name.as_str() {
        "Rolling" => Strategy::Rolling {
            max_surge: amount("maxSurge", DEFAULT_SURGE)?,
            max_unavailable: amount("maxUnavailable", Amount::Members(0))?,
        },
        "BlueGreen" => Strategy::BlueGreen { bake_ms },
        "Canary" => Strategy::Canary { steps: list(body.get("steps")?, number)?, bake_ms },
        _ => return None,
    };
    Some(Rollout {
        strategy,
        progress_deadline_ms: optional(body, "progressDeadline", milliseconds)?.unwrap_or(DEFAULT_PROGRESS_DEADLINE_MS),
        rolls_back: optional(body, "rollback", Json::as_bool)?.unwrap_or(true),
        gates: optional(body, "gates", |gates| list(gates, gate))?.unwrap_or_default(),
    })
}

fn gate(value: &Json) -> Option<Gate> {
    Some(Gate {
        metric: value.get("metric")?.clone(),
        at_least: optional(value, "atLeast", Json::as_f64)?,
        at_most: optional(value, "atMost", Json::as_f64)?,
    })
}

fn refresh(value: &Json) -> Option<Refresh> {
    let max_age_ms = milliseconds(value.get("MaxAge")?)?;
    let rate = optional(value, "Rate", |rate| {
        Some(Rate { members: number(rate.get("Members")?)?, per_ms: milliseconds(rate.get("Per")?)? })
    })?;
    // Without a rate, the budget alone holds it back.
    Some(Refresh { max_age_ms, rate: rate.unwrap_or(Rate { members: u32::MAX, per_ms: 1 }) })
}

fn scale(value: &Json) -> Option<Scale> {
    Some(Scale {
        metric: value.get("Metric")?.clone(),
        target: value.get("Target")?.as_f64()?,
        out_cooldown_ms: optional(value, "OutCooldown", milliseconds)?.unwrap_or(DEFAULT_OUT_COOLDOWN_MS),
        in_cooldown_ms: optional(value, "InCooldown", milliseconds)?.unwrap_or(DEFAULT_IN_COOLDOWN_MS),
    })
}

fn disruption(value: &Json) -> Option<Disruption> {
    let default = default_disruption();
    Some(Disruption {
        max_unavailable: optional(value, "MaxUnavailable", Amount::read)?,
        brake: optional(value, "Brake", number)?.unwrap_or(default.brake),
        windows: optional(value, "Windows", |windows| list(windows, window))?.unwrap_or_default(),
    })
}

fn window(value: &Json) -> Option<Window> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let day = |day: &Json| DAYS.iter().position(|known| Some(*known) == day.as_str()).map(|day| day as u8);
    Some(Window {
        days: optional(value, "Days", |days| list(days, day))?.unwrap_or_else(|| (0..7).collect()),
        from_ms: milliseconds(value.get("From")?)?,
        to_ms: milliseconds(value.get("To")?)?,
    })
}

#[cfg(test)]
mod tests;
