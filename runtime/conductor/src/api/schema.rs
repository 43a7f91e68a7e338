//! The shapes of what the API takes and gives, as JSON Schema.

use lw_plan::Json;
use serde_json::json;

fn list(of: Json) -> Json {
    json!({"type": "array", "items": of})
}

fn to(name: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn text() -> Json {
    json!({"type": "string"})
}

fn maybe(kind: &str) -> Json {
    json!({"type": [kind, "null"]})
}

fn number() -> Json {
    json!({"type": "integer", "minimum": 0})
}

fn one_of(words: &[&str]) -> Json {
    json!({"type": "string", "enum": words})
}

/// An object of which every key is there.
fn object(properties: Json) -> Json {
    let required: Vec<&String> = properties.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

pub fn components() -> Json {
    let state = one_of(&["ready", "changing", "failed", "quarantined"]);
    let verdict = one_of(&["FAIL", "UNDECIDED", "PASS", "SKIP"]);
    json!({
        "Problems": object(json!({"diagnostics": list(object(json!({
            "code": text(), "severity": one_of(&["error"]), "message": text(), "help": maybe("string"),
            "path": maybe("string"), "file": maybe("string"), "line": maybe("integer"),
        })))})),
        "Me": object(json!({
            "name": text(), "role": one_of(&["read", "plan", "apply", "destroy", "admin"]), "deployments": list(text()),
        })),
        "Status": object(json!({"deployments": list(object(json!({
            "name": text(), "generation": number(), "plan": maybe("string"), "state": state.clone(),
            "resources": list(object(json!({
                "uid": text(), "path": text(), "type": text(), "provider": text(), "physicalId": maybe("string"),
                "state": state,
            }))),
        })))})),
        "VariableVersion": object(json!({"version": number(), "value": {}, "atMs": maybe("integer")})),
        "Variables": object(json!({"deployment": text(), "variables": list(object(json!({
            "name": text(), "version": number(), "value": {}, "atMs": maybe("integer"), "expiresAtMs": maybe("integer"),
        })))})),
        "Variable": object(json!({
            "deployment": text(), "name": text(), "versions": list(to("VariableVersion")), "expiresAtMs": maybe("integer"),
        })),
        "VariableRequest": {
            "type": "object", "required": ["value"], "additionalProperties": false,
            "properties": {"value": {}, "version": number()},
        },
        "Services": object(json!({"deployment": text(), "revision": text(), "services": list(object(json!({
            "name": text(), "port": number(),
            "endpoints": list(object(json!({"path": text(), "address": text(), "port": number()}))),
        })))})),
        "Condition": object(json!({
            "deployment": text(), "lookedAtMs": maybe("integer"), "nextLookMs": maybe("integer"), "watched": number(),
            "blind": maybe("string"), "paused": {"anyOf": [to("Pause"), {"type": "null"}]},
            "cadence": {"type": "object", "additionalProperties": number()},
            "drift": list(object(json!({
                "path": text(), "property": maybe("string"), "planned": {}, "observed": {},
                "enforcement": one_of(&["Correct", "Absorb", "Alert", "Ignore"]), "handling": to("Handling"),
            }))),
            "unrecorded": list(to("Unrecorded")), "sweptAtMs": maybe("integer"),
            "policies": list(to("Policy")), "judgedAtMs": maybe("integer"),
        })),
        "Handling": one_of(&["correcting", "corrected", "failed", "held", "alerted", "absorbed", "vanished"]),
        "Unrecorded": object(json!({"type": text(), "physicalId": text()})),
        "Policy": object(json!({
            "id": text(), "severity": maybe("string"), "title": maybe("string"), "controls": list(text()),
            "verdict": verdict.clone(),
            "resources": list(object(json!({
                "path": maybe("string"), "verdict": verdict, "reason": maybe("string"), "file": maybe("string"),
                "line": maybe("integer"), "waived": maybe("string"),
            }))),
        })),
        "Verdicts": object(json!({"deployment": text(), "policies": list(to("Policy"))})),
        "Drift": object(json!({
            "drift": list(object(json!({
                "path": text(), "property": maybe("string"), "planned": {}, "observed": {},
                "enforcement": one_of(&["Correct", "Absorb", "Alert", "Ignore"]),
            }))),
            "unrecorded": list(to("Unrecorded")),
        })),
        "History": object(json!({
            "deployment": text(),
            "events": list(object(json!({"sequence": number(), "atMs": number(), "hash": text(), "event": text()}))),
        })),
        "Incidents": object(json!({"incidents": list(object(json!({
            "id": number(), "deployment": text(),
            "kind": one_of(&["drift", "gone", "brake", "orphan", "quarantine", "policy", "unfinished"]),
            "handling": to("Handling"), "atMs": number(), "resolvedAtMs": maybe("integer"), "path": maybe("string"),
            "type": maybe("string"), "property": maybe("string"), "planned": {}, "observed": {},
            "enforcement": maybe("string"), "reason": text(), "file": maybe("string"), "line": maybe("integer"),
            "rightAtMs": maybe("integer"), "by": maybe("string"), "about": list(text()),
        })))})),
        "Changes": object(json!({"count": number()})),
        "Graph": object(json!({"nodes": list(json!({"type": "object"})), "edges": list(list(number()))})),
        "Request": {
            "type": "object",
            "required": ["wanted"],
            "properties": {
                "wanted": {"oneOf": [
                    object(json!({"plan": {"type": "object", "description": "as `lw build` writes it"}})),
                    object(json!({"changes": {"type": "object", "description": "as `lw preview -o` writes it"}})),
                    object(json!({"rollback": {"type": "object", "properties": {"generation": maybe("integer")}}})),
                    one_of(&["continue"]),
                ]},
                "simulated": {"type": "boolean"},
                "recorded": {"type": "boolean"},
                "allowDelete": maybe("integer"),
                "allowReplace": list(text()),
            },
        },
        "Previewed": object(json!({
            "report": {"type": "object"}, "changes": {"type": "object"}, "kept": list(json!({"type": "object"})),
            "refusals": list(json!({"type": "object"})),
        })),
        "Progress": {"type": "object", "description": "`progress`, and at the end `done` or `failed`"},
        "PauseRequest": {
            "type": "object",
            "required": ["forMs", "reason"],
            "additionalProperties": false,
            "properties": {
                "forMs": {"type": "integer", "minimum": 1, "maximum": 31_536_000_000_u64},
                "reason": {"type": "string", "minLength": 1, "maxLength": 1000},
            },
        },
        "Pause": object(json!({"deployment": text(), "atMs": number(), "untilMs": number(), "reason": text()})),
    })
}
