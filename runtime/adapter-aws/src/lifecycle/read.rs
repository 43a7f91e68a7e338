//! Showing an object.

use adapter::{AdapterError, ErrorKind, Object};
use lw_plan::{Json, Map};

use super::create::as_text;
use super::scope::{self, Scope};
use super::table::{Each, Look, LookCall};
use super::{Life, forms, shapes};
use crate::client::{Effect, find_all};
use crate::model::{self, Used};

impl<'a> Life<'a> {
    /// The object as it is now; `None` when it is not there.
    pub async fn read(&self, id: &str) -> Result<Option<Object>, AdapterError> {
        Ok(self.seen(id).await?.map(|properties| self.object(id, properties)))
    }

    /// Everything that the looks of the entry show.
    pub(super) async fn seen(&self, id: &str) -> Result<Option<Map<String, Json>>, AdapterError> {
        let nothing = Map::new();
        let scope = self.scope(&nothing, id).await?;
        let first = self.entry.read.iter().find(|look| id.starts_with(&look.when_id));
        let Some(first) = first else { return Err(self.cannot("be read")) };
        let mut seen = Map::new();
        if !self.look(first, &scope, &mut seen).await? {
            return Ok(None);
        }
        self.see_the_rest(&scope, seen).await.map(Some)
    }

    /// What the looks after the first show, attributes and tags.
    pub(super) async fn see_the_rest(
        &self,
        scope: &Scope<'_>,
        mut seen: Map<String, Json>,
    ) -> Result<Map<String, Json>, AdapterError> {
        let applying = self.entry.read.iter().filter(|look| scope.id.starts_with(&look.when_id));
        for look in applying.skip(1) {
            if look.when.as_ref().is_none_or(|property| scope::at(&seen, property).is_some()) {
                self.look(look, scope, &mut seen).await?;
            }
        }
        self.identify(scope.id, &mut seen);
        for (path, template) in &self.entry.attributes {
            if let Some(value) = (Scope { seen: Some(&seen), properties: &seen, ..*scope }).fill(template) {
                scope::put(&mut seen, path, value);
            }
        }
        self.read_tags(scope, &mut seen).await?;
        Ok(seen)
    }

    /// The parts of the id are the values of the properties that it is made of.
    fn identify(&self, id: &str, seen: &mut Map<String, Json>) {
        let paths = &self.facts.identifier;
        let parts: Vec<&str> = if paths.len() == 1 { vec![id] } else { id.split('|').collect() };
        for (path, part) in paths.iter().zip(parts) {
            if path.is_top_level() && !seen.contains_key(path.top()) {
                seen.insert(path.top().to_string(), Json::from(part));
            }
        }
    }

