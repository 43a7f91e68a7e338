//! A second evaluator of the language, written as naively as it can be, and random well-typed programs on which both must agree.
//!
//! Flow: [`generate`] makes a [`program::Program`] from a seed; [`print`] writes it as source text, which the compiler takes to a Plan;
//! [`evaluate`] walks the same tree and gives the Plan's nodes itself; [`agree`] compares the two. Nothing here is shared with the
//! evaluator under test: it has its own values, its own library functions ([`library`]), its own naming of resources ([`nodes`]).
//! Deliberately absent: speed, and everything that no random program is made of.

pub mod agree;
pub mod evaluate;
pub mod generate;
pub mod library;
pub mod nodes;
pub mod one_file;
pub mod print;
pub mod program;
pub mod random;
pub mod types;
pub mod value;
