//! `lw check`: what it finds, where, and in which form it says so.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value as Json, json};

use crate::lw::{Folder, Run};
use crate::suite::{Runner, cases, check_errors, run_all};

#[test]
fn every_case_of_the_suite() {
    let runners = BTreeMap::from([("check", check_errors as Runner)]);
    run_all(cases("check"), &runners);
}

/// A program with one error, one warning and a fix for each.
const TWO_FINDINGS: &str = "import AWS.SNS as SNS\n\ntopic: SNS.Topic { topicNam: \"a\" }\nfun name():\n\t\"a\"\n";

#[test]
fn a_clean_file_is_fine() {
    let run = Folder::with("greeting: \"hello\"\n").lw(&["check", "main.lw"]).expect(0);
    assert_eq!(run.out, "1 file, 0 resources: all fine\n");
    assert_eq!(run.error, "");
}

#[test]
fn the_json_document_has_its_promised_shape() {
    let folder = Folder::with("# ünï\nport: prot\nprobe: 1\n");
    let json = folder.lw(&["check", "--json", "main.lw"]).expect(1).json();
    assert_eq!(
        json,
        json!({
            "diagnostics": [{
                "code": "LW0201", "severity": "error", "message": "nothing is named `prot` here",
                "file": "main.lw", "line": 2, "column": 7, "endLine": 2, "endColumn": 11,
                "help": "write `port`",
                "fix": [{"file": "main.lw", "start": 14, "end": 18, "text": "port"}],
                "policy": null, "path": null,
            }],
            "policies": [],
            "unmapped": [],
            "unread": [],
            "summary": {"files": 1, "resources": 0, "errors": 1, "warnings": 0},
        })
    );
    let by_format = folder.lw(&["check", "--format", "json", "main.lw"]).expect(1).json();
    assert_eq!(json, by_format, "`--json` equals `--format json`");
}

#[test]
fn columns_count_unicode_scalars_and_offsets_count_bytes() {
    let folder = Folder::with("a: \"日本\" ++ nope\nnop: \"\"\n");
    let json = folder.lw(&["check", "--json", "main.lw"]).expect(1).json();
    let found = &json["diagnostics"][0];
    assert_eq!((found["column"].as_u64(), found["endColumn"].as_u64()), (Some(12), Some(16)));
    assert_eq!((found["fix"][0]["start"].as_u64(), found["fix"][0]["end"].as_u64()), (Some(15), Some(19)));
}

