//! The pipeline of one root, and the state that its steps share.

use lw_check::{Name, typed};
use std::sync::Arc;

use lw_core::{self as core, Extent, Failure, GlobalId, Inputs, Machine, ResourceId, Value};
use lw_diagnostics::{Diagnostic, Files, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::annotations::Kept;
use crate::diagnostics::{self, Places};
use crate::given::GivenPlaces;
use crate::lower::{Lowered, lower};
use crate::plan::Planning;
use crate::{
    Evaluated, MissingLookup, Options, fleets, limits, paths, plan, policies, providers, secrets, tags, tests,
};

/// Evaluates one root of a program that has no errors.
pub fn evaluate(
    program: &typed::Program,
    root: usize,
    files: &Files,
    inputs: &dyn Inputs,
    options: &Options,
) -> Evaluated {
    let lowered = lower(program);
    evaluate_lowered(program, &lowered, root, files, inputs, options)
}

/// The same for a program that has been lowered: several roots share one lowering.
pub fn evaluate_lowered(
    program: &typed::Program,
    lowered: &Lowered,
    root: usize,
    files: &Files,
    inputs: &dyn Inputs,
    options: &Options,
) -> Evaluated {
    let root = &program.roots[root];
    let mut evaluation = Evaluation::new(program, lowered, root, files, inputs, options);
    evaluation.bindings();
    evaluation.reach();
    if evaluation.too_large {
        return evaluation.finish(Vec::new());
    }
    paths::name_resources(&mut evaluation);
    evaluation.report_failures();
    if root.composition {
        evaluation.report_unreachable();
        tags::inherit(&mut evaluation);
        limits::hold(&mut evaluation);
        fleets::hold(&mut evaluation);
    }
    let Planning { plan, outputs, resources } = match root.composition && !evaluation.has_errors() {
        true => plan::write(&mut evaluation),
        false => Planning::default(),
    };
    let policies = policies::judge(&mut evaluation);
    let plan = plan.map(|plan| plan.seal(&evaluation, &policies));
    let tests = tests::run(&mut evaluation);
    let evaluated = evaluation.finish(tests);
    let sound = !evaluated.diagnostics.iter().any(|found| found.is_error() && found.policy.is_none());
    let (plan, resources) = if sound { (plan, resources) } else { (None, 0) };
    Evaluated { plan, resources, outputs, policies, ..evaluated }
}

pub(crate) struct Evaluation<'e> {
    pub program: &'e typed::Program,
    pub lowered: &'e Lowered,
    pub root: &'e typed::Root,
    pub files: &'e Files,
    pub options: &'e Options,
    pub machine: Machine<'e>,
    pub diagnostics: Vec<Diagnostic>,
    #[expect(clippy::vec_box, reason = "the interpreter hands them over boxed; most runs have none")]
    failures: Vec<Box<Failure>>,
    /// Top-level bindings that have a value, by name.
    pub values: Vec<(Name, GlobalId, Value)>,
    /// Outputs that have a value, by name.
    pub outputs: Vec<(Name, Span, Value)>,
    /// What a root binding, output or another reached resource leads to, in the order in which it was found.
    pub reached: Vec<ResourceId>,
    /// What would be written is too much: it has been reported, and nothing looks at it.
    too_large: bool,
    /// What stands above a resource.
    pub kept: FxHashMap<ResourceId, Kept>,
    pub defaults: Defaults,
    /// The program can make secrets.
    pub secrets: bool,
    /// Where resources are written that no program makes.
    pub given: Option<GivenPlaces<'e>>,
}

/// `defaults {…}` as values.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    pub provider: Option<Value>,
    pub lifecycle: Option<Value>,
    pub tags: Option<Value>,
}

