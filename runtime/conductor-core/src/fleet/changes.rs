//! Actions as a change set: members are made and ended as everything else is, through the journal.

use std::collections::BTreeMap;

use lw_plan::{Blueprint, Class, Fleet, Json, Map, NodeKind};
use serde_json::json;

use super::FleetAction;
use super::member::{Membership, REGISTRATION_TYPE, Role, template_of};
use super::state::FleetState;
use crate::assembly::{count_of_resources, seal, touched};
use crate::names::minted_name;
use crate::removal::delete_step;
use crate::{
    Action, Catalogue, ChangeSet, Deployment, Intention, NodeFacts, Reason, ReasonKind, ResourceRecord, ResourceStatus,
    Step, StepIndex, Uid, Undo, Work,
};

/// What actions become steps with.
pub struct FleetInput<'a> {
    pub now_ms: u64,
    pub deployment: &'a Deployment,
    /// The record of the fleet.
    pub record: &'a ResourceRecord,
    pub fleet: &'a Fleet,
    pub state: &'a FleetState,
    /// All records of the deployment.
    pub records: &'a [ResourceRecord],
    pub actions: &'a [FleetAction],
}

/// The change set of a round's actions: to be executed with the same records.
pub fn fleet_changes(input: &FleetInput<'_>, catalogue: &dyn Catalogue) -> ChangeSet {
    let mut steps: Vec<Step> = Vec::new();
    let mut forget: Vec<Uid> = Vec::new();
    for action in input.actions {
        match action {
            FleetAction::Forget { member } => {
                forget.push(*member);
                steps.extend(registration_of(input, *member).map(|record| end(record, "its member is gone")));
            }
            FleetAction::Create { member, template, zone } => {
                steps.extend(create(input, *member, template, *zone, catalogue));
            }
            FleetAction::Register { member } => steps.extend(register(input, *member)),
            FleetAction::Drain { member } => steps.extend(turn(input, *member, "Draining", "it shall finish its work")),
            FleetAction::Restore { member } => steps.extend(turn(input, *member, "InService", "it is wanted again")),
            FleetAction::Remove { member } => {
                let before = registration_of(input, *member).map(|record| {
                    steps.push(end(record, "its member ends"));
                    StepIndex(steps.len() as u32 - 1)
                });
                let member = input.records.iter().find(|record| record.uid == *member);
                steps.extend(member.map(|record| Step {
                    depends_on: before.into_iter().collect(),
                    ..end(record, "another member is in its place, or it is one too many")
                }));
            }
        }
    }
    forget.sort_unstable();
    let is_ready = input.deployment.state == ResourceStatus::Ready;
    seal(ChangeSet {
        hash: String::new(),
        deployment: input.deployment.name.clone(),
        intention: Intention::Enforce { whole: is_ready },
        generation: input.deployment.generation,
        plan: input.deployment.plan.clone(),
        resources: count_of_resources(input.records),
        touched: touched(&steps, input.records),
        reads: Vec::new(),
        steps,
        bookkeeping: Vec::new(),
        forget,
        outputs: BTreeMap::new(),
        kept: Vec::new(),
        refusals: Vec::new(),
    })
}

fn registration_of<'a>(input: &FleetInput<'a>, member: Uid) -> Option<&'a ResourceRecord> {
    let is_its = |record: &&ResourceRecord| {
        record.membership.as_ref().is_some_and(|own| own.role == Role::Registration { member })
            && record.physical_id.is_some()
    };
    input.records.iter().find(is_its)
}

fn reason(kind: ReasonKind, text: &str) -> Vec<Reason> {
    vec![Reason { kind, property: None, before: None, after: None, text: text.to_string(), place: None }]
}

fn end(record: &ResourceRecord, text: &str) -> Step {
    delete_step(record, ReasonKind::Removed, text, None)
}

/// What the row of something that a fleet makes keeps.
fn facts(input: &FleetInput<'_>, depends_on: Vec<Uid>, membership: Membership) -> NodeFacts {
    let mut lifecycle = input.record.lifecycle.clone();
    // What a fleet makes, it may end.
    (lifecycle.protect, lifecycle.ignores) = (false, Vec::new());
    let fingerprint = membership.template.clone();
    NodeFacts {
        kind: NodeKind::Managed,
        uid_fingerprint: fingerprint.clone(),
        fingerprint,
        lifecycle,
        depends_on,
        deferred: Vec::new(),
        place: input.record.origin.clone(),
        membership: Some(membership),
    }
}

