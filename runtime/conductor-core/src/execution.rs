//! Execution: a change set as a state machine from events to effects.

mod effect;

pub use effect::{
    Batch, ClosedOperation, Effect, ExecutionEvent, Failure, FailureClass, FinishState, Lookup, LookupBy, Outcome,
    Progress, ReadId, ReadRequest, RecordChange, StepResult, TimerId,
};
