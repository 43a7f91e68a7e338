//! Matching: which record each node of a Plan is. The first step of every change set.
//!
//! The one idea: paths are names, so the content decides wherever names are cheap to change. Rules, in order:
//! 1. equal path (inside lists, where positions shift: equal path and equal content);
//! 2. `@id`, `@adopt`;
//! 3. equal content with references as uids, unique on both sides; among equals, who refers to them, then equal last step of the
//!    path, then order;
//! 4. within one list, equal create-only properties in order, then equal position;
//! 5. the rest is new, or left.
//!
//! Guarantees: total and deterministic, whatever the order of records; at most one node a record; near-linear.
//! A data resource is never given to a node by order alone while another could be meant: that is an [`Ambiguity`].

mod dependents;

use std::borrow::Cow;
use std::collections::BTreeMap;

use lw_plan::{Class, Json, Map, Meaning, Node, NodeKind, Provider, canonical_json, fingerprint, resolve};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::attributes::recorded_attribute;
use crate::position::{is_in_list, last_step, list_of};
use crate::types::Types;
use crate::{PropertyPath, ResourceRecord, TypeFacts, Uid};

/// What a matching found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// By index of the Plan's nodes. Outputs are [`Rule::New`].
    pub nodes: Vec<Match>,
    /// Indices of records that no node was given, tombstones and failed creates among them; in their order.
    pub left: Vec<u32>,
    pub ambiguities: Vec<Ambiguity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Index of the record.
    pub record: Option<u32>,
    pub rule: Rule,
}

/// By what a node was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    Path,
    FormerPath,
    PhysicalId,
    Content,
    CreateOnly,
    Position,
    New,
}

/// A data resource that more than one record may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// Index of the node.
    pub node: u32,
    /// Indices of the records, by path.
    pub candidates: Vec<u32>,
}

/// Matches the nodes of a Plan with the records of its deployment.
pub fn match_nodes(
    meaning: &Meaning,
    default_provider: Option<&Provider>,
    records: &[ResourceRecord],
    catalogue: &dyn crate::Catalogue,
) -> Matching {
    let types = Types::new(catalogue);
    matched(meaning, default_provider, records, &types, &index_of_nodes(&meaning.nodes))
}

/// Nodes by path.
pub(crate) fn index_of_nodes(nodes: &[Node]) -> FxHashMap<&str, u32> {
    let mut index = FxHashMap::with_capacity_and_hasher(nodes.len(), Default::default());
    index.extend(nodes.iter().enumerate().map(|(at, node)| (node.path.as_str(), at as u32)));
    index
}

pub(crate) fn matched(
    meaning: &Meaning,
    default_provider: Option<&Provider>,
    records: &[ResourceRecord],
    types: &Types<'_>,
    nodes_by_path: &FxHashMap<&str, u32>,
) -> Matching {
    let mut matcher = Matcher {
        meaning,
        default_provider,
        records,
        types,
        nodes_by_path,
        nodes: vec![Match { record: None, rule: Rule::New }; meaning.nodes.len()],
        taken: records.iter().map(|record| !record.is_live()).collect(),
        free: records.iter().filter(|record| record.is_live()).count(),
        ambiguities: Vec::new(),
        dependents: dependents::Dependents::default(),
    };
    let by_path = matcher.by_path();
    matcher.by_annotation(&by_path);
    matcher.by_content(&by_path);
    let left = (0..records.len() as u32)
        .filter(|&record| !records[record as usize].is_live() || !matcher.taken[record as usize]);
    let left = left.collect();
    // A later rule may have decided after all.
    let mut ambiguities = matcher.ambiguities;
    ambiguities.retain(|ambiguity| matcher.nodes[ambiguity.node as usize].record.is_none());
    for ambiguity in &mut ambiguities {
        ambiguity.candidates.retain(|&record| !matcher.taken[record as usize]);
    }
    ambiguities.retain(|ambiguity| !ambiguity.candidates.is_empty());
    ambiguities.sort_by_key(|ambiguity| ambiguity.node);
    ambiguities.dedup_by_key(|ambiguity| ambiguity.node);
    Matching { left, nodes: matcher.nodes, ambiguities }
}

