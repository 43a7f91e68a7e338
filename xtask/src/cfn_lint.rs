//! What cfn-lint finds in the templates of others, as data: tests hold it beside what `lw check` finds.
//!
//! Only rules, places and messages are kept, in order, so that the file changes only where cfn-lint or a template does.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where the findings are written, below the repository.
pub const FINDINGS: &str = "tests/data/cfn-lint.json";

#[derive(Debug, Error)]
pub enum CfnLintError {
    #[error("`{0}` cannot be run: {1}")]
    NotRun(String, std::io::Error),
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("`{0}` says what is no list of findings: {1}")]
    NotFindings(String, serde_json::Error),
}

#[derive(Serialize)]
struct Findings {
    /// `cfn-lint 1.51.0`
    version: String,
    findings: Vec<Finding>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Finding {
    file: String,
    line: u64,
    rule: String,
    level: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    filename: String,
    level: String,
    location: Location,
    message: String,
    rule: Rule,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    start: Start,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Start {
    line_number: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    id: String,
}

/// Runs `program` on every YAML file of `templates`, informational rules included, and writes what it finds.
pub fn generate(program: &str, templates: &Path, repository: &Path) -> Result<String, CfnLintError> {
    let of_file = |path: &Path, error| CfnLintError::File(path.to_path_buf(), error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(templates).map_err(|error| of_file(templates, error))? {
        let name = entry.map_err(|error| of_file(templates, error))?.file_name();
        let name = name.to_string_lossy().into_owned();
        files.extend(name.ends_with(".yaml").then_some(name));
    }
    files.sort();
    let version = run(program, &["--version".to_string()], templates)?;
    let arguments: Vec<String> =
        ["--include-checks", "I", "--format", "json"].iter().map(ToString::to_string).chain(files).collect();
    let text = run(program, &arguments, templates)?;
    let said: Vec<Said> =
        serde_json::from_str(&text).map_err(|error| CfnLintError::NotFindings(program.to_string(), error))?;
    let mut findings: Vec<Finding> = said
        .into_iter()
        .map(|said| Finding {
            file: said.filename,
            line: said.location.start.line_number,
            rule: said.rule.id,
            level: said.level,
            message: said.message,
        })
        .collect();
    findings.sort();
    let count = findings.len();
    let version = version.trim().to_string();
    let summary = format!("{version}: {count} findings in {FINDINGS}");
    let mut out = serde_json::to_string_pretty(&Findings { version, findings }).expect("plain data is JSON");
    out.push('\n');
    let path = repository.join(FINDINGS);
    std::fs::write(&path, out).map_err(|error| of_file(&path, error))?;
    Ok(summary)
}

/// Its exit code says which levels it found, not whether it ran.
fn run(program: &str, arguments: &[String], folder: &Path) -> Result<String, CfnLintError> {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| CfnLintError::NotRun(program.to_string(), error))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
