//! Compositions in the formats of other tools.
//!
//! The one idea: what a template can leave to whoever makes a stack stays open: a parameter is baked in only where a decision of the
//! program needs its value. Which those are shows when the program is evaluated, so it is evaluated until no more of them are needed.

use std::sync::Arc;

use lw_check::typed::InputType;
use lw_check::{RootSource, check_beside};
use lw_diagnostics::{Diagnostic, Files, Span};
use lw_formats::{Emitting, Notation, OpenKind, OpenParameter};
use lw_plan::{NodeKind, Plan};

use crate::compiled::Compiled;
use crate::gather::Work;
use crate::modules::ProjectModules;
use crate::world::World;
use crate::{OpenInputs, Request, compile};

/// A template, or why there is none.
#[derive(Debug, Default)]
pub struct Emitted {
    pub text: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub files: Files,
}

/// Evaluations that are tried before every parameter with a default has it.
const ATTEMPTS_MAX: usize = 32;

/// The composition of `work` as a CloudFormation template.
pub fn emit_cloudformation(world: &dyn World, work: &Work, request: &Request, notation: Notation) -> Emitted {
    let request = Request { wants_plan: true, open: OpenInputs::Missing, ..request.clone() };
    let decided = compile(world, work, &request);
    let Some(plan) = plan_of(&decided) else { return refused(decided, work) };
    let open = leave_open(world, work, &request, &decided);
    let open_plan = open.as_ref().and_then(plan_of).unwrap_or_else(|| plan.clone());

    let output_ids = decided.units.first().map(|unit| unit.output_ids.clone()).unwrap_or_default();
    let mut diagnostics = decided.diagnostics;
    let parameters = decided
        .parameter_shapes
        .iter()
        .map(|shape| {
            let default = plan.meaning.inputs.get(&format!("parameter {}", shape.name)).cloned();
            let refined = shape.is_refined.then_some(shape.span);
            let kind = kind_of(&shape.input).unwrap_or_default();
            let id = shape.id.clone();
            (shape.name.to_string(), OpenParameter { id, kind, default, refined })
        })
        .collect();
    let types: Vec<(&str, &str)> = library_types(&open_plan);
    let nothing = RootSource { file_name: Arc::from("emit"), module: None, text: Arc::from("composition\n") };
    let modules = ProjectModules::new(world, &work.project);
    let checked = check_beside(Files::default(), &types, &[nothing], &modules);
    let files = decided.files;
    let place = |node: usize, property: Option<&str>| place_of(&open_plan, &files, node, property);
    let given = Emitting {
        plan: &open_plan,
        schema: &checked.schema,
        parameters,
        output_ids,
        description: None,
        place: &place,
    };
    let text = lw_formats::emit(given, notation, &mut diagnostics);
    Emitted { text, diagnostics, files }
}

/// The composition with as many parameters open as it can do without; nothing if that is none that has a default.
fn leave_open(world: &dyn World, work: &Work, request: &Request, decided: &Compiled) -> Option<Compiled> {
    // What no template takes as a parameter has its default.
    let shapes = decided.parameter_shapes.iter();
    let mut needed: Vec<String> =
        shapes.filter(|shape| kind_of(&shape.input).is_none()).map(|shape| shape.name.to_string()).collect();
    // A reference that is kept may close a circle, where a value that is written closes none.
    let mut keeps_references = true;
    for _ in 0..ATTEMPTS_MAX {
        let open = OpenInputs::AllBut(needed.clone());
        let compiled = compile(world, work, &Request { open, keeps_references, ..request.clone() });
        if !compiled.has_errors() {
            if keeps_references && has_circle(&compiled) && !has_circle(decided) {
                keeps_references = false;
                continue;
            }
            return Some(compiled);
        }
        let before = needed.len();
        for name in compiled.units.iter().flat_map(|unit| &unit.needed_parameters) {
            if !needed.iter().any(|known| **known == **name) {
                needed.push(name.to_string());
            }
        }
        if needed.len() == before {
            return None;
        }
    }
    None
}

/// Whether something can be set only once everything is there.
fn has_circle(compiled: &Compiled) -> bool {
    plan_of(compiled).is_some_and(|plan| plan.meaning.nodes.iter().any(|node| !node.deferred.is_empty()))
}

fn plan_of(compiled: &Compiled) -> Option<Plan> {
    compiled.units.first()?.plan.as_ref().map(lw_plan::PlanText::plan).filter(|_| !compiled.has_errors())
}

fn refused(compiled: Compiled, work: &Work) -> Emitted {
    let Compiled { mut diagnostics, files, .. } = compiled;
    if !diagnostics.iter().any(Diagnostic::is_error) {
        let name = work.files.first().map(|path| path.display().to_string()).unwrap_or_default();
        diagnostics.push(
            Diagnostic::error("LW0188", format!("`{name}` is a library, not a composition"))
                .note("a library declares what compositions use; by itself it asks for nothing to exist")
                .help("begin the file with the statement `composition`"),
        );
    }
    Emitted { text: None, diagnostics, files }
}

/// What a template's parameter of that type is, if there is one.
fn kind_of(input: &InputType) -> Option<OpenKind> {
    Some(match input {
        InputType::Int | InputType::Float => OpenKind::Number,
        InputType::Bool => OpenKind::Bool,
        InputType::String => OpenKind::Text,
        InputType::Union(texts) => OpenKind::OneOf(texts.clone()),
        InputType::List(inner) if matches!(**inner, InputType::String | InputType::Union(_)) => OpenKind::Texts,
        _ => return None,
    })
}

/// Where the library declares the types of a Plan; each once.
fn library_types(plan: &Plan) -> Vec<(&'static str, &'static str)> {
    let nodes = plan.meaning.nodes.iter().filter(|node| node.kind != NodeKind::Output);
    let mut types: Vec<(&str, &str)> = nodes
        .filter_map(|node| lw_stdlib::resource(&node.wire_type))
        .map(|(module, name)| (module.name, name))
        .collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// The line where a node, or one of its properties, is written.
fn place_of(plan: &Plan, files: &Files, node: usize, property: Option<&str>) -> Option<Span> {
    let origin = plan.provenance.origins.get(node)?;
    let line = match property {
        Some(property) => *origin.properties.get(property)?,
        None => origin.line,
    };
    let file = files.ids().find(|file| **files.name(*file) == *origin.file)?;
    let text = files.text(file);
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)? as usize).map(str::len).sum();
    let content = text[start..].lines().next().unwrap_or("");
    let indent = content.len() - content.trim_start().len();
    Some(Span::new(file, (start + indent) as u32, (start + content.trim_end().len()) as u32))
}
