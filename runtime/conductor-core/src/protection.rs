//! Protections: what must be said aloud before it is done, and whether a change set still fits reality.

use lw_plan::{Class, ResourcePath};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::removal::listed;
use crate::{
    Action, Allowances, ChangeSet, Deployment, Intention, Place, ReasonKind, Refusal, RefusalKind, ResourceRecord,
    Step, Touched, Uid,
};

/// As many deletions need no word, or a fifth of all resources, if that is more.
const FREE_DELETIONS: u64 = 5;
const FREE_PERCENT: u64 = 20;

/// Why a change set must not be executed: its own refusals, and protections that `allowances` do not lift.
pub fn protections(changes: &ChangeSet, allowances: &Allowances) -> Vec<Refusal> {
    let mut refusals = changes.refusals.clone();
    if changes.intention == Intention::Destroy {
        // The word was said; data that it did not cover is not among the steps.
        return refusals;
    }
    let shown = |wanted: Action| changes.shown().map(|(_, step)| step).filter(move |step| step.action == wanted);
    let leftover = |step: &&Step| step.reasons.iter().any(|reason| reason.kind == ReasonKind::Unfinished);
    let deleted: Vec<&Step> = shown(Action::Delete).filter(|step| !leftover(step)).collect();
    let is_data = |step: &&Step| step.class == Class::Data;
    let data_deleted: Vec<&Step> = deleted.iter().copied().filter(is_data).collect();
    let data_replaced: Vec<&Step> =
        shown(Action::Replace).filter(is_data).filter(|step| !allowances.replace.contains(&step.path)).collect();
    let total = (deleted.len() + data_replaced.len()) as u64;
    let data_total = (data_deleted.len() + data_replaced.len()) as u64;
    let resources = u64::from(changes.resources);

    let everything = !deleted.is_empty() && deleted.len() as u64 == resources && changes.steps.iter().all(is_removal);
    if everything && !allowances.delete.covers(total) {
        refusals.push(refusal(
            RefusalKind::EmptyPlan,
            match &data_deleted[..] {
                [] => {
                    format!("the Plan has no resources, and would delete all {resources} of `{}`", changes.deployment)
                }
                data => format!(
                    "the Plan has no resources, and would delete all {resources} of `{}`, with what {} holds",
                    changes.deployment,
                    paths_of(data)
                ),
            },
            format!("if that is meant, `lw destroy {}`, or `--allow-delete {total}`", changes.deployment),
            &deleted,
        ));
        return refusals;
    } else if total * 100 > (FREE_DELETIONS * 100).max(resources * FREE_PERCENT) && !allowances.delete.covers(total) {
        let all: Vec<&Step> = deleted.iter().chain(&data_replaced).copied().collect();
        refusals.push(refusal(
            RefusalKind::TooManyDeletions,
            format!("{total} of {resources} resources would be deleted: {}", paths_of(&all)),
            format!("if that is meant, allow it with `--allow-delete {total}`"),
            &all,
        ));
    }
    if allowances.delete.covers(data_total) {
        return refusals;
    }
    // What may be kept under another name is asked about once.
    let ambiguous = |step: &&Step| {
        let mut asked = changes.refusals.iter().filter(|refusal| refusal.kind == RefusalKind::Ambiguous);
        asked.any(|refusal| refusal.paths.contains(&step.path))
    };
    let data_deleted: Vec<&Step> = data_deleted.into_iter().filter(|step| !ambiguous(step)).collect();
    let renames = looks_like_rename(changes, &data_deleted, data_total);
    let suspected = |step: &&Step| renames.iter().any(|rename| rename.paths[0] == step.path);
    let data_deleted: Vec<&Step> = data_deleted.into_iter().filter(|step| !suspected(step)).collect();
    refusals.extend(renames);
    if !data_deleted.is_empty() {
        refusals.push(refusal(
            RefusalKind::DataDeleted,
            format!("what {} holds would be deleted", paths_of(&data_deleted)),
            format!("if that is meant, allow it with `--allow-delete {data_total}`"),
            &data_deleted,
        ));
    }
    if !data_replaced.is_empty() {
        refusals.push(refusal(
            RefusalKind::DataReplaced,
            format!("{} would be replaced by an empty one", paths_of(&data_replaced)),
            format!(
                "if that is meant, allow it with `--allow-replace '{}'` or `--allow-delete {data_total}`",
                data_replaced[0].path
            ),
            &data_replaced,
        ));
    }
    refusals
}