/// Indices of records by what they have in common.
type Groups<K> = FxHashMap<K, Vec<u32>>;

struct Matcher<'a> {
    meaning: &'a Meaning,
    default_provider: Option<&'a Provider>,
    records: &'a [ResourceRecord],
    types: &'a Types<'a>,
    nodes_by_path: &'a FxHashMap<&'a str, u32>,
    nodes: Vec<Match>,
    /// By record: given to a node, or not to be given.
    taken: Vec<bool>,
    /// How many records are not taken.
    free: usize,
    ambiguities: Vec<Ambiguity>,
    dependents: dependents::Dependents,
}

/// Whether a record can be a node's at all.
fn fits(node: &Node, record: &ResourceRecord) -> bool {
    if node.wire_type != record.wire_type {
        return false;
    }
    match (node.kind, record.kind) {
        (NodeKind::Managed, NodeKind::Managed) => true,
        // What is named by its id is known by its id.
        (NodeKind::Existing, _) | (NodeKind::Managed, NodeKind::Existing) => node.physical_id == record.physical_id,
        _ => false,
    }
}

impl<'a> Matcher<'a> {
    fn node(&self, node: u32) -> &'a Node {
        &self.meaning.nodes[node as usize]
    }

    fn record(&self, record: u32) -> &'a ResourceRecord {
        &self.records[record as usize]
    }

    fn give(&mut self, node: u32, record: u32, rule: Rule) {
        self.nodes[node as usize] = Match { record: Some(record), rule };
        self.taken[record as usize] = true;
        self.free -= 1;
    }

    fn is_open(&self, node: u32) -> bool {
        self.nodes[node as usize].record.is_none() && self.node(node).kind != NodeKind::Output
    }

    /// Rule 1. Returns the live records by path.
    fn by_path(&mut self) -> FxHashMap<&'a str, u32> {
        let mut by_path: FxHashMap<&str, u32> =
            FxHashMap::with_capacity_and_hasher(self.records.len(), Default::default());
        for (index, record) in self.records.iter().enumerate() {
            if record.is_live() {
                // Two live records of one path break State's promise; the one with the least uid is as good as any.
                let chosen = by_path.entry(record.path.as_str()).or_insert(index as u32);
                if record.uid < self.records[*chosen as usize].uid {
                    *chosen = index as u32;
                }
            }
        }
        for (index, node) in self.meaning.nodes.iter().enumerate() {
            if node.kind == NodeKind::Output {
                continue;
            }
            if let Some(&record) = by_path.get(node.path.as_str()) {
                let known = self.record(record);
                let same_content = !node.fingerprint.is_empty() && node.fingerprint == known.fingerprint;
                if fits(node, known) && (same_content || !is_in_list(node.path.as_str())) {
                    self.give(index as u32, record, Rule::Path);
                }
            }
        }
        by_path
    }

    /// Rule 2.
    fn by_annotation(&mut self, by_path: &FxHashMap<&str, u32>) {
        let mut by_physical_id: Option<FxHashMap<(&str, &str), u32>> = None;
        for index in 0..self.nodes.len() as u32 {
            if !self.is_open(index) {
                continue;
            }
            let node = self.node(index);
            if let Some(former) = &node.former_path
                && let Some(&record) = by_path.get(former.as_str())
                && !self.taken[record as usize]
                && fits(node, self.record(record))
            {
                self.give(index, record, Rule::FormerPath);
            } else if let Some(physical_id) = &node.physical_id {
                let by_physical_id = by_physical_id.get_or_insert_with(|| {
                    let live = self.records.iter().enumerate().filter(|(_, record)| record.is_live());
                    let id = |record: &'a ResourceRecord| record.physical_id.as_deref().unwrap_or_default();
                    live.map(|(at, record)| ((record.wire_type.as_str(), id(record)), at as u32)).collect()
                });
                if let Some(&record) = by_physical_id.get(&(node.wire_type.as_str(), physical_id.as_str()))
                    && !self.taken[record as usize]
                    && fits(node, self.record(record))
                {
                    self.give(index, record, Rule::PhysicalId);
                }
            }
        }
    }

    /// Rules 3 and 4, level by level: a node can be recognised by content once all that it refers to is.
    fn by_content(&mut self, by_path: &FxHashMap<&str, u32>) {
        if self.free == 0 {
            return;
        }
        let (mut by_print, mut by_list): (Groups<&str>, Groups<(String, &str)>) = Default::default();
        for (index, record) in self.records.iter().enumerate().filter(|(index, _)| !self.taken[*index]) {
            if !record.uid_fingerprint.is_empty() {
                by_print.entry(&record.uid_fingerprint).or_default().push(index as u32);
            }
            if let Some((list, _)) = list_of(record.path.as_str()) {
                by_list.entry((list, record.wire_type.as_str())).or_default().push(index as u32);
            }
        }
        for mut level in self.levels() {
            if self.free == 0 {
                return;
            }
            self.by_fingerprint(&level, &by_print, by_path);
            level.retain(|&node| self.is_open(node));
            self.by_list(&level, &by_list, by_path);
        }
    }

    /// Open nodes by their distance from what is matched already; in Plan order.
    fn levels(&self) -> Vec<Vec<u32>> {
        let mut level_of: FxHashMap<u32, usize> = FxHashMap::default();
        let mut levels: Vec<Vec<u32>> = Vec::new();
        for index in 0..self.nodes.len() as u32 {
            if !self.is_open(index) {
                continue;
            }
            let mut level = 0;
            self.node(index).dependencies(&mut |path| {
                let above = self.nodes_by_path.get(path).and_then(|upstream| level_of.get(upstream));
                level = level.max(above.map_or(0, |above| above + 1));
            });
            level_of.insert(index, level);
            if levels.len() <= level {
                levels.resize(level + 1, Vec::new());
            }
            levels[level].push(index);
        }
        levels
    }

    /// What [`ResourceRecord::uid_fingerprint`] would be, if all that a node refers to is known.
    fn uid_fingerprint(&self, node: &Node) -> Option<String> {
        let mut complete = true;
        node.dependencies(&mut |path| complete &= self.uid_at(path).is_some());
        let provider = self.meaning.providers.get(&node.provider).or(self.default_provider);
        let name = |path: &str| self.uid_at(path).map(|uid| uid.to_string()).unwrap_or_default();
        complete.then(|| fingerprint(node, provider, &name))
    }

    fn uid_at(&self, path: &str) -> Option<Uid> {
        let node = *self.nodes_by_path.get(path)?;
        self.nodes[node as usize].record.map(|record| self.record(record).uid)
    }

    fn is_data(&self, node: u32) -> bool {
        let node = self.node(node);
        self.types.class(&node.wire_type, node.class) == Class::Data
    }

    /// Rule 3.
    fn by_fingerprint(&mut self, level: &[u32], records: &Groups<&str>, by_path: &FxHashMap<&str, u32>) {
        let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for &index in level {
            let Some(print) = self.uid_fingerprint(self.node(index)) else { continue };
            if !records.contains_key(print.as_str()) {
                continue;
            }
            let same_path = by_path.get(self.node(index).path.as_str()).copied();
            let same_path = same_path.filter(|&record| {
                !self.taken[record as usize]
                    && self.record(record).uid_fingerprint == print
                    && fits(self.node(index), self.record(record))
            });
            match same_path {
                Some(record) => self.give(index, record, Rule::Path),
                None => groups.entry(print).or_default().push(index),
            }
        }
        // What is unique first: it may be what tells the others apart.
        let mut twins = Vec::new();
        for (print, nodes) in groups {
            let candidates = records[print.as_str()].iter().copied();
            let candidates: Vec<u32> = candidates.filter(|&record| !self.taken[record as usize]).collect();
            match (&nodes[..], &candidates[..]) {
                (&[_], &[_]) => self.among_equals(nodes, candidates),
                _ => twins.push((nodes, candidates)),
            }
        }
        for (nodes, candidates) in &twins {
            self.by_dependents(nodes, candidates, records);
        }
        for (mut nodes, mut candidates) in twins {
            nodes.retain(|&node| self.is_open(node));
            candidates.retain(|&record| !self.taken[record as usize]);
            if !nodes.is_empty() && !candidates.is_empty() {
                self.among_equals(nodes, candidates);
            }
        }
    }

    /// Nodes and records of one content.
    fn among_equals(&mut self, mut nodes: Vec<u32>, mut records: Vec<u32>) {
        records.retain(|&record| fits(self.node(nodes[0]), self.record(record)));
        if records.is_empty() {
            return;
        }
        if nodes.len() == 1 && records.len() == 1 {
            return self.give(nodes[0], records[0], Rule::Content);
        }
        let mut by_last_step: FxHashMap<&str, (Vec<u32>, Vec<u32>)> = FxHashMap::default();
        for &node in &nodes {
            by_last_step.entry(last_step(self.node(node).path.as_str())).or_default().0.push(node);
        }
        for &record in &records {
            by_last_step.entry(last_step(self.record(record).path.as_str())).or_default().1.push(record);
        }
        for (step, (nodes, records)) in by_last_step {
            if let (&[node], &[record]) = (&nodes[..], &records[..])
                && !is_in_list(step)
            {
                self.give(node, record, Rule::Content);
            }
        }
        nodes.retain(|&node| self.is_open(node));
        records.retain(|&record| !self.taken[record as usize]);
        if nodes.is_empty() || records.is_empty() {
            return;
        }
        self.sort_nodes(&mut nodes);
        self.sort_records(&mut records);
        // Equal configuration and references do not make two databases equal.
        let alone = nodes.len() == 1 && records.len() == 1;
        if self.is_data(nodes[0]) && !alone && !self.is_one_list(&nodes, &records) {
            let candidates = &records;
            self.ambiguities.extend(nodes.iter().map(|&node| Ambiguity { node, candidates: candidates.clone() }));
            return;
        }
        for (node, record) in nodes.into_iter().zip(records) {
            self.give(node, record, Rule::Content);
        }
    }

    /// Whether these are all of one list, none of which goes: the order tells them apart.
    fn is_one_list(&self, nodes: &[u32], records: &[u32]) -> bool {
        let list = |path: &str| list_of(path).map(|(list, _)| list);
        let Some(first) = list(self.node(nodes[0]).path.as_str()) else { return false };
        let same = |path: &str| list(path).as_ref() == Some(&first);
        records.len() <= nodes.len()
            && nodes.iter().all(|&node| same(self.node(node).path.as_str()))
            && records.iter().all(|&record| same(self.record(record).path.as_str()))
    }

    fn sort_nodes(&self, nodes: &mut [u32]) {
        nodes.sort_by_cached_key(|&node| position_key(self.node(node).path.as_str()));
    }

    fn sort_records(&self, records: &mut [u32]) {
        records
            .sort_by_cached_key(|&record| (position_key(self.record(record).path.as_str()), self.record(record).uid));
    }

    /// Rule 4, for what is left of each list.
    fn by_list(&mut self, level: &[u32], records: &Groups<(String, &'a str)>, by_path: &FxHashMap<&str, u32>) {
        let mut lists: BTreeMap<(String, &str), Vec<u32>> = BTreeMap::new();
        for &index in level {
            if let Some((list, _)) = list_of(self.node(index).path.as_str()) {
                lists.entry((list, self.node(index).wire_type.as_str())).or_default().push(index);
            }
        }
        for (list, nodes) in lists {
            let candidates = records.get(&list).into_iter().flatten().copied();
            let candidates: Vec<u32> = candidates.filter(|&record| !self.taken[record as usize]).collect();
            if !candidates.is_empty() {
                self.align(nodes, candidates, by_path);
            }
        }
    }

    fn align(&mut self, mut nodes: Vec<u32>, mut records: Vec<u32>, by_path: &FxHashMap<&str, u32>) {
        self.sort_nodes(&mut nodes);
        self.sort_records(&mut records);
        let facts = self.types.facts(&self.node(nodes[0]).wire_type);
        let mut groups: BTreeMap<String, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for &node in &nodes {
            if let Some(key) = self.create_only_key(self.node(node), &facts) {
                groups.entry(key).or_default().0.push(node);
            }
        }
        for &record in &records {
            let record_key = create_only_text(&self.record(record).properties, &facts, &self.record(record).minted);
            groups.entry(record_key).or_default().1.push(record);
        }
        let data = self.is_data(nodes[0]);
        for (nodes, records) in groups.into_values() {
            let unique = nodes.len() == 1 && records.len() == 1;
            let candidates: FxHashSet<u32> = records.iter().copied().collect();
            // Equal position first: an edit in place is likelier than an edit and a move.
            for &node in &nodes {
                if !data || unique || records.len() <= nodes.len() {
                    self.at_own_path(node, by_path, Rule::CreateOnly, &candidates);
                }
            }
            let nodes: Vec<u32> = nodes.into_iter().filter(|&node| self.is_open(node)).collect();
            let records: Vec<u32> = records.into_iter().filter(|&record| !self.taken[record as usize]).collect();
            if data && !(nodes.len() == 1 && records.len() == 1) {
                continue;
            }
            let fitting = |node: u32, record: u32| fits(self.node(node), self.record(record));
            let pairs: Vec<(u32, u32)> =
                nodes.into_iter().zip(records).filter(|&(node, record)| fitting(node, record)).collect();
            for (node, record) in pairs {
                self.give(node, record, Rule::CreateOnly);
            }
        }
        nodes.retain(|&node| self.is_open(node));
        records.retain(|&record| !self.taken[record as usize]);
        if data && records.len() > nodes.len() {
            let candidates = &records;
            self.ambiguities.extend(nodes.iter().map(|&node| Ambiguity { node, candidates: candidates.clone() }));
            return;
        }
        let candidates: FxHashSet<u32> = records.iter().copied().collect();
        for &node in &nodes {
            self.at_own_path(node, by_path, Rule::Position, &candidates);
        }
    }

    /// Gives a node the free record of its own path, if that is among `candidates`.
    fn at_own_path(&mut self, node: u32, by_path: &FxHashMap<&str, u32>, rule: Rule, candidates: &FxHashSet<u32>) {
        if let Some(&record) = by_path.get(self.node(node).path.as_str())
            && !self.taken[record as usize]
            && candidates.contains(&record)
            && fits(self.node(node), self.record(record))
        {
            self.give(node, record, rule);
        }
    }

    /// The create-only properties of a node as text; `None` where one is not known.
    fn create_only_key(&self, node: &Node, facts: &TypeFacts) -> Option<String> {
        let mut resolved = Map::new();
        let tops: FxHashSet<&str> = facts.create_only.iter().map(|path| path.top()).collect();
        for (name, value) in node.properties.iter().filter(|(name, _)| tops.contains(name.as_str())) {
            let value = resolve(value, &mut |path, attribute| self.attribute(path, attribute)).ok()?;
            resolved.insert(name.clone(), value);
        }
        Some(create_only_text(&resolved, facts, &BTreeMap::new()))
    }

    fn attribute(&self, path: &str, attribute: &str) -> Option<Json> {
        let node = *self.nodes_by_path.get(path)?;
        let record = self.record(self.nodes[node as usize].record?);
        recorded_attribute(record, &self.types.facts(&record.wire_type), attribute).map(Cow::into_owned)
    }
}

/// The order of paths within lists: the list, then positions as numbers.
fn position_key(path: &str) -> (String, Vec<u64>) {
    list_of(path).unwrap_or_else(|| (path.to_string(), Vec::new()))
}

fn create_only_text(properties: &Map<String, Json>, facts: &TypeFacts, minted: &BTreeMap<String, String>) -> String {
    let value = |path: &PropertyPath| path.get(properties).filter(|_| !minted.contains_key(path.top())).cloned();
    let values = facts.create_only.iter().map(|path| value(path).unwrap_or(Json::Null));
    canonical_json(&Json::Array(values.collect()))
}
