//! What checking a template with a whole pack costs, counted in steps of the evaluator: linear in resources, and in conditions.
//!
//! Steps are the same on every machine, so that this can be a test; seconds are for benches/.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use lw_compiler::{Date, Entry, ReadError, Request, World, compile, gather_with_templates};

/// One template, and nothing else.
struct Memory(String);

impl World for Memory {
    fn read(&self, path: &Path, _: u64) -> Result<Vec<u8>, ReadError> {
        if path.ends_with("template.yaml") { Ok(self.0.clone().into_bytes()) } else { Err(ReadError::Missing) }
    }

    fn list(&self, path: &Path) -> Result<Vec<Entry>, ReadError> {
        if path.ends_with("template.yaml") { Err(ReadError::WrongKind) } else { Ok(Vec::new()) }
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn today(&self) -> Date {
        Date::from_unix_days(20_000)
    }
}

/// Steps of checking a template with `Policy.AWS.Config` and the cloud rules.
fn steps(template: String, resources: usize) -> u64 {
    let world = Memory(template);
    let gathered = gather_with_templates(&world, &[PathBuf::from("template.yaml")], Path::new("/"));
    assert!(gathered.diagnostics.is_empty(), "{:?}", gathered.diagnostics);
    let request = Request {
        packs: vec!["Policy.AWS.Config".to_string()],
        working_folder: PathBuf::from("/"),
        ..Request::default()
    };
    let compiled = compile(&world, &gathered.work[0], &request);
    assert_eq!(compiled.resource_count(), resources);
    let unread = compiled.diagnostics.iter().find(|found| !found.code.starts_with("LW03"));
    assert!(unread.is_none(), "{unread:?}");
    compiled.steps
}

/// Groups of a network, who runs in it, and where it writes, each referring to its own. With `conditions`, resources exist under them
/// in turn, and properties hang on them.
fn template(groups: usize, conditions: usize) -> String {
    let mut text = String::new();
    if conditions > 0 {
        text.push_str("Parameters:\n");
        (0..conditions).for_each(|at| writeln!(text, "  P{at}: {{Type: String}}").expect("text"));
        text.push_str("Conditions:\n");
        (0..conditions).for_each(|at| writeln!(text, "  C{at}: !Equals [!Ref P{at}, x]").expect("text"));
    }
    text.push_str("Resources:\n");
    for group in 0..groups {
        let at = group % conditions.max(1);
        let (exists, flag) = match conditions {
            0 => (String::new(), "true".to_string()),
            _ => (format!("\n    Condition: C{at}"), format!("!If [C{at}, true, false]")),
        };
        write!(
            text,
            "  Vpc{group}:\n    Type: AWS::EC2::VPC\n    Properties: {{CidrBlock: 10.0.0.0/16}}
  Subnet{group}:\n    Type: AWS::EC2::Subnet\n    Properties: {{VpcId: !Ref Vpc{group}, CidrBlock: 10.0.1.0/24, MapPublicIpOnLaunch: {flag}}}
  Group{group}:\n    Type: AWS::EC2::SecurityGroup\n    Properties: {{GroupDescription: g, VpcId: !Ref Vpc{group}}}
  Key{group}:\n    Type: AWS::KMS::Key\n    Properties: {{EnableKeyRotation: {flag}, KeyPolicy: {{Statement: []}}}}
  Queue{group}:\n    Type: AWS::SQS::Queue{exists}\n    Properties: {{VisibilityTimeout: 60}}
  Role{group}:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: 'sts:AssumeRole'}}]}}
  Function{group}:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: {{S3Bucket: code, S3Key: k}}\n      Runtime: python3.12\n      Handler: i.h\n      Role: !GetAtt Role{group}.Arn\n      VpcConfig: {{SubnetIds: [!Ref Subnet{group}], SecurityGroupIds: [!Ref Group{group}]}}
  Bucket{group}:\n    Type: AWS::S3::Bucket{exists}\n    Properties: {{VersioningConfiguration: {{Status: Enabled}}}}
"
        )
        .expect("text");
    }
    text
}

/// Resources of one group.
const GROUP: usize = 8;

fn cost(groups: usize, conditions: usize) -> u64 {
    steps(template(groups, conditions), groups * GROUP)
}

/// Ten times as much costs at most eleven times as many steps.
#[test]
fn steps_grow_with_resources() {
    let (few, many) = (cost(25, 0), cost(250, 0));
    assert!(few > 10_000, "the pack is asked: {few}");
    assert!(many <= 11 * few, "{few} steps for 200 resources, {many} for 2,000");
}

/// As many resources, under more and more conditions: what a rule does not look at costs nothing.
#[test]
fn steps_do_not_multiply_with_conditions() {
    let one = cost(60, 1);
    for conditions in [6, 60] {
        let more = cost(60, conditions);
        assert!(more * 10 <= one * 12, "{one} steps under one condition, {more} under {conditions}");
    }
}

/// Resources and conditions together.
#[test]
fn steps_grow_with_resources_and_conditions() {
    let (few, many) = (cost(20, 20), cost(200, 200));
    assert!(many <= 11 * few, "{few} steps under 20 conditions, {many} for ten times as much under 200");
}
