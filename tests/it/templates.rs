//! CloudFormation templates as `lw check` reads them: functions, conditions, schema errors at the template's lines, and what is no
//! template.

use serde_json::Value as Json;

use crate::lw::{Folder, Run};

const RULES: &str = r#"import AWS.EC2 as EC2
import AWS.S3 as S3

validate versioned

@policy {id: "versioned"}
fun versioned(bucket: S3.Bucket) -> Validation:
  case bucket.versioningConfiguration of
    | Optional versioning -> Validation.assert("versions are not kept", versioning.status == "Enabled")
    | None -> Validation.failure("versions are not kept")

validate closed

@policy {id: "closed"}
fun closed(rule: EC2.SecurityGroup.Ingress) -> Validation:
  if rule.cidrIp == Optional "0.0.0.0/0" then
    Validation.failureAt {property: "cidrIp", message: "open to the world"}
  else
    Validation.success
"#;

const COUNT: &str = r#"import AWS.S3 as S3

validate one

@policy {id: "one-bucket-at-most"}
fun one(buckets: List<S3.Bucket>) -> Validation:
  Validation.assert("more than one bucket", List.length(buckets) <= 1)
"#;

fn check(template: &str, more: &[&str]) -> Run {
    let folder = Folder::new();
    folder.write("Rules.lw", RULES);
    folder.write("Count.lw", COUNT);
    folder.write("template.yaml", template);
    folder.lw(&[&["check", "template.yaml", "--policy", "Rules", "--json"], more].concat())
}

/// `path: VERDICT` of one policy, in the order of the report.
fn verdicts(run: &Run, policy: &str) -> Vec<String> {
    let json = run.json();
    let policies = json["policies"].as_array().expect("policies");
    let found = policies.iter().find(|found| found["id"] == policy).unwrap_or_else(|| panic!("{policy}: {}", run.out));
    let resources = found["resources"].as_array().expect("resources");
    let text = |json: &Json| json.as_str().unwrap_or("-").to_string();
    resources.iter().map(|one| format!("{}: {}", text(&one["path"]), text(&one["verdict"]))).collect()
}

/// `LINE CODE message`, in order.
fn findings(run: &Run) -> Vec<String> {
    let json = run.json();
    let diagnostics = json["diagnostics"].as_array().expect("diagnostics");
    let line = |one: &Json| {
        format!("{} {} {}", one["line"], one["code"].as_str().expect("a code"), one["message"].as_str().expect("text"))
    };
    diagnostics.iter().map(line).collect()
}

#[test]
fn a_policy_fails_at_the_line_of_the_property() {
    let run = check(
        "Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8}
        - IpProtocol: tcp
          FromPort: '22'
          ToPort: 22
          CidrIp: 0.0.0.0/0
",
        &[],
    )
    .expect(1);
    assert_eq!(findings(&run), ["11 LW0301 `Group`: open to the world"]);
    assert_eq!(
        verdicts(&run, "closed"),
        ["Group.securityGroupIngress[0]: PASS", "Group.securityGroupIngress[1].cidrIp: FAIL"]
    );
}

#[test]
fn json_is_read_like_yaml() {
    let folder = Folder::new();
    folder.write("Rules.lw", RULES);
    folder.write(
        "template.json",
        r#"{
  "Resources": {
    "Group": {
      "Type": "AWS::EC2::SecurityGroup",
      "Properties": {
        "GroupDescription": "web", "Tags": [{"Key": "Name", "Value": "caf\u00e9 \ud83d\ude00"}],
        "SecurityGroupIngress": [{"IpProtocol": "tcp", "CidrIp": {"Fn::Join": [".", ["0", "0", "0", "0/0"]]}}]
      }
    }
  }
}
"#,
    );
    let run = folder.lw(&["check", "template.json", "--policy", "Rules", "--json"]).expect(1);
    assert_eq!(findings(&run), ["7 LW0301 `Group`: open to the world"]);
    assert_eq!(run.json()["diagnostics"][0]["column"], 56);
}

const BUCKETS: &str = "Parameters:
  Stage: {Type: String, AllowedValues: [test, prod]}
  Keep: {Type: String, Default: 'true'}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Test: !Not [!Condition Prod]
  Keep: !Equals [!Ref Keep, 'true']
Mappings:
  Same: {test: {Status: Enabled}, prod: {Status: Enabled}}
