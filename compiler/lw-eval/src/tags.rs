//! Tags that a resource has from its composition and its provider. Its own come first, then the composition's.

use std::rc::Rc;
use std::sync::Arc;

use lw_core::{NameId, ResourceId, SiteMode, Value};
use rustc_hash::FxHashMap;

use crate::evaluate::Evaluation;

type Tags = Vec<(Arc<str>, Value)>;

/// Completes the tags of every resource that can have some: rules see them, and the Plan has them.
pub(crate) fn inherit(evaluation: &mut Evaluation<'_>) {
    let composition = evaluation.defaults.tags.as_ref().map(entries).unwrap_or_default();
    let default = evaluation.defaults.provider.clone().map(|provider| provider_tags(evaluation, &provider));
    let default = merged(&composition, &default.unwrap_or_default());
    // Most resources have no tags of their own, and share those that they have.
    let mut shared: FxHashMap<NameId, Rc<(NameId, Value)>> = FxHashMap::default();
    for id in evaluation.reached.clone() {
        let resource = evaluation.machine.resource(id);
        let Some(name) = evaluation.lowered.core.resource_type(resource.resource_type).tags else { continue };
        if resource.mode == SiteMode::Existing {
            continue;
        }
        let provider = evaluation.kept.get(&id).and_then(|kept| kept.provider.clone());
        let inherited = match &provider {
            Some(provider) => merged(&composition, &provider_tags(evaluation, provider)),
            None => default.clone(),
        };
        if inherited.is_empty() {
            continue;
        }
        let Some(own) = own(evaluation, id, name) else { continue };
        let completed = match (own, provider) {
            (None, None) => shared.entry(name).or_insert_with(|| Rc::new((name, Value::dictionary(inherited)))).clone(),
            (own, _) => Rc::new((name, Value::dictionary(merged(&own.unwrap_or_default(), &inherited)))),
        };
        evaluation.machine.complete(id, completed);
    }
}

fn entries(tags: &Value) -> Tags {
    match tags {
        Value::Some(inner) => entries(inner),
        Value::Dictionary(tags) => tags.entries().map(|(key, value)| (key.clone(), value.clone())).collect(),
        _ => Vec::new(),
    }
}

/// The tags that are written, if any are; nothing if they cannot be completed, because they are known only later.
fn own(evaluation: &Evaluation<'_>, id: ResourceId, name: NameId) -> Option<Option<Tags>> {
    match evaluation.machine.properties(id).find(|(found, _)| *found == name) {
        None => Some(None),
        Some((_, value @ (Value::Dictionary(_) | Value::Some(_)))) => Some(Some(entries(value))),
        Some(_) => None,
    }
}

fn provider_tags(evaluation: &Evaluation<'_>, provider: &Value) -> Tags {
    let Value::Record(record) = provider else { return Vec::new() };
    let tags = record.fields().find(|(name, _)| **evaluation.lowered.core.name(*name) == *"tags");
    tags.map(|(_, tags)| entries(tags)).unwrap_or_default()
}

/// All of the first, and of the second what the first has not.
fn merged(first: &Tags, second: &Tags) -> Tags {
    let is_new = |key: &Arc<str>| !first.iter().any(|(known, _)| known == key);
    first.iter().chain(second.iter().filter(|(key, _)| is_new(key))).cloned().collect()
}
