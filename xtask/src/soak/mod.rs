//! Long runs that look for what short ones miss.

pub mod aws;
pub mod kills;
mod programs;
pub mod proxy;

use std::process::{Child, ExitStatus};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The end of a child that others may kill, looked for every `pause`; `None` where it hung for so `long` and was ended.
fn wait(child: &Mutex<Option<Child>>, long: Duration, pause: Duration) -> Option<ExitStatus> {
    let given_up = Instant::now() + long;
    loop {
        if let Some(child) = child.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            if let Ok(Some(status)) = child.try_wait() {
                return Some(status);
            }
            if Instant::now() > given_up {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
        std::thread::sleep(pause);
    }
}
