//! The reports of `lw check` in the forms that other programs read.

pub mod github;
pub mod junit;
pub mod markdown;
pub mod sarif;
