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

fn listed(folder: &Folder, more: &[&str]) -> Vec<Json> {
    let arguments: Vec<&str> = ["policy", "list", "--json"].iter().chain(more).copied().collect();
    folder.lw(&arguments).expect(0).json()["policies"].as_array().expect("policies").clone()
}

fn ids(policies: &[Json]) -> Vec<&str> {
    policies.iter().map(|policy| policy["id"].as_str().expect("an id")).collect()
}

#[test]
fn policies_are_listed_with_what_they_are_about() {
    let folder = folder();
    let all = listed(&folder, &[]);
    let one = |id: &str| all.iter().find(|policy| policy["id"] == id).cloned().expect(id);
    let own = one("topics-are-named");
    assert_eq!((&own["pack"], &own["cloud"]), (&json!("Rules"), &json!(false)));
    assert_eq!((&own["appliesTo"], &own["controls"]), (&json!(["AWS::SNS::Topic"]), &json!(["A 1", "B 2"])));
    // One of several functions, of a bundle, and of standards.
    let public = one("LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED");
    assert_eq!(public["appliesTo"], json!(["AWS::Lambda::LayerVersionPermission", "AWS::Lambda::Permission"]));
    assert_eq!(public["pack"], "Policy.AWS.Config.Lambda");
    let packs = public["packs"].as_array().expect("packs");
    for pack in ["Policy.AWS.Config", "Policy.AWS.Config.Lambda", "Policy.FSBP", "Policy.NIST.R800_53"] {
        assert!(packs.contains(&json!(pack)), "{pack}: {packs:?}");
    }
    assert!(public["controls"].as_array().expect("controls").contains(&json!("FSBP Lambda.1")));
    // One with limits, whose argument its function gives.
    assert_eq!(one("CW_LOGGROUP_RETENTION_PERIOD_CHECK")["appliesTo"], json!(["AWS::Logs::LogGroup"]));
    assert_eq!(one("tags-count")["cloud"], json!(true));
    let human = folder.lw(&["policy", "list"]).expect(0).out;
    assert_eq!(human.lines().count(), all.len() + 1);
}

#[test]
fn policies_in_force_are_those_of_the_files() {
    let folder = folder();
    assert_eq!(ids(&listed(&folder, &["main.lw"])).iter().filter(|id| **id == "topics-are-named").count(), 0);
    let with = listed(&folder, &["main.lw", "--policy", "Rules"]);
    let without = listed(&folder, &["main.lw"]);
    // Cloud rules of the service, and what was asked for.
    assert!(ids(&without).contains(&"tags-count") && !ids(&without).contains(&"sqs-fifo-name"), "{without:?}");
    assert_eq!(with.len(), without.len() + 2);
    folder.write("template.yaml", "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n");
    assert!(ids(&listed(&folder, &["template.yaml"])).iter().any(|id| id.starts_with("sqs-")));
    folder.write("main.lw", "composition\n\nx: nothing\n");
    assert_eq!(folder.lw(&["policy", "list", "--json", "main.lw"]).expect(1).codes(), ["LW0201"]);
    assert_eq!(folder.lw(&["policy", "list", "--json", "missing.lw"]).expect(1).codes(), ["LW0180"]);
}

#[test]
fn a_policy_is_shown_with_its_text_and_its_waiver() {
    let folder = folder();
    let shown = folder.lw(&["policy", "show", "topics-are-named", "--json"]).expect(0).json();
    let declaration = &shown["declarations"][0];
    assert_eq!((&declaration["file"], &declaration["line"]), (&json!("Rules.lw"), &json!(6)));
    let text = declaration["text"].as_str().expect("a text");
    assert!(text.starts_with("@policy {id: \"topics-are-named\"") && text.contains("Validation.success"), "{text}");
    let human = folder.lw(&["policy", "show", "topics-are-named"]).expect(0).out;
    assert!(human.contains(text) && human.contains("AWS::SNS::Topic"), "{human}");
    // What it says of waivers is what waives.
    let waiver = shown["waiver"]["lw"].as_str().expect("a waiver");
    folder.write("main.lw", TOPICS.replace("bad:", &format!("{waiver}\nbad:")));
    folder.lw(&["check", "--policy", "Rules", "main.lw"]).expect(0);
    let waiver = shown["waiver"]["template"].as_str().expect("a waiver");
    let template = format!("Resources:\n  T:\n    Type: AWS::SNS::Topic\n    {waiver}\n");
    folder.write("template.yaml", &template);
    folder.lw(&["check", "--policy", "Rules", "template.yaml"]).expect(0);
    folder.write("template.yaml", template.replace(waiver, "Metadata: {}"));
    folder.lw(&["check", "--policy", "Rules", "template.yaml"]).expect(1);

    let unknown = folder.lw(&["policy", "show", "topic-are-named", "--json"]).expect(1);
    assert_eq!(unknown.codes(), ["LW0303"]);
    assert_eq!(unknown.json()["diagnostics"][0]["help"], "did you mean `topics-are-named`?");
}

/// The table of packs in docs/policies.md counts what there is.
#[test]
fn the_page_about_packs_counts_them() {
    let all = listed(&Folder::new(), &[]);
    let page = std::fs::read_to_string(crate::lw::repository().join("docs/policies.md")).expect("the page");
    let rows = page.lines().filter(|line| line.starts_with("| `Policy.")).map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        (cells[1].replace('`', ""), cells[2].to_string())
    });
    let mut seen = 0;
    for (packs, counts) in rows.filter(|(_, counts)| counts.starts_with(|first: char| first.is_ascii_digit())) {
        for (pack, written) in packs.split(", ").zip(counts.split(", ")) {
            let rules = all.iter().filter(|policy| policy["packs"].as_array().expect("packs").contains(&json!(pack)));
            assert_eq!(rules.count().to_string(), written, "{pack}");
            seen += 1;
        }
    }
    assert_eq!(seen, 9);
}
