//! After a crash: what the journal left open is resolved before anything new is decided.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Execution, ExecutionInput, ExecutionSettings, Flight, StepState};
use crate::{Catalogue, ChangeSet, Deployment, Intention, Operation, ResourceRecord};

/// What a recovery begins with.
pub struct RecoveryInput<'a> {
    pub deployment: Deployment,
    /// Operations whose state [`crate::OperationState::is_open`]; all of one deployment.
    pub operations: Vec<Operation>,
    pub records: &'a [ResourceRecord],
    pub catalogue: &'a dyn Catalogue,
    pub settings: ExecutionSettings,
}

impl Execution {
    /// An execution that resolves open operations and does nothing else. Its results are one for each operation, in order; once it
    /// has finished, a new change set says what is left to do.
    ///
    /// An operation that is on disk as intended may have been sent: it is looked up like one whose response was lost.
    pub fn recover(input: RecoveryInput<'_>) -> Execution {
        let RecoveryInput { deployment, operations, records, catalogue, settings } = input;
        let changes = ChangeSet {
            hash: String::new(),
            deployment: deployment.name.clone(),
            intention: Intention::Apply,
            generation: deployment.generation,
            plan: deployment.plan.clone(),
            resources: 0,
            touched: Vec::new(),
            reads: Vec::new(),
            steps: Vec::new(),
            bookkeeping: Vec::new(),
            forget: Vec::new(),
            // Resolved already; they stay.
            outputs: deployment
                .outputs
                .iter()
                .map(|(name, value)| (name.clone(), lw_plan::literal(value.clone())))
                .collect(),
            kept: Vec::new(),
            refusals: Vec::new(),
        };
        let mut execution = Execution::new(ExecutionInput {
            changes: Arc::new(changes),
            deployment,
            records: &[],
            catalogue,
            settings,
            guards: None,
        });
        execution.is_recovery = true;
        let needed = |record: &&ResourceRecord| {
            operations.iter().any(|operation| operation.uid == record.uid || operation.replaces == Some(record.uid))
        };
        execution.records = if operations.len() > 16 {
            records.iter().map(|record| (record.uid, record.clone())).collect()
        } else {
            records.iter().filter(needed).map(|record| (record.uid, record.clone())).collect::<FxHashMap<_, _>>()
        };
        for (step, operation) in operations.into_iter().enumerate() {
            let facts = || catalogue.facts(&operation.wire_type).unwrap_or_default();
            execution.facts.entry(operation.wire_type.clone()).or_insert_with(facts);
            execution.steps.push(StepState { waiting: 0, begun: true, void: false, result: None });
            execution.dependents.push(Vec::new());
            execution.steps_left += 1;
            let flight = Flight {
                operation: Arc::new(operation),
                step: step as u32,
                calls: 0,
                is_looking: false,
                attempts: 0,
                not_ready_since_ms: None,
                prior: None,
                resolution: None,
                last_failure: None,
            };
            execution.operations.insert(flight.operation.id, flight);
        }
        execution
    }
}
