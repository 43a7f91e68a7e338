//! Back to an older generation, on after an interruption, out of our hands, and back from drift.

use serde_json::{Value as Json, json};

use crate::lw::Folder;

const HEAD: &str = "composition\n\nimport AWS.S3 as S3\nimport AWS.SNS as SNS\n\n";

fn applied(program: &str) -> Folder {
    let folder = Folder::new();
    apply(&folder, program);
    folder
}

fn apply(folder: &Folder, program: &str) {
    folder.write("shop.lw", HEAD.to_string() + program);
    folder.lw(&["apply", "--sim", "--yes", "--allow-delete", "all", "shop.lw"]).expect(0);
}

fn cloud(folder: &Folder) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path().join(".linework/sim.db")).expect("the simulated cloud is a file")
}

/// Properties of all objects of a type.
fn objects(folder: &Folder, wire_type: &str) -> Vec<Json> {
    let cloud = cloud(folder);
    let mut query = cloud.prepare("SELECT properties FROM objects WHERE type = ?1 ORDER BY key").expect("its table");
    let rows = query.query_map([wire_type], |row| row.get::<_, String>(0)).expect("its rows");
    rows.map(|row| serde_json::from_str(&row.expect("a row")).expect("properties are JSON")).collect()
}

fn steps(report: &Json) -> Vec<(String, String)> {
    let text = |step: &Json, key: &str| step[key].as_str().unwrap_or_default().to_string();
    let steps = report["steps"].as_array().cloned().unwrap_or_default();
    steps.iter().map(|step| (text(step, "action"), text(step, "path"))).collect()
}

fn pair(action: &str, path: &str) -> (String, String) {
    (action.to_string(), path.to_string())
}

const TOPIC: &str = "AWS::SNS::Topic";

#[test]
fn a_rollback_applies_an_older_plan() {
    let folder = applied("a: SNS.Topic {displayName: \"one\"}\n");
    apply(&folder, "a: SNS.Topic {displayName: \"two\"}\n\nb: SNS.Topic {}\n");
    let refused = folder.lw(&["rollback", "shop", "--json"]).expect(2);
    assert_eq!(refused.codes(), ["LW0578"], "nobody is there to be asked");
    let back = folder.lw(&["rollback", "shop", "--yes", "--json"]).expect(0).json();
    assert_eq!(steps(&back), [pair("update", "a"), pair("delete", "b")]);
    assert!(back["steps"].as_array().is_some_and(|steps| steps.iter().all(|step| step["result"] == "done")));
    let status = folder.lw(&["status", "shop", "--json"]).expect(0).json();
    assert_eq!(status["deployments"][0]["generation"], 3, "going back is going on");
    assert_eq!(objects(&folder, TOPIC).len(), 1);
    assert_eq!(objects(&folder, TOPIC)[0]["DisplayName"], "one");
    // Forward again, by its number.
    let forward = folder.lw(&["rollback", "shop", "2", "--yes", "--json"]).expect(0).json();
    assert_eq!(steps(&forward), [pair("update", "a"), pair("create", "b")]);
    assert_eq!(folder.lw(&["preview", "--sim", "--json", "shop.lw"]).expect(0).json()["steps"], json!([]));
    assert_eq!(folder.lw(&["rollback", "shop", "9", "--yes", "--json"]).expect(2).codes(), ["LW0566"]);
    assert_eq!(folder.lw(&["rollback", "other", "--yes", "--json"]).expect(2).codes(), ["LW0560"]);
    folder.lw(&["history", "shop", "--verify"]).expect(0);
}

#[test]
fn a_rollback_of_data_needs_a_word() {
    let folder = applied("a: SNS.Topic {}\n");
    apply(&folder, "a: SNS.Topic {}\n\nbucket: S3.Bucket {}\n");
    folder.lw(&["rollback", "shop", "--yes", "--json"]).expect(1);
    assert_eq!(objects(&folder, "AWS::S3::Bucket").len(), 1, "nothing was done");
    folder.lw(&["rollback", "shop", "--yes", "--allow-delete", "1"]).expect(0);
    assert_eq!(objects(&folder, "AWS::S3::Bucket").len(), 0);
}

/// A subnet that no cloud takes fails, and what stands on it is skipped.
const HALF: &str = "import AWS.EC2 as EC2\n\nvpc: EC2.VPC {cidrBlock: \"10.0.0.0/16\"}\n\nparameter String range: \"192.168.0.0/24\"\n\n@waive {policy: \"ec2-subnet-inside-vpc\", reason: \"the cloud is to refuse it\"}\nsubnet: EC2.Subnet {vpcId: vpc, cidrBlock: range}\n\ntopic: SNS.Topic {}\n";

