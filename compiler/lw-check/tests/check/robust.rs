//! Whatever is written, the checker answers: programs that are deep, long, circular or broken, and programs with seeded changes.

use std::fmt::Write;

use crate::cases::{cases, check_program};

/// Checks a program for the answer alone; gives the codes.
fn answer(program: &str) -> Vec<&'static str> {
    check_program(program, &[]).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// `before` × count, `middle`, `after` × count.
fn nested(before: &str, middle: &str, after: &str, count: usize) -> String {
    before.repeat(count) + middle + &after.repeat(count)
}

#[test]
fn deep_programs() {
    for count in [100, 400, 20_000] {
        answer(&format!("x: {}", nested("(", "1", ")", count)));
        answer(&format!("x: {}", nested("[", "1", "]", count)));
        answer(&format!("x: {}", nested("{a: ", "1", "}", count)));
        answer(&format!("x: {}", nested("f(", "1", ")", count)));
        answer(&format!("x: {}", nested("if True then ", "1", " else 2", count)));
        answer(&format!("x: {}", nested("fun(y): ", "1", "", count)));
        answer(&format!("x: y{}", ".a".repeat(count)));
        answer(&format!("x: y{}", ".A".repeat(count)));
        answer(&format!("x: {}1", "-".repeat(count)));
        answer(&format!("x: {}1", "1 + ".repeat(count)));
        answer(&format!("x: {}\"a\"", "\"a\" ++ ".repeat(count)));
        answer(&format!("{} x: None", nested("Optional<", "Int", ">", count)));
        answer(&format!("{} x: None", nested("(Int, ", "Int", ")", count)));
        answer(&format!("fun f(x: {}) -> Int: 1", nested("fun(", "Int", ") -> Int", count)));
        let pattern = nested("Optional (", "x", ")", count);
        answer(&format!("x: case None of\n  | {pattern} -> 1\n  | _ -> 2"));
        answer(&format!("x: \"{}\"", nested("\\(\"", "a", "\")", count)));
    }
}

#[test]
fn long_programs() {
    let mut program = String::new();
    for at in 0..5_000 {
        let _ = writeln!(program, "v{at}: v{} + 1", at + 1);
    }
    program += "v5000: 1\n";
    assert_eq!(answer(&program), [""; 0]);

    let mut program = String::new();
    for at in 0..2_000 {
        let _ = writeln!(program, "f{at}: fun(x): f{}(x)", (at + 1) % 2_000);
    }
    assert_eq!(answer(&program), [""; 0]);

    let mut program = "x:\n".to_string();
    for at in 0..2_000 {
        let _ = writeln!(program, "  let a{at}: fun(n): a{}(n)", (at + 1) % 2_000);
    }
    program += "  a0(1)\n";
    assert_eq!(answer(&program), [""; 0]);

    let items = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    assert_eq!(answer(&format!("List<Int> x: [{items}]")), [""; 0]);
    let arms: String = (0..2_000).map(|n| format!("  | {n} -> {n}\n")).collect();
    assert_eq!(answer(&format!("x: case 1 of\n{arms}  | _ -> 0\n")), [""; 0]);
    let constructors: String = (0..500).map(|n| format!("  | C{n}\n")).collect();
    let arms: String = (0..500).map(|n| format!("    | C{n} -> {n}\n")).collect();
    assert_eq!(answer(&format!("type T:\n{constructors}fun f(t: T) -> Int:\n  case t of\n{arms}")), [""; 0]);
}

/// Types whose written form would be of exponential size.
#[test]
fn types_that_share_parts() {
    let mut program = "composition\nt0: fun(x): x\n".to_string();
    for at in 1..60 {
        let _ = writeln!(program, "t{at}: (t{}, t{})", at - 1, at - 1);
    }
    program += "Int wrong: t59\nsame: t59 == t59\n";
    assert!(answer(&program).contains(&"LW0236"));

    let mut program = "composition\na0: 1\nb0: 1\n".to_string();
    for at in 1..60 {
        let before = at - 1;
        let _ = writeln!(program, "a{at}: {{l: a{before}, r: a{before}}}\nb{at}: {{l: b{before}, r: b{before}}}");
    }
    program += "same: a59 == b59\nlist: [a59, b59]\n";
    assert_eq!(answer(&program), [""; 0]);

    let mut program = "x:\n".to_string();
    program += "  let g0: fun(x): (x, x)\n";
    for at in 1..40 {
        let _ = writeln!(program, "  let g{at}: fun(x): g{}(g{}(x))", at - 1, at - 1);
    }
    program += "  1\n";
    assert!(answer(&program).contains(&"LW0236"));

    let mut program = "composition\n".to_string();
    for at in 0..30 {
        let _ = writeln!(program, "type T{at}: {{a: Optional<T{}>, b: Optional<T{}>}}", (at + 1) % 30, (at + 1) % 30);
        let _ = writeln!(program, "type U{at}: {{a: Optional<U{}>, b: Optional<U{}>}}", (at + 1) % 30, (at + 1) % 30);
    }
    program += "fun f(t: T0) -> U0: t\n";
    assert_eq!(answer(&program), [""; 0]);
    answer(&format!("{program}parameter T0 p\n"));

    // Types that grow as they are looked into.
    answer(
        "type A<a>: {n: Optional<A<List<a>>>, v: a}\ntype B<a>: {n: Optional<B<List<a>>>, v: a}\nfun f(x: A<Int>) -> B<Int>: x\n",
    );
    answer("type A<a>:\n  | A A<(a, a)>\nfun f(x: A<Int>) -> Int:\n  case x of\n    | A (A (A y)) -> 1\n");
}

