//! Programs from text to Plan: the library, the graph, the order of things, what the messages say.

mod bombs;
mod cancel;
mod graph;
mod growth;
mod harness;
mod library;
mod order;
mod packages;
