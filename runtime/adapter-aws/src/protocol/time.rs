//! Times on the wire: ISO 8601, RFC 822, seconds since 1970.

use lw_plan::Json;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Seconds since 1970 that a value stands for: a number, or text in any of the three forms.
pub fn seconds(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => parse_time(text),
        _ => None,
    }
}

/// A number without a fraction where it has none.
pub fn number(seconds: f64) -> Json {
    if seconds.fract() == 0.0 && seconds.abs() < 9e15 { Json::from(seconds as i64) } else { Json::from(seconds) }
}

/// A time as text in one of the three forms.
pub fn written(value: &Json, format: &str) -> String {
    let seconds = seconds(value).unwrap_or_default();
    match format.to_ascii_lowercase().as_str() {
        "rfc822" => rfc822(seconds),
        "unixtimestamp" => number(seconds).to_string(),
        _ => iso8601(seconds),
    }
}

/// `1985-04-12T23:20:50Z`, with milliseconds where there are some.
pub fn iso8601(seconds: f64) -> String {
    let (days, of_day, fraction) = split(seconds);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let fraction = match fraction {
        0 => String::new(),
        fraction => format!(".{}", format!("{fraction:03}").trim_end_matches('0')),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

fn rfc822(seconds: f64) -> String {
    let (days, of_day, _) = split(seconds);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let month = MONTHS[month as usize - 1];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Days since 1970, seconds of the day, milliseconds.
fn split(seconds: f64) -> (i64, i64, i64) {
    let milliseconds = (seconds * 1000.0).round() as i64;
    let (whole, fraction) = (milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000));
    (whole.div_euclid(86_400), whole.rem_euclid(86_400), fraction)
}

/// The date of a day, by Howard Hinnant's algorithm.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Seconds since 1970 of a text in any of the three forms.
pub fn parse_time(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    if text.as_bytes().get(3) == Some(&b',') { parse_rfc822(text) } else { parse_iso8601(text) }
}

fn parse_rfc822(text: &str) -> Option<f64> {
    let mut words = text.get(4..)?.split_ascii_whitespace();
    let day = words.next()?.parse().ok()?;
    let month_name = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month_name)? as i64 + 1;
    let year = words.next()?.parse().ok()?;
    let of_day = of_day(words.next()?)?;
    Some(days_of(year, month, day) as f64 * 86_400.0 + of_day)
}

fn parse_iso8601(text: &str) -> Option<f64> {
    let (date, rest) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00Z"));
    let mut parts = date.splitn(3, '-');
    let mut part = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (part()?, part()?, part()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(at);
    let offset = match zone.as_bytes().first() {
        Some(sign @ (b'+' | b'-')) => {
            let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
            let hours: f64 = digits.get(..2)?.parse().ok()?;
            let minutes: f64 = digits.get(2..4).unwrap_or("0").parse().ok()?;
            (hours * 3600.0 + minutes * 60.0) * if *sign == b'-' { -1.0 } else { 1.0 }
        }
        _ => 0.0,
    };
    Some(days_of(year, month, day) as f64 * 86_400.0 + of_day(time)? - offset)
}

/// `23:20:50.52`.
fn of_day(text: &str) -> Option<f64> {
    let mut parts = text.splitn(3, ':');
    let hours: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    Some(hours * 3600.0 + minutes * 60.0 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_mean_one_time() {
        for text in ["2014-04-29T18:30:38Z", "Tue, 29 Apr 2014 18:30:38 GMT", "1398796238", "2014-04-29T20:30:38+02:00"]
        {
            assert_eq!(parse_time(text), Some(1_398_796_238.0), "{text}");
        }
        assert_eq!(iso8601(1_398_796_238.0), "2014-04-29T18:30:38Z");
        assert_eq!(rfc822(1_398_796_238.0), "Tue, 29 Apr 2014 18:30:38 GMT");
        assert_eq!(iso8601(-1.0), "1969-12-31T23:59:59Z");
        assert_eq!(iso8601(0.123), "1970-01-01T00:00:00.123Z");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "yesterday", "2014-13-01T00:00:00Z", "2014", "inf", "Tue, xx", "2014-01-01T"] {
            let parsed = parse_time(text);
            assert!(parsed.is_none() || text == "2014", "{text}: {parsed:?}");
        }
    }
}
