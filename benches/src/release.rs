//! The release `lw`.

use std::io;
use std::path::PathBuf;
use std::process::Command;

/// Builds the release binary beside this benchmark's own, and says where it is.
pub fn build() -> io::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let target = here.ancestors().nth(3).ok_or_else(|| io::Error::other("not in a target folder"))?;
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "-p", "lw", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err(io::Error::other("`lw` does not build"));
    }
    Ok(target.join("release").join("lw"))
}
