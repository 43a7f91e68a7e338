//! What becomes of each node: the heart of a change set.
//!
//! The one idea: nodes are decided in dependency order, so that each sees what becomes of all that it refers to. An attribute of
//! something that is made anew is not known, and a property that holds it differs *for now*: the step is tentative, and is decided
//! by value once the value is there. Deliberately absent: steps and their order (see `assembly`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use lw_plan::{
    Class, DeferredProperty, Enforcement, Json, Map, Node, NodeKind, Provider, ResolveError, is_known, mentions_secret,
    resolve, simplify,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::attributes::{attribute_in, recorded_attribute};
use crate::compare::{Comparison, Cursor, plainly_covers, plainly_equal};
use crate::left_over::LeftOvers;
use crate::matching::Matching;
use crate::names::minted_name;
use crate::types::Types;
use crate::{
    ApplyInput, Observation, Place, PropertyPath, ReasonKind, Refusal, RefusalKind, ResourceRecord, ResourceStatus,
    TypeFacts, Uid,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Output,
    Existing,
    Same,
    Move,
    Update,
    Replace,
    Create,
    Adopt,
}

impl Fate {
    /// Whether there will be another object than before.
    pub(crate) fn is_new(self) -> bool {
        matches!(self, Fate::Create | Fate::Replace | Fate::Adopt)
    }
}

/// What becomes of one node.
pub(crate) struct Decision {
    pub fate: Fate,
    /// The record that it is, or whose place it takes.
    pub record: Option<u32>,
    /// What it will be called; `None` for outputs.
    pub uid: Option<Uid>,
    /// Absent where nothing changes.
    pub change: Option<Box<Change>>,
    /// Deferred properties to set, with why.
    pub deferred: Vec<(DeferredProperty, Difference)>,
    /// Nothing is to be done, and what we wrote reads differently.
    pub rewrite: bool,
    /// Set where `record` is a left-over that is taken back.
    pub taken_back: Option<Box<Return>>,
}

/// Why a left-over is taken back, and instead of what.
pub(crate) struct Return {
    /// The record that becomes the left-over in its stead.
    pub gives_way: Option<u32>,
    /// Why that one is not as it should be; empty where there is none.
    pub because: Vec<Difference>,
}

#[derive(Default)]
pub(crate) struct Change {
    /// All that is written, as far as it is known, names minted.
    pub properties: Map<String, Json>,
    pub minted: BTreeMap<String, String>,
    pub differences: Vec<Difference>,
    pub tentative: bool,
    /// The old object must go before the new one comes: both hold one claim.
    pub destroy_first: bool,
}

impl Change {
    /// Properties to set and to reset in an update.
    pub(crate) fn changed_and_reset(&self) -> (Vec<String>, Vec<String>) {
        let (reset, changed): (Vec<_>, Vec<_>) = self
            .differences
            .iter()
            .filter(|difference| !difference.property.is_empty())
            .partition(|difference| !self.properties.contains_key(&difference.property));
        let names = |differences: Vec<&Difference>| differences.iter().map(|one| one.property.clone()).collect();
        (names(changed), names(reset))
    }
}

/// Why a node is not as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub kind: ReasonKind,
    /// Empty where it is about the whole.
    pub property: String,
    pub before: Option<Json>,
    pub after: Option<Json>,
    /// Whether it needs another object.
    pub replaces: bool,
    /// For [`ReasonKind::Upstream`]: the path that is waited for, and what becomes of it.
    pub upstream: Option<(String, Fate)>,
}

impl Difference {
    pub(crate) fn whole(kind: ReasonKind) -> Difference {
        Difference { kind, property: String::new(), before: None, after: None, replaces: false, upstream: None }
    }
}

pub(crate) struct Decider<'a> {
    pub input: &'a ApplyInput<'a>,
    pub types: &'a Types<'a>,
    pub index: &'a FxHashMap<&'a str, u32>,
    pub matching: &'a Matching,
    pub left_overs: LeftOvers<'a>,
    pub decisions: Vec<Decision>,
    pub refusals: Vec<Refusal>,
}

