//! Finding objects: all of a type, many by their ids, one by its owner.

use std::collections::HashMap;

use adapter::{AdapterError, ErrorKind, Object, Owner};
use conductor_core::{TAG_DEPLOYMENT, TAG_UID};
use futures_util::{StreamExt as _, TryStreamExt as _};
use lw_plan::{Json, Map};
use serde_json::json;

use super::Life;
use super::create::as_text;
use super::read::shape_at;
use super::scope::Scope;
use super::table::List;
use crate::client::{Effect, find_all};

/// As many objects as are read at the same time.
const READS_AT_ONCE: usize = 8;

/// As many ids as a filter takes.
const FILTER_VALUES_MAX: usize = 200;

impl Life<'_> {
    /// All objects of the type; ours or not.
    pub async fn list(&self) -> Result<Vec<Object>, AdapterError> {
        let items = self.items(Vec::new()).await?;
        self.objects(items).await
    }

    /// The objects that carry an owner's tags; all of a deployment's where the owner has no uid.
    pub async fn owned(&self, owner: &Owner) -> Result<Vec<Object>, AdapterError> {
        if self.facts.tags.is_none() {
            return Ok(Vec::new());
        }
        let is_it = |object: &Object| {
            object.owner.as_ref().is_some_and(|found| {
                found.deployment == owner.deployment && (owner.uid.is_empty() || found.uid == owner.uid)
            })
        };
        let filters = match self.takes_filters() && self.entry.tag_word.is_some() {
            true => {
                let mut filters = vec![json!({"Name": format!("tag:{TAG_DEPLOYMENT}"), "Values": [owner.deployment]})];
                if !owner.uid.is_empty() {
                    filters.push(json!({"Name": format!("tag:{TAG_UID}"), "Values": [owner.uid]}));
                }
                filters
            }
            false => Vec::new(),
        };
        let objects = self.objects(self.items(filters).await?).await?;
        Ok(objects.into_iter().filter(is_it).collect())
    }

    /// Many objects, in the order of their ids; with as few calls as the service allows.
    pub async fn read_many(&self, ids: &[String]) -> Result<Vec<Option<Object>>, AdapterError> {
        let (Some(filter), true) = (&self.entry.filter, self.takes_filters() && ids.len() > 1) else {
            let reads = futures_util::stream::iter(ids.to_vec())
                .map(|id| async move { self.read(&id).await })
                .buffered(READS_AT_ONCE);
            return reads.try_collect().await;
        };
        let mut found = HashMap::new();
        for ids in ids.chunks(FILTER_VALUES_MAX) {
            // Where an id has several parts, the last one is the service's own.
            let values: Vec<&str> = ids.iter().map(|id| id.rsplit('|').next().unwrap_or(id)).collect();
            let items = self.items(vec![json!({"Name": filter, "Values": values})]).await?;
            let objects = self.objects(items).await?;
            found.extend(objects.into_iter().map(|object| (object.physical_id.clone(), object)));
        }
        Ok(ids.iter().map(|id| found.remove(id)).collect())
    }

    fn takes_filters(&self) -> bool {
        let Some(list) = &self.entry.list else { return false };
        self.input(&list_call(list)).is_some_and(|input| input.member("Filters").is_some())
    }

    /// The elements of a listing, each with its id.
    pub(super) async fn items(&self, filters: Vec<Json>) -> Result<Vec<(String, Json)>, AdapterError> {
        let list = self.entry.list.as_ref().ok_or_else(|| self.cannot("be listed"))?;
        let nothing = Map::new();
        let scope = self.scope(&nothing, "").await?;
        let mut call = list_call(list);
        if !filters.is_empty() {
            call.input.insert("Filters".to_string(), Json::Array(filters));
        }
        let answer = match self.make(&call, &scope, Effect::None).await {
            Ok(answer) => answer,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let items = find_all(&answer, &list.items).into_iter();
        let cut = |id: String| match id.rsplit_once(&list.after).filter(|_| !list.after.is_empty()) {
            Some((_, after)) => after.to_string(),
            None => id,
        };
        Ok(items.filter_map(|item| Some((cut(self.id_of(list, item)?), item.clone()))).collect())
    }

    fn id_of(&self, list: &List, item: &Json) -> Option<String> {
        if let Json::String(id) = item {
            return Some(id.clone());
        }
        let object = item.as_object()?;
        let names: Vec<String> = match list.id.is_empty() {
            true => self.facts.identifier.iter().map(|path| self.entry.api_name(path.top()).to_string()).collect(),
            false => list.id.clone(),
        };
        let part = |name: &String| {
            let found = find_all(object, name).first().copied().and_then(as_text);
            found.or_else(|| {
                object.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).and_then(|(_, value)| as_text(value))
            })
        };
        let parts: Option<Vec<String>> = names.iter().map(part).collect();
        parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join("|"))
    }

    /// What the elements of a listing are, as reads show them.
    async fn objects(&self, items: Vec<(String, Json)>) -> Result<Vec<Object>, AdapterError> {
        let list = self.entry.list.as_ref().ok_or_else(|| self.cannot("be listed"))?;
        let shape = self.output(&list.call).and_then(|output| shape_at(output, &list.items));
        let reads = futures_util::stream::iter(items).map(|(id, item)| async move {
            let (true, Some(first), Json::Object(item)) = (list.whole, self.entry.read.first(), &item) else {
                return self.read(&id).await;
            };
            let mut seen = Map::new();
            if !self.take(first, shape, item, &mut seen) {
                return Ok(None);
            }
            let nothing = Map::new();
            let scope: Scope<'_> = self.scope(&nothing, &id).await?;
            let seen = self.see_the_rest(&scope, seen).await?;
            Ok(Some(self.object(&id, seen)))
        });
        let objects: Vec<Option<Object>> = reads.buffered(READS_AT_ONCE).try_collect().await?;
        Ok(objects.into_iter().flatten().collect())
    }
}

fn list_call(list: &List) -> super::table::Call {
    super::table::LookCall { call: list.call.clone(), input: list.input.clone() }.as_call()
}
