//! What the benchmark does in a child of itself: reads two Plans and compares them a number of times.
//!
//! Reading takes longer than comparing, so a run that only reads is taken off.

use std::io;
use std::path::PathBuf;

use lw_plan::{Plan, differences};

/// What asks for it; after it come the number of times and the two files.
pub const OPTION: &str = "--differences";

pub struct Asked {
    times: usize,
    plans: [PathBuf; 2],
}

/// Whether that is what a process was started for.
pub fn asked_of(arguments: &[String]) -> Option<Asked> {
    let [option, times, old, new] = arguments else { return None };
    let times = times.parse().ok().filter(|_| option == OPTION)?;
    Some(Asked { times, plans: [PathBuf::from(old), PathBuf::from(new)] })
}

impl Asked {
    pub fn run(&self) -> io::Result<()> {
        let read = |path: &PathBuf| Plan::decode(&std::fs::read_to_string(path)?).map_err(io::Error::other);
        let (old, new) = (read(&self.plans[0])?, read(&self.plans[1])?);
        for _ in 0..self.times {
            let found = differences(&old.meaning, &new.meaning);
            if found.len() != 1 {
                return Err(io::Error::other(format!("{} nodes differ, not the one that was edited", found.len())));
            }
        }
        Ok(())
    }
}
