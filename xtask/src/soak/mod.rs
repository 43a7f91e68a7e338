//! Long runs that look for what short ones miss.

pub mod aws;
pub mod kills;
mod programs;
pub mod proxy;