impl<'a> Decider<'a> {
    /// Decides every node, then every deferred property.
    pub(crate) fn decide(mut self) -> Decider<'a> {
        let count = self.nodes().len();
        self.decisions.reserve(count);
        for index in 0..count {
            let decision = self.decide_node(index);
            self.decisions.push(decision);
        }
        for index in 0..count {
            if !self.nodes()[index].deferred.is_empty() {
                self.decisions[index].deferred = self.decide_deferred(index);
            }
        }
        self
    }

    pub(crate) fn nodes(&self) -> &'a [Node] {
        &self.input.plan.meaning.nodes
    }

    fn fresh_uid(&self, node: &Node) -> Uid {
        Uid::derive(self.input.seed, &node.wire_type, node.path.as_str())
    }

    fn refuse(&mut self, kind: RefusalKind, index: usize, message: String, help: &str) {
        let node = &self.nodes()[index];
        self.refusals.push(Refusal {
            kind,
            message,
            help: Some(help.to_string()),
            paths: vec![node.path.clone()],
            place: place_of(self.input, index, None),
        });
    }

    fn decide_node(&mut self, index: usize) -> Decision {
        let node = &self.nodes()[index];
        let matched = self.matching.nodes[index].record;
        let record = matched.map(|record| &self.input.records[record as usize]);
        let plain = |fate: Fate, uid: Option<Uid>| Decision {
            fate,
            record: matched,
            uid,
            change: None,
            deferred: Vec::new(),
            rewrite: false,
            taken_back: None,
        };
        match node.kind {
            NodeKind::Output => return plain(Fate::Output, None),
            NodeKind::Existing => {
                let uid = record.map_or_else(|| self.fresh_uid(node), |record| record.uid);
                return plain(Fate::Existing, Some(uid));
            }
            NodeKind::Managed => {}
        }
        if provider_of(self.input, node).is_none() {
            let message = format!("nobody says where `{}` is to be made", node.path);
            let help = "name a provider in `defaults` or in `lw.toml`, or simulate one with `--sim`";
            self.refuse(RefusalKind::NoProvider, index, message, help);
            return plain(Fate::Same, record.map(|record| record.uid));
        }
        let facts = self.types.facts(&node.wire_type);
        let Some(record) = record else {
            return match node.physical_id {
                Some(_) => self.anew(index, None, Fate::Adopt, vec![Difference::whole(ReasonKind::Adopted)], &facts),
                None => self.anew_or_taken_back(index, None, Fate::Create, Vec::new(), &facts),
            };
        };
        if record.status == ResourceStatus::Quarantined {
            let message = match &record.problem {
                Some(problem) => format!("nobody knows what an operation left of `{}`: {problem}", node.path),
                None => format!("nobody knows what an operation left of `{}`", node.path),
            };
            let help =
                format!("look at it in the cloud, then `lw release {} '{}'`", self.input.deployment.name, node.path);
            self.refuse(RefusalKind::Quarantined, index, message, &help);
            return plain(Fate::Same, Some(record.uid));
        }
        if record.kind == NodeKind::Existing {
            return self.anew(index, matched, Fate::Adopt, vec![Difference::whole(ReasonKind::Adopted)], &facts);
        }
        if record.observed == Observation::Absent {
            let gone = vec![Difference::whole(ReasonKind::Gone)];
            return self.anew_or_taken_back(index, matched, Fate::Create, gone, &facts);
        }
        let (mut differences, rewrite) = self.bent_differences(index, record, &facts);
        if differences.is_empty() {
            let fate = if record.path == node.path { Fate::Same } else { Fate::Move };
            let mut decision = plain(fate, Some(record.uid));
            decision.rewrite = rewrite;
            return decision;
        }
        if differences.iter().any(|difference| difference.replaces) {
            differences.sort_by_key(|difference| !difference.replaces);
            return self.anew_or_taken_back(index, matched, Fate::Replace, differences, &facts);
        }
        self.in_place(index, record, differences, &facts)
    }

    /// What of a node is not as it should be, the place included, and whether its class lets it change in place.
    pub(crate) fn bent_differences(
        &mut self,
        index: usize,
        record: &'a ResourceRecord,
        facts: &TypeFacts,
    ) -> (Vec<Difference>, bool) {
        let node = &self.nodes()[index];
        let (mut differences, rewrite) = self.differences(index, record, facts);
        let is_elsewhere =
            provider_of(self.input, node).is_some_and(|provider| !same_place(provider, &record.provider));
        if is_elsewhere {
            let moved = Difference { replaces: true, ..Difference::whole(ReasonKind::Provider) };
            differences.insert(0, moved);
        }
        let class = self.types.class(&node.wire_type, node.class);
        let tag_property = facts.tags.as_ref().map(|tags| tags.property.as_str());
        for difference in &mut differences {
            let in_place = match class {
                Class::Compute => Some(difference.property.as_str()) == tag_property,
                Class::Configuration | Class::Data => true,
            };
            difference.replaces |= !in_place || !facts.updatable;
        }
        (differences, rewrite)
    }

    /// A node that needs another object than the one that it has: a left-over that is it already, or a new one.
    fn anew_or_taken_back(
        &mut self,
        index: usize,
        matched: Option<u32>,
        fate: Fate,
        because: Vec<Difference>,
        facts: &TypeFacts,
    ) -> Decision {
        if let Some(decision) = self.taken_back(index, matched, &because, facts) {
            return decision;
        }
        let because = if because.is_empty() { vec![Difference::whole(ReasonKind::New)] } else { because };
        self.anew(index, matched, fate, because, facts)
    }

    /// A node that becomes another object.
    fn anew(
        &mut self,
        index: usize,
        matched: Option<u32>,
        fate: Fate,
        differences: Vec<Difference>,
        facts: &TypeFacts,
    ) -> Decision {
        let node = &self.nodes()[index];
        let record = matched.map(|record| &self.input.records[record as usize]);
        // What is adopted from an `existing` keeps the identity that it has in State.
        let uid = match (fate, record) {
            (Fate::Adopt, Some(record)) => record.uid,
            _ => self.fresh_uid(node),
        };
        let mut change = Change { properties: self.simplified(index), differences, ..Change::default() };
        if fate != Fate::Adopt
            && let Some(name) = &facts.name
            && !change.properties.contains_key(&name.property)
        {
            let minted = minted_name(&self.input.deployment.name, &node.path, uid, name);
            change.properties.insert(name.property.clone(), Json::from(minted.as_str()));
            change.minted.insert(name.property.clone(), minted);
        }
        for (property, value) in facts.expected.iter().filter(|_| fate != Fate::Adopt) {
            change.properties.entry(property.clone()).or_insert_with(|| Json::from(value.as_str()));
            change.minted.insert(property.clone(), value.clone());
        }
        if fate == Fate::Replace {
            let decisive = change.differences.iter().filter(|difference| difference.replaces);
            change.tentative = decisive.clone().count() > 0
                && decisive.into_iter().all(|difference| difference.kind == ReasonKind::Upstream);
            if let Some(record) = record {
                let same = provider_of(self.input, node).is_some_and(|provider| same_place(provider, &record.provider));
                change.destroy_first = same && shares_claim(facts, &change.properties, record);
            }
        }
        let change = Some(Box::new(change));
        Decision {
            fate,
            record: matched,
            uid: Some(uid),
            change,
            deferred: Vec::new(),
            rewrite: false,
            taken_back: None,
        }
    }

    pub(crate) fn in_place(
        &mut self,
        index: usize,
        record: &ResourceRecord,
        differences: Vec<Difference>,
        facts: &TypeFacts,
    ) -> Decision {
        let node = &self.nodes()[index];
        let mut properties = self.simplified(index);
        // A property that closes a cycle is set by a step of its own; until then it stays.
        for deferred in &node.deferred {
            match record.properties.get(&deferred.property) {
                Some(value) => properties.insert(deferred.property.clone(), lw_plan::literal(value.clone())),
                None => properties.remove(&deferred.property),
            };
        }
        let mut minted = BTreeMap::new();
        for (property, name) in &record.minted {
            if !node.properties.contains_key(property) {
                properties.insert(property.clone(), Json::from(name.as_str()));
                minted.insert(property.clone(), name.clone());
            }
        }
        let mut stuck = Vec::new();
        for difference in differences.iter().filter(|difference| difference.kind == ReasonKind::Reset) {
            let path = PropertyPath::parse(&difference.property);
            if let Some(default) = facts.defaults.get(&path) {
                properties.insert(difference.property.clone(), lw_plan::literal(default.clone()));
            } else if facts.unresettable.contains(&path) {
                stuck.push(difference.property.clone());
            }
        }
        for property in stuck {
            let message = format!("`{property}` of `{}` was removed, and the cloud keeps it", node.path);
            let help = format!("write `{}` with the value that it should have", lowered(&property));
            self.refuse(RefusalKind::CannotReset, index, message, &help);
        }
        let tentative = differences.iter().all(|difference| difference.kind == ReasonKind::Upstream);
        let change = Change { properties, minted, differences, tentative, destroy_first: false };
        Decision {
            fate: Fate::Update,
            record: self.matching.nodes[index].record,
            uid: Some(record.uid),
            change: Some(Box::new(change)),
            deferred: Vec::new(),
            rewrite: false,
            taken_back: None,
        }
    }

    /// The written properties with all terms replaced that are known.
    pub(crate) fn simplified(&mut self, index: usize) -> Map<String, Json> {
        let node = &self.nodes()[index];
        let mut simple = Map::new();
        for (name, value) in &node.properties {
            let value = self.simplify(index, name, value);
            simple.insert(name.clone(), value);
        }
        simple
    }

    fn simplify(&mut self, index: usize, property: &str, value: &Json) -> Json {
        match simplify(value, &mut |path, attribute| self.attribute(path, attribute).map(Cow::into_owned)) {
            Ok(value) => value,
            Err(error) => {
                self.cannot_resolve(index, property, &error);
                value.clone()
            }
        }
    }

    fn cannot_resolve(&mut self, index: usize, property: &str, error: &ResolveError) {
        let message = format!("`{property}` of `{}` has no value: {error}", self.nodes()[index].path);
        let again = self.refusals.iter().any(|refusal| refusal.message == message);
        if !again {
            self.refuse(RefusalKind::Unresolvable, index, message, "see what the attribute is with `lw status`");
        }
    }

    /// An attribute of another node, as far as it is known before anything is done.
    pub(crate) fn attribute(&self, path: &str, attribute: &str) -> Option<Cow<'a, Json>> {
        let upstream = *self.index.get(path)? as usize;
        // A deferred property may look ahead, but is decided last.
        let decision = self.decisions.get(upstream)?;
        let record = || decision.record.map(|record| &self.input.records[record as usize]);
        let facts = self.types.facts(&self.nodes()[upstream].wire_type);
        let written = || {
            let value = attribute_in(&decision.change.as_ref()?.properties, attribute)?;
            (is_known(value) && !mentions_secret(value)).then(|| resolve(value, &mut |_, _| None).ok()).flatten()
        };
        match decision.fate {
            Fate::Output => None,
            Fate::Same | Fate::Move | Fate::Existing => recorded_attribute(record()?, &facts, attribute),
            Fate::Update => {
                let change = decision.change.as_ref()?;
                if attribute_in(&change.properties, attribute).is_some() {
                    return written().map(Cow::Owned);
                }
                let changed = || change.differences.iter().map(|difference| difference.property.as_str());
                let first = attribute.split(['.', '/']).next().unwrap_or(attribute);
                let is_unknown = changed().any(|property| property == first) || facts.may_change(attribute, changed());
                if is_unknown { None } else { recorded_attribute(record()?, &facts, attribute) }
            }
            Fate::Create | Fate::Replace | Fate::Adopt => written().map(Cow::Owned),
        }
    }

    /// What of a node is not as it should be; and whether what we wrote reads differently all the same.
    fn differences(&mut self, index: usize, record: &'a ResourceRecord, facts: &TypeFacts) -> (Vec<Difference>, bool) {
        let node = &self.nodes()[index];
        let watched = watched(node, record);
        let (mut applied_values, mut observed_values) = (Cursor::new(&record.properties), watched.map(Cursor::new));
        let mut found = Vec::new();
        let (mut rewrite, mut seen) = (false, 0);
        for (name, desired) in &node.properties {
            let applied = applied_values.get(name);
            let observed = observed_values.as_mut().and_then(|values| values.get(name));
            seen += usize::from(applied.is_some());
            if is_deferred(node, name) {
                continue;
            }
            let plain = applied.is_some_and(|applied| {
                (watched.is_none() || observed.is_some_and(|observed| plainly_covers(observed, applied)))
                    && plainly_equal(desired, applied, &|path, attribute| {
                        self.attribute(path, attribute).map(Cow::into_owned)
                    }) == Some(true)
            });
            if plain {
                continue;
            }
            let reality =
                Reality { applied, observed, is_read: watched.is_some() && !node.lifecycle.ignores.contains(name) };
            match self.difference(index, name, desired, reality, facts) {
                Verdict::Same => {}
                Verdict::Reads => rewrite = true,
                Verdict::Differs(difference) => found.push(*difference),
            }
        }
        if seen < record.properties.len() {
            for (name, applied) in &record.properties {
                if node.properties.contains_key(name) || is_deferred(node, name) {
                    continue;
                }
                let observed = watched.and_then(|properties| properties.get(name));
                if record.minted.contains_key(name) {
                    found.extend(drifted(name, applied, observed, watched.is_some(), facts));
                    continue;
                }
                match removed(name, applied, observed, watched.is_some(), facts) {
                    Some(difference) => found.push(difference),
                    None => rewrite = true,
                }
            }
        }
        (found, rewrite)
    }

    /// One written property against what is there.
    fn difference(
        &mut self,
        index: usize,
        property: &str,
        desired: &Json,
        reality: Reality<'_>,
        facts: &TypeFacts,
    ) -> Verdict {
        let simple = self.simplify(index, property, desired);
        let Reality { applied, observed, is_read } = reality;
        let is_read = is_read && !facts.hides(property);
        let holds_hidden = facts.holds_hidden(property, Some(&simple)) || facts.holds_hidden(property, applied);
        let hidden = holds_hidden || mentions_secret(&simple) || applied.is_some_and(mentions_secret);
        let before = if is_read { observed } else { applied };
        let shown = |value: Option<&Json>| value.filter(|_| !hidden).cloned();
        if !is_known(&simple) {
            let replaces = is_create_only(facts, property, None, before);
            return Verdict::Differs(Box::new(Difference {
                kind: ReasonKind::Upstream,
                property: property.to_string(),
                before: shown(before),
                after: shown(Some(&simple)),
                replaces,
                upstream: self.first_unknown(&simple),
            }));
        }
        let value = match resolve(&simple, &mut |_, _| None) {
            Ok(value) => value,
            Err(error) => {
                self.cannot_resolve(index, property, &error);
                return Verdict::Same;
            }
        };
        let edited = !Comparison::of(facts, property).same(Some(&value), applied);
        let differs = match is_read {
            true => {
                // What no read shows is as it was last written.
                let is_rewritten = || {
                    let wanted = facts.hidden_parts(property, Some(&value));
                    wanted.zip(facts.hidden_parts(property, applied)).any(|(wanted, applied)| wanted != applied)
                };
                !Comparison::of(facts, property).covers(observed, Some(&value), applied) || (edited && is_rewritten())
            }
            false => edited,
        };
        if !differs {
            return if edited { Verdict::Reads } else { Verdict::Same };
        }
        Verdict::Differs(Box::new(Difference {
            kind: if edited { ReasonKind::Changed } else { ReasonKind::Drifted },
            property: property.to_string(),
            before: shown(before),
            after: shown(Some(&value)),
            replaces: is_create_only(facts, property, Some(&value), before),
            upstream: None,
        }))
    }

    /// The first `$get` in a value that is not known, with what becomes of what it names.
    fn first_unknown(&self, value: &Json) -> Option<(String, Fate)> {
        let mut first = None;
        lw_plan::references(value, &mut |path, _| {
            if first.is_none() {
                let upstream = self.index.get(path).and_then(|&upstream| self.decisions.get(upstream as usize));
                first = upstream.map(|decision| (path.to_string(), decision.fate));
            }
        });
        first
    }

    fn decide_deferred(&mut self, index: usize) -> Vec<(DeferredProperty, Difference)> {
        let node = &self.nodes()[index];
        let facts = self.types.facts(&node.wire_type);
        let decision = &self.decisions[index];
        let is_new = decision.fate.is_new();
        let record = decision.record.map(|record| &self.input.records[record as usize]).filter(|_| !is_new);
        let mut pending = Vec::new();
        for deferred in &node.deferred {
            let name = &deferred.property;
            let value = self.simplify(index, name, &deferred.value);
            let difference = match record {
                None => Some(Difference { property: name.clone(), ..Difference::whole(ReasonKind::Cycle) }),
                Some(record) => {
                    let observed = watched(node, record);
                    let is_read = observed.is_some() && !node.lifecycle.ignores.contains(name);
                    let reality = Reality {
                        applied: record.properties.get(name),
                        observed: observed.and_then(|properties| properties.get(name)),
                        is_read,
                    };
                    match self.difference(index, name, &deferred.value, reality, &facts) {
                        Verdict::Same | Verdict::Reads => None,
                        Verdict::Differs(difference) => Some(*difference),
                    }
                }
            };
            pending
                .extend(difference.map(|difference| (DeferredProperty { property: name.clone(), value }, difference)));
        }
        pending
    }
}

