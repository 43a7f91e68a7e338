//! A change set: the difference between a Plan and reality, as ordered steps. The executor's only instruction.

use std::collections::BTreeMap;

use lw_plan::{
    Class, DeferredProperty, Json, Lifecycle, Map, NodeKind, Plan, Provider, ResourcePath, digest, to_canonical,
};
use serde::{Deserialize, Serialize};

use crate::{DeferredRecord, DeploymentName, Generation, Membership, Place, Refusal, Uid};

/// The version of the file that `preview -o` writes.
pub const CHANGES_FORMAT: &str = "linework.changes/1";

/// An index into [`ChangeSet::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepIndex(pub u32);

impl StepIndex {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Guarantees: unless there are refusals, `steps` form a DAG by `depends_on`; a part stands after the step that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeSet {
    /// SHA-256 over the canonical JSON of all the rest, [`ChangeSet::refusals`] aside.
    pub hash: String,
    pub deployment: DeploymentName,
    pub intention: Intention,
    /// The generation it was computed against.
    pub generation: Generation,
    /// Hash of the Plan; for a destroy, of the Plan in force, if any.
    pub plan: Option<String>,
    /// How many resources of ours there are before it.
    pub resources: u32,
    /// Revision and digest of everything that a step touches, as they were when this was computed; by uid.
    pub touched: Vec<Touched>,
    /// `existing` nodes, read before the first step.
    pub reads: Vec<Read>,
    pub steps: Vec<Step>,
    /// Rows to write although no cloud is called and nobody is shown.
    pub bookkeeping: Vec<Bookkeeping>,
    /// Rows to drop: they have no object (a create that failed, an `existing` node that is no longer named).
    pub forget: Vec<Uid>,
    /// Values of outputs by name, with terms; resolved at the end.
    pub outputs: BTreeMap<String, Json>,
    /// Data resources that a destroy leaves, and what they stand on.
    pub kept: Vec<Kept>,
    /// Why it must not be executed as it is, protections that allowances lift aside (see `protections`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

impl ChangeSet {
    /// Whether nothing is to be done that anybody would be shown.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The hash that belongs to the present content.
    pub fn hash_of_content(&self) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Content<'a> {
            deployment: &'a DeploymentName,
            intention: Intention,
            generation: Generation,
            plan: &'a Option<String>,
            resources: u32,
            touched: &'a [Touched],
            reads: &'a [Read],
            steps: &'a [Step],
            bookkeeping: &'a [Bookkeeping],
            forget: &'a [Uid],
            outputs: &'a BTreeMap<String, Json>,
            kept: &'a [Kept],
        }
        let content = Content {
            deployment: &self.deployment,
            intention: self.intention,
            generation: self.generation,
            plan: &self.plan,
            resources: self.resources,
            touched: &self.touched,
            reads: &self.reads,
            steps: &self.steps,
            bookkeeping: &self.bookkeeping,
            forget: &self.forget,
            outputs: &self.outputs,
            kept: &self.kept,
        };
        digest(to_canonical(&content).as_bytes())
    }

    /// Steps that are shown, with their indices: parts of others are not.
    pub fn shown(&self) -> impl Iterator<Item = (StepIndex, &Step)> {
        let indexed = self.steps.iter().enumerate().map(|(index, step)| (StepIndex(index as u32), step));
        indexed.filter(|(_, step)| step.part_of.is_none())
    }

    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for (_, step) in self.shown() {
            match step.action {
                Action::Create => summary.create += 1,
                Action::Update => summary.update += 1,
                Action::Replace => summary.replace += 1,
                Action::Delete => summary.delete += 1,
                Action::Move => summary.r#move += 1,
                Action::Adopt => summary.adopt += 1,
            }
        }
        summary
    }
}

