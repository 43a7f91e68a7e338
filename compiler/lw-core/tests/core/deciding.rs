//! What a rule can say about a resource whose attribute `id` is not known.

use lw_core::*;

use crate::build::Build;

/// A rule over one argument, asked about a resource of size 5.
fn rule(body: impl FnOnce(&mut Build, NodeId, NodeId) -> NodeId) -> Verdict {
    let mut build = Build::new();
    let resource_type = build.resource_type();
    let five = build.int(5);
    let resource = build.resource(resource_type, &[("size", five)]);
    build.global("r", resource);
    let (id, size) = (build.name("id"), build.name("size"));
    let argument = build.node(Node::Local(0));
    let attribute = build.node(Node::Attribute(argument, id));
    let text = build.text("x");
    let unknown = build.node(Node::Binary(Operator::Equal, attribute, text));
    let read = build.node(Node::Field(argument, size));
    let wanted = build.node(Node::Some(five));
    let known = build.node(Node::Binary(Operator::Equal, read, wanted));
    let body = body(&mut build, unknown, known);
    let function = build.function(1, 4, body);
    let function = build.node(Node::Function(function));
    build.global("f", function);
    build.judge().0
}

fn bad(build: &mut Build) -> NodeId {
    let (one, zero) = (build.int(1), build.int(0));
    let bad = build.node(Node::Binary(Operator::Divide, one, zero));
    build.node(Node::Binary(Operator::Equal, bad, one))
}

fn verdict(build: &mut Build, constructor: u32) -> NodeId {
    let text = build.text("no");
    match constructor {
        0 => build.node(Node::Constructor(ConstructorId(0))),
        _ => build.node(Node::Construct(ConstructorId(1), text)),
    }
}

#[test]
fn connectives_are_decided_by_one_side() {
    assert_eq!(rule(|_, unknown, _| unknown), Verdict::Undecided);
    assert_eq!(rule(|_, _, known| known), Verdict::Pass);
    assert_eq!(rule(|build, unknown, known| build.node(Node::Or(unknown, known))), Verdict::Pass);
    assert_eq!(rule(|build, unknown, known| build.node(Node::And(unknown, known))), Verdict::Undecided);
    let falsified = |build: &mut Build, known| build.node(Node::Not(known));
    assert_eq!(
        rule(|build, unknown, known| {
            let not = falsified(build, known);
            build.node(Node::And(unknown, not))
        }),
        Verdict::Fail
    );
    assert_eq!(rule(|build, unknown, _| build.node(Node::Not(unknown))), Verdict::Undecided);
}

#[test]
fn branches_that_agree_decide() {
    for (then, otherwise, expected) in
        [(0, 0, Verdict::Pass), (1, 1, Verdict::Fail), (0, 1, Verdict::Undecided), (1, 0, Verdict::Undecided)]
    {
        let found = rule(|build, unknown, _| {
            let (then, otherwise) = (verdict(build, then), verdict(build, otherwise));
            build.node(Node::If(unknown, then, otherwise))
        });
        assert_eq!(found, expected, "{then} {otherwise}");
    }
}

#[test]
fn a_mistake_in_a_branch_that_may_not_run_is_none() {
    let found = rule(|build, unknown, known| {
        let bad = bad(build);
        let guarded = build.node(Node::And(unknown, bad));
        build.node(Node::Or(guarded, known))
    });
    assert_eq!(found, Verdict::Pass);
}

#[test]
fn the_budget_of_forks_ends_undecided() {
    let found = rule(|build, unknown, _| {
        let mut body = verdict(build, 0);
        for _ in 0..8 {
            // Both arms hold the rest: twice as many ways with each level.
            body = build.node(Node::If(unknown, body, body));
        }
        body
    });
    assert_eq!(found, Verdict::Undecided);
}

#[test]
fn ids_of_two_resources_of_a_type_differ() {
    let mut build = Build::new();
    let resource_type = build.resource_type();
    let id = build.name("id");
    let (first, second) = (build.resource(resource_type, &[]), build.resource(resource_type, &[]));
    let (left, right) = (build.node(Node::Attribute(first, id)), build.node(Node::Attribute(second, id)));
    let differ = build.node(Node::Binary(Operator::NotEqual, left, right));
    build.global("a", differ);
    assert_eq!(build.show().expect("a value"), "True");
}
