//! Commits that are ready at the same time share one transaction and one fsync.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::{Commit, Store, StoreError};

/// Called once, on the writer's thread, when the commit is on disk or is not.
pub type Done = Box<dyn FnOnce(Result<(), Arc<StoreError>>) + Send>;

/// One thread that writes for all.
pub struct GroupCommit {
    queue: Mutex<Option<Sender<(Commit, Done)>>>,
    thread: Option<JoinHandle<()>>,
}

/// As many commits as one transaction takes.
const GROUP_COMMITS_MAX: usize = 256;

impl GroupCommit {
    pub fn start(store: Arc<dyn Store>) -> GroupCommit {
        let (queue, commits) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_string())
            .spawn(move || write_groups(&*store, &commits))
            .ok();
        // Without a thread there is no receiver, and every commit fails as if the store were closed.
        GroupCommit { queue: Mutex::new(Some(queue)), thread }
    }

    /// Hands a commit to the writer. Commits of one caller are written in the order in which they were handed over.
    pub fn submit(&self, commit: Commit, done: Done) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = match queue.as_ref() {
            Some(queue) => queue.send((commit, done)).err().map(|refused| refused.0.1),
            None => Some(done),
        };
        if let Some(done) = refused {
            done(Err(Arc::new(StoreError::Conflict { what: "a store that is closed".to_string() })));
        }
    }
}

impl Drop for GroupCommit {
    fn drop(&mut self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing left to write.
            let _ = thread.join();
        }
    }
}

fn write_groups(store: &dyn Store, queue: &Receiver<(Commit, Done)>) {
    while let Ok(first) = queue.recv() {
        let (mut commits, mut callers) = (Vec::new(), Vec::new());
        let group = std::iter::once(first).chain(queue.try_iter()).take(GROUP_COMMITS_MAX);
        for (commit, done) in group {
            commits.push(commit);
            callers.push(done);
        }
        for (result, done) in store.commit(commits).into_iter().zip(callers) {
            done(result);
        }
    }
}
