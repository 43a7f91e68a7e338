//! What the daemon knows at this moment, for whoever asks: a copy of what the loops have found, never what they decide by.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use conductor_core::{DeploymentName, Deviation, Handling, PolicyVerdict, Unrecorded};
use tokio::sync::watch;

/// One deployment as its loop last saw it.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    pub looked_at_ms: Option<u64>,
    pub next_look_ms: Option<u64>,
    /// How many objects are looked at.
    pub watched: usize,
    pub standing: Vec<(Deviation, Handling)>,
    pub unrecorded: Vec<Unrecorded>,
    pub swept_at_ms: Option<u64>,
    /// Why the cloud cannot be seen, if it cannot.
    pub blind: Option<String>,
    /// By wire type: milliseconds between two looks.
    pub cadence: BTreeMap<String, u64>,
    pub policies: Vec<PolicyVerdict>,
    pub judged_at_ms: Option<u64>,
    pub counters: Counters,
}

/// What was done since the daemon began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub looks: u64,
    pub objects_read: u64,
    pub calls: u64,
    pub calls_failed: u64,
    pub corrections: u64,
    pub corrections_failed: u64,
}

/// Conditions by deployment, and a bell that rings when one changes.
pub struct Board {
    conditions: Mutex<BTreeMap<DeploymentName, Condition>>,
    bell: watch::Sender<u64>,
}

impl Default for Board {
    fn default() -> Board {
        Board { conditions: Mutex::default(), bell: watch::channel(0).0 }
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<DeploymentName, Condition>> {
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn of(&self, name: &DeploymentName) -> Option<Condition> {
        self.lock().get(name).cloned()
    }

    pub fn all(&self) -> Vec<(DeploymentName, Condition)> {
        self.lock().iter().map(|(name, condition)| (name.clone(), condition.clone())).collect()
    }

    pub fn update(&self, name: &DeploymentName, change: impl FnOnce(&mut Condition)) {
        change(self.lock().entry(name.clone()).or_default());
        self.ring();
    }

    pub fn remove(&self, name: &DeploymentName) {
        self.lock().remove(name);
        self.ring();
    }

    /// Something changed that people watch.
    pub fn ring(&self) {
        self.bell.send_modify(|count| *count += 1);
    }

    pub fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }
}
