//! `cargo bench -p linework-benches [--bench peers] [-- [--quick] [SECTION…]]`: Linework and Terraform on the same graphs, in one run.
//!
//! Flow: build the release `lw`; write the graphs; run each step in a child of its own, the short ones several times; print the
//! medians and put them into `docs/benchmarks.md`. `--quick` takes small graphs, each step once; words take the sections whose names
//! contain one of them. Both leave the page alone. A step that fails is a line of the table that says so: the others go on.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use linework_benches::differences;
use linework_benches::linework::{self, Variant};
use linework_benches::measure::{self, Measured, Run};
use linework_benches::page::{self, Budget, Row, seconds};
use linework_benches::{machine, release, terraform};
use tempfile::TempDir;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match differences::asked_of(&arguments) {
        Some(asked) => asked.run(),
        None => compare(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("benchmarks: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// How many resources each piece of work has, and how often it is done.
struct Sizes {
    literal: usize,
    literal_large: usize,
    comprehended: usize,
    comprehended_large: usize,
    applied: usize,
    previewed: usize,
    compared: usize,
    for_each: usize,
    repetitions: usize,
}

const FULL: Sizes = Sizes {
    literal: 10_000,
    literal_large: 100_000,
    comprehended: 10_000,
    comprehended_large: 1_000_000,
    applied: 1_000,
    previewed: 10_000,
    compared: 100_000,
    for_each: 1_000,
    repetitions: 7,
};

const QUICK: Sizes = Sizes {
    literal: 1_000,
    literal_large: 2_000,
    comprehended: 1_000,
    comprehended_large: 10_000,
    applied: 100,
    previewed: 100,
    compared: 2_000,
    for_each: 100,
    repetitions: 1,
};

type Section = fn(&Bench, &Sizes, &mut Vec<Row>) -> io::Result<()>;

const SECTIONS: [(&str, Section); 6] = [
    ("start-up", start_up),
    ("literal", literal),
    ("comprehension", comprehended),
    ("apply", applied),
    ("preview", previewed),
    ("difference", compared),
];
/// The section that is no table of peers.
const PARTS: &str = "parts";

fn compare(arguments: &[String]) -> io::Result<()> {
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
    let sizes = if quick { QUICK } else { FULL };
    let names = || SECTIONS.iter().map(|(name, _)| *name).chain([PARTS]);
    if !names().any(is_wanted) {
        let known: Vec<&str> = names().collect();
        return Err(io::Error::other(format!("no section is called so; there are {}", known.join(", "))));
    }
    let bench = Bench { lw: release::build()?, terraform: find_terraform(), folder: tempfile::tempdir()? };
    let load_before = machine::load();

    let mut rows = Vec::new();
    for (_, section) in SECTIONS.iter().filter(|(name, _)| is_wanted(name)) {
        section(&bench, &sizes, &mut rows)?;
    }
    let parts = match is_wanted(PARTS) {
        true => format!("\n\n### Where the time goes\n\n{}", where_time_goes(&bench, &sizes)?),
        false => String::new(),
    };

    let figures = format!(
        "{}\n{}\nMedians of {} runs, or of one where a run takes more than 5 s of CPU. Machine: {}. Versions: {}, {}. Load before: {load_before:.1}.{parts}",
        if quick { "Quick run: sizes are not those of the budgets.\n" } else { "" },
        page::table(&rows),
        sizes.repetitions,
        machine::describe(),
        machine::first_line(&bench.lw, &["--version"]),
        bench.terraform.as_deref().map_or("no Terraform".to_string(), |path| machine::first_line(path, &["version"])),
    );
    writeln!(io::stdout(), "{figures}")?;
    if !quick && words.is_empty() {
        page::replace_figures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks.md"), &figures)?;
    }
    Ok(())
}

/// Ten resources: what a process, the library's index, and reading `AWS.EC2` cost.
fn start_up(bench: &Bench, sizes: &Sizes, rows: &mut Vec<Row>) -> io::Result<()> {
    let folder = bench.literal(10, Variant::Plain)?;
    let peer = bench.terraform_literal(10)?;
    rows.push(Row {
        work: "cold `lw check`, 10 resources, `import AWS.EC2`".to_string(),
        budget: Budget { cpu_s: Some(0.015), peak_mib: Some(40.0) },
        ours: bench.lw(&["check", "main.lw"], &folder, sizes.repetitions * 3, 0),
        peer: bench.peer("`validate`, 10", &["validate"], &peer, sizes.repetitions),
    });
    Ok(())
}

/// Every resource spelt out, from text to a written Plan.
fn literal(bench: &Bench, sizes: &Sizes, rows: &mut Vec<Row>) -> io::Result<()> {
    let folder = bench.literal(sizes.literal, Variant::Plain)?;
    let peer = bench.terraform_literal(sizes.literal)?;
    rows.push(Row {
        work: format!("`lw check`, {} literal", count(sizes.literal)),
        budget: Budget::default(),
        ours: bench.lw(&["check", "main.lw"], &folder, sizes.repetitions, 0),
        peer: bench.peer(&format!("`validate`, {}", count(sizes.literal)), &["validate"], &peer, 1),
    });
    let ours = bench.lw(&BUILD, &folder, sizes.repetitions, 0);
    let small = ours.as_ref().ok().map(|took| took.cpu_s);
    rows.push(Row {
        work: format!("`lw build`: check, policy, Plan written; {} literal", count(sizes.literal)),
        budget: Budget { cpu_s: Some(0.120), peak_mib: Some(150.0) },
        ours,
        peer: bench.peer(&format!("`plan`, fresh, {}", count(sizes.literal)), &PLAN, &peer, 1),
    });

    let folder = bench.literal(sizes.literal_large, Variant::Plain)?;
    rows.push(Row {
        work: format!("the same, {}: at most 11 times as much", count(sizes.literal_large)),
        budget: Budget { cpu_s: small.map(|small| 11.0 * small), peak_mib: None },
        ours: bench.lw(&BUILD, &folder, sizes.repetitions.min(3), 0),
        peer: None,
    });
    Ok(())
}

/// The same graph out of one function.
fn comprehended(bench: &Bench, sizes: &Sizes, rows: &mut Vec<Row>) -> io::Result<()> {
    let folder = bench.comprehension(sizes.comprehended)?;
    let peer = bench.terraform_for_each(sizes.for_each)?;
    rows.push(Row {
        work: format!("`lw build`, {} by comprehension", count(sizes.comprehended)),
        budget: Budget { cpu_s: Some(0.080), peak_mib: None },
        ours: bench.lw(&BUILD, &folder, sizes.repetitions, 0),
        peer: bench.peer(&format!("`plan`, fresh, `for_each`, {}", count(sizes.for_each)), &PLAN, &peer, 1),
    });
    let folder = bench.comprehension(sizes.comprehended_large)?;
    rows.push(Row {
        work: format!("`lw build`, {} by comprehension", count(sizes.comprehended_large)),
        budget: Budget { cpu_s: Some(15.0), peak_mib: Some(6.0 * 1024.0) },
        ours: bench.lw(&BUILD, &folder, 1, 0),
        peer: None,
    });
    Ok(())
}

/// Everything made, durably, where nothing existed.
fn applied(bench: &Bench, sizes: &Sizes, rows: &mut Vec<Row>) -> io::Result<()> {
    let folder = bench.literal(sizes.applied, Variant::Plain)?;
    let mut runs = Vec::new();
    let mut failure = None;
    for _ in 0..sizes.repetitions {
        bench.forget(&folder)?;
        match bench.once(&bench.lw, &APPLY, &folder, 0) {
            Ok(run) => runs.push(run),
            Err(reason) => failure = Some(reason),
        }
        if failure.is_some() || runs.iter().any(Bench::is_long) {
            break;
        }
    }
    let peer = bench.terraform_literal(sizes.applied)?;
    rows.push(Row {
        work: format!("`lw apply --sim`, {} literal, durable", count(sizes.applied)),
        budget: Budget { cpu_s: Some(1.0), peak_mib: None },
        ours: failure.map_or_else(|| measure::median(&runs).ok_or_else(|| "not run".to_string()), Err),
        peer: bench.peer(
            &format!("`apply`, {}", count(sizes.applied)),
            &["apply", "-input=false", "-no-color", "-auto-approve"],
            &peer,
            1,
        ),
    });
    Ok(())
}

/// Everything exists: nothing to do, and one thing to do.
fn previewed(bench: &Bench, sizes: &Sizes, rows: &mut Vec<Row>) -> io::Result<()> {
    let folder = bench.literal(sizes.previewed, Variant::Plain)?;
    bench.forget(&folder)?;
    let made = bench.lw(&APPLY, &folder, 1, 0);
    let peer = bench.terraform_literal(sizes.previewed)?;
    terraform::write_state(&peer.join("terraform.tfstate"), sizes.previewed)?;

    let budget = Budget { cpu_s: Some(0.300), peak_mib: None };
    let after = |step: Result<Measured, String>| match &made {
        Ok(_) => step,
        Err(reason) => Err(format!("nothing to compare with: {reason}")),
    };
    rows.push(Row {
        work: format!("`lw apply --sim`, {} literal, durable", count(sizes.previewed)),
        budget: Budget::default(),
        ours: made.clone(),
        peer: None,
    });
    rows.push(Row {
        work: format!("`lw preview --recorded`, {}, nothing to do", count(sizes.previewed)),
        budget,
        ours: after(bench.lw(&PREVIEW, &folder, sizes.repetitions, 0)),
        peer: bench.peer(&format!("`plan -refresh=false`, {}", count(sizes.previewed)), &PLAN_UNREFRESHED, &peer, 1),
    });
    rows.push(Row {
        work: format!("`lw preview`, {}, nothing to do, every resource read", count(sizes.previewed)),
        budget: Budget::default(),
        ours: after(bench.lw(&["preview", "main.lw", "--sim", "-q"], &folder, sizes.repetitions, 0)),
        peer: None,
    });
    linework::write_literal(&folder.join("main.lw"), sizes.previewed, Variant::Edited)?;
    rows.push(Row {
        work: format!("`lw preview --recorded`, {}, one resource edited", count(sizes.previewed)),
        budget,
        ours: after(bench.lw(&PREVIEW, &folder, sizes.repetitions, 1)),
        peer: None,
    });
    Ok(())
}

/// Two Plans that differ in one tag. Both are read by a child, once without comparing them and once comparing them often.
fn compared(bench: &Bench, sizes: &Sizes, rows: &mut Vec<Row>) -> io::Result<()> {
    const TIMES: usize = 10;
    let folder = bench.new_folder("lw-difference")?;
    let mut built = Ok(());
    for (variant, plan) in [(Variant::Plain, "old.json"), (Variant::Edited, "new.json")] {
        linework::write_literal(&folder.join("main.lw"), sizes.compared, variant)?;
        built = built.and_then(|()| bench.once(&bench.lw, &["build", "main.lw", "-o", plan], &folder, 0).map(|_| ()));
    }
    let this = std::env::current_exe()?;
    let run = |times: usize| {
        let arguments = [differences::OPTION, &times.to_string(), "old.json", "new.json"];
        bench.repeat(&this, &arguments, &folder, sizes.repetitions.min(3), 0)
    };
    let took = built.and_then(|()| Ok((run(0)?, run(TIMES)?)));
    rows.push(Row {
        work: format!("difference of two Plans of {} nodes, both in memory", count(sizes.compared)),
        budget: Budget { cpu_s: Some(0.200), peak_mib: None },
        ours: took.map(|(read, compared)| Measured {
            cpu_s: (compared.cpu_s - read.cpu_s).max(0.0) / TIMES as f64,
            ..compared
        }),
        peer: None,
    });
    Ok(())
}

/// The parts of a build, as differences between commands that do more and more of it.
fn where_time_goes(bench: &Bench, sizes: &Sizes) -> io::Result<String> {
    let ten = bench.literal(10, Variant::Plain)?;
    let library = bench.literal(sizes.literal, Variant::Library)?;
    let whole = bench.literal(sizes.literal, Variant::Plain)?;
    let steps = [
        ("the process itself (`lw --version`)", bench.lw(&["--version"], &ten, sizes.repetitions * 3, 0)),
        ("`AWS.EC2` and 10 resources (`check`)", bench.lw(&["check", "main.lw"], &ten, sizes.repetitions * 3, 0)),
        ("syntax and types (`check` of a library)", bench.lw(&["check", "main.lw"], &library, sizes.repetitions, 0)),
        ("evaluation and policy (`check`)", bench.lw(&["check", "main.lw"], &whole, sizes.repetitions, 0)),
        ("Plan written (`build`)", bench.lw(&BUILD, &whole, sizes.repetitions, 0)),
    ];
    let mut text = format!(
        "Commands that each do more of a build of {} literal resources; a part is the difference to the line above.\n\n| up to | CPU | the part | peak |\n|---|---|---|---|\n",
        count(sizes.literal)
    );
    let mut before = 0.0;
    for (name, took) in &steps {
        text += &match took {
            Ok(took) => {
                let part = took.cpu_s - before;
                before = took.cpu_s;
                format!(
                    "| {name} | {} | {} | {:.0} MiB |\n",
                    seconds(took.cpu_s),
                    seconds(part.max(0.0)),
                    took.peak_mib
                )
            }
            Err(reason) => format!("| {name} | {reason} | | |\n"),
        };
    }
    Ok(text)
}

const BUILD: [&str; 4] = ["build", "main.lw", "-o", "plan.json"];
const APPLY: [&str; 5] = ["apply", "main.lw", "--sim", "--yes", "-q"];
const PREVIEW: [&str; 5] = ["preview", "main.lw", "--sim", "--recorded", "-q"];
const PLAN: [&str; 4] = ["plan", "-input=false", "-no-color", "-out=plan.bin"];
const PLAN_UNREFRESHED: [&str; 5] = ["plan", "-input=false", "-no-color", "-refresh=false", "-out=plan.bin"];

/// The programs, and where they work.
struct Bench {
    lw: PathBuf,
    terraform: Option<PathBuf>,
    folder: TempDir,
}

impl Bench {
    fn literal(&self, resources: usize, variant: Variant) -> io::Result<PathBuf> {
        let kind = if variant == Variant::Library { "library" } else { "literal" };
        let folder = self.new_folder(&format!("lw-{kind}-{resources}"))?;
        linework::write_literal(&folder.join("main.lw"), resources, variant)?;
        Ok(folder)
    }

    fn comprehension(&self, resources: usize) -> io::Result<PathBuf> {
        let folder = self.new_folder(&format!("lw-comprehension-{resources}"))?;
        linework::write_comprehension(&folder.join("main.lw"), resources)?;
        Ok(folder)
    }

    fn terraform_literal(&self, resources: usize) -> io::Result<PathBuf> {
        let folder = self.new_folder(&format!("terraform-literal-{resources}"))?;
        terraform::write_literal(&folder.join("main.tf"), resources)?;
        Ok(folder)
    }

    fn terraform_for_each(&self, resources: usize) -> io::Result<PathBuf> {
        let folder = self.new_folder(&format!("terraform-for-each-{resources}"))?;
        terraform::write_for_each(&folder.join("main.tf"), resources)?;
        Ok(folder)
    }

    fn new_folder(&self, name: &str) -> io::Result<PathBuf> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Leaves no State in a folder.
    fn forget(&self, folder: &Path) -> io::Result<()> {
        match std::fs::remove_dir_all(folder.join(".linework")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn lw(&self, arguments: &[&str], folder: &Path, repetitions: usize, exit: i32) -> Result<Measured, String> {
        self.repeat(&self.lw, arguments, folder, repetitions, exit)
    }

    /// A peer's step, `None` where the peer is not installed.
    fn peer(
        &self,
        step: &str,
        arguments: &[&str],
        folder: &Path,
        repetitions: usize,
    ) -> Option<(String, Result<Measured, String>)> {
        let terraform = self.terraform.as_deref()?;
        let ready = self.once(terraform, &["init", "-input=false", "-no-color"], folder, 0);
        let took = ready.and_then(|_| self.repeat(terraform, arguments, folder, repetitions, 0));
        Some((step.to_string(), took))
    }

    /// Runs until there are enough, or one was long.
    fn repeat(
        &self,
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        repetitions: usize,
        exit: i32,
    ) -> Result<Measured, String> {
        let mut runs = Vec::new();
        while runs.len() < repetitions && !runs.iter().any(Bench::is_long) {
            runs.push(self.once(program, arguments, folder, exit)?);
        }
        measure::median(&runs).ok_or_else(|| "not run".to_string())
    }

    fn is_long(run: &Run) -> bool {
        run.cpu_s > 5.0
    }

    fn once(&self, program: &Path, arguments: &[&str], folder: &Path, exit: i32) -> Result<Run, String> {
        let log = self.folder.path().join("log");
        let run = measure::run(program, arguments, folder, &log).map_err(|error| error.to_string())?;
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        say(&format!("{name} {} in {}: {}", arguments.join(" "), Name(folder), seconds(run.cpu_s)));
        if run.exit_code == exit {
            return Ok(run);
        }
        let output = std::fs::read_to_string(&log).unwrap_or_default();
        let first: Vec<&str> = output.lines().take(12).collect();
        say(&first.join("\n"));
        Err(format!("`{} {}` ended with {}, not {exit}", name, arguments[0], run.exit_code))
    }
}

struct Name<'a>(&'a Path);

impl fmt::Display for Name<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.file_name().unwrap_or_default().to_string_lossy())
    }
}

fn find_terraform() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("terraform")).find(|file| file.is_file())
}

/// `10,000`
fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Progress, on standard error.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
