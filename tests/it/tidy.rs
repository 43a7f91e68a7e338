//! What a reader cannot see by looking: the absences that the design promises, and rules that no compiler knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::lw::repository;

const COMPILER: &[&str] = &[
    "lw-diagnostics",
    "lw-syntax",
    "lw-check",
    "lw-core",
    "lw-eval",
    "lw-plan",
    "lw-formats",
    "lw-compiler",
    "lw-lsp",
    "lw-reference",
    "lw-stdlib",
];
const RUNTIME: &[&str] =
    &["conductor-core", "conductor-store", "adapter", "adapter-aws", "adapter-docker", "conductor"];

/// What each crate may use of ours, directly; a crate that is not here may use everything.
const MAY_USE: &[(&str, &[&str])] = &[
    ("lw-diagnostics", &[]),
    ("lw-syntax", &["lw-diagnostics"]),
    ("lw-check", &["lw-diagnostics", "lw-syntax"]),
    ("lw-core", &["lw-plan"]),
    ("lw-plan", &[]),
    ("lw-eval", &["lw-check", "lw-core", "lw-diagnostics", "lw-plan", "lw-syntax"]),
    ("lw-stdlib", &[]),
    ("lw-formats", &["lw-check", "lw-core", "lw-diagnostics", "lw-eval", "lw-plan"]),
    (
        "lw-compiler",
        &["lw-check", "lw-core", "lw-diagnostics", "lw-eval", "lw-formats", "lw-plan", "lw-stdlib", "lw-syntax"],
    ),
    ("lw-lsp", &["lw-check", "lw-compiler", "lw-diagnostics", "lw-plan", "lw-stdlib", "lw-syntax"]),
    ("lw-reference", &["lw-compiler", "lw-diagnostics"]),
    ("conductor-core", &["lw-core", "lw-plan"]),
    ("conductor-model", &["conductor-core", "lw-plan"]),
    ("conductor-store", &["conductor-core", "lw-plan"]),
    ("adapter", &["conductor-core", "lw-plan"]),
    ("adapter-aws", &["adapter", "conductor-core", "lw-plan"]),
    ("adapter-docker", &["adapter", "conductor-core", "lw-plan"]),
    ("conductor", &["adapter", "conductor-core", "conductor-store", "lw-plan"]),
];

/// Libraries that belong to one place, and the crates that may use them directly.
const BELONGS_TO: &[(&str, &[&str])] = &[
    ("ariadne", &["lw-diagnostics"]),
    ("bollard", &["adapter-docker"]),
    ("clap", &["lw"]),
    ("clap_complete", &["lw"]),
    ("granit-parser", &["lw-formats"]),
    ("indicatif", &["lw"]),
    ("logos", &["lw-syntax"]),
    ("lsp-types", &["lw-lsp"]),
    ("lsp-server", &["lw-lsp"]),
    ("lalrpop-util", &["lw-syntax"]),
    ("stateright", &["conductor-model"]),
    ("toml", &["adapter-aws", "conductor", "lw-compiler", "xtask"]),
    ("rusqlite", &["conductor-store", "adapter"]),
    ("tokio", &["adapter", "adapter-aws", "adapter-docker", "conductor", "xtask"]),
    ("getrandom", &["adapter-aws", "conductor", "conductor-store"]),
];

/// What must not be linked, however far away, by any crate of a group.
const NEVER_LINKED: &[(&[&str], &[&str])] = &[
    (COMPILER, &["tokio", "rusqlite", "mio", "socket2", "clap", "getrandom", "indicatif"]),
    (RUNTIME, &["lw-syntax", "lw-check", "lw-eval", "lw-compiler", "lw-stdlib", "ariadne", "clap", "logos"]),
    (&["conductor-core"], &["tokio", "rusqlite", "getrandom", "rand", "mio"]),
];

