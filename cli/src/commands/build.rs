//! `lw build FILE`: the Plan, or a drawing of it.

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
        Emit::Dot => draw(dot)?,
        Emit::Svg => draw(svg)?,
    };
    write_or_say(context, arguments.output.as_ref(), &text)?;
    Ok(Exit::Fine)
}
