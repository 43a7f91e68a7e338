//! One client for every service: serialise by the model, sign, send, read the answer, say what may be done about a failure.
//!
//! Guarantees: an effect that may have happened is [`ErrorKind::Unknown`], and is sent once; what surely had no effect, and every
//! read, is tried again a few times with growing pauses and full jitter. Credentials are looked up when a call needs them and kept in
//! memory until they expire.
//! Deliberately absent: what a call means for a resource (lifecycle/).

mod account;
mod bucket;
mod credentials;
mod endpoint;
mod failure;
mod pages;
mod path;
mod send;
mod sign;
mod wait;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use adapter::{AdapterError, ErrorKind};
use lw_plan::{Json, Map};

use crate::model::{self, Operation, Service};
use crate::protocol::{ParseError, Request, parse, serialize};

pub use endpoint::{Endpoint, partition, suffix};
pub use path::{find_all, steps};
pub use wait::unreadable as unreadable_waiters;

use bucket::Bucket;
use credentials::Credentials;
use send::{Sender, Transport};

/// Where calls go, and as whom. What a provider binding says, made definite.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    pub region: String,
    pub profile: Option<String>,
    pub role: Option<String>,
    /// Of a compatible server; every service is there.
    pub endpoint: Option<String>,
    /// The account that is expected: verified before the first effect.
    pub account: Option<String>,
}

/// What a call does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it may be sent as often as one likes.
    None,
    /// The same however often it is sent.
    Idempotent,
    /// Another one each time.
    Once,
}

/// As often as a read or an idempotent call is sent before its failure is told.
const ATTEMPTS_MAX: u32 = 6;
/// As often as a call that is refused for its rate is sent.
const THROTTLED_ATTEMPTS_MAX: u32 = 10;

pub struct Client {
    target: Target,
    sender: Sender,
    credentials: Credentials,
    /// By service and whether the call changes anything: as the services count.
    buckets: Mutex<HashMap<(String, bool), Arc<Bucket>>>,
    account: tokio::sync::OnceCell<String>,
    calls: std::sync::atomic::AtomicU64,
}

impl Client {
    pub fn new(target: Target) -> Client {
        let sender = Sender::new();
        Client {
            credentials: Credentials::new(&target, sender.http_client()),
            sender,
            target,
            buckets: Mutex::default(),
            account: tokio::sync::OnceCell::new(),
            calls: std::sync::atomic::AtomicU64::new(0),
        }
    }

    /// With keys that never expire instead of those that the AWS tools would find: for a server that takes any.
    pub fn with_keys(target: Target, access_key: &str, secret_key: &str) -> Client {
        let client = Client::new(target);
        client.credentials.fix(access_key, secret_key);
        client
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How many requests were sent so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Calls an operation: `ec2`, `DescribeVpcs`. `token` fills the member for an idempotency token, if there is one.
    pub async fn call(
        &self,
        service: &str,
        operation: &str,
        parameters: &Map<String, Json>,
        token: &str,
        effect: Effect,
    ) -> Result<Map<String, Json>, AdapterError> {
        let (service, operation) = described(service, operation)?;
        if effect != Effect::None {
            self.verify_account().await?;
        }
        self.send_until_answered(service, operation, parameters, token, effect).await
    }

    pub(crate) async fn send_until_answered(
        &self,
        service: &'static Service,
        operation: &'static Operation,
        parameters: &Map<String, Json>,
        token: &str,
        effect: Effect,
    ) -> Result<Map<String, Json>, AdapterError> {
        let request = serialize(service, operation, parameters, token)
            .map_err(|error| AdapterError::permanent("Parameters", error.to_string()))?;
        let mut attempts = 0;
        loop {
            let error = match self.attempt(service, operation, request.clone(), effect).await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            attempts += 1;
            let again = match error.kind {
                ErrorKind::Throttled => attempts < THROTTLED_ATTEMPTS_MAX,
                ErrorKind::Retryable => attempts < ATTEMPTS_MAX,
                ErrorKind::Unknown => effect != Effect::Once && attempts < ATTEMPTS_MAX,
                _ => false,
            };
            if !again {
                return Err(error);
            }
            let ceiling_ms = (100_u64 << attempts.min(8)).min(20_000);
            let pause_ms = jitter(ceiling_ms).max(error.retry_after_ms.unwrap_or(0).min(60_000));
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
    }

    async fn attempt(
        &self,
        service: &'static Service,
        operation: &'static Operation,
        request: Request,
        effect: Effect,
    ) -> Result<Map<String, Json>, AdapterError> {
        let bucket = self.bucket(service, effect);
        bucket.take().await;
        let endpoint = endpoint::of(service, &self.target)?;
        let credentials = self.credentials.current().await?;
        let signed = sign::signed(service, &endpoint, &credentials, request)?;
        self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let response = match self.sender.send(&endpoint, signed).await {
            Ok(response) => response,
            Err(Transport::NotSent(message)) => {
                return Err(AdapterError::new(ErrorKind::Retryable, "NotSent", self.redacted(message)));
            }
            Err(Transport::Lost(message)) => {
                return Err(AdapterError::unknown("ConnectionLost", self.redacted(message)));
            }
        };
        let answer = parse(service, operation, &response);
        if effect == Effect::None || answer.is_ok() {
            bucket.answered(answer.is_ok());
        }
        answer.map_err(|error| match error {
            ParseError::Failure(failure) => {
                let error = failure::classified(&operation.name, failure, effect);
                match error.kind {
                    ErrorKind::Throttled => bucket.throttled(),
                    // Perhaps they have just expired: the next call looks them up again.
                    ErrorKind::Credentials => self.credentials.forget(),
                    _ => {}
                }
                error
            }
            ParseError::Unreadable { status, reason } => {
                AdapterError::unknown("UnreadableAnswer", format!("{}: HTTP status {status}, {reason}", operation.name))
            }
        })
    }

    /// Words of the transport, without what is in a URL: parameters may be secrets.
    fn redacted(&self, message: String) -> String {
        message.split('?').next().unwrap_or_default().to_string()
    }

    fn bucket(&self, service: &Service, effect: Effect) -> Arc<Bucket> {
        let changes = effect != Effect::None;
        let name = &service.metadata.endpoint_prefix;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.clone(), changes);
        let own = || Arc::new(Bucket::of(name, changes, self.target.endpoint.is_some()));
        buckets.entry(key).or_insert_with(own).clone()
    }
}

/// The model of an operation. One that is not there is our own mistake in the table; a test looks for all of them.
fn described(service: &str, operation: &str) -> Result<(&'static Service, &'static Operation), AdapterError> {
    let found = model::service(service).and_then(|found| Some((found, found.operations.get(operation)?)));
    let missing = || AdapterError::permanent("Model", format!("this version has no model of `{service}:{operation}`"));
    found.ok_or_else(missing)
}

/// Anything below a ceiling.
fn jitter(ceiling: u64) -> u64 {
    let mut bytes = [0; 8];
    // Without chance, everybody waits as long.
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes) % ceiling.max(1),
        Err(_) => ceiling,
    }
}
