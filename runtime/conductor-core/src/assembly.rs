//! The change set of an apply: decisions become steps, and steps get their order.

use std::collections::BTreeMap;

use lw_plan::{
    Class, Cycles, FLEET_TYPE, Fleet, Graph, Json, Map, Node, NodeKind, Plan, Provider, canonical_json, digest,
    fingerprint, is_known, resolve, simplify,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::decision::{
    Change, Decider, Decision, Difference, Fate, Return, claimed, claimed_by_record, dependents_of, place_of,
    provider_of,
};
use crate::left_over::LeftOvers;
use crate::matching::{index_of_nodes, matched};
use crate::reason::{About, place_in_words, reason};
use crate::removal::{Rewrites, delete_step, deletion_order, listed, order_deletions, undo_of_delete};
use crate::types::Types;
use crate::{
    Action, Bookkeeping, Catalogue, ChangeSet, DeferredRecord, Deployment, Intention, NodeFacts, Observation, Place,
    Read, Reason, ReasonKind, Refusal, RefusalKind, ResourceRecord, ResourceStatus, Step, StepIndex, TakenBack,
    Tombstone, TombstoneCause, Touched, Uid, Undo, Work, estimate,
};

/// What an apply is computed from.
#[derive(Clone, Copy)]
pub struct ApplyInput<'a> {
    pub deployment: &'a Deployment,
    pub plan: &'a Plan,
    /// All records of the deployment, with observations as fresh as they shall be. Open operations are resolved before.
    pub records: &'a [ResourceRecord],
    /// For nodes that name no provider.
    pub default_provider: Option<&'a Provider>,
    /// What makes new uids fresh; see [`Uid::derive`].
    pub seed: u128,
}

/// The difference between a Plan and reality, as ordered steps.
pub fn apply_changes(input: &ApplyInput<'_>, catalogue: &dyn Catalogue) -> ChangeSet {
    let types = Types::new(catalogue);
    let index = index_of_nodes(&input.plan.meaning.nodes);
    if input.records.iter().any(|record| record.membership.is_some()) {
        let records = without_kept_members(input, &types, &index);
        return changes_of(&ApplyInput { records: &records, ..*input }, &types, &index);
    }
    changes_of(input, &types, &index)
}

/// What a fleet makes is nobody else's as long as the fleet is declared; afterwards it goes like everything that is declared no more.
fn without_kept_members(
    input: &ApplyInput<'_>,
    types: &Types<'_>,
    index: &FxHashMap<&str, u32>,
) -> Vec<ResourceRecord> {
    let (members, others): (Vec<&ResourceRecord>, Vec<&ResourceRecord>) =
        input.records.iter().partition(|record| record.membership.is_some());
    let mut records: Vec<ResourceRecord> = others.into_iter().cloned().collect();
    let matching = matched(&input.plan.meaning, input.default_provider, &records, types, index);
    let kept: FxHashSet<Uid> =
        matching.nodes.iter().filter_map(|node| Some(records[node.record? as usize].uid)).collect();
    let is_left = |record: &&&ResourceRecord| record.membership.as_ref().is_some_and(|own| !kept.contains(&own.fleet));
    records.extend(members.iter().filter(is_left).map(|record| (*record).clone()));
    records
}

fn changes_of(input: &ApplyInput<'_>, types: &Types<'_>, index: &FxHashMap<&str, u32>) -> ChangeSet {
    let matching = matched(&input.plan.meaning, input.default_provider, input.records, types, index);
    let decided = Decider {
        input,
        types,
        index,
        matching: &matching,
        left_overs: LeftOvers::of(input.records, &matching.left, types),
        decisions: Vec::new(),
        refusals: Vec::new(),
    }
    .decide();
    let mut assembly = Assembly::new(&decided);
    assembly.refuse_ambiguities();
    assembly.steps_of_nodes();
    assembly.steps_of_the_left();
    assembly.order_nodes();
    assembly.order_removals();
    assembly.order_claims();
    assembly.check_claims_held();
    assembly.finish()
}

