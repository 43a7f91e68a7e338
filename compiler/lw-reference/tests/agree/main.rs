//! The compiler and the naive evaluator agree on random programs.

use lw_reference::agree::{Outcome, agree};

/// More are tried by `cargo xtask agree`.
const COUNT: u64 = 150;

#[test]
fn both_evaluators_agree() {
    let mut plans = 0;
    let mut differ = Vec::new();
    for seed in 1..=COUNT {
        match agree(seed).outcome {
            Outcome::SamePlan => plans += 1,
            Outcome::SameFailures | Outcome::Skipped => {}
            Outcome::Differ { reference, compiler, program } => {
                differ.push(format!("seed {seed}\n{program}\nreference: {reference}\ncompiler: {compiler}"));
            }
        }
    }
    assert!(differ.is_empty(), "{} of {COUNT} differ; the first: {}", differ.len(), differ[0]);
    assert!(plans * 2 > COUNT, "most programs have a Plan");
}
