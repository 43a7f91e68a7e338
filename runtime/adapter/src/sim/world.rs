//! The simulated cloud itself: what exists, who names whom, who holds which claim, which tokens are remembered.
//!
//! The one idea: a plain, synchronous value that a seeded simulation can drive step by step; the async adapter around it adds
//! latency, faults and a file. Every change is also noted as data ([`Change`]), for whoever keeps the file.
//!
//! Guarantees: the same calls in the same order at the same times give the same answers. With operation ids as seeds, the ids
//! given do not even depend on the order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use lw_plan::{Json, Map};
use rustc_hash::FxHashMap;

use super::attributes::{Surroundings, complete};
use super::dice::Dice;
use super::enforce::{check_create, check_update};
use super::identity::{invent_id, is_versioned};
use super::links::{Mention, handles, mentions, must_exist};
use super::network::Network;
use super::object::{Body, Stored};
use super::renewal::renew;
use crate::catalogue::{TypeSchema, values_at};
use crate::{AdapterError, Call, ErrorKind, Object, Owner, Patch, Place};

/// Looks up what the cloud knows of a type; `None` for a type nobody has described, which is then taken as it comes.
pub type Schemas = dyn Fn(&str) -> Option<Arc<TypeSchema>> + Send + Sync;

/// Something to be kept.
#[derive(Clone, Debug)]
pub enum Change {
    /// An object came or changed: its key.
    Put(u64),
    /// An object went: its key.
    Remove(u64),
    /// A token is remembered.
    Token(String),
    /// Tokens from before this time are forgotten.
    Forget(u64),
    /// So many calls have come that may change something, whatever became of them.
    Called(u64),
}

/// A call that was carried out, for as long as its token is remembered.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub parameters: u64,
    pub key: u64,
    pub at_ms: u64,
}

pub struct World {
    pub seed: u64,
    pub read_lag_ms: u64,
    pub token_memory_ms: u64,
    pub default_place: Place,
    schemas: Box<Schemas>,
    next_key: u64,
    /// Creates, updates and deletes that came, refused ones too.
    calls: u64,
    objects: BTreeMap<u64, Stored>,
    /// Objects that went, for as long as a lagging read may still show them.
    gone: Vec<(u64, Stored)>,
    handles: FxHashMap<String, Vec<u64>>,
    claims: FxHashMap<String, u64>,
    referrers: FxHashMap<u64, BTreeSet<u64>>,
    types: FxHashMap<String, BTreeSet<u64>>,
    owned: FxHashMap<String, BTreeSet<u64>>,
    uids: FxHashMap<String, BTreeSet<u64>>,
    tokens: FxHashMap<String, Remembered>,
    token_order: VecDeque<(u64, String)>,
    changes: Vec<Change>,
}

impl World {
    pub fn new(seed: u64, default_place: Place, schemas: Box<Schemas>) -> World {
        World {
            seed,
            read_lag_ms: 0,
            token_memory_ms: 24 * 60 * 60 * 1000,
            default_place,
            schemas,
            next_key: 1,
            calls: 0,
            objects: BTreeMap::new(),
            gone: Vec::new(),
            handles: FxHashMap::default(),
            claims: FxHashMap::default(),
            referrers: FxHashMap::default(),
            types: FxHashMap::default(),
            owned: FxHashMap::default(),
            uids: FxHashMap::default(),
            tokens: FxHashMap::default(),
            token_order: VecDeque::new(),
            changes: Vec::new(),
        }
    }

    pub fn create(
        &mut self,
        now_ms: u64,
        call: &Call,
        wire_type: &str,
        properties: &Map<String, Json>,
    ) -> Result<Object, AdapterError> {
        self.called();
        let parameters = fingerprint(&[wire_type], properties);
        if let Some(key) = self.recall(now_ms, &call.operation, parameters)? {
            return match self.objects.get(&key) {
                Some(stored) => Ok(self.shown(stored)),
                None => Err(AdapterError::new(
                    ErrorKind::Conflict,
                    "IdempotentObjectGone",
                    "the object that this token made has been deleted since",
                )),
            };
        }
        let schema = self.schema(wire_type)?;
        if let Some(schema) = &schema {
            check_create(schema, properties)?;
        }
        let place = self.resolve_place(&call.place);
        let named = self.check_mentions(now_ms, schema.as_deref(), &place, properties)?;
        let (physical_id, properties) = self.invent(now_ms, schema.as_deref(), &place, wire_type, call, properties);
        let claims = claims_of(schema.as_deref(), wire_type, &place, &physical_id, &properties);
        self.check_claims(&claims, None)?;
        self.check_networks(wire_type, &properties, None)?;
        let stored = Stored {
            wire_type: wire_type.to_string(),
            handles: handles(schema.as_deref(), &physical_id, &properties),
            physical_id,
            place,
            owner: owner_of(schema.as_deref(), &properties),
            body: Body::of(properties),
            claims,
            names: named,
            visible_at_ms: now_ms + self.read_lag_ms,
            before: None,
        };
        let shown = self.shown(&stored);
        let key = self.next_key;
        self.next_key += 1;
        self.insert(key, stored);
        self.changes.push(Change::Put(key));
        self.remember(now_ms, call, parameters, key);
        Ok(shown)
    }

