//! What the environment says about where things live.

use crate::manifest::Environment;

/// Its provider and account. The simulated cloud is left out: it stands in for every provider when the Plan is executed.
pub fn of(environment: &Environment) -> lw_eval::Environment {
    let provider = environment.provider.as_ref().filter(|provider| provider.cloud != "sim");
    lw_eval::Environment { provider: provider.cloned(), account: environment.account.clone() }
}
