//! Performs what the core decides: one loop that feeds the machine with events, and tasks that call clouds.
//!
//! Guarantees: the loop alone touches the machine. A call is made only for an operation whose intent is durable, because the machine
//! gives it out only then. What was not sent when it is told to stop is answered as not sent.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use adapter::{Adapter, AdapterError, Call, ErrorKind, Object, Owner, Patch};
use conductor_core::{
    DeploymentName, Effect, Execution, ExecutionEvent, Failure, FailureClass, FinishState, Lookup, LookupBy,
    Observation, Operation, Outcome, Parameters, ReadRequest, Uid, Verb,
};
use conductor_store::{CloudKind, Commit, GroupCommit, StoreError};
use lw_plan::{Json, Map};
use tokio::sync::{mpsc, watch};

use crate::applying::Told;
use crate::clouds::{Clouds, place};
use crate::secret_key::SecretKey;
use crate::{Problems, clock, secrets};

/// What an execution runs with.
pub struct Executor<'a> {
    pub name: DeploymentName,
    pub kind: CloudKind,
    pub clouds: &'a Clouds,
    pub commits: &'a GroupCommit,
    /// What was last written to objects that hold secrets.
    pub secretive: HashMap<Uid, Arc<Map<String, Json>>>,
    /// The most calls under way at a time.
    pub width: usize,
    /// After so long without an answer, a call's outcome is unknown.
    pub deadline: Duration,
}

/// What comes back to the loop.
enum Arrival {
    Event(ExecutionEvent),
    /// A call has ended, whatever it was.
    CallEnded(ExecutionEvent),
    StoreFailed(Arc<StoreError>),
}

/// A call that waits for others to end.
enum Waiting {
    Operation(Arc<Operation>),
    Read(Box<ReadRequest>),
    Lookup(Lookup),
}

impl Executor<'_> {
    /// Runs to the end. `first` goes into the first commit beside what the machine asks for.
    pub async fn run(
        &self,
        mut execution: Execution,
        first: Option<Commit>,
        mut stop: watch::Receiver<Option<String>>,
        report: &mut (dyn FnMut(Told) + Send),
    ) -> Result<FinishState, Problems> {
        let (arrivals, mut arrived) = mpsc::unbounded_channel();
        let mut first = first;
        let mut waiting: VecDeque<Waiting> = VecDeque::new();
        let mut under_way = 0;
        let mut stopped = false;
        let mut events = VecDeque::from([ExecutionEvent::Started { seed: clock::fresh_128_bits()? }]);
        loop {
            while !events.is_empty() {
                for effect in conductor_core::steps(&mut execution, clock::now_ms(), events.drain(..)) {
                    match effect {
                        Effect::Persist(batch) => self.persist(batch, first.take(), &arrivals),
                        Effect::Call(operation) => waiting.push_back(Waiting::Operation(operation)),
                        Effect::Read(request) => waiting.push_back(Waiting::Read(Box::new(request))),
                        Effect::Lookup(lookup) => waiting.push_back(Waiting::Lookup(lookup)),
                        Effect::Timer { timer, after_ms } => {
                            let arrivals = arrivals.clone();
                            tokio::spawn(async move {
                                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                                // Nobody listens after the end.
                                let _ = arrivals.send(Arrival::Event(ExecutionEvent::TimerFired { timer }));
                            });
                        }
                        Effect::Progress(progress) => report(Told::Progress(progress)),
                        Effect::Finish(end) => return Ok(end),
                    }
                }
            }
            if stopped {
                events.extend(waiting.drain(..).map(not_sent));
                if !events.is_empty() {
                    continue;
                }
            }
            while under_way < self.width
                && let Some(next) = waiting.pop_front()
            {
                under_way += 1;
                self.start(next, &arrivals);
            }
            tokio::select! {
                biased;
                changed = stop.changed(), if !stopped => {
                    let reason = stop.borrow_and_update().clone();
                    if changed.is_err() {
                        stopped = true;
                    } else if let Some(reason) = reason {
                        stopped = true;
                        report(Told::Stopping(reason.clone()));
                        events.push_back(ExecutionEvent::Stop { reason });
                    }
                }
                arrival = arrived.recv() => {
                    let mut next = arrival;
                    // All that is here goes in before the next look at what is ready, so that it shares commits.
                    while let Some(arrival) = next {
                        match arrival {
                            Arrival::Event(event) => events.push_back(event),
                            Arrival::CallEnded(event) => {
                                under_way -= 1;
                                events.push_back(event);
                            }
                            Arrival::StoreFailed(error) => return Err(Problems::from(&*error)),
                        }
                        next = arrived.try_recv().ok();
                    }
                }
            }
        }
    }

    fn persist(&self, batch: conductor_core::Batch, first: Option<Commit>, arrivals: &mpsc::UnboundedSender<Arrival>) {
        let number = batch.number;
        let mut commit = Commit { at_ms: clock::now_ms(), batch, ..Commit::new(self.name.clone(), 0) };
        if let Some(first) = first {
            commit = Commit { at_ms: commit.at_ms, batch: commit.batch, ..first };
        }
        let arrivals = arrivals.clone();
        let done = Box::new(move |result: Result<(), Arc<StoreError>>| {
            let arrival = match result {
                Ok(()) => Arrival::Event(ExecutionEvent::Durable { batch: number }),
                Err(error) => Arrival::StoreFailed(error),
            };
            let _ = arrivals.send(arrival);
        });
        self.commits.submit(commit, done);
    }

    fn start(&self, waiting: Waiting, arrivals: &mpsc::UnboundedSender<Arrival>) {
        let arrivals = arrivals.clone();
        let provider = match &waiting {
            Waiting::Operation(operation) => &operation.provider,
            Waiting::Read(request) => &request.provider,
            Waiting::Lookup(lookup) => &lookup.operation.provider,
        };
        let adapter = self.clouds.adapter(self.kind, provider);
        let own = match &waiting {
            Waiting::Operation(operation) => operation.deadline_ms.map(Duration::from_millis),
            Waiting::Read(_) | Waiting::Lookup(_) => None,
        };
        let (kind, deadline) = (self.kind, own.unwrap_or(self.deadline));
        let written = match &waiting {
            Waiting::Read(request) => self.secretive.get(&request.uid).cloned(),
            _ => None,
        };
        let key = self.clouds.secret_key();
        tokio::spawn(async move {
            let event = match adapter {
                Ok(adapter) => make(&*adapter, kind, waiting, written, deadline, &key).await,
                Err(problems) => failed(
                    &waiting,
                    Failure { class: FailureClass::Permanent, message: problems.to_string(), retry_after_ms: None },
                ),
            };
            let _ = arrivals.send(Arrival::CallEnded(event));
        });
    }
}

