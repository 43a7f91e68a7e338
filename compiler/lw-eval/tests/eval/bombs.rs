//! Programs that are made to hurt: small texts whose values, types or work grow without end. Each ends in a diagnostic, on a stack of 2 MiB,
//! within what its limits allow; what it used is counted, so the outcome is the same on every machine.
//!
//! The limits here are a hundredth of the usual ones, so that a build without optimisation has little to do.

use std::fmt::Write;

use lw_check::{Checked, RootSource};
use lw_eval::{Counters, Limits, Options, evaluate};

use crate::harness::{Library, World};

fn limits() -> Limits {
    Limits { steps: 400_000, nodes: 80_000, bytes: 1 << 20, resources: 20_000, ..Limits::default() }
}

/// The codes of the errors of a program, and what evaluating it took.
fn outcome(text: &str) -> (Vec<&'static str>, Counters) {
    let source =
        RootSource { file_name: "main.lw".into(), module: None, text: format!("composition\n\n{text}").into() };
    let Checked { program, files, mut diagnostics, .. } = lw_check::check(&[source], &Library);
    let mut counters = Counters::default();
    if !diagnostics.iter().any(|found| found.is_error()) {
        let options =
            Options { limits: limits(), composition: "test".to_string(), wants_plan: true, ..Options::default() };
        let evaluated = evaluate(&program, 0, &files, &World::default(), &options);
        counters = evaluated.counters;
        diagnostics.extend(evaluated.diagnostics);
    }
    let mut codes = Vec::new();
    for found in diagnostics.iter().filter(|found| found.is_error()) {
        assert!(found.primary.is_some(), "no place: {}", found.message);
        assert!(found.message.len() < 10_000, "a message of {} bytes", found.message.len());
        if !codes.contains(&found.code) {
            codes.push(found.code);
        }
    }
    (codes, counters)
}

fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).expect("a thread starts");
    assert!(thread.join().is_ok(), "it panicked");
}

