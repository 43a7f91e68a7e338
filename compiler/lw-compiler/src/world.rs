//! The compiler's only window outward.
//!
//! Deliberately absent: writing, the network, the time of day, randomness. Whoever implements these four methods decides what
//! the compiler can see: the command line shows it a disk, a test or an editor a map.

use std::path::{Path, PathBuf};

/// What the compiler may ask of the world around it.
pub trait World {
    /// The bytes of a file; no more than `size_max` are read.
    fn read(&self, path: &Path, size_max: u64) -> Result<Vec<u8>, ReadError>;

    /// What a folder holds, sorted by name.
    fn list(&self, folder: &Path) -> Result<Vec<Entry>, ReadError>;

    /// An environment variable, when it is set and is Unicode.
    fn variable(&self, name: &str) -> Option<String>;

    /// Today's date in UTC.
    fn today(&self) -> Date;
}

/// Why a file or folder could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    Missing,
    /// A folder where a file is wanted, or the other way round.
    WrongKind,
    TooLarge,
    /// What the system says: permissions, a broken disk.
    Failed(String),
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub name: String,
    pub is_folder: bool,
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i32,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
}

impl Date {
    /// The date that many days after 1 January 1970.
    pub fn from_unix_days(days: i64) -> Date {
        // Howard Hinnant's civil_from_days: eras of 400 years that begin on 1 March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u8;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as i32;
        Date { year, month, day }
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// `path` without `.` parts and with `..` taken back where it can be, so that one file has one name.
pub fn normalize(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, date) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_454, "2026-01-01")] {
            assert_eq!(Date::from_unix_days(days).to_string(), date);
        }
        assert_eq!(Date::from_unix_days(-1).to_string(), "1969-12-31");
    }

    #[test]
    fn a_path_has_one_name() {
        assert_eq!(normalize(Path::new("./a/../b/./c")), Path::new("b/c"));
        assert_eq!(normalize(Path::new("../a/..")), Path::new(".."));
        assert_eq!(normalize(Path::new("/a/./b")), Path::new("/a/b"));
    }
}
