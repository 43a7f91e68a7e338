//! The world as the language server may see it: the folders that are open in the editor, and a cache of the library's sources.
//!
//! Guarantees: no process is started and no socket opened; a file is read only if it lies, links followed, below a folder that is open;
//! only the cache is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::RwLock;

use conductor::{Engine, EngineOptions};
use lw_compiler::{Date, Entry, MANIFEST_NAME, ReadError, World};
use lw_lsp::{Decoration, Host, PlannedStep};
use lw_plan::Plan;

use crate::arguments::GraphFormat;
use crate::commands::graph::{changes, draw};
use crate::disk::Disk;
use crate::graph::Graph;

pub struct Editor {
    disk: Disk,
    /// Without links.
    folders: RwLock<Vec<PathBuf>>,
}

impl Editor {
    pub fn new() -> Editor {
        Editor { disk: Disk, folders: RwLock::default() }
    }

    /// Whether a path may be looked at.
    fn allow(&self, path: &Path) -> Result<(), ReadError> {
        let folders = self.folders.read().map(|folders| folders.clone()).unwrap_or_default();
        // What lies outside is not even asked for; what is a link is followed first.
        if !folders.iter().any(|folder| path.starts_with(folder)) {
            return Err(self.outside(path));
        }
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ReadError::Missing),
            Err(_) => return Err(self.outside(path)),
        };
        match folders.iter().any(|folder| real.starts_with(folder)) {
            true => Ok(()),
            false => Err(self.outside(path)),
        }
    }

    fn outside(&self, path: &Path) -> ReadError {
        // The search for the project's folder ends where the editor's folder does.
        match path.file_name().is_some_and(|name| name == MANIFEST_NAME) {
            true => ReadError::Missing,
            false => ReadError::Failed("it lies outside the folders that are open in the editor".to_string()),
        }
    }
}

impl World for Editor {
    fn read(&self, path: &Path, size_max: u64) -> Result<Vec<u8>, ReadError> {
        self.allow(path)?;
        self.disk.read(path, size_max)
    }

    fn list(&self, folder: &Path) -> Result<Vec<Entry>, ReadError> {
        self.allow(folder)?;
        self.disk.list(folder)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.disk.variable(name)
    }

    fn today(&self) -> Date {
        self.disk.today()
    }
}

impl Host for Editor {
    fn confine(&self, folders: &[PathBuf]) {
        // A folder is known by the name that the editor uses and by its own.
        let real = folders.iter().filter_map(|folder| fs::canonicalize(folder).ok());
        let mut all: Vec<PathBuf> = folders.iter().cloned().chain(real).collect();
        all.sort();
        all.dedup();
        if let Ok(mut known) = self.folders.write() {
            *known = all;
        }
    }

    fn spawn(&self, job: Box<dyn FnOnce() + Send>) {
        // A thread that cannot be had costs the evaluation, not the editor.
        let _ = std::thread::Builder::new().name("evaluation".to_string()).stack_size(8 << 20).spawn(job);
    }

    fn cached(&self, below: &str, text: &str) -> Option<PathBuf> {
        let path = cache_folder()?.join(env!("CARGO_PKG_VERSION")).join("stdlib").join(below);
        if fs::read(&path).is_ok_and(|known| known == text.as_bytes()) {
            return Some(path);
        }
        fs::create_dir_all(path.parent()?).ok()?;
        // Another server may write it too: whole, under another name, then put in place.
        let partial = path.with_extension(format!("{}.partial", std::process::id()));
        fs::write(&partial, text).ok()?;
        let mut permissions = fs::metadata(&partial).ok()?.permissions();
        permissions.set_readonly(true);
        let _ = fs::set_permissions(&partial, permissions);
        fs::rename(&partial, &path).ok()?;
        Some(path)
    }

    fn changes(&self, project: &Path, plan: &Plan) -> Option<Vec<PlannedStep>> {
        let path = project.join(".linework/state.db");
        self.allow(&path).ok()?;
        // Only read: nothing is made where nothing was applied.
        changes(plan, &Engine::new(EngineOptions::new(path)))
    }

    fn drawing(&self, plan: &Plan, decoration: &Decoration, format: &str) -> Option<String> {
        let format = <GraphFormat as clap::ValueEnum>::from_str(format, true).ok()?;
        Some(draw(&Graph::of(plan, decoration), format))
    }
}

/// `$XDG_CACHE_HOME/linework`, or `~/.cache/linework`.
fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches =
        set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(caches.join("linework"))
}
