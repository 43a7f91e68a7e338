//! The Conductor's pure half: matching, change sets, and the step function that executes them.
//!
//! The one idea: everything that decides is a function of values. What exists comes in as [`ResourceRecord`]s, what should
//! exist as a [`lw_plan::Plan`], what a type can do as [`TypeFacts`]; out comes a [`ChangeSet`], and from it an
//! [`Execution`] that turns [`ExecutionEvent`]s into [`Effect`]s. The shell, the simulator and the tests run the same code.
//! Deliberately absent: I/O, clocks, randomness, async. Fresh identities and times are arguments.

mod assembly;
mod change_set;
mod decision;
mod destruction;
mod drift;
mod enforcement;
mod execution;
mod fleet;
mod left_over;
mod matching;
mod protection;

mod attributes;
mod cadence;
mod compare;
mod names;
mod position;
mod reason;
mod removal;
mod types;

#[cfg(test)]
mod simulation;

mod facts;
mod guard;
mod history;
mod identity;
mod operation;
mod property_path;
mod record;
mod refusal;
mod report;
mod verdict;

pub use assembly::{ApplyInput, apply_changes};
pub use attributes::recorded_attribute;
pub use cadence::{Allotment, Cadence, CadenceSettings, Look};
pub use change_set::{
    Action, Bookkeeping, CHANGES_FORMAT, ChangeSet, ChangesError, ChangesFile, Intention, Kept, NodeFacts, Read,
    Reason, ReasonKind, Step, StepIndex, Summary, TakenBack, Touched, Undo, Work,
};
pub use destruction::destroy_changes;
pub use drift::{Drift, DriftReport, Unrecorded, drift, enforcement};
pub use enforcement::{
    Brake, Decided, Deviation, EnforcementSettings, Handling, IncidentChange, IncidentDetail, IncidentKind, Memory,
    Remembered, Round, Rules, Seen, Subject, Tell, decide, deviations, executed,
};
pub use execution::{
    Batch, ClosedOperation, Effect, Execution, ExecutionEvent, ExecutionInput, ExecutionSettings, Failure,
    FailureClass, FinishState, Lookup, LookupBy, Outcome, Progress, ReadId, ReadRequest, RecordChange, RecoveryInput,
    StepResult, TimerId, step, steps,
};
pub use facts::{Catalogue, Claim, Dedupe, NameFacts, TagFacts, TagShape, TypeFacts, Volatile};
pub use fleet::{
    Existence, FleetAction, FleetDecision, FleetEvent, FleetInput, FleetRound, FleetState, Member, Membership, Past,
    Pulses, REGISTRATION_TYPE, Registration, Role, RolloutEstimate, RolloutState, STATE_ATTRIBUTE, Sight, Version,
    estimate, fleet_changes, members_of, template_of, tend,
};
pub use guard::Guards;
pub use history::{Event, EventBody, GENESIS};
pub use identity::{DeploymentName, Generation, InvalidName, OperationId, Uid};
pub use matching::{Ambiguity, Match, Matching, Rule, match_nodes};
pub use names::minted_name;
pub use operation::{Operation, OperationState, Parameters, TAG_DEPLOYMENT, TAG_UID, Verb};
pub use property_path::PropertyPath;
pub use protection::protections;
pub use record::{
    DeferredRecord, Deployment, Observation, Place, ResourceRecord, ResourceStatus, Tombstone, TombstoneCause,
};
pub use refusal::{Allowance, Allowances, Refusal, RefusalKind};
pub use report::{ApplyReport, ApplyStep, PreviewReport, PreviewStep, StatusDeployment, StatusReport, StatusResource};
pub use verdict::{PolicyVerdict, ResourceVerdict, verdicts};