/// A template by its digest: the declared one, or the one that is kept to go back to.
fn template(input: &FleetInput<'_>, digest: &str) -> Option<Blueprint> {
    if template_of(&input.fleet.template) == digest {
        return Some(input.fleet.template.clone());
    }
    let stable = input.state.stable.as_ref().filter(|stable| stable.template == digest)?;
    Some(Blueprint { wire_type: stable.wire_type.clone(), properties: stable.properties.clone() })
}

fn create(
    input: &FleetInput<'_>,
    uid: Uid,
    digest: &str,
    zone: Option<usize>,
    catalogue: &dyn Catalogue,
) -> Option<Step> {
    let Blueprint { wire_type, mut properties } = template(input, digest)?;
    let mut value = None;
    if let (Some(spread), Some(zone)) = (&input.fleet.spread, zone) {
        value = spread.over.get(zone).cloned();
        properties.extend(value.clone().map(|value| (spread.property.clone(), value)));
    }
    let path = input.record.path.key(&uid.to_string()[..8]);
    let mut minted = BTreeMap::new();
    let known = catalogue.facts(&wire_type);
    if let Some(name) = known.as_ref().and_then(|facts| facts.name.as_ref())
        && !properties.contains_key(&name.property)
    {
        let fresh = minted_name(&input.deployment.name, &input.record.path, uid, name);
        properties.insert(name.property.clone(), Json::from(fresh.as_str()));
        minted.insert(name.property.clone(), fresh);
    }
    let membership = Membership {
        fleet: input.record.uid,
        role: Role::Member,
        template: digest.to_string(),
        zone: value,
        created_at_ms: input.now_ms,
    };
    // What the template refers to outlives the members.
    let depends_on = [input.record.uid].into_iter().chain(input.record.depends_on.iter().copied()).collect();
    Some(Step {
        action: Action::Create,
        part_of: None,
        path,
        uid,
        wire_type,
        provider: input.record.provider.clone(),
        class: Class::Compute,
        reasons: reason(ReasonKind::New, "a member is missing"),
        undo: Undo::Exact,
        tentative: false,
        taken_back: None,
        depends_on: Vec::new(),
        work: Work::Create { node: facts(input, depends_on, membership), properties, minted, replaces: None },
    })
}

fn register(input: &FleetInput<'_>, uid: Uid) -> Option<Step> {
    let member = input.records.iter().find(|record| record.uid == uid)?;
    let balancer = input.fleet.balancer.as_ref()?;
    let own = member.membership.as_ref()?;
    let mut properties: Map<String, Json> = Map::new();
    properties.insert("Balancer".to_string(), balancer.target.clone());
    properties.insert("Member".to_string(), Json::from(member.physical_id.clone()?));
    properties.insert("MemberType".to_string(), Json::from(member.wire_type.as_str()));
    properties.extend(balancer.port.map(|port| ("Port".to_string(), json!(port))));
    properties.insert("State".to_string(), Json::from("InService"));
    let membership =
        Membership { role: Role::Registration { member: uid }, created_at_ms: input.now_ms, ..own.clone() };
    let path = member.path.field("registration");
    Some(Step {
        action: Action::Create,
        part_of: None,
        uid: Uid::derive(uid.0, REGISTRATION_TYPE, &input.now_ms.to_string()),
        path,
        wire_type: REGISTRATION_TYPE.to_string(),
        provider: member.provider.clone(),
        class: Class::Configuration,
        reasons: reason(ReasonKind::New, "the member is healthy"),
        undo: Undo::Exact,
        tentative: false,
        taken_back: None,
        depends_on: Vec::new(),
        work: Work::Create {
            node: facts(input, vec![uid], membership),
            properties,
            minted: BTreeMap::new(),
            replaces: None,
        },
    })
}

/// Another state of a registration.
fn turn(input: &FleetInput<'_>, member: Uid, state: &str, text: &str) -> Option<Step> {
    let record = registration_of(input, member)?;
    let mut properties = record.properties.clone();
    properties.insert("State".to_string(), Json::from(state));
    Some(Step {
        action: Action::Update,
        part_of: None,
        path: record.path.clone(),
        uid: record.uid,
        wire_type: record.wire_type.clone(),
        provider: record.provider.clone(),
        class: record.class,
        reasons: reason(ReasonKind::Changed, text),
        undo: Undo::Exact,
        tentative: false,
        taken_back: None,
        depends_on: Vec::new(),
        work: Work::Update {
            node: facts(input, record.depends_on.clone(), record.membership.clone()?),
            properties,
            changed: vec!["State".to_string()],
            reset: Vec::new(),
        },
    })
}
