//! What compiling gives.

use std::path::PathBuf;
use std::sync::Arc;

use lw_diagnostics::{Diagnostic, Files, Span};
use lw_plan::{NodeKind, Plan};
use serde::Serialize;

/// Everything that one project's files came to.
#[derive(Debug, Default)]
pub struct Compiled {
    /// Every text that was read, for rendering.
    pub files: Files,
    /// In source order within a file; files in the order in which they were read.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were given, in that order.
    pub units: Vec<Unit>,
    pub policies: Vec<PolicyReport>,
}

/// One file that was given.
#[derive(Debug)]
pub struct Unit {
    pub path: PathBuf,
    pub file_name: Arc<str>,
    /// The name of its deployment before any `@environment`: the file's stem, or its folder's name when that is `main`.
    pub name: String,
    /// Of a composition without errors.
    pub plan: Option<Plan>,
    pub tests: Vec<TestReport>,
}

/// How a `test` statement ended.
#[derive(Clone, Debug)]
pub struct TestReport {
    pub name: String,
    pub span: Span,
    /// Why it failed; empty where a Bool was False.
    pub failure: Option<String>,
}

/// A policy and what it said of each resource that it selects, in the shape of `lw check --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyReport {
    pub id: String,
    pub severity: Option<String>,
    pub title: Option<String>,
    pub controls: Vec<String>,
    /// `FAIL`, `UNDECIDED`, `PASS` or `SKIP`: the first of these that any resource has.
    pub verdict: &'static str,
    pub resources: Vec<ResourceVerdict>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceVerdict {
    pub path: Option<String>,
    pub verdict: &'static str,
    pub reason: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub waived: bool,
}

impl Compiled {
    /// Nothing but reasons.
    pub fn refused(diagnostics: Vec<Diagnostic>, files: Files) -> Compiled {
        Compiled { diagnostics, files, ..Compiled::default() }
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Resources in all Plans, outputs aside.
    pub fn resource_count(&self) -> usize {
        let plans = self.units.iter().filter_map(|unit| unit.plan.as_ref());
        plans.flat_map(|plan| &plan.meaning.nodes).filter(|node| node.kind != NodeKind::Output).count()
    }
}

impl PolicyReport {
    /// One report a policy, its verdict over all that was said of it; in the order of the first mention.
    pub fn merge(reports: impl IntoIterator<Item = PolicyReport>) -> Vec<PolicyReport> {
        let mut merged: Vec<PolicyReport> = Vec::new();
        for report in reports {
            match merged.iter_mut().find(|known| known.id == report.id) {
                Some(known) => {
                    known.verdict = worse(known.verdict, report.verdict);
                    known.resources.extend(report.resources);
                }
                None => merged.push(report),
            }
        }
        merged
    }
}

/// FAIL before UNDECIDED before PASS before SKIP.
pub fn worse(left: &'static str, right: &'static str) -> &'static str {
    let rank = |verdict: &str| ["FAIL", "UNDECIDED", "PASS", "SKIP"].iter().position(|known| *known == verdict);
    if rank(left) <= rank(right) { left } else { right }
}
