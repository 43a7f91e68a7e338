//! A child process, and what it took.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4;

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// User and system time.
    pub cpu_s: f64,
    pub wall_s: f64,
    pub peak_mib: f64,
    pub exit_code: i32,
}

/// Several runs of the same work: the median of each figure.
#[derive(Clone, Debug)]
pub struct Measured {
    pub cpu_s: f64,
    pub wall_s: f64,
    pub peak_mib: f64,
    pub runs: usize,
}

/// Runs a command in a folder and waits for it; what it prints goes to `log`.
pub fn run(program: &Path, arguments: &[&str], folder: &Path, log: &Path) -> io::Result<Run> {
    let output = std::fs::File::create(log)?;
    let start = Instant::now();
    let child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("CHECKPOINT_DISABLE", "1")
        .env_remove("TF_CLI_CONFIG_FILE")
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()?;
    let used = child.wait4()?;
    Ok(Run {
        cpu_s: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        wall_s: start.elapsed().as_secs_f64(),
        peak_mib: used.rusage.maxrss as f64 / 1024.0 / 1024.0,
        exit_code: used.status.code().unwrap_or(-1),
    })
}

/// The medians; `None` of no runs.
pub fn median(runs: &[Run]) -> Option<Measured> {
    let middle = |figure: fn(&Run) -> f64| {
        let mut figures: Vec<f64> = runs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    };
    Some(Measured {
        cpu_s: middle(|run| run.cpu_s)?,
        wall_s: middle(|run| run.wall_s)?,
        peak_mib: middle(|run| run.peak_mib)?,
        runs: runs.len(),
    })
}