/// Makes one call and says what came of it.
async fn make(
    adapter: &dyn Adapter,
    kind: CloudKind,
    waiting: Waiting,
    written: Option<Arc<Map<String, Json>>>,
    deadline: Duration,
    key: &SecretKey,
) -> ExecutionEvent {
    let answer = match &waiting {
        Waiting::Operation(operation) => within(deadline, call(adapter, kind, operation, deadline, key))
            .await
            .map(|outcome| ExecutionEvent::CallSucceeded { operation: operation.id, outcome }),
        Waiting::Read(request) => {
            let place = place(&request.provider);
            let read = adapter.read(&place, &request.wire_type, &request.physical_id);
            within(deadline, read).await.map(|object| ExecutionEvent::ReadSucceeded {
                read: request.read,
                observation: observation(object, written.as_deref()),
            })
        }
        Waiting::Lookup(lookup) => {
            within(deadline, look_up(adapter, lookup)).await.map(|found| ExecutionEvent::LookupSucceeded {
                operation: lookup.operation.id,
                found: found.map(|object| outcome(object, &lookup.operation)),
            })
        }
    };
    answer.unwrap_or_else(|error| failed(&waiting, failure(error)))
}

async fn within<T>(deadline: Duration, call: impl Future<Output = Result<T, AdapterError>>) -> Result<T, AdapterError> {
    match tokio::time::timeout(deadline, call).await {
        Ok(answer) => answer,
        Err(_) => Err(AdapterError::unknown("Timeout", format!("no answer within {:?}", deadline))),
    }
}

