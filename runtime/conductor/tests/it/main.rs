//! The engine over a store in a file and the simulated cloud beside it.

mod applies;
mod classes;
mod crashes;
mod owners;
mod previews;
mod refusals;
mod support;
