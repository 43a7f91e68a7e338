//! Which machine, and which versions.

use std::path::Path;
use std::process::Command;

/// `AMD EPYC 7B13, 2 cores, 23 GiB, Linux 6.1`
pub fn describe() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (processors, memory, kernel) =
        (read("/proc/cpuinfo"), read("/proc/meminfo"), read("/proc/sys/kernel/osrelease"));
    let model = after(&processors, "model name").unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kib: f64 = after(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0.0);
    format!("{model}, {cores} cores, {:.0} GiB, Linux {}", kib / 1024.0 / 1024.0, kernel.trim())
}

/// How many processes wanted a processor over the last minute.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// The first line that a program prints when run so; empty where it cannot be run.
pub fn first_line(program: &Path, arguments: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(arguments).env_remove("TF_CLI_CONFIG_FILE").output() else {
        return String::new();
    };
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_string()
}

fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim())
}
