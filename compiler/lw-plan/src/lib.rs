//! The Plan: the compiler's output, the Conductor's input, and the only format between the two halves.
//!
//! The one idea: a Plan is *what should exist*, in dependency order, immutable, and hashed over its meaning alone. Spans, file
//! hashes and the compiler's version are provenance; they may change without the Plan becoming another one.
//! Deliberately absent: how anything is done (change sets are the Conductor's), and credentials.

mod plan;

mod fleet;

mod path;
mod term;

mod canonical;
mod cidr;
mod decode;
mod difference;
mod fingerprint;
mod order;
mod schema;
mod term_text;
mod writer;

pub use canonical::{canonical_json, digest, to_canonical};
pub use cidr::subnet;
pub use decode::DecodeError;
pub use difference::{NodeChange, NodeDifference, differences};
pub use fingerprint::{fingerprint, set_fingerprints};
pub use fleet::{
    Amount, Balancer, Blueprint, Bounds, Disruption, FLEET_TYPE, Fleet, FleetProblem, Gate, Health, Rate, Refresh,
    Rollout, Scale, Spread, Strategy, UnreadableFleet, Window, words,
};
pub use order::{Cycles, Graph, OrderError, dependency_graph, dependency_order};
pub use path::ResourcePath;
pub use plan::{
    Class, DeferredProperty, Enforcement, FORMAT, Lifecycle, Meaning, Node, NodeKind, OUTPUT_TYPE, OUTPUT_VALUE,
    Origin, Plan, Provenance, Provider,
};
pub use schema::schema;
pub use term::{
    DEPTH_MAX, ResolveError, Term, is_known, literal, mentions_secret, references, resolve, reveal, simplify,
};
pub use term_text::{Form, Open, Reference, Saved, TermText};
pub use writer::{NodeText, OriginText, PlanText, PlanWriter, ProvenanceWriter, SealedWriter};

pub use serde_json::{Map, Value as Json};
