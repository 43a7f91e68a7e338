//! Names, types and exhaustiveness: from syntax trees to the checked program.
//!
//! [`check`] never fails: it returns a program and everything that was wrong with it.

pub mod typed;
