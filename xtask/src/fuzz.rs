//! `cargo xtask fuzz`: damaged programs of our own, for as long as wanted. Nothing may panic, loop, or say something without a place.
//!
//! The one idea: the corpus is what the repository already has (examples, suite, pages, library), and damage keeps most of its structure:
//! lines move between programs, words change places, brackets go missing. A seed and a number name every case, so that it can be made again.
//! Deliberately absent: coverage guidance, which needs a nightly compiler.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lw_compiler::{Request, compile, gather};
use lw_diagnostics::FileId;
use lw_plan::Plan;
use lw_reference::one_file::OneFile;
use lw_syntax::{format, parse};

/// What a case is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Lexer, layout, parser: spans lie in the text, what is broken has a reason.
    Parse,
    /// What is laid out stays as it is, and still parses.
    Format,
    /// Checker, evaluation, policies, Plan: every message has a place, the same program gives the same Plan.
    Check,
    /// Reading damaged Plans.
    Plan,
}

impl Target {
    pub const ALL: [Target; 4] = [Target::Parse, Target::Format, Target::Check, Target::Plan];

    pub fn of(name: &str) -> Option<Target> {
        Target::ALL.into_iter().find(|target| format!("{target:?}").eq_ignore_ascii_case(name))
    }
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub cases: u64,
    /// Cases that were sound enough to go all the way.
    pub whole: u64,
    /// Where each failing case was written, with what was wrong.
    pub failures: Vec<(PathBuf, String)>,
}

/// A case that takes longer is a failure.
const CASE_SECONDS_MAX: u64 = 20;
/// A run ends after so many failures.
const FAILURES_MAX: usize = 20;

/// Runs one target until the time is over.
pub fn run(target: Target, time: Duration, seed: u64, repository: &Path) -> Outcome {
    let corpus = corpus(repository);
    let folder = repository.join("target/fuzz");
    let _ = fs::create_dir_all(&folder);
    let mut outcome = Outcome::default();
    let begun = Instant::now();
    while begun.elapsed() < time && outcome.failures.len() < FAILURES_MAX {
        let mut random = Random(seed.wrapping_add(outcome.cases.wrapping_mul(0x9e37_79b9)));
        let text = damaged(&corpus, target, &mut random);
        let path = folder.join(format!("{target:?}-{seed}-{}.txt", outcome.cases).to_lowercase());
        // A stack that overflows takes the process with it: the case is on the disk before it is tried.
        let _ = fs::write(&path, &text);
        let one = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| hold(target, &text)));
        let slow = one.elapsed().as_secs() > CASE_SECONDS_MAX;
        outcome.cases += 1;
        let wrong = match result {
            Ok(Ok(whole)) => {
                outcome.whole += u64::from(whole);
                slow.then(|| format!("took {} s", one.elapsed().as_secs()))
            }
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some("panicked".to_string()),
        };
        match wrong {
            Some(reason) => outcome.failures.push((path, reason)),
            None => _ = fs::remove_file(&path),
        }
    }
    outcome
}

/// Whether a case went all the way, or what is wrong.
fn hold(target: Target, text: &str) -> Result<bool, String> {
    const FILE: FileId = FileId(0);
    match target {
        Target::Parse => {
            let parsed = parse(FILE, text);
            for diagnostic in &parsed.diagnostics {
                let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|label| label.span);
                for span in labels.chain(diagnostic.edits.iter().map(|edit| edit.span)) {
                    if text.get(span.start as usize..span.end as usize).is_none() {
                        return Err(format!("a place outside of the text: {diagnostic:?}"));
                    }
                }
            }
            Ok(parsed.diagnostics.is_empty())
        }
        Target::Format => {
            let Some(once) = format(FILE, text).text else { return Ok(false) };
            match format(FILE, &once).text {
                Some(twice) if twice == once => Ok(true),
                Some(_) => Err("laid out again, it changes".to_string()),
                None => Err("what was laid out does not parse".to_string()),
            }
        }
        Target::Check => checked(text),
        Target::Plan => Ok(Plan::decode(text).is_ok()),
    }
}

fn checked(text: &str) -> Result<bool, String> {
    let first = compiled(text)?;
    let again = compiled(text)?;
    if first != again {
        return Err("compiled again, it gives something else".to_string());
    }
    let Some(plan) = first else { return Ok(false) };
    match Plan::decode(&plan) {
        Ok(read) if read.to_canonical() == plan => Ok(true),
        Ok(_) => Err("its Plan changes when it is read".to_string()),
        Err(error) => Err(format!("its Plan cannot be read: {error:?}")),
    }
}

/// The Plan of a program, if it has one.
fn compiled(text: &str) -> Result<Option<String>, String> {
    let world = OneFile(text.to_string());
    let root = PathBuf::from("/fuzz");
    let gathered = gather(&world, &[root.join("main.lw")], &root);
    let request = Request { working_folder: root, wants_plan: true, ..Request::default() };
    let Some(work) = gathered.work.first() else { return Err("the file is not found".to_string()) };
    let compiled = compile(&world, work, &request);
    for diagnostic in &compiled.diagnostics {
        let Some(label) = &diagnostic.primary else { return Err(format!("no place: {}", diagnostic.message)) };
        let labels = std::iter::once(label).chain(&diagnostic.secondary).map(|label| label.span);
        for span in labels.chain(diagnostic.edits.iter().map(|edit| edit.span)) {
            if compiled.files.text(span.file).get(span.start as usize..span.end as usize).is_none() {
                return Err(format!("a place outside of its file: {}", diagnostic.message));
            }
        }
        // What only our own mistakes can cause.
        if matches!(diagnostic.code, "LW0690" | "LW0691") {
            return Err(format!("{}: {}", diagnostic.code, diagnostic.message));
        }
    }
    Ok(compiled.units.first().and_then(|unit| unit.plan.as_ref()).map(|plan| plan.text.clone()))
}