struct Reality<'a> {
    applied: Option<&'a Json>,
    observed: Option<&'a Json>,
    /// Whether `observed` counts.
    is_read: bool,
}

enum Verdict {
    Same,
    /// As it should be, though we did not write it so.
    Reads,
    Differs(Box<Difference>),
}

/// What an apply compares with reality; `None` where it looks only at what we wrote.
fn watched<'a>(node: &Node, record: &'a ResourceRecord) -> Option<&'a Map<String, Json>> {
    match node.lifecycle.enforcement {
        Some(Enforcement::Absorb | Enforcement::Ignore) => None,
        Some(Enforcement::Correct | Enforcement::Alert) | None => record.observed.properties(),
    }
}

fn is_deferred(node: &Node, property: &str) -> bool {
    node.deferred.iter().any(|deferred| deferred.property == property)
}

/// A property that we wrote and that is no longer written.
fn removed(
    property: &str,
    applied: &Json,
    observed: Option<&Json>,
    is_read: bool,
    facts: &TypeFacts,
) -> Option<Difference> {
    let present = if is_read && !facts.hides(property) { observed } else { Some(applied) };
    if Comparison::of(facts, property).covers(present, None, Some(applied)) {
        return None;
    }
    let hidden = facts.holds_hidden(property, Some(applied)) || mentions_secret(applied);
    Some(Difference {
        kind: ReasonKind::Reset,
        property: property.to_string(),
        before: present.filter(|_| !hidden).cloned(),
        after: facts.defaults.get(&PropertyPath::parse(property)).cloned(),
        replaces: is_create_only(facts, property, None, present),
        upstream: None,
    })
}