#[test]
fn resume_goes_on_with_what_was_wanted() {
    let folder = Folder::new();
    folder.write("shop.lw", HEAD.replace("import AWS.S3 as S3\n", "") + HALF);
    let half = folder.lw(&["apply", "--sim", "--yes", "--json", "shop.lw"]).expect(3).json();
    let results: Vec<&str> =
        half["steps"].as_array().expect("steps").iter().filter_map(|step| step["result"].as_str()).collect();
    assert_eq!(results.iter().filter(|result| **result == "done").count(), 2, "{half}");
    // The reason is still there.
    let again = folder.lw(&["resume", "shop", "--yes", "--json"]).expect(3).json();
    assert_eq!(steps(&again), [pair("create", "subnet")]);
    // Somebody makes room for it.
    let vpc: String = cloud(&folder)
        .query_row("SELECT properties FROM objects WHERE type = 'AWS::EC2::VPC'", [], |row| row.get(0))
        .expect("the VPC");
    let other = vpc.replace("10.0.0.0/16", "192.168.0.0/16");
    cloud(&folder)
        .execute("UPDATE objects SET properties = ?1 WHERE properties = ?2", [&other, &vpc])
        .expect("a write");
    let rest = folder.lw(&["resume", "shop", "--yes", "--json"]);
    assert!(rest.out.contains("\"subnet\"") && rest.out.contains("\"done\""), "{rest:?}");
    assert_eq!(folder.lw(&["resume", "other", "--yes", "--json"]).expect(2).codes(), ["LW0560"]);
}

#[test]
fn resume_finishes_a_destroy() {
    let folder = applied("a: SNS.Topic {}\n\nbucket: S3.Bucket {}\n");
    folder.lw(&["destroy", "shop", "--yes"]).expect(1);
    let rest = folder.lw(&["resume", "shop", "--yes", "--json"]).expect(1).json();
    assert_eq!(rest["kept"][0]["path"], "bucket", "data stays without a word: {rest}");
    folder.lw(&["resume", "shop", "--yes", "--allow-delete", "all"]).expect(0);
    assert_eq!(folder.lw(&["status", "--json"]).expect(0).json(), json!({"deployments": []}));
}

#[test]
fn what_is_released_is_nobodys() {
    let folder = applied("a: SNS.Topic {displayName: \"a\"}\n\nb: SNS.Topic {}\n");
    folder.lw(&["release", "shop", "a", "--json"]).expect(2);
    let released = folder.lw(&["release", "shop", "a", "--yes", "--json"]).expect(0).json();
    assert_eq!(released, json!({"deployment": "shop", "paths": ["a"]}));
    assert_eq!(objects(&folder, TOPIC).len(), 2, "no cloud was called");
    let preview = folder.lw(&["preview", "--sim", "--json", "shop.lw"]).expect(1).json();
    assert_eq!(steps(&preview), [pair("create", "a")]);
    assert_eq!(folder.lw(&["release", "shop", "a", "--yes", "--json"]).expect(2).codes(), ["LW0563"]);
    // It carries our tag still, so a sweep finds it.
    let drift = folder.lw(&["drift", "shop", "--json"]).expect(1).json();
    assert_eq!(drift["unrecorded"].as_array().map(Vec::len), Some(1), "{drift}");
    let all = folder.lw(&["release", "shop", "--yes", "--json"]).expect(0).json();
    assert_eq!(all["paths"], json!(["b"]));
    assert_eq!(folder.lw(&["status", "--json"]).expect(0).json(), json!({"deployments": []}));
    assert_eq!(objects(&folder, TOPIC).len(), 2);
}

#[test]
fn drift_is_shown_and_corrected() {
    let folder = applied("a: SNS.Topic {displayName: \"a\"}\n\nb: SNS.Topic {}\n");
    let whole = folder.lw(&["drift", "shop", "--json"]).expect(0).json();
    assert_eq!(whole, json!({"drift": [], "unrecorded": []}));
    {
        let cloud = cloud(&folder);
        let change =
            "UPDATE objects SET properties = replace(properties, '\"DisplayName\":\"a\"', '\"DisplayName\":\"x\"')";
        cloud.execute(change, []).expect("a write");
        let gone = "DELETE FROM objects WHERE properties NOT LIKE '%DisplayName%'";
        assert_eq!(cloud.execute(gone, []).expect("a write"), 1);
    }
    let drift = folder.lw(&["drift", "shop", "--json"]).expect(1).json();
    let expected = json!({
        "drift": [
            {"path": "a", "property": "DisplayName", "planned": "a", "observed": "x", "enforcement": "Correct"},
            {"path": "b", "property": null, "planned": null, "observed": null, "enforcement": "Correct"},
        ],
        "unrecorded": [],
    });
    assert_eq!(drift, expected);
    let said = folder.lw(&["drift", "shop"]).expect(1).out;
    assert!(said.contains("displayName: \"a\" → \"x\"") && said.contains("is gone from the cloud"), "{said}");
    let corrected = folder.lw(&["drift", "shop", "--correct", "--yes", "--json"]).expect(0).json();
    assert_eq!(steps(&corrected), [pair("update", "a"), pair("create", "b")]);
    folder.lw(&["drift", "shop"]).expect(0);
    assert_eq!(folder.lw(&["drift", "other", "--json"]).expect(2).codes(), ["LW0560"]);
}
