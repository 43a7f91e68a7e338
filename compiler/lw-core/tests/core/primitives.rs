//! Primitives by what they give; those with functions as arguments are tested through the library.

use lw_core::*;
use serde_json::{Value as Json, json};

use crate::build::Build;

/// JSON as core: a string is text, an array a list, an object a dictionary, null None, `["$some", x]` an Optional, `["$tuple", …]` a tuple.
fn node(build: &mut Build, json: &Json) -> NodeId {
    match json {
        Json::Null => build.node(Node::None),
        Json::Bool(value) => build.node(Node::Bool(*value)),
        Json::Number(number) => match number.as_i64() {
            Some(value) => build.int(value),
            None => build.node(Node::Float(number.as_f64().expect("a number"))),
        },
        Json::String(text) => build.text(text),
        Json::Array(items) => match items.first().and_then(Json::as_str) {
            Some("$some") => {
                let inner = node(build, &items[1]);
                build.node(Node::Some(inner))
            }
            Some("$tuple") => {
                let nodes: Vec<NodeId> = items[1..].iter().map(|item| node(build, item)).collect();
                build.tuple(&nodes)
            }
            _ => {
                let nodes: Vec<NodeId> = items.iter().map(|item| node(build, item)).collect();
                build.list(&nodes)
            }
        },
        Json::Object(entries) => {
            let entries: Vec<(&str, NodeId)> =
                entries.iter().map(|(key, value)| (key.as_str(), node(build, value))).collect();
            build.dictionary(&entries)
        }
    }
}

fn run(name: &str, arguments: &[Json]) -> Result<String, FailureKind> {
    let mut build = Build::new();
    let arguments: Vec<NodeId> = arguments.iter().map(|argument| node(&mut build, argument)).collect();
    let body = build.primitive(name, &arguments);
    build.global("a", body);
    build.show()
}

