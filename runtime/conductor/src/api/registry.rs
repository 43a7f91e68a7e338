//! Variables and services over HTTP, for people with a token and for members with their identity.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use conductor_core::DeploymentName;
use lw_plan::Json;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::access::Role;
use super::handlers::{Answer, Asked, Refused, Reply, answer, misunderstood, refused};
use crate::daemon::Common;
use crate::protocol::{Answer as Answered, Ask};
use crate::registry::{Member, Registry, SERVICE, VARIABLE, unknown};
use crate::{Problems, VariableVersion};

/// As long as a question waits for something new.
const WAIT: Duration = Duration::from_secs(20);

/// How often is looked for what no bell rings for: another process, or a new address.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Who asks: somebody with a role, or a member for itself.
enum Guest {
    Token(Role),
    Member(Member),
}

impl Guest {
    fn may(&self, registry: &Registry, wire_type: &str, name: &str, property: &str) -> bool {
        match self {
            Guest::Token(role) => *role >= if property == "Writers" { Role::Apply } else { Role::Read },
            Guest::Member(member) => registry.permits(member, wire_type, name, property),
        }
    }

    fn require(&self, registry: &Registry, wire_type: &str, name: &str, property: &str) -> Result<(), Refused> {
        if self.may(registry, wire_type, name, property) {
            return Ok(());
        }
        let who = match self {
            Guest::Token(role) => format!("the role `{}`", role.as_str()),
            Guest::Member(member) => format!("`{}`", member.path),
        };
        let what = if property == "Writers" { "write" } else { "read" };
        Err(refused(StatusCode::FORBIDDEN, "LW0589", format!("{who} may not {what} `{name}`")))
    }
}

/// The guest, the deployment, and what is declared there.
fn guest(common: &Common, asked: &Asked) -> Result<(Guest, DeploymentName, Registry), Refused> {
    let Some(shown) = &asked.member else {
        let name = asked.deployment()?;
        let role = asked.token.as_ref().map_or(Role::Read, |token| token.role);
        super::handlers::known(common, &name)?;
        return Ok((Guest::Token(role), name.clone(), Registry::of(&*common.store, &name)?));
    };
    let stranger = || refused(StatusCode::UNAUTHORIZED, "LW0589", "this identity is not that of a member here");
    let name = asked.path.get("name").and_then(|text| DeploymentName::parse(text).ok()).ok_or_else(stranger)?;
    let registry = Registry::of(&*common.store, &name)?;
    let member = registry.member(shown, &common.owner.clouds.secret_key()).ok_or_else(stranger)?;
    Ok((Guest::Member(member), name, registry))
}

pub async fn variables(common: Arc<Common>, asked: Asked) -> Answer {
    let (guest, name, registry) = guest(&common, &asked)?;
    let rows = registry.variables(&*common.store)?.into_iter();
    let rows: Vec<_> = rows.filter(|row| guest.may(&registry, VARIABLE, &row.name, "Readers")).collect();
    Ok(Reply::Json(json!({"deployment": name, "variables": rows})))
}

/// The newest value; with `after`, every later version, once there is one.
pub async fn variable(common: Arc<Common>, asked: Asked) -> Answer {
    let variable = asked.path.get("variable").cloned().unwrap_or_default();
    let after = asked.number("after", 0, u64::MAX >> 1)?;
    let given_up = tokio::time::Instant::now() + WAIT;
    let mut bell = common.owner.changes();
    loop {
        bell.borrow_and_update();
        let (guest, name, registry) = guest(&common, &asked)?;
        let row = registry.variable(&*common.store, &variable)?;
        // What may not be read is not told apart from what is not there.
        if row.is_none() && matches!(guest, Guest::Token(_)) {
            return Err(Refused { status: StatusCode::NOT_FOUND, problems: unknown(&name, &variable).into() });
        }
        guest.require(&registry, VARIABLE, &variable, "Readers")?;
        let row = row.ok_or_else(|| Refused::from(Problems::from(unknown(&name, &variable))))?;
        let versions: Vec<VariableVersion> = match after {
            None => vec![row.newest],
            Some(after) => registry.versions(&*common.store, &variable, after)?,
        };
        if !versions.is_empty() || tokio::time::Instant::now() >= given_up {
            let body = json!({
                "deployment": name, "name": variable, "versions": versions, "expiresAtMs": row.expires_at_ms,
            });
            return Ok(Reply::Json(body));
        }
        // Whether it rang or not, the next look says.
        let _ = tokio::time::timeout(LOOK_AGAIN, bell.changed()).await;
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetBody {
    value: Json,
    version: Option<u64>,
}

pub async fn set_variable(common: Arc<Common>, asked: Asked) -> Answer {
    let variable = asked.path.get("variable").cloned().unwrap_or_default();
    let (guest, deployment, registry) = guest(&common, &asked)?;
    guest.require(&registry, VARIABLE, &variable, "Writers")?;
    let body: SetBody = asked.read()?;
    let ask = Ask::SetVariable { deployment, name: variable, value: body.value, version: body.version };
    match answer(&common, ask).await? {
        Answered::VariableSet(version) => super::handlers::document(&version),
        _ => Err(misunderstood()),
    }
}

/// Who serves what; with `after`, once that is not as it was.
pub async fn services(common: Arc<Common>, asked: Asked) -> Answer {
    let after = asked.query.get("after").cloned();
    let given_up = tokio::time::Instant::now() + WAIT;
    let mut bell = common.owner.changes();
    loop {
        bell.borrow_and_update();
        let (guest, name, registry) = guest(&common, &asked)?;
        let rows = registry.services().into_iter();
        let rows: Vec<_> = rows.filter(|row| guest.may(&registry, SERVICE, &row.name, "Readers")).collect();
        let services = serde_json::to_value(&rows).expect("rows are plain data");
        let digest = Sha256::digest(services.to_string().as_bytes());
        let revision: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        if after.as_ref() != Some(&revision) || tokio::time::Instant::now() >= given_up {
            return Ok(Reply::Json(json!({"deployment": name, "revision": revision, "services": services})));
        }
        // Whether it rang or not, the next look says.
        let _ = tokio::time::timeout(LOOK_AGAIN, bell.changed()).await;
    }
}
