use lw_core::*;

use crate::build::Build;

fn binary(operator: Operator, left: Node, right: Node) -> Result<String, FailureKind> {
    let mut build = Build::new();
    let (left, right) = (build.node(left), build.node(right));
    let body = build.node(Node::Binary(operator, left, right));
    build.global("a", body);
    build.show()
}

#[test]
fn arithmetic_is_checked() {
    let max = Node::Int(INT_MAX);
    let cases = [
        (Operator::Add, Node::Int(2), Node::Int(3), "5"),
        (Operator::Divide, Node::Int(-7), Node::Int(2), "-3"),
        (Operator::Remainder, Node::Int(-7), Node::Int(2), "-1"),
        (Operator::Power, Node::Int(2), Node::Int(52), "4503599627370496"),
        (Operator::Power, Node::Int(1), Node::Int(i64::MAX), "1"),
        (Operator::Add, Node::Float(0.5), Node::Float(0.25), "0.75"),
        (Operator::Multiply, Node::Duration(1000), Node::Int(90), "90s"),
        (Operator::Multiply, Node::Int(3), Node::Size(1 << 30), "3GiB"),
        (Operator::Divide, Node::Duration(3_600_000), Node::Duration(60_000), "60"),
        (Operator::Multiply, Node::Duration(3), Node::Float(0.5), "2ms"),
        (Operator::Multiply, Node::Float(1.5), Node::Size(1 << 30), "1536MiB"),
        (Operator::Divide, Node::Duration(1000), Node::Float(4.0), "250ms"),
        (Operator::Less, Node::Duration(1), Node::Duration(2), "True"),
        (Operator::GreaterOrEqual, Node::Size(1), Node::Size(2), "False"),
        (Operator::Subtract, max, max, "0"),
    ];
    for (operator, left, right, expected) in cases {
        assert_eq!(binary(operator, left, right).expect("a value"), expected, "{operator:?} {left:?} {right:?}");
    }
    for (operator, left, right) in [
        (Operator::Add, max, Node::Int(1)),
        (Operator::Multiply, max, max),
        (Operator::Power, Node::Int(2), Node::Int(53)),
        (Operator::Power, Node::Int(10), Node::Int(i64::MAX)),
        (Operator::Multiply, Node::Float(f64::MAX), Node::Float(2.0)),
        (Operator::Multiply, Node::Duration(INT_MAX), Node::Int(2)),
    ] {
        let failure = binary(operator, left, right);
        assert!(matches!(failure, Err(FailureKind::Overflow { .. })), "{operator:?} {left:?} {right:?}: {failure:?}");
    }
    for (left, right) in [(Node::Int(1), Node::Int(0)), (Node::Float(1.0), Node::Float(0.0))] {
        for operator in [Operator::Divide, Operator::Remainder] {
            assert!(matches!(binary(operator, left, right), Err(FailureKind::DivisionByZero)));
        }
    }
}

#[test]
fn equality_is_structural_and_a_missing_field_is_none() {
    let mut build = Build::new();
    let (one, none) = (build.int(1), build.node(Node::None));
    let left = build.record(&[("a", one), ("b", none)]);
    let right = build.record(&[("a", one)]);
    let body = build.node(Node::Binary(Operator::Equal, left, right));
    build.global("a", body);
    assert_eq!(build.show().expect("a value"), "True");
}

#[test]
fn functions_are_not_comparable() {
    let mut build = Build::new();
    let body = build.int(1);
    let function = build.function(0, 0, body);
    let (left, right) = (build.node(Node::Function(function)), build.node(Node::Function(function)));
    let body = build.node(Node::Binary(Operator::Equal, left, right));
    build.global("a", body);
    assert!(matches!(build.show(), Err(FailureKind::Incomparable)));
}

#[test]
fn values_print_as_they_are_written() {
    let mut build = Build::new();
    let (one, text) = (build.int(-1), build.text("a \"b\"\n"));
    let some = build.node(Node::Some(one));
    let some_text = build.node(Node::Some(text));
    let float = build.node(Node::Float(2.0));
    let list = build.list(&[some, some_text]);
    let dictionary = build.dictionary(&[("k v", float), ("a", one)]);
    let record = build.record(&[("z", list), ("b", dictionary)]);
    let failure = build.node(Node::Construct(ConstructorId(1), text));
    let unit = build.tuple(&[]);
    let body = build.tuple(&[record, failure, unit]);
    build.global("a", body);
    assert_eq!(
        build.show().expect("a value"),
        r#"({b: {"a": -1, "k v": 2.0}, z: [Optional(-1), Optional "a \"b\"\n"]}, Failure "a \"b\"\n", ())"#
    );
}

#[test]
fn a_dictionary_has_each_key_once() {
    let mut build = Build::new();
    let one = build.int(1);
    let body = build.dictionary(&[("a", one), ("b", one), ("a", one)]);
    build.global("a", body);
    assert!(matches!(build.show(), Err(FailureKind::DuplicateKey(key)) if &*key == "a"));
}

#[test]
fn a_value_of_any_depth_can_be_dropped() {
    // Each step wraps the value once more; as one recursion, dropping it would need hundreds of megabytes of stack.
    let mut value = Value::None;
    for step in 0..1_000_000 {
        value = match step % 3 {
            0 => Value::some(value),
            1 => Value::list(vec![value, Value::Int(1)]),
            _ => Value::dictionary([("k".into(), value)]),
        };
    }
    drop(value);
}