/// What `preview -o` writes and `apply` takes: a change set with the Plan it leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangesFile {
    /// [`CHANGES_FORMAT`].
    pub format: String,
    pub changes: ChangeSet,
    /// Absent for a destroy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// Why a text is not a change set to go by.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChangesError {
    #[error("this is not a change set: {reason}")]
    NotChanges { reason: String },
    #[error("the change set has the format `{format}`, which is newer than this program's `{CHANGES_FORMAT}`")]
    NewerFormat { format: String },
    #[error("the change set was edited after it was made: its content has the hash {found}, and it states {stated}")]
    HashMismatch { stated: String, found: String },
    #[error("the Plan in the change set is not the one that it was made for")]
    OtherPlan,
    #[error(transparent)]
    Plan(#[from] lw_plan::DecodeError),
}

impl ChangesError {
    /// The code of its page.
    pub fn code(&self) -> &'static str {
        match self {
            ChangesError::NotChanges { .. } => "LW0573",
            ChangesError::NewerFormat { .. } => "LW0575",
            ChangesError::HashMismatch { .. } => "LW0564",
            ChangesError::OtherPlan => "LW0564",
            ChangesError::Plan(error) => error.code(),
        }
    }
}

impl ChangesFile {
    pub fn new(changes: ChangeSet, plan: Option<Plan>) -> ChangesFile {
        ChangesFile { format: CHANGES_FORMAT.to_string(), changes, plan }
    }

    /// The text of the file: canonical JSON.
    pub fn to_canonical(&self) -> String {
        to_canonical(self)
    }

    /// Reads a file and checks format, hash, and that the Plan is the one that the change set leads to.
    pub fn decode(text: &str) -> Result<ChangesFile, ChangesError> {
        #[derive(Deserialize)]
        struct Header {
            format: Option<Json>,
        }
        let not_changes = |error: serde_json::Error| ChangesError::NotChanges { reason: error.to_string() };
        let header: Header = serde_json::from_str(text).map_err(not_changes)?;
        match header.format.as_ref().and_then(Json::as_str) {
            Some(CHANGES_FORMAT) => {}
            Some(format) if format.strip_prefix("linework.changes/").is_some_and(|version| !version.is_empty()) => {
                return Err(ChangesError::NewerFormat { format: format.to_string() });
            }
            Some(format) => return Err(ChangesError::NotChanges { reason: format!("its format is `{format}`") }),
            None => {
                let reason = format!("it has no `format`, such as `{CHANGES_FORMAT}`");
                return Err(ChangesError::NotChanges { reason });
            }
        }
        let file: ChangesFile = serde_json::from_str(text).map_err(not_changes)?;
        let found = file.changes.hash_of_content();
        if found != file.changes.hash {
            return Err(ChangesError::HashMismatch { stated: file.changes.hash, found });
        }
        match (&file.plan, file.changes.intention) {
            (Some(plan), Intention::Apply) if Some(&plan.hash) == file.changes.plan.as_ref() => plan.check()?,
            (None, Intention::Destroy) => {}
            _ => return Err(ChangesError::OtherPlan),
        }
        let count = file.changes.steps.len();
        let inside = |index: &StepIndex| index.index() < count;
        let mut steps = file.changes.steps.iter();
        if !steps.all(|step| step.depends_on.iter().chain(&step.part_of).all(inside)) {
            return Err(ChangesError::NotChanges { reason: "a step waits for one that is not there".to_string() });
        }
        Ok(file)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Intention {
    Apply,
    Destroy,
    /// Puts right what moved away from the Plan in force: no new generation begins. `whole` where nothing of the Plan is left undone.
    Enforce {
        whole: bool,
    },
}

/// State as a step found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Touched {
    pub uid: Uid,
    pub revision: u64,
    /// SHA-256 over the canonical JSON of the observation.
    pub observed: String,
}

/// An `existing` node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Read {
    pub uid: Uid,
    pub path: ResourcePath,
    #[serde(rename = "type")]
    pub wire_type: String,
    pub provider: Provider,
    pub physical_id: String,
    pub class: Class,
    pub fingerprint: String,
    pub place: Option<Place>,
}

