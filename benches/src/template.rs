//! A CloudFormation template of any size: networks, who runs in them, and where it writes; and rules for cfn-guard about the same types.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Resources of one group.
pub const GROUP: usize = 10;

/// Writes `resources` resources; with `conditions`, each exists under one of them.
pub fn write(path: &Path, resources: usize, conditions: usize) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    if conditions > 0 {
        writeln!(out, "Parameters:")?;
        for at in 0..conditions {
            writeln!(out, "  P{at}: {{Type: String}}")?;
        }
        writeln!(out, "Conditions:")?;
        for at in 0..conditions {
            writeln!(out, "  C{at}: !Equals [!Ref P{at}, x]")?;
        }
    }
    writeln!(out, "Resources:")?;
    for at in 0..resources {
        let (group, kind) = (at / GROUP, at % GROUP);
        let (name, wire, properties) = resource(group, kind);
        writeln!(out, "  {name}{group}:\n    Type: {wire}")?;
        if conditions > 0 {
            writeln!(out, "    Condition: C{}", group % conditions)?;
        }
        writeln!(out, "    Properties:\n{properties}")?;
    }
    out.flush()
}

/// Name, type and properties of one of a group.
fn resource(group: usize, kind: usize) -> (&'static str, &'static str, String) {
    match kind {
        0 => ("Vpc", "AWS::EC2::VPC", "      CidrBlock: 10.0.0.0/16".to_string()),
        1 => (
            "Subnet",
            "AWS::EC2::Subnet",
            format!("      VpcId: !Ref Vpc{group}\n      CidrBlock: 10.0.1.0/24\n      MapPublicIpOnLaunch: false"),
        ),
        2 => (
            "Group",
            "AWS::EC2::SecurityGroup",
            format!(
                "      GroupDescription: web\n      VpcId: !Ref Vpc{group}\n      SecurityGroupIngress:\n        - {{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8, Description: inside}}"
            ),
        ),
        3 => ("Bucket", "AWS::S3::Bucket", "      VersioningConfiguration: {Status: Enabled}".to_string()),
        4 => ("Queue", "AWS::SQS::Queue", "      VisibilityTimeout: 60".to_string()),
        5 => (
            "Role",
            "AWS::IAM::Role",
            "      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}".to_string(),
        ),
        6 => (
            "Function",
            "AWS::Lambda::Function",
            format!(
                "      Runtime: python3.12\n      Handler: index.handler\n      Role: !GetAtt Role{group}.Arn\n      Code: {{S3Bucket: code, S3Key: key}}\n      VpcConfig: {{SubnetIds: [!Ref Subnet{group}], SecurityGroupIds: [!Ref Group{group}]}}"
            ),
        ),
        7 => (
            "Log",
            "AWS::Logs::LogGroup",
            format!("      LogGroupName: !Sub '/aws/lambda/${{Function{group}}}'\n      RetentionInDays: 14"),
        ),
        8 => (
            "Instance",
            "AWS::EC2::Instance",
            format!("      ImageId: ami-0123456789abcdef0\n      InstanceType: t3.micro\n      SubnetId: !Ref Subnet{group}\n      SecurityGroupIds: [!Ref Group{group}]"),
        ),
        _ => ("Topic", "AWS::SNS::Topic", format!("      DisplayName: !GetAtt Queue{group}.QueueName")),
    }
}

/// Ten rules in the language of cfn-guard, each about a property of one type.
pub fn write_guard_rules(path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for (at, (wire, clause)) in [
        ("AWS::S3::Bucket", "BucketEncryption exists"),
        ("AWS::S3::Bucket", "VersioningConfiguration.Status == 'Enabled'"),
        ("AWS::S3::Bucket", "LoggingConfiguration exists"),
        ("AWS::SQS::Queue", "KmsMasterKeyId exists"),
        ("AWS::SNS::Topic", "KmsMasterKeyId exists"),
        ("AWS::Lambda::Function", "VpcConfig.SubnetIds !empty"),
        ("AWS::Lambda::Function", "DeadLetterConfig exists"),
        ("AWS::Logs::LogGroup", "KmsKeyId exists"),
        ("AWS::EC2::Instance", "EbsOptimized == true"),
        ("AWS::EC2::Subnet", "MapPublicIpOnLaunch != true"),
    ]
    .into_iter()
    .enumerate()
    {
        writeln!(
            out,
            "let found_{at} = Resources.*[ Type == '{wire}' ]\n\nrule rule_{at} when %found_{at} !empty {{\n  %found_{at}.Properties.{clause}\n}}\n"
        )?;
    }
    out.flush()
}