impl<'e> Evaluation<'e> {
    pub fn new(
        program: &'e typed::Program,
        lowered: &'e Lowered,
        root: &'e typed::Root,
        files: &'e Files,
        inputs: &'e dyn Inputs,
        options: &'e Options,
    ) -> Evaluation<'e> {
        let mut machine = Machine::new(&lowered.core, inputs, options.limits);
        if let Some(cancelled) = &options.cancelled {
            machine.cancel_with(cancelled.clone());
        }
        if inputs.is_open() {
            machine.name_globals(program.globals.iter().map(|global| Arc::from(global.name.as_str())));
        }
        Evaluation {
            program,
            lowered,
            root,
            files,
            options,
            machine,
            diagnostics: Vec::new(),
            failures: Vec::new(),
            values: Vec::new(),
            outputs: Vec::new(),
            reached: Vec::new(),
            too_large: false,
            kept: FxHashMap::default(),
            defaults: Defaults::default(),
            secrets: secrets::occur(&lowered.core),
            given: None,
        }
    }

    pub fn has_errors(&self) -> bool {
        !self.failures.is_empty() || self.diagnostics.iter().any(Diagnostic::is_error)
    }

    pub fn places(&self) -> Places<'_, 'e> {
        Places { lowered: self.lowered, files: self.files, machine: &self.machine, root: self.root }
    }

    /// Where a resource is written.
    pub fn resource_span(&self, id: ResourceId) -> Option<Span> {
        if let Some(given) = &self.given {
            return given.resources.get(&id).map(|(_, span)| *span);
        }
        self.lowered.span(self.machine.resource(id).origin)
    }

    /// A global's value; a mistake is kept for later.
    pub fn force(&mut self, id: typed::GlobalId) -> Option<Value> {
        match self.machine.global(GlobalId(id.0)) {
            Ok(value) => Some(value),
            Err(failure) => {
                self.failures.extend(failure);
                None
            }
        }
    }

    pub fn fail(&mut self, failure: Box<Failure>) {
        self.failures.push(failure);
    }

    /// Evaluates bindings, defaults and outputs, in the order of their names: the order of statements must not matter.
    fn bindings(&mut self) {
        let mut bindings: Vec<(Name, typed::GlobalId)> =
            self.root.bindings.iter().map(|id| (self.program.globals[id.0 as usize].name, *id)).collect();
        bindings.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
        if self.root.composition {
            self.machine.set_roots(bindings.iter().map(|(_, id)| GlobalId(id.0)));
        }
        for (name, id) in bindings {
            if let Some(value) = self.force(id) {
                self.values.push((name, GlobalId(id.0), value));
            }
        }
        if let Some(defaults) = self.root.defaults.clone() {
            self.defaults = Defaults {
                provider: defaults.provider.and_then(|id| self.force(id)),
                lifecycle: defaults.lifecycle.and_then(|id| self.force(id)),
                tags: defaults.tags.and_then(|id| self.force(id)),
            };
        }
        let mut outputs: Vec<&typed::Output> = self.root.outputs.iter().collect();
        outputs.sort_by(|left, right| left.name.as_str().cmp(right.name.as_str()));
        for output in outputs {
            if let Some(value) = self.force(output.value) {
                self.outputs.push((output.name, output.span, value));
            }
        }
    }

    /// Finds what is reachable and evaluates every property of it.
    fn reach(&mut self) {
        let mut found = Vec::new();
        let values = self.values.iter().map(|(_, _, value)| value);
        let outputs = self.outputs.iter().map(|(_, _, value)| value);
        // Tags of the composition become properties; what they refer to has to exist.
        let Defaults { provider, tags, .. } = &self.defaults;
        for value in values.chain(outputs).chain(provider).chain(tags) {
            core::mentioned(value, &mut found);
        }
        let mut seen: FxHashSet<ResourceId> = FxHashSet::default();
        found.retain(|id| seen.insert(*id));
        self.reached = found;
        let mut extent = Extent::default();
        for (name, span, value) in &self.outputs {
            extent.add(value);
            if extent.parts() > Extent::max(self.reached.len()) {
                self.diagnostics.push(diagnostics::too_large("value", name.as_str(), self.reached.len(), *span));
                self.too_large = true;
                return;
            }
        }
        let mut next = 0;
        let mut mentioned = Vec::new();
        while let Some(id) = self.reached.get(next).copied() {
            next += 1;
            self.machine.force_properties(id, &mut self.failures);
            self.keep_annotations(id);
            for (name, value) in self.machine.properties(id) {
                core::mentioned(value, &mut mentioned);
                extent.add(value);
                if extent.parts() > Extent::max(self.reached.len()) {
                    let name = self.lowered.core.name(name);
                    let span = self.property_span(id, name).or(self.resource_span(id)).unwrap_or(self.start());
                    let owner = self.machine.resource_name(id);
                    self.diagnostics.push(diagnostics::too_large(name, &owner, self.reached.len(), span));
                    self.too_large = true;
                    return;
                }
            }
            if let Some(kept) = self.kept.get(&id) {
                mentioned.extend_from_slice(&kept.depends_on);
                if let Some(provider) = &kept.provider {
                    core::mentioned(provider, &mut mentioned);
                }
            }
            self.reached.extend(mentioned.drain(..).filter(|id| seen.insert(*id)));
        }
    }

    /// Turns mistakes into diagnostics, now that resources have names.
    fn report_failures(&mut self) {
        let failures = std::mem::take(&mut self.failures);
        for failure in &failures {
            let diagnostic = diagnostics::failure(failure, &self.places());
            self.diagnostics.push(diagnostic);
        }
    }

    /// Resources with a name that nothing leads to.
    fn report_unreachable(&mut self) {
        let reached: FxHashSet<ResourceId> = self.reached.iter().copied().collect();
        let mut seen = FxHashSet::default();
        for id in self.machine.resource_ids() {
            let resource = self.machine.resource(id);
            let (Some((name, origin)), core::SiteMode::Managed) = (resource.bound, resource.mode) else { continue };
            if reached.contains(&id) || !seen.insert(origin) {
                continue;
            }
            let name = self.lowered.core.name(name).to_string();
            if let Some(span) = self.lowered.span(origin).filter(|span| self.is_own(*span) && !name.starts_with('_')) {
                self.diagnostics.push(diagnostics::unreachable(&name, span));
            }
        }
        for (name, span) in &self.lowered.unused {
            if span.file == self.root.file {
                self.diagnostics.push(diagnostics::unreachable(name, *span));
            }
        }
    }

    /// Is a place in a file that its writer can change, not in the library?
    pub fn is_own(&self, span: Span) -> bool {
        diagnostics::is_own(self.files, span)
    }

    fn finish(mut self, tests: Vec<crate::TestResult>) -> Evaluated {
        self.report_failures();
        // An environment's parameters may be others than those that the tests were written for; `lw test --env` says so.
        let failed = tests.iter().filter(|test| !test.passed && self.options.environment.is_none());
        self.diagnostics
            .extend(failed.map(|test| diagnostics::failed_test(&test.name, test.reason.as_deref(), test.span)));
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map(|label| label.span));
        let values = match self.options.show_values {
            true => {
                self.values.iter().map(|(name, _, value)| (name.to_string(), self.machine.show_pretty(value))).collect()
            }
            false => Default::default(),
        };
        let missing = self.machine.missing_lookups().iter();
        let missing_lookups = missing
            .map(|lookup| MissingLookup {
                name: lookup.name.to_string(),
                query: lookup.query.clone(),
                span: self.lowered.span(lookup.origin),
            })
            .collect();
        Evaluated {
            values,
            diagnostics,
            tests,
            missing_lookups,
            provider: self.root.composition.then(|| providers::of_lookups(&mut self)).flatten(),
            needed_parameters: self.machine.needed_parameters(),
            traces: self.machine.traces().to_vec(),
            counters: self.machine.counters(),
            ..Evaluated::default()
        }
    }
}

/// The value of one global as text, or what went wrong: for `lw eval` and hovering.
pub fn show_global(
    program: &typed::Program,
    global: typed::GlobalId,
    files: &Files,
    inputs: &dyn Inputs,
    options: &Options,
) -> Result<String, Vec<Diagnostic>> {
    let lowered = lower(program);
    let root = typed::Root {
        file: program.globals[global.0 as usize].span.file,
        composition: true,
        bindings: vec![global],
        defaults: None,
        outputs: Vec::new(),
        parameter_ids: Vec::new(),
        tests: Vec::new(),
        policies: Vec::new(),
    };
    let mut evaluation = Evaluation::new(program, &lowered, &root, files, inputs, options);
    evaluation.bindings();
    evaluation.reach();
    if !evaluation.too_large {
        paths::name_resources(&mut evaluation);
    }
    evaluation.report_failures();
    match evaluation.values.first() {
        Some((_, _, value)) if !evaluation.has_errors() => Ok(evaluation.machine.show_pretty(value)),
        _ => Err(evaluation.diagnostics),
    }
}