/// Whether the change of a property from `before` to `after` (`None`: not known) touches what cannot change in place.
fn is_create_only(facts: &TypeFacts, property: &str, after: Option<&Json>, before: Option<&Json>) -> bool {
    facts.create_only.iter().filter(|path| path.top() == property).any(|path| match after {
        _ if path.is_top_level() => true,
        None => true,
        Some(after) => path.values_inside(Some(after)) != path.values_inside(before),
    })
}

/// What nobody has written and is kept all the same, where it is another now: a name of ours, or that a container runs.
fn drifted(
    name: &str,
    applied: &Json,
    observed: Option<&Json>,
    is_read: bool,
    facts: &TypeFacts,
) -> Option<Difference> {
    let expected = facts.expected.contains_key(name) || observed.is_some();
    if !is_read || !expected || Comparison::of(facts, name).covers(observed, Some(applied), Some(applied)) {
        return None;
    }
    Some(Difference {
        kind: ReasonKind::Drifted,
        property: name.to_string(),
        before: observed.cloned(),
        after: Some(applied.clone()),
        replaces: is_create_only(facts, name, Some(applied), observed),
        upstream: None,
    })
}

/// Whether the new object would hold a claim that the old one holds.
fn shares_claim(facts: &TypeFacts, new: &Map<String, Json>, old: &ResourceRecord) -> bool {
    facts.claims.iter().any(|claim| {
        let new = claimed(claim, new);
        let old = claimed_by_record(claim, old);
        new.iter().any(|new| new.iter().all(|value| is_known(value)) && old.contains(new))
    })
}

