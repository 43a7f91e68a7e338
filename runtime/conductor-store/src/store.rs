use std::sync::Arc;

use conductor_core::{Batch, Deployment, DeploymentName, Event, Operation, ResourceRecord, Uid};
use lw_plan::Plan;

use crate::{
    Checkpoint, CloudKind, Delivery, GenerationRow, Incident, Lease, Meta, Pause, PlanHeading, ResourceSummary,
    StoreError, Variable, WatchRow,
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
    /// Versions of one variable after a version: oldest first or newest first, at most so many.
    fn variable_versions(
        &self,
        deployment: &DeploymentName,
        name: &str,
        after: u64,
        most: u64,
        newest_first: bool,
    ) -> Result<Vec<Variable>, StoreError>;
    fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError>;
    /// Who holds a minted name: the deployment and the resource.
    fn minted_name(&self, name: &str) -> Result<Option<(DeploymentName, Uid)>, StoreError>;

    /// Writes commits in one transaction, in order. One that is refused ([`StoreError::Conflict`]) leaves nothing of itself and does
    /// not touch the others; any other error leaves nothing of any.
    fn commit(&self, commits: Vec<Commit>) -> Vec<Result<(), Arc<StoreError>>>;
}

/// What the daemon reads besides.
pub trait WatchStore: Store {
    /// Those that are open: oldest first.
    fn open_incidents(&self, name: &DeploymentName) -> Result<Vec<Incident>, StoreError>;
    /// Of a deployment or of all, newest first, from before an id (`None`: from the newest), at most so many.
    fn incidents_before(
        &self,
        name: Option<&DeploymentName>,
        before: Option<u64>,
        most: u64,
    ) -> Result<Vec<Incident>, StoreError>;
    /// What somebody is still to be told and is due, oldest first, at most so many.
    fn deliveries(&self, due_at_ms: u64, most: u64) -> Result<Vec<Delivery>, StoreError>;
    /// When the first of all that is to be told is due.
    fn next_delivery_ms(&self) -> Result<Option<u64>, StoreError>;
    fn pauses(&self) -> Result<Vec<Pause>, StoreError>;
    /// Managed objects of a deployment that can be looked at.
    fn watch_rows(&self, name: &DeploymentName) -> Result<Vec<WatchRow>, StoreError>;
    /// The records that are still there, in any order.
    fn resources_by_uid(&self, uids: &[Uid]) -> Result<Vec<ResourceRecord>, StoreError>;
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
    /// Whom to tell of each of `incidents`: a [`Delivery`] is written for each of them.
    pub tell: Vec<String>,
    /// Deliveries that were made.
    pub delivered: Vec<u64>,
    /// Deliveries that failed: their attempts, when they are due again, and why.
    pub postponed: Vec<Delivery>,
    pub pauses: Vec<Pause>,
    /// Deployments whose pause has ended.
    pub unpaused: Vec<DeploymentName>,
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
            tell: Vec::new(),
            delivered: Vec::new(),
            postponed: Vec::new(),
            pauses: Vec::new(),
            unpaused: Vec::new(),
            variables: Vec::new(),
            leases: Vec::new(),
        }
    }

    /// A commit of a batch that an execution asked for.
    pub fn of_batch(name: DeploymentName, at_ms: u64, batch: Batch) -> Commit {
        Commit { batch, ..Commit::new(name, at_ms) }
    }
}