    pub fn read(&self, now_ms: u64, place: &Place, wire_type: &str, physical_id: &str) -> Option<Object> {
        let place = self.resolve_place(place);
        match self.find(&place, wire_type, physical_id) {
            Some(key) => self.seen(now_ms, &self.objects[&key]),
            None => self
                .gone
                .iter()
                .find(|(until, stored)| {
                    now_ms < *until && stored.wire_type == wire_type && stored.physical_id == physical_id
                })
                .map(|(_, stored)| self.shown(stored)),
        }
    }

    pub fn update(
        &mut self,
        now_ms: u64,
        call: &Call,
        wire_type: &str,
        physical_id: &str,
        patch: &Patch,
    ) -> Result<Object, AdapterError> {
        self.called();
        let parameters = fingerprint(&[wire_type, physical_id, &patch.reset.join(",")], &patch.set);
        let place = self.resolve_place(&call.place);
        let Some(key) = self.find(&place, wire_type, physical_id) else {
            return Err(not_found(wire_type, physical_id));
        };
        if self.recall(now_ms, &call.operation, parameters)?.is_some() {
            return Ok(self.shown(&self.objects[&key]));
        }
        let schema = self.schema(wire_type)?;
        let stored = &self.objects[&key];
        let mut properties = match &schema {
            Some(schema) => check_update(schema, stored.body.properties(), patch)?,
            None => {
                let mut after = stored.body.properties().clone();
                after.extend(patch.set.clone());
                after.retain(|name, _| !patch.reset.contains(name));
                after
            }
        };
        let names = self.check_mentions(now_ms, schema.as_deref(), &place, &properties)?;
        let claims = claims_of(schema.as_deref(), wire_type, &place, physical_id, &properties);
        self.check_claims(&claims, Some(key))?;
        self.check_networks(wire_type, &properties, Some(key))?;
        if let Some(schema) = &schema {
            renew(schema, &mut properties, patch, now_ms);
        }
        let mut stored = self.remove(key);
        let previous = self.shown(&stored);
        stored.handles = handles(schema.as_deref(), physical_id, &properties);
        stored.owner = owner_of(schema.as_deref(), &properties);
        stored.body = Body::of(properties);
        stored.claims = claims;
        stored.names = names;
        if self.read_lag_ms > 0 {
            stored.visible_at_ms = now_ms + self.read_lag_ms;
            stored.before = Some(Box::new(previous));
        }
        let shown = self.shown(&stored);
        self.insert(key, stored);
        self.changes.push(Change::Put(key));
        self.remember(now_ms, call, parameters, key);
        Ok(shown)
    }

    pub fn delete(&mut self, now_ms: u64, call: &Call, wire_type: &str, physical_id: &str) -> Result<(), AdapterError> {
        self.called();
        let place = self.resolve_place(&call.place);
        let parameters = fingerprint(&[wire_type, physical_id], &Map::new());
        let Some(key) = self.find(&place, wire_type, physical_id) else {
            return match self.recall(now_ms, &call.operation, parameters)? {
                Some(_) => Ok(()),
                None => Err(not_found(wire_type, physical_id)),
            };
        };
        if let Some(referrer) =
            self.referrers.get(&key).and_then(|referrers| referrers.iter().find(|other| **other != key))
        {
            let referrer = &self.objects[referrer];
            let message =
                format!("{wire_type} {physical_id} is in use by {} {}", referrer.wire_type, referrer.physical_id);
            return Err(AdapterError::new(ErrorKind::DependencyNotReady, "DependencyViolation", message));
        }
        self.end(now_ms, key);
        self.remember(now_ms, call, parameters, key);
        Ok(())
    }

