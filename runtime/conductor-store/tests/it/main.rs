//! The SQLite store as the Conductor sees it.

mod commits;
mod refusals;
mod support;
