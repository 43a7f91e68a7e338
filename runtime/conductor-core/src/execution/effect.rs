//! The vocabulary between the machine and whoever runs it: events come in, effects go out.
//!
//! Flow: the shell calls `step(&mut execution, now_ms, event)` and performs the effects in any order and at any time it likes,
//! reporting each with an event. Nothing is sent before the batch that holds its intent is durable: the machine gives out the
//! [`Effect::Call`] only after [`ExecutionEvent::Durable`].

use std::collections::BTreeMap;
use std::sync::Arc;

use lw_plan::{Json, Map, Provider, ResourcePath};
use serde::{Deserialize, Serialize};

use crate::{
    Deployment, EventBody, Observation, Operation, OperationId, OperationState, ResourceRecord, StepIndex, Uid,
};

/// What happened. Times are arguments of `step`, in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionEvent {
    /// Begin. `seed` is 128 fresh random bits: the source of operation ids.
    Started {
        seed: u128,
    },
    /// The batch with this number is on disk (after fsync).
    Durable {
        batch: u64,
    },
    CallSucceeded {
        operation: OperationId,
        outcome: Outcome,
    },
    /// `jitter` is a fresh uniform random number; it spreads retries.
    CallFailed {
        operation: OperationId,
        failure: Failure,
        jitter: u32,
    },
    /// Answers [`Effect::Read`].
    ReadSucceeded {
        read: ReadId,
        observation: Observation,
    },
    ReadFailed {
        read: ReadId,
        failure: Failure,
        jitter: u32,
    },
    /// Answers [`Effect::Lookup`]: the object, or `None` if there is none (yet).
    LookupSucceeded {
        operation: OperationId,
        found: Option<Outcome>,
    },
    LookupFailed {
        operation: OperationId,
        failure: Failure,
        jitter: u32,
    },
    TimerFired {
        timer: TimerId,
    },
    /// Start nothing new, finish what is under way (Ctrl-C, lost lease, expired credentials).
    Stop {
        reason: String,
    },
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Write all of it in one transaction, then answer `Durable`. At most one batch is under way at a time.
    Persist(Batch),
    /// Send the operation with its token and exactly its parameters. A create that has a physical id already was found half made:
    /// complete that object instead.
    Call(Arc<Operation>),
    /// A read of one object, without effect on the cloud.
    Read(ReadRequest),
    /// Find what a create may have left, or read what an update or delete may have touched.
    Lookup(Lookup),
    /// Answer `TimerFired` after this time.
    Timer { timer: TimerId, after_ms: u64 },
    /// For people.
    Progress(Progress),
    /// The end: every batch is durable, nothing is under way.
    Finish(FinishState),
}

/// One transaction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// From 1, in order.
    pub number: u64,
    pub deployment: Option<Deployment>,
    pub intents: Vec<Arc<Operation>>,
    pub closed: Vec<ClosedOperation>,
    pub records: Vec<RecordChange>,
    /// For the event log, in order; the store chains them.
    pub events: Vec<EventBody>,
}

/// An operation's end.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedOperation {
    pub id: OperationId,
    /// `Done`, `Unknown` or `Abandoned`.
    pub state: OperationState,
    pub problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RecordChange {
    /// Write the row; its revision is set already.
    Put(Box<ResourceRecord>),
    /// Drop the row.
    Remove(Uid),
}

impl RecordChange {
    pub fn uid(&self) -> Uid {
        match self {
            RecordChange::Put(record) => record.uid,
            RecordChange::Remove(uid) => *uid,
        }
    }
}

/// What a call or a lookup brought back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Absent after a delete.
    pub physical_id: Option<String>,
    /// Everything that a read shows, attributes included; empty after a delete.
    pub observed: Map<String, Json>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    pub class: FailureClass,
    pub message: String,
    /// Not before so many milliseconds, where the cloud said so.
    pub retry_after_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureClass {
    /// It took no effect and may be sent again: throttled, busy.
    Retryable,
    /// It took no effect, and the same call never will.
    Permanent,
    /// It took no effect, because such an object is there already: another's, or what an earlier attempt has made.
    AlreadyExists,
    /// A lost response, a timeout, a 5xx: nobody knows.
    Unknown,
    /// It took no effect because something it names is not visible yet.
    DependencyNotReady,
    /// It was not sent (stopped, or waiting for a rate bucket when told to stop).
    NotSent,
    /// It took no effect: credentials are missing or expired. Stops the execution.
    Credentials,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReadId(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId(pub u64);

/// Read one object by its physical id.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadRequest {
    pub read: ReadId,
    pub uid: Uid,
    pub path: ResourcePath,
    pub wire_type: String,
    pub provider: Provider,
    pub physical_id: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    pub operation: Arc<Operation>,
    pub by: LookupBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookupBy {
    /// The ownership tag with the operation's uid.
    Tag,
    /// The name in the operation's parameters.
    NaturalName,
    /// The operation's physical id.
    PhysicalId,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepResult {
    Done,
    Failed,
    /// Something it needs failed, or the execution was stopped before it.
    Skipped,
    /// It is not known what it left: quarantined.
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    Started {
        step: StepIndex,
    },
    /// It will be tried again.
    Waiting {
        step: StepIndex,
        after_ms: u64,
        message: String,
    },
    Ended {
        step: StepIndex,
        result: StepResult,
        message: Option<String>,
    },
}

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FinishState {
    /// One for each step of the change set, in order, with what went wrong.
    pub results: Vec<(StepResult, Option<String>)>,
    /// Outputs by name; those that need what failed are left out.
    pub outputs: BTreeMap<String, Json>,
    /// Set where it was stopped, or could not begin.
    pub problem: Option<String>,
}

impl FinishState {
    pub fn is_success(&self) -> bool {
        self.problem.is_none() && self.results.iter().all(|(result, _)| *result == StepResult::Done)
    }
}
