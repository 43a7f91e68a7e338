use std::sync::Arc;

use conductor_core::{Batch, Deployment, DeploymentName, Event, Operation, ResourceRecord, Uid};
use lw_plan::Plan;

use crate::{
    Checkpoint, CloudKind, GenerationRow, Incident, Lease, Meta, PlanHeading, ResourceSummary, StoreError, Variable,
};

/// State on disk.
///
/// Guarantees: a read sees whole commits. After [`Store::commit`] has answered, its commits survive a power cut; before, they are
/// there as a whole or not at all.
/// Assumptions: the caller that commits is the owner; the store checks it.
pub trait Store: Send + Sync {
    fn meta(&self) -> Result<Meta, StoreError>;

    /// By name.
    fn deployments(&self) -> Result<Vec<Deployment>, StoreError>;
    fn deployment(&self, name: &DeploymentName) -> Result<Option<Deployment>, StoreError>;
    /// Every record of a deployment, tombstones too, by path and then by uid.
    fn resources(&self, name: &DeploymentName) -> Result<Vec<ResourceRecord>, StoreError>;
    /// The same rows, without what they are made of.
    fn summaries(&self, name: &DeploymentName) -> Result<Vec<ResourceSummary>, StoreError>;
    /// Operations whose outcome is not known yet: oldest first.
    fn open_operations(&self, name: &DeploymentName) -> Result<Vec<Operation>, StoreError>;

    fn plan(&self, hash: &str) -> Result<Option<Plan>, StoreError>;
    /// What a Plan is of, without its nodes.
    fn plan_heading(&self, hash: &str) -> Result<Option<PlanHeading>, StoreError>;
    /// Oldest first.
    fn generations(&self, name: &DeploymentName) -> Result<Vec<GenerationRow>, StoreError>;

    /// Events after a sequence number, in order, at most so many.
    fn events(&self, name: &DeploymentName, after: u64, most: u64) -> Result<Vec<Event>, StoreError>;
    /// Sequence and hash of the last event.
    fn head(&self, name: &DeploymentName) -> Result<Option<(u64, String)>, StoreError>;
    fn checkpoints(&self, name: &DeploymentName) -> Result<Vec<Checkpoint>, StoreError>;

    /// Of a deployment or of all, newest first.
    fn incidents(&self, name: Option<&DeploymentName>) -> Result<Vec<Incident>, StoreError>;
    /// The newest version of each variable of a deployment, by name.
    fn variables(&self, name: &DeploymentName) -> Result<Vec<Variable>, StoreError>;
    fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError>;
    /// Who holds a minted name: the deployment and the resource.
    fn minted_name(&self, name: &str) -> Result<Option<(DeploymentName, Uid)>, StoreError>;

    /// Writes commits in one transaction, in order. One that is refused ([`StoreError::Conflict`]) leaves nothing of itself and does
    /// not touch the others; any other error leaves nothing of any.
    fn commit(&self, commits: Vec<Commit>) -> Vec<Result<(), Arc<StoreError>>>;
}

/// What is written together.
#[derive(Clone, Debug)]
pub struct Commit {
    pub name: DeploymentName,
    /// Milliseconds since 1970: the time of its events.
    pub at_ms: u64,
    /// Rows of conductor-core.
    pub batch: Batch,
    /// Kept by its hash, if it is not there yet.
    pub plan: Option<Arc<Plan>>,
    /// The generation that begins, with the hash of its Plan.
    pub generation: Option<GenerationRow>,
    /// What the store becomes, if it is nothing yet.
    pub cloud: Option<CloudKind>,
    pub incidents: Vec<Incident>,
    pub variables: Vec<Variable>,
    pub leases: Vec<Lease>,
}

impl Commit {
    /// A commit that writes nothing yet.
    pub fn new(name: DeploymentName, at_ms: u64) -> Commit {
        Commit {
            name,
            at_ms,
            batch: Batch::default(),
            plan: None,
            generation: None,
            cloud: None,
            incidents: Vec::new(),
            variables: Vec::new(),
            leases: Vec::new(),
        }
    }

    /// A commit of a batch that an execution asked for.
    pub fn of_batch(name: DeploymentName, at_ms: u64, batch: Batch) -> Commit {
        Commit { batch, ..Commit::new(name, at_ms) }
    }
}
