//! Fleets as a user keeps them, on the simulated cloud: made, rolled, rolled back, repaired, taken down, and killed in the middle of it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::docker_engine::until;
use crate::lifecycle::copy;
use crate::lw::Folder;

/// Paths and properties of the fleet's members, as State has them.
fn members(folder: &Folder) -> Vec<String> {
    let status = folder.lw(&["status", "project", "--json"]).expect(0).json();
    let resources = status["deployments"][0]["resources"].as_array().expect("resources").clone();
    let is_member = |resource: &&serde_json::Value| resource["type"] == "AWS::EC2::Instance";
    resources.iter().filter(is_member).map(|resource| resource["path"].as_str().expect("a path").to_string()).collect()
}

/// Nothing carries the tag of the deployment that State does not know.
fn nothing_unrecorded(folder: &Folder) {
    let drift = folder.lw(&["drift", "project", "--json"]).json();
    assert_eq!(drift["unrecorded"], serde_json::json!([]), "{drift}");
    assert_eq!(drift["drift"], serde_json::json!([]), "{drift}");
}

#[test]
fn a_fleet_is_made_rolled_scaled_and_taken_down() {
    let folder = copy("fleet");
    folder.lw(&["apply", "main.lw", "--sim", "--yes"]).expect(0);
    let first = members(&folder);
    assert_eq!(first.len(), 4);
    nothing_unrecorded(&folder);
    let preview = folder.lw(&["preview", "main.lw", "--sim", "--set", "image=ami-0f3a9d27c15e8b640"]).expect(1);
    assert!(preview.out.contains("4 members are replaced: rolling, 2 at a time, in 2 waves"), "{}", preview.out);
    folder.lw(&["apply", "main.lw", "--sim", "--yes", "--set", "image=ami-0f3a9d27c15e8b640"]).expect(0);
    let second = members(&folder);
    assert_eq!(second.len(), 4);
    assert!(first.iter().all(|path| !second.contains(path)), "every member is another");
    folder
        .lw(&["apply", "main.lw", "--sim", "--yes", "--set", "image=ami-0f3a9d27c15e8b640", "--set", "size=2"])
        .expect(0);
    let third = members(&folder);
    assert_eq!(third.len(), 2);
    assert!(third.iter().all(|path| second.contains(path)), "who stays is not touched");
    nothing_unrecorded(&folder);
    let again =
        folder.lw(&["apply", "main.lw", "--sim", "--yes", "--set", "image=ami-0f3a9d27c15e8b640", "--set", "size=2"]);
    assert!(again.expect(0).out.starts_with("project: nothing changed"));
    folder.lw(&["destroy", "project", "--yes", "--allow-delete", "all"]).expect(0);
    assert_eq!(folder.lw(&["status", "--json"]).expect(0).json()["deployments"], serde_json::json!([]));
}

#[test]
fn a_template_that_fails_is_left_and_the_members_before_it_stay() {
    let folder = copy("fleet");
    folder.lw(&["apply", "main.lw", "--sim", "--yes"]).expect(0);
    let before = members(&folder);
    for course in ["gone after 60ms", "unhealthy after 50ms"] {
        let set = format!("course={course}");
        let source = folder.read("main.lw").replace("deadline: 5m", "deadline: 1s");
        folder.write("main.lw", source);
        let run = folder.lw(&["apply", "main.lw", "--sim", "--yes", "--set", &set]).expect(3);
        assert!(
            run.out.contains("its template is left") || run.error.contains("its template is left"),
            "{}{}",
            run.out,
            run.error
        );
        assert_eq!(members(&folder), before, "{course}");
    }
    nothing_unrecorded(&folder);
    let incidents = folder.lw(&["incidents", "project"]);
    assert!(incidents.out.contains("rollback"), "{}", incidents.out);
}

#[test]
fn a_member_that_is_deleted_or_edited_is_replaced_by_the_conductor() {
    let folder = copy("fleet");
    folder.lw(&["apply", "main.lw", "--sim", "--yes"]).expect(0);
    let mut daemon =
        folder.command(&["conduct"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    for (arguments, what) in [(&["--delete"][..], "deleted"), (&["--set"][..], "edited")] {
        let victim = members(&folder).remove(0);
        let more: &[&str] = if what == "edited" { &["InstanceType", "m5.large"] } else { &[] };
        folder.lw(&[&["chaos", "project"], arguments, &[&*victim], more].concat()).expect(0);
        until(&format!("{victim} was {what}, and is replaced"), || {
            let now = members(&folder);
            (now.len() == 4 && !now.contains(&victim)).then_some(())
        });
    }
    daemon.kill().expect("a process can be killed");
    daemon.wait().expect("a killed process ends");
    nothing_unrecorded(&folder);
}

/// Killed after each of its deeds in turn, and run again: the same members as without, none twice, none unknown.
#[test]
fn a_rollout_that_is_killed_goes_on_where_it_was() {
    let folder = copy("fleet");
    folder.lw(&["apply", "main.lw", "--sim", "--yes"]).expect(0);
    let first = members(&folder);
    let arguments = ["apply", "main.lw", "--sim", "--yes", "--set", "image=ami-0f3a9d27c15e8b640"];
    for deeds in [1, 3, 2, 5, 4] {
        let mut child =
            folder.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        lines.filter(|line| line.contains("web[")).take(deeds).for_each(drop);
        // It may be done already.
        let _ = child.kill();
        child.wait().expect("a killed process ends");
    }
    folder.lw(&arguments).expect(0);
    let second = members(&folder);
    assert_eq!(second.len(), 4);
    assert!(first.iter().all(|path| !second.contains(path)));
    nothing_unrecorded(&folder);
}
