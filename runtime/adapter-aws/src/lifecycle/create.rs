//! Making an object.

use std::collections::BTreeSet;

use adapter::{AdapterError, ErrorKind, Object, Owner};
use lw_plan::{Json, Map};

use super::scope::Scope;
use super::table::Call;
use super::{Life, after_effect, scope};
use crate::client::Effect;

/// How long a read may not show what was just made.
const INVISIBLE_SECONDS_MAX: u64 = 60;

/// As long as something that was seen or changed a moment ago may stay unseen before it counts as gone.
const UNSEEN_SECONDS_MAX: u64 = 10;

impl Life<'_> {
    /// Makes an object and completes it: the first call makes it, the others and those for what the first does not take follow.
    ///
    /// An error after the first call is always unknown: whoever asked has to look, and finds the object by its tags or its name.
    pub async fn create(&self, call: &adapter::Call, properties: &Map<String, Json>) -> Result<Object, AdapterError> {
        let converted = self.in_forms(properties);
        self.look_first(&call.operation, properties).await?;
        let mut scope = self.scope(&converted, "").await?;
        scope.token = &call.operation;
        let follow = self.follow_ups(properties)?;
        let (first, rest) = self.create_calls(properties).ok_or_else(|| self.cannot("be made of these properties"))?;
        let answer = self.make_with_tags(first, &scope).await.map_err(not_visible_yet)?;
        let id = match self.new_id(first, &answer, &scope) {
            Some(id) => id,
            // Some answers say nothing; what was made is found by what was written.
            None => self.find_made(&call.operation, properties).await.map_err(after_effect)?.map_or_else(
                || Err(AdapterError::unknown("NoIdentifier", format!("the answer of {} names no object", first.call))),
                |made| Ok(made.physical_id),
            )?,
        };
        let mut scope = Scope { id: &id, answer: Some(&answer), ..scope };
        self.complete(first, rest, &follow, &mut scope).await.map_err(after_effect)?;
        self.shown_after_create(&id).await.map_err(after_effect)
    }

    /// The call that makes an object of these properties, and those after it.
    pub(super) fn create_calls(&self, properties: &Map<String, Json>) -> Option<(&'static Call, &'static [Call])> {
        let create: &'static [Call] = &self.entry.create;
        let at = create.iter().position(|call| {
            call.properties.is_empty() || call.properties.iter().any(|property| is_written(properties, property))
        })?;
        Some((&create[at], &create[at + 1..]))
    }

    pub(super) async fn complete(
        &self,
        first: &Call,
        rest: &[Call],
        follow: &[&Call],
        scope: &mut Scope<'_>,
    ) -> Result<(), AdapterError> {
        if let Some(waiting) = &first.wait {
            self.wait(waiting, scope).await?;
        }
        // A call without properties after the first is another way to make the object.
        let written = |call: &&Call| call.properties.iter().any(|property| is_written(scope.properties, property));
        let rest = rest.iter().filter(written);
        for call in rest.chain(follow.iter().copied()) {
            self.make_patiently(call, scope).await?;
            if let Some(waiting) = &call.wait {
                self.wait(waiting, scope).await?;
            }
        }
        self.add_first_elements(scope).await?;
        if !self.takes_tags(first)
            && let Some(tags) = self.tags_of(scope.properties).filter(|tags| !tags.is_empty())
        {
            self.set_tags(tags, scope).await?;
        }
        Ok(())
    }

    /// A call after the first: what it names may not be visible yet, and it is the same however often it is sent.
    pub(super) async fn make_patiently(&self, call: &Call, scope: &Scope<'_>) -> Result<(), AdapterError> {
        let given_up = tokio::time::Instant::now() + std::time::Duration::from_secs(INVISIBLE_SECONDS_MAX);
        let mut pause_ms = 250;
        loop {
            let error = match self.make_by_id(call, scope, Effect::Idempotent).await {
                Ok(_) => return Ok(()),
                Err(error) if call.done.contains(&error.code) => return Ok(()),
                Err(error) => error,
            };
            let may_come = matches!(error.kind, ErrorKind::NotFound | ErrorKind::DependencyNotReady);
            if !may_come || tokio::time::Instant::now() > given_up {
                return Err(error);
            }
            tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
            pause_ms = (pause_ms * 2).min(5_000);
        }
    }

    /// The calls for what the create calls do not take; an error names what no call takes.
    pub(super) fn follow_ups(&self, properties: &Map<String, Json>) -> Result<Vec<&'static Call>, AdapterError> {
        let mut left: BTreeSet<&str> = properties
            .iter()
            .filter(|(name, value)| {
                !value.is_null() && !self.is_tag_property(name) && !self.entry.without.contains_key(*name)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        for call in &self.entry.create {
            self.taken(call, &mut left);
        }
        left.retain(|property| !self.entry.elements.iter().any(|elements| elements.property == *property));
        let mut follow = Vec::new();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for call in &self.entry.update {
            if call.properties.iter().any(|property| left.contains(property.as_str())) {
                done.extend(call.properties.iter().map(|property| property.split('/').next().unwrap_or(property)));
                if applies(call, properties) {
                    follow.push(call);
                }
            }
        }
        left.retain(|property| !done.contains(property));
        match left.first() {
            None => Ok(follow),
            Some(property) => Err(AdapterError::permanent(
                "UnsupportedProperty",
                format!("this version cannot write `{property}` of {}", self.wire_type),
            )),
        }
    }

    /// Takes out what a call brings about.
    fn taken(&self, call: &Call, left: &mut BTreeSet<&str>) {
        left.retain(|property| !mentions(&call.input, property));
        for property in &call.properties {
            left.remove(property.as_str());
        }
        let Some(input) = self.input(call).filter(|_| call.auto) else { return };
        left.retain(|property| {
            let is_meant = call.only.is_empty() || call.only.iter().any(|own| own == property);
            let is_excluded = call.not.iter().any(|own| own == property) || self.is_elsewhere(property);
            let found = input.member_like(self.entry.api_name(property));
            !is_meant || is_excluded || found.is_none_or(|(name, _)| call.input.contains_key(name))
        });
    }

    /// The physical id of what an answer tells of.
    pub(super) fn new_id(&self, call: &Call, answer: &Map<String, Json>, scope: &Scope<'_>) -> Option<String> {
        let with_answer = Scope { answer: Some(answer), ..*scope };
        let templates = if call.id.is_empty() { &self.entry.id } else { &call.id };
        if !templates.is_empty() {
            let parts: Option<Vec<String>> =
                templates.iter().map(|part| with_answer.fill(part).and_then(|part| as_text(&part))).collect();
            return parts.map(|parts| parts.join("|"));
        }
        let part = |path: &conductor_core::PropertyPath| {
            let name = path.top();
            let api = self.entry.api_name(name);
            let found = answered(answer, api).or_else(|| answered(answer, name));
            found.or_else(|| scope::at(scope.properties, name)).and_then(as_text)
        };
        let parts: Option<Vec<String>> = self.facts.identifier.iter().map(part).collect();
        parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("|"))
    }

    /// What was just made, as a read shows it; until one does, a few are made.
    pub(super) async fn shown_after_create(&self, id: &str) -> Result<Object, AdapterError> {
        let mut found = None;
        self.look_until(id, INVISIBLE_SECONDS_MAX, |seen| {
            found.clone_from(seen);
            Ok(seen.is_some())
        })
        .await?;
        Ok(self.object(id, found.unwrap_or_default()))
    }

    /// What is known to be there, as a read shows it; `None` only when no read shows it for a while.
    pub(super) async fn seen_patiently(&self, id: &str) -> Result<Option<Map<String, Json>>, AdapterError> {
        let given_up = tokio::time::Instant::now() + std::time::Duration::from_secs(UNSEEN_SECONDS_MAX);
        let mut pause_ms = 100;
        loop {
            let seen = self.seen(id).await?;
            if seen.is_some() || tokio::time::Instant::now() > given_up {
                return Ok(seen);
            }
            tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
            pause_ms = (pause_ms * 2).min(2_000);
        }
    }

    pub(super) fn object(&self, id: &str, mut properties: Map<String, Json>) -> Object {
        properties.retain(|name, _| !name.starts_with('_'));
        let tags = self.facts.tags.as_ref().and_then(|tags| properties.get(&tags.property)).and_then(Json::as_object);
        Object {
            wire_type: self.wire_type.to_string(),
            physical_id: id.to_string(),
            owner: tags.and_then(Owner::of_tags),
            properties,
        }
    }

    pub(super) fn cannot(&self, what: &str) -> AdapterError {
        AdapterError::permanent("Unsupported", format!("{} cannot {what} by this version", self.wire_type))
    }
}

