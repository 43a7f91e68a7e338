//! The policies in force, over the graph.

use lw_check::typed;
use lw_core::{self as core, Finding, Graph, Outcome, Policy, ResourceId, Selected, Selector, SiteMode, Verdict};
use lw_diagnostics::{Diagnostic, Severity};
use lw_plan::Json;

use crate::diagnostics;
use crate::edits::{self, Parsed, Suggestion};
use crate::evaluate::Evaluation;
use crate::{PolicyResult, ResourceVerdict, Waiver};

/// Asks every policy about what it selects, and reports what does not hold.
pub(crate) fn judge(evaluation: &mut Evaluation<'_>) -> Vec<PolicyResult> {
    let mut policies: Vec<&typed::Policy> = evaluation.root.policies.iter().collect();
    policies.sort_by(|left, right| (&left.id, left.span).cmp(&(&right.id, right.span)));
    let judged = evaluation.root.composition && !evaluation.has_errors();
    let mut scope: Vec<ResourceId> = match judged {
        true => evaluation
            .reached
            .iter()
            .copied()
            .filter(|id| evaluation.machine.resource(*id).mode != SiteMode::Existing)
            .collect(),
        false => Vec::new(),
    };
    if !policies.is_empty() {
        scope.sort_by(|left, right| evaluation.machine.path(*left).cmp(&evaluation.machine.path(*right)));
    }
    let selectors: Vec<Selector> = policies.iter().map(|policy| selector(evaluation, &policy.selector)).collect();
    let sites = evaluation.machine.sites(&scope, selectors.iter());
    evaluation.machine.set_graph(Graph::new(scope));
    let mut results = Vec::with_capacity(policies.len());
    let mut parsed = Parsed::default();
    for (policy, selector) in policies.into_iter().zip(&selectors) {
        let selected = if judged { evaluation.machine.select(selector, &sites) } else { Vec::new() };
        results.push(judge_one(evaluation, &mut parsed, policy, &selected));
    }
    for result in &results {
        for verdict in &result.resources {
            if let Some(diagnostic) = diagnostic(result, verdict) {
                evaluation.diagnostics.push(diagnostic);
            }
        }
    }
    if evaluation.root.composition {
        unknown_waivers(evaluation, &results);
    }
    results
}

/// Exceptions from policies that are not in force.
fn unknown_waivers(evaluation: &mut Evaluation<'_>, results: &[PolicyResult]) {
    let in_force: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
    let mut seen = rustc_hash::FxHashSet::default();
    for id in evaluation.reached.clone() {
        let Some(kept) = evaluation.kept.get(&id) else { continue };
        let names: Vec<String> = kept.waivers.iter().map(|waiver| waiver.policy.clone()).collect();
        for name in names {
            if !in_force.contains(&name.as_str()) && seen.insert(name.clone()) {
                let place = evaluation.annotation_span(id, "waive");
                evaluation.diagnostics.push(diagnostics::unknown_waiver(&name, &in_force, place));
            }
        }
    }
}

/// What a policy said of one value, before anybody wants to read it.
struct Answer {
    verdict: Verdict,
    findings: Vec<Finding>,
    waived: Option<Box<Waiver>>,
}

fn judge_one(
    evaluation: &mut Evaluation<'_>,
    parsed: &mut Parsed,
    policy: &typed::Policy,
    selected: &[Selected],
) -> PolicyResult {
    let mut answers = Vec::with_capacity(selected.len());
    let mut function = None;
    for one in selected {
        if function.is_none() {
            // A policy about types that the program does not have selects nothing.
            let Some(global) = policy.function else { break };
            match evaluation.machine.global(core::GlobalId(global.0)) {
                Ok(value) => function = Some(value),
                Err(failure) => {
                    if let Some(failure) = failure {
                        evaluation.fail(failure);
                    }
                    break;
                }
            }
        }
        let waived = one.resource.and_then(|id| waiver(evaluation, id, &policy.id));
        if let Some(waived) = waived {
            answers.push(Answer { verdict: Verdict::Skip, findings: Vec::new(), waived: Some(Box::new(waived)) });
            continue;
        }
        let Some(function) = &function else { break };
        let Outcome { verdict, findings, failure } =
            evaluation.machine.judge_given(function, one.value.clone(), &one.given);
        if let Some(failure) = failure {
            let mut found = diagnostics::failure(&failure, &evaluation.places());
            found.policy = Some(policy.id.clone());
            found.path = one.resource.and_then(|id| evaluation.machine.path(id)).map(|path| path.to_string());
            evaluation.diagnostics.push(found);
        }
        answers.push(Answer { verdict, findings, waived: None });
    }
    let verdict = answers.iter().map(|answer| answer.verdict).max().unwrap_or(Verdict::Skip);
    // Of a rule that nobody asked for, people hear only where it fails.
    let resources = match policy.cloud && verdict != Verdict::Fail {
        true => Vec::new(),
        false => {
            selected.iter().zip(answers).flat_map(|(one, answer)| verdicts(evaluation, parsed, one, answer)).collect()
        }
    };
    PolicyResult {
        id: policy.id.clone(),
        severity: policy.severity.clone(),
        title: policy.title.clone(),
        remediation: policy.remediation.clone(),
        controls: policy.controls.clone(),
        source: policy.source.clone(),
        cloud: policy.cloud,
        verdict,
        resources,
        span: policy.span,
        declared: policy.declared,
    }
}