#[test]
fn every_crate_uses_what_the_design_allows() {
    let ours: BTreeSet<String> = crates().into_keys().collect();
    let mut broken = Vec::new();
    for (name, used) in &crates() {
        for other in used {
            let allowed = MAY_USE.iter().find(|(of, _)| of == name).map(|(_, allowed)| allowed);
            if ours.contains(other) && allowed.is_some_and(|allowed| !allowed.contains(&other.as_str())) {
                broken.push(format!("{name} uses {other}"));
            }
            if let Some((_, owners)) = BELONGS_TO.iter().find(|(library, _)| library == other)
                && !owners.contains(&name.as_str())
            {
                broken.push(format!("{name} uses {other}, which belongs to {owners:?}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn nothing_links_what_it_must_not() {
    let mut broken = Vec::new();
    for (group, forbidden) in NEVER_LINKED {
        for name in *group {
            let linked = linked_by(name);
            broken.extend(
                forbidden.iter().filter(|other| linked.contains(**other)).map(|other| format!("{name} links {other}")),
            );
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let workspace = read(&repository().join("Cargo.toml"));
    assert!(workspace.contains("unsafe_code = \"forbid\""), "the workspace's lints forbid unsafe code");
    for manifest in manifests() {
        assert!(
            read(&manifest).contains("[lints]\nworkspace = true"),
            "{} takes the workspace's lints",
            manifest.display()
        );
    }
}

#[test]
fn the_compiler_and_the_core_ban_the_outside() {
    for (file, banned) in [
        (
            "compiler/clippy.toml",
            ["std::fs::read", "std::env::var", "std::time::SystemTime::now", "std::net::TcpStream::connect"],
        ),
        (
            "runtime/conductor-core/clippy.toml",
            ["std::fs::read", "std::time::Instant::now", "std::time::SystemTime::now", "std::thread::spawn"],
        ),
    ] {
        let text = read(&repository().join(file));
        for method in banned {
            assert!(text.contains(&format!("{{ path = \"{method}\", reason = ")), "{file} bans {method} and says why");
        }
    }
    for folder in ["compiler", "runtime/conductor-core"] {
        for file in rust_files(&repository().join(folder)) {
            let lifted = read(&file).contains("clippy::disallowed");
            let build_script = file.file_name().is_some_and(|name| name == "build.rs");
            assert!(build_script || !lifted, "{} lifts a ban that its folder is under", file.display());
        }
    }
}

#[test]
fn every_crate_says_what_it_is() {
    for manifest in manifests() {
        let folder = manifest.parent().expect("a manifest lies in a folder");
        for root in ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root)).iter().filter(|root| root.exists()) {
            assert!(read(root).starts_with("//!"), "{} opens with `//!`", root.display());
        }
    }
}

#[test]
fn files_are_of_a_readable_length() {
    let lengths: Vec<(usize, PathBuf)> =
        rust_files(&repository()).into_iter().map(|file| (read(&file).lines().count(), file)).collect();
    let long: Vec<&(usize, PathBuf)> = lengths.iter().filter(|(lines, _)| *lines > 850).collect();
    assert!(long.len() * 10 <= lengths.len(), "nine files in ten are under 850 lines: {long:#?}");
}

#[test]
fn no_test_is_silenced() {
    for file in rust_files(&repository()) {
        let text = read(&file);
        for silenced in [concat!("#[", "ignore"), concat!("should_", "panic"), concat!("thread::", "sleep")] {
            let in_tests = file.starts_with(repository().join("tests")) || silenced != concat!("thread::", "sleep");
            assert!(!in_tests || !text.contains(silenced), "{} contains {silenced}", file.display());
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages: BTreeSet<String> = fs::read_dir(repository().join("docs/errors"))
        .expect("docs/errors is part of the repository")
        .map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned())
        .filter_map(|name| Some(name.strip_suffix(".md")?.to_string()))
        .collect();
    let mut used = BTreeSet::new();
    for folder in ["compiler", "runtime", "cli", "stdlib/src"] {
        let in_tests = |file: &PathBuf| file.components().any(|part| part.as_os_str() == "tests");
        for file in rust_files(&repository().join(folder)).into_iter().filter(|file| !in_tests(file)) {
            used.extend(codes_in(&without_tests(&read(&file))));
        }
    }
    let without_page: Vec<&String> = used.difference(&pages).collect();
    let without_use: Vec<&String> = pages.difference(&used).collect();
    assert!(without_page.is_empty() && without_use.is_empty(), "no page: {without_page:?}; no use: {without_use:?}");
}

/// String literals that are a code and nothing else.
fn codes_in(text: &str) -> Vec<String> {
    text.split("\"LW")
        .skip(1)
        .filter_map(|after| after.get(..5))
        .filter(|start| start.ends_with('"') && start[..4].bytes().all(|byte| byte.is_ascii_digit()))
        .map(|start| format!("LW{}", &start[..4]))
        .collect()
}

/// Unit tests stand last in a file.
fn without_tests(text: &str) -> String {
    text.split("#[cfg(test)]").next().unwrap_or_default().to_string()
}

/// Every crate of the workspace by name, with the names of what it depends on outside of tests.
fn crates() -> BTreeMap<String, BTreeSet<String>> {
    let mut crates = BTreeMap::new();
    for manifest in manifests() {
        let (mut name, mut section, mut used) = (String::new(), String::new(), BTreeSet::new());
        for line in read(&manifest).lines() {
            if let Some(header) = line.strip_prefix('[') {
                section = header.trim_end_matches(']').to_string();
            } else if section == "package" && line.starts_with("name = ") {
                name = line["name = ".len()..].trim_matches('"').to_string();
            } else if section == "dependencies" || section == "target.'cfg(unix)'.dependencies" {
                used.extend(line.split(['.', ' ', '=']).next().filter(|word| !word.is_empty()).map(str::to_string));
            }
        }
        crates.insert(name, used);
    }
    crates
}

/// Everything that a crate's code is linked with.
fn linked_by(name: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_string());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", name])
        .current_dir(repository())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

fn manifests() -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&repository(), &mut |path| {
        if path.file_name().is_some_and(|name| name == "Cargo.toml") && path != repository().join("Cargo.toml") {
            found.push(path.to_path_buf());
        }
    });
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(folder, &mut |path| {
        if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path.to_path_buf());
        }
    });
    found
}

fn walk(folder: &Path, found: &mut dyn FnMut(&Path)) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !name.starts_with("target") {
                walk(&path, found);
            }
        } else {
            found(&path);
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
