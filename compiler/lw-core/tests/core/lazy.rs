use lw_core::*;

use crate::build::Build;

#[test]
fn a_global_that_needs_itself_is_a_cycle_with_its_chain() {
    let mut build = Build::new();
    let second = build.node(Node::Global(GlobalId(1)));
    build.global("a", second);
    let first = build.node(Node::Global(GlobalId(0)));
    build.global("b", first);
    match build.show() {
        Err(FailureKind::Cycle(frames)) => {
            let chain: Vec<FrameKind> = frames.iter().map(|frame| frame.what).collect();
            assert_eq!(chain, [FrameKind::Global(GlobalId(1)), FrameKind::Global(GlobalId(0))]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_local_is_evaluated_only_when_it_is_read() {
    let mut build = Build::new();
    let (one, zero) = (build.int(1), build.int(0));
    let bad = build.node(Node::Binary(Operator::Divide, one, zero));
    let name = build.name("bad");
    build.program.codes.push(Code { frame: 0, body: bad, name });
    let bindings = vec![(0, Binding::Lazy(CodeId(0), Slice::EMPTY))];
    for (read, fails) in [(false, false), (true, true)] {
        let body = if read { build.node(Node::Local(0)) } else { one };
        build.program.lets.push(Let { bindings: bindings.clone(), functions: Slice::EMPTY, recursive: false, body });
        let id = LetId(build.program.lets.len() as u32 - 1);
        let body = build.node(Node::Let(id));
        build.global("a", body);
        assert_eq!(build.show().is_err(), fails);
    }
}

#[test]
fn resources_may_refer_to_each_other() {
    let mut build = Build::new();
    let resource_type = build.resource_type();
    let id = build.name("id");
    let (first, second) = (build.node(Node::Global(GlobalId(0))), build.node(Node::Global(GlobalId(1))));
    let (to_first, to_second) = (build.node(Node::Attribute(first, id)), build.node(Node::Attribute(second, id)));
    let body = build.resource(resource_type, &[("other", to_second)]);
    build.global("a", body);
    let body = build.resource(resource_type, &[("other", to_first)]);
    build.global("b", body);
    let other = build.name("other");
    let body = build.node(Node::Field(first, other));
    build.global("c", body);
    assert_eq!(build.show().expect("a value"), "Optional(${b.id})");
}

#[test]
fn properties_that_need_each_other_are_a_cycle() {
    let mut build = Build::new();
    let resource_type = build.resource_type();
    let size = build.name("size");
    let own = build.node(Node::Global(GlobalId(0)));
    let read = build.node(Node::Field(own, size));
    let body = build.resource(resource_type, &[("size", read)]);
    build.global("a", body);
    build.global("b", read);
    assert!(matches!(build.show(), Err(FailureKind::Cycle(_))));
}

#[test]
fn a_mistake_is_reported_once() {
    let mut build = Build::new();
    let (one, zero) = (build.int(1), build.int(0));
    let bad = build.node(Node::Binary(Operator::Divide, one, zero));
    build.global("a", bad);
    let first = build.node(Node::Global(GlobalId(0)));
    build.global("b", first);
    let inputs = NoInputs;
    let mut machine = Machine::new(&build.program, &inputs, Limits::default());
    assert!(matches!(machine.global(GlobalId(0)), Err(Some(_))));
    assert!(matches!(machine.global(GlobalId(1)), Err(None)));
}

#[test]
fn a_later_value_stops_what_needs_it_and_names_where_it_comes_from() {
    let mut build = Build::new();
    let resource_type = build.resource_type();
    let id = build.name("id");
    let body = build.resource(resource_type, &[]);
    build.global("a", body);
    let resource = build.node(Node::Global(GlobalId(0)));
    let later = build.node(Node::Attribute(resource, id));
    let (one, two) = (build.int(1), build.int(2));
    let text = build.text("x");
    let equal = build.node(Node::Binary(Operator::Equal, later, text));
    let chosen = build.node(Node::If(equal, one, two));
    build.global("b", chosen);
    match build.show() {
        Err(FailureKind::Needs { later, operation: "`==`" }) => {
            assert!(matches!(later.term, Term::Get { attribute, .. } if attribute == id));
        }
        other => panic!("{other:?}"),
    }
    // The closed language takes it along instead.
    let joined = build.node(Node::Binary(Operator::Append, text, later));
    build.global("c", joined);
    assert_eq!(build.show().expect("a value"), "x${a.id}");
}
