//! What keeps a create from happening twice, and finding what one has left.
//!
//! The one idea: an operation either takes a token, or what it makes carries our tags from its first moment, or it can be found by what
//! no two objects share: an id that is made of what is written, a name, a place in its parent. Which of these a type has follows from
//! its entry and the models; the catalogue says the same to the Conductor, and a test holds the two together.

use adapter::{AdapterError, ErrorKind, Object};
use lw_plan::{Json, Map};
use serde_json::json;

use super::Life;
use super::create::as_text;
use super::scope::Scope;
use super::table::{Call, Entry, LookCall, Lookup};
use crate::client::{Effect, find_all};

impl Life<'_> {
    /// What of a create is safe to do twice, as the catalogue's record has it: `{"token": true, "tagsOnCreate": true, "key": true}`.
    pub fn dedupe(&self) -> Json {
        let mut dedupe = Map::new();
        let facts = [("token", self.takes_token()), ("tagsOnCreate", self.is_found_by_tags()), ("key", self.has_key())];
        for (name, _) in facts.into_iter().filter(|(_, is_so)| *is_so) {
            dedupe.insert(name.to_string(), json!(true));
        }
        Json::Object(dedupe)
    }

    /// Whether a create with the same token makes nothing new.
    fn takes_token(&self) -> bool {
        let every = |call: &Call| {
            let said = lw_plan::canonical_json(&Json::Object(call.input.clone())).contains("\"$token\"");
            let named = || call.input.values().any(is_named_by_token);
            let input = self.input(call);
            said || named()
                || input.is_some_and(|input| input.members().any(|(_, used)| used.reference.idempotency_token))
        };
        self.first_calls().all(every)
    }

    /// Whether an object carries our tags from its first moment, and is found by them.
    fn is_found_by_tags(&self) -> bool {
        self.facts.tags.is_some() && self.entry.list.is_some() && self.first_calls().all(|call| self.takes_tags(call))
    }

    /// Whether what is written finds the object.
    fn has_key(&self) -> bool {
        let has_id = || self.first_calls().all(|call| self.id_is_written(call));
        self.entry.lookup.is_some() || has_id() || (self.facts.name.is_some() && self.entry.list.is_some())
    }

    /// The calls that can be the one that makes the object.
    fn first_calls(&self) -> impl Iterator<Item = &'static Call> + use<> {
        let entry: &'static Entry = self.entry;
        let alternatives = entry.create.iter().take_while(|call| !call.properties.is_empty()).count();
        entry.create.iter().take((alternatives + 1).min(entry.create.len()))
    }

    /// Whether the id is known before the first call has answered.
    fn id_is_written(&self, call: &Call) -> bool {
        let templates = if call.id.is_empty() { &self.entry.id } else { &call.id };
        if !templates.is_empty() {
            return !templates.iter().any(|part| lw_plan::canonical_json(part).contains("answer/"));
        }
        let is_written = |path: &conductor_core::PropertyPath| {
            path.is_top_level()
                && self.schema.properties.contains_key(path.top())
                && !self.schema.is_read_only(path.top())
        };
        !self.facts.identifier.is_empty() && self.facts.identifier.iter().all(is_written)
    }

    /// Whether something that is there already might be taken for what a create has made: neither a token nor tags tell them apart.
    pub(super) fn looks_first(&self) -> bool {
        !self.takes_token() && !self.is_found_by_tags() && self.has_key()
    }

    /// The object that a create of these properties with this token would have made.
    pub async fn find_made(&self, token: &str, properties: &Map<String, Json>) -> Result<Option<Object>, AdapterError> {
        let converted = self.in_forms(properties);
        let mut scope = self.scope(&converted, "").await?;
        scope.token = token;
        if let Some(lookup) = &self.entry.lookup {
            return self.look_up(lookup, &scope).await;
        }
        let Some((first, _)) = self.create_calls(properties) else { return Ok(None) };
        if self.id_is_written(first) {
            return match self.new_id(first, &Map::new(), &scope) {
                Some(id) => self.read(&id).await,
                None => Ok(None),
            };
        }
        let (Some(name), Some(_)) = (&self.facts.name, &self.entry.list) else { return Ok(None) };
        let Some(wanted) = properties.get(&name.property).and_then(as_text) else { return Ok(None) };
        for (id, item) in self.items(Vec::new()).await? {
            let api_name = self.entry.api_name(&name.property);
            let own = item.as_object().and_then(|item| {
                let named = |(own, _): &(&String, &Json)| own.eq_ignore_ascii_case(api_name);
                item.iter().find(named).and_then(|(_, value)| as_text(value))
            });
            // A listing that shows no names shows ids that end with them, or nothing at all.
            if own.map_or_else(|| id.ends_with(&wanted), |own| own == wanted)
                && let Some(object) = self.read(&id).await?
                && object.properties.get(&name.property).and_then(as_text).is_none_or(|own| own == wanted)
            {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    async fn look_up(&self, lookup: &Lookup, scope: &Scope<'_>) -> Result<Option<Object>, AdapterError> {
        let call = LookCall { call: lookup.call.clone(), input: lookup.input.clone() }.as_call();
        let answer = match self.make(&call, scope, Effect::None).await {
            Ok(answer) => answer,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let whole = Json::Object(answer.clone());
        let items = if lookup.items.is_empty() { vec![&whole] } else { find_all(&answer, &lookup.items) };
        // What is not written tells nothing apart.
        let wanted: Vec<(&String, Json)> =
            lookup.same.iter().filter_map(|(place, template)| Some((place, scope.fill(template)?))).collect();
        let is_it = |item: &&&Json| {
            wanted.iter().all(|(place, wanted)| {
                let found = item.as_object().and_then(|item| find_all(item, place).first().copied().and_then(as_text));
                found.is_some() && found == as_text(wanted)
            })
        };
        if !lookup.items.is_empty() && !wanted.iter().any(|(place, _)| is_telling(&lookup.same[*place])) {
            return Ok(None);
        }
        for item in items.iter().filter(is_it) {
            let scope = Scope { item: Some(item), ..*scope };
            let parts: Option<Vec<String>> =
                lookup.id.iter().map(|part| scope.fill(part).and_then(|part| as_text(&part))).collect();
            if let Some(parts) = parts
                && let Some(object) = self.read(&parts.join("|")).await?
            {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    /// Refuses to make what is there already: whatever it is, it is not ours.
    pub(super) async fn look_first(&self, token: &str, properties: &Map<String, Json>) -> Result<(), AdapterError> {
        if !self.looks_first() {
            return Ok(());
        }
        let Some(there) = self.find_made(token, properties).await? else { return Ok(()) };
        let owner = there.owner.map(|owner| format!(" and belongs to {}", owner.deployment)).unwrap_or_default();
        let message = format!("`{}` is there already{owner}", there.physical_id);
        Err(AdapterError::new(ErrorKind::AlreadyExists, "AlreadyExists", message))
    }

    /// Completes what an earlier attempt has made: everything after the call that made it.
    pub async fn complete_made(
        &self,
        call: &adapter::Call,
        id: &str,
        properties: &Map<String, Json>,
    ) -> Result<Object, AdapterError> {
        let converted = self.in_forms(properties);
        // It was found a moment ago: one that is not shown may still be there.
        let seen = self.seen_patiently(id).await.map_err(super::after_effect)?;
        let seen = seen.ok_or_else(|| super::after_effect(super::update::missing(id)))?;
        let mut scope = self.scope(&converted, id).await?;
        scope.token = &call.operation;
        scope.seen = Some(&seen);
        let follow = self.follow_ups(properties)?;
        let (first, rest) = self.create_calls(properties).ok_or_else(|| self.cannot("be made of these properties"))?;
        self.complete(first, rest, &follow, &mut scope).await.map_err(super::after_effect)?;
        self.shown_after_create(id).await.map_err(super::after_effect)
    }
}

/// Whether a text has the token in it: a name that no other operation gives.
fn is_named_by_token(value: &Json) -> bool {
    value.as_str().is_some_and(|text| text.contains("${token}"))
}

/// Whether a template stands for something, and is not the same for every object.
fn is_telling(template: &Json) -> bool {
    template.as_str().is_some_and(|text| text.contains('$'))
}
