//! The simulated cloud: any type of the standard library, without installing anything.
//!
//! The one idea: [`World`] is a plain value with the rules of a cloud; [`SimulatedCloud`] puts it behind the [`Adapter`] trait and
//! adds latency, faults and a file, all drawn from one seed.
//!
//! Guarantees: an effect is in the file before it is answered, so a process killed at any instant leaves a cloud that knows what it
//! answered. (A power cut may lose the last effects: it is a simulation.)
//! Deliberately absent: behaviour of the simulated things. Instances do not boot and queues do not queue.

mod answers;
mod attributes;
mod cloud;
mod config;
mod dice;
mod enforce;
mod file;
mod identity;
mod links;
mod members;
mod network;
mod object;
mod pattern;
mod remote;
mod renewal;
mod world;

pub use cloud::SimulatedCloud;
pub use config::{Clock, Config, Faults};
pub use file::FileError;
pub(crate) use identity::leaf;
pub use members::OUTAGE_TYPE;
pub use remote::{Moment, RemoteCloud, Watch, serve};
pub use world::World;
