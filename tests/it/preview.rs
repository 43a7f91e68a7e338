//! Change sets as people read them: what stood before, what stands after, and what is shown.

use crate::lw::Folder;
use crate::plan::snapshots;

struct Change {
    name: &'static str,
    before: &'static str,
    after: &'static str,
}

const CHANGES: &[Change] = &[
    Change { name: "create", before: "", after: "topic: SNS.Topic {displayName: \"a\"}\n" },
    Change {
        name: "create-many-alike",
        before: "",
        after: "topics: [SNS.Topic {displayName: \"t\"} for _ in List.range(0, 40)]\n\njobs: SQS.Queue {}\n",
    },
    Change {
        name: "update-says-before-and-after",
        before: "topic: SNS.Topic {\n  displayName: \"a\",\n  tags: {\"Team\": \"x\", \"App\": \"shop\"},\n}\n",
        after: "topic: SNS.Topic {\n  displayName: \"b\",\n  tags: {\"Team\": \"y\", \"App\": \"shop\"},\n}\n",
    },
    Change {
        name: "a-property-that-is-no-longer-written",
        before: "jobs: SQS.Queue {delaySeconds: 5, visibilityTimeout: 60}\n",
        after: "jobs: SQS.Queue {visibilityTimeout: 60}\n",
    },
    Change {
        name: "replace-takes-what-follows-along",
        before: "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\ngateway: EC2.RouteTable {vpcId: vpc}\n",
        after: "vpc: EC2.VPC {cidrBlock: \"10.1.0.0/16\"}\n\ngateway: EC2.RouteTable {vpcId: vpc}\n",
    },
    Change {
        name: "a-rename-is-a-move",
        before: "old: SNS.Topic {displayName: \"a\"}\n",
        after: "new: SNS.Topic {displayName: \"a\"}\n",
    },
    Change {
        name: "a-list-that-lost-its-first",
        before: "topics: [SNS.Topic {displayName: n} for n in [\"a\", \"b\", \"c\"]]\n",
        after: "topics: [SNS.Topic {displayName: n} for n in [\"b\", \"c\"]]\n",
    },
    Change {
        name: "delete",
        before: "kept: SNS.Topic {}\n\ngone: SNS.Topic {displayName: \"gone\"}\n",
        after: "kept: SNS.Topic {}\n",
    },
    Change {
        name: "data-is-not-deleted-without-a-word",
        before: "kept: SNS.Topic {}\n\njobs: SQS.Queue {}\n",
        after: "kept: SNS.Topic {}\n",
    },
    Change {
        name: "a-tag-everywhere",
        before: "defaults {tags: {\"Stage\": \"test\"}}\n\ntopics: {(n): SNS.Topic {displayName: \"\\(n) news\"} for n in [\"arts\", \"sport\", \"weather\"]}\n\nvpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\njobs: SQS.Queue {}\n",
        after: "defaults {tags: {\"Stage\": \"live\"}}\n\ntopics: {(n): SNS.Topic {displayName: \"\\(n) today\"} for n in [\"arts\", \"sport\", \"weather\"]}\n\nvpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\njobs: SQS.Queue {}\n",
    },
    Change {
        name: "elements-that-come-and-go",
        before: "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nendpoint: EC2.VPCEndpoint {\n  vpcId: vpc,\n  serviceName: \"com.amazonaws.us-east-1.s3\",\n  routeTableIds: [\"rtb-1\", \"rtb-2\", \"rtb-3\"],\n}\n",
        after: "vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nendpoint: EC2.VPCEndpoint {\n  vpcId: vpc,\n  serviceName: \"com.amazonaws.us-east-1.s3\",\n  routeTableIds: [\"rtb-1\", \"rtb-3\", \"rtb-4\"],\n}\n",
    },
    Change { name: "nothing", before: "topic: SNS.Topic {}\n", after: "# A comment.\ntopic: SNS.Topic {}\n" },
];

const HEAD: &str = "composition\n\nimport AWS.EC2 as EC2\nimport AWS.SNS as SNS\nimport AWS.SQS as SQS\n\n";

#[test]
fn change_sets_read_like_a_review() {
    for change in CHANGES {
        let folder = Folder::new();
        if !change.before.is_empty() {
            folder.write("shop.lw", HEAD.to_string() + change.before);
            folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
        }
        folder.write("shop.lw", HEAD.to_string() + change.after);
        let run = folder.lw(&["preview", "--sim", "shop.lw"]);
        let line = "─".repeat(80);
        let text = format!(
            "{}\n{line}\n{}\n{line}\n{}{}",
            change.before.trim_end(),
            change.after.trim_end(),
            run.out,
            run.error
        );
        let _guard = snapshots(insta::Settings::clone_current(), "../snapshots/preview");
        insta::assert_snapshot!(change.name, without_minted(&text));
    }
}

/// Ids and minted names end in what differs from run to run: `vpc-0abc…`, `shop-topic-k7kvcd`.
fn without_minted(text: &str) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let end = rest[start..].find(|letter| !is_word(letter)).map_or(rest.len(), |end| start + end);
        let (word, tail) = (&rest[start..end], rest[start..end].rsplit('-').next().unwrap_or_default());
        out.push_str(&rest[..start]);
        let hexadecimal = tail.len() == 17 && tail.bytes().all(|byte| byte.is_ascii_hexdigit());
        let minted = word.starts_with("shop-") && tail.len() == 6;
        match hexadecimal || minted {
            true => out.push_str(&format!("{}ID", &word[..word.len() - tail.len()])),
            false => out.push_str(word),
        }
        rest = &rest[end..];
    }
    out + rest
}
