//! What speaks to one kind of cloud, and what it knows of each type there.
//!
//! The one idea: an [`Adapter`] makes, reads, changes, deletes and lists objects by wire type and wire properties; everything that
//! differs between types is data, in the [`Catalogue`]. [`sim`] is a whole cloud behind the same trait.
//! Deliberately absent: decisions. When to call, with which token, and what an answer means for State is the Conductor's.

mod adapter;
mod call;
pub mod catalogue;
mod error;
mod member;
mod question;
pub mod sim;

pub use adapter::Adapter;
pub use call::{Answer, BoxFuture, Call, Object, Owner, Patch, Place};
pub use catalogue::Catalogue;
pub use error::{AdapterError, ErrorKind};
pub use member::{MemberWatch, WatchedMember};
pub use question::{Question, field_of};
