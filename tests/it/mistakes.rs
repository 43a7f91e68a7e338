//! Mistakes made by a machine: a field dropped, a value of another type, a misspelt word, a lost indentation. Nothing that is said of them
//! is without a place, and what `lw check --fix` leaves compiles.
//!
//! tests/data/mistakes/main.lw is a program of its own, so that the snapshots stay what they are when the examples grow.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value as Json;

use crate::lw::{Folder, repository};
use crate::pages::{blocks, pages};
use crate::suite::in_parallel;

struct Mutation {
    /// `misspell-12`: what was done, and in which line.
    name: String,
    text: String,
}

/// Every mutation of a text, in the order of its lines.
fn mutations(text: &str) -> Vec<Mutation> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let mut add = |kind: &str, new: Option<String>| {
            let before = lines[..at].iter().map(|line| line.to_string());
            let after = lines[at + 1..].iter().map(|line| line.to_string());
            let text: Vec<String> = before.chain(new).chain(after).collect();
            found.push(Mutation { name: format!("{kind}-{}", at + 1), text: text.join("\n") + "\n" });
        };
        if let Some((field, value)) = field(line) {
            add("drop", None);
            if let Some(other) = of_another_type(value) {
                add("swap", Some(format!("{field}: {other},")));
            }
        }
        if let Some(misspelt) = misspelt(line) {
            add("misspell", Some(misspelt));
        }
        if line.starts_with("  ") {
            add("unindent", Some(line.trim_start().to_string()));
        }
    }
    found
}

/// `  name: value,`
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_suffix(',')?.split_once(": ")?;
    let word = name.trim_start();
    let is_field = name.starts_with(' ') && word.chars().all(char::is_alphanumeric);
    (is_field && !value.ends_with(['{', '[', '('])).then_some((name, value))
}

fn of_another_type(value: &str) -> Option<&'static str> {
    let number = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    match value {
        "True" | "False" => Some("\"yes\""),
        _ if number => Some("\"many\""),
        _ if value.starts_with('"') && value.ends_with('"') && value.matches('"').count() == 2 => Some("42"),
        _ => None,
    }
}

/// The first long word with its two middle letters the other way round.
fn misspelt(line: &str) -> Option<String> {
    let is_letter = |letter: char| letter.is_ascii_alphabetic();
    let start = line.match_indices(is_letter).map(|(at, _)| at).find(|at| {
        let fresh = *at == 0 || !line[..*at].ends_with(is_letter);
        fresh && line[*at..].chars().take_while(|letter| is_letter(*letter)).count() >= 5
    })?;
    let length = line[start..].chars().take_while(|letter| is_letter(*letter)).count();
    let middle = start + length / 2;
    let mut bytes = line.as_bytes().to_vec();
    bytes.swap(middle - 1, middle);
    (bytes[middle - 1] != bytes[middle]).then(|| String::from_utf8(bytes).expect("letters stay letters"))
}

fn diagnostics(folder: &Folder) -> Vec<Json> {
    let run = folder.lw(&["check", "--json", "."]);
    assert!(run.code == 0 || run.code == 1, "{}{}", run.out, run.error);
    run.json()["diagnostics"].as_array().expect("diagnostics").clone()
}

fn is_error(diagnostic: &&Json) -> bool {
    diagnostic["severity"] == "error"
}

fn has_fix(diagnostic: &Json) -> bool {
    diagnostic["fix"].as_array().is_some_and(|fix| !fix.is_empty())
}

/// What was found of one broken program: whether a fix was offered, and whether each mistake had one.
#[derive(Default)]
struct Tally {
    broken: usize,
    with_fix: usize,
    /// Each mistake had a fix, and nothing was left afterwards.
    mended: usize,
}

/// Checks a program that may be broken, lets `--fix` do what it can, and counts.
fn tally(folder: &Folder, name: &str, counts: &Mutex<Tally>) -> Result<(), String> {
    let found = diagnostics(folder);
    if let Some(lost) = found.iter().find(|diagnostic| diagnostic["line"].is_null()) {
        return Err(format!("{name}: no place: {lost}"));
    }
    let errors: Vec<&Json> = found.iter().filter(is_error).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let whole = errors.iter().all(|error| has_fix(error));
    let mut mended = false;
    if whole {
        folder.lw(&["check", "--fix", "."]);
        let left = diagnostics(folder);
        let left: Vec<&Json> = left.iter().filter(is_error).collect();
        if !left.is_empty() {
            return Err(format!("{name}: --fix leaves {}", left[0]["message"]));
        }
        mended = true;
    }
    let mut counts = counts.lock().expect("no other worker panicked");
    counts.broken += 1;
    counts.with_fix += usize::from(errors.iter().any(|error| has_fix(error)));
    counts.mended += usize::from(mended);
    Ok(())
}

