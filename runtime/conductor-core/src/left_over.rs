//! Left-overs: objects whose end was decided, and did not come because what was to end them was interrupted.
//!
//! The one idea: who wants again what is left over shall have it. A third object beside the two would need the name or the address
//! that the left-over still holds; the left-over cannot go while something stands on it; and what stands on it cannot leave before the
//! third is there. So the left-over becomes the current object again, and what was to take its place is what is left over.
//!
//! What no node was given and what holds the very name or address that a new node needs is that node's object for the same reason.

use lw_plan::{Map, NodeKind, is_known};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::assembly::claim_key;
use crate::decision::{Decider, Decision, Difference, Fate, Return, claimed, claimed_by_record, provider_of};
use crate::types::Types;
use crate::{Observation, ResourceRecord, ResourceStatus, TombstoneCause, TypeFacts, Uid};

/// Records that no node was given, and whose objects are still there. Indices are of records.
#[derive(Default)]
pub(crate) struct LeftOvers<'a> {
    /// By what replaced them: the uid, and the index where there is an object.
    predecessors: FxHashMap<Uid, Vec<(Uid, Option<u32>)>>,
    by_path: FxHashMap<&'a str, Vec<u32>>,
    by_content: FxHashMap<&'a str, Vec<u32>>,
    /// These alone may be live.
    by_claim: FxHashMap<String, Vec<u32>>,
    taken_back: FxHashSet<u32>,
}

impl<'a> LeftOvers<'a> {
    /// `left` as [`crate::Matching::left`].
    pub(crate) fn of(records: &'a [ResourceRecord], left: &[u32], types: &Types<'_>) -> LeftOvers<'a> {
        let mut found = LeftOvers::default();
        for &index in left {
            let record = &records[index as usize];
            // What an operation may be ending at this moment is no object to build on.
            let is_certain = matches!(record.status, ResourceStatus::Ready | ResourceStatus::Failed);
            let is_there = record.physical_id.is_some() && record.observed != Observation::Absent;
            let is_usable = is_certain && is_there && record.kind == NodeKind::Managed;
            if let Some(tombstone) = &record.tombstone {
                if let TombstoneCause::ReplacedBy(by) = tombstone.cause {
                    found.predecessors.entry(by).or_default().push((record.uid, is_usable.then_some(index)));
                }
                if is_usable {
                    found.by_path.entry(record.path.as_str()).or_default().push(index);
                    found.by_content.entry(record.fingerprint.as_str()).or_default().push(index);
                }
            }
            for (number, claim) in types.facts(&record.wire_type).claims.iter().enumerate().filter(|_| is_usable) {
                for values in claimed_by_record(claim, record) {
                    let key = claim_key(&record.wire_type, number, &record.provider, &values);
                    found.by_claim.entry(key).or_default().push(index);
                }
            }
        }
        found
    }

    pub(crate) fn is_taken_back(&self, record: u32) -> bool {
        self.taken_back.contains(&record)
    }

    fn is_empty(&self) -> bool {
        self.predecessors.is_empty() && self.by_path.is_empty() && self.by_claim.is_empty()
    }

    /// What a record has replaced, and what that has replaced: with how many replacements lie between.
    fn line_of(&self, uid: Uid) -> Vec<(usize, u32)> {
        let (mut found, mut seen, mut line) = (Vec::new(), FxHashSet::default(), vec![uid]);
        let mut distance = 0;
        while !line.is_empty() {
            distance += 1;
            let before = line.iter().flat_map(|uid| self.predecessors.get(uid).into_iter().flatten());
            // A line that runs into itself ends too.
            let before: Vec<(Uid, Option<u32>)> = before.filter(|(uid, _)| seen.insert(*uid)).copied().collect();
            found.extend(before.iter().filter_map(|(_, index)| Some((distance, (*index)?))));
            line = before.into_iter().map(|(uid, _)| uid).collect();
        }
        found
    }
}

impl<'a> Decider<'a> {
    /// A node whose object was left over, and serves as it is or changed in place.
    ///
    /// `matched` is the record that cannot be it any more, `because` why.
    pub(crate) fn taken_back(
        &mut self,
        index: usize,
        matched: Option<u32>,
        because: &[Difference],
        facts: &TypeFacts,
    ) -> Option<Decision> {
        if self.left_overs.is_empty() {
            return None;
        }
        // What is found unfit here is said of the object that is made instead.
        let refusals = self.refusals.len();
        let mut fits = Vec::new();
        for (distance, candidate) in self.candidates(index, matched, facts) {
            let record = &self.input.records[candidate as usize];
            let (differences, _) = self.bent_differences(index, record, facts);
            if !differences.iter().any(|difference| difference.replaces || moves_claim(facts, difference)) {
                fits.push((differences, distance, record.uid, candidate));
            }
        }
        self.refusals.truncate(refusals);
        let nearest =
            fits.into_iter().min_by_key(|(differences, distance, uid, _)| (differences.len(), *distance, *uid));
        let (differences, _, _, left_over) = nearest?;
        self.left_overs.taken_back.insert(left_over);
        let record = &self.input.records[left_over as usize];
        let mut decision = match differences.is_empty() {
            true => Decision {
                fate: Fate::Move,
                record: None,
                uid: Some(record.uid),
                change: None,
                deferred: Vec::new(),
                rewrite: false,
                taken_back: None,
            },
            false => self.in_place(index, record, differences, facts),
        };
        decision.record = Some(left_over);
        if !record.is_live() || matched.is_some() {
            decision.taken_back = Some(Box::new(Return { gives_way: matched, because: because.to_vec() }));
        }
        Some(decision)
    }

    /// Left-overs that a node may mean, with how near they are: of the line of the node's own record, at its path, of its content,
    /// or what holds the name or the address that it needs.
    fn candidates(&mut self, index: usize, matched: Option<u32>, facts: &TypeFacts) -> Vec<(usize, u32)> {
        let node = &self.nodes()[index];
        let records = self.input.records;
        let desired = match facts.claims.is_empty() || self.left_overs.by_claim.is_empty() {
            true => Map::new(),
            false => self.simplified(index),
        };
        let left_overs = &self.left_overs;
        let mut found = matched.map(|matched| left_overs.line_of(records[matched as usize].uid)).unwrap_or_default();
        let mut add = |indices: Option<&Vec<u32>>| {
            found.extend(indices.into_iter().flatten().map(|index| (usize::MAX, *index)));
        };
        add(left_overs.by_path.get(node.path.as_str()));
        if !node.fingerprint.is_empty() {
            add(left_overs.by_content.get(node.fingerprint.as_str()));
        }
        if let Some(provider) = provider_of(self.input, node).filter(|_| !desired.is_empty()) {
            for (number, claim) in facts.claims.iter().enumerate() {
                for values in claimed(claim, &desired) {
                    if !values.iter().all(|value| is_known(value)) {
                        continue;
                    }
                    add(left_overs.by_claim.get(&claim_key(&node.wire_type, number, provider, &values)));
                }
            }
        }
        found.retain(|(_, index)| {
            !left_overs.is_taken_back(*index) && records[*index as usize].wire_type == node.wire_type
        });
        found.sort_unstable_by_key(|(distance, index)| (*index, *distance));
        found.dedup_by_key(|(_, index)| *index);
        found
    }
}

/// Whether a change in place would take a name or an address that something else may hold.
fn moves_claim(facts: &TypeFacts, difference: &Difference) -> bool {
    facts.claims.iter().flat_map(|claim| &claim.properties).any(|path| path.top() == difference.property)
}
