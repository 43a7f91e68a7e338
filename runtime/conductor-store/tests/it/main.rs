//! The SQLite store as the Conductor sees it.

mod audits;
mod backups;
mod commits;
mod refusals;
mod support;
mod watching;
