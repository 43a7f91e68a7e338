//! How members of fleets do in the simulated cloud.
//!
//! Every member is healthy from the moment it is there. A tag says otherwise, so that a program can try what goes wrong:
//! `sim:member` is `never healthy`, or `healthy after 2s`, `unhealthy after 10s`, `gone after 10s`, counted from its creation.
//! A figure is a tag of the balancer: `sim:errorRate` is `0.02`. A zone is lost while an object of type `Simulated::Outage` names one of
//! its members' properties: `{"Property": "AvailabilityZone", "Value": "us-west-2a"}`.

use conductor_core::{REGISTRATION_TYPE, Sight};
use lw_plan::{Json, Map};

use super::world::World;
use crate::{MemberWatch, Object, Place, WatchedMember};

/// The wire type of what makes a zone unreachable.
pub const OUTAGE_TYPE: &str = "Simulated::Outage";

/// What a member does, and so long after its creation.
enum Course {
    NeverHealthy,
    HealthyAfter(u64),
    UnhealthyAfter(u64),
    GoneAfter(u64),
}

/// One round of checks.
pub(super) fn members(
    world: &mut World,
    now_ms: u64,
    place: &Place,
    watch: &MemberWatch,
    members: &[WatchedMember],
) -> Vec<Sight> {
    let outages: Vec<Map<String, Json>> =
        world.list(now_ms, &Place::default(), OUTAGE_TYPE).into_iter().map(|outage| outage.properties).collect();
    members.iter().map(|member| sight(world, now_ms, place, watch, member, &outages)).collect()
}

fn sight(
    world: &mut World,
    now_ms: u64,
    place: &Place,
    watch: &MemberWatch,
    member: &WatchedMember,
    outages: &[Map<String, Json>],
) -> Sight {
    let Some(object) = world.read(now_ms, place, &watch.wire_type, &member.physical_id) else {
        return Sight::default();
    };
    let age_ms = now_ms.saturating_sub(member.made_at_ms);
    let passes = match course(&object) {
        Some(Course::GoneAfter(after_ms)) if age_ms >= after_ms => {
            world.destroy(now_ms, &member.physical_id);
            return Sight::default();
        }
        Some(Course::NeverHealthy) => false,
        Some(Course::HealthyAfter(after_ms)) => age_ms >= after_ms,
        Some(Course::UnhealthyAfter(after_ms)) => age_ms < after_ms,
        Some(Course::GoneAfter(_)) | None => true,
    };
    let is_out = outages.iter().any(|outage| {
        let property = outage.get("Property").and_then(Json::as_str).unwrap_or_default();
        outage.get("Value").is_some_and(|value| object.properties.get(property) == Some(value))
    });
    let passes = passes && !is_out;
    let registration = watch.balancer.as_ref().and_then(|balancer| {
        world.read(now_ms, place, REGISTRATION_TYPE, &format!("{balancer}|{}", member.physical_id))
    });
    let state = registration.as_ref().and_then(|object| object.properties.get("State")).and_then(Json::as_str);
    Sight {
        exists: true,
        passes: Some(passes),
        problem: (!passes).then(|| "the simulated check failed".to_string()),
        in_service: state.map(|state| passes && state == "InService"),
        connections: state.map(|state| u64::from(state == "InService")),
        is_protected: tag(&object, "linework:protect").is_some(),
        is_edited: false,
    }
}

/// A figure that a tag of the balancer has.
pub(super) fn figure(world: &World, balancer: Option<&str>, metric: &Json) -> Option<f64> {
    let name = metric.get("Balancer")?.as_str()?;
    let balancer = balancer?;
    let object = world.all().find(|object| object.physical_id == balancer)?;
    tag(&object, &format!("sim:{name}"))?.parse().ok()
}

fn tag<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    let tags = ["Tags", "Labels"].into_iter().find_map(|property| object.properties.get(property))?;
    tags.get(name)?.as_str()
}

fn course(object: &Object) -> Option<Course> {
    let text = tag(object, "sim:member")?;
    if text == "never healthy" {
        return Some(Course::NeverHealthy);
    }
    let (course, span) = text.rsplit_once(" after ")?;
    let after_ms = match span.strip_suffix("ms") {
        Some(number) => number.parse().ok()?,
        None => span.strip_suffix('s')?.parse::<u64>().ok()?.checked_mul(1000)?,
    };
    match course {
        "healthy" => Some(Course::HealthyAfter(after_ms)),
        "unhealthy" => Some(Course::UnhealthyAfter(after_ms)),
        "gone" => Some(Course::GoneAfter(after_ms)),
        _ => None,
    }
}
