//! The syntax crate seen from outside: what parses, what it prints as, what is wrong and where.
//!
//! `forms.lw-cases`, `layout.lw-cases`: sources and their printed form. `mistakes.lw-cases`: sources and their diagnostics.
//! Deliberately absent: how diagnostics look (lw-diagnostics), what programs mean.

mod bombs;
mod forms;
mod mistakes;
mod mutations;
mod pages;
mod strings;
mod support;
mod tree;
