use std::collections::BTreeMap;

use conductor_core::{Allowance, Allowances, ApplyReport, ChangesFile, DeploymentName, Kept, PreviewReport};
use lw_plan::{Json, Plan, ResourcePath};
use serde::{Deserialize, Serialize};

use crate::Problem;

/// What is wanted of a deployment, and what is allowed on the way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    pub deployment: DeploymentName,
    pub wanted: Wanted,
    /// `--sim`: the simulated cloud stands in for every provider.
    #[serde(default)]
    pub simulated: bool,
    /// `--recorded`: compare with what State has recorded, and ask no cloud.
    #[serde(default)]
    pub recorded: bool,
    /// `--allow-delete`.
    #[serde(default)]
    pub allow_delete: AllowDelete,
    /// `--allow-replace`, repeated.
    #[serde(default)]
    pub allow_replace: Vec<ResourcePath>,
}

impl Request {
    /// A request that allows nothing special.
    pub fn new(deployment: DeploymentName, wanted: Wanted) -> Request {
        Request {
            deployment,
            wanted,
            simulated: false,
            recorded: false,
            allow_delete: AllowDelete(None),
            allow_replace: Vec::new(),
        }
    }

    pub fn simulated(mut self, simulated: bool) -> Request {
        self.simulated = simulated;
        self
    }

    pub fn recorded(mut self, recorded: bool) -> Request {
        self.recorded = recorded;
        self
    }

    pub fn allow_delete(mut self, allowance: Allowance) -> Request {
        self.allow_delete = AllowDelete(match allowance {
            Allowance::None => None,
            Allowance::Count(count) => Some(count),
            Allowance::All => Some(u64::MAX),
        });
        self
    }

    pub fn allow_replace(mut self, paths: impl IntoIterator<Item = ResourcePath>) -> Request {
        self.allow_replace.extend(paths);
        self
    }

    pub(crate) fn allowances(&self) -> Allowances {
        let delete = match self.allow_delete.0 {
            None => Allowance::None,
            Some(u64::MAX) => Allowance::All,
            Some(count) => Allowance::Count(count),
        };
        Allowances { delete, replace: self.allow_replace.iter().cloned().collect() }
    }
}

/// How many deletions are meant; the largest number for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AllowDelete(pub(crate) Option<u64>);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wanted {
    /// `lw preview`, `lw apply` of a composition or a Plan.
    Plan(Box<Plan>),
    /// `lw apply` of what `lw preview -o` wrote, or of a preview that somebody has just said yes to.
    Changes(Box<ChangesFile>),
    /// `lw destroy`.
    Destroy,
    /// `lw rollback`: the Plan of an older generation; of the one before without a number.
    Rollback { generation: Option<u64> },
    /// `lw resume`: what the last generation wanted, once open operations are resolved.
    Continue,
}

/// What a preview found.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Previewed {
    pub report: PreviewReport,
    /// What `-o` writes and [`Wanted::Changes`] takes.
    pub changes: ChangesFile,
    /// Data resources that a destroy leaves.
    pub kept: Vec<Kept>,
    /// Why an apply would be refused, as it stands.
    pub refusals: Vec<Problem>,
}

/// What an apply, a destroy or a rollback came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    pub report: ApplyReport,
    /// Data resources that a destroy left.
    pub kept: Vec<Kept>,
    /// Set where it was stopped.
    pub stopped: Option<String>,
    /// Whether every step is done.
    pub success: bool,
}

/// `lw output --json`: the outputs by name.
pub type OutputReport = BTreeMap<String, Json>;

/// An output of a deployment, for whoever imports it.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenOut {
    pub name: String,
    pub value: Json,
    /// As the language writes it, where it names a resource.
    pub of_type: Option<String>,
    pub simulated: bool,
}

/// `lw history --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryReport {
    pub deployment: DeploymentName,
    /// Oldest first.
    pub events: Vec<HistoryEvent>,
    /// With `--verify`: whether every event follows the one before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// With `--verify`: the first event that does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_at: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    pub sequence: u64,
    pub at_ms: u64,
    pub hash: String,
    /// An [`conductor_core::EventBody`]: `event` says which.
    #[serde(flatten)]
    pub body: Json,
}

/// What `release` let go of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Released {
    pub deployment: DeploymentName,
    pub paths: Vec<ResourcePath>,
}
