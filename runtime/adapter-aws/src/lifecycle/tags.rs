//! Tags: in the create call where it takes them, else right after it; changed by difference, so that those of others stay.

use adapter::{AdapterError, ErrorKind};
use lw_plan::{Json, Map};

use super::scope::Scope;
use super::table::Call;
use super::{Life, shapes};
use crate::client::{Effect, find_all};
use crate::model::Used;

/// What operations call tags.
const NAMES: [&str; 7] =
    ["TagSpecifications", "Tags", "TagList", "TagSet", "TagsList", "UserPoolTags", "BackupVaultTags"];

impl Life<'_> {
    /// The tags that are written.
    pub(super) fn tags_of<'b>(&self, properties: &'b Map<String, Json>) -> Option<&'b Map<String, Json>> {
        properties.get(&self.facts.tags.as_ref()?.property)?.as_object()
    }

    /// Whether a create call takes tags.
    pub(super) fn takes_tags(&self, call: &Call) -> bool {
        self.tag_member(call).is_some() || call.input.values().any(uses_tags)
    }

    /// The parameter of a call that takes tags.
    fn tag_member(&self, call: &Call) -> Option<(&'static str, Used<'static>)> {
        self.facts.tags.as_ref()?;
        let input = self.input(call).filter(|_| call.auto)?;
        let fits = |name: &str| match name {
            "TagSpecifications" => self.entry.tag_word.is_some(),
            name => !call.not.iter().any(|own| own == name),
        };
        let named = NAMES.iter().filter(|name| fits(name)).find_map(|name| input.member_like(name));
        named.filter(|(name, _)| !call.input.contains_key(*name))
    }

    /// The first call of a create, with the tags in it.
    pub(super) async fn make_with_tags(
        &self,
        call: &Call,
        scope: &Scope<'_>,
    ) -> Result<Map<String, Json>, AdapterError> {
        let tags = self.tags_of(scope.properties).filter(|tags| !tags.is_empty());
        let written = tags.map(|tags| Json::Object(tags.clone()));
        let scope = Scope { tags: written.as_ref(), ..*scope };
        let mut parameters = self.parameters(call, &scope)?;
        if let (Some((name, member)), Some(tags)) = (self.tag_member(call), &written) {
            let value = match (name, &self.entry.tag_word) {
                ("TagSpecifications" | "TagSpecification", Some(word)) => {
                    let inner = member.element().member("Tags").map(|inner| shapes::to_api(inner, tags, self.entry));
                    serde_json::json!([{"ResourceType": word, "Tags": inner}])
                }
                _ => shapes::to_api(member, tags, self.entry),
            };
            parameters.insert(name.to_string(), value);
        }
        let (service, operation) = self.operation(call);
        self.client
            .call(service, operation, &parameters, scope.token, Effect::Once)
            .await
            .map_err(|error| self.judged(error))
    }

    /// Takes over the tags that an object shows.
    pub(super) fn take_tags(&self, object: &Map<String, Json>, found: &mut Map<String, Json>) {
        let Some(tags) = &self.facts.tags else { return };
        let is_tags = |name: &&String| NAMES[1..].iter().any(|own| own.eq_ignore_ascii_case(name));
        let Some(value) = object.keys().find(is_tags).and_then(|name| object.get(name)) else { return };
        if let Some(map) = tag_map(value) {
            found.insert(tags.property.clone(), Json::Object(map));
        }
    }

    /// The tags of an object that does not show them itself.
    pub(super) async fn read_tags(&self, scope: &Scope<'_>, seen: &mut Map<String, Json>) -> Result<(), AdapterError> {
        let Some(facts) = &self.facts.tags else { return Ok(()) };
        let Some(look) = self.entry.tags.as_ref().and_then(|tags| tags.read.as_ref()) else { return Ok(()) };
        if seen.contains_key(&facts.property) {
            return Ok(());
        }
        let call = super::table::LookCall { call: look.call.clone(), input: look.input.clone() }.as_call();
        let earlier = seen.clone();
        let scope = Scope { seen: Some(&earlier), properties: &earlier, ..*scope };
        let answer = match self.make_by_id(&call, &scope, Effect::None).await {
            Ok(answer) => answer,
            Err(error) if look.none.contains(&error.code) || error.kind == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let map = match find_all(&answer, &look.at)[..] {
            [Json::Object(map)] if !look.at.ends_with("[]") => Some(map.clone()),
            [Json::Array(_)] if !look.at.ends_with("[]") => tag_map(find_all(&answer, &look.at)[0]),
            ref items => shapes::unpaired(&items.iter().map(|item| (*item).clone()).collect::<Vec<Json>>()),
        };
        seen.insert(facts.property.clone(), Json::Object(map.unwrap_or_default()));
        Ok(())
    }

    pub(super) async fn set_tags(&self, tags: &Map<String, Json>, scope: &Scope<'_>) -> Result<(), AdapterError> {
        let calls = self.entry.tags.as_ref().ok_or_else(|| self.cannot("be tagged"))?;
        let tags = Json::Object(tags.clone());
        let seen = match lw_plan::canonical_json(&Json::Object(calls.add.input.clone())).contains("$seen/") {
            true => self.seen(scope.id).await?.unwrap_or_default(),
            false => Map::new(),
        };
        let scope = Scope { tags: Some(&tags), seen: Some(&seen), ..*scope };
        self.make_patiently_by_id(&calls.add.as_call(), &scope).await
    }

    /// Sets what differs and removes what is no longer written.
    pub(super) async fn change_tags(
        &self,
        before: &Map<String, Json>,
        wanted: &Map<String, Json>,
        scope: &Scope<'_>,
    ) -> Result<(), AdapterError> {
        let calls = self.entry.tags.as_ref().ok_or_else(|| self.cannot("change its tags"))?;
        if calls.whole {
            // Those of others stay; those that the cloud itself keeps cannot be written.
            let seen = self.seen(scope.id).await?.unwrap_or_default();
            let is_others = |(key, _): &(&String, &Json)| !before.contains_key(*key) && !key.starts_with("aws:");
            let others = self.tags_of(&seen).into_iter().flatten().filter(is_others);
            let mut all: Map<String, Json> = others.map(|(key, value)| (key.clone(), value.clone())).collect();
            all.extend(wanted.clone());
            return match all.is_empty() {
                true => self.make_patiently_by_id(&calls.remove.as_call(), scope).await,
                false => self.set_tags(&all, scope).await,
            };
        }
        let keys: Vec<Json> =
            before.keys().filter(|key| !wanted.contains_key(*key)).map(|key| Json::from(key.as_str())).collect();
        if !wanted.is_empty() {
            self.set_tags(wanted, scope).await?;
        }
        if keys.is_empty() {
            return Ok(());
        }
        let keys = Json::Array(keys);
        let seen = self.seen(scope.id).await?.unwrap_or_default();
        let removed: Map<String, Json> = before
            .iter()
            .filter(|(key, _)| !wanted.contains_key(*key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let removed = Json::Object(removed);
        let scope = Scope { keys: Some(&keys), seen: Some(&seen), tags: Some(&removed), ..*scope };
        self.make_patiently_by_id(&calls.remove.as_call(), &scope).await
    }

    async fn make_patiently_by_id(&self, call: &Call, scope: &Scope<'_>) -> Result<(), AdapterError> {
        self.make_by_id(call, scope, Effect::Idempotent).await.map(drop)
    }
}

/// Tags as a map, whatever their form.
fn tag_map(value: &Json) -> Option<Map<String, Json>> {
    match value {
        Json::Object(map) => Some(map.clone()),
        Json::Array(items) => shapes::unpaired(items),
        _ => None,
    }
}

fn uses_tags(value: &Json) -> bool {
    lw_plan::canonical_json(value).contains("$tags")
}
