use super::Graph;

/// A Mermaid flowchart, as Markdown viewers draw it.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (number, node) in graph.nodes.iter().enumerate() {
        out.push_str(&format!(
            "  n{number}[\"{}<br/><small>{}</small>\"]\n",
            escaped(&node.path),
            escaped(&node.wire_type)
        ));
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
