//! Which adapter a resource is handled by.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapter::sim::{self, RemoteCloud, SimulatedCloud};
use adapter::{Adapter, Place};
use conductor_store::CloudKind;
use lw_plan::Provider;

use crate::secret_key::SecretKey;
use crate::{Exit, Problem, Problems};

/// What is known of the types of a kind of cloud.
pub fn catalogue(kind: CloudKind) -> &'static dyn conductor_core::Catalogue {
    match kind {
        CloudKind::Sim => &adapter::catalogue::Simulated,
        CloudKind::Real => adapter::Catalogue::embedded(),
    }
}

/// Gives the adapter for a provider binding: the same one for the same binding, so that it may keep connections and credentials.
pub type Opener = Arc<dyn Fn(&Provider) -> Arc<dyn Adapter> + Send + Sync>;

/// Adapters of real clouds by the cloud's name.
#[derive(Clone, Default)]
pub struct Adapters(BTreeMap<String, Opener>);

impl Adapters {
    /// Puts in an adapter under the name that it gives itself.
    pub fn with(self, adapter: Arc<dyn Adapter>) -> Adapters {
        let cloud = adapter.cloud().to_string();
        self.with_opener(&cloud, Arc::new(move |_| adapter.clone()))
    }

    /// Puts in a cloud whose adapter depends on where and as whom.
    pub fn with_opener(mut self, cloud: &str, opener: Opener) -> Adapters {
        self.0.insert(cloud.to_string(), opener);
        self
    }
}

impl fmt::Debug for Adapters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// The clouds that this process can reach.
pub struct Clouds {
    sim: Arc<SimulatedCloud>,
    /// The simulated cloud that another process serves.
    remote: Option<Arc<RemoteCloud>>,
    /// Where declarations of our own are objects, beside what is in real clouds.
    linework: Arc<SimulatedCloud>,
    real: Adapters,
    secret_key: Arc<SecretKey>,
}

impl Clouds {
    /// The simulated cloud lives beside the store; it is opened when it is first called.
    pub fn beside(store: &Path, config: sim::Config, real: Adapters) -> Clouds {
        let remote = config.socket.clone().map(|socket| Arc::new(RemoteCloud::new(socket)));
        let sim = Arc::new(SimulatedCloud::in_file(&sim_path(store), config));
        // Kept as the simulated cloud keeps what is in it: a file, tokens, tags; without faults.
        let linework = Arc::new(SimulatedCloud::in_file(&linework_path(store), sim::Config::default()));
        Clouds { sim, remote, linework, real, secret_key: Arc::new(SecretKey::beside(store)) }
    }

    /// What secrets are digested under.
    pub fn secret_key(&self) -> Arc<SecretKey> {
        self.secret_key.clone()
    }

    /// The simulated cloud beside the store, whatever the store is of.
    pub fn simulated(&self) -> &SimulatedCloud {
        &self.sim
    }

    /// What handles a provider's resources, in a store of this kind.
    pub fn adapter(&self, kind: CloudKind, provider: &Provider) -> Result<Arc<dyn Adapter>, Problems> {
        if kind == CloudKind::Sim {
            return Ok(match &self.remote {
                Some(remote) => remote.clone(),
                None => self.sim.clone(),
            });
        }
        if provider.cloud == "linework" {
            return Ok(self.linework.clone());
        }
        self.real.0.get(&provider.cloud).map(|open| open(provider)).ok_or_else(|| {
            let message = format!("this version cannot reach the cloud `{}`", provider.cloud);
            Problem::new("LW0561", Exit::Usage, message).help("`--sim` applies it to the simulated cloud").into()
        })
    }
}

/// `state.db` → `sim.db`; `other.db` → `other.sim.db`.
pub fn sim_path(store: &Path) -> PathBuf {
    match store.file_stem() {
        Some(stem) if stem != "state" => store.with_file_name(format!("{}.sim.db", stem.to_string_lossy())),
        _ => store.with_file_name("sim.db"),
    }
}

/// `state.db` → `linework.db`; `other.db` → `other.linework.db`.
fn linework_path(store: &Path) -> PathBuf {
    match store.file_stem() {
        Some(stem) if stem != "state" => store.with_file_name(format!("{}.linework.db", stem.to_string_lossy())),
        _ => store.with_file_name("linework.db"),
    }
}

/// Where in a cloud a provider's resources are.
pub fn place(provider: &Provider) -> Place {
    Place { account: provider.account.clone().unwrap_or_default(), region: provider.region.clone().unwrap_or_default() }
}
