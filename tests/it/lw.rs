//! Runs the binary that the build has just made, in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::SystemTime;

use serde_json::Value as Json;

/// The binary beside this test's.
pub static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("a running test has a path");
    let folder = test.parent().and_then(Path::parent).expect("tests run from target/PROFILE/deps");
    let binary = folder.join("lw");
    let advice = "run `cargo test --workspace`, which builds it, or `cargo build --package lw` first";
    assert!(binary.exists(), "{} does not exist: {advice}", binary.display());
    if let Some(newer) = newer_source(&binary) {
        panic!("{} is older than {}: {advice}", binary.display(), newer.display());
    }
    binary
});

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// A source that cargo's list names and that was written after the binary.
fn newer_source(binary: &Path) -> Option<PathBuf> {
    let written = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let built: SystemTime = written(binary)?;
    let list = fs::read_to_string(binary.with_extension("d")).ok()?;
    let (_, sources) = list.split_once(": ")?;
    sources.split_whitespace().map(PathBuf::from).find(|source| written(source).is_some_and(|at| at > built))
}

/// A temporary folder with files in it, where commands are run.
pub struct Folder {
    /// Holds the folder, and goes with it.
    _temporary: tempfile::TempDir,
    path: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Folder {
    pub fn new() -> Folder {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        // A composition in `main.lw` is called as its folder is, which should be the same in every run.
        let path = temporary.path().join("project");
        fs::create_dir(&path).expect("a folder in a temporary folder");
        Folder { _temporary: temporary, path, variables: BTreeMap::new() }
    }

    /// A folder that holds one file, `main.lw`.
    pub fn with(source: &str) -> Folder {
        let folder = Folder::new();
        folder.write("main.lw", source);
        folder
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder in a temporary folder");
        fs::write(path, content).expect("a file in a temporary folder");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// Sets an environment variable for every later command.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_string(), value.to_string());
    }

    /// A command that is about to be run here; colours and the caller's own settings are off, nobody is there to be asked.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&*BINARY);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_remove("LINEWORK_STORE")
            .env("NO_COLOR", "1")
            .env("RUST_BACKTRACE", "0")
            .envs(&self.variables)
            .stdin(Stdio::null());
        command
    }

    pub fn lw(&self, arguments: &[&str]) -> Run {
        Run::of(arguments, self.command(arguments).output().expect("the binary starts"))
    }
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Run {
    pub command: String,
    pub code: i32,
    pub out: String,
    pub error: String,
}

impl Run {
    pub fn of(arguments: &[&str], output: Output) -> Run {
        let run = Run {
            command: format!("lw {}", arguments.join(" ")),
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            error: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        };
        assert!(!run.error.contains("panicked at"), "{run:?}");
        run
    }

    /// Asserts the exit code; what was said is shown if it differs.
    #[track_caller]
    pub fn expect(self, code: i32) -> Run {
        assert_eq!(
            self.code, code,
            "{}\n--- standard output\n{}\n--- standard error\n{}",
            self.command, self.out, self.error
        );
        self
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}\n{}", self.command, self.out, self.error))
    }

    /// The codes among `diagnostics`, in order.
    #[track_caller]
    pub fn codes(&self) -> Vec<String> {
        let json = self.json();
        let diagnostics = json["diagnostics"].as_array().unwrap_or_else(|| panic!("no diagnostics: {}", self.out));
        diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().expect("a code").to_string()).collect()
    }
}
