//! Suite files: tests/suite/AREA/TOPIC.lw, many named cases to a file.
//!
//! A case begins with `--- NAME KIND ---`. Its source is the file `main.lw`; `-- NAME --` begins another file of the case. In the
//! kind `check` every diagnostic is marked where it is expected, by carets in a comment under the line it is about:
//!
//! ```text
//! --- field-unknown check ---
//! bucket: S3.Bucket { encrpytion: "kms" }
//! #                   ^^^^^^^^^^ LW0203
//! ```
//!
//! Carets name the columns of the span exactly; `#<^^` begins in the first column, and `#<1` is that column alone; `^^^…` goes on
//! in the next line, and `^0` is an empty span. Nothing else may be reported.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::lw::{Folder, repository};

pub struct Case {
    /// `TOPIC/NAME`
    pub name: String,
    pub kind: String,
    /// By name; `main.lw` is what stands first.
    pub files: Vec<(String, String)>,
}

/// The cases of one area, by file and in order.
pub fn cases(area: &str) -> Vec<Case> {
    let folder = repository().join("tests/suite").join(area);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    files.sort();
    let cases: Vec<Case> = files.iter().flat_map(|file| cases_in(file)).collect();
    assert!(!cases.is_empty(), "{} holds no case", folder.display());
    cases
}

fn cases_in(file: &Path) -> Vec<Case> {
    let topic = file.file_stem().expect("a suite file has a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(file).expect("a suite file is text");
    let mut cases: Vec<Case> = Vec::new();
    for line in text.split_inclusive('\n') {
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.as_slice(), cases.last_mut()) {
            (["---", name, kind, "---"], _) => cases.push(Case {
                name: format!("{topic}/{name}"),
                kind: kind.to_string(),
                files: vec![("main.lw".to_string(), String::new())],
            }),
            (["--", name, "--"], Some(case)) => case.files.push((name.to_string(), String::new())),
            (_, Some(case)) => case.files.last_mut().expect("a case has a file").1.push_str(line),
            (_, None) => {
                assert!(line.trim().is_empty() || line.starts_with('#'), "{topic}: text before the first case")
            }
        }
    }
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{topic}: two cases of one name");
    // What stands before the next case's heading is that heading's.
    for case in &mut cases {
        for (_, text) in &mut case.files {
            let length = text.trim_end().len();
            text.truncate(length);
            text.push('\n');
        }
    }
    cases
}

impl Case {
    /// The case's files, written to a folder.
    pub fn folder(&self) -> Folder {
        let folder = Folder::new();
        for (name, text) in &self.files {
            folder.write(name, text);
        }
        folder
    }
}

/// A diagnostic's code and place: file, line, first column, column after the last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub file: String,
    pub line: u64,
    pub column: u64,
    /// `None` where the span goes on in a later line.
    pub end: Option<u64>,
    pub code: String,
}

/// What the carets of a text ask for.
pub fn expected(file: &str, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let (mut marked, mut number) = (0, 0);
    for line in text.lines() {
        number += 1;
        let Some((start, end, rest)) = carets(line) else {
            marked = number;
            continue;
        };
        let code = rest.split_whitespace().next().unwrap_or_else(|| panic!("{file}:{number}: carets without a code"));
        found.push(Found { file: file.to_string(), line: marked, column: start, end, code: code.to_string() });
    }
    found
}

/// The columns that a line of carets marks, and what stands after them.
fn carets(line: &str) -> Option<(u64, Option<u64>, &str)> {
    let comment = line.trim_start();
    let hash = (line.chars().count() - comment.chars().count()) as u64 + 1;
    let after = comment.strip_prefix('#')?;
    let (start, marks) = match after.strip_prefix('<') {
        Some(marks) => (hash, marks),
        None => {
            let marks = after.trim_start_matches(' ');
            (hash + 1 + (after.len() - marks.len()) as u64, marks)
        }
    };
    if let Some(rest) = marks.strip_prefix('1').filter(|_| after.starts_with('<')) {
        return Some((hash, Some(hash + 1), rest));
    }
    let length = marks.len() - marks.trim_start_matches('^').len();
    let rest = &marks[length..];
    if length == 0 && !after.starts_with('<') {
        return None;
    }
    let end = if after.starts_with('<') { hash + 2 + length as u64 } else { start + length as u64 };
    if let Some(rest) = rest.strip_prefix('…') {
        return Some((start, None, rest));
    }
    if let Some(rest) = rest.strip_prefix('0') {
        return Some((start, Some(start), rest));
    }
    Some((start, Some(end), rest))
}

