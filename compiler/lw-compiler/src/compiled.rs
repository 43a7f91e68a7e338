//! What compiling gives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lw_check::typed::InputType;
use lw_diagnostics::{Diagnostic, FileId, Files, Span};
use lw_eval::{MissingLookup, TestResult};
use lw_plan::{Json, PlanText, Provider};
use serde::Serialize;

use crate::world::normalize;

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
    /// The names of every composition's parameters.
    pub parameters: Vec<&'static str>,
    /// What they take.
    pub parameter_shapes: Vec<ParameterShape>,
    /// Deployments whose outputs are imported.
    pub deployments: Vec<String>,
    /// Whether the files were found sound enough to be evaluated.
    pub evaluated: bool,
    /// What evaluating took, counted: the same on every machine.
    pub steps: u64,
    /// The ids of all policies in force, cloud rules too; sorted.
    pub in_force: BTreeSet<String>,
}

/// A parameter of a composition.
#[derive(Clone, Debug)]
pub struct ParameterShape {
    pub name: &'static str,
    /// What `@id` says that it is called elsewhere.
    pub id: Option<String>,
    pub input: InputType,
    /// Whether its type has a rule of its own.
    pub is_refined: bool,
    pub span: Span,
}

impl ParameterShape {
    /// The first of its values, where its type lists them.
    pub(crate) fn first_value(&self) -> Option<String> {
        match &self.input {
            InputType::Union(texts) => texts.first().cloned(),
            InputType::Bool => Some("true".to_string()),
            _ => None,
        }
    }
}

/// One file that was given.
#[derive(Debug)]
pub struct Unit {
    pub path: PathBuf,
    pub file_name: Arc<str>,
    /// The name of its deployment before any `@environment`: the file's stem, or its folder's name when that is `main`.
    pub name: String,
    /// Of a composition without errors, if it is wanted.
    pub plan: Option<PlanText>,
    /// Resources that the Plan or a template has, outputs aside.
    pub resources: usize,
    /// Parameters that were left open although something needs their values.
    pub needed_parameters: Vec<Arc<str>>,
    /// What `@id` says that outputs are called elsewhere.
    pub output_ids: BTreeMap<String, String>,
    pub tests: Vec<TestResult>,
    /// Values of the outputs, with terms for what is known only later.
    pub outputs: BTreeMap<String, Json>,
    /// Values of top-level bindings as text, where [`crate::Request::show_values`] asks for them.
    pub values: BTreeMap<String, String>,
    /// Lookups whose answers are not recorded.
    pub missing_lookups: Vec<MissingLookup>,
    /// Where its lookups are asked.
    pub provider: Option<Provider>,
    /// Of another tool's file: types that no policy looks at, since they have no counterpart.
    pub unmapped: Vec<UnmappedReport>,
    /// Of another tool's file: attributes of which nothing is made.
    pub unread: Vec<UnreadReport>,
}

/// A type without counterpart, in the shape of `lw check --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnmappedReport {
    pub file: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub count: usize,
    pub paths: Vec<String>,
}

/// What a resource says that nothing is made of, in the shape of `lw check --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadReport {
    pub file: String,
    pub path: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub attributes: Vec<String>,
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

impl Unit {
    pub fn new(path: &Path, file_name: &Arc<str>, working_folder: &Path) -> Unit {
        Unit {
            path: path.to_path_buf(),
            file_name: file_name.clone(),
            name: deployment_name(path, working_folder),
            plan: None,
            resources: 0,
            needed_parameters: Vec::new(),
            output_ids: BTreeMap::new(),
            tests: Vec::new(),
            outputs: BTreeMap::new(),
            values: BTreeMap::new(),
            missing_lookups: Vec::new(),
            provider: None,
            unmapped: Vec::new(),
            unread: Vec::new(),
        }
    }
}

/// The file's stem, or its folder's name when the stem is `main`.
fn deployment_name(path: &Path, working_folder: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if stem != "main" {
        return stem;
    }
    let folder = normalize(&working_folder.join(path.parent().unwrap_or(Path::new(""))));
    folder.file_name().map_or(stem, |name| name.to_string_lossy().into_owned())
}

