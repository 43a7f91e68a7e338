//! Templates that are none, or not sound: each gives a diagnostic with its file and line, in good time, and the file beside it is checked
//! as if it were alone.

use std::fmt::Write;

use crate::lw::Folder;

const GOOD: &str = "Resources:\n  Good:\n    Type: AWS::S3::Bucket\n";

/// Checks a bad file beside a good one; `LINE CODE` of what is said of the bad one, policies aside.
#[track_caller]
fn said_of(name: &str, bad: &[u8]) -> Vec<String> {
    let folder = Folder::new();
    folder.write("good.yaml", GOOD);
    folder.write(name, bad);
    let run = folder.lw(&["check", name, "good.yaml", "--policy", "Policy.AWS.Config.S3", "--json"]).expect(1);
    let report = run.json();
    let policies = report["policies"].as_array().expect("policies");
    let judged = policies.iter().flat_map(|policy| policy["resources"].as_array().expect("resources"));
    assert!(judged.filter(|one| one["file"] == "good.yaml").count() > 10, "{name}: the other file is checked");
    assert_eq!(report["summary"]["files"], 2);
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics").iter();
    let about_it = diagnostics.filter(|one| one["file"] == *name && one["policy"].is_null());
    about_it.map(|one| format!("{} {}", one["line"], one["code"].as_str().expect("a code"))).collect()
}

#[test]
fn malformed_yaml_and_json() {
    let yaml = b"Resources:\n  A:\n    Type: AWS::S3::Bucket\n   Bad: [1\n";
    assert_eq!(said_of("bad.yaml", yaml), ["4 LW0170"]);
    assert_eq!(said_of("bad.json", b"{\"Resources\": {\n  \"A\": {\"Type\": }\n}}\n"), ["2 LW0170"]);
}

#[test]
fn keys_that_are_given_twice() {
    let yaml = b"Resources:\n  A: {Type: AWS::S3::Bucket}\n  A: {Type: AWS::SQS::Queue}\n";
    assert_eq!(said_of("bad.yaml", yaml), ["3 LW0171"]);
    let json =
        b"{\"Resources\": {\n  \"A\": {\"Type\": \"AWS::S3::Bucket\"},\n  \"A\": {\"Type\": \"AWS::S3::Bucket\"}}}\n";
    assert_eq!(said_of("bad.json", json), ["3 LW0171"]);
}

#[test]
fn anchors_that_would_fill_the_memory() {
    let mut bomb = "Metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_string();
    for number in 1..12 {
        let before = format!("*a{}", number - 1);
        writeln!(bomb, "  a{number}: &a{number} [{}]", vec![before; 10].join(", ")).expect("text");
    }
    bomb.push_str("Resources:\n  A: {Type: AWS::S3::Bucket}\n");
    let said = said_of("bad.yaml", bomb.as_bytes());
    assert!(matches!(&said[..], [one] if one.ends_with("LW0173")), "{said:?}");
    // An anchor within itself has no end at all.
    let circle = b"Resources: &r\n  A:\n    Type: AWS::S3::Bucket\n    Metadata: *r\n";
    assert_eq!(said_of("bad.yaml", circle), ["4 LW0172"]);
}

#[test]
fn functions_that_nobody_knows() {
    let bucket = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: ";
    assert_eq!(said_of("bad.yaml", format!("{bucket}!Frobnicate x\n").as_bytes()), ["5 LW0174"]);
    assert_eq!(said_of("bad.yaml", format!("{bucket}{{'Fn::Frobnicate': x}}\n").as_bytes()), ["5 LW0174"]);
}

#[test]
fn circles() {
    let conditions = b"Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n  Q: {Type: AWS::SQS::Queue, Condition: A}\n";
    assert_eq!(said_of("bad.yaml", conditions), ["3 LW0178"]);
    let resources =
        b"Resources:\n  A: {Type: AWS::SQS::Queue, DependsOn: B}\n  B: {Type: AWS::SQS::Queue, DependsOn: A}\n";
    assert_eq!(said_of("bad.yaml", resources), ["2 LW0178"]);
    let itself = b"Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref A}}\n";
    assert_eq!(said_of("bad.yaml", itself), ["2 LW0178"]);
}

#[test]
fn files_that_are_no_template() {
    assert_eq!(said_of("bad.yaml", b"name: ci\non: push\n"), ["1 LW0176"]);
    assert_eq!(said_of("bad.yaml", b"just text\n"), ["1 LW0176"]);
    assert_eq!(said_of("bad.json", b"[1, 2]"), ["1 LW0176"]);
    assert_eq!(said_of("bad.yaml", b"Resources: \xff\xfe"), ["1 LW0181"]);
}

/// Five megabytes are read as any other template, to the last line.
#[test]
fn a_template_of_five_megabytes() {
    let mut large = "Resources:\n".to_string();
    let mut lines = 1;
    while large.len() < 5 * 1024 * 1024 {
        let filler = "v".repeat(400);
        writeln!(large, "  T{lines}:\n    Type: AWS::SNS::Topic\n    Properties: {{DisplayName: {filler}}}")
            .expect("text");
        lines += 3;
    }
    writeln!(large, "  Last:\n    Type: AWS::SNS::Topic\n    Properties: {{DisplayName: [x]}}").expect("text");
    assert_eq!(said_of("large.yaml", large.as_bytes()).last(), Some(&format!("{} LW0205", lines + 3)));
}
