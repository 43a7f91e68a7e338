//! That the binary runs at all. An integration test of this package also makes cargo build the binary that the tests in tests/ run.

use std::process::Command;

#[test]
fn the_binary_says_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_lw")).arg("--version").output().expect("the binary starts");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("lw {}\n", env!("CARGO_PKG_VERSION")));
}
