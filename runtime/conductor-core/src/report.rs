//! The JSON that `preview`, `apply` and `status` print: pure data, keys and order as documented.

use std::collections::BTreeMap;

use lw_plan::{Json, ResourcePath};
use serde::{Deserialize, Serialize};

use crate::{
    Action, ChangeSet, Deployment, DeploymentName, FinishState, ResourceRecord, ResourceStatus, Step, StepResult,
    Summary, Uid, Undo,
};

/// `lw preview --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewReport {
    pub deployment: DeploymentName,
    /// The Plan's hash.
    pub plan: Option<String>,
    /// The change set's hash.
    pub changes: String,
    pub steps: Vec<PreviewStep>,
    pub summary: Summary,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviewStep {
    pub action: Action,
    pub path: ResourcePath,
    #[serde(rename = "type")]
    pub wire_type: String,
    pub reason: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub undo: Undo,
    /// Whether an object that an interrupted change left over becomes the current one again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken_back: bool,
}

/// `lw apply --json`, also of `destroy` and `rollback`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyReport {
    pub deployment: DeploymentName,
    pub plan: Option<String>,
    pub changes: String,
    pub steps: Vec<ApplyStep>,
    pub summary: Summary,
    pub outputs: BTreeMap<String, Json>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyStep {
    #[serde(flatten)]
    pub step: PreviewStep,
    pub result: StepResult,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// `lw status --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    pub deployments: Vec<StatusDeployment>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusDeployment {
    pub name: DeploymentName,
    pub generation: u64,
    pub plan: Option<String>,
    pub state: ResourceStatus,
    pub resources: Vec<StatusResource>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusResource {
    pub uid: Uid,
    pub path: ResourcePath,
    #[serde(rename = "type")]
    pub wire_type: String,
    /// The cloud's name.
    pub provider: String,
    pub physical_id: Option<String>,
    pub state: ResourceStatus,
}

impl StatusReport {
    /// Each deployment with its records; what is destroyed is left out.
    pub fn of(deployments: impl IntoIterator<Item = (Deployment, Vec<ResourceRecord>)>) -> StatusReport {
        let listed = |(deployment, records): &(Deployment, Vec<ResourceRecord>)| {
            deployment.plan.is_some() || !records.is_empty()
        };
        let status = |(deployment, mut records): (Deployment, Vec<ResourceRecord>)| {
            records.sort_by(|left, right| (&left.path, left.uid).cmp(&(&right.path, right.uid)));
            StatusDeployment {
                name: deployment.name,
                generation: deployment.generation.0,
                plan: deployment.plan,
                state: deployment.state,
                resources: records.into_iter().map(StatusResource::of).collect(),
            }
        };
        StatusReport { deployments: deployments.into_iter().filter(listed).map(status).collect() }
    }
}

impl StatusResource {
    fn of(record: ResourceRecord) -> StatusResource {
        StatusResource {
            uid: record.uid,
            path: record.path,
            wire_type: record.wire_type,
            provider: record.provider.cloud,
            physical_id: record.physical_id,
            state: record.status,
        }
    }
}

impl PreviewReport {
    pub fn of(changes: &ChangeSet) -> PreviewReport {
        PreviewReport {
            deployment: changes.deployment.clone(),
            plan: changes.plan.clone(),
            changes: changes.hash.clone(),
            steps: changes.shown().map(|(_, step)| PreviewStep::of(step)).collect(),
            summary: changes.summary(),
        }
    }
}

impl PreviewStep {
    pub fn of(step: &Step) -> PreviewStep {
        let texts: Vec<&str> = step.reasons.iter().map(|reason| reason.text.as_str()).collect();
        let place = step.reasons.iter().find_map(|reason| reason.place.as_ref());
        PreviewStep {
            action: step.action,
            path: step.path.clone(),
            wire_type: step.wire_type.clone(),
            reason: texts.join("; "),
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
            undo: step.undo,
            taken_back: step.taken_back.is_some(),
        }
    }
}

impl ApplyReport {
    /// A shown step's result is the worst of its own and of its parts'.
    pub fn of(changes: &ChangeSet, end: &FinishState) -> ApplyReport {
        let badness = |result: StepResult| match result {
            StepResult::Done => 0,
            StepResult::Skipped => 1,
            StepResult::Failed => 2,
            StepResult::Unknown => 3,
        };
        let mut results = end.results.clone();
        for (index, step) in changes.steps.iter().enumerate() {
            if let Some(whole) = step.part_of
                && badness(results[index].0) > badness(results[whole.index()].0)
            {
                results[whole.index()] = results[index].clone();
            }
        }
        let step_report = |(index, step): (crate::StepIndex, &Step)| {
            let (result, message) = results[index.index()].clone();
            ApplyStep { step: PreviewStep::of(step), result, message }
        };
        ApplyReport {
            deployment: changes.deployment.clone(),
            plan: changes.plan.clone(),
            changes: changes.hash.clone(),
            steps: changes.shown().map(step_report).collect(),
            summary: changes.summary(),
            outputs: end.outputs.clone(),
        }
    }
}
