//! Where an `import` finds its module: the library, the project's source folders, those of its dependencies.
//!
//! One name means one file: a second one is a diagnostic, never an order.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use lw_check::{DEPLOYMENT, IndexedStatement, ModuleSource, Modules};
use lw_diagnostics::{Diagnostic, Files};

use crate::lock::{Lock, LockReader};
use crate::outputs;
use crate::project::{Project, modules_below};
use crate::text::{BadText, BadTextReason, display, read_text};
use crate::world::World;

/// The modules that a project sees.
pub struct ProjectModules<'a> {
    world: &'a dyn World,
    project: &'a Project,
    lock: LockReader<'a>,
    /// Deployments whose outputs were asked for.
    deployments: RefCell<BTreeSet<String>>,
    /// What went wrong while modules were read; the checker knows nothing of it.
    problems: RefCell<Vec<Problem>>,
}

enum Problem {
    Unreadable(BadText),
    TwoPlaces { name: String, places: Vec<Arc<str>> },
}

impl<'a> ProjectModules<'a> {
    pub fn new(world: &'a dyn World, project: &'a Project) -> ProjectModules<'a> {
        let lock = LockReader::new(world, &project.root, None);
        ProjectModules { world, project, lock, deployments: RefCell::default(), problems: RefCell::default() }
    }

    /// The same with something in place of the lock.
    pub fn with_lock(self, given: Option<&'a Lock>) -> ProjectModules<'a> {
        ProjectModules { lock: LockReader::new(self.world, &self.project.root, given), ..self }
    }

    /// What is recorded for the project.
    pub fn lock(&self) -> &LockReader<'a> {
        &self.lock
    }

    /// Deployments whose outputs were asked for.
    pub fn deployments(&self) -> Vec<String> {
        self.deployments.borrow().iter().cloned().collect()
    }

    /// What went wrong while modules were read, placed in `files`.
    pub fn diagnostics(&self, files: &mut Files) -> Vec<Diagnostic> {
        let problems = self.problems.take();
        problems.into_iter().map(|problem| problem.diagnostic(files)).collect()
    }

    fn source(&self, file_name: Arc<str>, text: Arc<str>) -> ModuleSource {
        ModuleSource { file_name, text, index: None }
    }
}

impl Modules for ProjectModules<'_> {
    fn module(&self, name: &str) -> Option<ModuleSource> {
        if let Some(deployment) = name.strip_prefix(DEPLOYMENT) {
            self.deployments.borrow_mut().insert(deployment.to_string());
            return outputs::module(self.lock.lock()?, deployment);
        }
        let library = lw_stdlib::module(name);
        let mut places: Vec<Arc<str>> = library.map(library_file).into_iter().collect();
        let mut found = library.map(from_library);
        let below: PathBuf = name.split('.').collect::<PathBuf>().with_extension("lw");
        for folder in &self.project.source_folders {
            match read_text(self.world, &folder.join(&below)) {
                Ok(text) => {
                    let file_name = display(&folder.join(&below));
                    places.push(file_name.clone());
                    found.get_or_insert_with(|| self.source(file_name, text));
                }
                Err(bad) if bad.reason == BadTextReason::Missing => {}
                Err(bad) => {
                    places.push(bad.name.clone());
                    found.get_or_insert_with(|| self.source(bad.name.clone(), Arc::from("")));
                    self.problems.borrow_mut().push(Problem::Unreadable(bad));
                }
            }
        }
        if places.len() > 1 {
            self.problems.borrow_mut().push(Problem::TwoPlaces { name: name.to_string(), places });
        }
        found
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = lw_stdlib::modules().map(|module| module.name.to_string()).collect();
        names.extend(self.project.source_folders.iter().flat_map(|folder| modules_below(self.world, folder)));
        names
    }

    fn cloud_rules(&self, name: &str) -> Vec<&'static str> {
        let in_force = self.project.manifest.cloud_rules.unwrap_or(true);
        let Some(service) = name.strip_prefix("AWS.").filter(|_| in_force) else { return Vec::new() };
        let of_service = format!("Policy.Cloud.{service}");
        ["Policy.Cloud.Tags", &of_service]
            .into_iter()
            .filter_map(|name| lw_stdlib::module(name).map(|module| module.name))
            .collect()
    }
}

impl Problem {
    fn diagnostic(self, files: &mut Files) -> Diagnostic {
        match self {
            Problem::Unreadable(bad) => bad.diagnostic(files),
            Problem::TwoPlaces { name, places } => {
                let places: Vec<String> = places.iter().map(|place| format!("`{place}`")).collect();
                Diagnostic::error("LW0258", format!("the module `{name}` is in two places"))
                    .note(format!("it is {}", places.join(" and ")))
                    .help("rename one of them")
            }
        }
    }
}

/// A library file as diagnostics show it.
fn library_file(module: &lw_stdlib::Module) -> Arc<str> {
    Arc::from(format!("stdlib/{}", module.path))
}

fn from_library(module: &'static lw_stdlib::Module) -> ModuleSource {
    let index = module.statements().iter().map(|statement| IndexedStatement {
        start: statement.start,
        end: statement.end,
        keyword: statement.keyword.word(),
        name: Arc::from(statement.name),
    });
    ModuleSource { file_name: library_file(module), text: Arc::from(module.text()), index: Some(index.collect()) }
}
