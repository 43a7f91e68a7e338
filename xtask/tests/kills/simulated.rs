//! Kills on the simulated cloud: what `cargo xtask soak kills` makes many of.

use std::process::{Command, Stdio};

use xtask::soak::kills::{Limits, run};

use crate::binary;

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
