//! What a service's failure allows: the classes of the error codes that AWS uses everywhere.
//!
//! What only one type knows about its own codes is in its entry of the lifecycle table.

use adapter::{AdapterError, ErrorKind};

use super::Effect;
use crate::protocol::ServiceFailure;

/// Refused for its rate: nothing happened.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException.Throttled",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Credentials that are missing, wrong or over: nothing happened, and no other call will fare better.
const CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Something is being made, changed or taken away just now, or still in use: nothing happened.
const NOT_READY: &[&str] = &[
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConcurrentUpdateException",
    "DeleteConflict",
    "DependencyViolation",
    "EntityTemporarilyUnmodifiable",
    "IncorrectInstanceState",
    "IncorrectState",
    "InvalidDBInstanceState",
    "InvalidDBInstanceStateFault",
    "InvalidParameterValue.NotReady",
    "OperationAborted",
    "PendingVerification",
    "ResourceInUse",
    "ResourceInUseException",
    "ResourceNotReadyException",
    "ScalingActivityInProgress",
    "TargetGroupAssociationLimit.Pending",
];

/// Server errors that say that nothing happened.
const RETRYABLE: &[&str] = &["RequestTimeout", "RequestTimeoutException", "ServiceUnavailable", "Unavailable"];

/// Words in codes of names that are taken.
const EXISTING: &[&str] = &[
    "AlreadyExists",
    "AlreadyOwnedByYou",
    "Duplicate",
    "EntityAlreadyExists",
    "QueueNameExists",
    "ResourceConflictException",
    "ResourceExistsException",
    "InvalidSubnet.Conflict",
    "InvalidCidrBlock.Conflict",
];

pub fn classified(operation: &str, failure: ServiceFailure, effect: Effect) -> AdapterError {
    let code = failure.code.as_str();
    let is = |codes: &[&str]| codes.contains(&code);
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    let kind = if is(THROTTLED) || failure.status == 429 {
        ErrorKind::Throttled
    } else if is(CREDENTIALS) {
        ErrorKind::Credentials
    } else if is(NOT_READY) {
        ErrorKind::DependencyNotReady
    } else if is(RETRYABLE) && failure.status != 500 {
        // 503 comes from before the service; what it was to do was not begun.
        ErrorKind::Retryable
    } else if failure.status >= 500 {
        match effect {
            Effect::None => ErrorKind::Retryable,
            Effect::Idempotent | Effect::Once => ErrorKind::Unknown,
        }
    } else if has(EXISTING) {
        ErrorKind::AlreadyExists
    } else if is_missing(code, failure.status) {
        ErrorKind::NotFound
    } else if has(&["IdempotentParameterMismatch", "IdempotencyParameterMismatch", "InvalidClientToken"]) {
        ErrorKind::Conflict
    } else {
        ErrorKind::Permanent
    };
    let request = failure.request_id.map(|id| format!(" (request {id})")).unwrap_or_default();
    let mut error = AdapterError::new(kind, code, format!("{operation}: {}{request}", failure.message));
    error.retry_after_ms = failure.retry_after_ms;
    error
}

/// Whether a code says that something is not there.
pub fn is_missing(code: &str, status: u16) -> bool {
    let words = ["NotFound", "NoSuch", "DoesNotExist", "NonExistent", "NotExist", "Unknown.Resource"];
    status == 404 || words.iter().any(|word| code.contains(word)) || code == "InvalidAMIID.Unavailable"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &str, status: u16, effect: Effect) -> ErrorKind {
        let failure = ServiceFailure { code: code.to_string(), status, ..ServiceFailure::default() };
        classified("Call", failure, effect).kind
    }

    #[test]
    fn classes_of_codes() {
        use Effect::{None, Once};
        assert_eq!(kind("RequestLimitExceeded", 503, Once), ErrorKind::Throttled);
        assert_eq!(kind("Anything", 429, Once), ErrorKind::Throttled);
        assert_eq!(kind("ExpiredToken", 400, Once), ErrorKind::Credentials);
        assert_eq!(kind("DependencyViolation", 400, Once), ErrorKind::DependencyNotReady);
        assert_eq!(kind("InvalidVpcID.NotFound", 400, Once), ErrorKind::NotFound);
        assert_eq!(kind("NoSuchBucket", 404, None), ErrorKind::NotFound);
        assert_eq!(kind("BucketAlreadyExists", 409, Once), ErrorKind::AlreadyExists);
        assert_eq!(kind("InternalError", 500, Once), ErrorKind::Unknown);
        assert_eq!(kind("InternalError", 500, None), ErrorKind::Retryable);
        assert_eq!(kind("ServiceUnavailable", 503, Once), ErrorKind::Retryable);
        assert_eq!(kind("MalformedPolicyDocument", 400, Once), ErrorKind::Permanent);
    }
}