#[test]
fn they_give_what_the_library_promises() {
    let some = |json: Json| json!(["$some", json]);
    let cases: &[(&str, &[Json], &str)] = &[
        ("__listLength", &[json!([1, 2])], "2"),
        ("__listHead", &[json!([])], "None"),
        ("__listTail", &[json!([1, 2])], "Optional [2]"),
        ("__listUncons", &[json!([1, 2])], "Optional(1, [2])"),
        ("__listSafeIndex", &[json!([1]), json!(-1)], "None"),
        ("__listSlice", &[some(json!(-2)), json!(null), json!([1, 2, 3])], "[2, 3]"),
        ("__listSlice", &[some(json!(1)), some(json!(9)), json!([1, 2, 3])], "[2, 3]"),
        ("__listSlice", &[some(json!(7)), json!(null), json!([1, 2, 3])], "[]"),
        ("__listDrop", &[json!(-1), json!([1])], "[1]"),
        ("__listTake", &[json!(5), json!([1])], "[1]"),
        ("__listZip", &[json!([1, 2]), json!(["a"])], "[(1, \"a\")]"),
        ("__listSort", &[json!([3, -1, 2])], "[-1, 2, 3]"),
        ("__listSort", &[json!(["b", "ä", "a"])], "[\"a\", \"b\", \"ä\"]"),
        ("__listUnique", &[json!([1, 1, 2, 1])], "[1, 2]"),
        ("__listMember", &[json!(2), json!([1, 2])], "True"),
        ("__listSum", &[json!([1, 2, 3])], "6"),
        ("__intRange", &[json!(0), json!(5), json!(2)], "[0, 2, 4]"),
        ("__intRange", &[json!(5), json!(0), json!(-2)], "[5, 3, 1]"),
        ("__intRange", &[json!(1), json!(1), json!(1)], "[]"),
        ("__stringLength", &[json!("äöü€")], "4"),
        ("__stringSlice", &[some(json!(1)), some(json!(1)), json!("äöü")], "\"ö\""),
        ("__stringDrop", &[json!(9), json!("ab")], "\"\""),
        ("__stringSplit", &[json!(","), json!("a,,b")], "[\"a\", \"\", \"b\"]"),
        ("__stringJoin", &[json!("-"), json!(["a", "b"])], "\"a-b\""),
        ("__stringToInt", &[json!("-1_000")], "Optional(-1000)"),
        ("__stringToInt", &[json!("9007199254740992")], "None"),
        ("__stringToFloat", &[json!("inf")], "None"),
        ("__stringPadLeft", &[json!(4), json!("ab"), json!("x")], "\"abax\""),
        ("__dictionaryMerge", &[json!({"a": 1}), json!({"a": 2, "b": 3})], "{\"a\": 1, \"b\": 3}"),
        ("__dictionaryDelete", &[json!("a"), json!({"a": 1})], "{}"),
        ("__dictionaryFromList", &[json!([["$tuple", "a", 1], ["$tuple", "a", 2]])], "{\"a\": 2}"),
        ("__jsonEncode", &[json!({"b": 1.0, "a": [true, "x"]})], r#""{\"a\":[true,\"x\"],\"b\":1}""#),
        ("__jsonDecode", &[json!("{\"a\": null}")], "Optional {\"a\": None}"),
        ("__jsonDecode", &[json!("{")], "None"),
        ("__base64Encode", &[json!("abc")], "\"YWJj\""),
        ("__base64Decode", &[json!("YWJj")], "\"abc\""),
        ("__intShiftLeft", &[json!(1), json!(10)], "1024"),
        ("__intXor", &[json!(6), json!(3)], "5"),
        ("__floatRound", &[json!(-2.5)], "-3"),
        ("__netSubnet", &[json!("10.0.0.0/16"), json!(8), json!(255)], "\"10.0.255.0/24\""),
        (
            "__netSubnets",
            &[json!("10.0.0.0/24"), json!([2, 4, 1])],
            "[\"10.0.0.0/26\", \"10.0.0.64/28\", \"10.0.0.128/25\"]",
        ),
        ("__netAddress", &[json!("10.0.0.0/24"), json!(-1)], "\"10.0.0.255\""),
        ("__netSize", &[json!("::/0")], "9007199254740991"),
        ("__netContains", &[json!("10.0.0.0/8"), json!("10.1.2.3")], "True"),
        ("__regexIsMatch", &[json!("^A"), json!(false), json!(true), json!("b\na")], "True"),
        ("__regexSplit", &[json!(","), json!(true), json!(false), json!("a,b,c"), some(json!(2))], "[\"a\", \"b,c\"]"),
        ("__templateRender", &[json!("{{a}}-{{{a}}}"), json!({"a": "<"}), json!(true), json!(true)], "\"&lt;-<\""),
        (
            "__templateRender",
            &[
                json!("{{#xs}}[{{n}}{{y}}]{{/xs}}{{! no }}"),
                json!({"xs": [{"n": 1}, {"n": 2}], "y": "!"}),
                json!(true),
                json!(false),
            ],
            "\"[1!][2!]\"",
        ),
    ];
    for (name, arguments, expected) in cases {
        match run(name, arguments) {
            Ok(found) => assert_eq!(found, *expected, "{name}"),
            Err(failure) => panic!("{name}: {failure:?}"),
        }
    }
}

#[test]
fn they_say_what_they_cannot_work_with() {
    let cases: &[(&str, &[Json], &str)] = &[
        ("__listIndex", &[json!([1]), json!(1)], "the list has no element at position 1"),
        ("__intRange", &[json!(0), json!(1), json!(0)], "a range needs a step other than 0"),
        ("__netSubnet", &[json!("10.0.0.0"), json!(1), json!(0)], "`10.0.0.0` is not a network such as 10.0.0.0/16"),
        ("__netSubnet", &[json!("10.0.0.0/31"), json!(2), json!(0)], "`10.0.0.0/31` has no 2 further bits"),
        ("__netAddress", &[json!("10.0.0.0/30"), json!(4)], "`10.0.0.0/30` has no address 4"),
        (
            "__netSubnets",
            &[json!("10.0.0.0/30"), json!([1, 1, 1])],
            "`10.0.0.0/30` has no room for the subnet at position 2",
        ),
        ("__base64Decode", &[json!("/w==")], "the decoded bytes are not UTF-8 text"),
        (
            "__templateRender",
            &[json!("{{a}}"), json!({}), json!(true), json!(false)],
            "the template needs `a`, which its data has not",
        ),
        (
            "__templateRender",
            &[json!("{{#a}}"), json!({}), json!(true), json!(false)],
            "the section `a` of the template is not closed",
        ),
        (
            "__regexIsMatch",
            &[json!("(a+)+\\1$"), json!(true), json!(false), json!("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")],
            "the search was given up after 1000000 attempts",
        ),
    ];
    for (name, arguments, expected) in cases {
        match run(name, arguments) {
            Err(FailureKind::Argument(reason)) => assert_eq!(reason, *expected, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn every_name_is_known_once_and_travels_by_name() {
    let mut names: Vec<&str> = primitives().collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for name in names {
        let found = primitive(name).expect(name);
        assert!(name.starts_with("__") && (1..=6).contains(&found.arity()), "{name}");
        let json = serde_json::to_string(&found).expect("a name");
        assert_eq!(serde_json::from_str::<Primitive>(&json).expect("the name"), found);
    }
}
