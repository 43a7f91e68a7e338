//! Twins, told apart by who refers to them.
//!
//! The one idea: suppose a node were a record. Then each node that refers to it has a content that State knows, or has not; the
//! more it knows, the likelier it is the one. Only what is likelier than every other pair on both sides is decided here.

use std::cell::OnceCell;

use lw_plan::{Node, fingerprint};
use rustc_hash::FxHashMap;

use super::{Groups, Matcher, Rule, fits};

/// More twins than this are told apart by names and order alone: every pair is looked at.
const TWINS_MAX: usize = 128;

/// Nodes by what they refer to; made when it is first asked for.
#[derive(Default)]
pub(super) struct Dependents(OnceCell<FxHashMap<u32, Vec<u32>>>);

impl Matcher<'_> {
    fn dependents(&self, node: u32) -> &[u32] {
        let all = self.dependents.0.get_or_init(|| {
            let mut dependents: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
            for (index, dependent) in self.meaning.nodes.iter().enumerate() {
                dependent.dependencies(&mut |path| {
                    if let Some(&upstream) = self.nodes_by_path.get(path) {
                        let list = dependents.entry(upstream).or_default();
                        if list.last() != Some(&(index as u32)) {
                            list.push(index as u32);
                        }
                    }
                });
            }
            dependents
        });
        all.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Gives those of equal content to each other that their dependents tell apart.
    pub(super) fn by_dependents(&mut self, nodes: &[u32], records: &[u32], by_print: &Groups<&str>) {
        if nodes.len() > TWINS_MAX || records.len() > TWINS_MAX {
            return;
        }
        if nodes.iter().all(|&node| self.dependents(node).is_empty()) {
            return;
        }
        let row = |&node: &u32| records.iter().map(|&record| self.evidence(node, record, by_print)).collect();
        let mut scores: Vec<Vec<u32>> = nodes.iter().map(row).collect();
        loop {
            let best = |row: &[u32]| unique_best(row.iter().copied());
            let pair = (0..nodes.len()).find_map(|node| {
                let record = best(&scores[node])?;
                (unique_best(scores.iter().map(|row| row[record])) == Some(node)).then_some((node, record))
            });
            let Some((node, record)) = pair else { return };
            if fits(self.node(nodes[node]), self.record(records[record])) {
                self.give(nodes[node], records[record], Rule::Content);
            }
            scores[node].fill(0);
            for row in &mut scores {
                row[record] = 0;
            }
        }
    }

    /// How many of a node's dependents State knows, if the node is the record.
    fn evidence(&self, node: u32, record: u32, by_print: &Groups<&str>) -> u32 {
        let known = |&dependent: &u32| {
            let Some(print) = self.print_if(self.node(dependent), node, record) else { return false };
            match self.nodes[dependent as usize].record {
                Some(own) => self.record(own).uid_fingerprint == print,
                None => by_print
                    .get(print.as_str())
                    .is_some_and(|records| records.iter().any(|&record| !self.taken[record as usize])),
            }
        };
        self.dependents(node).iter().filter(|dependent| known(dependent)).count() as u32
    }

    /// The uid fingerprint of a dependent, if `node` is `record`; `None` while something else that it refers to is not known.
    fn print_if(&self, dependent: &Node, node: u32, record: u32) -> Option<String> {
        let own = self.node(node).path.as_str();
        let uid_at = |path: &str| if path == own { Some(self.record(record).uid) } else { self.uid_at(path) };
        let mut complete = true;
        dependent.dependencies(&mut |path| complete &= uid_at(path).is_some());
        let provider = self.meaning.providers.get(&dependent.provider).or(self.default_provider);
        let name = |path: &str| uid_at(path).map(|uid| uid.to_string()).unwrap_or_default();
        complete.then(|| fingerprint(dependent, provider, &name))
    }
}

/// The index of the greatest number, if it is greater than all others and than 0.
fn unique_best(numbers: impl Iterator<Item = u32>) -> Option<usize> {
    let (mut best, mut second) = ((0, None), 0);
    for (index, number) in numbers.enumerate() {
        if number > best.0 {
            second = best.0;
            best = (number, Some(index));
        } else {
            second = second.max(number);
        }
    }
    best.1.filter(|_| best.0 > second)
}
