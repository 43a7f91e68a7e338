//! Orders over things that depend on each other.
//!
//! The one idea: Kahn's algorithm on compressed rows, with the ready nodes in a set of ranks, so that an order is the least one
//! and costs no comparison of names. Deliberately absent: cutting cycles (the compiler knows which properties may wait).

use std::collections::VecDeque;

use petgraph::algo::kosaraju_scc;
use petgraph::{Directed, Graph as Petgraph};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Node, ResourcePath, references};

/// Dependencies between the numbers `0..node_count`.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    node_count: usize,
    /// (dependent, dependency)
    edges: Vec<(u32, u32)>,
}

/// The nodes of each cycle: strongly connected components in the order of their least nodes, each in rank order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycles(pub Vec<Vec<u32>>);

impl Graph {
    pub fn new(node_count: usize) -> Graph {
        assert!(u32::try_from(node_count).is_ok(), "nodes are numbered with 32 bits");
        Graph { node_count, edges: Vec::new() }
    }

    pub fn with_capacity(node_count: usize, edge_count: usize) -> Graph {
        let mut graph = Graph::new(node_count);
        graph.edges.reserve(edge_count);
        graph
    }

    /// Adds that `dependent` comes after `dependency`. Repeats are harmless; an edge to itself is a cycle.
    pub fn add(&mut self, dependent: u32, dependency: u32) {
        debug_assert!((dependent as usize) < self.node_count && (dependency as usize) < self.node_count);
        self.edges.push((dependent, dependency));
    }

    pub fn node_count(&self) -> usize {
        self.node_count
    }

    pub fn edges(&self) -> &[(u32, u32)] {
        &self.edges
    }

    /// Every node after its dependencies; of those that are ready, always the one with the least rank first.
    ///
    /// `rank[node]` is a permutation of `0..node_count`; an empty slice means that nodes are their own ranks.
    pub fn order(&self, rank: &[u32]) -> Result<Vec<u32>, Cycles> {
        if rank.is_empty() {
            return kahn(self.node_count, &self.edges).map_err(|waiting| self.cycles(&waiting, &[]));
        }
        assert!(rank.len() == self.node_count, "each node has a rank");
        // In the space of ranks, neighbours in the order are neighbours in memory.
        let ranked = self.edges.iter().map(|&(from, to)| (rank[from as usize], rank[to as usize]));
        let mut order = kahn(self.node_count, &ranked.collect::<Vec<_>>()).map_err(|waiting| {
            let waiting: Vec<u32> = rank.iter().map(|&rank| waiting[rank as usize]).collect();
            self.cycles(&waiting, rank)
        })?;
        let mut node_of = vec![u32::MAX; self.node_count];
        for (node, &rank) in rank.iter().enumerate() {
            node_of[rank as usize] = node as u32;
        }
        assert!(!node_of.contains(&u32::MAX), "ranks are a permutation");
        order.iter_mut().for_each(|rank| *rank = node_of[*rank as usize]);
        Ok(order)
    }

    /// The components among the nodes that wait for ever.
    fn cycles(&self, waiting: &[u32], rank: &[u32]) -> Cycles {
        let mut stuck: Vec<u32> = (0..self.node_count as u32).filter(|&node| waiting[node as usize] > 0).collect();
        stuck.sort_unstable_by_key(|&node| rank.get(node as usize).copied().unwrap_or(node));
        let place: FxHashMap<u32, u32> = stuck.iter().enumerate().map(|(place, &node)| (node, place as u32)).collect();
        let inner: Vec<(u32, u32)> =
            self.edges.iter().filter_map(|(from, to)| Some((*place.get(from)?, *place.get(to)?))).collect();
        let mut graph = Petgraph::<(), (), Directed, u32>::with_capacity(stuck.len(), inner.len());
        for _ in &stuck {
            graph.add_node(());
        }
        graph.extend_with_edges(&inner);
        let to_itself: FxHashSet<u32> = inner.iter().filter(|(from, to)| from == to).map(|&(from, _)| from).collect();
        let mut components: Vec<Vec<u32>> = kosaraju_scc(&graph)
            .into_iter()
            .map(|component| component.into_iter().map(|place| place.index() as u32).collect::<Vec<u32>>())
            .filter(|component| component.len() > 1 || to_itself.contains(&component[0]))
            .collect();
        for component in &mut components {
            component.sort_unstable();
        }
        components.sort_unstable();
        let named = |component: Vec<u32>| component.into_iter().map(|place| stuck[place as usize]).collect();
        Cycles(components.into_iter().map(named).collect())
    }

