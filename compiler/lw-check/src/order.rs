//! The order in which definitions that mention each other are taken.

/// Groups of nodes that reach each other, what a group mentions before it; members in ascending order. Tarjan's algorithm with its own
/// stack.
pub fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    /// Not met yet.
    const UNMET: usize = usize::MAX;
    let mut number = vec![UNMET; edges.len()];
    let mut low = vec![UNMET; edges.len()];
    let mut on_stack = vec![false; edges.len()];
    let mut stack: Vec<usize> = Vec::new();
    let mut frames: Vec<(usize, usize)> = Vec::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut met = 0;
    for start in 0..edges.len() {
        if number[start] == UNMET {
            frames.push((start, 0));
        }
        while let Some((node, next)) = frames.pop() {
            if next == 0 {
                number[node] = met;
                low[node] = met;
                met += 1;
                stack.push(node);
                on_stack[node] = true;
            } else {
                // Back from the edge before.
                let target = edges[node][next - 1];
                if on_stack[target] {
                    low[node] = low[node].min(low[target]);
                }
            }
            if let Some(target) = edges[node].get(next).copied() {
                frames.push((node, next + 1));
                if number[target] == UNMET {
                    frames.push((target, 0));
                }
            } else if low[node] == number[node] {
                let at = stack.iter().rposition(|member| *member == node).unwrap_or_default();
                let mut group = stack.split_off(at);
                for member in &group {
                    on_stack[*member] = false;
                }
                group.sort_unstable();
                groups.push(group);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn what_is_mentioned_comes_first() {
        assert_eq!(components(&[vec![1], vec![2], vec![]]), [vec![2], vec![1], vec![0]]);
        assert_eq!(components(&[vec![1], vec![2], vec![0], vec![1]]), [vec![0, 1, 2], vec![3]]);
        assert_eq!(components(&[vec![0], vec![]]), [vec![0], vec![1]]);
        assert_eq!(components(&[vec![1, 2], vec![3], vec![3], vec![1]]), [vec![1, 3], vec![2], vec![0]]);
    }
}
