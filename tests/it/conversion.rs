//! Templates that run in production become programs, and programs templates: nothing that they make is lost on the way.
//!
//! Needs the folder that `LINEWORK_CORPUS` names; without the variable it says so and passes.

mod examples;
mod forms;
mod graph;
mod migrations;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lw_compiler::{
    Compiled, Date, Entry, Lock, LockEntry, Notation, OpenInputs, Project, ReadError, Request, Work, World, compile,
    emit_cloudformation, import_template,
};
use lw_diagnostics::{Diagnostic, Files, RenderOptions, render};

use graph::Graph;
use serde_json::json;

/// The disk, without variables.
struct Disk;

impl World for Disk {
    fn read(&self, path: &Path, _: u64) -> Result<Vec<u8>, ReadError> {
        std::fs::read(path).map_err(|_| ReadError::Missing)
    }

    fn list(&self, _: &Path) -> Result<Vec<Entry>, ReadError> {
        Ok(Vec::new())
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn today(&self) -> Date {
        Date { year: 2026, month: 1, day: 1 }
    }
}

fn templates() -> Option<Vec<PathBuf>> {
    let folder = crate::guard::corpus()?.join("templates/widdix");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    assert_eq!(paths.len(), 65, "the corpus has that many");
    Some(paths)
}

fn shown(diagnostics: &[Diagnostic], files: &Files) -> String {
    render(diagnostics, files, RenderOptions::default())
}

fn work(path: &Path) -> Work {
    Work { project: Project::default(), files: vec![path.to_path_buf()], templates: Vec::new() }
}

/// Worlds that are compared of each template; `LINEWORK_WORLDS` says another number.
const WORLDS_MAX: usize = 3;

fn worlds_max() -> usize {
    std::env::var("LINEWORK_WORLDS").ok().and_then(|text| text.parse().ok()).unwrap_or(WORLDS_MAX)
}

/// The program checked, with what a cloud would answer to its lookups.
fn checked(program: &Path) -> (Compiled, Arc<Lock>) {
    const ROUNDS_MAX: usize = 4;
    let mut lock = Lock::default();
    for _ in 0..ROUNDS_MAX {
        let given = Arc::new(lock.clone());
        let request = Request { open: OpenInputs::Sampled, lock: Some(given.clone()), ..Request::default() };
        let compiled = compile(&Disk, &work(program), &request);
        let missing: Vec<_> = compiled.units.iter().flat_map(|unit| unit.missing_lookups.clone()).collect();
        if missing.is_empty() {
            return (compiled, given);
        }
        for lookup in missing {
            let answer = match &*lookup.query.source {
                "aws.zones" => json!(["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]),
                "aws.export" => json!(lookup.query.text("name").map(|name| format!("export-{name}"))),
                "aws.parameter" => json!("ami-0a1b2c3d4e5f60718"),
                other => panic!("nobody answers {other}"),
            };
            lock.entries.push(LockEntry {
                composition: lw_compiler::lock::composition(&Project::default().root, program),
                environment: None,
                name: lookup.name.clone(),
                query: lookup.query.clone(),
                answer,
                recorded: "2026-01-01".to_string(),
                cloud: "aws".to_string(),
                region: Some("us-east-1".to_string()),
                account: None,
            });
        }
    }
    panic!("{}: lookups ask anew after {ROUNDS_MAX} rounds", program.display());
}

/// Whether the template itself is refused with such values: then there is nothing to compare.
fn is_refused(path: &Path, world: &settings::World) -> bool {
    let work = Work { project: Project::default(), files: Vec::new(), templates: vec![path.to_path_buf()] };
    compile(&Disk, &work, &Request { settings: world.clone(), ..Request::default() }).has_errors()
}

/// What came of one template.
#[derive(Debug, Default)]
struct Outcome {
    worlds: usize,
    refused: usize,
    resources: usize,
    problems: Vec<String>,
}

fn round_trip(path: &Path, folder: &Path) -> Outcome {
    let mut outcome = Outcome::default();
    let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
    let imported = import_template(&Disk, path, &name.replace('_', "-"));
    let Some(text) = imported.text else {
        outcome.problems.push(format!("not imported:\n{}", shown(&imported.diagnostics, &imported.files)));
        return outcome;
    };
    if imported.diagnostics.iter().any(Diagnostic::is_error) {
        outcome.problems.push(shown(&imported.diagnostics, &imported.files));
    }
    let formatted = lw_syntax::format(lw_diagnostics::FileId(0), &text).text;
    if formatted.as_deref() != Some(&text) {
        outcome.problems.push("what is imported is laid out otherwise".to_string());
    }
    let program = folder.join(format!("{name}.lw"));
    std::fs::write(&program, &text).expect("a file in a temporary folder");
    let (checked, lock) = checked(&program);
    if checked.has_errors() {
        outcome.problems.push(format!("does not check:\n{}", shown(&checked.diagnostics, &checked.files)));
        return outcome;
    }
    for world in settings::worlds(path, worlds_max()) {
        let settings = settings::of_program(&world, &checked.parameters);
        let request = Request { settings, lock: Some(lock.clone()), ..Request::default() };
        let emitted = emit_cloudformation(&Disk, &work(&program), &request, Notation::Yaml);
        let Some(template) = emitted.text else {
            match is_refused(path, &world) {
                true => outcome.refused += 1,
                false => outcome
                    .problems
                    .push(format!("{world:?} not emitted:\n{}", shown(&emitted.diagnostics, &emitted.files))),
            }
            continue;
        };
        outcome.worlds += 1;
        let again = folder.join(format!("{name}.yaml"));
        std::fs::write(&again, &template).expect("a file in a temporary folder");
        // As it is, and where it is: what a mapping has for a region is compared too.
        let mut elsewhere = world.clone();
        if !elsewhere.iter().any(|(known, _)| known == "AWS::Region") {
            elsewhere.push(("AWS::Region".to_string(), "eu-west-1".to_string()));
        }
        for seen in [&world, &elsewhere] {
            let (before, after) = match (Graph::of(path, seen), Graph::of(&again, seen)) {
                (Ok(before), Ok(after)) => (before, after),
                (Err(problem), _) => panic!("{name}: {problem}"),
                (_, Err(problem)) => {
                    outcome.problems.push(format!("{seen:?} {problem}\n{template}"));
                    break;
                }
            };
            outcome.resources += before.resources.len();
            let differences = before.differences(&after);
            if !differences.is_empty() {
                outcome.problems.push(format!("{seen:?}\n{}", differences.join("\n")));
            }
            if elsewhere == world {
                break;
            }
        }
    }
    outcome
}

/// Templates that are known not to come back the same, each with the reason.
fn known_differences() -> BTreeSet<String> {
    let text = include_str!("../data/conversion-differences.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").expect("a template and a reason").0.to_string()).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
fn templates_of_the_corpus_make_the_same_as_programs() {
    let Some(templates) = templates() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outcomes: Mutex<BTreeMap<String, Outcome>> = Mutex::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(path) = templates.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = round_trip(path, folder.path());
                    let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(name, outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    let equal = outcomes.values().filter(|outcome| outcome.problems.is_empty()).count();
    let sum = |part: fn(&Outcome) -> usize| outcomes.values().map(part).sum::<usize>();
    let (worlds, refused, resources) = (sum(|one| one.worlds), sum(|one| one.refused), sum(|one| one.resources));
    println!(
        "{equal} of {} templates, in {worlds} worlds, {resources} resources compared; {refused} worlds that are refused as templates",
        outcomes.len()
    );
    let problems: Vec<String> = outcomes
        .iter()
        .filter(|(_, outcome)| !outcome.problems.is_empty())
        .map(|(name, outcome)| {
            const LINES_MAX: usize = 12;
            let lines: Vec<&str> =
                outcome.problems.iter().flat_map(|problem| problem.lines()).take(LINES_MAX).collect();
            format!("── {name}\n{}", lines.join("\n"))
        })
        .collect();
    let differ: BTreeSet<String> =
        outcomes.iter().filter(|(_, outcome)| !outcome.problems.is_empty()).map(|(name, _)| name.clone()).collect();
    assert_eq!(differ, known_differences(), "{equal} of {}\n{}", outcomes.len(), problems.join("\n\n"));
    assert!(worlds > 100 && resources > 700, "{worlds} worlds with {resources} resources");
}
