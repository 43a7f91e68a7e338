//! What was approved is what is done: `preview -o`, then `apply`, and nothing at all when anything it touches has moved on.

use serde_json::json;

use crate::lw::Folder;

const HEAD: &str = "composition\n\nimport AWS.S3 as S3\nimport AWS.SNS as SNS\n\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write(
        "shop.lw",
        HEAD.to_string() + "a: SNS.Topic {displayName: \"a\"}\n\nb: SNS.Topic {displayName: \"b\"}\n",
    );
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    folder.write(
        "shop.lw",
        HEAD.to_string()
            + "a: SNS.Topic {displayName: \"new\"}\n\nb: SNS.Topic {displayName: \"b\"}\n\nc: SNS.Topic {}\n",
    );
    folder.lw(&["preview", "--sim", "-o", "changes.json", "shop.lw"]).expect(1);
    folder
}

/// Calls that may change something, as the cloud counted them.
fn calls(folder: &Folder) -> i64 {
    let cloud = rusqlite::Connection::open(folder.path().join(".linework/sim.db")).expect("the simulated cloud");
    cloud.query_row("SELECT number FROM counters WHERE name = 'calls'", [], |row| row.get(0)).expect("its counter")
}

fn meddle(folder: &Folder, before: &str, after: &str) {
    let cloud = rusqlite::Connection::open(folder.path().join(".linework/sim.db")).expect("the simulated cloud");
    let change = "UPDATE objects SET properties = replace(properties, ?1, ?2)";
    assert!(cloud.execute(change, [before, after]).expect("a write") > 0);
}

#[test]
fn an_approved_change_set_is_executed_as_it_is() {
    let folder = folder();
    let before = calls(&folder);
    // The source may be edited meanwhile: what was approved counts.
    folder.write("shop.lw", HEAD);
    let applied = folder.lw(&["apply", "--sim", "--yes", "--json", "changes.json"]).expect(0).json();
    assert_eq!(applied["summary"], json!({"create": 1, "update": 1, "replace": 0, "delete": 0, "move": 0, "adopt": 0}));
    assert_eq!(calls(&folder) - before, 2);
    // Once, and not twice.
    let again = folder.lw(&["apply", "--sim", "--yes", "--json", "changes.json"]).expect(1);
    assert!(again.codes().iter().all(|code| code == "LW0511"), "{again:?}");
    assert_eq!(calls(&folder) - before, 2);
}

#[test]
fn drift_of_what_is_touched_refuses_it_and_says_what() {
    let folder = folder();
    meddle(&folder, "\"DisplayName\":\"a\"", "\"DisplayName\":\"by hand\"");
    let before = calls(&folder);
    let refused = folder.lw(&["apply", "--sim", "--yes", "--json", "changes.json"]).expect(1);
    assert_eq!(refused.codes(), ["LW0511"]);
    let said = refused.json()["diagnostics"][0]["message"].to_string();
    assert!(said.contains("`a` changed in the cloud") && said.contains("by hand"), "{said}");
    assert_eq!(calls(&folder), before, "nothing that changes anything was called");
    folder.lw(&["history", "shop", "--verify"]).expect(0);
}

#[test]
fn drift_of_what_is_not_touched_is_not_its_business() {
    let folder = folder();
    meddle(&folder, "\"DisplayName\":\"b\"", "\"DisplayName\":\"by hand\"");
    folder.lw(&["apply", "--sim", "--yes", "changes.json"]).expect(0);
}

#[test]
fn another_apply_refuses_it() {
    for (program, why) in [
        (
            "a: SNS.Topic {displayName: \"else\"}\n\nb: SNS.Topic {displayName: \"b\"}\n",
            "from \\\"else\\\" to \\\"new\\\"",
        ),
        ("a: SNS.Topic {displayName: \"a\"}\n", "is at generation 2"),
    ] {
        let folder = folder();
        folder.write("shop.lw", HEAD.to_string() + program);
        folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
        let before = calls(&folder);
        let refused = folder.lw(&["apply", "--sim", "--yes", "--json", "changes.json"]).expect(1);
        assert!(refused.codes().iter().all(|code| code == "LW0511"), "{refused:?}");
        let said = refused.json()["diagnostics"].to_string();
        assert!(said.contains(why), "{said}");
        assert_eq!(calls(&folder), before);
    }
}

#[test]
fn an_edited_change_set_is_no_approved_one() {
    let folder = folder();
    let text = folder.read("changes.json");
    for (before, after) in
        [("\"new\"", "\"evil\""), ("AWS::SNS::Topic", "AWS::SQS::Queue"), ("\"update\"", "\"delete\"")]
    {
        assert!(text.contains(before));
        folder.write("edited.json", text.replace(before, after));
        let calls_before = calls(&folder);
        let refused = folder.lw(&["apply", "--sim", "--yes", "--json", "edited.json"]);
        assert_ne!(refused.code, 0, "{refused:?}");
        assert_eq!(refused.codes().len(), 1, "{refused:?}");
        assert_eq!(calls(&folder), calls_before);
    }
    folder.write("cut.json", &text[..text.len() / 2]);
    assert_ne!(folder.lw(&["apply", "--sim", "--yes", "cut.json"]).code, 0);
}

#[test]
fn an_approved_destroyer_still_needs_its_word() {
    let folder = Folder::new();
    folder.write("shop.lw", HEAD.to_string() + "bucket: S3.Bucket {}\n\ntopic: SNS.Topic {}\n");
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    folder.write("shop.lw", HEAD.to_string() + "topic: SNS.Topic {}\n");
    folder.lw(&["preview", "--sim", "-o", "changes.json", "shop.lw"]).expect(1);
    let before = calls(&folder);
    folder.lw(&["apply", "--sim", "--yes", "changes.json"]).expect(1);
    assert_eq!(calls(&folder), before);
    folder.lw(&["apply", "--sim", "--yes", "--allow-delete", "1", "changes.json"]).expect(0);
}
