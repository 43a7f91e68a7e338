//! From the checked program to what should exist.
//!
//! Flow: the typed tree is [lowered](lower) to core code; [`evaluate`] forces a root's bindings, finds the resources that are
//! reachable from them, names them, forces their properties, and writes the graph down as a Plan. Policies and tests run over
//! the same graph with the same evaluator.
//!
//! Guarantees: the same inputs give the same bytes; the order of statements, comments and formatting change nothing but
//! provenance. A mistake in one binding leaves the others alone: all are found in one run, each reported once.
//! Deliberately absent: I/O (recorded inputs come through [`Inputs`]), and how anything is executed.

pub mod lower;

mod evaluate;

mod given;

mod paths;

mod plan;

mod wire;

mod limits;

mod fleets;

pub mod literals;

mod cycles;

mod policies;

mod secrets;

mod annotations;
mod diagnostics;
mod edits;
mod evaluated;
mod providers;
mod tags;
mod tests;

pub use edits::Suggestion;
pub use evaluate::{evaluate, evaluate_lowered, show_global};
pub use evaluated::{
    Environment, Evaluated, MissingLookup, Options, PolicyResult, ResourceVerdict, TestResult, Waiver,
};
pub use given::{Given, GivenResource, Judged, judge_given};
pub use lw_core::{Counters, InputText, InputValue, Inputs, Limits, NoInputs, OUTPUT_SOURCE, Query, Recorded, Verdict};
