//! Other tools' formats as resource graphs.
//!
//! Flow: [`read`] makes a [`Template`] of a text, which says what resource types it needs; [`read_resources`] makes of that, by the
//! schemas of those types, the resources that a program would have evaluated to. [`Checked`] lets every policy run on them.
//!
//! The one idea: a template is another way to write a resource graph. Nothing after this crate knows which it was.
//! Deliberately absent: I/O, and any knowledge of resource types but what the library declares.

mod template;

mod reading;

mod functions;

mod conditions;

mod values;

mod given;

mod import;

mod emit;

mod cycles;
mod edits;
mod errors;
mod json;
mod limits;
mod loops;
mod network;
mod sam;
mod settings;
mod terraform;
mod tree;
mod waivers;
mod yaml;

pub use emit::{Emitting, Notation, OpenKind, OpenParameter, emit};
pub use given::TemplateResources;
pub use import::{Importing, import};
pub use reading::{ReadResource, Resources, Surroundings, library_type, read_resources};
pub use settings::{Given, Settings};
pub use template::{Declaration, Parameter, Template, Unmapped, Unread, looks_like_template, read, read_with_loops};
pub use terraform::{looks_like_plan, mapped_types};
