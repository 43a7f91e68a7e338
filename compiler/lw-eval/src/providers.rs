//! Where resources live: the providers of a Plan, each once, by names that depend on nothing but what they are.

use std::collections::BTreeMap;

use lw_core::Value;
use lw_diagnostics::Span;
use lw_plan::{Node, Provider, digest, to_canonical};

use crate::diagnostics;
use crate::evaluate::Evaluation;
use crate::plan::Source;

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

    /// The table; the nodes get the names.
    pub fn finish(self, nodes: &mut [Node], sources: &[Source]) -> BTreeMap<String, Provider> {
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
        let mut used = vec![false; names.len()];
        for (node, source) in nodes.iter_mut().zip(sources) {
            if let Some(number) = source.provider {
                node.provider.clone_from(&names[number as usize]);
                used[number as usize] = true;
            }
        }
        let all = names.into_iter().zip(self.known).zip(used);
        all.filter(|(_, used)| *used).map(|((name, provider), _)| (name, provider)).collect()
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
