//! Stores that are missing, damaged, newer, read-only or full; two environments in one; several commands at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::json;

use crate::lw::{BINARY, Folder};

const TOPIC: &str = "composition\n\nimport AWS.SNS as SNS\n\nparameter String name: \"a\"\n\ntopic: SNS.Topic {displayName: name}\n\noutput arn: topic.topicArn\n";

fn applied() -> Folder {
    let folder = Folder::new();
    folder.write("shop.lw", TOPIC);
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    folder
}

/// Where State is when nobody says otherwise.
const STORE: &str = ".linework/state.db";

#[test]
fn a_store_that_is_not_there_has_no_deployments() {
    let folder = Folder::new();
    assert_eq!(folder.lw(&["status", "--json"]).expect(0).json(), json!({"deployments": []}));
    assert!(!folder.exists(".linework"), "looking makes nothing");
    for arguments in [["output", "shop", "--json"], ["history", "shop", "--json"], ["status", "shop", "--json"]] {
        let run = folder.lw(&arguments);
        assert_ne!(run.code, 0, "{run:?}");
        assert_eq!(run.codes().len(), 1, "{run:?}");
    }
}

#[test]
fn the_store_lies_where_it_is_said() {
    let mut folder = Folder::new();
    folder.write("shop.lw", TOPIC);
    folder.write("lw.toml", "[environment.prod]\nstore = \"sqlite:kept/prod.db\"\n");
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    assert!(folder.exists(STORE));
    folder.lw(&["apply", "--sim", "--yes", "--env", "prod", "shop.lw"]).expect(0);
    assert!(folder.exists("kept/prod.db"), "the environment's store");
    folder.lw(&["output", "shop@prod"]).expect(0);
    folder.lw(&["apply", "--sim", "--yes", "--store", "sqlite:given.db", "shop.lw"]).expect(0);
    assert!(folder.exists("given.db"), "`--store`");
    folder.set("LINEWORK_STORE", "sqlite:named.db");
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    assert!(folder.exists("named.db"), "LINEWORK_STORE");
}

#[test]
fn a_damaged_store_is_named() {
    let folder = applied();
    for (what, content) in [("text", b"not a database at all\n".repeat(100)), ("zeroes", vec![0; 8192])] {
        fs::remove_file(folder.path().join(".linework/state.db-wal")).ok();
        fs::remove_file(folder.path().join(".linework/state.db-shm")).ok();
        folder.write(STORE, &content);
        for arguments in [&["status", "--json"][..], &["apply", "--sim", "--yes", "shop.lw", "--json"]] {
            let run = folder.lw(arguments).expect(3);
            assert_eq!(run.codes(), ["LW0553"], "{what}");
        }
        assert_eq!(fs::read(folder.path().join(STORE)).unwrap(), content, "{what}: it is left as it is");
    }
}

#[test]
fn a_newer_store_is_refused() {
    let folder = applied();
    let database = rusqlite::Connection::open(folder.path().join(STORE)).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    for arguments in [&["status", "--json"][..], &["apply", "--sim", "--yes", "shop.lw", "--json"]] {
        assert_eq!(folder.lw(arguments).expect(3).codes(), ["LW0554"]);
    }
}

