//! docs/errors: what a page shows as failing gives exactly its code, and what it shows as fixed gives none.
//!
//! A block is `lw` (the file `main.lw`, or the one that stands after the word), `toml lw.toml` (beside an empty program), `yaml` (a
//! template, `template.yaml`), or `sh`
//! (commands). Files are checked with `lw check .`; other words, such as `text`, are not run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};

use crate::lw::{BINARY, Folder, repository};
use crate::suite::in_parallel;

/// What takes a crash, a cloud, a very long run or a mistake of ours to show is told, not run.
const TOLD: [&str; 8] = ["LW05", "LW0407", "LW0420", "LW0421", "LW0608", "LW0620", "LW0632", "LW069"];

pub struct Page {
    pub code: String,
    pub text: String,
}

/// A fenced block: the words after the fence, and the text.
pub type Block = (String, String);

pub fn pages() -> Vec<Page> {
    let folder = repository().join("docs/errors");
    let mut pages: Vec<Page> = fs::read_dir(folder)
        .expect("docs/errors is part of the repository")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| Page {
            code: path.file_stem().expect("a page has a name").to_string_lossy().into_owned(),
            text: fs::read_to_string(&path).expect("a page is text"),
        })
        .collect();
    pages.sort_by(|left, right| left.code.cmp(&right.code));
    pages
}

/// The blocks of the section under a heading.
pub fn blocks(text: &str, heading: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut inside, mut open) = (false, false);
    for line in text.lines() {
        if let Some(info) = line.strip_prefix("```") {
            if inside && !open {
                found.push((info.trim().to_string(), String::new()));
            }
            open = !open;
        } else if open {
            if let (true, Some((_, block))) = (inside, found.last_mut()) {
                block.push_str(line);
                block.push('\n');
            }
        } else if let Some(title) = line.strip_prefix("## ") {
            inside = title.trim() == heading;
        }
    }
    found.retain(|(info, _)| matches!(info.split(' ').next(), Some("lw" | "toml" | "yaml" | "sh" | "file")));
    found
}

/// Runs blocks as one program and gives what is said.
fn run(blocks: &[Block]) -> String {
    let folder = Folder::new();
    let mut script = String::new();
    for (info, text) in blocks {
        match info.split_once(' ').unwrap_or((info, "")) {
            ("sh", _) => script.push_str(text),
            ("lw", "") => folder.write("main.lw", text),
            ("toml", "") => folder.write("lw.toml", text),
            ("yaml", "") => folder.write("template.yaml", text),
            (_, name) => folder.write(name, text),
        }
    }
    if script.is_empty() {
        if !folder.exists("main.lw") {
            folder.write("main.lw", "");
        }
        let run = folder.lw(&["check", "."]);
        return run.out + &run.error;
    }
    let path = format!(
        "{}:{}",
        BINARY.parent().expect("the binary lies in a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("sh")
        .arg("-c")
        .arg(&script)
        .current_dir(folder.path())
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env_remove("LINEWORK_STORE")
        .stdin(Stdio::null())
        .output()
        .expect("sh starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    said.replace(&*folder.path().to_string_lossy(), "FOLDER")
}

fn codes(said: &str) -> BTreeSet<String> {
    said.split("[LW")
        .skip(1)
        .filter_map(|after| after.get(..5)?.strip_suffix(']'))
        .map(|code| format!("LW{code}"))
        .collect()
}

#[test]
fn every_page_says_what_why_and_how() {
    for page in pages() {
        let title = page.text.lines().next().unwrap_or_default();
        assert!(title.starts_with(&format!("# {}: ", page.code)), "{}: the first line is `# CODE: title`", page.code);
        assert!(page.text.contains("\n## Fails\n"), "{}: shows what fails", page.code);
        assert!(page.text.contains("\n## Fixed\n"), "{}: shows how it is fixed", page.code);
    }
}

#[test]
fn failing_examples_give_exactly_their_code() {
    let pages = pages();
    let snapshots = std::sync::Mutex::new(BTreeMap::new());
    let failures = in_parallel(&pages, |page| {
        let blocks = blocks(&page.text, "Fails");
        if blocks.is_empty() {
            let told = TOLD.iter().any(|prefix| page.code.starts_with(prefix));
            return if told { Ok(()) } else { Err(format!("{}: nothing under `## Fails` can be run", page.code)) };
        }
        let said = run(&blocks);
        let found = codes(&said);
        snapshots.lock().expect("no other worker panicked").insert(page.code.clone(), (source(&blocks), said.clone()));
        if found == BTreeSet::from([page.code.clone()]) {
            return Ok(());
        }
        Err(format!("{} gives {found:?}:\n{said}", page.code))
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    for (code, (source, said)) in snapshots.into_inner().expect("no worker panicked") {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots/errors" }, {
            insta::assert_snapshot!(code, format!("{source}\n{}\n{said}", "─".repeat(80)));
        });
    }
}

fn source(blocks: &[Block]) -> String {
    blocks.iter().map(|(info, text)| format!("[{info}]\n{text}")).collect()
}

#[test]
fn fixed_examples_are_fine() {
    let failures = in_parallel(&pages(), |page| {
        let blocks = blocks(&page.text, "Fixed");
        if blocks.is_empty() {
            return Ok(());
        }
        let said = run(&blocks);
        let found = codes(&said);
        if found.is_empty() { Ok(()) } else { Err(format!("{} gives {found:?}:\n{said}", page.code)) }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn explain_prints_every_page() {
    let folder = Folder::new();
    for page in pages() {
        assert_eq!(folder.lw(&["explain", &page.code.to_lowercase()]).expect(0).out, page.text);
    }
}
