use crate::harness::run;

const STATEMENTS: &[&str] = &[
    "defaults {provider: AWS.provider {region: \"us-west-2\"}, tags: {\"A\": \"1\"}}",
    "parameter Int count: 2",
    "fun pair(name: String) -> {group: EC2.SecurityGroup, queue: SQS.Queue}:\n  let vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n  {group: EC2.SecurityGroup {groupDescription: name, vpcId: vpc}, queue: SQS.Queue {}}",
    "zed: pair(\"z\")",
    "all: [pair(\"a\"), zed, pair(\"b\")]",
    "alias: zed.queue",
    "left: EC2.SecurityGroup {groupDescription: \"l\", securityGroupIngress: [{ipProtocol: \"-1\", sourceSecurityGroupId: right}]}",
    "right: EC2.SecurityGroup {groupDescription: \"r\", securityGroupIngress: [{ipProtocol: \"-1\", sourceSecurityGroupId: left}]}",
    "@lifecycle {protect: True, dependsOn: [left]}\nmany: {(\"q\\(i)\"): SQS.Queue {delaySeconds: i} for i in List.range(0, count)}",
    "@provider(AWS.provider {region: \"eu-central-1\"})\nabroad: SQS.Queue {}",
    "@provider(AWS.provider {region: \"eu-central-1\", role: \"r\"})\nother: SQS.Queue {}",
    "output url: zed.queue.queueUrl",
    "validate tagged",
    "validate limited {limit: 3}",
    "validate limited {limit: 4}",
    "fun tagged(resource: {tags: Optional<Dictionary<String>> | r}) -> Validation:\n  Validation.assert(\"no tag\", Dictionary.member(\"A\", resource.tags ?| {}))",
    "fun limited {limit: Int} -> fun(List<SQS.Queue>) -> Validation:\n  fun(queues): Validation.assert(\"too many\", List.length(queues) <= limit + count + 10)",
    "validate known",
    "fun known(group: EC2.SecurityGroup) -> Validation:\n  Validation.assert(\"not one of ours\", group == left || group == right || group.vpcId != None)",
];

const HEADER: &str = "composition\nimport AWS\nimport AWS.EC2 as EC2\nimport AWS.SQS as SQS\n";

fn program(order: &[usize], comment: &str) -> String {
    let statements: Vec<&str> = order.iter().map(|at| STATEMENTS[*at]).collect();
    format!("{HEADER}{}\n", statements.join(&format!("\n\n{comment}\n")))
}

#[test]
fn the_order_of_statements_and_comments_leave_the_hash() {
    let mut order: Vec<usize> = (0..STATEMENTS.len()).collect();
    let first = run(&program(&order, ""));
    assert!(first.diagnostics.is_empty(), "{:#?}", first.diagnostics);
    let first = first.plan.expect("a plan");
    // A fixed sequence that looks random: each run shuffles further.
    let mut state = 12345_u64;
    for _ in 0..12 {
        for at in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (state >> 33) as usize % (at + 1));
        }
        let again = run(&program(&order, "# a comment")).plan.expect("a plan");
        assert_eq!(again.plan().meaning, first.plan().meaning, "{order:?}");
        assert_eq!(again.hash, first.hash);
    }
}

#[test]
fn the_same_text_gives_the_same_bytes() {
    let order: Vec<usize> = (0..STATEMENTS.len()).collect();
    let runs = [0, 1].map(|_| run(&program(&order, "")).plan.expect("a plan").text);
    assert_eq!(runs[0], runs[1]);
}
