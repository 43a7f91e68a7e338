//! A layered layout: what is referred to stands left of what refers to it.
//!
//! The steps are Sugiyama's: layers by longest path, invisible nodes where an edge crosses a layer, orders by barycentres, and
//! heights by isotonic regression, which puts each node as near to its neighbours' mean as the order and the spacing allow. Each
//! module has a band of its own across all layers; a layer that would be too high in some band is spread over several columns.

use std::collections::HashMap;

use super::{Edge, Graph};

/// Space between the boxes of a layer.
const GAP: f64 = 14.0;
/// Height that an edge takes where it passes through a layer.
const PASSAGE_HEIGHT: f64 = 6.0;
/// More nodes of one band in one layer are spread over several columns.
const COLUMN_NODES_MAX: usize = 14;
/// Between two bands, for the frame and the name of the lower one.
pub const BAND_GAP: f64 = 58.0;
const ORDER_SWEEPS: usize = 12;
const HEIGHT_SWEEPS: usize = 12;

/// Where everything goes. Layers count from the left; heights are centres, from 0 downwards.
#[derive(Debug)]
pub struct Layout {
    /// By node.
    pub layers: Vec<usize>,
    /// By node.
    pub heights: Vec<f64>,
    pub layer_count: usize,
    pub height: f64,
    /// By group: where its band begins and ends; equal where it has no node.
    pub bands: Vec<(f64, f64)>,
    /// By edge: its heights in the layers between its ends, from the referring end on; empty for deferred edges.
    pub passages: Vec<Vec<f64>>,
}

/// A node of the graph, or the passage of an edge through a layer.
struct Item {
    layer: usize,
    band: usize,
    size: f64,
    left: Vec<usize>,
    right: Vec<usize>,
    y: f64,
}

pub fn layout(graph: &Graph, node_height: f64) -> Layout {
    let layers = assign_layers(graph);
    let layer_count = layers.iter().map(|layer| layer + 1).max().unwrap_or(0);
    let mut items: Vec<Item> = layers
        .iter()
        .zip(&graph.nodes)
        .map(|(&layer, node)| Item {
            layer,
            band: node.group,
            size: node_height,
            left: Vec::new(),
            right: Vec::new(),
            y: 0.0,
        })
        .collect();
    let mut shared = HashMap::new();
    let passages: Vec<Vec<usize>> =
        graph.edges.iter().map(|edge| add_edge(edge, &layers, &mut items, &mut shared)).collect();
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); layer_count];
    for (number, item) in items.iter().enumerate() {
        columns[item.layer].push(number);
    }
    order(&mut columns, &items);
    let band_count = graph.nodes.iter().map(|node| node.group + 1).max().unwrap_or(0);
    let bands = place_bands(&columns, &mut items, band_count);
    let top = items.iter().map(|item| item.y - item.size / 2.0).fold(f64::INFINITY, f64::min);
    let bottom = items.iter().map(|item| item.y + item.size / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let shift = if top.is_finite() { top } else { 0.0 };
    let bands = bands.into_iter().map(|(from, to)| (from - shift, to - shift)).collect();
    Layout {
        heights: items[..layers.len()].iter().map(|item| item.y - shift).collect(),
        layers,
        layer_count,
        bands,
        height: if top.is_finite() { bottom - top } else { 0.0 },
        passages: passages
            .iter()
            .map(|numbers| numbers.iter().map(|&number| items[number].y - shift).collect())
            .collect(),
    }
}

/// The longest way down to a node that refers to nothing; such nodes then move as near to their first user as they can.
fn assign_layers(graph: &Graph) -> Vec<usize> {
    let count = graph.nodes.len();
    let mut layers = vec![0; count];
    let firm = || graph.edges.iter().filter(|edge| !edge.deferred && edge.from != edge.to);
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in firm() {
        below[edge.from].push(edge.to);
    }
    // Nodes come in dependency order.
    for node in 0..count {
        layers[node] = below[node].iter().map(|&to| layers[to] + 1).max().unwrap_or(0);
    }
    let mut nearest: Vec<Option<usize>> = vec![None; count];
    for edge in firm() {
        let user = layers[edge.from];
        nearest[edge.to] = Some(nearest[edge.to].map_or(user, |known| known.min(user)));
    }
    for node in 0..count {
        if let (true, Some(user)) = (below[node].is_empty(), nearest[node]) {
            layers[node] = user.saturating_sub(1);
        }
    }
    spread_columns(graph, &mut layers);
    layers
}