struct Assembly<'a> {
    input: &'a ApplyInput<'a>,
    decided: &'a Decider<'a>,
    steps: Vec<Step>,
    /// (step, step before it)
    edges: Vec<(u32, u32)>,
    /// By node.
    main_of: Vec<Option<u32>>,
    deferred_of: FxHashMap<u32, u32>,
    /// By record.
    deletes: FxHashMap<u32, u32>,
    forget: Vec<Uid>,
    refusals: Vec<Refusal>,
}

impl<'a> Assembly<'a> {
    fn new(decided: &'a Decider<'a>) -> Assembly<'a> {
        Assembly {
            input: decided.input,
            decided,
            steps: Vec::new(),
            edges: Vec::new(),
            main_of: vec![None; decided.decisions.len()],
            deferred_of: FxHashMap::default(),
            deletes: FxHashMap::default(),
            forget: Vec::new(),
            refusals: decided.refusals.clone(),
        }
    }

    fn node(&self, index: usize) -> &'a Node {
        &self.decided.nodes()[index]
    }

    fn decision(&self, index: usize) -> &'a Decision {
        &self.decided.decisions[index]
    }

    fn record_of(&self, decision: &Decision) -> Option<&'a ResourceRecord> {
        decision.record.map(|record| &self.input.records[record as usize])
    }

    fn class(&self, node: &Node) -> Class {
        self.decided.types.class(&node.wire_type, node.class)
    }

    /// The uid that a path will have.
    fn uid_at(&self, path: &str) -> Option<Uid> {
        self.decided.index.get(path).and_then(|&index| self.decision(index as usize).uid)
    }

    fn refuse_ambiguities(&mut self) {
        for ambiguity in &self.decided.matching.ambiguities {
            // The name that it needs may have decided after all.
            if self.decision(ambiguity.node as usize).record.is_some() {
                continue;
            }
            let node = self.node(ambiguity.node as usize);
            let candidates = ambiguity.candidates.iter().map(|&record| &self.input.records[record as usize].path);
            let candidates: Vec<_> = candidates.collect();
            self.refusals.push(Refusal {
                kind: RefusalKind::Ambiguous,
                message: format!(
                    "`{}` may be any of {}, and holds data",
                    node.path,
                    listed(candidates.iter().copied())
                ),
                help: Some(format!("write `@id(\"{}\")` above it, or another of them", candidates[0])),
                paths: [&node.path].into_iter().chain(candidates).cloned().collect(),
                place: place_of(self.input, ambiguity.node as usize, None),
            });
        }
    }

    /// Everything that a record keeps of its node besides properties.
    fn node_facts(&self, index: usize) -> NodeFacts {
        let node = self.node(index);
        let own = self.decision(index).uid;
        let mut depends_on = Vec::new();
        node.dependencies(&mut |path| {
            depends_on.extend(self.uid_at(path).filter(|uid| !depends_on.contains(uid) && Some(*uid) != own));
        });
        let deferred = node.deferred.iter().map(|deferred| {
            let mut refers_to = Vec::new();
            lw_plan::references(&deferred.value, &mut |path, _| {
                refers_to.extend(self.uid_at(path).filter(|uid| !refers_to.contains(uid)));
            });
            let before = node.properties.get(&deferred.property).map(|value| self.simplified(value));
            DeferredRecord { property: deferred.property.clone(), before, refers_to }
        });
        NodeFacts {
            kind: node.kind,
            fingerprint: node.fingerprint.clone(),
            uid_fingerprint: self.uid_fingerprint(node),
            lifecycle: node.lifecycle.clone(),
            deferred: deferred.collect(),
            depends_on,
            place: place_of(self.input, index, None),
            membership: None,
        }
    }

    fn uid_fingerprint(&self, node: &Node) -> String {
        let provider = self.input.plan.meaning.providers.get(&node.provider).or(self.input.default_provider);
        let name = |path: &str| self.uid_at(path).map(|uid| uid.to_string()).unwrap_or_default();
        fingerprint(node, provider, &name)
    }

    fn simplified(&self, value: &Json) -> Json {
        let attribute =
            &mut |path: &str, name: &str| self.decided.attribute(path, name).map(|value| value.into_owned());
        simplify(value, attribute).unwrap_or_else(|_| value.clone())
    }

    fn reason(&self, index: usize, difference: &Difference) -> Reason {
        self.reason_about(index, difference, self.record_of(self.decision(index)))
    }

    fn reason_about(&self, index: usize, difference: &Difference, record: Option<&ResourceRecord>) -> Reason {
        let node = self.node(index);
        let provider = provider_of(self.input, node).expect("decided nodes have a provider");
        let property = Some(difference.property.as_str()).filter(|property| !property.is_empty());
        reason(
            difference,
            About {
                class: self.class(node),
                record,
                path: Some(&node.path),
                provider,
                physical_id: node.physical_id.as_deref(),
                place: place_of(self.input, index, property),
            },
        )
    }

    fn step(&self, index: usize, action: Action, undo: Undo, reasons: Vec<Reason>, work: Work) -> Step {
        let (node, decision) = (self.node(index), self.decision(index));
        Step {
            action,
            part_of: None,
            path: node.path.clone(),
            uid: decision.uid.expect("what has a step has a uid"),
            wire_type: node.wire_type.clone(),
            provider: provider_of(self.input, node).expect("decided nodes have a provider").clone(),
            class: self.class(node),
            reasons,
            undo,
            tentative: decision.change.as_ref().is_some_and(|change| change.tentative),
            taken_back: None,
            depends_on: Vec::new(),
            work,
        }
    }

    fn push(&mut self, step: Step) -> u32 {
        self.steps.push(step);
        (self.steps.len() - 1) as u32
    }

    fn steps_of_nodes(&mut self) {
        for index in 0..self.decided.decisions.len() {
            let decision = self.decision(index);
            let main = match decision.fate {
                Fate::Output | Fate::Existing | Fate::Same => None,
                Fate::Move => Some(self.move_step(index)),
                Fate::Update | Fate::Replace | Fate::Create | Fate::Adopt => {
                    decision.change.as_deref().map(|change| self.change_step(index, decision, change))
                }
            };
            let main = main.map(|step| match &decision.taken_back {
                Some(taken_back) => self.taken_back(index, taken_back, step),
                None => step,
            });
            let main = main.map(|step| self.push(step));
            self.main_of[index] = main;
            let replaced = match &decision.taken_back {
                Some(taken_back) => taken_back.gives_way,
                None => decision.record.filter(|_| decision.fate == Fate::Replace),
            };
            let is_there = |record: &u32| self.input.records[*record as usize].observed != Observation::Absent;
            if let (Some(main), Some(record)) = (main, replaced.filter(is_there)) {
                let old = &self.input.records[record as usize];
                let text = "the object that is replaced";
                let step = delete_step(old, ReasonKind::Removed, text, Some(StepIndex(main)));
                let delete = self.push(step);
                self.deletes.insert(record, delete);
                let (after, before) = if decision.change.as_ref().is_some_and(|change| change.destroy_first) {
                    (main, delete)
                } else {
                    (delete, main)
                };
                self.edges.push((after, before));
                self.check_protected(index, old);
            }
            if !decision.deferred.is_empty() {
                self.deferred_step(index, decision, main);
            }
        }
    }

    /// The step of a node whose object is a left-over: it says why the one in its place cannot stay.
    fn taken_back(&self, index: usize, taken_back: &Return, step: Step) -> Step {
        let gives_way = taken_back.gives_way.map(|record| &self.input.records[record as usize]);
        let mut reasons: Vec<Reason> =
            taken_back.because.iter().map(|difference| self.reason_about(index, difference, gives_way)).collect();
        reasons.push(self.reason(index, &Difference::whole(ReasonKind::TakenBack)));
        let is_told = |own: &Reason| reasons.iter().any(|reason| reason.property == own.property);
        let own: Vec<Reason> = step.reasons.iter().filter(|own| !is_told(own)).cloned().collect();
        reasons.extend(own);
        let mut step =
            Step { reasons, taken_back: Some(TakenBack { from: gives_way.map(|record| record.uid) }), ..step };
        if gives_way.is_some_and(|record| record.observed != Observation::Absent) {
            (step.action, step.undo) = (Action::Replace, undo_of_delete(step.class));
        }
        step
    }

    fn move_step(&self, index: usize) -> Step {
        let from = self.record_of(self.decision(index)).expect("what moves has a record").path.clone();
        let reasons = vec![self.reason(index, &Difference::whole(ReasonKind::Moved))];
        self.step(index, Action::Move, Undo::Exact, reasons, Work::Move { node: self.node_facts(index), from })
    }

    fn change_step(&self, index: usize, decision: &Decision, change: &Change) -> Step {
        let node = self.node(index);
        let class = self.class(node);
        let facts = self.node_facts(index);
        let mut reasons: Vec<Reason> =
            change.differences.iter().map(|difference| self.reason(index, difference)).collect();
        let properties = change.properties.clone();
        reasons.extend(self.rollout(node, change));
        let minted = change.minted.clone();
        let record = self.record_of(decision);
        let (action, undo, work) = match decision.fate {
            Fate::Create => {
                let replaces = record.map(|record| record.uid);
                (Action::Create, Undo::Exact, Work::Create { node: facts, properties, minted, replaces })
            }
            Fate::Replace => {
                let replaces = record.map(|record| record.uid);
                (Action::Replace, undo_of_delete(class), Work::Create { node: facts, properties, minted, replaces })
            }
            Fate::Adopt => {
                let physical_id = node.physical_id.clone().expect("what is adopted is named by its id");
                (Action::Adopt, Undo::Exact, Work::Adopt { node: facts, physical_id, properties })
            }
            Fate::Update => {
                let (changed, reset) = change.changed_and_reset();
                // What we wrote is on record, shown or not; what somebody else wrote is known only if it can be read.
                let known = change
                    .differences
                    .iter()
                    .all(|difference| difference.before.is_some() || difference.kind != ReasonKind::Drifted);
                let undo = if known { Undo::Exact } else { Undo::None };
                (Action::Update, undo, Work::Update { node: facts, properties, changed, reset })
            }
            Fate::Output | Fate::Existing | Fate::Same | Fate::Move => unreachable!("nothing changes"),
        };
        self.step(index, action, undo, reasons, work)
    }

    /// What a change of a fleet means to its members: in which order they are replaced, and how long that takes.
    fn rollout(&self, node: &Node, change: &Change) -> Option<Reason> {
        let is_of_template = |difference: &Difference| matches!(difference.property.as_str(), "" | "Template");
        if node.wire_type != FLEET_TYPE || !change.differences.iter().any(is_of_template) {
            return None;
        }
        let fleet = Fleet::read(&change.properties).ok()?;
        let text = estimate(&fleet, fleet.size.desired).text;
        Some(Reason { kind: ReasonKind::Rollout, property: None, before: None, after: None, text, place: None })
    }

    fn deferred_step(&mut self, index: usize, decision: &Decision, main: Option<u32>) {
        let reasons = decision.deferred.iter().map(|(_, difference)| self.reason(index, difference)).collect();
        let deferred = decision.deferred.iter().map(|(deferred, _)| deferred.clone()).collect();
        let work = Work::SetDeferred { node: self.node_facts(index), deferred };
        let mut step = self.step(index, Action::Update, Undo::Exact, reasons, work);
        step.tentative = decision.deferred.iter().all(|(_, difference)| difference.kind == ReasonKind::Upstream);
        // A bare move is no step to be part of: what is shown is the change.
        if let Some(main) = main {
            step.part_of = Some(StepIndex(main));
            step.action = self.steps[main as usize].action;
        }
        let step = self.push(step);
        self.deferred_of.insert(index as u32, step);
        self.edges.extend(main.map(|main| (step, main)));
    }

    /// Records that no node was given.
    fn steps_of_the_left(&mut self) {
        let mut doomed = Vec::new();
        for &index in &self.decided.matching.left {
            if self.decided.left_overs.is_taken_back(index) {
                continue;
            }
            let record = &self.input.records[index as usize];
            let taken_over = self.deletes.contains_key(&index);
            let has_object = record.physical_id.is_some() && record.observed != Observation::Absent;
            match record.status {
                _ if taken_over => {}
                ResourceStatus::Quarantined => self.refuse_unclear(record),
                ResourceStatus::Changing if record.physical_id.is_none() => self.refuse_unclear(record),
                _ if record.kind == NodeKind::Existing || !has_object => self.forget.push(record.uid),
                _ => doomed.push(index),
            }
        }
        for index in deletion_order(self.input.records, &doomed) {
            let record = &self.input.records[index as usize];
            let (kind, text) = match &record.tombstone {
                Some(Tombstone { cause: TombstoneCause::ReplacedBy(_), .. }) => {
                    (ReasonKind::Unfinished, "it was replaced, and the old object is left over")
                }
                Some(Tombstone { operation: Some(_), .. }) => {
                    (ReasonKind::Unfinished, "an earlier deletion was not finished")
                }
                _ => (ReasonKind::Removed, "it is no longer in the Plan"),
            };
            let step = self.push(delete_step(record, kind, text, None));
            self.deletes.insert(index, step);
            if !record.is_condemned() && record.lifecycle.protect {
                self.refusals.push(protected(record, None));
            }
        }
    }

    fn check_protected(&mut self, index: usize, old: &ResourceRecord) {
        if old.lifecycle.protect || self.node(index).lifecycle.protect {
            let place = place_of(self.input, index, None);
            self.refusals.push(protected(old, place));
        }
    }

    fn refuse_unclear(&mut self, record: &ResourceRecord) {
        let name = &self.input.deployment.name;
        let open = record.status == ResourceStatus::Changing;
        let (message, help) = if open {
            (format!("an operation on `{}` is still open", record.path), format!("go on with `lw resume {name}`"))
        } else {
            let problem = record.problem.as_deref().map(|problem| format!(": {problem}")).unwrap_or_default();
            (
                format!("nobody knows what an operation left of `{}`{problem}", record.path),
                format!("look at it in the cloud, then `lw release {name} '{}'`", record.path),
            )
        };
        self.refusals.push(Refusal {
            kind: RefusalKind::Quarantined,
            message,
            help: Some(help),
            paths: vec![record.path.clone()],
            place: None,
        });
    }

    /// A step comes after the steps of all that its node refers to.
    fn order_nodes(&mut self) {
        for index in 0..self.main_of.len() {
            let (main, deferred) = (self.main_of[index], self.deferred_of.get(&(index as u32)).copied());
            let node = self.node(index);
            let mut edges = Vec::new();
            let step_at = |path: &str| {
                let upstream = *self.decided.index.get(path)?;
                self.main_of[upstream as usize].filter(|&step| self.steps[step as usize].action != Action::Move)
            };
            if let Some(main) = main.filter(|&main| self.steps[main as usize].action != Action::Move) {
                node.dependencies(&mut |path| edges.extend(step_at(path).map(|before| (main, before))));
            }
            if let Some(deferred) = deferred {
                for property in &node.deferred {
                    lw_plan::references(&property.value, &mut |path, _| {
                        edges.extend(
                            step_at(path).filter(|&before| before != deferred).map(|before| (deferred, before)),
                        );
                    });
                }
            }
            self.edges.append(&mut edges);
        }
    }

    fn order_removals(&mut self) {
        let mut node_of: FxHashMap<u32, u32> = FxHashMap::default();
        if !self.deletes.is_empty() {
            let matched = self.decided.decisions.iter().enumerate();
            node_of = matched.filter_map(|(node, decision)| Some((decision.record?, node as u32))).collect();
        }
        let (main_of, deferred_of) = (&self.main_of, &self.deferred_of);
        let rewrites = |record: u32| match node_of.get(&record) {
            Some(&node) => Rewrites { main: main_of[node as usize], deferred: deferred_of.get(&node).copied() },
            None => Rewrites::default(),
        };
        order_deletions(self.input.records, &self.deletes, &rewrites, &mut self.steps, &mut self.edges);
    }

    /// What takes a name or an address comes after what gives it up.
    fn order_claims(&mut self) {
        if self.deletes.is_empty() {
            return;
        }
        let mut held: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        for &index in self.deletes.keys() {
            let record = &self.input.records[index as usize];
            for (number, claim) in self.decided.types.facts(&record.wire_type).claims.iter().enumerate() {
                for values in claimed_by_record(claim, record) {
                    held.entry(claim_key(&record.wire_type, number, &record.provider, &values))
                        .or_default()
                        .push(index);
                }
            }
        }
        if held.is_empty() {
            return;
        }
        for (index, main) in self.main_of.iter().enumerate() {
            let decision = self.decision(index);
            let (Some(main), Some(change)) = (*main, &decision.change) else { continue };
            let node = self.node(index);
            let Some(provider) = provider_of(self.input, node) else { continue };
            for (number, claim) in self.decided.types.facts(&node.wire_type).claims.iter().enumerate() {
                for values in claimed(claim, &change.properties) {
                    if !values.iter().all(|value| is_known(value)) {
                        continue;
                    }
                    let holders = held.get(&claim_key(&node.wire_type, number, provider, &values));
                    for holder in holders.into_iter().flatten().filter(|holder| Some(**holder) != decision.record) {
                        self.edges.push((main, self.deletes[holder]));
                    }
                }
            }
        }
    }

    /// Destroying first is for what nothing depends on and nobody misses.
    fn check_claims_held(&mut self) {
        let first = |decision: &Decision| decision.change.as_ref().is_some_and(|change| change.destroy_first);
        let indices: Vec<usize> = (0..self.main_of.len()).filter(|&index| first(self.decision(index))).collect();
        if indices.is_empty() {
            return;
        }
        let paths: FxHashSet<&str> = indices.iter().map(|&index| self.node(index).path.as_str()).collect();
        let dependents = dependents_of(self.decided.nodes(), &self.decided.decisions, &paths);
        for index in indices {
            let node = self.node(index);
            let facts = self.decided.types.facts(&node.wire_type);
            let dependents = dependents.get(node.path.as_str());
            let why = match dependents.and_then(|dependents| dependents.first()) {
                _ if self.class(node) == Class::Data => "it holds data".to_string(),
                Some(&dependent) => format!("`{}` depends on it", self.node(dependent as usize).path),
                None => continue,
            };
            let named = facts.name.as_ref().is_some_and(|name| node.properties.contains_key(&name.property));
            let help = if named {
                format!(
                    "leave out `{}`, so that the new one gets a name of its own",
                    crate::decision::lowered(&facts.name.as_ref().expect("just seen").property)
                )
            } else {
                let claimed = facts.claims.iter().flat_map(|claim| &claim.properties);
                let claimed =
                    claimed.map(|path| format!("`{}`", crate::decision::lowered(path.top()))).collect::<Vec<_>>();
                format!("change {}, so that both can exist for a moment", claimed.join(" or "))
            };
            self.refusals.push(Refusal {
                kind: RefusalKind::ClaimHeld,
                message: format!(
                    "`{}` needs a replacement that holds the same name or address, and the old one cannot go first: {why}",
                    node.path
                ),
                help: Some(help),
                paths: vec![node.path.clone()],
                place: place_of(self.input, index, None),
            });
        }
    }

    /// Rows that change although nobody is shown a step.
    fn bookkeeping(&self) -> Vec<Bookkeeping> {
        let replaced = self.decided.decisions.iter().filter_map(|decision| match &decision.taken_back {
            Some(taken_back) => taken_back.gives_way,
            None => decision.record.filter(|_| decision.fate.is_new()),
        });
        let replaced: FxHashSet<Uid> = replaced.map(|record| self.input.records[record as usize].uid).collect();
        let mut rows = Vec::new();
        for (index, decision) in self.decided.decisions.iter().enumerate() {
            let (Fate::Same, Some(record)) = (decision.fate, self.record_of(decision)) else { continue };
            let node = self.node(index);
            let Some(provider) = provider_of(self.input, node) else { continue };
            let class = self.class(node);
            let stale = decision.rewrite
                || record.status != ResourceStatus::Ready
                || record.uid_fingerprint.is_empty()
                // A fingerprint that differs because of what lies upstream is no reason to write.
                || (record.fingerprint != node.fingerprint && record.uid_fingerprint != self.uid_fingerprint(node))
                || record.class != class
                || record.lifecycle != node.lifecycle
                || record.provider != *provider
                || (!replaced.is_empty() && record.depends_on.iter().any(|uid| replaced.contains(uid)));
            if !stale || record.status == ResourceStatus::Quarantined {
                continue;
            }
            let properties = decision.rewrite.then(|| self.written(node, record));
            let node = self.node_facts(index);
            rows.push(Bookkeeping { uid: record.uid, class, provider: provider.clone(), node, properties });
        }
        rows
    }

    /// What is written of a node that needs nothing done.
    fn written(&self, node: &Node, record: &ResourceRecord) -> Map<String, Json> {
        let mut written = Map::new();
        for (name, value) in &node.properties {
            if let Ok(value) = resolve(&self.simplified(value), &mut |_, _| None) {
                written.insert(name.clone(), value);
            }
        }
        for deferred in &node.deferred {
            match record.properties.get(&deferred.property) {
                Some(value) => written.insert(deferred.property.clone(), value.clone()),
                None => written.remove(&deferred.property),
            };
        }
        for (property, name) in &record.minted {
            written.entry(property.clone()).or_insert_with(|| Json::from(name.as_str()));
        }
        written
    }

    fn reads(&self) -> Vec<Read> {
        let existing =
            self.decided.decisions.iter().enumerate().filter(|(_, decision)| decision.fate == Fate::Existing);
        let read = |(index, decision): (usize, &Decision)| {
            let node = self.node(index);
            Some(Read {
                uid: decision.uid?,
                path: node.path.clone(),
                wire_type: node.wire_type.clone(),
                provider: provider_of(self.input, node)?.clone(),
                physical_id: node.physical_id.clone()?,
                class: self.class(node),
                fingerprint: node.fingerprint.clone(),
                place: place_of(self.input, index, None),
            })
        };
        existing.filter_map(read).collect()
    }

    fn outputs(&self) -> BTreeMap<String, Json> {
        let nodes = self.decided.nodes().iter();
        let name = |path: &str| path.strip_prefix("output.").unwrap_or(path).to_string();
        nodes.filter_map(|node| Some((name(node.path.as_str()), self.simplified(node.output_value()?)))).collect()
    }

    fn finish(mut self) -> ChangeSet {
        let (bookkeeping, reads, outputs) = (self.bookkeeping(), self.reads(), self.outputs());
        let circle = set_dependencies(&mut self.steps, &self.edges);
        // A claim that cannot be given up is the better explanation of a circle.
        if !self.refusals.iter().any(|refusal| refusal.kind == RefusalKind::ClaimHeld) {
            self.refusals.extend(circle);
        }
        self.forget.sort_unstable();
        let ApplyInput { deployment, plan, records, .. } = *self.input;
        let steps = self.steps;
        seal(ChangeSet {
            hash: String::new(),
            deployment: deployment.name.clone(),
            intention: Intention::Apply,
            generation: deployment.generation,
            plan: Some(plan.hash.clone()),
            resources: count_of_resources(records),
            touched: touched(&steps, records),
            reads,
            steps,
            bookkeeping,
            forget: self.forget,
            outputs,
            kept: Vec::new(),
            refusals: self.refusals,
        })
    }
}

