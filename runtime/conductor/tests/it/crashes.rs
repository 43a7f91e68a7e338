use std::process::{Command, Stdio};
use std::thread;

use conductor::Progress;

use crate::support::{Place, apply, name, network, request, topics, wait_until, watched_apply};

/// The body of a process that is killed; does nothing in an ordinary run.
#[test]
fn as_a_process_that_is_killed() {
    let Ok(store) = std::env::var("LINEWORK_TEST_STORE") else { return };
    let mut options = conductor::EngineOptions::new(store);
    options.sim.latency_ms = 15;
    options.width = 4;
    let _ = conductor::Engine::new(options).apply(request(network(60)), &mut |_| {});
}

fn spawn(place: &Place) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["crashes::as_a_process_that_is_killed", "--exact", "--test-threads=1"]);
    command.env("LINEWORK_TEST_STORE", place.store()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// How many objects the file of the simulated cloud holds, while its process runs.
fn objects_on_disk(place: &Place) -> u64 {
    let status = place.engine().status(None);
    status.map_or(0, |status| status.deployments.iter().map(|one| one.resources.len() as u64).sum())
}

#[test]
fn killed_at_any_time_it_leaves_no_orphan_and_makes_nothing_twice() {
    for kill_after in [1, 7, 20, 45] {
        let place = Place::new();
        let mut process = spawn(&place);
        wait_until("the process makes something", || objects_on_disk(&place) >= kill_after);
        process.kill().unwrap();
        process.wait().unwrap();
        let before = place.count();
        let (answer, told) = watched_apply(&place.engine(), request(network(60)));
        let applied = answer.unwrap();
        assert!(applied.success, "killed after {kill_after}: {applied:?}");
        assert_eq!(place.count(), 61, "killed after {kill_after} with {before} objects made");
        let records = place.engine().status(None).unwrap().deployments[0].resources.len();
        assert_eq!(records, 61);
        let resumed = told.iter().any(|progress| matches!(progress, Progress::Resuming { .. }));
        assert!(resumed || before == 0 || before == 61, "what was left open is looked up first");
        assert!(apply(&place.engine(), network(60)).report.steps.is_empty());
        assert_eq!(place.engine().history(&name("network"), true).unwrap().verified, Some(true));
    }
}

#[test]
fn a_guest_takes_over_from_an_owner_that_is_killed() {
    let place = Place::new();
    let mut process = spawn(&place);
    wait_until("the process makes something", || objects_on_disk(&place) >= 3);
    thread::scope(|scope| {
        let guest = scope.spawn(|| {
            let mut told = Vec::new();
            let answer = place.engine().apply(request(topics("news", 200)), &mut |progress| told.push(progress));
            (answer, told)
        });
        wait_until("the guest is heard", || objects_on_disk(&place) >= 10 || guest.is_finished());
        process.kill().unwrap();
        process.wait().unwrap();
        let (answer, _) = guest.join().unwrap();
        assert!(answer.unwrap().success);
    });
    assert!(apply(&place.engine(), network(60)).success);
    assert_eq!(place.count(), 261);
}