    /// A shortest cycle through the first node of a component, to be drawn: each node depends on the next, the last on the first.
    pub fn shortest_cycle(&self, component: &[u32]) -> Vec<u32> {
        let Some(&start) = component.first() else { return Vec::new() };
        let inside: FxHashSet<u32> = component.iter().copied().collect();
        let mut next: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for &(from, to) in &self.edges {
            if inside.contains(&from) && inside.contains(&to) {
                next.entry(from).or_default().push(to);
            }
        }
        let mut came_from: FxHashMap<u32, u32> = FxHashMap::default();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &to in next.get(&node).map_or(&[][..], Vec::as_slice) {
                if to == start {
                    let mut cycle = vec![node];
                    while let Some(&before) = came_from.get(&cycle[cycle.len() - 1]) {
                        cycle.push(before);
                    }
                    cycle.reverse();
                    return cycle;
                }
                if let std::collections::hash_map::Entry::Vacant(entry) = came_from.entry(to) {
                    entry.insert(node);
                    queue.push_back(to);
                }
            }
        }
        Vec::new()
    }
}

/// The least order of the numbers, or for each number how many dependencies it still waits for.
fn kahn(node_count: usize, edges: &[(u32, u32)]) -> Result<Vec<u32>, Vec<u32>> {
    let rows = Rows::of(node_count, edges.iter().map(|&(dependent, dependency)| (dependency, dependent)));
    let mut waiting = vec![0u32; node_count];
    for &(dependent, _) in edges {
        waiting[dependent as usize] += 1;
    }
    let mut ready = RankSet::new(node_count);
    for (node, &count) in waiting.iter().enumerate() {
        if count == 0 {
            ready.insert(node as u32);
        }
    }
    let mut order = Vec::with_capacity(node_count);
    while let Some(node) = ready.pop() {
        order.push(node);
        for &dependent in rows.row(node) {
            let left = &mut waiting[dependent as usize];
            *left -= 1;
            if *left == 0 {
                ready.insert(dependent);
            }
        }
    }
    if order.len() == node_count { Ok(order) } else { Err(waiting) }
}

