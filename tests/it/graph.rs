//! `lw graph`: what is drawn, and how.

use std::fmt::Write;

use crate::lw::{Folder, repository};

fn web(format: &str) -> String {
    let example = repository().join("examples/web");
    let folder = Folder::new();
    folder.lw(&["graph", "--format", format, &example.to_string_lossy()]).expect(0).out
}

#[test]
fn resources_are_grouped_by_the_module_that_makes_them() {
    let svg = web("svg");
    for module in ["main", "Web.Network", "Web.Storage", "Web.Alarms"] {
        assert!(svg.contains(&format!(">{module}</text></g>")), "{module}");
    }
    assert!(web("dot").contains("subgraph cluster_0 {\n  label=\"Web.Alarms\";"));
    assert!(web("mermaid").contains("  subgraph g0[\"Web.Alarms\"]\n"));
    assert!(web("html").contains("<button id=\"fit\">"));
}

#[test]
fn colours_say_what_policies_and_a_preview_say() {
    let source = |tenancy: &str, extra: &str| {
        format!(
            "composition\n\nimport AWS.EC2 as EC2\n\nvpc: EC2.VPC {{cidrBlock: \"10.0.0.0/16\", enableDnsSupport: {tenancy}}}\n{extra}\nvalidate named\n\n@policy {{id: \"named\"}}\nfun named(subnet: EC2.Subnet) -> Validation:\n  Validation.assert(\"no zone\", !Optional.isNone(subnet.availabilityZone))\n"
        )
    };
    let folder = Folder::with(&source("True", ""));
    folder.lw(&["apply", "--sim", "--yes", "main.lw"]).expect(0);
    let subnet = "\nnet: EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.1.0/24\"}\n";
    folder.write("main.lw", source("False", subnet));
    // A policy that fails is drawn, not refused.
    let svg = folder.lw(&["graph", "main.lw"]).expect(0).out;
    assert!(svg.contains("1 to create · 1 to update · 1 FAIL"), "{svg}");
    assert!(svg.contains("class=\"node update\"") && svg.contains("class=\"node create\""), "{svg}");
    assert!(svg.contains("<title>net (AWS::EC2::Subnet): create, FAIL</title>"), "{svg}");
    let dot = folder.lw(&["graph", "--format", "dot", "main.lw"]).expect(0).out;
    assert!(dot.contains("fillcolor=\"#e6f6ea\", color=\"#cf222e\""), "{dot}");
}

#[test]
fn two_hundred_resources_fit_a_picture_that_can_be_read() {
    let mut source =
        String::from("composition\n\nimport AWS.EC2 as EC2\n\nvpc: EC2.VPC {cidrBlock: \"10.0.0.0/8\"}\n\n");
    for number in 0..100 {
        let _ = writeln!(source, "net{number}: EC2.Subnet {{vpcId: vpc, cidrBlock: \"10.{number}.0.0/16\"}}\n");
        let _ = writeln!(
            source,
            "group{number}: EC2.SecurityGroup {{vpcId: vpc, groupDescription: net{number}.availabilityZone ?| \"g\"}}\n"
        );
    }
    let folder = Folder::with(&source);
    let svg = folder.lw(&["graph", "main.lw"]).expect(0).out;
    assert_eq!(svg.matches("data-node=").count(), 201);
    let attribute = |name: &str| {
        let rest = &svg[svg.find(&format!(" {name}=\"")).expect("an attribute") + name.len() + 3..];
        rest[..rest.find('"').expect("its end")].parse::<f64>().expect("a number")
    };
    let (width, height) = (attribute("width"), attribute("height"));
    assert!(height < 1_800.0 && width < 6_000.0, "{width} × {height}");
}