    pub fn list(&self, now_ms: u64, place: &Place, wire_type: &str) -> Vec<Object> {
        let place = self.resolve_place(place);
        let keys = self.types.get(wire_type).into_iter().flatten();
        keys.map(|key| &self.objects[key])
            .filter(|stored| stored.place == place)
            .filter_map(|stored| self.seen(now_ms, stored))
            .collect()
    }

    pub fn owned(&self, now_ms: u64, place: &Place, deployment: &str) -> Vec<Object> {
        let place = self.resolve_place(place);
        let keys = self.owned.get(deployment).into_iter().flatten();
        keys.map(|key| &self.objects[key])
            .filter(|stored| stored.place == place)
            .filter_map(|stored| self.seen(now_ms, stored))
            .collect()
    }

    pub fn find_owned(&self, now_ms: u64, place: &Place, wire_type: &str, owner: &Owner) -> Option<Object> {
        let place = self.resolve_place(place);
        let keys = self.uids.get(&owner.uid).into_iter().flatten();
        keys.map(|key| &self.objects[key])
            .filter(|stored| stored.place == place && stored.wire_type == wire_type)
            .find(|stored| stored.owner.as_ref() == Some(owner))
            .and_then(|stored| self.seen(now_ms, stored))
    }

    /// How many objects are alive.
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// Every live object, oldest first, as it is.
    pub fn all(&self) -> impl Iterator<Item = Object> + '_ {
        self.objects.values().map(|stored| self.shown(stored))
    }

    /// Somebody else makes an object; no rule is enforced.
    pub fn conjure(&mut self, place: &Place, wire_type: &str, physical_id: &str, properties: Map<String, Json>) {
        let place = self.resolve_place(place);
        let schema = (self.schemas)(wire_type);
        let key = self.next_key;
        self.next_key += 1;
        let stored = Stored {
            wire_type: wire_type.to_string(),
            physical_id: physical_id.to_string(),
            handles: handles(schema.as_deref(), physical_id, &properties),
            claims: claims_of(schema.as_deref(), wire_type, &place, physical_id, &properties),
            names: Vec::new(),
            owner: owner_of(schema.as_deref(), &properties),
            body: Body::of(properties),
            place,
            visible_at_ms: 0,
            before: None,
        };
        self.insert(key, stored);
        self.changes.push(Change::Put(key));
    }

    /// Somebody else changes an object; no rule is enforced. `None` removes the property. Answers whether there is such an object.
    pub fn meddle(&mut self, physical_id: &str, property: &str, value: Option<Json>) -> bool {
        let Some(key) = self.by_handle(physical_id) else { return false };
        let mut stored = self.remove(key);
        let mut properties = stored.body.properties().clone();
        match value {
            Some(value) => properties.insert(property.to_string(), value),
            None => properties.remove(property),
        };
        stored.owner = owner_of((self.schemas)(&stored.wire_type).as_deref(), &properties);
        stored.body = Body::of(properties);
        self.insert(key, stored);
        self.changes.push(Change::Put(key));
        true
    }

    /// Somebody else deletes an object, whoever names it. Answers whether there was such an object.
    pub fn destroy(&mut self, now_ms: u64, physical_id: &str) -> bool {
        let Some(key) = self.by_handle(physical_id) else { return false };
        self.end(now_ms, key);
        true
    }

    /// How many calls have come that may change something.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Takes in the number that was kept.
    pub fn restore_calls(&mut self, calls: u64) {
        self.calls = calls;
    }

    fn called(&mut self) {
        self.calls += 1;
        self.changes.push(Change::Called(self.calls));
    }

    /// What has changed since this was last asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    pub fn stored(&self, key: u64) -> Option<&Stored> {
        self.objects.get(&key)
    }

    pub fn remembered(&self, token: &str) -> Option<&Remembered> {
        self.tokens.get(token)
    }

    /// Takes in an object that was kept.
    pub fn restore(&mut self, key: u64, stored: Stored) {
        self.next_key = self.next_key.max(key + 1);
        self.insert(key, stored);
    }

    /// Finds out who names whom, once everything that was kept is there.
    pub fn restore_links(&mut self) {
        for (key, stored) in &self.objects {
            for name in &stored.names {
                for target in self.handles.get(name).into_iter().flatten() {
                    self.referrers.entry(*target).or_default().insert(*key);
                }
            }
        }
    }

    /// Takes in a token that was kept; oldest first.
    pub fn restore_token(&mut self, token: String, remembered: Remembered) {
        self.token_order.push_back((remembered.at_ms, token.clone()));
        self.next_key = self.next_key.max(remembered.key + 1);
        self.tokens.insert(token, remembered);
    }

    fn schema(&self, wire_type: &str) -> Result<Option<Arc<TypeSchema>>, AdapterError> {
        match (self.schemas)(wire_type) {
            Some(schema) => Ok(Some(schema)),
            None if wire_type.starts_with("AWS::") => {
                let message = format!("the type {wire_type} is not known");
                Err(AdapterError::permanent("TypeNotFoundException", message))
            }
            None => Ok(None),
        }
    }

    pub(super) fn resolve_place(&self, place: &Place) -> Place {
        let or = |given: &str, default: &str| if given.is_empty() { default.to_string() } else { given.to_string() };
        Place {
            account: or(&place.account, &self.default_place.account),
            region: or(&place.region, &self.default_place.region),
        }
    }

    fn invent(
        &self,
        now_ms: u64,
        schema: Option<&TypeSchema>,
        place: &Place,
        wire_type: &str,
        call: &Call,
        written: &Map<String, Json>,
    ) -> (String, Map<String, Json>) {
        let look = |handle: &str| self.by_handle(handle).map(|key| self.objects[&key].body.properties());
        let is_free = |subnet: &str, address: &str| !self.claims.contains_key(&address_claim(subnet, address));
        let attempts_max = if is_versioned(wire_type) { 10_000 } else { 8 };
        let mut attempt = 0;
        loop {
            let surroundings = Surroundings { place, now_ms, attempt, look: &look, is_free: &is_free };
            let dice = &mut Dice::of(self.seed, &[wire_type, &call.operation, &attempt.to_string()]);
            let mut properties = written.clone();
            let physical_id = match schema {
                Some(schema) => complete(schema, &mut properties, &surroundings, dice),
                None => invent_id(wire_type, dice),
            };
            let invented =
                schema.is_none_or(|schema| schema.identifier.iter().any(|path| !written.contains_key(&path[0])));
            if !invented || attempt == attempts_max || self.find(place, wire_type, &physical_id).is_none() {
                return (physical_id, properties);
            }
            attempt += 1;
        }
    }

    /// Refuses names of objects that are not there (yet); answers with what is named.
    fn check_mentions(
        &self,
        now_ms: u64,
        schema: Option<&TypeSchema>,
        place: &Place,
        properties: &Map<String, Json>,
    ) -> Result<Vec<String>, AdapterError> {
        let mut named = Vec::new();
        for mention in mentions(schema, properties) {
            match self.meant(place, &mention) {
                Some(key) => {
                    let target = &self.objects[&key];
                    if now_ms < target.visible_at_ms && target.before.is_none() {
                        let message = format!("{} does not exist yet for everyone", mention.handle);
                        return Err(AdapterError::new(ErrorKind::DependencyNotReady, "NotFound", message));
                    }
                    if !named.contains(&mention.handle) {
                        named.push(mention.handle);
                    }
                }
                None if must_exist(&mention, &place.account) => {
                    let message = format!("{} in [{}] does not exist", mention.handle, mention.property);
                    return Err(AdapterError::permanent("InvalidReference.NotFound", message));
                }
                None => {}
            }
        }
        Ok(named)
    }

    fn meant(&self, place: &Place, mention: &Mention) -> Option<u64> {
        let keys = self.handles.get(&mention.handle)?;
        keys.iter().copied().find(|key| {
            let stored = &self.objects[key];
            (mention.targets.is_empty() || mention.targets.contains(&stored.wire_type))
                && (mention.handle.starts_with("arn:") || stored.place == *place)
        })
    }

    fn check_claims(&self, claims: &[String], own: Option<u64>) -> Result<(), AdapterError> {
        for claim in claims {
            if let Some(holder) = self.claims.get(claim)
                && Some(*holder) != own
            {
                let holder = &self.objects[holder];
                let message = format!("{} {} already holds this name", holder.wire_type, holder.physical_id);
                return Err(AdapterError::new(ErrorKind::AlreadyExists, "AlreadyExistsException", message));
            }
        }
        Ok(())
    }

    /// A subnet lies inside its VPC and overlaps no other.
    fn check_networks(
        &self,
        wire_type: &str,
        properties: &Map<String, Json>,
        own: Option<u64>,
    ) -> Result<(), AdapterError> {
        if wire_type != "AWS::EC2::Subnet" {
            return Ok(());
        }
        let network_of = |properties: &Map<String, Json>| {
            properties.get("CidrBlock").and_then(Json::as_str).and_then(Network::parse)
        };
        let Some(network) = network_of(properties) else { return Ok(()) };
        let Some(vpc) = properties.get("VpcId").and_then(Json::as_str).and_then(|vpc| self.by_handle(vpc)) else {
            return Ok(());
        };
        let text = properties["CidrBlock"].as_str().unwrap_or_default();
        let inside = |vpc: Network| vpc.contains(network);
        if !network_of(self.objects[&vpc].body.properties()).is_none_or(inside) {
            let message = format!("the CIDR {text} is not inside its VPC");
            return Err(AdapterError::permanent("InvalidSubnet.Range", message));
        }
        for key in self.referrers.get(&vpc).into_iter().flatten() {
            let other = &self.objects[key];
            if Some(*key) != own
                && other.wire_type == wire_type
                && network_of(other.body.properties()).is_some_and(|other| other.overlaps(network))
            {
                let message = format!("the CIDR {text} overlaps that of {}", other.physical_id);
                return Err(AdapterError::new(ErrorKind::AlreadyExists, "InvalidSubnet.Conflict", message));
            }
        }
        Ok(())
    }

    fn recall(&mut self, now_ms: u64, token: &str, parameters: u64) -> Result<Option<u64>, AdapterError> {
        let oldest = now_ms.saturating_sub(self.token_memory_ms);
        let mut forgotten = false;
        while self.token_order.front().is_some_and(|(at_ms, _)| *at_ms < oldest) {
            if let Some((_, token)) = self.token_order.pop_front() {
                self.tokens.remove(&token);
                forgotten = true;
            }
        }
        if forgotten {
            self.changes.push(Change::Forget(oldest));
        }
        match self.tokens.get(token) {
            None => Ok(None),
            Some(remembered) if remembered.parameters == parameters => Ok(Some(remembered.key)),
            Some(_) => Err(AdapterError::new(
                ErrorKind::Conflict,
                "IdempotentParameterMismatch",
                format!("the token {token} was used with other parameters"),
            )),
        }
    }

    fn remember(&mut self, now_ms: u64, call: &Call, parameters: u64, key: u64) {
        if call.operation.is_empty() {
            return;
        }
        self.tokens.insert(call.operation.clone(), Remembered { parameters, key, at_ms: now_ms });
        self.token_order.push_back((now_ms, call.operation.clone()));
        self.changes.push(Change::Token(call.operation.clone()));
    }

    fn end(&mut self, now_ms: u64, key: u64) {
        let stored = self.remove(key);
        self.gone.retain(|(until, _)| now_ms < *until);
        if self.read_lag_ms > 0 {
            self.gone.push((now_ms + self.read_lag_ms, stored));
        }
        self.changes.push(Change::Remove(key));
    }

    fn find(&self, place: &Place, wire_type: &str, physical_id: &str) -> Option<u64> {
        self.claims.get(&id_claim(wire_type, place, physical_id)).copied()
    }

    fn by_handle(&self, handle: &str) -> Option<u64> {
        self.handles.get(handle).and_then(|keys| keys.first()).copied()
    }

    /// The object as a read at this time shows it.
    fn seen(&self, now_ms: u64, stored: &Stored) -> Option<Object> {
        if now_ms < stored.visible_at_ms { stored.before.as_deref().cloned() } else { Some(self.shown(stored)) }
    }

    fn shown(&self, stored: &Stored) -> Object {
        let mut properties = stored.body.copy();
        if let Some(schema) = (self.schemas)(&stored.wire_type) {
            for path in schema.write_only.iter().filter(|path| path.len() == 1) {
                properties.remove(&path[0]);
            }
        }
        Object {
            wire_type: stored.wire_type.clone(),
            physical_id: stored.physical_id.clone(),
            properties,
            owner: stored.owner.clone(),
        }
    }

    fn insert(&mut self, key: u64, stored: Stored) {
        for handle in &stored.handles {
            self.handles.entry(handle.clone()).or_default().push(key);
        }
        for claim in &stored.claims {
            self.claims.insert(claim.clone(), key);
        }
        for name in &stored.names {
            for target in self.handles.get(name).into_iter().flatten() {
                self.referrers.entry(*target).or_default().insert(key);
            }
        }
        self.types.entry(stored.wire_type.clone()).or_default().insert(key);
        if let Some(Owner { uid, deployment }) = &stored.owner {
            self.owned.entry(deployment.clone()).or_default().insert(key);
            self.uids.entry(uid.clone()).or_default().insert(key);
        }
        self.objects.insert(key, stored);
    }

    fn remove(&mut self, key: u64) -> Stored {
        let stored = self.objects.remove(&key).expect("a key names a live object");
        for handle in &stored.handles {
            if let Some(keys) = self.handles.get_mut(handle) {
                keys.retain(|other| *other != key);
                if keys.is_empty() {
                    self.handles.remove(handle);
                }
            }
        }
        for claim in &stored.claims {
            if self.claims.get(claim) == Some(&key) {
                self.claims.remove(claim);
            }
        }
        for name in &stored.names {
            for target in self.handles.get(name).into_iter().flatten() {
                if let Some(referrers) = self.referrers.get_mut(target) {
                    referrers.remove(&key);
                }
            }
        }
        if let Some(keys) = self.types.get_mut(&stored.wire_type) {
            keys.remove(&key);
        }
        if let Some(Owner { uid, deployment }) = &stored.owner {
            for keys in [self.owned.get_mut(deployment), self.uids.get_mut(uid)].into_iter().flatten() {
                keys.remove(&key);
            }
        }
        stored
    }
}

