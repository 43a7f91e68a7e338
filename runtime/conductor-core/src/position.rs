//! What a path says about lists: which positions it goes through, and which list that makes.

/// The path with every list position as `*`, and the positions: `a[3].b["x"]` is (`a[*].b["x"]`, `[3]`). `None` where it goes through no
/// list.
pub fn list_of(path: &str) -> Option<(String, Vec<u64>)> {
    let bytes = path.as_bytes();
    let (mut list, mut positions, mut written, mut at) = (String::new(), Vec::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_text(bytes, at),
            b'[' => {
                let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let end = at + 1 + digits;
                if digits > 0 && bytes.get(end) == Some(&b']') {
                    list.push_str(&path[written..=at]);
                    list.push('*');
                    written = end;
                    positions.push(path[at + 1..end].parse().unwrap_or(u64::MAX));
                    at = end;
                } else {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    if positions.is_empty() {
        return None;
    }
    list.push_str(&path[written..]);
    Some((list, positions))
}

/// Whether a path goes through a list.
pub fn is_in_list(path: &str) -> bool {
    path.contains('[') && list_of(path).is_some()
}

/// The last step of a path: `.b`, `["x"]`, `[3]`, or the whole of a single name.
pub fn last_step(path: &str) -> &str {
    let bytes = path.as_bytes();
    let (mut last, mut at) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_text(bytes, at),
            b'.' | b'[' => {
                last = at;
                at += 1;
            }
            _ => at += 1,
        }
    }
    &path[last..]
}

/// The index after the closing quote of the text that opens at `start`.
fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += 1 + usize::from(bytes[at] == b'\\');
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_numbers_outside_of_keys() {
        let list = |path| list_of(path).map(|(list, positions)| format!("{list} {positions:?}"));
        assert_eq!(list("a[3].b[\"x[4]\"]").as_deref(), Some("a[*].b[\"x[4]\"] [3]"));
        assert_eq!(list("a[0][12]").as_deref(), Some("a[*][*] [0, 12]"));
        assert_eq!(list("a[\"q\\\"[1]\"]"), None);
        assert_eq!(list("a.b"), None);
        assert_eq!(list("a[\"unclosed"), None);
    }

    #[test]
    fn the_last_step_keeps_its_kind() {
        assert_eq!(last_step("a.b"), ".b");
        assert_eq!(last_step("a"), "a");
        assert_eq!(last_step("a[\"x.y\"]"), "[\"x.y\"]");
        assert_eq!(last_step("a[3]"), "[3]");
    }
}
