//! What a command and the process that owns its store say to each other: JSON, one document a line.
//!
//! Flow: the owner says [`Hello`]; the guest asks with one [`Ask`]; the owner answers with [`Reply`]s, progress first and one end.
//! While it waits, the guest may say [`Ask::Stop`].

use conductor_core::{DeploymentName, DriftReport};
use lw_plan::ResourcePath;
use serde::{Deserialize, Serialize};

use crate::{Applied, Disturbance, DisturbanceReport, Previewed, Problems, Progress, Released, Request, VerdictReport};

/// Grows when an older one would misunderstand a newer one.
pub const PROTOCOL: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    pub protocol: u32,
    pub pid: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Ask {
    Preview(Box<Request>),
    Apply(Box<Request>),
    Resume(DeploymentName),
    Drift(DeploymentName),
    Verify(DeploymentName),
    Pause {
        deployment: DeploymentName,
        for_ms: u64,
        reason: String,
    },
    Unpause(DeploymentName),
    SetVariable {
        deployment: DeploymentName,
        name: String,
        value: lw_plan::Json,
        /// The version that it must be at.
        version: Option<u64>,
    },
    Disturb {
        deployment: DeploymentName,
        disturbances: Vec<Disturbance>,
    },
    Release {
        deployment: DeploymentName,
        path: Option<ResourcePath>,
    },
    /// Nothing new is begun for this guest.
    Stop {
        reason: String,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reply {
    Progress(Progress),
    Done(Box<Answer>),
    Failed(Problems),
}

/// What was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    Previewed(Box<Previewed>),
    Applied(Box<Applied>),
    Resumed,
    Drifted(DriftReport),
    Verified(VerdictReport),
    Paused(conductor_store::Pause),
    Unpaused,
    VariableSet(crate::VariableVersion),
    Disturbed(DisturbanceReport),
    Released(Released),
}
