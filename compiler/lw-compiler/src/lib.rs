//! The compiler's pipeline on one screen: [`compile`].
//!
//! Flow: files and `lw.toml` come in through a [`World`]; they are parsed and checked together, and each composition is evaluated,
//! judged by its policies, and lowered to a Plan. Every phase returns what it could make and what it found.
//! Deliberately absent: I/O, a clock, threads; and anything about how a Plan is executed.

mod compiled;
mod gather;
pub mod json;
mod manifest;
mod modules;
mod packs;
mod project;
mod text;
mod world;

use std::path::{Path, PathBuf};

use lw_check::RootSource;

pub use compiled::{Compiled, PolicyReport, ResourceVerdict, TestReport, Unit};
pub use gather::{Gathered, Work, composition_at, gather};
pub use manifest::{Environment, FILE_NAME as MANIFEST_NAME, Manifest};
pub use project::Project;
pub use text::{BadText, FILE_SIZE_MAX, read_text};
pub use world::{Date, Entry, ReadError, World, normalize};

use crate::modules::ProjectModules;
use crate::text::display;

/// What is asked of the compiler, besides files.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `--env`
    pub environment: Option<String>,
    /// `--set`, in order; the last of a name counts.
    pub settings: Vec<(String, String)>,
    /// Modules whose policies are in force too.
    pub packs: Vec<String>,
    /// `--sim`: the simulated cloud stands in for every provider.
    pub simulated: bool,
    /// What relative paths start from; absolute.
    pub working_folder: PathBuf,
}

/// Files of one project, from text to Plans.
pub fn compile(world: &dyn World, work: &Work, request: &Request) -> Compiled {
    let project = &work.project;
    if project.has_errors() {
        return Compiled::refused(project.diagnostics.clone(), project.files.clone());
    }
    let environment = match project.environment(request.environment.as_deref()) {
        Ok(environment) => environment,
        Err(diagnostic) => return Compiled::refused(vec![*diagnostic], project.files.clone()),
    };
    let modules = ProjectModules::new(world, project);
    let packs = match packs::source(project, environment, &request.packs, &modules) {
        Ok(packs) => packs,
        Err(diagnostics) => return Compiled::refused(diagnostics, project.files.clone()),
    };
    let (roots, unreadable) = read(world, project, &work.files);
    let sources: Vec<RootSource> = roots.iter().map(|(_, source)| source.clone()).chain(packs).collect();
    let mut checked = lw_check::check(&sources, &modules);
    packs::put_in_force(&mut checked.program, roots.len());
    let mut compiled = Compiled { files: checked.files, diagnostics: checked.diagnostics, ..Compiled::default() };
    compiled.diagnostics.extend(modules.diagnostics(&mut compiled.files));
    compiled.diagnostics.extend(unreadable.iter().map(|bad| bad.diagnostic(&mut compiled.files)));
    compiled.units = roots
        .into_iter()
        .map(|(path, source)| Unit {
            name: deployment_name(&path, &request.working_folder),
            file_name: source.file_name,
            path,
            plan: None,
            tests: Vec::new(),
        })
        .collect();
    compiled
}

/// The texts of the files that are text.
fn read(world: &dyn World, project: &Project, files: &[PathBuf]) -> (Vec<(PathBuf, RootSource)>, Vec<BadText>) {
    let (mut roots, mut unreadable) = (Vec::new(), Vec::new());
    for path in files {
        match read_text(world, path) {
            Ok(text) => {
                let source = RootSource { file_name: display(path), module: project.module_of(path), text };
                roots.push((path.clone(), source));
            }
            Err(bad) => unreadable.push(bad),
        }
    }
    (roots, unreadable)
}

/// The file's stem, or its folder's name when the stem is `main`.
fn deployment_name(path: &Path, working_folder: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if stem != "main" {
        return stem;
    }
    let folder = normalize(&working_folder.join(path.parent().unwrap_or(Path::new(""))));
    folder.file_name().map_or(stem, |name| name.to_string_lossy().into_owned())
}
