use serde::{Deserialize, Serialize};

/// How much a run may use. The same program stops at the same place on every machine.
///
/// What a program may use grows with the resources that it makes: a million of them may take what a million takes, and a program that makes
/// none and does not end is stopped within about a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Operations, and what copying and comparing large values amounts to.
    pub steps: u64,
    /// Calls and lazily bound values within one another.
    pub depth: u32,
    /// Elements of lists, tuples, records and dictionaries made, all of them together.
    pub nodes: u64,
    /// Bytes of strings made, all of them together.
    pub bytes: u64,
    /// Undecided conditions of which one policy may follow both ways.
    pub forks: u32,
    pub resources: u64,
    /// What each resource adds to the limits above.
    pub each: Share,
}

/// What one resource may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub steps: u64,
    pub nodes: u64,
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            steps: 40_000_000,
            depth: 10_000,
            nodes: 8_000_000,
            bytes: 96 << 20,
            forks: 64,
            resources: 1_200_000,
            each: Share { steps: 1_000, nodes: 300, bytes: 8 << 10 },
        }
    }
}

impl Limits {
    /// The limits of a run that has made so many resources.
    pub fn with_resources(&self, resources: u64) -> Share {
        let grown = |base: u64, each: u64| base.saturating_add(each.saturating_mul(resources));
        Share {
            steps: grown(self.steps, self.each.steps),
            nodes: grown(self.nodes, self.each.nodes),
            bytes: grown(self.bytes, self.each.bytes),
        }
    }
}

/// What a run has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    pub steps: u64,
    pub depth_max: u32,
    pub nodes: u64,
    pub bytes: u64,
    pub resources: u64,
}