Resources:
  ByDefault:
    Type: AWS::S3::Bucket
    Properties: {VersioningConfiguration: !If [Keep, {Status: Enabled}, !Ref AWS::NoValue]}
  Either:
    Type: AWS::S3::Bucket
    Properties: {VersioningConfiguration: !If [Prod, {Status: Enabled}, !Ref AWS::NoValue]}
  Mapped:
    Type: AWS::S3::Bucket
    Properties: {VersioningConfiguration: {Status: !FindInMap [Same, !Ref Stage, Status]}}
  Never:
    Type: AWS::S3::Bucket
    Condition: Test
    Properties: {VersioningConfiguration: !If [Prod, {Status: Enabled}, !Ref AWS::NoValue]}
  Always:
    Type: AWS::S3::Bucket
    Condition: Prod
    Properties: {VersioningConfiguration: !If [Prod, {Status: Enabled}, !Ref AWS::NoValue]}
";

#[test]
fn conditions_are_held_the_same_way_everywhere() {
    let run = check(BUCKETS, &[]).expect(1);
    assert_eq!(
        verdicts(&run, "versioned"),
        ["Always: PASS", "ByDefault: PASS", "Either: UNDECIDED", "Mapped: PASS", "Never: FAIL"]
    );
    let note = run.json()["diagnostics"][0]["message"].as_str().expect("text").to_string();
    assert!(note.contains("whether Stage is prod"), "{note}");
}

#[test]
fn a_setting_decides() {
    let prod = check(BUCKETS, &["--set", "Stage=prod"]).expect(0);
    // What does not exist is not asked about.
    assert_eq!(verdicts(&prod, "versioned"), ["Always: PASS", "ByDefault: PASS", "Either: PASS", "Mapped: PASS"]);
    let test = check(BUCKETS, &["--set", "Stage=test", "--set", "Keep=no"]).expect(1);
    assert_eq!(verdicts(&test, "versioned"), ["ByDefault: FAIL", "Either: FAIL", "Mapped: PASS", "Never: FAIL"]);
    let run = check(BUCKETS, &["--set", "Stag=prod"]).expect(1);
    assert_eq!(run.codes().first().map(String::as_str), Some("LW0302"), "{}", run.out);
    assert!(run.codes().contains(&"LW0261".to_string()), "{}", run.out);
}

#[test]
fn how_many_there_are_depends_on_conditions() {
    let template = |condition: &str| {
        format!(
            "Parameters:
  Stage: {{Type: String}}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition Prod]
Resources:
  First:
    Type: AWS::S3::Bucket
    Condition: Prod
    Properties: {{VersioningConfiguration: {{Status: Enabled}}}}
  Second:
    Type: AWS::S3::Bucket
    Condition: {condition}
    Properties: {{VersioningConfiguration: {{Status: Enabled}}}}
"
        )
    };
    let count = ["--policy", "Count"];
    assert_eq!(verdicts(&check(&template("NotProd"), &count), "one-bucket-at-most"), ["-: PASS"]);
    // Where there is none of them, there is nothing to ask.
    assert_eq!(verdicts(&check(&template("Prod"), &count), "one-bucket-at-most"), ["-: FAIL"]);
    let one_always = template("Prod").replacen("    Condition: Prod\n", "", 1);
    assert_eq!(verdicts(&check(&one_always, &count), "one-bucket-at-most"), ["-: UNDECIDED"]);
    let both = check(&template("Prod"), &["--policy", "Count", "--set", "Stage=prod"]);
    assert_eq!(verdicts(&both, "one-bucket-at-most"), ["-: FAIL"]);
    // What is about no resource is about the template.
    assert_eq!(findings(&both), ["6 LW0301 more than one bucket"]);
}

#[test]
fn many_conditions_cost_what_a_rule_looks_at() {
    // Sixty open conditions would be a million million million worlds.
    let mut template = "Parameters:\n".to_string();
    for number in 0..60 {
        template.push_str(&format!("  P{number}: {{Type: String}}\n"));
    }
    template.push_str("Conditions:\n");
    for number in 0..60 {
        template.push_str(&format!("  C{number}: !Equals [!Ref P{number}, yes]\n"));
    }
    template.push_str(
        "Resources:\n  Group:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: web\n",
    );
    template.push_str("      SecurityGroupIngress:\n");
    for number in 0..60 {
        template.push_str(&format!(
            "        - !If [C{number}, {{IpProtocol: tcp, CidrIp: 10.0.0.0/8}}, {{IpProtocol: udp, CidrIp: 0.0.0.0/0}}]\n"
        ));
    }
    let run = check(&template, &[]).expect(1);
    let found = verdicts(&run, "closed");
    assert_eq!(found.iter().filter(|verdict| verdict.ends_with("FAIL")).count(), 60, "{found:?}");
    assert_eq!(found.iter().filter(|verdict| verdict.ends_with("PASS")).count(), 60, "{found:?}");
}

