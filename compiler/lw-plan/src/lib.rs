//! The Plan: the compiler's output, the Conductor's input, and the only format between the two halves.
//!
//! The one idea: a Plan is *what should exist*, in dependency order, immutable, and hashed over its meaning alone. Spans, file
//! hashes and the compiler's version are provenance; they may change without the Plan becoming another one.
//! Deliberately absent: how anything is done (change sets are the Conductor's), and credentials.

mod canonical;
mod path;
mod plan;
mod term;

pub use canonical::{canonical_json, digest};
pub use path::ResourcePath;
pub use plan::{
    Class, DeferredProperty, Enforcement, FORMAT, Lifecycle, Meaning, Node, NodeKind, Origin, Plan, Provenance, Provider,
};
pub use term::{ResolveError, Term, references, resolve};

pub use serde_json::{Map, Value as Json};
