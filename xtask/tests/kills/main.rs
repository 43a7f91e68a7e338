//! Some of the real kills, in every run of the tests; `cargo xtask soak` makes many.

mod server;
mod simulated;

use std::path::{Path, PathBuf};

/// The binary beside this test's.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let binary = test.parent().and_then(Path::parent).expect("tests run from target/PROFILE/deps").join("lw");
    assert!(binary.exists(), "run `cargo test --workspace`, which builds it, or `cargo build --package lw` first");
    binary
}
