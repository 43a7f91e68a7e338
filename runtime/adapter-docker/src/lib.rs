//! Docker Engine: networks, volumes, images and containers, over its socket.
//!
//! The one idea: every object carries the labels of its owner from the call that makes it, and nothing about it is ever changed in
//! place. So a create looks for its own labels first, which makes a resend harmless, and an update does not exist.
//! Deliberately absent: decisions, which are the Conductor's; the names of image registries and how to log in to them.

mod adapter;
mod container;
mod context;
mod engine;
mod error;
mod image;
mod labels;
mod network;
mod shown;
mod volume;

pub use crate::adapter::{Docker, DockerAdapters};
