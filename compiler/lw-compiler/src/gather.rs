//! Which files a command line names, and the projects they belong to.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Files};

use crate::project::{Project, projects_below, templates_below};
use crate::templates::{is_template_name, looks_like_template};
use crate::text::{BadText, BadTextReason, display, read_text};
use crate::world::{ReadError, World, normalize};

/// The path that stands for standard input, where whoever reads files reads that too.
pub const STANDARD_INPUT: &str = "-";

/// A project and the files of it that are meant.
#[derive(Debug)]
pub struct Work {
    pub project: Project,
    /// As they were given, or as they were found below a folder that was given; each once.
    pub files: Vec<PathBuf>,
    /// Templates of other tools, likewise.
    pub templates: Vec<PathBuf>,
}

/// What a list of paths comes to.
#[derive(Debug, Default)]
pub struct Gathered {
    /// In the order in which the paths first mention them.
    pub work: Vec<Work>,
    /// Paths that lead nowhere.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether templates of other tools are wanted too.
    with_templates: bool,
    /// Of files that are named, too, only those that look like one.
    likely_alone: bool,
}

/// Files and folders, as projects with files; a folder means every source file below it.
pub fn gather(world: &dyn World, paths: &[PathBuf], working_folder: &Path) -> Gathered {
    Gathered::default().with(world, paths, working_folder)
}

/// The same with templates of other tools: those that are named, and below a folder those that look like one; and standard input.
pub fn gather_with_templates(world: &dyn World, paths: &[PathBuf], working_folder: &Path) -> Gathered {
    Gathered { with_templates: true, ..Gathered::default() }.with(world, paths, working_folder)
}

/// The same, where the names come from a list of whatever changed: a file that does not look like a template is passed over.
pub fn gather_with_likely_templates(world: &dyn World, paths: &[PathBuf], working_folder: &Path) -> Gathered {
    let nothing = Gathered { with_templates: true, likely_alone: true, ..Gathered::default() };
    nothing.with(world, paths, working_folder)
}

impl Gathered {
    fn with(mut self, world: &dyn World, paths: &[PathBuf], working_folder: &Path) -> Gathered {
        let gathered = &mut self;
        for path in paths {
            if gathered.with_templates && path.as_os_str() == STANDARD_INPUT {
                gathered.add_standard_input(world, working_folder);
                continue;
            }
            match world.list(path) {
                Ok(_) => gathered.add_folder(world, &normalize(path), working_folder),
                Err(ReadError::WrongKind) => gathered.add_file(world, path, working_folder),
                Err(ReadError::Missing) => gathered.refuse(path, BadTextReason::Missing),
                Err(ReadError::TooLarge) => gathered.refuse(path, BadTextReason::TooLarge),
                Err(ReadError::Failed(message)) => gathered.refuse(path, BadTextReason::Failed(message)),
            }
        }
        self
    }

    fn add_file(&mut self, world: &dyn World, path: &Path, working_folder: &Path) {
        let folder = path.parent().unwrap_or(Path::new(""));
        if self.with_templates && is_template_name(path) {
            if self.likely_alone && !looks_like_template(world, path) {
                return;
            }
            self.add(Project::around(world, folder, working_folder), Vec::new(), vec![path.to_path_buf()]);
            return;
        }
        if path.extension().is_none_or(|extension| extension != "lw") {
            self.diagnostics.push(
                Diagnostic::error("LW0185", format!("`{}` is not a Linework file", path.display()))
                    .help("source files end in `.lw`"),
            );
            return;
        }
        self.add(Project::around(world, folder, working_folder), vec![path.to_path_buf()], Vec::new());
    }

    /// A template, a plan or a source file: its name does not say which, so its text does.
    fn add_standard_input(&mut self, world: &dyn World, working_folder: &Path) {
        let path = PathBuf::from(STANDARD_INPUT);
        let project = Project::around(world, Path::new(""), working_folder);
        match read_text(world, &path) {
            Ok(text) if text.trim_start().starts_with('{') || lw_formats::looks_like_template(&text) => {
                self.add(project, Vec::new(), vec![path]);
            }
            Ok(_) => self.add(project, vec![path], Vec::new()),
            Err(bad) => self.refuse(&path, bad.reason),
        }
    }

    fn add_folder(&mut self, world: &dyn World, folder: &Path, working_folder: &Path) {
        let project = Project::around(world, folder, working_folder);
        let files = Project::sources_below(world, folder);
        let nested = projects_below(world, folder);
        let templates = self.templates_below(world, folder);
        if files.is_empty() && nested.is_empty() && templates.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("LW0186", format!("`{}` holds no `.lw` file", folder.display()))
                    .help("`lw init` writes a first one"),
            );
        }
        if project.has_manifest || !files.is_empty() || !templates.is_empty() {
            self.add(project, files, templates);
        }
        for folder in nested {
            if let Some(project) = Project::at(world, &folder) {
                let files = Project::sources_below(world, &folder);
                let templates = self.templates_below(world, &folder);
                self.add(project, files, templates);
            }
        }
    }

    fn templates_below(&self, world: &dyn World, folder: &Path) -> Vec<PathBuf> {
        if self.with_templates { templates_below(world, folder) } else { Vec::new() }
    }

    fn add(&mut self, project: Project, files: Vec<PathBuf>, templates: Vec<PathBuf>) {
        let work = match self.work.iter_mut().find(|work| work.project.root == project.root) {
            Some(work) => work,
            None => {
                self.work.push(Work { project, files: Vec::new(), templates: Vec::new() });
                self.work.last_mut().expect("it was just added")
            }
        };
        extend_by_new(&mut work.files, files);
        extend_by_new(&mut work.templates, templates);
    }

    fn refuse(&mut self, path: &Path, reason: BadTextReason) {
        let bad = BadText { name: display(path), reason, shown: Arc::from("") };
        // None of these reasons shows any text, so that no file is added.
        self.diagnostics.push(bad.diagnostic(&mut Files::default()));
    }
}

/// Adds what is not there yet, under any name.
fn extend_by_new(paths: &mut Vec<PathBuf>, more: Vec<PathBuf>) {
    let mut known: HashSet<PathBuf> = paths.iter().map(|file| normalize(file)).collect();
    paths.extend(more.into_iter().filter(|file| known.insert(normalize(file))));
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
