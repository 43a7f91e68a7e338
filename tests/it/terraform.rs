//! Plans of Terraform as `lw check` reads them: what is known, what is not, whose part is what; and what is no plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Map, Value as Json, json};

use crate::lw::{Folder, Run, repository};
use crate::packs;

const RULES: &str = r#"import AWS.S3 as S3
import AWS.SQS as SQS
import Policy.Rule as Rule

validate versioned
validate encrypted

@policy {id: "versioned"}
fun versioned(bucket: S3.Bucket) -> Validation:
  case bucket.versioningConfiguration of
    | Optional versioning -> Validation.assert("versions are not kept", versioning.status == "Enabled")
    | None -> Validation.failure("versions are not kept")

@policy {id: "encrypted"}
fun encrypted(queue: SQS.Queue) -> Validation: Rule.isWritten("kmsMasterKeyId", queue.kmsMasterKeyId)
"#;

/// A change that creates a resource, as the format has it.
pub fn change(address: &str, after: Json, unknown: Json) -> Json {
    let (plain, index) = address.split_once('[').map_or((address, None), |(plain, index)| (plain, Some(index)));
    let parts: Vec<&str> = plain.split('.').collect();
    let (module, own) = match parts.as_slice() {
        ["module", name, own @ ..] => (Some(format!("module.{name}")), own),
        own => (None, own),
    };
    let (mode, own) = if own[0] == "data" { ("data", &own[1..]) } else { ("managed", own) };
    let mut found = json!({
        "address": address,
        "mode": mode,
        "type": own[0],
        "name": own[1],
        "change": {
            "actions": [if mode == "data" { "read" } else { "create" }],
            "before": null,
            "after": after,
            "after_unknown": unknown,
            "after_sensitive": {},
        },
    });
    if let Some(module) = module {
        found["module_address"] = json!(module);
    }
    if let Some(index) = index {
        found["index"] = serde_json::from_str(index.trim_end_matches(']')).expect("an index");
    }
    found
}

/// A resource of the configuration, with what its attributes refer to.
fn configured(address: &str, references: &[(&str, &[&str])]) -> Json {
    let expressions: Map<String, Json> =
        references.iter().map(|(name, of)| ((*name).to_string(), json!({"references": of}))).collect();
    json!({"address": address, "expressions": expressions})
}

pub fn plan(changes: &[Json], configuration: &[Json]) -> Json {
    json!({
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configuration}},
    })
}

fn check(plan: &Json) -> Run {
    check_text(&serde_json::to_string_pretty(plan).expect("JSON"))
}

fn check_text(text: &str) -> Run {
    let folder = Folder::new();
    folder.write("Rules.lw", RULES);
    folder.write("plan.json", text);
    folder.lw(&["check", "plan.json", "--policy", "Rules", "--json"])
}

/// `path: VERDICT` of one policy.
fn verdicts(run: &Run, policy: &str) -> BTreeSet<String> {
    let json = run.json();
    let policies = json["policies"].as_array().expect("policies");
    let Some(found) = policies.iter().find(|found| found["id"] == policy) else { return BTreeSet::new() };
    let text = |json: &Json| json.as_str().unwrap_or("-").to_string();
    let resources = found["resources"].as_array().expect("resources");
    resources.iter().map(|one| format!("{}: {}", text(&one["path"]), text(&one["verdict"]))).collect()
}

fn set<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.map(str::to_string).into_iter().collect()
}

fn versioning(address: &str, bucket: Option<&str>) -> Json {
    let mut after = json!({"versioning_configuration": [{"status": "Enabled"}]});
    match bucket {
        Some(name) => {
            after["bucket"] = json!(name);
            change(address, after, json!({"id": true}))
        }
        None => change(address, after, json!({"id": true, "bucket": true})),
    }
}

fn bucket(address: &str) -> Json {
    change(address, json!({"bucket": null}), json!({"id": true, "bucket": true, "versioning": true}))
}

