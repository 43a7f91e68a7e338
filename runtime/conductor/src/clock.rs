//! Time and chance: the only places where they come in.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Exit, Problem, Problems};

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Today in UTC: `2026-01-31`.
pub fn today() -> String {
    date_of(now_ms() / 86_400_000)
}

/// The date of a day since 1970, by the Gregorian calendar (Howard Hinnant's algorithm: years begin in March).
fn date_of(day: u64) -> String {
    let day = day + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day_of_month:02}", year + era * 400 + carry)
}

pub fn fresh_128_bits() -> Result<u128, Problems> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Problems::from(Problem::new("LW0567", Exit::Runtime, format!("the system gives no random numbers: {error}")))
    })?;
    Ok(u128::from_be_bytes(bytes))
}

/// Spreads retries; any number will do.
pub fn jitter() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (day, date) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_454, "2026-01-01")] {
            assert_eq!(date_of(day), date);
        }
    }
}
