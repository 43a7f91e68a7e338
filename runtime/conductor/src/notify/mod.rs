//! Telling people: every change of an incident is delivered to everybody who wants to hear of it, at least once.
//!
//! The one idea: what is to be told is a row, written in the same transaction as the incident, and taken away when somebody has taken
//! it. A process that died in between is followed by one that delivers it, perhaps a second time: the header
//! `X-Linework-Delivery` is the same then.

mod client;
mod form;

use std::sync::Arc;
use std::time::Duration;

use conductor_store::{Commit, Delivery, WatchStore};
use tokio::task::JoinSet;

use crate::daemon::Common;
use crate::owner::Stop;
use crate::{Problems, clock};

pub use client::{HttpError, send_lines};
pub use form::Form;

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub name: String,
    pub url: String,
    pub form: Form,
    /// What deliveries are signed with.
    pub secret: Option<String>,
}

const TOGETHER: u64 = 32;
const ANSWER_MAX: Duration = Duration::from_secs(15);
const RETRY_BASE_MS: u64 = 1_000;
const RETRY_CAP_MS: u64 = 3_600_000;

/// Delivers until it is told to stop.
pub async fn run(common: Arc<Common>, mut stop: Stop) {
    loop {
        let pause = match deliver(&common).await {
            Ok(Some(due_ms)) => Duration::from_millis(due_ms.saturating_sub(clock::now_ms()).min(60_000)),
            Ok(None) => Duration::from_secs(60),
            Err(problems) => {
                tracing::error!(%problems, "cannot notify");
                Duration::from_secs(10)
            }
        };
        tokio::select! {
            biased;
            _ = stop.changed() => return,
            () = common.mail.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Delivers what is due; gives when the next is.
async fn deliver(common: &Arc<Common>) -> Result<Option<u64>, Problems> {
    loop {
        let due = common.store.deliveries(clock::now_ms(), TOGETHER)?;
        if due.is_empty() {
            return Ok(common.store.next_delivery_ms()?);
        }
        let Some(first) = due.first() else { continue };
        let name = first.body["deployment"].as_str().and_then(|name| name.parse().ok());
        let mut sent = JoinSet::new();
        for delivery in due.iter().cloned() {
            let common = common.clone();
            sent.spawn(async move {
                let result = attempt(&common, &delivery).await;
                (delivery, result)
            });
        }
        let (mut delivered, mut postponed) = (Vec::new(), Vec::new());
        while let Some(ended) = sent.join_next().await {
            // One that panicked is still to be delivered, a minute later.
            let Ok((delivery, result)) = ended else { continue };
            match result {
                Ok(()) => delivered.push(delivery.id),
                Err(problem) => {
                    let attempts = delivery.attempts + 1;
                    let wait_ms = (RETRY_BASE_MS << (attempts - 1).min(20)).min(RETRY_CAP_MS);
                    tracing::warn!(
                        target = delivery.target,
                        incident = delivery.incident,
                        attempts,
                        problem,
                        "not delivered"
                    );
                    let due_at_ms = clock::now_ms() + wait_ms;
                    postponed.push(Delivery { attempts, due_at_ms, problem: Some(problem), ..delivery });
                }
            }
        }
        // A delivery is of an incident, and an incident is of a deployment: whose it is only says whose commit this is called.
        let Some(name) = name else { return Ok(None) };
        let is_stuck = delivered.is_empty() && postponed.is_empty();
        common.owner.commit(Commit { delivered, postponed, ..Commit::new(name, clock::now_ms()) }).await?;
        if is_stuck {
            return Ok(None);
        }
    }
}

async fn attempt(common: &Common, delivery: &Delivery) -> Result<(), String> {
    let Some(target) = common.targets.iter().find(|target| target.name == delivery.target) else {
        tracing::warn!(target = delivery.target, "nobody is called so any more, and what was to be told is dropped");
        return Ok(());
    };
    let body = target.form.body(&delivery.body);
    let mut headers = vec![
        ("content-type".to_string(), "application/json".to_string()),
        ("x-linework-delivery".to_string(), delivery.id.to_string()),
    ];
    if let Some(secret) = &target.secret {
        headers.push(("x-linework-signature".to_string(), form::signature(secret, clock::now_ms(), &body)));
    }
    let sent =
        tokio::time::timeout(ANSWER_MAX, send_lines("POST", &target.url, &headers, body.into_bytes(), &mut |_| {}))
            .await;
    match sent {
        Ok(Ok(200..300)) => Ok(()),
        Ok(Ok(status)) => Err(format!("it answers {status}")),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", ANSWER_MAX.as_secs())),
    }
}