/// Checks a case and asserts that the carets mark exactly what is found.
pub fn check_errors(case: &Case) -> Result<(), String> {
    let folder = case.folder();
    let paths: Vec<&str> =
        if case.files.iter().any(|(name, _)| name == "lw.toml") { vec!["."] } else { vec!["main.lw"] };
    let mut arguments = vec!["check", "--json"];
    arguments.extend(paths);
    let run = folder.lw(&arguments);
    let mut found = found_in(&run.json())?;
    let mut wanted: Vec<Found> = case.files.iter().flat_map(|(name, text)| expected(name, text)).collect();
    found.sort();
    wanted.sort();
    if found == wanted {
        return Ok(());
    }
    let human = folder.lw(&["check", "main.lw"]);
    let list = |found: &[Found]| found.iter().map(|found| format!("    {found}\n")).collect::<String>();
    let (wanted, found) = (list(&wanted), list(&found));
    Err(format!("{}\n  wanted\n{wanted}  found\n{found}{}{}", case.name, human.out, human.error))
}

impl std::fmt::Display for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = self.end.map_or("…".to_string(), |end| end.to_string());
        write!(formatter, "{}:{}:{}-{end} {}", self.file, self.line, self.column, self.code)
    }
}

fn found_in(json: &Json) -> Result<Vec<Found>, String> {
    let diagnostics = json["diagnostics"].as_array().ok_or("no `diagnostics`")?;
    Ok(diagnostics
        .iter()
        .map(|diagnostic| {
            let number = |key: &str| diagnostic[key].as_u64().unwrap_or(0);
            let one_line = number("line") == number("endLine");
            Found {
                file: diagnostic["file"].as_str().unwrap_or_default().trim_start_matches("./").to_string(),
                line: number("line"),
                column: number("column"),
                end: one_line.then(|| number("endColumn")),
                code: diagnostic["code"].as_str().unwrap_or_default().to_string(),
            }
        })
        .collect())
}

/// How a case of a kind is run; gives what is wrong.
pub type Runner = fn(&Case) -> Result<(), String>;

/// Runs every case, as many at once as there are processors; all failures are shown.
pub fn run_all(cases: Vec<Case>, runners: &BTreeMap<&str, Runner>) {
    let failures = in_parallel(&cases, |case| match runners.get(case.kind.as_str()) {
        Some(runner) => runner(case),
        None => Err(format!("{}: no such kind of case: {}", case.name, case.kind)),
    });
    assert!(failures.is_empty(), "{} of {} cases failed:\n\n{}", failures.len(), cases.len(), failures.join("\n\n"));
}

/// Applies a function to all of a list on every processor, and gives the errors in the list's order.
pub fn in_parallel<T: Sync>(items: &[T], run: impl Fn(&T) -> Result<(), String> + Sync) -> Vec<String> {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(items.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    if let Err(failure) = run(item) {
                        failures.lock().expect("no other worker panicked").insert(at, failure);
                    }
                }
            });
        }
    });
    failures.into_inner().expect("no worker panicked").into_values().collect()
}

#[test]
fn carets_name_columns() {
    let text = "abc def\n#   ^^^ LW0001\n#<^ LW0002\n  #   ^^… LW0003\nxyz\n#   ^0 LW0004\n#<1 LW0005\n";
    let places: Vec<(u64, u64, Option<u64>)> =
        expected("f", text).into_iter().map(|found| (found.line, found.column, found.end)).collect();
    assert_eq!(places, [(1, 5, Some(8)), (1, 1, Some(4)), (1, 7, None), (5, 5, Some(5)), (5, 1, Some(2))]);
}
