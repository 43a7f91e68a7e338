//! Mistakes that shells are known to make (after those of Terraform, Pulumi, Crossplane, Cluster API and others), to be switched on one
//! at a time: the simulated day must notice each.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A write is acknowledged, and on disk only a little later (Terraform's state, every 20 s).
    DurableTooEarly,
    /// The state of the last moments is lost with the process (Terraform: 45 orphans).
    StateInMemory,
    LosesIntents,
    LosesClosings,
    LosesRows,
    LosesRemovals,
    LosesPhysicalIds,
    LosesTombstones,
    LosesAProperty,
    LosesEvents,
    EventsTwice,
    DurableNeverComes,
    /// A token a call, and not an operation (the AWS provider's `UniqueId`).
    TokenPerCall,
    /// Two operations with one token.
    OneTokenForAll,
    /// A resend with other parameters (Ubicloud).
    OtherParameters,
    NoTags,
    /// The tag is set in a second call, which a crash leaves out.
    TagsInASecondCall,
    ForeignTags,
    DeliveredTwice,
    /// A lost response is taken for a failure.
    LossIsFailure,
    /// A lost response is taken for a success.
    LossIsSuccess,
    /// A lost response is taken for a call that was never made.
    LossIsNotSent,
    AnswerOfAnother,
    OldAnswer,
    /// Success is said, and nothing was done.
    NothingDone,
    NeverFinds,
    FindsAnother,
    /// What was left open is dropped at the next start (Pulumi's pending creates, cleared).
    ForgetsOpenOperations,
    /// At the next start, everything starts anew (Cluster API: one instance for each restart).
    ForgetsRows,
    NoOrder,
    WrongOrder,
    LosesAStep,
    NeverObserves,
    /// What was left open is a person's business (Crossplane's incomplete creates).
    AsksAPerson,
    TimersNeverFire,
    /// The claimed object goes in an update that was meant for another.
    UpdatesAnother,
    /// Failures are told as successes.
    FailureIsSuccess,
}

pub(crate) const ALL: &[Bug] = &[
    Bug::DurableTooEarly,
    Bug::StateInMemory,
    Bug::LosesIntents,
    Bug::LosesClosings,
    Bug::LosesRows,
    Bug::LosesRemovals,
    Bug::LosesPhysicalIds,
    Bug::LosesTombstones,
    Bug::LosesAProperty,
    Bug::LosesEvents,
    Bug::EventsTwice,
    Bug::DurableNeverComes,
    Bug::TokenPerCall,
    Bug::OneTokenForAll,
    Bug::OtherParameters,
    Bug::NoTags,
    Bug::TagsInASecondCall,
    Bug::ForeignTags,
    Bug::DeliveredTwice,
    Bug::LossIsFailure,
    Bug::LossIsSuccess,
    Bug::LossIsNotSent,
    Bug::AnswerOfAnother,
    Bug::OldAnswer,
    Bug::NothingDone,
    Bug::NeverFinds,
    Bug::FindsAnother,
    Bug::ForgetsOpenOperations,
    Bug::ForgetsRows,
    Bug::NoOrder,
    Bug::WrongOrder,
    Bug::LosesAStep,
    Bug::NeverObserves,
    Bug::AsksAPerson,
    Bug::TimersNeverFire,
    Bug::UpdatesAnother,
    Bug::FailureIsSuccess,
];

impl World {
    /// What is written of a batch; `None` where nothing is, for now.
    pub(super) fn mistaken_batch(&mut self, mut batch: Batch) -> Option<Batch> {
        let Some(bug) = self.bug else { return Some(batch) };
        let is_put = |change: &RecordChange| matches!(change, RecordChange::Put(_));
        let mut each_row = |edit: &dyn Fn(&mut ResourceRecord)| {
            for change in &mut batch.records {
                if let RecordChange::Put(record) = change {
                    edit(record);
                }
            }
        };
        match bug {
            Bug::DurableNeverComes => return None,
            Bug::DurableTooEarly | Bug::StateInMemory => {
                self.watch.unwritten.push(batch);
                let kept = if bug == Bug::StateInMemory { 12 } else { 2 };
                if self.watch.unwritten.len() > kept {
                    let batch = self.watch.unwritten.remove(0);
                    self.store.persist(&batch);
                }
                return None;
            }
            Bug::LosesIntents => batch.intents.clear(),
            Bug::LosesClosings => batch.closed.clear(),
            Bug::LosesRows => batch.records.retain(|change| !is_put(change)),
            Bug::LosesRemovals => batch.records.retain(is_put),
            Bug::LosesPhysicalIds => each_row(&|record| record.physical_id = None),
            Bug::LosesTombstones => each_row(&|record| record.tombstone = None),
            Bug::LosesAProperty => each_row(&|record| {
                let last = record.properties.keys().next_back().cloned();
                last.and_then(|last| record.properties.remove(&last));
            }),
            _ => {}
        }
        Some(batch)
    }

