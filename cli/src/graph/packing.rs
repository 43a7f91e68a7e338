//! What nothing links is laid out by itself, and then put side by side, row by row, so that the picture is about as wide as a screen.
//!
//! A part that lies in several modules keeps its layers across their bands; below it each band has the rows of its own parts.

use super::layout::{BAND_GAP, Layout, layout};
use super::{Edge, Graph};

/// Between two rows of parts.
const ROW_GAP: f64 = 30.0;
/// What a layer takes of the width, about: a box and the space beside it.
const LAYER_WIDTH: f64 = 270.0;
/// Width of the picture that is aimed at, in heights.
const ASPECT: f64 = 1.6;

/// Indices of nodes and edges of the graph; the nodes in its order.
#[derive(Clone, Default)]
struct Members {
    nodes: Vec<usize>,
    edges: Vec<usize>,
}

/// Some of the graph, with a layout of its own.
struct Part {
    members: Members,
    layout: Layout,
}

/// A layout of the whole graph, part by part.
pub fn pack(graph: &Graph, node_height: f64) -> Layout {
    let (mut across, mut own) = (Members::default(), vec![Vec::new(); graph.groups.len().max(1)]);
    for members in linked(graph) {
        let group = graph.nodes[members.nodes[0]].group;
        match members.nodes.iter().all(|&member| graph.nodes[member].group == group) {
            true => own[group].push(members),
            false => {
                across.nodes.extend(members.nodes);
                across.edges.extend(members.edges);
            }
        }
    }
    across.nodes.sort_unstable();
    across.edges.sort_unstable();
    let mut places = vec![0; graph.nodes.len()];
    let across = Part::of(graph, across, &mut places, node_height);
    let own: Vec<Vec<Part>> = own
        .into_iter()
        .map(|parts| parts.into_iter().map(|part| Part::of(graph, part, &mut places, node_height)).collect())
        .collect();
    let layers_max = layers_max(std::iter::once(&across).chain(own.iter().flatten()));

    let mut whole = Layout {
        layers: vec![0; graph.nodes.len()],
        heights: vec![0.0; graph.nodes.len()],
        layer_count: 0,
        height: 0.0,
        bands: Vec::with_capacity(own.len()),
        passages: vec![Vec::new(); graph.edges.len()],
    };
    let mut at = 0.0;
    for (band, parts) in own.iter().enumerate() {
        let start = at;
        let (from, to) = across.layout.bands.get(band).copied().unwrap_or_default();
        if to > from {
            across.place(&mut whole, graph, Some(band), 0, at - from);
            at += to - from + if parts.is_empty() { 0.0 } else { ROW_GAP };
        }
        let (mut layer, mut row_height) = (0, 0.0_f64);
        for part in parts {
            if layer > 0 && layer + part.layout.layer_count > layers_max {
                at += row_height + ROW_GAP;
                (layer, row_height) = (0, 0.0);
            }
            part.place(&mut whole, graph, None, layer, at);
            layer += part.layout.layer_count;
            row_height = row_height.max(part.layout.height);
        }
        at += row_height;
        whole.bands.push((start, at));
        if at > start {
            whole.height = at;
            at += BAND_GAP;
        }
    }
    whole.layer_count = whole.layers.iter().map(|layer| layer + 1).max().unwrap_or(0);
    whole
}

/// So many layers stand beside each other.
fn layers_max<'p>(parts: impl Iterator<Item = &'p Part>) -> usize {
    let (mut area, mut widest) = (0.0, 1);
    for part in parts {
        area += part.layout.layer_count as f64 * LAYER_WIDTH * (part.layout.height + ROW_GAP);
        widest = widest.max(part.layout.layer_count);
    }
    widest.max(((area * ASPECT).sqrt() / LAYER_WIDTH).round() as usize)
}

/// What edges link, however far; the sets in the order of their first nodes.
fn linked(graph: &Graph) -> Vec<Members> {
    let mut parents: Vec<usize> = (0..graph.nodes.len()).collect();
    fn root(parents: &mut [usize], mut node: usize) -> usize {
        while parents[node] != node {
            parents[node] = parents[parents[node]];
            node = parents[node];
        }
        node
    }
    for edge in &graph.edges {
        let (one, other) = (root(&mut parents, edge.from), root(&mut parents, edge.to));
        // The first node of a set stands for it.
        parents[one.max(other)] = one.min(other);
    }
    let mut sets = vec![Members::default(); graph.nodes.len()];
    for node in 0..graph.nodes.len() {
        sets[root(&mut parents, node)].nodes.push(node);
    }
    for (number, edge) in graph.edges.iter().enumerate() {
        sets[root(&mut parents, edge.from)].edges.push(number);
    }
    sets.retain(|set| !set.nodes.is_empty());
    sets
}

