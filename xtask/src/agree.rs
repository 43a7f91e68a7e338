//! `cargo xtask agree`: random programs, evaluated by the compiler and by the naive evaluator.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;

use lw_reference::agree::{Outcome, agree};
use lw_reference::generate::Counts;

/// How a run ended.
#[derive(Debug, Default)]
pub struct Summary {
    pub text: String,
    pub differ: u64,
}

/// A run ends after so many differences.
const DIFFER_MAX: u64 = 20;

pub fn run(count: u64, first_seed: u64, repository: &Path) -> Summary {
    let folder = repository.join("target/agree");
    let _ = fs::create_dir_all(&folder);
    let begun = Instant::now();
    let mut counts = Counts::new();
    let mut summary = Summary::default();
    let [mut tried, mut plans, mut failures, mut skipped, mut crowded, mut later] = [0_u64; 6];
    for seed in first_seed..first_seed.saturating_add(count) {
        let one = agree(seed);
        tried += 1;
        for (form, number) in one.counts {
            *counts.entry(form).or_default() += number;
        }
        crowded += u64::from(one.resources >= 10);
        later += u64::from(one.later);
        match one.outcome {
            Outcome::SamePlan => plans += 1,
            Outcome::SameFailures => failures += 1,
            Outcome::Skipped => skipped += 1,
            Outcome::Differ { reference, compiler, program } => {
                summary.differ += 1;
                let _ = fs::write(folder.join(format!("{seed}.lw")), program);
                let both = format!("reference: {reference}\ncompiler: {compiler}\n");
                let _ = fs::write(folder.join(format!("{seed}.txt")), both);
                if summary.differ >= DIFFER_MAX {
                    break;
                }
            }
        }
    }
    let seconds = begun.elapsed().as_secs();
    let _ = writeln!(
        summary.text,
        "{tried} programs in {seconds} s from seed {first_seed}: {plans} with the same Plan, {failures} with the same failures, \
         {skipped} left out, {} differ\n{crowded} have ten resources or more, {later} have later values",
        summary.differ
    );
    let rare = counts.values().filter(|number| **number < 1_000).count();
    let _ = writeln!(summary.text, "{} forms, {rare} of them made less than 1,000 times:", counts.len());
    let mut line = String::new();
    for (form, number) in &counts {
        let entry = format!("{form} {number}");
        if line.len() + entry.len() > 120 {
            let _ = writeln!(summary.text, "  {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push_str(" · ");
        }
        line.push_str(&entry);
    }
    let _ = write!(summary.text, "  {line}");
    summary
}
