//! The JSON Schema of the Plan, published as docs/plan.schema.json.

use serde_json::{Value as Json, json};

use crate::FORMAT;

/// JSON Schema, draft 2020-12. What it cannot say (order, hash, references) is checked by [`crate::Plan::decode`].
pub fn schema() -> Json {
    let text = json!({"type": "string"});
    let sha_256 = json!({"type": "string", "pattern": "^[0-9a-f]{64}$"});
    let milliseconds = json!({"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://linework.dev/plan.schema.json",
        "title": "Linework Plan",
        "description": "What should exist, in dependency order. The hash is SHA-256 over the canonical JSON (RFC 8785) of `meaning`.",
        "type": "object",
        "required": ["format", "hash", "meaning", "provenance"],
        "additionalProperties": false,
        "properties": {
            "format": {"const": FORMAT},
            "hash": sha_256,
            "meaning": {"$ref": "#/$defs/meaning"},
            "provenance": {"$ref": "#/$defs/provenance"},
        },
        "$defs": {
            "meaning": {
                "type": "object",
                "required": ["composition", "nodes"],
                "additionalProperties": false,
                "properties": {
                    "composition": text,
                    "environment": text,
                    "inputs": {
                        "description": "Recorded inputs by kind and name, such as `parameter zones`.",
                        "type": "object",
                    },
                    "providers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/provider"}},
                    "nodes": {
                        "description": "A node comes after all that it refers to; ties by path.",
                        "type": "array",
                        "items": {"$ref": "#/$defs/node"},
                    },
                    "policies": {"description": "Policies in force, as core code.", "type": "array"},
                },
            },
            "provider": {
                "type": "object",
                "required": ["cloud"],
                "additionalProperties": false,
                "properties": {
                    "cloud": text, "region": text, "account": text, "profile": text, "role": text, "endpoint": text,
                },
            },
            "node": {
                "type": "object",
                "required": ["path", "type", "class", "properties", "fingerprint"],
                "additionalProperties": false,
                "properties": {
                    "path": {"$ref": "#/$defs/path"},
                    "type": {"description": "The wire type, such as `AWS::EC2::VPC`.", "type": "string"},
                    "kind": {"enum": ["managed", "existing", "output"]},
                    "provider": {"description": "A key of `providers`.", "type": "string"},
                    "class": {"enum": ["compute", "configuration", "data"]},
                    "properties": {
                        "description": "By wire name, with terms in place of what is not known yet: objects with one key, one of $get, \
                            $concat, $join, $json, $base64, $select, $split, $cidr, $literal, $secret.",
                        "type": "object",
                    },
                    "deferred": {
                        "description": "Properties that close a cycle, set once every node exists.",
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["property", "value"],
                            "additionalProperties": false,
                            "properties": {"property": text, "value": {}},
                        },
                    },
                    "lifecycle": {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {
                            "enforcement": {"enum": ["Correct", "Absorb", "Alert", "Ignore"]},
                            "ignores": {"type": "array", "items": text},
                            "protect": {"type": "boolean"},
                            "timeouts": milliseconds,
                        },
                    },
                    "dependsOn": {"type": "array", "items": {"$ref": "#/$defs/path"}},
                    "fingerprint": text,
                    "formerPath": {"$ref": "#/$defs/path"},
                    "physicalId": text,
                },
            },
            "fleet": fleet(),
            "blueprint": {
                "description": "A described, not yet existing resource: its own wire type, properties and terms.",
                "type": "object",
                "required": ["Type", "Properties"],
                "additionalProperties": false,
                "properties": {"Type": text, "Properties": {"type": "object"}},
            },
            "path": {"description": "Such as `vpc` or `shop.subnets[\"us-west-2a\"]`.", "type": "string", "minLength": 1},
            "provenance": {
                "type": "object",
                "required": ["compiler"],
                "additionalProperties": false,
                "properties": {
                    "compiler": text,
                    "files": {"type": "object", "additionalProperties": sha_256},
                    "origins": {
                        "description": "The origin of each node, in the order of `meaning.nodes`.",
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["file", "line"],
                            "additionalProperties": false,
                            "properties": {
                                "file": text,
                                "line": {"type": "integer", "minimum": 0},
                                "properties": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
                            },
                        },
                    },
                },
            },
        },
    })
}

