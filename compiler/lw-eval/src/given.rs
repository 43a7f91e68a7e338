//! Resources that no program makes: read from a template or another tool's plan, and judged by the same policies.
//!
//! The one idea: they are put into the machine beside a program that declares nothing but policies. From there on nobody knows
//! where they came from, except whoever asks for a place in the source.

use std::sync::Arc;

use lw_check::typed;
use lw_core::{Counters, Machine, NoInputs, ResourceId};
use lw_diagnostics::{Diagnostic, Edit, Files, Span};
use rustc_hash::FxHashMap;

use crate::annotations::KeptWaiver;
use crate::evaluate::Evaluation;
use crate::lower::Lowered;
use crate::{Options, PolicyResult, Waiver, policies};

/// A source of resources.
pub trait Given {
    /// Adds its resources to an empty machine.
    fn add_to(&self, machine: &mut Machine<'_>) -> Vec<GivenResource>;

    /// Where a property is written, or the nearest thing above it that is; `resource` is a place in what [`Given::add_to`] gave, and
    /// the property a path in the program's names, `ebs.volumeSize`.
    fn place(&self, resource: usize, property: &str) -> Option<Span>;

    /// The edit of the text after which a property is what a program would write as `wanted`; the error is why there is none.
    fn edit(&self, text: &str, resource: usize, property: &str, wanted: &str) -> Result<Edit, String>;

    /// Where whatever is about no single resource is reported.
    fn start(&self) -> Span;
}

/// One resource that was added.
#[derive(Clone, Debug)]
pub struct GivenResource {
    pub id: ResourceId,
    /// What it is called there.
    pub path: Arc<str>,
    /// Where it is declared.
    pub span: Span,
    /// By policy.
    pub waivers: Vec<(String, Waiver)>,
}

/// What policies said of given resources.
#[derive(Debug, Default)]
pub struct Judged {
    /// Failed policies (LW03xx).
    pub diagnostics: Vec<Diagnostic>,
    /// Every policy in force, in the order of their ids.
    pub policies: Vec<PolicyResult>,
    pub counters: Counters,
}

/// Where given resources are written, for [`Evaluation`].
pub(crate) struct GivenPlaces<'e> {
    pub given: &'e dyn Given,
    /// By resource: its number and its place.
    pub resources: FxHashMap<ResourceId, (usize, Span)>,
}

/// Asks the policies of a root about given resources.
pub fn judge_given(
    program: &typed::Program,
    lowered: &Lowered,
    root: usize,
    files: &Files,
    options: &Options,
    given: &dyn Given,
) -> Judged {
    let root = &program.roots[root];
    let mut evaluation = Evaluation::new(program, lowered, root, files, &NoInputs, options);
    let added = given.add_to(&mut evaluation.machine);
    let mut paths: Vec<Option<Arc<str>>> = vec![None; evaluation.machine.resource_ids().count()];
    let mut places = FxHashMap::default();
    for (number, resource) in added.into_iter().enumerate() {
        let GivenResource { id, path, span, waivers } = resource;
        paths[id.index()] = Some(path);
        places.insert(id, (number, span));
        evaluation.reached.push(id);
        if !waivers.is_empty() {
            let waivers = waivers.into_iter().map(|(policy, waiver)| {
                let Waiver { reason, until } = waiver;
                KeptWaiver { policy, reason, until }
            });
            evaluation.kept.entry(id).or_default().waivers = waivers.collect();
        }
    }
    evaluation.machine.set_paths(paths);
    evaluation.given = Some(GivenPlaces { given, resources: places });
    let policies = policies::judge(&mut evaluation);
    Judged { diagnostics: evaluation.diagnostics, policies, counters: evaluation.machine.counters() }
}
