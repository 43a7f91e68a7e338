use std::collections::BTreeMap;

use lw_plan::{Class, Enforcement};

use super::brake::Brake;
use crate::ResourceRecord;

/// What is done about drift where a resource's own lifecycle says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// `Correct` where a class is left out.
    pub by_class: BTreeMap<Class, Enforcement>,
    /// By wire type; before the class.
    pub by_type: BTreeMap<String, Enforcement>,
}

impl Rules {
    /// What is done about a property (`None`: the whole resource). A field's word comes before the resource's, the resource's before
    /// its type's, that before its class's.
    pub fn enforcement(&self, record: &ResourceRecord, property: Option<&str>) -> Enforcement {
        if property.is_some_and(|property| record.lifecycle.ignores.iter().any(|ignored| ignored == property)) {
            return Enforcement::Ignore;
        }
        let stated = record.lifecycle.enforcement;
        let by_rule = || self.by_type.get(&record.wire_type).or_else(|| self.by_class.get(&record.class)).copied();
        stated.or_else(by_rule).unwrap_or(Enforcement::Correct)
    }
}

/// How patient and how careful enforcement is. Times are milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct EnforcementSettings {
    /// What is destroyed or made anew is seen twice, at least so far apart.
    pub confirm_ms: u64,
    /// After a correction, the same deviation coming back within this time is somebody else's will: it is held. Doubles each time.
    pub contest_ms: u64,
    pub contest_cap_ms: u64,
    /// After a correction that failed; doubles each time.
    pub retry_base_ms: u64,
    pub retry_cap_ms: u64,
    /// For so long after a write, a read may still show what was before, whatever the type says.
    pub settle_ms: u64,
    pub brake: Brake,
}

impl Default for EnforcementSettings {
    fn default() -> EnforcementSettings {
        EnforcementSettings {
            confirm_ms: 2_000,
            contest_ms: 15 * 60_000,
            contest_cap_ms: 24 * 3_600_000,
            retry_base_ms: 30_000,
            retry_cap_ms: 3_600_000,
            settle_ms: 0,
            brake: Brake::default(),
        }
    }
}

/// `base · 2^(times - 1)`, at most `cap`; 0 for no times.
pub(super) fn doubled(base_ms: u64, times: u32, cap_ms: u64) -> u64 {
    match times {
        0 => 0,
        times => base_ms.saturating_mul(1 << (times - 1).min(40)).min(cap_ms),
    }
}
