//! Addresses of resources and modules: `module.network["eu"].aws_subnet.a[0]`.

use std::sync::Arc;

/// The parts of an address, separated by dots outside of brackets: `module`, `network["eu"]`, `aws_subnet`, `a[0]`.
pub fn parts(address: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut quoted, mut escaped) = (Vec::new(), 0, 0usize, false, false);
    for (at, byte) in address.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                found.push(&address[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&address[start..]);
    found
}

/// A part without its index, and the index as it is written between the brackets.
pub fn without_index(part: &str) -> (&str, Option<&str>) {
    match part.split_once('[') {
        Some((name, index)) => (name, Some(index.strip_suffix(']').unwrap_or(index))),
        None => (part, None),
    }
}

/// The names of the modules that lead to one, without their indexes: `module.a[0].module.b` is `a`, `b`.
pub fn module_names(address: &str) -> Vec<Arc<str>> {
    let parts = parts(address);
    parts
        .chunks(2)
        .filter(|pair| pair[0] == "module")
        .filter_map(|pair| pair.get(1))
        .map(|name| Arc::from(without_index(name).0))
        .collect()
}

/// The address of the module that contains one, empty at the top; and the last module's own name without its index.
pub fn parent_module(address: &str) -> Option<(String, Arc<str>)> {
    let parts = parts(address);
    let last = parts.last().filter(|_| parts.len() >= 2)?;
    Some((parts[..parts.len() - 2].join("."), Arc::from(without_index(last).0)))
}

/// The address of something within a module.
pub fn within(module: &str, address: &str) -> String {
    if module.is_empty() { address.to_string() } else { format!("{module}.{address}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_within_indexes_separate_nothing() {
        let address = r#"module.a["x.y]\"."].module.b[0]"#;
        assert_eq!(parts(address), ["module", r#"a["x.y]\"."]"#, "module", "b[0]"]);
        assert_eq!(module_names(address).iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(parent_module(address), Some((r#"module.a["x.y]\"."]"#.to_string(), Arc::from("b"))));
        assert_eq!(parent_module(""), None);
        assert_eq!(without_index("a[\"k\"]"), ("a", Some("\"k\"")));
        assert_eq!(parts(""), [""]);
        assert_eq!(parts("a[\"unclosed."), ["a[\"unclosed."]);
    }
}
