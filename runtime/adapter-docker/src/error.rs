//! What an engine's refusal means for whoever called.

use adapter::{AdapterError, ErrorKind};
use bollard::errors::Error;

/// Whether a call that got no answer may have done something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    Possible,
}

/// An error of the client in the words of adapters.
pub(crate) fn of(error: Error, effect: Effect) -> AdapterError {
    let unanswered = |code: &str, message: String| match effect {
        Effect::None => AdapterError::new(ErrorKind::Retryable, code, message),
        Effect::Possible => AdapterError::unknown(code, message),
    };
    match error {
        Error::DockerResponseServerError { status_code, message } => of_status(status_code, message, effect),
        // A build reports its failures inside of an answer that is fine: a step of it failed, and nothing was made.
        Error::DockerStreamError { error } => AdapterError::permanent("Build", error),
        Error::SocketNotFoundError(path) => {
            let message = format!("no engine listens at `{path}`");
            AdapterError::new(ErrorKind::Retryable, "Unreachable", message)
        }
        // Where nobody took the connection, nothing was sent.
        Error::HyperLegacyError { err } if err.is_connect() => {
            AdapterError::new(ErrorKind::Retryable, "Unreachable", format!("the engine cannot be reached: {err}"))
        }
        other => unanswered("NoAnswer", other.to_string()),
    }
}

fn of_status(status: u16, message: String, effect: Effect) -> AdapterError {
    let has = |part: &str| message.contains(part);
    let kind = match status {
        404 if has("No such image") => ErrorKind::Permanent,
        // A network or volume that a container is to use, and that is not there yet.
        404 if has("network") && has("not found") && effect == Effect::Possible => ErrorKind::DependencyNotReady,
        404 => ErrorKind::NotFound,
        409 if has("already in use by container") || has("already exists") => ErrorKind::AlreadyExists,
        409 if has("removal of container") && has("is already in progress") => ErrorKind::Retryable,
        409 if has("must be forced") && has("multiple repositories") => ErrorKind::Conflict,
        // What is still used, by containers that may be on their way out.
        409 => ErrorKind::DependencyNotReady,
        403 if has("has active endpoints") => ErrorKind::DependencyNotReady,
        403 if has("overlaps with other one") => ErrorKind::AlreadyExists,
        429 | 503 => ErrorKind::Throttled,
        500 if has("port is already allocated") || has("address already in use") => ErrorKind::AlreadyExists,
        500 if is_of_the_runtime(&message) => ErrorKind::Permanent,
        500.. if effect == Effect::Possible => ErrorKind::Unknown,
        500.. => ErrorKind::Retryable,
        _ => ErrorKind::Permanent,
    };
    AdapterError::new(kind, status.to_string(), message)
}

/// What the engine says when it has tried to start a container and has put everything back.
fn is_of_the_runtime(message: &str) -> bool {
    ["OCI runtime create failed", "invalid mount config", "executable file not found", "no such file or directory"]
        .iter()
        .any(|part| message.contains(part))
}

/// `None` for what is not there.
pub(crate) fn optional<T>(answer: Result<T, Error>) -> Result<Option<T>, AdapterError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(error) => Err(of(error, Effect::None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_whether_something_happened() {
        let kind = |status_code, message: &str, effect| {
            of(Error::DockerResponseServerError { status_code, message: message.to_string() }, effect).kind
        };
        let (possible, none) = (Effect::Possible, Effect::None);
        assert_eq!(kind(404, "No such image: box:1", possible), ErrorKind::Permanent);
        assert_eq!(kind(404, "No such container: abc", possible), ErrorKind::NotFound);
        assert_eq!(kind(404, "network abc not found", possible), ErrorKind::DependencyNotReady);
        assert_eq!(
            kind(409, "Conflict. The container name \"/web\" is already in use by container \"1\".", possible),
            ErrorKind::AlreadyExists
        );
        assert_eq!(kind(409, "remove data: volume is in use - [1]", possible), ErrorKind::DependencyNotReady);
        assert_eq!(
            kind(403, "error while removing network: network a has active endpoints", possible),
            ErrorKind::DependencyNotReady
        );
        assert_eq!(
            kind(500, "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", possible),
            ErrorKind::AlreadyExists
        );
        assert_eq!(kind(500, "something", possible), ErrorKind::Unknown);
        assert_eq!(kind(500, "something", none), ErrorKind::Retryable);
        assert_eq!(kind(400, "invalid reference format", possible), ErrorKind::Permanent);
        assert_eq!(of(Error::RequestTimeoutError, possible).kind, ErrorKind::Unknown);
    }
}