    pub(super) fn mistaken_call(&mut self, operation: &Arc<Operation>, chance: &mut Chance) -> Arc<Operation> {
        let mut other = (**operation).clone();
        let mut parameters = other.parameters().expect("parameters");
        let mut retag = |edit: &dyn Fn(&mut Map<String, Json>)| {
            if let Some(tags) = parameters.properties.get_mut("Tags").and_then(Json::as_object_mut) {
                edit(tags);
            }
        };
        match self.bug {
            Some(Bug::TokenPerCall) => {
                other.id = OperationId(u128::from(chance.below(u64::MAX)) << 64 | u128::from(chance.below(u64::MAX)));
            }
            Some(Bug::OneTokenForAll) if other.verb == Verb::Create => {
                other.id = OperationId(1);
                // A cloud that does not compare: two states take over the same resource.
                other.parameters = "{}".to_string();
                return Arc::new(other);
            }
            Some(Bug::OtherParameters) => {
                parameters.properties.insert("Sent".to_string(), Json::from(self.now_ms));
            }
            Some(Bug::NoTags) => retag(&|tags| tags.clear()),
            Some(Bug::ForeignTags) => retag(&|tags| {
                tags.insert(TAG_UID.to_string(), Json::from(Uid(7).to_string()));
            }),
            Some(Bug::TagsInASecondCall) if other.verb == Verb::Create && chance.below(4) == 0 => retag(&|tags| {
                tags.remove(TAG_UID);
            }),
            Some(Bug::DeliveredTwice) if other.verb == Verb::Create => {
                let twin = Operation { id: OperationId(other.id.0 ^ 1), ..other.clone() };
                let _ = self.effect(&twin);
            }
            Some(Bug::UpdatesAnother) if other.verb == Verb::Update => {
                let another = self.cloud.objects.keys().find(|id| Some(*id) != other.physical_id.as_ref());
                if let Some(another) = another.cloned() {
                    other.physical_id = Some(another);
                }
            }
            _ => return operation.clone(),
        }
        other.parameters = parameters.to_canonical();
        Arc::new(other)
    }

    /// What becomes of a call whose answer was lost.
    pub(super) fn mistaken_loss(&self, operation: OperationId, jitter: u32) -> ExecutionEvent {
        let class = match self.bug {
            Some(Bug::LossIsFailure) => FailureClass::Permanent,
            Some(Bug::LossIsNotSent) => FailureClass::NotSent,
            Some(Bug::LossIsSuccess) => {
                return ExecutionEvent::CallSucceeded { operation, outcome: Outcome::default() };
            }
            _ => FailureClass::Unknown,
        };
        let failure = Failure { class, message: "the dice".to_string(), retry_after_ms: None };
        ExecutionEvent::CallFailed { operation, failure, jitter }
    }

    pub(super) fn mistaken_answer(
        &mut self,
        operation: &Operation,
        id: OperationId,
        answer: Result<Outcome, Failure>,
        jitter: u32,
    ) -> Option<ExecutionEvent> {
        let answer = match (self.bug, answer) {
            (Some(Bug::AnswerOfAnother), Ok(outcome)) if operation.verb == Verb::Create => {
                let another = self.cloud.objects.keys().next().cloned();
                Ok(another.map_or(outcome, |another| self.cloud.outcome(&another)))
            }
            (Some(Bug::OldAnswer), Ok(mut outcome)) if operation.verb == Verb::Update => {
                outcome.observed = operation.parameters().expect("parameters").before;
                Ok(outcome)
            }
            (Some(Bug::NothingDone), Ok(outcome)) => {
                if operation.verb == Verb::Create {
                    outcome.physical_id.as_ref().map(|gone| self.cloud.objects.remove(gone));
                }
                Ok(outcome)
            }
            (Some(Bug::FailureIsSuccess), Err(_)) => Ok(Outcome::default()),
            (_, answer) => answer,
        };
        Some(match answer {
            Ok(outcome) => ExecutionEvent::CallSucceeded { operation: id, outcome },
            Err(failure) => ExecutionEvent::CallFailed { operation: id, failure, jitter },
        })
    }

    pub(super) fn mistaken_look(&self, operation: &Operation) -> Option<Option<Outcome>> {
        match self.bug {
            Some(Bug::NeverFinds) => Some(None),
            Some(Bug::FindsAnother) => {
                let mut alike = self.cloud.objects.iter().filter(|(_, object)| object.wire_type == operation.wire_type);
                Some(alike.next().map(|(id, _)| self.cloud.outcome(id)))
            }
            _ => None,
        }
    }

    /// The events of a batch, as they come to be in the log.
    pub(super) fn mistaken_events(&self, batch: &Batch) -> Vec<EventBody> {
        match self.bug {
            Some(Bug::LosesEvents) => batch.events.iter().skip(1).cloned().collect(),
            Some(Bug::EventsTwice) => batch.events.iter().flat_map(|event| [event.clone(), event.clone()]).collect(),
            _ => batch.events.clone(),
        }
    }

    pub(super) fn mistaken_changes(&self, mut changes: ChangeSet) -> ChangeSet {
        match self.bug {
            Some(Bug::NoOrder) => changes.steps.iter_mut().for_each(|step| step.depends_on.clear()),
            Some(Bug::WrongOrder) => {
                let before: Vec<Vec<StepIndex>> = changes.steps.iter().map(|step| step.depends_on.clone()).collect();
                changes.steps.iter_mut().for_each(|step| step.depends_on.clear());
                for (step, before) in before.into_iter().enumerate() {
                    for before in before {
                        changes.steps[before.index()].depends_on.push(StepIndex(step as u32));
                    }
                }
            }
            Some(Bug::LosesAStep) => {
                let last = changes.steps.len().saturating_sub(1);
                let is_needed = changes
                    .steps
                    .iter()
                    .any(|step| step.depends_on.iter().chain(&step.part_of).any(|index| index.index() == last));
                if !is_needed {
                    changes.steps.pop();
                }
            }
            _ => {}
        }
        changes
    }

    /// Before what was left open is looked up.
    pub(super) fn mistaken_start(&mut self) {
        match self.bug {
            Some(Bug::ForgetsOpenOperations) => {
                for operation in self.store.operations.values_mut().filter(|operation| operation.state.is_open()) {
                    operation.state = OperationState::Abandoned;
                }
                self.store.records.retain(|_, record| record.status != ResourceStatus::Changing);
            }
            Some(Bug::ForgetsRows) => {
                self.store.records.clear();
                self.store.operations.clear();
            }
            _ => {}
        }
    }
}
