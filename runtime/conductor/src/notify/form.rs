//! What is sent: the incident as JSON, or a message for Slack.

use conductor_store::Incident;
use lw_plan::Json;
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::IncidentRow;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The incident, as `lw incidents --json` shows it.
    #[default]
    Webhook,
    /// A message with a text, as Slack and what is like it take.
    Slack,
}

impl Form {
    /// The body for an incident's row.
    pub fn body(self, row: &Json) -> String {
        let incident: Option<Incident> = serde_json::from_value(row.clone()).ok();
        let Some(incident) = incident.map(IncidentRow::of) else { return row.to_string() };
        match self {
            Form::Webhook => json!({"incident": incident}).to_string(),
            Form::Slack => json!({"text": text(&incident)}).to_string(),
        }
    }
}

fn text(incident: &IncidentRow) -> String {
    let sign = match incident.handling.as_str() {
        "corrected" | "vanished" => ":white_check_mark:",
        "correcting" => ":wrench:",
        "held" | "failed" => ":rotating_light:",
        _ => ":eyes:",
    };
    let about = match (&incident.path, &incident.property) {
        (Some(path), Some(property)) => format!("`{path}`.{property}"),
        (Some(path), None) => format!("`{path}`"),
        (None, Some(property)) => format!("`{property}`"),
        (None, None) => "everything".to_string(),
    };
    let place = match (&incident.file, incident.line) {
        (Some(file), Some(line)) => format!(" ({file}:{line})"),
        _ => String::new(),
    };
    // What stands in an incident comes from clouds and programs: it is not to ping anybody.
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let deployment = &incident.deployment;
    format!(
        "{sign} *{deployment}* {} {} {}{place}\n{}",
        incident.kind,
        plain(&about),
        incident.handling,
        plain(&incident.reason)
    )
}

/// `t=1700000000000,v1=…`: HMAC-SHA-256 with the secret over the time, a dot, and the body.
pub fn signature(secret: &str, at_ms: u64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at_ms}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at_ms},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_hmac_sha256_over_time_and_body() {
        // `printf '7.{}' | openssl dgst -sha256 -hmac key`
        let expected = "t=7,v1=77bc83bd1f40422311e47918b203449aecf84b02c1568bb1b570ac2a474cc2d8";
        assert_eq!(signature("key", 7, "{}"), expected);
        assert_ne!(signature("key", 7, "{}"), signature("key", 8, "{}"));
        assert_ne!(signature("key", 7, "{}"), signature("other", 7, "{}"));
    }

    #[test]
    fn a_message_pings_nobody() {
        let detail = json!({
            "subject": {"path": "web"}, "handling": "held", "reason": "<!channel> & more", "file": "a.lw", "line": 3,
        });
        let row = json!({
            "id": 1, "deployment": "shop", "key": "k", "atMs": 1, "kind": "gone", "uid": null, "path": "web",
            "detail": detail, "resolvedAtMs": null,
        });
        let body: Json = serde_json::from_str(&Form::Slack.body(&row)).unwrap();
        let expected = ":rotating_light: *shop* gone `web` held (a.lw:3)\n&lt;!channel&gt; &amp; more";
        assert_eq!(body["text"], expected);
    }
}
