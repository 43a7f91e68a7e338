//! What could stand at the cursor, also where nothing around it parses.

use serde_json::{Value as Json, json};

use super::{Client, fixture};
use crate::lw::Folder;

const HEAD: &str = "composition\n\nimport AWS.EC2 as EC2\nimport Shop.Network as Network\n\n# \u{1f980}\n";
const NETWORK: &str = "## The range of a zone.\nfun range(zone: Int, wide: Bool) -> String: \"10.0.\\(zone).0/24\"\n\ntype Tier: | Small | Large {count: Int}\n\ntype Limits:\n  low: Int\n  high: Int\n  name: Optional<String>\n";

struct Asked {
    client: Client,
    text: String,
    items: Vec<Json>,
    _folder: Folder,
}

fn complete(body: &str) -> Asked {
    let folder = Folder::new();
    folder.write("lw.toml", "name = \"shop\"\n");
    folder.write("Shop/Network.lw", NETWORK);
    let mut client = Client::start(&folder);
    let (text, cursor) = fixture(&format!("{HEAD}{body}"));
    client.open("main.lw", &text);
    let found =
        client.ask("textDocument/completion", json!({"textDocument": client.document("main.lw"), "position": cursor}));
    let items = found["items"].as_array().cloned().unwrap_or_default();
    Asked { client, text, items, _folder: folder }
}

impl Asked {
    fn labels(&self) -> Vec<&str> {
        self.items.iter().filter_map(|item| item["label"].as_str()).collect()
    }

    fn item(&self, label: &str) -> &Json {
        let found = self.items.iter().find(|item| item["label"] == label);
        found.unwrap_or_else(|| panic!("`{label}` is not among {:?}", self.labels()))
    }

