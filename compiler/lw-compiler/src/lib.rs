//! The compiler's pipeline on one screen: [`compile`].
//!
//! Flow: files and `lw.toml` come in through a [`World`]; they are parsed and checked together, and each composition is evaluated,
//! judged by its policies, and lowered to a Plan. Every phase returns what it could make and what it found.
//! Deliberately absent: I/O, a clock, threads; and anything about how a Plan is executed.

mod catalogue;
mod compiled;
mod emit;
mod expression;
mod gather;
mod import;
mod inputs;
pub mod json;
pub mod lock;
mod manifest;
mod modules;
mod outputs;
mod packs;
mod project;
mod providers;
mod templates;
mod text;
mod verdicts;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lw_check::typed::{GlobalKind, InputType, Program};
use lw_check::{Checked, RootSource};
use lw_diagnostics::{Severity, Span};
use lw_eval::Options;

pub use catalogue::{PolicyDeclaration, PolicyPage, policy_pages};
pub use compiled::{Compiled, ParameterShape, PolicyReport, ResourceVerdict, Unit, UnmappedReport, UnreadReport};
pub use emit::{Emitted, emit_cloudformation};
pub use expression::evaluate;
pub use gather::{
    Gathered, STANDARD_INPUT, Work, composition_at, gather, gather_with_likely_templates, gather_with_templates,
};
pub use import::{Imported, import_template};
pub use lock::{Lock, LockEntry, LockOutput};
pub use lw_eval::{MissingLookup, OUTPUT_SOURCE, Query};
pub use lw_formats::Notation;
pub use manifest::{Environment, FILE_NAME as MANIFEST_NAME, Manifest};
pub use modules::ProjectModules;
pub use project::Project;
pub use text::{BadText, FILE_SIZE_MAX, read_text};
pub use world::{Date, Entry, ReadError, World, normalize};

use crate::inputs::ProjectInputs;
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
    /// What comes out is meant to be applied: an exception that has ended is an error.
    pub applying: bool,
    /// Otherwise compositions are checked as far as their Plans would be.
    pub wants_plan: bool,
    /// Which inputs are left open, as far as nothing needs them.
    pub open: OpenInputs,
    /// Whether what identifies another resource stays a reference to it where it is written.
    pub keeps_references: bool,
    /// What relative paths start from; absolute.
    pub working_folder: PathBuf,
    /// What stands in for `lw.lock`.
    pub lock: Option<Arc<Lock>>,
    /// Whether the values of bindings are wanted as text.
    pub show_values: bool,
    /// Once it is true, what comes out is no longer wanted: the rest is left undone.
    pub cancelled: Option<Arc<AtomicBool>>,
}

/// Inputs that nobody gives a value, and that are values of somebody else's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OpenInputs {
    /// Each needs a value.
    #[default]
    None,
    /// Parameters without a default, and lookups that are not recorded.
    Missing,
    /// Parameters without a default; where a decision needs a value and its type lists all there are, the first of them stands in.
    Sampled,
    /// All, but for those parameters of these names that have a default, and lookups that ask these questions and are recorded.
    AllBut(Vec<String>),
}

