use std::fmt;

use serde::{Deserialize, Serialize};

/// What may be done after a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ErrorKind {
    /// Nothing happened; the same call may succeed later.
    Retryable,
    /// Nothing happened; too many calls. The rate is to go down before the next one.
    Throttled,
    /// Nothing happened; something that is referred to is not visible, not usable, or still in use, *yet*.
    DependencyNotReady,
    /// Nothing happened; another object holds what this one asks for (a name, an address range).
    AlreadyExists,
    /// Nothing happened; the object is in a state, or the token was used with parameters, that does not allow it.
    Conflict,
    /// Nothing happened; the object is not there.
    NotFound,
    /// Nothing happened; the same call will never succeed.
    Permanent,
    /// Nothing happened; credentials are missing, over, or those of somebody else. No other call will fare better until that changes.
    Credentials,
    /// Nobody knows whether it happened: a lost response, a timeout, a server error. To be resolved by a look, never by a
    /// blind resend.
    Unknown,
}

impl ErrorKind {
    /// Whether the same operation, with the same token and parameters, may be sent again as it is.
    pub fn may_resend(self) -> bool {
        matches!(self, ErrorKind::Retryable | ErrorKind::Throttled | ErrorKind::DependencyNotReady)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Retryable => "retryable",
            ErrorKind::Throttled => "throttled",
            ErrorKind::DependencyNotReady => "dependency-not-ready",
            ErrorKind::AlreadyExists => "already-exists",
            ErrorKind::Conflict => "conflict",
            ErrorKind::NotFound => "not-found",
            ErrorKind::Permanent => "permanent",
            ErrorKind::Credentials => "credentials",
            ErrorKind::Unknown => "unknown",
        }
    }
}

/// A call that did not give what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterError {
    pub kind: ErrorKind,
    /// The cloud's own code: `InvalidSubnet.Conflict`, `Throttling`.
    pub code: String,
    /// The cloud's own words.
    pub message: String,
    /// Not before so many milliseconds, when the cloud said so.
    pub retry_after_ms: Option<u64>,
}

impl AdapterError {
    pub fn new(kind: ErrorKind, code: impl Into<String>, message: impl Into<String>) -> AdapterError {
        AdapterError { kind, code: code.into(), message: message.into(), retry_after_ms: None }
    }

    pub fn permanent(code: &str, message: impl Into<String>) -> AdapterError {
        AdapterError::new(ErrorKind::Permanent, code, message)
    }

    pub fn unknown(code: &str, message: impl Into<String>) -> AdapterError {
        AdapterError::new(ErrorKind::Unknown, code, message)
    }
}

impl fmt::Display for AdapterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for AdapterError {}
