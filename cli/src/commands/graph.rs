//! `lw graph FILE`: draws the resources and their references, with what policies say of them and what applying would change.

use lw_compiler::{PolicyReport, Request, compile, composition_at, gather};
use lw_diagnostics::Files;
use lw_lsp::{Decoration, PlannedStep};
use lw_plan::Plan;

use super::{Context, Exit, Failure};
use crate::arguments::{Graph as Arguments, GraphFormat};
use crate::graph::{Graph, dot, html, mermaid, svg};
use crate::store;
use crate::target::{self, Wanted, deployment_name, write_or_say};

pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let (plan, decoration) = match arguments.file.extension().is_some_and(|extension| extension == "json") {
        true => {
            let target = target::plan(context, &arguments.file, &arguments.compiling)?;
            let Wanted::Plan(plan) = target.wanted else { unreachable!("`plan` gives no change sets") };
            (*plan, Decoration::default())
        }
        false => compiled(context, arguments)?,
    };
    write_or_say(context, arguments.output.as_ref(), &draw(&Graph::of(&plan, &decoration), arguments.format))?;
    Ok(Exit::Fine)
}

pub fn draw(graph: &Graph, format: GraphFormat) -> String {
    match format {
        GraphFormat::Svg => svg(graph),
        GraphFormat::Dot => dot(graph),
        GraphFormat::Mermaid => mermaid(graph),
        GraphFormat::Html => html(graph),
    }
}

/// A composition's Plan, also where policies fail: that is to be seen.
fn compiled(context: &Context, arguments: &Arguments) -> Result<(Plan, Decoration), Failure> {
    let path = composition_at(&context.world, &arguments.file)
        .map_err(|diagnostic| Failure::one(*diagnostic, Exit::Errors))?;
    let gathered = gather(&context.world, std::slice::from_ref(&path), &context.working_folder);
    if !gathered.diagnostics.is_empty() {
        return Err(Failure::errors(gathered.diagnostics, Files::default()));
    }
    let work = gathered.work.into_iter().next().expect("a path that is no error is work");
    let mut compiled =
        compile(&context.world, &work, &Request { wants_plan: true, ..target::request(context, &arguments.compiling) });
    let plan = compiled.units.first_mut().and_then(|unit| unit.plan.take()).map(|text| text.plan());
    let Some(plan) = plan else {
        if compiled.has_errors() {
            return Err(Failure::errors(compiled.diagnostics, compiled.files));
        }
        // A library: the message is the one of every command that wants a Plan.
        target::plan(context, &path, &arguments.compiling)?;
        unreachable!("a file without errors and without a Plan is a library");
    };
    let environment = arguments.compiling.env.as_ref().and_then(|name| work.project.manifest.environments.get(name));
    let engine = store::engine(context, &work.project, environment)?;
    let decoration = decoration(&plan, &compiled.policies, &engine);
    Ok((plan, decoration))
}

/// What is known of a Plan's resources beside the Plan.
pub fn decoration(plan: &Plan, policies: &[PolicyReport], engine: &conductor::Engine) -> Decoration {
    Decoration { verdicts: PolicyReport::by_resource(policies), changes: changes(plan, engine).unwrap_or_default() }
}

/// What applying would change, as State alone knows it; nothing where the composition was never applied.
pub fn changes(plan: &Plan, engine: &conductor::Engine) -> Option<Vec<PlannedStep>> {
    let name = match &plan.meaning.environment {
        Some(environment) => format!("{}@{environment}", plan.meaning.composition),
        None => plan.meaning.composition.clone(),
    };
    let name = deployment_name(&name).ok()?;
    let report = engine.recorded_changes(&name, plan.clone()).ok()??;
    let step = |step: conductor_core::PreviewStep| {
        let action = serde_json::to_value(step.action).ok()?.as_str()?.to_string();
        Some(PlannedStep { path: step.path.to_string(), action })
    };
    report.steps.into_iter().map(step).collect()
}
