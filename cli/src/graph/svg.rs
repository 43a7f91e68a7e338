use std::collections::{BTreeMap, BTreeSet};

use lw_plan::Class;

use super::layout::Layout;
use super::packing::pack;
use super::{Graph, GraphNode, xml};

const NODE_HEIGHT: f64 = 42.0;
const CHARACTER_WIDTH: f64 = 7.3;
const SMALL_CHARACTER_WIDTH: f64 = 6.1;
const PADDING: f64 = 12.0;
const MARGIN: f64 = 24.0;
const TITLE_HEIGHT: f64 = 60.0;
/// Between two layers; edges bend there.
const CHANNEL: f64 = 90.0;

const STYLE: &str = "
  svg { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; background: #fff }
  .title { font-size: 16px; font-weight: 600; fill: #1b1f24 }
  .path { font-size: 12px; font-weight: 600; fill: #1b1f24 }
  .type { font-size: 10px; fill: #57606a }
  .box { fill: #fff; stroke: #c4c9d0 }
  .data .box { stroke-width: 2 }
  .existing .box { stroke-dasharray: 4 3 }
  .edge { fill: none; stroke: #8c959f; stroke-opacity: .6 }
  .deferred { stroke-dasharray: 4 3 }
  .arrow { fill: #8c959f }
  .band { fill: #f6f8fa; stroke: #d8dee4 }
  .group { font-size: 12px; fill: #57606a }
  .create .box { fill: #e6f6ea; stroke: #2da44e }
  .update .box, .move .box, .adopt .box { fill: #fff4d6; stroke: #bf8700 }
  .replace .box { fill: #f4e8ff; stroke: #8250df }
  .delete .box { fill: #ffebe9; stroke: #cf222e }
  .badge { font-size: 10px; font-weight: 600 }
  .PASS { fill: #2da44e } .FAIL { fill: #cf222e } .UNDECIDED { fill: #bf8700 } .SKIP { fill: #8c959f }
  .legend { font-size: 11px; fill: #57606a }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 }
    .title, .path { fill: #e6edf3 } .type { fill: #9198a1 }
    .box { fill: #151b23; stroke: #3d444d }
    .band { fill: #0f141a; stroke: #262c34 } .group, .legend { fill: #9198a1 }
    .create .box { fill: #12261a } .update .box, .move .box, .adopt .box { fill: #272115 }
    .replace .box { fill: #211a2e } .delete .box { fill: #2d1518 }
  }
";

/// A picture that stands alone.
pub fn svg(graph: &Graph) -> String {
    let layout = pack(graph, NODE_HEIGHT);
    let colors = colors(graph);
    let columns = Columns::of(graph, &layout);
    let width = columns.right + MARGIN;
    let height = layout.height + TITLE_HEIGHT + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path class=\"arrow\" d=\"M0,0 L8,4 L0,8 z\"/></marker></defs>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"{y}\">{title}</text>\n",
        title = xml(&graph.title),
        y = MARGIN + 10.0,
    );
    out.push_str(&legend(graph));
    if graph.groups.len() > 1 {
        for (name, (from, to)) in graph.groups.iter().zip(&layout.bands).filter(|(_, (from, to))| to > from) {
            let y = from + TITLE_HEIGHT + MARGIN;
            out.push_str(&format!(
                "<g class=\"module\"><rect class=\"band\" x=\"8\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"8\"/>\
                 <text class=\"group\" x=\"{MARGIN}\" y=\"{:.1}\">{}</text></g>\n",
                y - 26.0,
                width - 16.0,
                to - from + 38.0,
                y - 10.0,
                xml(name)
            ));
        }
    }
    for (number, edge) in graph.edges.iter().enumerate() {
        let passages = &layout.passages[number];
        let class = if edge.deferred { "edge deferred" } else { "edge" };
        out.push_str(&format!(
            "<path class=\"{class}\" data-from=\"{}\" data-to=\"{}\" marker-end=\"url(#arrow)\" d=\"{}\"/>\n",
            edge.from,
            edge.to,
            curve(&layout, &columns, edge.from, edge.to, passages)
        ));
    }
    for (number, node) in graph.nodes.iter().enumerate() {
        let layer = layout.layers[number];
        let place = (columns.x[layer], top(&layout, number));
        out.push_str(&draw_node(number, node, place, columns.width[layer], colors[service(&node.wire_type)]));
    }
    out.push_str("</svg>\n");
    out
}

struct Columns {
    /// Left edge by layer.
    x: Vec<f64>,
    width: Vec<f64>,
    /// Right edge of the last one.
    right: f64,
}

impl Columns {
    fn of(graph: &Graph, layout: &Layout) -> Columns {
        let mut width = vec![0.0_f64; layout.layer_count];
        for (node, &layer) in graph.nodes.iter().zip(&layout.layers) {
            width[layer] = width[layer].max(text_width(node) + 2.0 * PADDING);
        }
        let mut x = Vec::with_capacity(width.len());
        let mut at = MARGIN;
        for column in &width {
            x.push(at);
            at += column + CHANNEL;
        }
        let title = MARGIN + graph.title.chars().count() as f64 * 10.0;
        Columns { x, right: (at - CHANNEL).max(title), width }
    }
}

fn text_width(node: &GraphNode) -> f64 {
    let path = node.path.chars().count() as f64 * CHARACTER_WIDTH;
    path.max(node.wire_type.chars().count() as f64 * SMALL_CHARACTER_WIDTH)
}

fn top(layout: &Layout, node: usize) -> f64 {
    layout.heights[node] + TITLE_HEIGHT + MARGIN - NODE_HEIGHT / 2.0
}

fn draw_node(number: usize, node: &GraphNode, (x, y): (f64, f64), width: f64, color: &str) -> String {
    let mut class = match (node.existing, node.class) {
        (true, _) => "node existing",
        (false, Class::Data) => "node data",
        (false, _) => "node",
    }
    .to_string();
    let mut said = Vec::new();
    if let Some(change) = &node.change {
        class.push_str(&format!(" {change}"));
        said.push(change.clone());
    }
    let badge = node.verdict.map(|verdict| {
        said.push(verdict.to_string());
        format!("<circle class=\"{verdict}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>", x + width - 10.0, y + 10.0)
    });
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) };
    format!(
        "<g class=\"{class}\" data-node=\"{number}\"><title>{path} ({wire}){said}</title>\
         <rect class=\"box\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{NODE_HEIGHT}\" rx=\"6\"/>\
         <rect x=\"{x:.1}\" y=\"{stripe:.1}\" width=\"4\" height=\"{stripe_height}\" rx=\"2\" fill=\"{color}\"/>\
         <text class=\"path\" x=\"{text:.1}\" y=\"{first:.1}\">{path}</text>\
         <text class=\"type\" x=\"{text:.1}\" y=\"{second:.1}\">{wire}</text>{badge}</g>\n",
        badge = badge.unwrap_or_default(),
        path = xml(&node.path),
        wire = xml(&node.wire_type),
        stripe = y + 5.0,
        stripe_height = NODE_HEIGHT - 10.0,
        text = x + PADDING,
        first = y + 18.0,
        second = y + 33.0,
    )
}

/// What the colours mean, as far as they occur.
fn legend(graph: &Graph) -> String {
    let mut parts: Vec<String> = Vec::new();
    let count = |action: &str| graph.nodes.iter().filter(|node| node.change.as_deref() == Some(action)).count();
    for action in ["create", "update", "replace", "move", "adopt"] {
        if count(action) > 0 {
            parts.push(format!("{} to {action}", count(action)));
        }
    }
    if !graph.deleted.is_empty() {
        parts.push(format!("{} to delete ({})", graph.deleted.len(), graph.deleted.join(", ")));
    }
    for verdict in ["FAIL", "UNDECIDED", "PASS"] {
        let count = graph.nodes.iter().filter(|node| node.verdict == Some(verdict)).count();
        if count > 0 {
            parts.push(format!("{count} {verdict}"));
        }
    }
    let x = MARGIN + graph.title.chars().count() as f64 * 10.0 + 24.0;
    match parts.is_empty() {
        true => String::new(),
        false => {
            format!("<text class=\"legend\" x=\"{x}\" y=\"{}\">{}</text>\n", MARGIN + 10.0, xml(&parts.join(" · ")))
        }
    }
}

/// From the left side of what refers, through its passages, to the right side of what is referred to.
fn curve(layout: &Layout, columns: &Columns, from: usize, to: usize, passages: &[f64]) -> String {
    let shift = TITLE_HEIGHT + MARGIN;
    let (from_layer, to_layer) = (layout.layers[from], layout.layers[to]);
    let mut at = (columns.x[from_layer], layout.heights[from] + shift);
    let mut path = format!("M{:.1},{:.1}", at.0, at.1);
    let mut bend = |at: &mut (f64, f64), x: f64, y: f64| {
        let middle = (at.0 + x) / 2.0;
        path.push_str(&format!(" C{middle:.1},{:.1} {middle:.1},{y:.1} {x:.1},{y:.1}", at.1));
        *at = (x, y);
    };
    for (step, y) in passages.iter().enumerate() {
        let layer = from_layer - 1 - step;
        bend(&mut at, columns.x[layer] + columns.width[layer], y + shift);
        // Straight through the layer.
        bend(&mut at, columns.x[layer], y + shift);
    }
    let x = columns.x[to_layer] + columns.width[to_layer];
    bend(&mut at, x + 2.0, layout.heights[to] + shift);
    path
}

const PALETTE: [&str; 10] =
    ["#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#eeca3b", "#9d755d", "#ff9da6", "#79706e"];

fn service(wire_type: &str) -> &str {
    wire_type.rsplit_once("::").map_or(wire_type, |(service, _)| service)
}

/// One colour a service, as long as there are enough.
fn colors(graph: &Graph) -> BTreeMap<&str, &'static str> {
    let services: BTreeSet<&str> = graph.nodes.iter().map(|node| service(&node.wire_type)).collect();
    services.into_iter().zip(PALETTE.into_iter().cycle()).collect()
}
