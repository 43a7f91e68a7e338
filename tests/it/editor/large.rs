//! A workspace of two hundred files.

use std::fmt::Write;
use std::time::Instant;

use serde_json::json;

use super::Client;
use crate::lw::Folder;

const FILES: usize = 200;
const MISTAKES: [usize; 3] = [3, 71, 142];

#[test]
#[expect(clippy::print_stdout, reason = "how long it takes is for people: what holds is counted")]
fn all_of_it_is_checked_when_it_is_opened() {
    let folder = Folder::new();
    folder.write("lw.toml", "name = \"large\"\n");
    for number in 0..FILES - 1 {
        let mut text = String::from("import AWS.EC2 as EC2\nimport Net\n");
        if number > 0 {
            _ = writeln!(text, "import Part{} as Before", number - 1);
        }
        for zone in 0..6 {
            _ = writeln!(
                text,
                "\n## A subnet \u{1f980}.\nfun subnet{zone}(vpc: EC2.VPC, zone: Int) -> EC2.Subnet:\n  EC2.Subnet {{vpcId: vpc, cidrBlock: Net.subnet(\"10.0.0.0/16\", 8, zone + {zone})}}"
            );
        }
        if number > 0 {
            _ = writeln!(text, "\nfun before(vpc: EC2.VPC) -> EC2.Subnet: Before.subnet0(vpc, {number})");
        }
        if MISTAKES.contains(&number) {
            text.push_str("\nInt wrong: \"text\"\n");
        }
        folder.write(&format!("Part{number}.lw"), text);
    }
    let last = FILES - 2;
    let main = format!(
        "composition\n\nimport AWS.EC2 as EC2\nimport Part{last} as Last\n\nvpc: EC2.VPC {{cidrBlock: \"10.0.0.0/16\"}}\n\nnet: Last.before(vpc)\n"
    );
    folder.write("main.lw", &main);
    let begun = Instant::now();
    let mut client = Client::start(&folder);
    client.open("main.lw", &main);
    assert!(client.diagnostics("main.lw").is_empty());
    let opened = begun.elapsed();
    for number in MISTAKES {
        let found = client.published_until(&format!("Part{number}.lw"), |found| !found.is_empty());
        assert_eq!(found[0]["code"], "LW0205", "{found:?}");
    }
    println!("{FILES} files: first diagnostics after {opened:?}, of all files after {:?}", begun.elapsed());
    // Others are asked for and answer, whether or not anybody opened them.
    let found = client.ask("workspace/symbol", json!({"query": "before"}));
    assert!(found.as_array().is_some_and(|found| found.len() > 100), "{found}");
    // A mistake in one file is said of that file alone.
    client.replace("main.lw", &main.replace("Last.before(vpc)", "Last.before(vp)"));
    let found = client.diagnostics("main.lw");
    assert_eq!((found.len(), &found[0]["code"]), (1, &json!("LW0201")));
    assert_eq!(client.published.values().filter(|found| !found.is_empty()).count(), MISTAKES.len() + 1);
    assert_eq!(client.stop(), Some(0));
}
