//! `cargo xtask <command>`: the chores of this repository that are programs.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on its standard streams")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use xtask::fuzz::Target;

const COMMANDS: &str = "\
cargo xtask <command>

  generate aws [FOLDER]   write stdlib/<Vendor>/*.lw, the runtime's catalogue and the minimal programs from the
                          CloudFormation schemas of cfn-lint; FOLDER holds the unpacked package, otherwise it is
                          downloaded with pip
  generate aws-operations [FOLDER]
                          write runtime/adapter-aws/models/*.json, the operations that the lifecycle table names, from
                          botocore; FOLDER holds the unpacked package, otherwise it is downloaded with pip
  generate cfn-lint [PROGRAM]
                          write tests/data/cfn-lint.json, what cfn-lint finds in the templates of LINEWORK_CORPUS
  generate controls CDK_NAG PROWLER
                          write tests/data/controls.json, which rules are for which controls; the folders hold the
                          unpacked packages (`npm pack cdk-nag`, `pip download --no-deps prowler`)
  fuzz [TARGET] [SECONDS] [SEED]
                          try damaged programs on parse, format, check or plan (all of them when left out), 60 seconds
                          each; failing cases stay in target/fuzz
  edits [COUNT] [SEED]    make COUNT random edits (10000), from SEED (1) on, to the example of a web application as an editor does, and
                          compare what the language server says after each with a check from nothing
  agree [COUNT] [SEED]    compile COUNT random programs (100000), from SEED (1) on, and evaluate each a second time by the
                          naive evaluator; says how often each form was made; programs that differ stay in target/agree
  soak days [COUNT] [SEED]
                          live COUNT simulated days (20000), from SEED (1) on; a day that fails says how to live it again
  soak drift [COUNT] [SEED]
                          enforce in COUNT simulated towns (20000), from SEED (1) on, with drift, faults and crashes, then in peace
  soak fleets [COUNT] [SEED]
                          keep COUNT simulated fleets (20000), from SEED (1) on, through bad versions, lost zones and crashes
  soak kills [COUNT] [SEED]
                          kill the real binary at every boundary of its calls and at writes of its store, COUNT times
                          (20000), from SEED (1) on; the binary is the one that `cargo build -p lw` made, of this
                          program's own profile
  soak aws [COUNT] [SEED]
                          apply examples/web to moto_server (LINEWORK_MOTO, or the first on the search path) through a
                          proxy that delays, refuses, resets, loses, repeats and shows late, and kill `lw` COUNT times
                          (100) on the way, from SEED (1) on
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] | ["help" | "--help" | "-h"] => {
            print!("{COMMANDS}");
            ExitCode::SUCCESS
        }
        ["generate", "aws"] => generate_aws(None),
        ["generate", "aws", folder] => generate_aws(Some(PathBuf::from(folder))),
        ["generate", "aws-operations"] => generate_aws_operations(None),
        ["generate", "aws-operations", folder] => generate_aws_operations(Some(PathBuf::from(folder))),
        ["generate", "cfn-lint"] => generate_cfn_lint("cfn-lint"),
        ["generate", "cfn-lint", program] => generate_cfn_lint(program),
        ["generate", "controls", cdk_nag, prowler] => generate_controls(cdk_nag, prowler),
        ["fuzz", ref rest @ ..] => fuzz(rest),
        ["edits"] => edits("10000", "1"),
        ["edits", count] => edits(count, "1"),
        ["edits", count, seed] => edits(count, seed),
        ["agree"] => agree("100000", "1"),
        ["agree", count] => agree(count, "1"),
        ["agree", count, seed] => agree(count, seed),
        ["soak", "days"] => soak_seeds("days_end", "20000", "1"),
        ["soak", "days", count] => soak_seeds("days_end", count, "1"),
        ["soak", "days", count, seed] => soak_seeds("days_end", count, seed),
        ["soak", "drift"] => soak_seeds("drift_faults", "20000", "1"),
        ["soak", "drift", count] => soak_seeds("drift_faults", count, "1"),
        ["soak", "drift", count, seed] => soak_seeds("drift_faults", count, seed),
        ["soak", "fleets"] => soak_seeds("fleets_hold", "20000", "1"),
        ["soak", "fleets", count] => soak_seeds("fleets_hold", count, "1"),
        ["soak", "fleets", count, seed] => soak_seeds("fleets_hold", count, seed),
        ["soak", "kills"] => soak_kills("20000", "1"),
        ["soak", "kills", count] => soak_kills(count, "1"),
        ["soak", "kills", count, seed] => soak_kills(count, seed),
        ["soak", "aws"] => soak_aws("100", "1"),
        ["soak", "aws", count] => soak_aws(count, "1"),
        ["soak", "aws", count, seed] => soak_aws(count, seed),
        _ => {
            eprintln!("error: no command `{}`\n\n{COMMANDS}", words.join(" "));
            ExitCode::from(2)
        }
    }
}

fn edits(count: &str, seed: &str) -> ExitCode {
    let (Ok(count), Ok(seed)) = (count.parse(), seed.parse()) else {
        eprintln!("error: `edits` takes a count and a seed\n\n{COMMANDS}");
        return ExitCode::from(2);
    };
    let begun = std::time::Instant::now();
    let ran = xtask::edits::sources(repository())
        .map_err(|error| error.to_string())
        .and_then(|files| lw_lsp::random_edits::run(files, Path::new("/web"), count, seed));
    match ran {
        Ok(ran) => {
            println!(
                "{} edits in {} s: none fell over, after each the answer was that of a check from nothing; {} were followed without one, \
                 which parsed {} statements and checked {}",
                ran.edits,
                begun.elapsed().as_secs(),
                ran.followed,
                ran.parsed,
                ran.checked
            );
            ExitCode::SUCCESS
        }
        Err(difference) => {
            eprintln!("error: {difference}");
            ExitCode::FAILURE
        }
    }
}

fn agree(count: &str, seed: &str) -> ExitCode {
    let (Ok(count), Ok(seed)) = (count.parse(), seed.parse()) else {
        eprintln!("error: COUNT and SEED are whole numbers");
        return ExitCode::from(2);
    };
    let summary = xtask::agree::run(count, seed, repository());
    println!("{}", summary.text);
    if summary.differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn generate_aws(folder: Option<PathBuf>) -> ExitCode {
    match xtask::aws::generate(folder.as_deref(), repository()) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate_controls(cdk_nag: &str, prowler: &str) -> ExitCode {
    match xtask::controls::generate(Path::new(cdk_nag), Path::new(prowler), repository()) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate_cfn_lint(program: &str) -> ExitCode {
    let Some(corpus) = std::env::var_os("LINEWORK_CORPUS") else {
        eprintln!("error: LINEWORK_CORPUS names no folder");
        return ExitCode::from(2);
    };
    match xtask::cfn_lint::generate(program, &Path::new(&corpus).join("templates/widdix"), repository()) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate_aws_operations(folder: Option<PathBuf>) -> ExitCode {
    match xtask::aws_operations::generate(folder.as_deref(), repository()) {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fuzz(words: &[&str]) -> ExitCode {
    let (targets, numbers) = match words.split_first() {
        Some((name, numbers)) if *name != "all" => match Target::of(name) {
            Some(target) => (vec![target], numbers),
            None => {
                eprintln!("error: no target `{name}`\n\n{COMMANDS}");
                return ExitCode::from(2);
            }
        },
        Some((_, numbers)) => (Target::ALL.to_vec(), numbers),
        None => (Target::ALL.to_vec(), words),
    };
    let number = |at: usize, default: u64| numbers.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (seconds, seed) = (number(0, 60), number(1, 1));
    let mut fine = true;
    for target in targets {
        let outcome = xtask::fuzz::run(target, Duration::from_secs(seconds), seed, repository());
        println!(
            "{target:?}: {} cases in {seconds} s from seed {seed}, {} of them whole, {} failed",
            outcome.cases,
            outcome.whole,
            outcome.failures.len()
        );
        for (path, reason) in &outcome.failures {
            println!("  {}: {reason}", path.display());
        }
        fine &= outcome.failures.is_empty();
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn soak_seeds(test: &str, count: &str, seed: &str) -> ExitCode {
    let begun = std::time::Instant::now();
    let status = std::process::Command::new("cargo")
        .args(["test", "--release", "--quiet", "--package", "conductor-core", "--lib", test, "--", "--nocapture"])
        .current_dir(repository())
        .env("LINEWORK_SEEDS", count)
        .env("LINEWORK_FIRST_SEED", seed)
        .status();
    println!("{} s", begun.elapsed().as_secs());
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn soak_kills(count: &str, seed: &str) -> ExitCode {
    let (Ok(kills), Ok(first_seed)) = (count.parse(), seed.parse()) else {
        eprintln!("error: COUNT and SEED are numbers");
        return ExitCode::from(2);
    };
    let Some(binary) = lw_beside() else { return ExitCode::from(2) };
    let begun = std::time::Instant::now();
    let limits = xtask::soak::kills::Limits { binary, first_seed, kills, every_write: 12 };
    let report = xtask::soak::kills::run(&limits, &mut |report| {
        let (plans, kills, found) = (report.plans, report.kills(), report.violations.len());
        eprintln!("{plans} plans, {kills} kills, {found} violations, {} s", begun.elapsed().as_secs());
    });
    for violation in &report.violations {
        println!("{violation}");
    }
    println!(
        "{} plans, {} kills ({} at calls, {} at writes, {} in recovery), {} violations, {} s",
        report.plans,
        report.kills(),
        report.at_calls,
        report.at_writes,
        report.in_recovery,
        report.violations.len(),
        begun.elapsed().as_secs()
    );
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn soak_aws(count: &str, seed: &str) -> ExitCode {
    let (Ok(kills), Ok(seed)) = (count.parse(), seed.parse()) else {
        eprintln!("error: COUNT and SEED are numbers");
        return ExitCode::from(2);
    };
    let Some(binary) = lw_beside() else { return ExitCode::from(2) };
    let Some(limits) = xtask::soak::aws::Limits::web(binary, repository(), kills, seed) else {
        eprintln!("error: moto_server is not installed: pip install 'moto[server]'");
        return ExitCode::from(2);
    };
    let begun = std::time::Instant::now();
    let report = xtask::soak::aws::run(&limits, &mut |report| {
        eprintln!("{} kills, {} violations, {} s", report.kills, report.violations.len(), begun.elapsed().as_secs());
    });
    for violation in &report.violations {
        println!("{violation}");
    }
    println!(
        "{} kills, {} more in recovery, of {} boundaries and {} requests; faults {:?}; {} violations, {} s",
        report.kills,
        report.in_recovery,
        report.boundaries,
        report.requests,
        report.faults,
        report.violations.len(),
        begun.elapsed().as_secs()
    );
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The `lw` of this program's own profile; says how to make it where there is none.
fn lw_beside() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join("lw")));
    let found = beside.filter(|binary| binary.exists());
    if found.is_none() {
        eprintln!("error: there is no `lw` beside this program: run `cargo build -p lw` in the same profile");
    }
    found
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the repository")
}
