//! The change set of a destroy: towards nothing, save what holds data.

use lw_plan::{Class, NodeKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::assembly::{count_of_resources, seal, set_dependencies, touched};
use crate::removal::{Rewrites, delete_step, deletion_order, order_deletions};
use crate::{
    Allowance, ChangeSet, Deployment, Intention, Kept, Observation, ReasonKind, Refusal, RefusalKind, ResourceRecord,
    ResourceStatus, Uid,
};

/// Deletes everything of a deployment. Data stays unless `allowance` covers it, and so does what is protected; what stays keeps
/// what it stands on. [`ChangeSet::kept`] names all of that.
pub fn destroy_changes(deployment: &Deployment, records: &[ResourceRecord], allowance: Allowance) -> ChangeSet {
    let (mut forget, mut unclear, mut objects) = (Vec::new(), Vec::new(), Vec::new());
    for (index, record) in records.iter().enumerate() {
        let unknown = match record.status {
            ResourceStatus::Quarantined => true,
            ResourceStatus::Changing => record.physical_id.is_none(),
            ResourceStatus::Ready | ResourceStatus::Failed => false,
        };
        if unknown {
            unclear.push(record);
        } else if record.kind == NodeKind::Existing
            || record.physical_id.is_none()
            || record.observed == Observation::Absent
        {
            forget.push(record.uid);
        } else {
            objects.push(index as u32);
        }
    }
    let mut refusals: Vec<Refusal> = unclear.into_iter().map(|record| unclear_refusal(deployment, record)).collect();
    let is_data =
        |&&index: &&u32| records[index as usize].class == Class::Data && !records[index as usize].is_condemned();
    let data_count = objects.iter().filter(is_data).count() as u64;
    if allowance != Allowance::None && !allowance.covers(data_count) {
        let data: Vec<_> = objects.iter().filter(is_data).map(|&index| records[index as usize].path.clone()).collect();
        refusals.push(Refusal {
            kind: RefusalKind::DataDeleted,
            message: format!("{data_count} data resources would be deleted, more than were allowed"),
            help: Some(format!("allow it with `--allow-delete {data_count}`, or leave the option out to keep them")),
            paths: data,
            place: None,
        });
    }
    let kept = kept(records, &objects, allowance.covers(data_count));
    objects.retain(|index| !kept.contains_key(index));
    let (mut steps, mut edges, mut deletes) = (Vec::new(), Vec::new(), FxHashMap::default());
    for index in deletion_order(records, &objects) {
        let record = &records[index as usize];
        deletes.insert(index, steps.len() as u32);
        let mut step = delete_step(record, ReasonKind::Removed, &format!("`{}` is destroyed", deployment.name), None);
        step.reasons[0].place = record.origin.clone();
        steps.push(step);
    }
    order_deletions(records, &deletes, &|_| Rewrites::default(), &mut steps, &mut edges);
    refusals.extend(set_dependencies(&mut steps, &edges));
    forget.sort_unstable();
    let mut kept: Vec<Kept> = kept
        .into_iter()
        .map(|(index, text)| {
            let record = &records[index as usize];
            Kept { uid: record.uid, path: record.path.clone(), wire_type: record.wire_type.clone(), text }
        })
        .collect();
    kept.sort_by(|left, right| (&left.path, left.uid).cmp(&(&right.path, right.uid)));
    seal(ChangeSet {
        hash: String::new(),
        deployment: deployment.name.clone(),
        intention: Intention::Destroy,
        generation: deployment.generation,
        plan: deployment.plan.clone(),
        resources: count_of_resources(records),
        touched: touched(&steps, records),
        reads: Vec::new(),
        steps,
        bookkeeping: Vec::new(),
        forget,
        outputs: Default::default(),
        kept,
        refusals,
    })
}

/// What stays, with the reason in words: data, what is protected, and what those stand on.
fn kept(records: &[ResourceRecord], objects: &[u32], data_goes: bool) -> FxHashMap<u32, String> {
    let by_uid: FxHashMap<Uid, u32> = objects.iter().map(|&index| (records[index as usize].uid, index)).collect();
    let mut kept: FxHashMap<u32, String> = FxHashMap::default();
    let mut open = Vec::new();
    for &index in objects {
        let record = &records[index as usize];
        if record.is_condemned() {
            continue;
        }
        let why = if record.lifecycle.protect {
            "it is protected: apply it with `protect: False` first"
        } else if record.class == Class::Data && !data_goes {
            "it holds data: `--allow-delete` lets it go"
        } else {
            continue;
        };
        kept.insert(index, why.to_string());
        open.push(index);
    }
    let mut seen: FxHashSet<u32> = open.iter().copied().collect();
    while let Some(index) = open.pop() {
        let record = &records[index as usize];
        let deferred = record.deferred.iter().flat_map(|deferred| &deferred.refers_to);
        for below in record.depends_on.iter().chain(deferred).filter_map(|uid| by_uid.get(uid)) {
            if seen.insert(*below) {
                kept.insert(*below, format!("`{}` stands on it", record.path));
                open.push(*below);
            }
        }
    }
    kept
}

fn unclear_refusal(deployment: &Deployment, record: &ResourceRecord) -> Refusal {
    let name = &deployment.name;
    let (message, help) = if record.status == ResourceStatus::Changing {
        (format!("an operation on `{}` is still open", record.path), format!("go on with `lw resume {name}`"))
    } else {
        let problem = record.problem.as_deref().map(|problem| format!(": {problem}")).unwrap_or_default();
        (
            format!("nobody knows what an operation left of `{}`{problem}", record.path),
            format!("look at it in the cloud, then `lw release {name} '{}'`", record.path),
        )
    };
    Refusal {
        kind: RefusalKind::Quarantined,
        message,
        help: Some(help),
        paths: vec![record.path.clone()],
        place: record.origin.clone(),
    }
}