#[test]
fn several_paths_are_one_report() {
    let folder = Folder::new();
    folder.write("a.lw", "x: nope\n");
    folder.write("b.lw", "y: 1\n");
    folder.write("other/lw.toml", "name = \"other\"\n");
    folder.write("other/c.lw", "z: nope\n");
    let json = folder.lw(&["check", "--json", "a.lw", "b.lw", "other"]).expect(1).json();
    let files: Vec<&str> =
        json["diagnostics"].as_array().unwrap().iter().map(|found| found["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["a.lw", "other/c.lw"]);
    assert_eq!(json["summary"], json!({"files": 3, "resources": 0, "errors": 2, "warnings": 0}));
}

#[test]
fn a_folder_means_every_file_below_it_each_with_its_project() {
    let folder = Folder::new();
    folder.write("one/lw.toml", "name = \"one\"\n");
    folder.write("one/main.lw", "import Shared\n\nx: Shared.value\n");
    folder.write("one/Shared.lw", "value: 1\n");
    folder.write("two/lw.toml", "name = \"two\"\n");
    folder.write("two/main.lw", "import Shared\n\nx: Shared.value\n");
    folder.write("two/.linework/old.lw", "x: nope\n");
    let run = folder.lw(&["check", "--json", "."]).expect(1);
    assert_eq!(run.json()["summary"]["files"], 3);
    let files: Vec<String> =
        run.json()["diagnostics"].as_array().unwrap().iter().map(|found| found["file"].to_string()).collect();
    assert!(files.iter().all(|file| file == "\"two/main.lw\""), "{files:?}");
}

#[test]
fn a_file_is_named_as_it_was_given() {
    let folder = Folder::new();
    folder.write("deep/below/main.lw", "x: nope\n");
    for name in ["deep/below/main.lw", "./deep/below/main.lw", "deep/../deep/below/main.lw"] {
        let json = folder.lw(&["check", "--json", name]).expect(1).json();
        assert_eq!(json["diagnostics"][0]["file"], name);
    }
    let absolute = folder.path().join("deep/below/main.lw");
    let absolute = absolute.to_str().unwrap();
    let json = folder.lw(&["check", "--json", absolute]).expect(1).json();
    assert_eq!(json["diagnostics"][0]["file"], absolute);
}

#[test]
fn fix_applies_the_edits() {
    let folder = Folder::with(TWO_FINDINGS);
    let before = folder.lw(&["check", "--json", "main.lw"]).expect(1);
    assert!(before.codes().contains(&"LW0203".to_string()), "{}", before.out);
    let after = folder.lw(&["check", "--json", "--fix", "main.lw"]);
    assert!(folder.read("main.lw").contains("{ topicName: \"a\" }"), "{}", folder.read("main.lw"));
    assert!(!folder.read("main.lw").contains('\t'), "{}", folder.read("main.lw"));
    assert!(!after.codes().contains(&"LW0203".to_string()), "{}", after.out);
}

#[test]
fn strict_counts_warnings_as_errors() {
    let folder = Folder::with("fun twice(x: Int) -> Int:\n\tx + x\n");
    folder.lw(&["check", "main.lw"]).expect(0);
    folder.lw(&["check", "--strict", "main.lw"]).expect(1);
}

#[test]
fn a_baseline_hides_what_was_known() {
    let folder = Folder::with("a: nope\n");
    let known = folder.lw(&["check", "--json", "main.lw"]).expect(1);
    folder.write("known.json", &known.out);
    folder.lw(&["check", "--baseline", "known.json", "main.lw"]).expect(0);
    folder.write("main.lw", "z: 1\na: nope\nb: nope\nc: other\n");
    let run = folder.lw(&["check", "--json", "--baseline", "known.json", "main.lw"]).expect(1);
    let lines: Vec<u64> =
        run.json()["diagnostics"].as_array().unwrap().iter().map(|found| found["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4], "one of the two equal findings was known, and the new one was not");
}

#[test]
fn sarif_names_place_and_rule() {
    let json = Folder::with(TWO_FINDINGS).lw(&["check", "--format", "sarif", "main.lw"]).expect(1).json();
    assert_eq!(json["version"], "2.1.0");
    let run = &json["runs"][0];
    let result =
        run["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == "LW0203").expect("the finding");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "main.lw");
    assert_eq!(place["region"], json!({"startLine": 3, "startColumn": 20, "endLine": 3, "endColumn": 28}));
    assert!(run["tool"]["driver"]["rules"].as_array().unwrap().iter().any(|rule| rule["id"] == "LW0203"));
}

/// What every SARIF report has to be.
fn assert_valid_sarif(report: &Json) {
    let schema: Json = serde_json::from_str(include_str!("../data/sarif-2.1.0.json")).expect("the schema is JSON");
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("https://example.com/sarif.json", schema).expect("the schema is one");
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("https://example.com/sarif.json", &mut schemas).expect("the schema compiles");
    if let Err(error) = schemas.validate(report, index) {
        panic!("{error:#}\n{report:#}");
    }
}

const TEMPLATE: &str = "Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicNam: orders}
  Waived:
    Type: AWS::SNS::Topic
    Metadata: {linework: {waive: [{policy: named, reason: nobody reads it}]}}
  Failing:
    Type: AWS::SNS::Topic
";

const NAMED: &str = r#"import AWS.SNS as SNS

validate named

@policy {id: "named", severity: "high", title: "Topics have a name", controls: ["A 1"]}
fun named(topic: SNS.Topic) -> Validation: Validation.assert("no name", topic.displayName != None)
"#;

#[test]
fn sarif_is_valid_and_its_fingerprints_are_stable() {
    let folder = Folder::new();
    folder.write("Named.lw", NAMED);
    folder.write("a topic.yaml", TEMPLATE);
    let report = |folder: &Folder| {
        folder.lw(&["check", "a topic.yaml", "--policy", "Named", "--format", "sarif"]).expect(1).json()
    };
    let first = report(&folder);
    assert_valid_sarif(&first);
    let results = first["runs"][0]["results"].as_array().expect("results").clone();
    let of_rule =
        |rule: &str| results.iter().find(|result| result["ruleId"] == rule).unwrap_or_else(|| panic!("{rule}"));
    let fix = &of_rule("LW0203")["fixes"][0]["artifactChanges"][0];
    assert_eq!(fix["artifactLocation"]["uri"], "a%20topic.yaml");
    assert_eq!(fix["replacements"][0]["insertedContent"]["text"], "TopicName");
    assert_eq!(fix["replacements"][0]["deletedRegion"]["startLine"], 4);
    let rules = first["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    let named = rules.iter().find(|rule| rule["id"] == "named").expect("a policy is a rule");
    assert_eq!(named["properties"]["tags"], json!(["policy", "A 1"]));
    assert_eq!(named["properties"]["security-severity"], "8.0");
    let waived: Vec<&Json> = results.iter().filter(|result| result["suppressions"].is_array()).collect();
    assert_eq!(waived.len(), 1);
    assert_eq!(waived[0]["suppressions"][0]["justification"], "nobody reads it");
    // Lines that move change no fingerprint, and no two findings have one.
    folder.write("a topic.yaml", format!("# moved\n\n{TEMPLATE}"));
    let second = report(&folder);
    let prints = |report: &Json| -> Vec<Json> {
        let results = report["runs"][0]["results"].as_array().expect("results");
        results.iter().map(|result| result["partialFingerprints"]["linework/v1"].clone()).collect()
    };
    assert_ne!(first, second);
    assert_eq!(prints(&first), prints(&second));
    let distinct: std::collections::BTreeSet<String> = prints(&first).iter().map(Json::to_string).collect();
    assert_eq!(distinct.len(), results.len());
}

#[test]
fn every_report_of_a_corpus_of_mistakes_is_valid_sarif() {
    let folder = Folder::new();
    folder.write("bad.yaml", "Resources: [\n");
    folder.write("main.lw", TWO_FINDINGS);
    let files = ["bad.yaml", "main.lw", "nowhere.lw", "notes.txt"];
    folder.write("notes.txt", "x");
    assert_valid_sarif(&folder.lw(&[&["check", "--format", "sarif"], &files[..]].concat()).expect(1).json());
    folder.write("fine.lw", "x: 1\n");
    assert_valid_sarif(&folder.lw(&["check", "--format", "sarif", "fine.lw"]).expect(0).json());
}

#[test]
fn markdown_is_a_comment_for_a_pull_request() {
    let folder = Folder::new();
    folder.write("Named.lw", NAMED);
    folder.write("topics.yaml", TEMPLATE);
    let text = folder.lw(&["check", "topics.yaml", "--policy", "Named", "--format", "markdown"]).expect(1).out;
    assert!(text.starts_with("## ❌ Linework: 3 errors\n\n1 file, 3 resources; policies: 1 FAIL.\n"), "{text}");
    assert!(text.contains("| `topics.yaml:8` | `named` | `Failing`: no name |"), "{text}");
    assert!(text.contains("<details><summary>1 waived</summary>"), "{text}");
    assert!(text.contains("| `topics.yaml:5` | `named` | nobody reads it |"), "{text}");
    folder.write("fine.lw", "x: 1\n");
    let fine = folder.lw(&["check", "fine.lw", "--format", "markdown"]).expect(0).out;
    assert!(fine.starts_with("## ✅ Linework: all fine\n"), "{fine}");
}

#[test]
fn a_baseline_of_a_template_lets_only_new_findings_fail() {
    let folder = Folder::new();
    folder.write("Named.lw", NAMED);
    folder.write("topics.yaml", TEMPLATE);
    let known = folder.lw(&["check", "topics.yaml", "--policy", "Named", "--json"]).expect(1);
    folder.write("known.json", &known.out);
    let again = ["check", "topics.yaml", "--policy", "Named", "--baseline", "known.json", "--json"];
    folder.lw(&again).expect(0);
    folder.write("topics.yaml", format!("{TEMPLATE}  Another:\n    Type: AWS::SNS::Topic\n"));
    let run = folder.lw(&again).expect(1);
    assert_eq!(run.codes(), ["LW0301"]);
    assert_eq!(run.json()["diagnostics"][0]["path"], "Another");
}

#[test]
fn junit_has_a_case_for_each_file() {
    let folder = Folder::with(TWO_FINDINGS);
    folder.write("fine.lw", "x: 1\n");
    let xml = folder.lw(&["check", "--format", "junit", "main.lw", "fine.lw"]).expect(1).out;
    assert!(xml.contains("tests=\"2\" failures=\"1\""), "{xml}");
    assert!(xml.contains("<testcase name=\"fine.lw\" classname=\"check\"/>"), "{xml}");
    assert!(xml.contains("<failure type=\"LW0203\" message=\"`SNS.Topic` has no field `topicNam`\">"), "{xml}");
}

#[test]
fn github_annotates_lines() {
    let text = Folder::with(TWO_FINDINGS).lw(&["check", "--format", "github", "main.lw"]).expect(1).out;
    let line = text.lines().find(|line| line.contains("LW0203")).expect("the finding");
    assert!(line.starts_with("::error file=main.lw,line=3,col=20,endLine=3,endColumn=28,title=LW0203::"), "{line}");
    assert!(line.contains("%0Ahelp: "), "{line}");
}

/// Input that no editor makes, and that must neither hang nor end in anything but a diagnostic.
#[test]
fn hostile_text_ends_in_a_diagnostic() {
    let deep = 1_000_000;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nested lists", [b"x: ".to_vec(), vec![b'['; deep], vec![b']'; deep], b"\n".to_vec()].concat()),
        ("nested and open", [b"x: ".to_vec(), vec![b'('; deep], b"\n".to_vec()].concat()),
        ("nested records", format!("x: {}1{}\n", "{a: ".repeat(deep / 4), "}".repeat(deep / 4)).into_bytes()),
        ("nested ifs", format!("x: {}1\n", "if True then 1 else ".repeat(deep / 10)).into_bytes()),
        (
            "nested calls",
            format!("f(x: Int) -> Int: x\ny: {}1{}\n", "f(".repeat(deep / 2), ")".repeat(deep / 2)).into_bytes(),
        ),
        ("nested types", format!("x: {}Int{}\n", "List<".repeat(deep / 4), ">".repeat(deep / 4)).into_bytes()),
        ("nested lambdas", format!("x: {}1\n", "fun(a): ".repeat(deep / 8)).into_bytes()),
        ("negations", format!("x: {}1\n", "-".repeat(deep)).into_bytes()),
        ("nots", format!("x: {}True\n", "! ".repeat(deep / 2)).into_bytes()),
        ("interpolations", format!("x: {}1{}\n", "\"\\(".repeat(deep / 4), ")\"".repeat(deep / 4)).into_bytes()),
        (
            "indentation",
            (0..2_000).map(|depth| format!("{}let x:\n", " ".repeat(depth))).collect::<String>().into_bytes(),
        ),
        ("closers", vec![b']'; deep]),
        ("bars", b"|".repeat(deep)),
        ("annotations", b"@a\n".repeat(deep / 10)),
        ("quotes", b"\"".repeat(deep + 1)),
    ];
    for (name, text) in cases {
        let folder = Folder::new();
        folder.write("main.lw", text);
        let run = folder.lw(&["check", "--json", "main.lw"]);
        let json = run.json();
        assert_eq!(run.code, 1, "{name}: {}", &run.out[..run.out.len().min(500)]);
        assert!(!json["diagnostics"].as_array().expect("diagnostics").is_empty(), "{name}");
        assert_eq!(json["diagnostics"][0]["file"], "main.lw", "{name} has a place");
    }
}

#[test]
fn long_but_flat_text_is_fine_or_names_its_limit() {
    let terms = 20_000;
    for text in [
        format!("x: {}0\n", "1 + ".repeat(terms)),
        format!("x: {}\"\"\n", "\"a\" ++ ".repeat(terms)),
        format!("x: [{}0]\n", "1, ".repeat(terms)),
    ] {
        let run = Folder::with(&text).lw(&["check", "--json", "main.lw"]);
        let json = run.json();
        // A chain of operators has a limit of its own.
        let limit_alone = json["diagnostics"].as_array().unwrap().iter().all(|found| found["code"] == "LW0236");
        assert!(run.code == 0 || limit_alone, "{}", &run.out[..run.out.len().min(500)]);
    }
}

#[test]
fn a_file_of_50_megabytes_is_read() {
    let line = "## A comment that stands above a name.\nname: \"value\"\n\n";
    let text: String = line.replace("name", "first") + &"# filling\n".repeat(5_000_000);
    let run = Folder::with(&text).lw(&["check", "--json", "main.lw"]).expect(0);
    assert_eq!(run.json()["summary"]["files"], 1);
}

#[test]
fn a_file_over_the_limit_is_refused_by_name() {
    let folder = Folder::new();
    folder.write("main.lw", "");
    fs::File::options().write(true).open(folder.path().join("main.lw")).unwrap().set_len(65 << 20).unwrap();
    let run = folder.lw(&["check", "--json", "main.lw"]).expect(1);
    assert_eq!(run.codes(), ["LW0183"]);
    assert!(run.out.contains("64 MiB"), "{}", run.out);
    // A device says that it has no length at all.
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.lw")).unwrap();
    assert_eq!(folder.lw(&["check", "--json", "zero.lw"]).expect(1).codes(), ["LW0183"]);
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let folder = Folder::new();
    folder.write("binary.lw", [b"x: \"".as_slice(), &[0xff, 0xfe], b"\"\n"].concat());
    folder.write("nul.lw", b"x: 1\ny: \"\0\"\n");
    folder.write("wide.lw", "x: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    folder.write("empty.lw", "");
    let place = |name: &str| {
        let run = folder.lw(&["check", "--json", name]).expect(1);
        let found = run.json()["diagnostics"][0].clone();
        (found["code"].as_str().unwrap().to_string(), found["line"].as_u64(), found["column"].as_u64())
    };
    assert_eq!(place("binary.lw"), ("LW0181".to_string(), Some(1), Some(5)));
    assert_eq!(place("nul.lw"), ("LW0182".to_string(), Some(2), Some(5)));
    assert_eq!(place("wide.lw"), ("LW0182".to_string(), Some(1), Some(2)));
    assert_eq!(place("missing.lw"), ("LW0180".to_string(), None, None));
    assert_eq!(folder.lw(&["check", "--json", "empty.lw"]).expect(0).codes(), Vec::<String>::new());
    fs::set_permissions(folder.path().join("empty.lw"), fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever runs as root may read everything.
    if fs::read(folder.path().join("empty.lw")).is_err() {
        assert_eq!(place("empty.lw").0, "LW0184");
    }
}

#[test]
fn an_unreadable_file_does_not_hide_the_others() {
    let folder = Folder::new();
    folder.write("bad.lw", [0xff]);
    folder.write("other.lw", "x: nope\n");
    let mut codes = folder.lw(&["check", "--json", "bad.lw", "other.lw", "missing.lw"]).expect(1).codes();
    codes.sort();
    assert_eq!(codes, ["LW0180", "LW0181", "LW0201"]);
}

#[test]
fn diagnostics_come_in_source_order_and_all_at_once() {
    let folder = Folder::with("a: nope\nb: (1 +\nc: \"x\" * 2\nd: nada\n");
    let json = folder.lw(&["check", "--json", "main.lw"]).expect(1).json();
    let lines: Vec<u64> =
        json["diagnostics"].as_array().unwrap().iter().map(|found| found["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2, 3, 4]);
}

#[test]
fn tests_are_run_and_their_failures_said() {
    let folder = Folder::new();
    folder.write("t.lw", "test \"wrong\": 1 + 1 == 3\n\ntest \"stops\": 1 / 0 == 1\n\ntest \"fine\": True\n");
    let run = folder.lw(&["test", "--json", "t.lw"]).expect(1);
    assert_eq!(
        run.json(),
        json!({
            "tests": [
                {"name": "wrong", "file": "t.lw", "line": 1, "passed": false, "reason": null},
                {"name": "stops", "file": "t.lw", "line": 3, "passed": false, "reason": "division by zero [LW0605]"},
                {"name": "fine", "file": "t.lw", "line": 5, "passed": true, "reason": null},
            ],
            "summary": {"passed": 1, "failed": 2},
        })
    );
    folder.write("t.lw", "test \"fine\": True\n");
    assert_eq!(folder.lw(&["test"]).expect(0).out, "ok      fine  t.lw:1\n1 test: all passed\n");
    folder.write("t.lw", "x: nope\ntest \"fine\": True\n");
    assert_eq!(folder.lw(&["test", "--json"]).expect(1).codes(), ["LW0201"]);
}

/// What `lw check` says of what is piped in.
fn piped(folder: &Folder, arguments: &[&str], text: &str) -> Run {
    use std::io::Write;
    let mut command = folder.command(arguments);
    command.stdin(std::process::Stdio::piped());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("the binary reads");
    Run::of(arguments, child.wait_with_output().expect("the binary ends"))
}

#[test]
fn standard_input_is_whatever_it_looks_like() {
    let folder = Folder::new();
    folder.write(
        "Rules.lw",
        "import AWS.SQS as SQS\nimport Policy.Rule as Rule\n\nvalidate encrypted\n\n\
         @policy {id: \"encrypted\"}\n\
         fun encrypted(queue: SQS.Queue) -> Validation: Rule.isWritten(\"kmsMasterKeyId\", queue.kmsMasterKeyId)\n",
    );
    let template = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties:\n      DelaySeconds: 5\n";
    let plan = crate::terraform::plan(
        &[crate::terraform::change(
            "aws_sqs_queue.jobs",
            serde_json::json!({"delay_seconds": 5}),
            serde_json::json!({}),
        )],
        &[],
    );
    let source = "composition\n\nimport AWS.SQS as SQS\n\njobs: SQS.Queue {delaySeconds: 5}\n";
    for (text, path) in [(template, "Jobs"), (&plan.to_string(), "aws_sqs_queue.jobs"), (source, "jobs")] {
        let run = piped(&folder, &["check", "-", "--policy", "Rules", "--json"], text).expect(1);
        let json = run.json();
        assert_eq!(run.codes(), ["LW0301"], "{}", run.out);
        assert_eq!(json["diagnostics"][0]["path"], path, "{}", run.out);
        assert_eq!(json["diagnostics"][0]["file"], "-", "{}", run.out);
        assert_eq!(json["summary"]["files"], 1, "{}", run.out);
    }
    piped(&folder, &["check", "-"], template).expect(0);
    piped(&folder, &["check", "-"], "").expect(0);
    assert!(piped(&folder, &["check", "-"], "{\"a\": ").expect(1).out.contains("error[LW01"));
    // Nothing is there to be written to.
    piped(&folder, &["check", "-", "--fix"], "composition\n\nother: missing\n").expect(1);
    assert!(!folder.exists("-"));
    // Only what checks reads it.
    assert_eq!(folder.lw(&["build", "-"]).code, 1);
}
