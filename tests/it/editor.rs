//! The language server as an editor meets it: the real binary, over standard input and output.
//!
//! A fixture is a source with `$0` where the cursor is. Helpers come first; then one file a group of features.

mod client;

mod broken;
mod completion;
mod diagnostics;
mod evaluated;
mod imported;
mod large;
mod names;
mod neovim;
mod safety;
mod structure;

pub use client::{Client, at, fixture};
