//! Logical ids: paths of nodes as names of letters and digits, each once.

use rustc_hash::{FxHashMap, FxHashSet};

#[derive(Debug, Default)]
pub(crate) struct LogicalIds {
    nodes: FxHashMap<String, String>,
    parameters: FxHashMap<String, String>,
    /// In small letters: ids that differ in nothing else would be mistaken for each other.
    taken: FxHashSet<String>,
}

/// CloudFormation's limit.
const LENGTH_MAX: usize = 255;

impl LogicalIds {
    /// Nodes by path and parameters by name, each with what `@id` says, if it says something: that is what it is called in a stack.
    pub fn new<'p>(
        nodes: impl Iterator<Item = (&'p str, Option<&'p str>)>,
        parameters: impl Iterator<Item = (&'p str, Option<&'p str>)>,
    ) -> LogicalIds {
        let mut taken: FxHashSet<String> = FxHashSet::default();
        let mut fresh = |name: &str, suffix: &str| {
            let mut wanted = capital_words(name);
            wanted.truncate(LENGTH_MAX - 16);
            let mut id = wanted.clone();
            let mut number = 2;
            while !taken.insert(id.to_ascii_lowercase()) {
                id = if number == 2 && !suffix.is_empty() {
                    format!("{wanted}{suffix}")
                } else {
                    format!("{wanted}{number}")
                };
                number += 1;
            }
            id
        };
        // What is there in the cloud keeps its name whatever parameters are called.
        let mut nodes: Vec<(&str, Option<&str>)> = nodes.collect();
        nodes.sort_unstable_by_key(|(path, former)| (former.is_none(), former.unwrap_or(path)));
        let nodes =
            nodes.into_iter().map(|(path, former)| (path.to_string(), fresh(former.unwrap_or(path), ""))).collect();
        let parameters =
            parameters.map(|(name, id)| (name.to_string(), fresh(id.unwrap_or(name), "Parameter"))).collect();
        LogicalIds { nodes, parameters, taken }
    }

    /// An id for something that has no path.
    pub fn fresh(&mut self, wanted: &str) -> String {
        let wanted = capital_words(wanted);
        let mut id = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(id.to_ascii_lowercase()) {
            id = format!("{wanted}x{number}");
            number += 1;
        }
        id
    }

    pub fn node(&self, path: &str) -> String {
        self.nodes.get(path).cloned().unwrap_or_else(|| capital_words(path))
    }

    pub fn parameter(&self, name: &str) -> String {
        self.parameters.get(name).cloned().unwrap_or_else(|| capital_words(name))
    }
}

/// `shop.subnets["us-west-2a"]` as `ShopSubnetsUsWest2a`.
pub(crate) fn capital_words(path: &str) -> String {
    let words = path.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut out = String::new();
    for word in words {
        let (first, rest) = word.split_at(1);
        // Digits that meet would become one number.
        if out.ends_with(|last: char| last.is_ascii_digit()) && first.starts_with(|first: char| first.is_ascii_digit())
        {
            out.push('x');
        }
        out.push_str(&first.to_ascii_uppercase());
        out.push_str(rest);
    }
    if out.is_empty() { "Resource".to_string() } else { out }
}
