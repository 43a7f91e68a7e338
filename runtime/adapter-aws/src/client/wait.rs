//! Waiting until something has come to be, as a model's waiter says.

use std::time::Duration;

use adapter::{AdapterError, ErrorKind};
use lw_plan::{Json, Map};

use super::path::is_readable;
use super::{Client, Effect, described, find_all, jitter};
use crate::model::{Acceptor, AcceptorState, Matcher, Service};

impl Client {
    /// Looks until the waiter says that it is done. Its first looks come sooner than it asks for: most things are ready early.
    pub async fn wait(&self, service: &str, waiter: &str, parameters: &Map<String, Json>) -> Result<(), AdapterError> {
        let missing = || AdapterError::permanent("Model", format!("this version has no waiter `{service}:{waiter}`"));
        let model = crate::model::service(service).ok_or_else(missing)?;
        let described_waiter = model.waiters.get(waiter).ok_or_else(missing)?;
        let (model, operation) = described(service, &described_waiter.operation)?;
        let longest_ms = described_waiter.delay * 1000;
        let given_up =
            tokio::time::Instant::now() + Duration::from_millis(longest_ms * u64::from(described_waiter.max_attempts));
        let mut pause_ms = 250.min(longest_ms);
        loop {
            let answer = self.send_until_answered(model, operation, parameters, "", Effect::None).await;
            match judged(&described_waiter.acceptors, &answer) {
                Some(AcceptorState::Success) => return Ok(()),
                Some(AcceptorState::Failure) => {
                    let message = format!("it will not come to be: the waiter {waiter} says so");
                    return Err(AdapterError::new(ErrorKind::Permanent, waiter, message));
                }
                Some(AcceptorState::Retry) => {}
                None => {
                    answer?;
                }
            }
            if tokio::time::Instant::now() > given_up {
                return Err(AdapterError::unknown(waiter, "it takes longer than it ever should"));
            }
            tokio::time::sleep(Duration::from_millis(pause_ms + jitter(pause_ms / 4 + 1))).await;
            pause_ms = (pause_ms * 2).min(longest_ms.max(1));
        }
    }
}

/// The first acceptor that fits.
fn judged(acceptors: &[Acceptor], answer: &Result<Map<String, Json>, AdapterError>) -> Option<AcceptorState> {
    acceptors.iter().find(|acceptor| fits(acceptor, answer)).map(|acceptor| acceptor.state)
}

fn fits(acceptor: &Acceptor, answer: &Result<Map<String, Json>, AdapterError>) -> bool {
    match (acceptor.matcher, answer) {
        (Matcher::Error, Err(error)) => match &acceptor.expected {
            Json::Bool(any) => *any,
            expected => expected.as_str() == Some(error.code.as_str()),
        },
        (Matcher::Error, Ok(_)) => acceptor.expected == Json::Bool(false),
        (Matcher::Status, Ok(_)) => acceptor.expected.as_u64().is_some_and(|status| (200..300).contains(&status)),
        (Matcher::Status, Err(error)) => acceptor.expected.as_u64() == Some(404) && error.kind == ErrorKind::NotFound,
        (Matcher::Path, Ok(answer)) => {
            find_all(answer, &acceptor.argument).first().is_some_and(|found| **found == acceptor.expected)
        }
        (Matcher::PathAll, Ok(answer)) => {
            let found = find_all(answer, &acceptor.argument);
            !found.is_empty() && found.iter().all(|found| **found == acceptor.expected)
        }
        (Matcher::PathAny, Ok(answer)) => {
            find_all(answer, &acceptor.argument).iter().any(|found| **found == acceptor.expected)
        }
        (Matcher::Path | Matcher::PathAll | Matcher::PathAny, Err(_)) => false,
    }
}

/// The acceptors of a service's waiters whose place this client cannot read.
pub fn unreadable(service: &Service) -> Vec<String> {
    let paths = [Matcher::Path, Matcher::PathAll, Matcher::PathAny];
    let acceptors =
        service.waiters.iter().flat_map(|(name, waiter)| waiter.acceptors.iter().map(move |acceptor| (name, acceptor)));
    let unreadable =
        acceptors.filter(|(_, acceptor)| paths.contains(&acceptor.matcher) && !is_readable(&acceptor.argument));
    unreadable.map(|(name, acceptor)| format!("{name}: {}", acceptor.argument)).collect()
}
