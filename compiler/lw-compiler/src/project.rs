//! A project: the folder of `lw.toml`, what that says, and where modules lie.
//!
//! A file outside any project is a project of its own: its folder is the source folder, and nothing else is set.

use std::path::{Path, PathBuf};

use lw_diagnostics::{Diagnostic, Files, Span, did_you_mean};

use crate::manifest::{self, Environment, Located, Manifest};
use crate::templates::looks_like_template;
use crate::text::{BadTextReason, display, read_text};
use crate::world::{ReadError, World, normalize};

/// Folders that hold no sources of a project, whatever lies in them.
const SKIPPED_FOLDERS: &[&str] = &["target", "node_modules"];
/// How deep folders are searched for sources.
const FOLDER_DEPTH_MAX: usize = 64;

#[derive(Debug, Default)]
pub struct Project {
    /// The folder of `lw.toml`; without one, the file's.
    pub root: PathBuf,
    /// Whether there is an `lw.toml`.
    pub has_manifest: bool,
    pub manifest: Manifest,
    /// Its own source folders, then those of what it depends on.
    pub source_folders: Vec<PathBuf>,
    /// How many of them are its own.
    pub own_folders: usize,
    /// Every `lw.toml` that was read.
    pub files: Files,
    pub diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// The project that a folder belongs to: the nearest `lw.toml` in it or above it, up to the file system's root.
    ///
    /// `working_folder` is absolute and is what relative paths start from.
    pub fn around(world: &dyn World, folder: &Path, working_folder: &Path) -> Project {
        let folder = normalize(folder);
        let mut above = folder.clone();
        for _ in 0..=working_folder.join(&folder).components().count() {
            if let Some(project) = Project::at(world, &above) {
                return project;
            }
            above = if above.components().any(|part| matches!(part, std::path::Component::Normal(_))) {
                above.parent().map(Path::to_path_buf).unwrap_or_default()
            } else if above.is_absolute() {
                break;
            } else {
                above.join("..")
            };
        }
        Project { root: folder.clone(), source_folders: vec![folder], own_folders: 1, ..Project::default() }
    }

