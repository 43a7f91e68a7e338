//! One policy, asked three times: when a program is compiled, before an operation, and about what there is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::lw::{Folder, Run};

/// By path, what became of each step.
fn results(run: &Run) -> BTreeMap<String, String> {
    let report = run.json();
    let steps = report["steps"].as_array().unwrap_or_else(|| panic!("no steps: {report}")).iter();
    let text = |json: &Json| json.as_str().expect("text").to_string();
    steps.map(|step| (text(&step["path"]), text(&step["result"]))).collect()
}

fn expected(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(path, result)| (path.to_string(), result.to_string())).collect()
}

const SHOP: &str = r#"composition

import AWS.S3 as S3
import AWS.SNS as SNS
import AWS.SSM as SSM

bucket: S3.Bucket {bucketName: "shop-files"}
place: SSM.Parameter {name: "place", type: "String", value: bucket.domainName}
note: SSM.Parameter {name: "note", type: "String", value: "plain"}
@lifecycle {dependsOn: [place]}
copy: SNS.Topic {topicName: "copy"}
copies: SNS.Topic {topicName: "copies", displayName: copy.topicArn}
free: SNS.Topic {topicName: "free", displayName: bucket.arn}

validate notAmazon

@policy {id: "not-amazon", title: "Parameters hold no address of S3"}
fun notAmazon(parameter: SSM.Parameter) -> Validation:
  Validation.assert("it is an address of S3", !String.contains("amazonaws.com", parameter.value))
"#;

#[test]
fn a_later_value_that_turns_out_wrong_stops_its_step_and_what_depends_on_it() {
    let folder = Folder::with(SHOP);
    let check = folder.lw(&["check", "--json"]).expect(0).json();
    assert_eq!(check["policies"][0]["verdict"], "UNDECIDED", "{check}");
    let first = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(3);
    let wanted = [
        ("bucket", "done"),
        ("copies", "skipped"),
        ("copy", "skipped"),
        ("free", "done"),
        ("note", "done"),
        ("place", "failed"),
    ];
    assert_eq!(results(&first), expected(&wanted), "{}", first.out);
    assert!(first.out.contains("the policy `not-amazon` refuses `place`: it is an address of S3"), "{}", first.out);
    // It is asked again as often as it is tried.
    let again = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(3);
    assert_eq!(results(&again)["place"], "failed");
    // A change that satisfies it goes through.
    folder.write("main.lw", SHOP.replace("value: bucket.domainName", "value: bucket.arn"));
    let better = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(0);
    assert!(results(&better).values().all(|result| result == "done"), "{}", better.out);
    // A change of what exists is held like a new resource.
    folder.write("main.lw", SHOP.replace("value: bucket.domainName", "value: bucket.regionalDomainName"));
    let worse = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(3);
    assert_eq!(results(&worse)["place"], "failed", "{}", worse.out);
    // An exception is one for guards too.
    let waived = SHOP.replace("place: SSM", "@waive {policy: \"not-amazon\", reason: \"an example\"}\nplace: SSM");
    folder.write("main.lw", waived);
    let excepted = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(0);
    assert_eq!(results(&excepted)["place"], "done", "{}", excepted.out);
}

#[test]
fn an_attribute_that_a_policy_refuses_goes_no_further() {
    let folder = Folder::with(
        r#"composition

import AWS.S3 as S3
import AWS.SNS as SNS

bucket: S3.Bucket {bucketName: "shop-files"}
user: SNS.Topic {topicName: "user", displayName: bucket.domainName}
after: SNS.Topic {topicName: "after", displayName: user.topicArn}
other: SNS.Topic {topicName: "other"}

validate elsewhere

@policy {id: "elsewhere"}
fun elsewhere(bucket: S3.Bucket) -> Validation:
  Validation.assert("it is reached at Amazon", !String.contains("amazonaws.com", bucket.domainName))
"#,
    );
    for _ in 0..2 {
        let run = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(3);
        let results = results(&run);
        // The second time, what is there already has nothing to be done.
        assert!(results.get("bucket").is_none_or(|result| result == "done"), "{}", run.out);
        assert!(results.get("other").is_none_or(|result| result == "done"), "{}", run.out);
        assert_eq!((results["user"].as_str(), results["after"].as_str()), ("failed", "skipped"), "{}", run.out);
    }
}

