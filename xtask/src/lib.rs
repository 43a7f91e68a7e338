//! Generators and long runs, as functions: the `xtask` binary is only their command line.

pub mod agree;
pub mod aws;
pub mod aws_operations;
pub mod cfn_lint;
pub mod controls;
pub mod edits;
pub mod fuzz;
pub mod soak;
