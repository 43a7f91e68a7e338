//! Some of the real kills, in every run of the tests; `cargo xtask soak kills` makes many.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use xtask::soak::kills::{Limits, run};

/// The binary beside this test's.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let binary = test.parent().and_then(Path::parent).expect("tests run from target/PROFILE/deps").join("lw");
    assert!(binary.exists(), "run `cargo test --workspace`, which builds it, or `cargo build --package lw` first");
    binary
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that does less than it could says so")]
fn three_hundred_kills_leave_no_orphan_and_nothing_twice() {
    let strace = Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let can_trace = strace.is_ok_and(|status| status.success());
    if !can_trace {
        println!("without `strace`, the kills are at calls alone");
    }
    let limits = Limits { binary: binary(), first_seed: 1, kills: 300, every_write: if can_trace { 12 } else { 0 } };
    let report = run(&limits, &mut |_| {});
    assert_eq!(report.violations, Vec::<String>::new());
    assert!(report.kills() >= 300 && report.at_calls >= 150, "{report:?}");
    assert!(report.in_recovery > 20, "{report:?}");
}