    /// The text after an item was taken, its places to fill in left as they are.
    fn taken(&mut self, label: &str) -> String {
        let item = self.item(label).clone();
        let mut edits = vec![item["textEdit"].clone()];
        edits.extend(item["additionalTextEdits"].as_array().cloned().unwrap_or_default());
        edits.sort_by_key(|edit| {
            let start = &edit["range"]["start"];
            std::cmp::Reverse((start["line"].as_u64(), start["character"].as_u64()))
        });
        let mut lines: Vec<Vec<u16>> = self.text.split('\n').map(|line| line.encode_utf16().collect()).collect();
        for edit in edits {
            let place = |which: &str, part: &str| edit["range"][which][part].as_u64().expect("a number") as usize;
            assert_eq!(place("start", "line"), place("end", "line"));
            let new: Vec<u16> = edit["newText"].as_str().expect("text").encode_utf16().collect();
            lines[place("start", "line")].splice(place("start", "character")..place("end", "character"), new);
        }
        lines.iter().map(|line| String::from_utf16_lossy(line)).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn properties_come_with_the_required_ones_first() {
    let mut asked = complete("vpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nnet: EC2.Subnet {$0}\n");
    let labels = asked.labels();
    assert_eq!(labels[0], "vpcId", "{labels:?}");
    assert!(labels.contains(&"availabilityZone") && !labels.contains(&"subnetId"), "{labels:?}");
    assert!(asked.item("vpcId")["detail"].as_str().is_some_and(|detail| detail.ends_with("(required)")));
    assert!(asked.taken("availabilityZone").contains("EC2.Subnet {availabilityZone: $0}"));
}

#[test]
fn properties_that_are_given_are_not_offered_again() {
    let asked = complete("net: EC2.Subnet {\n  vpcId: \"vpc-1\",\n  av$0\n  cidrBlock: \"\u{1f980}\",\n}\n");
    let labels = asked.labels();
    assert!(labels.contains(&"availabilityZone"), "{labels:?}");
    assert!(!labels.contains(&"vpcId") && !labels.contains(&"cidrBlock"), "{labels:?}");
}

#[test]
fn a_half_typed_record_that_nobody_closed_is_enough() {
    for body in
        ["net: EC2.Subnet {\n  vpcId: \"vpc-1\",\n  av$0", "nets: [\n  EC2.Subnet {vpcId: \"vpc-1\", $0\n\nother: 1\n"]
    {
        let asked = complete(body);
        assert!(asked.labels().contains(&"availabilityZone"), "{body}: {:?}", asked.labels());
    }
}

#[test]
fn strings_of_an_enumeration_are_offered_with_and_without_quotes() {
    let asked = complete("vpc: EC2.VPC {instanceTenancy: $0}\n");
    assert!(asked.labels()[..3].contains(&"\"dedicated\""), "{:?}", asked.labels());
    let mut asked = complete("vpc: EC2.VPC {instanceTenancy: \"de$0\"}\n");
    assert!(asked.taken("default").contains("instanceTenancy: \"default\"}"));
}

#[test]
fn resources_are_offered_where_their_id_is_wanted() {
    let asked = complete(
        "gate: EC2.InternetGateway {}\n\nvpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nnet: EC2.Subnet {vpcId: $0}\n",
    );
    assert_eq!(asked.labels()[0], "vpc", "{:?}", asked.labels());
}

#[test]
fn a_type_of_a_module_that_is_not_imported_brings_its_import() {
    let mut asked = complete("files: Buck$0\n");
    assert_eq!(asked.item("S3.Bucket")["detail"], "AWS::S3::Bucket");
    let taken = asked.taken("S3.Bucket");
    assert!(taken.contains("import Shop.Network as Network\nimport AWS.S3 as S3\n"), "{taken}");
    assert!(taken.contains("files: S3.Bucket {$0}"), "{taken}");
    let mut asked = complete("files: S3.$0\n");
    let taken = asked.taken("Bucket");
    assert!(taken.contains("import AWS.S3 as S3\n") && taken.contains("files: S3.Bucket {$0}"), "{taken}");
}

#[test]
fn a_resource_type_is_a_snippet_of_what_it_needs() {
    let mut asked = complete("net: EC2.Sub$0\n");
    let taken = asked.taken("Subnet");
    assert!(taken.contains("net: EC2.Subnet {\n  vpcId: $1,\n}$0"), "{taken}");
}

#[test]
fn members_of_modules_and_fields_of_values() {
    let asked = complete("String a: Network.$0\n");
    assert!(asked.labels().contains(&"range") && asked.labels().contains(&"Limits"), "{:?}", asked.labels());
    assert!(asked.item("range")["detail"].as_str().is_some_and(|text| text.starts_with("fun range(zone: Int")));
    let asked = complete("Network.Limits limits: {low: 1, high: 2}\n\nInt a: limits.$0 + 1\n");
    assert_eq!(asked.labels(), ["high", "low", "name"]);
    let asked = complete("vpc: EC2.VPC {cidrBlock: \"\u{1f980}\"}\n\noutput id: vpc.v$0\n");
    assert!(asked.labels().contains(&"vpcId"), "{:?}", asked.labels());
}

#[test]
fn locals_are_in_scope() {
    let asked = complete("fun f(count: Int) -> Int:\n  let half: count / 2\n  $0\n");
    let labels = asked.labels();
    assert!(labels.contains(&"half") && labels.contains(&"count"), "{labels:?}");
    let asked = complete("all: [el$0 for element in [\"\u{1f980}\"]]\n");
    assert!(asked.labels().contains(&"element"), "{:?}", asked.labels());
}

#[test]
fn an_incomplete_case_offers_what_is_left() {
    let asked = complete("fun size(tier: Network.Tier) -> Int:\n  case tier of\n  | $0\n");
    assert!(asked.labels().contains(&"Small") && asked.labels().contains(&"Large"), "{:?}", asked.labels());
}

#[test]
fn modules_imports_annotations_types_and_statements() {
    let asked = complete("import AWS.$0\n");
    assert!(asked.labels().contains(&"S3") && asked.labels().contains(&"EC2"), "{:?}", asked.labels());
    let asked = complete("import Shop.Network {$0}\n");
    assert!(asked.labels().contains(&"range"), "{:?}", asked.labels());
    let asked = complete("@$0\nvpc: EC2.VPC {}\n");
    assert!(asked.labels().contains(&"lifecycle"), "{:?}", asked.labels());
    let asked = complete("@lifecycle {$0}\nvpc: EC2.VPC {}\n");
    assert!(asked.labels().contains(&"enforcement"), "{:?}", asked.labels());
    let asked = complete("fun f(x: $0) -> Int: 1\n");
    assert!(asked.labels().contains(&"String") && asked.labels().contains(&"EC2"), "{:?}", asked.labels());
    let asked = complete("fun f(x: EC2.$0) -> Int: 1\n");
    assert!(asked.labels().contains(&"VPC"), "{:?}", asked.labels());
    let asked = complete("para$0\n");
    assert!(asked.labels().contains(&"parameter"), "{:?}", asked.labels());
}

#[test]
fn nothing_is_offered_in_comments_and_numbers() {
    for body in ["# say $0\n", "Int a: 12$0\n"] {
        assert!(complete(body).items.is_empty(), "{body}");
    }
}

#[test]
fn a_call_shows_its_parameters() {
    let mut asked = complete("String a: \"\u{1f980}\" ++ Network.range(1, $0)\n");
    let (_, cursor) = fixture(&format!("{HEAD}String a: \"\u{1f980}\" ++ Network.range(1, $0)\n"));
    let help = asked.client.ask(
        "textDocument/signatureHelp",
        json!({"textDocument": asked.client.document("main.lw"), "position": cursor}),
    );
    assert_eq!(help["signatures"][0]["label"], "fun range(zone: Int, wide: Bool) -> String");
    assert_eq!(help["signatures"][0]["parameters"][1]["label"], "wide: Bool");
    assert_eq!(help["activeParameter"], 1);
}

#[test]
fn hints_show_inferred_types_and_values() {
    let folder = Folder::new();
    let mut client = Client::start(&folder);
    let text = "composition\n\nsum: 1 + 2\n\nall: [\"\u{1f980}\" ++ each for each in [\"a\"]]\n";
    client.open("main.lw", text);
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let hints = loop {
        let hints =
            client.ask("textDocument/inlayHint", json!({"textDocument": client.document("main.lw"), "range": range}));
        // Values come with the evaluation.
        if hints.to_string().contains("= 3") {
            break hints;
        }
    };
    let labels: Vec<&str> =
        hints.as_array().expect("a list").iter().filter_map(|hint| hint["label"].as_str()).collect();
    assert_eq!(labels, ["Int", "= 3", "List<String>", "String", "= [\"\u{1f980}a\"]"]);
    assert_eq!(hints[4]["position"], super::at(text, "[\"a\"]]", 6));
}
