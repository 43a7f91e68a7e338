//! What is open: texts, the projects they belong to, and one warm check for each project.
//!
//! The one idea: a change only notes that a file is behind. Whoever asks next brings the project's check up to date, statement by statement
//! where that is possible and anew where it is not, so that a burst of keystrokes costs one check.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use lw_check::{RootSource, Session};
use lw_compiler::{Project, read_text};
use lw_diagnostics::FileId;

use crate::Host;
use crate::background::Evaluation;
use crate::documents::Documents;
use crate::overlay::{OpenModules, Overlay};
use crate::positions::{Encoding, Text};

/// A project of more text is checked file by file, as files are opened; its other files are checked beside, with the evaluation.
const CHECKED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// After so many types, which questions leave behind, a check begins again.
const WEIGHT_MAX: usize = 4_000_000;

pub struct Workspace {
    pub host: Arc<dyn Host>,
    pub documents: Documents,
    pub folders: Vec<PathBuf>,
    pub encoding: Encoding,
    pub snippets: bool,
    projects: Vec<OpenProject>,
}

pub struct OpenProject {
    pub project: Rc<Project>,
    /// Its source files; one, where there is no `lw.toml`.
    pub files: Vec<PathBuf>,
    session: Option<Session>,
    /// Files that the check is behind on.
    behind: Vec<PathBuf>,
    /// Counts changes.
    pub revision: u64,
    /// What the last evaluation said.
    pub evaluation: Option<Evaluation>,
}

/// A file of a project's check.
pub struct Place<'w> {
    pub session: &'w mut Session,
    pub file: FileId,
    pub text: Text,
    pub encoding: Encoding,
    pub project: usize,
}

impl Workspace {
    pub fn new(host: Arc<dyn Host>) -> Workspace {
        Workspace {
            host,
            documents: Documents::default(),
            folders: Vec::new(),
            encoding: Encoding::default(),
            snippets: false,
            projects: Vec::new(),
        }
    }

    pub fn overlay(&self) -> Overlay {
        Overlay { host: self.host.clone(), texts: Arc::new(self.documents.texts()) }
    }

    pub fn projects(&self) -> &[OpenProject] {
        &self.projects
    }

    pub fn project(&self, number: usize) -> &OpenProject {
        &self.projects[number]
    }

    pub fn project_mut(&mut self, number: usize) -> &mut OpenProject {
        &mut self.projects[number]
    }

    /// Finds the projects of the folders that are open.
    pub fn discover(&mut self) -> Vec<usize> {
        let overlay = self.overlay();
        let gathered = lw_compiler::gather(&overlay, &self.folders, Path::new("/"));
        let mut found = Vec::new();
        for work in gathered.work.into_iter().filter(|work| work.project.has_manifest) {
            let known = self.projects.iter().position(|open| open.project.root == work.project.root);
            found.push(known.unwrap_or_else(|| self.add(work.project, work.files)));
        }
        found
    }

    fn add(&mut self, project: Project, files: Vec<PathBuf>) -> usize {
        self.projects.push(OpenProject {
            project: Rc::new(project),
            files,
            session: None,
            behind: Vec::new(),
            revision: 0,
            evaluation: None,
        });
        self.projects.len() - 1
    }

    /// The project of a file, found when first asked for.
    pub fn project_of(&mut self, path: &Path) -> usize {
        if let Some(known) = self.projects.iter().position(|open| open.files.iter().any(|file| file == path)) {
            return known;
        }
        let overlay = self.overlay();
        let folder = path.parent().unwrap_or(Path::new("/"));
        let project = Project::around(&overlay, folder, Path::new("/"));
        if !project.has_manifest {
            return self.add(project, vec![path.to_path_buf()]);
        }
        match self.projects.iter().position(|open| open.project.root == project.root && open.project.has_manifest) {
            Some(known) => {
                let open = &mut self.projects[known];
                open.files.push(path.to_path_buf());
                open.session = None;
                known
            }
            None => {
                let mut files = Project::sources_below(&overlay, &project.root);
                if !files.iter().any(|file| file == path) {
                    files.push(path.to_path_buf());
                }
                self.add(project, files)
            }
        }
    }

    /// Notes that a file's text is another; gives the projects that see it.
    pub fn changed(&mut self, path: &Path) -> Vec<usize> {
        let own = self.project_of(path);
        let mut seen = vec![own];
        for (number, open) in self.projects.iter().enumerate() {
            let reads = |session: &Session| session.file(&path.to_string_lossy()).is_some();
            if number != own && open.session.as_ref().is_some_and(reads) {
                seen.push(number);
            }
        }
        for number in &seen {
            let open = &mut self.projects[*number];
            open.revision += 1;
            if !open.behind.iter().any(|behind| behind == path) {
                open.behind.push(path.to_path_buf());
            }
        }
        seen
    }

