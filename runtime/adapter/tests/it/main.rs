//! The simulated cloud as its callers see it.

mod enforcement;
mod faults;
mod file;
mod support;
