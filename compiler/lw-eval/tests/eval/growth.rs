//! How work grows, in evaluator steps: those are the same on every machine, so a test may hold them.

use std::fmt::Write;

use lw_check::{Checked, ModuleSource, Modules, RootSource};
use lw_eval::{Counters, Options, evaluate};

use crate::harness::{Library, World};

/// The library, with the cloud rules of the services that a program uses in force.
struct WithRules;

impl Modules for WithRules {
    fn module(&self, name: &str) -> Option<ModuleSource> {
        Library.module(name)
    }

    fn names(&self) -> Vec<String> {
        Library.names()
    }

    fn cloud_rules(&self, name: &str) -> Vec<&'static str> {
        if name == "AWS.EC2" { vec!["Policy.Cloud.Tags", "Policy.Cloud.EC2"] } else { Vec::new() }
    }
}

/// What a program takes without rules, and with them.
fn counters(text: &str) -> (Counters, Counters) {
    let run = |modules: &dyn Modules| {
        let source = RootSource { file_name: "main.lw".into(), module: None, text: text.into() };
        let Checked { program, files, diagnostics, .. } = lw_check::check(&[source], modules);
        assert!(!diagnostics.iter().any(|found| found.is_error()), "{diagnostics:#?}\n{text}");
        let options = Options { composition: "test".to_string(), ..Options::default() };
        let evaluated = evaluate(&program, 0, &files, &World::default(), &options);
        assert!(!evaluated.diagnostics.iter().any(|found| found.is_error()), "{:#?}", evaluated.diagnostics);
        evaluated.counters
    };
    (run(&Library), run(&WithRules))
}

const HEAD: &str =
    "composition\n\nimport AWS\nimport AWS.EC2 as EC2\n\ndefaults {provider: AWS.provider {region: \"eu-west-1\"}}\n";

/// Groups of ten out of one function.
fn by_comprehension(resources: usize) -> String {
    format!(
        r#"{HEAD}
groups: {{("g\(Int.toString(number))"): newGroup(number) for number in List.range(0, {})}}

fun newGroup(number: Int):
  let fun tagged(member: String) -> Dictionary<String>: {{"Name": "g\(number)-\(member)", "env": "dev"}}
  let network: "10.\(number / 256).\(number % 256)"
  let vpc: EC2.VPC {{cidrBlock: "\(network).0/24", tags: tagged("vpc")}}
  let subnets: [
    EC2.Subnet {{vpcId: vpc, cidrBlock: "\(network).\(index * 64)/26", tags: tagged("subnet\(index)")}}
    for index in List.range(0, 3)
  ]
  let group: EC2.SecurityGroup {{
    vpcId: vpc,
    groupDescription: "sg \(number)",
    securityGroupIngress: [{{ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIp: "10.0.0.0/8"}}],
    tags: tagged("sg"),
  }}
  let instances: [
    EC2.Instance {{
      imageId: "ami-0123456789abcdef0",
      subnetId: List.elementAt(index % 3, subnets),
      securityGroupIds: [group],
      tags: tagged("inst\(index)"),
    }} for index in List.range(0, 4)
  ]
  {{vpc: vpc, subnets: subnets, group: group, routes: EC2.RouteTable {{vpcId: vpc}}, instances: instances}}
"#,
        resources / 10
    )
}

/// The networks and their subnets spelt out.
fn literal(resources: usize) -> String {
    let mut text = HEAD.to_string();
    for number in 0..resources / 2 {
        let network = format!("10.{}.{}", number / 256, number % 256);
        _ = write!(
            text,
            "\nvpc{number}: EC2.VPC {{cidrBlock: \"{network}.0/24\", tags: {{\"Name\": \"n{number}\"}}}}\n\nsubnet{number}: EC2.Subnet {{vpcId: vpc{number}, cidrBlock: \"{network}.0/26\"}}\n"
        );
    }
    text
}

/// Ten times the resources take at most ten times the steps and elements, and a hundredth for what is sorted.
fn assert_linear(program: fn(usize) -> String, steps_max: u64, steps_with_rules_max: u64) {
    let (small, small_with_rules) = counters(&program(1_000));
    let (large, large_with_rules) = counters(&program(10_000));
    for (small, large, most) in [(small, large, steps_max), (small_with_rules, large_with_rules, steps_with_rules_max)]
    {
        assert_eq!((small.resources, large.resources), (1_000, 10_000));
        assert!(large.steps <= small.steps * 10 + small.steps / 10, "steps: {small:?}, {large:?}");
        assert!(large.nodes <= small.nodes * 10 + small.nodes / 10, "elements: {small:?}, {large:?}");
        assert!(large.bytes <= small.bytes * 11, "bytes: {small:?}, {large:?}");
        assert_eq!(small.depth_max, large.depth_max);
        assert!(large.steps / large.resources <= most, "steps of a resource: {large:?}");
    }
}

#[test]
fn a_comprehension_grows_with_its_resources() {
    assert_linear(by_comprehension, 100, 400);
}

#[test]
fn a_literal_program_grows_with_its_resources() {
    assert_linear(literal, 10, 180);
}

#[test]
fn rules_about_other_types_take_nothing() {
    let vpc = |kind: &str| format!("{HEAD}\na: EC2.{kind}\n");
    let (without, with) = counters(&vpc("InternetGateway {tags: {\"Name\": \"a\"}}"));
    // The two rules about tags; none of the thirty about other types.
    assert!(with.steps > without.steps && with.steps <= without.steps + 120, "{without:?}, {with:?}");
}
