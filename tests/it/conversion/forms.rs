//! What a template says in forms of its own, imported and emitted as a user would: loops, secrets, names.

use crate::lw::Folder;

use super::graph::Graph;
use super::settings::World;

/// Imports a template, checks what comes of it, and gives the program and the template that comes back.
fn there_and_back(folder: &Folder, template: &str) -> (String, String) {
    folder.write("template.yaml", template);
    folder.lw(&["import", "cloudformation", "template.yaml", "-o", "main.lw"]).expect(0);
    let program = folder.read("main.lw");
    folder.lw(&["fmt", "--check", "main.lw"]).expect(0);
    if program.contains("\nlookup ") {
        folder.lw(&["lock", "--sim", "main.lw"]).expect(0);
    }
    folder.lw(&["check", "main.lw"]).expect(0);
    folder.lw(&["build", "main.lw", "--emit", "cloudformation", "-o", "again.yaml"]).expect(0);
    let again = folder.read("again.yaml");
    (program, again)
}

#[track_caller]
fn assert_same(folder: &Folder) {
    let world: World = vec![("AWS::Region".to_string(), "us-east-1".to_string())];
    let read = |name: &str| Graph::of(&folder.path().join(name), &world).expect("a template that is read");
    let differences = read("template.yaml").differences(&read("again.yaml"));
    assert!(differences.is_empty(), "{}\n{}", differences.join("\n"), folder.read("again.yaml"));
}

const LOOPS: &str = "Transform: AWS::LanguageExtensions
Parameters:
  Stages:
    Type: CommaDelimitedList
    Default: dev,prod
Resources:
  # A queue for each stage.
  Fn::ForEach::Queues:
    - Stage
    - !Ref Stages
    - Queue${Stage}:
        Type: AWS::SQS::Queue
        Properties:
          QueueName: !Sub jobs-${Stage}
          Tags:
            - {Key: Stage, Value: !Ref Stage}
  Fn::ForEach::Topics:
    - Name
    - [Orders, Bills]
    - Topic${Name}:
        Type: AWS::SNS::Topic
        Properties:
          DisplayName: !Sub 'All ${Name} of ${AWS::StackName}'
      Policy${Name}:
        Type: AWS::SNS::TopicPolicy
        Properties:
          Topics: [!Ref 'Topic${Name}']
          PolicyDocument:
            Statement:
              - Effect: Allow
                Principal: {Service: events.amazonaws.com}
                Action: sns:Publish
                Resource: !Ref 'Topic${Name}'
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      ComparisonOperator: GreaterThanThreshold
      EvaluationPeriods: 1
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Period: 60
      Statistic: Sum
      Threshold: 1
      AlarmActions: [!Ref TopicBills]
      Dimensions:
        - {Name: QueueName, Value: !GetAtt Queuedev.QueueName}
";

#[test]
fn a_loop_is_a_comprehension() {
    let folder = Folder::new();
    let (program, again) = there_and_back(&folder, LOOPS);
    assert!(program.contains("Dictionary<SQS.Queue> queues: {"), "{program}");
    assert!(program.contains("for stage in stages"), "{program}");
    assert!(program.contains("for name in [\"Orders\", \"Bills\"]"), "{program}");
    assert!(program.contains("Dictionary.find(\"Bills\", topic)"), "{program}");
    assert!(program.contains("# A queue for each stage."), "{program}");
    assert!(again.contains("  TopicBills:\n") && again.contains("  Queueprod:\n"), "{again}");
    assert_same(&folder);
    // Another list makes other resources.
    folder
        .lw(&["build", "main.lw", "--emit", "cloudformation", "--set", "stages=[\"dev\", \"test\"]", "-o", "more.yaml"])
        .expect(0);
    let more = folder.read("more.yaml");
    assert!(more.contains("  Queuetest:\n") && !more.contains("Queueprod"), "{more}");
}

#[test]
fn a_loop_whose_names_are_put_together_is_written_out() {
    let folder = Folder::new();
    let template = "Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Queues:
    - Name
    - ['a-b', c]
    - Queue&{Name}:
        Type: AWS::SQS::Queue
        Properties: {QueueName: !Ref Name}
";
    let (program, _) = there_and_back(&folder, template);
    assert!(program.contains("queueab: SQS.Queue") && program.contains("queuec: SQS.Queue"), "{program}");
    assert_same(&folder);
}

const SECRETS: &str = "Parameters:
  Own: {Type: String, Default: ''}
  Secret: {Type: String, Default: shop/database}