#[test]
fn a_read_only_store_is_read_and_not_written() {
    let folder = applied();
    let path = |name: &str| folder.path().join(name);
    let set = |mode: u32, folder_mode: u32| {
        for entry in fs::read_dir(path(".linework")).unwrap() {
            fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(path(".linework"), fs::Permissions::from_mode(folder_mode)).unwrap();
    };
    set(0o444, 0o555);
    // Whoever runs as root may write everything.
    let enforced = fs::File::options().append(true).open(path(STORE)).is_err();
    if enforced {
        folder.lw(&["status"]).expect(0);
        let run = folder.lw(&["apply", "--sim", "--yes", "--set", "name=b", "shop.lw", "--json"]).expect(3);
        assert_eq!(run.codes(), ["LW0551"]);
    }
    set(0o644, 0o755);
    let blocked = Folder::new();
    blocked.write("shop.lw", TOPIC);
    blocked.write(".linework", "a file where a folder is wanted");
    let run = blocked.lw(&["apply", "--sim", "--yes", "shop.lw", "--json"]).expect(3);
    assert!(run.codes()[0].starts_with("LW055"), "{:?}", run.codes());
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = applied();
    let many = TOPIC.to_string() + "\nmore: [SNS.Topic {displayName: \"\\(n)\"} for n in List.range(0, 400)]\n";
    folder.write("shop.lw", many);
    // No file may grow beyond this; a write that would is refused, as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 400; exec \"$0\" apply --sim --yes --json shop.lw";
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(&*BINARY)
        .current_dir(folder.path())
        .env_remove("LINEWORK_STORE")
        .stdin(Stdio::null())
        .output()
        .expect("sh starts");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stdout));
    // With space again, it goes on, and ends with each thing made once.
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    let status = folder.lw(&["status", "shop", "--json"]).expect(0).json();
    assert_eq!(status["deployments"][0]["resources"].as_array().unwrap().len(), 401);
    assert_eq!(folder.lw(&["preview", "--sim", "shop.lw", "--json"]).expect(0).json()["steps"], json!([]));
}