#[test]
fn what_is_open_is_undecided_and_never_passes() {
    let queue = |name: &str, after: Json, unknown: Json| change(&format!("aws_sqs_queue.{name}"), after, unknown);
    let changes = [
        change("aws_kms_key.k", json!({}), json!({"arn": true})),
        queue("none", json!({"kms_master_key_id": null}), json!({"arn": true})),
        queue("known", json!({"kms_master_key_id": "alias/aws/sqs"}), json!({})),
        queue("open", json!({}), json!({"kms_master_key_id": true})),
        queue("linked", json!({}), json!({"kms_master_key_id": true})),
        queue("local", json!({}), json!({"kms_master_key_id": true})),
    ];
    let configuration = [
        configured("aws_sqs_queue.linked", &[("kms_master_key_id", &["aws_kms_key.k.arn", "aws_kms_key.k"])]),
        configured("aws_sqs_queue.local", &[("kms_master_key_id", &["local.key"])]),
    ];
    let run = check(&plan(&changes, &configuration)).expect(1);
    let found = verdicts(&run, "encrypted");
    assert_eq!(
        found,
        set([
            "aws_sqs_queue.known: PASS",
            "aws_sqs_queue.linked: PASS",
            "aws_sqs_queue.local: UNDECIDED",
            "aws_sqs_queue.none.kmsMasterKeyId: FAIL",
            "aws_sqs_queue.open: UNDECIDED",
        ])
    );
    assert!(run.out.contains("`aws_sqs_queue.open.kms_master_key_id (known after apply)`"), "{}", run.out);
}

#[test]
fn parts_belong_to_what_they_refer_to() {
    let changes = [
        bucket("aws_s3_bucket.referred"),
        versioning("aws_s3_bucket_versioning.referred", None),
        change("aws_s3_bucket.named", json!({"bucket": "shop-logs"}), json!({"id": true, "versioning": true})),
        versioning("aws_s3_bucket_versioning.named", Some("shop-logs")),
        change("aws_s3_bucket.alone", json!({"bucket": "shop-alone"}), json!({"id": true, "versioning": true})),
    ];
    let buckets = ["referred", "named", "alone"].map(|name| configured(&format!("aws_s3_bucket.{name}"), &[]));
    let reference: &[(&str, &[&str])] = &[("bucket", &["aws_s3_bucket.referred.id", "aws_s3_bucket.referred"])];
    let mut configuration = buckets.to_vec();
    configuration.push(configured("aws_s3_bucket_versioning.referred", reference));
    let run = check(&plan(&changes, &configuration)).expect(1);
    assert_eq!(run.codes(), ["LW0301"], "{}", run.out);
    assert_eq!(
        verdicts(&run, "versioned"),
        set(["aws_s3_bucket.alone: FAIL", "aws_s3_bucket.named: PASS", "aws_s3_bucket.referred: PASS"])
    );
}

#[test]
fn a_part_of_what_cannot_be_told_leaves_all_of_them_open() {
    let changes =
        [bucket("aws_s3_bucket.a"), bucket("aws_s3_bucket.b"), versioning("aws_s3_bucket_versioning.of_one", None)];
    let configuration = ["a", "b"].map(|name| configured(&format!("aws_s3_bucket.{name}"), &[]));
    let run = check(&plan(&changes, &configuration)).expect(0);
    assert_eq!(verdicts(&run, "versioned"), set(["aws_s3_bucket.a: UNDECIDED", "aws_s3_bucket.b: UNDECIDED"]));
    assert!(run.codes().contains(&"LW0321".to_string()), "{}", run.out);
}

#[test]
fn instances_are_resources_of_their_own() {
    let mut changes = vec![];
    for key in ["\"a\"", "\"b.c\""] {
        changes.push(bucket(&format!("module.shop.aws_s3_bucket.logs[{key}]")));
    }
    changes.push(versioning("module.shop.aws_s3_bucket_versioning.logs[\"a\"]", None));
    let mut whole = plan(&changes, &[]);
    whole["configuration"]["root_module"]["module_calls"] = json!({"shop": {"module": {"resources": [
        configured("aws_s3_bucket.logs", &[]),
        configured("aws_s3_bucket_versioning.logs", &[("bucket", &["aws_s3_bucket.logs", "each.key"])]),
    ]}}});
    let run = check(&whole).expect(1);
    assert_eq!(
        verdicts(&run, "versioned"),
        set(["module.shop.aws_s3_bucket.logs[\"a\"]: PASS", "module.shop.aws_s3_bucket.logs[\"b.c\"]: FAIL"])
    );
}