/// What is held of a claim: values together, once; or once for each element of the list that the claim goes through, where what an
/// element leaves out after its first value is `null`.
pub(crate) fn claimed<'a>(claim: &crate::Claim, properties: &'a Map<String, Json>) -> Vec<Vec<&'a Json>> {
    claimed_of(claim, |path| path.get(properties), |top| properties.get(top))
}

/// The same of a record; what is not written there is as it was seen.
pub(crate) fn claimed_by_record<'a>(claim: &crate::Claim, record: &'a ResourceRecord) -> Vec<Vec<&'a Json>> {
    let observed = record.observed.properties();
    let either = |top: &str| record.properties.get(top).or_else(|| observed?.get(top));
    claimed_of(claim, |path| path.get(&record.properties).or_else(|| path.get(observed?)), either)
}

fn claimed_of<'a>(
    claim: &crate::Claim,
    value: impl Fn(&PropertyPath) -> Option<&'a Json>,
    list: impl Fn(&str) -> Option<&'a Json>,
) -> Vec<Vec<&'a Json>> {
    let Some(first) = claim.properties.first() else { return Vec::new() };
    if first.steps().nth(1) != Some("*") {
        let value = |path| value(path).filter(|value| !value.is_null());
        return claim.properties.iter().map(value).collect::<Option<Vec<&Json>>>().into_iter().collect();
    }
    let elements = list(first.top()).and_then(Json::as_array).into_iter().flatten();
    let of_element = |element: &'a Json| {
        let part = |path: &PropertyPath| path.steps().skip(2).try_fold(element, |value, step| value.get(step));
        let values: Vec<&Json> = claim.properties.iter().map(|path| part(path).unwrap_or(&Json::Null)).collect();
        (!values[0].is_null()).then_some(values)
    };
    elements.filter_map(of_element).collect()
}

