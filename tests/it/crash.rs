//! Killed in the middle: the next run goes on, leaves no orphan, makes nothing twice, and asks nobody.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::lw::Folder;

const COUNT: usize = 40;

fn folder() -> Folder {
    let folder = Folder::new();
    // Chains, so that there is always something that waits for something else.
    let source = format!(
        "composition\n\nimport AWS.SNS as SNS\nimport AWS.SQS as SQS\n\n\
         topics: [SNS.Topic {{displayName: \"\\(n)\"}} for n in List.range(0, {half})]\n\n\
         queues: [\n  SQS.Queue {{redrivePolicy: {{\"topic\": topic.topicArn}}}}\n  for topic in topics\n]\n",
        half = COUNT / 2
    );
    folder.write("shop.lw", source);
    folder
}

/// Objects in the simulated cloud, whoever knows of them.
fn objects(folder: &Folder) -> usize {
    let cloud =
        rusqlite::Connection::open(folder.path().join(".linework/sim.db")).expect("the simulated cloud is a file");
    let count: i64 =
        cloud.query_row("SELECT count(*) FROM objects", [], |row| row.get(0)).expect("it has a table of objects");
    count as usize
}

/// Runs a command and kills it when it has said that `after` steps have ended.
fn kill_after(folder: &Folder, arguments: &[&str], after: usize) {
    let mut child =
        folder.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let mark = format!("[{after}/");
    for line in lines {
        if line.expect("messages are UTF-8").starts_with(&mark) {
            break;
        }
    }
    child.kill().expect("a process can be killed");
    child.wait().expect("a killed process ends");
}

#[test]
fn an_apply_that_was_killed_goes_on() {
    for after in [1, 2, COUNT / 2, COUNT - 1, COUNT] {
        let folder = folder();
        kill_after(&folder, &["apply", "--sim", "--yes", "shop.lw"], after);
        folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
        assert_eq!(objects(&folder), COUNT, "killed after step {after}");
        assert_eq!(folder.lw(&["preview", "--sim", "--json", "shop.lw"]).expect(0).json()["steps"], json!([]));
        let status = folder.lw(&["status", "shop", "--json"]).expect(0).json();
        assert_eq!(status["deployments"][0]["resources"].as_array().map(Vec::len), Some(COUNT));
        folder.lw(&["history", "shop", "--verify"]).expect(0);
    }
}

#[test]
fn killed_again_and_again_it_ends_all_the_same() {
    let folder = folder();
    for _ in 0..6 {
        kill_after(&folder, &["apply", "--sim", "--yes", "shop.lw"], 3);
    }
    folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
    assert_eq!(objects(&folder), COUNT);
}

#[test]
fn a_destroy_that_was_killed_goes_on() {
    for after in [1, COUNT / 2, COUNT - 1] {
        let folder = folder();
        folder.lw(&["apply", "--sim", "--yes", "shop.lw"]).expect(0);
        kill_after(&folder, &["destroy", "shop", "--yes", "--allow-delete", "all"], after);
        // It may have ended before it was killed.
        let left = folder.lw(&["status", "--json"]).expect(0).json();
        if left != json!({"deployments": []}) {
            folder.lw(&["destroy", "shop", "--yes", "--allow-delete", "all"]).expect(0);
        }
        assert_eq!(objects(&folder), 0, "killed after step {after}");
        assert_eq!(folder.lw(&["status", "--json"]).expect(0).json(), json!({"deployments": []}));
    }
}
