use super::Graph;

/// A Mermaid flowchart, as Markdown viewers draw it.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    let several = graph.groups.len() > 1;
    let mut nodes: Vec<usize> = (0..graph.nodes.len()).collect();
    nodes.sort_by_key(|number| graph.nodes[*number].group);
    let mut open: Option<usize> = None;
    for number in nodes {
        let node = &graph.nodes[number];
        if several && open != Some(node.group) {
            out.push_str(if open.is_some() { "  end\n" } else { "" });
            out.push_str(&format!("  subgraph g{}[\"{}\"]\n", node.group, escaped(&graph.groups[node.group])));
            open = Some(node.group);
        }
        out.push_str(&format!(
            "  n{number}[\"{}<br/><small>{}</small>\"]\n",
            escaped(&node.path),
            escaped(&node.wire_type)
        ));
    }
    out.push_str(if open.is_some() { "  end\n" } else { "" });
    for (number, node) in graph.nodes.iter().enumerate() {
        let fill = super::dot::fill(node).map(|fill| format!("fill:{fill}"));
        let line = (node.verdict == Some("FAIL")).then(|| "stroke:#cf222e,stroke-width:2px".to_string());
        let style: Vec<String> = fill.into_iter().chain(line).collect();
        if !style.is_empty() {
            out.push_str(&format!("  style n{number} {}\n", style.join(",")));
        }
    }
    for edge in &graph.edges {
        let arrow = if edge.deferred { "-.->" } else { "-->" };
        out.push_str(&format!("  n{} {arrow} n{}\n", edge.from, edge.to));
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}