/// The binding of a node, or the default where it names none.
pub(crate) fn provider_of<'a>(input: &ApplyInput<'a>, node: &Node) -> Option<&'a Provider> {
    static LINEWORK: std::sync::LazyLock<Provider> =
        std::sync::LazyLock::new(|| Provider { cloud: "linework".to_string(), ..Provider::default() });
    match node.provider.as_str() {
        // A fleet's provider is the one that its members are made by.
        "" if node.wire_type == lw_plan::FLEET_TYPE && input.default_provider.is_some() => input.default_provider,
        "" if node.wire_type.starts_with("Linework::") => Some(&LINEWORK),
        "" => input.default_provider,
        name => input.plan.meaning.providers.get(name),
    }
}

/// Whether two bindings lead to the same place; with what credentials does not matter, and an account may be named later.
pub(crate) fn same_place(left: &Provider, right: &Provider) -> bool {
    let compatible = |left: &Option<String>, right: &Option<String>| left.is_none() || right.is_none() || left == right;
    left.cloud == right.cloud
        && left.region == right.region
        && left.endpoint == right.endpoint
        && compatible(&left.account, &right.account)
}

/// Where a node, or a property of it, is written.
pub(crate) fn place_of(input: &ApplyInput<'_>, index: usize, property: Option<&str>) -> Option<Place> {
    let origin = input.plan.origin(index)?;
    let line = property.and_then(|property| origin.properties.get(property)).copied().unwrap_or(origin.line);
    Some(Place { file: origin.file.clone(), line })
}

