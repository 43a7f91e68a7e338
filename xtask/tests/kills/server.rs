//! Kills on an AWS-compatible server: what `cargo xtask soak aws` makes many of.

use std::path::Path;

use xtask::soak::aws::{Limits, Report, run};

use crate::binary;

#[test]
#[expect(clippy::print_stdout, reason = "a test that does less than it could says so")]
fn ten_kills_while_an_example_is_made_leave_no_orphan_and_nothing_twice() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the repository");
    // Most of a kill's time is waiting, so several servers are killed at.
    let kills = [(4, 5), (3, 6), (3, 7)];
    let limits: Option<Vec<Limits>> =
        kills.iter().map(|(kills, seed)| Limits::web(binary(), repository, *kills, *seed)).collect();
    let Some(limits) = limits else {
        assert!(std::env::var_os("CI").is_none(), "moto_server is not installed: pip install 'moto[server]'");
        return println!("moto_server is not installed (pip install 'moto[server]'): nothing was killed");
    };
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let running: Vec<_> = limits.iter().map(|limits| scope.spawn(|| run(limits, &mut |_| {}))).collect();
        running.into_iter().map(|run| run.join().expect("a run tells, and does not panic")).collect()
    });
    for report in &reports {
        assert_eq!(report.violations, Vec::<String>::new());
        // A request that nobody needs is a regression as much as one that is missing.
        assert!((200..300).contains(&report.requests), "{} requests for an apply without faults", report.requests);
    }
    assert_eq!(reports.iter().map(|report| report.kills).sum::<u64>(), 10);
    // What may have happened and what has not were both met.
    let faults = |name| reports.iter().filter_map(|report| report.faults.get(name)).sum::<u64>();
    assert!(
        faults("lost") > 10 && faults("stale") > 0,
        "{:?}",
        reports.iter().map(|it| &it.faults).collect::<Vec<_>>()
    );
}
