//! What a user would do, done to the real binary.
//!
//! One binary for all of it. Helpers come first, one a boundary; then the areas. Cases that are mostly source text live in
//! tests/suite, many to a file; what takes several commands is written here.

mod docker_engine;
mod lw;
#[path = "../../runtime/adapter-aws/tests/it/moto.rs"]
mod moto;
mod rules;
mod suite;
mod templates;

mod approval;
mod aws;
mod aws_server;
mod bad_templates;
mod check;
mod command_line;
mod conduct;
mod conversion;
mod crash;
mod docker;
mod editor;
mod fixing;
mod fleets;
mod generations;
mod graph;
mod guard;
mod guarding;
mod lifecycle;
mod lock;
mod mistakes;
mod packs;
mod pages;
mod plan;
mod policies;
mod preview;
mod readme;
mod refactoring;
mod secrets;
mod semantics;
mod settling;
mod store;
mod terraform;
mod tidy;
mod typing;
mod variables;
mod widdix;
mod worlds;
