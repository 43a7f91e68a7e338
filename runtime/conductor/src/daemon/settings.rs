use conductor_core::{CadenceSettings, EnforcementSettings, Rules};

use crate::api::ApiSettings;
use crate::notify::Target;

/// How the daemon behaves. The default watches every deployment of its store and tells nobody.
#[derive(Clone, Debug)]
pub struct DaemonSettings {
    /// The API; `None` for nothing but the socket beside the store.
    pub api: Option<ApiSettings>,
    /// Who is told of incidents.
    pub targets: Vec<Target>,
    pub cadence: CadenceSettings,
    /// Between two sweeps for what carries our tag and no record knows.
    pub sweep_ms: u64,
    /// Between two judgements by the policies in force, where nothing has moved.
    pub judge_ms: u64,
    /// Calls a second, and at once, that a cloud takes from one account and region.
    pub rate: f64,
    pub burst: f64,
    /// How much of that is ours; the rest is left to others.
    pub share: f64,
    pub rules: Rules,
    pub enforcement: EnforcementSettings,
}

impl Default for DaemonSettings {
    fn default() -> DaemonSettings {
        DaemonSettings {
            api: None,
            targets: Vec::new(),
            cadence: CadenceSettings::default(),
            sweep_ms: 600_000,
            judge_ms: 300_000,
            rate: 20.0,
            burst: 100.0,
            share: 0.5,
            rules: Rules::default(),
            enforcement: EnforcementSettings::default(),
        }
    }
}
