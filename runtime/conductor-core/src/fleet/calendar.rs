//! When members may be replaced without need.

use lw_plan::Window;

const DAY_MS: u64 = 86_400_000;

/// Whether any window is open; always, where there are none. Times are UTC.
pub(super) fn is_open(windows: &[Window], now_ms: u64) -> bool {
    windows.is_empty() || windows.iter().any(|window| is_inside(window, now_ms))
}

fn is_inside(window: &Window, now_ms: u64) -> bool {
    // The first of January 1970 was a Thursday.
    let (day, time_ms) = (((now_ms / DAY_MS + 3) % 7) as u8, now_ms % DAY_MS);
    let begins_on = |day: u8| window.days.contains(&day);
    if window.from_ms < window.to_ms {
        return begins_on(day) && (window.from_ms..window.to_ms).contains(&time_ms);
    }
    begins_on(day) && time_ms >= window.from_ms || begins_on((day + 6) % 7) && time_ms < window.to_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn windows_open_by_day_and_hour_and_across_midnight() {
        let at = |day: u64, hour: u64| day * DAY_MS + hour * HOUR_MS;
        // Day 4 is a Monday.
        let night = Window { days: vec![0], from_ms: 22 * HOUR_MS, to_ms: 4 * HOUR_MS };
        let open: Vec<(u64, u64)> = (0..14)
            .flat_map(|day| (0..24).map(move |hour| (day, hour)))
            .filter(|(day, hour)| is_open(std::slice::from_ref(&night), at(*day, *hour)))
            .collect();
        assert_eq!(
            open,
            [(4, 22), (4, 23), (5, 0), (5, 1), (5, 2), (5, 3), (11, 22), (11, 23), (12, 0), (12, 1), (12, 2), (12, 3)]
        );
        let noon = Window { days: (0..7).collect(), from_ms: 12 * HOUR_MS, to_ms: 13 * HOUR_MS };
        assert!(is_open(&[night.clone(), noon.clone()], at(0, 12)) && !is_open(&[night, noon], at(0, 13)));
        assert!(is_open(&[], 0));
    }
}