/// Adjacency as one array of targets and one of row starts.
struct Rows {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Rows {
    fn of(row_count: usize, edges: impl Iterator<Item = (u32, u32)> + Clone) -> Rows {
        let mut starts = vec![0u32; row_count + 1];
        let mut edge_count = 0;
        for (from, _) in edges.clone() {
            starts[from as usize + 1] += 1;
            edge_count += 1;
        }
        for row in 0..row_count {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut targets = vec![0u32; edge_count];
        for (from, to) in edges {
            let at = &mut next[from as usize];
            targets[*at as usize] = to;
            *at += 1;
        }
        Rows { starts, targets }
    }

    fn row(&self, row: u32) -> &[u32] {
        &self.targets[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }
}

/// A set of small numbers with a fast least: bits, and bits that say which words below are not empty.
struct RankSet {
    /// Lowest level first.
    levels: Vec<Vec<u64>>,
}

impl RankSet {
    fn new(size: usize) -> RankSet {
        let mut levels = Vec::new();
        let mut words = size.div_ceil(64).max(1);
        loop {
            levels.push(vec![0u64; words]);
            if words == 1 {
                return RankSet { levels };
            }
            words = words.div_ceil(64);
        }
    }

    fn insert(&mut self, rank: u32) {
        let mut index = rank as usize;
        for level in &mut self.levels {
            let word = &mut level[index / 64];
            let was_empty = *word == 0;
            *word |= 1 << (index % 64);
            if !was_empty {
                return;
            }
            index /= 64;
        }
    }

    fn pop(&mut self) -> Option<u32> {
        let mut index = 0;
        for level in self.levels.iter().rev() {
            let word = level[index];
            if word == 0 {
                return None;
            }
            index = index * 64 + word.trailing_zeros() as usize;
        }
        let least = index as u32;
        for level in &mut self.levels {
            let word = &mut level[index / 64];
            *word &= !(1 << (index % 64));
            if *word != 0 {
                break;
            }
            index /= 64;
        }
        Some(least)
    }
}

/// Why nodes have no dependency order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("two nodes have the path `{path}`")]
    Duplicate { path: ResourcePath },
    #[error("`{from}` refers to `{to}`, which is not there")]
    Dangling { from: ResourcePath, to: ResourcePath },
    #[error("nodes depend on each other in a circle")]
    Cycles(Cycles),
}

/// The indices of `nodes` in dependency order, ties by path. Deferred properties do not count.
pub fn dependency_order(nodes: &[Node]) -> Result<Vec<u32>, OrderError> {
    let graph = dependency_graph(nodes)?;
    let mut by_path: Vec<u32> = (0..nodes.len() as u32).collect();
    by_path.sort_by(|&left, &right| nodes[left as usize].path.cmp(&nodes[right as usize].path));
    let mut rank = vec![0; nodes.len()];
    for (place, &node) in by_path.iter().enumerate() {
        rank[node as usize] = place as u32;
    }
    graph.order(&rank).map_err(OrderError::Cycles)
}

/// What depends on what: references in properties, and `dependsOn`.
pub fn dependency_graph(nodes: &[Node]) -> Result<Graph, OrderError> {
    let mut by_path: FxHashMap<&str, u32> = FxHashMap::with_capacity_and_hasher(nodes.len(), Default::default());
    for (index, node) in nodes.iter().enumerate() {
        if by_path.insert(node.path.as_str(), index as u32).is_some() {
            return Err(OrderError::Duplicate { path: node.path.clone() });
        }
    }
    let mut graph = Graph::new(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let mut dangling = None;
        let mut depend = |path: &str| match by_path.get(path) {
            Some(&dependency) => graph.add(index as u32, dependency),
            None => dangling = Some(ResourcePath::from_text(path)),
        };
        node.dependencies(&mut depend);
        if let Some(to) = dangling {
            return Err(OrderError::Dangling { from: node.path.clone(), to });
        }
    }
    Ok(graph)
}

impl Node {
    /// Calls `found` with the path of everything that must exist before this node, repeats included; deferred properties are left out.
    pub fn dependencies(&self, found: &mut dyn FnMut(&str)) {
        for value in self.properties.values() {
            references(value, &mut |path, _| found(path));
        }
        for path in &self.depends_on {
            found(path.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(node_count: usize, edges: &[(u32, u32)]) -> Graph {
        let mut graph = Graph::new(node_count);
        for &(dependent, dependency) in edges {
            graph.add(dependent, dependency);
        }
        graph
    }

    #[test]
    fn the_least_order_wins() {
        assert_eq!(graph(4, &[(0, 3), (1, 0)]).order(&[]), Ok(vec![2, 3, 0, 1]));
        assert_eq!(graph(4, &[(0, 3), (1, 0)]).order(&[3, 2, 1, 0]), Ok(vec![3, 2, 0, 1]));
        assert_eq!(graph(2, &[(0, 1), (0, 1)]).order(&[]), Ok(vec![1, 0]));
        assert_eq!(graph(0, &[]).order(&[]), Ok(vec![]));
    }

    #[test]
    fn cycles_are_components_and_not_what_hangs_on_them() {
        let graph = graph(7, &[(0, 1), (1, 2), (2, 0), (1, 0), (3, 0), (4, 4), (5, 6)]);
        assert_eq!(graph.order(&[]), Err(Cycles(vec![vec![0, 1, 2], vec![4]])));
        assert_eq!(graph.shortest_cycle(&[0, 1, 2]), vec![0, 1]);
        assert_eq!(graph.shortest_cycle(&[4]), vec![4]);
    }

    #[test]
    fn a_long_chain_is_no_recursion() {
        let edges: Vec<(u32, u32)> = (1..200_000).map(|node| (node, node - 1)).collect();
        assert_eq!(graph(200_000, &edges).order(&[]).unwrap().len(), 200_000);
        let closed: Vec<(u32, u32)> = edges.into_iter().chain([(0, 199_999)]).collect();
        assert_eq!(graph(200_000, &closed).order(&[]).unwrap_err().0[0].len(), 200_000);
    }

    proptest::proptest! {
        #[test]
        fn an_order_has_every_node_after_its_dependencies(
            edges in proptest::collection::vec((0u32..70, 0u32..70), 0..150),
            rank in proptest::strategy::Strategy::prop_shuffle(proptest::strategy::Just((0u32..70).collect::<Vec<_>>())),
        ) {
            let graph = graph(70, &edges);
            match graph.order(&rank) {
                Ok(order) => {
                    let mut place = [0; 70];
                    for (at, &node) in order.iter().enumerate() { place[node as usize] = at; }
                    proptest::prop_assert!(edges.iter().all(|&(after, before)| place[after as usize] > place[before as usize]));
                    // The least of all: no neighbours that could be swapped stand the wrong way.
                    for pair in order.windows(2) {
                        proptest::prop_assert!(
                            rank[pair[0] as usize] < rank[pair[1] as usize] || edges.contains(&(pair[1], pair[0]))
                        );
                    }
                }
                Err(Cycles(components)) => {
                    for component in components {
                        let cycle = graph.shortest_cycle(&component);
                        proptest::prop_assert!(!cycle.is_empty());
                        for (at, &node) in cycle.iter().enumerate() {
                            proptest::prop_assert!(edges.contains(&(node, cycle[(at + 1) % cycle.len()])));
                        }
                    }
                }
            }
        }
    }
}