Conditions:
  HasOwn: !Not [!Equals [!Ref Own, '']]
Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceClass: db.t4g.micro
      Engine: mysql
      AllocatedStorage: '20'
      MasterUsername: admin
      MasterUserPassword: !If
        - HasOwn
        - !Ref Own
        - !Join ['', ['{{resolve:secretsmanager:', !Ref Secret, ':SecretString:password}}']]
  Other:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceClass: db.t4g.micro
      Engine: mysql
      AllocatedStorage: '20'
      MasterUsername: admin
      MasterUserPassword: '{{resolve:ssm-secure:/shop/password}}'
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: 'Of {{resolve:ssm:/shop/name}}'}
";

#[test]
fn what_is_resolved_is_a_secret_or_a_lookup() {
    let folder = Folder::new();
    let (program, again) = there_and_back(&folder, SECRETS);
    for part in [
        "AWS.secret {name: secret, field: \"password\"}",
        "Secret.text(own)",
        "Secret.parameter(\"/shop/password\")",
        "AWS.parameter {name: \"/shop/name\"}",
    ] {
        assert!(program.contains(part), "{part}: {program}");
    }
    for part in [
        "{{resolve:secretsmanager:${Secret}:SecretString:password}}",
        "{{resolve:ssm-secure:/shop/password}}",
        "DisplayName: 'Of {{resolve:ssm:/shop/name}}'",
    ] {
        assert!(again.contains(part), "{part}: {again}");
    }
    assert_same(&folder);
}

#[test]
fn names_that_a_stack_knows_are_kept() {
    let folder = Folder::new();
    let template = "Parameters:
  DBName: {Type: String, Default: shop}
Mappings:
  RegionMap:
    us-east-1: {Zone: Z1}
    eu-west-1: {Zone: Z2}
Resources:
  5xxAlarm:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !Ref DBName}
  VPC:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !FindInMap [RegionMap, !Ref 'AWS::Region', Zone]}
  Vault:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: !Ref DBName}
  Plan:
    Type: AWS::Backup::BackupPlan
    Properties:
      BackupPlan:
        BackupPlanName: daily
        BackupPlanRule:
          - {RuleName: daily, TargetBackupVault: !Ref Vault}
Outputs:
  VPCTopic:
    Value: !Ref VPC
    Export: {Name: !Sub '${AWS::StackName}-VPCTopic'}
";
    let (program, again) = there_and_back(&folder, template);
    assert!(program.contains("@id(\"VPC\")\nvpc: SNS.Topic"), "{program}");
    assert!(program.contains("@id(\"DBName\")\nparameter String dbName"), "{program}");
    for part in [
        "  DBName:\n",
        "  '5xxAlarm':\n",
        "  VPC:\n",
        "  VPCTopic:\n",
        "${AWS::StackName}-VPCTopic",
        "Mappings:\n  RegionMap:\n",
        "TargetBackupVault: !Ref Vault",
    ] {
        assert!(again.contains(part), "{part}: {again}");
    }
    assert_same(&folder);
}

#[test]
fn rules_that_close_a_circle_are_resources_of_their_own() {
    let folder = Folder::with(
        "composition\n\nimport AWS.EC2 as EC2\n\nparameter Id<\"AWS::EC2::VPC\"> network: \"vpc-0a1b2c3d\"\n\n\
         left: EC2.SecurityGroup {\n  groupDescription: \"left\",\n  vpcId: network,\n  securityGroupEgress: [\n    \
         {ipProtocol: \"tcp\", fromPort: 80, toPort: 80, destinationSecurityGroupId: right.groupId},\n  ],\n}\n\n\
         right: EC2.SecurityGroup {\n  groupDescription: \"right\",\n  vpcId: network,\n  securityGroupIngress: [\n    \
         {ipProtocol: \"tcp\", fromPort: 80, toPort: 80, sourceSecurityGroupId: left.groupId},\n    \
         {ipProtocol: \"tcp\", fromPort: 22, toPort: 22, cidrIp: \"10.0.0.0/8\"},\n  ],\n}\n",
    );
    let template = folder.lw(&["build", "main.lw", "--emit", "cloudformation"]).expect(0).out;
    let rules = template.matches("Type: AWS::EC2::SecurityGroupIngress").count()
        + template.matches("Type: AWS::EC2::SecurityGroupEgress").count();
    assert_eq!(rules, 1, "{template}");
    assert_eq!(template.matches("FromPort: 80").count(), 2, "{template}");
    // A group without any rule for what leaves it would let out everything.
    assert!(template.contains("SecurityGroupEgress:\n"), "{template}");
    folder.write("again.yaml", &template);
    folder.lw(&["check", "again.yaml"]).expect(0);
}
