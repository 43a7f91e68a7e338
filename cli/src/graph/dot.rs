use super::Graph;

/// Graphviz.
pub fn dot(graph: &Graph) -> String {
    let mut out = format!("digraph {} {{\n  rankdir=LR;\n  node [shape=box, style=rounded];\n", quoted(&graph.title));
    let several = graph.groups.len() > 1;
    let mut nodes: Vec<usize> = (0..graph.nodes.len()).collect();
    nodes.sort_by_key(|number| graph.nodes[*number].group);
    let mut open: Option<usize> = None;
    for number in nodes {
        let node = &graph.nodes[number];
        if several && open != Some(node.group) {
            out.push_str(if open.is_some() { "  }\n" } else { "" });
            let name = quoted(&graph.groups[node.group]);
            out.push_str(&format!("  subgraph cluster_{} {{\n  label={name};\n", node.group));
            open = Some(node.group);
        }
        let label = quoted(&format!("{}\n{}", node.path, node.wire_type));
        let dashed = if node.existing { ",dashed" } else { "" };
        let style = match fill(node) {
            Some(fill) => format!(", style=\"rounded,filled{dashed}\", fillcolor=\"{fill}\""),
            None if node.existing => ", style=\"rounded,dashed\"".to_string(),
            None => String::new(),
        };
        let line = if node.verdict == Some("FAIL") { ", color=\"#cf222e\", penwidth=2" } else { "" };
        out.push_str(&format!("  n{number} [label={label}{style}{line}];\n"));
    }
    out.push_str(if open.is_some() { "  }\n" } else { "" });
    for edge in &graph.edges {
        let style = if edge.deferred { " [style=dashed, constraint=false]" } else { "" };
        out.push_str(&format!("  n{} -> n{}{style};\n", edge.from, edge.to));
    }
    out.push_str("}\n");
    out
}

/// The colour of what applying would do.
pub fn fill(node: &super::GraphNode) -> Option<&'static str> {
    Some(match node.change.as_deref()? {
        "create" => "#e6f6ea",
        "replace" => "#f4e8ff",
        "delete" => "#ffebe9",
        _ => "#fff4d6",
    })
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
