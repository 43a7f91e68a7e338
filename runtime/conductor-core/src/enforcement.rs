//! Enforcement: what is done when reality moves away from what was declared.
//!
//! The one idea: a round is a function of what State has, what was just seen, and a [`Memory`] of earlier rounds. Out come the change
//! set to execute now (the one that an apply of the Plan in force would make, cut down to what may be done unasked), the incidents to
//! tell of, and when to look again. Whoever calls it performs the change set through the journal, as an apply is.
//!
//! Guarantees:
//! - what nobody wrote, and what `ignores` names, is not ours;
//! - two parties never undo each other more than once within a contest: the second time it is held, and told;
//! - what is destroyed or made anew is seen twice first, and data is never made anew without a word;
//! - a mass failure stops everything ([`Brake`]);
//! - the memory of a process that died is read back from its incidents ([`Memory::recall`]).
//!
//! Deliberately absent: reading clouds, clocks, and telling people.

mod brake;
mod decide;
mod deviation;
mod incident;
mod memory;
mod restriction;
mod rules;

pub use brake::Brake;
pub use decide::{Decided, Round, decide, executed};
pub use deviation::{Deviation, Seen, deviations};
pub use incident::{Handling, IncidentChange, IncidentDetail, IncidentKind, Subject, Tell};
pub use memory::{Memory, Remembered};
pub use rules::{EnforcementSettings, Rules};