impl Part {
    /// `places` has room for the graph's nodes; each part overwrites those of its own.
    fn of(graph: &Graph, members: Members, places: &mut [usize], node_height: f64) -> Part {
        members.nodes.iter().enumerate().for_each(|(place, &node)| places[node] = place);
        let moved = |&edge: &usize| {
            let Edge { from, to, deferred } = graph.edges[edge];
            Edge { from: places[from], to: places[to], deferred }
        };
        let alone = Graph {
            nodes: members.nodes.iter().map(|&node| graph.nodes[node].clone()).collect(),
            edges: members.edges.iter().map(moved).collect(),
            ..Graph::default()
        };
        Part { layout: layout(&alone, node_height), members }
    }

    /// Puts what lies in a band, or everything, into the whole picture.
    fn place(&self, whole: &mut Layout, graph: &Graph, band: Option<usize>, layer: usize, height: f64) {
        let is_here = |node: usize| band.is_none_or(|band| graph.nodes[node].group == band);
        for (place, &node) in self.members.nodes.iter().enumerate().filter(|(_, node)| is_here(**node)) {
            whole.layers[node] = self.layout.layers[place] + layer;
            whole.heights[node] = self.layout.heights[place] + height;
        }
        for (place, &edge) in
            self.members.edges.iter().enumerate().filter(|(_, edge)| is_here(graph.edges[**edge].from))
        {
            whole.passages[edge] = self.layout.passages[place].iter().map(|y| y + height).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use lw_plan::Class;

    use super::*;
    use crate::graph::GraphNode;

    const HEIGHT: f64 = 42.0;

    /// Nodes by their modules.
    fn graph(groups: &[usize], edges: &[(usize, usize)]) -> Graph {
        let node = |(number, &group): (usize, &usize)| GraphNode {
            path: format!("n{number}"),
            wire_type: "A::B::C".to_string(),
            class: Class::Configuration,
            existing: false,
            group,
            change: None,
            verdict: None,
        };
        Graph {
            nodes: groups.iter().enumerate().map(node).collect(),
            edges: edges.iter().map(|&(from, to)| Edge { from, to, deferred: false }).collect(),
            groups: (0..=groups.iter().copied().max().unwrap_or(0)).map(|group| format!("m{group}")).collect(),
            ..Graph::default()
        }
    }

    fn overlap(layout: &Layout, one: usize, other: usize) -> bool {
        layout.layers[one] == layout.layers[other] && (layout.heights[one] - layout.heights[other]).abs() < HEIGHT
    }

    #[test]
    fn many_parts_make_a_picture_as_wide_as_a_screen() {
        // Twenty times a network with nine things in it.
        let edges: Vec<(usize, usize)> =
            (0..200).filter(|node| node % 10 > 0).map(|node| (node, node - node % 10)).collect();
        let graph = graph(&[0; 200], &edges);
        let layout = pack(&graph, HEIGHT);
        for one in 0..200 {
            for other in 0..one {
                assert!(!overlap(&layout, one, other), "{one} and {other}");
            }
        }
        for (from, to) in edges {
            assert_eq!(layout.layers[from], layout.layers[to] + 1, "a part stands together");
            assert!((layout.heights[from] - layout.heights[to]).abs() < 10.0 * (HEIGHT + 14.0));
        }
        let aspect = layout.layer_count as f64 * LAYER_WIDTH / layout.height;
        assert!((1.0..2.5).contains(&aspect), "{aspect}");
    }

    #[test]
    fn a_band_holds_what_is_linked_to_others_and_what_is_not() {
        // 0 ← 1 goes from one module to the other; 2 and 3 stand alone, one in each.
        let graph = graph(&[0, 1, 0, 1], &[(1, 0)]);
        let layout = pack(&graph, HEIGHT);
        assert_eq!(layout.bands.len(), 2);
        for node in 0..4 {
            let (from, to) = layout.bands[graph.nodes[node].group];
            assert!(from <= layout.heights[node] && layout.heights[node] <= to, "{node}: {layout:?}");
            for other in 0..node {
                assert!(!overlap(&layout, node, other), "{node} and {other}: {layout:?}");
            }
        }
        assert!(layout.bands[0].1 < layout.bands[1].0);
        assert!(layout.layers[1] > layout.layers[0]);
    }

    #[test]
    fn nothing_is_a_picture_too() {
        let layout = pack(&Graph::default(), HEIGHT);
        assert_eq!((layout.layer_count, layout.height), (0, 0.0));
    }
}