#[test]
fn what_does_not_fit_the_schema_is_said_at_its_line() {
    let run = check(
        "Resources:
  Network:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlok: 10.0.0.0/16
      EnableDnsSupport: 'true'
      EnableDnsHostnames: maybe
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      Arn: x
      AccessControl: PublicRed
      CorsConfiguration: {}
      Tags: {a: b}
      VersioningConfiguration: {Status: Enabled}
  Unknown:
    Type: AWS::EC2::Vpc
",
        &[],
    )
    .expect(1);
    assert_eq!(
        findings(&run),
        [
            "5 LW0203 `AWS::EC2::VPC` has no property `CidrBlok`",
            "7 LW0205 expected a Bool, found a String",
            "11 LW0226 `Arn` of `AWS::S3::Bucket` is read-only",
            "12 LW0211 `PublicRed` is not one of what this takes",
            "13 LW0204 `S3.Bucket.CorsConfiguration` needs the property `CorsRules`",
            "14 LW0205 expected a list, found a mapping",
            "17 LW0202 there is no resource type `AWS::EC2::Vpc`",
        ]
    );
}

#[test]
fn a_bad_file_leaves_the_others_alone() {
    let folder = Folder::new();
    folder.write("Rules.lw", RULES);
    folder.write("bad.yaml", "Resources:\n  A: [\n");
    folder.write("list.json", "[1, 2]");
    folder.write("text.yaml", "just text\n");
    folder.write("empty.yaml", "");
    folder.write("none.json", "{}");
    folder.write("good.yaml", BUCKETS);
    let files = ["bad.yaml", "list.json", "text.yaml", "empty.yaml", "none.json", "good.yaml"];
    let run = folder.lw(&[&["check"], &files[..], &["--policy", "Rules", "--json"]].concat()).expect(1);
    assert_eq!(run.codes(), ["LW0170", "LW0176", "LW0176", "LW0302", "LW0301"], "{}", run.out);
    assert_eq!(verdicts(&run, "versioned").len(), 5);
    assert_eq!(run.json()["summary"]["files"], 6);
}