fn is_removal(step: &Step) -> bool {
    step.action == Action::Delete
}

fn paths_of(steps: &[&Step]) -> String {
    listed(steps.iter().map(|step| &step.path))
}

fn place_of(step: &Step) -> Option<Place> {
    step.reasons.iter().find_map(|reason| reason.place.clone())
}

fn refusal(kind: RefusalKind, message: String, help: String, steps: &[&Step]) -> Refusal {
    let paths: Vec<ResourcePath> = steps.iter().map(|step| step.path.clone()).collect();
    Refusal { kind, message, help: Some(help), paths, place: steps.first().and_then(|step| place_of(step)) }
}

/// Data that goes while data of its type comes; what goes is the first path.
fn looks_like_rename(changes: &ChangeSet, deleted: &[&Step], allowed: u64) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for old in deleted {
        let created = changes.shown().map(|(_, step)| step);
        let created: Vec<&Step> = created
            .filter(|step| {
                step.action == Action::Create && step.class == Class::Data && step.wire_type == old.wire_type
            })
            .collect();
        if let Some(new) = created.first() {
            refusals.push(Refusal {
                kind: RefusalKind::LooksLikeRename,
                message: format!(
                    "`{}` goes and {} {}: this looks like a rename",
                    old.path,
                    paths_of(&created),
                    if created.len() == 1 { "comes" } else { "come" }
                ),
                help: Some(format!(
                    "to keep what it holds, write `@id(\"{}\")` above `{}`; to let it go, `--allow-delete {allowed}`",
                    old.path, new.path
                )),
                paths: [&old.path].into_iter().chain(created.iter().map(|step| &step.path)).cloned().collect(),
                place: place_of(new),
            });
        }
    }
    refusals
}

impl ChangeSet {
    /// What has moved on since this was computed: to be asked right before it is executed. Empty where all is as it was.
    pub fn moved_on(&self, deployment: &Deployment, records: &[ResourceRecord]) -> Vec<Refusal> {
        let by_uid: FxHashMap<Uid, &ResourceRecord> = records.iter().map(|record| (record.uid, record)).collect();
        let known: FxHashSet<Uid> = self.touched.iter().map(|touched| touched.uid).collect();
        let steps: FxHashMap<Uid, &ResourcePath> = self.steps.iter().map(|step| (step.uid, &step.path)).collect();
        let mut refusals = Vec::new();
        let mut moved = |path: &ResourcePath, what: &str| {
            refusals.push(Refusal {
                kind: RefusalKind::MovedOn,
                message: format!("`{path}` {what} since the change set was made"),
                help: Some("preview it again".to_string()),
                paths: vec![path.clone()],
                place: None,
            });
        };
        for touched in &self.touched {
            let path = by_uid.get(&touched.uid).map(|record| &record.path).or_else(|| steps.get(&touched.uid).copied());
            let Some(path) = path else { continue };
            match by_uid.get(&touched.uid).map(|record| Touched::of(record)) {
                None => moved(path, "is gone"),
                Some(now) if now.observed != touched.observed => moved(path, "changed in the cloud"),
                Some(now) if now.revision != touched.revision => moved(path, "was changed by somebody"),
                Some(_) => {}
            }
        }
        let live: FxHashMap<&ResourcePath, Uid> =
            records.iter().filter(|record| record.is_live()).map(|record| (&record.path, record.uid)).collect();
        for (_, step) in self.shown().filter(|(_, step)| step.action == Action::Create) {
            if live.get(&step.path).is_some_and(|uid| !known.contains(uid)) {
                moved(&step.path, "was created by somebody");
            }
        }
        // Nothing that is touched has moved, and yet what is left alone may be another Plan's.
        if refusals.is_empty() && deployment.generation != self.generation {
            let (now, then) = (deployment.generation.0, self.generation.0);
            let name = &deployment.name;
            refusals.push(Refusal {
                kind: RefusalKind::MovedOn,
                message: format!("`{name}` is at generation {now}, and the change set was made at generation {then}"),
                help: Some(format!("preview it again; if it was interrupted, `lw resume {name}` goes on")),
                paths: Vec::new(),
                place: None,
            });
        }
        refusals
    }
}
