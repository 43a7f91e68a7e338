use conductor_core::{Action, DeploymentName, StepResult};
use lw_plan::ResourcePath;
use serde::{Deserialize, Serialize};

/// What people are told while they wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "progress")]
pub enum Progress {
    /// Another process writes the store; it is asked to do this.
    Asking { pid: u32 },
    /// Operations that an earlier process left open are looked up first.
    Resuming { deployment: DeploymentName, operations: usize },
    /// Objects are read.
    Reading { objects: usize },
    /// Steps begin.
    Began { deployment: DeploymentName, generation: u64, steps: usize },
    /// A step, of `total` of which `done` have ended.
    Step {
        path: ResourcePath,
        action: Action,
        #[serde(rename = "type")]
        wire_type: String,
        state: StepState,
        done: usize,
        total: usize,
    },
    /// Something happened to a fleet, or it waits for its members.
    Fleet { path: ResourcePath, text: String },
    /// Nothing new is begun; these are finished first.
    Stopping { reason: String, in_flight: Vec<ResourcePath> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "state")]
pub enum StepState {
    Started,
    /// It will be tried again.
    Waiting {
        after_ms: u64,
        message: String,
    },
    Ended {
        result: StepResult,
        message: Option<String>,
    },
}
