//! The core language: erased, serialisable, metered, three-valued; and its interpreter.
//!
//! The one idea: what travels inside a Plan is a program that means the same wherever it runs. The compiler evaluates a whole
//! composition with it, and the same code judges policies again before an operation and on what was observed, when more is known
//! or less.
//!
//! Deliberately absent: syntax, types, spans (an [`OriginId`] says where a node was written; the caller knows what it means), and
//! any way outward but [`Inputs`].

mod program;

mod value;

mod machine;

mod eval;

mod resources;

mod later;

mod kleene;

mod worlds;

mod comprehension;
mod equality;
mod extract;
mod failure;
mod fields;
mod graph;
mod inputs;
mod json;
mod json_text;
mod limits;
mod mapping;
mod matching;
mod observe;
mod operators;
mod outline;
mod package;
mod policy;
mod primitives;
mod recorded;
mod refinement;
mod show;

pub use failure::{Failure, FailureKind, Frame, FrameKind, Limit};
pub use graph::{Extent, Graph, mentioned};
pub use inputs::{
    InputText, InputValue, Inputs, MissingLookup, NoInputs, OPEN_PARAMETER, OUTPUT_SOURCE, Query, Recorded,
};
pub use json::float_json;
pub use limits::{Counters, Limits, Share};
pub use machine::Machine;
pub use mapping::MAPPING;
pub use operators::INT_MAX;
pub use package::{Answer, CORE_VERSION, Judged, Observed, Package, PackagedWaiver, Question};
pub use policy::{Outcome, Policy, Selected, Selector, Sites, Verdict};
pub use primitives::{Primitive, primitive, primitives};
pub use program::*;
pub use resources::{Applied, Resource};
pub use show::{duration_text, quoted, size_text};
pub use value::{
    Boxed, Cause, Choice, Dictionary, Finding, Items, Later, Message, Record, ResourceId, Term, Thunk, Value,
};
pub use worlds::{AtomId, Condition, ConditionId, Conditions, choice};
