//! How often to look, and how many calls that may cost.
//!
//! The one idea: what has been quiet is looked at less often, what has just moved more often, and never more often than a share of the
//! cloud's own limits pays for. Both are values that are told the time.

/// Bounds of the time between two looks at the same objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CadenceSettings {
    pub shortest_ms: u64,
    pub longest_ms: u64,
}

impl Default for CadenceSettings {
    fn default() -> CadenceSettings {
        CadenceSettings { shortest_ms: 30_000, longest_ms: 300_000 }
    }
}

/// When the objects of one type are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    pub interval_ms: u64,
    pub due_at_ms: u64,
}

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// All was as before.
    Quiet,
    /// Something had moved.
    Moved,
    /// The cloud did not answer.
    Failed,
}

impl Cadence {
    /// Due at once.
    pub fn new(settings: CadenceSettings) -> Cadence {
        Cadence { interval_ms: settings.shortest_ms, due_at_ms: 0 }
    }

    /// After a look that took so long: half as often again after each quiet one, at once as often as may be after one that was not;
    /// and whoever takes long is not looked at all the time.
    pub fn looked(&mut self, now_ms: u64, look: Look, took_ms: u64, settings: CadenceSettings) {
        let floor_ms = settings.shortest_ms.max(took_ms.saturating_mul(2)).min(settings.longest_ms.max(took_ms));
        self.interval_ms = match look {
            Look::Quiet => (self.interval_ms + self.interval_ms / 2).min(settings.longest_ms),
            Look::Moved => settings.shortest_ms,
            Look::Failed => self.interval_ms.saturating_mul(2).min(settings.longest_ms),
        }
        .max(floor_ms);
        self.due_at_ms = now_ms + self.interval_ms;
    }
}

/// A token bucket: our share of a cloud's rate limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Allotment {
    /// Calls a second when nothing is wrong.
    rate: f64,
    burst: f64,
    /// What throttling has left of the rate.
    factor: f64,
    tokens: f64,
    at_ms: u64,
}

/// After being told to slow down, no slower than this part of the share.
const FACTOR_MIN: f64 = 0.05;

impl Allotment {
    /// `share` (0 to 1) of a limit of so many calls a second with such a burst.
    pub fn new(rate: f64, burst: f64, share: f64, now_ms: u64) -> Allotment {
        let share = share.clamp(0.01, 1.0);
        let burst = (burst * share).max(1.0);
        Allotment { rate: (rate * share).max(0.01), burst, factor: 1.0, tokens: burst, at_ms: now_ms }
    }

    /// Takes a call; gives how long to wait before it may be made.
    pub fn take(&mut self, now_ms: u64) -> u64 {
        let rate = self.rate * self.factor;
        let passed_ms = now_ms.saturating_sub(self.at_ms);
        self.at_ms = self.at_ms.max(now_ms);
        self.tokens = (self.tokens + rate * passed_ms as f64 / 1_000.0).min(self.burst);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 { 0 } else { (-self.tokens / rate * 1_000.0).ceil() as u64 }
    }

    /// The cloud said that it is too much: half as much from now on.
    pub fn throttled(&mut self) {
        self.factor = (self.factor / 2.0).max(FACTOR_MIN);
        self.tokens = self.tokens.min(0.0);
    }

    /// A call went through: a little more again.
    pub fn went_through(&mut self) {
        self.factor = (self.factor + 0.02).min(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: CadenceSettings = CadenceSettings { shortest_ms: 10_000, longest_ms: 60_000 };

    #[test]
    fn what_is_quiet_is_looked_at_less_and_what_moves_more() {
        let mut cadence = Cadence::new(SETTINGS);
        let mut intervals = Vec::new();
        for look in [Look::Quiet, Look::Quiet, Look::Quiet, Look::Quiet, Look::Quiet, Look::Quiet, Look::Moved] {
            cadence.looked(1_000, look, 10, SETTINGS);
            intervals.push(cadence.interval_ms);
        }
        assert_eq!(intervals, [15_000, 22_500, 33_750, 50_625, 60_000, 60_000, 10_000]);
        assert_eq!(cadence.due_at_ms, 11_000);
        cadence.looked(0, Look::Failed, 10, SETTINGS);
        assert_eq!(cadence.interval_ms, 20_000);
    }

    #[test]
    fn who_takes_long_is_given_time() {
        let mut cadence = Cadence::new(SETTINGS);
        cadence.looked(0, Look::Moved, 20_000, SETTINGS);
        assert_eq!(cadence.interval_ms, 40_000);
        cadence.looked(0, Look::Moved, 90_000, SETTINGS);
        assert_eq!(cadence.interval_ms, 90_000, "the honest shortest");
    }

    #[test]
    fn a_share_is_never_exceeded() {
        let mut allotment = Allotment::new(20.0, 100.0, 0.5, 0);
        let mut now_ms = 0;
        for _ in 0..650 {
            now_ms += allotment.take(now_ms);
        }
        // 50 at once, and then ten a second.
        assert!((59_000..=61_000).contains(&now_ms), "{now_ms}");
        allotment.throttled();
        let before = now_ms;
        for _ in 0..10 {
            now_ms += allotment.take(now_ms);
        }
        assert!(now_ms - before >= 1_900, "half as fast: {}", now_ms - before);
        for _ in 0..100 {
            allotment.went_through();
        }
        assert_eq!(allotment.factor, 1.0);
    }
}