    /// One look; whether there is something.
    async fn look(&self, look: &Look, scope: &Scope<'_>, found: &mut Map<String, Json>) -> Result<bool, AdapterError> {
        let earlier = found.clone();
        let scope = Scope { seen: Some(&earlier), ..*scope };
        let call = look.call.as_call();
        let answer = match self.make_by_id(&call, &scope, Effect::None).await {
            Ok(answer) => answer,
            Err(error) if error.kind == ErrorKind::NotFound || look.none.contains(&error.code) => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut answer = answer;
        if let Some(member) = look.parse.as_ref().and_then(|name| answer.get_mut(name))
            && let Some(parsed) = member.as_str().and_then(|text| serde_json::from_str(text).ok())
        {
            *member = parsed;
        }
        if let Some(each) = &look.each {
            self.look_at_each(each, &answer, &scope, found).await?;
        }
        let output = self.output(&call.call).filter(|_| look.parse.is_none());
        if look.at.is_empty() {
            return Ok(self.take(look, output, &answer, found));
        }
        // A way that stands for something that is not there is none.
        let ways: Vec<String> = look.at.split("||").filter_map(|way| scope.interpolated(way)).collect();
        let at = ways.join("||");
        let Some(Json::Object(object)) = find_all(&answer, &at).first() else { return Ok(false) };
        Ok(self.take(look, output.and_then(|output| shape_at(output, &look.at)), object, found))
    }

    async fn look_at_each(
        &self,
        each: &Each,
        answer: &Map<String, Json>,
        scope: &Scope<'_>,
        found: &mut Map<String, Json>,
    ) -> Result<(), AdapterError> {
        let call = LookCall { call: each.call.clone(), input: each.input.clone() }.as_call();
        let mut list = Vec::new();
        for item in find_all(answer, &each.items) {
            let scope = Scope { item: Some(item), ..*scope };
            let shown = match self.make_by_id(&call, &scope, Effect::None).await {
                Ok(shown) => shown,
                // It has gone since.
                Err(error) if error.kind == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let mut element = Map::new();
            for (name, path) in &each.set {
                if let Some(value) = find_all(&shown, path).first() {
                    element.insert(name.clone(), (*value).clone());
                }
            }
            list.push(Json::Object(element));
        }
        let list = forms::from_api(self.entry, &each.into, Json::Array(list));
        found.insert(each.into.clone(), list);
        Ok(())
    }

    /// Takes over what an object shows; `false` where it shows that it has ended.
    pub(super) fn take(
        &self,
        look: &Look,
        shape: Option<Used<'_>>,
        object: &Map<String, Json>,
        found: &mut Map<String, Json>,
    ) -> bool {
        if let Some(ended) = &self.entry.ended {
            let value = scope::at(object, &ended.at).and_then(as_text);
            if value.is_some_and(|value| ended.values.contains(&value) || ended.values.iter().any(|any| any == "*")) {
                return false;
            }
        }
        for (name, value) in object.iter().filter(|(_, value)| look.auto && !value.is_null()) {
            let Some(property) = self.property_of(name) else { continue };
            if look.set.contains_key(property) || found.contains_key(property) || self.is_tag_property(property) {
                continue;
            }
            let value = shapes::from_api(shape.and_then(|shape| shape.member(name)), value, self.entry);
            found.insert(property.to_string(), forms::from_api(self.entry, property, value));
        }
        for (property, path) in &look.set {
            if path.is_empty() {
                let value = shapes::from_api(shape, &Json::Object(object.clone()), self.entry);
                found.insert(property.clone(), forms::from_api(self.entry, property, value));
                continue;
            }
            let inner = shape.and_then(|shape| shape_at(shape, path));
            let values = find_all(object, path);
            let Some(first) = values.first().filter(|value| !value.is_null()) else { continue };
            let value = match path.contains("[]") {
                true => Json::Array(values.iter().map(|value| shapes::from_api(inner, value, self.entry)).collect()),
                false => shapes::from_api(inner, first, self.entry),
            };
            let top = property.split('/').next().unwrap_or(property);
            let value = if top == property { forms::from_api(self.entry, property, value) } else { value };
            scope::put(found, property, value);
        }
        if look.auto {
            self.take_tags(object, found);
        }
        true
    }

    /// The property that an operation calls so.
    pub(super) fn property_of(&self, name: &str) -> Option<&str> {
        if let Some(own) = self.entry.wire_name(name) {
            return self.schema.properties.get_key_value(own).map(|(own, _)| own.as_str());
        }
        let properties = &self.schema.properties;
        if let Some((own, _)) = properties.get_key_value(name) {
            return Some(own);
        }
        properties.keys().find(|own| own.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// The shape of an operation's answer.
    pub(super) fn output(&self, call: &str) -> Option<Used<'static>> {
        let (service, operation) = call.split_once(':').unwrap_or((&self.entry.service, call));
        let service = model::service(service)?;
        service.operations.get(operation)?.output.as_ref().map(|output| service.used(output))
    }

    /// A call about an object that is there: what has the name of a part of its id is that part.
    pub(super) async fn make_by_id(
        &self,
        call: &super::table::Call,
        scope: &Scope<'_>,
        effect: Effect,
    ) -> Result<Map<String, Json>, AdapterError> {
        let mut parameters = self.parameters(call, scope)?;
        if let Some(input) = self.input(call) {
            let paths = &self.facts.identifier;
            let parts: Vec<&str> = if paths.len() == 1 { vec![scope.id] } else { scope.id.split('|').collect() };
            for (path, part) in paths.iter().zip(parts) {
                let name = self.entry.api_name(path.top());
                if let Some((own, _)) = input.member_like(name).filter(|(own, _)| !parameters.contains_key(*own)) {
                    parameters.insert(own.to_string(), Json::from(part));
                } else if let Some((own, _)) = input.member_like(&format!("{name}s"))
                    && call.input.is_empty()
                    && !parameters.contains_key(own)
                    && !parameters.contains_key(name)
                {
                    parameters.insert(own.to_string(), Json::Array(vec![Json::from(part)]));
                }
            }
        }
        let (service, operation) = self.operation(call);
        let answer = match effect {
            Effect::None => self.client.read(service, operation, &parameters).await,
            effect => self.client.call(service, operation, &parameters, scope.token, effect).await,
        };
        answer.map_err(|error| self.judged(error))
    }

    /// What templates are filled with. The account is asked for where the table needs it.
    pub(super) async fn scope<'b>(
        &'b self,
        properties: &'b Map<String, Json>,
        id: &'b str,
    ) -> Result<Scope<'b>, AdapterError> {
        let account = if self.entry.needs_account { self.client.account().await? } else { "" };
        Ok(Scope { region: &self.client.target().region, account, ..Scope::new(properties, id) })
    }
}

/// The shape at a place: `Reservations[0].Instances[0]`.
pub(super) fn shape_at<'a>(shape: Used<'a>, path: &str) -> Option<Used<'a>> {
    let mut shape = shape;
    for step in crate::client::steps(path.split("||").next()?.trim()) {
        let (name, index) = step.split_once('[').map_or((step, false), |(name, _)| (name, true));
        shape = shape.member(name)?;
        if index {
            shape = shape.element();
        }
    }
    Some(shape)
}
