//! Time and chance: the only places where they come in.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Exit, Problem, Problems};

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
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
