//! Where resources live: the providers of a Plan, each once, by names that depend on nothing but what they are.

use std::collections::BTreeMap;

use lw_core::Value;
use lw_diagnostics::Span;
use lw_plan::{Node, Provider, digest, to_canonical};

use crate::diagnostics;
use crate::evaluate::Evaluation;

/// The name of the provider in `defaults`.
const DEFAULT: &str = "default";

#[derive(Default)]
pub(crate) struct Providers {
    known: Vec<Provider>,
    /// Which of them `defaults` names.
    default: Option<usize>,
}

/// A provider of one resource.
pub(crate) struct Known {
    pub number: usize,
    pub tags: Option<Value>,
}

impl Providers {
    /// The number of a provider value, and its tags.
    pub fn add(&mut self, evaluation: &mut Evaluation<'_>, value: &Value, span: Option<Span>) -> Known {
        let (provider, tags) = read(evaluation, value, span);
        let number = self.number(provider);
        if self.default.is_none()
            && let Some(default) = evaluation.defaults.provider.clone()
        {
            let (default, _) = read(evaluation, &default, span);
            self.default = Some(self.number(default));
        }
        Known { number, tags }
    }

    fn number(&mut self, provider: Provider) -> usize {
        match self.known.iter().position(|known| *known == provider) {
            Some(number) => number,
            None => {
                self.known.push(provider);
                self.known.len() - 1
            }
        }
    }

    /// The table, with the nodes' numbers replaced by names.
    pub fn finish(self, nodes: &mut [Node]) -> BTreeMap<String, Provider> {
        let short = |provider: &Provider| {
            let parts = [Some(&provider.cloud), provider.region.as_ref(), provider.account.as_ref()];
            parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("-")
        };
        let names: Vec<String> = self
            .known
            .iter()
            .enumerate()
            .map(|(number, provider)| {
                if self.default == Some(number) {
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
        for node in nodes.iter_mut() {
            if let Ok(number) = node.provider.parse::<usize>() {
                node.provider.clone_from(&names[number]);
                used[number] = true;
            }
        }
        let all = names.into_iter().zip(self.known).zip(used);
        all.filter(|(_, used)| *used).map(|((name, provider), _)| (name, provider)).collect()
    }
}

fn read(evaluation: &mut Evaluation<'_>, value: &Value, span: Option<Span>) -> (Provider, Option<Value>) {
    let mut provider = Provider::default();
    let mut tags = None;
    let Value::Record(record) = value else { return (provider, None) };
    for (name, value) in record.fields() {
        let name = evaluation.lowered.core.name(name).clone();
        let value = match value {
            Value::None => continue,
            Value::Some(inner) => (***inner).clone(),
            value => value.clone(),
        };
        if &*name == "tags" {
            tags = Some(value);
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
    (provider, tags)
}
