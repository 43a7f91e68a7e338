//! Amazon Web Services: a client that is data, and the life of each resource type as a table.
//!
//! The one idea: nothing here is generated into Rust. Operations and shapes are botocore's own models, stripped and embedded
//! (`cargo xtask generate aws-operations`); what makes, shows, changes and ends an object of a type is in lifecycle/*.toml.
//! Deliberately absent: SDK crates of single services, which would take longer to build than everything else together; decisions,
//! which are the Conductor's.

mod adapter;
pub mod client;
mod cloud_control;
pub mod lifecycle;
pub mod model;
pub mod protocol;
mod questions;

pub use crate::adapter::{Aws, AwsAdapters};
