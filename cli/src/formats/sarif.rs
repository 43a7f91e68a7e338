//! SARIF 2.1.0, for code scanning services.
//!
//! A result's fingerprint is what makes it the same one although lines have moved: its rule, file, resource and message, and which of
//! several alike it is. A broken policy is a rule of its own; what is waived is a result that says so.

use std::collections::BTreeMap;

use lw_compiler::json::{DiagnosticJson, Place};
use lw_compiler::{PolicyReport, ResourceVerdict};
use lw_diagnostics::{Diagnostic, Files};
use serde_json::{Value as Json, json};

/// `findings` are all diagnostics with the texts that they are about.
pub fn report<'f>(findings: impl Iterator<Item = (&'f Diagnostic, &'f Files)>, policies: &[PolicyReport]) -> Json {
    let mut rules = Rules::default();
    let mut fingerprints = Fingerprints::default();
    let mut results: Vec<Json> = Vec::new();
    for (diagnostic, files) in findings {
        let shown = DiagnosticJson::of(diagnostic, files);
        let rule = rules.number(&shown, policies);
        results.push(result(&shown, diagnostic, files, rule, &mut fingerprints));
    }
    for policy in policies {
        for resource in policy.resources.iter().filter(|resource| resource.waived) {
            let rule = rules.of_policy(policy);
            results.push(waived(policy, resource, rule, &mut fingerprints));
        }
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Linework",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A rule's name and its place among the rules.
#[derive(Clone)]
struct Rule {
    id: String,
    index: usize,
}

/// The rules that results name, in the order of their first mention.
#[derive(Default)]
struct Rules {
    rules: Vec<Json>,
    numbers: BTreeMap<String, usize>,
}

impl Rules {
    fn number(&mut self, diagnostic: &DiagnosticJson, policies: &[PolicyReport]) -> Rule {
        let policy = diagnostic.policy.as_ref().and_then(|id| policies.iter().find(|policy| policy.id == *id));
        match policy {
            Some(policy) => self.of_policy(policy),
            None => self.add(&diagnostic.code, || {
                let title = lw_diagnostics::explain(&diagnostic.code)
                    .and_then(|page| page.lines().next()?.split_once(": "))
                    .map_or(diagnostic.code.as_str(), |(_, title)| title);
                json!({"id": diagnostic.code, "shortDescription": {"text": title}})
            }),
        }
    }

    fn of_policy(&mut self, policy: &PolicyReport) -> Rule {
        self.add(&policy.id, || {
            let title = policy.title.as_deref().unwrap_or(&policy.id);
            let mut rule = json!({"id": policy.id, "shortDescription": {"text": title}});
            let mut tags = vec!["policy".to_string()];
            tags.extend(policy.controls.iter().cloned());
            rule["properties"] = json!({"tags": tags});
            if let Some(severity) = policy.severity.as_deref() {
                // What code scanning services sort by: a number as CVSS has it.
                let number = match severity {
                    "critical" => "9.5",
                    "high" => "8.0",
                    "medium" => "5.5",
                    _ => "2.0",
                };
                rule["properties"]["security-severity"] = Json::from(number);
            }
            rule
        })
    }

    fn add(&mut self, id: &str, rule: impl FnOnce() -> Json) -> Rule {
        let next = self.rules.len();
        let index = *self.numbers.entry(id.to_string()).or_insert(next);
        if index == next {
            self.rules.push(rule());
        }
        Rule { id: id.to_string(), index }
    }
}

/// Fingerprints that have been given, with how many there are of each kind.
#[derive(Default)]
struct Fingerprints {
    seen: BTreeMap<String, usize>,
}

impl Fingerprints {
    fn of(&mut self, parts: &[&str]) -> String {
        let whole = parts.join("\u{0}");
        let count = self.seen.entry(whole.clone()).or_default();
        *count += 1;
        format!("{:016x}:{count}", fnv(whole.as_bytes()))
    }
}

/// FNV-1a: a name for a text, not a secret.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn result(
    shown: &DiagnosticJson,
    diagnostic: &Diagnostic,
    files: &Files,
    rule: Rule,
    fingerprints: &mut Fingerprints,
) -> Json {
    let level = match shown.severity {
        "error" => "error",
        "warning" => "warning",
        _ => "note",
    };
    let mut text = shown.message.clone();
    if let Some(help) = &shown.help {
        text.push_str(&format!(" ({help})"));
    }
    let (file, path) = (shown.file.as_deref().unwrap_or(""), shown.path.as_deref().unwrap_or(""));
    let fingerprint = fingerprints.of(&[&rule.id, file, path, &shown.message]);
    let mut result = json!({
        "ruleId": rule.id,
        "ruleIndex": rule.index,
        "level": level,
        "message": {"text": text},
        "partialFingerprints": {"linework/v1": fingerprint},
    });
    if let Some(file) = &shown.file {
        let mut location = json!({"physicalLocation": {"artifactLocation": {"uri": uri(file)}}});
        if let Some(label) = &diagnostic.primary {
            location["physicalLocation"]["region"] = region(&Place::of(label.span, files));
        }
        if let Some(path) = &shown.path {
            location["logicalLocations"] = json!([{"fullyQualifiedName": path, "kind": "resource"}]);
        }
        result["locations"] = json!([location]);
    }
    let related: Vec<Json> = diagnostic
        .secondary
        .iter()
        // The library's files are on nobody's disk.
        .filter(|label| !files.name(label.span.file).starts_with("stdlib/"))
        .map(|label| {
            let place = Place::of(label.span, files);
            let physical = json!({"artifactLocation": {"uri": uri(&place.file)}, "region": region(&place)});
            json!({"physicalLocation": physical, "message": {"text": label.message}})
        })
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = Json::Array(related);
    }
    if !diagnostic.edits.is_empty() {
        result["fixes"] = json!([fix(shown, diagnostic, files)]);
    }
    result
}

