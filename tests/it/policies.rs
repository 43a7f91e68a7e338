//! Policies as `lw check` reports them, packs that put them in force, and waivers.

use serde_json::{Value as Json, json};

use crate::lw::Folder;

const RULES: &str = r#"import AWS.SNS as SNS
import AWS.SQS as SQS

validate named

@policy {id: "topics-are-named", severity: "high", title: "Topics have a name that people read", controls: ["A 1", "B 2"]}
fun named(topic: SNS.Topic) -> Validation:
  case topic.displayName of
    | None -> Validation.failure("the topic has no display name")
    | _ -> Validation.success

validate slow

@policy {id: "queues-are-slow"}
fun slow(queue: SQS.Queue) -> Validation:
  Validation.assert("the queue is fast", (queue.delaySeconds ?| 0) > 5)
"#;

const TOPICS: &str = r#"composition

import AWS.SNS as SNS

good: SNS.Topic {displayName: "good"}

bad: SNS.Topic {}
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("Rules.lw", RULES);
    folder.write("main.lw", TOPICS);
    folder
}

fn verdicts(json: &Json) -> Vec<(String, String)> {
    let policies = json["policies"].as_array().expect("policies");
    policies
        .iter()
        .map(|policy| (policy["id"].as_str().unwrap().to_string(), policy["verdict"].as_str().unwrap().to_string()))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(id, verdict)| (id.to_string(), verdict.to_string())).collect()
}

#[test]
fn a_failed_policy_names_rule_reason_and_place() {
    let folder = folder();
    folder.write("main.lw", TOPICS.replace("import AWS.SNS as SNS", "import AWS.SNS as SNS\nimport Rules"));
    let json = folder.lw(&["check", "--json", "main.lw"]).expect(1).json();
    assert_eq!(verdicts(&json), pairs(&[("queues-are-slow", "SKIP"), ("topics-are-named", "FAIL")]));
    let policy = &json["policies"][1];
    assert_eq!(policy["severity"], "high");
    assert_eq!(policy["title"], "Topics have a name that people read");
    assert_eq!(policy["controls"], json!(["A 1", "B 2"]));
    let about = |path: &str| {
        policy["resources"].as_array().unwrap().iter().find(|one| one["path"] == path).cloned().expect(path)
    };
    assert_eq!(about("good")["verdict"], "PASS");
    let bad = about("bad");
    assert_eq!((&bad["verdict"], &bad["file"], &bad["line"]), (&json!("FAIL"), &json!("main.lw"), &json!(8)));
    assert_eq!((&bad["reason"], &bad["waived"]), (&json!("the topic has no display name"), &json!(false)));
    let finding = &json["diagnostics"][0];
    assert!(finding["code"].as_str().unwrap().starts_with("LW03"), "{finding}");
    assert_eq!(
        (&finding["policy"], &finding["path"], &finding["severity"]),
        (&json!("topics-are-named"), &json!("bad"), &json!("error"))
    );
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 1);
    // A Plan that breaks a rule is not written.
    folder.lw(&["build", "main.lw"]).expect(1);
    folder.lw(&["apply", "--sim", "--yes", "main.lw"]).expect(1);
}

#[test]
fn packs_are_in_force_without_an_import() {
    let folder = folder();
    assert_eq!(verdicts(&folder.lw(&["check", "--json", "main.lw"]).expect(0).json()), []);
    let asked = folder.lw(&["check", "--json", "--policy", "Rules", "main.lw"]).expect(1);
    assert_eq!(verdicts(&asked.json()), pairs(&[("queues-are-slow", "SKIP"), ("topics-are-named", "FAIL")]));
    folder.write("lw.toml", "packs = [\"Rules\"]\n");
    folder.lw(&["check", "main.lw"]).expect(1);
    folder.write("lw.toml", "[environment.prod]\npacks = [\"Rules\"]\n");
    folder.lw(&["check", "main.lw"]).expect(0);
    folder.lw(&["check", "--env", "prod", "main.lw"]).expect(1);
    assert_eq!(folder.lw(&["check", "--json", "--policy", "Rulse", "main.lw"]).expect(1).codes(), ["LW0260"]);
}

#[test]
fn a_verdict_is_over_all_files() {
    let folder = folder();
    folder.write("fine.lw", "composition\n\nimport AWS.SNS as SNS\n\nt: SNS.Topic {displayName: \"t\"}\n");
    let json = folder.lw(&["check", "--json", "--policy", "Rules", "fine.lw", "main.lw"]).expect(1).json();
    assert_eq!(verdicts(&json), pairs(&[("queues-are-slow", "SKIP"), ("topics-are-named", "FAIL")]));
    assert_eq!(json["policies"][1]["resources"].as_array().unwrap().len(), 3);
    // A mistake elsewhere does not silence it.
    folder.write("broken.lw", "x: nope\n");
    let json = folder.lw(&["check", "--json", "--policy", "Rules", "broken.lw", "main.lw"]).expect(1).json();
    assert_eq!(verdicts(&json), pairs(&[("queues-are-slow", "SKIP"), ("topics-are-named", "FAIL")]));
    assert_eq!(json["summary"]["errors"], 2);
}

#[test]
fn what_is_not_known_yet_is_undecided() {
    let source = r#"composition

import AWS.SNS as SNS

validate short

@policy {id: "short"}
fun short(topic: SNS.Topic) -> Validation:
  Validation.assert("too long", String.length(topic.displayName ?| "") < 5)

first: SNS.Topic {displayName: "a"}

second: SNS.Topic {displayName: first.topicArn}
"#;
    let folder = Folder::with(source);
    let json = folder.lw(&["check", "--json", "main.lw"]).expect(0).json();
    assert_eq!(verdicts(&json), pairs(&[("short", "UNDECIDED")]));
    folder.lw(&["check", "--strict", "main.lw"]).expect(1);
    folder.lw(&["apply", "--sim", "--yes", "main.lw"]);
}

#[test]
fn a_waiver_holds_until_its_day() {
    let folder = folder();
    let waived = |until: &str| {
        let waiver = format!("@waive {{policy: \"topics-are-named\", reason: \"older than the rule\"{until}}}\nbad:");
        folder.write("main.lw", TOPICS.replace("bad:", &waiver));
        folder.lw(&["check", "--json", "--policy", "Rules", "main.lw"])
    };
    for until in ["", ", until: \"2999-12-31\""] {
        let run = waived(until).expect(0);
        assert_eq!(run.codes(), Vec::<String>::new(), "{until}");
        let policy = run.json()["policies"][1].clone();
        let bad = policy["resources"].as_array().unwrap().iter().find(|one| one["path"] == "bad").cloned().unwrap();
        assert_eq!((&bad["verdict"], &bad["waived"]), (&json!("SKIP"), &json!(true)));
    }
    let run = waived(", until: \"2020-12-31\"").expect(0);
    assert_eq!(run.codes(), ["LW0390"]);
    folder.write("lw.toml", "packs = [\"Rules\"]\n");
    assert_eq!(folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(1).codes(), ["LW0390"]);
    folder.lw(&["preview", "--sim", "main.lw"]).expect(1);
    let malformed = waived(", until: \"tomorrow\"").expect(1);
    assert_eq!(malformed.codes().len(), 1);
}
