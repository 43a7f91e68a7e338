//! What happens in a day, drawn from its seed before it is lived: a day that fails is lived again without what does not matter to it.

use super::Chance;

const DAY_MS: u64 = 24 * 3_600_000;
/// A shrinking ends after so many lives.
const LIVES_MAX: usize = 600;

/// What happens before a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// The program is another one.
    Program,
    /// Somebody else edits, deletes or makes something.
    Meddling,
    Nothing,
}

/// One command of a day, with what goes wrong in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub happening: Happening,
    pub wait_ms: u64,
    /// Of all else that is diced in it.
    pub seed: u64,
    /// The process ends after so many effects.
    pub crash_after: Option<u64>,
    /// Of a thousand calls, how many lose their response or are throttled.
    pub lost: u64,
    pub throttled: u64,
    /// The cloud refuses everything about one resource, as it does beyond a quota.
    pub is_refused: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub seed: u64,
    pub turns: Vec<Turn>,
}

impl Schedule {
    pub fn of(seed: u64) -> Schedule {
        let mut chance = Chance::mixed(seed);
        let (lost, throttled) = (chance.below(200), chance.below(200));
        let (mut turns, mut at_ms) = (Vec::new(), 0);
        while at_ms < DAY_MS {
            let crash_after = (chance.below(3) == 0).then(|| chance.below(90));
            let (happening, wait_ms) = match chance.below(10) {
                0..=4 => (Happening::Program, 0),
                5 | 6 => (Happening::Meddling, 0),
                7 => (Happening::Nothing, chance.below(2 * 3_600_000)),
                // Down for longer than any token lives.
                8 if chance.below(4) == 0 => (Happening::Nothing, 37 * 3_600_000),
                _ => (Happening::Nothing, 0),
            };
            let wait_ms = wait_ms + chance.below(45 * 60_000);
            let is_bad = chance.below(20) == 0;
            turns.push(Turn {
                happening,
                wait_ms,
                seed: chance.below(1 << 31),
                crash_after,
                lost: if is_bad { 700 } else { lost },
                throttled,
                is_refused: chance.below(12) == 0,
            });
            at_ms += wait_ms;
        }
        Schedule { seed, turns }
    }

    /// The least of it that still fails.
    pub fn shrunk(&self, fails: &dyn Fn(&Schedule) -> bool) -> Schedule {
        let mut least = self.clone();
        let mut lives = 0;
        let mut try_instead = |least: &mut Schedule, other: Schedule| {
            lives += 1;
            let is_less = lives <= LIVES_MAX && other != *least && fails(&other);
            if is_less {
                *least = other;
            }
            is_less
        };
        let mut length = least.turns.len().div_ceil(2);
        while length > 0 {
            let mut at = 0;
            while at < least.turns.len() {
                let mut other = least.clone();
                other.turns.drain(at..(at + length).min(least.turns.len()));
                if !try_instead(&mut least, other) {
                    at += length;
                }
            }
            length /= 2;
        }
        for at in 0..least.turns.len() {
            let simpler: [fn(&mut Turn); 5] = [
                |turn| turn.crash_after = None,
                |turn| turn.lost = 0,
                |turn| turn.throttled = 0,
                |turn| turn.is_refused = false,
                |turn| turn.wait_ms = 0,
            ];
            for simplify in simpler {
                let mut other = least.clone();
                simplify(&mut other.turns[at]);
                try_instead(&mut least, other);
            }
        }
        least
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for turn in &self.turns {
            writeln!(formatter, "  {turn:?}")?;
        }
        Ok(())
    }
}
