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

#[test]
fn an_interrupted_apply_finishes_what_is_under_way_and_resume_goes_on() {
    const MANY: usize = 1_500;
    let folder = Folder::new();
    let source = format!(
        "composition\n\nimport AWS.SNS as SNS\n\ntopics: [SNS.Topic {{displayName: \"\\(n)\"}} for n in List.range(0, {MANY})]\n"
    );
    folder.write("shop.lw", source);
    // A pipe that nobody reads would fill.
    let out = std::fs::File::create(folder.path().join("out.json")).expect("a file in a temporary folder");
    let mut child = folder
        .command(&["apply", "--sim", "--yes", "--json", "shop.lw"])
        .stdout(out)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let first = lines.next().expect("progress").expect("messages are UTF-8");
    assert!(first.starts_with("[1/"), "{first}");
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("a signal is sent").success());
    let said: Vec<String> = lines.map(|line| line.expect("messages are UTF-8")).collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(3));
    let stopping = said.iter().find(|line| line.starts_with("stopping (interrupted)"));
    assert!(stopping.is_some_and(|line| line.contains("under way")), "{said:?}");
    let report: serde_json::Value = serde_json::from_str(&folder.read("out.json")).expect("one document");
    let count = |result: &str| {
        let steps = report["steps"].as_array().expect("steps");
        steps.iter().filter(|step| step["result"] == result).count()
    };
    let (done, skipped) = (count("done"), count("skipped"));
    assert_eq!(
        done + skipped,
        MANY,
        "what was under way has ended: {} failed, {} unknown",
        count("failed"),
        count("unknown")
    );
    assert!(done > 0 && skipped > 0, "{done} done, {skipped} skipped");
    assert_eq!(objects(&folder), done);
    folder.lw(&["resume", "shop", "--yes", "-q"]).expect(0);
    assert_eq!(objects(&folder), MANY);
    assert_eq!(folder.lw(&["preview", "--sim", "--json", "shop.lw"]).expect(0).json()["steps"], json!([]));
}