/// An answer as reports have it: one for each finding.
fn verdicts(evaluation: &Evaluation<'_>, parsed: &mut Parsed, one: &Selected, answer: Answer) -> Vec<ResourceVerdict> {
    let Answer { verdict, findings, waived } = answer;
    if let (Some(waived), Some(id)) = (waived, one.resource) {
        return vec![ResourceVerdict {
            path: evaluation.machine.path(id).map(|path| path.to_string()),
            property: one.property.clone(),
            verdict,
            reason: Some(waived.reason.clone()),
            edit: None,
            span: evaluation.resource_span(id),
            waived: Some(*waived),
        }];
    }
    let findings = if findings.is_empty() { vec![None] } else { findings.into_iter().map(Some).collect() };
    findings.into_iter().map(|finding| verdict_of(evaluation, parsed, one, verdict, finding)).collect()
}

fn verdict_of(
    evaluation: &Evaluation<'_>,
    parsed: &mut Parsed,
    one: &Selected,
    verdict: Verdict,
    finding: Option<Finding>,
) -> ResourceVerdict {
    let (reason, at, edit) = match finding {
        Some(Finding { message, property, edit }) => {
            (Some(diagnostics::cut(&message)), property.map(|text| text.to_string()), edit.map(|text| text.to_string()))
        }
        None => (None, None, None),
    };
    // A property that the rule names lies within what it was asked about.
    let property = match (&one.property, at) {
        (Some(site), Some(at)) => Some(format!("{site}.{at}")),
        (Some(site), None) => Some(site.clone()),
        (None, at) => at,
    };
    let edit = edit
        .filter(|_| verdict == Verdict::Fail)
        .and_then(|text| Some(edits::suggest(evaluation, parsed, one.resource?, property.as_deref()?, &text)));
    let start = || evaluation.given.as_ref().map(|given| given.given.start());
    let span = one.resource.and_then(|id| {
        property.as_deref().and_then(|path| evaluation.property_span(id, path)).or_else(|| evaluation.resource_span(id))
    });
    let span = if one.resource.is_none() { start() } else { span };
    ResourceVerdict {
        path: one.resource.and_then(|id| evaluation.machine.path(id)).map(|path| path.to_string()),
        property,
        verdict,
        reason,
        edit,
        span,
        waived: None,
    }
}

fn waiver(evaluation: &Evaluation<'_>, id: ResourceId, policy: &str) -> Option<Waiver> {
    let found = evaluation.kept.get(&id)?.waivers.iter().find(|waiver| waiver.policy == policy)?;
    Some(Waiver { reason: found.reason.clone(), until: found.until.clone() })
}