impl Compiled {
    /// Nothing but reasons.
    pub fn refused(diagnostics: Vec<Diagnostic>, files: Files) -> Compiled {
        Compiled { diagnostics, files, ..Compiled::default() }
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Resources in all templates and Plans, outputs aside.
    pub fn resource_count(&self) -> usize {
        self.units.iter().map(|unit| unit.resources).sum()
    }
}

impl Compiled {
    /// Takes over what compiling other files, or some of the same alone, gave: what they came to, and what was not found before.
    pub(crate) fn absorb(&mut self, alone: Compiled) {
        let Compiled { files, diagnostics, units, policies, parameters, deployments, in_force, steps, .. } = alone;
        self.steps += steps;
        self.in_force.extend(in_force);
        self.parameters.extend(parameters);
        self.deployments.extend(deployments);
        self.deployments.sort();
        self.deployments.dedup();
        // The same texts under other numbers.
        let numbers: Vec<FileId> = files
            .ids()
            .map(|file| {
                let known = self.files.ids().find(|known| self.files.name(*known) == files.name(file));
                known.unwrap_or_else(|| {
                    let added = self.files.add(files.name(file).clone(), files.text(file).clone());
                    if files.is_hidden(file) {
                        self.files.hide(added);
                    }
                    added
                })
            })
            .collect();
        let renumber = |span: &mut Span| span.file = numbers[span.file.0 as usize];
        for mut unit in units {
            unit.tests.iter_mut().for_each(|test| renumber(&mut test.span));
            unit.missing_lookups.iter_mut().filter_map(|lookup| lookup.span.as_mut()).for_each(renumber);
            match self.units.iter_mut().find(|known| known.path == unit.path) {
                Some(known) => *known = unit,
                None => self.units.push(unit),
            }
        }
        for mut diagnostic in diagnostics {
            diagnostic.primary.iter_mut().for_each(|label| renumber(&mut label.span));
            diagnostic.secondary.iter_mut().for_each(|label| renumber(&mut label.span));
            diagnostic.edits.iter_mut().for_each(|edit| renumber(&mut edit.span));
            self.diagnostics.push(diagnostic);
        }
        self.policies = PolicyReport::merge(self.policies.drain(..).chain(policies));
        self.put_in_order();
    }

    /// By place, what has none last; each once, however many files come upon it.
    pub(crate) fn put_in_order(&mut self) {
        let place = |diagnostic: &Diagnostic| match &diagnostic.primary {
            Some(label) => (label.span.file.0, label.span.start, label.span.end),
            None => (u32::MAX, 0, 0),
        };
        self.diagnostics.sort_by_key(place);
        let mut kept: Vec<Diagnostic> = Vec::with_capacity(self.diagnostics.len());
        // How many of one place and code there are, and were left out.
        let (mut alike, mut left_out) = (0, 0);
        for diagnostic in self.diagnostics.drain(..) {
            if kept.last().is_some_and(|last| place(last) == place(&diagnostic) && last.code == diagnostic.code) {
                // What policies say is gathered where it is shown.
                if alike >= ALIKE_MAX && diagnostic.policy.is_none() {
                    left_out += 1;
                    continue;
                }
            } else {
                say_left_out(&mut kept, left_out);
                (alike, left_out) = (0, 0);
            }
            let same_place =
                kept.iter().rev().take(ALIKE_MAX).take_while(|earlier| place(earlier) == place(&diagnostic));
            if !same_place.into_iter().any(|earlier| *earlier == diagnostic) {
                alike += 1;
                kept.push(diagnostic);
            }
        }
        say_left_out(&mut kept, left_out);
        self.diagnostics = kept;
    }
}

/// Of one place and code so many are said: what a comprehension makes of one line is one mistake.
const ALIKE_MAX: usize = 20;

fn say_left_out(kept: &mut [Diagnostic], left_out: usize) {
    if let Some(last) = kept.last_mut().filter(|_| left_out > 0) {
        let more = format!("{left_out} more like it here are left out");
        last.note = Some(match last.note.take() {
            Some(note) => format!("{note}; {more}"),
            None => more,
        });
    }
}

impl PolicyReport {
    /// The worst that any of the policies says of each resource, by path.
    pub fn by_resource(reports: &[PolicyReport]) -> Vec<(String, &'static str)> {
        let mut found: BTreeMap<&str, &'static str> = BTreeMap::new();
        for resource in reports.iter().flat_map(|report| &report.resources) {
            let Some(path) = &resource.path else { continue };
            let known = found.entry(path).or_insert(resource.verdict);
            *known = worse(known, resource.verdict);
        }
        found.into_iter().map(|(path, verdict)| (path.to_string(), verdict)).collect()
    }

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
