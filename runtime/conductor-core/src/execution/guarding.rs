//! Policies that are still open, asked before the steps that are about to begin.

use lw_plan::{Json, Map};
use rustc_hash::FxHashMap;

use super::{Execution, StepResult};
use crate::guard::Known;
use crate::verdict::shown;
use crate::{Step, Work};

impl Execution {
    /// Which of the steps that are about to begin must not, and why.
    pub(super) fn refused_by_policy(&mut self, steps: &[u32]) -> FxHashMap<u32, String> {
        let Some(mut guards) = self.guards.take() else { return FxHashMap::default() };
        let changes = self.changes.clone();
        let sends: Vec<u32> = steps.iter().copied().filter(|at| writes(&changes.steps[*at as usize])).collect();
        let mut next: FxHashMap<&str, Map<String, Json>> = FxHashMap::default();
        for at in &sends {
            let step = &changes.steps[*at as usize];
            if let Some(values) = self.values_of(step) {
                next.insert(step.path.as_str(), values);
            }
        }
        let known = |path: &str| {
            if let Some(values) = next.get(path) {
                return Known::Values(values.clone());
            }
            let is_open = |at: &u32| {
                self.steps[*at as usize].result.as_ref().is_none_or(|(result, _)| *result != StepResult::Done)
            };
            if self.steps_by_path.get(path).is_some_and(|steps| steps.iter().any(is_open)) {
                return Known::Later;
            }
            let record = self.by_path.get(path).and_then(|uid| self.records.get(uid));
            record.and_then(shown).map_or(Known::Untouched, Known::Values)
        };
        let about: Vec<&str> = sends.iter().map(|at| changes.steps[*at as usize].path.as_str()).collect();
        let refused = guards.refused(&about, &known);
        self.guards = Some(guards);
        let mut reasons: FxHashMap<u32, String> = FxHashMap::default();
        for (at, reason) in refused {
            let said = reasons.entry(sends[at]).or_default();
            if !said.is_empty() {
                said.push_str("; ");
            }
            said.push_str(&reason);
        }
        reasons
    }

    /// What a resource will be like once the step is done, as far as that is known before.
    fn values_of(&self, step: &Step) -> Option<Map<String, Json>> {
        let record = self.records.get(&self.aliases.get(&step.uid).copied().unwrap_or(step.uid));
        match &step.work {
            Work::Create { properties, .. } | Work::Adopt { properties, .. } => self.resolved(properties).ok(),
            Work::Update { properties, .. } => {
                // Attributes that an update may change are not known until it is done.
                self.resolved(properties).ok()
            }
            Work::SetDeferred { deferred, .. } => {
                let mut values = shown(record?)?;
                for property in deferred {
                    values.insert(property.property.clone(), self.resolved_value(&property.value).ok()?);
                }
                Some(values)
            }
            Work::ClearDeferred { .. } | Work::Delete {} | Work::Move { .. } => None,
        }
    }
}

/// Whether a step makes something be as a Plan says.
fn writes(step: &Step) -> bool {
    match step.work {
        Work::Create { .. } | Work::Update { .. } | Work::SetDeferred { .. } | Work::Adopt { .. } => true,
        Work::ClearDeferred { .. } | Work::Delete {} | Work::Move { .. } => false,
    }
}