#[test]
fn a_policy_about_all_of_a_kind_stops_those_that_it_looked_at() {
    let folder = Folder::with(
        r#"composition

import AWS.S3 as S3
import AWS.SNS as SNS
import AWS.SSM as SSM

bucket: S3.Bucket {bucketName: "shop-files"}
topics: {(n): SNS.Topic {topicName: n, displayName: "\(n) \(bucket.domainName)"} for n in ["a", "b"]}
note: SSM.Parameter {name: "note", type: "String", value: bucket.arn}

validate nowhere

fun nowhere(topics: List<SNS.Topic>) -> Validation:
  Validation.assert("one is at Amazon", !List.any(isAmazon, topics))

fun isAmazon(topic: SNS.Topic) -> Bool: String.contains("amazonaws", topic.displayName ?| "")
"#,
    );
    let run = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(3);
    let found = results(&run);
    assert_eq!(found["note"], "done", "{}", run.out);
    assert!(found.values().any(|result| result == "failed"), "{}", run.out);
    let topics = found.iter().filter(|(path, result)| path.starts_with("topics") && *result == "done");
    assert!(topics.count() <= 1, "the rule holds of what is there: {}", run.out);
}

/// Knuth's MMIX generator: the same everywhere.
struct Random(u64);

const PIECES: [&str; 6] = ["ab", "ba.s3", ".s3.amazonaws.com", "aab", "b", ""];

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }

    fn piece(&mut self) -> &'static str {
        PIECES[self.below(PIECES.len())]
    }

    /// The name of a bucket.
    fn name(&mut self) -> String {
        (0..3 + self.below(3)).map(|_| ["a", "b"][self.below(2)]).collect()
    }

    /// A text of a program, over the later value.
    fn text(&mut self) -> String {
        match self.below(5) {
            0 => "later".to_string(),
            1 => format!("\"{}-\\(later)\"", self.piece()),
            2 => format!("\"\\(later){}\"", self.piece()),
            3 => format!("\"{}\\(later){}\"", self.piece(), self.piece()),
            _ => format!("\"{}\"", self.piece()),
        }
    }

    /// A condition over a topic.
    fn condition(&mut self, depth: usize) -> String {
        let text = "(topic.displayName ?| \"\")";
        match self.below(if depth == 0 { 5 } else { 9 }) {
            0 => format!("{text} == \"{}\"", self.piece()),
            1 => format!("String.startsWith(\"{}\", {text})", self.piece()),
            2 => format!("String.endsWith(\"{}\", {text})", self.piece()),
            3 => format!("String.contains(\"{}\", {text})", self.piece()),
            4 => ["(topic.fifoTopic ?| False)", "(topic.displayName == None)"][self.below(2)].to_string(),
            5 => format!("({} && {})", self.condition(depth - 1), self.condition(depth - 1)),
            6 => format!("({} || {})", self.condition(depth - 1), self.condition(depth - 1)),
            7 => format!("!({})", self.condition(depth - 1)),
            _ => format!(
                "(if {} then {} else {})",
                self.condition(depth - 1),
                self.condition(depth - 1),
                self.condition(depth - 1)
            ),
        }
    }

    /// Two parts: resources over `later`, and the policies.
    fn program(&mut self, number: usize) -> (String, String) {
        let (mut resources, mut policies) = (String::new(), String::new());
        for topic in 0..3 {
            resources.push_str(&format!("topic{topic}: SNS.Topic {{displayName: {}", self.text()));
            if self.below(3) == 0 {
                resources.push_str(", fifoTopic: True");
            }
            resources.push_str("}\n");
        }
        for policy in 0..4 {
            policies.push_str(&format!(
                "\nvalidate rule{policy}\n\n@policy {{id: \"rule-{number}-{policy}\"}}\nfun rule{policy}(topic: SNS.Topic) -> Validation:\n  Validation.assert(\"no\", {})\n",
                self.condition(3)
            ));
        }
        (resources, policies)
    }
}

fn source(bucket: &str, later: &str, (resources, policies): &(String, String)) -> String {
    format!(
        "composition\n\nimport AWS.S3 as S3\nimport AWS.SNS as SNS\n\nbucket: S3.Bucket {{bucketName: \"{bucket}\"}}\n\nString later: {later}\n\n{resources}{policies}"
    )
}

/// By policy and path, over all files.
type Verdicts = BTreeMap<(String, String), String>;

fn verdicts(report: &Json) -> Verdicts {
    let mut found = Verdicts::new();
    for policy in report["policies"].as_array().unwrap_or_else(|| panic!("no policies: {report}")) {
        let id = policy["id"].as_str().expect("an id");
        for one in policy["resources"].as_array().expect("resources") {
            let text = |key: &str| one[key].as_str().expect("text").to_string();
            found.insert((id.to_string(), text("path")), text("verdict"));
        }
    }
    found
}

