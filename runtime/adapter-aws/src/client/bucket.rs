//! Rates: a token bucket for each service, as it counts, and slower after it says that we are too fast.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A second, and at once.
type Rate = (f64, f64);

/// Service, reads a second and at once, changes a second and at once. EC2's are documented; the rest are careful.
const RATES: &[(&str, Rate, Rate)] = &[
    ("ec2", (20.0, 100.0), (5.0, 50.0)),
    ("iam", (15.0, 30.0), (5.0, 15.0)),
    ("route53", (5.0, 5.0), (5.0, 5.0)),
    ("elasticloadbalancing", (10.0, 40.0), (3.0, 20.0)),
    ("autoscaling", (10.0, 40.0), (5.0, 20.0)),
    ("cloudcontrolapi", (10.0, 20.0), (5.0, 10.0)),
    ("s3", (100.0, 200.0), (50.0, 100.0)),
];
const USUAL: (Rate, Rate) = ((20.0, 50.0), (10.0, 25.0));

/// Slower than this it never gets.
const RATE_MIN: f64 = 0.5;

pub struct Bucket(Mutex<State>);

struct State {
    rate: f64,
    rate_max: f64,
    burst: f64,
    tokens: f64,
    at: Option<Instant>,
}

impl Bucket {
    /// A compatible server counts in its own way; there, only what it refuses slows us down.
    pub fn of(service: &str, changes: bool, is_compatible_server: bool) -> Bucket {
        let known = RATES.iter().find(|(name, ..)| *name == service);
        let (reads, writes) = known.map_or(USUAL, |(_, reads, writes)| (*reads, *writes));
        let (rate, burst) = match (is_compatible_server, changes) {
            (true, _) => (1000.0, 1000.0),
            (false, true) => writes,
            (false, false) => reads,
        };
        Bucket(Mutex::new(State { rate, rate_max: rate, burst, tokens: burst, at: None }))
    }

    /// Returns when a call may be made.
    pub async fn take(&self) {
        if let Some(wait) = self.reserve(Instant::now()) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes a token at a time; how long to wait for it.
    fn reserve(&self, now: Instant) -> Option<Duration> {
        self.with(|state| {
            state.refill(now);
            state.tokens -= 1.0;
            (state.tokens < 0.0).then(|| Duration::from_secs_f64(-state.tokens / state.rate))
        })
    }

    /// The service says that we are too fast.
    pub fn throttled(&self) {
        self.with(|state| {
            state.refill(Instant::now());
            state.rate = (state.rate / 2.0).clamp(RATE_MIN, 20.0);
            state.tokens = state.tokens.min(0.0);
        });
    }

    pub fn answered(&self, well: bool) {
        if well {
            self.with(|state| state.rate = (state.rate * 1.05).min(state.rate_max));
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn refill(&mut self, now: Instant) {
        if let Some(at) = self.at {
            self.tokens = (self.tokens + now.saturating_duration_since(at).as_secs_f64() * self.rate).min(self.burst);
        }
        self.at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_the_rest_waits() {
        let bucket = Bucket::of("route53", false, false);
        let now = Instant::now();
        assert!((0..5).all(|_| bucket.reserve(now).is_none()));
        let waits: Vec<u128> = (0..5).filter_map(|_| bucket.reserve(now)).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [200, 400, 600, 800, 1000]);
        // Five seconds give back more than was borrowed, and never more than a burst.
        let later = now + Duration::from_secs(5);
        assert!((0..5).all(|_| bucket.reserve(later).is_none()));
        assert!(bucket.reserve(later).is_some());
    }

    #[test]
    fn a_refusal_slows_down_and_answers_speed_up() {
        let bucket = Bucket::of("iam", true, false);
        bucket.throttled();
        let wait = bucket.reserve(Instant::now()).expect("there is nothing left to take");
        assert!(wait >= Duration::from_millis(390), "{wait:?}");
        (0..100).for_each(|_| bucket.answered(true));
        assert!(bucket.with(|state| state.rate == state.rate_max));
    }
}
