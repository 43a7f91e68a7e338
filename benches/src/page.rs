//! The page of figures: a table of what was measured against what was budgeted, put between two marks of `docs/benchmarks.md`.

use std::fmt::Write;
use std::io;
use std::path::Path;

use crate::measure::Measured;

const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

/// What a piece of work may take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    pub cpu_s: Option<f64>,
    pub peak_mib: Option<f64>,
}

/// One line: a piece of work, what it took, and what a peer took for the same.
#[derive(Clone, Debug)]
pub struct Row {
    pub work: String,
    pub budget: Budget,
    /// `Err`: why there is no figure.
    pub ours: Result<Measured, String>,
    /// The peer's step, and what it took.
    pub peer: Option<(String, Result<Measured, String>)>,
}

/// The rows as a table in Markdown.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| work | budget | lw: CPU | lw: peak | within | Terraform | CPU | peak | lw / Terraform |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let (cpu, peak) = figures(&row.ours);
        let (step, peer_cpu, peer_peak, ratio) = match &row.peer {
            None => (String::new(), String::new(), String::new(), String::new()),
            Some((step, took)) => {
                let (cpu, peak) = figures(took);
                let ratio = match (&row.ours, took) {
                    (Ok(ours), Ok(took)) => ratio(ours.cpu_s / took.cpu_s),
                    _ => String::new(),
                };
                (step.clone(), cpu, peak, ratio)
            }
        };
        let _ = writeln!(
            text,
            "| {} | {} | {cpu} | {peak} | {} | {step} | {peer_cpu} | {peer_peak} | {ratio} |",
            row.work,
            budget(row.budget),
            verdict(row),
        );
    }
    text
}

/// Puts text between the marks of a page.
pub fn replace_figures(page: &Path, figures: &str) -> io::Result<()> {
    replace_between(page, [BEGIN, END], figures)
}

/// The same between two marks of one's own.
pub fn replace_between(page: &Path, [begin, end]: [&str; 2], figures: &str) -> io::Result<()> {
    let text = std::fs::read_to_string(page)?;
    let missing = || io::Error::other(format!("{} has no marks for figures", page.display()));
    let begin = text.find(begin).ok_or_else(missing)? + begin.len();
    let end = text.find(end).ok_or_else(missing)?;
    std::fs::write(page, format!("{}\n\n{}\n\n{}", &text[..begin], figures.trim(), &text[end..]))
}

/// `58 ms`, `1.43 s`
pub fn seconds(value: f64) -> String {
    match value {
        _ if value < 0.0995 => format!("{:.1} ms", value * 1000.0),
        _ if value < 0.9995 => format!("{:.0} ms", value * 1000.0),
        _ if value < 99.95 => format!("{value:.2} s"),
        _ => format!("{value:.0} s"),
    }
}

fn mebibytes(value: f64) -> String {
    format!("{value:.0} MiB")
}

fn figures(took: &Result<Measured, String>) -> (String, String) {
    match took {
        Ok(took) => (seconds(took.cpu_s), mebibytes(took.peak_mib)),
        Err(reason) => (reason.clone(), String::new()),
    }
}

fn budget(budget: Budget) -> String {
    let parts = [budget.cpu_s.map(seconds), budget.peak_mib.map(mebibytes)];
    let parts: Vec<String> = parts.into_iter().flatten().map(|part| format!("< {part}")).collect();
    parts.join(", ")
}

fn verdict(row: &Row) -> &'static str {
    let Ok(ours) = &row.ours else { return "" };
    if row.budget.cpu_s.is_none() && row.budget.peak_mib.is_none() {
        return "";
    }
    let over = |limit: Option<f64>, value: f64| limit.is_some_and(|limit| value >= limit);
    match (over(row.budget.cpu_s, ours.cpu_s), over(row.budget.peak_mib, ours.peak_mib)) {
        (false, false) => "yes",
        (true, false) => "**no: CPU**",
        (false, true) => "**no: memory**",
        (true, true) => "**no**",
    }
}

fn ratio(value: f64) -> String {
    if value >= 0.1 { format!("{value:.2}") } else { format!("1 / {:.0}", 1.0 / value) }
}
