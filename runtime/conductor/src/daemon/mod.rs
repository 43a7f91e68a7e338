//! The Conductor as a daemon: what was declared stays true with nobody watching.
//!
//! Flow: it owns the store, opens the door for commands, and runs one loop for each deployment ([`watcher`]); each loop looks, decides
//! by the pure core, and executes through the same journal as `lw apply`. [`board`] is what the rest of the process shows of it.
//! Guarantees: stopped gracefully, it finishes what is under way; killed, its successor goes on from what is on disk.
//! Deliberately absent: decisions (conductor-core's `enforcement`).

mod board;
mod configuration;
mod incidents;
mod judge;
mod look;
mod metrics;
mod settings;
mod sweep;
mod watcher;

pub use board::Condition;
pub use configuration::{Configured, configure};
pub use metrics::metrics;
pub use settings::DaemonSettings;
pub use watcher::Common;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use conductor_core::DeploymentName;
use conductor_store::{OwnerLock, SqliteOptions, SqliteStore, Store, StoreError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::api::access::{Access, Role, fresh, own_token_path, read_tokens, write_private};
use crate::api::{ApiSettings, Door};
use crate::engine::EngineOptions;
use crate::owner::{Owner, Stop};
use crate::server::Server;
use crate::{Exit, Problem, Problems, Stopper};
use board::Board;
use look::Shares;
use watcher::Watcher;

/// The daemon over one store; making one touches nothing.
pub struct Daemon {
    options: EngineOptions,
    settings: DaemonSettings,
    stopper: Stopper,
}

/// What is told once it is ready.
#[derive(Clone, Debug)]
pub struct Ready {
    pub deployments: usize,
    /// Where the API listens.
    pub listening: Option<std::net::SocketAddr>,
}

impl Daemon {
    pub fn new(options: EngineOptions, settings: DaemonSettings) -> Daemon {
        Daemon { options, settings, stopper: Stopper::new() }
    }

    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Runs until it is told to stop: by the stopper, or by a signal where the options say so.
    pub fn run(&self, ready: &mut dyn FnMut(Ready)) -> Result<(), Problems> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime
            .map_err(|error| Problem::new("LW0567", Exit::Runtime, format!("the system gives no threads: {error}")))?;
        runtime.block_on(self.serve(ready))
    }

    async fn serve(&self, ready: &mut dyn FnMut(Ready)) -> Result<(), Problems> {
        let mut signals = Signals::new(self.options.stop_on_interrupt);
        let store = own(&self.options).await?;
        let owner = Arc::new(Owner::of(store, &self.options));
        let store = owner.store.clone().expect("an owner that writes has a store");
        let settings = self.settings.clone();
        let common = Arc::new(Common {
            store: store.clone(),
            board: Board::default(),
            shares: Shares::new(settings.rate, settings.burst, settings.share),
            targets: settings.targets.clone(),
            mail: tokio::sync::Notify::new(),
            settings,
            owner: owner.clone(),
        });
        let server = Server::open(owner.clone()).map_err(|error| {
            Problem::new("LW0584", Exit::Runtime, format!("the socket beside the store cannot be opened: {error}"))
        })?;
        let deployments = store.deployments()?.len();
        tracing::info!(store = %owner.store_path().display(), deployments, "conducting");
        let mut stop = self.stopper.subscribe();
        let door = match &common.settings.api {
            Some(api) => Some(self.open_door(common.clone(), api, stop.clone()).await?),
            None => None,
        };
        let mail = tokio::spawn(crate::notify::run(common.clone(), stop.clone()));
        ready(Ready { deployments, listening: door.as_ref().map(|door| door.address) });
        let mut loops: HashMap<DeploymentName, JoinHandle<()>> = HashMap::new();
        let mut changed = owner.changes();
        loop {
            changed.mark_unchanged();
            for deployment in store.deployments()? {
                let name = deployment.name;
                if loops.get(&name).is_none_or(JoinHandle::is_finished) {
                    // A deployment that is no more ends its loop, and begins one when it is applied again.
                    let watcher = Watcher::new(name.clone(), common.clone())?;
                    loops.insert(name, tokio::spawn(watcher.run(stop.clone(), owner.changes())));
                }
            }
            tokio::select! {
                biased;
                _ = stop.changed() => {}
                () = signals.next() => self.stopper.stop("interrupted"),
                _ = changed.changed() => {}
            }
            if stop.borrow().is_some() {
                break;
            }
        }
        tracing::info!("stopping: what is under way is finished");
        server.close().await;
        for (_, one) in loops {
            // A loop that panicked has ended.
            let _ = one.await;
        }
        let _ = mail.await;
        if let Some(door) = door {
            door.close().await;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

impl Daemon {
    /// The API, with a token for whoever owns the store among those that are known.
    async fn open_door(&self, common: Arc<Common>, api: &ApiSettings, stop: Stop) -> Result<Door, Problems> {
        let path = common.owner.store_path().to_path_buf();
        let (secret, own) = fresh("owner", Role::Admin, Vec::new())?;
        let mut tokens = read_tokens(&path)?;
        tokens.push(own);
        write_private(&own_token_path(&path), &secret)?;
        let door = crate::api::open(common, api, Access { tokens }, stop).await?;
        tracing::info!(address = %door.address, tls = api.tls.is_some(), "the API listens");
        Ok(door)
    }
}

/// Becomes the owner; a command that is at work is waited for.
async fn own(options: &EngineOptions) -> Result<SqliteStore, Problems> {
    let given_up = tokio::time::Instant::now() + options.patience;
    loop {
        match SqliteStore::own(&options.store, &SqliteOptions::default()) {
            Ok(store) => return Ok(store),
            Err(StoreError::InUse { .. }) if tokio::time::Instant::now() < given_up => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(StoreError::InUse { .. }) => {
                let error = StoreError::InUse { path: options.store.clone(), pid: OwnerLock::holder(&options.store) };
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Ctrl-C, and what a service manager sends: heard from the moment that this is made.
struct Signals {
    heard: Option<(Signal, Signal)>,
}

impl Signals {
    fn new(wanted: bool) -> Signals {
        let open = || Some((signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?));
        Signals { heard: if wanted { open() } else { None } }
    }

    async fn next(&mut self) {
        match &mut self.heard {
            Some((interrupt, terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
pub mod testing;