/// The edits that do what the help says, file by file.
fn fix(shown: &DiagnosticJson, diagnostic: &Diagnostic, files: &Files) -> Json {
    let mut changes: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for edit in &diagnostic.edits {
        let place = Place::of(edit.span, files);
        let replacement = json!({"deletedRegion": region(&place), "insertedContent": {"text": edit.text}});
        changes.entry(place.file).or_default().push(replacement);
    }
    let changes: Vec<Json> = changes
        .into_iter()
        .map(|(file, replacements)| json!({"artifactLocation": {"uri": uri(&file)}, "replacements": replacements}))
        .collect();
    json!({"description": {"text": shown.help.as_deref().unwrap_or("change it")}, "artifactChanges": changes})
}

fn region(place: &Place) -> Json {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

/// A result that an exception covers: it is listed as suppressed, not left out.
fn waived(policy: &PolicyReport, resource: &ResourceVerdict, rule: Rule, fingerprints: &mut Fingerprints) -> Json {
    let (file, path) = (resource.file.as_deref().unwrap_or(""), resource.path.as_deref().unwrap_or(""));
    let fingerprint = fingerprints.of(&[&rule.id, file, path, "waived"]);
    let title = policy.title.as_deref().unwrap_or(&policy.id);
    let mut result = json!({
        "ruleId": rule.id,
        "ruleIndex": rule.index,
        "level": "note",
        "message": {"text": format!("`{path}`: {title}")},
        "partialFingerprints": {"linework/v1": fingerprint},
        "suppressions": [{"kind": "inSource", "justification": resource.reason.as_deref().unwrap_or("waived")}],
    });
    if let Some(file) = &resource.file {
        let mut physical = json!({"artifactLocation": {"uri": uri(file)}});
        if let Some(line) = resource.line {
            physical["region"] = json!({"startLine": line});
        }
        let logical = json!([{"fullyQualifiedName": path, "kind": "resource"}]);
        result["locations"] = json!([{"physicalLocation": physical, "logicalLocations": logical}]);
    }
    result
}

/// A relative reference: what is not allowed in one is percent-encoded.
fn uri(file: &str) -> String {
    file.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
