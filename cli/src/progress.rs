//! What people see while they wait: a bar on a terminal, a line for each finished step elsewhere.

use std::time::Duration;

use conductor::{Progress, StepResult, StepState};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::changes::done_word;
use crate::output::Voice;

pub struct Reporter {
    voice: Voice,
    bar: Option<ProgressBar>,
}

impl Reporter {
    pub fn new(voice: Voice) -> Reporter {
        Reporter { voice, bar: None }
    }

    pub fn report(&mut self, progress: Progress) {
        if self.voice.quiet {
            return;
        }
        match progress {
            Progress::Asking { pid } => self.line(&format!("asking process {pid}, which has the store open")),
            Progress::Resuming { operations, .. } => {
                self.line(&format!("looking up {operations} operations that were left open"));
            }
            Progress::Reading { objects } => self.status(&format!("reading {objects} objects")),
            Progress::Began { steps, .. } => self.begin(steps as u64),
            Progress::Step { path, action, wire_type, state, done, total } => match state {
                StepState::Started => self.status(path.as_str()),
                StepState::Waiting { after_ms, message } if self.voice.verbose || after_ms >= 5_000 => {
                    self.line(&format!("  {path}: again in {:.1} s: {message}", after_ms as f64 / 1_000.0));
                }
                StepState::Waiting { .. } => {}
                StepState::Ended { result, message } => {
                    let word = match result {
                        StepResult::Done => done_word(action),
                        StepResult::Failed => "failed",
                        StepResult::Skipped => "skipped",
                        StepResult::Unknown => "unknown",
                    };
                    let message = message.map(|message| format!(": {message}")).unwrap_or_default();
                    self.ended(&format!("[{done}/{total}] {word} {path} ({wire_type}){message}"), done as u64);
                }
            },
            Progress::Fleet { path, text } => self.line(&format!("{path}: {text}")),
            Progress::Stopping { reason, in_flight } => {
                let names: Vec<&str> = in_flight.iter().map(|path| path.as_str()).collect();
                self.line(&match names.as_slice() {
                    [] => format!("stopping ({reason}); nothing is under way"),
                    names => {
                        format!("stopping ({reason}); nothing new is begun, still under way: {}", names.join(", "))
                    }
                });
            }
        }
    }

    /// Takes the bar away, so that results stand alone.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn begin(&mut self, steps: u64) {
        if !self.voice.interactive || steps == 0 {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}").expect("a fixed template");
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn status(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.to_string());
        }
    }

    fn ended(&self, text: &str, done: u64) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(done);
                bar.println(text);
            }
            None => self.voice.note(text),
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => self.voice.note(text),
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.finish();
    }
}
