//! Edits that leave the infrastructure as it is: whatever things are called and wherever they are written, nothing is made, changed,
//! replaced or deleted.

use std::fmt::Write;

use serde_json::Value as Json;

use crate::lw::Folder;
use crate::suite::in_parallel;

/// The files of a project by name.
type Files = Vec<(String, String)>;

/// Applies one project, then previews the other in its place: only moves may be left.
fn check(before: &Files, afters: &[Files]) -> Result<(), String> {
    let folder = Folder::new();
    write(&folder, before);
    let applied = folder.lw(&["apply", "--sim", "--yes", "-q", "--json", "shop.lw"]);
    if applied.code != 0 {
        return Err(format!("{}\n{}\n{}", shown(before), applied.out, applied.error));
    }
    for after in afters {
        write(&folder, after);
        let preview = folder.lw(&["preview", "--sim", "--recorded", "--json", "shop.lw"]);
        let report: Json = serde_json::from_str(&preview.out).unwrap_or_default();
        let steps = report["steps"].as_array().cloned();
        let moves_alone = steps.is_some_and(|steps| steps.iter().all(|step| step["action"] == "move"));
        if !moves_alone || report["diagnostics"].is_array() {
            return Err(format!("{}\n  became\n{}\n{}\n{}", shown(before), shown(after), preview.out, preview.error));
        }
    }
    Ok(())
}

fn write(folder: &Folder, files: &Files) {
    for (name, text) in files {
        folder.write(name, text);
    }
}

fn shown(files: &Files) -> String {
    files.iter().fold(String::new(), |mut out, (name, text)| {
        let _ = write!(out, "── {name}\n{text}");
        out
    })
}

const HEAD: &str =
    "composition\n\nimport AWS.EC2 as EC2\nimport AWS.S3 as S3\nimport AWS.SNS as SNS\nimport AWS.SQS as SQS\n\n";

const PART: &str = "import AWS.EC2 as EC2\nimport AWS.SNS as SNS\nimport AWS.SQS as SQS\n\n";