#[test]
fn references_go_through_modules() {
    let changes =
        [bucket("module.store.aws_s3_bucket.logs"), versioning("module.keep.aws_s3_bucket_versioning.logs", None)];
    let mut whole = plan(&changes, &[]);
    whole["configuration"]["root_module"]["module_calls"] = json!({
        "store": {"module": {
            "resources": [configured("aws_s3_bucket.logs", &[])],
            "outputs": {"name": {"expression": {"references": ["aws_s3_bucket.logs.id", "aws_s3_bucket.logs"]}}},
        }},
        "keep": {
            "expressions": {"bucket": {"references": ["module.store.name", "module.store"]}},
            "module": {"resources": [configured("aws_s3_bucket_versioning.logs", &[("bucket", &["var.bucket"])])]},
        },
    });
    let run = check(&whole).expect(0);
    assert_eq!(verdicts(&run, "versioned"), set(["module.store.aws_s3_bucket.logs: PASS"]));
}

#[test]
fn what_is_deleted_or_forgotten_is_not_there() {
    let mut changes = vec![bucket("aws_s3_bucket.stays")];
    for (name, actions) in [
        ("gone", json!(["delete"])),
        ("forgotten", json!(["forget"])),
        ("replaced", json!(["delete", "create"])),
        ("same", json!(["no-op"])),
    ] {
        let mut one = bucket(&format!("aws_s3_bucket.{name}"));
        one["change"]["actions"] = actions;
        changes.push(one);
    }
    let mut deposed = bucket("aws_s3_bucket.stays");
    deposed["deposed"] = json!("00000000");
    changes.push(deposed);
    let run = check(&plan(&changes, &[]));
    let found = verdicts(&run, "versioned");
    let names: Vec<&str> = found.iter().map(|one| one.split(':').next().expect("a path")).collect();
    assert_eq!(names, ["aws_s3_bucket.replaced", "aws_s3_bucket.same", "aws_s3_bucket.stays"]);
    assert_eq!(run.json()["summary"]["resources"], 3);
}

#[test]
fn what_is_not_looked_at_is_listed() {
    let mut queue = change("aws_sqs_queue.q", json!({"name": "q", "a_new_one": 1, "kms_key": null}), json!({}));
    queue["change"]["after"]["kms_master_key_id"] = json!("alias/aws/sqs");
    let changes = [
        queue,
        change("random_id.a", json!({}), json!({})),
        change("random_id.b", json!({}), json!({})),
        change("aws_something_new.a", json!({}), json!({})),
        change("data.aws_region.here", json!({}), json!({})),
    ];
    let run = check(&plan(&changes, &[])).expect(0);
    let json = run.json();
    assert_eq!(json["unmapped"][0]["type"], "aws_something_new");
    assert_eq!(json["unmapped"][1]["count"], 2);
    assert_eq!(json["unmapped"][1]["paths"], json!(["random_id.a", "random_id.b"]));
    assert_eq!(
        json["unread"],
        json!([
            {"file": "plan.json", "path": "aws_sqs_queue.q", "type": "aws_sqs_queue", "attributes": ["a_new_one"]}
        ])
    );
    assert_eq!(run.codes(), ["LW0195"]);
    assert!(run.out.contains("3 resources are not checked: `aws_something_new` (1), `random_id` (2)"), "{}", run.out);
    let folder = Folder::new();
    folder.write("plan.json", plan(&changes, &[]).to_string());
    let sarif = folder.lw(&["check", "plan.json", "--format", "sarif"]).json();
    let text = sarif["runs"][0]["results"][0]["message"]["text"].as_str().expect("a message");
    assert!(text.starts_with("3 resources are not checked: `aws_something_new` (1), `random_id` (2)"), "{text}");
    folder.lw(&["check", "plan.json", "--strict"]).expect(1);
}