/// One thing to do.
///
/// A replacement is two steps: the shown one makes the new object, a part deletes the old one. A property that closes a cycle is
/// set by a part of its own. [`Step::work`] says what is done, [`Step::action`] what it is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub action: Action,
    /// The shown step that this one belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<StepIndex>,
    pub path: ResourcePath,
    pub uid: Uid,
    #[serde(rename = "type")]
    pub wire_type: String,
    pub provider: Provider,
    pub class: Class,
    /// The decisive one first; not empty for shown steps.
    pub reasons: Vec<Reason>,
    pub undo: Undo,
    /// Only if a value that is not known yet turns out to differ: decided when it starts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tentative: bool,
    /// Set where the object of [`Step::uid`] was on its way out, and becomes the current one of its path again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<TakenBack>,
    pub depends_on: Vec<StepIndex>,
    pub work: Work,
}

/// A left-over that becomes the current object again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakenBack {
    /// The record whose place it takes, which becomes the left-over in its stead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Uid>,
}

/// What a step does. Properties hold terms only over nodes that this change set changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "do")]
pub enum Work {
    Create {
        node: NodeFacts,
        properties: Map<String, Json>,
        minted: BTreeMap<String, String>,
        /// The record whose place it takes; its row gets a tombstone, or is dropped where its object is gone.
        replaces: Option<Uid>,
    },
    /// Sets `changed`, resets `reset`. `properties` is the whole of what is written.
    Update {
        node: NodeFacts,
        properties: Map<String, Json>,
        changed: Vec<String>,
        reset: Vec<String>,
    },
    /// Sets properties that close cycles, once everything exists.
    SetDeferred {
        node: NodeFacts,
        deferred: Vec<DeferredProperty>,
    },
    /// Takes them out again, before a delete.
    ClearDeferred {
        deferred: Vec<DeferredRecord>,
    },
    Delete {},
    /// Writes State alone: a new path.
    Move {
        node: NodeFacts,
        from: ResourcePath,
    },
    /// Takes over an object: reads it, then sets ownership tags and what differs.
    Adopt {
        node: NodeFacts,
        physical_id: String,
        properties: Map<String, Json>,
    },
}

/// What a record keeps of its node besides properties.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeFacts {
    pub kind: NodeKind,
    pub fingerprint: String,
    pub uid_fingerprint: String,
    pub lifecycle: Lifecycle,
    pub depends_on: Vec<Uid>,
    /// `before` in term form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deferred: Vec<DeferredRecord>,
    pub place: Option<Place>,
    /// Of what a fleet makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
}

/// A row whose node kept its meaning but not its name for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bookkeeping {
    pub uid: Uid,
    pub class: Class,
    pub provider: Provider,
    pub node: NodeFacts,
    /// The written properties as they now are, where they are recorded differently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<Map<String, Json>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    Create,
    Update,
    Replace,
    Delete,
    Move,
    Adopt,
}

/// What undoing a step would mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undo {
    /// All as it was.
    Exact,
    /// The same thing, under another identifier.
    NewId,
    /// What it held is gone.
    DataLost,
    /// Not possible: the old value is not known.
    None,
}

/// Why a step is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    pub kind: ReasonKind,
    /// The top-level wire property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// Absent where it is not known, not there, or not to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// With terms where it will be known only later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
    /// One sentence without a full stop.
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// Not there yet.
    New,
    /// It was there, and is gone.
    Gone,
    /// No longer in the Plan.
    Removed,
    /// A property was edited.
    Changed,
    /// A written property was removed.
    Reset,
    /// Reality moved away from the Plan.
    Drifted,
    /// Something it refers to is replaced, created or changed.
    Upstream,
    /// The place (account, region) changed.
    Provider,
    /// The path changed.
    Moved,
    /// `@adopt`.
    Adopted,
    /// An earlier replacement or deletion was not finished.
    Unfinished,
    /// The object that an unfinished replacement or deletion left over is wanted again.
    TakenBack,
    /// A property that closes a cycle.
    Cycle,
    /// How the members of a fleet are replaced.
    Rollout,
}

/// A resource that a destroy leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    pub uid: Uid,
    pub path: ResourcePath,
    #[serde(rename = "type")]
    pub wire_type: String,
    pub text: String,
}

/// Shown steps by action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub create: u32,
    pub update: u32,
    pub replace: u32,
    pub delete: u32,
    pub r#move: u32,
    pub adopt: u32,
}