#[test]
fn two_environments_live_in_one_store() {
    let folder = Folder::new();
    folder.write("shop.lw", TOPIC);
    folder.write(
        "lw.toml",
        "[environment.test]\nparameters = { name = \"t\" }\n\n[environment.prod]\nparameters = { name = \"p\" }\n",
    );
    for environment in ["test", "prod"] {
        folder.lw(&["apply", "--sim", "--yes", "--env", environment, "shop.lw"]).expect(0);
    }
    let status = folder.lw(&["status", "--json"]).expect(0).json();
    let names: Vec<&str> =
        status["deployments"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop@prod", "shop@test"]);
    let arn = |name: &str| folder.lw(&["output", name, "--json"]).expect(0).json()["arn"].clone();
    assert_ne!(arn("shop@test"), arn("shop@prod"), "each has a topic of its own");
    folder.lw(&["destroy", "shop@test", "--yes"]).expect(0);
    assert_eq!(
        folder.lw(&["preview", "--sim", "--env", "prod", "shop.lw", "--json"]).expect(0).json()["steps"],
        json!([])
    );
    let status = folder.lw(&["status", "--json"]).expect(0).json();
    assert_eq!(status["deployments"].as_array().unwrap().len(), 1);
}

#[test]
fn two_applies_at_once_make_everything_once() {
    let folder = Folder::new();
    let many = TOPIC.to_string() + "\nmore: [SNS.Topic {displayName: \"\\(n)\"} for n in List.range(0, 50)]\n";
    folder.write("shop.lw", many);
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = folder.command(&["apply", "--sim", "--yes", "--json", "shop.lw"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
        })
        .collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
    assert!(outputs.iter().any(|output| output.status.success()), "{outputs:?}");
    let status = folder.lw(&["status", "shop", "--json"]).expect(0).json();
    assert_eq!(status["deployments"][0]["resources"].as_array().unwrap().len(), 51);
    folder.lw(&["preview", "--sim", "shop.lw"]).expect(0);
    folder.lw(&["history", "shop", "--verify"]).expect(0);
}

#[test]
fn a_change_set_is_applied_as_it_was_shown_or_not_at_all() {
    let folder = applied();
    folder.lw(&["preview", "--sim", "--set", "name=b", "shop.lw", "-o", "change.json"]).expect(1);
    folder.lw(&["apply", "--sim", "--yes", "change.json"]).expect(0);
    let again = folder.lw(&["apply", "--sim", "--yes", "--json", "change.json"]);
    assert_ne!(again.code, 0, "what it was made for has moved on: {}", again.out);
    assert_eq!(again.codes(), ["LW0511"]);
    folder.lw(&["preview", "--sim", "--set", "name=b", "shop.lw"]).expect(0);
}

#[test]
fn a_plan_is_applied_as_the_composition_would_be() {
    let folder = Folder::new();
    folder.write("shop.lw", TOPIC);
    folder.write("lw.toml", "[environment.prod]\nparameters = { name = \"p\" }\n");
    folder.lw(&["build", "--env", "prod", "shop.lw", "-o", "plan.json"]).expect(0);
    let applied = folder.lw(&["apply", "--sim", "--yes", "--json", "plan.json"]).expect(0).json();
    assert_eq!(applied["deployment"], "shop@prod");
    let again = folder.lw(&["preview", "--sim", "--json", "--env", "prod", "shop.lw"]).expect(0).json();
    assert_eq!((&again["steps"], &again["plan"]), (&json!([]), &applied["plan"]));
    let named = folder.lw(&["apply", "--sim", "--yes", "--json", "--name", "other", "plan.json"]).expect(0).json();
    assert_eq!(named["deployment"], "other");
}

#[test]
fn progress_goes_to_standard_error() {
    let folder = Folder::new();
    folder.write("shop.lw", TOPIC);
    let run = folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    assert_eq!(run.error, "[1/1] created topic (AWS::SNS::Topic)\n");
    assert!(run.out.starts_with("shop: 1 created\n\nOutputs\n  arn: \"arn:aws:sns:"), "{}", run.out);
    let run = folder.lw(&["apply", "--sim", "--yes", "-q", "--set", "name=b", "shop.lw"]).expect(0);
    assert_eq!(run.error, "");
    let run = folder.lw(&["destroy", "shop", "--yes", "--json"]).expect(0);
    assert_eq!(run.error, "[1/1] deleted topic (AWS::SNS::Topic)\n", "also beside a document");
    assert_eq!(run.json()["steps"][0]["result"], "done");
}

#[test]
fn the_environment_may_ask_for_the_simulated_cloud() {
    let folder = Folder::new();
    folder.write("shop.lw", TOPIC);
    folder.write("lw.toml", "[environment.test]\nprovider = \"sim\"\n");
    folder.lw(&["apply", "--yes", "--env", "test", "shop.lw"]).expect(0);
    assert_eq!(folder.lw(&["preview", "--env", "test", "shop.lw", "--json"]).expect(0).json()["steps"], json!([]));
}

#[test]
fn without_a_provider_nothing_is_applied() {
    let folder = Folder::new();
    folder.write("shop.lw", TOPIC);
    let run = folder.lw(&["apply", "--yes", "--json", "shop.lw"]);
    assert_ne!(run.code, 0);
    assert_eq!(run.codes().len(), 1, "{}", run.out);
    assert!(folder.lw(&["status", "--json"]).expect(0).json()["deployments"].as_array().unwrap().is_empty());
}

#[test]
fn destroy_keeps_data_and_says_so() {
    let folder = Folder::new();
    folder.write(
        "shop.lw",
        "composition\n\nimport AWS.SNS as SNS\nimport AWS.SQS as SQS\n\ntopic: SNS.Topic {}\njobs: SQS.Queue {}\n",
    );
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    let run = folder.lw(&["destroy", "shop", "--yes", "--json"]).expect(1);
    assert_eq!(run.json()["kept"][0]["path"], "jobs");
    let status = folder.lw(&["status", "shop", "--json"]).expect(0).json();
    let paths: Vec<&str> = status["deployments"][0]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["jobs"]);
    folder.lw(&["destroy", "shop", "--yes", "--allow-delete", "1"]).expect(0);
    assert_eq!(folder.lw(&["status", "--json"]).expect(0).json(), json!({"deployments": []}));
    assert_ne!(folder.lw(&["destroy", "shop", "--yes"]).code, 0, "there is nothing to destroy any more");
}