/// An attribute that the table does not have, and that would feed a property, makes that property open.
#[test]
fn an_attribute_that_is_not_read_decides_nothing() {
    const PROTECTED: &str = "import AWS.Backup as Backup

validate locked

@policy {id: \"locked\"}
fun locked(vault: Backup.BackupVault) -> Validation:
  Validation.assert(\"not locked\", Optional.isNone(vault.lockConfiguration))
";
    let folder = Folder::new();
    folder.write("Rules.lw", PROTECTED);
    let vault = |name: &str, after: Json| change(&format!("aws_backup_vault.{name}"), after, json!({}));
    let changes =
        [vault("a", json!({"name": "a"})), vault("b", json!({"name": "b", "lock_configuration": [{"x": 1}]}))];
    folder.write("plan.json", plan(&changes, &[]).to_string());
    let run = folder.lw(&["check", "plan.json", "--policy", "Rules", "--json"]).expect(0);
    assert_eq!(verdicts(&run, "locked"), set(["aws_backup_vault.a: PASS", "aws_backup_vault.b: UNDECIDED"]));
}

#[test]
fn sensitive_values_are_asked_where_they_come_from_and_never_shown() {
    let database = |name: &str| {
        let after = json!({"engine": "mysql", "password": "correct-horse", "username": "root-of-all"});
        let mut one = change(&format!("aws_db_instance.{name}"), after, json!({"arn": true}));
        one["change"]["after_sensitive"] = json!({"password": true, "username": true});
        one
    };
    let changes = ["literal", "variable", "defaulted", "service", "nobody_knows"].map(database);
    let resource = |name: &str, password: Json| json!({"address": format!("aws_db_instance.{name}"), "expressions": {"password": password}});
    let secret = "data.aws_secretsmanager_secret_version.db";
    let configuration = [
        resource("literal", json!({"constant_value": "correct-horse"})),
        resource("variable", json!({"references": ["var.password"]})),
        resource("defaulted", json!({"references": ["var.weak"]})),
        resource("service", json!({"references": [format!("{secret}.secret_string"), secret]})),
    ];
    let mut whole = plan(&changes, &configuration);
    whole["configuration"]["root_module"]["variables"] =
        json!({"password": {"sensitive": true}, "weak": {"default": "correct-horse", "sensitive": true}});
    whole["variables"] = json!({"password": {"value": "correct-horse"}});
    let folder = Folder::new();
    for text in [whole.to_string(), serde_json::to_string_pretty(&whole).expect("JSON")] {
        folder.write("plan.json", text);
        let arguments = ["check", "plan.json", "--policy", "Policy.AWS.Config.RDS"];
        let run = folder.lw(&[&arguments[..], &["--json"]].concat()).expect(1);
        assert_eq!(
            verdicts(&run, "RDS_MASTER_USER_PASSWORD_NO_PLAINTEXT_PASSWORD"),
            set([
                "aws_db_instance.defaulted.masterUserPassword: FAIL",
                "aws_db_instance.literal.masterUserPassword: FAIL",
                "aws_db_instance.nobody_knows: UNDECIDED",
                "aws_db_instance.service: PASS",
                "aws_db_instance.variable: PASS",
            ])
        );
        for format in ["human", "json", "sarif", "junit", "github", "markdown"] {
            let run = folder.lw(&[&arguments[..], &["--format", format]].concat()).expect(1);
            let said = run.out + &run.error;
            assert!(
                !said.contains("correct-horse") && !said.contains("root-of-all"),
                "{format} shows a secret: {said}"
            );
        }
    }
}

#[test]
fn a_document_of_a_data_source_is_read_as_far_as_it_is_known() {
    let statement = |actions: Json| {
        json!({"statement": [{"actions": actions, "resources": [null],
        "principals": [{"type": "AWS", "identifiers": ["123456789012"]}], "effect": null}]})
    };
    let unknown = json!({"json": true, "statement": [{"resources": [true]}]});
    let mut changes = vec![bucket("aws_s3_bucket.b")];
    let mut configuration = vec![configured("aws_s3_bucket.b", &[])];
    for (name, actions) in [("all", json!(["s3:*"])), ("one", json!(["s3:GetObject"]))] {
        let data = format!("data.aws_iam_policy_document.{name}");
        changes.push(change(&data, statement(actions), unknown.clone()));
        let own = format!("aws_s3_bucket_policy.{name}");
        changes.push(change(&own, json!({}), json!({"bucket": true, "policy": true})));
        configuration.push(configured(&own, &[("policy", &[&format!("{data}.json"), &data])]));
    }
    changes.push(change("aws_s3_bucket_policy.open", json!({}), json!({"bucket": true, "policy": true})));
    let folder = Folder::new();
    folder.write("plan.json", plan(&changes, &configuration).to_string());
    let run = folder.lw(&["check", "plan.json", "--policy", "Policy.AWS.Config.S3", "--json"]).expect(1);
    assert_eq!(
        verdicts(&run, "S3_BUCKET_POLICY_NO_WILDCARD_ACTION"),
        set([
            "aws_s3_bucket_policy.all.policyDocument: FAIL",
            "aws_s3_bucket_policy.one: PASS",
            "aws_s3_bucket_policy.open: UNDECIDED",
        ])
    );
}

#[test]
fn what_is_no_plan_is_refused_at_its_place() {
    let fine = plan(&[bucket("aws_s3_bucket.b")], &[]);
    let with = |key: &str, value: Json| {
        let mut changed = fine.clone();
        changed[key] = value;
        changed
    };
    let in_change = |key: &str, value: Json| {
        let mut changed = fine.clone();
        changed["resource_changes"][0][key] = value;
        changed
    };
    for (bad, code) in [
        (with("format_version", json!("0.2")), "LW0196"),
        (with("format_version", json!("2.0")), "LW0196"),
        (with("format_version", json!("10.0")), "LW0196"),
        (with("format_version", json!(1)), "LW0197"),
        (json!({"format_version": "1.0", "values": {"root_module": {}}}), "LW0196"),
        (with("resource_changes", json!({"a": 1})), "LW0197"),
        (with("resource_changes", json!("none")), "LW0197"),
        (with("resource_changes", json!([1])), "LW0197"),
        (with("resource_changes", json!([{}])), "LW0197"),
        (in_change("address", json!(1)), "LW0197"),
        (in_change("type", json!(null)), "LW0197"),
        (in_change("change", json!({"actions": "create"})), "LW0197"),
        (in_change("change", json!({"actions": ["create"], "after": [1]})), "LW0197"),
        (with("errored", json!(true)), "LW0198"),
        (with("complete", json!(false)), "LW0198"),
    ] {
        let run = check(&bad);
        assert_eq!(run.codes().first().map(String::as_str), Some(code), "{bad}: {}", run.out);
        assert!(run.json()["diagnostics"][0]["line"].as_u64().is_some(), "{}", run.out);
    }
    let text = serde_json::to_string_pretty(&fine).expect("JSON");
    for cut in [40, text.len() / 3, text.len() / 2, text.len() - 2] {
        let run = check_text(&text[..cut]).expect(1);
        assert_eq!(run.codes(), ["LW0170"], "{}", run.out);
    }
    // Newer minor versions add what nobody has to know.
    check(&with("format_version", json!("1.99"))).expect(0);
    // Marks and configurations of another shape are as good as none.
    for odd in [
        with("configuration", json!([1])),
        with("configuration", json!({"root_module": {"resources": {"a": 1}, "module_calls": [1]}})),
        in_change("change", json!({"actions": ["create"], "after": {"bucket": "b"}, "after_unknown": [true]})),
        in_change("change", json!({"actions": ["create"], "after": {"bucket": 1, "tags": [1]}, "after_unknown": true})),
        in_change("module_address", json!("module.[[[\"")),
        in_change("index", json!({"a": 1})),
    ] {
        let run = check(&odd);
        assert!(!run.codes().iter().any(|code| code == "LW0170"), "{}", run.out);
    }
}

/// A plan that has only what is known, as an older one or one that was cut down.
#[test]
fn planned_values_alone_leave_open_what_is_written() {
    let values = json!({"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q",
                        "values": {"name": "q"}});
    let deep = json!({"address": "module.m.aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
                      "values": {"bucket": "b"}});
    let mut whole = json!({
        "format_version": "1.0",
        "planned_values": {"root_module": {"resources": [values], "child_modules": [{"address": "module.m", "resources": [deep]}]}},
    });
    assert_eq!(verdicts(&check(&whole), "encrypted"), set(["aws_sqs_queue.q.kmsMasterKeyId: FAIL"]));
    assert_eq!(verdicts(&check(&whole), "versioned"), set(["module.m.aws_s3_bucket.b: FAIL"]));
    let written = configured("aws_sqs_queue.q", &[("kms_master_key_id", &["local.key"])]);
    whole["configuration"] = json!({"root_module": {"resources": [written]}});
    assert_eq!(verdicts(&check(&whole), "encrypted"), set(["aws_sqs_queue.q: UNDECIDED"]));
}

#[test]
fn tags_are_those_that_the_provider_adds_too() {
    const TAGGED: &str = "import AWS.SQS as SQS

validate tagged

@policy {id: \"tagged\"}
fun tagged(queue: SQS.Queue) -> Validation:
  Validation.assert(\"no owner\", Dictionary.member(\"Owner\", queue.tags ?| {}))
";
    let queue = |name: &str, tags: Json, all: Json| {
        let unknown = if all.is_null() { json!({"tags_all": true}) } else { json!({}) };
        let mut after = json!({"tags": tags});
        if !all.is_null() {
            after["tags_all"] = all;
        }
        change(&format!("aws_sqs_queue.{name}"), after, unknown)
    };
    let changes = [
        queue("own", json!({"Owner": "a"}), json!({"Owner": "a"})),
        queue("added", json!({"Name": "x"}), json!({"Name": "x", "Owner": "a"})),
        queue("none", json!({"Name": "x"}), json!({"Name": "x"})),
        queue("open", json!({"Name": "x"}), json!(null)),
    ];
    let mut whole = plan(&changes, &[]);
    whole["configuration"]["provider_config"] =
        json!({"aws": {"name": "aws", "expressions": {"default_tags": [{"tags": {"references": ["local.tags"]}}]}}});
    let folder = Folder::new();
    folder.write("Rules.lw", TAGGED);
    folder.write("plan.json", whole.to_string());
    let run = folder.lw(&["check", "plan.json", "--policy", "Rules", "--json"]).expect(1);
    assert_eq!(
        verdicts(&run, "tagged"),
        set([
            "aws_sqs_queue.added: PASS",
            "aws_sqs_queue.none: FAIL",
            "aws_sqs_queue.open: UNDECIDED",
            "aws_sqs_queue.own: PASS",
        ])
    );
}

/// Fifty megabytes on one line, of which nothing is repeated in what is said.
#[test]
fn a_large_plan_is_read() {
    let filler = "x".repeat(1000);
    let changes: Vec<Json> = (0..47_000)
        .map(|number| {
            change(&format!("aws_sqs_queue.q{number}"), json!({"name": filler, "kms_master_key_id": "k"}), json!({}))
        })
        .collect();
    let text = plan(&changes, &[]).to_string();
    assert!(text.len() > 50_000_000, "{}", text.len());
    let folder = Folder::new();
    folder.write("plan.json", text);
    let run = folder.lw(&["check", "plan.json"]).expect(0);
    assert_eq!(run.out, "1 file, 47000 resources: all fine\n");
}

fn table() -> Map<String, Json> {
    let text =
        fs::read_to_string(repository().join("compiler/lw-formats/src/terraform/types.json")).expect("the table");
    serde_json::from_str(&text).expect("the table is JSON")
}

fn attributes() -> Map<String, Json> {
    let text = fs::read_to_string(repository().join("tests/data/terraform/attributes.json")).expect("the attributes");
    let whole: Json = serde_json::from_str(&text).expect("JSON");
    whole["types"].as_object().expect("types").clone()
}

/// Every attribute that the table names is one that the provider's type has, blocks within blocks.
#[test]
fn the_table_names_attributes_that_there_are() {
    fn hold(place: &str, rules: &Map<String, Json>, known: &Map<String, Json>, wrong: &mut Vec<String>) {
        for (name, rule) in rules.iter().filter(|(name, _)| !name.is_empty()) {
            match (known.get(name), rule) {
                (None, _) => wrong.push(format!("{place}.{name}")),
                (Some(Json::Object(known)), Json::Object(rules)) => {
                    hold(&format!("{place}.{name}"), rules, known, wrong)
                }
                (Some(_), Json::Object(_)) => wrong.push(format!("{place}.{name} is no block")),
                _ => {}
            }
        }
    }
    let (table, attributes) = (table(), attributes());
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, entry) in &table {
        let own = name.split(':').next().expect("a name");
        let Some(known) = attributes.get(own).and_then(Json::as_object) else {
            wrong.push(format!("{own} is no type of the provider"));
            continue;
        };
        let Some(rules) = entry.get("attributes").and_then(Json::as_object) else { continue };
        count += rules.len();
        hold(name, rules, known, &mut wrong);
        for list in ["absent", "nothing"] {
            for attribute in entry.get(list).and_then(Json::as_array).into_iter().flatten() {
                if !known.contains_key(attribute.as_str().expect("a name")) {
                    wrong.push(format!("{name}.{} in `{list}`", attribute.as_str().expect("a name")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let types = table.keys().filter(|name| !name.contains(':')).count();
    assert!(types >= 120 && count >= 1500, "{types} types, {count} attributes");
}

#[test]
fn the_page_lists_the_types_of_the_table() {
    let page = fs::read_to_string(repository().join("docs/coming-from/terraform.md")).expect("the page");
    let listed =
        page.split("<!-- types -->").nth(1).and_then(|rest| rest.split("<!-- end -->").next()).expect("a list");
    let listed: BTreeSet<&str> = listed.split('`').skip(1).step_by(2).collect();
    let table = table();
    let known: BTreeSet<&str> = table.keys().map(String::as_str).filter(|name| !name.contains(':')).collect();
    assert_eq!(listed, known);
    assert!(page.contains(&format!("\n{} types.", known.len())));
}

/// The migration of the page: its plan and its program are checked by its pack, and give what it says.
#[test]
fn the_page_shows_what_happens() {
    let page = fs::read_to_string(repository().join("docs/coming-from/terraform.md")).expect("the page");
    let mut blocks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for block in page.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').expect("a block has lines");
        blocks.entry(kind).or_default().push(text);
    }
    let folder = Folder::new();
    folder.write("plan.json", blocks["json"][0]);
    folder.write("Rules.lw", blocks["lw"][0]);
    folder.write("main.lw", blocks["lw"][1]);
    folder.lw(&["fmt", "--check", "Rules.lw", "main.lw"]).expect(0);
    assert_eq!(blocks["console"].len(), 2);
    for shown in &blocks["console"] {
        let (command, output) = shown.strip_prefix("$ lw ").and_then(|rest| rest.split_once('\n')).expect("a command");
        let run = folder.lw(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(run.out, output, "{command}");
    }
}

struct Pair {
    place: String,
    rule: String,
    verdict: String,
    template: Json,
    plan: Json,
    types: BTreeSet<String>,
}

fn pairs() -> Vec<Pair> {
    let text = fs::read_to_string(repository().join("tests/data/terraform/pairs.cases")).expect("the cases");
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let place = format!("pairs.cases:{}", number + 1);
        let (head, planned) = line.split_once(" => ").unwrap_or_else(|| panic!("{place}: {line}"));
        let words: Vec<&str> = head.splitn(3, ' ').collect();
        let [rule, verdict, resources] = words.as_slice() else { panic!("{place}: {line}") };
        let (changes, types) = planned_resources(planned, &place);
        found.push(Pair {
            rule: (*rule).to_string(),
            verdict: (*verdict).to_string(),
            template: packs::template(resources, &place),
            plan: plan(&changes, &[]),
            types,
            place,
        });
    }
    found
}

/// `aws_s3_bucket {…} aws_s3_bucket_versioning {…}`
fn planned_resources(mut rest: &str, place: &str) -> (Vec<Json>, BTreeSet<String>) {
    let (mut changes, mut types) = (Vec::new(), BTreeSet::new());
    while !rest.trim().is_empty() {
        let (kind, after) = rest.trim_start().split_once(' ').unwrap_or_else(|| panic!("{place}: {rest}"));
        let mut stream = serde_json::Deserializer::from_str(after).into_iter::<Json>();
        let body = stream.next().unwrap_or_else(|| panic!("{place}: {after}"));
        let body = body.unwrap_or_else(|error| panic!("{place}: {error}"));
        rest = &after[stream.byte_offset()..];
        let (known, unknown) = marked(body);
        changes.push(change(&format!("{kind}.it{}", changes.len()), known, unknown.unwrap_or(json!({}))));
        types.insert(kind.to_string());
    }
    (changes, types)
}

/// A value with what is written `?` taken out, and the marks of that.
fn marked(value: Json) -> (Json, Option<Json>) {
    match value {
        Json::String(text) if text == "?" => (Json::Null, Some(json!(true))),
        Json::Array(items) => {
            let (known, marks): (Vec<Json>, Vec<Option<Json>>) = items.into_iter().map(marked).unzip();
            let has_marks = marks.iter().any(Option::is_some);
            let marks = marks.into_iter().map(|mark| mark.unwrap_or(json!(false))).collect();
            (Json::Array(known), has_marks.then_some(Json::Array(marks)))
        }
        Json::Object(entries) => {
            let (mut known, mut marks) = (Map::new(), Map::new());
            for (key, value) in entries {
                match marked(value) {
                    (Json::Null, Some(mark)) => _ = marks.insert(key, mark),
                    (value, mark) => {
                        marks.extend(mark.map(|mark| (key.clone(), mark)));
                        known.insert(key, value);
                    }
                }
            }
            (Json::Object(known), (!marks.is_empty()).then_some(Json::Object(marks)))
        }
        value => (value, None),
    }
}

/// The same resources have the same verdict, whichever tool they are written for.
#[test]
fn verdicts_are_those_of_the_template() {
    let pairs = pairs();
    let folder = Folder::new();
    let mut names = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        for (kind, text) in [("template", &pair.template), ("plan", &pair.plan)] {
            names.push(format!("{kind}{number}.json"));
            folder.write(names.last().expect("it was just added"), text.to_string());
        }
    }
    let mut arguments = vec!["check", "--json", "--policy", "Policy.AWS.Config"];
    arguments.extend(names.iter().map(String::as_str));
    let report = folder.lw(&arguments).json();
    let found = packs::by_file(&report);
    let mut wrong = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        for kind in ["template", "plan"] {
            let verdict =
                found.get(&(pair.rule.clone(), format!("{kind}{number}.json"))).map_or("none", String::as_str);
            if verdict != pair.verdict {
                wrong.push(format!("{}: {} of the {kind} is {verdict}", pair.place, pair.rule));
            }
        }
    }
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics").iter();
    for odd in diagnostics.filter(|one| ["LW0195", "LW0320", "LW0321"].iter().any(|code| one["code"] == *code)) {
        wrong.push(format!("{}: {}", odd["file"], odd["message"]));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(report["unread"], json!([]));
    let of = |verdict: &str| {
        let kinds = |pair: &Pair| (pair.rule.clone(), pair.types.clone());
        pairs.iter().filter(|pair| pair.verdict == verdict).map(kinds).collect::<BTreeSet<_>>()
    };
    let all: BTreeSet<_> = ["PASS", "FAIL", "UNDECIDED"].into_iter().flat_map(of).collect();
    assert!(all.len() >= 60, "{} pairs of a policy and a type", all.len());
    assert!(of("UNDECIDED").len() >= 15 && of("PASS").len() >= 50 && of("FAIL").len() >= 50);
}

/// A plan of each type that is mapped: every attribute of it finds a place, and no value is of the wrong kind.
#[test]
fn every_type_is_read_whole() {
    let text = fs::read_to_string(repository().join("tests/data/terraform/resources.json")).expect("the resources");
    let resources: Map<String, Json> = serde_json::from_str(&text).expect("JSON");
    let table = table();
    let known: BTreeSet<&str> = table.keys().map(String::as_str).filter(|name| !name.contains(':')).collect();
    assert_eq!(resources.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    let changes: Vec<Json> =
        resources.iter().map(|(kind, values)| change(&format!("{kind}.it"), values.clone(), json!({}))).collect();
    let folder = Folder::new();
    folder.write("lw.toml", "cloud-rules = false\n");
    folder.write("plan.json", serde_json::to_string_pretty(&plan(&changes, &[])).expect("JSON"));
    let run = folder.lw(&["check", "plan.json", "--json"]).expect(0);
    let json = run.json();
    assert_eq!(json["diagnostics"], json!([]), "{}", run.out);
    assert_eq!(json["unread"], json!([]));
    let parts = table.values().filter(|entry| entry.get("part-of").is_some()).count();
    let count = json["summary"]["resources"].as_u64().expect("a count") as usize;
    assert!(count >= known.len() - parts, "{count} resources of {} types", known.len());
}

/// A plan that Terraform 1.11.4 wrote, of resources that need no provider; where there is a `terraform`, it writes another.
#[test]
fn plans_that_terraform_writes_are_read() {
    let source = repository().join("tests/data/terraform/builtin");
    let folder = Folder::new();
    folder.write("plan.json", fs::read(source.join("plan.json")).expect("a plan"));
    let mut names = vec!["plan.json"];
    for name in ["main.tf", "store/main.tf"] {
        folder.write(&format!("made/{name}"), fs::read(source.join(name)).expect("a configuration"));
    }
    let terraform = |arguments: &[&str]| {
        let mut command = std::process::Command::new("terraform");
        command.args(arguments).current_dir(folder.path().join("made")).env("CHECKPOINT_DISABLE", "1");
        command.output().ok().filter(|output| output.status.success())
    };
    let made = terraform(&["init", "-no-color"])
        .and_then(|_| terraform(&["plan", "-no-color", "-out=plan.bin"]))
        .and_then(|_| terraform(&["show", "-json", "plan.bin"]));
    if let Some(output) = made {
        folder.write("made.json", output.stdout);
        names.push("made.json");
    }
    for name in names {
        let run = folder.lw(&["check", name, "--policy", "Policy.AWS.Config", "--json"]).expect(0);
        assert_eq!(run.codes(), ["LW0195"], "{}", run.out);
        assert_eq!(
            run.json()["unmapped"],
            json!([{"file": name, "type": "terraform_data", "count": 4, "paths": [
                "terraform_data.one[\"a\"]",
                "terraform_data.one[\"b.c\"]",
                "module.store[0].terraform_data.inner",
                "module.store[1].terraform_data.inner",
            ]}])
        );
        assert!(!run.out.contains("correct-horse"), "{}", run.out);
    }
}
