//! Some of the real kills on an AWS-compatible server, in every run of the tests; `cargo xtask soak aws` makes many.

use std::path::{Path, PathBuf};

use xtask::soak::aws::{Limits, run};

/// The binary beside this test's.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let binary = test.parent().and_then(Path::parent).expect("tests run from target/PROFILE/deps").join("lw");
    assert!(binary.exists(), "run `cargo test --workspace`, which builds it, or `cargo build --package lw` first");
    binary
}

#[test]
#[expect(clippy::print_stdout, reason = "a test that does less than it could says so")]
fn ten_kills_while_an_example_is_made_leave_no_orphan_and_nothing_twice() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the repository");
    let Some(limits) = Limits::web(binary(), repository, 10, 5) else {
        assert!(std::env::var_os("CI").is_none(), "moto_server is not installed: pip install 'moto[server]'");
        return println!("moto_server is not installed (pip install 'moto[server]'): nothing was killed");
    };
    let report = run(&limits, &mut |_| {});
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(report.kills, 10);
    // What may have happened and what has not were both met.
    assert!(report.faults.get("lost").is_some_and(|count| *count > 10), "{:?}", report.faults);
    assert!(report.faults.get("stale").is_some_and(|count| *count > 0), "{:?}", report.faults);
    // A request that nobody needs is a regression as much as one that is missing.
    assert!((200..300).contains(&report.requests), "{} requests for an apply without faults", report.requests);
}
