//! `lw completions SHELL`: a script that teaches a shell the commands.

use clap::CommandFactory;

use super::{Context, Exit, Failure};
use crate::arguments::{CommandLine, Completions};

pub fn run(context: &Context, arguments: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "lw", &mut script);
    context.voice.say(&String::from_utf8_lossy(&script));
    Ok(Exit::Fine)
}