#[test]
fn patterns_that_combine() {
    let names: Vec<String> = (0..24).map(|at| format!("b{at}")).collect();
    let types = vec!["Bool"; 48].join(", ");
    let mut program = format!("fun f(x: ({types})) -> Int:\n  case x of\n");
    for at in 0..names.len() {
        for value in ["True", "False"] {
            let mut row = vec!["_"; 48];
            row[at] = value;
            row[at + 24] = value;
            let _ = writeln!(program, "    | ({}) -> {at}", row.join(", "));
        }
    }
    let codes = answer(&program);
    assert!(codes == ["LW0236"] || codes == ["LW0213"], "{codes:?}");
}

#[test]
fn circular_programs() {
    answer("x: x");
    answer("x: y\ny: x\nInt z: x\nString w: x");
    answer("fun f(x: Int): f(x)");
    answer("fun f(x): f");
    answer("x: fun(y): x(x)");
    answer("x: [x]");
    answer("x: {a: x}");
    answer("x: (x, x)");
    answer("type A: A");
    answer("type A: B\ntype B: (A, A)");
    answer("type A<a>: A<A<a>>\nA<Int> x: 1");
    answer("type A: {a: A}\nA x: {a: x}");
    answer("type A:\n  | A A\nfun f(a: A) -> Int:\n  case a of\n    | A (A b) -> f(b)");
    answer("type A: Int where f(self)\nfun f(a: A) -> Bool: a > 0\nA x: 5");
    answer("type A: List<A> where True\nA x: []\nList<A> y: x");
    answer("operator <+> infixl 5: f\nfun f(a, b): a <+> b\nx: 1 <+> 2");
    answer("operator <+> infixl 5: <+>\nx: 1 <+> 2");
    answer("validate v\nv: v");
    answer("import Main\nimport Ludwig.Prelude as .\nimport Ludwig.List as List\nx: length([1])");
    answer("export\n  x\n  module List as .\n  type T\nx: T");
}

/// A small generator: the seed is printed by a failing test, and replays.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % bound.max(1)
    }
}

/// Pieces of programs, at word borders.
fn pieces(program: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before = false;
    for (at, letter) in program.char_indices() {
        let word = letter.is_alphanumeric() || letter == '_';
        if at > start && !(word && before) {
            pieces.push(&program[start..at]);
            start = at;
        }
        before = word;
    }
    pieces.push(&program[start..]);
    pieces
}

/// Every case of the suite, changed at a few places by words of the others: no panic, no endless loop.
#[test]
fn changed_programs() {
    /// How many changed programs are checked.
    const ROUNDS: u64 = 1_000;
    let all: Vec<String> = crate::FILES.iter().flat_map(|(_, text)| cases(text)).map(|case| case.program).collect();
    let words: Vec<&str> = all.iter().flat_map(|program| pieces(program)).collect();
    for seed in 1..=ROUNDS {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut changed = pieces(&all[random.below(all.len())]);
        for _ in 0..=random.below(4) {
            let at = random.below(changed.len());
            match random.below(4) {
                0 => changed[at] = words[random.below(words.len())],
                1 => changed.insert(at, words[random.below(words.len())]),
                2 => {
                    changed.remove(at);
                }
                _ => {
                    let other = random.below(changed.len());
                    changed.swap(at, other);
                }
            }
            if changed.is_empty() {
                break;
            }
        }
        let program = changed.concat();
        let checked = std::panic::catch_unwind(|| answer(&program));
        assert!(checked.is_ok(), "seed {seed}:\n{program}");
    }
}