/// Gives a layer as many columns as its fullest band needs.
fn spread_columns(graph: &Graph, layers: &mut [usize]) {
    let count = layers.iter().map(|layer| layer + 1).max().unwrap_or(0);
    let mut first = 0;
    let mut moved = layers.to_vec();
    for layer in 0..count {
        let mut columns = 1;
        let mut groups: Vec<usize> = graph.nodes.iter().map(|node| node.group).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            let is_here = |node: &usize| layers[*node] == layer && graph.nodes[*node].group == group;
            let mut members: Vec<usize> = (0..layers.len()).filter(is_here).collect();
            members.sort_by(|one, other| graph.nodes[*one].path.cmp(&graph.nodes[*other].path));
            let needed = members.len().div_ceil(COLUMN_NODES_MAX).max(1);
            columns = columns.max(needed);
            let height = members.len().div_ceil(needed).max(1);
            for (at, node) in members.into_iter().enumerate() {
                moved[node] = first + at / height;
            }
        }
        first += columns;
    }
    layers.copy_from_slice(&moved);
}

/// Links the ends of an edge, through a passage in each layer between; gives the passages from the referring end on. Edges of one band
/// that lead to the same node go through the same passages.
fn add_edge(
    edge: &Edge,
    layers: &[usize],
    items: &mut Vec<Item>,
    shared: &mut HashMap<(usize, usize, usize), usize>,
) -> Vec<usize> {
    if edge.deferred || layers[edge.from] <= layers[edge.to] {
        return Vec::new();
    }
    let mut passages = Vec::new();
    let mut right = edge.from;
    let band = items[edge.from].band;
    for layer in (layers[edge.to] + 1..layers[edge.from]).rev() {
        if let Some(&known) = shared.get(&(edge.to, layer, band)) {
            if !items[right].left.contains(&known) {
                items[right].left.push(known);
                items[known].right.push(right);
            }
            passages.push(known);
            right = known;
            continue;
        }
        let number = items.len();
        shared.insert((edge.to, layer, band), number);
        items.push(Item { layer, band, size: PASSAGE_HEIGHT, left: Vec::new(), right: vec![right], y: 0.0 });
        items[right].left.push(number);
        passages.push(number);
        right = number;
    }
    if !items[right].left.contains(&edge.to) {
        items[right].left.push(edge.to);
        items[edge.to].right.push(right);
    }
    passages
}

/// Sorts each layer by the mean position of its neighbours, back and forth.
fn order(columns: &mut [Vec<usize>], items: &[Item]) {
    let mut positions = vec![0.0; items.len()];
    let renumber = |column: &[usize], positions: &mut Vec<f64>| {
        for (at, &number) in column.iter().enumerate() {
            positions[number] = at as f64;
        }
    };
    columns.iter().for_each(|column| renumber(column, &mut positions));
    for sweep in 0..ORDER_SWEEPS {
        let rightward = sweep % 2 == 0;
        for step in 0..columns.len() {
            let at = if rightward { step } else { columns.len() - 1 - step };
            let wish = |number: usize| {
                let neighbours = if rightward { &items[number].left } else { &items[number].right };
                mean(neighbours.iter().map(|&neighbour| positions[neighbour])).unwrap_or(positions[number])
            };
            let mut wishes: Vec<(f64, usize)> = columns[at].iter().map(|&number| (wish(number), number)).collect();
            wishes.sort_by(|left, right| items[left.1].band.cmp(&items[right.1].band).then(left.0.total_cmp(&right.0)));
            columns[at] = wishes.into_iter().map(|(_, number)| number).collect();
            renumber(&columns[at], &mut positions);
        }
    }
}

/// Places each band by itself, one below the other.
fn place_bands(columns: &[Vec<usize>], items: &mut [Item], count: usize) -> Vec<(f64, f64)> {
    let mut bands = Vec::with_capacity(count);
    let mut at = 0.0;
    for band in 0..count {
        let own = |column: &Vec<usize>| column.iter().copied().filter(|number| items[*number].band == band).collect();
        let own: Vec<Vec<usize>> = columns.iter().map(own).collect();
        let members: Vec<usize> = own.iter().flatten().copied().collect();
        if members.is_empty() {
            bands.push((at, at));
            continue;
        }
        place(&own, items, band);
        let top =
            members.iter().map(|member| items[*member].y - items[*member].size / 2.0).fold(f64::INFINITY, f64::min);
        let bottom =
            members.iter().map(|member| items[*member].y + items[*member].size / 2.0).fold(f64::NEG_INFINITY, f64::max);
        members.iter().for_each(|member| items[*member].y += at - top);
        bands.push((at, at + bottom - top));
        at += bottom - top + BAND_GAP;
    }
    bands
}

