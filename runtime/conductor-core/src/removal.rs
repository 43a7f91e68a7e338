//! Deletions, in the reverse of the order in which things were made.
//!
//! The one idea: an object may go once nothing refers to it any more. Who referred to it stands in the records: each of those is
//! deleted before, or changed before to refer to something else. Properties that closed a cycle are taken out first.

use lw_plan::{Class, Graph, ResourcePath};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Action, DeferredRecord, Reason, ReasonKind, ResourceRecord, Step, StepIndex, Uid, Undo, Work};

/// The steps that change a record without deleting it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rewrites {
    pub main: Option<u32>,
    pub deferred: Option<u32>,
}

/// A step that deletes a record's object. It has no place: what is no longer in the Plan is no longer in the source.
pub(crate) fn delete_step(record: &ResourceRecord, kind: ReasonKind, text: &str, part_of: Option<StepIndex>) -> Step {
    let reason = Reason { kind, property: None, before: None, after: None, text: text.to_string(), place: None };
    Step {
        action: if part_of.is_some() { Action::Replace } else { Action::Delete },
        part_of,
        path: record.path.clone(),
        uid: record.uid,
        wire_type: record.wire_type.clone(),
        provider: record.provider.clone(),
        class: record.class,
        reasons: vec![reason],
        undo: undo_of_delete(record.class),
        tentative: false,
        taken_back: None,
        depends_on: Vec::new(),
        work: Work::Delete {},
    }
}

pub(crate) fn undo_of_delete(class: Class) -> Undo {
    match class {
        Class::Data => Undo::DataLost,
        Class::Compute | Class::Configuration => Undo::NewId,
    }
}

/// Who refers to whom, among records: by uid, the index of the record that refers, and whether by a deferred property.
pub(crate) fn referrers(records: &[ResourceRecord]) -> FxHashMap<Uid, Vec<(u32, bool)>> {
    let mut referrers: FxHashMap<Uid, Vec<(u32, bool)>> = FxHashMap::default();
    for (index, record) in records.iter().enumerate() {
        for uid in &record.depends_on {
            referrers.entry(*uid).or_default().push((index as u32, false));
        }
        for uid in record.deferred.iter().flat_map(|deferred| &deferred.refers_to) {
            referrers.entry(*uid).or_default().push((index as u32, true));
        }
    }
    referrers
}

/// The records to delete, each after all of them that refer to it; ties by path. What runs in a circle comes last.
pub(crate) fn deletion_order(records: &[ResourceRecord], doomed: &[u32]) -> Vec<u32> {
    let mut doomed = doomed.to_vec();
    let key = |&record: &u32| (&records[record as usize].path, records[record as usize].uid);
    doomed.sort_by(|left, right| key(left).cmp(&key(right)));
    let place: FxHashMap<Uid, u32> =
        doomed.iter().enumerate().map(|(place, &record)| (records[record as usize].uid, place as u32)).collect();
    let mut graph = Graph::new(doomed.len());
    for (referrer, &record) in doomed.iter().enumerate() {
        for uid in &records[record as usize].depends_on {
            if let Some(&target) = place.get(uid) {
                graph.add(target, referrer as u32);
            }
        }
    }
    match graph.order(&[]) {
        Ok(order) => order.into_iter().map(|place| doomed[place as usize]).collect(),
        Err(_) => doomed,
    }
}

/// Puts deletions in order: adds the steps that open cycles, and the edges `(step, step before it)`.
///
/// `deletes` gives the deleting step of each record that goes; `rewrites` the steps that change a record that stays.
pub(crate) fn order_deletions(
    records: &[ResourceRecord],
    deletes: &FxHashMap<u32, u32>,
    rewrites: &dyn Fn(u32) -> Rewrites,
    steps: &mut Vec<Step>,
    edges: &mut Vec<(u32, u32)>,
) {
    if deletes.is_empty() {
        return;
    }
    let doomed: FxHashSet<Uid> = deletes.keys().map(|&record| records[record as usize].uid).collect();
    let referrers = referrers(records);
    let mut in_order: Vec<(u32, u32)> = deletes.iter().map(|(&record, &step)| (record, step)).collect();
    in_order.sort_unstable();
    let mut clears: FxHashMap<u32, u32> = FxHashMap::default();
    for &(index, delete) in &in_order {
        let record = &records[index as usize];
        let closes = |deferred: &&DeferredRecord| {
            deferred.refers_to.iter().any(|uid| *uid != record.uid && doomed.contains(uid))
        };
        let deferred: Vec<DeferredRecord> = record.deferred.iter().filter(closes).cloned().collect();
        if deferred.is_empty() {
            continue;
        }
        let clear = steps.len() as u32;
        let whole = &steps[delete as usize];
        let mut step = Step {
            part_of: Some(whole.part_of.unwrap_or(StepIndex(delete))),
            work: Work::ClearDeferred { deferred },
            ..whole.clone()
        };
        for reason in &mut step.reasons {
            reason.kind = ReasonKind::Cycle;
            reason.text = "it is part of a circle, which is opened first".to_string();
        }
        steps.push(step);
        clears.insert(index, clear);
        edges.push((delete, clear));
    }
    for &(index, delete) in &in_order {
        for &(referrer, by_deferred) in referrers.get(&records[index as usize].uid).into_iter().flatten() {
            if referrer == index {
                continue;
            }
            match (deletes.get(&referrer), by_deferred) {
                (Some(&before), false) => edges.push((delete, before)),
                // The referrer may go later: its reference is taken out before.
                (Some(_), true) => edges.extend(clears.get(&referrer).map(|&before| (delete, before))),
                (None, by_deferred) => {
                    let Rewrites { main, deferred } = rewrites(referrer);
                    let before = main.into_iter().chain(deferred.filter(|_| by_deferred));
                    edges.extend(before.map(|before| (delete, before)));
                }
            }
        }
    }
    open_late(deletes, &clears, edges);
}

/// A circle is opened as late as everything in it could go: until then it may be in use.
fn open_late(deletes: &FxHashMap<u32, u32>, clears: &FxHashMap<u32, u32>, edges: &mut Vec<(u32, u32)>) {
    let clears: FxHashSet<u32> = clears.values().copied().collect();
    let going: FxHashSet<u32> = deletes.values().chain(&clears).copied().collect();
    let mut clears_before: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for &(delete, clear) in edges.iter().filter(|(_, before)| clears.contains(before)) {
        clears_before.entry(delete).or_default().push(clear);
    }
    let mut late: Vec<(u32, u32)> = Vec::new();
    for (delete, before) in edges.iter().filter(|(_, before)| !going.contains(before)) {
        late.extend(clears_before.get(delete).into_iter().flatten().map(|clear| (*clear, *before)));
    }
    edges.append(&mut late);
}

/// A line of paths, cut after a few.
pub(crate) fn listed<'a>(paths: impl ExactSizeIterator<Item = &'a ResourcePath>) -> String {
    const SHOWN: usize = 5;
    let count = paths.len();
    let mut text = paths.take(SHOWN).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    if count > SHOWN {
        text.push_str(&format!(" and {} more", count - SHOWN));
    }
    text
}
