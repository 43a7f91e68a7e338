use std::collections::BTreeMap;

use lw_plan::{Class, Enforcement, Json, NodeKind, ResourcePath, mentions_secret, to_canonical};

use super::incident::Subject;
use super::rules::Rules;
use crate::compare::Comparison;
use crate::types::Types;
use crate::{Catalogue, Observation, Place, ResourceRecord, TypeFacts, Uid};

/// What a look showed, by uid. What was not looked at is absent.
pub type Seen = BTreeMap<Uid, Observation>;

/// One property that is not as it was written, or a resource that is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    pub uid: Uid,
    pub path: ResourcePath,
    pub wire_type: String,
    pub class: Class,
    /// The top-level wire property; `None` where the whole resource is gone.
    pub property: Option<String>,
    pub planned: Option<Json>,
    pub observed: Option<Json>,
    pub enforcement: Enforcement,
    /// Where the resource is written.
    pub place: Option<Place>,
}

impl Deviation {
    pub fn subject(&self) -> Subject {
        Subject { path: self.path.clone(), property: self.property.clone() }
    }

    /// What tells one deviation from another at the same place.
    pub(super) fn digest(&self) -> String {
        match (&self.property, &self.observed) {
            (None, _) => "gone".to_string(),
            (Some(_), None) => "absent".to_string(),
            (Some(_), Some(value)) => lw_plan::digest(to_canonical(value).as_bytes())[..16].to_string(),
        }
    }
}

/// What of the records that were looked at is not as it was written, by path; ignored fields and resources left out.
pub fn deviations(records: &[ResourceRecord], seen: &Seen, rules: &Rules, catalogue: &dyn Catalogue) -> Vec<Deviation> {
    let types = Types::new(catalogue);
    let mut found = Vec::new();
    let is_held =
        |record: &&ResourceRecord| record.is_live() && record.kind == NodeKind::Managed && record.is_watched();
    for record in records.iter().filter(is_held) {
        if let Some(observation) = seen.get(&record.uid) {
            found.extend(of_record(record, observation, rules, &types.facts(&record.wire_type)));
        }
    }
    found.sort_by(|left, right| (&left.path, &left.property).cmp(&(&right.path, &right.property)));
    found
}

fn of_record(record: &ResourceRecord, observation: &Observation, rules: &Rules, facts: &TypeFacts) -> Vec<Deviation> {
    let deviation = |property: Option<&String>, planned: Option<&Json>, observed: Option<&Json>| {
        let enforcement = rules.enforcement(record, property.map(String::as_str));
        (enforcement != Enforcement::Ignore).then(|| Deviation {
            uid: record.uid,
            path: record.path.clone(),
            wire_type: record.wire_type.clone(),
            class: record.class,
            property: property.cloned(),
            planned: planned.cloned(),
            observed: observed.cloned(),
            enforcement,
            place: record.origin.clone(),
        })
    };
    let observed = match observation {
        Observation::Never => return Vec::new(),
        Observation::Absent => return deviation(None, None, None).into_iter().collect(),
        Observation::Present { properties } => properties,
    };
    let differs = |(name, applied): &(&String, &Json)| {
        let hidden = facts.hides(name) || mentions_secret(applied);
        let mut comparison = Comparison::of(facts, name);
        !hidden && !comparison.covers(observed.get(*name), Some(applied), Some(applied))
    };
    let written = record.properties.iter().filter(differs);
    written.filter_map(|(name, applied)| deviation(Some(name), Some(applied), observed.get(name))).collect()
}
