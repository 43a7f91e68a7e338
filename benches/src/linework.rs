//! The graph in Linework: every resource spelt out, or made by a comprehension.

use std::io::{self, Write};
use std::path::Path;

use crate::group::{ENVIRONMENTS, GROUP_SIZE, address_bytes, write_file};

/// What both forms begin with: imports, a provider, and a policy that looks at every security group.
const HEAD: &str = r#"composition

import AWS
import AWS.EC2 as EC2
import Net

defaults {provider: AWS.provider {region: "eu-west-1"}}

validate noOpenSsh

@policy {id: "no-open-ssh", severity: "high", title: "Port 22 is closed to the world"}
fun noOpenSsh(group: EC2.SecurityGroup) -> Validation:
  Validation.assert("port 22 is open to the world", !List.any(opensSsh, group.securityGroupIngress ?| []))

fun opensSsh(rule: EC2.SecurityGroup.Ingress) -> Bool:
  (rule.cidrIp ?| "") == "0.0.0.0/0" && (rule.fromPort ?| 0) <= 22 && (rule.toPort ?| 65535) >= 22
"#;

const IMAGE: &str = "ami-0123456789abcdef0";

/// What of the literal form differs from the plain one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Plain,
    /// One value is another: a tag of the last instance.
    Edited,
    /// A library, of which nothing is evaluated: what parsing and types alone cost.
    Library,
}

/// Every resource a binding of its own.
pub fn write_literal(path: &Path, resources: usize, variant: Variant) -> io::Result<()> {
    let groups = resources / GROUP_SIZE;
    write_file(path, |out| {
        match variant {
            Variant::Library => {
                let lines = HEAD.lines().filter(|line| *line != "composition" && !line.starts_with("defaults"));
                lines.into_iter().try_for_each(|line| writeln!(out, "{line}"))?;
            }
            Variant::Plain | Variant::Edited => out.write_all(HEAD.as_bytes())?,
        }
        (0..groups).try_for_each(|group| {
            let edited = variant == Variant::Edited && group + 1 == groups;
            write_group(out, group, if edited { "edited" } else { "inst3" })
        })
    })
}

fn write_group(out: &mut dyn Write, group: usize, last: &str) -> io::Result<()> {
    let (second, third) = address_bytes(group);
    let env = ENVIRONMENTS[group % 3];
    let tags = |member: &str| format!("tags: {{\"Name\": \"g{group:05}-{member}\", \"env\": \"{env}\"}},");
    writeln!(
        out,
        r#"
g{group:05}_vpc: EC2.VPC {{
  cidrBlock: "10.{second}.{third}.0/24",
  enableDnsSupport: True,
  enableDnsHostnames: True,
  instanceTenancy: "default",
  {}
}}"#,
        tags("vpc")
    )?;
    for subnet in 0..3 {
        writeln!(
            out,
            r#"
g{group:05}_subnet{subnet}: EC2.Subnet {{
  vpcId: g{group:05}_vpc,
  cidrBlock: "10.{second}.{third}.{}/26",
  availabilityZone: "eu-west-1{}",
  mapPublicIpOnLaunch: False,
  assignIpv6AddressOnCreation: False,
  {}
}}"#,
            subnet * 64,
            ["a", "b", "c"][subnet],
            tags(&format!("subnet{subnet}"))
        )?;
    }
    writeln!(
        out,
        r#"
g{group:05}_sg: EC2.SecurityGroup {{
  vpcId: g{group:05}_vpc,
  groupDescription: "sg {group}",
  securityGroupIngress: [
    {{ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIp: "10.0.0.0/8", description: "https"}},
  ],
  {}
}}

g{group:05}_rtb: EC2.RouteTable {{
  vpcId: g{group:05}_vpc,
  {}
}}"#,
        tags("sg"),
        tags("rtb")
    )?;
    for instance in 0..4 {
        writeln!(
            out,
            r#"
g{group:05}_inst{instance}: EC2.Instance {{
  imageId: "{IMAGE}",
  instanceType: "t3.micro",
  subnetId: g{group:05}_subnet{},
  securityGroupIds: [g{group:05}_sg],
  ebsOptimized: True,
  monitoring: True,
  {}
}}"#,
            instance % 3,
            tags(&if instance == 3 { last.to_string() } else { format!("inst{instance}") })
        )?;
    }
    Ok(())
}

/// One function for a group, and a dictionary of groups.
pub fn write_comprehension(path: &Path, resources: usize) -> io::Result<()> {
    let groups = resources / GROUP_SIZE;
    let width = groups.to_string().len().max(5);
    write_file(path, |out| {
        out.write_all(HEAD.as_bytes())?;
        write!(
            out,
            r#"
groups: {{(nameOf(number)): newGroup(number) for number in List.range(0, {groups})}}

type Group:
  vpc: EC2.VPC
  subnets: List<EC2.Subnet>
  group: EC2.SecurityGroup
  routes: EC2.RouteTable
  instances: List<EC2.Instance>

fun nameOf(number: Int) -> String: "g\(String.padLeft({width}, "0", Int.toString(number)))"

fun newGroup(number: Int) -> Group:
  let name: nameOf(number)
  let env: List.elementAt(number % 3, ["dev", "stage", "prod"])
  let fun tagged(member: String) -> Dictionary<String>: {{"Name": "\(name)-\(member)", "env": env}}
  let Cidr network: "10.\(number / 256 % 256).\(number % 256).0/24"
  let vpc: EC2.VPC {{
    cidrBlock: network,
    enableDnsSupport: True,
    enableDnsHostnames: True,
    instanceTenancy: "default",
    tags: tagged("vpc"),
  }}
  let subnets: [
    EC2.Subnet {{
      vpcId: vpc,
      cidrBlock: Net.subnet(network, 2, index),
      availabilityZone: zone,
      mapPublicIpOnLaunch: False,
      assignIpv6AddressOnCreation: False,
      tags: tagged("subnet\(index)"),
    }} for (index, zone) in List.enumerate(["eu-west-1a", "eu-west-1b", "eu-west-1c"])
  ]
  let group: EC2.SecurityGroup {{
    vpcId: vpc,
    groupDescription: "sg \(number)",
    securityGroupIngress: [
      {{ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIp: "10.0.0.0/8", description: "https"}},
    ],
    tags: tagged("sg"),
  }}
  {{
    vpc: vpc,
    subnets: subnets,
    group: group,
    routes: EC2.RouteTable {{vpcId: vpc, tags: tagged("rtb")}},
    instances: [
      EC2.Instance {{
        imageId: "{IMAGE}",
        instanceType: "t3.micro",
        subnetId: List.elementAt(index % 3, subnets),
        securityGroupIds: [group],
        ebsOptimized: True,
        monitoring: True,
        tags: tagged("inst\(index)"),
      }} for index in List.range(0, 4)
    ],
  }}
"#
        )
    })
}