/// Heights in one band: each layer in turn is placed by what it is linked to there.
fn place(columns: &[Vec<usize>], items: &mut [Item], band: usize) {
    for column in columns {
        let mut y = 0.0;
        for &number in column {
            items[number].y = y + items[number].size / 2.0;
            y += items[number].size + GAP;
        }
    }
    for sweep in 0..HEIGHT_SWEEPS {
        for step in 0..columns.len() {
            let at = if sweep % 2 == 0 { step } else { columns.len() - 1 - step };
            let column = &columns[at];
            let wishes: Vec<f64> = column
                .iter()
                .map(|&number| {
                    let item = &items[number];
                    let near = item.left.iter().chain(&item.right).filter(|neighbour| items[**neighbour].band == band);
                    mean(near.map(|&neighbour| items[neighbour].y)).unwrap_or(item.y)
                })
                .collect();
            let sizes: Vec<f64> = column.iter().map(|&number| items[number].size).collect();
            for (&number, y) in column.iter().zip(spread(&wishes, &sizes)) {
                items[number].y = y;
            }
        }
    }
}

/// The heights nearest to the wishes that keep the order and the gaps: pool adjacent violators on what is left when the least
/// distances are taken away.
fn spread(wishes: &[f64], sizes: &[f64]) -> Vec<f64> {
    let mut offsets = Vec::with_capacity(sizes.len());
    let mut offset = 0.0;
    for (at, size) in sizes.iter().enumerate() {
        if at > 0 {
            offset += (sizes[at - 1] + size) / 2.0 + GAP;
        }
        offsets.push(offset);
    }
    // Each pool: the sum of its wishes and how many they are.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&offsets) {
        pools.push((wish - offset, 1));
        while let [.., (before, before_count), (last, last_count)] = pools.as_slice() {
            if before / *before_count as f64 <= last / *last_count as f64 {
                break;
            }
            let merged = (before + last, before_count + last_count);
            pools.truncate(pools.len() - 2);
            pools.push(merged);
        }
    }
    let levels = pools.iter().flat_map(|(sum, number)| std::iter::repeat_n(sum / *number as f64, *number));
    levels.zip(offsets).map(|(level, offset)| level + offset).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, number) = values.fold((0.0, 0), |(sum, number), value| (sum + value, number + 1));
    (number > 0).then(|| sum / f64::from(number))
}

#[cfg(test)]
mod tests {
    use lw_plan::Class;

    use super::*;
    use crate::graph::GraphNode;

    fn graph(count: usize, edges: &[(usize, usize)]) -> Graph {
        let node = |number| GraphNode {
            path: format!("n{number}"),
            wire_type: "A::B::C".to_string(),
            class: Class::Configuration,
            existing: false,
            group: 0,
            change: None,
            verdict: None,
        };
        Graph {
            title: String::new(),
            nodes: (0..count).map(node).collect(),
            edges: edges.iter().map(|&(from, to)| Edge { from, to, deferred: false }).collect(),
            groups: vec!["main".to_string()],
            deleted: Vec::new(),
        }
    }

    #[test]
    fn nothing_overlaps_and_references_point_left() {
        let edges = [(1, 0), (2, 0), (3, 1), (3, 2), (4, 3), (4, 0), (6, 5), (6, 4)];
        let graph = graph(7, &edges);
        let layout = layout(&graph, 40.0);
        for (from, to) in edges {
            assert!(layout.layers[from] > layout.layers[to]);
        }
        for one in 0..7 {
            for other in 0..one {
                let apart = (layout.heights[one] - layout.heights[other]).abs();
                assert!(layout.layers[one] != layout.layers[other] || apart >= 40.0 + GAP - 1e-6, "{one} and {other}");
            }
        }
        assert_eq!(layout.layers[5], layout.layers[6] - 1, "a node without references stands beside its user");
    }

    #[test]
    fn a_band_is_a_modules_own_and_no_column_is_too_high() {
        let mut graph = graph(60, &(1..60).map(|node| (node, 0)).collect::<Vec<_>>());
        graph.groups = vec!["one".to_string(), "two".to_string()];
        graph.nodes.iter_mut().enumerate().for_each(|(at, node)| node.group = at % 2);
        let layout = layout(&graph, 40.0);
        assert!(layout.bands[0].1 < layout.bands[1].0, "{:?}", layout.bands);
        for (number, node) in graph.nodes.iter().enumerate() {
            let (from, to) = layout.bands[node.group];
            assert!(from <= layout.heights[number] && layout.heights[number] <= to, "{number}");
            let beside = (0..60).filter(|other| {
                layout.layers[*other] == layout.layers[number] && graph.nodes[*other].group == node.group
            });
            assert!(beside.count() <= COLUMN_NODES_MAX);
        }
    }

    #[test]
    fn heights_keep_order_and_gaps() {
        let placed = spread(&[0.0, 0.0, 100.0], &[10.0, 10.0, 10.0]);
        assert_eq!(placed, [-12.0, 12.0, 100.0]);
    }
}
