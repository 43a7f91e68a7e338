use serde::{Deserialize, Serialize};

/// How much a run may use. The same program stops at the same place on every machine.
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
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 400_000_000, depth: 10_000, nodes: 120_000_000, bytes: 2 << 30, forks: 64 }
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