/// Each ends with exactly these codes, and used no more than it may.
fn all_end(bombs: &[(&str, &[&str])]) {
    let mut wrong = Vec::new();
    for (text, expected) in bombs {
        let (codes, counters) = outcome(text);
        let most = limits().with_resources(counters.resources);
        // What an operation takes is charged before it is done: one may go over the limit.
        if codes != *expected || counters.steps > most.steps * 2 || counters.resources > 20_001 {
            let shown: String = text.chars().take(300).collect();
            wrong.push(format!("{shown}\n{codes:?} instead of {expected:?}, {counters:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// `doubled(n)` holds `doubled(n - 1)` twice, which takes no room until it is written.
const SHARED: &str = "fun doubled(n: Int) -> List<Json>: if n == 0 then [] else twice(Json.document(doubled(n - 1)))\n\
                      fun twice(x: Json) -> List<Json>: [x, x]\n";

#[test]
fn work_without_end() {
    on_small_stack(|| {
        all_end(&[
            ("fun f(x: Int) -> Int: f(x + 1) + 1\nx: f(1)\n", &["LW0621"]),
            ("fun f(x: Int) -> List<Int>: f(x + 1) ++ [x]\nx: f(1)\n", &["LW0621"]),
            ("fun f(x: Int) -> Int: if x < 2 then 1 else f(x - 1) + f(x - 2)\nx: f(100)\n", &["LW0620"]),
            (
                "fun f(m: Int, n: Int) -> Int: if m == 0 then n + 1 elif n == 0 then f(m - 1, 1) else f(m - 1, f(m, n - 1))\nx: f(3, 9)\n",
                &["LW0620"],
            ),
            ("x: List.reduce(fun(f, n): fun(x): f(f(x)), fun(x): x + 1, Int.range {to: 60})(1)\n", &["LW0620"]),
            ("x: x + 1\n", &["LW0602"]),
            ("type T: Int where f(self)\nfun f(x: Int) -> Bool: f(x + 1)\nInt one: 1\nT x: one + 1\n", &["LW0621"]),
        ]);
    });
}

#[test]
fn products_and_ranges() {
    on_small_stack(|| {
        all_end(&[
            ("x: Int.range {to: 1000000000000}\n", &["LW0622"]),
            ("xs: Int.range {to: 10000}\nx: [1 for a in xs for b in xs]\n", &["LW0622"]),
            ("xs: Int.range {to: 10000}\nx: [1 for a in xs for b in xs if False]\n", &["LW0620"]),
            ("xs: Int.range {to: 10000}\nx: List.cartesianProduct(xs, xs)\n", &["LW0622"]),
            ("x: List.reduce(fun(xs, n): xs ++ [n], [], Int.range {to: 10000})\n", &["LW0622"]),
            (
                "x: List.reduce(fun(d, n): Dictionary.insert(\"\\(n)\", n, d), Dictionary.empty, Int.range {to: 10000})\n",
                &["LW0622"],
            ),
        ]);
    });
}

#[test]
fn what_doubles() {
    let mut laughs = "a0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_string();
    for at in 0..12 {
        _ = writeln!(laughs, "a{}: List.flatten([{}])", at + 1, vec![format!("a{at}"); 10].join(", "));
    }
    on_small_stack(move || {
        all_end(&[
            (&laughs, &["LW0622"]),
            (
                "fun go(s: String, n: Int) -> String: if n == 0 then s else go(s ++ s, n - 1)\nx: go(\"0123456789\", 60)\n",
                &["LW0623"],
            ),
            (
                "fun go(s: String, n: Int) -> String: if n == 0 then s else go(\"\\(s)\\(s)\", n - 1)\nx: go(\"0123456789\", 60)\n",
                &["LW0623"],
            ),
            (
                "fun go(s: String, n: Int) -> String: if n == 0 then s else go(String.join(\"\", [s, s]), n - 1)\nx: go(\"0123456789\", 60)\n",
                &["LW0623"],
            ),
            (
                "fun go(s: String, n: Int) -> String: if n == 0 then s else go(Json.encode(s), n - 1)\nx: go(\"\\\"\", 64)\n",
                &["LW0623"],
            ),
            ("x: String.repeat(1000000000, \"a\")\n", &["LW0623"]),
            ("x: String.padLeft(1000000000, \"a\", \"\")\n", &["LW0623"]),
            (
                "x: Regex.sub {regex: Regex.new {pattern: \"a\"}, input: String.repeat(10000, \"a\"), replacement: fun(m): String.repeat(10000, \"a\")}\n",
                &["LW0622"],
            ),
        ]);
    });
}

#[test]
fn what_is_shared_is_not_written_exponentially_often() {
    let all: Vec<(String, &[&str])> = [
        ("x: Json.encode(doubled(64))\n", &["LW0620"][..]),
        ("x: Json.encodePretty(doubled(64))\n", &["LW0623"]),
        ("x: doubled(64) == doubled(64)\n", &["LW0620"]),
        // What nobody writes harms nobody.
        ("x: doubled(64)\n", &[]),
        ("x: String.length(String.print(doubled(64)))\n", &["LW0623"]),
        ("output o: doubled(64)\n", &["LW0633"]),
        ("import AWS.SQS as SQS\nq: SQS.Queue {redrivePolicy: Json.document(doubled(64))}\n", &["LW0633"]),
        ("x: error(String.print(doubled(14)))\n", &["LW0601"]),
    ]
    .into_iter()
    .map(|(text, codes)| (format!("{SHARED}{text}"), codes))
    .collect();
    on_small_stack(move || {
        let all: Vec<(&str, &[&str])> = all.iter().map(|(text, codes)| (text.as_str(), *codes)).collect();
        all_end(&all);
    });
}

#[test]
fn later_values_that_double() {
    on_small_stack(|| {
        all_end(&[(
            "import AWS.SQS as SQS\nq: SQS.Queue {}\n\
             fun go(s: String, n: Int) -> String: if n == 0 then s else twice(go(s, n - 1))\n\
             fun twice(s: String) -> String: \"\\(s)\\(s)\"\n\
             r: SQS.Queue {queueName: go(q.queueUrl, 64)}\n",
            &["LW0622"],
        )]);
    });
}

#[test]
fn resources_without_end() {
    on_small_stack(|| {
        all_end(&[
            (
                "import AWS.SQS as SQS\nx: [SQS.Queue {} for a in Int.range {to: 1000} for b in Int.range {to: 1000}]\n",
                &["LW0632"],
            ),
            (
                "import AWS.SQS as SQS\nfun f(x: Int) -> List<SQS.Queue>: if x < 2 then [SQS.Queue {}] else f(x - 1) ++ f(x - 2)\nx: f(100)\n",
                &["LW0632"],
            ),
        ]);
    });
}

#[test]
fn types_that_grow() {
    let chain = |first: &str, next: &dyn Fn(usize) -> String, last: &str, length: usize| {
        let mut text = first.to_string();
        (0..length).for_each(|at| text += &next(at));
        text + last
    };
    let all: Vec<(String, &[&str])> = vec![
        (chain("a0: fun(x): x\n", &|at| format!("a{}: (a{at}, a{at})\n", at + 1), "", 60), &["LW0236"]),
        (
            chain("fun f0(x: a): (x, x)\n", &|at| format!("fun f{}(x: a): f{at}(f{at}(x))\n", at + 1), "", 20),
            &["LW0236"],
        ),
        (
            chain(
                "x:\n  let a0: fun(x): x\n",
                &|at| format!("  let a{}: fun(y): (a{at}(y), a{at}(y))\n", at + 1),
                "  1\n",
                60,
            ),
            &["LW0236"],
        ),
        (
            chain(
                "type A0: Int\n",
                &|at| format!("type A{}: (A{at}, A{at})\n", at + 1),
                "fun f(x: A60) -> Int: 1\ny: f(1)\n",
                60,
            ),
            &["LW0205"],
        ),
        (
            chain(
                "type A0<a>: (a, a)\n",
                &|at| format!("type A{}<a>: A{at}<A{at}<a>>\n", at + 1),
                "fun f(x: A12<Int>) -> Int: 1\ny: f(1)\n",
                12,
            ),
            &["LW0205"],
        ),
        ("type A: B\ntype B: A\nA x: 1\n".to_string(), &["LW0220"]),
        ("type A<a>: A<(a, a)>\nA<Int> x: 1\n".to_string(), &["LW0220"]),
        ("x: (fun(f): f(f))(fun(f): f(f))\n".to_string(), &["LW0220"]),
        (format!("x: [1{}]\n", " for a in [1]".repeat(10_000)), &["LW0236"]),
        (format!("x: 1{}\n", " + 1".repeat(10_000)), &["LW0236"]),
        (format!("x: {{{}}}\n", (0..10_000).map(|at| format!("a{at}: 1, ")).collect::<String>()), &["LW0236"]),
    ];
    on_small_stack(move || {
        let all: Vec<(&str, &[&str])> = all.iter().map(|(text, codes)| (text.as_str(), *codes)).collect();
        all_end(&all);
    });
}

#[test]
fn of_many_mistakes_each_is_looked_into_once() {
    on_small_stack(|| {
        let unknown: String = (0..3_000).map(|at| format!("a{at}: b{at}\n")).collect();
        let (codes, _) = outcome(&unknown);
        assert_eq!(codes, ["LW0201"]);
        let missing: String = (0..3_000).map(|at| format!("import A{at}\n")).collect();
        let (codes, _) = outcome(&missing);
        assert_eq!(codes, ["LW0206"]);
    });
}