/// What only one live object may hold: its id in its place, the claims of its type, its address in its subnet.
fn claims_of(
    schema: Option<&TypeSchema>,
    wire_type: &str,
    place: &Place,
    physical_id: &str,
    properties: &Map<String, Json>,
) -> Vec<String> {
    let mut claims = vec![id_claim(wire_type, place, physical_id)];
    // A bucket's name is one for all accounts and regions.
    if wire_type == "AWS::S3::Bucket" {
        claims.push(format!("bucket|{physical_id}"));
    }
    for (number, claim) in schema.map_or(&[][..], |schema| &schema.claims).iter().enumerate() {
        let mut key = format!("{wire_type}|{}|{}|{number}", place.account, place.region);
        let mut complete = true;
        for path in claim {
            let mut any = false;
            if let Some(value) = properties.get(&path[0]) {
                values_at(value, &path[1..], &mut |value| {
                    any = true;
                    key.push('|');
                    key.push_str(&value.to_string());
                });
            }
            complete &= any;
        }
        if complete {
            claims.push(key);
        }
    }
    if let (Some(subnet), Some(address)) = (
        properties.get("SubnetId").and_then(Json::as_str),
        properties.get("PrivateIp").or(properties.get("PrimaryPrivateIpAddress")).and_then(Json::as_str),
    ) {
        claims.push(address_claim(subnet, address));
    }
    claims
}

