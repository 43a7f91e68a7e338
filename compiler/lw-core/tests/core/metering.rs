use lw_core::*;

use crate::build::Build;

fn limit(build: &Build, limits: Limits) -> Limit {
    match build.show_with(limits) {
        Err(FailureKind::Limit { limit, .. }) => limit,
        other => panic!("{other:?}"),
    }
}

/// `double(x, n) = if n == 0 then x else double(x ++ x, n - 1)`, called with `start` and 60.
fn doubling(start: impl FnOnce(&mut Build) -> NodeId) -> Build {
    let mut build = Build::new();
    let (value, count) = (build.node(Node::Local(0)), build.node(Node::Local(1)));
    let (zero, one) = (build.int(0), build.int(1));
    let done = build.node(Node::Binary(Operator::Equal, count, zero));
    let twice = build.node(Node::Binary(Operator::Append, value, value));
    let less = build.node(Node::Binary(Operator::Subtract, count, one));
    let arguments = build.slice(&[twice, less]);
    let again = build.node(Node::CallFunction(FunctionId(0), arguments));
    let body = build.node(Node::If(done, value, again));
    build.function(2, 2, body);
    let (start, sixty) = (start(&mut build), build.int(60));
    let arguments = build.slice(&[start, sixty]);
    let call = build.node(Node::CallFunction(FunctionId(0), arguments));
    build.global("a", call);
    build
}

#[test]
fn what_doubles_stops_at_bytes_or_nodes() {
    let text = doubling(|build| build.text("0123456789"));
    let list = doubling(|build| {
        let one = build.int(1);
        build.list(&[one])
    });
    let limits = Limits { bytes: 1 << 20, nodes: 1 << 16, ..Limits::default() };
    assert_eq!(limit(&text, limits), Limit::Bytes);
    assert_eq!(limit(&list, limits), Limit::Nodes);
}

#[test]
fn endless_recursion_stops_at_depth_however_small_the_stack() {
    let mut build = Build::new();
    let (argument, one) = (build.node(Node::Local(0)), build.int(1));
    let next = build.node(Node::Binary(Operator::Add, argument, one));
    let arguments = build.slice(&[next]);
    let again = build.node(Node::CallFunction(FunctionId(0), arguments));
    let body = build.node(Node::Binary(Operator::Add, again, one));
    build.function(1, 1, body);
    let arguments = build.slice(&[one]);
    let call = build.node(Node::CallFunction(FunctionId(0), arguments));
    build.global("a", call);
    assert_eq!(limit(&build, Limits::default()), Limit::Depth);
}

#[test]
fn endless_work_stops_at_steps_and_what_follows_stops_at_once() {
    let mut build = Build::new();
    let (zero, many) = (build.int(0), build.int(3_000_000));
    let numbers = build.primitive("__listRepeat", &[many, zero]);
    let sum = build.primitive("__listSum", &[numbers]);
    build.global("a", sum);
    let one = build.int(1);
    build.global("b", one);
    let inputs = NoInputs;
    let mut machine = Machine::new(&build.program, &inputs, Limits { steps: 300_000, ..Limits::default() });
    match machine.global(GlobalId(0)) {
        Err(Some(failure)) => {
            assert!(matches!(failure.kind, FailureKind::Limit { limit: Limit::Steps, allowed: 300_000 }));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(machine.global(GlobalId(1)), Err(None)));
}

#[test]
fn the_same_program_takes_the_same_steps() {
    let build = doubling(|build| build.text(""));
    let counters = [0, 1].map(|_| {
        let inputs = NoInputs;
        let mut machine = Machine::new(&build.program, &inputs, Limits::default());
        machine.global(GlobalId(0)).expect("a value");
        machine.counters()
    });
    assert_eq!(counters[0], counters[1]);
    assert_eq!(counters[0].depth_max, 62);
}

#[test]
fn limits_grow_with_resources() {
    let limits = Limits::default();
    let none = limits.with_resources(0);
    assert_eq!((none.steps, none.nodes, none.bytes), (limits.steps, limits.nodes, limits.bytes));
    let million = limits.with_resources(1_000_000);
    assert!(million.steps > 1_000_000_000 && million.nodes > 300_000_000 && million.bytes > 4 << 30, "{million:?}");
}
