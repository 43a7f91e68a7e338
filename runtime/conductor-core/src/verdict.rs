//! Policies in force, asked about what is there instead of what was written.
//!
//! The one idea: policies mean one thing. What the compiler packed into the Plan is run here by the same interpreter; what was later
//! then is known now.

use lw_core::{Limits, Observed, Package, Verdict};
use lw_plan::{Json, Map, NodeKind, Plan};
use serde::{Deserialize, Serialize};

use crate::ResourceRecord;

/// A policy's word on what was observed; in the shape of `lw check --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyVerdict {
    pub id: String,
    pub severity: Option<String>,
    pub title: Option<String>,
    pub controls: Vec<String>,
    /// `FAIL` before `UNDECIDED` before `PASS` before `SKIP`.
    pub verdict: String,
    pub resources: Vec<ResourceVerdict>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceVerdict {
    pub path: Option<String>,
    pub verdict: String,
    pub reason: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub waived: Option<String>,
}

/// Asks every policy of a Plan about records with fresh observations. `today` (`2026-01-31`) ends waivers. The error says what is wrong
/// with the policies.
pub fn verdicts(plan: &Plan, records: &[ResourceRecord], today: &str) -> Result<Vec<PolicyVerdict>, String> {
    let Some(mut package) = Package::read(&plan.meaning.policies)? else { return Ok(Vec::new()) };
    package.waivers.retain(|waiver| waiver.until.as_deref().is_none_or(|until| until >= today));
    let live: Vec<(&ResourceRecord, Map<String, Json>)> =
        records.iter().filter(|record| record.is_live()).filter_map(|record| Some((record, shown(record)?))).collect();
    let observed: Vec<Observed<'_>> = live
        .iter()
        .map(|(record, properties)| Observed {
            path: record.path.as_str(),
            wire_type: &record.wire_type,
            existing: record.kind == NodeKind::Existing,
            properties,
        })
        .collect();
    let answers = package.check(&observed, Limits::default());
    let mut verdicts = Vec::with_capacity(answers.len());
    for (policy, answers) in package.policies.iter().zip(answers) {
        let gravest = answers.iter().map(|answer| answer.verdict).max().unwrap_or(Verdict::Skip);
        let resources = answers.into_iter().map(|answer| {
            let record = answer.path.as_ref().and_then(|path| {
                live.iter().map(|(record, _)| *record).find(|record| record.path.as_str() == path.as_str())
            });
            let place = record.and_then(|record| record.origin.as_ref());
            let reasons: Vec<&str> = answer.findings.iter().map(|finding| &*finding.message).collect();
            ResourceVerdict {
                verdict: answer.verdict.as_str().to_string(),
                reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
                file: place.map(|place| place.file.clone()),
                line: place.map(|place| place.line),
                waived: answer.waiver.map(|waiver| package.waivers[waiver].reason.clone()),
                path: answer.path,
            }
        });
        verdicts.push(PolicyVerdict {
            id: policy.id.clone(),
            severity: policy.severity.clone(),
            title: policy.title.clone(),
            controls: policy.controls.clone(),
            verdict: gravest.as_str().to_string(),
            resources: resources.collect(),
        });
    }
    Ok(verdicts)
}

/// What a cloud shows, with what it never shows as it was written; `None` for what is not there.
pub(crate) fn shown(record: &ResourceRecord) -> Option<Map<String, Json>> {
    let mut properties = record.observed.properties()?.clone();
    for (name, value) in &record.properties {
        if !properties.contains_key(name) {
            properties.insert(name.clone(), value.clone());
        }
    }
    Some(properties)
}