    /// Files came, went, or changed on the disk: every project is looked at anew.
    pub fn changed_outside(&mut self) -> Vec<usize> {
        let overlay = self.overlay();
        for open in &mut self.projects {
            open.revision += 1;
            open.session = None;
            if let Some(project) = Project::at(&overlay, &open.project.root) {
                let mut files = Project::sources_below(&overlay, &project.root);
                files.extend(open.files.iter().filter(|file| overlay.texts.contains_key(*file)).cloned());
                files.sort();
                files.dedup();
                open.files = files;
                open.project = Rc::new(project);
            } else if open.project.has_manifest {
                // Its manifest went: what is open is found again, each file where it belongs now.
                open.files.clear();
            }
        }
        self.projects.retain(|open| !open.files.is_empty());
        for path in overlay.texts.keys() {
            self.project_of(path);
        }
        self.discover();
        (0..self.projects.len()).collect()
    }

    /// Forgets every check; the next question begins one.
    pub fn forget(&mut self) {
        self.projects.iter_mut().for_each(|open| open.session = None);
    }

    /// A project's check, brought up to date.
    pub fn session(&mut self, number: usize) -> &mut Session {
        self.follow(number);
        self.projects[number].session.as_mut().expect("it was just brought up to date")
    }

    /// Brings a check up to date; true if it could be followed there statement by statement.
    pub fn follow(&mut self, number: usize) -> bool {
        let overlay = self.overlay();
        let open = &mut self.projects[number];
        let behind = std::mem::take(&mut open.behind);
        let followed = open.session.as_mut().is_some_and(|session| {
            session.weight() < WEIGHT_MAX
                && behind.iter().all(|path| match (session.file(&path.to_string_lossy()), read_text(&overlay, path)) {
                    (Some(file), Ok(text)) => session.replace(file, &text),
                    _ => false,
                })
        });
        if !followed {
            open.session = Some(open_session(open, &overlay));
        }
        followed
    }

    /// A file in its project's check, which is brought up to date.
    pub fn place(&mut self, path: &Path) -> Option<Place<'_>> {
        let text = self.documents.get(path).map(|document| document.text.clone());
        let encoding = self.encoding;
        if text.is_none()
            && let Some((below, library)) = self.library_file(path)
        {
            let name = format!("stdlib/{below}");
            let number = self.project_with(&name)?;
            let session = self.session(number);
            let file = session.file(&name)?;
            return Some(Place { session, file, text: Text::new(library), encoding, project: number });
        }
        let project = self.project_of(path);
        let session = self.session(project);
        let file = session.file(&path.to_string_lossy())?;
        let text = text.unwrap_or_else(|| Text::new(session.files().text(file).clone()));
        Some(Place { session, file, text, encoding, project })
    }

    /// The library's file that a path of the cache holds.
    pub fn library_file(&self, path: &Path) -> Option<(String, Arc<str>)> {
        let text = path.to_str()?;
        let below = &text[text.find("/stdlib/")? + "/stdlib/".len()..];
        let module = lw_stdlib::module(&below.strip_suffix(".lw")?.replace('/', "."))?;
        let inside = self.folders.iter().any(|folder| path.starts_with(folder));
        (!inside).then(|| (below.to_string(), Arc::from(module.text())))
    }

    /// A project whose check has read a file.
    fn project_with(&mut self, name: &str) -> Option<usize> {
        (0..self.projects.len()).find(|number| self.session(*number).file(name).is_some())
    }

    /// A text that is open or was read by a project's check.
    pub fn text(&self, path: &Path) -> Option<Text> {
        if let Some(document) = self.documents.get(path) {
            return Some(document.text.clone());
        }
        read_text(&self.overlay(), path).ok().map(Text::new)
    }
}

fn open_session(open: &OpenProject, overlay: &Overlay) -> Session {
    let project = open.project.clone();
    let mut roots: Vec<RootSource> = Vec::new();
    let mut bytes = 0;
    // Open files first, should there be too many; then in the order in which the command line takes them.
    let mut files: Vec<&PathBuf> = open.files.iter().collect();
    files.sort_by_key(|path| !overlay.texts.contains_key(*path));
    for path in files {
        let Ok(text) = read_text(overlay, path) else { continue };
        bytes += text.len();
        if bytes > CHECKED_BYTES_MAX && !overlay.texts.contains_key(path) {
            break;
        }
        let file_name = Arc::from(path.to_string_lossy().as_ref());
        roots.push(RootSource { file_name, module: project.module_of(path), text });
    }
    let order = |root: &RootSource| open.files.iter().position(|file| file.to_string_lossy() == *root.file_name);
    roots.sort_by_key(order);
    Session::open(&roots, Rc::new(OpenModules { overlay: overlay.clone(), project }))
}

impl OpenProject {
    /// Its check as it is, up to date or not.
    pub fn session_now(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// What tells it apart: its folder, and its only file where it has no `lw.toml`.
    pub fn key(&self) -> (PathBuf, Option<PathBuf>) {
        let alone = if self.project.has_manifest { None } else { self.files.first().cloned() };
        (self.project.root.clone(), alone)
    }
}
