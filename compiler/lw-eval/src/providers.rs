//! Where resources live: the providers of a Plan, each once, by names that depend on nothing but what they are.
//!
//! What an environment adds is written into the Plan, and left out of fingerprints: a provider that stands in where the composition names
//! none, and the account that is expected of every provider that names none itself.

use std::collections::BTreeMap;

use lw_core::Value;
use lw_diagnostics::Span;
use lw_plan::{Provider, digest, to_canonical};

use crate::evaluate::Evaluation;
use crate::plan::{Planned, is_kept_by_us};
use crate::{Environment, diagnostics};

/// The name of the provider in `defaults`.
const DEFAULT: &str = "default";

#[derive(Default)]
pub(crate) struct Providers {
    known: Vec<Provider>,
    /// The number of the provider that `defaults` names, once a resource has asked for it.
    default: Option<u32>,
}

impl Providers {
    /// The number of the provider that stands above a resource, or of the composition's.
    pub fn of(&mut self, evaluation: &mut Evaluation<'_>, own: Option<&Value>, span: Option<Span>) -> Option<u32> {
        if self.default.is_none()
            && let Some(default) = evaluation.defaults.provider.clone()
        {
            let provider = read(evaluation, &default, span);
            self.default = Some(self.number(provider));
        }
        let Some(own) = own else { return self.default };
        let provider = read(evaluation, own, span);
        Some(self.number(provider))
    }

    fn number(&mut self, provider: Provider) -> u32 {
        match self.known.iter().position(|known| *known == provider) {
            Some(number) => number as u32,
            None => {
                self.known.push(provider);
                self.known.len() as u32 - 1
            }
        }
    }

    /// The table of those that nodes use.
    pub fn finish(self, nodes: &[Planned], evaluation: &Evaluation<'_>) -> ProviderTable {
        let short = |provider: &Provider| {
            let parts = [Some(&provider.cloud), provider.region.as_ref(), provider.account.as_ref()];
            parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("-")
        };
        let names: Vec<String> = self
            .known
            .iter()
            .enumerate()
            .map(|(number, provider)| {
                if self.default == Some(number as u32) {
                    return DEFAULT.to_string();
                }
                let name = short(provider);
                let shared = self.known.iter().filter(|other| short(other) == name).count() > 1;
                if !shared && name != DEFAULT {
                    return name;
                }
                format!("{name}-{}", &digest(to_canonical(provider).as_bytes())[..8])
            })
            .collect();
        let contents = self.known.iter().map(to_canonical).collect();
        let mut used = vec![false; names.len()];
        let mut any_without = false;
        for node in nodes {
            match (node.provider, node.resource()) {
                (_, None) => {}
                (Some(number), _) => used[number as usize] = true,
                (None, Some(id)) => any_without |= !is_kept_by_us(evaluation, id),
            }
        }
        let all = names.iter().cloned().zip(self.known).zip(used);
        let mut written: BTreeMap<String, Provider> = all.filter(|(_, used)| *used).map(|(one, _)| one).collect();

        let Environment { provider, account } = &evaluation.options.environment_provider;
        let stand_in = provider.as_ref().filter(|_| any_without);
        if let Some(provider) = stand_in {
            written.insert(DEFAULT.to_string(), provider.clone());
        }
        let has_stand_in = stand_in.is_some();
        for provider in written.values_mut() {
            provider.account = provider.account.take().or_else(|| account.clone());
        }
        ProviderTable { names, contents, has_stand_in, written }
    }
}

/// Where a composition's questions are asked: the provider of `defaults`, or the one that the environment names.
pub(crate) fn of_lookups(evaluation: &mut Evaluation<'_>) -> Option<Provider> {
    let Environment { provider, account } = evaluation.options.environment_provider.clone();
    let mut found = match evaluation.defaults.provider.clone() {
        Some(default) => read(evaluation, &default, None),
        None => provider?,
    };
    found.account = found.account.take().or(account);
    Some(found)
}

/// The providers of a Plan.
pub(crate) struct ProviderTable {
    /// By number.
    names: Vec<String>,
    /// What fingerprints hold of each: what the composition says, whatever the environment adds.
    contents: Vec<String>,
    /// Whether the environment names one for those that have none.
    has_stand_in: bool,
    pub written: BTreeMap<String, Provider>,
}

/// What a fingerprint holds of no provider.
pub(crate) const NO_PROVIDER: &str = "null";

impl ProviderTable {
    /// The name by which a node of a type refers to its provider; empty for none.
    pub fn name(&self, number: Option<u32>, wire_type: &str) -> &str {
        match number {
            Some(number) => &self.names[number as usize],
            None if self.has_stand_in && !wire_type.starts_with("Linework::") => DEFAULT,
            None => "",
        }
    }

    pub fn content(&self, number: Option<u32>) -> &str {
        number.map_or(NO_PROVIDER, |number| &self.contents[number as usize])
    }
}

fn read(evaluation: &mut Evaluation<'_>, value: &Value, span: Option<Span>) -> Provider {
    let mut provider = Provider::default();
    let Value::Record(record) = value else { return provider };
    for (name, value) in record.fields() {
        let name = evaluation.lowered.core.name(name).clone();
        let value = match value {
            Value::None => continue,
            Value::Some(inner) => (***inner).clone(),
            value => value.clone(),
        };
        if &*name == "tags" {
            continue;
        }
        let Some(text) = value.text() else {
            if matches!(value, Value::Later(_)) && evaluation.machine.has_open_inputs() && !is_of_resource(&value) {
                continue;
            }
            let what = match value {
                Value::Later(_) => "known only later",
                _ => "not text",
            };
            let place = span.unwrap_or_else(|| evaluation.start());
            let found = diagnostics::unusable_provider(&name, what, place);
            evaluation.report_once(found);
            continue;
        };
        let text = text.to_string();
        if &*name == "cloud" {
            provider.cloud = text;
            continue;
        }
        let text = Some(text);
        match &*name {
            "region" => provider.region = text,
            "account" => provider.account = text,
            "profile" => provider.profile = text,
            "role" => provider.role = text,
            "endpoint" => provider.endpoint = text,
            _ => {}
        }
    }
    provider
}

/// Whether a later value waits for a resource, not for an input that is left open.
fn is_of_resource(value: &Value) -> bool {
    let mut found = Vec::new();
    lw_core::mentioned(value, &mut found);
    !found.is_empty()
}