/// Whether a property, or something in it, is written.
pub(super) fn is_written(properties: &Map<String, Json>, path: &str) -> bool {
    scope::at(properties, path).is_some_and(|value| !value.is_null())
}

/// Whether the properties have the values that a call is for.
pub(super) fn applies(call: &Call, properties: &Map<String, Json>) -> bool {
    call.equals.iter().all(|(name, value)| properties.get(name) == Some(value))
}

/// Whether a template stands for a property or something in it.
fn mentions(input: &Map<String, Json>, property: &str) -> bool {
    fn in_value(value: &Json, property: &str) -> bool {
        match value {
            // All of them.
            Json::String(text) if text == "$permission" => true,
            Json::String(text) => {
                let is_it = |name: &str| name.split(['/', '}', '#']).next() == Some(property);
                text.strip_prefix('$').is_some_and(|name| !name.starts_with('{') && is_it(name))
                    || text.split("${").skip(1).any(is_it)
            }
            Json::Array(items) => items.iter().any(|item| in_value(item, property)),
            Json::Object(object) => object.values().any(|value| in_value(value, property)),
            _ => false,
        }
    }
    input.values().any(|value| in_value(value, property))
}

/// A member of an answer: at the top, in its one object, or in the first element of its one list.
fn answered<'a>(answer: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    let like = |object: &'a Map<String, Json>| {
        object
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_object())
    };
    let inside = |value: &'a Json| match value {
        Json::Object(object) => like(object),
        Json::Array(items) => items.first().and_then(Json::as_object).and_then(like),
        _ => None,
    };
    like(answer).or_else(|| answer.values().find_map(inside))
}

pub(super) fn as_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if text.is_empty() => None,
        Json::String(text) => Some(text.clone()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
        other => Some(other.to_string()),
    }
}

/// While something is made, what is missing is something that it names: perhaps it is only not visible yet.
fn not_visible_yet(error: AdapterError) -> AdapterError {
    match error.kind {
        ErrorKind::NotFound => AdapterError { kind: ErrorKind::DependencyNotReady, ..error },
        _ => error,
    }
}
