//! `lw build FILE`: the Plan, or a drawing of it.

use lw_plan::to_canonical;

use super::{Context, Exit, Failure};
use crate::arguments::{Build, Emit};
use crate::graph::{Graph, dot, svg};
use crate::target::{self, Wanted, write_or_say};

pub fn run(context: &Context, arguments: &Build) -> Result<Exit, Failure> {
    let target = target::plan(context, &arguments.file, &arguments.compiling)?;
    let Wanted::Plan(plan) = target.wanted else { unreachable!("`plan` gives no change sets") };
    let text = match arguments.emit {
        // Canonical: the same inputs give the same bytes.
        Emit::Plan => to_canonical(&plan) + "\n",
        Emit::Dot => dot(&Graph::of(&plan)),
        Emit::Svg => svg(&Graph::of(&plan)),
    };
    write_or_say(context, arguments.output.as_ref(), &text)?;
    Ok(Exit::Fine)
}
