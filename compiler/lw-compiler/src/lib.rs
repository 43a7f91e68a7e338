//! The compiler's pipeline on one screen.

mod gather;
pub mod json;
mod manifest;
mod project;
mod text;
mod world;

pub use gather::{Gathered, Work, composition_at, gather};
pub use manifest::{Environment, FILE_NAME as MANIFEST_NAME, Manifest};
pub use project::Project;
pub use text::{BadText, FILE_SIZE_MAX};
pub use world::{Date, Entry, ReadError, World, normalize};
