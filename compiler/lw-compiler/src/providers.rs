//! What the environment says about where things live, written into a Plan.

use lw_plan::{NodeKind, Plan};

use crate::manifest::Environment;

/// The name of the binding that resources get that name no provider.
const DEFAULT: &str = "default";

/// The environment's provider stands in where the composition names none, and its account is expected of every provider that
/// names none itself.
///
/// The simulated cloud is left out: it stands in for every provider when the Plan is executed.
pub fn complete(plan: Plan, environment: Option<&Environment>) -> Plan {
    let Some(environment) = environment else { return plan };
    let provider = environment.provider.as_ref().filter(|provider| provider.cloud != "sim");
    let wants_provider =
        |plan: &Plan| plan.meaning.nodes.iter().any(|node| node.provider.is_empty() && node.kind != NodeKind::Output);
    let provider = provider.filter(|_| wants_provider(&plan));
    if provider.is_none() && environment.account.is_none() {
        return plan;
    }
    let Plan { mut meaning, provenance, .. } = plan;
    if let Some(provider) = provider {
        meaning.providers.insert(DEFAULT.to_string(), provider.clone());
        let unnamed = |node: &&mut lw_plan::Node| node.provider.is_empty() && !node.wire_type.starts_with("Linework::");
        meaning.nodes.iter_mut().filter(unnamed).for_each(|node| node.provider = DEFAULT.to_string());
    }
    for provider in meaning.providers.values_mut() {
        provider.account = provider.account.take().or_else(|| environment.account.clone());
    }
    Plan::new(meaning, provenance)
}
