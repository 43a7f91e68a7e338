//! What the comparisons share: inputs of any size, a child process and what it took, and the page of figures.
//!
//! The one idea: both sides get the same graph, run in one go on one machine, and are compared by CPU time, since that is what
//! neighbours disturb least. Nothing here holds a large text: a child's peak of memory counts its parent's at the fork.
//! Deliberately absent: thresholds that fail. Figures are for people; what gates is counted, not timed.

pub mod client;
pub mod differences;
pub mod group;
pub mod linework;
pub mod machine;
pub mod measure;
pub mod page;
pub mod release;
pub mod template;
pub mod terraform;
