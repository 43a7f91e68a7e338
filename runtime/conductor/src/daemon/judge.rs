//! Policies in force, asked about what is there.

use std::collections::BTreeSet;

use conductor_core::{Handling, IncidentDetail, IncidentKind, PolicyVerdict, Subject, Tell};
use lw_plan::ResourcePath;
use tokio::sync::mpsc;

use super::watcher::Watcher;
use crate::owner::Stop;
use crate::{Problems, clock};

impl Watcher {
    pub(super) async fn judge_if_due(&mut self, stop: &Stop) -> Result<(), Problems> {
        if self.judge_due_ms > clock::now_ms() {
            return Ok(());
        }
        self.judge_due_ms = clock::now_ms() + self.common.settings.judge_ms;
        let (reports, _nobody) = mpsc::unbounded_channel();
        let verdicts = match self.common.owner.verify(&self.name, stop.clone(), &reports).await {
            Ok(report) => report.policies,
            Err(problems) => {
                tracing::warn!(deployment = %self.name, %problems, "cannot judge");
                return Ok(());
            }
        };
        let tells = self.tells_of_verdicts(&verdicts);
        self.tell(&tells).await?;
        self.common.board.update(&self.name, |condition| {
            condition.policies = verdicts;
            condition.judged_at_ms = Some(clock::now_ms());
        });
        Ok(())
    }

    /// What is to be told of verdicts: a failure is an incident, about the policy and the resource.
    pub(super) fn tells_of_verdicts(&mut self, verdicts: &[PolicyVerdict]) -> Vec<Tell> {
        let mut tells = Vec::new();
        let mut now: BTreeSet<Subject> = BTreeSet::new();
        for policy in verdicts {
            for resource in policy.resources.iter().filter(|resource| resource.verdict == "FAIL") {
                let path = ResourcePath::from_text(resource.path.clone().unwrap_or_default());
                let subject = Subject { path, property: Some(policy.id.clone()) };
                now.insert(subject.clone());
                let reason = resource.reason.clone().unwrap_or_else(|| "the policy does not hold".to_string());
                let mut detail = IncidentDetail::about(subject, Handling::Held, reason);
                detail.about = policy.title.iter().cloned().collect();
                tells.extend(self.memory.tell(IncidentKind::Policy, None, detail));
            }
        }
        let told: Vec<Subject> = self
            .memory
            .open()
            .filter(|(kind, detail)| *kind == IncidentKind::Policy && !now.contains(&detail.subject))
            .map(|(_, detail)| detail.subject.clone())
            .collect();
        for subject in told {
            tells.extend(self.memory.resolve(IncidentKind::Policy, &subject, Handling::Vanished, "it holds again"));
        }
        tells
    }
}