    /// The project whose `lw.toml` lies in that very folder.
    pub fn at(world: &dyn World, folder: &Path) -> Option<Project> {
        let mut project = Project { root: folder.to_path_buf(), has_manifest: true, ..Project::default() };
        let manifest = project.read_manifest(world, folder)?;
        for source in &manifest.sources {
            let path = normalize(&folder.join(&source.value));
            project.require_folder(world, &path, source);
            project.source_folders.push(path);
        }
        project.own_folders = project.source_folders.len();
        project.add_dependencies(world, folder, &manifest.dependencies);
        project.manifest = manifest;
        Some(project)
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The settings of an environment, `None` without one; a diagnostic when there is none of that name.
    pub fn environment(&self, name: Option<&str>) -> Result<Option<&Environment>, Box<Diagnostic>> {
        let Some(name) = name else { return Ok(None) };
        if let Some(environment) = self.manifest.environments.get(name) {
            return Ok(Some(environment));
        }
        let known = self.manifest.environments.keys().map(String::as_str);
        let diagnostic = Diagnostic::error("LW0254", format!("there is no environment `{name}`"));
        Err(Box::new(match did_you_mean(name, known.clone()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if !self.has_manifest => diagnostic
                .help(format!("environments are sections `[environment.{name}]` of an `lw.toml`, and there is none")),
            None if self.manifest.environments.is_empty() => {
                diagnostic.help(format!("add `[environment.{name}]` to `{}`", self.manifest_path()))
            }
            None => {
                let names: Vec<String> = known.map(|name| format!("`{name}`")).collect();
                diagnostic.help(format!("`{}` has {}", self.manifest_path(), names.join(", ")))
            }
        }))
    }

    /// The module name of a file, when it lies in one of the project's own source folders and its name can be imported.
    pub fn module_of(&self, path: &Path) -> Option<String> {
        let path = normalize(path);
        self.source_folders[..self.own_folders].iter().find_map(|folder| module_below(folder, &path))
    }

    /// Every source file below a folder, nested projects left out; sorted.
    pub fn sources_below(world: &dyn World, folder: &Path) -> Vec<PathBuf> {
        let (sources, _) = search(world, folder);
        sources
    }

    fn manifest_path(&self) -> String {
        display(&self.root.join(manifest::FILE_NAME)).to_string()
    }

    fn read_manifest(&mut self, world: &dyn World, folder: &Path) -> Option<Manifest> {
        match read_text(world, &folder.join(manifest::FILE_NAME)) {
            Ok(text) => {
                let file = self.files.add(display(&folder.join(manifest::FILE_NAME)), text.clone());
                Some(manifest::read(file, &text, &mut self.diagnostics))
            }
            Err(bad) if bad.reason == BadTextReason::Missing => None,
            Err(bad) => {
                let diagnostic = bad.diagnostic(&mut self.files);
                self.diagnostics.push(diagnostic);
                Some(Manifest::default())
            }
        }
    }

    fn require_folder(&mut self, world: &dyn World, path: &Path, written: &Located<String>) {
        if written.value == "." {
            return;
        }
        let label = match world.list(path) {
            Ok(_) => return,
            Err(ReadError::WrongKind) => "this is a file".to_string(),
            Err(ReadError::Failed(message)) => message,
            Err(_) => "there is no such folder".to_string(),
        };
        self.diagnostics.push(
            Diagnostic::error("LW0257", format!("the source folder `{}` cannot be read", written.value))
                .at(written.span, label),
        );
    }

    /// Breadth first, each project once; projects may depend on one another.
    fn add_dependencies(&mut self, world: &dyn World, folder: &Path, dependencies: &[Located<String>]) {
        let mut visited = vec![normalize(folder)];
        let mut waiting: Vec<(PathBuf, Span, String)> = Vec::new();
        let enqueue = |waiting: &mut Vec<_>, from: &Path, list: &[Located<String>]| {
            for item in list {
                waiting.push((normalize(&from.join(&item.value)), item.span, item.value.clone()));
            }
        };
        enqueue(&mut waiting, folder, dependencies);
        let mut next = 0;
        while next < waiting.len() {
            let (path, span, written) = waiting[next].clone();
            next += 1;
            if visited.contains(&path) {
                continue;
            }
            visited.push(path.clone());
            match self.read_manifest(world, &path) {
                Some(manifest) => {
                    self.source_folders
                        .extend(manifest.sources.iter().map(|source| normalize(&path.join(&source.value))));
                    enqueue(&mut waiting, &path, &manifest.dependencies);
                }
                None => self.diagnostics.push(
                    Diagnostic::error("LW0255", format!("the dependency `{written}` is not a project"))
                        .at(span, "there is no `lw.toml` in this folder"),
                ),
            }
        }
    }
}

/// `Shop.Network` for `Shop/Network.lw` below `folder`.
fn module_below(folder: &Path, path: &Path) -> Option<String> {
    let below = if folder.as_os_str().is_empty() { path } else { path.strip_prefix(folder).ok()? };
    let below = below.to_str()?.strip_suffix(".lw")?;
    let parts: Vec<&str> = below.split('/').collect();
    parts.iter().all(|part| is_module_word(part)).then(|| parts.join("."))
}

fn is_module_word(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && !word.ends_with('-')
        && word.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'))
}

/// The name of every module in a source folder; sorted.
pub fn modules_below(world: &dyn World, folder: &Path) -> Vec<String> {
    let (sources, _) = search(world, folder);
    sources.iter().filter_map(|path| module_below(folder, path)).collect()
}

/// Every project below a folder that is none itself; sorted.
pub fn projects_below(world: &dyn World, folder: &Path) -> Vec<PathBuf> {
    let (_, projects) = search(world, folder);
    projects
}

/// Templates of other tools below a folder, nested projects left out; sorted.
pub fn templates_below(world: &dyn World, folder: &Path) -> Vec<PathBuf> {
    let mut templates = Vec::new();
    walk(world, folder, &mut |path| templates.extend(looks_like_template(world, &path).then_some(path)));
    templates.sort();
    templates
}

/// Sources, and folders of nested projects, each sorted.
fn search(world: &dyn World, folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut sources = Vec::new();
    let mut projects = walk(world, folder, &mut |path| {
        if path.extension().is_some_and(|extension| extension == "lw") {
            sources.push(path);
        }
    });
    sources.sort();
    projects.sort();
    (sources, projects)
}

/// Shows every file below a folder; the folders of nested projects are not entered, but returned.
fn walk(world: &dyn World, folder: &Path, found: &mut dyn FnMut(PathBuf)) -> Vec<PathBuf> {
    let mut projects = Vec::new();
    let mut waiting = vec![(folder.to_path_buf(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let Ok(entries) = world.list(&folder) else { continue };
        if depth > 0 && entries.iter().any(|entry| entry.name == manifest::FILE_NAME && !entry.is_folder) {
            projects.push(folder);
            continue;
        }
        for entry in entries {
            if entry.is_folder {
                let skipped = entry.name.starts_with('.') || SKIPPED_FOLDERS.contains(&entry.name.as_str());
                if !skipped && depth < FOLDER_DEPTH_MAX {
                    waiting.push((folder.join(&entry.name), depth + 1));
                }
            } else {
                found(folder.join(&entry.name));
            }
        }
    }
    projects
}
