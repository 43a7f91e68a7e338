//! The Conductor's shell: it gives the pure core a store, clouds, a clock and chance, and executes what the core decides.
//!
//! Flow: [`Engine::preview`] reads State and the cloud and computes a change set; [`Engine::apply`] runs it, with each intent durable
//! before its call is sent; [`Engine::status`], [`Engine::output`] and [`Engine::history`] read State alone.
//! Guarantees: one owner writes a store at a time. A second command finds it, asks it through its socket, and takes over when it is
//! gone; nobody waits for a lock that a dead process holds.
//! Deliberately absent: decisions (conductor-core), tables (conductor-store), anything about the language.

mod engine;
mod problem;
mod progress;
mod request;

mod applying;
mod asking;
mod clock;
mod clouds;
mod disturbing;
mod drifting;
mod enforcing;
mod executor;
mod keeping;
mod observing;
mod owner;
mod pausing;
mod planning;
mod registry;
mod secret_key;
mod secrets;

mod client;
mod protocol;
mod read;
mod remote;
mod reporting;
mod server;
mod socket;
mod tending;
mod verifying;

mod api;
mod daemon;
mod notify;

pub use adapter::Question;
pub use api::access::{Role, fresh as fresh_token, keep_token, own_token_path};
pub use api::{ApiSettings, document as openapi_document, routes as api_routes};
pub use asking::{Answered, Asking};
pub use clouds::{Adapters, Opener};
pub use conductor_store::Pause;
pub use daemon::{Configured, Daemon, DaemonSettings, Ready, configure};
pub use disturbing::{Disturbance, DisturbanceReport, Disturbed};
pub use engine::{Engine, EngineOptions, Stopper};
pub use keeping::{BackupReport, RestoreReport, VerifyReport};
pub use notify::{Form, Target};
pub use problem::{Exit, Problem, Problems};
pub use progress::{Progress, StepState};
pub use registry::{Endpoint, ServiceRow, VariableRow, VariableVersion};
pub use remote::Remote;
pub use reporting::{IncidentReport, IncidentRow};
pub use request::{Applied, GivenOut, HistoryEvent, HistoryReport, OutputReport, Previewed, Released, Request, Wanted};
pub use verifying::VerdictReport;

pub use conductor_core::{
    Allowance, Allowances, ApplyReport, ChangesFile, DeploymentName, DriftReport, PreviewReport, StatusReport,
    StepResult,
};