struct Refactoring {
    name: &'static str,
    before: &'static str,
    after: &'static str,
    /// `Part.lw`, without its imports, before and after.
    part: [&'static str; 2],
}

const fn edit(name: &'static str, before: &'static str, after: &'static str) -> Refactoring {
    Refactoring { name, before, after, part: ["", ""] }
}

const NETWORK: &str = "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nsubnets: [\n  EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.\\(n).0/24\"}\n  for n in [1, 2, 3]\n]\n\ngroup: EC2.SecurityGroup {vpcId: vpc, groupDescription: \"all\"}\n";

const BY_HAND: &[Refactoring] = &[
    edit("rename", "old: SNS.Topic {displayName: \"a\"}\n", "new: SNS.Topic {displayName: \"a\"}\n"),
    edit(
        "rename-what-others-name",
        NETWORK,
        "network: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nsubnets: [\n  EC2.Subnet {vpcId: network, cidrBlock: \"10.0.\\(n).0/24\"}\n  for n in [1, 2, 3]\n]\n\ngroup: EC2.SecurityGroup {vpcId: network, groupDescription: \"all\"}\n",
    ),
    edit(
        "rename-everything",
        NETWORK,
        "a: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nb: [EC2.Subnet {vpcId: a, cidrBlock: \"10.0.\\(n).0/24\"} for n in [1, 2, 3]]\n\nc: EC2.SecurityGroup {vpcId: a, groupDescription: \"all\"}\n",
    ),
    edit(
        "rename-data",
        "a: S3.Bucket {tags: {\"n\": \"1\"}}\n\nb: S3.Bucket {tags: {\"n\": \"2\"}}\n",
        "x: S3.Bucket {tags: {\"n\": \"2\"}}\n\ny: S3.Bucket {tags: {\"n\": \"1\"}}\n",
    ),
    edit(
        "into-a-record",
        "a: SNS.Topic {displayName: \"a\"}\n\nb: SQS.Queue {delaySeconds: 3}\n",
        "all: {a: SNS.Topic {displayName: \"a\"}, b: SQS.Queue {delaySeconds: 3}}\n",
    ),
    edit(
        "out-of-a-record",
        "all: {a: SNS.Topic {displayName: \"a\"}, b: {c: SQS.Queue {delaySeconds: 3}}}\n",
        "a: SNS.Topic {displayName: \"a\"}\n\nc: SQS.Queue {delaySeconds: 3}\n",
    ),
    edit(
        "list-to-dictionary",
        "queues: [SQS.Queue {delaySeconds: n} for n in [1, 2, 3]]\n",
        "queues: {(\"q\\(n)\"): SQS.Queue {delaySeconds: n} for n in [1, 2, 3]}\n",
    ),
    edit(
        "dictionary-to-list",
        "topics: {\"a\": SNS.Topic {displayName: \"a\"}, \"b\": SNS.Topic {displayName: \"b\"}}\n",
        "topics: [SNS.Topic {displayName: n} for n in [\"b\", \"a\"]]\n",
    ),
    edit(
        "reorder-a-list",
        "queues: [SQS.Queue {delaySeconds: n} for n in [1, 2, 3, 4]]\n",
        "queues: [SQS.Queue {delaySeconds: n} for n in [4, 2, 1, 3]]\n",
    ),
    edit(
        "reorder-a-list-that-others-name",
        NETWORK,
        "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\ngroup: EC2.SecurityGroup {vpcId: vpc, groupDescription: \"all\"}\n\nsubnets: [\n  EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.\\(n).0/24\"}\n  for n in [3, 1, 2]\n]\n",
    ),
    edit(
        "reorder-statements",
        "a: SNS.Topic {}\n\nb: SQS.Queue {}\n\nc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n",
        "c: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nb: SQS.Queue {}\n\na: SNS.Topic {}\n",
    ),
    edit(
        "rename-keys",
        "queues: {\"a\": SQS.Queue {delaySeconds: 1}, \"b\": SQS.Queue {delaySeconds: 2}}\n",
        "queues: {\"x\": SQS.Queue {delaySeconds: 1}, \"y\": SQS.Queue {delaySeconds: 2}}\n",
    ),
    edit(
        "swap-keys-of-new-names",
        "queues: {\"a\": SQS.Queue {delaySeconds: 1}, \"b\": SQS.Queue {delaySeconds: 2}}\n",
        "queues: {\"c\": SQS.Queue {delaySeconds: 2}, \"d\": SQS.Queue {delaySeconds: 1}}\n",
    ),
    edit(
        "extract-a-function",
        "a: SNS.Topic {displayName: \"a\"}\n\nb: SNS.Topic {displayName: \"b\"}\n",
        "fun topic(name: String) -> SNS.Topic: SNS.Topic {displayName: name}\n\na: topic \"a\"\n\nb: topic \"b\"\n",
    ),
    edit(
        "inline-a-function",
        "fun topic(name: String) -> SNS.Topic: SNS.Topic {displayName: name}\n\nx: topic \"a\"\n\ny: topic \"b\"\n",
        "a: SNS.Topic {displayName: \"a\"}\n\nb: SNS.Topic {displayName: \"b\"}\n",
    ),
    edit(
        "extract-a-value",
        "a: SQS.Queue {delaySeconds: 5, visibilityTimeout: 60}\n",
        "delay: 5\n\na: SQS.Queue {delaySeconds: delay, visibilityTimeout: delay * 12}\n",
    ),
    edit(
        "properties-in-another-order",
        "a: SQS.Queue {delaySeconds: 5, visibilityTimeout: 60}\n",
        "a: SQS.Queue {visibilityTimeout: 60, delaySeconds: 5}\n",
    ),
    edit(
        "a-set-in-another-order",
        "a: SQS.Queue {tags: {\"x\": \"1\", \"y\": \"2\"}}\n",
        "a: SQS.Queue {tags: {\"y\": \"2\", \"x\": \"1\"}}\n",
    ),
    edit(
        "by-with",
        "a: SQS.Queue {delaySeconds: 5, visibilityTimeout: 60}\n",
        "timeouts: {delay: 5, visibility: 30}\n\nslow: timeouts with {visibility: 60}\n\na: SQS.Queue {delaySeconds: slow.delay, visibilityTimeout: slow.visibility}\n",
    ),
    edit(
        "an-alias",
        "a: SNS.Topic {}\n\ns: SNS.Subscription {topicArn: a, protocol: \"email\", endpoint: \"a@example.com\"}\n",
        "a: SNS.Topic {}\n\nsame: a\n\ns: SNS.Subscription {topicArn: same, protocol: \"email\", endpoint: \"a@example.com\"}\n",
    ),
    edit(
        "nested-in-a-property",
        "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nsubnet: EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.1.0/24\"}\n",
        "subnet: EC2.Subnet {vpcId: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}, cidrBlock: \"10.0.1.0/24\"}\n",
    ),
    edit(
        "computed-instead-of-written",
        "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nsubnets: [EC2.Subnet {vpcId: vpc, cidrBlock: c} for c in [\"10.0.1.0/24\", \"10.0.2.0/24\"]]\n",
        "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nsubnets: [EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.\\(n).0/24\"} for n in List.range(1, 3)]\n",
    ),
    edit(
        "a-list-in-two",
        "queues: [SQS.Queue {delaySeconds: n} for n in [1, 2, 3, 4]]\n",
        "low: [SQS.Queue {delaySeconds: n} for n in [1, 2]]\n\nhigh: [SQS.Queue {delaySeconds: n} for n in [3, 4]]\n",
    ),
    edit(
        "two-lists-in-one",
        "low: [SNS.Topic {displayName: n} for n in [\"a\", \"b\"]]\n\nhigh: [SNS.Topic {displayName: n} for n in [\"c\"]]\n",
        "all: [SNS.Topic {displayName: n} for n in [\"c\", \"a\", \"b\"]]\n",
    ),
    edit(
        "twins",
        "a: SNS.Topic {displayName: \"same\"}\n\nb: SNS.Topic {displayName: \"same\"}\n",
        "x: SNS.Topic {displayName: \"same\"}\n\ny: SNS.Topic {displayName: \"same\"}\n",
    ),
    edit(
        "twins-told-apart-by-who-names-them",
        "a: SNS.Topic {}\n\nb: SNS.Topic {}\n\nsa: SNS.Subscription {topicArn: a, protocol: \"email\", endpoint: \"a@example.com\"}\n\nsb: SNS.Subscription {topicArn: b, protocol: \"email\", endpoint: \"b@example.com\"}\n",
        "x: SNS.Topic {}\n\ny: SNS.Topic {}\n\nsx: SNS.Subscription {topicArn: x, protocol: \"email\", endpoint: \"b@example.com\"}\n\nsy: SNS.Subscription {topicArn: y, protocol: \"email\", endpoint: \"a@example.com\"}\n",
    ),
    edit(
        "a-circle",
        "a: EC2.SecurityGroup {groupDescription: \"a\", securityGroupIngress: [{ipProtocol: \"tcp\", fromPort: 1, toPort: 1, sourceSecurityGroupId: b}]}\n\nb: EC2.SecurityGroup {groupDescription: \"b\", securityGroupIngress: [{ipProtocol: \"tcp\", fromPort: 1, toPort: 1, sourceSecurityGroupId: a}]}\n",
        "x: EC2.SecurityGroup {groupDescription: \"a\", securityGroupIngress: [{ipProtocol: \"tcp\", fromPort: 1, toPort: 1, sourceSecurityGroupId: y}]}\n\ny: EC2.SecurityGroup {groupDescription: \"b\", securityGroupIngress: [{ipProtocol: \"tcp\", fromPort: 1, toPort: 1, sourceSecurityGroupId: x}]}\n",
    ),
    edit(
        "with-a-word",
        "a: S3.Bucket {}\n\nb: S3.Bucket {}\n",
        "@id(\"b\")\nx: S3.Bucket {}\n\n@id(\"a\")\ny: S3.Bucket {}\n",
    ),
    Refactoring {
        name: "into-a-module",
        before: "a: SNS.Topic {displayName: \"a\"}\n\nb: SQS.Queue {delaySeconds: 3}\n",
        after: "import Part\n\npair: Part.pair \"a\"\n",
        part: [
            "",
            "export\n  type Pair\n  pair\n\ntype Pair:\n  topic: SNS.Topic\n  queue: SQS.Queue\n\nfun pair(name: String) -> Pair: {topic: SNS.Topic {displayName: name}, queue: SQS.Queue {delaySeconds: 3}}\n",
        ],
    },
    Refactoring {
        name: "out-of-a-module",
        before: "import Part\n\nmine: Part.network \"10.0.0.0/16\"\n",
        after: "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nsubnet: EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.1.0/24\"}\n",
        part: [
            "export\n  type Network\n  network\n\ntype Network:\n  vpc: EC2.VPC\n  subnet: EC2.Subnet\n\nfun network(cidr: String) -> Network:\n  let vpc: EC2.VPC {cidrBlock: cidr}\n  {vpc: vpc, subnet: EC2.Subnet {vpcId: vpc, cidrBlock: \"10.0.1.0/24\"}}\n",
            "",
        ],
    },
    Refactoring {
        name: "a-module-called-twice-in-another-order",
        before: "import Part\n\none: Part.topic \"a\"\n\ntwo: Part.topic \"b\"\n",
        after: "import Part\n\ntopics: [Part.topic(n) for n in [\"b\", \"a\"]]\n",
        part: ["export\n  topic\n\nfun topic(name: String) -> SNS.Topic: SNS.Topic {displayName: name}\n"; 2],
    },
];

#[test]
fn what_leaves_the_infrastructure_as_it_is_calls_no_cloud() {
    assert!(BY_HAND.len() >= 30);
    let failures = in_parallel(BY_HAND, |refactoring| {
        let files = |text: &str, part: &str| {
            let imports = HEAD.lines().filter(|line| {
                let alias = line.rsplit(' ').next().unwrap_or_default();
                !line.starts_with("import") || text.contains(&format!("{alias}."))
            });
            let part_imports = PART.lines().filter(|line| {
                let alias = line.rsplit(' ').next().unwrap_or_default();
                !line.starts_with("import") || part.contains(&format!("{alias}."))
            });
            let head: Vec<&str> = imports.collect();
            let part_head: Vec<&str> = part_imports.collect();
            vec![
                ("shop.lw".to_string(), format!("{}\n{text}", head.join("\n"))),
                ("Part.lw".to_string(), format!("{}\n{part}", part_head.join("\n"))),
            ]
        };
        let (before, after) =
            (files(refactoring.before, refactoring.part[0]), files(refactoring.after, refactoring.part[1]));
        check(&before, std::slice::from_ref(&after)).map_err(|error| format!("{}: {error}", refactoring.name))
    });
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), BY_HAND.len(), failures.join("\n\n"));
}

