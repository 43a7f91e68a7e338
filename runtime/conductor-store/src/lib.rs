//! Where State is kept: the single source of truth between two commands, and after a crash.
//!
//! The one idea: [`Store`] is narrow. Reads give whole values of conductor-core; every write is a [`Commit`], which is on disk as a
//! whole or not at all, and commits that are ready at the same time share one fsync ([`GroupCommit`]).
//! Guarantees: one owner writes. It holds a file lock that the kernel frees when the process dies, and an epoch that every
//! transaction checks, so that an owner who lost the store without knowing it cannot write to it.
//! Deliberately absent: what the values mean.

mod audit;
mod error;
mod group;
mod lock;
mod model;
mod sqlite;
mod store;

pub use audit::{Audit, audit_log};
pub use error::StoreError;
pub use group::GroupCommit;
pub use lock::OwnerLock;
pub use model::{
    Checkpoint, CloudKind, Delivery, GenerationRow, Incident, Lease, Meta, Pause, PlanHeading, ResourceSummary,
    Variable, WatchRow,
};
pub use sqlite::{Restored, SqliteOptions, SqliteStore};
pub use store::{Commit, Store, WatchStore};
