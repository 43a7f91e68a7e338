//! The `lw` binary: the only user of clap and of standard output, and the compiler's world.
//!
//! The one idea: parse the arguments, hand them to the one function of that command, and end with the number it returns. Nothing
//! is done before the arguments are understood, so that `lw --version` and completions cost a process start.

mod arguments;
mod changes;
mod commands;
mod disk;
mod editor;
mod formats;
mod graph;
mod logs;
mod output;
mod piped;
mod problems;
mod progress;
mod store;
mod target;
mod time;

use clap::Parser;

use crate::arguments::CommandLine;
use crate::commands::run;

fn main() -> std::process::ExitCode {
    run(CommandLine::parse()).into()
}
