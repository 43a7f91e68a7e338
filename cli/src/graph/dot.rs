use super::Graph;

/// Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box, style=rounded];\n", quoted(&graph.title));
    for (number, node) in graph.nodes.iter().enumerate() {
        let label = quoted(&format!("{}\n{}", node.path, node.wire_type));
        let style = if node.existing { ", style=\"rounded,dashed\"" } else { "" };
        out.push_str(&format!("  n{number} [label={label}{style}];\n"));
    }
    for edge in &graph.edges {
        let style = if edge.deferred { " [style=dashed, constraint=false]" } else { "" };
        out.push_str(&format!("  n{} -> n{}{style};\n", edge.from, edge.to));
    }
    out.push_str("}\n");
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