/// Programs of the repository, and a few Plans.
struct Corpus {
    programs: Vec<String>,
    plans: Vec<String>,
}

fn corpus(repository: &Path) -> Corpus {
    let mut files = BTreeMap::new();
    for folder in [
        "examples",
        "tests/suite",
        "tests/data/mistakes",
        "stdlib/Ludwig",
        "stdlib/Policy",
        "docs/errors",
        "docs/language",
    ] {
        collect(&repository.join(folder), &mut files);
    }
    let mut programs = Vec::new();
    for (path, text) in files {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("md") => programs.extend(
                text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("lw\n").map(str::to_string)),
            ),
            // Suite files hold many programs.
            _ => programs.extend(text.split("\n--- ").map(|case| match case.split_once(" ---\n") {
                Some((_, program)) => program.to_string(),
                None => case.to_string(),
            })),
        }
    }
    programs.retain(|program| !program.trim().is_empty());
    let whole = |program: &&String| program.contains("composition") && program.len() < 6_000;
    let plans = programs.iter().filter(whole).filter_map(|program| compiled(program).ok().flatten()).take(40).collect();
    Corpus { programs, plans }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "lw" || extension == "md")
            && let Ok(text) = fs::read_to_string(&path)
        {
            files.insert(path, text);
        }
    }
}

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const PIECES: [&str; 46] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\"\"\"",
    "\\(",
    "|",
    "->",
    ":",
    ",",
    ";",
    "@",
    ".",
    "\n",
    "\n  ",
    "\t",
    "#",
    "if ",
    "then ",
    "else ",
    "case ",
    "of ",
    "let ",
    "fun(x): ",
    "for x in ",
    "with {",
    "-",
    "!",
    "++",
    "==",
    "?|",
    "None",
    "True",
    "0",
    "-1",
    "9007199254740991",
    "5m",
    "20GiB",
    "1.5",
    "\"x\"",
    "Secret.env(\"A\")",
    "é",
    "\0",
];

fn damaged(corpus: &Corpus, target: Target, random: &mut Random) -> String {
    let sources = if target == Target::Plan { &corpus.plans } else { &corpus.programs };
    let mut text = sources[random.below(sources.len())].clone();
    for _ in 0..=random.below(4) {
        text = match random.below(6) {
            0 => with_piece(&text, random),
            1 => with_line_of(&text, &sources[random.below(sources.len())], random),
            2 => with_words_swapped(&text, random),
            3 => without_a_part(&text, random),
            4 => with_line_indented(&text, random),
            _ => with_a_word_of(&text, &sources[random.below(sources.len())], random),
        };
    }
    text
}

/// A place between two characters.
fn place(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

fn with_piece(text: &str, random: &mut Random) -> String {
    let at = place(text, random);
    format!("{}{}{}", &text[..at], random.pick(&PIECES), &text[at..])
}

fn without_a_part(text: &str, random: &mut Random) -> String {
    let (one, other) = (place(text, random), place(text, random));
    let (start, end) = (one.min(other), one.max(other).min(one.min(other) + 12));
    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    format!("{}{}", &text[..start], &text[end..])
}

fn with_line_of(text: &str, other: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let others: Vec<&str> = other.lines().collect();
    let count = 1 + random.below(3);
    let from = random.below(others.len());
    let at = random.below(lines.len() + 1);
    lines.splice(at..at, others.iter().skip(from).take(count).copied());
    lines.join("\n") + "\n"
}

fn with_line_indented(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    if lines.is_empty() {
        return text.to_string();
    }
    let at = random.below(lines.len());
    lines[at] = match random.below(3) {
        0 => format!("  {}", lines[at]),
        1 => lines[at].trim_start().to_string(),
        _ => String::new(),
    };
    lines.join("\n") + "\n"
}

/// Byte ranges of the words of a text.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '"');
    let mut found = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        match (is_part(letter), start) {
            (true, None) => start = Some(at),
            (false, Some(begun)) => {
                found.push(begun..at);
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn with_words_swapped(text: &str, random: &mut Random) -> String {
    let words = words(text);
    if words.is_empty() {
        return text.to_string();
    }
    let (one, other) = (random.pick(&words).clone(), random.pick(&words).clone());
    let (first, last) = if one.start < other.start { (one, other) } else { (other, one) };
    if first.end > last.start {
        return text.to_string();
    }
    let (before, between, after) = (&text[..first.start], &text[first.end..last.start], &text[last.end..]);
    format!("{before}{}{between}{}{after}", &text[last], &text[first])
}

fn with_a_word_of(text: &str, other: &str, random: &mut Random) -> String {
    let (own, others) = (words(text), words(other));
    if own.is_empty() || others.is_empty() {
        return text.to_string();
    }
    let (replaced, by) = (random.pick(&own).clone(), random.pick(&others).clone());
    format!("{}{}{}", &text[..replaced.start], &other[by], &text[replaced.end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the repository")
    }

    /// A few cases of each target in every test run; the long runs are made by hand.
    #[test]
    fn a_few_cases_of_each_target_hold() {
        let corpus = corpus(repository());
        assert!(corpus.programs.len() > 200 && corpus.plans.len() > 10);
        for target in Target::ALL {
            for number in 0..40 {
                let mut random = Random(7 + number);
                let text = damaged(&corpus, target, &mut random);
                assert!(hold(target, &text).is_ok(), "{target:?}, case {number}: {:?}\n{text}", hold(target, &text));
            }
        }
    }
}