impl Request {
    fn is_cancelled(&self) -> bool {
        self.cancelled.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
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
    let packs = packs::source(project, environment, &request.packs, &ProjectModules::new(world, project));
    let session = match packs {
        Ok(packs) => Session { world, project, environment, packs, request },
        Err(diagnostics) => return Compiled::refused(diagnostics, project.files.clone()),
    };
    // Where there are only templates, their program is the only one.
    let mut compiled = match work.files.is_empty() && !work.templates.is_empty() {
        true => Compiled { evaluated: true, ..Compiled::default() },
        false => session.compile_with_samples(&work.files),
    };
    if !compiled.evaluated && work.files.len() > 1 {
        // A mistake in one file is no reason to be silent about the others.
        for file in work.files.iter().take_while(|_| !request.is_cancelled()) {
            compiled.absorb(session.compile(std::slice::from_ref(file)));
        }
    }
    if !work.templates.is_empty() {
        compiled.absorb(session.check_templates(&work.templates));
    }
    let unknown = inputs::unknown_settings(&request.settings, &compiled.parameters);
    compiled.diagnostics.extend(unknown);
    if let Some(environment) = environment.filter(|_| is_whole(world, work)) {
        let unknown = inputs::unknown_parameters(environment, project, &mut compiled);
        compiled.diagnostics.extend(unknown);
    }
    compiled
}

/// Whether the files are all that the project has.
fn is_whole(world: &dyn World, work: &Work) -> bool {
    Project::sources_below(world, &work.project.root).len() == work.files.len()
}

/// What stays the same for all files of a project.
struct Session<'a> {
    world: &'a dyn World,
    project: &'a Project,
    environment: Option<&'a Environment>,
    packs: Option<RootSource>,
    request: &'a Request,
}

/// Parameters that stand in for each other before what lacks a value is reported.
const SAMPLES_MAX: usize = 64;

