//! `lw build FILE`: the Plan, a template that makes the same, or a drawing of it.

use lw_compiler::{Notation, composition_at, emit_cloudformation, gather};
use lw_diagnostics::Files;

use super::{Context, Exit, Failure};
use crate::arguments::{Build, Emit};
use crate::graph::{Graph, dot, svg};
use crate::target::{self, Wanted, write_or_say};

pub fn run(context: &Context, arguments: &Build) -> Result<Exit, Failure> {
    let draw = |drawing: fn(&Graph) -> String| {
        let target = target::plan(context, &arguments.file, &arguments.compiling)?;
        let Wanted::Plan(plan) = target.wanted else { unreachable!("`plan` gives no change sets") };
        Ok(drawing(&Graph::of(&plan, &lw_lsp::Decoration::default())))
    };
    let text = match arguments.emit {
        Emit::Plan => target::plan_text(context, &arguments.file, &arguments.compiling)? + "\n",
        Emit::Cloudformation => template(context, arguments)?,
        Emit::Dot => draw(dot)?,
        Emit::Svg => draw(svg)?,
    };
    write_or_say(context, arguments.output.as_ref(), &text)?;
    Ok(Exit::Fine)
}

/// As CloudFormation has it: YAML, or JSON where the file is called so.
fn template(context: &Context, arguments: &Build) -> Result<String, Failure> {
    let path = composition_at(&context.world, &arguments.file)
        .map_err(|diagnostic| Failure::one(*diagnostic, Exit::Errors))?;
    let gathered = gather(&context.world, &[path], &context.working_folder);
    if !gathered.diagnostics.is_empty() {
        return Err(Failure::errors(gathered.diagnostics, Files::default()));
    }
    let work = gathered.work.into_iter().next().expect("a path that is no error is work");
    let is_json = arguments.output.as_ref().is_some_and(|path| path.extension().is_some_and(|name| name == "json"));
    let notation = if is_json { Notation::Json } else { Notation::Yaml };
    let request = target::request(context, &arguments.compiling);
    let emitted = emit_cloudformation(&context.world, &work, &request, notation);
    match emitted.text {
        Some(text) => {
            context.warn(&emitted.diagnostics, &emitted.files);
            Ok(text)
        }
        None => Err(Failure::errors(emitted.diagnostics, emitted.files)),
    }
}