/// A wire name as the source writes it.
pub(crate) fn lowered(property: &str) -> String {
    let capitals = property.chars().take_while(char::is_ascii_uppercase).count();
    let length = property.chars().count();
    let lower = match capitals {
        0 => 0,
        1 => 1,
        all if all == length => all,
        some => some - 1,
    };
    property.chars().enumerate().map(|(at, sign)| if at < lower { sign.to_ascii_lowercase() } else { sign }).collect()
}

/// Paths of managed nodes that exist and stay, by what they depend on; only for the nodes asked for.
pub(crate) fn dependents_of(
    nodes: &[Node],
    decisions: &[Decision],
    wanted: &FxHashSet<&str>,
) -> FxHashMap<String, Vec<u32>> {
    let mut dependents: FxHashMap<String, Vec<u32>> = FxHashMap::default();
    for (index, node) in nodes.iter().enumerate() {
        if node.kind != NodeKind::Managed || decisions[index].record.is_none() {
            continue;
        }
        let mut found = |path: &str| {
            if wanted.contains(path) {
                dependents.entry(path.to_string()).or_default().push(index as u32);
            }
        };
        node.dependencies(&mut found);
        for deferred in &node.deferred {
            lw_plan::references(&deferred.value, &mut |path, _| found(path));
        }
    }
    for list in dependents.values_mut() {
        list.dedup();
    }
    dependents
}
