use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::edits::Suggestion;
use lw_core::{Counters, Limits, Query, Verdict};
use lw_diagnostics::{Diagnostic, Span};
use lw_plan::{Json, PlanText, Provider};

/// What a caller decides about an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The composition's name, as it is written into the Plan.
    pub composition: String,
    pub environment: Option<String>,
    pub environment_provider: Environment,
    pub limits: Limits,
    /// The compiler's name and version, for provenance.
    pub compiler: String,
    /// Whether somebody wants to see the values of bindings.
    pub show_values: bool,
    /// Otherwise a graph is checked as far as its Plan would be, and not written.
    pub wants_plan: bool,
    /// Once it is true nobody wants the outcome; evaluation stops soon, wherever it is.
    pub cancelled: Option<Arc<AtomicBool>>,
}

/// What an environment says about where things live.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Stands in where the composition names none.
    pub provider: Option<Provider>,
    /// Expected of every provider that names none itself.
    pub account: Option<String>,
}

/// What one root came to.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// Of a composition without errors, if it is wanted. Failed policies leave it.
    pub plan: Option<PlanText>,
    /// Resources that the Plan has.
    pub resources: usize,
    /// By place; failed policies (LW03xx) and failed tests are among them.
    pub diagnostics: Vec<Diagnostic>,
    /// Every policy in force, in the order of their ids.
    pub policies: Vec<PolicyResult>,
    pub tests: Vec<TestResult>,
    /// Values of the outputs in the Plan's term form.
    pub outputs: BTreeMap<String, Json>,
    /// Values of top-level bindings as text, where they were asked for.
    pub values: BTreeMap<String, String>,
    /// Lookups that the lock has no answer for.
    pub missing_lookups: Vec<MissingLookup>,
    /// Where its questions are asked: the provider of `defaults`, or the one that the environment names.
    pub provider: Option<Provider>,
    /// Open parameters whose values something needed.
    pub needed_parameters: Vec<std::sync::Arc<str>>,
    /// What `Debug.trace` said.
    pub traces: Vec<String>,
    pub counters: Counters,
}

/// A policy and what it said.
#[derive(Clone, Debug)]
pub struct PolicyResult {
    pub id: String,
    pub severity: Option<String>,
    pub title: Option<String>,
    pub remediation: Option<String>,
    pub controls: Vec<String>,
    /// The page that says what the policy means.
    pub source: Option<String>,
    /// In force because the program uses a service.
    pub cloud: bool,
    /// The worst of all: FAIL before UNDECIDED before PASS before SKIP.
    pub verdict: Verdict,
    /// One for each value that it was asked about; of a cloud rule, only if it fails somewhere.
    pub resources: Vec<ResourceVerdict>,
    /// The `validate` statement.
    pub span: Span,
    /// The function's declaration.
    pub declared: Span,
}

#[derive(Clone, Debug)]
pub struct ResourceVerdict {
    /// The resource's path; none for a rule about several at once.
    pub path: Option<String>,
    /// The property within it, in the program's names.
    pub property: Option<String>,
    pub verdict: Verdict,
    /// Why it fails or cannot be decided.
    pub reason: Option<String>,
    /// What to write instead.
    pub edit: Option<Suggestion>,
    /// Where the resource is written, or the property at fault.
    pub span: Option<Span>,
    pub waived: Option<Waiver>,
}

/// `@waive {policy, reason, until}`. Whether `until` has passed is for the reader to say, who knows today's date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub reason: String,
    /// `2026-12-31`
    pub until: Option<String>,
}

/// How a `test` statement ended.
#[derive(Clone, Debug)]
pub struct TestResult {
    pub name: String,
    pub span: Span,
    pub passed: bool,
    /// Why it failed; empty where a Bool was False.
    pub reason: Option<String>,
}

/// A lookup whose answer is not recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingLookup {
    pub name: String,
    pub query: Query,
    /// Where it is asked.
    pub span: Option<Span>,
}
