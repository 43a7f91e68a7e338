//! A change set cut down to some of its steps.

use rustc_hash::FxHashSet;

use crate::assembly::{seal, touched};
use crate::{ChangeSet, Intention, ResourceRecord, Step, StepIndex, Uid, Work};

/// The steps that may stay when those that are not `wanted` go: none waits for one that went, and a shown step goes with its parts or
/// stays with them. Gives by step whether it stays, and for what went along, the step that it went with.
pub(super) fn closure(steps: &[Step], wanted: &[bool]) -> (Vec<bool>, Vec<Option<StepIndex>>) {
    let mut stays = wanted.to_vec();
    let mut because: Vec<Option<StepIndex>> = vec![None; steps.len()];
    let mut near: Vec<Vec<u32>> = vec![Vec::new(); steps.len()];
    for (index, step) in steps.iter().enumerate() {
        for before in &step.depends_on {
            near[before.index()].push(index as u32);
        }
        if let Some(whole) = step.part_of {
            near[whole.index()].push(index as u32);
            near[index].push(whole.0);
        }
    }
    let mut open: Vec<u32> = (0..steps.len() as u32).filter(|&index| !stays[index as usize]).collect();
    while let Some(index) = open.pop() {
        for &other in &near[index as usize] {
            if std::mem::replace(&mut stays[other as usize], false) {
                because[other as usize] = because[index as usize].or(Some(StepIndex(index)));
                open.push(other);
            }
        }
    }
    (stays, because)
}

/// The same change set with some of its steps, to enforce what is in force already. `stays` is closed, as [`closure`] leaves it.
pub(super) fn restrict(changes: &ChangeSet, stays: &[bool], whole: bool, records: &[ResourceRecord]) -> ChangeSet {
    let mut number = vec![None; changes.steps.len()];
    let mut count = 0;
    for (index, &stay) in stays.iter().enumerate() {
        if stay {
            number[index] = Some(StepIndex(count));
            count += 1;
        }
    }
    let gone = changes.steps.iter().zip(stays).filter(|(_, stay)| !**stay).map(|(step, _)| step);
    let left: FxHashSet<Uid> = gone.clone().map(|step| step.uid).collect();
    // What would have been made anew or taken back, and is not: no row may name it.
    let unmade: FxHashSet<Uid> = gone
        .filter(|step| step.taken_back.is_some() || matches!(step.work, Work::Create { .. } | Work::Adopt { .. }))
        .map(|step| step.uid)
        .collect();
    let kept = changes.steps.iter().zip(stays).filter(|(_, stay)| **stay);
    let renumbered = |step: &Step| Step {
        part_of: step.part_of.and_then(|whole| number[whole.index()]),
        depends_on: step.depends_on.iter().filter_map(|before| number[before.index()]).collect(),
        ..step.clone()
    };
    let steps: Vec<Step> = kept.map(|(step, _)| renumbered(step)).collect();
    let bookkeeping = changes
        .bookkeeping
        .iter()
        .filter(|row| !left.contains(&row.uid) && !row.node.depends_on.iter().any(|uid| unmade.contains(uid)));
    seal(ChangeSet {
        intention: Intention::Enforce { whole },
        touched: touched(&steps, records),
        bookkeeping: bookkeeping.cloned().collect(),
        steps,
        refusals: Vec::new(),
        ..changes.clone()
    })
}