/// The properties of a node of type [`crate::FLEET_TYPE`]. Spans of time are seconds.
fn fleet() -> Json {
    let count = json!({"type": "integer", "minimum": 0});
    let object = |properties: Json| json!({"type": "object", "additionalProperties": false, "properties": properties});
    let amount = object(json!({"Members": count, "Share": count}));
    let amount_with = |description: &str| {
        let mut amount = amount.clone();
        amount["description"] = json!(description);
        amount
    };
    json!({
        "description": "The properties of a node of type `Linework::Fleet`, whose `provider` is the one that its members are made by. \
            Spans of time are seconds; what is absent has the defaults of the library's `Fleet`.",
        "type": "object",
        "required": ["Size", "Template"],
        "additionalProperties": false,
        "properties": {
            "Template": {"$ref": "#/$defs/blueprint"},
            "Size": object(json!({"Min": count, "Desired": count, "Max": count})),
            "Spread": object(json!({
                "Property": {"description": "A wire property of the template.", "type": "string"},
                "Over": {"description": "Its values, which members take in turn.", "type": "array"},
            })),
            "Health": object(json!({
                "Checks": {
                    "description": "Each an object with one key: `Http` (`port`, `path`, `status`), `Tcp` (`port`), `Command` (`command`).",
                    "type": "array",
                },
                "Interval": {}, "Timeout": {}, "Passes": count, "Failures": count,
                "Grace": {}, "HealthyFor": {}, "Deadline": {},
            })),
            "Balancer": object(json!({"Target": {}, "Port": count, "Drain": {}})),
            "Rollout": {
                "description": "An object with one key: `Rolling` (`maxSurge`, `maxUnavailable`), `BlueGreen` (`bake`), `Canary` (`steps`, `bake`); \
                    each also has `progressDeadline`, `rollback`, `gates`.",
                "type": "object",
            },
            "Refresh": object(json!({"MaxAge": {}, "Rate": object(json!({"Members": count, "Per": {}}))})),
            "Scale": object(json!({"Metric": {}, "Target": {}, "OutCooldown": {}, "InCooldown": {}})),
            "Disruption": object(json!({
                "MaxUnavailable": amount_with("One of its keys: so many, or so many of a hundred."),
                "Brake": count,
                "Windows": {
                    "description": "`Days` (`Mon` to `Sun`), `From` and `To` in seconds since midnight, UTC.",
                    "type": "array",
                },
            })),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Class, DeferredProperty, Enforcement, Lifecycle, Meaning, Node, NodeKind, Origin, Plan, Provenance, Provider,
        ResourcePath, set_fingerprints,
    };

    /// What in `value` the schema does not allow, at most one thing. Knows the keywords that `schema` uses.
    fn fault(root: &Json, schema: &Json, value: &Json, at: &str) -> Option<String> {
        for (keyword, rule) in schema.as_object().expect("a schema is an object") {
            let wrong = match keyword.as_str() {
                "$ref" => {
                    let pointer = rule.as_str().and_then(|rule| rule.strip_prefix('#')).expect("a local reference");
                    return fault(root, root.pointer(pointer).expect("a definition"), value, at);
                }
                "type" => match rule.as_str().expect("one type") {
                    "object" => !value.is_object(),
                    "array" => !value.is_array(),
                    "string" => !value.is_string(),
                    "boolean" => !value.is_boolean(),
                    "integer" => !(value.is_u64() || value.is_i64()),
                    other => panic!("the check does not know the type {other}"),
                },
                "const" => value != rule,
                "enum" => !rule.as_array().expect("a list").contains(value),
                "minimum" => value.as_i64() < rule.as_i64(),
                "minLength" => value.as_str().is_some_and(|text| (text.len() as u64) < rule.as_u64().unwrap()),
                "pattern" => {
                    assert_eq!(rule, "^[0-9a-f]{64}$", "the check knows this pattern alone");
                    let text = value.as_str().unwrap_or_default();
                    text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
                }
                "required" => {
                    rule.as_array().expect("a list").iter().any(|key| value.get(key.as_str().unwrap()).is_none())
                }
                "items" => {
                    let items = value.as_array().map_or(&[][..], Vec::as_slice).iter().enumerate();
                    let found = items.map(|(index, item)| fault(root, rule, item, &format!("{at}/{index}")));
                    return found.flatten().next();
                }
                "properties" => {
                    for (key, rule) in rule.as_object().expect("properties") {
                        let inner = value.get(key).and_then(|value| fault(root, rule, value, &format!("{at}/{key}")));
                        if inner.is_some() {
                            return inner;
                        }
                    }
                    false
                }
                "additionalProperties" => {
                    let known = |key: &str| schema.get("properties").is_some_and(|known| known.get(key).is_some());
                    let others = value.as_object().into_iter().flatten().filter(|(key, _)| !known(key));
                    match rule {
                        Json::Bool(false) => others.count() > 0,
                        rule => {
                            let mut found =
                                others.filter_map(|(key, value)| fault(root, rule, value, &format!("{at}/{key}")));
                            return found.next();
                        }
                    }
                }
                "$schema" | "$id" | "$defs" | "title" | "description" => false,
                other => panic!("the check does not know the keyword {other}"),
            };
            if wrong {
                return Some(format!("{at}: {keyword}"));
            }
        }
        None
    }

    /// A Plan in which every field is used.
    fn full_plan() -> Plan {
        let node = |path: &str, properties: Json| Node {
            path: ResourcePath::from_text(path),
            wire_type: "AWS::EC2::SecurityGroup".to_string(),
            kind: NodeKind::Managed,
            provider: "aws".to_string(),
            class: Class::Configuration,
            properties: serde_json::from_value(properties).unwrap(),
            deferred: Vec::new(),
            lifecycle: Lifecycle::default(),
            depends_on: Vec::new(),
            fingerprint: String::new(),
            former_path: None,
            physical_id: None,
        };
        let mut first = node("a", json!({"GroupDescription": "a", "Tags": {"k": "v"}}));
        first.deferred =
            vec![DeferredProperty { property: "Ingress".to_string(), value: json!([{"$get": ["b", "GroupId"]}]) }];
        first.former_path = Some(ResourcePath::root("old"));
        let mut second = node("b", json!({"Ingress": [{"$get": ["a", "GroupId"]}]}));
        second.lifecycle = Lifecycle {
            enforcement: Some(Enforcement::Correct),
            ignores: vec!["Tags".to_string()],
            protect: true,
            timeouts: [("create".to_string(), 60_000)].into(),
        };
        second.depends_on = vec![ResourcePath::root("a")];
        let mut third = node("c", json!({}));
        third.kind = NodeKind::Existing;
        third.class = Class::Data;
        third.physical_id = Some("vpc-1".to_string());
        let origin = Origin { file: "main.lw".to_string(), line: 3, properties: [("Tags".to_string(), 4)].into() };
        let provider = Provider {
            cloud: "aws".to_string(),
            region: Some("us-west-2".to_string()),
            account: Some("1".to_string()),
            profile: Some("p".to_string()),
            role: Some("r".to_string()),
            endpoint: Some("http://localhost".to_string()),
        };
        let mut meaning = Meaning {
            composition: "shop".to_string(),
            environment: Some("prod".to_string()),
            inputs: [("parameter zones".to_string(), json!(2))].into(),
            providers: [("aws".to_string(), provider)].into(),
            nodes: vec![first, second, third],
            policies: vec![json!({"id": "p"})],
        };
        set_fingerprints(&mut meaning);
        let files = [("main.lw".to_string(), "0".repeat(64))].into();
        Plan::new(meaning, Provenance { compiler: "lw 0.1.0".to_string(), files, origins: vec![origin; 3] })
    }

    #[test]
    fn the_published_schema_is_this_one() {
        let published: Json = serde_json::from_str(include_str!("../../../docs/plan.schema.json")).expect("JSON");
        assert_eq!(published, schema(), "write it again from `schema()`");
    }

    #[test]
    fn plans_fit_the_schema_and_faults_do_not() {
        let schema = schema();
        for plan in [full_plan(), Plan::new(Meaning::default(), Provenance::default())] {
            let json: Json = serde_json::from_str(&plan.to_canonical()).unwrap();
            assert_eq!(fault(&schema, &schema, &json, ""), None);
        }
        let faults = [
            ("/format", json!("linework.plan/2"), "/format: const"),
            ("/meaning/nodes/0/class", json!("cattle"), "/meaning/nodes/0/class: enum"),
            ("/meaning/nodes/1/lifecycle/protect", json!(1), "/meaning/nodes/1/lifecycle/protect: type"),
            ("/provenance", json!({"compiler": "x", "secret": 1}), "/provenance: additionalProperties"),
            ("/meaning/nodes/0/path", json!(""), "/meaning/nodes/0/path: minLength"),
        ];
        for (pointer, value, expected) in faults {
            let mut json: Json = serde_json::from_str(&full_plan().to_canonical()).unwrap();
            *json.pointer_mut(pointer).unwrap() = value;
            assert_eq!(fault(&schema, &schema, &json, "").as_deref(), Some(expected));
        }
    }

    #[test]
    fn fleets_fit_their_part_of_the_schema() {
        let schema = schema();
        let fleet = &schema["$defs"]["fleet"];
        let written = json!({
            "Template": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": {"$get": ["image", "ImageId"]}}},
            "Size": {"Min": 1, "Desired": 3, "Max": 6},
            "Rollout": {"Rolling": {"maxSurge": {"Share": 25}}},
            "Health": {"Checks": [{"Tcp": {"port": 80}}], "HealthyFor": 0.5},
            "Disruption": {"MaxUnavailable": {"Members": 1}},
        });
        assert_eq!(fault(&schema, fleet, &written, ""), None);
        assert!(crate::Fleet::read(written.as_object().unwrap()).is_ok());
        let mut wrong = written;
        wrong["Size"]["Least"] = json!(1);
        assert_eq!(fault(&schema, fleet, &wrong, "").as_deref(), Some("/Size: additionalProperties"));
    }

    #[test]
    fn the_full_plan_is_a_plan() {
        let plan = full_plan();
        assert_eq!(Plan::decode(&plan.to_canonical()), Ok(plan.clone()));
    }
}
