use lw_core::{Limits, Observed, Package, Verdict};
use lw_plan::NodeKind;

use crate::harness::run;

#[test]
fn the_packed_policies_say_of_the_plan_what_the_compiler_said() {
    let evaluated = run(include_str!("policies.lw"));
    let plan = evaluated.plan.as_ref().expect("a plan, policies notwithstanding").plan();
    let package = Package::read(&plan.meaning.policies).expect("readable").expect("policies");
    let nodes: Vec<Observed<'_>> = plan
        .meaning
        .nodes
        .iter()
        .map(|node| Observed {
            path: node.path.as_str(),
            wire_type: &node.wire_type,
            existing: node.kind == NodeKind::Existing,
            properties: &node.properties,
        })
        .collect();
    let packed = package.check(&nodes, Limits::default());
    assert_eq!(package.policies.len(), evaluated.policies.len());
    let mut verdicts = Vec::new();
    for ((policy, judged), result) in package.policies.iter().zip(&packed).zip(&evaluated.policies) {
        assert_eq!(policy.id, result.id);
        let before: Vec<_> = result.resources.iter().map(|one| (one.path.clone(), one.verdict)).collect();
        let mut after: Vec<_> = judged.iter().map(|one| (one.path.clone(), one.verdict)).collect();
        after.dedup();
        let mut before_once = before.clone();
        before_once.dedup();
        assert_eq!(after, before_once, "{}", policy.id);
        verdicts.push((policy.id.as_str(), result.verdict));
    }
    assert_eq!(
        verdicts,
        [
            ("at-most-three-groups", Verdict::Pass),
            ("knows-what-refers-to-it", Verdict::Fail),
            ("no-ssh", Verdict::Fail),
            ("one-port", Verdict::Fail),
            ("own-network", Verdict::Pass),
            ("starts-right", Verdict::Undecided),
            ("tagged", Verdict::Fail),
        ]
    );
}