/// Whose an object is, by its tags.
fn owner_of(schema: Option<&TypeSchema>, properties: &Map<String, Json>) -> Option<Owner> {
    let tags = match schema {
        Some(schema) => properties.get(schema.tag_property.as_ref()?),
        None => properties.get("Tags").or(properties.get("Labels")),
    };
    Owner::of_tags(tags?.as_object()?)
}

fn id_claim(wire_type: &str, place: &Place, physical_id: &str) -> String {
    let region = if is_global(wire_type) { "" } else { &place.region };
    format!("{wire_type}|{}|{region}|{physical_id}", place.account)
}

fn address_claim(subnet: &str, address: &str) -> String {
    format!("address|{subnet}|{address}")
}

/// Services whose objects have no region.
fn is_global(wire_type: &str) -> bool {
    ["AWS::IAM::", "AWS::CloudFront::", "AWS::Route53::"].iter().any(|service| wire_type.starts_with(service))
}

fn not_found(wire_type: &str, physical_id: &str) -> AdapterError {
    AdapterError::new(ErrorKind::NotFound, "NotFound", format!("{wire_type} {physical_id} does not exist"))
}

/// Equal for calls with equal parameters.
fn fingerprint(parts: &[&str], properties: &Map<String, Json>) -> u64 {
    let text = serde_json::to_string(properties).unwrap_or_default();
    let mut all = parts.to_vec();
    all.push(&text);
    Dice::of(0, &all).next()
}
