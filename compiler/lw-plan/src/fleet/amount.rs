use serde_json::Value as Json;

/// So many members, or a share of a number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Members(u32),
    /// In hundredths, 0 to 100.
    Share(u32),
}

impl Amount {
    /// Of surplus: a share rounds up, so that a share above none is at least one.
    pub fn rounded_up(self, of: u32) -> u32 {
        match self {
            Amount::Members(members) => members,
            Amount::Share(share) => (u64::from(of) * u64::from(share)).div_ceil(100) as u32,
        }
    }

    /// Of what may be missing: a share rounds down, and never more than there are.
    pub fn rounded_down(self, of: u32) -> u32 {
        match self {
            Amount::Members(members) => members.min(of),
            Amount::Share(share) => (u64::from(of) * u64::from(share) / 100) as u32,
        }
    }

    pub(super) fn read(value: &Json) -> Option<Amount> {
        let number = |name: &str| value.get(name)?.as_u64().and_then(|number| u32::try_from(number).ok());
        number("Members").map(Amount::Members).or_else(|| number("Share").map(|share| Amount::Share(share.min(100))))
    }
}