#[test]
fn a_store_is_backed_up_verified_and_restored() {
    let folder = applied();
    let backup = folder.lw(&["store", "backup", "kept.db", "--json"]).expect(0).json();
    assert_eq!(backup["deployments"], json!(["shop"]));
    assert_eq!(
        folder.lw(&["store", "backup", "kept.db", "--json"]).expect(2).codes(),
        ["LW0582"],
        "nothing is overwritten"
    );
    let verified = folder.lw(&["store", "verify", "--json"]).expect(0).json();
    assert_eq!(
        (&verified["sound"], &verified["deployments"], &verified["resources"]),
        (&json!(true), &json!(1), &json!(1))
    );
    folder.lw(&["apply", "--sim", "--yes", "--set", "name=b", "shop.lw"]).expect(0);
    assert_eq!(folder.lw(&["store", "restore", "kept.db", "--json"]).expect(2).codes(), ["LW0578"]);
    let restored = folder.lw(&["store", "restore", "kept.db", "--yes", "--json"]).expect(0).json();
    assert!(folder.path().join(restored["replaced"].as_str().expect("a path")).exists(), "what was there is kept");
    let status = folder.lw(&["status", "shop", "--json"]).expect(0).json();
    assert_eq!(status["deployments"][0]["generation"], 1);
    folder.lw(&["history", "shop", "--verify"]).expect(0);
    let drift = folder.lw(&["drift", "shop", "--json"]).expect(1).json();
    assert_eq!(drift["drift"][0]["observed"], "b", "the cloud went on meanwhile");
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    folder.lw(&["drift", "shop"]).expect(0);
}

#[test]
fn a_restored_store_uses_no_identity_twice() {
    let folder = applied();
    folder.lw(&["store", "backup", "kept.db"]).expect(0);
    let more = format!("{TOPIC}\nmore: SNS.Topic {{}}\n");
    folder.write("shop.lw", &more);
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    folder.lw(&["store", "restore", "kept.db", "--yes"]).expect(0);
    let lost = folder.lw(&["drift", "shop", "--json"]).expect(1).json()["unrecorded"].clone();
    assert_eq!(lost.as_array().map(Vec::len), Some(1), "made after the backup: {lost}");
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    let uids: Vec<String> = {
        let cloud = rusqlite::Connection::open(folder.path().join(".linework/sim.db")).expect("the simulated cloud");
        let mut query = cloud.prepare("SELECT uid FROM objects").expect("its table");
        query.query_map([], |row| row.get(0)).expect("its rows").map(|uid| uid.expect("a uid")).collect()
    };
    let different: std::collections::BTreeSet<&String> = uids.iter().collect();
    assert_eq!((uids.len(), different.len()), (3, 3), "each object has a uid of its own");
}

#[test]
fn a_store_can_be_copied_and_used_elsewhere() {
    let folder = applied();
    folder.lw(&["store", "copy", "sqlite:elsewhere.db"]).expect(0);
    let status = |arguments: &[&str]| folder.lw(arguments).expect(0).json();
    assert_eq!(status(&["status", "--json"]), status(&["status", "--json", "--store", "sqlite:elsewhere.db"]));
    assert_eq!(folder.lw(&["store", "copy", "ftp:x", "--json"]).expect(2).codes(), ["LW0572"]);
}

#[test]
fn an_altered_store_is_not_sound() {
    let folder = applied();
    let database = rusqlite::Connection::open(folder.path().join(STORE)).expect("the store");
    database
        .execute("UPDATE events SET body = replace(body, 'topic', 'tropic') WHERE sequence = 2", [])
        .expect("a write");
    database.execute("UPDATE plans SET lz4 = substr(lz4, 1, 20)", []).expect("a write");
    drop(database);
    let verified = folder.lw(&["store", "verify", "--json"]).expect(1).json();
    assert_eq!(verified["sound"], json!(false));
    let problems = verified["problems"].to_string();
    assert!(problems.contains("from event 2 on") && problems.contains("Plan"), "{problems}");
    let history = folder.lw(&["history", "shop", "--verify", "--json"]).expect(1).json();
    assert_eq!((&history["verified"], &history["brokenAt"]), (&json!(false), &json!(2)));
}
