use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use conductor_core::{TAG_DEPLOYMENT, TAG_UID};
use lw_plan::{Json, Map};
use serde::{Deserialize, Serialize};

use crate::AdapterError;

/// A future that an object-safe trait can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a call comes to.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, AdapterError>>;

/// Where in a cloud. Empty strings stand for the adapter's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub account: String,
    pub region: String,
}

/// Whose an object is, as its ownership tags say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The identity that State minted.
    pub uid: String,
    /// The deployment: `shop@prod`.
    pub deployment: String,
}

impl Owner {
    /// Reads the ownership tags out of an object's tags.
    pub fn of_tags(tags: &Map<String, Json>) -> Option<Owner> {
        let text = |key: &str| tags.get(key).and_then(Json::as_str).map(str::to_string);
        Some(Owner { uid: text(TAG_UID)?, deployment: text(TAG_DEPLOYMENT)? })
    }
}

/// What every effectful call carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    /// The operation's 128-bit id in lower-case hexadecimal. It is the idempotency token: one decision, one id; a resend of the
    /// same decision has the same id and the same parameters.
    pub operation: String,
    /// Whose the object is. The tags that say so are among the properties already, where the type has tags.
    pub owner: Owner,
    pub place: Place,
    /// After so long, the answer is [`crate::ErrorKind::Unknown`].
    pub deadline: Duration,
}

/// An object as the cloud shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Object {
    pub wire_type: String,
    pub physical_id: String,
    /// Everything the cloud tells, by wire name: written properties, defaults, read-only attributes. Tags are one map, the
    /// ownership tags among them. What can only be written is absent.
    pub properties: Map<String, Json>,
    /// From the ownership tags; `None` where the type has no tags, or nobody wrote them.
    pub owner: Option<Owner>,
}

/// What an update is to bring about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Patch {
    /// Top-level wire properties and their new values.
    pub set: Map<String, Json>,
    /// Top-level wire properties that go back to the type's default.
    pub reset: Vec<String>,
    /// Every property as it shall be: for calls that take a whole group of properties at once.
    pub whole: Map<String, Json>,
    /// Every property as it was last written, secrets as their handles: what of a list or of tags was ours.
    pub before: Map<String, Json>,
}