fn protected(record: &ResourceRecord, place: Option<Place>) -> Refusal {
    Refusal {
        kind: RefusalKind::Protected,
        message: format!("`{}` is protected, and would be deleted or replaced", record.path),
        help: Some("apply it with `protect: False` first".to_string()),
        paths: vec![record.path.clone()],
        place,
    }
}

pub(crate) fn claim_key(wire_type: &str, number: usize, provider: &Provider, values: &[&Json]) -> String {
    let values = values.iter().map(|value| canonical_json(value)).collect::<Vec<_>>().join(" ");
    format!("{wire_type} {number} {} {values}", place_in_words(provider))
}

/// Our live resources.
pub(crate) fn count_of_resources(records: &[ResourceRecord]) -> u32 {
    records.iter().filter(|record| record.is_live() && record.kind == NodeKind::Managed).count() as u32
}

/// Writes the edges into the steps; a refusal where they run in a circle.
pub(crate) fn set_dependencies(steps: &mut [Step], edges: &[(u32, u32)]) -> Option<Refusal> {
    let mut graph = Graph::with_capacity(steps.len(), edges.len());
    for &(after, before) in edges {
        graph.add(after, before);
        steps[after as usize].depends_on.push(StepIndex(before));
    }
    for step in steps.iter_mut() {
        step.depends_on.sort_unstable();
        step.depends_on.dedup();
    }
    let Cycles(components) = graph.order(&[]).err()?;
    let cycle = graph.shortest_cycle(&components[0]);
    let mut paths: Vec<_> = cycle.iter().map(|&step| steps[step as usize].path.clone()).collect();
    paths.sort();
    paths.dedup();
    Some(Refusal {
        kind: RefusalKind::OrderCycle,
        message: format!("the changes of {} wait for each other", listed(paths.iter())),
        help: Some("apply it in two steps, or let one of them go without its old name or address".to_string()),
        paths,
        place: None,
    })
}

/// Revision and observation of every record that a step touches.
pub(crate) fn touched(steps: &[Step], records: &[ResourceRecord]) -> Vec<Touched> {
    let mut uids: FxHashSet<Uid> = steps.iter().map(|step| step.uid).collect();
    uids.extend(steps.iter().filter_map(|step| step.taken_back?.from));
    uids.extend(steps.iter().filter_map(|step| match step.work {
        Work::Create { replaces, .. } => replaces,
        _ => None,
    }));
    if uids.is_empty() {
        return Vec::new();
    }
    let records = records.iter().filter(|record| uids.contains(&record.uid));
    let mut touched: Vec<Touched> = records.map(Touched::of).collect();
    touched.sort_unstable_by_key(|touched| touched.uid);
    touched
}

impl Touched {
    pub(crate) fn of(record: &ResourceRecord) -> Touched {
        let observed = digest(lw_plan::to_canonical(&record.observed).as_bytes());
        Touched { uid: record.uid, revision: record.revision, observed }
    }
}

pub(crate) fn seal(mut changes: ChangeSet) -> ChangeSet {
    changes.hash = changes.hash_of_content();
    changes
}
