//! The adapter against what nobody here wrote: botocore's protocol cases, and an AWS-compatible server.

mod lifecycles;
mod moto;
mod protocols;
mod table;
