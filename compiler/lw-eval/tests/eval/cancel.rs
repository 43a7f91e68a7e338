//! An evaluation that nobody waits for any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lw_eval::{InputText, Inputs, Limits, Options};

use crate::harness::{World, run_with};

/// Far more steps than are taken.
const ENDLESS: &str = "file: String.readFileUtf8(\"a.txt\")\n\nmany: [x for x in List.range(0, 100000) for y in List.range(0, 100000) if x < 0]\n\nother: List.length(many) + 1\n";

/// Loses its interest when a file is read, which is before what comes after it in the alphabet.
struct Impatient(Arc<AtomicBool>);

impl Inputs for Impatient {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.store(true, Ordering::Relaxed);
        World::default().read_file(path)
    }

    fn parameter(&self, _: &str) -> Option<InputText> {
        None
    }

    fn lookup(&self, _: &str, _: &lw_eval::Query) -> Option<lw_eval::Recorded> {
        None
    }
}

fn options(cancelled: &Arc<AtomicBool>) -> Options {
    let limits = Limits { steps: 3_000_000_000, nodes: u64::MAX, bytes: u64::MAX, ..Limits::default() };
    Options { limits, cancelled: Some(cancelled.clone()), ..Options::default() }
}

#[test]
fn it_stops_soon_and_says_nothing() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let evaluated = run_with(ENDLESS, &Impatient(cancelled.clone()), options(&cancelled));
    assert!(cancelled.load(Ordering::Relaxed), "the file is read");
    assert_eq!(evaluated.diagnostics, []);
    assert!(evaluated.counters.steps < 300_000, "{:?}", evaluated.counters);
}

#[test]
fn one_that_is_cancelled_before_it_begins_does_nothing() {
    let evaluated = run_with(ENDLESS, &World::default(), options(&Arc::new(AtomicBool::new(true))));
    assert!(evaluated.counters.steps < 1_000, "{:?}", evaluated.counters);
}

#[test]
fn a_look_now_and_then_changes_nothing() {
    let program = "many: List.length([x for x in List.range(0, 1000) for y in List.range(0, 1000) if x == y])\n";
    let run = |options: Options| {
        let options = Options { show_values: true, ..options };
        let evaluated = run_with(program, &World::default(), options);
        (evaluated.values, evaluated.counters)
    };
    let unasked = run(Options::default());
    assert_eq!(unasked.0["many"], "1000");
    assert_eq!(unasked, run(Options { cancelled: Some(Arc::default()), ..Options::default() }));
}