impl Session<'_> {
    /// As [`Session::compile`]. Where nobody gave a parameter a value that a decision needs, and its type lists its values, the first
    /// of them stands in, with a warning.
    fn compile_with_samples(&self, files: &[PathBuf]) -> Compiled {
        let mut compiled = self.compile(files);
        let mut request = self.request.clone();
        let mut warnings = Vec::new();
        for _ in 0..SAMPLES_MAX {
            let needed = compiled.units.iter().flat_map(|unit| &unit.needed_parameters);
            let known = |name: &str| request.settings.iter().any(|(set, _)| set == name);
            let sample = needed.filter(|name| !known(name)).find_map(|name| {
                let shape = compiled.parameter_shapes.iter().find(|shape| *shape.name == **name)?;
                Some((shape.name.to_string(), shape.first_value()?, shape.span))
            });
            let Some((name, value, span)) = sample.filter(|_| self.request.open == OpenInputs::Sampled) else { break };
            warnings.push(inputs::sampled(&name, &value, span));
            request.settings.push((name, value));
            let Session { world, project, environment, packs, .. } = self;
            let (environment, packs) = (*environment, packs.clone());
            compiled = Session { world: *world, project, environment, packs, request: &request }.compile(files);
        }
        if !warnings.is_empty() {
            compiled.diagnostics.extend(warnings);
            compiled.put_in_order();
        }
        compiled
    }

    /// Read, check, evaluate, judge, lower.
    fn compile(&self, files: &[PathBuf]) -> Compiled {
        let Session { world, project, environment, packs, request } = self;
        let modules = ProjectModules::new(*world, project).with_lock(request.lock.as_deref());
        let (roots, unreadable) = read(*world, project, files);
        let sources: Vec<RootSource> = roots.iter().map(|(_, source)| source.clone()).chain(packs.clone()).collect();
        let Checked { mut program, files, diagnostics, .. } = lw_check::check(&sources, &modules);
        packs::put_in_force(&mut program, roots.len());

        let units = roots.iter().map(|(path, source)| Unit::new(path, &source.file_name, &request.working_folder));
        let mut compiled = Compiled { diagnostics, units: units.collect(), files, ..Compiled::default() };
        compiled.diagnostics.extend(modules.diagnostics(&mut compiled.files));
        compiled.diagnostics.extend(unreadable.iter().map(|bad| bad.diagnostic(&mut compiled.files)));
        compiled.parameter_shapes = parameters(&program);
        compiled.parameters = compiled.parameter_shapes.iter().map(|shape| shape.name).collect();
        compiled.deployments = modules.deployments();
        let unreadable = modules.lock().diagnostics(&mut compiled.files);
        if !unreadable.is_empty() {
            // Nothing can be found where nothing can be read.
            compiled.diagnostics.retain(|diagnostic| diagnostic.code != "LW0230");
            compiled.diagnostics.extend(unreadable);
        }
        let lowered = lw_eval::lower::lower(&program);
        compiled.diagnostics.extend(lw_eval::literals::check(&program, &lowered, &compiled.files));
        if compiled.has_errors() || request.is_cancelled() {
            compiled.put_in_order();
            return compiled;
        }
        compiled.evaluated = true;
        let lock = modules.lock();
        for root in 0..compiled.units.len() {
            if request.is_cancelled() {
                break;
            }
            let options = options(&compiled.units[root], request, *environment);
            let composition = lock::composition(&project.root, &compiled.units[root].path);
            let inputs = ProjectInputs {
                world: *world,
                root: &project.root,
                settings: &request.settings,
                environment: *environment,
                answers: Some(lock.answers(composition, request.environment.as_deref())),
                open: &request.open,
                keeps_references: request.keeps_references,
            };
            let evaluated = lw_eval::evaluate_lowered(&program, &lowered, root, &compiled.files, &inputs, &options);
            compiled.steps += evaluated.counters.steps;
            compiled.in_force.extend(evaluated.policies.iter().map(|result| result.id.clone()));
            for result in evaluated.policies.iter().filter(|result| verdicts::is_listed(result)) {
                compiled.policies.push(verdicts::report(result, &compiled.files));
                let severity = if request.applying { Severity::Error } else { Severity::Warning };
                compiled.diagnostics.extend(verdicts::ended_waivers(result, world.today(), severity));
            }
            compiled.diagnostics.extend(evaluated.diagnostics);
            let start = Span::new(program.roots[root].file, 0, 0);
            compiled.diagnostics.extend(inputs.of_elsewhere(evaluated.provider.as_ref(), start));
            let unit = &mut compiled.units[root];
            let outputs = program.roots[root].outputs.iter();
            unit.output_ids =
                outputs.filter_map(|output| Some((output.name.to_string(), output.id.clone()?))).collect();
            (unit.plan, unit.resources) = (evaluated.plan, evaluated.resources);
            unit.needed_parameters = evaluated.needed_parameters;
            (unit.tests, unit.outputs, unit.values) = (evaluated.tests, evaluated.outputs, evaluated.values);
            (unit.missing_lookups, unit.provider) = (evaluated.missing_lookups, evaluated.provider);
        }
        let unreadable = lock.diagnostics(&mut compiled.files);
        let is_said = |code| compiled.diagnostics.iter().any(|diagnostic| diagnostic.code == code);
        if !unreadable.is_empty() && !is_said("LW0264") {
            // No answer can be found where none can be read.
            compiled.diagnostics.retain(|diagnostic| diagnostic.code != "LW0615");
            compiled.diagnostics.extend(unreadable);
        }
        compiled.policies = PolicyReport::merge(compiled.policies);
        compiled.put_in_order();
        compiled
    }
}

fn options(unit: &Unit, request: &Request, environment: Option<&Environment>) -> Options {
    Options {
        composition: unit.name.clone(),
        environment: request.environment.clone(),
        show_values: request.show_values,
        environment_provider: environment.map(providers::of).unwrap_or_default(),
        wants_plan: request.wants_plan,
        cancelled: request.cancelled.clone(),
        compiler: format!("lw {}", env!("CARGO_PKG_VERSION")),
        ..Options::default()
    }
}

/// Every composition's parameters.
fn parameters(program: &Program) -> Vec<ParameterShape> {
    let ids = || program.roots.iter().flat_map(|root| &root.parameter_ids);
    let bindings = program.roots.iter().flat_map(|root| &root.bindings);
    let globals = bindings.map(|binding| &program.globals[binding.0 as usize]);
    globals
        .filter_map(|global| match &global.kind {
            GlobalKind::Parameter { input, refinement, .. } => Some(ParameterShape {
                name: global.name.as_str(),
                id: ids().find(|(name, _)| *name == global.name).map(|(_, id)| id.clone()),
                input: input.clone(),
                is_refined: refinement.is_some() && !matches!(input, InputType::Union(_)),
                span: global.span,
            }),
            _ => None,
        })
        .collect()
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
