use lw_core::*;
use serde_json::json;

use crate::build::Build;

/// A rule: the id is `wanted`.
fn build(wanted: &str, noise: bool) -> Build {
    let mut build = Build::new();
    if noise {
        // What has nothing to do with the rule.
        build.name("zz");
        build.name("aa");
        let text = build.text("noise");
        build.global("noise", text);
    }
    let resource_type = build.resource_type();
    let id = build.name("id");
    let argument = build.node(Node::Local(0));
    let attribute = build.node(Node::Field(argument, id));
    let text = build.text(wanted);
    let equal = build.node(Node::Binary(Operator::Equal, attribute, text));
    let success = build.node(Node::Constructor(ConstructorId(0)));
    let reason = build.text("another id");
    let failure = build.node(Node::Construct(ConstructorId(1), reason));
    let body = build.node(Node::If(equal, success, failure));
    let function = build.function(1, 1, body);
    let function = build.node(Node::Function(function));
    build.global("rule", function);
    assert_eq!(resource_type, ResourceTypeId(0));
    build
}

fn package(build: &Build) -> Package {
    let inputs = NoInputs;
    let machine = Machine::new(&build.program, &inputs, Limits::default());
    let function = GlobalId(build.program.globals.len() as u32 - 1);
    let policy = Policy {
        id: "the-id".into(),
        severity: None,
        title: None,
        remediation: None,
        controls: Vec::new(),
        function,
        selector: Selector::Resource(ResourceTypeId(0)),
    };
    let waiver = PackagedWaiver { path: "w".into(), policy: "the-id".into(), reason: "old".into(), until: None };
    Package::new(&machine, vec![policy], &[ResourceTypeId(0)], vec![waiver])
}

#[test]
fn it_is_the_same_whatever_stood_beside_the_rule() {
    assert_eq!(package(&build("x", false)).write(), package(&build("x", true)).write());
    assert_ne!(package(&build("x", false)).write(), package(&build("y", false)).write());
}

#[test]
fn it_decides_once_the_attribute_is_known() {
    let written = package(&build("t-1", false)).write();
    let read = Package::read(&written).expect("what was written").expect("a package");
    let cases = [
        (json!({"SIZE": 1}), Verdict::Undecided),
        (json!({"SIZE": 1, "ID": "t-1"}), Verdict::Pass),
        (json!({"SIZE": 1, "ID": "t-2"}), Verdict::Fail),
        (json!({"ID": {"$get": ["r", "OTHER"]}, "OTHER": "t-1"}), Verdict::Pass),
        (json!({"ID": {"$get": ["elsewhere", "Id"]}}), Verdict::Undecided),
        (json!({"ID": {"$concat": ["t-", "1"]}}), Verdict::Pass),
        (json!({"ID": {"$select": [1, {"$split": [".", "a.t-1"]}]}}), Verdict::Pass),
        (json!({"ID": {"$secret": {"env": "X"}}}), Verdict::Undecided),
    ];
    for (properties, expected) in cases {
        let properties = properties.as_object().expect("an object");
        let one = Observed { path: "r", wire_type: "A::B::T", existing: false, properties };
        let judged = &read.check(&[one], Limits::default())[0];
        assert_eq!(judged.len(), 1);
        assert_eq!(judged[0].verdict, expected, "{properties:?}");
        assert_eq!(judged[0].path.as_deref(), Some("r"));
    }
}

#[test]
fn waivers_and_foreign_types_are_passed_over() {
    let package = package(&build("x", false));
    let properties = serde_json::Map::new();
    let resource = |path, wire_type, existing| Observed { path, wire_type, existing, properties: &properties };
    let resources = [resource("w", "A::B::T", false), resource("e", "A::B::T", true), resource("f", "C::D::E", false)];
    let judged = &package.check(&resources, Limits::default())[0];
    assert_eq!(judged.len(), 1);
    assert_eq!((judged[0].verdict, judged[0].waiver), (Verdict::Skip, Some(0)));
}

#[test]
fn another_version_is_refused() {
    let mut written = package(&build("x", false)).write();
    written[0]["core"] = json!(CORE_VERSION + 1);
    assert!(Package::read(&written).is_err());
    assert!(Package::read(&[]).expect("nothing to read").is_none());
}
