//! Which files a command line names, and the projects they belong to.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Files};

use crate::project::{Project, projects_below};
use crate::text::{BadText, BadTextReason, display, read_text};
use crate::world::{ReadError, World, normalize};

/// A project and the files of it that are meant.
#[derive(Debug)]
pub struct Work {
    pub project: Project,
    /// As they were given, or as they were found below a folder that was given; each once.
    pub files: Vec<PathBuf>,
}

/// What a list of paths comes to.
#[derive(Debug, Default)]
pub struct Gathered {
    /// In the order in which the paths first mention them.
    pub work: Vec<Work>,
    /// Paths that lead nowhere.
    pub diagnostics: Vec<Diagnostic>,
}

/// Files and folders, as projects with files; a folder means every source file below it.
pub fn gather(world: &dyn World, paths: &[PathBuf], working_folder: &Path) -> Gathered {
    let mut gathered = Gathered::default();
    for path in paths {
        match world.list(path) {
            Ok(_) => gathered.add_folder(world, &normalize(path), working_folder),
            Err(ReadError::WrongKind) => gathered.add_file(world, path, working_folder),
            Err(ReadError::Missing) => gathered.refuse(path, BadTextReason::Missing),
            Err(ReadError::TooLarge) => gathered.refuse(path, BadTextReason::TooLarge),
            Err(ReadError::Failed(message)) => gathered.refuse(path, BadTextReason::Failed(message)),
        }
    }
    gathered
}

impl Gathered {
    fn add_file(&mut self, world: &dyn World, path: &Path, working_folder: &Path) {
        if path.extension().is_none_or(|extension| extension != "lw") {
            self.diagnostics.push(
                Diagnostic::error("LW0185", format!("`{}` is not a Linework file", path.display()))
                    .help("source files end in `.lw`"),
            );
            return;
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        self.add(Project::around(world, folder, working_folder), vec![path.to_path_buf()]);
    }

    fn add_folder(&mut self, world: &dyn World, folder: &Path, working_folder: &Path) {
        let project = Project::around(world, folder, working_folder);
        let files = Project::sources_below(world, folder);
        let nested = projects_below(world, folder);
        if files.is_empty() && nested.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("LW0186", format!("`{}` holds no `.lw` file", folder.display()))
                    .help("`lw init` writes a first one"),
            );
        }
        if project.has_manifest || !files.is_empty() {
            self.add(project, files);
        }
        for folder in nested {
            if let Some(project) = Project::at(world, &folder) {
                let files = Project::sources_below(world, &folder);
                self.add(project, files);
            }
        }
    }

    fn add(&mut self, project: Project, files: Vec<PathBuf>) {
        let work = match self.work.iter_mut().find(|work| work.project.root == project.root) {
            Some(work) => work,
            None => {
                self.work.push(Work { project, files: Vec::new() });
                self.work.last_mut().expect("it was just added")
            }
        };
        let mut known: HashSet<PathBuf> = work.files.iter().map(|file| normalize(file)).collect();
        work.files.extend(files.into_iter().filter(|file| known.insert(normalize(file))));
    }

    fn refuse(&mut self, path: &Path, reason: BadTextReason) {
        let bad = BadText { name: display(path), reason, shown: Arc::from("") };
        // None of these reasons shows any text, so that no file is added.
        self.diagnostics.push(bad.diagnostic(&mut Files::default()));
    }
}

/// The one composition that a path means: the file itself, or in a folder `main.lw`, or the only one there is.
pub fn composition_at(world: &dyn World, path: &Path) -> Result<PathBuf, Box<Diagnostic>> {
    let Ok(entries) = world.list(path) else { return Ok(path.to_path_buf()) };
    let main = normalize(path).join("main.lw");
    if entries.iter().any(|entry| entry.name == "main.lw" && !entry.is_folder) {
        return Ok(main);
    }
    let mut compositions = Project::sources_below(world, &normalize(path));
    compositions.retain(|file| read_text(world, file).is_ok_and(|text| looks_like_composition(&text)));
    match compositions.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Box::new(
            Diagnostic::error("LW0187", format!("`{}` holds no composition", path.display()))
                .help("a composition is a file with the statement `composition`"),
        )),
        several => {
            let names: Vec<String> = several.iter().map(|file| format!("`{}`", file.display())).collect();
            Err(Box::new(
                Diagnostic::error("LW0187", format!("`{}` holds several compositions", path.display()))
                    .help(format!("name one: {}", names.join(", "))),
            ))
        }
    }
}

/// A statement `composition` begins in the first column; nothing else does with that word.
fn looks_like_composition(text: &str) -> bool {
    text.lines().any(|line| {
        line.strip_prefix("composition")
            .is_some_and(|rest| rest.trim_start().is_empty() || rest.starts_with([' ', '\t']))
    })
}
