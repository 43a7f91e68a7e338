//! SARIF 2.1.0, for code scanning services.

use std::collections::BTreeSet;

use lw_compiler::json::DiagnosticJson;
use serde_json::{Value as Json, json};

pub fn report(diagnostics: &[DiagnosticJson]) -> Json {
    let codes: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    let rules: Vec<Json> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Json> = diagnostics.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Linework",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Json {
    let title = lw_diagnostics::explain(code).and_then(|page| page.lines().next()?.split_once(": "));
    match title {
        Some((_, title)) => json!({"id": code, "shortDescription": {"text": title}}),
        None => json!({"id": code}),
    }
}

fn result(diagnostic: &DiagnosticJson) -> Json {
    let level = match diagnostic.severity {
        "error" => "error",
        "warning" => "warning",
        _ => "note",
    };
    let mut text = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!(" ({help})"));
    }
    let mut result = json!({"ruleId": diagnostic.code, "level": level, "message": {"text": text}});
    if let Some(file) = &diagnostic.file {
        let mut location = json!({"physicalLocation": {"artifactLocation": {"uri": uri(file)}}});
        if let (Some(line), Some(column)) = (diagnostic.line, diagnostic.column) {
            location["physicalLocation"]["region"] = json!({
                "startLine": line,
                "startColumn": column,
                "endLine": diagnostic.end_line,
                "endColumn": diagnostic.end_column,
            });
        }
        if let Some(path) = &diagnostic.path {
            location["logicalLocations"] = json!([{"fullyQualifiedName": path, "kind": "resource"}]);
        }
        result["locations"] = json!([location]);
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
