//! `lw graph FILE`: draws the resources and their references.

use super::{Context, Exit, Failure};
use crate::arguments::{Graph as Arguments, GraphFormat};
use crate::graph::{Graph, dot, html, mermaid, svg};
use crate::target::{self, Wanted, write_or_say};

pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let target = target::plan(context, &arguments.file, &arguments.compiling)?;
    let Wanted::Plan(plan) = target.wanted else { unreachable!("`plan` gives no change sets") };
    let graph = Graph::of(&plan);
    let text = match arguments.format {
        GraphFormat::Svg => svg(&graph),
        GraphFormat::Dot => dot(&graph),
        GraphFormat::Mermaid => mermaid(&graph),
        GraphFormat::Html => html(&graph),
    };
    write_or_say(context, arguments.output.as_ref(), &text)?;
    Ok(Exit::Fine)
}
