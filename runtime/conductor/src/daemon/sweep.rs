//! Sweeping: what carries a deployment's tag, and no record knows.

use std::collections::BTreeSet;

use conductor_core::{Handling, IncidentDetail, IncidentKind, Subject, Unrecorded};
use conductor_store::CloudKind;
use lw_plan::ResourcePath;

use super::watcher::Watcher;
use crate::{Problems, clock};

impl Watcher {
    pub(super) async fn sweep_if_due(&mut self, kind: CloudKind) -> Result<(), Problems> {
        if self.sweep_due_ms > clock::now_ms() {
            return Ok(());
        }
        self.sweep_due_ms = clock::now_ms() + self.common.settings.sweep_ms;
        let found = match self.common.owner.sweep(&self.name, kind).await {
            Ok(found) => found,
            Err(problems) => {
                tracing::warn!(deployment = %self.name, %problems, "cannot sweep");
                return Ok(());
            }
        };
        let tells = self.tells_of_orphans(&found);
        self.tell(&tells).await?;
        self.common.board.update(&self.name, |condition| {
            condition.unrecorded = found;
            condition.swept_at_ms = Some(clock::now_ms());
        });
        Ok(())
    }

    fn tells_of_orphans(&mut self, found: &[Unrecorded]) -> Vec<conductor_core::Tell> {
        let subject = |orphan: &Unrecorded| Subject {
            path: ResourcePath::from_text(""),
            property: Some(format!("{} {}", orphan.wire_type, orphan.physical_id)),
        };
        let mut tells = Vec::new();
        let now: BTreeSet<Subject> = found.iter().map(subject).collect();
        for orphan in found {
            let reason = format!("`{}` carries our tag, and no record knows it", orphan.physical_id);
            let mut detail = IncidentDetail::about(subject(orphan), Handling::Held, reason);
            detail.wire_type = Some(orphan.wire_type.clone());
            detail.about = vec![orphan.physical_id.clone()];
            tells.extend(self.memory.tell(IncidentKind::Orphan, None, detail));
        }
        let told: Vec<Subject> = self
            .memory
            .open()
            .filter(|(kind, detail)| *kind == IncidentKind::Orphan && !now.contains(&detail.subject))
            .map(|(_, detail)| detail.subject.clone())
            .collect();
        for subject in told {
            tells.extend(self.memory.resolve(IncidentKind::Orphan, &subject, Handling::Vanished, "it is gone"));
        }
        tells
    }
}