async fn call(
    adapter: &dyn Adapter,
    kind: CloudKind,
    operation: &Operation,
    deadline: Duration,
    key: &SecretKey,
) -> Result<Outcome, AdapterError> {
    let unreadable = |error: serde_json::Error| AdapterError::permanent("Parameters", error.to_string());
    let parameters: Parameters = operation.parameters().map_err(unreadable)?;
    let call =
        Call { operation: operation.token(), owner: owner(operation), place: place(&operation.provider), deadline };
    let wire_type = operation.wire_type.as_str();
    let physical_id = || {
        let missing = || AdapterError::permanent("Parameters", "the operation names no object");
        operation.physical_id.as_deref().ok_or_else(missing)
    };
    match operation.verb {
        Verb::Create => {
            let properties = secrets::revealed(parameters.properties, kind, adapter, &call, key).await?;
            let made = match operation.physical_id.as_deref() {
                Some(half_made) => adapter.complete(&call, wire_type, half_made, &properties).await?,
                None => adapter.create(&call, wire_type, &properties).await?,
            };
            Ok(outcome(made, operation))
        }
        Verb::Update => {
            let whole = secrets::revealed(parameters.properties, kind, adapter, &call, key).await?;
            let is_changed = |(property, _): &(&String, &Json)| parameters.changed.contains(*property);
            let set = whole.iter().filter(is_changed).map(|(name, value)| (name.clone(), value.clone())).collect();
            let patch = Patch { set, reset: parameters.reset, whole, before: parameters.before };
            Ok(outcome(adapter.update(&call, wire_type, physical_id()?, &patch).await?, operation))
        }
        Verb::Delete => match adapter.delete(&call, wire_type, physical_id()?).await {
            // What is gone already is as gone as it should be.
            Ok(()) => Ok(Outcome::default()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(Outcome::default()),
            Err(error) => Err(error),
        },
    }
}

async fn look_up(adapter: &dyn Adapter, lookup: &Lookup) -> Result<Option<Object>, AdapterError> {
    let operation = &lookup.operation;
    let place = place(&operation.provider);
    let wire_type = operation.wire_type.as_str();
    match lookup.by {
        LookupBy::Tag => adapter.find(&place, wire_type, &owner(operation)).await,
        LookupBy::PhysicalId => match &operation.physical_id {
            Some(physical_id) => adapter.read(&place, wire_type, physical_id).await,
            None => Ok(None),
        },
        LookupBy::NaturalName => {
            let parameters = operation.parameters().unwrap_or_default();
            adapter.find_made(&place, wire_type, &operation.token(), &parameters.properties).await
        }
    }
}

fn owner(operation: &Operation) -> Owner {
    Owner { uid: operation.uid.to_string(), deployment: operation.deployment.to_string() }
}

/// What a call brought back, without what is secret.
fn outcome(object: Object, operation: &Operation) -> Outcome {
    let mut observed = object.properties;
    if operation.parameters.contains("$secret")
        && let Ok(parameters) = operation.parameters()
    {
        secrets::mask(&mut observed, &parameters.properties);
    }
    Outcome { physical_id: Some(object.physical_id), observed }
}

/// What a read showed, without what was written as a secret.
pub fn observation(object: Option<Object>, written: Option<&Map<String, Json>>) -> Observation {
    let Some(object) = object else { return Observation::Absent };
    let mut properties = object.properties;
    if let Some(written) = written {
        secrets::mask(&mut properties, written);
    }
    Observation::Present { properties }
}

fn failure(error: AdapterError) -> Failure {
    let class = match error.kind {
        ErrorKind::Retryable | ErrorKind::Throttled => FailureClass::Retryable,
        ErrorKind::DependencyNotReady => FailureClass::DependencyNotReady,
        ErrorKind::Credentials => FailureClass::Credentials,
        ErrorKind::Unknown => FailureClass::Unknown,
        ErrorKind::AlreadyExists => FailureClass::AlreadyExists,
        ErrorKind::Conflict | ErrorKind::NotFound | ErrorKind::Permanent => FailureClass::Permanent,
    };
    Failure { class, message: error.to_string(), retry_after_ms: error.retry_after_ms }
}

fn failed(waiting: &Waiting, failure: Failure) -> ExecutionEvent {
    let jitter = clock::jitter();
    match waiting {
        Waiting::Operation(operation) => ExecutionEvent::CallFailed { operation: operation.id, failure, jitter },
        Waiting::Read(request) => ExecutionEvent::ReadFailed { read: request.read, failure, jitter },
        Waiting::Lookup(lookup) => ExecutionEvent::LookupFailed { operation: lookup.operation.id, failure, jitter },
    }
}

fn not_sent(waiting: Waiting) -> ExecutionEvent {
    let message = "stopped before it was sent".to_string();
    failed(&waiting, Failure { class: FailureClass::NotSent, message, retry_after_ms: None })
}
