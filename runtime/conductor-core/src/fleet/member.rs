use lw_plan::{Blueprint, Json, Spread, canonical_json, digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Observation, ResourceRecord, ResourceStatus, Uid};

/// The wire type of a member's place with a balancer: an object of its own, made and ended like any other.
pub const REGISTRATION_TYPE: &str = "Linework::Registration";

/// What the record of a member, or of its registration, keeps of its fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    pub fleet: Uid,
    pub role: Role,
    /// Digest of the template that it was made from.
    pub template: String,
    /// Its value of what members are spread over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Json>,
    pub created_at_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    Member,
    Registration { member: Uid },
}

/// One member, as State has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub uid: Uid,
    pub template: String,
    /// Position of its value among those that members are spread over; `None` where there are none, or it is none of them.
    pub zone: Option<usize>,
    pub created_at_ms: u64,
    pub existence: Existence,
    pub registration: Registration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existence {
    Present,
    /// It never came to be, or is known to be gone.
    Gone,
    /// Nobody can say: it is counted, and left alone.
    Unclear,
}

/// Its place with the balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    None,
    InService,
    Draining,
    Unclear,
}

/// What one look showed of a member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sight {
    /// It is there, and runs.
    pub exists: bool,
    /// Whether every check passed; `None` where it could not be asked.
    pub passes: Option<bool>,
    /// Why not.
    pub problem: Option<String>,
    /// Whether the balancer sends it requests; `None` where there is none, or it does not know the member.
    pub in_service: Option<bool>,
    /// Requests under way through the balancer; `None` where that is not known.
    pub connections: Option<u64>,
    /// Somebody asked that it be left (a tag `linework:protect`).
    pub is_protected: bool,
    /// It is no longer as it was made.
    pub is_edited: bool,
}

/// The digest of a template: another one is another version of the fleet.
pub fn template_of(blueprint: &Blueprint) -> String {
    let whole = json!({"Type": blueprint.wire_type, "Properties": blueprint.properties});
    digest(canonical_json(&whole).as_bytes())[..16].to_string()
}

/// The members of a fleet, oldest first.
pub fn members_of(records: &[ResourceRecord], fleet: Uid, spread: Option<&Spread>) -> Vec<Member> {
    let own = || {
        records
            .iter()
            .filter_map(|record| Some((record, record.membership.as_ref()?)))
            .filter(|(_, own)| own.fleet == fleet)
    };
    let registration_of = |uid: Uid| {
        let is_its = |membership: &Membership| membership.role == Role::Registration { member: uid };
        own()
            .find(|(record, membership)| is_its(membership) && existence(record) != Existence::Gone)
            .map(|(record, _)| record)
    };
    let mut members: Vec<Member> = own()
        .filter(|(_, membership)| membership.role == Role::Member)
        .map(|(record, membership)| Member {
            uid: record.uid,
            template: membership.template.clone(),
            zone: spread
                .and_then(|spread| spread.over.iter().position(|value| Some(value) == membership.zone.as_ref())),
            created_at_ms: membership.created_at_ms,
            existence: existence(record),
            registration: registration_of(record.uid).map_or(Registration::None, registration),
        })
        .collect();
    members.sort_by_key(|member| (member.created_at_ms, member.uid));
    members
}

fn existence(record: &ResourceRecord) -> Existence {
    match record.status {
        ResourceStatus::Quarantined => Existence::Unclear,
        _ if record.physical_id.is_none() || record.observed == Observation::Absent => Existence::Gone,
        _ => Existence::Present,
    }
}

fn registration(record: &ResourceRecord) -> Registration {
    match record.properties.get("State").and_then(Json::as_str) {
        _ if record.status == ResourceStatus::Quarantined => Registration::Unclear,
        Some("Draining") => Registration::Draining,
        _ => Registration::InService,
    }
}
