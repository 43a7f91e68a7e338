//! Templates that run in production become programs, and programs templates: nothing that they make is lost on the way.
//!
//! Needs the folder that `LINEWORK_CORPUS` names; without the variable it says so and passes.

mod graph;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use lw_compiler::{
    Date, Entry, Notation, OpenInputs, Project, ReadError, Request, Work, World, compile, emit_cloudformation,
    import_template,
};
use lw_diagnostics::{Diagnostic, Files, RenderOptions, render};

use graph::Graph;

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

/// What came of one template.
#[derive(Debug, Default)]
struct Outcome {
    worlds: usize,
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
    let checked = compile(&Disk, &work(&program), &Request { open: OpenInputs::Sampled, ..Request::default() });
    if checked.has_errors() {
        outcome.problems.push(format!("does not check:\n{}", shown(&checked.diagnostics, &checked.files)));
        return outcome;
    }
    for world in settings::worlds(path) {
        outcome.worlds += 1;
        let request = Request { settings: settings::of_program(&world, &checked.parameters), ..Request::default() };
        let emitted = emit_cloudformation(&Disk, &work(&program), &request, Notation::Yaml);
        let Some(template) = emitted.text else {
            outcome.problems.push(format!("{world:?} not emitted:\n{}", shown(&emitted.diagnostics, &emitted.files)));
            continue;
        };
        let again = folder.join(format!("{name}.yaml"));
        std::fs::write(&again, &template).expect("a file in a temporary folder");
        let (before, after) = (Graph::of(path, &world), Graph::of(&again, &world));
        let (before, after) = match (before, after) {
            (Ok(before), Ok(after)) => (before, after),
            (Err(problem), _) => panic!("{name}: {problem}"),
            (_, Err(problem)) => {
                outcome.problems.push(format!("{world:?} {problem}\n{template}"));
                continue;
            }
        };
        outcome.resources += before.resources.len();
        let differences = before.differences(&after);
        if !differences.is_empty() {
            outcome.problems.push(format!("{world:?}\n{}", differences.join("\n")));
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
    let (worlds, resources): (usize, usize) =
        outcomes.values().fold((0, 0), |(worlds, resources), one| (worlds + one.worlds, resources + one.resources));
    println!("{equal} of {} templates, in {worlds} worlds, {resources} resources compared", outcomes.len());
    let problems: Vec<String> = outcomes
        .iter()
        .filter(|(_, outcome)| !outcome.problems.is_empty())
        .map(|(name, outcome)| format!("── {name}\n{}", outcome.problems.join("\n")))
        .collect();
    let differ: BTreeSet<String> =
        outcomes.iter().filter(|(_, outcome)| !outcome.problems.is_empty()).map(|(name, _)| name.clone()).collect();
    assert_eq!(differ, known_differences(), "{equal} of {}\n{}", outcomes.len(), problems.join("\n\n"));
    assert!(worlds > 100 && resources > 700, "{worlds} worlds with {resources} resources");
}
