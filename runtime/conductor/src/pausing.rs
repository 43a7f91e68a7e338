//! `lw pause`: nothing is corrected for a while, and the reason is on record.

use conductor_core::{Batch, DeploymentName, EventBody};
use conductor_store::{Commit, Pause, Store};
use serde_json::json;

use crate::owner::Owner;
use crate::{Problems, clock, read};

impl Owner {
    pub(crate) async fn pause(&self, name: &DeploymentName, for_ms: u64, reason: String) -> Result<Pause, Problems> {
        self.require(name)?;
        let at_ms = clock::now_ms();
        let pause = Pause { deployment: name.clone(), at_ms, until_ms: at_ms.saturating_add(for_ms), reason };
        let note = json!({"untilMs": pause.until_ms, "reason": pause.reason});
        let commit = Commit { pauses: vec![pause.clone()], ..noted(name, at_ms, "paused", note) };
        self.commit(commit).await?;
        Ok(pause)
    }

    pub(crate) async fn unpause(&self, name: &DeploymentName) -> Result<(), Problems> {
        self.require(name)?;
        let commit = noted(name, clock::now_ms(), "unpaused", json!({}));
        self.commit(Commit { unpaused: vec![name.clone()], ..commit }).await
    }

    fn require(&self, name: &DeploymentName) -> Result<(), Problems> {
        let found = self.store.as_ref().map(|store| store.deployment(name)).transpose()?.flatten();
        found.map(drop).ok_or_else(|| read::unknown(self.store_path(), name).into())
    }
}

fn noted(name: &DeploymentName, at_ms: u64, kind: &str, detail: lw_plan::Json) -> Commit {
    let note = EventBody::Noted { kind: kind.to_string(), detail };
    Commit::of_batch(name.clone(), at_ms, Batch { events: vec![note], ..Batch::default() })
}
