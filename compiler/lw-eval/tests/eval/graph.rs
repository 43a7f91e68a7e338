//! Programs and the Plans that they come to, in graph.txt: `--- name`, the program, `===`, what it gives.

use crate::harness::{run, shown};

const HEADER: &str = "composition\nimport AWS\nimport AWS.EC2 as EC2\nimport AWS.IAM as IAM\nimport AWS.RDS as RDS\nimport AWS.SNS as SNS\nimport AWS.SQS as SQS\nimport Net\n";

#[test]
fn programs_come_to_their_plans() {
    let mut wrong = String::new();
    for case in include_str!("graph.txt").split("\n--- ").skip(1) {
        let (name, rest) = case.split_once('\n').expect("a name");
        let (program, expected) = rest.split_once("===\n").expect("what it gives");
        let evaluated = run(&format!("{HEADER}{program}"));
        let failed: Vec<_> = evaluated.tests.iter().filter(|test| !test.passed).collect();
        assert!(failed.is_empty(), "{name}: {failed:#?}");
        let found = shown(&evaluated);
        if found.trim() != expected.trim() {
            wrong.push_str(&format!("--- {name}\n{found}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