#[test]
fn what_is_known_later_only_decides_what_was_undecided() {
    const SEED: u64 = 20_261_128;
    let mut random = Random(SEED);
    let folder = Folder::new();
    let programs: Vec<(String, String)> = (0..24).map(|number| random.program(number)).collect();
    let mut concrete: Vec<Vec<String>> = Vec::new();
    for program in &programs {
        let values = (0..5).map(|_| match random.below(3) {
            0 => random.piece().to_string(),
            1 => format!("{}{}", random.piece(), random.piece()),
            _ => format!("{}.s3.amazonaws.com", random.name()),
        });
        concrete.push(values.map(|value| source("shop", &format!("\"{value}\""), program)).collect());
    }
    let all = |texts: Vec<&String>| -> Verdicts {
        let files: Vec<String> = (0..texts.len()).map(|number| format!("program{number}.lw")).collect();
        for (file, text) in files.iter().zip(texts) {
            folder.write(file, text);
        }
        let mut arguments = vec!["check", "--json"];
        arguments.extend(files.iter().map(String::as_str));
        let report = folder.lw(&arguments).json();
        let codes: BTreeSet<&str> = report["diagnostics"]
            .as_array()
            .expect("diagnostics")
            .iter()
            .filter_map(|one| one["code"].as_str())
            .collect();
        assert!(codes.iter().all(|code| ["LW0301", "LW0302"].contains(code)), "seed {SEED}: {codes:?}");
        verdicts(&report)
    };
    let later: Vec<String> = programs.iter().map(|program| source("shop", "bucket.domainName", program)).collect();
    let open = all(later.iter().collect());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    open.values().for_each(|verdict| *counts.entry(verdict).or_default() += 1);
    for world in 0..5 {
        let closed = all(concrete.iter().map(|texts| &texts[world]).collect());
        assert_eq!(open.len(), closed.len(), "the same questions");
        for (question, verdict) in &open {
            let then = &closed[question];
            assert_ne!(then, "UNDECIDED", "seed {SEED}: {question:?} in world {world}");
            assert!(
                verdict == "UNDECIDED" || verdict == then,
                "seed {SEED}: {question:?} is {verdict} while open, {then} in world {world}"
            );
        }
    }
    for verdict in ["PASS", "FAIL", "UNDECIDED"] {
        assert!(counts.get(verdict).is_some_and(|count| *count > 20), "each is met often: {counts:?}");
    }
}

#[test]
fn a_policy_means_the_same_to_the_compiler_as_a_guard_and_to_the_conductor() {
    const SEED: u64 = 20_261_129;
    let mut random = Random(SEED);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..10 {
        let folder = Folder::new();
        let program = random.program(number);
        let bucket = random.name();
        let literal = source(&bucket, &format!("\"{bucket}.s3.amazonaws.com\""), &program);
        folder.write("literal.lw", &literal);
        let compiled = verdicts(&folder.lw(&["check", "--json", "literal.lw"]).json());

        let later = source(&bucket, "bucket.domainName", &program);
        let open = verdicts(&{
            folder.write("main.lw", &later);
            folder.lw(&["check", "--json", "main.lw"]).json()
        });
        // What fails before anything is known is refused before anything is done: those rules are left out of the rest.
        let refused: BTreeSet<&String> =
            open.iter().filter(|(_, verdict)| *verdict == "FAIL").map(|((id, _), _)| id).collect();
        let left: String = program
            .1
            .split("\nvalidate ")
            .filter(|rule| !refused.iter().any(|id| rule.contains(&format!("\"{id}\""))))
            .map(|rule| if rule.is_empty() { String::new() } else { format!("\nvalidate {rule}") })
            .collect();
        let program = (program.0, left);
        let later = source(&bucket, "bucket.domainName", &program);

        folder.write("main.lw", &later);
        let guarded = folder.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]);
        let steps = results(&guarded);

        // Without policies everything is made; with them there is nothing left to do, and they are in force.
        let elsewhere = Folder::new();
        elsewhere.write("main.lw", source(&bucket, "bucket.domainName", &(program.0.clone(), String::new())));
        elsewhere.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(0);
        elsewhere.write("main.lw", &later);
        elsewhere.lw(&["apply", "--sim", "--yes", "--json", "main.lw"]).expect(0);
        let observed = verdicts(&elsewhere.lw(&["verify", "--json", "project"]).json());

        for topic in ["topic0", "topic1", "topic2"] {
            let said = compiled.iter().filter(|((id, path), _)| path == topic && !refused.contains(id));
            let fails = said.clone().any(|(_, verdict)| verdict == "FAIL");
            let wanted = if fails { "failed" } else { "done" };
            assert_eq!(steps[topic], wanted, "seed {SEED}, program {number}, {topic}:\n{later}\n{}", guarded.out);
            *counts.entry(wanted.to_string()).or_default() += 1;
            for (question, verdict) in said {
                assert_eq!(&observed[question], verdict, "seed {SEED}, program {number}, {question:?}:\n{later}");
            }
        }
    }
    for result in ["failed", "done"] {
        assert!(counts.get(result).is_some_and(|count| *count > 5), "each is met often: {counts:?}");
    }
}
