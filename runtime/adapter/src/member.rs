use lw_plan::Json;
use serde::{Deserialize, Serialize};

/// How the members of a fleet are looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberWatch {
    pub wire_type: String,
    /// All of them have to pass: `{"Http": {"port", "path", "status"}}`, `{"Tcp": {"port"}}`, `{"Command": {"command"}}`.
    pub checks: Vec<Json>,
    /// For each check.
    pub timeout_ms: u64,
    /// The identifier of the balancer that sends them requests.
    pub balancer: Option<String>,
    pub port: Option<u16>,
}

/// A member that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchedMember {
    pub physical_id: String,
    /// When its creation was decided, in milliseconds since 1970.
    pub made_at_ms: u64,
}
