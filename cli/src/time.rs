//! Times as people read and write them.

use lw_compiler::Date;

/// Milliseconds since 1970 as `2026-01-31 12:34:56`, in UTC.
pub fn date_and_time(at_ms: u64) -> String {
    let seconds = at_ms / 1_000;
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{} {hour:02}:{minute:02}:{second:02}", Date::from_unix_days((seconds / 86_400) as i64))
}

/// `850 ms`, `12 s`, `3 min`, `2 h`, `4 d`.
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{} s", ms / 1_000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} d", ms / 86_400_000),
    }
}

/// `500ms`, `30s`, `10m`, `2h`, `7d` as milliseconds: durations as the language writes them.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let read = units.iter().find_map(|(unit, length)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*length)
    });
    read.filter(|ms| *ms > 0).ok_or_else(|| "a duration such as `30s`, `10m` or `2h`".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_the_language_writes_them() {
        for (text, ms) in [("500ms", 500), ("30s", 30_000), ("10m", 600_000), ("2h", 7_200_000), ("7d", 604_800_000)] {
            assert_eq!(parse_duration(text), Ok(ms), "{text}");
        }
        for wrong in ["", "s", "10", "-1s", "0s", "1w", "99999999999999999999d"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
