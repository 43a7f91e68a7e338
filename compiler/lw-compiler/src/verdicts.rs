//! What policies said, in the shape of reports; and waivers whose day has passed.

use lw_diagnostics::{Diagnostic, Files, Severity};
use lw_eval::{PolicyResult, Verdict};

use crate::compiled::{PolicyReport, ResourceVerdict};
use crate::json::Place;
use crate::world::Date;

/// Nobody asked for cloud rules: they are listed where they fail.
pub fn is_listed(result: &PolicyResult) -> bool {
    !result.cloud || result.verdict == Verdict::Fail
}

/// A policy's results as a report.
pub fn report(result: &PolicyResult, files: &Files) -> PolicyReport {
    let resources = result.resources.iter().map(|resource| {
        let place = resource.span.map(|span| Place::of(span, files));
        ResourceVerdict {
            path: match (&resource.path, &resource.property) {
                (Some(path), Some(property)) => Some(format!("{path}.{property}")),
                (path, _) => path.clone(),
            },
            verdict: resource.verdict.as_str(),
            reason: resource.reason.clone(),
            file: place.as_ref().map(|place| place.file.clone()),
            line: place.as_ref().map(|place| place.line),
            waived: resource.waived.is_some(),
        }
    });
    PolicyReport {
        id: result.id.clone(),
        severity: result.severity.clone(),
        title: result.title.clone(),
        controls: result.controls.clone(),
        verdict: result.verdict.as_str(),
        resources: resources.collect(),
    }
}

/// Exceptions that have ended; `severity` is what whoever reads them makes of that.
pub fn ended_waivers(result: &PolicyResult, today: Date, severity: Severity) -> Vec<Diagnostic> {
    let today = today.to_string();
    let ended = result.resources.iter().filter_map(|resource| {
        let waiver = resource.waived.as_ref()?;
        // Dates of this form are ordered as text is.
        let until = waiver.until.as_ref().filter(|until| **until < today)?;
        let id = &result.id;
        let mut diagnostic = Diagnostic::error("LW0390", format!("the waiver of `{id}` ended on {until}"));
        diagnostic.severity = severity;
        if let Some(span) = resource.span {
            diagnostic = diagnostic.at(span, "waived here");
        }
        if let Some(path) = &resource.path {
            diagnostic = diagnostic.on_path(path.clone());
        }
        diagnostic.policy = Some(id.clone());
        Some(
            diagnostic
                .note(format!("its reason: {}", waiver.reason))
                .help("satisfy the policy, or agree on a new date"),
        )
    });
    ended.collect()
}
