//! Why a change set must not be executed as it is.

use lw_plan::ResourcePath;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use crate::Place;

/// What the person at the keyboard has allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// `--allow-delete COUNT|all`.
    pub delete: Allowance,
    /// `--allow-replace PATH`, repeated.
    pub replace: BTreeSet<ResourcePath>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowance {
    #[default]
    None,
    Count(u64),
    All,
}

impl Allowance {
    pub fn covers(self, count: u64) -> bool {
        match self {
            Allowance::None => count == 0,
            Allowance::Count(most) => count <= most,
            Allowance::All => true,
        }
    }
}

/// One reason not to go on, in the shape of a diagnostic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    pub kind: RefusalKind,
    /// The headline: lower case, no final stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What it is about.
    pub paths: Vec<ResourcePath>,
    pub place: Option<Place>,
}

/// Each kind has a code with a page in docs/errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefusalKind {
    /// More than max(5, 20 %) deletions.
    TooManyDeletions,
    /// A Plan without resources would delete everything.
    EmptyPlan,
    /// A data resource would be deleted.
    DataDeleted,
    /// A data resource would be replaced.
    DataReplaced,
    /// `protect: True` stands on what would be deleted or replaced.
    Protected,
    /// One data resource goes, another of its type comes.
    LooksLikeRename,
    /// More than one record may be this data resource.
    Ambiguous,
    /// Old and new would hold the same name or address, and the old cannot go first.
    ClaimHeld,
    /// A property was removed that the cloud keeps.
    CannotReset,
    /// Nobody knows what an earlier operation left.
    Quarantined,
    /// What a change set was made for has moved on.
    MovedOn,
    /// The steps wait for each other.
    OrderCycle,
    /// A value cannot be worked out from what is known.
    Unresolvable,
    /// A resource names a provider that the Plan does not bind, and there is no default.
    NoProvider,
}

impl RefusalKind {
    /// The code of its page.
    pub fn code(self) -> &'static str {
        match self {
            RefusalKind::TooManyDeletions => "LW0501",
            RefusalKind::EmptyPlan => "LW0502",
            RefusalKind::DataDeleted => "LW0503",
            RefusalKind::DataReplaced => "LW0504",
            RefusalKind::Protected => "LW0505",
            RefusalKind::LooksLikeRename => "LW0506",
            RefusalKind::Ambiguous => "LW0507",
            RefusalKind::ClaimHeld => "LW0508",
            RefusalKind::CannotReset => "LW0509",
            RefusalKind::Quarantined => "LW0510",
            RefusalKind::MovedOn => "LW0511",
            RefusalKind::OrderCycle => "LW0512",
            RefusalKind::NoProvider => "LW0513",
            RefusalKind::Unresolvable => "LW0514",
        }
    }
}
