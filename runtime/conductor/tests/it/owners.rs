use std::sync::mpsc;
use std::thread;

use conductor::{Progress, StepResult};

use crate::support::{Place, apply, name, preview, request, topics, try_apply, wait_until, watched_apply};

#[test]
fn two_commands_in_one_store_both_succeed() {
    let place = Place::new();
    let (first, second) = (place.slow_engine(40), place.slow_engine(40));
    let (began, has_begun) = mpsc::channel();
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(move || {
            let mut told = Vec::new();
            let answer = first.apply(request(topics("one", 30)), &mut |progress| {
                if matches!(progress, Progress::Began { .. }) {
                    began.send(()).unwrap();
                }
                told.push(progress);
            });
            (answer, told)
        });
        has_begun.recv().unwrap();
        let two = scope.spawn(move || watched_apply(&second, request(topics("two", 30))));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert!(one.0.unwrap().success);
    assert!(two.0.unwrap().success);
    assert!(two.1.iter().any(|progress| *progress == Progress::Asking { pid: std::process::id() }), "{:?}", two.1);
    let ended = |told: &[Progress]| told.iter().filter(|progress| matches!(progress, Progress::Step { .. })).count();
    assert_eq!(ended(&one.1), 60);
    assert_eq!(ended(&two.1), 60, "a guest is told as much as an owner");
    assert_eq!(place.count(), 60);
    let status = place.engine().status(None).unwrap();
    assert_eq!(status.deployments.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(!place.store().with_extension("sock").exists(), "the door is closed when nobody is there");
}

#[test]
fn many_commands_take_their_turns() {
    let place = Place::new();
    thread::scope(|scope| {
        for number in 0..6 {
            let engine = place.slow_engine(5);
            scope.spawn(move || {
                // Three deployments, each asked for twice.
                let wanted = topics(&format!("d{}", number % 3), 10);
                assert!(try_apply(&engine, request(wanted)).unwrap().success);
            });
        }
    });
    assert_eq!(place.count(), 30);
    assert_eq!(place.engine().status(None).unwrap().deployments.len(), 3);
    for number in 0..3 {
        let history = place.engine().history(&name(&format!("d{number}")), true).unwrap();
        assert_eq!(history.verified, Some(true));
        let began = history.events.iter().filter(|event| event.body["event"] == "began").count();
        assert_eq!(began, 1, "the second found nothing to do");
    }
}

#[test]
fn a_store_may_lie_deep() {
    let place = Place::new();
    let deep = place.store().parent().unwrap().join("a-folder-with-a-long-name/".repeat(8)).join("state.db");
    let engine = || {
        let mut options = conductor::EngineOptions::new(&deep);
        options.sim.latency_ms = 40;
        conductor::Engine::new(options)
    };
    assert!(deep.as_os_str().len() > 200);
    thread::scope(|scope| {
        let one = scope.spawn(|| try_apply(&engine(), request(topics("one", 10))));
        wait_until("the owner opens its door", || deep.with_extension("sock").exists() || one.is_finished());
        let (two, told) = watched_apply(&engine(), request(topics("two", 10)));
        assert!(two.unwrap().success);
        assert!(told.iter().any(|progress| matches!(progress, Progress::Asking { .. })), "{told:?}");
        assert!(one.join().unwrap().unwrap().success);
    });
}

#[test]
fn a_guest_can_preview() {
    let place = Place::new();
    apply(&place.engine(), topics("other", 2));
    let slow = place.slow_engine(60);
    thread::scope(|scope| {
        let one = scope.spawn(|| try_apply(&slow, request(topics("one", 10))));
        wait_until("the owner opens its door", || place.store().with_extension("sock").exists() || one.is_finished());
        let shown = preview(&place.engine(), topics("other", 3));
        assert_eq!(shown.report.summary.create, 1);
        assert!(one.join().unwrap().unwrap().success);
    });
}

#[test]
fn told_to_stop_it_finishes_what_is_under_way() {
    let place = Place::new();
    let mut options = place.options();
    options.sim.latency_ms = 30;
    options.width = 5;
    let engine = conductor::Engine::new(options);
    let stopper = engine.stopper();
    let mut told = Vec::new();
    let applied = engine.apply(request(topics("news", 40)), &mut |progress| {
        if let Progress::Step { done: 5, .. } = &progress {
            stopper.stop("enough");
        }
        told.push(progress);
    });
    let applied = applied.unwrap();
    assert!(!applied.success);
    assert!(applied.stopped.is_some());
    let stopping = told.iter().find_map(|progress| match progress {
        Progress::Stopping { reason, in_flight } => Some((reason.clone(), in_flight.len())),
        _ => None,
    });
    let (reason, _) = stopping.expect("people are told");
    assert_eq!(reason, "enough");
    let done = applied.report.steps.iter().filter(|step| step.result == StepResult::Done).count();
    assert!((5..40).contains(&done), "{done}");
    assert_eq!(place.count(), done, "what was under way has ended, and nothing was begun");
    // The same again goes on from there.
    assert!(apply(&place.engine(), topics("news", 40)).success);
    assert_eq!(place.count(), 40);
}

#[test]
fn a_guest_can_stop_what_it_asked_for() {
    let place = Place::new();
    let owner = place.slow_engine(30);
    let mut options = place.options();
    options.patience = std::time::Duration::from_secs(60);
    let guest = conductor::Engine::new(options);
    let stopper = guest.stopper();
    thread::scope(|scope| {
        let one = scope.spawn(|| try_apply(&owner, request(topics("one", 600))));
        wait_until("the owner opens its door", || place.store().with_extension("sock").exists() || one.is_finished());
        let two = guest.apply(request(topics("two", 600)), &mut |progress| {
            if matches!(progress, Progress::Step { .. }) {
                stopper.stop("enough");
            }
        });
        assert!(!two.unwrap().success);
        assert!(one.join().unwrap().unwrap().success, "the owner's own work goes on");
    });
}
