//! Ending an object.

use adapter::{AdapterError, ErrorKind};
use lw_plan::Map;

use super::{Life, after_effect};
use crate::client::Effect;

impl Life<'_> {
    pub async fn delete(&self, call: &adapter::Call, id: &str) -> Result<(), AdapterError> {
        let nothing = Map::new();
        let mut scope = self.scope(&nothing, id).await?;
        scope.token = &call.operation;
        if self.entry.delete.is_empty() {
            return Err(self.cannot("be deleted"));
        }
        let has_elements = self.entry.elements.iter().any(|elements| elements.emptied);
        let uses_seen = self.entry.delete.iter().any(|call| {
            let text = lw_plan::canonical_json(&lw_plan::Json::Object(call.input.clone()));
            text.contains("$seen/") || !call.properties.is_empty()
        });
        let seen = match has_elements || uses_seen {
            true => self.seen(id).await?.ok_or_else(|| super::update::missing(id))?,
            false => Map::new(),
        };
        scope.seen = Some(&seen);
        self.empty(&seen, &scope).await?;
        let mut is_first = true;
        for call in &self.entry.delete {
            let has = || call.properties.iter().any(|property| super::create::is_written(&seen, property));
            if !id.starts_with(&call.when_id) || !(call.properties.is_empty() || has()) {
                continue;
            }
            match self.make_by_id(call, &scope, Effect::Idempotent).await {
                Ok(_) => {}
                Err(error) if call.done.contains(&error.code) => {}
                Err(error) if error.kind == ErrorKind::NotFound && !is_first => {}
                Err(error) if is_first || error.kind == ErrorKind::DependencyNotReady => return Err(error),
                Err(error) => return Err(after_effect(error)),
            }
            is_first = false;
            if let Some(waiting) = &call.wait {
                self.wait(waiting, &scope).await.map_err(after_effect)?;
            }
        }
        Ok(())
    }
}
