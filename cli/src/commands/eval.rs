//! `lw eval EXPR [FILE]`: the value of an expression, by itself or among the names of a file.

use lw_compiler::evaluate;
use lw_plan::Json;
use serde::Serialize;

use super::{Context, Exit, Failure};
use crate::arguments::Eval;
use crate::target::request;

#[derive(Serialize)]
struct Document {
    /// With terms for what is known only later.
    value: Json,
}

pub fn run(context: &Context, arguments: &Eval) -> Result<Exit, Failure> {
    let request = request(context, &arguments.compiling);
    let (compiled, value) = evaluate(&context.world, &arguments.expression, arguments.file.as_deref(), &request);
    let Some(value) = value else { return Err(Failure::errors(compiled.diagnostics, compiled.files)) };
    context.warn(&compiled.diagnostics, &compiled.files);
    if context.voice.json {
        context.voice.document(&Document { value });
    } else {
        context.voice.say(&format!("{value:#}\n"));
    }
    Ok(Exit::Fine)
}
