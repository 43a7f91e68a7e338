//! Long runs that look for what short ones miss.

pub mod kills;
mod programs;
