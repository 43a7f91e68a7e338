/// The mass-failure brake: when too much is wrong at once, the likeliest thing that is wrong is how we look at it (the wrong account,
/// an outage), and the worst thing to do is to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brake {
    /// As many resources may be destroyed or made anew within the window as this, or as the percentage, whichever is more.
    pub destructive_free: u64,
    pub destructive_percent: u64,
    /// The same for corrections in place.
    pub corrections_free: u64,
    pub corrections_percent: u64,
    /// What was done in so many milliseconds counts.
    pub window_ms: u64,
}

impl Default for Brake {
    fn default() -> Brake {
        Brake {
            destructive_free: 5,
            destructive_percent: 20,
            corrections_free: 50,
            corrections_percent: 50,
            window_ms: 600_000,
        }
    }
}

/// Corrections: those that destroy or make anew, and all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub destructive: u64,
    pub all: u64,
}

impl Brake {
    /// Why nothing more is done: `wanted` on top of what was done in the window, of so many resources.
    pub(super) fn holds(&self, wanted: Load, recent: Load, resources: u64) -> Option<String> {
        let over = |count: u64, free: u64, percent: u64| {
            count * 100 > (free * 100).max(resources.saturating_mul(percent)) && count > 0
        };
        let destructive = wanted.destructive + recent.destructive;
        if wanted.destructive > 0 && over(destructive, self.destructive_free, self.destructive_percent) {
            return Some(format!("{destructive} of {resources} resources would be replaced or made anew"));
        }
        let all = wanted.all + recent.all;
        if wanted.all > 0 && over(all, self.corrections_free, self.corrections_percent) {
            return Some(format!("{all} of {resources} resources would be corrected"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(destructive: u64, all: u64) -> Load {
        Load { destructive, all }
    }

    #[test]
    fn a_few_are_always_free_and_a_share_of_many_is() {
        let brake = Brake::default();
        assert_eq!(brake.holds(load(5, 5), load(0, 0), 5), None);
        assert!(brake.holds(load(6, 6), load(0, 0), 6).is_some());
        assert_eq!(brake.holds(load(20, 20), load(0, 0), 100), None);
        assert!(brake.holds(load(21, 21), load(0, 0), 100).is_some());
        assert!(brake.holds(load(0, 51), load(0, 0), 60).is_some());
        assert_eq!(brake.holds(load(0, 50), load(0, 0), 60), None);
    }

    #[test]
    fn what_was_done_lately_counts() {
        let brake = Brake::default();
        assert!(brake.holds(load(1, 1), load(5, 5), 10).is_some());
        assert_eq!(brake.holds(load(0, 1), load(5, 5), 10), None, "what is corrected in place destroys nothing");
    }
}
