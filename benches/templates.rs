//! `cargo bench -p linework-benches --bench templates [-- --quick]`: CloudFormation templates with the whole pack `Policy.AWS.Config`, beside
//! cfn-lint and cfn-guard, in one run.
//!
//! `LINEWORK_LW` names an `lw` that is already built; otherwise the release one is built. `LINEWORK_CFN_LINT` and `LINEWORK_CFN_GUARD` name the
//! others, which are looked for on the path else; one that is not there is a line that says so.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use linework_benches::measure::{self, Measured, Run};
use linework_benches::page::{self, seconds};
use linework_benches::{machine, release, template};
use tempfile::TempDir;

const MARKS: [&str; 2] = ["<!-- templates: begin -->", "<!-- templates: end -->"];
/// Resources and conditions of each template.
const SIZES: [(usize, usize); 6] = [(500, 0), (1_000, 0), (2_000, 0), (5_000, 0), (10_000, 0), (10_000, 1_000)];
const PACK: [&str; 4] = ["check", "template.yaml", "--policy", "Policy.AWS.Config"];
/// What DESIGN allows for 500 resources.
const BUDGET: (f64, f64) = (0.060, 80.0);

fn main() -> ExitCode {
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("benchmarks: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn compare() -> io::Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let repetitions = if quick { 1 } else { 7 };
    let lw = match std::env::var_os("LINEWORK_LW") {
        Some(path) => PathBuf::from(path),
        None => release::build()?,
    };
    let bench = Bench { folder: tempfile::tempdir()? };
    let load = machine::load();
    let mut text = String::from("| work | CPU | peak | CPU a resource |\n|---|---|---|---|\n");
    let sizes = if quick { &SIZES[..2] } else { &SIZES[..] };
    for (resources, conditions) in sizes {
        let folder = bench.template(*resources, *conditions)?;
        let took = bench.repeat(&lw, &PACK, &folder, repetitions);
        let under = if *conditions > 0 { format!(" under {conditions} conditions") } else { String::new() };
        let budget = match (*resources, &took) {
            (500, Ok(took)) if took.cpu_s < BUDGET.0 && took.peak_mib < BUDGET.1 => ", within its budget",
            (500, Ok(_)) => ", **over its budget**",
            _ => "",
        };
        text += &row(&format!("`lw check`, {resources} resources{under}{budget}"), &took, *resources);
    }
    let folder = bench.template(500, 0)?;
    template::write_guard_rules(&folder.join("rules.guard"))?;
    let peers: [(&str, &str, &[&str]); 2] = [
        ("cfn-lint", "LINEWORK_CFN_LINT", &["template.yaml"]),
        ("cfn-guard", "LINEWORK_CFN_GUARD", &["validate", "--data", "template.yaml", "--rules", "rules.guard"]),
    ];
    let mut versions = vec![machine::first_line(&lw, &["--version"])];
    for (name, variable, arguments) in peers {
        match find(name, variable) {
            Some(program) => {
                versions.push(machine::first_line(&program, &["--version"]));
                let took = bench.repeat(&program, arguments, &folder, repetitions.min(3));
                let what = if name == "cfn-guard" { ", ten rules of one property each" } else { ", its own rules" };
                text += &row(&format!("{name}, 500 resources{what}"), &took, 500);
            }
            None => text += &format!("| {name} | not installed | | |\n"),
        }
    }
    let figures = format!(
        "{text}\nMedians of {repetitions} runs, of the others at most 3. Machine: {}. Versions: {}. Load before: {load:.1}.",
        machine::describe(),
        versions.join(", ")
    );
    writeln!(io::stdout(), "{figures}")?;
    if !quick {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks.md");
        page::replace_between(&page, MARKS, &figures)?;
    }
    Ok(())
}

fn row(work: &str, took: &Result<Measured, String>, resources: usize) -> String {
    match took {
        Ok(took) => {
            let each = took.cpu_s / resources as f64 * 1e6;
            format!("| {work} | {} | {:.0} MiB | {each:.0} µs |\n", seconds(took.cpu_s), took.peak_mib)
        }
        Err(reason) => format!("| {work} | {reason} | | |\n"),
    }
}

struct Bench {
    folder: TempDir,
}

impl Bench {
    /// A folder with one template.
    fn template(&self, resources: usize, conditions: usize) -> io::Result<PathBuf> {
        let folder = self.folder.path().join(format!("{resources}-{conditions}"));
        std::fs::create_dir_all(&folder)?;
        template::write(&folder.join("template.yaml"), resources, conditions)?;
        Ok(folder)
    }

    /// Runs until there are enough, or one was long. Findings are no failure: all of these tools end with another code then.
    fn repeat(
        &self,
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        repetitions: usize,
    ) -> Result<Measured, String> {
        let mut runs: Vec<Run> = Vec::new();
        while runs.len() < repetitions && !runs.iter().any(|run| run.cpu_s > 5.0) {
            let log = self.folder.path().join("log");
            let run = measure::run(program, arguments, folder, &log).map_err(|error| error.to_string())?;
            say(&format!("{} {}: {}", program.display(), arguments.join(" "), seconds(run.cpu_s)));
            if run.exit_code < 0 {
                return Err("ended by a signal".to_string());
            }
            runs.push(run);
        }
        measure::median(&runs).ok_or_else(|| "not run".to_string())
    }
}

/// A peer's program: what the variable names, or else what is on the path.
fn find(name: &str, variable: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    })
}

/// Progress, on standard error.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