/// LW03xx: what a verdict says to people; nothing for PASS and SKIP.
fn diagnostic(policy: &PolicyResult, verdict: &ResourceVerdict) -> Option<Diagnostic> {
    let subject = verdict.path.as_deref().map_or_else(String::new, |path| format!("`{path}`: "));
    let reason = verdict.reason.as_deref().unwrap_or("the rule does not hold").trim_end_matches('.');
    let mut found = match verdict.verdict {
        Verdict::Fail => Diagnostic::error("LW0301", format!("{subject}{reason}")),
        // It is asked again before anything is touched.
        Verdict::Undecided if policy.cloud => return None,
        Verdict::Undecided => {
            let mut found =
                Diagnostic::warning("LW0302", format!("{subject}`{}` cannot be decided: {reason}", policy.id));
            found.severity = Severity::Note;
            found
        }
        Verdict::Pass | Verdict::Skip => return None,
    };
    found = match verdict.span {
        Some(span) => {
            found.at(span, format!("the policy `{}` is about this", policy.id)).and(policy.declared, "the policy")
        }
        None => found.at(policy.span, format!("the policy `{}`", policy.id)),
    };
    let title = policy.title.as_ref().or(policy.remediation.as_ref());
    found = match (title, &policy.source) {
        (Some(title), Some(source)) => found.note(format!("{title} ({source})")),
        (Some(title), None) => found.note(title.clone()),
        (None, Some(source)) => found.note(format!("see {source}")),
        (None, None) => found,
    };
    match (&verdict.edit, &policy.remediation) {
        (Some(Suggestion { text, edit: Ok(edit) }), _) => found = found.fix(format!("write `{text}`"), [edit.clone()]),
        (Some(Suggestion { text, edit: Err(reason) }), _) => {
            found = found.help(format!("write `{text}`, by hand: {reason}"));
        }
        (None, Some(remediation)) if policy.title.is_some() => found = found.help(remediation.clone()),
        _ => {}
    }
    found.policy = Some(policy.id.clone());
    found.path.clone_from(&verdict.path);
    Some(found)
}

fn selector(evaluation: &Evaluation<'_>, selector: &typed::Selector) -> Selector {
    match selector {
        typed::Selector::Resource(id) => Selector::Resource(core::ResourceTypeId(id.0)),
        typed::Selector::Record(id) => Selector::Record(core::WireRecordId(id.0)),
        typed::Selector::ResourcesWith(names) => {
            // A name that nothing in the program has is a property of no type.
            let id = |name: &lw_check::Name| evaluation.lowered.core.names.iter().position(|known| **known == **name);
            match names.iter().map(|name| Some(core::NameId(id(name)? as u32))).collect() {
                Some(ids) => Selector::ResourcesWith(ids),
                None => Selector::Nothing,
            }
        }
        typed::Selector::Site(name) => Selector::Site(name.as_str().into()),
        typed::Selector::All(inner) => Selector::All(Box::new(self::selector(evaluation, inner))),
        typed::Selector::Graph => Selector::Graph,
        typed::Selector::Nothing => Selector::Nothing,
    }
}

/// The policies as they travel in a Plan, with the exceptions from them.
///
/// A cloud rule that is decided has said what it has to say: what holds of a template holds of what is made from it.
pub(crate) fn package(evaluation: &Evaluation<'_>, results: &[PolicyResult]) -> Vec<Json> {
    let undecided = |policy: &typed::Policy| {
        results.iter().any(|result| result.span == policy.span && result.verdict == Verdict::Undecided)
    };
    let travels = |policy: &&typed::Policy| !policy.cloud || undecided(policy);
    let mut policies: Vec<&typed::Policy> = evaluation.root.policies.iter().filter(travels).collect();
    if policies.is_empty() {
        return Vec::new();
    }
    policies.sort_by(|left, right| (&left.id, left.span).cmp(&(&right.id, right.span)));
    // What has nothing to look at in this Plan does not travel with it.
    let packed: Vec<Policy> = policies
        .into_iter()
        .filter_map(|policy| {
            Some(Policy {
                id: policy.id.clone(),
                severity: policy.severity.clone(),
                title: policy.title.clone(),
                remediation: policy.remediation.clone(),
                controls: policy.controls.clone(),
                function: core::GlobalId(policy.function?.0),
                selector: selector(evaluation, &policy.selector),
            })
        })
        .collect();
    if packed.is_empty() {
        return Vec::new();
    }
    let types: Vec<core::ResourceTypeId> =
        evaluation.reached.iter().map(|id| evaluation.machine.resource(*id).resource_type).collect();
    let mut waivers = Vec::new();
    for (id, kept) in &evaluation.kept {
        let Some(path) = evaluation.machine.path(*id) else { continue };
        waivers.extend(kept.waivers.iter().map(|waiver| core::PackagedWaiver {
            path: path.to_string(),
            policy: waiver.policy.clone(),
            reason: waiver.reason.clone(),
            until: waiver.until.clone(),
        }));
    }
    core::Package::new(&evaluation.machine, packed, &types, waivers).write()
}