/// Chance from a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// A resource of a generated program, whatever it is called.
#[derive(Clone)]
enum Thing {
    /// Several may have one label.
    Topic(usize),
    Queue(usize),
    /// From a topic to a queue, by their numbers.
    Subscription(usize, usize),
}

fn things(chance: &mut Chance) -> Vec<Thing> {
    let (topics, queues) = (2 + chance.below(4), 2 + chance.below(4));
    let mut things: Vec<Thing> = (0..topics).map(|_| Thing::Topic(chance.below(topics))).collect();
    things.extend((0..queues).map(|number| Thing::Queue(number + 1)));
    let mut pairs: Vec<(usize, usize)> =
        (0..topics).flat_map(|topic| (topics..topics + queues).map(move |queue| (topic, queue))).collect();
    chance.shuffle(&mut pairs);
    things.extend(pairs.into_iter().take(1 + chance.below(5)).map(|(topic, queue)| Thing::Subscription(topic, queue)));
    things
}

/// The same things, written down in another way. A name of one thing is never given to another one.
fn program(things: &[Thing], layout: usize, chance: &mut Chance) -> Files {
    let mut names: Vec<String> = (0..10).map(|number| format!("l{layout}n{number}")).collect();
    let mut name = || names.pop().expect("there are more names than containers");
    let is_named = |at: usize| {
        things.iter().any(|thing| matches!(thing, Thing::Subscription(topic, queue) if *topic == at || *queue == at))
    };
    let mut statements = Vec::new();
    let mut expressions = vec![String::new(); things.len()];
    let mut records: Vec<(String, Vec<String>)> = (0..2).map(|_| (name(), Vec::new())).collect();
    let (mut list, mut dictionary) = (Vec::new(), Vec::new());
    for (at, thing) in things.iter().enumerate() {
        let call = chance.below(3);
        let text = match thing {
            Thing::Topic(label) => match call {
                0 => format!("SNS.Topic {{displayName: \"t{label}\"}}"),
                1 => format!("topic(\"t{label}\")"),
                _ => format!("Part.topic(\"t{label}\")"),
            },
            Thing::Queue(delay) => match call {
                0 => format!("SQS.Queue {{delaySeconds: {delay}}}"),
                1 => format!("queue({delay})"),
                _ => format!("Part.queue({delay})"),
            },
            Thing::Subscription(topic, queue) => format!(
                "SNS.Subscription {{topicArn: {}, protocol: \"sqs\", endpoint: {}.arn}}",
                expressions[*topic], expressions[*queue]
            ),
        };
        let is_leaf = !is_named(at);
        let own = if chance.below(3) == 0 { format!("kept{at}") } else { format!("l{layout}t{at}") };
        match (thing, chance.below(4)) {
            (Thing::Topic(_) | Thing::Queue(_), 0) => {
                let record = chance.below(2);
                expressions[at] = format!("{}.{own}", records[record].0);
                records[record].1.push(format!("{own}: {text}"));
            }
            (Thing::Topic(_), 1) if is_leaf => list.push(text),
            (_, 2) if is_leaf => dictionary.push(format!("\"{own}\": {text}")),
            _ => {
                statements.push(format!("{own}: {text}\n"));
                expressions[at] = own;
            }
        }
    }
    chance.shuffle(&mut list);
    let mut collected = vec![("[", list, "]")];
    // Of a dictionary all values have one type.
    for kind in ["SNS.Topic {", "topic(", "SQS.Queue {", "queue(", "SNS.Subscription"] {
        let (mine, rest): (Vec<String>, Vec<String>) = dictionary.into_iter().partition(|entry| {
            entry.split_once(": ").is_some_and(|(_, text)| text.trim_start_matches("Part.").starts_with(kind))
        });
        dictionary = rest;
        collected.push(("{", mine, "}"));
    }
    for (open, items, close) in collected.into_iter().filter(|(_, items, _)| !items.is_empty()) {
        statements.push(format!("{}: {open}{}{close}\n", name(), items.join(", ")));
    }
    for (record, fields) in records.into_iter().filter(|(_, fields)| !fields.is_empty()) {
        statements.push(format!("{record}: {{{}}}\n", fields.join(", ")));
    }
    chance.shuffle(&mut statements);
    let functions = "fun topic(label: String) -> SNS.Topic: SNS.Topic {displayName: label}\n\nfun queue(delay: Int) -> SQS.Queue: SQS.Queue {delaySeconds: delay}\n";
    let imports = "import AWS.SNS as SNS\nimport AWS.SQS as SQS\n";
    vec![
        (
            "shop.lw".to_string(),
            format!("composition\n\n{imports}import Part\n\n{functions}\n{}", statements.join("\n")),
        ),
        ("Part.lw".to_string(), format!("{imports}\nexport\n  queue\n  topic\n\n{functions}")),
    ]
}

#[test]
fn a_thousand_generated_refactorings_call_no_cloud() {
    let seeds: Vec<u64> = (1..=50).collect();
    let failures = in_parallel(&seeds, |seed| {
        let mut chance = Chance(*seed);
        let things = things(&mut chance);
        let before = program(&things, 0, &mut chance);
        let afters: Vec<Files> = (1..=20).map(|layout| program(&things, layout, &mut chance)).collect();
        check(&before, &afters).map_err(|error| format!("seed {seed}: {error}"))
    });
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), seeds.len(), failures[0]);
}