fn sample() -> String {
    fs::read_to_string(repository().join("tests/data/mistakes/main.lw")).expect("the sample is part of the repository")
}

/// Of the sample's mutations, every so many.
const STRIDE: usize = 5;

#[test]
fn the_sample_itself_is_fine() {
    assert_eq!(diagnostics(&Folder::with(&sample())), [Json::Null; 0]);
}

#[test]
fn mistakes_of_a_machine_are_told_as_the_snapshots_say() {
    let mutations: Vec<Mutation> = mutations(&sample()).into_iter().step_by(STRIDE).collect();
    let said = Mutex::new(Vec::new());
    let failures = in_parallel(&mutations, |mutation| {
        let run = Folder::with(&mutation.text).lw(&["check", "."]);
        if run.code == 1 {
            let line = mutation.name.rsplit('-').next().expect("a line");
            said.lock()
                .expect("no other worker panicked")
                .push((mutation.name.clone(), format!("line {line}\n{}", run.out)));
        }
        Ok(())
    });
    assert!(failures.is_empty());
    let said = said.into_inner().expect("no worker panicked");
    assert!(said.len() >= 25, "{} of {} mutations break the program", said.len(), mutations.len());
    for (name, text) in said {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots/mistakes" }, {
            insta::assert_snapshot!(name, text);
        });
    }
}

#[test]
fn what_fix_leaves_compiles() {
    let counts = Mutex::new(Tally::default());
    let mutations: Vec<Mutation> = mutations(&sample()).into_iter().step_by(2).collect();
    let mut failures =
        in_parallel(&mutations, |mutation| tally(&Folder::with(&mutation.text), &mutation.name, &counts));
    // What the pages show as failing, as far as it is one file.
    let programs: Vec<(String, String)> = pages()
        .into_iter()
        .filter_map(|page| match blocks(&page.text, "Fails").as_slice() {
            [(info, text)] if info == "lw" => Some((page.code, text.clone())),
            _ => None,
        })
        .collect();
    failures.extend(in_parallel(&programs, |(code, text)| tally(&Folder::with(text), code, &counts)));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let Tally { broken, with_fix, mended } = counts.into_inner().expect("no worker panicked");
    assert!(broken >= 150, "{broken} broken programs");
    assert!(with_fix >= 75, "{with_fix} of {broken} carry a fix");
    assert!(mended >= 50, "{mended} of {broken} are fine after --fix");
}

fn copy(from: &Path, to: &Folder, below: &Path) {
    for entry in fs::read_dir(from.join(below)).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let inner: PathBuf = path.strip_prefix(from).expect("it lies in the folder").to_path_buf();
        if path.is_dir() {
            copy(from, to, &inner);
        } else {
            to.write(&inner.to_string_lossy(), fs::read(&path).expect("a readable file"));
        }
    }
}

/// The same of the examples; `LINEWORK_MUTATIONS=all` takes every mutation.
#[test]
fn nothing_said_of_broken_examples_is_without_a_place() {
    let all = std::env::var("LINEWORK_MUTATIONS").is_ok_and(|wanted| wanted == "all");
    let stride = if all { 1 } else { 37 };
    let mut cases: Vec<(PathBuf, &str, Mutation)> = Vec::new();
    for (example, file) in [
        ("vpc", "main.lw"),
        ("serverless", "main.lw"),
        ("serverless", "Orders/Functions.lw"),
        ("web", "Web/Network.lw"),
    ] {
        let folder = repository().join("examples").join(example);
        let text = fs::read_to_string(folder.join(file)).expect("an example's file");
        cases.extend(mutations(&text).into_iter().step_by(stride).map(|mutation| (folder.clone(), file, mutation)));
    }
    assert!(cases.len() > 20, "{}", cases.len());
    let failures = in_parallel(&cases, |(example, file, mutation)| {
        let folder = Folder::new();
        copy(example, &folder, Path::new(""));
        folder.write(file, &mutation.text);
        match diagnostics(&folder).iter().find(|diagnostic| diagnostic["line"].is_null()) {
            Some(lost) => Err(format!("{file} {}: no place: {lost}", mutation.name)),
            None => Ok(()),
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
