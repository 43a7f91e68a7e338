use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How a simulated cloud behaves. The default is a cloud that answers at once and never errs.
#[derive(Clone, Debug)]
pub struct Config {
    /// Everything invented comes from this number.
    pub seed: u64,
    /// The account that objects live in when the call names none.
    pub account: String,
    /// The region that objects live in when the call names none.
    pub region: String,
    /// Whose credentials the caller has; without it, always those of the account that a call names.
    pub credentials: Option<String>,
    /// How long every call takes, in milliseconds.
    pub latency_ms: u64,
    /// How much longer it may take, by the seed, in milliseconds.
    pub latency_jitter_ms: u64,
    pub faults: Faults,
    /// How long a token is remembered, in milliseconds.
    pub token_memory_ms: u64,
    pub clock: Clock,
    /// Where another process serves the cloud; all else here is then that one's.
    pub socket: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            seed: 0,
            account: "000000000000".to_string(),
            region: "us-east-1".to_string(),
            credentials: None,
            latency_ms: 0,
            latency_jitter_ms: 0,
            faults: Faults::default(),
            token_memory_ms: 24 * 60 * 60 * 1000,
            clock: Clock::System,
            socket: None,
        }
    }
}

/// What goes wrong, in calls out of a thousand; drawn from the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Refused before anything happened, with a rate error.
    pub throttled_per_mille: u32,
    /// Refused before anything happened, with a server error that says so.
    pub retryable_per_mille: u32,
    /// Lost on the way there: nothing happened, the caller cannot know.
    pub lost_request_per_mille: u32,
    /// Lost on the way back: it happened, the caller cannot know.
    pub lost_response_per_mille: u32,
    /// For so long after a write, a read may show what was before it, in milliseconds.
    pub read_lag_ms: u64,
}

impl Faults {
    /// Whether a call can go wrong.
    pub fn any(&self) -> bool {
        self.throttled_per_mille + self.retryable_per_mille + self.lost_request_per_mille + self.lost_response_per_mille
            > 0
    }
}

/// Where the simulated cloud reads the time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// Milliseconds since 1970, moved by whoever drives the simulation.
    Manual(Arc<AtomicU64>),
}

impl Clock {
    pub fn now_ms(&self) -> u64 {
        match self {
            Clock::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64),
            Clock::Manual(now) => now.load(Ordering::Relaxed),
        }
    }
}