#[test]
fn a_folder_means_its_templates_too() {
    let folder = Folder::new();
    folder.write("stacks/Rules.lw", RULES);
    folder.write("stacks/one.yaml", BUCKETS);
    folder.write("stacks/two.json", r#"{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}"#);
    folder.write("stacks/values.yaml", "replicas: 3\n");
    let run = folder.lw(&["check", "stacks", "--policy", "Rules", "--json"]);
    assert_eq!(run.json()["summary"]["files"], 3, "{}", run.out);
    assert_eq!(verdicts(&run, "versioned").len(), 6);
}

#[test]
fn guards_suppressed_rules_are_waivers() {
    let run = check(
        "Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Metadata: {guard: {SuppressedRules: [versioned]}}
  Reasoned:
    Type: AWS::S3::Bucket
    Metadata: {guard: {SuppressedRules: [versioned: a cache]}}
",
        &[],
    )
    .expect(0);
    assert_eq!(verdicts(&run, "versioned"), ["Bucket: SKIP", "Reasoned: SKIP"]);
    let json = run.json();
    let policies = json["policies"].as_array().expect("policies");
    let versioned = policies.iter().find(|found| found["id"] == "versioned").expect("the policy");
    assert_eq!(versioned["resources"][0]["waived"], true);
}

#[test]
fn loops_are_written_out() {
    let template = "Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'a, b'}
Resources:
  Fn::ForEach::Buckets:
    - Name
    - !Ref Names
    - Bucket${Name}:
        Type: AWS::S3::Bucket
        Properties:
          BucketName: !Sub 'shop-${Name}-${AWS::Region}'
          VersioningConfiguration:
            Fn::ForEach::Settings:
              - Key
              - [Status]
              - ${Key}: Enabled
";
    let run = check(template, &[]).expect(0);
    assert_eq!(verdicts(&run, "versioned"), ["Bucketa: PASS", "Bucketb: PASS"]);
    let run = check(template, &["--set", "Names=x"]).expect(0);
    assert_eq!(verdicts(&run, "versioned"), ["Bucketx: PASS"]);
}

#[test]
fn serverless_types_are_what_they_stand_for() {
    let folder = Folder::new();
    folder.write(
        "Rules.lw",
        "import AWS.Lambda as Lambda
import AWS.DynamoDB as DynamoDB
import AWS.IAM as IAM

validate traced
validate roles
validate tables

fun traced(function: Lambda.Function) -> Validation:
  case function.tracingConfig of
    | Optional tracing -> Validation.assert(\"passes through\", tracing.mode == Optional \"Active\")
    | None -> Validation.failure(\"not traced\")

fun roles(role: IAM.Role) -> Validation:
  Validation.assert(\"no boundary\", role.permissionsBoundary != None)

fun tables(table: DynamoDB.Table) -> Validation:
  Validation.assert(\"provisioned\", table.billingMode == Optional \"PAY_PER_REQUEST\")
",
    );
    folder.write(
        "template.yaml",
        "Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Tracing: Active, Timeout: 10}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: ./src
      Policies: [AmazonS3ReadOnlyAccess, {Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}]
      Environment: {Variables: {TABLE: !Ref Table}}
      Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}
  Quiet:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, InlineCode: pass, Role: !GetAtt HelloRole.Arn, Tracing: PassThrough, Timout: 3}
  Table:
    Type: AWS::Serverless::SimpleTable
Outputs:
  Url: {Value: !Sub 'https://${ServerlessRestApi}.example.com'}
",
    );
    let run = folder.lw(&["check", "template.yaml", "--policy", "Rules", "--json"]).expect(1);
    assert_eq!(verdicts(&run, "traced"), ["Hello: PASS", "Quiet: FAIL"]);
    assert_eq!(verdicts(&run, "roles"), ["HelloRole: FAIL"]);
    assert_eq!(verdicts(&run, "tables"), ["Table: PASS"]);
    assert_eq!(
        findings(&run),
        [
            "5 LW0301 `HelloRole`: no boundary",
            "13 LW0301 `Quiet`: passes through",
            "15 LW0203 `AWS::Serverless::Function` has no property `Timout`",
        ]
    );
}

#[test]
fn literals_keep_the_schemas_limits() {
    let run = check(
        "Parameters: {Delay: {Type: Number, Default: 5000}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: 5000
  ByParameter:
    Type: AWS::SQS::Queue
    Properties: {DelaySeconds: !Ref Delay}
  Access:
    Type: AWS::S3::AccessPoint
    Properties: {Bucket: ab, BucketAccountId: '{{resolve:ssm:account}}'}
  Token:
    Type: Custom::Thing
",
        &[],
    )
    .expect(1);
    assert_eq!(
        findings(&run),
        [
            "6 LW0238 `DelaySeconds` of `AWS::SQS::Queue` takes 0 to 900, not 5000",
            "12 LW0238 `Bucket` of `AWS::S3::AccessPoint` takes 3 to 255 characters, not 2",
            "13 LW0204 `Custom::Thing` needs the property `ServiceToken`",
        ]
    );
    assert_eq!(run.json()["diagnostics"][0]["help"], "write `900`");
}

#[test]
fn resources_in_a_circle_are_refused() {
    let run = check(
        "Resources:
  First:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: first
      SecurityGroupIngress: [{IpProtocol: tcp, SourceSecurityGroupId: !Ref Second}]
  Second:
    Type: AWS::EC2::SecurityGroup
    DependsOn: Third
    Properties: {GroupDescription: second}
  Third:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: !Sub 'of ${First}'}
",
        &[],
    )
    .expect(1);
    assert_eq!(findings(&run), ["2 LW0178 the resource depends on itself: `First` → `Second` → `Third` → `First`"]);
}

#[test]
fn other_tools_exceptions_are_waivers() {
    let folder = Folder::new();
    folder.write("Rules.lw", RULES.replace("\"versioned\"", "\"S3_BUCKET_VERSIONING_ENABLED\""));
    folder.write(
        "template.yaml",
        "Resources:
  ByComment:
    # checkov:skip=CKV_AWS_21:a cache
    Type: AWS::S3::Bucket
  ByCheckov:
    Type: AWS::S3::Bucket
    Metadata: {checkov: {skip: [{id: CKV_AWS_21, comment: a cache}]}}
  Ours:
    Type: AWS::S3::Bucket
    Metadata:
      linework:
        waive: [{policy: S3_BUCKET_VERSIONING_ENABLED, reason: a cache, until: '2020-01-31'}]
  ByAnother:
    Type: AWS::S3::Bucket
    Metadata: {cfn_nag: {rules_to_suppress: [{id: W35, reason: not about versions}]}}
",
    );
    let run = folder.lw(&["check", "template.yaml", "--policy", "Rules", "--json"]).expect(1);
    assert_eq!(
        verdicts(&run, "S3_BUCKET_VERSIONING_ENABLED"),
        ["ByAnother: FAIL", "ByCheckov: SKIP", "ByComment: SKIP", "Ours: SKIP"]
    );
    // One that has ended is still one, and is said.
    assert!(run.codes().contains(&"LW0390".to_string()), "{}", run.out);
    assert!(run.out.contains("a cache (CKV_AWS_21 of checkov)"), "{}", run.out);
}

#[test]
fn malformed_documents_never_take_down_the_reader() {
    let deep = format!("Resources: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    let conditions: String =
        (1..5_000).map(|number| format!("  C{number}: !Not [!Condition C{}]\n", number - 1)).collect();
    let chain = format!(
        "Parameters:\n  P: {{Type: String}}\nConditions:\n  C0: !Equals [!Ref P, x]\n{conditions}Resources:\n  A: {{Type: AWS::S3::Bucket, Condition: C4999}}\n"
    );
    for (template, code) in [
        (deep.as_str(), Some("LW0170")),
        (chain.as_str(), None),
        ("Resources:\n\tA: 1\n", Some("LW0170")),
        ("{\"Resources\": {\"A\": {\"Type\": \"AWS::S3::Bucket\"}, \"A\": {}}}", Some("LW0171")),
        ("Resources: {A: {Type: 3}}", Some("LW0176")),
        ("Resources: {A: x}", Some("LW0176")),
        ("Resources: [a]", Some("LW0176")),
        ("Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub []}}}", Some("LW0175")),
        ("Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt [A]}}}", Some("LW0175")),
        ("Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${'}}}", None),
        ("--- \n? [a, b]\n: c\n", Some("LW0170")),
    ] {
        let run = check(template, &[]);
        assert!(run.code <= 1, "{run:?}");
        if let Some(code) = code {
            assert!(run.codes().contains(&code.to_string()), "{code}: {}", run.out);
        }
    }
}

/// What pre-commit would run: the entries of the manifest, with the names of all files that their patterns match.
#[test]
fn hooks_of_pre_commit_pass_over_what_is_no_template() {
    let manifest = std::fs::read_to_string(crate::lw::repository().join(".pre-commit-hooks.yaml")).expect("the hooks");
    let entries: Vec<&str> = manifest.lines().filter_map(|line| line.trim().strip_prefix("entry: lw ")).collect();
    assert_eq!(entries, ["check --pass-over", "fmt"]);
    let folder = Folder::with("composition\n\nx: 1\n");
    folder.write("ci.yaml", "name: ci\non: push\njobs: {}\n");
    folder.write("package.json", "{\"name\": \"p\"}\n");
    folder.write("good.yaml", "Resources:\n  Q: {Type: AWS::SQS::Queue}\n");
    let names = ["ci.yaml", "good.yaml", "main.lw", "package.json"];
    let check = |names: &[&str]| {
        let arguments: Vec<&str> = entries[0].split(' ').chain(names.iter().copied()).collect();
        folder.lw(&arguments)
    };
    assert!(check(&names).expect(0).out.contains("2 files"));
    folder.write("bad.yaml", "Resources:\n  Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: x}}\n");
    check(&["bad.yaml", "ci.yaml"]).expect(1);
    // By name alone, whoever names a file means it.
    folder.lw(&["check", "ci.yaml"]).expect(1);
    folder.lw(&["fmt", "main.lw"]).expect(0);
}

/// What the defaults leave out is made with other parameters.
#[test]
fn both_branches_of_a_decided_choice_are_held_against_the_schema() {
    let run = check(
        "Parameters:
  Fast: {Type: String, Default: 'no'}
Conditions:
  IsFast: !Equals [!Ref Fast, 'yes']
Mappings:
  Names: {queue: {name: orders}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      DelaySeconds: !If [IsFast, soon, 5]
      VisibilityTimeout: !If [IsFast, 30, !Ref AWS::NoValue]
      QueueName: !If [IsFast, !FindInMap [Names, !Ref Fast, name], orders]
      RedrivePolicy: {maxReceiveCount: !If [IsFast, 3, 4]}
",
        &[],
    )
    .expect(1);
    assert_eq!(findings(&run), ["11 LW0205 expected an Int, found a String"]);
}
