//! The adapter against what nobody here wrote: botocore's protocol cases, and an AWS-compatible server.

mod cloud_control;
mod faults;
mod lifecycles;
mod moto;
mod protocols;
mod server;
mod table;
