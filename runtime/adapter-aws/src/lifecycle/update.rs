//! Changing an object in place.

use std::collections::BTreeSet;

use adapter::{AdapterError, Object, Patch};
use conductor_core::PropertyPath;
use lw_plan::{Json, Map, canonical_json};

use super::create::is_written;
use super::scope::Scope;
use super::table::{Call, Elements};
use super::{Life, after_effect, forms, shapes};
use crate::client::Effect;

impl Life<'_> {
    /// Makes the calls whose properties are to change, then adds and removes elements, then tags.
    pub async fn update(&self, call: &adapter::Call, id: &str, patch: &Patch) -> Result<Object, AdapterError> {
        let changed: BTreeSet<&str> = patch.set.keys().chain(&patch.reset).map(String::as_str).collect();
        let calls = self.calls_for(&changed)?;
        let mut whole = patch.whole.clone();
        whole.extend(patch.set.clone());
        patch.reset.iter().for_each(|property| {
            whole.remove(property);
        });
        let whole = self.in_forms(&whole);
        let nothing = Map::new();
        let before =
            match calls.iter().any(|call| call.auto || mentions_seen(&call.input)) || self.has_elements(&changed) {
                true => self.seen_patiently(id).await?.ok_or_else(|| missing(id))?,
                false => nothing.clone(),
            };
        let mut scope = self.scope(&whole, id).await?;
        scope.token = &call.operation;
        scope.seen = Some(&before);
        let mut is_first = true;
        // Of the call before, as `$answer/…`.
        let mut answer = Map::new();
        for call in calls.into_iter().filter(|call| super::create::applies(call, &whole)) {
            let made = self.change(call, &Scope { answer: Some(&answer), ..scope }).await;
            answer = made.map_err(|error| if is_first { error } else { after_effect(error) })?;
            is_first = false;
        }
        self.change_elements(&changed, &before, &scope)
            .await
            .map_err(|error| if is_first { error } else { after_effect(error) })?;
        if let Some(tags) = &self.facts.tags
            && changed.contains(tags.property.as_str())
        {
            let empty = Map::new();
            let of = |properties: &Map<String, Json>| {
                properties.get(&tags.property).and_then(Json::as_object).unwrap_or(&empty).clone()
            };
            let made = self.change_tags(&of(&patch.before), &of(&whole), &scope).await;
            made.map_err(|error| if is_first { error } else { after_effect(error) })?;
        }
        // What was changed is there, whatever a read that lags says.
        let seen = self.seen_patiently(id).await.map_err(after_effect)?.ok_or_else(|| after_effect(missing(id)))?;
        Ok(self.object(id, seen))
    }

    async fn change(&self, call: &Call, scope: &Scope<'_>) -> Result<Map<String, Json>, AdapterError> {
        let is_unset = !call.properties.iter().any(|property| is_written(scope.properties, property));
        let call = call.unset.as_deref().filter(|_| is_unset).unwrap_or(call);
        let answer = match self.make_by_id(call, scope, Effect::Idempotent).await {
            Ok(answer) => answer,
            Err(error) if call.done.contains(&error.code) => Map::new(),
            Err(error) => return Err(error),
        };
        if let Some(waiting) = &call.wait {
            self.wait(waiting, scope).await?;
        }
        Ok(answer)
    }

    /// The calls for these properties; an error names one that no call changes.
    fn calls_for(&self, changed: &BTreeSet<&str>) -> Result<Vec<&'static Call>, AdapterError> {
        let is_changed = |property: &String| changed.contains(property.split('/').next().unwrap_or(property));
        let entry = self.entry;
        let calls: Vec<&'static Call> =
            entry.update.iter().filter(|call| call.properties.iter().any(is_changed)).collect();
        for property in changed {
            let is_it = |own: &String| own.split('/').next() == Some(property);
            let handled = self.is_tag_property(property)
                || entry.without.contains_key(*property)
                || entry.elements.iter().any(|elements| elements.property == *property)
                || calls.iter().any(|call| call.properties.iter().any(is_it));
            if !handled {
                let message = format!("this version cannot change `{property}` of {} in place", self.wire_type);
                return Err(AdapterError::permanent("UnsupportedChange", message));
            }
        }
        Ok(calls)
    }

    fn has_elements(&self, changed: &BTreeSet<&str>) -> bool {
        self.entry.elements.iter().any(|elements| changed.contains(elements.property.as_str()))
    }

    async fn change_elements(
        &self,
        changed: &BTreeSet<&str>,
        before: &Map<String, Json>,
        scope: &Scope<'_>,
    ) -> Result<(), AdapterError> {
        for elements in &self.entry.elements {
            if changed.contains(elements.property.as_str()) {
                self.exchange(elements, before.get(&elements.property), scope).await?;
            }
        }
        Ok(())
    }

    /// The elements of an object that was just made; where it was made earlier, those that it does not have yet.
    pub(super) async fn add_first_elements(&self, scope: &Scope<'_>) -> Result<(), AdapterError> {
        for elements in &self.entry.elements {
            if elements.in_create || !is_written(scope.properties, &elements.property) {
                continue;
            }
            let own = match (scope.seen, elements.initial) {
                (Some(seen), _) => seen.get(&elements.property).cloned(),
                // Until it is shown, nobody knows what it has of its own.
                (None, true) => self.shown_after_create(scope.id).await?.properties.remove(&elements.property),
                (None, false) => None,
            };
            self.exchange(elements, own.as_ref(), scope).await?;
        }
        Ok(())
    }

    /// Removes what is there and not wanted, and adds what is wanted and not there.
    async fn exchange(&self, elements: &Elements, there: Option<&Json>, scope: &Scope<'_>) -> Result<(), AdapterError> {
        let list = |value: Option<&Json>| value.and_then(Json::as_array).cloned().unwrap_or_default();
        let there = list(there);
        let wanted = list(scope.properties.get(&elements.property));
        let normal = |item: &Json| self.normal(elements, item);
        let is_among = |item: &Json, others: &[Json]| others.iter().any(|other| covers(&normal(other), &normal(item)));
        let covered_by =
            |item: &Json, others: &[Json]| others.iter().any(|other| covers(&normal(item), &normal(other)));
        let key = |item: &Json| -> Vec<Option<String>> {
            elements.key.iter().map(|name| item.get(name).map(canonical_json)).collect()
        };
        let replaced = |item: &Json| !elements.key.is_empty() && wanted.iter().any(|other| key(other) == key(item));
        let too_many: Vec<Json> =
            there.iter().filter(|item| !covered_by(item, &wanted) && !replaced(item)).cloned().collect();
        let missing: Vec<Json> = wanted.iter().filter(|item| !is_among(item, &there)).cloned().collect();
        // What is wanted comes first: a rule that only changes its description never leaves a gap. Where both would clash, the
        // service says that it is there already, and the old one goes first.
        self.each(&elements.remove, elements, &too_many, scope).await?;
        self.each(&elements.add, elements, &missing, scope).await
    }

    async fn each(
        &self,
        call: &Call,
        elements: &Elements,
        items: &[Json],
        scope: &Scope<'_>,
    ) -> Result<(), AdapterError> {
        if items.is_empty() {
            return Ok(());
        }
        let converted: Vec<Json> =
            items.iter().map(|item| forms::to_api(self.entry, &elements.property, item)).collect();
        let make = async |scope: Scope<'_>| match self.make_by_id(call, &scope, Effect::Idempotent).await {
            Err(error) if !call.done.contains(&error.code) => Err(error),
            _ => match &call.wait {
                Some(waiting) => self.wait(waiting, &scope).await,
                None => Ok(()),
            },
        };
        if uses_all(&call.input) {
            let items = Json::Array(converted);
            return make(Scope { items: Some(&items), ..*scope }).await;
        }
        for item in &converted {
            make(Scope { item: Some(item), ..*scope }).await?;
        }
        Ok(())
    }

    /// Removes all elements that would keep the object from going.
    pub(super) async fn empty(&self, seen: &Map<String, Json>, scope: &Scope<'_>) -> Result<(), AdapterError> {
        for elements in self.entry.elements.iter().filter(|elements| elements.emptied) {
            let items = seen.get(&elements.property).and_then(Json::as_array).cloned().unwrap_or_default();
            self.each(&elements.remove, elements, &items, scope).await?;
        }
        Ok(())
    }

    /// An element as a read would show it, so that what was written can be compared with what is there.
    fn normal(&self, elements: &Elements, item: &Json) -> Json {
        let is_document = |name: &str| {
            let path = format!("{}/*/{name}", elements.property);
            self.facts.documents.contains(&PropertyPath::parse(&path))
        };
        match item {
            Json::Object(object) => {
                let members = object.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
                    let value = match value {
                        Json::String(text) if is_document(name) => {
                            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
                        }
                        Json::Number(number) if name == "IpProtocol" => Json::from(number.to_string()),
                        value => value.clone(),
                    };
                    (shapes::capitalised(name), value)
                });
                Json::Object(members.collect())
            }
            other => other.clone(),
        }
    }
}

/// Whether one shows all of the other.
fn covers(more: &Json, less: &Json) -> bool {
    match (more, less) {
        (Json::Object(more), Json::Object(less)) => {
            less.iter().all(|(name, value)| more.get(name).is_some_and(|more| covers(more, value)))
        }
        (Json::Array(more), Json::Array(less)) => {
            more.len() == less.len() && more.iter().zip(less).all(|(more, less)| covers(more, less))
        }
        (more, less) => {
            more == less || canonical_json(more).trim_matches('"') == canonical_json(less).trim_matches('"')
        }
    }
}

fn uses_all(input: &Map<String, Json>) -> bool {
    input.values().any(|value| *value == "$items")
}

fn mentions_seen(input: &Map<String, Json>) -> bool {
    input.values().any(|value| canonical_json(value).contains("$seen/"))
}

pub(super) fn missing(id: &str) -> AdapterError {
    AdapterError::new(adapter::ErrorKind::NotFound, "NotFound", format!("`{id}` is not there"))
}
